//! The alarms of a series: of each reminder one is armed, and when it fires the next takes its place.
//!
//! ```text
//!   rule:       o ─── o ─── o ─── x ─── o ─── …        x: this occurrence was moved; it has an alarm of its own
//!   armed:            ▲ fires, arms ──────► ▲
//! ```
//!
//! The preview of what will ring walks the same chain.

use std::time::Duration;

use kernel::{Instant, ReminderId, WallTime};

use super::{LateAction, LatePolicy, Plan, Reminder, Verdict, plan::plan};
use crate::calendar::{RecurrenceSet, Span};

/// The most missed links that are counted; who missed more missed this many.
const MAX_MISSED: usize = 10_000;

/// One link of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Which occurrence.
    pub nominal: WallTime,
    /// When it starts.
    pub start_at: Instant,
    /// When it is to ring.
    pub due_at: Instant,
}

/// What follows an alarm that was found due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Following {
    /// The alarm to be armed, if the series goes on.
    pub next: Option<Link>,
    /// How many between the two were missed and are left out.
    pub left_out: usize,
}

/// Whether somebody was told of an occurrence by a reminder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Not yet.
    No,
    /// Before the schedule was last planned anew.
    Earlier,
    /// Since then: it rang or was passed over, or they dismissed or snoozed it.
    Already,
    /// It rang for the very instant at which it would ring now. Where that is still to come, a clock is behind the one it rang by.
    Exactly,
}

impl Told {
    /// Whether nothing is to be planned in a series any more.
    fn is_final(self) -> bool {
        matches!(self, Self::Already | Self::Exactly)
    }
}

/// Which alarms a schedule needs now. `told` says whether a reminder has already rung for an occurrence.
pub fn plan_all(set: &RecurrenceSet, now: Instant, told: impl Fn(ReminderId, WallTime) -> Told) -> Vec<Plan> {
    let (once, reminders) = (&set.schedule.span, &set.schedule.reminders);
    if set.schedule.series.is_none() {
        return plan(once.start, once, reminders, now, |reminder| told(reminder, once.start));
    }
    let first = reminders.iter().filter_map(|reminder| first(set, reminder, now, &told));
    let mut plans: Vec<_> = first.collect();
    // Of what was moved or is reminded of in its own way, nothing is left to ring for once it is over.
    let ahead = |span: &Span| span.end_at.instant > now || span.start_at.instant >= now;
    for (own, span) in set.apart().filter(|(own, span)| ahead(span) && !set.is_silent(own.recurrence_id)) {
        let nominal = own.recurrence_id;
        let concerns = |reminder: &Reminder| own.reminders.is_some() || reminder.rule.is_relative();
        let concerned: Vec<_> = set.reminders_of(nominal).iter().copied().filter(concerns).collect();
        let planned = plan(nominal, &span, &concerned, now, |reminder| told(reminder, nominal));
        plans.extend(planned.into_iter().filter(|plan| !told(plan.reminder, nominal).is_final()));
    }
    plans
}

/// When a reminder of a series is, or was, to ring for an occurrence; `None` if one of them is no more.
pub fn due_for(set: &RecurrenceSet, reminder: ReminderId, nominal: WallTime) -> Option<Instant> {
    let rule = set.reminder(nominal, reminder)?.rule;
    let span = set.occurrence(nominal)?.schedule.span;
    Some(rule.due(span.start_at.instant, span.end_at.instant))
}

/// As [`due_for`], and of what happens once when it is to ring at its present time, whatever it was called before it moved.
pub fn due_now(set: &RecurrenceSet, reminder: ReminderId, nominal: WallTime) -> Option<Instant> {
    if set.schedule.series.is_some() {
        return due_for(set, reminder, nominal);
    }
    let (start, end) = (set.schedule.span.start_at.instant, set.schedule.span.end_at.instant);
    set.schedule.reminder(reminder).map(|reminder| reminder.rule.due(start, end))
}

/// The first alarm of a reminder from `now` on. One at an instant rings once for the whole series. One that another reminder of its
/// occurrence speaks for is passed over.
fn first(set: &RecurrenceSet, reminder: &Reminder, now: Instant, told: &impl Fn(ReminderId, WallTime) -> Told) -> Option<Plan> {
    let reminders = &set.schedule.reminders;
    if !reminder.rule.is_relative() {
        let nominal = set.schedule.span.start;
        let told = told(reminder.id, nominal);
        let alone = std::slice::from_ref(reminder);
        let plan = plan(nominal, &set.schedule.span, alone, now, |_| told).pop()?;
        return Some(plan).filter(|plan| plan.verdict != Verdict::Skip || told == Told::No);
    }
    let relative: Vec<Reminder> = reminders.iter().filter(|reminder| reminder.rule.is_relative()).copied().collect();
    let planned = |nominal: WallTime| {
        let plans = plan(nominal, &set.schedule.span_at(nominal), &relative, now, |id| told(id, nominal));
        plans.into_iter().find(|plan| plan.reminder == reminder.id)
    };
    // What has ended by now has nothing left to ring for.
    let ahead = set.regular(now).map(|occurrence| occurrence.recurrence_id()).filter(|nominal| !set.is_silent(*nominal));
    let ahead = ahead.filter(|nominal| !told(reminder.id, *nominal).is_final());
    ahead.filter_map(planned).take(MAX_MISSED).find(|plan| plan.verdict != Verdict::Skip)
}

/// What a reminder rings for after the occurrence `after`, in order, for as long as the series goes on. What is in progress or
/// done is passed over.
pub fn links(set: &RecurrenceSet, reminder: &Reminder, after: WallTime) -> impl Iterator<Item = Link> {
    let rule = reminder.rule;
    let start = set.schedule.span.zone.resolve(after).instant;
    // Without its microsecond an occurrence that has no length would not end after its own start.
    let from = if reminder.rule.is_relative() { start - Duration::from_micros(1) } else { Instant::MAX };
    let behind = set.regular(from).filter(move |o| (o.start.instant, o.recurrence_id()) > (start, after));
    let behind = behind.filter(|o| !set.is_silent(o.recurrence_id()));
    behind.map(move |o| Link { nominal: o.recurrence_id(), start_at: o.start.instant, due_at: rule.due(o.start.instant, o.end) })
}

/// What the reminders of a series will ring for after the alarms `armed`, which are pairs of reminder and occurrence, in order
/// and at most `limit`.
pub fn upcoming(set: &RecurrenceSet, armed: &[(ReminderId, WallTime)], limit: usize) -> Vec<(ReminderId, Link)> {
    let mut found = Vec::new();
    for (id, nominal) in armed.iter().filter(|(_, nominal)| !set.rings_apart(*nominal)) {
        if let Some(reminder) = set.schedule.reminder(*id) {
            found.extend(links(set, reminder, *nominal).take(limit).map(|link| (*id, link)));
        }
    }
    found.sort_by_key(|(id, link): &(ReminderId, Link)| (link.due_at, *id, link.nominal));
    found.dedup();
    found.truncate(limit);
    found
}

/// What is armed after the alarm of `reminder` for `fired`, which was found due at `now`. A series that moved may have an occurrence
/// where it had another one before: at an instant for which the reminder `rang` it does not ring again.
pub fn following(
    set: &RecurrenceSet,
    reminder: &Reminder,
    fired: WallTime,
    (now, rang): (Instant, impl Fn(Instant) -> bool),
    late: LatePolicy,
) -> Following {
    let mut links = links(set, reminder, fired).filter(|link| !rang(link.due_at));
    if late.action == LateAction::Ring {
        return Following { next: links.next(), left_out: 0 };
    }
    let mut missed = Vec::new();
    let ahead = loop {
        match links.next() {
            Some(link) if link.due_at <= now && missed.len() < MAX_MISSED => missed.push(link),
            ahead => break ahead,
        }
    };
    let due: Vec<_> = missed.iter().map(|link| link.due_at).collect();
    let left_out = late.left_out(&due, now);
    Following { next: missed.get(left_out).copied().or(ahead), left_out }
}

#[cfg(test)]
mod tests {
    use kernel::{ScheduleId, UserId};

    use super::*;
    use crate::alarms::ReminderRule;
    use crate::calendar::{
        Override, Purpose, RepeatDraft, Schedule, ScheduleText, SpanDraft, labels::Labels, progress::Progress,
    };

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    fn wall(text: &str) -> WallTime {
        text.parse().expect("a wall time")
    }

    fn span(start: &str, end: &str) -> Span {
        let (start, end) = (start.parse().expect("start"), end.parse().ok());
        let zone = "America/New_York".parse().expect("a zone");
        let draft = SpanDraft { all_day: false, zone, start, end, duration: None };
        draft.resolve(at("2026-03-01T00:00:00Z")).expect("a span")
    }

    /// Every day from 02:30 to 03:30 in New York from 6 March 2026 on; the clocks spring forward at 02:00 on the 8th.
    fn daily(lead_seconds: u32) -> (RecurrenceSet, Reminder) {
        let first = span("2026-03-06T02:30:00", "2026-03-06T03:30:00");
        let repeat = RepeatDraft { rrule: "FREQ=DAILY".to_owned(), rdates: Vec::new(), exdates: Vec::new() };
        let id = uuid::Uuid::nil();
        let reminder = Reminder { id: ReminderId::from_uuid(id), rule: ReminderRule::before_start(lead_seconds) };
        let text = |text: &str| text.to_owned();
        let schedule = Schedule {
            id: ScheduleId::from_uuid(id),
            owner: UserId::from_uuid(id),
            purpose: Purpose::Event,
            text: ScheduleText { title: text("t"), description: text(""), location: text(""), kind: text("event"), busy: true },
            labels: Labels::default(),
            series: Some(repeat.resolve(&first).expect("a series")),
            span: first,
            late: LatePolicy::default(),
            progress: Progress::default(),
            reminders: vec![reminder],
            generation: 1,
            version: 1,
            created_at: Instant::EPOCH,
            updated_at: Instant::EPOCH,
            deleted_at: None,
        };
        (RecurrenceSet::new(schedule, []), reminder)
    }

    #[test]
    fn each_link_follows_the_wall_across_a_change_of_clocks() {
        let (set, reminder) = daily(600);
        let dues: Vec<_> = links(&set, &reminder, wall("2026-03-06T02:30:00")).take(3).map(|l| l.due_at.to_string()).collect();
        // The 8th has no 02:30: it moves forward to 03:30, which is 07:30 in UTC; from then on the offset is an hour less.
        assert_eq!(dues, ["2026-03-07T07:20:00Z", "2026-03-08T07:20:00Z", "2026-03-09T06:20:00Z"]);
    }

    #[test]
    fn one_alarm_is_armed_for_the_next_occurrence_and_one_for_each_that_was_moved() {
        let (mut set, _) = daily(600);
        let moved = span("2026-03-20T12:00:00", "2026-03-20T13:00:00");
        let own = |id: &str, span| Override {
            recurrence_id: wall(id),
            title: None,
            description: None,
            location: None,
            kind: None,
            busy: None,
            span,
            reminders: None,
        };
        for own in [own("2026-03-10T02:30:00", Some(moved)), own("2026-03-11T02:30:00", None)] {
            set.overrides.insert(own.recurrence_id, own);
        }
        let plans = plan_all(&set, at("2026-03-10T00:00:00Z"), |_, _| Told::No);
        let planned: Vec<_> = plans.iter().map(|p| (p.nominal, p.due_at, p.verdict)).collect();
        assert_eq!(
            planned,
            [
                (wall("2026-03-11T02:30:00"), at("2026-03-11T06:20:00Z"), Verdict::Ring),
                (wall("2026-03-10T02:30:00"), at("2026-03-20T15:50:00Z"), Verdict::Ring),
            ]
        );
    }

    #[test]
    fn a_lead_that_has_passed_rings_at_once_unless_it_rang_before() {
        let (set, _) = daily(3600);
        let first = wall("2026-03-07T02:30:00");
        let planned = |now: &str, told: Told| {
            let plans = plan_all(&set, at(now), |_, nominal| if nominal == first { told } else { Told::No });
            plans.first().map(|plan| (plan.nominal, plan.verdict))
        };
        let next = Some((wall("2026-03-08T02:30:00"), Verdict::Ring));
        assert_eq!(planned("2026-03-07T07:00:00Z", Told::No), Some((first, Verdict::RingLate)));
        assert_eq!(planned("2026-03-07T07:00:00Z", Told::Earlier), next);
        assert_eq!(planned("2026-03-07T07:00:00Z", Told::Already), next);
        // What is still ahead rings again after it was moved, but not after it was dismissed.
        assert_eq!(planned("2026-03-07T01:00:00Z", Told::Earlier), Some((first, Verdict::Ring)));
        assert_eq!(planned("2026-03-07T01:00:00Z", Told::Already), next);
    }

    #[test]
    fn what_rang_already_where_another_occurrence_was_is_passed_over() {
        let (set, reminder) = daily(0);
        let now = at("2026-03-30T16:00:00Z");
        let rang = |due: Instant| [at("2026-03-07T07:30:00Z"), at("2026-03-09T06:30:00Z")].contains(&due);
        let late = LatePolicy { action: LateAction::Ring, grace_seconds: 0 };
        let next = |fired| following(&set, &reminder, wall(fired), (now, rang), late).next.map(|link| link.nominal);
        assert_eq!(next("2026-03-06T02:30:00"), Some(wall("2026-03-08T02:30:00")));
        assert_eq!(next("2026-03-08T02:30:00"), Some(wall("2026-03-10T02:30:00")));
    }

    #[test]
    fn what_was_missed_is_left_out_as_the_policy_says_and_the_next_is_armed() {
        let (set, reminder) = daily(0);
        let policy = |action, days: u32| LatePolicy { action, grace_seconds: days * 86_400 };
        // Found at noon on the 30th: the 7th to the 30th were missed since the alarm of the 6th, which is 24 of them.
        let now = at("2026-03-30T16:00:00Z");
        let table = [
            (policy(LateAction::Coalesce, 1), 23, "2026-03-30T02:30:00"),
            (policy(LateAction::Coalesce, 5), 19, "2026-03-26T02:30:00"),
            (policy(LateAction::Coalesce, 300), 14, "2026-03-21T02:30:00"),
            (policy(LateAction::Skip, 0), 24, "2026-03-31T02:30:00"),
            (policy(LateAction::Ring, 0), 0, "2026-03-07T02:30:00"),
        ];
        for (late, left_out, next) in table {
            let following = following(&set, &reminder, wall("2026-03-06T02:30:00"), (now, |_| false), late);
            let found = (following.left_out, following.next.map(|link| link.nominal));
            assert_eq!(found, (left_out, Some(wall(next))), "{late:?}");
        }
        let once = Reminder { rule: ReminderRule::at(now), ..reminder };
        let none = Following { next: None, left_out: 0 };
        assert_eq!(super::following(&set, &once, wall("2026-03-06T02:30:00"), (now, |_| false), LatePolicy::default()), none);
    }
}
