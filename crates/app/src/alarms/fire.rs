//! Firing: what the clockwork does when alarms are due.
//!
//! One transaction for the whole batch: claim, write the notifications and their events, mark as fired. There is no lease and
//! nothing to rescue: a crash at any instruction leaves the alarms due, or everything done. An alarm that cannot be rung is set
//! aside, so that it holds no other.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use clockwork::{Batch, Fired};
use domain::{
    alarms::{AlarmState, Reason},
    notify::{Notification, deadline_words, reminder_body, with_missed},
    tasks::Deadline,
};
use futures_util::future::join;
use kernel::{AlarmId, Category, Clock, Entropy, Instant, NotificationId, ScheduleId, TaskId, WallTime};
use serde::Serialize;
use store::{Tx, UseCase, alarms::Due, notify::deliver::Draft, streams};

use super::{
    chain::{advance, turn},
    changed_event,
};
use crate::{App, Effects, Error, notify};

/// On a shared database the oldest due alarms may be held by another node at this moment; it is looked at again after this.
const HELD_ELSEWHERE: Duration = Duration::from_millis(20);

/// The lane of alarms, driven by [`clockwork::run_batch`].
pub struct AlarmLane {
    app: App,
    /// The last batch was full, so that more are probably due.
    behind: AtomicBool,
}

impl AlarmLane {
    /// The lane of `app`.
    pub fn new(app: App) -> Self {
        Self { app, behind: AtomicBool::new(false) }
    }

    /// One transaction.
    async fn batch(&self, now: Instant, which: Which) -> Result<Fired, Error> {
        let case = FireDue { due_by: now, which, clock: self.app.shared_clock(), entropy: self.app.entropy() };
        let (fired, effects) = self.app.store().write(case).await?;
        let done = self.app.now();
        for due in &fired.due {
            self.app.meters().alarm_fired(done.since(due.late_after()));
        }
        self.app.announce(effects);
        let held = fired.rows == 0 && fired.next_due.is_some_and(|due| due <= now);
        let next_due = if held { Some(now + HELD_ELSEWHERE) } else { fired.next_due };
        Ok(Fired { rows: fired.rows, next_due, late: fired.late })
    }
}

impl Batch for AlarmLane {
    type Error = Error;

    fn name(&self) -> &'static str {
        "alarms"
    }

    /// Two transactions abreast when many are due and the database can run them side by side: one waits for its answers while
    /// the other works. SQLite has one writer, which is never idle while something waits.
    async fn fire(&self, now: Instant, limit: usize) -> Result<Fired, Error> {
        let which = Which::Oldest(u32::try_from(limit).unwrap_or(u32::MAX));
        let abreast = self.app.store().is_shared() && self.behind.load(Ordering::Relaxed);
        let fired = if abreast {
            // Both to their end, also when one fails: what the other committed is still to be announced.
            let (one, other) = join(self.batch(now, which), self.batch(now, which)).await;
            let (one, other) = (one?, other?);
            let next_due = one.next_due.into_iter().chain(other.next_due).min();
            Fired { rows: one.rows + other.rows, next_due, late: one.late.max(other.late) }
        } else {
            self.batch(now, which).await?
        };
        self.behind.store(fired.rows >= limit, Ordering::Relaxed);
        Ok(fired)
    }

    /// A database that is away, busy or full answers for all rows; what is wrong with a single one is a bug somewhere.
    fn blames_rows(&self, error: &Error) -> bool {
        error.category() == Category::Internal
    }

    /// The id is read first and the alarm fired by it, because on a shared database the next batch of one may be another alarm.
    async fn set_aside(&self, now: Instant) -> Result<(), Error> {
        let Some(id) = self.app.store().read(OldestDue(now)).await? else { return Ok(()) };
        match self.batch(now, Which::This(id)).await {
            Err(error) if self.blames_rows(&error) => {
                if self.app.store().write(SetAside { id, now }).await? {
                    tracing::error!(alarm_id = %id, %error, "an alarm cannot be rung and is set aside; the others go on");
                    let case = GoOn { id, now, entropy: self.app.entropy() };
                    if let Err(error) = self.app.commit(case).await {
                        tracing::error!(alarm_id = %id, %error, "what follows the alarm in its series cannot be armed either");
                    }
                }
                Ok(())
            }
            rang => rang.map(|_| ()),
        }
    }
}

struct OldestDue(Instant);

impl UseCase for OldestDue {
    type Out = Option<AlarmId>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(store::alarms::oldest_due(tx, self.0).await?)
    }
}

struct SetAside {
    id: AlarmId,
    now: Instant,
}

impl UseCase for SetAside {
    type Out = bool;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Error> {
        Ok(store::alarms::set_aside(tx, self.id, Reason::RingingFailed, self.now).await?)
    }
}

/// Arms what follows an alarm that was set aside, so that its series goes on without it.
struct GoOn {
    id: AlarmId,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for GoOn {
    type Out = ((), Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let mut effects = Effects::default();
        if let Some(alarm) = store::alarms::by_id(tx, self.id).await? {
            advance(tx, &alarm, (self.now, &*self.entropy), &mut effects).await?;
        }
        Ok(((), effects))
    }
}

/// Which of the alarms that are due.
#[derive(Clone, Copy, Debug)]
enum Which {
    /// At most so many, oldest first.
    Oldest(u32),
    /// This one.
    This(AlarmId),
}

/// What a batch did.
struct FiredDue {
    /// How many were settled, silently or not.
    rows: usize,
    /// Those that rang.
    due: Vec<Due>,
    next_due: Option<Instant>,
    /// How late the latest of those that were claimed was.
    late: Duration,
}

struct FireDue {
    due_by: Instant,
    which: Which,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for FireDue {
    type Out = (FiredDue, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        // What is claimed was due when the lane looked; when it rings is when its turn with the database has come.
        let now = self.clock.now().max(self.due_by);
        let due = match self.which {
            Which::Oldest(limit) => store::alarms::claim_due(tx, self.due_by, limit).await?,
            Which::This(id) => store::alarms::claim_one(tx, self.due_by, id).await?.into_iter().collect(),
        };
        let mut effects = Effects::default();
        let late = due.iter().map(|due| now.since(due.late_after())).max().unwrap_or_default();
        let turn = turn(tx, due, now, &*self.entropy).await?;
        let mut told = Vec::new();
        if !turn.ring.is_empty() {
            let ids: Vec<_> = turn.ring.iter().map(|(alarm, _)| alarm.id).collect();
            store::alarms::mark_fired(tx, &ids, now).await?;
            told = self.notify(tx, &turn.ring, now).await?;
        }
        let silent: Vec<_> = turn.silent.iter().map(|(id, _)| *id).collect();
        store::alarms::settle_each(tx, &silent, AlarmState::Skipped, Reason::TooLate, now).await?;
        store::alarms::settle_each(tx, &turn.over, AlarmState::Skipped, Reason::OverDuringQuietHours, now).await?;
        told.extend(self.hold(tx, &turn.held, now).await?);
        store::alarms::note_left_out(tx, &turn.left_out()).await?;
        store::alarms::insert(tx, &turn.next).await?;
        // At once and last: the streams of all concerned are locked in one order.
        effects.append(tx, told, now).await?;
        let next_due = store::alarms::next_due(tx).await?;
        let rows = turn.ring.len() + turn.silent.len() + turn.over.len() + turn.held.len();
        Ok((FiredDue { rows, due: turn.ring.into_iter().map(|(due, _)| due).collect(), next_due, late }, effects))
    }
}

/// What a client is told beside the text.
#[derive(Serialize)]
struct Data {
    reminder_id: AlarmId,
    schedule_id: ScheduleId,
    /// The task the schedule was planned for.
    #[serde(skip_serializing_if = "Option::is_none")]
    task_id: Option<TaskId>,
    occurrence: WallTime,
    start_at: Instant,
    due_at: Instant,
    late_by_ms: u64,
    snooze: i64,
    missed: usize,
}

/// As [`Data`], of a deadline.
#[derive(Serialize)]
struct DeadlineData {
    reminder_id: AlarmId,
    task_id: TaskId,
    deadline: String,
    deadline_at: Instant,
    due_at: Instant,
    late_by_ms: u64,
    snooze: i64,
}

/// Kind, title, body and data of a notification.
type Words = (&'static str, String, String, String);

/// What the reminder of a schedule says.
fn of_schedule(alarm: &Due, missed: usize, late_by_ms: u64) -> Words {
    let body = reminder_body(&alarm.locale, alarm.start, alarm.all_day, &alarm.zone, &alarm.location);
    let data = Data {
        reminder_id: alarm.id,
        schedule_id: alarm.schedule,
        task_id: alarm.task,
        // Of what happens once, a snooze that outlived a move tells of the time it has now.
        occurrence: if alarm.repeats { alarm.nominal } else { alarm.start },
        start_at: alarm.start_at,
        due_at: alarm.due_at,
        late_by_ms,
        snooze: alarm.snooze,
        missed,
    };
    ("reminder", alarm.title.clone(), with_missed(&alarm.locale, body, missed), notify::json(&data))
}

/// What the reminder of a deadline says. One that was due by then speaks of a task that is overdue, also if it was snoozed to there.
fn of_deadline(alarm: &Due, task_id: TaskId, late_by_ms: u64) -> Words {
    let overdue = alarm.due_at >= alarm.start_at;
    let by = Deadline::by_of_span(alarm.start, alarm.all_day);
    let (title, body) = deadline_words(&alarm.locale, &alarm.title, by, &alarm.zone, overdue);
    let data = DeadlineData {
        reminder_id: alarm.id,
        task_id,
        deadline: by.to_string(),
        deadline_at: alarm.start_at,
        due_at: alarm.due_at,
        late_by_ms,
        snooze: alarm.snooze,
    };
    (if overdue { "task.overdue" } else { "task.deadline" }, title, body, notify::json(&data))
}

impl FireDue {
    /// Writes to the inboxes of whom alarms concern; answers what there is to tell the streams.
    async fn notify(&self, tx: &mut Tx<'_>, due: &[(Due, usize)], now: Instant) -> Result<Vec<streams::Draft>, Error> {
        let drafts: Vec<Draft> = due.iter().map(|(alarm, missed)| self.draft(alarm, *missed, now)).collect();
        notify::deliver(tx, &drafts, now, &*self.entropy).await
    }

    /// Lets alarms wait for the end of quiet hours; answers what there is to tell the streams.
    async fn hold(&self, tx: &mut Tx<'_>, held: &[(Due, usize, Instant)], now: Instant) -> Result<Vec<streams::Draft>, Error> {
        let until: Vec<_> = held.iter().map(|(due, _, until)| (due.id, *until)).collect();
        store::alarms::quiet::hold(tx, &until).await?;
        let told = held.iter().map(|(due, ..)| {
            changed_event(
                (due.owner, due.id),
                (due.schedule, due.task.filter(|_| due.is_deadline)),
                "deferred",
                now,
                &*self.entropy,
            )
        });
        Ok(told.collect())
    }

    fn draft(&self, alarm: &Due, missed: usize, now: Instant) -> Draft {
        let late_by_ms = u64::try_from(now.since(alarm.due_at).as_millis()).unwrap_or(u64::MAX);
        let (kind, title, body, data) = match alarm.task.filter(|_| alarm.is_deadline) {
            Some(task) => of_deadline(alarm, task, late_by_ms),
            None => of_schedule(alarm, missed, late_by_ms),
        };
        Draft {
            // The alarm is unique by its fact (reminder, generation, occurrence, snooze), and tells one person once.
            key: alarm.id.uuid(),
            notification: Notification {
                id: NotificationId::mint(now, &*self.entropy),
                user: alarm.owner,
                kind: kind.to_owned(),
                title,
                body,
                data,
                created_at: now,
                read_at: None,
            },
        }
    }
}
