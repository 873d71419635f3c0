//! What is published into rooms: who may, once per key, its pages and its streams, on both engines.

use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{Database, on_both_databases};

use crate::{
    desk::Desk,
    follower::{Follower, STREAM},
    house::{Call, House, Reply},
    postman::deliver,
    rooms::ROOMS,
};

const PUBLISH: &str = "/api/v1/notifications/publish";

impl Desk<'_> {
    async fn publish(&self, room: &str, kind: &str, data: &Value) -> Reply {
        self.send(Call::post(PUBLISH, &json!({ "room_id": room, "type": kind, "data": data }))).await
    }

    async fn publish_as(&self, room: &str, key: &str, data: &Value) -> Reply {
        let body = json!({ "room_id": room, "type": "order.paid", "data": data, "dedupe_key": key });
        self.send(Call::post(PUBLISH, &body)).await
    }

    /// What happened in a room, without the kinds that are the product's own.
    async fn published(&self, room: &str) -> Vec<Value> {
        let listed = self.get(&format!("{ROOMS}/{room}/events?limit=500")).await;
        let events = listed.body["events"].as_array().unwrap_or_else(|| panic!("{}", listed.body)).clone();
        events.into_iter().filter(|event| !own(event["type"].as_str().expect("a type"))).collect()
    }

    async fn follow(&self, room: &str, since: &str) -> Follower {
        let call = Call::get(&format!("{ROOMS}/{room}/stream")).header("last-event-id", since);
        Follower::open(self.house, self.signed(call)).await
    }

    async fn key(&self, scope: &str) -> String {
        let made = self.send(Call::post("/api/v1/api-keys", &json!({ "name": "key", "scopes": [scope] }))).await;
        made.text("/secret").to_owned()
    }
}

fn own(kind: &str) -> bool {
    kind.starts_with("room.") || kind.starts_with("member.")
}

#[tokio::test]
async fn what_is_published_is_listed_and_followed_as_the_same_event() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let room = ada.room("Choir").await;
        ada.lets_in(&room, &bob, "viewer").await;
        let mut follower = bob.follow(&room, "1-0").await;
        for kind in ["room.created", "member.joined"] {
            let said = follower.expect().await;
            assert!(said.is(kind) && said.text("type") == kind, "{said:?}");
        }
        let data = json!({ "text": "안녕 \" \n { ", "n": [1, 2.5, null], "deep": { "er": {} } });
        let sent = ada.publish(&room, "chat.said", &data).await;
        assert_eq!((sent.status.as_u16(), &sent.body["duplicate"], sent.text("/room_id")), (202, &json!(false), room.as_str()));
        let said = follower.expect().await;
        assert!(said.is("chat.said") && said.data["data"] == data, "{said:?}");
        assert_eq!((said.text("event_id"), said.text("publisher_id")), (sent.text("/event_id"), ada.id().await.as_str()));
        let listed = bob.get(&format!("{ROOMS}/{room}/events?since=1-2")).await;
        let mut expected = said.data.clone();
        expected["id"] = json!(said.id);
        assert_eq!(listed.body, json!({ "events": [expected], "last_id": "1-3", "has_more": false }));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn only_members_and_owners_publish_and_nobody_from_outside_hears_of_it() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let (viewer, eve) = (Desk::of(&house, "viewer").await, Desk::of(&house, "eve").await);
        let room = ada.room("Choir").await;
        ada.lets_in(&room, &bob, "member").await;
        ada.lets_in(&room, &viewer, "viewer").await;
        assert_eq!(bob.publish(&room, "said", &json!({})).await.status, 202);
        viewer.publish(&room, "said", &json!({})).await.refused(403, "room.forbidden");
        eve.publish(&room, "said", &json!({})).await.refused(404, "room.not_found");
        eve.get(&format!("{ROOMS}/{room}/events")).await.refused(404, "room.not_found");
        eve.get(&format!("{ROOMS}/{room}/stream")).await.refused(404, "room.not_found");
        assert_eq!(ada.take_out(&room, &bob.id().await).await.status, 204);
        bob.publish(&room, "said", &json!({})).await.refused(404, "room.not_found");
        bob.get(&format!("{ROOMS}/{room}/events")).await.refused(404, "room.not_found");
        bob.get(&format!("{ROOMS}/{room}/stream")).await.refused(404, "room.not_found");
        assert_eq!(ada.published(&room).await.len(), 1);
        assert_eq!(ada.send(Call::new("DELETE", &format!("{ROOMS}/{room}"))).await.status, 204);
        ada.publish(&room, "said", &json!({})).await.refused(404, "room.not_found");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn many_who_publish_under_one_key_at_once_publish_once() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        let (room, other) = (ada.room("Orders").await, ada.room("Others").await);
        let data = json!({ "order": 7 });
        let replies = join_all((0..20).map(|_| ada.publish_as(&room, "order-7", &data))).await;
        assert!(replies.iter().all(|reply| reply.status == 202), "{replies:?}");
        assert_eq!(replies.iter().filter(|reply| reply.body["duplicate"] == false).count(), 1);
        let event = replies[0].text("/event_id");
        assert!(replies.iter().all(|reply| reply.text("/event_id") == event));
        assert_eq!(ada.published(&room).await.len(), 1);
        assert_eq!(ada.publish_as(&room, "order-7", &json!({ "order":  7 })).await.text("/event_id"), event);

        ada.publish_as(&room, "order-7", &json!({ "order": 8 })).await.refused(422, "room.dedupe_key_taken");
        let elsewhere = ada.publish_as(&other, "order-7", &json!({ "order": 8 })).await;
        assert_eq!((elsewhere.status.as_u16(), &elsewhere.body["duplicate"]), (202, &json!(false)));
        assert_eq!((ada.published(&room).await.len(), ada.published(&other).await.len()), (1, 1));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn data_has_a_size_and_types_and_publishers_a_form() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        let room = ada.room("Orders").await;
        let sized = |bytes: usize| json!({ "a": "x".repeat(bytes - 8) });
        assert_eq!(ada.publish(&room, "big", &sized(64 * 1024)).await.status, 202);
        ada.publish(&room, "big", &sized(64 * 1024 + 1)).await.refused(413, "room.event_too_large");
        let own = ["room.deleted", "member.joined", "presence.update", "gap", "ended", "heartbeat", "hello", "error"];
        for kind in own.into_iter().chain(["Order", "", "a..b", "a\nid: 9-9"]) {
            ada.publish(&room, kind, &json!({})).await.refused(422, "room.invalid");
        }
        ada.publish(&room, "a", &json!([])).await.refused(422, "room.invalid");
        ada.publish(&room, "a", &json!(null)).await.refused(422, "room.invalid");
        let with = |member: &str, value: Value| {
            let mut body = json!({ "room_id": room, "type": "a", "data": {} });
            body[member] = value;
            Call::post(PUBLISH, &body)
        };
        ada.send(with("publisher_id", json!("shop"))).await.refused(422, "room.invalid");
        ada.send(with("room_key", json!("shop"))).await.refused(422, "room.invalid");
        ada.send(with("dedupe_key", json!("x".repeat(201)))).await.refused(422, "room.invalid");
        let secret = ada.key("events:publish").await;
        for publisher in ["⚙️ CI", "👩‍💻 bot", "shop 7"] {
            let spoken = house.send(with("publisher_id", json!(publisher)).bearer(&secret)).await;
            assert_eq!(spoken.status, 202, "{}", spoken.body);
        }
        let bob = Desk::of(&house, "bob").await.id().await;
        let disguised =
            [bob.to_uppercase(), format!("\u{200b}{bob}"), format!("us\u{ad}{}", &bob[2..]), format!("\u{2066}{bob}")];
        for person in disguised.into_iter().chain([bob.clone(), "\u{2800}".to_owned()]) {
            house.send(with("publisher_id", json!(person)).bearer(&secret)).await.refused(422, "room.invalid");
        }
        let published = ada.published(&room).await;
        assert_eq!((published.len(), &published[3]["publisher_id"]), (4, &json!("shop 7")));
        // What is read by programs is kept as it was written.
        let text = format!(r#"{{"room_id":"{room}","type":"a","data":{{ "n" : 12345678901234567890123 , "n2" : 1.50 }}}}"#);
        let sent = ada.send(Call::new("POST", PUBLISH).text("application/json", &text)).await;
        assert_eq!(sent.status, 202, "{}", sent.body);
        let page = house.page_of(ada.signed(Call::get(&format!("{ROOMS}/{room}/events")))).await;
        assert!(page.contains(r#""data":{"n":12345678901234567890123,"n2":1.50}"#), "{page}");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_program_makes_a_room_by_publishing_into_it_once() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let secret = ada.key("events:publish").await;
        let body = json!({ "room_key": "order-4711", "type": "order.paid", "data": {} });
        let replies = join_all((0..20).map(|_| house.send(Call::post(PUBLISH, &body).bearer(&secret)))).await;
        assert!(replies.iter().all(|reply| reply.status == 202), "{replies:?}");
        let room = replies[0].text("/room_id").to_owned();
        assert!(replies.iter().all(|reply| reply.text("/room_id") == room));
        assert_eq!(ada.published(&room).await.len(), 20);
        let shown = ada.get(&format!("{ROOMS}/{room}")).await;
        assert_eq!((shown.text("/name"), shown.text("/role")), ("order-4711", "owner"));
        assert_eq!(ada.get(ROOMS).await.body["items"].as_array().map(Vec::len), Some(1));
        let his = bob.send(Call::post(PUBLISH, &body)).await;
        assert_eq!(his.status, 202);
        assert_ne!(his.text("/room_id"), room, "everybody has keys of their own");

        // Who goes leaves the key behind, and so does a room that ends.
        ada.lets_in(&room, &bob, "owner").await;
        assert_eq!(ada.leave(&room).await.status, 204);
        let second = ada.send(Call::post(PUBLISH, &body)).await.text("/room_id").to_owned();
        assert_ne!(second, room);
        assert_eq!(ada.send(Call::new("DELETE", &format!("{ROOMS}/{second}"))).await.status, 204);
        let third = ada.send(Call::post(PUBLISH, &body)).await;
        assert!(third.status == 202 && third.text("/room_id") != second, "{}", third.body);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn pages_go_on_where_they_ended_and_what_is_not_to_be_had_is_said() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        let room = ada.room("Orders").await;
        for number in 0..6 {
            ada.publish(&room, "a", &json!({ "n": number })).await;
        }
        let path = format!("{ROOMS}/{room}/events");
        let (mut since, mut seen) = (String::new(), Vec::new());
        loop {
            let page = ada.get(&format!("{path}?limit=3{since}")).await;
            seen.extend(page.body["events"].as_array().expect("events").iter().map(|event| event["id"].clone()));
            since = format!("&since={}", page.text("/last_id"));
            if page.body["has_more"] == false {
                break;
            }
        }
        assert_eq!(seen, (1..=7).map(|number| json!(format!("1-{number}"))).collect::<Vec<_>>());
        let nothing = ada.get(&format!("{path}?limit=3{since}")).await;
        assert_eq!(nothing.body, json!({ "events": [], "last_id": "1-7", "has_more": false }));
        for (since, reason) in
            [("1-8", "ahead_of_log"), ("2-1", "epoch_changed"), ("x", "unreadable_position"), ("-1", "unreadable_position")]
        {
            let page = ada.get(&format!("{path}?since={since}")).await;
            let gap = json!({ "reason": reason, "head": "1-7" });
            assert_eq!(page.body, json!({ "events": [], "last_id": "1-7", "has_more": false, "gap": gap }), "{since}");
        }
        ada.get(&format!("{path}?limit=0")).await.refused(422, "query.invalid");
        assert_eq!(ada.get(&format!("{path}?limit=100000")).await.status, 200);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_page_of_large_events_is_full_after_a_mebibyte_and_nothing_is_missing_from_the_next() {
    const EVENTS: usize = 40;
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        let room = ada.room("Orders").await;
        for number in 0..EVENTS {
            ada.publish(&room, "a", &json!({ "n": number, "text": "x".repeat(60_000) })).await;
        }
        let (mut since, mut seen) = ("1-1".to_owned(), Vec::new());
        loop {
            let page = ada.get(&format!("{ROOMS}/{room}/events?limit=500&since={since}")).await;
            let events = page.body["events"].as_array().expect("events");
            assert!(events.len() <= (1 << 20) / 60_000 + 1, "{}", events.len());
            seen.extend(events.iter().map(|event| event["data"]["n"].clone()));
            since = page.text("/last_id").to_owned();
            if page.body["has_more"] == false {
                break;
            }
        }
        assert_eq!(seen, (0..EVENTS).map(|number| json!(number)).collect::<Vec<_>>());
        let mut follower = ada.follow(&room, "1-1").await;
        for number in 0..EVENTS {
            assert_eq!(follower.expect().await.data["data"]["n"], number);
        }
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_stream_goes_on_where_it_was_while_many_publish() {
    const EACH: usize = 30;
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let room = ada.room("Orders").await;
        ada.lets_in(&room, &bob, "member").await;
        let publishing = async {
            for number in 0..EACH {
                let data = json!({ "n": number });
                let (one, other) = tokio::join!(ada.publish(&room, "a", &data), bob.publish(&room, "b", &data));
                assert_eq!((one.status.as_u16(), other.status.as_u16()), (202, 202));
            }
        };
        let reading = async {
            let (mut place, mut numbers) = ("1-2".to_owned(), Vec::new());
            while numbers.len() < 2 * EACH {
                let mut follower = bob.follow(&room, &place).await;
                for _ in 0..7 {
                    let said = follower.expect().await;
                    numbers.push(said.number());
                    place = said.id.expect("a position");
                    if numbers.len() == 2 * EACH {
                        break;
                    }
                }
            }
            numbers
        };
        let numbers = Box::pin(async { tokio::join!(publishing, reading).1 }).await;
        assert_eq!(numbers, (3..).take(2 * EACH).collect::<Vec<u32>>());
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_stream_of_who_is_taken_out_ends_and_that_of_others_goes_on() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob, cy) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await, Desk::of(&house, "cy").await);
        let room = ada.room("Choir").await;
        ada.lets_in(&room, &bob, "member").await;
        ada.lets_in(&room, &cy, "member").await;
        let (mut his, mut others) = (bob.follow(&room, "1-3").await, cy.follow(&room, "1-3").await);
        // Both have come to the end of the log.
        ada.publish(&room, "a", &json!({})).await;
        assert!(his.expect().await.is("a") && others.expect().await.is("a"));
        let (mut own, _) = Follower::now(&house, &bob.token).await;
        assert_eq!(ada.take_out(&room, &bob.id().await).await.status, 204);
        let mut close = his.expect().await;
        if close.is("member.left") {
            // He was reading the log, which had it already.
            close = his.expect().await;
        }
        assert!(close.is("close") && close.text("reason") == "forbidden" && his.next().await.is_none(), "{close:?}");
        assert!(own.expect().await.is("room.changed"), "his own stream goes on");
        assert!(others.expect().await.is("member.left"));
        ada.publish(&room, "a", &json!({})).await;
        assert!(others.expect().await.is("a"));
        assert_eq!(ada.send(Call::new("DELETE", &format!("{ROOMS}/{room}"))).await.status, 204);
        assert!(others.expect().await.is("room.deleted"), "nobody can come back for the last event");
        let close = others.expect().await;
        assert!(close.is("close") && close.text("reason") == "gone", "{close:?}");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_stream_of_who_is_taken_out_on_another_node_ends_when_rights_are_checked() {
    let Some(database) = Database::postgres().await else { return };
    let here = House::open(&database).await;
    let there = here.beside(&database).await;
    let (ada, bob) = (Desk::of(&here, "ada").await, Desk::of(&here, "bob").await);
    let room = ada.room("Choir").await;
    ada.lets_in(&room, &bob, "member").await;
    let call = || Call::get(&format!("{ROOMS}/{room}/stream")).header("last-event-id", "1-1").bearer(&bob.token);
    let mut follower = Follower::open(&there, call()).await;
    assert!(follower.expect().await.is("member.joined"));
    app::notify::check_rights(&there.app).await.expect("the rights are read");
    assert_eq!(ada.take_out(&room, &bob.id().await).await.status, 204);
    app::notify::check_rights(&there.app).await.expect("the rights are read");
    follower.expect_close("forbidden").await;
    there.send(call()).await.refused(404, "room.not_found");

    let call = || Call::get(&format!("{ROOMS}/{room}/stream")).bearer(&ada.token);
    let mut owners = Follower::open(&there, call()).await;
    assert!(owners.expect().await.is("ready"));
    assert_eq!(ada.send(Call::new("DELETE", &format!("{ROOMS}/{room}"))).await.status, 204);
    app::notify::check_rights(&there.app).await.expect("the rights are read");
    owners.expect_close("gone").await;
    there.close().await;
    here.close().await;
}

#[tokio::test]
async fn what_was_said_after_a_removal_is_not_read_by_a_node_that_was_away_meanwhile() {
    let Some(database) = Database::postgres().await else { return };
    let here = House::open(&database).await;
    let there = here.beside(&database).await;
    let (ada, bob) = (Desk::of(&here, "ada").await, Desk::of(&here, "bob").await);
    let room = ada.room("Choir").await;
    ada.lets_in(&room, &bob, "member").await;
    let open = async |path: String| {
        let mut follower = Follower::open(&there, Call::get(&path).bearer(&bob.token)).await;
        assert!(follower.expect().await.is("ready"));
        follower
    };
    let mut alone = open(format!("{ROOMS}/{room}/stream")).await;
    let mut among = open(format!("/api/v1/stream?room={room}")).await;
    let mut own = open(STREAM.to_owned()).await;
    let quiet = async |follower: &mut Follower| {
        let mut message = follower.expect().await;
        while message.is("presence.update") {
            message = follower.expect().await;
        }
        message
    };

    // Nobody looks at rights there while this happens, and the first thing that is looked at afterwards is where the logs end.
    assert_eq!(ada.take_out(&room, &bob.id().await).await.status, 204);
    for _ in 0..3 {
        assert_eq!(ada.publish(&room, "said", &json!({})).await.status, 202);
    }
    app::notify::check_positions(&there.app).await.expect("positions are read");
    assert!(own.expect().await.is("room.changed"), "the session is good still");
    let end = quiet(&mut alone).await;
    assert!(end.is("close") && end.text("reason") == "forbidden", "{end:?}");
    let end = quiet(&mut among).await;
    assert!(end.is("ended") && end.text("reason") == "forbidden", "{end:?}");

    let user = bob.id().await.parse().expect("an id");
    assert_eq!(bob.send(Call::new("POST", "/api/v1/auth/logout")).await.status, 204);
    deliver(&here.app, user, &["One more".to_owned()]).await;
    app::notify::check_positions(&there.app).await.expect("positions are read");
    own.expect_close("revoked").await;
    there.close().await;
    here.close().await;
}
