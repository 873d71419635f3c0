//! A schedule that is asked for.

use kernel::{FieldError, Instant};

use super::{CalendarError, ScheduleText, Span, SpanDraft, text};
use crate::alarms::{ReminderRule, check_rules};

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
    /// From when to when.
    pub span: SpanDraft,
    /// When to ring.
    pub reminders: RemindersDraft,
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
    /// From when to when.
    pub span: Span,
    /// When to ring.
    pub rules: Vec<ReminderRule>,
}

impl Draft {
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
        errors.extend(check_rules(&rules, now));
        match self.span.resolve(now) {
            Ok(span) if errors.is_empty() => Ok(Checked { text, span, rules }),
            Ok(_) => Err(CalendarError::Invalid(errors)),
            Err(more) => Err(CalendarError::Invalid(errors.into_iter().chain(more).collect())),
        }
    }
}
