//! Rooms, who is in them, and invitations, on both engines.

use std::time::Duration;

use domain::rooms::{Invitation, Member, Room, Standing};
use kernel::{Cursor, Entropy as _, EventId, Instant, InvitationId, RoomId, StreamId, UserId};
use store::{
    Open, Store,
    rooms::{
        self, Entered, invitations, members,
        publications::{self, Claim},
        reads,
    },
    scratch,
    streams::{self, Draft},
};
use testkit::{START, SeededEntropy, on_both_databases, on_both_engines};

use crate::inboxes::{people, run};

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

/// Makes a room of which all of these people are owners.
pub(crate) async fn owned_by(store: &Store, number: u64, people: &[UserId]) -> RoomId {
    let people: Vec<_> = people.iter().map(|user| (*user, Standing::Owner)).collect();
    make(store, number, &people).await
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
        assert_eq!(entered, Entered { room: counted.clone(), standing: Standing::Viewer, joined_at: after(1), unread: 0 });
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
        let (third, bob) = (invitation(id, 22, after(10)), people(&store, 5..6).await[0]);
        keep(&store, &(Invitation { invited_by: Some(ann), ..third.0.clone() }, third.1)).await;
        for (room, user, left) in [(elsewhere, ann, 2), (id, bob, 2), (id, ann, 1)] {
            run(&store, move |tx| Box::pin(invitations::delete_of(tx, room, user))).await;
            assert_eq!(run(&store, move |tx| Box::pin(invitations::of(tx, id, START))).await.len(), left);
        }
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
                    kind: "room.created".into(),
                    data: "{}".to_owned(),
                };
                let drafts = vec![event(id), event(id), event(id), event(other)];
                Box::pin(streams::append(tx, drafts, START))
            })
            .await;
        }
        run(&store, move |tx| {
            Box::pin(async move {
                let event = EventId::from_uuid(uuid::Uuid::nil());
                let claims = ["a", "b", "c", "d", "e"].map(|key| Claim { key, event, hash: [0; 32] });
                publications::claim(tx, other, &claims, START).await?;
                publications::claim(tx, id, &claims, START).await
            })
        })
        .await;
        assert_eq!(run(&store, |tx| Box::pin(rooms::purge(tx, 4))).await, 0, "nothing is deleted");
        run(&store, move |tx| Box::pin(rooms::discard(tx, id, after(5)))).await;
        assert_eq!(seen(&store, ann, id).await, None);
        assert_eq!(run(&store, move |tx| Box::pin(rooms::lock(tx, id))).await, None);
        assert_eq!(run(&store, move |tx| Box::pin(async move { rooms::among(tx, &[id, other]).await })).await, [other]);
        assert_eq!(run(&store, move |tx| Box::pin(invitations::of(tx, id, START))).await, []);
        // Four events; two, and four keys; a key, and the room.
        let rounds = [4, 2 + 4, 1 + 1, 0];
        for gone in rounds {
            assert_eq!(run(&store, |tx| Box::pin(rooms::purge(tx, 4))).await, gone);
        }
        assert_eq!(run(&store, move |tx| Box::pin(streams::extent(tx, StreamId::from(id)))).await, None);
        let kept = run(&store, move |tx| Box::pin(streams::extent(tx, StreamId::from(other)))).await.expect("it is there");
        assert_eq!(run(&store, move |tx| Box::pin(publications::purge_room(tx, other, 4))).await, 4);
        assert_eq!(run(&store, move |tx| Box::pin(publications::purge_room(tx, other, 4))).await, 1, "another room kept its own");
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

#[tokio::test]
async fn a_key_stands_for_the_first_event_published_under_it() {
    on_both_engines(async |store| {
        let ann = people(&store, 0..1).await[0];
        let (id, other) = (make(&store, 10, &[(ann, Standing::Owner)]).await, make(&store, 11, &[(ann, Standing::Owner)]).await);
        let event = |number: u8| EventId::from_uuid(uuid::Uuid::from_u128(number.into()));
        let claim = async |room: RoomId, wanted: &'static [(&'static str, u8)]| {
            let claims: Vec<_> =
                wanted.iter().map(|&(key, number)| Claim { key, event: event(number), hash: [number; 32] }).collect();
            let at = after(wanted[0].1.into());
            let known = run(&store, move |tx| {
                let claims = claims.clone();
                Box::pin(async move { publications::claim(tx, room, &claims, at).await })
            });
            known.await.into_iter().map(|known| (known.event, known.hash[0])).collect::<Vec<_>>()
        };
        assert_eq!(claim(id, &[("a", 1)]).await, [(event(1), 1)]);
        assert_eq!(claim(id, &[("a", 2)]).await, [(event(1), 1)], "it is taken");
        assert_eq!(
            claim(id, &[("c", 3), ("a", 3), ("b", 3), ("c", 4)]).await,
            [(event(3), 3), (event(1), 1), (event(3), 3), (event(3), 3)],
            "of two the first"
        );
        assert_eq!(claim(other, &[("a", 4)]).await, [(event(4), 4)], "of another room");
        assert_eq!(run(&store, |tx| Box::pin(publications::purge(tx, after(4), 10))).await, 3);
        assert_eq!(claim(id, &[("a", 5)]).await, [(event(5), 5)], "it was forgotten");
        assert_eq!(claim(other, &[("a", 6)]).await, [(event(4), 4)]);
    })
    .await;
}

#[tokio::test]
async fn a_room_is_found_by_what_the_programs_of_somebody_call_it() {
    on_both_engines(async |store| {
        let who = people(&store, 0..2).await;
        let (ann, bob) = (who[0], who[1]);
        let (hers, his) = (make(&store, 10, &[(ann, Standing::Owner)]).await, make(&store, 11, &[(bob, Standing::Owner)]).await);
        for (user, id) in [(ann, hers), (bob, his)] {
            run(&store, move |tx| Box::pin(rooms::set_key(tx, id, (user, "order")))).await;
        }
        assert_eq!(run(&store, move |tx| Box::pin(rooms::by_key(tx, ann, "order"))).await, Some(hers));
        assert_eq!(run(&store, move |tx| Box::pin(rooms::by_key(tx, bob, "order"))).await, Some(his));
        assert_eq!(run(&store, move |tx| Box::pin(rooms::by_key(tx, ann, "Order"))).await, None);
        run(&store, move |tx| Box::pin(rooms::forget_key(tx, hers, bob))).await;
        assert_eq!(run(&store, move |tx| Box::pin(rooms::by_key(tx, ann, "order"))).await, Some(hers), "not his");
        run(&store, move |tx| Box::pin(rooms::forget_key(tx, hers, ann))).await;
        run(&store, move |tx| Box::pin(rooms::discard(tx, his, after(1)))).await;
        for user in [ann, bob] {
            assert_eq!(run(&store, move |tx| Box::pin(rooms::by_key(tx, user, "order"))).await, None);
        }
    })
    .await;
}

#[tokio::test]
async fn of_many_places_those_that_are_held_are_told_apart() {
    on_both_engines(async |store| {
        let who = people(&store, 0..2).await;
        let (ann, bob) = (who[0], who[1]);
        let (one, other) = (
            make(&store, 10, &[(ann, Standing::Viewer), (bob, Standing::Owner)]).await,
            make(&store, 11, &[(bob, Standing::Owner)]).await,
        );
        let asked = [(ann, one), (ann, other), (bob, one), (bob, other)];
        let mut there = run(&store, move |tx| Box::pin(async move { members::among(tx, &asked).await })).await;
        there.sort();
        let mut expected = vec![(ann, one), (bob, one), (bob, other)];
        expected.sort();
        assert_eq!(there, expected);
        assert_eq!(run(&store, |tx| Box::pin(members::among(tx, &[]))).await, []);
        let held = async |room| run(&store, move |tx| Box::pin(async move { members::hold(tx, room, &[ann, bob]).await })).await;
        let mut both = [(ann, Standing::Viewer), (bob, Standing::Owner)];
        both.sort_by_key(|(user, _)| *user);
        let mut of_one = held(one).await;
        of_one.sort_by_key(|(user, _)| *user);
        assert_eq!((of_one, held(other).await), (both.to_vec(), vec![(bob, Standing::Owner)]));
    })
    .await;
}

#[tokio::test]
async fn of_a_full_room_the_oldest_events_go_first() {
    on_both_engines(async |store| {
        let ann = people(&store, 0..1).await[0];
        let (id, other) = (make(&store, 10, &[(ann, Standing::Owner)]).await, make(&store, 11, &[(ann, Standing::Owner)]).await);
        run(&store, move |tx| {
            let entropy = SeededEntropy::new(30);
            let event = |stream| Draft {
                stream: StreamId::from(stream),
                id: EventId::mint(START, &entropy),
                kind: "said".into(),
                data: "{}".to_owned(),
            };
            let mut drafts: Vec<Draft> = (0..10).map(|_| event(id)).collect();
            drafts.extend((0..4).map(|_| event(other)));
            Box::pin(streams::append(tx, drafts, START))
        })
        .await;
        assert_eq!(run(&store, |tx| Box::pin(rooms::overfull(tx, 4, 10))).await, [id]);
        for gone in [4, 2, 0] {
            assert_eq!(run(&store, move |tx| Box::pin(streams::trim_to(tx, StreamId::from(id), 4, 4))).await, gone);
        }
        assert_eq!(run(&store, |tx| Box::pin(rooms::overfull(tx, 4, 10))).await, []);
        let extent = run(&store, move |tx| Box::pin(streams::extent(tx, StreamId::from(id)))).await.expect("its stream");
        assert_eq!((extent.head.seq, extent.low), (10, 7));
        let after = kernel::Position { epoch: 1, seq: 0 };
        let left = run(&store, move |tx| Box::pin(streams::page(tx, StreamId::from(id), after, 100))).await;
        assert_eq!(left.iter().map(|event| event.position.seq).collect::<Vec<_>>(), [7, 8, 9, 10]);
    })
    .await;
}

#[tokio::test]
async fn what_is_unread_is_what_comes_after_the_position_of_its_reader() {
    on_both_engines(async |store| {
        let who = people(&store, 0..2).await;
        let (ann, bob) = (who[0], who[1]);
        let id = make(&store, 10, &[(ann, Standing::Owner), (bob, Standing::Viewer)]).await;
        run(&store, move |tx| {
            let entropy = SeededEntropy::new(30);
            let event = |_| Draft {
                stream: StreamId::from(id),
                id: EventId::mint(START, &entropy),
                kind: "said".into(),
                data: "{}".to_owned(),
            };
            let drafts = (0..10).map(event).collect();
            Box::pin(streams::append(tx, drafts, START))
        })
        .await;
        let at = |seq| kernel::Position { epoch: 1, seq };
        let put = async |user, position| run(&store, move |tx| Box::pin(reads::put(tx, id, user, position))).await;
        let unread = async |user| run(&store, move |tx| Box::pin(reads::unread(tx, user))).await;
        assert_eq!(unread(ann).await, [(id, 10)], "whoever said nothing has read nothing");
        put(ann, at(4)).await;
        put(ann, at(3)).await;
        assert_eq!((unread(ann).await, unread(bob).await), (vec![(id, 6)], vec![(id, 10)]), "never back");
        assert_eq!(seen(&store, ann, id).await.map(|entered| entered.unread), Some(6));
        for (from, left) in [(3, 6), (4, 1)] {
            run(&store, move |tx| Box::pin(reads::follow(tx, id, ann, (at(from), at(9))))).await;
            assert_eq!(unread(ann).await, [(id, left)], "only from where she is");
        }
        // Of what is not kept any more nobody has to read anything, and a position of another epoch says nothing.
        assert_eq!(run(&store, move |tx| Box::pin(streams::trim_to(tx, StreamId::from(id), 3, 100))).await, 7);
        assert_eq!((unread(ann).await, unread(bob).await), (vec![(id, 1)], vec![(id, 3)]));
        put(ann, kernel::Position { epoch: 2, seq: 1 }).await;
        assert_eq!(unread(ann).await, [(id, 3)]);
        assert_eq!(run(&store, move |tx| Box::pin(reads::find(tx, id, ann))).await, Some(kernel::Position { epoch: 2, seq: 1 }));

        run(&store, move |tx| Box::pin(members::delete(tx, id, ann))).await;
        put(ann, at(10)).await;
        assert_eq!((unread(ann).await, run(&store, move |tx| Box::pin(reads::find(tx, id, ann))).await), (vec![], None));
        assert_eq!(run(&store, move |tx| Box::pin(reads::version(tx, ann))).await, 0);
        for version in 1..=2 {
            assert_eq!(run(&store, move |tx| Box::pin(reads::lock(tx, ann))).await, version - 1);
            run(&store, move |tx| Box::pin(reads::set_version(tx, ann, version))).await;
        }
        assert_eq!(run(&store, move |tx| Box::pin(reads::version(tx, ann))).await, 2);
    })
    .await;
}

#[tokio::test]
async fn whatever_of_rooms_names_a_person_is_found_by_the_person() {
    const OURS: &str =
        "('rooms', 'room_members', 'room_invitations', 'room_publications', 'room_readers', 'comments', 'comment_mentions',
        'reactions')";
    on_both_databases(async |database| {
        database.store().await.close().await;
        let names = if matches!(database.open(), Open::Sqlite(_)) {
            format!(
                "SELECT count(*) AS named, sum(EXISTS (SELECT 1 FROM pragma_index_list(t.name) l, pragma_index_info(l.name) i
                     WHERE l.partial = 0 AND i.seqno = 0 AND i.name = f.\"from\")) AS found
                 FROM sqlite_master t, pragma_foreign_key_list(t.name) f
                 WHERE t.type = 'table' AND f.\"table\" = 'users' AND t.name IN {OURS}"
            )
        } else {
            format!(
                "SELECT count(*) AS named, sum(CASE WHEN EXISTS (SELECT 1 FROM pg_index i
                     WHERE i.indrelid = f.conrelid AND i.indpred IS NULL AND i.indkey[0] = f.conkey[1]) THEN 1 ELSE 0 END) AS found
                 FROM pg_constraint f JOIN pg_class t ON t.oid = f.conrelid
                 WHERE f.contype = 'f' AND f.confrelid = 'users'::regclass AND t.relname IN {OURS}"
            )
        };
        let number = async |column| {
            let sql = format!("SELECT CAST({column} AS bigint) FROM ({names}) AS counted");
            scratch::numbers(database.open(), &sql).await.expect("a number")[0]
        };
        assert_eq!((number("named").await, number("found").await), (7, 7));
    })
    .await;
}
