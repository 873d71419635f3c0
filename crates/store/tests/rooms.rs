//! Rooms, who is in them, and invitations, on both engines.

#[expect(dead_code, reason = "shared by test files that need different parts of it")]
mod inboxes;

use std::time::Duration;

use domain::rooms::{Invitation, Member, Room, Standing};
use inboxes::{people, run};
use kernel::{Cursor, Entropy as _, EventId, Instant, InvitationId, RoomId, StreamId, UserId};
use store::{
    Store,
    rooms::{self, Entered, invitations, members},
    scratch,
    streams::{self, Draft},
};
use testkit::{START, SeededEntropy, on_both_databases, on_both_engines};

fn after(seconds: u64) -> Instant {
    START + Duration::from_secs(seconds)
}

fn room(number: u64) -> Room {
    let id = RoomId::mint(START, &SeededEntropy::new(number));
    Room { id, name: format!("Room {number}"), members: 0, version: 1, created_at: START, updated_at: START }
}

/// Makes a room with these people, of whom each came a second after the one before.
async fn make(store: &Store, number: u64, people: &[(UserId, Standing)]) -> RoomId {
    let (room, people) = (room(number), people.to_vec());
    let id = room.id;
    run(store, move |tx| {
        let (room, people) = (room.clone(), people.clone());
        Box::pin(async move {
            rooms::insert(tx, &room).await?;
            for (second, who) in (0..).zip(people) {
                members::insert(tx, room.id, who, after(second)).await?;
            }
            Ok(())
        })
    })
    .await;
    id
}

fn invitation(room: RoomId, number: u64, expires_at: Instant) -> (Invitation, [u8; 32]) {
    let entropy = SeededEntropy::new(number);
    let id = InvitationId::mint(START, &entropy);
    let made = Invitation { id, room, standing: Standing::Viewer, invited_by: None, accepted: 0, created_at: START, expires_at };
    (made, entropy.bytes32())
}

async fn keep(store: &Store, (made, hash): &(Invitation, [u8; 32])) {
    let (made, hash) = (made.clone(), *hash);
    run(store, move |tx| {
        let made = made.clone();
        Box::pin(async move { invitations::insert(tx, &made, &hash).await })
    })
    .await;
}

async fn seen(store: &Store, user: UserId, id: RoomId) -> Option<Entered> {
    run(store, move |tx| Box::pin(rooms::find(tx, user, id))).await
}

async fn standings(store: &Store, id: RoomId) -> Vec<(UserId, Standing)> {
    let all = run(store, move |tx| Box::pin(members::page(tx, id, None, 100))).await;
    all.into_iter().map(|member| (member.user, member.standing)).collect()
}

#[tokio::test]
async fn a_room_is_there_for_those_in_it_and_counts_them() {
    on_both_engines(async |store| {
        let who = people(&store, 0..3).await;
        let (ann, bob, eve) = (who[0], who[1], who[2]);
        let id = make(&store, 10, &[(ann, Standing::Owner), (bob, Standing::Viewer)]).await;
        let entered = seen(&store, bob, id).await.expect("he is in it");
        let counted = Room { members: 2, ..room(10) };
        assert_eq!(entered, Entered { room: counted.clone(), standing: Standing::Viewer, joined_at: after(1) });
        assert_eq!(seen(&store, eve, id).await, None);
        assert_eq!(run(&store, move |tx| Box::pin(rooms::lock(tx, id))).await, Some(counted.clone()));

        let renamed = Room { name: "Choir".to_owned(), version: 2, updated_at: after(9), ..counted };
        let kept = renamed.clone();
        run(&store, move |tx| {
            let kept = kept.clone();
            Box::pin(async move { rooms::update(tx, &kept).await })
        })
        .await;
        assert_eq!(seen(&store, ann, id).await.expect("she is in it").room, renamed);
        let extent = run(&store, move |tx| Box::pin(streams::extent(tx, StreamId::from(id)))).await;
        assert_eq!(extent.expect("its stream").head.seq, 0);
    })
    .await;
}

#[tokio::test]
async fn lists_of_rooms_and_of_members_go_on_where_a_page_ended() {
    on_both_engines(async |store| {
        let who = people(&store, 0..5).await;
        let ann = who[0];
        let mut made = Vec::new();
        for number in 0..3u64 {
            // She comes into each a second later.
            let others = &who[1..=usize::try_from(number).expect("few")];
            let mut all: Vec<_> = others.iter().map(|user| (*user, Standing::Member)).collect();
            all.push((ann, Standing::Owner));
            made.push(make(&store, 10 + number, &all).await);
        }
        let first = run(&store, move |tx| Box::pin(rooms::page(tx, ann, None, 2))).await;
        assert_eq!(first.iter().map(|entered| entered.room.id).collect::<Vec<_>>(), [made[2], made[1]], "the last one first");
        let place = first.last().map(|entered| Cursor::new(entered.joined_at, entered.room.id.uuid()));
        let rest = run(&store, move |tx| Box::pin(rooms::page(tx, ann, place, 2))).await;
        assert_eq!(rest.iter().map(|entered| entered.room.id).collect::<Vec<_>>(), [made[0]]);
        assert_eq!(run(&store, move |tx| Box::pin(rooms::count(tx, ann))).await, 3);

        let id = made[2];
        let page = run(&store, move |tx| Box::pin(members::page(tx, id, None, 2))).await;
        let place = page.last().map(|member| Cursor::new(member.joined_at, member.user.uuid()));
        let rest = run(&store, move |tx| Box::pin(members::page(tx, id, place, 2))).await;
        let all: Vec<UserId> = page.iter().chain(&rest).map(|member| member.user).collect();
        assert_eq!(all, [who[1], who[2], ann], "who came first is first");
        let mut users = run(&store, move |tx| Box::pin(members::users(tx, id))).await;
        users.sort();
        let mut expected = all;
        expected.sort();
        assert_eq!(users, expected);
    })
    .await;
}

#[tokio::test]
async fn members_become_something_else_and_go() {
    on_both_engines(async |store| {
        let who = people(&store, 0..2).await;
        let (ann, bob) = (who[0], who[1]);
        let id = make(&store, 10, &[(ann, Standing::Owner), (bob, Standing::Viewer)]).await;
        let found = run(&store, move |tx| Box::pin(members::find(tx, id, bob))).await;
        let name = "Person 1".to_owned();
        assert_eq!(
            found,
            Some(Member { room: id, user: bob, display_name: name, standing: Standing::Viewer, joined_at: after(1) })
        );
        run(&store, move |tx| Box::pin(members::change(tx, id, (bob, Standing::Owner)))).await;
        assert_eq!(run(&store, move |tx| Box::pin(members::owners(tx, id))).await, 2);
        run(&store, move |tx| Box::pin(members::delete(tx, id, ann))).await;
        assert_eq!(run(&store, move |tx| Box::pin(members::standing(tx, id, ann))).await, None);
        assert_eq!(run(&store, move |tx| Box::pin(members::standing(tx, id, bob))).await, Some(Standing::Owner));
        assert_eq!(seen(&store, bob, id).await.expect("he is in it").room.members, 1);
    })
    .await;
}

#[tokio::test]
async fn an_invitation_is_found_by_its_hash_until_it_expires() {
    on_both_engines(async |store| {
        let ann = people(&store, 0..1).await[0];
        let id = make(&store, 10, &[(ann, Standing::Owner)]).await;
        let elsewhere = make(&store, 11, &[(ann, Standing::Owner)]).await;
        let (short, long) = (invitation(id, 20, after(10)), invitation(id, 21, after(20)));
        for one in [&short, &long] {
            keep(&store, one).await;
        }
        let (hash, which) = (short.1, short.0.id);
        run(&store, move |tx| Box::pin(invitations::accepted(tx, which))).await;
        let found = run(&store, move |tx| Box::pin(async move { invitations::by_hash(tx, &hash, after(9)).await })).await;
        assert_eq!(found, Some(Invitation { accepted: 1, ..short.0.clone() }));
        let late = run(&store, move |tx| Box::pin(async move { invitations::by_hash(tx, &hash, after(10)).await })).await;
        assert_eq!(late, None);
        for (now, good) in [(0, 2), (10, 1), (20, 0)] {
            assert_eq!(run(&store, move |tx| Box::pin(invitations::count(tx, id, after(now)))).await, good);
            let listed = run(&store, move |tx| Box::pin(invitations::of(tx, id, after(now)))).await;
            assert_eq!(i64::try_from(listed.len()).expect("few"), good);
        }
        let which = long.0.id;
        assert!(!run(&store, move |tx| Box::pin(invitations::delete(tx, elsewhere, which))).await, "not of that room");
        assert!(run(&store, move |tx| Box::pin(invitations::delete(tx, id, which))).await);
        assert_eq!(run(&store, move |tx| Box::pin(invitations::purge(tx, after(9), 10))).await, 0);
        assert_eq!(run(&store, move |tx| Box::pin(invitations::purge(tx, after(10), 10))).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_room_is_nobodys_and_is_forgotten_piece_by_piece() {
    on_both_engines(async |store| {
        let ann = people(&store, 0..1).await[0];
        let id = make(&store, 10, &[(ann, Standing::Owner)]).await;
        let other = make(&store, 11, &[(ann, Standing::Owner)]).await;
        keep(&store, &invitation(id, 20, after(10))).await;
        for number in [0u64, 1] {
            run(&store, move |tx| {
                let entropy = SeededEntropy::new(30 + number);
                let event = |stream| Draft {
                    stream: StreamId::from(stream),
                    id: EventId::mint(START, &entropy),
                    kind: "room.created",
                    data: "{}".to_owned(),
                };
                let drafts = vec![event(id), event(id), event(id), event(other)];
                Box::pin(streams::append(tx, drafts, START))
            })
            .await;
        }
        assert_eq!(run(&store, |tx| Box::pin(rooms::purge(tx, 4))).await, 0, "nothing is deleted");
        run(&store, move |tx| Box::pin(rooms::discard(tx, id, after(5)))).await;
        assert_eq!(seen(&store, ann, id).await, None);
        assert_eq!(run(&store, move |tx| Box::pin(rooms::lock(tx, id))).await, None);
        assert_eq!(run(&store, move |tx| Box::pin(invitations::of(tx, id, START))).await, []);
        let rounds = [4, 2 + 1, 0];
        for gone in rounds {
            assert_eq!(run(&store, |tx| Box::pin(rooms::purge(tx, 4))).await, gone);
        }
        assert_eq!(run(&store, move |tx| Box::pin(streams::extent(tx, StreamId::from(id)))).await, None);
        let kept = run(&store, move |tx| Box::pin(streams::extent(tx, StreamId::from(other)))).await.expect("it is there");
        assert_eq!((kept.head.seq, seen(&store, ann, other).await.is_some()), (2, true));
    })
    .await;
}

#[tokio::test]
async fn with_an_account_go_its_places_in_rooms_and_no_room_is_left_without_an_owner() {
    on_both_databases(async |database| {
        let store = database.store().await;
        let who = people(&store, 0..3).await;
        let (ann, bob, eve) = (who[0], who[1], who[2]);
        let alone = make(&store, 10, &[(ann, Standing::Owner)]).await;
        let shared = make(&store, 11, &[(ann, Standing::Owner), (bob, Standing::Viewer), (eve, Standing::Member)]).await;
        let owned = make(&store, 12, &[(bob, Standing::Viewer), (ann, Standing::Owner), (eve, Standing::Owner)]).await;
        store.close().await;
        drop(store);
        scratch::script(database.open(), "DELETE FROM users WHERE email_key = 'person0@example.org'").await.expect("gone");

        let store = database.store().await;
        assert_eq!(standings(&store, shared).await, [(bob, Standing::Owner), (eve, Standing::Member)], "who came first");
        assert_eq!(standings(&store, owned).await, [(bob, Standing::Viewer), (eve, Standing::Owner)]);
        assert_eq!(seen(&store, bob, shared).await.expect("he is in it").room.members, 2);
        assert_eq!(run(&store, move |tx| Box::pin(rooms::lock(tx, alone))).await, None, "nobody is left in it");
        assert_eq!(run(&store, |tx| Box::pin(rooms::purge(tx, 10))).await, 1);
        store.close().await;
    })
    .await;
}
