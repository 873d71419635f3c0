//! Cutting a series in two, for changes to an occurrence and all that follow.

use kernel::WallTime;

use super::{
    days::{self, LAST},
    error::{Reason, RecurrenceError},
    rule::{End, Until},
    series::{Recurrence, Series},
    walls::Walls,
};

/// A series as two, of which one ends where the other begins. Together they have the occurrences it had.
#[derive(Clone, Debug)]
pub struct Split {
    /// What comes before; nothing when the series was cut at its first occurrence.
    pub before: Option<Series>,
    /// The occurrence it was cut at, and what follows.
    pub from: Series,
}

impl Series {
    /// Cuts the series before the occurrence named `recurrence_id`.
    ///
    /// Both parts keep the rule. A COUNT is divided; otherwise the first part ends with an UNTIL at its last wall time, and
    /// the second keeps the end it had. The second starts at the occurrence, so that it goes on in step with INTERVAL. Only
    /// where the rule does not give that occurrence (RDATE does) it starts at the next one of the rule and keeps the
    /// occurrence as a date beside it.
    pub fn split_at(&self, recurrence_id: WallTime) -> Result<Split, RecurrenceError> {
        if !self.contains(recurrence_id) {
            let detail = format!("the series has no occurrence at {recurrence_id}");
            return Err(RecurrenceError::of(Reason::NotAnOccurrence, detail));
        }
        let cut = days::micros(recurrence_id);
        Ok(Split { before: self.part_before(cut)?, from: self.part_from(cut)? })
    }

    /// What is left when only the occurrence `which` is; without one, nothing.
    pub fn only(&self, which: Option<WallTime>) -> Result<Self, RecurrenceError> {
        let start = which.unwrap_or(self.start());
        let exdates = if which.is_none() { vec![start] } else { Vec::new() };
        self.part(start, End::Count(1), Vec::new(), exdates)
    }

    /// The start and the rule's wall times up to `ceiling`.
    fn counted(&self, ceiling: i64) -> impl Iterator<Item = i64> {
        let by_rule = Walls::new(&self.pattern, self.start, ceiling.min(self.bound.last));
        let start = (self.start <= ceiling).then_some(self.start);
        start.into_iter().chain(by_rule.filter(|wall| *wall != self.start && self.is_before_end(*wall)))
    }

    fn part_before(&self, cut: i64) -> Result<Option<Self>, RecurrenceError> {
        let (rdates, exdates) = self.dates(|wall| wall < cut);
        if self.start >= cut {
            // Only dates that were added before the start.
            let Some(first) = rdates.first().copied() else { return Ok(None) };
            return self.part(first, End::Count(1), rdates, exdates).map(Some);
        }
        let end = match self.recurrence.rule.end() {
            End::Count(_) => End::Count(u32::try_from(self.counted(cut - 1).count()).unwrap_or(u32::MAX)),
            end => End::Until(self.until(end, cut)),
        };
        self.part(self.start(), end, rdates, exdates).map(Some)
    }

    /// The last wall time before `cut`, as a date where the rule ended with a date and that says the same.
    fn until(&self, end: End, cut: i64) -> Until {
        let wall = days::wall(self.last_before(cut));
        let date = wall.datetime().date();
        match end {
            End::Until(Until::Date(_)) if days::micros(wall) / days::DAY < cut / days::DAY => Until::Date(date),
            _ => Until::Wall(wall),
        }
    }

    fn last_before(&self, cut: i64) -> i64 {
        self.last_by_rule((cut - 1).min(self.bound.last), |_| true).unwrap_or(self.start)
    }

    fn part_from(&self, cut: i64) -> Result<Self, RecurrenceError> {
        let (mut rdates, exdates) = self.dates(|wall| wall >= cut);
        let mut following =
            Walls::new(&self.pattern, cut.max(self.start), self.bound.last).filter(|wall| self.is_before_end(*wall));
        let start = if self.start >= cut { Some(self.start) } else { following.next() };
        let Some(start) = start else {
            return self.part(days::wall(cut), End::Count(1), rdates, exdates);
        };
        if start != cut && !rdates.contains(&days::wall(cut)) {
            rdates.push(days::wall(cut));
        }
        let end = match self.recurrence.rule.end() {
            End::Count(_) => {
                let passed = self.counted(start - 1).count();
                let all = self.counted(LAST).count();
                End::Count(u32::try_from(all - passed).unwrap_or(u32::MAX))
            }
            end => end,
        };
        self.part(days::wall(start), end, rdates, exdates)
    }

    fn dates(&self, keep: impl Fn(i64) -> bool) -> (Vec<WallTime>, Vec<WallTime>) {
        let of = |dates: &[WallTime]| dates.iter().copied().filter(|date| keep(days::micros(*date))).collect();
        (of(&self.recurrence.rdates), of(&self.recurrence.exdates))
    }

    fn part(&self, start: WallTime, end: End, rdates: Vec<WallTime>, exdates: Vec<WallTime>) -> Result<Self, RecurrenceError> {
        let rule = self.recurrence.rule.clone().ending(end);
        Self::new(Recurrence { rule, rdates, exdates }, start, self.zone.clone())
    }
}
