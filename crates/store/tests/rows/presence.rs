//! Who is in a room, as processes say it, on both engines.

use std::{collections::BTreeSet, time::Duration};

use kernel::{GatewayId, Instant, RoomId, UserId};
use store::{
    Store,
    rooms::{
        self, members,
        presence::{self, Elsewhere, Stay},
    },
    scratch,
};
use testkit::{START, SeededEntropy, on_both_databases, on_both_engines};

use crate::{
    inboxes::{people, run},
    rooms::owned_by,
};

fn after(seconds: u64) -> Instant {
    START + Duration::from_secs(seconds)
}

fn gateway(number: u64) -> GatewayId {
    GatewayId::mint(START, &SeededEntropy::new(number))
}

/// `gateway` says until `lease` that `who` is in a room, each with so many connections and clients; answers who was noted.
async fn say(
    store: &Store,
    (gateway, lease): (GatewayId, Instant),
    room: RoomId,
    who: &[(UserId, u32, u32)],
) -> BTreeSet<UserId> {
    let stays: Vec<Stay> = who
        .iter()
        .map(|(user, streams, beats)| Stay { room, user: *user, streams: *streams, beats: *beats, seen_at: after(3) })
        .collect();
    let noted = run(store, move |tx| {
        let stays = stays.clone();
        Box::pin(async move {
            presence::hold(tx, gateway, lease).await?;
            presence::put(tx, gateway, &stays).await
        })
    })
    .await;
    noted.into_iter().map(|(_, user)| user).collect()
}

async fn version(store: &Store, room: RoomId) -> i64 {
    run(store, move |tx| Box::pin(async move { presence::versions(tx, &[room]).await }))
        .await
        .first()
        .map_or(0, |(_, version)| *version)
}

/// Who is in a room.
async fn seen(store: &Store, room: RoomId) -> BTreeSet<UserId> {
    let all = run(store, move |tx| Box::pin(async move { presence::users(tx, &[room]).await })).await;
    all.into_iter().map(|(_, user)| user).collect()
}

async fn elsewhere(store: &Store, room: RoomId, me: (GatewayId, Instant), limit: u32) -> Vec<Elsewhere> {
    run(store, move |tx| Box::pin(presence::elsewhere(tx, room, me, limit))).await
}

#[tokio::test]
async fn what_a_process_says_counts_until_it_is_taken_away_and_a_version_grows_with_who_comes_and_goes() {
    on_both_engines(async |store| {
        let who = people(&store, 0..4).await;
        let (ann, bob, cy, stranger) = (who[0], who[1], who[2], who[3]);
        let (one, other) = (gateway(1), gateway(2));
        let choir = owned_by(&store, 10, &[ann, bob, cy]).await;
        assert_eq!(version(&store, choir).await, 0);
        assert_eq!(
            say(&store, (one, after(10)), choir, &[(ann, 2, 0), (bob, 0, 1), (stranger, 1, 0)]).await,
            BTreeSet::from([ann, bob])
        );
        let first = version(&store, choir).await;
        assert!(first > 0);
        assert_eq!(say(&store, (one, after(10)), choir, &[(ann, 1, 1)]).await, BTreeSet::from([ann]));
        assert_eq!(version(&store, choir).await, first, "nobody came and nobody went");
        assert_eq!(say(&store, (other, after(20)), choir, &[(bob, 1, 0), (cy, 1, 0)]).await, BTreeSet::from([bob, cy]));
        let second = version(&store, choir).await;
        assert!(second > first);
        assert_eq!(run(&store, move |tx| Box::pin(presence::count(tx, other))).await, 2);
        let own = run(&store, move |tx| Box::pin(presence::own(tx, other))).await;
        assert_eq!(own.into_iter().collect::<BTreeSet<_>>(), BTreeSet::from([(choir, bob), (choir, cy)]));

        assert_eq!(seen(&store, choir).await, BTreeSet::from([ann, bob, cy]));
        let mut shown = elsewhere(&store, choir, (other, after(9)), 10).await;
        let shown_ids: Vec<UserId> = shown.iter().map(|one| one.user).collect();
        assert!(shown_ids.is_sorted());
        shown.sort_by(|one, other| one.name.cmp(&other.name));
        let named = |user, name: &str, connections, seen_at| Elsewhere { user, name: name.to_owned(), connections, seen_at };
        assert_eq!(shown, [named(ann, "Person 0", 2, after(9)), named(bob, "Person 1", 1, after(3))]);
        assert_eq!(elsewhere(&store, choir, (other, after(9)), 1).await.len(), 1);
        let lapsed: Vec<UserId> = elsewhere(&store, choir, (other, after(30)), 10).await.iter().map(|one| one.user).collect();
        assert_eq!(lapsed, shown_ids, "the version of the room is the same, so those in it are");

        let called = run(&store, move |tx| Box::pin(async move { members::named(tx, choir, &[cy, stranger]).await })).await;
        assert_eq!(called, [(cy, "Person 2".to_owned())]);
        run(&store, move |tx| Box::pin(async move { presence::take(tx, other, &[(choir, cy), (choir, ann)]).await })).await;
        assert_eq!(seen(&store, choir).await, BTreeSet::from([ann, bob]), "a process takes away what it said itself");
        assert!(version(&store, choir).await > second);
    })
    .await;
}

#[tokio::test]
async fn whoever_goes_out_of_a_room_in_any_way_goes_from_among_those_who_are_there() {
    on_both_databases(async |database| {
        let store = database.store().await;
        let who = people(&store, 0..3).await;
        let (ann, bob, cy) = (who[0], who[1], who[2]);
        let me = gateway(1);
        let choir = owned_by(&store, 10, &who).await;
        say(&store, (me, after(10)), choir, &[(ann, 1, 0), (bob, 1, 0), (cy, 1, 0)]).await;
        let mut before = version(&store, choir).await;
        run(&store, move |tx| Box::pin(members::delete(tx, choir, bob))).await;
        assert_eq!(seen(&store, choir).await, BTreeSet::from([ann, cy]));
        assert!(version(&store, choir).await > before);
        before = version(&store, choir).await;
        store.close().await;
        drop(store);
        let account = "DELETE FROM users WHERE display_name = 'Person 2'";
        scratch::script(database.open(), account).await.expect("an account goes");
        let store = database.store().await;
        assert_eq!(seen(&store, choir).await, BTreeSet::from([ann]));
        assert!(version(&store, choir).await > before);
        before = version(&store, choir).await;
        run(&store, move |tx| Box::pin(rooms::discard(tx, choir, START))).await;
        assert_eq!(seen(&store, choir).await, BTreeSet::new());
        assert!(version(&store, choir).await > before);
        while run(&store, |tx| Box::pin(rooms::purge(tx, 10))).await > 0 {}
        assert_eq!(version(&store, choir).await, 0);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_process_said_whose_lease_is_over_is_taken_away_in_pieces_and_only_that() {
    on_both_engines(async |store| {
        let who = people(&store, 0..5).await;
        let (me, dead, alive) = (gateway(1), gateway(2), gateway(3));
        let choir = owned_by(&store, 10, &who).await;
        let all: Vec<_> = who.iter().map(|user| (*user, 1, 0)).collect();
        say(&store, (me, after(1)), choir, &all[..1]).await;
        say(&store, (dead, after(5)), choir, &all).await;
        say(&store, (alive, after(6)), choir, &all[1..2]).await;
        let lapsed = async |now| run(&store, move |tx| Box::pin(presence::has_lapsed(tx, me, now))).await;
        assert!(!lapsed(after(4)).await && lapsed(after(5)).await);
        let reap = async |now| run(&store, move |tx| Box::pin(presence::reap(tx, me, now, 3))).await;
        assert_eq!(reap(after(4)).await, 0);
        assert_eq!((reap(after(5)).await, reap(after(5)).await, reap(after(5)).await), (3, 3, 0));
        assert!(!lapsed(after(5)).await);
        assert_eq!(seen(&store, choir).await, BTreeSet::from([who[0], who[1]]), "its own, and of who is alive");
        // It lives after all: what it says counts again.
        say(&store, (dead, after(20)), choir, &all[4..]).await;
        assert_eq!(seen(&store, choir).await, BTreeSet::from([who[0], who[1], who[4]]));
    })
    .await;
}
