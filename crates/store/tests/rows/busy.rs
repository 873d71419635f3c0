//! What time of somebody's is taken, on both engines.

use std::time::Duration;

use domain::calendar::{Moment, Override, RecurrenceSet, RepeatDraft};
use kernel::{Instant, ScheduleId, UserId, WallTime, Zone};
use store::{
    Store,
    calendar::{self, busy},
};
use testkit::{START, SeededEntropy, on_both_engines};

use crate::{
    agenda::{self, event},
    inboxes::{person, run},
};

const HOUR: Duration = Duration::from_hours(1);

fn at(hours: u64) -> Instant {
    START + Duration::from_hours(hours)
}

/// From `hours` after the start on, for so many hours.
fn item(owner: UserId, number: u64, hours: u64, long: u32) -> RecurrenceSet {
    let span = agenda::span(&Zone::utc(), Moment::Instant(at(hours)), Some(HOUR * long));
    RecurrenceSet::new(event(owner, &SeededEntropy::new(number), span, &[]), [])
}

fn repeating(owner: UserId, number: u64, hours: u64, rrule: &str) -> RecurrenceSet {
    let mut set = item(owner, number, hours, 1);
    let repeat = RepeatDraft { rrule: rrule.to_owned(), rdates: vec![], exdates: vec![] };
    set.schedule.series = Some(repeat.resolve(&set.schedule.span).expect("a series"));
    set
}

async fn insert(store: &Store, set: &RecurrenceSet) {
    let set = set.clone();
    run(store, move |tx| {
        let set = set.clone();
        Box::pin(async move { calendar::insert(tx, &set).await })
    })
    .await;
}

async fn once(store: &Store, owner: UserId, range: (u64, u64), limit: u32) -> Vec<ScheduleId> {
    let range = (at(range.0), at(range.1));
    let (found, _) = run(store, move |tx| Box::pin(busy::within(tx, owner, range, (limit, 9)))).await;
    found.iter().map(|once| once.schedule).collect()
}

#[tokio::test]
async fn what_is_taken_once_is_busy_has_a_length_lies_in_the_range_and_is_its_owners() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let (early, late, other) = (item(ann, 3, 10, 2), item(ann, 4, 20, 1), item(bob, 5, 10, 2));
        let (mut free, point, mut gone) = (item(ann, 6, 10, 1), item(ann, 7, 10, 0), item(ann, 8, 10, 1));
        free.schedule.text.busy = false;
        gone.schedule.deleted_at = Some(START);
        for set in [&early, &late, &other, &free, &point, &gone, &repeating(ann, 9, 10, "FREQ=DAILY")] {
            insert(&store, set).await;
        }
        let (early, late) = (early.schedule.id, late.schedule.id);
        assert_eq!(once(&store, ann, (0, 100), 9).await, [early, late]);
        assert_eq!(once(&store, ann, (0, 100), 1).await, [early]);
        assert_eq!(once(&store, ann, (11, 20), 9).await, [early], "half open");
        assert_eq!(once(&store, ann, (12, 20), 9).await, []);
        assert_eq!(once(&store, bob, (0, 100), 9).await, [other.schedule.id]);
        let ids = [early, other.schedule.id];
        let titles = run(&store, move |tx| Box::pin(async move { busy::titles(tx, ann, &ids).await })).await;
        assert_eq!(titles, [(early, "x".to_owned())].into(), "not somebody else's");
    })
    .await;
}

#[tokio::test]
async fn a_series_is_taken_where_it_reaches_if_it_is_ever_busy() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let own = |hours: u64, busy| Override {
            recurrence_id: WallTime::new(Zone::utc().wall_at(at(hours)).datetime()),
            title: None,
            description: None,
            location: None,
            kind: None,
            busy: Some(busy),
            span: None,
            reminders: None,
        };
        let with = |mut set: RecurrenceSet, busy: bool, own: Vec<Override>| {
            set.schedule.text.busy = busy;
            RecurrenceSet::new(set.schedule, own)
        };
        let daily = with(repeating(ann, 3, 10, "FREQ=DAILY"), true, vec![own(34, false), own(58, true)]);
        let ended = repeating(ann, 4, 10, "FREQ=DAILY;COUNT=2");
        let free = with(repeating(ann, 5, 10, "FREQ=DAILY"), false, vec![own(34, false)]);
        let nearly = with(repeating(ann, 6, 10, "FREQ=DAILY"), false, vec![own(34, true)]);
        for set in [&daily, &ended, &free, &nearly, &item(ann, 7, 10, 1)] {
            insert(&store, set).await;
        }
        let found = async |owner: UserId, from: u64, to: u64| {
            let (_, mut found) = run(&store, move |tx| Box::pin(busy::within(tx, owner, (at(from), at(to)), (9, 9)))).await;
            found.sort_by_key(|set| set.schedule.id);
            found.into_iter().map(|set| (set.schedule, set.overrides)).collect::<Vec<_>>()
        };
        let expected = |sets: &[&RecurrenceSet]| {
            let mut sets: Vec<_> = sets.iter().map(|set| (set.schedule.clone(), set.overrides.clone())).collect();
            sets.sort_by_key(|(schedule, _)| schedule.id);
            sets
        };
        assert_eq!(found(ann, 0, 20).await, expected(&[&daily, &ended, &nearly]));
        assert_eq!(found(ann, 90, 100).await, expected(&[&daily, &nearly]));
        assert_eq!(found(ann, 0, 10).await, []);
        assert_eq!(found(bob, 0, 20).await, []);
        let (_, few) = run(&store, move |tx| Box::pin(busy::within(tx, ann, (at(0), at(20)), (9, 2)))).await;
        assert_eq!(few.len(), 2, "what is never busy does not count");
    })
    .await;
}

#[tokio::test]
async fn a_calendar_is_locked_with_what_its_owner_has_chosen() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let locked = run(&store, move |tx| Box::pin(calendar::lock_calendar(tx, ann))).await;
        let plain = run(&store, move |tx| Box::pin(calendar::defaults(tx, ann))).await;
        assert!(locked.is_some());
        assert_eq!(locked, plain);
        let nobody = UserId::from_uuid(uuid::Uuid::max());
        assert_eq!(run(&store, move |tx| Box::pin(calendar::lock_calendar(tx, nobody))).await, None);
    })
    .await;
}
