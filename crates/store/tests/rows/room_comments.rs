//! What people say in rooms, whom they name and what they think of it, on both engines.

use std::time::Duration;

use domain::rooms::{About, Author, Comment, Reaction};
use kernel::{CommentId, Cursor, EventId, Instant, Position, RoomId, ScheduleId, StreamId, UserId};
use store::{
    Store,
    rooms::{self, comments, items, reactions},
    scratch,
    streams::{self, Draft},
};
use testkit::{START, SeededEntropy, on_both_databases, on_both_engines};
use uuid::Uuid;

use crate::{
    inboxes::{people, run},
    rooms::owned_by,
};

fn after(seconds: u64) -> Instant {
    START + Duration::from_secs(seconds)
}

fn id(number: u128) -> CommentId {
    CommentId::from_uuid(Uuid::from_u128(number))
}

/// What person `who` says, a second after what has the number before.
fn said(room: RoomId, number: u64, (author, who): (UserId, u64), about: Option<About>) -> Comment {
    Comment {
        id: id(number.into()),
        room,
        about,
        author: Some(Author { id: author, name: format!("Person {who}") }),
        text: format!("Comment {number}"),
        mentions: Vec::new(),
        version: 1,
        created_at: after(number),
        edited_at: None,
    }
}

async fn say(store: &Store, comment: &Comment) -> Vec<UserId> {
    let comment = comment.clone();
    run(store, move |tx| {
        let comment = comment.clone();
        Box::pin(async move {
            comments::insert(tx, &comment).await?;
            comments::mention(tx, comment.id, &comment.mentions).await
        })
    })
    .await
}

async fn listed(store: &Store, room: RoomId, about: Option<About>) -> Vec<Comment> {
    run(store, move |tx| Box::pin(comments::page(tx, (room, about), None, 100))).await
}

#[tokio::test]
async fn comments_are_listed_newest_first_and_also_by_what_they_are_about() {
    on_both_engines(async |store| {
        let ann = people(&store, 0..1).await[0];
        let (room, other) = (owned_by(&store, 10, &[ann]).await, owned_by(&store, 11, &[ann]).await);
        let about = Some(About::Comment(id(1)));
        let all = [
            said(room, 1, (ann, 0), None),
            said(room, 2, (ann, 0), about),
            said(room, 3, (ann, 0), Some(About::Schedule(ScheduleId::from_uuid(Uuid::from_u128(1))))),
            said(room, 4, (ann, 0), about),
        ];
        for comment in all.iter().chain([&said(other, 5, (ann, 0), about)]) {
            say(&store, comment).await;
        }
        let mut newest = all.to_vec();
        newest.reverse();
        assert_eq!(listed(&store, room, None).await, newest);
        assert_eq!(listed(&store, room, about).await, [all[3].clone(), all[1].clone()]);
        let place = Some(Cursor::new(after(3), id(3).uuid()));
        let rest = run(&store, move |tx| Box::pin(comments::page(tx, (room, None), place, 1))).await;
        assert_eq!(rest, [all[1].clone()]);
        let rest = run(&store, move |tx| Box::pin(comments::page(tx, (room, about), place, 9))).await;
        assert_eq!(rest, [all[1].clone()]);

        let changed = Comment { text: "Now".to_owned(), version: 2, edited_at: Some(after(9)), ..all[0].clone() };
        let kept = changed.clone();
        run(&store, move |tx| {
            let kept = kept.clone();
            Box::pin(async move { comments::update(tx, &kept).await })
        })
        .await;
        assert_eq!(run(&store, move |tx| Box::pin(comments::lock(tx, room, id(1)))).await, Some(changed));
        assert_eq!(run(&store, move |tx| Box::pin(comments::lock(tx, other, id(1)))).await, None, "not of that room");
        run(&store, move |tx| Box::pin(comments::delete(tx, other, id(1)))).await;
        assert_eq!(listed(&store, room, None).await.len(), 4);
        run(&store, move |tx| Box::pin(comments::delete(tx, room, id(1)))).await;
        assert_eq!(listed(&store, room, None).await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn whom_a_comment_names_is_new_once_whatever_is_edited() {
    on_both_engines(async |store| {
        let who = people(&store, 0..3).await;
        let (ann, bob, eve) = (who[0], who[1], who[2]);
        let room = owned_by(&store, 10, &[ann]).await;
        let mut comment = said(room, 1, (ann, 0), None);
        comment.mentions = vec![ann, bob];
        comment.mentions.sort_unstable();
        let mut fresh = say(&store, &comment).await;
        fresh.sort_unstable();
        assert_eq!(fresh, comment.mentions);
        assert_eq!(listed(&store, room, None).await, [comment.clone()]);
        for (named, fresh) in [(vec![], vec![]), (vec![bob, eve], vec![eve]), (vec![eve], vec![]), (vec![ann, bob], vec![])] {
            let mut expected = named.clone();
            expected.sort_unstable();
            let told = run(&store, move |tx| {
                let named = named.clone();
                Box::pin(async move { comments::mention(tx, id(1), &named).await })
            })
            .await;
            assert_eq!((told, listed(&store, room, None).await[0].mentions.clone()), (fresh, expected));
        }
    })
    .await;
}

#[tokio::test]
async fn reactions_are_counted_per_sign_and_given_once_by_each() {
    on_both_engines(async |store| {
        let who = people(&store, 0..2).await;
        let (ann, bob) = (who[0], who[1]);
        let (room, other) = (owned_by(&store, 10, &[ann]).await, owned_by(&store, 11, &[ann]).await);
        let (one, two) = (About::Comment(id(1)), About::Event(EventId::from_uuid(Uuid::from_u128(1))));
        let put = async |here, by: (UserId, &'static str), second| {
            run(&store, move |tx| Box::pin(reactions::put(tx, here, by, after(second)))).await
        };
        assert!(put((room, one), (bob, "🎉"), 1).await);
        assert!(put((room, one), (ann, "👍"), 2).await);
        assert!(put((room, one), (bob, "👍"), 3).await && !put((room, one), (bob, "👍"), 4).await);
        assert!(put((room, two), (ann, "👍"), 5).await && put((other, one), (ann, "👍"), 6).await);
        let of =
            async |user| run(&store, move |tx| Box::pin(async move { reactions::of(tx, (room, user), &[two, one]).await })).await;
        let reaction = |emoji: &str, count, mine| Reaction { emoji: emoji.to_owned(), count, mine };
        let seen = of(ann).await;
        assert_eq!(seen[&one], [reaction("🎉", 1, false), reaction("👍", 2, true)], "the first that was given is first");
        assert_eq!((&seen[&two], seen.len()), (&vec![reaction("👍", 1, true)], 2));
        assert_eq!(of(bob).await[&one], [reaction("🎉", 1, true), reaction("👍", 2, true)]);
        assert_eq!(run(&store, move |tx| Box::pin(reactions::kinds(tx, (room, one), ann))).await, (1, 2));

        let delete =
            async |by: (UserId, &'static str)| run(&store, move |tx| Box::pin(reactions::delete(tx, (room, one), by))).await;
        assert!(delete((bob, "👍")).await && !delete((bob, "👍")).await);
        assert_eq!(of(bob).await[&one], [reaction("🎉", 1, true), reaction("👍", 1, false)]);
        run(&store, move |tx| Box::pin(async move { reactions::forget(tx, room, &[one]).await })).await;
        assert_eq!(of(ann).await.keys().collect::<Vec<_>>(), [&two]);
        assert_eq!(run(&store, move |tx| Box::pin(reactions::kinds(tx, (other, one), ann))).await, (1, 1), "not those elsewhere");
    })
    .await;
}

/// Appends `many` events to the stream of a room and answers what they are.
async fn happen(store: &Store, room: RoomId, many: u64, seed: u64) -> Vec<About> {
    let events = run(store, move |tx| {
        let entropy = SeededEntropy::new(seed);
        let (stream, kind) = (StreamId::from(room), "said");
        let event = |_| Draft { stream, id: EventId::mint(START, &entropy), kind: kind.into(), data: "{}".to_owned() };
        Box::pin(streams::append(tx, (0..many).map(event).collect(), START))
    })
    .await;
    events.into_iter().map(|event| About::Event(event.id)).collect()
}

#[tokio::test]
async fn one_can_talk_about_what_is_in_the_room_and_nothing_else() {
    on_both_engines(async |store| {
        let ann = people(&store, 0..1).await[0];
        let (room, other) = (owned_by(&store, 10, &[ann]).await, owned_by(&store, 11, &[ann]).await);
        let event = happen(&store, room, 1, 40).await[0];
        say(&store, &said(room, 1, (ann, 0), None)).await;
        let nothing = About::Schedule(ScheduleId::from_uuid(Uuid::from_u128(1)));
        for (room, about, there) in [
            (room, event, true),
            (room, About::Comment(id(1)), true),
            (other, event, false),
            (other, About::Comment(id(1)), false),
            (room, About::Comment(id(2)), false),
            (room, nothing, false),
        ] {
            assert_eq!(run(&store, move |tx| Box::pin(items::lock(tx, room, about))).await, there, "{about}");
        }
    })
    .await;
}

#[tokio::test]
async fn reactions_go_with_events_and_comments_and_the_oldest_comments_of_a_full_room_go_first() {
    on_both_engines(async |store| {
        let ann = people(&store, 0..1).await[0];
        let (room, small) = (owned_by(&store, 10, &[ann]).await, owned_by(&store, 11, &[ann]).await);
        let events = happen(&store, room, 4, 40).await;
        let mut all = events.clone();
        for number in 1..=4 {
            say(&store, &said(room, number, (ann, 0), None)).await;
            all.push(About::Comment(id(number.into())));
        }
        say(&store, &said(small, 5, (ann, 0), None)).await;
        for about in all.clone() {
            run(&store, move |tx| Box::pin(reactions::put(tx, (room, about), (ann, "👍"), START))).await;
        }
        let of = async || {
            let all = all.clone();
            let left = run(&store, move |tx| {
                let all = all.clone();
                Box::pin(async move { reactions::of(tx, (room, ann), &all).await })
            });
            left.await.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(of().await.len(), 8);
        let stream = StreamId::from(room);
        assert_eq!(run(&store, move |tx| Box::pin(streams::trim_to(tx, stream, 2, 100))).await, 2);
        assert_eq!(of().await.len(), 6);
        assert_eq!(run(&store, move |tx| Box::pin(streams::trim(tx, stream, after(1), 100))).await, 2);
        let comments: Vec<About> = all[4..].to_vec();
        assert_eq!(of().await, comments);

        assert_eq!(run(&store, |tx| Box::pin(comments::overfull(tx, 1, 10))).await, [(room, 3)]);
        assert_eq!(run(&store, move |tx| Box::pin(comments::trim(tx, room, 3))).await, 3);
        assert_eq!((of().await, listed(&store, room, None).await.len()), (comments[3..].to_vec(), 1));
        assert_eq!(run(&store, |tx| Box::pin(comments::overfull(tx, 1, 10))).await, []);

        // With a room that was deleted goes what was said in it, in pieces.
        run(&store, move |tx| Box::pin(rooms::discard(tx, room, after(9)))).await;
        let (mut gone, mut rounds) = (0, 0);
        while rounds == 0 || gone > 0 {
            gone = run(&store, |tx| Box::pin(rooms::purge(tx, 1))).await;
            rounds += 1;
        }
        assert!(rounds >= 3 && of().await.is_empty(), "{rounds}");
        assert_eq!((listed(&store, room, None).await, listed(&store, small, None).await.len()), (vec![], 1));
        let extent = run(&store, move |tx| Box::pin(streams::extent(tx, StreamId::from(small)))).await;
        assert_eq!(extent.map(|extent| extent.head), Some(Position { epoch: 1, seq: 0 }));
    })
    .await;
}

#[tokio::test]
async fn with_an_account_go_its_reactions_and_its_name_but_not_what_it_said() {
    on_both_databases(async |database| {
        let store = database.store().await;
        let who = people(&store, 0..2).await;
        let (ann, bob) = (who[0], who[1]);
        let room = owned_by(&store, 10, &[bob]).await;
        let mut comment = said(room, 1, (ann, 0), None);
        comment.mentions = vec![ann];
        say(&store, &comment).await;
        let here = (room, About::Comment(id(1)));
        run(&store, move |tx| Box::pin(reactions::put(tx, here, (ann, "👍"), START))).await;
        store.close().await;
        drop(store);
        scratch::script(database.open(), "DELETE FROM users WHERE email_key = 'person0@example.org'").await.expect("gone");

        let store = database.store().await;
        let left = Comment { author: None, mentions: vec![], ..comment };
        assert_eq!(listed(&store, room, None).await, [left]);
        assert_eq!(run(&store, move |tx| Box::pin(reactions::kinds(tx, here, ann))).await, (0, 0));
        store.close().await;
    })
    .await;
}
