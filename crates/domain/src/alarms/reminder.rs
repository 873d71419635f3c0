//! Reminders: rules on a schedule.

use std::time::Duration;

use kernel::{FieldError, Instant, ReminderId};

/// Reminders of one schedule.
pub const MAX_REMINDERS: usize = 10;

/// The longest lead: a year.
const MAX_LEAD: Duration = Duration::from_hours(366 * 24);

/// How far ahead an absolute reminder may lie.
const MAX_AHEAD: Duration = Duration::from_hours(10 * 366 * 24);

/// A reminder of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// Its id: part of the key of its alarms.
    pub id: ReminderId,
    /// When it rings.
    pub rule: ReminderRule,
}

/// What a reminder asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReminderRule {
    /// When it rings.
    pub when: When,
    /// Whether it rings in quiet hours as well.
    pub critical: bool,
}

/// When a reminder rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    /// So many seconds before an end of the schedule. Elapsed seconds: a day is 24 hours.
    Before {
        /// The lead.
        lead_seconds: u32,
        /// Before what.
        anchor: Anchor,
    },
    /// At this instant, whatever the schedule does.
    At(Instant),
}

/// Which end of a schedule a reminder looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// Its start.
    Start,
    /// Its end.
    End,
}

impl ReminderRule {
    /// `lead_seconds` before the start.
    pub const fn before_start(lead_seconds: u32) -> Self {
        Self { when: When::Before { lead_seconds, anchor: Anchor::Start }, critical: false }
    }

    /// At an instant, whatever the schedule does.
    pub const fn at(instant: Instant) -> Self {
        Self { when: When::At(instant), critical: false }
    }

    /// Whether it rings for each occurrence of a series; one at an instant rings once for the whole.
    pub const fn is_relative(self) -> bool {
        matches!(self.when, When::Before { .. })
    }

    /// When it rings for an occurrence from `start` to `end`.
    pub fn due(self, start: Instant, end: Instant) -> Instant {
        match self.when {
            When::At(instant) => instant,
            When::Before { lead_seconds, anchor } => {
                let anchor = match anchor {
                    Anchor::Start => start,
                    Anchor::End => end,
                };
                anchor - Duration::from_secs(lead_seconds.into())
            }
        }
    }
}

/// Everything that is wrong with a list of rules.
pub fn check_rules(rules: &[ReminderRule], now: Instant) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if rules.len() > MAX_REMINDERS {
        errors.push(FieldError::new("/reminders", format!("at most {MAX_REMINDERS} reminders")));
    }
    for (index, rule) in rules.iter().enumerate() {
        let pointer = format!("/reminders/{index}");
        if rules[..index].iter().any(|other| other.when == rule.when) {
            errors.push(FieldError::new(pointer, "the same reminder is already in the list"));
            continue;
        }
        match rule.when {
            When::Before { lead_seconds, .. } if Duration::from_secs(lead_seconds.into()) > MAX_LEAD => {
                errors.push(FieldError::new(format!("{pointer}/before"), "at most 366 days before"));
            }
            When::At(at) if at > now + MAX_AHEAD => {
                errors.push(FieldError::new(format!("{pointer}/at"), "at most ten years ahead"));
            }
            _ => {}
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{Span, SpanDraft};

    fn span(start: &str, end: &str) -> Span {
        let draft = SpanDraft {
            all_day: false,
            zone: "America/New_York".parse().expect("zone"),
            start: start.parse().expect("start"),
            end: Some(end.parse().expect("end")),
            duration: None,
        };
        draft.resolve(Instant::EPOCH + Duration::from_hours(490_896)).expect("span")
    }

    #[test]
    fn a_lead_is_elapsed_time_across_a_change_of_clocks() {
        // The clocks spring forward at 02:00: one hour before 03:30 local is 01:30 local.
        let span = span("2026-03-08T03:30:00", "2026-03-08T05:00:00");
        assert_eq!(
            ReminderRule::before_start(3600).due(span.start_at.instant, span.end_at.instant).to_string(),
            "2026-03-08T06:30:00Z"
        );
        let before_end = ReminderRule { when: When::Before { lead_seconds: 0, anchor: Anchor::End }, critical: false };
        assert_eq!(before_end.due(span.start_at.instant, span.end_at.instant).to_string(), "2026-03-08T09:00:00Z");
    }

    #[test]
    fn wrong_lists_are_named_field_by_field() {
        let now = Instant::EPOCH + Duration::from_hours(490_896);
        let rules = [
            ReminderRule::before_start(60),
            ReminderRule::before_start(60),
            ReminderRule::before_start(400 * 86_400),
            ReminderRule::at(now + Duration::from_hours(11 * 366 * 24)),
        ];
        let pointers: Vec<String> = check_rules(&rules, now).into_iter().map(|e| e.pointer).collect();
        assert_eq!(pointers, ["/reminders/1", "/reminders/2/before", "/reminders/3/at"]);
        let many: Vec<_> = (0..11).map(ReminderRule::before_start).collect();
        assert_eq!(check_rules(&many, now).len(), 1);
    }
}
