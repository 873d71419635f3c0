//! Many streams on one connection of server-sent events.

use hub::{HEARTBEAT, STREAMS_PER_CONNECTION};
use testkit::{Database, on_both_databases};

use crate::{
    desk::Desk,
    follower::Follower,
    house::{Call, House},
    socket::Socket,
};

const STREAM: &str = "/api/v1/stream";

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
        let wanted = serde_json::json!({ "name": "reader", "scopes": ["rooms:read"] });
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
        socket.say(&serde_json::json!({ "op": "subscribe", "stream": "me" })).await;
        assert_eq!(socket.expect("refused").await["data"]["code"], "identity.forbidden");
        house.close().await;
    })
    .await;
}
