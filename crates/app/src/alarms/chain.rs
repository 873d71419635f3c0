//! What due alarms of series say, and what is armed after them.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    alarms::{Alarm, AlarmState, Following, Link, following, links},
    calendar::RecurrenceSet,
};
use jiff::ToSpan as _;
use kernel::{AlarmId, Entropy, Instant, ReminderId, ScheduleId, WallTime};
use store::{StoreError, Tx, alarms::Due};

use super::quiet::{Hold, Quiet, is_over};
use crate::Effects;

/// What becomes of alarms that are due.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// Those that ring, each with how many missed ones it stands for.
    pub(super) ring: Vec<(Due, usize)>,
    /// Those that are too late for their schedule and stay silent, likewise.
    pub(super) silent: Vec<(AlarmId, usize)>,
    /// Those that are due in quiet hours, likewise, and until when they wait.
    pub(super) held: Vec<(Due, usize, Instant)>,
    /// Those that waited for the end of quiet hours, and what they were about is over.
    pub(super) over: Vec<AlarmId>,
    /// What is armed in their place.
    pub(super) next: Vec<Alarm>,
}

impl Turn {
    /// Of each alarm that stands for others, for how many.
    pub(super) fn left_out(&self) -> Vec<(AlarmId, usize)> {
        let ring = self.ring.iter().map(|(due, left_out)| (due.id, *left_out));
        let held = self.held.iter().map(|(due, left_out, _)| (due.id, *left_out));
        ring.chain(self.silent.iter().copied()).chain(held).filter(|(_, left_out)| *left_out > 0).collect()
    }
}

/// Sorts out what is due at `now`. An alarm whose series somebody is changing at this moment is left as it is: the change
/// decides about it.
pub(super) async fn turn(tx: &mut Tx<'_>, due: Vec<Due>, now: Instant, entropy: &dyn Entropy) -> Result<Turn, StoreError> {
    let mut repeating: BTreeMap<ScheduleId, WallTime> = BTreeMap::new();
    for due in due.iter().filter(|due| due.repeats) {
        let from = repeating.entry(due.schedule).or_insert(due.nominal);
        *from = (*from).min(shortly_before(due.nominal));
    }
    let sets = store::calendar::sets_to_advance(tx, &repeating).await?;
    let sets: BTreeMap<ScheduleId, RecurrenceSet> = sets.into_iter().map(|set| (set.schedule.id, set)).collect();
    let late = due.iter().filter_map(|due| sets.get(&due.schedule).filter(|set| is_behind(set, due, now)).map(|_| due));
    let rang = Rang::after(tx, late.map(|due| (due.schedule, due.due_at)), now).await?;
    let quiet = Quiet::of(tx, &due, now).await?;
    let mut turn = Turn::default();
    for mut due in due {
        let mut left_out = usize::try_from(due.left_out).unwrap_or_default();
        let hold = quiet.hold(&due, now);
        if hold == Hold::LeaveAlone {
            continue;
        }
        if due.repeats {
            let Some(set) = sets.get(&due.schedule) else { continue };
            // One that waited was followed when it began to wait.
            if let Some(following) = after(set, &due, (now, &rang)).filter(|_| due.deferred_until.is_none()) {
                left_out = following.left_out;
                // A missed one was planned when it was missed, but not before the one that was to ring before it: it is late by all
                // that time.
                let armed = |link: Link| next(set, due.reminder, link, link.due_at.max(due.armed_at).min(now), (now, entropy));
                turn.next.extend(following.next.map(armed));
            }
            speak_for(set, &mut due);
        }
        match hold {
            _ if !due.late.rings(due.late_after(), now) => turn.silent.push((due.id, left_out)),
            _ if is_over(&due, now) => turn.over.push(due.id),
            Hold::Until(until) => turn.held.push((due, left_out, until)),
            Hold::Not | Hold::LeaveAlone => turn.ring.push((due, left_out)),
        }
    }
    Ok(turn)
}

/// A change of clocks may let an occurrence come after one that the wall shows later.
fn shortly_before(nominal: WallTime) -> WallTime {
    WallTime::new(nominal.datetime().saturating_sub(2.days()))
}

/// What follows a reminder's own alarm of an occurrence that takes place when the rule says; a moved one and a snooze are
/// followed by nothing.
fn after(set: &RecurrenceSet, due: &Due, (now, rang): (Instant, &Rang)) -> Option<Following> {
    let reminder = set.schedule.reminder(due.reminder)?;
    let rang = |at| rang.0.contains(&(due.reminder, at));
    (due.snooze == 0 && !set.rings_apart(due.nominal)).then(|| following(set, reminder, due.nominal, (now, rang), due.late))
}

/// Whether what follows an alarm is due as well.
fn is_behind(set: &RecurrenceSet, due: &Due, now: Instant) -> bool {
    let next = set.schedule.reminder(due.reminder).and_then(|reminder| links(set, reminder, due.nominal).next());
    next.is_some_and(|link| link.due_at <= now)
}

/// Which reminders rang, and for when.
struct Rang(BTreeSet<(ReminderId, Instant)>);

impl Rang {
    /// After these alarms of series and up to `now`.
    async fn after(
        tx: &mut Tx<'_>,
        alarms: impl Iterator<Item = (ScheduleId, Instant)>,
        now: Instant,
    ) -> Result<Self, StoreError> {
        let mut after: BTreeMap<ScheduleId, Instant> = BTreeMap::new();
        for (schedule, due_at) in alarms {
            let first = after.entry(schedule).or_insert(due_at);
            *first = due_at.min(*first);
        }
        Ok(Self(store::alarms::past::rang(tx, &after, now).await?.into_iter().collect()))
    }
}

/// The alarm of a link.
fn next(
    set: &RecurrenceSet,
    reminder: ReminderId,
    link: Link,
    armed_at: Instant,
    (now, entropy): (Instant, &dyn Entropy),
) -> Alarm {
    Alarm::pending(AlarmId::mint(now, entropy), &set.schedule, (reminder, link.nominal), link.due_at, armed_at)
}

/// Lets the alarm speak of its occurrence instead of the first one. One that is no more is spoken of as it was.
fn speak_for(set: &RecurrenceSet, due: &mut Due) {
    if let Some(occurrence) = set.occurrence(due.nominal) {
        let schedule = occurrence.schedule;
        due.title = schedule.text.title;
        due.location = schedule.text.location;
        due.all_day = schedule.span.all_day;
        due.zone = schedule.span.zone;
        due.start = schedule.span.start;
        due.start_at = schedule.span.start_at.instant;
        due.end_at = schedule.span.end_at.instant;
    } else {
        let span = set.schedule.span_at(due.nominal);
        (due.start, due.start_at, due.end_at) = (span.start, span.start_at.instant, span.end_at.instant);
    }
}

/// Arms what follows an alarm that somebody takes care of before it rang, so that its series goes on. One that has rung was
/// followed when it did, and one that waits for the end of quiet hours when it began to.
pub(super) async fn advance(
    tx: &mut Tx<'_>,
    alarm: &Alarm,
    (now, entropy): (Instant, &dyn Entropy),
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let rang = !matches!(alarm.state, AlarmState::Pending | AlarmState::Failed);
    if alarm.snooze > 0 || rang || alarm.deferred_until.is_some() {
        return Ok(());
    }
    let from = BTreeMap::from([(alarm.schedule, shortly_before(alarm.nominal))]);
    let Some(set) = store::calendar::sets_to_advance(tx, &from).await?.pop() else { return Ok(()) };
    // Where the chain has gone on without it, it is not begun a second time.
    let armed = store::alarms::armed(tx, alarm.schedule).await?;
    let other = |nominal: WallTime| nominal != alarm.nominal && !set.rings_apart(nominal);
    let goes_on = armed.iter().any(|(reminder, nominal)| *reminder == alarm.reminder && other(*nominal));
    let reminder = set.schedule.reminder(alarm.reminder).filter(|_| !goes_on && !set.rings_apart(alarm.nominal));
    let Some(reminder) = reminder else { return Ok(()) };
    let rang = Rang::after(tx, std::iter::once((alarm.schedule, alarm.due_at)), now).await?;
    let mut ahead = links(&set, reminder, alarm.nominal);
    let Some(link) = ahead.find(|link| !rang.0.contains(&(alarm.reminder, link.due_at))) else { return Ok(()) };
    let armed = next(&set, alarm.reminder, link, now, (now, entropy));
    effects.armed(armed.due_at);
    store::alarms::insert(tx, std::slice::from_ref(&armed)).await
}
