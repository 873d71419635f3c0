//! Progress, its ledger and its sessions, on both engines.

use std::time::Duration;

use domain::{
    alarms::ReminderRule,
    calendar::{
        Moment, RecurrenceSet, Schedule,
        progress::{
            self as rules,
            Action::{self, Cancel, Complete, Start, Suspend},
            Entry, Item, Progress, State, Step,
        },
    },
};
use kernel::{Instant, UserId, WallTime, Zone};
use store::{
    Store, StoreError, Tx, UseCase,
    calendar::{self, filtered},
    progress::{self, Completed, Worked},
};
use testkit::{START, SeededEntropy, on_both_engines};

use crate::{
    agenda::{event, span},
    inboxes::{person, run},
};

const MINUTE: Duration = Duration::from_mins(1);

/// A schedule of `owner` with a reminder.
fn schedule(owner: UserId, number: u64, kind: &str) -> Schedule {
    let span = span(&Zone::utc(), Moment::Instant(START + 60 * MINUTE), None);
    let mut schedule = event(owner, &SeededEntropy::new(number), span, &[ReminderRule::before_start(600)]);
    kind.clone_into(&mut schedule.text.kind);
    schedule
}

async fn make(store: &Store, schedule: &Schedule) {
    let schedule = schedule.clone();
    run(store, move |tx| {
        let schedule = schedule.clone();
        Box::pin(async move { calendar::insert(tx, &RecurrenceSet::new(schedule, [])).await })
    })
    .await;
}

/// Takes steps with an item that was never touched, and writes them; answers how far it is then.
async fn take(store: &Store, owner: UserId, item: &Item, actions: &[(Action, u32)]) -> Progress {
    let mut far = Progress::default();
    for (action, minutes) in actions {
        let step = far.step(*action, START + *minutes * MINUTE).expect("a step");
        far = step.after;
        record(store, owner, item, step).await.expect("recorded");
    }
    far
}

struct Record(UserId, Item, Step);

impl UseCase for Record {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        progress::record(tx, self.0, &self.1, &self.2, START).await
    }
}

async fn record(store: &Store, owner: UserId, item: &Item, step: Step) -> Result<(), StoreError> {
    store.write(Record(owner, item.clone(), step)).await
}

async fn entries(store: &Store, owner: UserId) -> Vec<(Item, Entry)> {
    run(store, move |tx| Box::pin(progress::ledger(tx, owner))).await
}

#[tokio::test]
async fn the_tables_keep_what_every_step_says_and_the_ledger_tells_the_same() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let (one, two) = (schedule(ann, 11, "deep-work"), schedule(ann, 12, "event"));
        make(&store, &one).await;
        make(&store, &two).await;
        let (first, second) = (Item::once(one.id), Item::once(two.id));
        let far = take(&store, ann, &first, &[(Start, 0), (Suspend, 10), (Start, 20), (Cancel, 25), (Start, 30)]).await;
        let other = take(&store, ann, &second, &[(Complete, 5)]).await;
        assert_eq!(run(&store, move |tx| Box::pin(progress::running(tx, ann))).await, Some((first.clone(), far)));
        assert_eq!(run(&store, move |tx| Box::pin(progress::running(tx, bob))).await, None);
        let id = one.id;
        let found = run(&store, move |tx| Box::pin(calendar::find(tx, ann, id))).await.expect("it is there");
        assert_eq!(found.progress, far, "a schedule comes with its progress");

        let ledger = entries(&store, ann).await;
        let sessions = run(&store, move |tx| Box::pin(progress::sessions(tx, ann))).await;
        let all = run(&store, move |tx| Box::pin(progress::all(tx, ann))).await;
        for (item, progress) in [(&first, far), (&second, other)] {
            let own: Vec<Entry> = ledger.iter().filter(|(of, _)| of == item).map(|(_, entry)| *entry).collect();
            let kept: Vec<_> = sessions.iter().filter(|(of, _)| of == item).map(|(_, session)| *session).collect();
            assert_eq!(rules::sessions(&own), kept);
            assert_eq!(rules::progress(&own), Ok(progress));
            assert!(all.contains(&(item.clone(), progress)));
        }
        assert_eq!(entries(&store, bob).await, []);
        let history = |owner, after| {
            run(&store, move |tx| {
                let item = Item::once(id);
                Box::pin(async move { progress::history(tx, owner, &item, after, 2).await })
            })
        };
        let own: Vec<Entry> = history(ann, 2).await.into_iter().map(|(entry, _)| entry).collect();
        assert_eq!(own.iter().map(|entry| (entry.seq, entry.action)).collect::<Vec<_>>(), [(3, Start), (4, Cancel)]);
        assert_eq!(history(ann, 5).await, []);
        assert_eq!(history(bob, 0).await, []);
        let nobody = UserId::from_uuid(uuid::Uuid::nil());
        assert_eq!(run(&store, move |tx| Box::pin(progress::owners(tx, nobody, 10))).await, [ann]);
        assert_eq!(run(&store, move |tx| Box::pin(progress::owners(tx, ann, 10))).await, []);
        let mut kinds = run(&store, move |tx| Box::pin(progress::kinds(tx, ann))).await;
        kinds.sort();
        let mut expected = vec![(one.id, "deep-work".to_owned()), (two.id, "event".to_owned())];
        expected.sort();
        assert_eq!(kinds, expected);
    })
    .await;
}

#[tokio::test]
async fn occurrences_and_what_happens_once_are_found_by_how_far_they_are() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let (one, two) = (schedule(ann, 11, "event"), schedule(ann, 12, "event"));
        make(&store, &one).await;
        make(&store, &two).await;
        let at = |hour: u32| -> WallTime { format!("2026-11-20T{hour:02}:00:00").parse().expect("a time") };
        let done = take(&store, ann, &Item::occurrence(one.id, at(9)), &[(Complete, 1)]).await;
        take(&store, ann, &Item::occurrence(one.id, at(10)), &[(Start, 2), (Suspend, 3)]).await;
        take(&store, ann, &Item::occurrence(two.id, at(11)), &[(Complete, 4)]).await;
        take(&store, ann, &Item::occurrence(one.id, at(11)), &[(Complete, 4)]).await;
        take(&store, ann, &Item::once(two.id), &[(Complete, 5)]).await;
        let found = async |owner, state, between, limit| {
            run(&store, move |tx| Box::pin(progress::occurrences_as_far(tx, owner, state, between, limit))).await
        };
        let (nine, mut eleven) = ((one.id, at(9)), [(one.id, at(11)), (two.id, at(11))]);
        eleven.sort_unstable();
        let all = ((at(0), None), at(23));
        assert_eq!(found(ann, State::Completed, all, 9).await, [nine, eleven[0], eleven[1]]);
        assert_eq!(found(ann, State::Completed, all, 2).await, [nine, eleven[0]]);
        assert_eq!(found(ann, State::Completed, ((at(11), Some(eleven[0].0)), at(23)), 9).await, eleven[1..]);
        assert_eq!(found(ann, State::Completed, ((at(9), None), at(11)), 9).await, [nine], "half open");
        assert_eq!(found(ann, State::Suspended, all, 9).await, [(one.id, at(10))]);
        assert_eq!(found(ann, State::InProgress, all, 9).await, []);
        assert_eq!(found(bob, State::Completed, all, 9).await, []);
        let asked = [nine, (two.id, at(9))];
        let known = run(&store, move |tx| Box::pin(progress::of_occurrences(tx, asked.into_iter()))).await;
        assert_eq!(known.into_iter().collect::<Vec<_>>(), [(Item::occurrence(one.id, at(9)), done)]);

        let range = calendar::Range { from: Instant::DISTANT_PAST, to: Instant::MAX, after: None, limit: 9 };
        let happens = async |owner, state| {
            let found = run(&store, move |tx| {
                Box::pin(async move { filtered::as_far(tx, owner, range, &filtered::Narrow::default(), state).await })
            });
            found.await.iter().map(|schedule| schedule.id).collect::<Vec<_>>()
        };
        assert_eq!(happens(ann, State::Completed).await, [two.id]);
        assert_eq!(happens(ann, State::NotStarted).await, [one.id]);
        for (owner, state) in [(ann, State::InProgress), (ann, State::Suspended), (bob, State::Completed)] {
            assert_eq!(happens(owner, state).await, []);
        }
        take_back_and_suspend(&store, ann, &one).await;
        assert_eq!(happens(ann, State::Suspended).await, [one.id]);
    })
    .await;
}

async fn take_back_and_suspend(store: &Store, owner: UserId, schedule: &Schedule) {
    take(store, owner, &Item::once(schedule.id), &[(Start, 10), (Cancel, 11), (Start, 12), (Suspend, 13)]).await;
}

#[tokio::test]
async fn the_tables_refuse_a_second_item_in_progress_and_a_second_entry_of_one_number() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let (one, two) = (schedule(ann, 11, "event"), schedule(ann, 12, "event"));
        make(&store, &one).await;
        make(&store, &two).await;
        let (first, second) = (Item::once(one.id), Item::once(two.id));
        take(&store, ann, &first, &[(Action::Start, 0)]).await;
        let step = Progress::default().step(Action::Start, START).expect("a step");
        let refused = record(&store, ann, &second, step).await.expect_err("one at a time");
        assert!(refused.violates("progress_running") || refused.violates("progress.owner_id"), "{refused}");
        let refused = record(&store, ann, &first, step).await.expect_err("a ledger only grows");
        assert!(matches!(refused, StoreError::Constraint(_)), "{refused}");
        assert_eq!(entries(&store, ann).await.len(), 1, "a refusal leaves nothing behind");
    })
    .await;
}

#[tokio::test]
async fn what_counts_is_read_by_time_page_by_page() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let mut one = schedule(ann, 11, "deep-work");
        let others = [12, 13, 14].map(|number| schedule(ann, number, "event"));
        make(&store, &one).await;
        for other in &others {
            make(&store, other).await;
        }
        take(&store, ann, &Item::once(one.id), &[(Start, 0), (Suspend, 10), (Start, 20), (Suspend, 30), (Start, 40)]).await;
        take(&store, ann, &Item::once(others[0].id), &[(Complete, 50)]).await;
        take(&store, ann, &Item::once(others[1].id), &[(Complete, 50)]).await;
        take(&store, ann, &Item::once(others[2].id), &[(Complete, 55), (Cancel, 56)]).await;

        let reaching = |minutes: u32| run(&store, move |tx| Box::pin(progress::reaching(tx, ann, START + minutes * MINUTE)));
        assert_eq!(reaching(25).await, Some(START + 20 * MINUTE));
        assert_eq!(reaching(60).await, Some(START + 40 * MINUTE), "what has no length reaches nowhere");
        let until = run(&store, move |tx| Box::pin(progress::worked_until(tx, ann))).await;
        assert_eq!(until, Some(START + 30 * MINUTE));
        let worked = |from: u32, to: u32, limit: u32| {
            let range = (START + from * MINUTE, START + to * MINUTE);
            run(&store, move |tx| Box::pin(progress::worked(tx, ann, range, limit)))
        };
        let session = |from: u32, to: Option<u32>| Worked {
            schedule: one.id,
            kind: "deep-work".to_owned(),
            started_at: START + from * MINUTE,
            ended_at: to.map(|to| START + to * MINUTE),
        };
        assert_eq!(worked(0, 60, 2).await, [session(0, Some(10)), session(20, Some(30))]);
        assert_eq!(worked(21, 60, 9).await, [session(40, None)]);
        assert_eq!(worked(0, 20, 9).await, [session(0, Some(10))]);

        let range = (START + 50 * MINUTE, START + 60 * MINUTE);
        let completed = |range: (Instant, Instant), after: Option<Item>, limit| {
            run(&store, move |tx| {
                let after = after.clone();
                Box::pin(async move { progress::completed(tx, ann, range, after.as_ref(), limit).await })
            })
        };
        let first = completed(range, None, 1).await.remove(0);
        assert_eq!((first.kind.as_str(), first.at), ("event", range.0));
        let rest: Vec<Completed> = completed((first.at, range.1), Some(first.item.clone()), 9).await;
        assert_eq!(rest.len(), 1, "the cancelled one is not completed");
        assert_ne!(rest[0].item, first.item);
        assert_eq!(completed((range.0 + MINUTE, range.1), None, 9).await, []);

        one.deleted_at = Some(START);
        let gone = one.clone();
        run(&store, move |tx| {
            let gone = gone.clone();
            Box::pin(async move { calendar::update(tx, &RecurrenceSet::new(gone, [])).await })
        })
        .await;
        assert_eq!(worked(0, 60, 9).await, [], "what lies in the trash does not count");
        let purged = run(&store, move |tx| Box::pin(calendar::purge(tx, START + MINUTE, 10))).await;
        let left = run(&store, move |tx| Box::pin(progress::sessions(tx, ann))).await;
        assert_eq!((purged, left.len()), (1, 3), "its ledger goes with it");
    })
    .await;
}
