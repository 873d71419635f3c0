//! By which database of time zones instants were derived, and what is looked at when it is another one, on both engines.

use std::time::Duration;

use domain::{
    alarms::{Alarm, AlarmState, ReminderRule},
    calendar::{Armed, Derived, Moment, Override, RecurrenceSet, RepeatDraft, Schedule},
};
use kernel::{AlarmId, Instant, ScheduleId, UserId, Zone};
use store::{
    Store, alarms,
    calendar::{
        self,
        zones::{self, Recorded},
    },
};
use testkit::{START, SeededEntropy, on_both_engines};

use crate::{
    agenda::{alarm, event, span},
    inboxes::{person, run},
};

const DAY: Duration = Duration::from_hours(24);

/// An hour in New York with one reminder.
fn schedule(owner: UserId, number: u64, start: &str, rrule: Option<&str>) -> Schedule {
    let zone: Zone = "America/New_York".parse().expect("a zone");
    let first = span(&zone, Moment::Wall(start.parse().expect("a wall time")), None);
    let repeat = |rrule: &str| RepeatDraft { rrule: rrule.to_owned(), rdates: Vec::new(), exdates: Vec::new() };
    let series = rrule.map(|rrule| repeat(rrule).resolve(&first).expect("a series"));
    Schedule { series, ..event(owner, &SeededEntropy::new(number), first, &[ReminderRule::before_start(600)]) }
}

async fn make(store: &Store, sets: Vec<RecurrenceSet>, alarms: Vec<Alarm>) {
    run(store, move |tx| {
        let (sets, alarms) = (sets.clone(), alarms.clone());
        Box::pin(async move {
            for set in &sets {
                calendar::insert(tx, set).await?;
            }
            alarms::insert(tx, &alarms).await
        })
    })
    .await;
}

#[tokio::test]
async fn what_is_recorded_is_the_last_database_and_what_moved_because_of_it() {
    on_both_engines(async |store| {
        run(&store, move |tx| {
            Box::pin(async move {
                assert_eq!(zones::recorded(tx).await?, None);
                // (version, when, moved) → since when, and how many in all
                let table = [
                    ("2026e", START, 0, START, 0),
                    ("2026f", START + DAY, 3, START + DAY, 3),
                    // Another node that did its part.
                    ("2026f", START + 2 * DAY, 4, START + DAY, 7),
                    ("2027a", START + 3 * DAY, 1, START + 3 * DAY, 1),
                ];
                for (version, at, moved, since, in_all) in table {
                    let version = version.to_owned();
                    zones::record(tx, &Recorded { version: version.clone(), since: at, moved }).await?;
                    assert_eq!(zones::recorded(tx).await?, Some(Recorded { version, since, moved: in_all }));
                }
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn everything_that_is_not_over_is_looked_at_page_by_page_whoever_has_it() {
    on_both_engines(async |store| {
        let (ada, grace) = (person(&store, 1).await, person(&store, 2).await);
        let trashed = Schedule { deleted_at: Some(START), ..schedule(ada, 15, "2026-12-01T09:00:00", None) };
        let coming = [
            schedule(ada, 11, "2026-12-01T09:00:00", None),
            schedule(ada, 12, "2021-01-01T09:00:00", Some("FREQ=DAILY")),
            schedule(ada, 13, "2021-01-01T09:00:00", Some("FREQ=YEARLY;COUNT=7")),
            schedule(grace, 14, "2026-11-20T09:00:00", None),
            trashed,
        ];
        let over = [
            schedule(ada, 21, "2026-11-18T09:00:00", None),
            schedule(grace, 22, "2020-01-01T09:00:00", Some("FREQ=DAILY;COUNT=3")),
        ];
        let mut ids: Vec<ScheduleId> = coming.iter().map(|schedule| schedule.id).collect();
        ids.sort();
        make(&store, coming.into_iter().chain(over).map(|schedule| RecurrenceSet::new(schedule, [])).collect(), Vec::new()).await;
        run(&store, move |tx| {
            let ids = ids.clone();
            Box::pin(async move {
                let mut read: Vec<ScheduleId> = Vec::new();
                while let page = zones::page(tx, read.last().copied(), START, 2).await?
                    && !page.is_empty()
                {
                    read.extend(page);
                }
                assert_eq!(read, ids);
                assert_eq!(zones::page(tx, None, Instant::DISTANT_PAST, 100).await?.len(), 7);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn what_was_derived_is_read_beside_its_wall_times() {
    on_both_engines(async |store| {
        let ada = person(&store, 1).await;
        let (once, repeats) = (
            schedule(ada, 11, "2026-12-01T09:00:00", None),
            schedule(ada, 12, "2026-12-01T09:00:00", Some("FREQ=DAILY;COUNT=5")),
        );
        let entropy = SeededEntropy::new(5);
        let due = START + DAY;
        let first = alarm(&once, &once.reminders[0], due, &entropy);
        let second = alarm(&repeats, &repeats.reminders[0], due + DAY, &entropy);
        // Neither a snooze, which is an instant anyway, nor what has rung.
        let snooze = Alarm { id: AlarmId::mint(START, &entropy), snooze: 1, ..first.clone() };
        let settled = Alarm { id: AlarmId::mint(START, &entropy), generation: 2, state: AlarmState::Superseded, ..first.clone() };
        let recurrence_id = "2026-12-03T09:00:00".parse().expect("a wall time");
        let to = span(&repeats.span.zone, Moment::Wall("2026-12-24T09:00:00".parse().expect("a wall time")), None);
        let own = Override::between(recurrence_id, (&repeats.text, &repeats.span), (repeats.text.clone(), to.clone()));
        let set = RecurrenceSet::new(repeats.clone(), [own]);
        let sets = vec![RecurrenceSet::new(once.clone(), []), set.clone()];
        make(&store, sets, vec![first.clone(), second.clone(), snooze, settled]).await;
        run(&store, move |tx| {
            let (once, set, first, second, to) = (once.clone(), set.clone(), first.clone(), second.clone(), to.clone());
            Box::pin(async move {
                let ids = [once.id, set.schedule.id];
                let mut derived = zones::derived(tx, &ids).await?;
                let armed =
                    |alarm: &Alarm| vec![Armed { reminder: alarm.reminder, nominal: alarm.nominal, due_at: alarm.due_at }];
                assert_eq!(derived.remove(&once.id), Some(Derived { reach: None, armed: armed(&first) }));
                let reach = Some(set.reach());
                assert_eq!(reach.and_then(|reach| reach.to), Some(to.end_at.instant), "the last one was put off");
                assert_eq!(derived.remove(&set.schedule.id), Some(Derived { reach, armed: armed(&second) }));
                assert!(derived.is_empty());

                let read = zones::sets(tx, &ids).await?;
                assert_eq!(read.len(), 2);
                let found = |id| read.iter().find(|set| set.schedule.id == id).expect("it is read");
                assert_eq!(found(once.id).schedule.span, once.span);
                assert_eq!(found(once.id).schedule.reminders, once.reminders);
                assert_eq!(found(set.schedule.id).overrides, set.overrides);
                Ok(())
            })
        })
        .await;
    })
    .await;
}
