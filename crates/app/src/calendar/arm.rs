//! Planning the alarms of a schedule inside the transaction that changes it.

use std::{
    cell::LazyCell,
    collections::{BTreeMap, BTreeSet},
};

use domain::{
    alarms::{Alarm, AlarmState, Plan, Reason, Reminder, ReminderRule, Told, Verdict, due_for, due_now, keeps_snooze, plan_all},
    calendar::{RecurrenceSet, Schedule},
};
use kernel::{AlarmId, Entropy, Instant, ReminderId, ScheduleId, WallTime};
use store::{StoreError, Tx};

use crate::Effects;

/// Gives each rule an id.
pub(crate) fn reminders(rules: &[ReminderRule], now: Instant, entropy: &dyn Entropy) -> Vec<Reminder> {
    rules.iter().map(|rule| Reminder { id: ReminderId::mint(now, entropy), rule: *rule }).collect()
}

/// What becomes of the reminders of a schedule when their rules change: one for the same time keeps its id and its alarms.
#[derive(Debug)]
pub(crate) struct Renewed {
    /// All of them from now on, in order.
    pub(crate) reminders: Vec<Reminder>,
    added: Vec<Reminder>,
    gone: Vec<ReminderId>,
}

/// Makes the reminders `present` those of `rules`.
pub(crate) fn renew(present: &[Reminder], rules: &[ReminderRule], (now, entropy): (Instant, &dyn Entropy)) -> Renewed {
    let same = |reminder: &Reminder| rules.iter().find(|rule| rule.when == reminder.rule.when);
    let (kept, gone): (Vec<Reminder>, Vec<Reminder>) = present.iter().copied().partition(|r| same(r).is_some());
    let kept: Vec<_> = kept.into_iter().map(|r| Reminder { rule: same(&r).copied().unwrap_or(r.rule), ..r }).collect();
    let new: Vec<_> = rules.iter().copied().filter(|rule| kept.iter().all(|r| r.rule != *rule)).collect();
    let added = reminders(&new, now, entropy);
    let all = || kept.iter().chain(&added);
    let in_order = rules.iter().filter_map(|rule| all().find(|r| r.rule == *rule)).copied().collect();
    Renewed { reminders: in_order, added, gone: gone.iter().map(|r| r.id).collect() }
}

impl Renewed {
    /// Writes them.
    pub(crate) async fn write(self, tx: &mut Tx<'_>, schedule: &mut Schedule, now: Instant) -> Result<(), StoreError> {
        store::calendar::retire_reminders(tx, &self.gone, now).await?;
        store::calendar::insert_reminders(tx, schedule.id, 0, &self.added).await?;
        schedule.reminders = self.reminders;
        store::calendar::order_reminders(tx, &schedule.reminders).await
    }
}

/// Of what a schedule's alarms have told.
#[derive(Debug, Default)]
pub(crate) struct Rung(Vec<store::alarms::Rung>);

impl Rung {
    /// Reads it.
    pub(crate) async fn of(tx: &mut Tx<'_>, schedule: ScheduleId) -> Result<Self, StoreError> {
        Ok(Self(store::alarms::rung(tx, schedule).await?))
    }

    /// As if everything had been told already of an occurrence: what is past stays silent.
    pub(crate) fn all_of(set: &RecurrenceSet, nominal: WallTime) -> Self {
        let told = |reminder: &Reminder| store::alarms::Rung {
            reminder: reminder.id,
            nominal,
            generation: 0,
            due_at: Instant::EPOCH,
            fired: true,
            passed_over: false,
        };
        Self(set.reminders_of(nominal).iter().map(told).collect())
    }

    /// As if everything had been told already of a schedule that comes from elsewhere, and of the occurrences that ring apart.
    pub(crate) fn elsewhere(set: &RecurrenceSet) -> Self {
        let apart = set.overrides.values().filter(|own| own.rings_apart()).map(|own| own.recurrence_id);
        Self(std::iter::once(set.schedule.span.start).chain(apart).flat_map(|nominal| Self::all_of(set, nominal).0).collect())
    }

    /// Whether a reminder told of an occurrence.
    fn told(&self, set: &RecurrenceSet, reminder: ReminderId, nominal: WallTime) -> Told {
        // Asked for each occurrence that is looked at, and most of them have no history.
        let due = LazyCell::new(|| due_for(set, reminder, nominal));
        let is_same_time = |rung: &store::alarms::Rung| *due == Some(rung.due_at);
        // Another reminder for the same instant is the same to whoever was told, or did not want to be: an occurrence that gets
        // reminders of its own has those of its series under new ids. One that was taken off has told nobody anything.
        let speaks_for =
            |rung: &store::alarms::Rung| (rung.fired || rung.passed_over) && rung.nominal == nominal && is_same_time(rung);
        let of_reminder = || self.0.iter().filter(|rung| rung.reminder == reminder || speaks_for(rung));
        let once = set.schedule.series.is_none();
        let rang_now = |rung: &store::alarms::Rung| rung.fired && Some(rung.due_at) == due_now(set, reminder, nominal);
        if of_reminder().any(|rung| (once || rung.nominal == nominal) && rang_now(rung)) {
            Told::Exactly
        } else if of_reminder().any(|rung| is_settled(set, rung, reminder, nominal)) {
            Told::Already
        } else if of_reminder().any(|rung| rung.fired && (once || day(rung.nominal) == day(nominal) || is_same_time(rung))) {
            // What happens once keeps its history wherever it is moved to; an occurrence of a series is known by its day, or rings
            // for a time that was told of another in whose place it is now.
            Told::Earlier
        } else if !once
            && self.0.iter().any(|rung| rung.fired && rung.nominal == nominal && due.is_some_and(|due| due <= rung.due_at))
        {
            // One that is due later spoke for it. Of what happens once it is written down that this one was passed over.
            Told::Earlier
        } else {
            Told::No
        }
    }
}

fn day(wall: WallTime) -> jiff::civil::Date {
    wall.datetime().date()
}

/// Whether `rung` settles what a reminder, its own or one that it speaks for, has to say of an occurrence: it was about it or, in a chain, about a later one; or
/// it was passed over, by its owner or for another, and has not moved since.
fn is_settled(set: &RecurrenceSet, rung: &store::alarms::Rung, reminder: ReminderId, nominal: WallTime) -> bool {
    let chained = set.schedule.series.is_some() && !set.rings_apart(rung.nominal) && !set.rings_apart(nominal);
    let passed = rung.nominal == nominal || (chained && set.follows(rung.nominal, nominal));
    let passed_over = || rung.passed_over && due_now(set, reminder, nominal) == Some(rung.due_at);
    (rung.generation == set.schedule.generation && passed) || (rung.nominal == nominal && passed_over())
}

/// Why alarms are planned anew.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Why {
    /// What is said of those that end.
    reason: Reason,
    moved: Moved,
}

/// What may take place at another time than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moved {
    Nothing,
    One(WallTime),
    All,
}

impl Why {
    /// All of it may be at another time.
    pub(crate) const MOVED: Self = Self { reason: Reason::Rescheduled, moved: Moved::All };

    /// Some occurrence is not to take place.
    pub(crate) const CANCELLED: Self = Self { reason: Reason::OccurrenceCancelled, moved: Moved::Nothing };

    /// Something was done with some occurrence, or what follows it is another series from now on.
    pub(crate) const PASSED: Self = Self { reason: Reason::Rescheduled, moved: Moved::Nothing };

    /// One occurrence may be at another time.
    pub(crate) const fn one_moved(which: WallTime) -> Self {
        Self { reason: Reason::Rescheduled, moved: Moved::One(which) }
    }

    /// Whether what `alarm` is about may be at another time.
    fn moves(self, alarm: &Alarm) -> bool {
        match self.moved {
            Moved::Nothing => false,
            Moved::One(which) => alarm.nominal == which,
            Moved::All => true,
        }
    }
}

/// Writes a schedule that changed, and makes its alarms those that it needs now; see [`arm`].
pub(crate) async fn save(
    tx: &mut Tx<'_>,
    set: &RecurrenceSet,
    earlier: Rung,
    why: Why,
    by: (Instant, &dyn Entropy),
    effects: &mut Effects,
) -> Result<(), StoreError> {
    store::calendar::update(tx, set).await?;
    arm(tx, set, earlier, why, by, effects).await
}

/// Cancels the pending alarms of one occurrence, snoozes too. What rings once for the whole series is not about it.
pub(super) async fn silence(
    tx: &mut Tx<'_>,
    set: &RecurrenceSet,
    nominal: WallTime,
    reason: Reason,
    now: Instant,
) -> Result<(), StoreError> {
    let own = set.overrides.get(&nominal).is_some_and(|own| own.reminders.is_some());
    let concerns = |reminder: &Reminder| own || reminder.rule.is_relative();
    let about_it = |alarm: &Alarm| set.reminder(nominal, alarm.reminder).is_some_and(concerns);
    let pending = store::alarms::pending(tx, set.schedule.id).await?.into_iter();
    let of_it: Vec<_> = pending.filter(|alarm| alarm.nominal == nominal && about_it(alarm)).map(|alarm| alarm.id).collect();
    store::alarms::settle_each(tx, &of_it, AlarmState::Cancelled, reason, now).await
}

/// Gives what waits or was told of occurrences of `from` that `to` has from now on to those, as it stands. `twin` is the reminder that
/// takes the place of another, `name` says what an occurrence is called now; those before `first` are of no interest. [`arm`] decides
/// then about what waits as about any other, and does not tell again what was told.
///
/// In the same schedule another may have been called so before: what goes along gets generations of its own, from that of `to` on.
/// Answers how many.
pub(super) async fn carry(
    tx: &mut Tx<'_>,
    (from, to): (&RecurrenceSet, &RecurrenceSet),
    twin: impl Fn(ReminderId) -> Option<ReminderId>,
    name: impl Fn(WallTime) -> WallTime,
    first: WallTime,
) -> Result<i64, StoreError> {
    let id = from.schedule.id;
    let once = to.schedule.series.is_none();
    let mut rows = store::alarms::pending(tx, id).await?;
    rows.extend(store::alarms::handover::told(tx, id, first).await?);
    let generations: BTreeSet<i64> = rows.iter().map(|alarm| alarm.generation).collect();
    let same = to.schedule.id == id;
    let ranks: BTreeMap<i64, i64> = generations.into_iter().zip(to.schedule.generation..).filter(|_| same).collect();
    let carried = rows.into_iter().filter_map(|alarm| {
        let (nominal, twin) = (name(alarm.nominal), twin(alarm.reminder)?);
        let there = if once { nominal == to.schedule.span.start } else { to.occurrence(nominal).is_some() };
        let generation = ranks.get(&alarm.generation).copied().unwrap_or(alarm.generation);
        let moved = Alarm { schedule: to.schedule.id, reminder: twin, nominal, generation, ..alarm };
        (there && reminder(to, &moved).is_some()).then_some(moved)
    });
    store::alarms::handover::hand_over(tx, &carried.collect::<Vec<_>>()).await?;
    Ok(i64::try_from(ranks.len()).unwrap_or_default())
}

/// Gives what waits of one occurrence to the reminders that take the place of those of before, each to the one for the same time: the
/// reminders of its series and its own have different ids. It goes on waiting as if nothing had changed.
pub(super) async fn adopt(
    tx: &mut Tx<'_>,
    (before, after): (&RecurrenceSet, &RecurrenceSet),
    nominal: WallTime,
) -> Result<(), StoreError> {
    let twin = |old: ReminderId| {
        let old = before.reminder(nominal, old).filter(|old| old.rule.is_relative())?;
        after.reminders_of(nominal).iter().find(|new| new.rule.when == old.rule.when && new.id != old.id).map(|new| new.id)
    };
    let pending = store::alarms::pending(tx, before.schedule.id).await?.into_iter().filter(|alarm| alarm.nominal == nominal);
    let adopted = pending
        .filter_map(|alarm| Some(Alarm { reminder: twin(alarm.reminder)?, generation: after.schedule.generation, ..alarm }));
    store::alarms::handover::hand_over(tx, &adopted.collect::<Vec<_>>()).await
}

/// Makes the pending alarms of a schedule those that it needs now: what is planned already stays, what is no longer needed
/// ends because of `why`, what is missing is armed in the present generation. `earlier` is what was told of it under another name.
pub(crate) async fn arm(
    tx: &mut Tx<'_>,
    set: &RecurrenceSet,
    earlier: Rung,
    why: Why,
    (now, entropy): (Instant, &dyn Entropy),
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let schedule = &set.schedule;
    // First the locks: what fires at this moment has then been told.
    let pending = store::alarms::pending(tx, schedule.id).await?;
    let mut rung = Rung::of(tx, schedule.id).await?;
    rung.0.extend(earlier.0);
    // What waits for the end of quiet hours is as good as told: its series went on when it began to wait.
    let waiting = pending.iter().filter(|alarm| alarm.deferred_until.is_some() && is_overdue(set, alarm, now));
    rung.0.extend(waiting.map(|alarm| store::alarms::Rung {
        reminder: alarm.reminder,
        nominal: alarm.nominal,
        generation: schedule.generation,
        due_at: alarm.due_at,
        fired: false,
        passed_over: false,
    }));
    // What is in progress or done needs none.
    let silent = schedule.progress.state.is_silent();
    let plans = if silent { Vec::new() } else { plan_all(set, now, |reminder, nominal| rung.told(set, reminder, nominal)) };
    // A snooze gives way to what is new, and not to what was there beside it already.
    let fresh: Vec<_> = plans.iter().copied().filter(|plan| !pending.iter().any(|alarm| is(alarm, plan))).collect();
    let goes_on = |alarm: &Alarm| match alarm.snooze {
        0 => stays(set, alarm, &plans, now),
        _ => sleeps_on(set, alarm, if why.moves(alarm) { &fresh } else { &[] }),
    };
    let (stay, end): (Vec<_>, Vec<_>) = pending.into_iter().partition(goes_on);
    let (kept, gone): (Vec<_>, Vec<_>) = end.iter().partition(|alarm| reminder(set, alarm).is_some());
    for (alarms, reason) in [(kept, why.reason), (gone, Reason::RemindersChanged)] {
        let ids: Vec<_> = alarms.iter().map(|alarm| alarm.id).collect();
        store::alarms::settle_each(tx, &ids, AlarmState::Superseded, reason, now).await?;
    }
    release(tx, set, &stay, now, effects).await?;
    let missing = plans.iter().filter(|plan| !stay.iter().any(|alarm| is(alarm, plan)));
    let alarms: Vec<_> = missing.map(|plan| planned(set, plan, now, entropy)).collect();
    for alarm in alarms.iter().filter(|alarm| alarm.state == AlarmState::Pending) {
        effects.armed(alarm.due_at);
    }
    store::alarms::insert(tx, &alarms).await
}

/// Lets what waits for the end of quiet hours ring at once, if its reminder has become critical.
async fn release(
    tx: &mut Tx<'_>,
    set: &RecurrenceSet,
    waiting: &[Alarm],
    now: Instant,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let critical = |alarm: &Alarm| reminder(set, alarm).is_some_and(|reminder| reminder.rule.critical);
    let held = waiting.iter().filter(|alarm| alarm.deferred_until > Some(now) && critical(alarm));
    let free: Vec<_> = held.map(|alarm| (alarm.id, now)).collect();
    if !free.is_empty() {
        effects.armed(now);
    }
    store::alarms::quiet::hold(tx, &free).await
}

/// The reminder of an alarm, if the schedule or the occurrence it is for has it at present.
fn reminder<'a>(set: &'a RecurrenceSet, alarm: &Alarm) -> Option<&'a Reminder> {
    // What happens once is known by another time after it moved.
    if set.schedule.series.is_some() {
        set.reminder(alarm.nominal, alarm.reminder)
    } else {
        set.schedule.reminder(alarm.reminder)
    }
}

/// Whether a pending alarm is what `plan` asks for.
fn is(alarm: &Alarm, plan: &Plan) -> bool {
    alarm.snooze == 0 && (plan.reminder, plan.nominal, plan.due_at) == (alarm.reminder, alarm.nominal, alarm.due_at)
}

/// Whether a pending alarm of a series is due already, and still to ring for its occurrence.
fn is_overdue(set: &RecurrenceSet, alarm: &Alarm, now: Instant) -> bool {
    let due = || due_for(set, alarm.reminder, alarm.nominal) == Some(alarm.due_at);
    alarm.snooze == 0 && alarm.due_at <= now && due() && !set.is_silent(alarm.nominal)
}

/// Whether a pending alarm goes on waiting.
fn stays(set: &RecurrenceSet, alarm: &Alarm, plans: &[Plan], now: Instant) -> bool {
    // One that is due already and about to ring is not passed over for the next.
    plans.iter().any(|plan| is(alarm, plan)) || is_overdue(set, alarm, now)
}

/// Whether a pending snooze goes on waiting: as long as nothing moved, and after that if nothing of what is `fresh` takes its place.
fn sleeps_on(set: &RecurrenceSet, alarm: &Alarm, fresh: &[Plan]) -> bool {
    let once = set.schedule.series.is_none();
    let reminds = reminder(set, alarm).is_some();
    let takes_place = once || due_for(set, alarm.reminder, alarm.nominal).is_some() && !set.is_silent(alarm.nominal);
    let unmoved = alarm.generation == set.schedule.generation;
    let replaced = |plan: &Plan| once || plan.nominal == alarm.nominal;
    let others: Vec<_> = fresh.iter().copied().filter(replaced).collect();
    let nothing = others.iter().all(|plan| plan.reminder != alarm.reminder);
    reminds && takes_place && (unmoved || nothing || keeps_snooze(&others, alarm.reminder))
}

fn planned(set: &RecurrenceSet, plan: &Plan, now: Instant, entropy: &dyn Entropy) -> Alarm {
    let (state, reason) = match plan.verdict {
        Verdict::Ring => (AlarmState::Pending, None),
        Verdict::RingLate => (AlarmState::Pending, Some(Reason::LateCreated)),
        Verdict::Skip => (AlarmState::Skipped, Some(Reason::AlreadyPast)),
    };
    let id = AlarmId::mint(now, entropy);
    Alarm { state, reason, ..Alarm::pending(id, &set.schedule, (plan.reminder, plan.nominal), plan.due_at, now) }
}
