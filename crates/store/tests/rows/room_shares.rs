//! Schedules that are shared with rooms, on both engines.

use std::time::Duration;

use domain::{
    calendar::{Moment, RecurrenceSet},
    rooms::{About, Reaction, Share},
};
use kernel::{Instant, RoomId, ScheduleId, UserId, Zone};
use store::{
    Store, calendar,
    rooms::{items, members, reactions, shares},
};
use testkit::{START, SeededEntropy, on_both_engines};

use crate::{
    agenda::{event, span},
    inboxes::{people, run},
    rooms::owned_by,
};

fn after(seconds: u64) -> Instant {
    START + Duration::from_secs(seconds)
}

async fn schedule(store: &Store, owner: UserId, number: u64) -> ScheduleId {
    let span = span(&Zone::utc(), Moment::Instant(after(number)), None);
    let made = event(owner, &SeededEntropy::new(100 + number), span, &[]);
    let id = made.id;
    let set = RecurrenceSet::new(made, []);
    run(store, move |tx| {
        let set = set.clone();
        Box::pin(async move { calendar::insert(tx, &set).await })
    })
    .await;
    id
}

async fn put(store: &Store, here: (RoomId, ScheduleId), by: UserId, second: u64) -> bool {
    run(store, move |tx| Box::pin(shares::put(tx, here, by, after(second)))).await
}

async fn of(store: &Store, room: RoomId) -> Vec<ScheduleId> {
    let shares = run(store, move |tx| Box::pin(shares::of_room(tx, room))).await;
    shares.into_iter().map(|share| share.schedule).collect()
}

#[tokio::test]
async fn a_schedule_is_shown_where_it_is_shared_as_it_is_now() {
    on_both_engines(async |store| {
        let who = people(&store, 0..2).await;
        let (ann, bob) = (who[0], who[1]);
        let (room, other) = (owned_by(&store, 10, &[ann, bob]).await, owned_by(&store, 11, &[ann]).await);
        let (one, two, his) = (schedule(&store, ann, 1).await, schedule(&store, ann, 2).await, schedule(&store, bob, 3).await);
        assert!(put(&store, (room, two), ann, 1).await && !put(&store, (room, two), ann, 2).await);
        assert!(put(&store, (room, one), ann, 3).await && put(&store, (room, his), bob, 4).await);
        assert!(put(&store, (other, one), ann, 5).await);
        assert_eq!((of(&store, room).await, of(&store, other).await), (vec![two, one, his], vec![one]));
        assert_eq!(run(&store, move |tx| Box::pin(shares::count(tx, (room, one)))).await, (3, 2));
        let mut hers = vec![one, two];
        hers.sort_unstable();
        assert_eq!(run(&store, move |tx| Box::pin(shares::of_member(tx, room, ann))).await, hers);
        let share = run(&store, move |tx| Box::pin(shares::find(tx, room, one))).await.expect("it is shared");
        let Share { by, at, start_at, all_day, rrule, version, .. } = share;
        assert_eq!((by, at, start_at, all_day, rrule, version), (ann, after(3), after(1), false, None, 1));
        assert_eq!(run(&store, move |tx| Box::pin(shares::find(tx, other, two))).await, None);

        let held = async |owner, ids: Vec<ScheduleId>| {
            let held = run(&store, move |tx| {
                let ids = ids.clone();
                Box::pin(async move { shares::hold(tx, owner, &ids).await })
            });
            let mut held: Vec<_> = held.await.into_iter().map(|share| (share.room, share.schedule)).collect();
            held.sort_unstable();
            held
        };
        let mut expected = vec![(room, one), (room, two), (other, one)];
        expected.sort_unstable();
        assert_eq!(held(ann, vec![one, two, his]).await, expected, "her own");
        assert_eq!((held(bob, vec![one]).await, held(ann, vec![]).await), (vec![], vec![]));
    })
    .await;
}

#[tokio::test]
async fn a_share_goes_with_the_schedule_and_with_the_place_of_whoever_shares_it() {
    on_both_engines(async |store| {
        let who = people(&store, 0..2).await;
        let (ann, bob) = (who[0], who[1]);
        let room = owned_by(&store, 10, &[ann, bob]).await;
        let (one, two, his) = (schedule(&store, ann, 1).await, schedule(&store, ann, 2).await, schedule(&store, bob, 3).await);
        for (id, by) in [(one, ann), (two, ann), (his, bob)] {
            put(&store, (room, id), by, 1).await;
        }
        let about = About::Schedule(one);
        assert!(run(&store, move |tx| Box::pin(items::lock(tx, room, about))).await);
        run(&store, move |tx| Box::pin(reactions::put(tx, (room, about), (bob, "👍"), START))).await;
        let liked = async || run(&store, move |tx| Box::pin(async move { reactions::of(tx, (room, ann), &[about]).await })).await;
        let like = Reaction { emoji: "👍".to_owned(), count: 1, mine: false };
        assert_eq!(liked().await.remove(&about), Some(vec![like]));
        let end = async |id| run(&store, move |tx| Box::pin(async move { shares::delete(tx, room, &[id]).await })).await;
        assert_eq!((end(one).await, end(one).await), (1, 0));
        assert!(liked().await.is_empty() && !run(&store, move |tx| Box::pin(items::lock(tx, room, about))).await);

        // What lies in the trash is not shown, and what is forgotten is not there.
        run(&store, move |tx| {
            Box::pin(async move {
                let mut gone = calendar::lock(tx, ann, two).await?.expect("it is there");
                gone.deleted_at = Some(START);
                calendar::update(tx, &RecurrenceSet::new(gone, [])).await
            })
        })
        .await;
        assert_eq!(of(&store, room).await, [his]);
        assert_eq!(run(&store, |tx| Box::pin(calendar::purge(tx, after(1), 10))).await, 1);
        assert_eq!(run(&store, move |tx| Box::pin(shares::count(tx, (room, two)))).await, (1, 0));
        run(&store, move |tx| Box::pin(members::delete(tx, room, bob))).await;
        assert_eq!(of(&store, room).await, []);
    })
    .await;
}
