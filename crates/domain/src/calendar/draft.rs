//! A schedule that is asked for.

use kernel::{FieldError, Instant, WallTime};

use super::{
    CalendarError, RepeatDraft, ScheduleText, Span, SpanDraft,
    labels::{Labels, LabelsDraft},
    recurrence::Series,
    text,
};
use crate::alarms::{LatePolicy, ReminderRule, check_rules};

/// What a new schedule shall be.
#[derive(Clone, Debug)]
pub struct Draft {
    /// One line.
    pub title: String,
    /// Any number of lines.
    pub description: String,
    /// Where.
    pub location: String,
    /// A short word.
    pub kind: String,
    /// Whether the time counts as taken.
    pub busy: bool,
    /// Its category and its tags.
    pub labels: LabelsDraft,
    /// From when to when.
    pub span: SpanDraft,
    /// How it repeats.
    pub repeat: Option<RepeatDraft>,
    /// When to ring.
    pub reminders: RemindersDraft,
    /// What becomes of reminders that are found late.
    pub late: LatePolicy,
}

/// When a new schedule shall ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemindersDraft {
    /// Not said: the owner's default lead before the start.
    Default,
    /// As said, perhaps never.
    Given(Vec<ReminderRule>),
}

/// What a draft becomes once it is found to make sense.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What people read.
    pub text: ScheduleText,
    /// Its category and its tags, of which some may not exist yet.
    pub labels: Labels,
    /// From when to when.
    pub span: Span,
    /// How it repeats.
    pub series: Option<Series>,
    /// When to ring.
    pub rules: Vec<ReminderRule>,
}

impl Draft {
    /// Whether it can take time from something else: it is busy and may have a length.
    pub const fn takes_time(&self) -> bool {
        let SpanDraft { all_day, end, duration, .. } = &self.span;
        self.busy && (*all_day || end.is_some() || duration.is_some())
    }

    /// Checks everything and names every field that is wrong.
    pub fn check(&self, default_lead_seconds: u32, now: Instant) -> Result<Checked, CalendarError> {
        let rules = match &self.reminders {
            RemindersDraft::Default => vec![ReminderRule::before_start(default_lead_seconds)],
            RemindersDraft::Given(rules) => rules.clone(),
        };
        let mut errors = Vec::new();
        let mut keep = |result: Result<String, FieldError>| {
            result.unwrap_or_else(|e| {
                errors.push(e);
                String::new()
            })
        };
        let text = ScheduleText {
            title: keep(text::title(&self.title)),
            description: keep(text::description(&self.description)),
            location: keep(text::location(&self.location)),
            kind: keep(text::kind(&self.kind)),
            busy: self.busy,
        };
        let labels = self.labels.check().unwrap_or_else(|more| {
            errors.extend(more);
            Labels::default()
        });
        errors.extend(check_rules(&rules, now));
        errors.extend(self.late.check().err());
        let span = self.span.resolve(now).map_err(|more| errors.extend(more));
        let (Ok(span), true) = (span, errors.is_empty()) else {
            return Err(CalendarError::Invalid(errors));
        };
        let series = self.repeat.as_ref().map(|repeat| repeat.resolve(&span)).transpose()?;
        Ok(Checked { text, labels, span, series, rules })
    }

    /// When it would take place: the names and times of its first occurrences, at most `limit`, and whether there are more.
    pub fn occurrences(&self, now: Instant, limit: usize) -> Result<(Vec<(WallTime, Span)>, bool), CalendarError> {
        let span = self.span.resolve(now).map_err(CalendarError::Invalid)?;
        let Some(repeat) = &self.repeat else { return Ok((vec![(span.start, span)], false)) };
        let series = repeat.resolve(&span)?;
        let mut walls = std::iter::successors(series.first(), |wall| series.after(*wall));
        let first = walls.by_ref().take(limit).map(|wall| (wall, span.at(wall))).collect();
        Ok((first, walls.next().is_some()))
    }
}
