//! Streams over a WebSocket: what is said, what ends it, and what a hostile client gets.

use api::Limits;
use hub::{HEARTBEAT, STALL};
use kernel::{Clock as _, UserId};
use serde_json::{Value, json};
use testkit::{Database, SeededEntropy, on_both_databases};
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use crate::{
    follower::Follower,
    house::{Call, House, Reply},
    postman::{deliver, deliver_silently, numbered},
    socket::{PATIENCE, SOCKET, Socket},
};

fn user(signed_up: &Reply) -> UserId {
    signed_up.text("/user/id").parse().expect("an id")
}

#[tokio::test]
async fn a_socket_says_what_a_stream_says() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = house.sign_up("ada").await;
        let (mut follower, head) = Follower::now(&house, ada.access_token()).await;
        let mut socket = Socket::open(&house, ada.access_token()).await;
        socket.subscribe("me", None).await;
        assert_eq!(
            socket.expect("ready").await,
            json!({ "event": "ready", "stream": "me", "id": head, "data": { "head": head } })
        );
        deliver(&house.app, user(&ada), &["say \"hi\"\n👋".to_owned()]).await;
        let (on_stream, on_socket) = (follower.expect().await, socket.hear().await);
        let expected = json!({
            "event": "notification.created", "stream": "me", "id": on_stream.id.clone(), "data": on_stream.data.clone()
        });
        assert_eq!(on_socket, expected);
        socket.say(&json!({ "op": "ping" })).await;
        socket.expect("pong").await;
    })
    .await;
}

#[tokio::test]
async fn a_stream_is_left_and_taken_up_again_while_the_socket_is_open() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = house.sign_up("ada").await;
        let mut socket = Socket::open(&house, ada.access_token()).await;
        socket.say(&json!({ "op": "unsubscribe", "stream": "me" })).await;
        assert_eq!(socket.expect("refused").await["data"]["code"], "stream.not_found");
        socket.subscribe("me", None).await;
        let head = socket.expect("ready").await["id"].clone();
        socket.say(&json!({ "op": "unsubscribe", "stream": "me" })).await;
        let data = json!({ "reason": "asked", "resume_at": head });
        assert_eq!(socket.hear().await, json!({ "event": "ended", "stream": "me", "data": data }));
        deliver(&house.app, user(&ada), &numbered(1..=2)).await;
        socket.subscribe("me", head.as_str()).await;
        for title in ["1", "2"] {
            assert_eq!(socket.expect("notification.created").await["data"]["title"], title);
        }
        // Subscribed once more, it begins anew.
        socket.say(&json!({ "op": "subscribe", "stream": "me", "since": head })).await;
        socket.expect("ended").await;
        socket.expect("subscribed").await;
        assert_eq!(socket.expect("notification.created").await["data"]["title"], "1");
    })
    .await;
}

#[tokio::test]
async fn a_position_that_means_nothing_is_a_gap_and_a_stream_that_is_not_there_is_refused() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = house.sign_up("ada").await;
        deliver(&house.app, user(&ada), &numbered(1..=3)).await;
        let mut socket = Socket::open(&house, ada.access_token()).await;
        for (since, reason) in [
            ("1-1000000", "ahead_of_log"),
            ("2-1", "epoch_changed"),
            ("rubbish", "unreadable_position"),
            ("-5", "unreadable_position"),
            ("me@1-2", "unreadable_position"),
            ("1-99999999999999999999", "unreadable_position"),
        ] {
            socket.subscribe("me", Some(since)).await;
            assert_eq!(socket.expect("gap").await["data"]["reason"], reason, "{since}");
            socket.say(&json!({ "op": "unsubscribe", "stream": "me" })).await;
            socket.expect("ended").await;
        }
        for (stream, code) in [
            ("you", "stream.not_found"),
            ("", "stream.not_found"),
            ("rom_../../etc", "stream.not_found"),
            ("rom_00000000000000000000000001", "room.not_found"),
        ] {
            socket.say(&json!({ "op": "subscribe", "stream": stream })).await;
            let refused = socket.expect("refused").await;
            assert_eq!((&refused["stream"], &refused["data"]["code"]), (&json!(stream), &json!(code)), "{refused}");
        }
        socket.say(&json!({ "op": "ping" })).await;
        socket.expect("pong").await;
    })
    .await;
}

#[tokio::test]
async fn whoever_comes_back_to_a_socket_misses_nothing_and_sees_nothing_twice() {
    const EVENTS: u32 = 300;
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = house.sign_up("ada").await;
        let (token, user, chance) = (ada.access_token(), user(&ada), SeededEntropy::new(17));
        let (_, mut place) = Follower::now(&house, token).await;
        let writing = async {
            let chance = chance.fork("writer");
            let mut next = 1;
            while next <= EVENTS {
                let last = (next + u32::try_from(chance.below(5)).expect("few")).min(EVENTS);
                // The last is told, so that no lost hint has to be repaired by a check.
                let told = last == EVENTS || !chance.chance(250);
                let events = deliver_silently(&house.app, user, &numbered(next..=last)).await;
                if told {
                    house.app.hub().publish(events);
                }
                next = last + 1;
            }
        };
        let reading = async {
            let chance = chance.fork("reader");
            let mut read: Vec<String> = Vec::new();
            while read.len() < EVENTS as usize {
                let mut socket = Socket::open(&house, token).await;
                socket.subscribe("me", Some(&place)).await;
                for _ in 0..=chance.below(40) {
                    let message = socket.expect("notification.created").await;
                    read.push(message["data"]["title"].as_str().expect("a title").to_owned());
                    message["id"].as_str().expect("each event has its position").clone_into(&mut place);
                    if read.len() == EVENTS as usize {
                        break;
                    }
                }
            }
            read
        };
        let read = Box::pin(async { tokio::join!(writing, reading).1 }).await;
        assert_eq!(read, numbered(1..=EVENTS));
    })
    .await;
}

#[tokio::test]
async fn a_handshake_is_refused_before_anything_is_opened() {
    let house = House::open(&Database::sqlite()).await;
    let ada = house.sign_up("ada").await;
    let bearer = format!("Bearer {}", ada.access_token());
    let status = async |path: &str, headers: &[(&str, &str)]| match Socket::try_open(&house, path, headers).await {
        Ok(_) => 101,
        Err(response) => response.status().as_u16(),
    };
    let own = format!("http://{}", house.address());
    assert_eq!(status(SOCKET, &[("authorization", &bearer), ("origin", &own)]).await, 101);
    for origin in ["https://evil.example", "null", "", "http://localhost.evil.example"] {
        assert_eq!(status(SOCKET, &[("authorization", &bearer), ("origin", origin)]).await, 403, "{origin}");
    }
    assert_eq!(status(SOCKET, &[("authorization", &bearer), ("sec-fetch-site", "cross-site")]).await, 403);
    assert_eq!(status(SOCKET, &[]).await, 401);
    assert_eq!(status(SOCKET, &[("authorization", "Basic YTpi")]).await, 401);
    assert_eq!(status(&format!("{SOCKET}?ticket=made-up"), &[]).await, 401);
    assert_eq!(status(&format!("{SOCKET}?stream=me"), &[("authorization", &bearer)]).await, 422);
    assert_eq!(status(SOCKET, &[("authorization", &bearer), ("sec-websocket-version", "8")]).await, 426);
    let plain = house.send(Call::get(SOCKET).bearer(ada.access_token())).await;
    plain.refused(426, "socket.upgrade_required");
    assert_eq!((plain.header("upgrade"), plain.header("sec-websocket-version")), (Some("websocket"), Some("13")));
}

#[tokio::test]
async fn a_ticket_opens_one_socket_once() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = house.sign_up("ada").await;
        let issued = house.send(Call::post("/api/v1/auth/tickets", &json!({})).bearer(ada.access_token())).await;
        let path = format!("{SOCKET}?ticket={}", issued.text("/ticket"));
        let mut socket = Socket::try_open(&house, &path, &[]).await.expect("a socket");
        let again = Socket::try_open(&house, &path, &[]).await.err().expect("the ticket is used");
        assert_eq!(again.status(), 401);
        socket.expect("hello").await;
        // A session that ends takes the sockets along that its tickets opened.
        house.send(Call::new("POST", "/api/v1/auth/logout").bearer(ada.access_token())).await;
        let (code, said) = socket.closed().await;
        assert_eq!((code, &said.last().expect("why")["data"]["reason"]), (4401, &json!("revoked")));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_understood_closes_the_socket_with_the_code_that_says_why() {
    let house = House::open(&Database::sqlite()).await;
    let ada = house.sign_up("ada").await;
    let text = |text: &str| vec![Message::text(text.to_owned())];
    let frame = |bytes: Vec<u8>, opcode, is_last| Message::Frame(Frame::message(bytes, OpCode::Data(opcode), is_last));
    let mut flood = vec![frame(vec![b'x'; 1_000], Data::Text, false)];
    flood.extend((0..100).map(|_| frame(vec![b'x'; 1_000], Data::Continue, false)));
    for (name, messages, code) in [
        ("a frame of 1 MiB", text(&"x".repeat(1 << 20)), 1009),
        ("one byte too many", text(&"x".repeat((64 << 10) + 1)), 1009),
        ("a flood of fragments", flood, 1009),
        ("no UTF-8", vec![frame(vec![b'{', 0xff, b'}'], Data::Text, true)], 1007),
        ("no JSON", text("subscribe me"), 1007),
        ("two meanings", text(r#"{"op":"ping","op":"ping"}"#), 1007),
        ("an unknown op", text(r#"{"op":"sudo"}"#), 1008),
        ("an unknown member", text(r#"{"op":"ping","and":1}"#), 1008),
        ("64 KiB of nothing", text(&format!("\"{}\"", "x".repeat((64 << 10) - 2))), 1008),
        ("bytes", vec![Message::binary(vec![1, 2, 3])], 1003),
        ("a continuation of nothing", vec![frame(vec![1], Data::Continue, true)], 1002),
        ("too much at once", (0..101).map(|_| Message::text(r#"{"op":"ping"}"#)).collect(), 4429),
    ] {
        let mut socket = Socket::open(&house, ada.access_token()).await;
        for message in messages {
            socket.send(message).await;
        }
        assert_eq!(socket.closed().await.0, code, "{name}");
    }
    let mut socket = Socket::open(&house, ada.access_token()).await;
    socket.inner.get_mut().write_all(&[0xff; 64]).await.expect("sent");
    assert_eq!(socket.closed().await.0, 1002, "no frame at all");
    while house.app.hub().connections() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_message_in_fragments_is_one_message() {
    let house = House::open(&Database::sqlite()).await;
    let ada = house.sign_up("ada").await;
    let mut socket = Socket::open(&house, ada.access_token()).await;
    socket.send_frame(Frame::message(b"{\"op\":".to_vec(), OpCode::Data(Data::Text), false)).await;
    socket.send_frame(Frame::ping(b"between".to_vec())).await;
    socket.send_frame(Frame::message(b"\"ping\"}".to_vec(), OpCode::Data(Data::Continue), true)).await;
    socket.expect("pong").await;
}

/// Waits until the shortest sleep of this server ends at `deadline`.
async fn wait_for_sleeper(house: &House, deadline: std::time::Duration) {
    while house.clock.next_wake() != Some(deadline) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_answers_no_ping_is_sent_away_with_its_place_and_who_does_may_stay() {
    let house = House::open(&Database::sqlite()).await;
    let ada = house.sign_up("ada").await;
    let mut silent = Socket::open(&house, ada.access_token()).await;
    silent.subscribe("me", None).await;
    let head = silent.expect("ready").await["id"].clone();
    for beat in 1..=2 {
        wait_for_sleeper(&house, HEARTBEAT * beat).await;
        house.clock.advance(HEARTBEAT);
    }
    let (code, said) = silent.closed().await;
    let events: Vec<&Value> = said.iter().map(|message| &message["event"]).collect();
    assert_eq!((code, events), (4408, vec![&json!("heartbeat"), &json!("close")]), "{said:?}");
    assert_eq!(said[0]["data"]["heads"], json!({ "me": head }));
    assert_eq!((&said[1]["data"]["reason"], &said[1]["data"]["resume_at"]), (&json!("lagged"), &json!({ "me": head })));
    drop(silent);

    let began = house.clock.monotonic();
    let mut lively = Socket::open(&house, ada.access_token()).await;
    for beat in 1..=3 {
        wait_for_sleeper(&house, began + HEARTBEAT * beat).await;
        house.clock.advance(HEARTBEAT);
        lively.expect("heartbeat").await;
        // Its pong went out before this did.
        lively.say(&json!({ "op": "ping" })).await;
        lively.expect("pong").await;
    }
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_closed_with_its_place_and_disturbs_nobody() {
    const EVENTS: u32 = 4_000;
    let house = House::open(&Database::sqlite()).await;
    let ada = house.sign_up("ada").await;
    let mut quick = Socket::open(&house, ada.access_token()).await;
    quick.subscribe("me", None).await;
    let head = quick.expect("ready").await["id"].as_str().expect("a position").to_owned();
    let mut slow = Socket::open_narrow(&house, ada.access_token()).await;
    slow.subscribe("me", Some(&head)).await;
    let padding = "x".repeat(6_000);
    let writing = async {
        for first in (1..=EVENTS).step_by(100) {
            let titles: Vec<String> = (first..first + 100).map(|number| format!("{number} {padding}")).collect();
            deliver(&house.app, user(&ada), &titles).await;
        }
    };
    let reading = async {
        for number in 1..=EVENTS {
            assert_eq!(title(&quick.expect("notification.created").await), number);
        }
    };
    tokio::join!(writing, reading);
    house.clock.advance(STALL);
    let (code, mut said) = slow.closed().await;
    let close = said.pop().expect("why");
    assert_eq!((code, &close["data"]["reason"]), (4408, &json!("lagged")));
    said.retain(|message| message["event"] != "heartbeat");
    let read: Vec<u32> = said.iter().map(title).collect();
    let last = u32::try_from(read.len()).expect("few");
    assert_eq!(read, (1..=last).collect::<Vec<_>>());
    assert!(last < EVENTS, "the test is too small to fill the buffers");
    let place = close["data"]["resume_at"]["me"].as_str().expect("a position");
    assert_eq!(said.last().expect("some")["id"], place);
    let mut back = Socket::open(&house, ada.access_token()).await;
    back.subscribe("me", Some(place)).await;
    for number in last + 1..=EVENTS {
        assert_eq!(title(&back.expect("notification.created").await), number);
    }
}

fn title(message: &Value) -> u32 {
    let title = message["data"]["title"].as_str().and_then(|title| title.split(' ').next()?.parse().ok());
    title.unwrap_or_else(|| panic!("{message}"))
}

#[tokio::test]
async fn a_process_that_stops_closes_every_socket_with_the_place_to_resume_at() {
    let house = House::open(&Database::sqlite()).await;
    let ada = house.sign_up("ada").await;
    let mut socket = Socket::open(&house, ada.access_token()).await;
    socket.subscribe("me", None).await;
    let head = socket.expect("ready").await["id"].clone();
    house.app.hub().drain();
    let (code, said) = socket.closed().await;
    let data = &said[0]["data"];
    assert_eq!((code, &data["reason"], &data["resume_at"]), (1001, &json!("draining"), &json!({ "me": head })));
    assert!(data["retry_ms"].as_u64().is_some_and(|ms| (1_000..2_000).contains(&ms)), "{data}");
    let bearer = format!("Bearer {}", ada.access_token());
    let refused = Socket::try_open(&house, SOCKET, &[("authorization", &bearer)]).await.err().expect("refused");
    assert!(refused.status() == 503 && refused.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn a_server_that_is_closed_waits_for_its_sockets_and_then_cuts_them() {
    let house = House::open(&Database::sqlite()).await;
    let ada = house.sign_up("ada").await;
    let mut socket = Socket::open(&house, ada.access_token()).await;
    let hub = house.app.hub().clone();
    // Nobody drains the hub: the listener waits as long as it may, and no longer.
    house.close().await;
    while hub.connections() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(socket.next().await, crate::socket::Heard::End);
}

#[tokio::test]
async fn sockets_and_streams_count_together() {
    let house = House::open(&Database::sqlite()).await;
    let ada = house.sign_up("ada").await;
    let (mut sockets, mut streams) = (Vec::new(), Vec::new());
    for _ in 0..10 {
        sockets.push(Socket::open(&house, ada.access_token()).await);
        streams.push(Follower::now(&house, ada.access_token()).await);
    }
    let bearer = format!("Bearer {}", ada.access_token());
    let refused = Socket::try_open(&house, SOCKET, &[("authorization", &bearer)]).await.err().expect("refused");
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().ok()), (429, Some("15")));
    sockets.pop();
    while house.app.hub().connections() >= 20 {
        tokio::task::yield_now().await;
    }
    Socket::open(&house, ada.access_token()).await;
}

#[tokio::test]
async fn so_many_come_from_one_address_and_one_that_ends_makes_room_for_another() {
    let house = House::with_limits(&Database::sqlite(), Limits { streams_per_address: 2, ..Limits::default() }).await;
    let ada = house.sign_up("ada").await;
    let bearer = format!("Bearer {}", ada.access_token());
    let open =
        async |from| Socket::try_open(&house, SOCKET, &[("authorization", bearer.as_str()), ("x-forwarded-for", from)]).await;
    let stream = |from| Call::get("/api/v1/me/stream").header("authorization", &bearer).header("x-forwarded-for", from);
    let (near, far) = ("203.0.113.7", "203.0.113.8");
    let first = open(near).await.expect("a socket");
    let second = house.open_stream(stream(near)).await;
    assert_eq!(second.status(), 200);
    house.send(stream(near)).await.refused(429, "stream.too_many_of_address");
    let refused = open(near).await.err().expect("one too many");
    assert!(refused.status() == 429 && refused.headers().contains_key("retry-after"), "{refused:?}");
    let elsewhere = open(far).await;
    assert!(elsewhere.is_ok());
    drop(first);
    // As soon as the server has heard of it.
    let again = async { while open(near).await.is_err() {} };
    tokio::time::timeout(PATIENCE, again).await.expect("there is room");
    drop(second);
}
