//! Known-bad variants of the engine. A judge that lets one of them pass is asleep.
//!
//! Each is a mistake that was made in a real system (reliability.md 4.5 names them), built by driving the functions of `store`
//! in the wrong order: no switch exists in the product itself.

use std::{
    collections::BTreeMap,
    fmt,
    str::FromStr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use app::{App, alarms::AlarmLane, notify};
use clockwork::{Batch, Fired};
use domain::{
    alarms::{Alarm, Link, following},
    calendar::RecurrenceSet,
    notify::Notification,
};
use kernel::{AlarmId, EventId, Instant, NotificationId, StreamId, UserId, WallTime};
use store::{
    StoreError, Tx, UseCase,
    alarms::{self, Due},
    notify::deliver,
    streams,
};

use super::turns;

/// A mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sabotage {
    /// The alarm is deleted when it is claimed, and the inbox row is written by the next transaction.
    PopAndDelete,
    /// The alarm is marked as fired first, the inbox row follows in a second transaction.
    InboxInSecondTransaction,
    /// The inbox row comes first, under a key that changes with every attempt, and the mark follows.
    KeyOfAttempt,
    /// Alarms are fired some seconds before they are due.
    Early,
    /// Alarms are read ahead into memory and fired from there, whatever became of them.
    FiredFromMemory,
    /// Hints are lost, and there is no sweep that makes up for it.
    NoSweep,
    /// What claims a job settles it, whoever holds it by then.
    SettleWithoutToken,
    /// Idempotency keys are ignored.
    KeysNotStored,
    /// The machine's clock is believed at once.
    NoClockGuard,
    /// An alarm that cannot be rung is tried again and again.
    NothingSetAside,
    /// Quiet hours are ignored.
    DeafToQuietHours,
    /// Whoever has quiet hours waits for two minutes, whatever the hour.
    HeldForNothing,
    /// The alarm that follows in a series is armed in a second transaction, after the one before it was fired.
    NextInSecondTransaction,
    /// The alarms of a series ring as if its clock had shown the offset of the first occurrence for ever.
    OffsetOfTheFirst,
    /// Every node takes itself for the only one, and tells people of rounds beside the others.
    EveryNodeSends,
    /// Whoever is handed over counts as told when the message is written, and it leaves a moment later.
    SaidBeforeTheCall,
    /// The key of a message changes with every attempt.
    KeyOfCall,
    /// People are told as fast as it goes.
    NoRate,
    /// That a round stops is answered before it is written.
    StopAnsweredEarly,
    /// That somebody leaves the line is answered before it is written.
    LeavingAnsweredEarly,
    /// Who is in a round is written in one transaction, and how far that went in a second one.
    FrozenInTwoSteps,
    /// In a round is who waits when that is written down, and not who waited when it was raised.
    FrozenLate,
}

impl Sabotage {
    /// Every one.
    pub const ALL: [Self; 22] = [
        Self::PopAndDelete,
        Self::InboxInSecondTransaction,
        Self::KeyOfAttempt,
        Self::Early,
        Self::FiredFromMemory,
        Self::NoSweep,
        Self::SettleWithoutToken,
        Self::KeysNotStored,
        Self::NoClockGuard,
        Self::NothingSetAside,
        Self::DeafToQuietHours,
        Self::HeldForNothing,
        Self::NextInSecondTransaction,
        Self::OffsetOfTheFirst,
        Self::EveryNodeSends,
        Self::SaidBeforeTheCall,
        Self::KeyOfCall,
        Self::NoRate,
        Self::StopAnsweredEarly,
        Self::LeavingAnsweredEarly,
        Self::FrozenInTwoSteps,
        Self::FrozenLate,
    ];

    /// Whether it can only be seen in a world with a shop.
    pub fn needs_a_shop(self) -> bool {
        Self::ALL.iter().position(|other| *other == self) > Self::ALL.iter().position(|other| *other == Self::OffsetOfTheFirst)
    }
}

impl fmt::Display for Sabotage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PopAndDelete => "pop-and-delete",
            Self::InboxInSecondTransaction => "inbox-in-second-transaction",
            Self::KeyOfAttempt => "key-of-attempt",
            Self::Early => "early",
            Self::FiredFromMemory => "fired-from-memory",
            Self::NoSweep => "no-sweep",
            Self::SettleWithoutToken => "settle-without-token",
            Self::KeysNotStored => "keys-not-stored",
            Self::NoClockGuard => "no-clock-guard",
            Self::NothingSetAside => "nothing-set-aside",
            Self::DeafToQuietHours => "deaf-to-quiet-hours",
            Self::HeldForNothing => "held-for-nothing",
            Self::NextInSecondTransaction => "next-in-second-transaction",
            Self::OffsetOfTheFirst => "offset-of-the-first",
            Self::EveryNodeSends => "every-node-sends",
            Self::SaidBeforeTheCall => "said-before-the-call",
            Self::KeyOfCall => "key-of-call",
            Self::NoRate => "no-rate",
            Self::StopAnsweredEarly => "stop-answered-early",
            Self::LeavingAnsweredEarly => "leaving-answered-early",
            Self::FrozenInTwoSteps => "frozen-in-two-steps",
            Self::FrozenLate => "frozen-late",
        })
    }
}

impl FromStr for Sabotage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.map(|sabotage| sabotage.to_string());
        let unknown = || format!("no sabotage is called {text}; there are {}", known.join(", "));
        Self::ALL.into_iter().find(|sabotage| sabotage.to_string() == text).ok_or_else(unknown)
    }
}

/// How far ahead [`Sabotage::FiredFromMemory`] reads, and how often.
const READ_AHEAD: Duration = Duration::from_secs(40);
const READ_AGAIN: Duration = Duration::from_secs(20);

/// How much too early [`Sabotage::Early`] fires.
const TOO_EARLY: Duration = Duration::from_secs(8);

/// The lane of alarms, done wrong.
pub(super) struct SabotagedLane {
    app: App,
    honest: AlarmLane,
    sabotage: Sabotage,
    /// What was read ahead, and until when that will do.
    memory: Mutex<(Vec<Due>, Instant)>,
}

impl SabotagedLane {
    pub(super) fn new(app: App, sabotage: Sabotage) -> Self {
        let honest = AlarmLane::new(app.clone());
        Self { app, honest, sabotage, memory: Mutex::new((Vec::new(), Instant::EPOCH)) }
    }

    async fn step(&self, step: Step, now: Instant, due: Vec<Due>) -> Result<Vec<Due>, StoreError> {
        self.app.store().write(Wrong { step, now, due, entropy: self.app.entropy() }).await
    }

    async fn remembered(&self, now: Instant) -> Result<Vec<Due>, StoreError> {
        let stale = self.memory.lock().unwrap_or_else(PoisonError::into_inner).1 <= now;
        if stale {
            let ahead = self.step(Step::Look, now + READ_AHEAD, Vec::new()).await?;
            *self.memory.lock().unwrap_or_else(PoisonError::into_inner) = (ahead, now + READ_AGAIN);
        }
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let (due, later) = std::mem::take(&mut memory.0).into_iter().partition(|alarm| alarm.due_at <= now);
        memory.0 = later;
        Ok(due)
    }
}

impl Batch for SabotagedLane {
    type Error = app::Error;

    fn name(&self) -> &'static str {
        "sabotaged alarms"
    }

    async fn fire(&self, now: Instant, limit: usize) -> Result<Fired, app::Error> {
        let due = match self.sabotage {
            Sabotage::PopAndDelete => {
                let due = self.step(Step::Delete, now, Vec::new()).await?;
                self.step(Step::Notify, now, due).await?
            }
            Sabotage::InboxInSecondTransaction => {
                let due = self.step(Step::Mark, now, Vec::new()).await?;
                self.step(Step::Notify, now, due).await?
            }
            Sabotage::KeyOfAttempt => {
                let due = self.step(Step::Look, now, Vec::new()).await?;
                let due = self.step(Step::NotifyByAttempt, now, due).await?;
                self.step(Step::Mark, now, due).await?
            }
            Sabotage::FiredFromMemory => {
                let due = self.remembered(now).await?;
                let due = self.step(Step::Notify, now, due).await?;
                self.step(Step::MarkIfPending, now, due).await?
            }
            Sabotage::DeafToQuietHours => self.step(Step::Ring, now, Vec::new()).await?,
            Sabotage::NextInSecondTransaction => {
                let due = self.step(Step::RingAlone, now, Vec::new()).await?;
                self.step(Step::GoOn, now, due).await?
            }
            Sabotage::OffsetOfTheFirst => self.step(Step::RingAskew, now, Vec::new()).await?,
            Sabotage::HeldForNothing => {
                self.step(Step::Hold, now, Vec::new()).await?;
                return self.honest.fire(now, limit).await;
            }
            Sabotage::Early => return self.honest.fire(now + TOO_EARLY, limit).await,
            _ => return self.honest.fire(now, limit).await,
        };
        Ok(Fired { rows: due.len(), next_due: Some(now + Duration::from_millis(200)), late: Duration::ZERO })
    }

    fn blames_rows(&self, error: &app::Error) -> bool {
        self.honest.blames_rows(error)
    }

    async fn set_aside(&self, now: Instant) -> Result<(), app::Error> {
        if self.sabotage == Sabotage::NothingSetAside { Ok(()) } else { self.honest.set_aside(now).await }
    }
}

/// One transaction too few or too many.
struct Wrong {
    step: Step,
    now: Instant,
    due: Vec<Due>,
    entropy: std::sync::Arc<dyn kernel::Entropy>,
}

#[derive(Clone, Copy, PartialEq)]
enum Step {
    Look,
    Ring,
    RingAlone,
    RingAskew,
    GoOn,
    Hold,
    Mark,
    MarkIfPending,
    Delete,
    Notify,
    NotifyByAttempt,
}

impl UseCase for Wrong {
    type Out = Vec<Due>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<Due>, StoreError> {
        if matches!(self.step, Step::Notify | Step::NotifyByAttempt) {
            self.notify(tx, &self.due).await?;
            return Ok(self.due.clone());
        }
        if self.step == Step::GoOn {
            self.go_on(tx, &self.due).await?;
            return Ok(self.due.clone());
        }
        if self.step == Step::MarkIfPending {
            for alarm in &self.due {
                // A claimed alarm that is no longer pending is none of its business.
                if alarms::mark_fired(tx, &[alarm.id], self.now).await.is_ok() {
                    self.go_on(tx, std::slice::from_ref(alarm)).await?;
                }
            }
            return Ok(self.due.clone());
        }
        let due = alarms::claim_due(tx, self.now, 500).await?;
        let ids: Vec<_> = due.iter().map(|alarm| alarm.id).collect();
        if self.step == Step::Hold {
            let fresh = due.iter().filter(|alarm| alarm.quiet.is_some() && alarm.deferred_until.is_none());
            let held: Vec<_> = fresh.map(|alarm| (alarm.id, self.now + Duration::from_mins(2))).collect();
            alarms::quiet::hold(tx, &held).await?;
        }
        if matches!(self.step, Step::Ring | Step::RingAlone | Step::RingAskew) {
            self.notify(tx, &due).await?;
        }
        if !matches!(self.step, Step::Look | Step::Hold) {
            alarms::mark_fired(tx, &ids, self.now).await?;
        }
        if matches!(self.step, Step::Ring | Step::RingAskew | Step::Mark | Step::Delete) {
            self.go_on(tx, &due).await?;
        }
        if self.step == Step::Delete {
            alarms::past::forget(tx, &ids).await?;
        }
        Ok(due)
    }
}

impl Wrong {
    async fn notify(&self, tx: &mut Tx<'_>, due: &[Due]) -> Result<(), StoreError> {
        let drafts: Vec<_> = due.iter().map(|alarm| self.draft(alarm)).collect();
        let new = deliver::insert(tx, &drafts).await?;
        let new: Vec<&Notification> = drafts.iter().map(|d| &d.notification).filter(|n| new.contains(&n.id)).collect();
        let mut counts: BTreeMap<UserId, i64> = BTreeMap::new();
        for notification in &new {
            *counts.entry(notification.user).or_default() += 1;
        }
        deliver::add_unread(tx, &counts).await?;
        let events = new.iter().map(|notification| streams::Draft {
            stream: StreamId::from(notification.user),
            id: EventId::mint(self.now, &*self.entropy),
            kind: notify::CREATED.into(),
            data: notify::created_event_data(notification),
        });
        streams::append(tx, events.collect(), self.now).await?;
        Ok(())
    }

    /// Arms what follows in series.
    async fn go_on(&self, tx: &mut Tx<'_>, due: &[Due]) -> Result<(), StoreError> {
        let from = due.iter().filter(|due| due.repeats).map(|due| (due.schedule, shortly_before(due.nominal))).collect();
        let sets = store::calendar::sets_to_advance(tx, &from).await?;
        let mut next = Vec::new();
        for due in due.iter().filter(|due| due.repeats && due.snooze == 0) {
            let set = sets.iter().find(|set| set.schedule.id == due.schedule && !set.rings_apart(due.nominal));
            let Some((set, reminder)) = set.and_then(|set| Some((set, set.schedule.reminder(due.reminder)?))) else { continue };
            let Some(link) = following(set, reminder, due.nominal, (self.now, |_| false), due.late).next else { continue };
            let due_at = if self.step == Step::RingAskew { askew(set, link) } else { link.due_at };
            let id = AlarmId::mint(self.now, &*self.entropy);
            next.push(Alarm::pending(id, &set.schedule, (due.reminder, link.nominal), due_at, self.now));
        }
        alarms::insert(tx, &next).await
    }

    fn draft(&self, alarm: &Due) -> deliver::Draft {
        let id = NotificationId::mint(self.now, &*self.entropy);
        deliver::Draft {
            key: if self.step == Step::NotifyByAttempt { id.uuid() } else { alarm.id.uuid() },
            notification: Notification {
                id,
                user: alarm.owner,
                kind: "reminder".to_owned(),
                title: alarm.title.clone(),
                body: String::new(),
                data: serde_json::json!({ "reminder_id": alarm.id, "occurrence": alarm.nominal, "due_at": alarm.due_at })
                    .to_string(),
                created_at: self.now,
                read_at: None,
            },
        }
    }
}

/// In the night the clocks go forward an occurrence may come after one that the wall shows later.
fn shortly_before(nominal: WallTime) -> WallTime {
    turns::name(turns::named(nominal) - 86_400)
}

/// When a link would ring if the clocks had not changed since the first occurrence.
fn askew(set: &RecurrenceSet, link: Link) -> Instant {
    let offset = |wall: WallTime, at: Instant| turns::named(wall) - at.as_seconds();
    let change = offset(link.nominal, link.start_at) - offset(set.schedule.span.start, set.schedule.span.start_at.instant);
    Instant::from_micros(link.due_at.as_micros() + change * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sabotage_is_known_by_its_name() {
        for sabotage in Sabotage::ALL {
            assert_eq!(sabotage.to_string().parse(), Ok(sabotage));
        }
        assert!("none".parse::<Sabotage>().is_err());
    }
}
