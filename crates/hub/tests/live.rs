//! One connection from beginning to end, under a clock that is moved by hand.

#![expect(clippy::unwrap_used, reason = "the constants of a test parse, and its locks are not poisoned")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use hub::{
    Attached, CloseReason, EventLog, Extent, Frame, GapReason, Hub, HubError, Limits, LogError, Owner, STALL, Since, Wire, attach,
};
use kernel::{Event, Instant, Position, SessionId, StreamId, UserId};
use testkit::{SeededEntropy, TestClock};

const SECOND: Duration = Duration::from_secs(1);

/// A log in memory that can be told to misbehave.
#[derive(Default)]
struct Log {
    events: Mutex<Vec<Event>>,
    hub: Hub,
    /// Commit (and announce) one more event right after the next time somebody asks for the extent.
    commit_behind_reader: AtomicBool,
    broken: AtomicBool,
    stuck: AtomicBool,
}

impl Log {
    /// Commits `count` events and announces them.
    fn commit(&self, count: usize) {
        let events = self.commit_silently(count);
        self.hub.publish(events);
    }

    fn commit_silently(&self, count: usize) -> Vec<Event> {
        let mut log = self.events.lock().unwrap();
        let next = i64::try_from(log.len()).unwrap() + 1;
        let new: Vec<Event> = (next..).take(count).map(event).collect();
        log.extend(new.iter().cloned());
        new
    }

    fn head(&self) -> Position {
        at(i64::try_from(self.events.lock().unwrap().len()).unwrap())
    }
}

impl EventLog for Log {
    async fn extent(&self, _: StreamId) -> Result<Extent, LogError> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(LogError::Unavailable);
        }
        let extent = Extent { head: self.head(), low: 1 };
        if self.commit_behind_reader.swap(false, Ordering::Relaxed) {
            self.commit(1);
        }
        Ok(extent)
    }

    async fn page(&self, _: StreamId, after: Position, limit: u32) -> Result<Vec<Event>, LogError> {
        if self.stuck.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        let log = self.events.lock().unwrap();
        Ok(log.iter().filter(|event| event.position.seq > after.seq).take(limit as usize).cloned().collect())
    }
}

fn at(seq: i64) -> Position {
    Position { epoch: 1, seq }
}

fn event(seq: i64) -> Event {
    Event {
        stream: stream(),
        position: at(seq),
        id: "evt_00000000000000000000000000".parse().unwrap(),
        kind: "test".to_owned(),
        at: Instant::EPOCH,
        data: "{}".to_owned(),
    }
}

fn user() -> UserId {
    "usr_00000000000000000000000001".parse().unwrap()
}

fn stream() -> StreamId {
    StreamId::from(user())
}

fn session() -> SessionId {
    "ses_00000000000000000000000001".parse().unwrap()
}

struct Bench {
    log: Arc<Log>,
    clock: TestClock,
}

impl Bench {
    fn new() -> Self {
        Self { log: Arc::default(), clock: TestClock::default() }
    }

    fn hub(&self) -> &Hub {
        &self.log.hub
    }

    /// Opens a stream and takes the greeting.
    fn open(&self, since: Since) -> Attached<Arc<Log>> {
        let mut reader = self.try_open(since).unwrap();
        assert!(matches!(now(&mut reader)[..], [Frame::Hello { retry_ms: 1_000..2_000 }]));
        reader
    }

    fn try_open(&self, since: Since) -> Result<Attached<Arc<Log>>, HubError> {
        let owner = Owner { user: user(), session: Some(session()), key: None };
        let clock = Arc::new(self.clock.clone());
        attach(self.hub(), Arc::clone(&self.log), stream(), owner, since, clock, Arc::new(SeededEntropy::new(1)))
    }
}

/// The next batch, which must be there without waiting.
fn now(reader: &mut Attached<Arc<Log>>) -> Vec<Frame> {
    reader.next().now_or_never().expect("a batch is ready").expect("the stream is open")
}

/// Nothing is to be said at the moment.
fn is_silent(reader: &mut Attached<Arc<Log>>) -> bool {
    reader.next().now_or_never().is_none()
}

/// The numbers of a batch that has nothing but events.
fn numbers(batch: &[Frame]) -> Vec<i64> {
    let number = |frame: &Frame| match frame {
        Frame::Event(shared) => shared.event().position.seq,
        other => panic!("not an event: {other:?}"),
    };
    batch.iter().map(number).collect()
}

#[test]
fn a_reader_without_a_position_starts_at_the_head_and_is_told_where_that_is() {
    let bench = Bench::new();
    bench.log.commit(3);
    let mut reader = bench.open(Since::Head);
    assert!(matches!(now(&mut reader)[..], [Frame::Ready { head }] if head == at(3)));
    assert!(is_silent(&mut reader));
    bench.log.commit(2);
    assert_eq!(numbers(&now(&mut reader)), [4, 5], "several events that wait come in one batch");
}

#[test]
fn what_is_committed_while_the_log_is_read_arrives_once() {
    let bench = Bench::new();
    bench.log.commit(2);
    bench.log.commit_behind_reader.store(true, Ordering::Relaxed);
    let mut reader = bench.open(Since::After(at(0)));
    assert_eq!(numbers(&now(&mut reader)), [1, 2, 3]);
    assert!(is_silent(&mut reader), "the hint about the third is recognized as old");
}

#[test]
fn a_long_history_comes_in_pages_without_limit_on_pages() {
    let bench = Bench::new();
    bench.log.commit(1_200);
    let mut reader = bench.open(Since::After(at(0)));
    let pages: Vec<Vec<i64>> = (0..3).map(|_| numbers(&now(&mut reader))).collect();
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [500, 500, 200]);
    assert_eq!(pages.concat(), (1..=1_200).collect::<Vec<_>>());
    assert!(is_silent(&mut reader));
}

#[test]
fn a_position_that_does_not_fit_the_log_is_answered_with_a_gap_and_the_head() {
    let bench = Bench::new();
    bench.log.commit(3);
    for (since, expected) in [
        (Since::Unreadable, GapReason::Unreadable),
        (Since::After(at(4)), GapReason::Ahead),
        (Since::After(Position { epoch: 2, seq: 1 }), GapReason::Epoch),
    ] {
        let mut reader = bench.open(since);
        assert!(matches!(now(&mut reader)[..], [Frame::Gap { reason, head }] if reason == expected && head == at(3)));
        assert!(is_silent(&mut reader));
    }
}

#[test]
fn a_lost_hint_is_repaired_by_the_next_event_or_by_a_nudge() {
    let bench = Bench::new();
    let mut reader = bench.open(Since::After(at(0)));
    assert!(is_silent(&mut reader));
    bench.log.commit_silently(1);
    bench.log.commit(1);
    assert_eq!(numbers(&now(&mut reader)), [1, 2]);
    bench.log.commit_silently(1);
    assert!(is_silent(&mut reader));
    assert_eq!(bench.hub().active(), [(stream(), at(2))], "the position check sees how far the reader is");
    bench.hub().nudge(stream(), bench.log.head());
    assert_eq!(numbers(&now(&mut reader)), [3]);
    assert_eq!(bench.hub().active(), [(stream(), at(3))]);
}

#[test]
fn a_heartbeat_comes_every_fifteen_seconds_and_carries_the_position() {
    let bench = Bench::new();
    bench.log.commit(2);
    let mut reader = bench.open(Since::After(at(2)));
    assert!(is_silent(&mut reader));
    for _ in 0..3 {
        bench.clock.advance(14 * SECOND);
        assert!(is_silent(&mut reader));
        bench.clock.advance(SECOND);
        assert!(matches!(now(&mut reader)[..], [Frame::Heartbeat { head }] if head == at(2)));
    }
}

#[test]
fn a_reader_that_does_not_read_holds_a_bounded_buffer_and_disturbs_nobody() {
    let bench = Bench::new();
    let (mut slow, mut quick) = (bench.open(Since::After(at(0))), bench.open(Since::After(at(0))));
    assert!(is_silent(&mut slow) && is_silent(&mut quick));
    let mut read = Vec::new();
    for _ in 0..100 {
        bench.log.commit(10);
        read.extend(numbers(&now(&mut quick)));
    }
    assert_eq!(read, (1..=1_000).collect::<Vec<_>>());
    // Its 256 places overflowed long ago; the log has everything.
    let late = [now(&mut slow), now(&mut slow)].concat();
    assert_eq!(numbers(&late), (1..=1_000).collect::<Vec<_>>());
}

#[test]
fn a_reader_that_stays_away_too_long_is_sent_away_with_its_place() {
    let bench = Bench::new();
    bench.log.commit(1);
    let mut reader = bench.open(Since::After(at(0)));
    assert_eq!(numbers(&now(&mut reader)), [1]);
    bench.log.commit(1);
    bench.clock.advance(STALL);
    let batch = now(&mut reader);
    assert!(
        matches!(batch[..], [Frame::Close { reason: CloseReason::Lagged, resume_at: Some(place), .. }] if place == at(1)),
        "{batch:?}"
    );
    assert!(reader.next().now_or_never().expect("ended").is_none());
    assert_eq!(numbers(&now(&mut bench.open(Since::After(at(1))))), [2], "nothing was skipped");
}

#[test]
fn revoking_a_session_ends_its_streams_at_once_even_while_the_log_is_slow() {
    let bench = Bench::new();
    bench.log.commit(1);
    let mut live = bench.open(Since::Head);
    now(&mut live);
    bench.log.stuck.store(true, Ordering::Relaxed);
    let mut reading = bench.open(Since::After(at(0)));
    assert!(is_silent(&mut reading));
    assert!(bench.hub().sessions().contains(&session()));
    bench.hub().close_session(session());
    for mut reader in [live, reading] {
        assert!(matches!(now(&mut reader)[..], [Frame::Close { reason: CloseReason::Revoked, .. }]));
    }
    assert_eq!(bench.hub().connections(), 0);
}

#[test]
fn draining_ends_every_stream_with_a_jittered_retry_and_takes_no_more() {
    let bench = Bench::new();
    bench.log.commit(7);
    let mut reader = bench.open(Since::Head);
    now(&mut reader);
    bench.hub().drain();
    let batch = now(&mut reader);
    assert!(
        matches!(
            batch[..],
            [Frame::Close { reason: CloseReason::Draining, resume_at: Some(place), retry_ms: 1_000..2_000 }] if place == at(7)
        ),
        "{batch:?}"
    );
    assert!(matches!(bench.try_open(Since::Head), Err(HubError::Draining)));
}

#[test]
fn a_log_that_cannot_be_read_ends_the_stream_and_the_reader_may_come_back() {
    let bench = Bench::new();
    bench.log.broken.store(true, Ordering::Relaxed);
    let mut reader = bench.open(Since::After(at(0)));
    assert!(matches!(now(&mut reader)[..], [Frame::Close { reason: CloseReason::Unavailable, resume_at: None, .. }]));
}

#[test]
fn limits_hold_per_user_and_per_process_and_a_closed_stream_makes_room() {
    let hub = Hub::new(Limits { per_user: 2, per_process: 3, buffer: 1, ..Limits::default() });
    let owner = |user: &str| Owner { user: user.parse().unwrap(), session: None, key: None };
    let (one, other) = (owner("usr_00000000000000000000000001"), owner("usr_00000000000000000000000002"));
    let first = hub.connect(one).unwrap();
    let _second = hub.connect(one).unwrap();
    assert_eq!(hub.connect(one).unwrap_err(), HubError::TooManyOfUser(2));
    let _third = hub.connect(other).unwrap();
    assert_eq!(hub.connect(other).unwrap_err(), HubError::TooMany);
    drop(first);
    assert_eq!(hub.connections(), 2);
    hub.connect(other).unwrap();
}

#[test]
fn readers_of_one_stream_share_one_writing_of_an_event() {
    let bench = Bench::new();
    let mut readers = [bench.open(Since::After(at(0))), bench.open(Since::After(at(0)))];
    assert!(readers.iter_mut().all(is_silent));
    bench.log.commit(1);
    let mut writings = 0;
    for reader in &mut readers {
        let batch = now(reader);
        let [Frame::Event(shared)] = &batch[..] else { panic!("{batch:?}") };
        let written = shared.written(Wire::Events, |event| {
            writings += 1;
            event.data.clone().into_bytes()
        });
        assert_eq!(&*written, b"{}");
    }
    assert_eq!(writings, 1);
}
