//! Attach again and again while events flow, hints are lost, logs are trimmed and servers stop: every reader's list is exactly
//! 1, 2, 3 … or says where it is not.
//!
//! `CAMPANILE_TORTURE_ATTACHES` is how often readers attach on each engine; 10,000 take some minutes.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::Duration,
};

use app::identity::Keys;
use kernel::{Event, EventId, Instant, Position, RoomId, StreamId, UserId};
use serde_json::{Value, json};
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

/// What everybody reads: an inbox, and a room.
#[derive(Clone, Copy)]
struct Logs {
    user: UserId,
    room: RoomId,
}

impl Logs {
    fn names(self) -> [String; 2] {
        ["me".to_owned(), self.room.to_string()]
    }
}

struct Trim(StreamId, Instant);

impl UseCase for Trim {
    type Out = u64;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        streams::trim(tx, self.0, self.1, 10_000).await
    }
}

struct Say(RoomId, Vec<EventId>, Instant);

impl UseCase for Say {
    type Out = Vec<Event>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<Event>, StoreError> {
        let draft = |id: &EventId| streams::Draft { stream: self.0.into(), id: *id, kind: "said".into(), data: "{}".to_owned() };
        streams::append(tx, self.1.iter().map(draft).collect(), self.2).await
    }
}

/// One reader: where it is in each log, and what it was told.
#[derive(Default)]
struct Reader {
    places: BTreeMap<String, Position>,
    applied: BTreeMap<String, u64>,
    gaps: BTreeMap<String, u64>,
}

impl Reader {
    fn place(&self, name: &str) -> Position {
        self.places.get(name).copied().unwrap_or(Position { epoch: 1, seq: 0 })
    }

    /// Where it is in each of `names`, as a connection of many streams says it.
    fn all_places(&self, names: &[String]) -> String {
        names.iter().map(|name| format!("{name}@{}", self.place(name))).collect::<Vec<_>>().join(",")
    }

    /// Takes one thing it is told of the log `name`, which must be the next, or say that it is not.
    fn take(&mut self, name: &str, event: &str, position: &str, data: &Value) {
        let (position, place): (Position, _) = (position.parse().expect("a position"), self.place(name));
        if event == "gap" {
            assert_eq!(data["reason"], "trimmed", "nothing else happened: {data}");
            assert!(position.seq > place.seq, "a gap leads on: {position} after {place}");
            *self.gaps.entry(name.to_owned()).or_default() += 1;
        } else {
            assert_eq!(position, Position { seq: place.seq + 1, ..place }, "a hole, or a repetition: {event} of {name}");
            *self.applied.entry(name.to_owned()).or_default() += 1;
        }
        self.places.insert(name.to_owned(), position);
    }

    /// Reads at most `most` things over a stream of `names`, or until it ends. Who is there has no place in any log.
    async fn over_stream(&mut self, house: &House, call: Call, names: &[String], most: u64) {
        let mut follower = Follower::open(house, call).await;
        let mut read = 0;
        while read < most {
            let Some(message) = follower.next().await else { return };
            let (Some(event), Some(id)) = (message.event.as_deref(), message.id.as_deref()) else { continue };
            if let [name] = names {
                self.take(name, event, id, &message.data);
            } else {
                let name = message.text("stream");
                let position = id.split(',').find_map(|place| place.strip_prefix(name)?.strip_prefix('@'));
                self.take(name, event, position.expect("its place"), &message.data);
                assert_eq!(id, self.all_places(names), "the places of all are said with each");
            }
            read += 1;
        }
    }

    async fn over_socket(&mut self, house: &House, token: &str, names: &[String], most: u64) {
        let mut socket = Socket::open(house, token).await;
        for name in names {
            let since = self.place(name).to_string();
            socket.say(&json!({ "op": "subscribe", "stream": name, "since": since })).await;
        }
        let mut read = 0;
        while read < most {
            let Heard::Said(message) = socket.next().await else { return };
            let Some(id) = message["id"].as_str() else { continue };
            let (name, event) = (message["stream"].as_str().expect("a stream"), message["event"].as_str().expect("a name"));
            if event != "heartbeat" {
                self.take(name, event, id, &message["data"]);
                read += 1;
            }
        }
    }

    /// Attaches once, in one of the ways there are.
    async fn attach(&mut self, house: &House, token: &str, logs: Logs, chance: &SeededEntropy) {
        let (names, most) = (logs.names(), 1 + chance.below(60));
        let alone = |path: String, place: Position| Call::get(&path).bearer(token).header("last-event-id", &place.to_string());
        match chance.below(5) {
            0 => self.over_socket(house, token, &names[..1], most).await,
            1 => self.over_socket(house, token, &names, most).await,
            2 => {
                let call = alone("/api/v1/me/stream".to_owned(), self.place("me"));
                self.over_stream(house, call, &names[..1], most).await;
            }
            3 => {
                let call = alone(format!("/api/v1/rooms/{}/stream", logs.room), self.place(&names[1]));
                self.over_stream(house, call, &names[1..], most).await;
            }
            _ => self.over_both(house, token, logs, most).await,
        }
    }

    async fn over_both(&mut self, house: &House, token: &str, logs: Logs, most: u64) {
        let names = logs.names();
        let call = Call::get(&format!("/api/v1/stream?me=1&room={}", logs.room)).bearer(token);
        let call = call.header("last-event-id", &self.all_places(&names));
        self.over_stream(house, call, &names, most).await;
    }
}

/// Events without end until `over`: in batches, one hint in four lost, the logs trimmed now and then. Some of the room's come through its
/// front door.
async fn write(house: &House, token: &str, logs: Logs, chance: &SeededEntropy, over: &AtomicBool, trims: &AtomicU32) {
    let mut number = 1;
    while !over.load(Ordering::Relaxed) {
        let count = 1 + u32::try_from(chance.below(8)).expect("few");
        house.clock.advance(Duration::from_millis(1));
        let (now, entropy) = (house.app.now(), house.app.entropy());
        let events = match chance.below(4) {
            0 => {
                let said = json!({ "room_id": logs.room, "type": "said", "data": {} });
                let said = house.send(Call::post("/api/v1/notifications/publish", &said).bearer(token)).await;
                assert_eq!(said.status, 202, "{said:?}");
                Vec::new()
            }
            1 => {
                let ids = (0..count).map(|_| EventId::mint(now, &*entropy)).collect();
                house.app.store().write(Say(logs.room, ids, now)).await.expect("it is written")
            }
            _ => deliver_silently(&house.app, logs.user, &numbered(number..=number + count)).await,
        };
        if !chance.chance(250) {
            house.app.hub().publish(events);
        }
        if chance.chance(50) {
            for stream in [logs.user.into(), logs.room.into()] {
                house.app.store().write(Trim(stream, now)).await.expect("trimmed");
            }
            trims.fetch_add(1, Ordering::Relaxed);
        }
        // Seldom, so that most of what was lost is found missing by whoever reads on.
        if chance.chance(100) {
            app::notify::check_positions(&house.app).await.expect("positions are read");
        }
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
    let (mut readers, mut sitter): (Vec<Reader>, _) = ((0..READERS).map(|_| Reader::default()).collect(), Reader::default());
    let mut logs = None;
    for server in 0..SERVERS {
        let house = serve(database, &clock, server).await;
        let signed_in = if server == 0 { house.sign_up("ada").await } else { house.log_in("ada", PASSWORD).await };
        let (token, over, done) = (signed_in.access_token(), AtomicBool::new(false), AtomicU32::new(0));
        if logs.is_none() {
            let made = house.send(Call::post("/api/v1/rooms", &json!({ "name": "Town" })).bearer(token)).await;
            let (user, room) = (signed_in.text("/user/id"), made.text("/id"));
            logs = Some(Logs { user: user.parse().expect("an id"), room: room.parse().expect("an id") });
        }
        let logs = logs.expect("made before the first");
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
                    reader.attach(house, token, logs, &chance).await;
                }
            }
        });
        let attaching = async {
            futures_util::future::join_all(each).await;
            over.store(true, Ordering::Relaxed);
            // Whoever is attached is told to come back.
            house.app.hub().drain();
        };
        let sitting = sitter.over_both(&house, token, logs, u64::MAX);
        let writer = chance.fork(&format!("writer {server}"));
        Box::pin(async { tokio::join!(attaching, sitting, write(&house, token, logs, &writer, &over, &trims)) }).await;
        house.close().await;
    }
    for name in logs.expect("made").names() {
        for reader in readers.iter().chain([&sitter]) {
            assert!(reader.applied.contains_key(&name), "a reader that reads nothing proves nothing");
        }
        assert!(readers.iter().any(|reader| reader.gaps.contains_key(&name)), "nobody was ever trimmed away");
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "how long a test may take is no configuration of the product")]
async fn whoever_attaches_again_and_again_is_given_every_event_once_or_told_of_the_gap() {
    let attaches = std::env::var("CAMPANILE_TORTURE_ATTACHES").ok().and_then(|count| count.parse().ok()).unwrap_or(ATTACHES);
    on_both_databases(async |database| Box::pin(torture(database, attaches)).await).await;
}
