//! Who is in a room, where one of two servers is killed.

use std::time::Duration;

use clockwork::SystemClock;
use kernel::Clock as _;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    person::Person,
    process::{Installation, PATIENCE},
};

/// When people are told at the latest after a server was killed, by the clock on the wall of a busy machine. It is promised within twelve
/// seconds, of which eleven are spent by design; that is judged by a clock that the test moves (`behaviour/presence.rs` of `api`).
const GONE: Duration = Duration::from_secs(30);

/// Waits until somebody sees so many in a room; answers what they see.
async fn sees(person: &Person, room: &str, count: usize) -> Value {
    let clock = SystemClock::new(None);
    loop {
        let seen = person.get(&format!("/api/v1/rooms/{room}/presence")).await.expect("who is there");
        if seen["count"] == count {
            return seen;
        }
        assert!(clock.monotonic() < PATIENCE, "not {count}, but {seen}");
        clock.sleep(Duration::from_millis(20)).await;
    }
}

/// Reads a stream until somebody is told to have left; answers what was said of that.
async fn left(stream: &mut reqwest::Response) -> Value {
    let mut text = String::new();
    loop {
        let chunk = tokio::time::timeout(PATIENCE, stream.chunk()).await.expect("something is said").expect("it goes on");
        text.push_str(std::str::from_utf8(&chunk.expect("it goes on")).expect("UTF-8"));
        let updates = text.split("\n\n").filter_map(|message| message.strip_prefix("event: presence.update\ndata: "));
        let updates = updates.filter_map(|data| serde_json::from_str::<Value>(data).ok());
        if let Some(update) = updates.into_iter().find(|update| update["left"] != json!([])) {
            return update;
        }
    }
}

#[tokio::test]
async fn whoever_was_at_a_server_that_is_killed_is_gone_in_time_and_nobody_else_is() {
    for installation in Installation::on_both_engines().await.into_iter().filter(Installation::is_shared) {
        let (mut doomed, server) = (installation.serve(&[]), installation.serve(&[]));
        let anna = Person::sign_up(&server).await;
        let bob = Person::sign_up_as("bob", &doomed).await;
        let room = anna.post("/api/v1/rooms", &json!({ "name": "Choir" })).await.expect("a room");
        let room = room["id"].as_str().expect("an id");
        let invited =
            anna.post(&format!("/api/v1/rooms/{room}/invitations"), &json!({ "role": "member" })).await.expect("a link");
        bob.post("/api/v1/invitations/accept", &json!({ "token": invited["token"] })).await.expect("he is let in");

        let path = format!("/api/v1/rooms/{room}/stream");
        let mut listening = anna.stream(&path).await;
        let followed = bob.stream(&path).await;
        let _without_a_stream =
            bob.post(&format!("/api/v1/rooms/{room}/presence/heartbeat"), &json!({})).await.expect("he is there");
        for person in [&anna, &bob] {
            assert_eq!(sees(person, room, 2).await["members"].as_array().map(Vec::len), Some(2));
        }
        // Whatever was said last, and what is renewed, is on disk.
        let clock = SystemClock::new(None);
        clock.sleep(Duration::from_millis(500)).await;
        doomed.signal(Signal::KILL);
        doomed.ended();
        drop(followed);
        let killed_at = clock.monotonic();
        let update = left(&mut listening).await;
        let took = clock.monotonic().saturating_sub(killed_at);
        eprintln!("told {took:?} after the kill");
        assert!(took <= GONE, "{took:?}");
        assert_eq!((&update["joined"], &update["count"]), (&json!([]), &json!(1)), "{update}");
        assert_eq!(sees(&anna, room, 1).await["members"][0]["name"], "Anna");
    }
}
