//! One occurrence of a schedule, and what of it is unlike the rest.

use kernel::WallTime;

use super::{Patch, Schedule, ScheduleText, Span, progress::Progress, set::Key};
use crate::alarms::Reminder;

/// Occurrences of one series that may be unlike the rest.
pub const MAX_OVERRIDES: usize = 1_000;

/// What one occurrence of a series has of its own (RFC 5545 §3.8.4.4); what is `None` is as the series has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Which occurrence: the wall start the rule gives it, wherever it was moved to.
    pub recurrence_id: WallTime,
    /// Its title.
    pub title: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Its place.
    pub location: Option<String>,
    /// Its kind.
    pub kind: Option<String>,
    /// Whether its time counts as taken.
    pub busy: Option<bool>,
    /// When it takes place, if that is not when the rule says.
    pub span: Option<Span>,
    /// What it is reminded of, perhaps nothing, if that is not what its series has.
    pub reminders: Option<Vec<Reminder>>,
}

impl Override {
    /// Of an occurrence that has nothing of its own.
    pub(super) const fn like_the_rest(recurrence_id: WallTime) -> Self {
        Self {
            recurrence_id,
            title: None,
            description: None,
            location: None,
            kind: None,
            busy: None,
            span: None,
            reminders: None,
        }
    }

    /// What an occurrence of `now` and `then` has of its own where its series would have `text` and `span`.
    pub fn between(recurrence_id: WallTime, (text, span): (&ScheduleText, &Span), (now, then): (ScheduleText, Span)) -> Self {
        let own = |is: String, was: &String| (is != *was).then_some(is);
        Self {
            recurrence_id,
            title: own(now.title, &text.title),
            description: own(now.description, &text.description),
            location: own(now.location, &text.location),
            kind: own(now.kind, &text.kind),
            busy: (now.busy != text.busy).then_some(now.busy),
            span: (then != *span).then_some(then),
            reminders: None,
        }
    }

    /// What it still has of its own when `patch` is said of it together with others.
    #[must_use]
    pub fn giving_way_to(self, patch: &Patch) -> Self {
        let Patch { title, description, location, kind, busy, .. } = patch;
        Self {
            recurrence_id: self.recurrence_id,
            title: self.title.filter(|_| title.is_none()),
            description: self.description.filter(|_| description.is_none()),
            location: self.location.filter(|_| location.is_none()),
            kind: self.kind.filter(|_| kind.is_none()),
            busy: self.busy.filter(|_| busy.is_none()),
            span: self.span.filter(|_| !patch.names_time()),
            reminders: self.reminders.filter(|_| patch.reminders.is_none()),
        }
    }

    /// Whether nothing is unlike the series any more.
    pub fn is_empty(&self) -> bool {
        let Self { title, description, location, kind, busy, span, reminders, recurrence_id: _ } = self;
        let as_read = title.is_none() && description.is_none() && location.is_none() && kind.is_none() && busy.is_none();
        as_read && span.is_none() && reminders.is_none()
    }

    /// Whether it has alarms of its own instead of one in the chain of its series.
    pub fn rings_apart(&self) -> bool {
        self.span.is_some() || self.reminders.is_some()
    }

    fn text(&self, of: &ScheduleText) -> ScheduleText {
        let own = |own: &Option<String>, of: &String| own.as_ref().unwrap_or(of).clone();
        ScheduleText {
            title: own(&self.title, &of.title),
            description: own(&self.description, &of.description),
            location: own(&self.location, &of.location),
            kind: own(&self.kind, &of.kind),
            busy: self.busy.unwrap_or(of.busy),
        }
    }
}

/// One occurrence, as a calendar shows it.
#[derive(Clone, Debug)]
pub struct Occurrence {
    /// The schedule, with the text and the span of this occurrence.
    pub schedule: Schedule,
    /// Which occurrence of a series; `None` for what happens once, and for the series as a whole.
    pub recurrence_id: Option<WallTime>,
    /// Whether it is named by a date, because its series lasts whole days, whatever became of this one.
    pub by_day: bool,
    /// Whether it is unlike the rest of its series.
    pub overridden: bool,
}

impl Occurrence {
    /// What happens once, or a series as a whole.
    pub const fn only(schedule: Schedule) -> Self {
        Self { schedule, recurrence_id: None, by_day: false, overridden: false }
    }

    /// What orders a list: the start, then the schedule, then the occurrence.
    pub fn key(&self) -> Key {
        (self.schedule.span.start_at.instant, self.schedule.id, self.recurrence_id)
    }

    /// The occurrence `recurrence_id` of `series`.
    pub(super) fn of(
        series: &Schedule,
        recurrence_id: WallTime,
        span: Span,
        (own, progress): (Option<&Override>, Progress),
    ) -> Self {
        let text = own.map_or_else(|| series.text.clone(), |own| own.text(&series.text));
        let schedule = Schedule {
            id: series.id,
            owner: series.owner,
            purpose: series.purpose,
            text,
            labels: series.labels.clone(),
            span,
            series: series.series.clone(),
            late: series.late,
            progress,
            reminders: own.and_then(|own| own.reminders.clone()).unwrap_or_else(|| series.reminders.clone()),
            generation: series.generation,
            version: series.version,
            created_at: series.created_at,
            updated_at: series.updated_at,
            deleted_at: series.deleted_at,
        };
        Self { schedule, recurrence_id: Some(recurrence_id), by_day: series.span.all_day, overridden: own.is_some() }
    }
}
