//! The live stream of one's own events.

use std::time::Duration;

use hub::{HEARTBEAT, STALL};
use kernel::{Clock as _, UserId};
use serde_json::{Value, json};
use testkit::{Database, SeededEntropy, clockwork, on_both_databases, store};

use crate::{
    desk::Desk,
    follower::{Follower, STREAM},
    house::{Call, House, Reply},
    postman::{deliver, deliver_silently, numbered},
    teller::Teller,
};

fn user(signed_up: &Reply) -> UserId {
    signed_up.text("/user/id").parse().expect("an id")
}

/// Runs until `done` does, looking at the positions again and again, as the watch of a server does.
async fn while_positions_are_checked<T>(house: &House, done: impl Future<Output = T>) -> T {
    let checking = async {
        loop {
            app::notify::check_positions(&house.app).await.expect("the positions are read");
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        done = done => done,
        () = checking => unreachable!("it has no end"),
    }
}

#[tokio::test]
async fn what_happens_in_an_inbox_is_seen_at_once_and_in_order() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = house.sign_up("ada").await;
        let token = ada.access_token();
        let (mut follower, head) = Follower::now(&house, token).await;
        for (name, value) in [("content-type", "text/event-stream"), ("cache-control", "no-store"), ("x-accel-buffering", "no")] {
            assert_eq!(follower.headers[name], value);
        }
        assert!(!follower.headers.contains_key("content-encoding"));

        deliver(&house.app, user(&ada), &["Stretch".to_owned()]).await;
        let created = follower.expect().await;
        assert!(created.is("notification.created") && created.text("at") == created.text("created_at"), "{created:?}");
        let shown = house.send(Call::get(&format!("/api/v1/notifications/{}", created.text("id"))).bearer(token)).await;
        let mut without_time = created.data.clone();
        without_time.as_object_mut().expect("an object").remove("at");
        assert_eq!(without_time, shown.body, "the event carries what the inbox shows");

        let path = format!("/api/v1/notifications/{}/read", created.text("id"));
        house.send(Call::new("PATCH", &path).bearer(token)).await;
        let (read, unread) = (follower.expect().await, follower.expect().await);
        assert!(read.is("notification.read") && read.data["id"] == created.data["id"], "{read:?}");
        assert!(unread.is("unread.changed") && unread.data["count"] == 0 && unread.data["version"] == 2, "{unread:?}");
        let first: u32 = head.split_once('-').expect("two numbers").1.parse().expect("a number");
        assert_eq!([created, read, unread].map(|message| message.number()), [first + 1, first + 2, first + 3]);
    })
    .await;
}

#[tokio::test]
async fn whoever_comes_back_misses_nothing_and_sees_nothing_twice() {
    const EVENTS: u32 = 400;
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = house.sign_up("ada").await;
        let (token, user, chance) = (ada.access_token(), user(&ada), SeededEntropy::new(11));
        let (_, mut place) = Follower::now(&house, token).await;
        let writing = async {
            let chance = chance.fork("writer");
            let mut next = 1;
            while next <= EVENTS {
                let last = (next + u32::try_from(chance.below(5)).expect("few")).min(EVENTS);
                // Every fourth hint is lost, as if another node had written.
                let told = !chance.chance(250);
                let events = deliver_silently(&house.app, user, &numbered(next..=last)).await;
                if told {
                    house.app.hub().publish(events);
                }
                next = last + 1;
            }
        };
        let reading = async {
            let chance = chance.fork("reader");
            let mut read: Vec<u32> = Vec::new();
            while read.len() < EVENTS as usize {
                let mut follower = Follower::since(&house, token, &place).await;
                for _ in 0..=chance.below(40) {
                    let message = follower.expect().await;
                    assert!(message.is("notification.created"), "{message:?}");
                    read.push(message.text("title").parse().expect("a number"));
                    place = message.id.expect("each event has its position");
                    if read.len() == EVENTS as usize {
                        break;
                    }
                }
            }
            read
        };
        let both = Box::pin(async { tokio::join!(writing, reading).1 });
        let read = while_positions_are_checked(&house, both).await;
        assert_eq!(read, (1..=EVENTS).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn what_another_node_wrote_arrives_although_no_hint_does() {
    let Some(database) = Database::postgres().await else { return };
    let here = House::open(&database).await;
    let there = here.beside(&database).await;
    let ada = here.sign_up("ada").await;
    let (mut follower, _) = Follower::now(&there, ada.access_token()).await;
    deliver(&here.app, user(&ada), &numbered(1..=3)).await;
    let read = while_positions_are_checked(&there, async {
        [follower.expect().await, follower.expect().await, follower.expect().await]
    });
    assert_eq!(read.await.map(|message| message.text("title").to_owned()), ["1", "2", "3"]);
}

#[tokio::test]
async fn a_position_that_means_nothing_is_answered_with_a_gap_and_never_with_silence() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = house.sign_up("ada").await;
        deliver(&house.app, user(&ada), &numbered(1..=3)).await;
        let (_, head) = Follower::now(&house, ada.access_token()).await;
        for (since, reason) in [
            ("1-1000000", "ahead_of_log"),
            ("2-1", "epoch_changed"),
            ("0-0", "epoch_changed"),
            ("rubbish", "unreadable_position"),
            ("-5", "unreadable_position"),
            ("1-99999999999999999999", "unreadable_position"),
        ] {
            let mut follower = Follower::since(&house, ada.access_token(), since).await;
            let gap = follower.expect().await;
            assert!(gap.is("gap") && gap.text("reason") == reason && gap.text("head") == head, "{since}: {gap:?}");
            assert_eq!(gap.id.as_deref(), Some(head.as_str()), "the position moves as a pair");
        }
        let query = Call::get(&format!("{STREAM}?since=1-0")).bearer(ada.access_token());
        assert_eq!(Follower::open(&house, query).await.expect().await.id.as_deref(), Some("1-1"), "the query will do, too");
    })
    .await;
}

#[tokio::test]
async fn events_that_were_trimmed_are_a_gap() {
    struct Trim(UserId, kernel::Instant);
    impl store::UseCase for Trim {
        type Out = u64;
        type Error = store::StoreError;
        async fn run(&self, tx: &mut store::Tx<'_>) -> Result<u64, store::StoreError> {
            store::streams::trim(tx, self.0.into(), self.1, 1_000).await
        }
    }
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = house.sign_up("ada").await;
        house.clock.advance(Duration::from_mins(1));
        let before = house.app.now();
        deliver(&house.app, user(&ada), &numbered(1..=3)).await;
        let trimmed = house.app.store().write(Trim(user(&ada), before)).await.expect("trimmed");
        let mut follower = Follower::since(&house, ada.access_token(), "1-0").await;
        assert_eq!(follower.expect().await.text("reason"), "trimmed");
        let kept = format!("1-{trimmed}");
        let mut follower = Follower::since(&house, ada.access_token(), &kept).await;
        assert_eq!(follower.expect().await.text("title"), "1", "the last one before the beginning is no gap");
    })
    .await;
}

#[tokio::test]
async fn a_ticket_opens_one_stream_once() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = house.sign_up("ada").await;
        let issued = house.send(Call::post("/api/v1/auth/tickets", &json!({})).bearer(ada.access_token())).await;
        let path = format!("{STREAM}?since=1-0&ticket={}", issued.text("/ticket"));
        let mut follower = Follower::open(&house, Call::get(&path)).await;
        deliver(&house.app, user(&ada), &numbered(1..=1)).await;
        while !follower.expect().await.is("notification.created") {}
        house.send(Call::get(&path)).await.refused(401, "identity.unauthenticated");
        house.send(Call::get(STREAM)).await.refused(401, "identity.unauthenticated");
        house.send(Call::get(&format!("{STREAM}?ticket=made-up"))).await.refused(401, "identity.unauthenticated");
        // A session that ends takes the streams along that its tickets opened.
        house.send(Call::new("POST", "/api/v1/auth/logout").bearer(ada.access_token())).await;
        while let Some(message) = follower.next().await {
            assert!(!message.is("close") || message.text("reason") == "revoked", "{message:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_session_that_is_revoked_loses_its_streams_and_others_keep_theirs() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let phone = house.sign_up("ada").await;
        let laptop = house.log_in("ada", crate::house::PASSWORD).await;
        let sessions = house.send(Call::get("/api/v1/auth/sessions").bearer(laptop.access_token())).await;
        let (mut lost, _) = Follower::now(&house, phone.access_token()).await;
        let (mut kept, _) = Follower::now(&house, laptop.access_token()).await;
        let other = sessions.body["items"].as_array().expect("a list").iter().find(|session| session["current"] == false);
        let path = format!("/api/v1/auth/sessions/{}", other.expect("the phone")["id"].as_str().expect("an id"));
        assert_eq!(house.send(Call::new("DELETE", &path).bearer(laptop.access_token())).await.status, 204);
        loop {
            let message = lost.expect().await;
            if message.is("close") {
                assert_eq!(message.text("reason"), "revoked");
                break;
            }
        }
        assert_eq!(lost.next().await, None);
        deliver(&house.app, user(&phone), &numbered(1..=1)).await;
        while !kept.expect().await.is("notification.created") {}
    })
    .await;
}

#[tokio::test]
async fn a_right_that_ended_elsewhere_ends_the_stream_within_a_second() {
    let Some(database) = Database::postgres().await else { return };
    let here = House::open(&database).await;
    let there = here.beside(&database).await;
    let ada = here.sign_up("ada").await;
    let key = json!({ "name": "watcher", "scopes": ["notifications:read"] });
    let key = here.send(Call::post("/api/v1/api-keys", &key).bearer(ada.access_token())).await;
    let (mut by_session, _) = Follower::now(&there, ada.access_token()).await;
    let (mut by_key, _) = Follower::now(&there, key.text("/secret")).await;
    let (stopper, stop) = clockwork::Stopper::new();
    let watch = tokio::spawn(app::notify::watch_streams(there.app.clone(), stop));
    here.send(Call::new("DELETE", &format!("/api/v1/api-keys/{}", key.text("/id"))).bearer(ada.access_token())).await;
    here.send(Call::new("POST", "/api/v1/auth/logout").bearer(ada.access_token())).await;
    let ended = async {
        while by_session.next().await.is_some() {}
        while by_key.next().await.is_some() {}
    };
    let mut ended = std::pin::pin!(ended);
    let (tick, mut passed) = (Duration::from_millis(250), Duration::ZERO);
    // A second and a tick is all the time there is; what is under way when it is over may still arrive.
    while futures_util::poll!(&mut ended).is_pending() {
        let asleep = there.clock.next_wake().map(|wake| wake.saturating_sub(there.clock.monotonic()));
        if asleep.is_some_and(|nap| !nap.is_zero() && nap <= tick) && passed <= Duration::from_secs(1) {
            passed += there.clock.advance_to_next().unwrap_or_default();
        }
        tokio::task::yield_now().await;
    }
    stopper.stop();
    watch.await.expect("the watch ends");
}

#[tokio::test]
async fn a_process_that_stops_tells_every_reader_where_to_resume() {
    let house = House::open(&Database::sqlite()).await;
    let ada = house.sign_up("ada").await;
    let (mut follower, head) = Follower::now(&house, ada.access_token()).await;
    house.app.hub().drain();
    assert_eq!(follower.expect_close("draining").await.text("resume_at"), head);
    let refused = house.send(Call::get(STREAM).bearer(ada.access_token())).await;
    refused.refused(503, "stream.draining");
    assert!(refused.header("retry-after").is_some());
}

#[tokio::test]
async fn a_comment_comes_every_fifteen_seconds_and_tells_the_position() {
    let house = House::open(&Database::sqlite()).await;
    let ada = house.sign_up("ada").await;
    let (mut follower, mut head) = Follower::now(&house, ada.access_token()).await;
    for round in 1..=3 {
        wait_for_sleeper(&house, HEARTBEAT * round).await;
        house.clock.advance(HEARTBEAT.saturating_sub(Duration::from_millis(1)));
        deliver(&house.app, user(&ada), &numbered(1..=1)).await;
        let event = follower.expect().await;
        assert!(event.is("notification.created"), "not before its time: {event:?}");
        head = event.id.expect("a position");
        wait_for_sleeper(&house, HEARTBEAT * round).await;
        house.clock.advance(Duration::from_millis(1));
        assert_eq!(follower.expect().await.comment, Some(format!("head {head}")));
    }
    drop(head);
}

/// Waits until somebody of this server sleeps until `deadline`, and nobody less long.
async fn wait_for_sleeper(house: &House, deadline: Duration) {
    while house.clock.next_wake() != Some(deadline) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_sent_away_with_its_place_and_disturbs_nobody() {
    const EVENTS: u32 = 4_000;
    let house = House::open(&Database::sqlite()).await;
    let ada = house.sign_up("ada").await;
    let token = ada.access_token();
    let (mut quick, head) = Follower::now(&house, token).await;
    let call = Call::get(STREAM).bearer(token).header("last-event-id", &head);
    let mut slow = Follower::open_narrow(&house, call).await;
    // More than all buffers between the two sockets hold.
    let padding = "x".repeat(6_000);
    let writing = async {
        for first in (1..=EVENTS).step_by(100) {
            let titles: Vec<String> = (first..first + 100).map(|number| format!("{number} {padding}")).collect();
            deliver(&house.app, user(&ada), &titles).await;
        }
    };
    let reading = async {
        for number in 1..=EVENTS {
            assert_eq!(title(&quick.expect().await.data), number);
        }
    };
    tokio::join!(writing, reading);

    house.clock.advance(STALL);
    let mut read = 0;
    let mut place = head;
    let close = loop {
        let message = slow.expect().await;
        if message.is("close") {
            break message;
        }
        if message.comment.is_none() {
            read += 1;
            assert_eq!(title(&message.data), read);
            place = message.id.expect("a position");
        }
    };
    assert_eq!((close.text("reason"), close.text("resume_at")), ("lagged", place.as_str()));
    assert!(read < EVENTS, "the test is too small to fill the buffers");
    let mut back = Follower::since(&house, token, &place).await;
    for number in read + 1..=EVENTS {
        assert_eq!(title(&back.expect().await.data), number);
    }
}

fn title(data: &Value) -> u32 {
    data["title"].as_str().and_then(|title| title.split(' ').next()?.parse().ok()).unwrap_or_else(|| panic!("{data}"))
}

#[tokio::test]
async fn an_account_holds_twenty_streams_and_no_more() {
    let house = House::open(&Database::sqlite()).await;
    let (ada, eve) = (house.sign_up("ada").await, house.sign_up("eve").await);
    let mut open = Vec::new();
    for _ in 0..20 {
        open.push(Follower::now(&house, ada.access_token()).await);
    }
    let refused = house.send(Call::get(STREAM).bearer(ada.access_token())).await;
    refused.refused(429, "stream.too_many_of_user");
    assert!(refused.header("retry-after").is_some());
    Follower::now(&house, eve.access_token()).await;
    open.pop();
    while house.app.hub().connections() >= 20 {
        tokio::task::yield_now().await;
    }
    Follower::now(&house, ada.access_token()).await;
}

#[tokio::test]
async fn a_stream_shows_its_owner_only_and_needs_the_right_scope() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, eve) = (house.sign_up("ada").await, house.sign_up("eve").await);
        let (mut hers, _) = Follower::now(&house, ada.access_token()).await;
        deliver(&house.app, user(&eve), &numbered(1..=5)).await;
        deliver(&house.app, user(&ada), &["mine".to_owned()]).await;
        assert_eq!(hers.expect().await.text("title"), "mine");
        let key = json!({ "name": "writer", "scopes": ["schedules:write"] });
        let key = house.send(Call::post("/api/v1/api-keys", &key).bearer(ada.access_token())).await;
        let refused = house.send(Call::get(STREAM).bearer(key.text("/secret"))).await;
        refused.refused(403, "identity.forbidden");
        let misspelt = house.send(Call::get(&format!("{STREAM}?sinse=1-0")).bearer(ada.access_token())).await;
        misspelt.refused(422, "query.invalid");
    })
    .await;
}

/// What happened to the owner after `since`, as whoever holds `key` is told it: each kind, with its data but for the time.
async fn heard(house: &House, key: &str, path: &str, count: usize) -> Vec<(String, Value)> {
    let mut follower = Follower::open(house, Call::get(path).bearer(key)).await;
    heard_on(&mut follower, count).await
}

async fn heard_on(follower: &mut Follower, count: usize) -> Vec<(String, Value)> {
    let mut heard = Vec::new();
    while heard.len() < count {
        let mut message = follower.expect().await;
        message.data.as_object_mut().expect("an object").remove("at").expect("a time");
        heard.push((message.event.expect("a kind"), message.data));
    }
    heard
}

#[tokio::test]
async fn a_key_is_told_of_nothing_that_its_scopes_do_not_read_and_misses_no_number() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (mut ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let mut keys = Vec::new();
        for scopes in
            [json!(["notifications:read"]), json!(["notifications:read", "campaigns:read", "schedules:read", "rooms:read"])]
        {
            let key = ada.send(Call::post("/api/v1/api-keys", &json!({ "name": "reader", "scopes": scopes }))).await;
            keys.push(key.text("/secret").to_owned());
        }
        ada.product("bell").await;
        ada.subscribe("bell", &bob.id().await).await;
        let (mut person, head) = Follower::now(&house, &ada.token).await;
        let (mut little, _) = Follower::now(&house, &keys[0]).await;

        ada.stock("bell", 1).await;
        Teller::of(&house).work().await;
        ada.make(&json!({ "title": "Bell", "start": "2026-11-21T09:30:00" })).await;
        assert_eq!(ada.send(Call::post("/api/v1/rooms", &json!({ "name": "Bells" }))).await.status, 201);
        assert_eq!(ada.send(Call::post("/api/v1/tags", &json!({ "name": "bells" }))).await.status, 201);
        ada.sign_in_again().await;
        deliver(&house.app, ada.id().await.parse().expect("an id"), &["for all of them".to_owned()]).await;

        let mut all = Vec::new();
        while all.last().is_none_or(|(kind, _)| kind != "notification.created") {
            all.extend(heard_on(&mut person, 1).await);
        }
        let kinds: Vec<&str> = all.iter().map(|(kind, _)| kind.as_str()).collect();
        for kind in ["campaign.changed", "schedule.changed", "room.changed", "tag.changed", "session.created"] {
            assert!(kinds.contains(&kind), "{kind} {kinds:?}");
        }
        let first: u32 = head.split_once('-').expect("two numbers").1.parse().expect("a number");

        // Each in its place, under its number; of what the key may not read, not even the kind.
        let as_told_to = |may: fn(&str) -> bool| -> Vec<(String, Value)> {
            all.iter()
                .map(|(kind, data)| if may(kind) { (kind.clone(), data.clone()) } else { ("withheld".to_owned(), json!({})) })
                .collect()
        };
        let to_little = as_told_to(|kind| kind.starts_with("notification.") || kind == "unread.changed");
        let to_much = as_told_to(|kind| !kind.starts_with("session."));
        assert_eq!(heard_on(&mut little, all.len()).await, to_little, "live");
        let since = format!("?since={head}");
        for (key, told) in keys.iter().zip([&to_little, &to_much]) {
            assert_eq!(&heard(&house, key, &format!("{STREAM}{since}"), all.len()).await, told, "read in the log");
        }
        let mut again = Follower::since(&house, &keys[0], &head).await;
        for number in 1..=u32::try_from(all.len()).expect("few") {
            assert_eq!(again.expect().await.number(), first + number);
        }
        let many = heard(&house, &keys[0], &format!("/api/v1/stream?me=1&since=me@{head}"), all.len()).await;
        let unnamed = many.into_iter().map(|(kind, mut data)| {
            assert_eq!(data.as_object_mut().and_then(|data| data.remove("stream")), Some(json!("me")));
            (kind, data)
        });
        assert_eq!(unnamed.collect::<Vec<_>>(), to_little, "among many streams");
    })
    .await;
}
