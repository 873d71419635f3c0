//! Lists of what is as far as somebody asks for, against one list of everything: many occurrences, in zones far apart, page by page.

use std::{sync::Arc, time::Duration};

use app::{
    calendar::{self, Listing, OnConflict, Page, Range, Scope, labels::Narrowing, progress},
    domain::calendar::{
        Draft, Moment, Occurrence, Patch, RemindersDraft, RepeatDraft, Schedule,
        labels::LabelName,
        progress::{
            Action::{self, Complete, Start, Suspend},
            Item, Progress, State,
        },
    },
};
use kernel::{Cursor, Instant, ScheduleId, UserId, WallTime, Zone};
use store::{StoreError, Tx, UseCase};
use testkit::on_both_engines;

use crate::world::{World, body, draft};

async fn make(world: &World, draft: Draft) -> ScheduleId {
    let render = Arc::new(|s: &Schedule| body(&s.id));
    let answer =
        Box::pin(calendar::create(&world.app, &world.ada, draft, OnConflict::Allow, None, render)).await.expect("a schedule");
    world.made(&answer).await.id
}

/// So many occurrences from a wall time in a zone on, with a tag.
async fn series(world: &World, (zone, start): (&str, &str), (rule, count): (&str, usize), tag: &str) -> ScheduleId {
    let mut draft = draft(tag, world.at(0), RemindersDraft::Given(Vec::new()));
    draft.labels.tags = vec![tag.to_owned()];
    draft.span.zone = zone.parse().expect("a zone");
    draft.span.start = Moment::Wall(start.parse().expect("a wall time"));
    draft.repeat = Some(RepeatDraft { rrule: format!("{rule};COUNT={count}"), rdates: Vec::new(), exdates: Vec::new() });
    make(world, draft).await
}

/// Does with each of the items what is said for its number.
#[derive(Clone)]
struct Work(UserId, Vec<Item>, Instant, fn(u64) -> &'static [Action]);

/// All are ticked off but every fifth, which is left alone, and every seventh, which is laid aside.
fn most(number: u64) -> &'static [Action] {
    match number {
        _ if number.is_multiple_of(5) => &[],
        _ if number.is_multiple_of(7) => &[Start, Suspend],
        _ => &[Complete],
    }
}

/// Every second is ticked off.
fn half(number: u64) -> &'static [Action] {
    if number.is_multiple_of(2) { &[Complete] } else { &[] }
}

/// All are ticked off.
fn all_of_them(_: u64) -> &'static [Action] {
    &[Complete]
}

impl UseCase for Work {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for (number, item) in (1..).zip(&self.1) {
            let mut far = Progress::default();
            for action in self.3(number) {
                let step = far.step(*action, self.2 + Duration::from_secs(number)).expect("a step");
                store::progress::record(tx, self.0, item, &step, self.2).await?;
                far = step.after;
            }
        }
        Ok(())
    }
}

/// What stands somewhere in a list: when, of which schedule, and which of it.
type Row = (Instant, ScheduleId, Option<WallTime>, State);

fn row(occurrence: &Occurrence) -> Row {
    let (at, id, which) = occurrence.key();
    (at, id, which, occurrence.schedule.progress.state)
}

/// The items of rows.
fn items(rows: &[Row]) -> Vec<Item> {
    rows.iter().map(|(_, schedule, recurrence_id, _)| Item { schedule: *schedule, recurrence_id: *recurrence_id }).collect()
}

/// The pages of a list.
async fn pages(world: &World, state: Option<State>, tag: Option<&str>, (from, to, limit): (i64, i64, u32)) -> Vec<Vec<Row>> {
    let (mut pages, mut after): (Vec<Vec<Row>>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let range = Range { from: world.at(from), to: world.at(to), after, limit };
        let tag = tag.map(|tag| LabelName::kept(tag.to_owned()));
        let listing = Listing { range, narrowing: Narrowing { tag, ..Narrowing::default() }, series_once: false };
        let page: Page<Occurrence> = match state {
            Some(state) => progress::list(&world.app, &world.ada, listing, state).await,
            None => calendar::list(&world.app, &world.ada, listing).await,
        }
        .expect("a page");
        pages.push(page.items.iter().map(row).collect());
        assert!(page.next.is_none() || page.next != after, "a page leads on");
        after = page.next;
        if after.is_none() {
            return pages;
        }
    }
}

/// A list page by page, each of them full.
async fn all(world: &World, state: Option<State>, tag: Option<&str>, range: (i64, i64, u32)) -> Vec<Row> {
    let pages = pages(world, state, tag, range).await;
    let full = |page: &Vec<Row>| page.len() == range.2 as usize;
    assert!(pages.iter().rev().skip(1).all(full), "only the last page is not full");
    pages.concat()
}

/// A rule for every half hour.
fn half_hourly() -> String {
    let hours: Vec<String> = (0..24).map(|hour| hour.to_string()).collect();
    format!("FREQ=DAILY;BYHOUR={};BYMINUTE=0,30", hours.join(","))
}

#[tokio::test]
async fn pages_of_what_is_as_far_are_those_of_everything_without_the_rest() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        // The clocks of New York spring forward in it: what they skip at half past two comes after what they show at three.
        let hours = series(&world, ("America/New_York", "2027-03-01T00:30:00"), (&half_hourly(), 1_500), "hour").await;
        let east = series(&world, ("Pacific/Kiritimati", "2027-03-01T12:00:00"), ("FREQ=DAILY", 40), "east").await;
        let west = series(&world, ("Pacific/Pago_Pago", "2027-03-01T12:00:00"), ("FREQ=DAILY", 40), "west").await;
        let mut once = Vec::new();
        for day in 0..40 {
            let start = world.at(60 * 24 * (100 + day));
            once.push(make(&world, draft("once", start, RemindersDraft::Given(Vec::new()))).await);
        }
        // Some are taken from their days, far enough that no name says where they are.
        for (day, to) in [("02", "2027-04-05T01:00:00"), ("03", "2027-02-20T01:00:00"), ("04", "2027-03-15T01:00:00")] {
            for (series, zone) in [(east, "Pacific/Kiritimati"), (west, "Pacific/Pago_Pago")] {
                let which: WallTime = format!("2027-03-{day}T12:00:00").parse().expect("a wall time");
                let zone: Zone = zone.parse().expect("a zone");
                let start = Some(Moment::Instant(zone.resolve(to.parse().expect("a wall time")).instant));
                let patch = Patch { start, ..Patch::default() };
                let render = Arc::new(|o: &Occurrence| body(&o.schedule.id));
                let what = (series, Scope::This(which), calendar::Expected::Any);
                Box::pin(calendar::update(&world.app, &world.ada, what, patch, OnConflict::Allow, None, render))
                    .await
                    .expect("it is moved");
            }
        }
        let (begin, end) = (60 * 24 * 80, 60 * 24 * 200);
        let everything = all(&world, None, None, (begin, end, 200)).await;
        assert_eq!(everything.len(), 1_500 + 40 + 40 + 40);
        let work = Work(world.ada.user, items(&everything), world.app.now(), most);
        world.app.store().write(work).await.expect("it is done");

        let all_of = async |tag, range| all(&world, None, tag, range).await;
        let march = 60 * 24 * 110;
        for (tag, range) in [
            (None, (begin, end, 200)),
            (None, (begin, end, 111)),
            (None, (march, march + 60 * 24 * 7, 7)),
            (Some("west"), (begin, end, 6)),
            (Some("east"), (march, end, 30)),
            (Some("hour"), (begin, end, 200)),
        ] {
            let everything = all_of(tag, range).await;
            for state in [State::NotStarted, State::InProgress, State::Suspended, State::Completed] {
                let expected: Vec<Row> = everything.iter().copied().filter(|(.., found)| *found == state).collect();
                assert!(state == State::InProgress || !expected.is_empty(), "{state:?} {tag:?} {range:?}");
                assert_eq!(all(&world, Some(state), tag, range).await, expected, "{state:?} {tag:?} {range:?}");
            }
        }
        assert!([hours, east, west].iter().chain(&once).all(|id| everything.iter().any(|(_, of, ..)| of == id)));
    })
    .await;
}

#[tokio::test]
async fn a_page_that_has_looked_at_much_is_short_and_leads_on_to_everything() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        series(&world, ("UTC", "2027-03-01T00:00:00"), (&half_hourly(), 6_000), "done").await;
        series(&world, ("UTC", "2027-03-01T12:10:00"), ("FREQ=DAILY;INTERVAL=10", 14), "rare").await;
        let day = 60 * 24;
        for number in [105, 110, 223, 224] {
            let mut once = draft("once", world.at(day * number), RemindersDraft::Given(Vec::new()));
            once.labels.tags = vec!["rare".to_owned()];
            make(&world, once).await;
        }
        let range = |limit| (80 * day, 240 * day, limit);
        for (tag, actions) in [("done", all_of_them as fn(u64) -> &'static [Action]), ("rare", half)] {
            let items = items(&all(&world, None, Some(tag), range(200)).await);
            world.app.store().write(Work(world.ada.user, items, world.app.now(), actions)).await.expect("it is done");
        }

        let everything = all(&world, None, None, range(200)).await;
        let rare = all(&world, None, Some("rare"), range(200)).await;
        assert_eq!((everything.len(), rare.len()), (6_018, 18));
        let as_far = |rows: &[Row], state| rows.iter().copied().filter(|(.., found)| *found == state).collect::<Vec<_>>();
        for limit in [3, 10] {
            for (tag, state) in [(Some("rare"), State::Completed), (None, State::NotStarted), (Some("done"), State::NotStarted)] {
                let expected = if tag == Some("done") { Vec::new() } else { as_far(&rare, state) };
                let pages = pages(&world, Some(state), tag, range(limit)).await;
                let what = format!("{state:?} {tag:?} {limit}");
                assert_eq!(pages.concat(), expected, "{what}");
                // A page of three may be full before it has looked often enough.
                let is_short = |page: &Vec<Row>| page.len() < limit as usize;
                assert!(limit == 3 || pages.iter().rev().skip(1).any(is_short), "no page is short: {what}");
                assert!(pages.iter().all(|page| page.len() <= limit as usize), "{what}");
            }
        }
        let completed = all(&world, Some(State::Completed), None, range(200)).await;
        assert_eq!(completed, as_far(&everything, State::Completed), "where much is wanted, pages are full");
    })
    .await;
}
