//! A recurrence that starts somewhere, and the questions it answers.

use std::time::Duration;

use kernel::{Instant, WallTime, Zone};

use super::{
    days::{self, FIRST, LAST},
    error::{Reason, RecurrenceError},
    merged::Merged,
    occurrences::{Extent, Occurrence, Occurrences, SHIFT},
    pattern::Pattern,
    rule::{End, Rule, Until},
    walls::{Walls, nth},
};

/// The most dates that RDATE may add, and the most that EXDATE may take away.
pub const MAX_DATES: usize = 1_000;

/// What repeats: a rule, the dates added to it and those taken away. All are wall times of the series' zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    /// RRULE.
    pub rule: Rule,
    /// RDATE: occurrences beside those of the rule, also before the start. COUNT and UNTIL do not concern them.
    pub rdates: Vec<WallTime>,
    /// EXDATE: wall times at which there is no occurrence, wherever it would come from. What meets none is harmless.
    pub exdates: Vec<WallTime>,
}

/// The last occurrence of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Last {
    /// It goes on to the end of 2200.
    Endless,
    /// That one, whose extent is zero here.
    At(Occurrence),
    /// There is none at all: every one was taken away.
    Nothing,
}

/// Where the rule ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    /// What lies at or before it is in.
    pub(super) certain: i64,
    /// What lies behind it is out. In between, the instant decides.
    pub(super) last: i64,
    until: Option<Instant>,
}

/// A recurrence with its start and zone, laid out to be asked.
#[derive(Clone, Debug)]
pub struct Series {
    pub(super) recurrence: Recurrence,
    pub(super) start: i64,
    pub(super) zone: Zone,
    pub(super) pattern: Pattern,
    pub(super) bound: Bound,
    /// The start and RDATE, sorted, each once.
    pub(super) extras: Vec<i64>,
    /// EXDATE, sorted.
    pub(super) exceptions: Vec<i64>,
}

/// The rest follows from these.
impl PartialEq for Series {
    fn eq(&self, other: &Self) -> bool {
        (&self.recurrence, self.start, &self.zone) == (&other.recurrence, other.start, &other.zone)
    }
}

impl Eq for Series {}

impl Series {
    /// Lays out a recurrence. The start is its first occurrence and counts for COUNT, whether the rule meets it or not. The dates are
    /// sets: in whatever order they come, and however often, they are kept once and sorted.
    pub fn new(mut recurrence: Recurrence, start: WallTime, zone: Zone) -> Result<Self, RecurrenceError> {
        let start = days::micros(start);
        check(&recurrence, start)?;
        for dates in [&mut recurrence.rdates, &mut recurrence.exdates] {
            dates.sort_unstable();
            dates.dedup();
        }
        let pattern = Pattern::new(&recurrence.rule, start);
        let first = Walls::new(&pattern, start, LAST).next();
        if first.is_none() && recurrence.rule.end() != End::Count(1) {
            let detail = "no date before the end of 2200 fits this rule; a 30 February, for one, does not exist";
            return Err(RecurrenceError::of(Reason::NeverOccurs, detail));
        }
        let mut extras: Vec<i64> = recurrence.rdates.iter().copied().map(days::micros).collect();
        extras.push(start);
        extras.sort_unstable();
        extras.dedup();
        let exceptions = recurrence.exdates.iter().copied().map(days::micros).collect();
        let bound = Bound::new(recurrence.rule.end(), &pattern, start, first == Some(start), &zone);
        let series = Self { recurrence, start, zone, pattern, bound, extras, exceptions };
        if bound.last < start || !series.is_before_end(start) {
            return Err(RecurrenceError::of(Reason::OutOfRange, "UNTIL lies before the start"));
        }
        Ok(series)
    }

    /// Refuses what nobody can mean when they ask for it: whole days at times of a day (RFC 5545, 3.3.10), and nothing at all,
    /// because every occurrence is taken out.
    pub fn asked_for(self, whole_days: bool) -> Result<Self, RecurrenceError> {
        if whole_days && self.recurrence.rule.names_times() {
            let detail = "whole days have no BYHOUR, BYMINUTE or BYSECOND";
            return Err(RecurrenceError::of(Reason::Contradictory, detail));
        }
        if self.between(Instant::DISTANT_PAST, Instant::MAX, Extent::Elapsed(Duration::ZERO)).next().is_none() {
            return Err(RecurrenceError::of(Reason::NeverOccurs, "every occurrence is taken out by `exdates`"));
        }
        Ok(self)
    }

    /// What it was made of.
    pub fn recurrence(&self) -> &Recurrence {
        &self.recurrence
    }

    /// The start.
    pub fn start(&self) -> WallTime {
        days::wall(self.start)
    }

    /// The zone.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The occurrences that overlap `from..to`, by their start. What ends at `from` or starts at `to` is outside; one
    /// without length counts as lying in its instant. Costs what it answers, wherever the range lies.
    pub fn between(&self, from: Instant, to: Instant, extent: Extent) -> Occurrences<'_> {
        Occurrences::new(self, from, to, extent)
    }

    /// The first occurrence that starts after `instant`, with no extent.
    pub fn next_after(&self, instant: Instant) -> Option<Occurrence> {
        self.between(instant + Duration::from_micros(1), Instant::MAX, Extent::Elapsed(Duration::ZERO)).next()
    }

    /// The occurrence whose wall time is the earliest.
    pub fn first(&self) -> Option<WallTime> {
        Merged::new(self, FIRST, LAST).next().map(days::wall)
    }

    /// The first occurrence whose wall time is later than `wall`.
    pub fn after(&self, wall: WallTime) -> Option<WallTime> {
        Merged::new(self, days::micros(wall) + 1, LAST).next().map(days::wall)
    }

    /// Whether there is an occurrence of this name.
    pub fn contains(&self, recurrence_id: WallTime) -> bool {
        let wall = days::micros(recurrence_id);
        Merged::new(self, wall, wall).next().is_some()
    }

    /// The occurrence that ends the series: the one that starts last.
    pub fn last(&self) -> Last {
        if self.recurrence.rule.end() == End::Never {
            return Last::Endless;
        }
        let extra = self.extras.iter().rev().copied().find(|wall| !self.is_excepted(*wall));
        let by_rule = self.last_by_rule(self.bound.last, |wall| !self.is_excepted(wall));
        let Some(wall) = by_rule.max(extra) else { return Last::Nothing };
        // An earlier one that a gap moved may start later.
        let from = self.zone.resolve(days::wall(wall)).instant - SHIFT;
        self.between(from, Instant::MAX, Extent::Elapsed(Duration::ZERO)).last().map_or(Last::Nothing, Last::At)
    }

    /// The last that the rule gives up to `ceiling` and that `counts`. Looks at periods from there backwards.
    pub(super) fn last_by_rule(&self, mut ceiling: i64, counts: impl Fn(i64) -> bool) -> Option<i64> {
        for period in (0..=self.pattern.period_of(days::day_of(ceiling))).rev() {
            let floor = self.pattern.block(period).first * days::DAY;
            let walls = Walls::new(&self.pattern, floor.max(self.start), ceiling);
            let last = walls.filter(|wall| self.is_before_end(*wall) && counts(*wall)).last();
            if last.is_some() {
                return last;
            }
            ceiling = floor - 1;
        }
        None
    }

    fn is_excepted(&self, wall: i64) -> bool {
        self.exceptions.binary_search(&wall).is_ok()
    }

    /// Whether COUNT and UNTIL let `wall` pass.
    pub(super) fn is_before_end(&self, wall: i64) -> bool {
        let Bound { certain, last, until } = self.bound;
        wall <= certain || wall <= last && until.is_some_and(|until| self.zone.resolve(days::wall(wall)).instant <= until)
    }
}

impl Bound {
    fn new(end: End, pattern: &Pattern, start: i64, start_fits: bool, zone: &Zone) -> Self {
        let at = |wall: i64| Self { certain: wall.min(LAST), last: wall.min(LAST), until: None };
        match end {
            End::Never => at(LAST),
            // The start is counted even where the rule does not meet it.
            End::Count(1) => at(start),
            End::Count(count) => at(nth(pattern, start, LAST, if start_fits { count } else { count - 1 }).unwrap_or(LAST)),
            End::Until(Until::Wall(wall)) => at(days::micros(wall)),
            End::Until(Until::Date(date)) => at(days::micros(WallTime::midnight(date)) + days::DAY - 1),
            End::Until(Until::Instant(until)) => {
                let (before, behind) = (zone.wall_at(until - SHIFT), zone.wall_at(until + SHIFT));
                Self { certain: days::micros(before), last: days::micros(behind).min(LAST), until: Some(until) }
            }
        }
    }
}

fn check(recurrence: &Recurrence, start: i64) -> Result<(), RecurrenceError> {
    let Recurrence { rdates, exdates, .. } = recurrence;
    for (name, dates) in [("rdates", rdates), ("exdates", exdates)] {
        if dates.len() > MAX_DATES {
            return Err(RecurrenceError::of(Reason::TooLarge, format!("{name} may list {MAX_DATES} dates at most")));
        }
    }
    let dates = rdates.iter().chain(exdates).copied().map(days::micros);
    if dates.chain([start]).any(|wall| !(FIRST..=LAST).contains(&wall)) {
        return Err(RecurrenceError::of(Reason::OutOfRange, "dates lie between the years 1970 and 2200"));
    }
    Ok(())
}
