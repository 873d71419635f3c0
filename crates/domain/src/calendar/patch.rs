//! A change to a schedule.

use std::time::Duration;

use kernel::{FieldError, Instant, Zone};

use super::{
    CalendarError, Moment, RepeatChange, Schedule, ScheduleText, Span, SpanDraft,
    labels::{Labels, LabelsPatch},
    recurrence::Series,
    rerule, text,
};
use crate::alarms::{LatePolicy, ReminderRule, check_rules};

/// What shall change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Patch {
    /// One line.
    pub title: Option<String>,
    /// Any number of lines.
    pub description: Option<String>,
    /// Where.
    pub location: Option<String>,
    /// A short word.
    pub kind: Option<String>,
    /// Whether the time counts as taken.
    pub busy: Option<bool>,
    /// Its category and its tags.
    pub labels: LabelsPatch,
    /// Whole days.
    pub all_day: Option<bool>,
    /// The zone. Alone it keeps the wall times and moves the instants.
    pub zone: Option<Zone>,
    /// When it starts. Alone it keeps the length.
    pub start: Option<Moment>,
    /// When it ends.
    pub end: Option<Moment>,
    /// How long it takes.
    pub duration: Option<Duration>,
    /// When to ring; replaces all reminders.
    pub reminders: Option<Vec<ReminderRule>>,
    /// How it repeats.
    pub repeat: RepeatChange,
    /// What becomes of reminders that are found late.
    pub late: Option<LatePolicy>,
}

/// What a patch comes to.
#[derive(Clone, Debug)]
pub struct Change {
    /// What people read from now on.
    pub text: ScheduleText,
    /// How it is labelled from now on, with tags of which some may not exist yet.
    pub labels: Labels,
    /// From when to when from now on.
    pub span: Span,
    /// How it repeats from now on.
    pub series: Option<Series>,
    /// What becomes of late reminders from now on.
    pub late: LatePolicy,
    /// When to ring from now on.
    pub rules: Vec<ReminderRule>,
    /// Whether a start, an end, the zone or the recurrence changed: every alarm is planned anew.
    pub moved: bool,
    /// Whether the set of reminders changed.
    pub rules_changed: bool,
    /// Whether anything changed at all.
    pub any: bool,
}

impl Patch {
    /// Applies the patch to `schedule`, as far as deciding goes.
    pub fn apply(&self, schedule: &Schedule, now: Instant) -> Result<Change, CalendarError> {
        let mut errors = Vec::new();
        let old = &schedule.text;
        let mut field = |new: &Option<String>, old: &str, check: fn(&str) -> Result<String, FieldError>| match new {
            None => old.to_owned(),
            Some(new) => check(new).unwrap_or_else(|e| {
                errors.push(e);
                String::new()
            }),
        };
        let text = ScheduleText {
            title: field(&self.title, &old.title, text::title),
            description: field(&self.description, &old.description, text::description),
            location: field(&self.location, &old.location, text::location),
            kind: field(&self.kind, &old.kind, text::kind),
            busy: self.busy.unwrap_or(old.busy),
        };
        let labels = self.labels.apply(&schedule.labels).unwrap_or_else(|more| {
            errors.extend(more);
            Labels::default()
        });
        let old_rules: Vec<ReminderRule> = schedule.reminders.iter().map(|r| r.rule).collect();
        let rules = self.reminders.clone().unwrap_or_else(|| old_rules.clone());
        if self.reminders.is_some() {
            errors.extend(check_rules(&rules, now));
        }
        let span = self.span(&schedule.span, now).unwrap_or_else(|more| {
            errors.extend(more);
            schedule.span.clone()
        });
        let late = self.late.unwrap_or(schedule.late);
        errors.extend(late.check().err());
        if !errors.is_empty() {
            return Err(CalendarError::Invalid(errors));
        }
        let series = self.series(schedule, &span)?;
        let repeats = |series: &Option<Series>| series.as_ref().map(|series| series.recurrence().clone());
        let moved = span != schedule.span || repeats(&series) != repeats(&schedule.series);
        let rules_changed = rules != old_rules;
        let any = moved || rules_changed || labels != schedule.labels || text != schedule.text || late != schedule.late;
        Ok(Change { text, labels, span, series, late, rules, moved, rules_changed, any })
    }

    /// The recurrence as given, or else the present one, which moves along with the start.
    fn series(&self, schedule: &Schedule, span: &Span) -> Result<Option<Series>, CalendarError> {
        match (&self.repeat, &schedule.series) {
            (RepeatChange::Once, _) => Ok(None),
            (RepeatChange::Repeat(repeat), _) => repeat.resolve(span).map(Some),
            (RepeatChange::Keep, Some(old))
                if span.start != old.start() || span.zone != *old.zone() || span.all_day != schedule.span.all_day =>
            {
                rerule(old, span).map(Some)
            }
            (RepeatChange::Keep, old) => Ok(old.clone()),
        }
    }

    /// Whether it says anything about from when to when.
    pub fn names_time(&self) -> bool {
        self.all_day.is_some() || self.zone.is_some() || self.start.is_some() || self.end.is_some() || self.duration.is_some()
    }

    fn span(&self, old: &Span, now: Instant) -> Result<Span, Vec<FieldError>> {
        if !self.names_time() {
            return Ok(old.clone());
        }
        let all_day = self.all_day.unwrap_or(old.all_day);
        if all_day != old.all_day && self.start.is_none() {
            return Err(vec![FieldError::new("/start", "changing all_day needs a new start")]);
        }
        let keep = |wall: kernel::WallTime| if all_day { Moment::Date(wall.datetime().date()) } else { Moment::Wall(wall) };
        // A new start alone moves the item and keeps its length; so does a new kind of day, with the default length.
        let keeps_length = self.start.is_some() && self.end.is_none() && self.duration.is_none() && all_day == old.all_day;
        let length = old.end_at.instant.since(old.start_at.instant);
        let days = old.end.datetime().date().since(old.start.datetime().date()).map_or(1, |span| span.get_days());
        let (end, duration) = if keeps_length && all_day {
            (None, Some(Duration::from_hours(24 * u64::try_from(days).unwrap_or(1))))
        } else if keeps_length {
            (None, Some(length))
        } else if self.start.is_none() && self.end.is_none() && self.duration.is_none() {
            (Some(keep(old.end)), None)
        } else {
            (self.end, self.duration)
        };
        let draft = SpanDraft {
            all_day,
            zone: self.zone.clone().unwrap_or_else(|| old.zone.clone()),
            start: self.start.unwrap_or_else(|| keep(old.start)),
            end,
            duration,
        };
        draft.resolve(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{alarms::Reminder, calendar::Purpose};
    use kernel::{ReminderId, ScheduleId, UserId};

    fn now() -> Instant {
        "2026-01-01T00:00:00Z".parse().expect("now")
    }

    fn schedule(all_day: bool, start: &str, end: &str) -> Schedule {
        let span = SpanDraft {
            all_day,
            zone: "Asia/Seoul".parse().expect("zone"),
            start: start.parse().expect("start"),
            end: Some(end.parse().expect("end")),
            duration: None,
        };
        Schedule {
            id: ScheduleId::from_uuid(uuid()),
            owner: UserId::from_uuid(uuid()),
            purpose: Purpose::Event,
            text: ScheduleText {
                title: "t".into(),
                description: String::new(),
                location: String::new(),
                kind: "event".into(),
                busy: true,
            },
            labels: Labels::default(),
            span: span.resolve(now()).expect("span"),
            series: None,
            late: LatePolicy::default(),
            reminders: vec![Reminder { id: ReminderId::from_uuid(uuid()), rule: ReminderRule::before_start(60) }],
            progress: crate::calendar::progress::Progress::default(),
            generation: 1,
            version: 1,
            created_at: now(),
            updated_at: now(),
            deleted_at: None,
        }
    }

    fn uuid() -> uuid::Uuid {
        uuid::Uuid::nil()
    }

    #[test]
    fn a_new_start_alone_keeps_the_length() {
        let patch = Patch { start: "2026-11-21T14:00:00".parse().ok(), ..Patch::default() };
        let change = patch.apply(&schedule(false, "2026-11-20T09:30:00", "2026-11-20T10:30:00"), now()).expect("change");
        assert_eq!(change.span.end.to_string(), "2026-11-21T15:00:00");
        assert!(change.moved && !change.rules_changed);

        let days = Patch { start: "2026-12-01".parse().ok(), ..Patch::default() };
        let change = days.apply(&schedule(true, "2026-11-20", "2026-11-23"), now()).expect("change");
        assert_eq!(change.span.end.to_string(), "2026-12-04T00:00:00");
    }

    #[test]
    fn a_new_zone_alone_keeps_the_wall_times() {
        let patch = Patch { zone: "Europe/Paris".parse().ok(), ..Patch::default() };
        let change = patch.apply(&schedule(false, "2026-11-20T09:30:00", "2026-11-20T10:30:00"), now()).expect("change");
        assert_eq!(change.span.start.to_string(), "2026-11-20T09:30:00");
        assert_eq!(change.span.start_at.instant.to_string(), "2026-11-20T08:30:00Z");
        assert!(change.moved);
    }

    #[test]
    fn a_new_title_moves_nothing_and_an_equal_one_changes_nothing() {
        let item = schedule(false, "2026-11-20T09:30:00", "2026-11-20T10:30:00");
        let change = Patch { title: Some("new".into()), ..Patch::default() }.apply(&item, now()).expect("change");
        assert!(change.any && !change.moved && !change.rules_changed);
        let same = Patch { title: Some("t".into()), ..Patch::default() }.apply(&item, now()).expect("change");
        assert!(!same.any);
    }

    #[test]
    fn every_wrong_field_is_named() {
        let patch = Patch { title: Some(String::new()), kind: Some("No".into()), all_day: Some(true), ..Patch::default() };
        let Err(CalendarError::Invalid(errors)) =
            patch.apply(&schedule(false, "2026-11-20T09:30:00", "2026-11-20T10:30:00"), now())
        else {
            panic!("refused");
        };
        let pointers: Vec<_> = errors.iter().map(|e| e.pointer.as_str()).collect();
        assert_eq!(pointers, ["/title", "/kind", "/start"]);
    }
}
