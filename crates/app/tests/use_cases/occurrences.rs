//! Progress of the occurrences of series: whose alarms fall silent, what a change of the series takes along, and what the ledger
//! says under random sequences.

use std::{sync::Arc, time::Duration};

use app::{
    Error,
    alarms::AlarmLane,
    calendar::{self, Expected, OnConflict, Page, Range, Scope, progress},
    domain::{
        alarms::{AlarmState, LatePolicy, ReminderRule},
        calendar::{
            Moment, Occurrence, Patch, RemindersDraft, RepeatChange, RepeatDraft, Schedule,
            progress::{
                Action::{self, Cancel, Complete, Start, Suspend},
                Ask, Grouping, Item, Period, State, Sum,
            },
        },
    },
};
use clockwork::Batch as _;
use kernel::{Clock as _, Entropy as _, ScheduleId, WallTime};
use store::Store;
use testkit::{SeededEntropy, on_both_engines};

use crate::world::{World, body, draft};

fn wall(text: &str) -> WallTime {
    text.parse().expect("a wall time")
}

/// The world begins at 2026-11-20T09:30 in Seoul; a series of an hour each day at noon from that day on, with leads in seconds.
async fn daily(world: &World, leads: &[u32]) -> ScheduleId {
    let reminders = RemindersDraft::Given(leads.iter().map(|lead| ReminderRule::before_start(*lead)).collect());
    let repeat = RepeatDraft { rrule: "FREQ=DAILY".to_owned(), rdates: Vec::new(), exdates: Vec::new() };
    let draft = app::domain::calendar::Draft { repeat: Some(repeat), ..draft("Walk", world.at(150), reminders) };
    let render = Arc::new(|s: &Schedule| body(&s.id));
    let answer =
        Box::pin(calendar::create(&world.app, &world.ada, draft, OnConflict::Allow, None, render)).await.expect("a series");
    world.made(&answer).await.id
}

fn noon(day: u8) -> WallTime {
    wall(&format!("2026-11-{day}T12:00:00"))
}

async fn ask(world: &World, item: Item, ask: Ask) -> Result<(), Error> {
    let render = Arc::new(|o: &Occurrence| body(&o.schedule.id));
    Box::pin(progress::act(&world.app, &world.ada, (item, app::tasks::ForTask::default()), ask, None, render)).await.map(|_| ())
}

async fn act(world: &World, id: ScheduleId, which: WallTime, action: Action) -> Result<(), Error> {
    ask(world, Item::occurrence(id, which), Ask { action, at: None, auto_suspend: false }).await
}

async fn change(world: &World, id: ScheduleId, scope: Scope, patch: Patch) -> Result<ScheduleId, Error> {
    let render = Arc::new(|o: &Occurrence| body(&o.schedule.id));
    let changed =
        Box::pin(calendar::update(&world.app, &world.ada, (id, scope, Expected::Any), patch, OnConflict::Allow, None, render))
            .await?;
    Ok(String::from_utf8(changed.rendered.body).expect("text").parse().expect("an id"))
}

async fn state(world: &World, id: ScheduleId, which: WallTime) -> Option<State> {
    calendar::get(&world.app, &world.ada, id, Some(which)).await.ok().map(|found| found.schedule.progress.state)
}

fn start_at(text: &str) -> Patch {
    Patch { start: Some(Moment::Wall(wall(text))), ..Patch::default() }
}

/// The alarms of a schedule that were settled for a reason or wait, with their occurrences.
async fn alarms(world: &World, id: ScheduleId) -> Vec<(String, AlarmState, Option<String>)> {
    let rows = world.alarm_rows(id).await.into_iter();
    rows.map(|alarm| (alarm.nominal.to_string(), alarm.state, alarm.reason.map(|reason| reason.to_string()))).collect()
}

async fn audited(world: &World) {
    let audit = progress::audit(world.app.store(), world.app.now()).await.expect("an audit");
    assert_eq!(audit.differences, Vec::<String>::new());
}

#[tokio::test]
async fn an_occurrence_that_is_started_or_done_silences_its_own_alarms_and_the_series_goes_on() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let id = daily(&world, &[600]).await;
        act(&world, id, noon(20), Complete).await.expect("done");
        let (first, second) = (noon(20).to_string(), noon(21).to_string());
        let done = (first.clone(), AlarmState::Cancelled, Some("completed".to_owned()));
        assert_eq!(alarms(&world, id).await, [done.clone(), (second.clone(), AlarmState::Pending, None)]);
        // One that is further ahead has no alarm yet, and gets none.
        act(&world, id, noon(22), Start).await.expect("started");
        assert_eq!(world.pass(60 * 24 + 140).await, 1, "the 21st rings");
        let waits = |rows: Vec<(String, AlarmState, Option<String>)>| -> Vec<String> {
            rows.into_iter().filter(|(_, state, _)| *state == AlarmState::Pending).map(|(nominal, ..)| nominal).collect()
        };
        assert_eq!(waits(alarms(&world, id).await), [noon(23).to_string()], "the 22nd is passed over");
        act(&world, id, noon(22), Cancel).await.expect("taken back");
        assert_eq!(waits(alarms(&world, id).await), [noon(22).to_string()], "armed again, and the 23rd after it");
        assert_eq!(world.pass(60 * 24).await, 1);
        assert_eq!(waits(alarms(&world, id).await), [noon(23).to_string()]);
        let upcoming = app::alarms::of_schedule(&world.app, &world.ada, id, None, 1).await.expect("reminders").1;
        assert_eq!(upcoming[0].1.nominal, noon(24));
        act(&world, id, noon(24), Complete).await.expect("done ahead");
        let upcoming = app::alarms::of_schedule(&world.app, &world.ada, id, None, 1).await.expect("reminders").1;
        assert_eq!(upcoming[0].1.nominal, noon(25), "what is done is not announced");
        audited(&world).await;
    })
    .await;
}

#[tokio::test]
async fn an_item_of_a_series_is_named_and_one_that_happens_once_is_not() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let (id, once) = (daily(&world, &[]).await, world.create(60, &[]).await.id);
        let start = Ask { action: Start, at: None, auto_suspend: false };
        let refused = async |item| ask(&world, item, start).await.expect_err("refused").code();
        assert_eq!(refused(Item::once(id)).await, "schedule.invalid");
        assert_eq!(refused(Item::occurrence(once, noon(20))).await, "schedule.invalid");
        assert_eq!(refused(Item::occurrence(id, wall("2026-11-20T13:00:00"))).await, "schedule.not_an_occurrence");
        act(&world, id, noon(20), Start).await.expect("started");
        assert_eq!(refused(Item::occurrence(id, noon(21))).await, "schedule.another_running", "one at a time, over all");
        assert_eq!(refused(Item::once(once)).await, "schedule.another_running");
        ask(&world, Item::occurrence(id, noon(21)), Ask { auto_suspend: true, ..start }).await.expect("the other is suspended");
        assert_eq!(state(&world, id, noon(20)).await, Some(State::Suspended));
        assert_eq!(state(&world, id, noon(21)).await, Some(State::InProgress));
        ask(&world, Item::once(once), Ask { auto_suspend: true, ..start }).await.expect("the other is suspended");
        assert_eq!(state(&world, id, noon(21)).await, Some(State::Suspended));
        audited(&world).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_in_progress_is_neither_deleted_nor_moved_and_what_is_done_stays() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let id = daily(&world, &[600]).await;
        act(&world, id, noon(22), Complete).await.expect("done");
        act(&world, id, noon(23), Start).await.expect("started");
        let delete = async |scope| calendar::delete(&world.app, &world.ada, id, scope, Expected::Any).await;
        for scope in [Scope::All, Scope::This(noon(23)), Scope::Following(noon(21))] {
            assert_eq!(delete(scope).await.expect_err("in progress").code(), "schedule.running", "{scope:?}");
        }
        let later = || start_at("2026-11-23T15:00:00");
        let moved = change(&world, id, Scope::This(noon(23)), later()).await;
        assert_eq!(moved.expect_err("in progress").code(), "schedule.running");
        let moved = change(&world, id, Scope::All, start_at("2026-11-20T15:00:00")).await;
        assert_eq!(moved.expect_err("in progress").code(), "schedule.running");
        let title = Patch { title: Some("Stroll".to_owned()), ..Patch::default() };
        change(&world, id, Scope::This(noon(23)), title).await.expect("only a move is refused");
        act(&world, id, noon(23), Suspend).await.expect("suspended");
        delete(Scope::Following(noon(21))).await.expect("deleted");
        assert_eq!(state(&world, id, noon(21)).await, None);
        assert_eq!(state(&world, id, noon(22)).await, Some(State::Completed), "what is done stays in the calendar");
        assert_eq!(state(&world, id, noon(23)).await, None);
        delete(Scope::This(noon(22))).await.expect("unless it is meant itself");
        assert_eq!(state(&world, id, noon(22)).await, None);
        audited(&world).await;
    })
    .await;
}

#[tokio::test]
async fn a_series_that_moves_takes_along_what_is_done_and_one_that_cannot_keeps_it_where_it_is() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let id = daily(&world, &[600]).await;
        act(&world, id, noon(20), Complete).await.expect("done");
        act(&world, id, noon(21), Start).await.expect("started");
        world.clock.advance(Duration::from_mins(30));
        act(&world, id, noon(21), Suspend).await.expect("suspended");
        change(&world, id, Scope::All, start_at("2026-11-20T15:00:00")).await.expect("moved");
        let three = |day: u8| wall(&format!("2026-11-{day}T15:00:00"));
        assert_eq!(state(&world, id, three(20)).await, Some(State::Completed));
        let found = calendar::get(&world.app, &world.ada, id, Some(three(21))).await.expect("there").schedule.progress;
        assert_eq!((found.state, found.worked_seconds), (State::Suspended, 1_800));
        let history = |which| progress::history(&world.app, &world.ada, Item::occurrence(id, which), None, 10);
        assert_eq!(history(three(21)).await.expect("a ledger").items.len(), 2);
        assert_eq!(history(noon(21)).await.expect("a ledger").items.len(), 0);
        // A rule that has no place for the 21st: a Saturday.
        let weekly = RepeatDraft { rrule: "FREQ=WEEKLY".to_owned(), rdates: Vec::new(), exdates: Vec::new() };
        let repeat = Patch { repeat: RepeatChange::Repeat(weekly), title: Some("Climb".to_owned()), ..Patch::default() };
        change(&world, id, Scope::All, repeat).await.expect("another rule");
        let range = Range { from: world.at(0), to: world.at(60 * 24 * 10), after: None, limit: 50 };
        let Page { items, .. } = calendar::list(&world.app, &world.ada, range).await.expect("a page");
        let shown: Vec<_> = items
            .iter()
            .map(|o| (o.recurrence_id.expect("of a series"), o.schedule.text.title.as_str(), o.schedule.progress.state))
            .collect();
        let expected = [
            (three(20), "Climb", State::Completed),
            (three(21), "Walk", State::Suspended),
            (three(27), "Climb", State::NotStarted),
        ];
        assert_eq!(shown, expected);
        let once = Patch { repeat: RepeatChange::Once, ..Patch::default() };
        assert_eq!(change(&world, id, Scope::All, once).await.expect_err("begun or done").code(), "schedule.invalid");
        audited(&world).await;
    })
    .await;
}

#[tokio::test]
async fn a_split_carries_progress_ledger_and_sessions_to_the_new_schedule() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let id = daily(&world, &[600]).await;
        for day in [20, 22, 24] {
            act(&world, id, noon(day), Start).await.expect("started");
            world.clock.advance(Duration::from_mins(10));
            if day < 24 {
                act(&world, id, noon(day), Complete).await.expect("done");
            }
        }
        let before = progress::statistics(&world.app, &world.ada, (Period::Month, None), Grouping::Kind)
            .await
            .expect("statistics")
            .statistics;
        let title = Patch { title: Some("Run".to_owned()), ..Patch::default() };
        let rest = change(&world, id, Scope::Following(noon(22)), title).await.expect("split");
        assert_ne!(rest, id);
        assert_eq!(state(&world, id, noon(20)).await, Some(State::Completed));
        assert_eq!(state(&world, rest, noon(22)).await, Some(State::Completed));
        assert_eq!(state(&world, rest, noon(24)).await, Some(State::InProgress), "whoever is at it stays at it");
        let after = progress::statistics(&world.app, &world.ada, (Period::Month, None), Grouping::Kind)
            .await
            .expect("statistics")
            .statistics;
        assert_eq!(before, after);
        let waits: Vec<_> =
            alarms(&world, rest).await.into_iter().filter(|(_, state, _)| *state == AlarmState::Pending).collect();
        assert_eq!(waits[0].0, noon(23).to_string(), "what is done does not ring under its new name either");
        act(&world, rest, noon(24), Suspend).await.expect("suspended");
        let later = change(&world, rest, Scope::Following(noon(24)), start_at("2026-11-24T13:00:00")).await.expect("split");
        assert_eq!(state(&world, later, wall("2026-11-24T13:00:00")).await, Some(State::Suspended));
        audited(&world).await;
    })
    .await;
}

/// What of all series is begun or done and in the calendar, by its state.
async fn worked_on(world: &World) -> Vec<State> {
    let everything = Range { from: world.at(-60 * 24 * 30), to: world.at(60 * 24 * 30), after: None, limit: 5_000 };
    let items = calendar::list(&world.app, &world.ada, everything).await.expect("a page").items.into_iter();
    let states = items.filter(|o| o.recurrence_id.is_some()).map(|o| o.schedule.progress.state);
    let mut states: Vec<_> = states.filter(|state| *state != State::NotStarted).collect();
    states.sort_unstable_by_key(|state| state.as_str());
    states
}

/// A hundred random requests over some days to two series and what happens once: steps, moves, splits, other rules and deletions.
/// After each, the tables and the statistics say what the ledger says, at most one item is in progress, and no occurrence that is in
/// progress or done has an alarm that waits. A change neither loses what is begun or done nor brings back what was deleted, and a
/// deletion takes from the calendar what it names and nothing from the statistics. Answers how many of them were steps.
async fn random_sequence(store: Store, seed: u64) -> u32 {
    let world = World::new(store).await;
    let dice = SeededEntropy::new(seed);
    let roll = |sides: u64| u64::from_le_bytes(dice.bytes16()[..8].try_into().expect("eight bytes")) % sides;
    let mut series = vec![daily(&world, &[600]).await, daily(&world, &[60, 7_200]).await];
    let once = world.create(90, &[60]).await.id;
    let mut steps = 0;
    for number in 0..100 {
        world.clock.advance(Duration::from_millis(roll(if number % 10 == 0 { 90_000_000 } else { 900_000 })));
        AlarmLane::new(world.app.clone()).fire(world.clock.now(), 500).await.expect("due alarms fire");
        let id = series[usize::try_from(roll(series.len() as u64)).expect("few")];
        let range = Range { from: world.clock.now(), to: world.clock.now() + Duration::from_hours(96), after: None, limit: 200 };
        let page = calendar::list(&world.app, &world.ada, range).await.expect("a page");
        let of_it: Vec<WallTime> = page.items.iter().filter(|o| o.schedule.id == id).filter_map(|o| o.recurrence_id).collect();
        if of_it.is_empty() {
            continue;
        }
        let which = of_it[usize::try_from(roll(of_it.len() as u64)).expect("few")];
        let hour = |which: WallTime| WallTime::new(which.datetime().date().at(i8::try_from(roll(24)).expect("an hour"), 0, 0, 0));
        let (shown, counted) = (worked_on(&world).await, statistics(&world).await);
        let far = state(&world, id, which).await.expect("it is listed");
        let kind = roll(14);
        let mut left = Some(shown.clone());
        let done = match kind {
            0 => {
                change(&world, id, Scope::This(which), Patch { start: Some(Moment::Wall(hour(which))), ..Patch::default() }).await
            }
            1 => {
                let patch = Patch { start: Some(Moment::Wall(hour(which))), ..Patch::default() };
                change(&world, id, Scope::Following(which), patch).await.inspect(|rest| series.push(*rest))
            }
            2 => {
                let rrule =
                    ["FREQ=DAILY", "FREQ=DAILY;INTERVAL=2", "FREQ=DAILY;BYHOUR=9,18"][usize::try_from(roll(3)).expect("few")];
                let repeat = RepeatDraft { rrule: rrule.to_owned(), rdates: Vec::new(), exdates: Vec::new() };
                // A rule that says nothing of what was taken out has it again.
                left = None;
                change(&world, id, Scope::All, Patch { repeat: RepeatChange::Repeat(repeat), ..Patch::default() }).await
            }
            12 | 13 => {
                let start = world.get(id).await.expect("there").span.start.datetime();
                let by = jiff::Span::new().hours([1, -3, 24, -48][usize::try_from(roll(4)).expect("few")]);
                let start = Some(Moment::Wall(WallTime::new(start.checked_add(by).expect("a time"))));
                change(&world, id, Scope::All, Patch { start, ..Patch::default() }).await
            }
            3 => {
                let scope = if roll(3) == 0 { Scope::Following(which) } else { Scope::This(which) };
                left = match scope {
                    Scope::This(_) if far != State::InProgress => Some(without(&shown, far)),
                    Scope::This(_) => Some(shown),
                    _ => None,
                };
                calendar::delete(&world.app, &world.ada, id, scope, Expected::Any).await.map(|()| id)
            }
            kind => {
                let item = if kind == 4 { Item::once(once) } else { Item::occurrence(id, which) };
                let action = Action::ALL[usize::try_from(roll(4)).expect("few")];
                steps += 1;
                ask(&world, item, Ask { action, at: None, auto_suspend: roll(2) == 0 }).await.map(|()| id)
            }
        };
        if let Err(error) = done {
            let known = [
                "schedule.illegal_transition",
                "schedule.another_running",
                "schedule.running",
                "schedule.invalid",
                "schedule.not_found",
            ];
            assert!(known.contains(&error.code()), "seed {seed}, request {number}: {error}");
        }
        if matches!(kind, 0..=3 | 12 | 13) {
            assert_eq!(statistics(&world).await, counted, "seed {seed}, request {number}");
            if let Some(left) = left {
                assert_eq!(worked_on(&world).await, left, "seed {seed}, request {number}");
            }
        }
        check(&world, &mut series, (seed, number)).await;
    }
    steps
}

/// The same states with one less of this one.
fn without(states: &[State], one: State) -> Vec<State> {
    let mut states = states.to_vec();
    if let Some(place) = states.iter().position(|state| *state == one) {
        states.remove(place);
    }
    states
}

/// Seconds worked and schedules completed this month.
async fn statistics(world: &World) -> Sum {
    let report = progress::statistics(&world.app, &world.ada, (Period::Month, None), Grouping::Kind).await.expect("statistics");
    report.statistics.total
}

async fn check(world: &World, series: &mut Vec<ScheduleId>, of: (u64, i32)) {
    let audit = progress::audit(world.app.store(), world.clock.now()).await.expect("an audit");
    assert_eq!(audit.differences, Vec::<String>::new(), "{of:?}");
    series.sort_unstable();
    series.dedup();
    let mut running = 0;
    for id in series.iter() {
        // A series that was deleted to its last occurrence has none to show.
        let found = app::alarms::of_schedule(&world.app, &world.ada, *id, None, 1_000).await;
        let alarms = found.map(|(shown, _)| shown.page.items).unwrap_or_default();
        for alarm in alarms.iter().filter(|alarm| alarm.state == AlarmState::Pending) {
            let state = state(world, *id, alarm.nominal).await.expect("what is armed takes place");
            assert!(!state.is_silent(), "{of:?}: {alarm:?} of what is {state}");
        }
    }
    let everything = Range { from: world.at(-60 * 24 * 30), to: world.at(60 * 24 * 30), after: None, limit: 5_000 };
    for occurrence in calendar::list(&world.app, &world.ada, everything).await.expect("a page").items {
        running += usize::from(occurrence.schedule.progress.state == State::InProgress);
    }
    assert!(running <= 1, "{of:?}: {running} in progress");
}

#[tokio::test]
async fn whatever_happens_to_series_their_progress_is_what_the_ledger_says_and_what_is_done_stays_silent() {
    on_both_engines(async |store| _ = Box::pin(random_sequence(store, 77)).await).await;
    let mut steps = 0;
    for seed in 1..=6 {
        steps += Box::pin(random_sequence(testkit::Database::sqlite().store().await, seed)).await;
    }
    assert!(steps > 150, "{steps} of the requests were steps");
}

/// Reminders so many seconds before the start.
fn leads(leads: &[u32]) -> Patch {
    Patch { reminders: Some(leads.iter().map(|lead| ReminderRule::before_start(*lead)).collect()), ..Patch::default() }
}

#[tokio::test]
async fn an_occurrence_with_reminders_of_its_own_rings_by_those_and_its_series_goes_on_without_it() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let id = daily(&world, &[600]).await;
        let waits = async |id| -> Vec<(String, String)> {
            let rows = world.alarm_rows(id).await.into_iter().filter(|alarm| alarm.state == AlarmState::Pending);
            rows.map(|alarm| (alarm.nominal.to_string(), alarm.due_at.to_string())).collect()
        };
        let at = |which: WallTime, due: &str| (which.to_string(), due.to_owned());
        change(&world, id, Scope::This(noon(20)), leads(&[3_600, 60])).await.expect("its own");
        let own = [at(noon(20), "2026-11-20T02:00:00Z"), at(noon(20), "2026-11-20T02:59:00Z")];
        let next = at(noon(21), "2026-11-21T02:50:00Z");
        assert_eq!(waits(id).await, [&own[..], &[next.clone()][..]].concat());
        let gone = (noon(20).to_string(), AlarmState::Superseded, Some("reminders_changed".to_owned()));
        assert!(alarms(&world, id).await.contains(&gone));
        let shown = calendar::get(&world.app, &world.ada, id, Some(noon(20))).await.expect("there");
        let rules: Vec<_> = shown.schedule.reminders.iter().map(|reminder| reminder.rule).collect();
        assert_eq!((rules, shown.overridden), (vec![ReminderRule::before_start(3_600), ReminderRule::before_start(60)], true));
        assert_eq!(world.get(id).await.expect("there").reminders.len(), 1, "the series has its own");
        // One for the same time keeps its id and its alarm; other changes do not concern them.
        let before = world.alarm_rows(id).await;
        change(&world, id, Scope::This(noon(20)), leads(&[60])).await.expect("one less");
        change(&world, id, Scope::All, Patch { title: Some("Stroll".to_owned()), ..Patch::default() }).await.expect("a title");
        let kept = before.iter().find(|alarm| alarm.due_at.to_string() == own[1].1).expect("it was there");
        assert!(world.alarm_rows(id).await.contains(kept));
        assert_eq!(world.pass(150).await, 1, "a minute before, and no more");
        // None at all, and back to those of the series.
        change(&world, id, Scope::This(noon(21)), leads(&[])).await.expect("none");
        let after = at(noon(22), "2026-11-22T02:50:00Z");
        assert_eq!(waits(id).await, std::slice::from_ref(&after));
        change(&world, id, Scope::This(noon(21)), leads(&[600])).await.expect("as the series");
        assert_eq!(waits(id).await, [next]);
        let shown = calendar::get(&world.app, &world.ada, id, Some(noon(21))).await.expect("there");
        assert!(!shown.overridden);
        assert_eq!(world.pass(60 * 24).await, 1);
        assert_eq!(waits(id).await, [after]);
    })
    .await;
}

#[tokio::test]
async fn reminders_of_their_own_go_along_with_their_occurrence_and_fall_silent_with_it() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let id = daily(&world, &[600]).await;
        for day in [22, 23] {
            change(&world, id, Scope::This(noon(day)), leads(&[60])).await.expect("its own");
        }
        let own = async |id: ScheduleId| -> Vec<String> {
            let rows = world.alarm_rows(id).await.into_iter().filter(|alarm| alarm.state == AlarmState::Pending);
            rows.map(|alarm| alarm.due_at.to_string()).filter(|due| due.contains(":59:00")).collect()
        };
        act(&world, id, noon(22), Complete).await.expect("done");
        assert_eq!(own(id).await, ["2026-11-23T02:59:00Z"]);
        act(&world, id, noon(22), Cancel).await.expect("taken back");
        assert_eq!(own(id).await.len(), 2);
        change(&world, id, Scope::All, start_at("2026-11-20T13:00:00")).await.expect("moved");
        assert_eq!(own(id).await, ["2026-11-22T03:59:00Z", "2026-11-23T03:59:00Z"]);
        let from = wall("2026-11-23T13:00:00");
        let rest = change(&world, id, Scope::Following(from), start_at("2026-11-23T14:00:00")).await.expect("split");
        assert_eq!(own(id).await, ["2026-11-22T03:59:00Z"]);
        assert_eq!(own(rest).await, ["2026-11-23T04:59:00Z"]);
        // What is said of all that follow is said of this one too.
        let all = Patch { reminders: leads(&[30]).reminders, ..start_at("2026-11-23T15:00:00") };
        change(&world, rest, Scope::Following(wall("2026-11-23T14:00:00")), all).await.expect("changed");
        assert!(own(rest).await.is_empty());
        calendar::delete(&world.app, &world.ada, id, Scope::This(wall("2026-11-22T13:00:00")), Expected::Any)
            .await
            .expect("gone");
        assert!(own(id).await.is_empty());
        let late = change(
            &world,
            id,
            Scope::This(wall("2026-11-21T13:00:00")),
            Patch { late: Some(LatePolicy::default()), ..leads(&[]) },
        );
        assert_eq!(late.await.expect_err("of the series").code(), "schedule.invalid");
    })
    .await;
}

/// A shift by a day of a rule for certain days, which has no place for all that is done.
#[tokio::test]
async fn what_is_done_and_cannot_move_along_keeps_what_it_has_of_its_own() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let id = daily(&world, &[]).await;
        let titled = |title: &str| Patch { title: Some(title.to_owned()), ..Patch::default() };
        for (day, title) in [(21, "before"), (22, "done")] {
            change(&world, id, Scope::This(noon(day)), titled(title)).await.expect("a title of its own");
        }
        let later = Patch { title: Some("moved".to_owned()), ..start_at("2026-11-24T16:00:00") };
        change(&world, id, Scope::This(noon(24)), later).await.expect("a time of its own");
        for day in [22, 24, 25] {
            act(&world, id, noon(day), Complete).await.expect("done");
        }
        // From tomorrow on, to the 25th: the one that was done on the 25th would be on the 26th.
        let until = RepeatDraft { rrule: "FREQ=DAILY;COUNT=5".to_owned(), rdates: Vec::new(), exdates: Vec::new() };
        let patch = Patch { repeat: RepeatChange::Repeat(until), ..start_at("2026-11-21T12:00:00") };
        change(&world, id, Scope::All, patch).await.expect("moved");
        let range = Range { from: world.at(0), to: world.at(60 * 24 * 10), after: None, limit: 50 };
        let items = calendar::list(&world.app, &world.ada, range).await.expect("a page").items;
        let shown: Vec<_> =
            items.iter().map(|o| (o.schedule.span.start, o.schedule.text.title.as_str(), o.schedule.progress.state)).collect();
        let expected = [
            (noon(21), "Walk", State::NotStarted),
            (noon(22), "done", State::Completed),
            (noon(23), "Walk", State::NotStarted),
            (wall("2026-11-24T16:00:00"), "moved", State::Completed),
            (noon(25), "Walk", State::Completed),
        ];
        assert_eq!(shown, expected);
        audited(&world).await;
    })
    .await;
}
