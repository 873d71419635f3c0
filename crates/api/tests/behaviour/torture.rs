//! Attach again and again while events flow, hints are lost, logs are trimmed and servers stop: every reader's list is exactly
//! 1, 2, 3 … or says where it is not.
//!
//! `CAMPANILE_TORTURE_ATTACHES` is how often readers attach on each engine; 10,000 take some minutes.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::Duration,
};

use app::identity::Keys;
use kernel::{Instant, Position, UserId};
use serde_json::Value;
use testkit::{
    Database, SeededEntropy, TestClock, on_both_databases,
    store::{StoreError, Tx, UseCase, streams},
};

use crate::{
    follower::Follower,
    house::{Call, House, PASSWORD},
    postman::{deliver_silently, numbered},
    socket::{Heard, Socket},
};

const ATTACHES: u32 = 150;
/// Servers, one after the other, over one database.
const SERVERS: u32 = 3;
const READERS: u64 = 6;

struct Trim(UserId, Instant);

impl UseCase for Trim {
    type Out = u64;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        streams::trim(tx, self.0.into(), self.1, 10_000).await
    }
}

/// One reader: where it is, and what it was told.
struct Reader {
    place: Position,
    applied: u64,
    gaps: u64,
}

impl Reader {
    /// Takes one thing it is told, which must be the next, or say that it is not.
    fn take(&mut self, event: &str, id: &str, data: &Value) {
        let position: Position = id.rsplit('@').next().expect("a place").parse().expect("a position");
        if event == "gap" {
            assert_eq!(data["reason"], "trimmed", "nothing else happened: {data}");
            assert!(position.seq > self.place.seq, "a gap leads on: {position} after {}", self.place);
            self.gaps += 1;
        } else {
            assert_eq!(position, Position { seq: self.place.seq + 1, ..self.place }, "a hole, or a repetition: {event}");
            self.applied += 1;
        }
        self.place = position;
    }

    /// Reads at most `most` things over a stream, or until it ends.
    async fn over_stream(&mut self, house: &House, call: Call, most: u64) {
        let mut follower = Follower::open(house, call).await;
        let mut read = 0;
        while read < most {
            let Some(message) = follower.next().await else { return };
            let Some(event) = message.event.as_deref().filter(|event| *event != "close") else { continue };
            self.take(event, message.id.as_deref().expect("an id"), &message.data);
            read += 1;
        }
    }

    async fn over_socket(&mut self, house: &House, token: &str, most: u64) {
        let mut socket = Socket::open(house, token).await;
        socket.subscribe("me", Some(&self.place.to_string())).await;
        let mut read = 0;
        while read < most {
            let Heard::Said(message) = socket.next().await else { return };
            let event = message["event"].as_str().expect("a name");
            if !["close", "heartbeat"].contains(&event) {
                self.take(event, message["id"].as_str().expect("an id"), &message["data"]);
                read += 1;
            }
        }
    }

    /// Attaches once, in one of the ways there are.
    async fn attach(&mut self, house: &House, token: &str, chance: &SeededEntropy) {
        let (place, most) = (self.place, 1 + chance.below(60));
        match chance.below(3) {
            0 => self.over_socket(house, token, most).await,
            1 => {
                let call = Call::get("/api/v1/me/stream").bearer(token).header("last-event-id", &place.to_string());
                self.over_stream(house, call, most).await;
            }
            _ => {
                let call = Call::get("/api/v1/stream?me=1").bearer(token).header("last-event-id", &format!("me@{place}"));
                self.over_stream(house, call, most).await;
            }
        }
    }
}

/// Events without end until `over`: in batches, one hint in four lost, the log trimmed now and then.
async fn write(house: &House, user: UserId, chance: &SeededEntropy, over: &AtomicBool, trims: &AtomicU32) {
    let mut number = 1;
    while !over.load(Ordering::Relaxed) {
        let count = 1 + u32::try_from(chance.below(8)).expect("few");
        house.clock.advance(Duration::from_millis(1));
        let events = deliver_silently(&house.app, user, &numbered(number..=number + count)).await;
        if !chance.chance(250) {
            house.app.hub().publish(events);
        }
        if chance.chance(50) {
            let before = house.app.now();
            house.app.store().write(Trim(user, before)).await.expect("trimmed");
            trims.fetch_add(1, Ordering::Relaxed);
        }
        app::notify::check_positions(&house.app).await.expect("positions are read");
        number += count + 1;
        tokio::task::yield_now().await;
    }
}

/// A server over what the one before it left.
async fn serve(database: &Database, clock: &TestClock, number: u32) -> House {
    let secret = Keys::generate_line(&SeededEntropy::new(1));
    let house = House::with_secrets(database, secret, clock.clone()).await;
    // Each begins with the same randomness, and must not make the same tokens of it.
    (0..number * 1_000).for_each(|_| house.app.entropy().fill(&mut [0; 32]));
    house
}

async fn torture(database: &Database, attaches: u32) {
    let (chance, clock) = (SeededEntropy::new(2026), TestClock::default());
    let new = || Reader { place: Position { epoch: 1, seq: 0 }, applied: 0, gaps: 0 };
    let (mut readers, mut sitter): (Vec<Reader>, _) = ((0..READERS).map(|_| new()).collect(), new());
    let mut person = None;
    for server in 0..SERVERS {
        let house = serve(database, &clock, server).await;
        let signed_in = if server == 0 { house.sign_up("ada").await } else { house.log_in("ada", PASSWORD).await };
        let user: UserId = *person.get_or_insert_with(|| signed_in.text("/user/id").parse().expect("an id"));
        let (token, over, done) = (signed_in.access_token(), AtomicBool::new(false), AtomicU32::new(0));
        let trims = AtomicU32::new(0);
        let each = readers.iter_mut().enumerate().map(|(number, reader)| {
            let (house, done, trims, chance) = (&house, &done, &trims, chance.fork(&format!("{server} {number}")));
            async move {
                while done.fetch_add(1, Ordering::Relaxed) < attaches / SERVERS {
                    // Now and then one stays away for so long that what it has not seen is forgotten.
                    let (away, seen) = (chance.chance(100), trims.load(Ordering::Relaxed));
                    while away && trims.load(Ordering::Relaxed) == seen {
                        tokio::task::yield_now().await;
                    }
                    reader.attach(house, token, &chance).await;
                }
            }
        });
        let attaching = async {
            futures_util::future::join_all(each).await;
            over.store(true, Ordering::Relaxed);
            // Whoever is attached is told to come back.
            house.app.hub().drain();
        };
        let place = sitter.place.to_string();
        let call = Call::get("/api/v1/me/stream").bearer(token).header("last-event-id", &place);
        let sitting = sitter.over_stream(&house, call, u64::MAX);
        let writer = chance.fork(&format!("writer {server}"));
        Box::pin(async { tokio::join!(attaching, sitting, write(&house, user, &writer, &over, &trims)) }).await;
        house.close().await;
    }
    for reader in readers.iter().chain([&sitter]) {
        assert!(reader.applied > 0, "a reader that reads nothing proves nothing");
    }
    assert!(readers.iter().any(|reader| reader.gaps > 0), "nobody was ever trimmed away");
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "how long a test may take is no configuration of the product")]
async fn whoever_attaches_again_and_again_is_given_every_event_once_or_told_of_the_gap() {
    let attaches = std::env::var("CAMPANILE_TORTURE_ATTACHES").ok().and_then(|count| count.parse().ok()).unwrap_or(ATTACHES);
    on_both_databases(async |database| Box::pin(torture(database, attaches)).await).await;
}
