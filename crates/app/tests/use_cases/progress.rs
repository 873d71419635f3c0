//! Progress as use cases: what becomes of the alarms, of two who start at once, and of the figures under random sequences.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use app::{
    Answer, Error,
    calendar::{
        self, Expected, Scope,
        progress::{self, Report},
    },
    domain::{
        calendar::{
            Occurrence, Patch, Schedule,
            progress::{
                Action::{self, Cancel, Complete, Start, Suspend},
                Ask, Entry, Grouping, Item, Period, State,
            },
        },
        identity::ProfileChange,
    },
    identity::{self, BasedOn},
};
use kernel::{Clock as _, Entropy as _, Instant, ScheduleId};
use store::{Store, StoreError, Tx, UseCase};
use testkit::{SeededEntropy, on_both_engines};

use crate::world::{World, body};

async fn ask(world: &World, id: ScheduleId, ask: Ask) -> Result<Answer, Error> {
    progress::act(
        &world.app,
        &world.ada,
        (Item::once(id), app::tasks::ForTask::default()),
        ask,
        None,
        Arc::new(|o: &Occurrence| body(&o.schedule.id)),
    )
    .await
}

async fn act(world: &World, id: ScheduleId, action: Action) -> Schedule {
    let done = ask(world, id, Ask { action, at: None, auto_suspend: false }).await.expect("it can be done");
    world.made(&done).await
}

async fn refused(world: &World, id: ScheduleId, action: Action) -> &'static str {
    ask(world, id, Ask { action, at: None, auto_suspend: false }).await.expect_err("refused").code()
}

fn ended(state: &str, reason: &str) -> (String, Option<String>) {
    (state.to_owned(), Some(reason.to_owned()))
}

fn pending() -> (String, Option<String>) {
    ("PENDING".to_owned(), None)
}

#[tokio::test]
async fn starting_and_completing_silence_the_reminders_and_cancelling_arms_what_is_ahead() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let item = world.create(60, &[600, 3_000]).await;
        let started = act(&world, item.id, Start).await;
        assert_eq!((started.version, started.generation), (2, 1));
        let gone = ended("CANCELLED", "started");
        assert_eq!(world.alarms(item.id).await, [gone.clone(), gone.clone()]);
        assert_eq!(world.pass(20).await, 0);
        act(&world, item.id, Cancel).await;
        // One was due at minute 10 and is past: recorded and silent. The other, at minute 50, rings.
        let mut now = world.alarms(item.id).await;
        now.sort();
        let mut expected = vec![gone.clone(), gone, ended("SKIPPED", "already_past"), pending()];
        expected.sort();
        assert_eq!(now, expected);
        assert_eq!(world.pass(30).await, 1);

        let done = world.create(180, &[0]).await;
        act(&world, done.id, Complete).await;
        assert_eq!(world.alarms(done.id).await, [ended("CANCELLED", "completed")]);
        let kinds: Vec<String> = world.events().await.into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds.iter().filter(|kind| *kind == "progress.changed").count(), 3);
    })
    .await;
}

#[tokio::test]
async fn what_is_done_or_in_progress_stays_silent_when_it_is_moved_and_what_is_laid_aside_rings() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let item = world.create(60, &[600]).await;
        let moved =
            |minutes| Patch { start: Some(app::domain::calendar::Moment::Instant(world.at(minutes))), ..Patch::default() };
        act(&world, item.id, Start).await;
        world.patch(item.id, moved(90)).await;
        assert_eq!(world.alarms(item.id).await, [ended("CANCELLED", "started")]);
        act(&world, item.id, Suspend).await;
        world.patch(item.id, moved(120)).await;
        assert_eq!(world.alarms(item.id).await, [ended("CANCELLED", "started"), pending()]);
        act(&world, item.id, Cancel).await;
        let after = world.alarms(item.id).await;
        assert_eq!(after.iter().filter(|alarm| **alarm == pending()).count(), 1, "not armed twice: {after:?}");
        act(&world, item.id, Complete).await;
        let expected = Expected::Any;
        calendar::delete(&world.app, &world.ada, item.id, Scope::All, expected).await.expect("what is done can be deleted");
        world.restore(item.id).await.expect("restored");
        assert!(!world.alarms(item.id).await.contains(&pending()), "and rings no more");
        assert_eq!(world.get(item.id).await.expect("there").progress.state, State::Completed);
    })
    .await;
}

#[tokio::test]
async fn what_is_in_progress_cannot_be_deleted_and_a_repetition_changes_nothing() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let (item, other) = (world.create(60, &[]).await, world.create(70, &[]).await);
        let started = act(&world, item.id, Start).await;
        assert_eq!(act(&world, item.id, Start).await, started);
        let gone = calendar::delete(&world.app, &world.ada, item.id, Scope::All, Expected::Any).await;
        assert_eq!(gone.expect_err("in progress").code(), "schedule.running");
        assert_eq!(refused(&world, other.id, Start).await, "schedule.another_running");
        assert_eq!(refused(&world, other.id, Suspend).await, "schedule.illegal_transition");
        let foreign = progress::act(
            &world.app,
            &world.grace,
            (Item::once(item.id), app::tasks::ForTask::default()),
            Ask { action: Cancel, at: None, auto_suspend: false },
            None,
            Arc::new(|o: &Occurrence| body(&o.schedule.id)),
        );
        assert_eq!(foreign.await.expect_err("not hers").code(), "schedule.not_found");
        act(&world, item.id, Suspend).await;
        act(&world, other.id, Start).await;
        assert_eq!(world.events().await.iter().filter(|(kind, _)| kind == "progress.changed").count(), 3);
    })
    .await;
}

#[tokio::test]
async fn of_many_who_start_at_once_one_wins_and_with_auto_suspend_the_last() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let items: Vec<ScheduleId> =
            futures_util::future::join_all((1..=8).map(|m| world.create(m * 100, &[600]))).await.iter().map(|s| s.id).collect();
        let race = async |auto_suspend| {
            let starts = items.iter().map(|id| ask(&world, *id, Ask { action: Start, at: None, auto_suspend }));
            futures_util::future::join_all(starts).await.into_iter().flatten().count()
        };
        assert_eq!(race(false).await, 1);
        world.clock.advance(Duration::from_secs(10));
        assert_eq!(race(true).await, 8);
        let mut running = 0;
        for id in &items {
            running += usize::from(world.get(*id).await.expect("there").progress.state == State::InProgress);
        }
        assert_eq!(running, 1);
        let audit = progress::audit(world.app.store(), world.app.now()).await.expect("an audit");
        assert_eq!(audit.differences, Vec::<String>::new());
    })
    .await;
}

async fn report(world: &World, period: Period) -> Report {
    progress::statistics(&world.app, &world.ada, (period, None), Grouping::Kind).await.expect("statistics")
}

#[tokio::test]
async fn work_across_midnight_counts_in_both_days_by_kind_and_beside_the_goal() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let goal = ProfileChange { daily_goal_seconds: Some(3_600), ..ProfileChange::default() };
        let shown = Arc::new(|user: &app::domain::identity::User| body(&user.id));
        identity::change_profile(&world.app, &world.ada, Some(BasedOn::Any), goal, None, shown).await.expect("a goal");
        // 2026-11-20T00:30Z is 09:30 on a Friday in Seoul: on to 23:00.
        world.clock.advance(Duration::from_mins(13 * 60 + 30));
        let item = world.create(60, &[]).await;
        act(&world, item.id, Start).await;
        world.clock.advance(Duration::from_hours(3));
        let day = report(&world, Period::Day).await;
        assert_eq!((day.statistics.total.worked_seconds, day.previous.worked_seconds), (2 * 3_600, 3_600));
        world.patch(item.id, Patch { kind: Some("deep-work".to_owned()), ..Patch::default() }).await;
        act(&world, item.id, Complete).await;
        let week = report(&world, Period::Week).await;
        let by_day: Vec<i64> = week.statistics.by_day.iter().map(|sum| sum.worked_seconds).collect();
        assert_eq!(by_day, [0, 0, 0, 0, 3_600, 7_200, 0]);
        assert_eq!((week.statistics.total.completed, week.rhythm.daily_goal_seconds), (1, 3_600));
        assert_eq!(week.statistics.days_with(3_600), 2);
        assert_eq!(week.statistics.groups.keys().collect::<Vec<_>>(), [&Some("deep-work".to_owned())], "what it is called now");
        calendar::delete(&world.app, &world.ada, item.id, Scope::All, Expected::Any).await.expect("deleted");
        assert_eq!(report(&world, Period::Month).await.statistics.total.worked_seconds, 0);
        world.restore(item.id).await.expect("restored");
        assert_eq!(report(&world, Period::Month).await.statistics.total.worked_seconds, 10_800);
        act(&world, item.id, Cancel).await;
        assert_eq!(report(&world, Period::Month).await.statistics.total, app::domain::calendar::progress::Sum::default());
    })
    .await;
}

/// What is in the ledger, and nothing else.
struct Raw(kernel::UserId);

impl UseCase for Raw {
    type Out = Vec<(Item, Entry)>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        store::progress::ledger(tx, self.0).await
    }
}

/// Seconds that the raw ledger adds up to, counted slowly: between each start and what follows it, unless a cancel comes later in
/// the same run.
fn by_hand(ledger: &[(Item, Entry)], now: Instant) -> (i64, i64) {
    let mut items: BTreeMap<&Item, Vec<&Entry>> = BTreeMap::new();
    for (item, entry) in ledger {
        items.entry(item).or_default().push(entry);
    }
    let (mut worked, mut completed) = (0, 0);
    for entries in items.values() {
        completed += i64::from(entries.last().is_some_and(|last| last.action == Complete));
        for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.action == Start) {
            let cancelled = entries[index..].iter().any(|later| later.run == entry.run && later.action == Cancel);
            let end = entries.get(index + 1).map_or(now, |next| next.at);
            worked += if cancelled { 0 } else { end.as_seconds() - entry.at.as_seconds() };
        }
    }
    (worked, completed)
}

/// A hundred random requests over three days; what the API answers is what the raw ledger adds up to, after each of them.
async fn random_sequence(store: Store, seed: u64) {
    let world = World::new(store).await;
    let dice = SeededEntropy::new(seed);
    let roll = |sides: u64| u64::from_le_bytes(dice.bytes16()[..8].try_into().expect("eight bytes")) % sides;
    let mut items = Vec::new();
    for minutes in 1..=4 {
        items.push(world.create(minutes * 10, &[60]).await.id);
    }
    for number in 0..100 {
        world.clock.advance(Duration::from_millis(roll(if number % 10 == 0 { 20_000_000 } else { 900_000 })));
        let id = items[usize::try_from(roll(4)).expect("few")];
        let action = Action::ALL[usize::try_from(roll(4)).expect("few")];
        let at = (roll(3) == 0).then(|| world.clock.now() - Duration::from_secs(roll(400)));
        let answer = ask(&world, id, Ask { action, at, auto_suspend: roll(2) == 0 }).await;
        if let Err(error) = answer {
            let known = ["schedule.illegal_transition", "schedule.another_running", "schedule.invalid"];
            assert!(known.contains(&error.code()), "{error}");
        }
        let now = world.clock.now();
        let ledger = world.app.store().read(Raw(world.ada.user)).await.expect("the ledger");
        let month = report(&world, Period::Month).await;
        let answered = (month.statistics.total.worked_seconds, month.statistics.total.completed);
        assert_eq!(answered, by_hand(&ledger, now), "seed {seed}, request {number}: {action} at {at:?}");
    }
    let audit = progress::audit(world.app.store(), world.clock.now()).await.expect("an audit");
    assert_eq!((audit.differences, audit.people), (Vec::new(), 1), "seed {seed}");
    assert!(audit.entries > 20, "most requests did something");
}

#[tokio::test]
async fn whatever_people_do_the_statistics_are_what_the_raw_ledger_adds_up_to() {
    on_both_engines(async |store| random_sequence(store, 41).await).await;
    for seed in 1..=6 {
        random_sequence(testkit::Database::sqlite().store().await, seed).await;
    }
}

/// Changes a table behind the ledger's back.
#[tokio::test]
async fn an_audit_finds_a_table_that_says_something_else_than_the_ledger() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let item = world.create(60, &[]).await;
        act(&world, item.id, Start).await;
        world.clock.advance(Duration::from_mins(30));
        act(&world, item.id, Suspend).await;
        let well = progress::audit(world.app.store(), world.app.now()).await.expect("an audit");
        assert_eq!((well.people, well.entries, well.sessions, well.worked_seconds, well.differing), (1, 2, 1, 1_800, 0));
        world.app.store().write(Forge(world.ada.user, Item::once(item.id))).await.expect("forged");
        let ill = progress::audit(world.app.store(), world.app.now()).await.expect("an audit");
        assert!(ill.differing >= 2, "{:?}", ill.differences);
        assert!(ill.differences[0].contains(&item.id.to_string()), "{:?}", ill.differences);
    })
    .await;
}

/// A completion in the tables whose place in the ledger is taken by another run.
struct Forge(kernel::UserId, Item);

impl UseCase for Forge {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let last = store::progress::all(tx, self.0).await?.remove(0).1;
        let mut step = last.step(Complete, last.since.expect("touched")).expect("a step");
        step.entry.run = 7;
        store::progress::record(tx, self.0, &self.1, &step, step.entry.at).await
    }
}
