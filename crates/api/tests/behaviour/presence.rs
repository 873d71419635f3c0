//! Who is in a room at the moment, over HTTP, on both engines.

use std::time::Duration;

use app::rooms::LEASE;
use serde_json::{Value, json};
use testkit::{Database, on_both_databases};

use crate::{
    desk::Desk,
    follower::Follower,
    house::{Call, House},
    rooms::ROOMS,
    socket::Socket,
};

impl Desk<'_> {
    /// Who is in a room, as they see it: names and connections, in the order of names.
    async fn sees(&self, room: &str) -> Vec<(String, i64)> {
        let seen = self.get(&format!("{ROOMS}/{room}/presence")).await;
        let members = seen.body["members"].as_array().unwrap_or_else(|| panic!("{}", seen.body));
        assert_eq!(seen.body["count"], members.len());
        let shown = |member: &Value| {
            (member["name"].as_str().expect("a name").to_owned(), member["connections"].as_i64().expect("a number"))
        };
        let mut shown: Vec<_> = members.iter().map(shown).collect();
        shown.sort();
        shown
    }

    async fn beats(&self, room: &str) -> crate::house::Reply {
        self.send(Call::new("POST", &format!("{ROOMS}/{room}/presence/heartbeat"))).await
    }

    /// A socket that follows a room, live.
    async fn in_room(&self, room: &str) -> Socket {
        let mut socket = Socket::open(self.house, &self.token).await;
        socket.subscribe(room, None).await;
        socket.expect("ready").await;
        socket
    }

    async fn leaves_socket(&self, socket: &mut Socket, room: &str) {
        socket.say(&json!({ "op": "unsubscribe", "stream": room })).await;
        while socket.hear().await["event"] != "ended" {}
        tick(self.house).await;
    }
}

/// Everything that was said by now, but for heartbeats; the other side has heard of this one.
async fn heard(socket: &mut Socket) -> Vec<Value> {
    socket.say(&json!({ "op": "ping" })).await;
    let mut heard = Vec::new();
    loop {
        match socket.hear().await {
            pong if pong["event"] == "pong" => return heard,
            beat if beat["event"] == "heartbeat" => {}
            message => heard.push(message),
        }
    }
}

fn pairs(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected.iter().map(|(name, connections)| ((*name).to_owned(), *connections)).collect()
}

/// What the watch does four times a second.
async fn tick(house: &House) {
    app::rooms::keep_presence(&house.app).await.expect("presence is kept");
}

/// Lets time pass, and then looks.
async fn pass(house: &House, milliseconds: u64) {
    house.clock.advance(Duration::from_millis(milliseconds));
    tick(house).await;
}

fn told(message: &Value, joined: &[&str], left: &[&str], count: usize) {
    let data = &message["data"];
    assert_eq!(message["event"], "presence.update", "{message}");
    assert_eq!((&data["joined"], &data["left"], &data["count"]), (&json!(joined), &json!(left), &json!(count)), "{message}");
    assert!(data["version"].as_i64().is_some_and(|version| version > 0) && message.get("id").is_none(), "{message}");
}

#[tokio::test]
async fn who_follows_a_room_is_there_and_only_the_first_and_the_last_of_their_connections_are_told() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let room = ada.room("Choir").await;
        ada.lets_in(&room, &bob, "viewer").await;
        let his = bob.id().await;
        assert_eq!(ada.sees(&room).await, pairs(&[]));
        let mut listening = ada.in_room(&room).await;
        assert_eq!(ada.sees(&room).await, pairs(&[("ada", 1)]), "at once, before anything was written");
        tick(&house).await;
        told(&listening.hear().await, &[&ada.id().await], &[], 1);

        let mut first = bob.in_room(&room).await;
        let mut second = bob.in_room(&room).await;
        tick(&house).await;
        told(&listening.hear().await, &[&his], &[], 2);
        assert_eq!(ada.sees(&room).await, pairs(&[("ada", 1), ("bob", 2)]));
        bob.leaves_socket(&mut first, &room).await;
        tick(&house).await;
        assert_eq!(bob.sees(&room).await, pairs(&[("ada", 1), ("bob", 1)]));
        // The last one goes, and another comes in time.
        bob.leaves_socket(&mut second, &room).await;
        pass(&house, 4_900).await;
        assert_eq!(ada.sees(&room).await, pairs(&[("ada", 1), ("bob", 0)]));
        first.subscribe(&room, None).await;
        pass(&house, 4_900).await;
        bob.leaves_socket(&mut first, &room).await;
        pass(&house, 4_900).await;
        ada.says(&room).await;
        let next = listening.hear().await;
        assert_eq!((&next["event"], &next["id"]), (&json!("said"), &json!("1-3")), "nobody was told of anything in between");
        pass(&house, 200).await;
        told(&listening.hear().await, &[], &[&his], 1);
        assert_eq!(ada.sees(&room).await, pairs(&[("ada", 1)]));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_update_moves_no_position_on_any_wire() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let room = ada.room("Choir").await;
        ada.lets_in(&room, &bob, "member").await;
        let single = format!("{ROOMS}/{room}/stream");
        let many = format!("/api/v1/stream?me=1&room={room}");
        let mut alone = Follower::open(&house, ada.signed(Call::get(&single)).header("last-event-id", "1-2")).await;
        let mut both = Follower::open(&house, ada.signed(Call::get(&many)).header("last-event-id", &format!("{room}@1-2"))).await;
        assert!(both.expect().await.is("ready"), "of her own stream");
        tick(&house).await;
        for (follower, named) in [(&mut alone, false), (&mut both, true)] {
            let update = follower.expect().await;
            assert!(update.is("presence.update") && update.id.is_none(), "{update:?}");
            assert_eq!((&update.data["joined"], &update.data["count"]), (&json!([ada.id().await]), &json!(1)));
            assert_eq!(update.data.get("stream").is_some(), named);
        }
        bob.says(&room).await;
        let said = alone.expect().await;
        assert!(said.is("said") && said.id.as_deref() == Some("1-3"), "{said:?}");
        let said = both.expect().await;
        assert!(said.is("said") && said.id.is_some_and(|id| id.contains(&format!("{room}@1-3"))));
        // Nothing of it is in the log.
        let kept = ada.get(&format!("{ROOMS}/{room}/events")).await;
        let kinds: Vec<&str> =
            kept.body["events"].as_array().expect("events").iter().map(|event| event["type"].as_str().expect("a type")).collect();
        assert_eq!(kinds, ["room.created", "member.joined", "said"]);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_client_without_a_stream_says_that_it_is_there_and_is_believed_for_forty_seconds() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob, eve) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await, Desk::of(&house, "eve").await);
        let room = ada.room("Choir").await;
        ada.lets_in(&room, &bob, "viewer").await;
        eve.beats(&room).await.refused(404, "room.not_found");
        eve.get(&format!("{ROOMS}/{room}/presence")).await.refused(404, "room.not_found");
        let beaten = bob.beats(&room).await;
        assert!(beaten.body["next_in_seconds"].as_u64().is_some_and(|seconds| (12..=18).contains(&seconds)), "{}", beaten.body);
        let seen_at = house.clock.clone();
        let noted = kernel::Clock::now(&seen_at);
        pass(&house, 39_000).await;
        assert_eq!(ada.sees(&room).await, pairs(&[("bob", 1)]));
        let shown = ada.get(&format!("{ROOMS}/{room}/presence")).await;
        assert_eq!(shown.body["members"][0]["last_seen_at"], json!(noted.to_string()));
        assert_eq!(bob.beats(&room).await.status, 200);
        pass(&house, 39_000).await;
        assert_eq!(ada.sees(&room).await, pairs(&[("bob", 1)]), "one client, however often it says so");
        pass(&house, 1_000).await;
        assert_eq!(ada.sees(&room).await, pairs(&[]));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn who_is_taken_out_is_not_there_any_more_and_who_comes_back_is() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let room = ada.room("Choir").await;
        ada.lets_in(&room, &bob, "member").await;
        let (mut hers, mut his) = (ada.in_room(&room).await, bob.in_room(&room).await);
        bob.beats(&room).await;
        tick(&house).await;
        assert_eq!(hers.hear().await["data"]["count"], 2);
        his.expect("presence.update").await;
        assert_eq!(ada.take_out(&room, &bob.id().await).await.status, 204);
        assert_eq!(ada.sees(&room).await, pairs(&[("ada", 1)]), "at once");
        hers.expect("member.left").await;
        tick(&house).await;
        told(&hers.hear().await, &[], &[&bob.id().await], 1);
        assert_eq!(his.expect("ended").await["data"]["reason"], "forbidden");
        pass(&house, 6_000).await;
        assert_eq!(ada.sees(&room).await, pairs(&[("ada", 1)]));

        ada.lets_in(&room, &bob, "viewer").await;
        hers.expect("member.joined").await;
        his.subscribe(&room, None).await;
        his.expect("ready").await;
        tick(&house).await;
        told(&hers.hear().await, &[&bob.id().await], &[], 2);
        assert_eq!(ada.send(Call::new("DELETE", &format!("{ROOMS}/{room}"))).await.status, 204);
        ada.get(&format!("{ROOMS}/{room}/presence")).await.refused(404, "room.not_found");
        pass(&house, 6_000).await;
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn who_is_there_by_another_process_is_there_and_a_process_that_says_nothing_more_takes_its_people_along() {
    let Some(database) = Database::postgres().await else { return };
    let here = House::open(&database).await;
    let there = here.beside(&database).await;
    let (ada, bob) = (Desk::of(&here, "ada").await, Desk::of(&here, "bob").await);
    let room = ada.room("Choir").await;
    ada.lets_in(&room, &bob, "member").await;
    let mut listening = ada.in_room(&room).await;
    tick(&here).await;
    listening.expect("presence.update").await;
    let elsewhere = Desk { house: &there, name: bob.name, token: bob.token.clone() };
    let mut far = elsewhere.in_room(&room).await;
    let mut near = bob.in_room(&room).await;
    tick(&there).await;
    tick(&here).await;
    told(&listening.hear().await, &[&bob.id().await], &[], 2);
    for desk in [&ada, &elsewhere] {
        assert_eq!(desk.sees(&room).await, pairs(&[("ada", 1), ("bob", 2)]));
    }
    // Each renews in time: the lease of nobody ends.
    for _ in 0..12 {
        here.clock.advance(Duration::from_secs(1));
        tick(&there).await;
        tick(&here).await;
    }
    assert_eq!(ada.sees(&room).await, pairs(&[("ada", 1), ("bob", 2)]));
    for socket in [&mut listening, &mut far, &mut near] {
        heard(socket).await;
    }
    // From here on the other one is dead: he is still here by one connection.
    for _ in 0..12 {
        here.clock.advance(Duration::from_secs(1));
        tick(&here).await;
    }
    assert_eq!(ada.sees(&room).await, pairs(&[("ada", 1), ("bob", 1)]));
    // It was not dead after all, and says everything anew.
    tick(&there).await;
    tick(&there).await;
    assert_eq!(ada.sees(&room).await, pairs(&[("ada", 1), ("bob", 2)]));
    assert_eq!(heard(&mut listening).await, Vec::<Value>::new(), "one connection more or fewer is told to nobody");
    heard(&mut far).await;
    bob.leaves_socket(&mut near, &room).await;
    for _ in 0..6 {
        here.clock.advance(Duration::from_secs(1));
        tick(&there).await;
        tick(&here).await;
    }
    assert_eq!(ada.sees(&room).await, pairs(&[("ada", 1), ("bob", 1)]));
    assert_eq!(heard(&mut listening).await, Vec::<Value>::new());
    let mut seconds = 0;
    while ada.sees(&room).await.len() > 1 {
        here.clock.advance(Duration::from_secs(1));
        tick(&here).await;
        seconds += 1;
    }
    assert!(seconds <= LEASE.as_secs(), "{seconds}");
    here.clock.advance(Duration::from_secs(2));
    tick(&here).await;
    tick(&here).await;
    told(&heard(&mut listening).await[0], &[], &[&bob.id().await], 1);
    there.close().await;
    here.close().await;
}

#[tokio::test]
async fn after_a_pause_of_the_database_nobody_is_told_that_those_elsewhere_left() {
    let Some(database) = Database::postgres().await else { return };
    let here = House::open(&database).await;
    let there = here.beside(&database).await;
    let (ada, bob, cy) = (Desk::of(&here, "ada").await, Desk::of(&here, "bob").await, Desk::of(&here, "cy").await);
    let room = ada.room("Choir").await;
    ada.lets_in(&room, &bob, "member").await;
    ada.lets_in(&room, &cy, "member").await;
    let mut listening = ada.in_room(&room).await;
    let elsewhere = Desk { house: &there, name: bob.name, token: bob.token.clone() };
    let _far = elsewhere.in_room(&room).await;
    for _ in 0..12 {
        tick(&there).await;
        tick(&here).await;
        here.clock.advance(Duration::from_secs(1));
    }
    heard(&mut listening).await;
    // Every lease is over when the first of them gets through again, and somebody comes to it.
    here.clock.advance(LEASE);
    let _near = cy.in_room(&room).await;
    tick(&here).await;
    let [update] = heard(&mut listening).await.try_into().expect("one update");
    told(&update, &[&cy.id().await], &[], 3);
    tick(&here).await;
    tick(&there).await;
    tick(&here).await;
    assert_eq!(heard(&mut listening).await, Vec::<Value>::new());
    assert_eq!(ada.sees(&room).await, pairs(&[("ada", 1), ("bob", 1), ("cy", 1)]));
    // Who does not get through any more is dead in the end.
    for _ in 0..12 {
        here.clock.advance(Duration::from_secs(1));
        tick(&here).await;
    }
    let [update] = heard(&mut listening).await.try_into().expect("one update");
    told(&update, &[], &[&bob.id().await], 2);
    there.close().await;
    here.close().await;
}

#[tokio::test]
async fn who_is_taken_out_on_one_node_leaves_no_ghost_on_another() {
    let Some(database) = Database::postgres().await else { return };
    let here = House::open(&database).await;
    let there = here.beside(&database).await;
    let (ada, bob, cy) = (Desk::of(&here, "ada").await, Desk::of(&here, "bob").await, Desk::of(&here, "cy").await);
    let room = ada.room("Choir").await;
    ada.lets_in(&room, &bob, "member").await;
    ada.lets_in(&room, &cy, "member").await;
    let (bobs, cys) = (bob.id().await, cy.id().await);
    let [bob, cy] = [bob, cy].map(|desk| Desk { house: &there, name: desk.name, token: desk.token });
    let mut listening = ada.in_room(&room).await;
    let (mut his, mut gone) = (bob.in_room(&room).await, cy.in_room(&room).await);
    tick(&there).await;
    tick(&here).await;
    assert_eq!(listening.expect("presence.update").await["data"]["count"], 3);
    // One of them lingers there when the other is taken out here.
    cy.leaves_socket(&mut gone, &room).await;
    here.clock.advance(Duration::from_secs(2));
    assert_eq!(ada.take_out(&room, &bobs).await.status, 204);
    app::notify::check_rights(&there.app).await.expect("looked");
    let mut last = his.hear().await;
    while last["event"] != "ended" {
        last = his.hear().await;
    }
    assert_eq!(last["data"]["reason"], "forbidden");
    for _ in 0..8 {
        here.clock.advance(Duration::from_secs(1));
        tick(&there).await;
        tick(&here).await;
    }
    let updates: Vec<Value> =
        heard(&mut listening).await.into_iter().filter(|message| message["event"] == "presence.update").collect();
    let [first, second] = &updates[..] else { panic!("{updates:?}") };
    told(first, &[], &[&bobs], 2);
    told(second, &[], &[&cys], 1);
    for desk in [&ada, &cy] {
        assert_eq!(desk.sees(&room).await, pairs(&[("ada", 1)]));
    }
    there.close().await;
    here.close().await;
}

#[tokio::test]
async fn a_process_that_stops_leaves_its_people_the_time_to_come_back_elsewhere() {
    let Some(database) = Database::postgres().await else { return };
    let here = House::open(&database).await;
    let there = here.beside(&database).await;
    let (ada, bob) = (Desk::of(&here, "ada").await, Desk::of(&here, "bob").await);
    let room = ada.room("Choir").await;
    ada.lets_in(&room, &bob, "member").await;
    let mut listening = ada.in_room(&room).await;
    let elsewhere = Desk { house: &there, name: bob.name, token: bob.token.clone() };
    let his = elsewhere.in_room(&room).await;
    tick(&there).await;
    tick(&here).await;
    assert_eq!(listening.expect("presence.update").await["data"]["count"], 2);
    // Whoever has just begun takes nobody for dead.
    for _ in 0..LEASE.as_secs() {
        here.clock.advance(Duration::from_secs(1));
        tick(&there).await;
        tick(&here).await;
    }
    let (stopper, stop) = testkit::clockwork::Stopper::new();
    stopper.stop();
    app::rooms::watch_presence(there.app.clone(), stop).await;
    drop(his);
    let _back = bob.in_room(&room).await;
    for _ in 0..8 {
        here.clock.advance(Duration::from_secs(1));
        tick(&here).await;
    }
    ada.says(&room).await;
    let told: Vec<Value> = heard(&mut listening).await.into_iter().map(|message| message["event"].clone()).collect();
    assert_eq!(told, ["said"], "he never left");
    assert_eq!(ada.sees(&room).await, pairs(&[("ada", 1), ("bob", 1)]));
    there.close().await;
    here.close().await;
}
