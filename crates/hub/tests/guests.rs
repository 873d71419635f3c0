//! Who reads a stream that is not their own, and how that ends.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use hub::{
    Attached, CloseReason, EventLog, Extent, Frame, HEARTBEAT, Hub, HubError, Limits, LogError, Owner, PresenceUpdate, Since,
    attach,
};
use kernel::{Event, Position, StreamId, UserId};
use testkit::{START, SeededEntropy, TestClock};

/// A log in which nothing happens.
struct Quiet;

impl EventLog for Quiet {
    async fn extent(&self, _: StreamId) -> Result<Extent, LogError> {
        Ok(Extent { head: Position { epoch: 1, seq: 0 }, low: 1 })
    }

    async fn page(&self, _: StreamId, _: Position, _: u32) -> Result<Vec<Event>, LogError> {
        Ok(Vec::new())
    }
}

fn user(number: u64) -> UserId {
    UserId::mint(START, &SeededEntropy::new(number))
}

fn room(number: u64) -> StreamId {
    StreamId::mint(START, &SeededEntropy::new(number))
}

fn try_open(hub: &Hub, user: UserId, stream: StreamId) -> Result<Attached<Quiet>, HubError> {
    let owner = Owner { user, session: None, key: None };
    let (clock, entropy) = (Arc::new(TestClock::default()), Arc::new(SeededEntropy::new(1)));
    attach(hub, Quiet, stream, owner, Since::Head, clock, entropy)
}

fn open(hub: &Hub, user: UserId, stream: StreamId) -> Attached<Quiet> {
    try_open(hub, user, stream).expect("a stream")
}

/// Why it ended, if it has.
async fn ended(attached: &mut Attached<Quiet>) -> Option<CloseReason> {
    let frames = attached.next().await?;
    frames.iter().find_map(|frame| match frame {
        Frame::Close { reason, .. } => Some(*reason),
        _ => None,
    })
}

#[tokio::test]
async fn a_guest_is_sent_away_from_one_stream_and_nobody_else_is() {
    let hub = Hub::default();
    let (ada, bob) = (user(1), user(2));
    let (room, other) = (room(9), room(10));
    let mut streams = [
        open(&hub, ada, ada.into()),
        open(&hub, ada, room),
        open(&hub, ada, other),
        open(&hub, bob, room),
        open(&hub, bob, room),
    ];
    for attached in &mut streams {
        // The greeting, and where it begins.
        assert_eq!((ended(attached).await, ended(attached).await), (None, None));
    }
    assert_eq!(hub.guests(), BTreeSet::from([(ada, room), (ada, other), (bob, room)]));
    hub.close_guest(bob, room);
    hub.close_guest(bob, other);
    let [own, hers, elsewhere, his, his_too] = &mut streams;
    assert_eq!((ended(his).await, ended(his_too).await), (Some(CloseReason::Forbidden), Some(CloseReason::Forbidden)));
    hub.close_stream(other);
    assert_eq!(ended(elsewhere).await, Some(CloseReason::Gone));
    hub.drain();
    assert_eq!((ended(own).await, ended(hers).await), (Some(CloseReason::Draining), Some(CloseReason::Draining)));
    drop(streams);
    assert_eq!(hub.guests(), BTreeSet::new());
}

#[test]
fn one_stream_has_so_many_readers_and_a_place_that_is_free_again_is_taken() {
    let hub = Hub::new(Limits { per_stream: 2, ..Limits::default() });
    let (first, _second) = (open(&hub, user(1), room(9)), open(&hub, user(2), room(9)));
    assert_eq!(try_open(&hub, user(3), room(9)).err(), Some(HubError::TooManyOfStream(2)));
    let _elsewhere = open(&hub, user(3), room(10));
    drop(first);
    let _third = open(&hub, user(3), room(9));
}

#[test]
fn whose_readers_are_others_than_before_is_said_once_and_ones_own_stream_is_nobodys_business() {
    let hub = Hub::default();
    let (ada, bob) = (user(1), user(2));
    let _own = open(&hub, ada, ada.into());
    let (first, _second) = (open(&hub, ada, room(9)), open(&hub, ada, room(9)));
    let his = open(&hub, bob, room(10));
    let mut stirred = hub.stirred();
    stirred.sort();
    let mut expected = vec![(room(9), BTreeMap::from([(ada, 2)])), (room(10), BTreeMap::from([(bob, 1)]))];
    expected.sort();
    assert_eq!((stirred, hub.stirred()), (expected, Vec::new()));
    drop((first, his));
    let mut stirred = hub.stirred();
    stirred.sort();
    let mut expected = vec![(room(9), BTreeMap::from([(ada, 1)])), (room(10), BTreeMap::new())];
    expected.sort();
    assert_eq!(stirred, expected);
    assert!(hub.is_read(room(9)) && !hub.is_read(room(10)));
}

#[tokio::test]
async fn who_came_and_went_while_a_reader_was_away_is_told_as_one_and_moves_no_position() {
    let (hub, clock) = (Hub::default(), Arc::new(TestClock::default()));
    let owner = Owner { user: user(1), session: None, key: None };
    let (entropy, since) = (Arc::new(SeededEntropy::new(1)), Since::Head);
    let mut reader = attach(&hub, Quiet, room(9), owner, since, clock.clone(), entropy).expect("a stream");
    let update = |joined: &[u64], left: &[u64], version: i64| {
        let users = |numbers: &[u64]| numbers.iter().map(|number| user(*number)).collect::<BTreeSet<_>>();
        hub.tell_presence(room(9), PresenceUpdate::new(users(joined), users(left), (7, version)));
    };
    update(&[1], &[], 1);
    reader.next().await.expect("a greeting");
    assert!(matches!(reader.next().await.as_deref(), Some([Frame::Ready { .. }])), "where it begins comes first");
    let told = reader.next().await.expect("an update");
    assert!(
        matches!(&told[..], [Frame::Presence(update)] if update.joined.contains(&user(1)) && update.version == 1),
        "{told:?}"
    );
    for version in 2..5_000i64 {
        update(&[version.unsigned_abs()], &[], version);
    }
    update(&[9_999], &[3], 5_000);
    let told = reader.next().await.expect("an update");
    let [Frame::Presence(all)] = &told[..] else { panic!("{told:?}") };
    assert_eq!((all.joined.len(), all.left.len(), all.count, all.version), (4_998, 0, 7, 5_000));
    clock.advance(HEARTBEAT);
    let beat = reader.next().await.expect("a heartbeat");
    assert!(matches!(beat[..], [Frame::Heartbeat { head: Position { epoch: 1, seq: 0 } }]), "{beat:?}");
}
