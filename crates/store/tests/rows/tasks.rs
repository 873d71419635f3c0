//! Tasks, who waits for whom, and their schedules, on both engines.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use domain::{
    alarms::ReminderRule,
    calendar::{
        Moment, Purpose, RecurrenceSet,
        progress::{Action, Item, Progress},
    },
    tasks::{Task, TaskState, Waits, overdue_rule},
};
use kernel::{Cursor, Instant, TaskId, UserId, Zone};
use store::{
    Store, StoreError, Tx, UseCase, alarms, calendar,
    calendar::{filtered::Narrow, sessions},
    progress,
    tasks::{
        self,
        lists::{self, Filter, Sort},
    },
};
use testkit::{START, SeededEntropy, on_both_engines};

use crate::{
    agenda::{alarm, event, span},
    errands::{deadline, task},
    inboxes::{person, run},
};

async fn make(store: &Store, task: &Task) {
    let task = task.clone();
    run(store, move |tx| {
        let task = task.clone();
        Box::pin(async move { tasks::insert(tx, &task).await })
    })
    .await;
}

async fn read(store: &Store, owner: UserId, id: TaskId) -> Option<Task> {
    run(store, move |tx| Box::pin(tasks::find(tx, owner, id))).await
}

async fn many(store: &Store, owner: UserId, count: u64) -> Vec<Task> {
    let mut made = Vec::new();
    for number in 0..count {
        let task = task(owner, number);
        make(store, &task).await;
        made.push(task);
    }
    made
}

/// Replaces what `task` depends on, as an edit does.
async fn edit(store: &Store, owner: UserId, task: TaskId, (added, removed): (BTreeSet<TaskId>, BTreeSet<TaskId>)) {
    run(store, move |tx| {
        let (added, removed) = (added.clone(), removed.clone());
        Box::pin(async move {
            tasks::release(tx, owner, task, &removed).await?;
            tasks::depend(tx, owner, task, &added).await
        })
    })
    .await;
}

fn set<const N: usize>(ids: [TaskId; N]) -> BTreeSet<TaskId> {
    BTreeSet::from(ids)
}

#[tokio::test]
async fn a_task_is_kept_with_what_it_waits_for_and_found_by_its_owner_only() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let others = many(&store, ann, 2).await;
        let mut whole = task(ann, 9);
        whole.description = "two\nlines".to_owned();
        whole.deadline = Some(deadline("2026-12-01", "Asia/Seoul"));
        whole.estimate_seconds = Some(5_400);
        whole.parent = Some(others[0].id);
        whole.depends_on = set([others[1].id]);
        make(&store, &whole).await;
        whole.blocked_by = vec![others[1].id];
        assert_eq!(read(&store, ann, whole.id).await, Some(whole.clone()));
        assert_eq!(read(&store, bob, whole.id).await, None);
        let in_parts = async |of: TaskId| read(&store, ann, of).await.expect("it is there").has_open_subtasks;
        assert_eq!((in_parts(others[0].id).await, in_parts(whole.id).await), (true, false));

        let mut done = others[1].clone();
        (done.completed_at, done.version) = (Some(START), 2);
        whole.deadline = Some(deadline("2026-12-01T09:30:00", "Europe/Paris"));
        let (first, second) = (done.clone(), whole.clone());
        run(&store, move |tx| {
            let (first, second) = (first.clone(), second.clone());
            Box::pin(async move {
                tasks::update(tx, &first).await?;
                tasks::update(tx, &second).await
            })
        })
        .await;
        whole.blocked_by.clear();
        assert_eq!(read(&store, ann, whole.id).await, Some(whole.clone()), "what it waited for is done");
        assert_eq!(read(&store, ann, done.id).await, Some(done));

        let (asked, parent) = (set([whole.id, others[0].id, TaskId::from_uuid(uuid::Uuid::nil())]), others[0].id);
        let own = asked.clone();
        let known = run(&store, move |tx| {
            let own = own.clone();
            Box::pin(async move { tasks::known(tx, ann, &own).await })
        });
        assert_eq!(known.await, set([whole.id, others[0].id]));
        let strange = run(&store, move |tx| {
            let asked = asked.clone();
            Box::pin(async move { tasks::known(tx, bob, &asked).await })
        });
        assert_eq!(strange.await, BTreeSet::new());
        assert_eq!(run(&store, move |tx| Box::pin(tasks::count(tx, ann, 10))).await, 3);
        assert_eq!(run(&store, move |tx| Box::pin(tasks::count(tx, ann, 2))).await, 2, "it counts no further");
        let id = whole.id;
        assert_eq!(run(&store, move |tx| Box::pin(tasks::parent(tx, ann, id))).await, Some(parent));
        let children = async |active| {
            run(&store, move |tx| Box::pin(async move { tasks::subtasks(tx, ann, &[parent], active).await })).await
        };
        assert_eq!((children(true).await, children(false).await), (vec![id], vec![id]));
        let before = others[1].id;
        assert_eq!(run(&store, move |tx| Box::pin(tasks::dependents(tx, ann, before))).await, [id]);
    })
    .await;
}

struct Link(UserId, TaskId, TaskId);

impl UseCase for Link {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tasks::depend(tx, self.0, self.1, &BTreeSet::from([self.2])).await
    }
}

#[tokio::test]
async fn another_owners_task_cannot_be_waited_for() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let (own, strange) = (task(ann, 1), task(bob, 2));
        make(&store, &own).await;
        make(&store, &strange).await;
        for (task, on) in [(own.id, strange.id), (strange.id, own.id)] {
            let refused = store.write(Link(ann, task, on)).await;
            assert!(matches!(refused, Err(StoreError::Constraint(_))), "{refused:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_deleted_task_is_waited_for_by_nobody_and_its_subtasks_move_up() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let made = many(&store, ann, 2).await;
        let (mut child, mut waiting) = (task(ann, 5), task(ann, 6));
        child.parent = Some(made[1].id);
        waiting.depends_on = set([made[1].id]);
        make(&store, &child).await;
        make(&store, &waiting).await;
        let (gone, top, touched) = (made[1].id, made[0].id, vec![child.id, waiting.id]);
        let ids = touched.clone();
        let versions = run(&store, move |tx| {
            let ids = ids.clone();
            Box::pin(async move {
                tasks::lift(tx, ann, gone, Some(top)).await?;
                let versions = tasks::touch(tx, ann, &ids, START).await?;
                tasks::delete(tx, ann, gone).await?;
                Ok(versions)
            })
        });
        assert_eq!(versions.await.into_iter().collect::<BTreeMap<_, _>>(), BTreeMap::from([(child.id, 2), (waiting.id, 2)]));
        assert_eq!(read(&store, ann, gone).await, None);
        assert_eq!(read(&store, ann, child.id).await.and_then(|child| child.parent), Some(top));
        let free = read(&store, ann, waiting.id).await.expect("it is there");
        assert!(free.depends_on.is_empty() && free.is_ready());
    })
    .await;
}

#[tokio::test]
async fn what_has_open_subtasks_is_not_ready() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let made = many(&store, ann, 3).await;
        let whole = made[0].id;
        let ready = async || {
            let found = listed(&store, ann, Filter { ready: true, ..open() }).await;
            assert!(found.iter().all(Task::is_ready));
            found.iter().any(|task| task.id == whole)
        };
        // What becomes of its parts, and whether it is ready then.
        let table = [
            ([(false, false), (false, false)], false),
            ([(true, false), (false, false)], false),
            ([(true, false), (false, true)], true),
            ([(true, false), (true, true)], true),
            ([(false, false), (true, false)], false),
        ];
        assert!(ready().await, "nothing is a part of it yet");
        for (parts, expected) in table {
            for (task, (done, away)) in made[1..].iter().zip(parts) {
                let mut task = task.clone();
                task.parent = Some(whole);
                (task.completed_at, task.archived_at) = (done.then_some(START), away.then_some(START));
                run(&store, move |tx| {
                    let task = task.clone();
                    Box::pin(async move { tasks::update(tx, &task).await })
                })
                .await;
            }
            assert_eq!(ready().await, expected, "{parts:?}");
        }
    })
    .await;
}

/// Random edits against a naive graph: who waits for whom, and what is ready.
#[tokio::test]
async fn random_edits_and_completions_keep_the_graph_and_the_ready_list_right() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let made = many(&store, ann, 8).await;
        let ids: Vec<TaskId> = made.iter().map(|task| task.id).collect();
        let mut naive: BTreeMap<TaskId, BTreeSet<TaskId>> = ids.iter().map(|id| (*id, BTreeSet::new())).collect();
        let mut done: BTreeSet<TaskId> = BTreeSet::new();
        let mut dice = Dice(20_261_121);
        let (mut circles, mut kept) = (0, 0);
        for _ in 0..120 {
            let task = ids[dice.roll(8)];
            if dice.roll(4) == 0 {
                let completed_at = if done.remove(&task) { None } else { done.insert(task).then_some(START) };
                run(&store, move |tx| {
                    Box::pin(async move {
                        let mut found = tasks::find(tx, ann, task).await?.expect("it is there");
                        found.completed_at = completed_at;
                        tasks::update(tx, &found).await
                    })
                })
                .await;
            } else {
                let wanted: BTreeSet<TaskId> = (0..dice.roll(4)).map(|_| ids[dice.roll(8)]).filter(|id| *id != task).collect();
                let old = naive[&task].clone();
                let change = (wanted.difference(&old).copied().collect(), old.difference(&wanted).copied().collect());
                edit(&store, ann, task, change).await;
                naive.insert(task, wanted.clone());
                let all: i64 = naive.values().map(|of| i64::try_from(of.len()).expect("few")).sum();
                let counted = async |most| run(&store, move |tx| Box::pin(tasks::count_dependencies(tx, ann, most))).await;
                assert_eq!((counted(100).await, counted(1).await), (all, all.min(1)));
                let waits = run(&store, move |tx| Box::pin(tasks::waits(tx, ann, task))).await;
                let circle = Waits::new(waits).circle(task);
                assert_eq!(circle.is_some(), reaches(&naive, task), "a circle through {task} is found, and no other");
                if circle.is_some() {
                    let back = (old.difference(&wanted).copied().collect(), wanted.difference(&old).copied().collect());
                    edit(&store, ann, task, back).await;
                    naive.insert(task, old);
                    circles += 1;
                } else {
                    kept += 1;
                }
            }
            let free = |id: &&TaskId| !done.contains(*id) && naive[*id].is_subset(&done);
            let expected: BTreeSet<TaskId> = ids.iter().filter(free).copied().collect();
            let ready =
                run(&store, move |tx| Box::pin(async move { lists::page(tx, ann, &Filter { ready: true, ..open() }).await }));
            let ready = ready.await;
            assert!(ready.iter().all(Task::is_ready));
            assert_eq!(ready.iter().map(|task| task.id).collect::<BTreeSet<_>>(), expected);
        }
        assert!(circles > 5 && kept > 20, "both happen: {circles} circles, {kept} edits");
    })
    .await;
}

/// Whether `task` reaches itself: everything that can be reached, until nothing is added.
fn reaches(graph: &BTreeMap<TaskId, BTreeSet<TaskId>>, task: TaskId) -> bool {
    let mut reached = graph[&task].clone();
    loop {
        let more: BTreeSet<TaskId> = reached.iter().flat_map(|id| graph[id].iter().copied()).collect();
        if more.is_subset(&reached) {
            return reached.contains(&task);
        }
        reached.extend(more);
    }
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides).expect("a side")
    }
}

async fn listed(store: &Store, owner: UserId, filter: Filter) -> Vec<Task> {
    run(store, move |tx| {
        let filter = filter.clone();
        Box::pin(async move { lists::page(tx, owner, &filter).await })
    })
    .await
}

fn open() -> Filter {
    Filter {
        state: Some(TaskState::Open),
        archived: false,
        ready: false,
        before: None,
        parent: None,
        narrow: Narrow::default(),
        sort: Sort::Deadline,
        after: None,
        limit: 50,
    }
}

#[tokio::test]
async fn lists_hold_what_is_asked_for_in_its_order() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        make(&store, &task(bob, 50)).await;
        let later = |minutes| START + Duration::from_secs(60 * minutes);
        let mut made = Vec::new();
        // Title, deadline, completed, archived; made a minute after each other.
        let table = [
            ("a", Some("2026-12-03"), false, false),
            ("b", None, false, false),
            ("c", Some("2026-12-01"), false, false),
            ("d", Some("2026-12-02"), true, false),
            ("e", Some("2026-12-02"), false, true),
            ("f", Some("2026-12-01T09:00:00"), false, false),
        ];
        for (number, (title, by, completed, archived)) in (0..).zip(table) {
            let mut task = task(ann, number);
            title.clone_into(&mut task.title);
            task.deadline = by.map(|by| deadline(by, "UTC"));
            task.created_at = later(number);
            (task.completed_at, task.archived_at) = (completed.then_some(START), archived.then_some(START));
            task.parent = (title == "f").then(|| made[0]);
            make(&store, &task).await;
            made.push(task.id);
        }
        let list = async |filter: Filter| {
            let page = listed(&store, ann, filter).await;
            page.into_iter().map(|task| task.title).collect::<Vec<_>>().concat()
        };
        assert_eq!(list(open()).await, "fcab", "by deadline, and what has none comes last");
        assert_eq!(list(Filter { sort: Sort::Created, ..open() }).await, "fcba", "the newest first");
        assert_eq!(list(Filter { state: None, ..open() }).await, "fcdab");
        assert_eq!(list(Filter { state: None, sort: Sort::Created, ..open() }).await, "fdcba");
        assert_eq!(list(Filter { state: Some(TaskState::Completed), ..open() }).await, "d");
        assert_eq!(list(Filter { archived: true, ..open() }).await, "e");
        let third: Instant = "2026-12-03T00:00:00Z".parse().expect("an instant");
        assert_eq!(list(Filter { before: Some(third), ..open() }).await, "fc");
        assert_eq!(list(Filter { parent: Some(made[0]), ..open() }).await, "f");
        assert_eq!(list(Filter { parent: Some(made[0]), sort: Sort::Created, ..open() }).await, "f");
        let mut pages = String::new();
        let mut after = None;
        for _ in 0..4 {
            let filter = Filter { after, limit: 1, ..open() };
            let page = listed(&store, ann, filter).await;
            pages.push_str(&page[0].title);
            after = Some(Cursor::new(tasks::place(&page[0]), page[0].id.uuid()));
        }
        assert_eq!(pages, "fcab", "a page at a time");
        assert_eq!(list(Filter { after, ..open() }).await, "");
    })
    .await;
}

#[tokio::test]
async fn the_schedule_of_a_deadline_carries_its_reminders_and_is_found_by_its_task_alone() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let mut own = task(ann, 1);
        own.deadline = Some(deadline("2026-12-01", "UTC"));
        make(&store, &own).await;
        let entropy = SeededEntropy::new(77);
        let rules = [ReminderRule::before_start(600), overdue_rule()];
        let hour = |hours: u64| span(&Zone::utc(), Moment::Instant(START + Duration::from_hours(hours)), None);
        let mut stands = event(ann, &entropy, own.deadline.as_ref().expect("a deadline").span(), &rules);
        stands.purpose = Purpose::Deadline(own.id);
        let mut planned: Vec<_> = [3, 2].map(|hours| event(ann, &entropy, hour(hours), &[])).into();
        for session in &mut planned {
            session.purpose = Purpose::Session(own.id);
        }
        let due = alarm(&stands, &stands.reminders[0], START, &entropy);
        let all: Vec<_> = planned.iter().cloned().chain([stands.clone()]).collect();
        run(&store, move |tx| {
            let (all, due) = (all.clone(), due.clone());
            Box::pin(async move {
                for schedule in all {
                    calendar::insert(tx, &RecurrenceSet::new(schedule, [])).await?;
                }
                alarms::insert(tx, &[due]).await
            })
        })
        .await;
        let (task, id) = (own.id, stands.id);
        assert_eq!(read(&store, ann, task).await.expect("the task").reminders, stands.reminders);
        assert_eq!(run(&store, move |tx| Box::pin(sessions::deadline(tx, ann, task))).await, Some(stands.clone()));
        assert_eq!(run(&store, move |tx| Box::pin(sessions::deadline(tx, bob, task))).await, None);
        assert_eq!(run(&store, move |tx| Box::pin(sessions::deadline_id(tx, ann, task))).await, Some(id));
        // It is no schedule of its own.
        assert_eq!(run(&store, move |tx| Box::pin(calendar::find(tx, ann, id))).await, None);
        assert_eq!(run(&store, move |tx| Box::pin(calendar::lock(tx, ann, id))).await, None);
        assert_eq!(run(&store, move |tx| Box::pin(calendar::lock_any(tx, ann, id))).await, Some(stands));
        let range = calendar::Range { from: START, to: START + Duration::from_hours(1_000), after: None, limit: 10 };
        let (listed, _) = run(&store, move |tx| Box::pin(calendar::pages::overlapping(tx, ann, range))).await;
        let listed: Vec<_> = listed.iter().map(|found| found.id).collect();
        assert_eq!(listed, [planned[1].id, planned[0].id], "sessions are, and in their order");
        let sessions = run(&store, move |tx| Box::pin(sessions::of_task(tx, ann, task, None, 10))).await;
        assert_eq!(sessions, [planned[1].clone(), planned[0].clone()]);
        let after = Some(Cursor::new(planned[1].span.start_at.instant, planned[1].id.uuid()));
        assert_eq!(run(&store, move |tx| Box::pin(sessions::of_task(tx, ann, task, after, 10))).await, [planned[0].clone()]);
        assert_eq!(run(&store, move |tx| Box::pin(sessions::of_task(tx, bob, task, None, 10))).await, []);
        let ids = run(&store, move |tx| Box::pin(sessions::ids_of_task(tx, ann, task))).await;
        let planned_ids: BTreeSet<_> = planned.iter().map(|session| session.id).collect();
        assert_eq!(ids.into_iter().collect::<BTreeSet<_>>(), planned_ids);
        assert_eq!(run(&store, move |tx| Box::pin(sessions::count_of_task(tx, ann, task))).await, 2);
        assert_eq!(run(&store, move |tx| Box::pin(sessions::count_of_task(tx, bob, task))).await, 0);
        let session = planned[0].id;
        assert_eq!(run(&store, move |tx| Box::pin(sessions::task_of(tx, ann, session))).await, Some(task));
        assert_eq!(run(&store, move |tx| Box::pin(sessions::task_of(tx, bob, session))).await, None);
        assert_eq!(run(&store, move |tx| Box::pin(sessions::task_of(tx, ann, id))).await, None, "a deadline is no session");
        run(&store, move |tx| Box::pin(async move { sessions::hold(tx, ann, &[session, session]).await })).await;
        assert_eq!(run(&store, move |tx| Box::pin(sessions::open_of_task(tx, ann, task))).await.len(), 2);
        run(&store, move |tx| {
            Box::pin(async move {
                let step = Progress::default().step(Action::Complete, START).expect("a step");
                progress::record(tx, ann, &Item::once(session), &step, START).await
            })
        })
        .await;
        assert_eq!(run(&store, move |tx| Box::pin(sessions::open_of_task(tx, ann, task))).await, [planned[1].id]);
        // What is due says whose deadline it is.
        let claimed = run(&store, |tx| Box::pin(alarms::claim_due(tx, START, 10))).await;
        assert_eq!((claimed[0].task, claimed[0].is_deadline), (Some(task), true));
        let seen = run(&store, move |tx| Box::pin(alarms::of_schedule(tx, ann, id, None, 10))).await;
        assert_eq!(seen[0].deadline_of, Some(task));

        run(&store, move |tx| Box::pin(sessions::forget_deadline(tx, ann, task))).await;
        assert_eq!(run(&store, move |tx| Box::pin(alarms::of_schedule(tx, ann, id, None, 10))).await, []);
        run(&store, move |tx| Box::pin(tasks::delete(tx, ann, task))).await;
        let left = planned[0].id;
        let free = run(&store, move |tx| Box::pin(calendar::find(tx, ann, left))).await.expect("a session outlives its task");
        assert_eq!(free.purpose, Purpose::Event);
    })
    .await;
}
