//! Many who publish into one room at the same moment are answered as if one had come after the other, on both engines.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;
use testkit::on_both_databases;

use crate::{
    desk::Desk,
    house::{Call, House, Reply},
    rooms::ROOMS,
};

const EACH: usize = 15;

#[tokio::test]
async fn a_crowd_is_answered_as_if_one_came_after_the_other() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let (viewer, eve) = (Desk::of(&house, "viewer").await, Desk::of(&house, "eve").await);
        let (room, other) = (ada.room("Orders").await, ada.room("Others").await);
        ada.lets_in(&room, &bob, "member").await;
        ada.lets_in(&room, &viewer, "viewer").await;
        let say = async |desk: &Desk<'_>, to: &str, key: &str, number: usize| {
            let body = json!({ "room_id": to, "type": "said", "data": { "n": number }, "dedupe_key": key });
            desk.send(Call::post("/api/v1/notifications/publish", &body)).await
        };
        assert_eq!(say(&ada, &room, "taken", EACH).await.status, 202);
        let rounds = join_all((0..EACH).map(async |number| {
            let (his, hers) = (format!("b-{number}"), format!("a-{number}"));
            tokio::join!(
                say(&bob, &room, &his, number),
                say(&bob, &room, &his, number),
                say(&viewer, &room, "v", number),
                say(&eve, &room, "e", number),
                say(&ada, &room, "taken", number),
                say(&ada, &room, &hers, number),
                say(&ada, &other, &hers, number),
            )
        }));
        let mut made = BTreeSet::new();
        let is_new = |reply: &Reply| {
            assert_eq!(reply.status, 202, "{}", reply.body);
            reply.body["duplicate"] == false
        };
        for (first, second, viewed, outside, taken, hers, elsewhere) in Box::pin(rounds).await {
            assert!(is_new(&first) ^ is_new(&second), "once per key");
            assert_eq!(first.text("/event_id"), second.text("/event_id"));
            assert!(is_new(&hers) && is_new(&elsewhere));
            viewed.refused(403, "room.forbidden");
            outside.refused(404, "room.not_found");
            taken.refused(422, "room.dedupe_key_taken");
            made.extend([first.text("/event_id").to_owned(), hers.text("/event_id").to_owned()]);
        }
        assert_eq!(made.len(), 2 * EACH);
        let page = ada.get(&format!("{ROOMS}/{room}/events?limit=500")).await;
        let said: Vec<_> =
            page.body["events"].as_array().expect("events").iter().filter(|event| event["type"] == "said").collect();
        let listed: BTreeSet<String> =
            said.iter().skip(1).map(|event| event["event_id"].as_str().expect("an id").to_owned()).collect();
        assert_eq!((said.len(), listed), (2 * EACH + 1, made));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn who_is_made_a_viewer_is_not_heard_after_that() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let bobs = bob.id().await;
        let room = ada.room("Choir").await;
        ada.lets_in(&room, &bob, "member").await;
        let path = format!("{ROOMS}/{room}/members/{bobs}");
        for _ in 0..4 {
            let said = json!({ "room_id": room, "type": "said", "data": {} });
            let saying = join_all((0..10).map(|_| bob.send(Call::post("/api/v1/notifications/publish", &said))));
            let role = |role: &str| ada.send(Call::new("PATCH", &path).json(&json!({ "role": role })));
            let (said, demoted) = tokio::join!(saying, role("viewer"));
            assert_eq!(demoted.status, 200, "{}", demoted.body);
            assert!(said.iter().all(|reply| [202, 403].contains(&reply.status.as_u16())), "{said:?}");
            assert_eq!(role("member").await.status, 200);
        }
        let page = ada.get(&format!("{ROOMS}/{room}/events?limit=500")).await;
        let mut viewer = false;
        for event in page.body["events"].as_array().expect("events") {
            match event["type"].as_str().expect("a type") {
                "member.changed" => viewer = event["data"]["role"] == "viewer",
                "said" => assert!(!viewer, "heard as a viewer: {event}"),
                _ => {}
            }
        }
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn who_is_taken_out_does_not_come_back_by_a_link_of_their_own() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob, cy) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await, Desk::of(&house, "cy").await);
        let room = ada.room("Choir").await;
        let invite = async |desk: &Desk<'_>| {
            let made = desk.send(Call::post(&format!("{ROOMS}/{room}/invitations"), &json!({ "role": "member" }))).await;
            made.text("/token").to_owned()
        };
        let accept = async |desk: &Desk<'_>, token: &str| {
            desk.send(Call::post("/api/v1/invitations/accept", &json!({ "token": token }))).await.status.as_u16()
        };
        ada.lets_in(&room, &bob, "owner").await;
        let (hers, his) = (invite(&ada).await, invite(&bob).await);
        assert_eq!(ada.take_out(&room, &bob.id().await).await.status, 204);
        assert_eq!((accept(&bob, &his).await, accept(&cy, &his).await), (404, 404));
        assert_eq!(accept(&cy, &hers).await, 200, "those of others are still good");
        house.close().await;
    })
    .await;
}
