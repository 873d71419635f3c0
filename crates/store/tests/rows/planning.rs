//! What plans are made from, on both engines.

use std::{collections::BTreeMap, time::Duration};

use domain::{
    calendar::{
        Moment, Purpose, RecurrenceSet, Schedule,
        progress::{Action, Item, Progress, State},
    },
    planning::{PlannedSession, Subtask, Subtasks},
};
use kernel::{Instant, TaskId, UserId, Zone};
use store::{Store, calendar, planning, progress, tasks};
use testkit::{START, SeededEntropy, on_both_engines};

use crate::{
    agenda,
    errands::{deadline, task},
    inboxes::{person, run},
};

const HOUR: Duration = Duration::from_hours(1);

fn at(hours: u32) -> Instant {
    START + HOUR * hours
}

#[tokio::test]
async fn habits_are_forgotten_from_an_instant_on_and_only_ones_own() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let at = START + Duration::from_hours(1);
        run(&store, move |tx| Box::pin(planning::forget_habits(tx, ann, at))).await;
        assert_eq!(run(&store, move |tx| Box::pin(planning::habits_since(tx, ann))).await, Some(at));
        assert_eq!(run(&store, move |tx| Box::pin(planning::habits_since(tx, bob))).await, None);
    })
    .await;
}

/// A session of an hour, or something without a task.
async fn plan(store: &Store, owner: UserId, number: u64, (of, hours): (Option<TaskId>, u32), gone: bool) -> Schedule {
    let span = agenda::span(&Zone::utc(), Moment::Instant(at(hours)), Some(HOUR));
    let mut schedule = agenda::event(owner, &SeededEntropy::new(number), span, &[]);
    schedule.purpose = of.map_or(Purpose::Event, Purpose::Session);
    schedule.deleted_at = gone.then_some(START);
    let set = RecurrenceSet::new(schedule.clone(), []);
    run(store, move |tx| {
        let set = set.clone();
        Box::pin(async move { calendar::insert(tx, &set).await })
    })
    .await;
    schedule
}

#[tokio::test]
async fn sessions_are_found_by_their_tasks_and_by_their_time_with_their_state_and_only_ones_own() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let (mut first, second, his) = (task(ann, 1), task(ann, 2), task(bob, 3));
        first.estimate_seconds = Some(5_400);
        for task in [&first, &second, &his] {
            let task = task.clone();
            run(&store, move |tx| {
                let task = task.clone();
                Box::pin(async move { tasks::insert(tx, &task).await })
            })
            .await;
        }
        let begun = plan(&store, ann, 10, (Some(first.id), 10), false).await;
        plan(&store, ann, 11, (Some(second.id), 20), false).await;
        plan(&store, ann, 12, (Some(first.id), 30), true).await;
        plan(&store, ann, 13, (None, 10), false).await;
        plan(&store, bob, 14, (Some(his.id), 10), false).await;
        let step = Progress::default().step(Action::Start, at(10)).expect("a step");
        run(&store, move |tx| {
            let (item, step) = (Item::once(begun.id), step);
            Box::pin(async move { progress::record(tx, ann, &item, &step, at(10)).await })
        })
        .await;
        let session = |task: TaskId, hours, state| PlannedSession { task, start: at(hours), end: at(hours + 1), state };
        let (begun, ahead) = (session(first.id, 10, State::InProgress), session(second.id, 20, State::NotStarted));
        let ids = [first.id, second.id, his.id];
        let mut of_tasks = run(&store, move |tx| Box::pin(async move { planning::sessions(tx, ann, &ids).await })).await;
        of_tasks.sort_by_key(|session| session.start);
        assert_eq!(of_tasks, [begun, ahead]);
        let within = async |owner, hours: (u32, u32), limit| {
            let window = (at(hours.0), at(hours.1));
            run(&store, move |tx| Box::pin(planning::sessions_within(tx, owner, window, limit))).await
        };
        assert_eq!(within(ann, (0, 100), 9).await, [begun, ahead]);
        assert_eq!(within(ann, (0, 100), 1).await, [begun]);
        assert_eq!(within(ann, (11, 20), 9).await, [], "half open");
        assert_eq!(within(bob, (0, 100), 9).await, [session(his.id, 10, State::NotStarted)]);
        let mut estimates = run(&store, move |tx| Box::pin(async move { planning::estimates(tx, ann, &ids).await })).await;
        estimates.sort_by_key(|(_, seconds)| *seconds);
        assert_eq!(estimates, [(second.id, None), (first.id, Some(5_400))]);
    })
    .await;
}

#[tokio::test]
async fn tasks_are_found_with_what_they_are_made_of() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        // Task, of which, its minutes, done, put away: what was put away undone is no part any more, nor is what is a part of that.
        let table = [
            (1, None, Some(60), false, false),
            (2, Some(1), None, false, false),
            (3, Some(2), Some(30), false, false),
            (4, Some(1), Some(20), true, false),
            (5, Some(4), None, false, false),
            (6, Some(1), None, true, true),
            (7, Some(1), None, false, true),
            (8, Some(7), None, false, false),
            (9, None, None, false, false),
        ];
        let id = |number: u64| task(ann, number).id;
        for (number, whole, minutes, done, away) in table {
            let mut made = task(ann, number);
            made.parent = whole.map(id);
            made.estimate_seconds = minutes.map(|minutes: u32| minutes * 60);
            (made.completed_at, made.archived_at) = (done.then_some(START), away.then_some(START));
            run(&store, move |tx| {
                let made = made.clone();
                Box::pin(async move { tasks::insert(tx, &made).await })
            })
            .await;
        }
        let of = async |owner, numbers: &[u64]| {
            let ids: Vec<TaskId> = numbers.iter().copied().map(id).collect();
            run(&store, move |tx| {
                let ids = ids.clone();
                Box::pin(async move { planning::subtasks(tx, owner, &ids).await })
            })
            .await
        };
        let parts = |numbers: &[u64]| -> Subtasks {
            let rows = table.iter().filter(|(number, ..)| numbers.contains(number));
            let part = |(number, whole, minutes, done, _): &(u64, Option<u64>, Option<u32>, bool, bool)| Subtask {
                id: id(*number),
                whole: id(whole.expect("a part")),
                estimate_seconds: minutes.map(|minutes| minutes * 60),
                open: !done,
            };
            rows.map(part).collect()
        };
        assert_eq!(of(ann, &[1, 2, 9]).await, parts(&[2, 3, 4, 5, 6]));
        assert_eq!(of(ann, &[2]).await, parts(&[3]));
        assert_eq!(of(ann, &[9]).await, parts(&[]));
        assert_eq!(of(bob, &[1]).await, parts(&[]));
    })
    .await;
}

#[tokio::test]
async fn tasks_are_due_by_the_first_deadline_of_theirs_and_of_what_they_are_part_of() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        // Task, of which, its day, done, put away; by which day it is due.
        let table = [
            (1, None, Some(25), false, false, Some(25)),
            (2, Some(1), None, false, false, Some(25)),
            (3, Some(2), Some(27), false, false, Some(25)),
            (4, Some(3), Some(24), false, false, Some(24)),
            (5, Some(4), None, false, false, Some(24)),
            (6, Some(1), None, true, false, None),
            (7, Some(6), None, false, false, None),
            (8, Some(1), Some(23), false, true, None),
            (9, Some(8), Some(26), false, false, Some(26)),
            (10, None, None, false, false, None),
            (11, Some(10), Some(28), false, false, Some(28)),
        ];
        let by = |day: u32| deadline(&format!("2026-11-{day}"), "Asia/Seoul");
        let id = |number: u64| task(ann, number).id;
        for (number, whole, day, done, away, _) in table {
            let mut made = task(ann, number);
            (made.parent, made.deadline) = (whole.map(id), day.map(by));
            (made.completed_at, made.archived_at) = (done.then_some(START), away.then_some(START));
            run(&store, move |tx| {
                let made = made.clone();
                Box::pin(async move { tasks::insert(tx, &made).await })
            })
            .await;
        }
        let due = async |owner| {
            let ids = table.map(|(number, ..)| id(number));
            run(&store, move |tx| Box::pin(async move { planning::due(tx, owner, &ids).await })).await
        };
        let expected = table.iter().filter_map(|(number, .., day)| Some((id(*number), by((*day)?).at.instant)));
        assert_eq!(due(ann).await, expected.collect::<BTreeMap<_, _>>());
        assert_eq!(due(bob).await, BTreeMap::new());
    })
    .await;
}
