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
