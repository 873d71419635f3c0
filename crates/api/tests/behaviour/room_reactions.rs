//! What people think of what happens in rooms, over HTTP, on both engines.

use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    desk::Desk,
    house::{Call, House, Reply},
    rooms::ROOMS,
};

const LIKE: &str = "%F0%9F%91%8D";
const PARTY: &str = "%F0%9F%8E%89";

impl Desk<'_> {
    pub(crate) async fn react(&self, room: &str, about: &str, emoji: &str) -> Reply {
        self.send(Call::new("PUT", &format!("{ROOMS}/{room}/reactions/{about}/{emoji}"))).await
    }

    async fn take_back(&self, room: &str, about: &str, emoji: &str) -> Reply {
        self.send(Call::new("DELETE", &format!("{ROOMS}/{room}/reactions/{about}/{emoji}"))).await
    }
}

fn reaction(emoji: &str, count: u32, mine: bool) -> Value {
    json!({ "emoji": emoji, "count": count, "mine": mine })
}

#[tokio::test]
async fn reactions_are_given_counted_and_taken_back() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let room = ada.room("Choir").await;
        ada.lets_in(&room, &bob, "member").await;
        let (ada_id, comment) = (ada.id().await, bob.remark(&room, "Hello").await);
        let event = ada.get(&format!("{ROOMS}/{room}/events")).await.text("/events/0/event_id").to_owned();
        let given = ada.react(&room, &comment, LIKE).await;
        assert_eq!(given.body, json!({ "about": comment, "reactions": [reaction("👍", 1, true)] }), "{}", given.status);
        assert_eq!(ada.react(&room, &comment, LIKE).await.body, given.body, "again");
        house.clock.advance(std::time::Duration::from_secs(1));
        let both = bob.react(&room, &comment, PARTY).await;
        assert_eq!(both.body["reactions"], json!([reaction("👍", 1, false), reaction("🎉", 1, true)]));
        house.clock.advance(std::time::Duration::from_secs(1));
        assert_eq!(bob.react(&room, &comment, LIKE).await.body["reactions"][0], reaction("👍", 2, true));
        assert_eq!(bob.react(&room, &event, LIKE).await.status, 200);

        let listed = ada.get(&format!("{ROOMS}/{room}/comments")).await;
        let seen = json!([reaction("👍", 2, true), reaction("🎉", 1, false)]);
        assert_eq!(listed.body["comments"][0]["reactions"], seen);
        let nothing = "sch_00000000000000000000000007";
        let of = ada.get(&format!("{ROOMS}/{room}/reactions?about={event},{comment},{nothing},{event}")).await;
        let expected = json!({ "items": [
            { "about": event, "reactions": [reaction("👍", 1, false)] },
            { "about": comment, "reactions": seen },
            { "about": nothing, "reactions": [] },
        ] });
        assert_eq!(of.body, expected);
        let left = ada.take_back(&room, &comment, LIKE).await;
        assert_eq!(left.body["reactions"], json!([reaction("🎉", 1, false), reaction("👍", 1, false)]));
        assert_eq!(ada.take_back(&room, &comment, LIKE).await.body, left.body, "again");
        let told: Vec<_> = ada.told(&room).await.into_iter().filter(|(kind, _)| kind.starts_with("reaction.")).collect();
        assert_eq!(told.len(), 5, "nothing is told of what changed nothing: {told:?}");
        let data = json!({ "about": comment, "emoji": "👍", "user_id": ada_id });
        assert_eq!(told[0], ("reaction.added".to_owned(), data.clone()));
        assert_eq!(told[4], ("reaction.removed".to_owned(), data));

        // With the comment go the reactions to it, and nobody has a new one to it.
        assert_eq!(bob.send(Call::new("DELETE", &format!("{ROOMS}/{room}/comments/{comment}"))).await.status, 204);
        assert_eq!(bob.take_back(&room, &comment, PARTY).await.body["reactions"], json!([]));
        bob.react(&room, &comment, PARTY).await.refused(404, "room.item_not_found");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn who_only_reads_does_not_react_and_nobody_from_outside_sees_anything() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        let (viewer, eve) = (Desk::of(&house, "viewer").await, Desk::of(&house, "eve").await);
        let room = ada.room("Choir").await;
        ada.lets_in(&room, &viewer, "viewer").await;
        let comment = ada.remark(&room, "Hello").await;
        assert_eq!(ada.react(&room, &comment, LIKE).await.status, 200);
        viewer.react(&room, &comment, LIKE).await.refused(403, "room.forbidden");
        // What they said when they still might, they may take back.
        assert_eq!(viewer.take_back(&room, &comment, LIKE).await.status, 200);
        let list = format!("{ROOMS}/{room}/reactions?about={comment}");
        assert_eq!(viewer.get(&list).await.body["items"][0]["reactions"], json!([reaction("👍", 1, false)]));
        eve.react(&room, &comment, LIKE).await.refused(404, "room.not_found");
        eve.take_back(&room, &comment, LIKE).await.refused(404, "room.not_found");
        eve.get(&list).await.refused(404, "room.not_found");
        let own = eve.room("Own").await;
        eve.react(&own, &comment, LIKE).await.refused(404, "room.item_not_found");
        let there = eve.get(&format!("{ROOMS}/{own}/reactions?about={comment}")).await;
        assert_eq!(there.body["items"][0]["reactions"], json!([]), "what is in one room is not in another");

        for (about, emoji, status, code) in [
            (comment.as_str(), "ok", 422, "room.invalid"),
            (&comment, "%20", 422, "room.invalid"),
            (&comment, "7", 422, "room.invalid"),
            (&comment, &LIKE.repeat(9), 422, "room.invalid"),
            (&comment, "%FF", 400, "id.malformed"),
            ("x", LIKE, 400, "id.malformed"),
            (&room, LIKE, 400, "id.malformed"),
            ("evt_00000000000000000000000007", LIKE, 404, "room.item_not_found"),
        ] {
            ada.react(&room, about, emoji).await.refused(status, code);
        }
        for bad in ["", "x", &format!("{comment},")] {
            ada.get(&format!("{ROOMS}/{room}/reactions?about={bad}")).await.refused(422, "query.invalid");
        }
        let many = |many: u32| (0..many).map(|number| format!("cmt_{number:026}")).collect::<Vec<_>>().join(",");
        assert_eq!(ada.get(&format!("{ROOMS}/{room}/reactions?about={}", many(100))).await.status, 200);
        ada.get(&format!("{ROOMS}/{room}/reactions?about={}", many(101))).await.refused(422, "query.invalid");
        ada.get(&format!("{ROOMS}/{room}/reactions")).await.refused(422, "query.invalid");
        house.close().await;
    })
    .await;
}

/// Different emojis: faces.
fn face(number: u32) -> String {
    let face = char::from_u32(0x1f600 + number).expect("a face").to_string();
    form_urlencoded::byte_serialize(face.as_bytes()).collect()
}

#[tokio::test]
async fn the_same_reaction_at_once_is_one_and_there_are_so_many_at_most() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        let room = ada.room("Choir").await;
        let comment = ada.remark(&room, "Hello").await;
        let same = join_all((0..12).map(|_| ada.react(&room, &comment, LIKE))).await;
        assert!(same.iter().all(|reply| reply.status == 200), "{same:?}");
        assert_eq!(ada.told(&room).await.len(), 2, "said once and liked once");

        let faces: Vec<String> = (0..25).map(face).collect();
        let many = join_all(faces.iter().map(|face| ada.react(&room, &comment, face))).await;
        assert_eq!(many.iter().filter(|reply| reply.status == 200).count(), 19, "one was there");
        for refused in many.iter().filter(|reply| reply.status != 200) {
            refused.refused(409, "reaction.too_many");
        }
        assert_eq!(ada.react(&room, &comment, LIKE).await.body["reactions"].as_array().map(Vec::len), Some(20));
        let other = ada.remark(&room, "Another").await;
        assert_eq!(ada.react(&room, &other, LIKE).await.status, 200, "of each thing");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn all_together_give_one_thing_a_hundred_different_reactions_at_most() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        let room = ada.room("Choir").await;
        let comment = ada.remark(&room, "Hello").await;
        let mut number = 0;
        for name in ["b1", "b2", "b3", "b4", "b5"] {
            let one = Desk::of(&house, name).await;
            ada.lets_in(&room, &one, "member").await;
            for _ in 0..20 {
                // The faces, and what comes after them in the table.
                let given = one.react(&room, &comment, &sign(number)).await;
                assert_eq!(given.status, 200, "{number}: {}", given.body);
                number += 1;
            }
        }
        ada.react(&room, &comment, &sign(number)).await.refused(409, "reaction.too_many_kinds");
        assert_eq!(ada.react(&room, &comment, &sign(7)).await.status, 200, "one of those that are there");
        house.close().await;
    })
    .await;
}

/// Different signs, more than there are faces: those of transport as well.
fn sign(number: u32) -> String {
    if number < 0x50 { face(number) } else { face(0x80 + number - 0x50) }
}
