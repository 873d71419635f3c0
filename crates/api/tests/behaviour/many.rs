//! Many streams on one connection of server-sent events.

use std::collections::BTreeSet;

use hub::{HEARTBEAT, STREAMS_PER_CONNECTION};
use serde_json::json;
use testkit::{Database, on_both_databases};

use crate::{
    desk::Desk,
    follower::{Follower, Message},
    house::{Call, House},
    socket::Socket,
};

const STREAM: &str = "/api/v1/stream";

/// The next thing that is told, whoever comes and goes.
async fn told(follower: &mut Follower) -> Message {
    loop {
        let message = follower.expect().await;
        if !message.is("presence.update") {
            return message;
        }
    }
}

#[tokio::test]
async fn the_own_stream_and_rooms_go_on_where_they_were_and_one_that_ends_leaves_the_others() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let (one, other) = (ada.room("One").await, ada.room("Other").await);
        for room in [&one, &other] {
            ada.lets_in(room, &bob, "member").await;
        }
        let say = async |room: &str| {
            let said = json!({ "room_id": room, "type": "said", "data": {} });
            assert_eq!(ada.send(Call::post("/api/v1/notifications/publish", &said)).await.status, 202);
        };
        let call = || bob.signed(Call::get(&format!("{STREAM}?me=1&room={one}&room={other}")));
        let mut follower = Follower::open(&house, call()).await;
        let mut ready = BTreeSet::new();
        for _ in 0..3 {
            let message = told(&mut follower).await;
            assert!(message.is("ready"), "{message:?}");
            ready.insert(message.text("stream").to_owned());
        }
        assert_eq!(ready, BTreeSet::from(["me".to_owned(), one.clone(), other.clone()]));
        say(&other).await;
        let said = told(&mut follower).await;
        assert!(said.is("said") && said.text("stream") == other, "{said:?}");
        let places = said.id.expect("the places");
        assert_eq!(places.split(',').count(), 3, "{places}");
        drop(follower);

        for room in [&one, &other, &one] {
            say(room).await;
        }
        bob.room("His").await;
        let mut follower = Follower::open(&house, call().header("last-event-id", &places)).await;
        let mut missed = Vec::new();
        for _ in 0..4 {
            let message = told(&mut follower).await;
            missed.push((message.text("stream").to_owned(), message.event.expect("a name")));
        }
        missed.sort();
        let mut expected = [(&*one, "said"), (&one, "said"), (&other, "said"), ("me", "room.changed")];
        expected.sort_unstable();
        assert_eq!(missed, expected.map(|(stream, event)| (stream.to_owned(), event.to_owned())));

        assert_eq!(ada.take_out(&one, &bob.id().await).await.status, 204);
        say(&one).await;
        say(&other).await;
        let (mut ended, mut heard) = (false, false);
        while !(ended && heard) {
            let message = told(&mut follower).await;
            match (message.text("stream").to_owned(), message.event.as_deref()) {
                (stream, Some("ended")) => {
                    assert_eq!((stream, message.text("reason")), (one.clone(), "forbidden"));
                    ended = true;
                }
                (stream, Some("said")) => {
                    assert_eq!(stream, other, "what is said in a room is not told outside of it");
                    heard = true;
                }
                (_, event) => assert!(["member.left", "room.changed"].contains(&event.expect("a name")), "{event:?}"),
            }
        }
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_client_says_it_has_seen_is_never_a_hole() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = house.sign_up("ada").await;
        let path = format!("{STREAM}?me=1");
        let since = |id: &str| Call::get(&path).bearer(ada.access_token()).header("last-event-id", id);
        for (id, reason) in [
            ("garbage", "unreadable_position"),
            ("1-1", "unreadable_position"),
            ("me@-1", "unreadable_position"),
            ("me@-1-1", "unreadable_position"),
            ("me@1-1,me@1-1", "unreadable_position"),
            ("me@2-1", "epoch_changed"),
            ("me@1-1000000", "ahead_of_log"),
        ] {
            let gap = Follower::open(&house, since(id)).await.expect().await;
            assert!(gap.is("gap") && gap.text("reason") == reason && gap.text("stream") == "me", "{id}: {gap:?}");
            assert_eq!(gap.id, Some(format!("me@{}", gap.text("head"))));
        }
        let elsewhere = Follower::open(&house, since("rom_00000000000000000000000001@1-7")).await.expect().await;
        assert!(elsewhere.is("ready"), "a place in another stream says nothing of this one: {elsewhere:?}");
    })
    .await;
}

#[tokio::test]
async fn a_query_is_read_strictly_and_what_is_refused_holds_nothing() {
    let house = House::open(&Database::sqlite()).await;
    let ada = house.sign_up("ada").await;
    let too_many: Vec<String> = (0..=STREAMS_PER_CONNECTION).map(|number| format!("room=rom_{number:026}")).collect();
    for query in ["", "?me=0", "?room=me", "?me=1&sinse=1", &format!("?{}", too_many.join("&"))] {
        let refused = house.send(Call::get(&format!("{STREAM}{query}")).bearer(ada.access_token())).await;
        refused.refused(422, "query.invalid");
    }
    let elsewhere = Call::get(&format!("{STREAM}?me=1&room=rom_00000000000000000000000001")).bearer(ada.access_token());
    house.send(elsewhere).await.refused(404, "room.not_found");
    assert_eq!(house.app.hub().connections(), 0);
}

#[tokio::test]
async fn a_comment_and_the_end_carry_the_place() {
    let house = House::open(&Database::sqlite()).await;
    let ada = house.sign_up("ada").await;
    let call = Call::get(&format!("{STREAM}?me=1")).bearer(ada.access_token());
    let mut follower = Follower::open(&house, call).await;
    let places = follower.expect().await.id.expect("the place");
    while house.clock.next_wake() != Some(HEARTBEAT) {
        tokio::task::yield_now().await;
    }
    house.clock.advance(HEARTBEAT);
    assert_eq!(follower.expect().await.comment, Some(format!("head {places}")));
    house.app.hub().drain();
    assert_eq!(follower.expect_close("draining").await.text("resume_at"), places);
}

#[tokio::test]
async fn a_key_follows_what_its_scopes_let_it_on_a_connection_of_many_streams() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        let room = ada.room("Choir").await;
        let wanted = json!({ "name": "reader", "scopes": ["rooms:read"] });
        let made = ada.send(Call::post("/api/v1/api-keys", &wanted)).await;
        let key = made.text("/secret");
        let call = |query: &str| Call::get(&format!("{STREAM}?{query}")).bearer(key);
        for query in ["me=1", &format!("me=1&room={room}")] {
            house.send(call(query)).await.refused(403, "identity.forbidden");
        }
        let ready = Follower::open(&house, call(&format!("room={room}"))).await.expect().await;
        assert!(ready.is("ready") && ready.text("stream") == room, "{ready:?}");
        let mut socket = Socket::open(&house, key).await;
        socket.subscribe(&room, None).await;
        socket.expect("ready").await;
        socket.say(&json!({ "op": "subscribe", "stream": "me" })).await;
        assert_eq!(socket.expect("refused").await["data"]["code"], "identity.forbidden");
        house.close().await;
    })
    .await;
}
