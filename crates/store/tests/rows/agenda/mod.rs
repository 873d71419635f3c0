//! A schedule to write.

use std::time::Duration;

use domain::{
    alarms::{Alarm, LatePolicy, Reminder, ReminderRule},
    calendar::{Moment, Purpose, Schedule, ScheduleText, Span, SpanDraft, labels::Labels, progress::Progress},
};
use kernel::{AlarmId, Instant, ReminderId, ScheduleId, UserId, Zone};
use testkit::{START, SeededEntropy};

/// From `start` in `zone`, for so long; an hour if nothing is said.
pub(crate) fn span(zone: &Zone, start: Moment, duration: Option<Duration>) -> Span {
    let draft = SpanDraft { all_day: false, zone: zone.clone(), start, end: None, duration };
    draft.resolve(START).expect("a span")
}

/// An event of `owner` that happens once.
pub(crate) fn event(owner: UserId, entropy: &SeededEntropy, span: Span, rules: &[ReminderRule]) -> Schedule {
    let text = |text: &str| text.to_owned();
    Schedule {
        id: ScheduleId::mint(START, entropy),
        owner,
        purpose: Purpose::Event,
        text: ScheduleText { title: text("x"), description: text(""), location: text(""), kind: text("event"), busy: true },
        labels: Labels::default(),
        span,
        series: None,
        late: LatePolicy::default(),
        reminders: rules.iter().map(|rule| Reminder { id: ReminderId::mint(START, entropy), rule: *rule }).collect(),
        progress: Progress::default(),
        generation: 1,
        version: 1,
        created_at: START,
        updated_at: START,
        deleted_at: None,
    }
}

/// The pending alarm of a reminder for the first occurrence.
pub(crate) fn alarm(schedule: &Schedule, reminder: &Reminder, due_at: Instant, entropy: &SeededEntropy) -> Alarm {
    let which = (reminder.id, schedule.span.start);
    Alarm::pending(AlarmId::mint(START, entropy), schedule, which, due_at, START)
}
