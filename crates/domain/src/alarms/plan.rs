//! Which alarms a schedule needs.

use kernel::{Instant, ReminderId, WallTime};

use super::{Reminder, Told};
use crate::calendar::Span;

/// An alarm to be armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// By which reminder.
    pub reminder: ReminderId,
    /// For which occurrence.
    pub nominal: WallTime,
    /// When it is, or was, to ring.
    pub due_at: Instant,
    /// What is to become of it.
    pub verdict: Verdict,
}

/// What is to become of a planned alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It rings when due.
    Ring,
    /// Past already, but the item is still to come and nobody was told yet: it rings at once and says that it is late.
    RingLate,
    /// Past already: recorded, never rings.
    Skip,
}

/// Plans one alarm per reminder for the occurrence `nominal`, which lasts as `span`.
///
/// `told` says whether a reminder has already rung for this item in an earlier generation: an edit must not tell somebody
/// again about a time that has passed. Of several that are past [one](speaker) speaks for all, or has done so.
pub(super) fn plan(
    nominal: WallTime,
    span: &Span,
    reminders: &[Reminder],
    now: Instant,
    told: impl Fn(ReminderId) -> Told,
) -> Vec<Plan> {
    let due = |reminder: &Reminder| reminder.rule.due(span.start_at.instant, span.end_at.instant);
    let speaker = speaker(reminders, now, due);
    let verdict = |reminder: &Reminder| {
        if due(reminder) > now && told(reminder.id) != Told::Exactly {
            Verdict::Ring
        } else if span.start_at.instant > now && Some(reminder.id) == speaker && told(reminder.id) == Told::No {
            Verdict::RingLate
        } else {
            Verdict::Skip
        }
    };
    let plan = |reminder: &Reminder| Plan { reminder: reminder.id, nominal, due_at: due(reminder), verdict: verdict(reminder) };
    reminders.iter().map(plan).collect()
}

/// The one of several reminders that are past which tells of the item: the last, and a critical one before all others, because
/// those may have to wait for the end of quiet hours.
fn speaker(reminders: &[Reminder], now: Instant, due: impl Fn(&Reminder) -> Instant) -> Option<ReminderId> {
    let past = reminders.iter().filter(|reminder| due(reminder) <= now);
    past.max_by_key(|reminder| (reminder.rule.critical, due(reminder), reminder.id)).map(|reminder| reminder.id)
}

/// Whether a waiting snooze of `reminder` goes on waiting when its schedule moves and `plans` are made for the new time.
///
/// It does if the new plan puts nothing in its place: whoever asked to be reminded in an hour is not to be left without
/// anything. If the reminder rings for the new time, at its instant or at once, that is what they are told; and a reminder
/// that is not planned any more takes its snooze with it.
pub fn keeps_snooze(plans: &[Plan], reminder: ReminderId) -> bool {
    plans.iter().any(|plan| plan.reminder == reminder && plan.verdict == Verdict::Skip)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{alarms::ReminderRule, calendar::SpanDraft};

    #[test]
    fn a_past_reminder_rings_at_once_only_while_the_item_is_to_come_and_nobody_was_told() {
        let now: Instant = "2026-11-20T00:00:00Z".parse().expect("now");
        // (start, lead in seconds, what was told before) → verdict
        let table = [
            ("2026-11-20T01:00:00", 1800, Told::No, Verdict::Ring),
            ("2026-11-20T01:00:00", 1800, Told::Earlier, Verdict::Ring),
            ("2026-11-20T01:00:00", 1800, Told::Exactly, Verdict::Skip),
            ("2026-11-20T00:10:00", 1800, Told::No, Verdict::RingLate),
            ("2026-11-20T00:10:00", 600, Told::No, Verdict::RingLate),
            ("2026-11-20T00:10:00", 599, Told::No, Verdict::Ring),
            ("2026-11-20T00:10:00", 1800, Told::Earlier, Verdict::Skip),
            ("2026-11-20T00:10:00", 1800, Told::Exactly, Verdict::Skip),
            ("2026-11-20T00:00:00", 0, Told::No, Verdict::Skip),
            ("2026-11-19T23:00:00", 0, Told::No, Verdict::Skip),
        ];
        for (start, lead, told, verdict) in table {
            let draft = SpanDraft {
                all_day: false,
                zone: kernel::Zone::utc(),
                start: start.parse().expect("start"),
                end: None,
                duration: None,
            };
            let reminder = Reminder { id: ReminderId::from_uuid(uuid::Uuid::nil()), rule: ReminderRule::before_start(lead) };
            let span = draft.resolve(now).expect("span");
            let plans = plan(span.start, &span, &[reminder], now, |_| told);
            assert_eq!(plans[0].verdict, verdict, "{start} −{lead}s, {told:?}");
        }
    }

    #[test]
    fn of_several_past_reminders_the_last_speaks_for_all() {
        let now: Instant = "2026-11-20T00:00:00Z".parse().expect("now");
        let reminder =
            |n, lead| Reminder { id: ReminderId::from_uuid(uuid::Uuid::from_u128(n)), rule: ReminderRule::before_start(lead) };
        let reminders = [reminder(1, 86_400), reminder(2, 3_600), reminder(3, 1_800), reminder(4, 300)];
        let start = "2026-11-20T00:10:00".parse().expect("start");
        let draft = SpanDraft { all_day: false, zone: kernel::Zone::utc(), start, end: None, duration: None };
        let span = draft.resolve(now).expect("span");
        let verdicts = |rang: u128| {
            let rang = move |id| id == ReminderId::from_uuid(uuid::Uuid::from_u128(rang));
            let told = |id| if rang(id) { Told::Earlier } else { Told::No };
            plan(span.start, &span, &reminders, now, told).iter().map(|plan| plan.verdict).collect::<Vec<_>>()
        };
        assert_eq!(verdicts(0), [Verdict::Skip, Verdict::Skip, Verdict::RingLate, Verdict::Ring]);
        assert_eq!(verdicts(3), [Verdict::Skip, Verdict::Skip, Verdict::Skip, Verdict::Ring], "it was told");
    }

    #[test]
    fn a_critical_reminder_speaks_before_a_later_one() {
        let now = Instant::EPOCH + std::time::Duration::from_hours(1);
        let reminder = |n, lead, critical| Reminder {
            id: ReminderId::from_uuid(uuid::Uuid::from_u128(n)),
            rule: ReminderRule { critical, ..ReminderRule::before_start(lead) },
        };
        let due = |reminder: &Reminder| reminder.rule.due(now, now);
        let reminders = [reminder(1, 600, true), reminder(2, 300, false)];
        assert_eq!(speaker(&reminders, now, due), Some(reminders[0].id));
        assert_eq!(speaker(&reminders[1..], now, due), Some(reminders[1].id));
        assert_eq!(speaker(&reminders, Instant::EPOCH, due), None);
    }

    #[test]
    fn a_snooze_outlives_a_move_only_if_its_reminder_would_stay_silent() {
        let [asked, other] = [1, 2].map(|n| ReminderId::from_uuid(uuid::Uuid::from_u128(n)));
        let nominal = kernel::Zone::utc().wall_at(Instant::EPOCH);
        let plan = |reminder, verdict| Plan { reminder, nominal, due_at: Instant::EPOCH, verdict };
        // (what is planned) → whether a snooze of `asked` stays
        let table = [
            (vec![plan(asked, Verdict::Skip)], true),
            (vec![plan(asked, Verdict::Ring)], false),
            (vec![plan(asked, Verdict::RingLate)], false),
            (vec![plan(asked, Verdict::Skip), plan(other, Verdict::Ring)], true),
            (vec![plan(asked, Verdict::Ring), plan(other, Verdict::Skip)], false),
            (vec![plan(other, Verdict::Skip)], false),
            (vec![], false),
        ];
        for (plans, stays) in table {
            assert_eq!(keeps_snooze(&plans, asked), stays, "{plans:?}");
        }
    }
}
