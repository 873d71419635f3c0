//! What repeats, as its owner believes it to be: the clients' own expansion, with nothing of the program's in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    time::Duration,
};

use domain::alarms::{ReminderRule, When};
use kernel::{Instant, ScheduleId, WallTime};

use super::turns::{Turn, name};
use crate::history::Promise;

/// Titles of what repeats begin so, and nothing else does: each occurrence of it is a subject of its own.
const TITLE: &str = "every ";

/// What the history calls something with this title, as far as the occurrence `which` of it is concerned.
pub(super) fn subject(title: &str, which: WallTime) -> String {
    if title.starts_with(TITLE) { format!("{title} {which}") } else { title.to_owned() }
}

/// A series.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) title: String,
    pub(super) id: ScheduleId,
    pub(super) version: i64,
    pub(super) turn: &'static Turn,
    pub(super) pattern: Pattern,
    pub(super) lasts: Duration,
    pub(super) rules: Vec<ReminderRule>,
    /// What it was reminded of before: people change their minds, and change them back.
    pub(super) had: Vec<ReminderRule>,
    /// The ids of its reminders.
    pub(super) reminders: String,
    /// What single occurrences have of their own.
    pub(super) own: BTreeMap<i64, Own>,
    /// What is in progress or done.
    pub(super) worked: BTreeSet<i64>,
    /// When occurrences were ever to ring by a snooze.
    pub(super) snoozed: BTreeMap<i64, Vec<Instant>>,
    /// What its owner did not want to hear any more before it rang.
    pub(super) declined: BTreeSet<(i64, Instant)>,
    /// Whether it may be reminded of hours ahead.
    pub(super) long: bool,
    pub(super) deleted: bool,
}

/// When something repeats, on the wall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// The hours, minutes and second of a day, if it names them; otherwise it is once a day.
    pub(super) times: Option<(Vec<i64>, Vec<i64>, i64)>,
    /// What the rule gives, in order; its start is the first.
    pub(super) by_rule: Vec<i64>,
    /// Whether it is to end after so many, or at the last of them.
    pub(super) counts: bool,
    /// Dates beside it.
    pub(super) added: BTreeSet<i64>,
    /// Dates that it gives and that are not to be.
    pub(super) gone: BTreeSet<i64>,
}

/// What one occurrence has of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Own {
    /// When it starts, and how long it lasts.
    pub(super) moved: Option<(i64, Duration)>,
    /// Its reminders and their ids.
    pub(super) rules: Option<(Vec<ReminderRule>, String)>,
}

/// An occurrence that is to ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ringing {
    pub(super) starts_at: Instant,
    pub(super) ends_at: Instant,
    pub(super) rules: Vec<ReminderRule>,
}

const DAY: i64 = 86_400;

impl Pattern {
    /// Once a day from `start` on, so often, with dates beside it.
    pub(super) fn daily(start: i64, times: i64, added: BTreeSet<i64>) -> Self {
        let by_rule = (0..times).map(|day| start + day * DAY).collect();
        Self { times: None, by_rule, counts: true, added, gone: BTreeSet::new() }
    }

    /// At each of these hours and minutes from the first at or after `from` on, so often. Hours and minutes are sorted.
    pub(super) fn by_clock(times: (Vec<i64>, Vec<i64>, i64), from: i64, often: usize) -> Self {
        let (hours, minutes, second) = &times;
        let midnight = from - from.rem_euclid(DAY);
        let days = (0..).map(|day| midnight + day * DAY);
        let walls = days.flat_map(|day| {
            hours.iter().flat_map(move |hour| minutes.iter().map(move |minute| day + hour * 3_600 + minute * 60 + second))
        });
        let by_rule = walls.filter(|wall| *wall >= from).take(often).collect();
        Self { times: Some(times), by_rule, counts: true, added: BTreeSet::new(), gone: BTreeSet::new() }
    }

    pub(super) fn start(&self) -> i64 {
        self.by_rule[0]
    }

    /// The wall times it gives.
    pub(super) fn walls(&self) -> BTreeSet<i64> {
        let all = self.by_rule.iter().chain(&self.added).copied();
        all.filter(|wall| !self.gone.contains(wall)).collect()
    }

    /// As an RRULE.
    pub(super) fn rrule(&self) -> String {
        let mut text = match self.by_rule.last() {
            Some(last) if !self.counts => {
                let compact: String = name(*last).to_string().chars().filter(char::is_ascii_alphanumeric).collect();
                format!("FREQ=DAILY;UNTIL={compact}")
            }
            _ => format!("FREQ=DAILY;COUNT={}", self.by_rule.len()),
        };
        if let Some((hours, minutes, second)) = &self.times {
            let list = |of: &[i64]| of.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
            let _ = write!(text, ";BYHOUR={};BYMINUTE={};BYSECOND={second}", list(hours), list(minutes));
        }
        text
    }

    /// The same, so many seconds later on the wall.
    pub(super) fn shifted(&self, by: i64) -> Self {
        let all = |walls: &BTreeSet<i64>| walls.iter().map(|wall| wall + by).collect();
        let by_rule = self.by_rule.iter().map(|wall| wall + by).collect();
        Self { by_rule, added: all(&self.added), gone: all(&self.gone), ..self.clone() }
    }

    /// What comes before `cut`, if anything does, and the rest.
    pub(super) fn split(&self, cut: i64) -> (Option<Self>, Self) {
        let part = |keep: &dyn Fn(&i64) -> bool, alone: Option<i64>| {
            let of = |walls: &BTreeSet<i64>| walls.iter().copied().filter(|wall| keep(wall)).collect::<BTreeSet<_>>();
            let mut by_rule: Vec<i64> = self.by_rule.iter().copied().filter(|wall| keep(wall)).collect();
            if by_rule.is_empty() {
                by_rule.extend(alone);
            }
            Self { by_rule, added: of(&self.added), gone: of(&self.gone), ..self.clone() }
        };
        let before = part(&|wall| *wall < cut, self.added.first().copied().filter(|wall| *wall < cut));
        let rest = part(&|wall| *wall >= cut, Some(cut));
        (Some(before).filter(|before| !before.walls().is_empty()), rest)
    }
}

impl Series {
    /// A series that is not made yet.
    pub(super) fn new(
        (name, id): (&str, ScheduleId),
        turn: &'static Turn,
        pattern: Pattern,
        lasts: Duration,
        rules: Vec<ReminderRule>,
    ) -> Self {
        Self {
            title: format!("{TITLE}{name}"),
            id,
            version: 0,
            turn,
            pattern,
            lasts,
            had: rules.clone(),
            rules,
            reminders: String::new(),
            own: BTreeMap::new(),
            worked: BTreeSet::new(),
            snoozed: BTreeMap::new(),
            declined: BTreeSet::new(),
            long: false,
            deleted: false,
        }
    }

    /// What the history calls an occurrence.
    pub(super) fn subject(&self, which: i64) -> String {
        subject(&self.title, name(which))
    }

    /// When an occurrence takes place, as things stand.
    fn span(&self, which: i64) -> (Instant, Instant) {
        let (wall, lasts) = self.own.get(&which).and_then(|own| own.moved).unwrap_or((which, self.lasts));
        let starts_at = self.turn.resolve(wall);
        (starts_at, starts_at + lasts)
    }

    /// What an occurrence is reminded of.
    pub(super) fn rules_of(&self, which: i64) -> &[ReminderRule] {
        let own = self.own.get(&which).and_then(|own| own.rules.as_ref());
        own.map_or(&self.rules, |(rules, _)| rules)
    }

    /// The ids of the reminders of an occurrence.
    pub(super) fn reminders_of(&self, which: i64) -> &str {
        let own = self.own.get(&which).and_then(|own| own.rules.as_ref());
        own.map_or(&self.reminders, |(_, reminders)| reminders)
    }

    /// Every occurrence that is to ring, by its name.
    pub(super) fn ringing(&self) -> BTreeMap<i64, Ringing> {
        if self.deleted {
            return BTreeMap::new();
        }
        let walls = self.pattern.walls().into_iter().filter(|which| !self.worked.contains(which));
        let ringing = |which: i64| {
            let (starts_at, ends_at) = self.span(which);
            (which, Ringing { starts_at, ends_at, rules: self.rules_of(which).to_vec() })
        };
        walls.map(ringing).collect()
    }

    /// What occurrences have of their own when the pattern changes to `pattern`; `None` where that is not easily said: something that
    /// was worked on would have no place.
    pub(super) fn follow(&self, pattern: Pattern) -> Option<Self> {
        let by = pattern.start() - self.pattern.start();
        let walls = pattern.walls();
        let worked: BTreeSet<i64> = self.worked.iter().map(|which| which + by).collect();
        if !worked.is_subset(&walls) {
            return None;
        }
        let own = self.own.iter().map(|(which, own)| (which + by, own.clone())).filter(|(which, _)| walls.contains(which));
        let declined = self.declined.iter().map(|(which, due_at)| (which + by, *due_at)).chain(self.declined.iter().copied());
        let mut snoozed = self.snoozed.clone();
        for (which, until) in &self.snoozed {
            snoozed.entry(which + by).or_default().extend(until.iter().filter(|_| by != 0));
        }
        Some(Self { own: own.collect(), declined: declined.collect(), snoozed, worked, pattern, ..self.clone() })
    }

    /// The part from `cut` on, or the part before it.
    pub(super) fn part(&self, pattern: Pattern, keep: impl Fn(i64) -> bool) -> Self {
        let mut part = Self { pattern, ..self.clone() };
        part.own.retain(|which, _| keep(*which));
        part.worked.retain(|which| keep(*which));
        part.snoozed.retain(|which, _| keep(*which));
        part
    }
}

impl Ringing {
    /// When it is to ring.
    pub(super) fn promises(&self) -> Vec<Promise> {
        let due = |rule: &ReminderRule| match rule.when {
            When::At(due_at) => due_at,
            When::Before { lead_seconds, .. } => self.starts_at - Duration::from_secs(lead_seconds.into()),
        };
        let promise = |rule: &ReminderRule| Promise {
            due_at: due(rule),
            starts_at: Some(self.starts_at),
            hushed_until_end: (!rule.critical).then_some(self.ends_at),
            chained: true,
        };
        self.rules.iter().map(promise).collect()
    }
}
