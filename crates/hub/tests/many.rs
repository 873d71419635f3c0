//! One connection that reads many streams, case by case; [`many_model`](../many_model.rs) has the histories nobody thought of.

#![expect(clippy::unwrap_used, reason = "the constants of a test parse, and its locks are not poisoned")]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::FutureExt as _;
use hub::{
    CloseReason, EventLog, Extent, HEARTBEAT, Hub, HubError, Live, LogError, Owner, STALL, STREAMS_PER_CONNECTION, Since, Step,
    Word,
};
use kernel::{Event, Instant, Position, StreamId, UserId};
use testkit::{SeededEntropy, TestClock};

/// Logs in memory, by stream; one that is not there is gone.
#[derive(Default)]
struct Logs {
    logs: Mutex<BTreeMap<StreamId, Vec<Event>>>,
    hub: Hub,
}

impl Logs {
    /// Commits `count` events of `bytes` each, and announces them.
    fn commit(&self, stream: StreamId, count: usize, bytes: usize) {
        let mut logs = self.logs.lock().unwrap();
        let log = logs.entry(stream).or_default();
        let next = i64::try_from(log.len()).unwrap() + 1;
        let new: Vec<Event> = (next..).take(count).map(|seq| event(stream, seq, bytes)).collect();
        log.extend(new.iter().cloned());
        self.hub.publish(new);
    }
}

impl EventLog for Logs {
    async fn extent(&self, stream: StreamId) -> Result<Extent, LogError> {
        let logs = self.logs.lock().unwrap();
        let log = logs.get(&stream).ok_or(LogError::Gone)?;
        Ok(Extent { head: at(i64::try_from(log.len()).unwrap()), low: 1 })
    }

    async fn page(&self, stream: StreamId, after: Position, limit: u32) -> Result<Vec<Event>, LogError> {
        let logs = self.logs.lock().unwrap();
        let log = logs.get(&stream).ok_or(LogError::Gone)?;
        Ok(log.iter().filter(|event| event.position.seq > after.seq).take(limit as usize).cloned().collect())
    }
}

fn at(seq: i64) -> Position {
    Position { epoch: 1, seq }
}

fn event(stream: StreamId, seq: i64, bytes: usize) -> Event {
    Event {
        stream,
        position: at(seq),
        id: "evt_00000000000000000000000000".parse().unwrap(),
        kind: "test".to_owned(),
        at: Instant::EPOCH,
        data: "x".repeat(bytes),
    }
}

fn user(number: usize) -> UserId {
    format!("usr_{number:026}").parse().unwrap()
}

fn stream(number: usize) -> StreamId {
    format!("str_{number:026}").parse().unwrap()
}

struct Bench {
    logs: Arc<Logs>,
    clock: TestClock,
}

impl Bench {
    /// With so many empty streams.
    fn new(streams: usize) -> Self {
        let bench = Self { logs: Arc::default(), clock: TestClock::default() };
        (0..streams).for_each(|number| bench.logs.commit(stream(number), 0, 0));
        bench
    }

    /// A connection of user 1000 that reads `streams` from their beginning, and has said so.
    fn open(&self, streams: std::ops::Range<usize>) -> Live<Arc<Logs>> {
        let owner = Owner { user: user(1_000), session: None, key: None };
        let (clock, entropy) = (Arc::new(self.clock.clone()), Arc::new(SeededEntropy::new(1)));
        let mut live = Live::open(&self.logs.hub, Arc::clone(&self.logs), owner, clock, entropy).unwrap();
        streams.clone().for_each(|number| live.subscribe(stream(number), Since::After(at(0))).unwrap());
        let greeting = now(&mut live);
        assert!(matches!(greeting[0], Word::Hello { .. }) && greeting.len() == streams.len() + 1, "{greeting:?}");
        live
    }
}

/// The next batch, which must be there without waiting.
fn now(live: &mut Live<Arc<Logs>>) -> Vec<Word> {
    live.next().now_or_never().expect("a batch is ready").expect("the connection is open")
}

fn is_silent(live: &mut Live<Arc<Logs>>) -> bool {
    live.next().now_or_never().is_none()
}

/// Stream and number of each event of a batch that has nothing else.
fn events(batch: &[Word]) -> Vec<(StreamId, i64)> {
    let place = |word: &Word| match word {
        Word::Step(stream, Step::Event(shared)) => (*stream, shared.event().position.seq),
        other => panic!("not an event: {other:?}"),
    };
    batch.iter().map(place).collect()
}

#[test]
fn what_waits_of_all_streams_comes_in_one_batch() {
    let bench = Bench::new(3);
    let mut live = bench.open(0..3);
    assert!(is_silent(&mut live));
    bench.logs.commit(stream(2), 2, 1);
    bench.logs.commit(stream(0), 1, 1);
    let mut batch = events(&now(&mut live));
    batch.sort_unstable();
    assert_eq!(batch, [(stream(0), 1), (stream(2), 1), (stream(2), 2)]);
    assert!(is_silent(&mut live));
}

#[test]
fn a_long_history_of_one_stream_keeps_no_other_from_what_happens_now() {
    let bench = Bench::new(2);
    bench.logs.commit(stream(0), 50_000, 1);
    let mut live = bench.open(0..2);
    now(&mut live);
    for round in 1..=40 {
        bench.logs.commit(stream(1), 1, 1);
        let seen = [now(&mut live), now(&mut live)].concat();
        assert!(events(&seen).contains(&(stream(1), round)), "after two batches, round {round}");
    }
}

#[test]
fn a_batch_is_bounded_however_many_streams_have_much_to_say() {
    let bench = Bench::new(20);
    (0..20).for_each(|number| bench.logs.commit(stream(number), 40, 20_000));
    let mut live = bench.open(0..20);
    let (mut seen, mut first) = (0, 0);
    while let Some(batch) = live.next().now_or_never() {
        let batch = batch.unwrap();
        // One page may go past the bound, and that page is one stream's.
        assert!(batch.len() <= 40, "{}", batch.len());
        first += usize::from(events(&batch).iter().any(|(_, seq)| *seq == 1));
        seen += batch.len();
    }
    assert_eq!((seen, first), (800, 20));
}

#[test]
fn many_slow_connections_hold_no_more_than_their_one_mailbox_each() {
    let bench = Bench::new(50);
    let mut live = bench.open(0..50);
    assert!(is_silent(&mut live));
    for _ in 0..40 {
        (0..50).for_each(|number| bench.logs.commit(stream(number), 1, 10));
    }
    let first = now(&mut live);
    assert!(first.len() <= 256 + 500, "what waited, and the first log that is read: {}", first.len());
    let mut last = BTreeMap::new();
    let mut take = |batch: &[Word]| {
        for (stream, seq) in events(batch) {
            let before = last.insert(stream, seq).unwrap_or(0);
            assert_eq!(seq, before + 1, "{stream}");
        }
    };
    take(&first);
    while let Some(batch) = live.next().now_or_never() {
        take(&batch.unwrap());
    }
    assert!(last.len() == 50 && last.values().all(|seq| *seq == 40), "nothing was lost: {last:?}");
}

#[test]
fn one_stream_ends_and_the_others_go_on() {
    let bench = Bench::new(4);
    let (mut live, mut other) = (bench.open(0..4), bench.open(0..1));
    assert!(is_silent(&mut live) && is_silent(&mut other));
    let hub = &bench.logs.hub;
    bench.logs.commit(stream(1), 1, 1);
    now(&mut live);
    hub.close_guest(user(1_000), stream(1));
    hub.close_stream(stream(2));
    live.unsubscribe(stream(3));
    assert!(!live.unsubscribe(stream(9)));
    bench.logs.commit(stream(0), 1, 1);
    let mut ended = BTreeMap::new();
    let mut read = Vec::new();
    for word in [now(&mut live), now(&mut live)].concat() {
        match word {
            Word::Ended { stream, reason, resume_at } => drop(ended.insert(stream, (reason, resume_at))),
            Word::Step(stream, Step::Event(_)) => read.push(stream),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(read, [stream(0)]);
    assert_eq!(
        ended,
        BTreeMap::from([
            (stream(1), (CloseReason::Forbidden, Some(at(1)))),
            (stream(2), (CloseReason::Gone, Some(at(0)))),
            (stream(3), (CloseReason::Asked, Some(at(0)))),
        ])
    );
    (1..4).for_each(|number| bench.logs.commit(stream(number), 1, 1));
    assert!(is_silent(&mut live), "what has ended is heard no more");
    assert_eq!(events(&now(&mut other)), [(stream(0), 1)]);
    live.subscribe(stream(1), Since::After(at(1))).unwrap();
    let back = now(&mut live);
    assert!(matches!(back[..], [Word::Began(began)] if began == stream(1)), "{back:?}");
    assert_eq!(events(&now(&mut live)), [(stream(1), 2)], "where it ended it goes on");
}

#[test]
fn a_guest_is_who_reads_a_stream_of_somebody_else() {
    let bench = Bench::new(1);
    let own = StreamId::from(user(1_000));
    bench.logs.commit(own, 0, 0);
    let mut live = bench.open(0..1);
    live.subscribe(own, Since::Head).unwrap();
    assert_eq!(bench.logs.hub.guests().into_iter().collect::<Vec<_>>(), [(user(1_000), stream(0))]);
    drop(live);
    assert!(bench.logs.hub.guests().is_empty() && bench.logs.hub.active().is_empty());
}

#[test]
fn a_stream_that_is_not_there_ends_and_a_connection_reads_fifty() {
    let bench = Bench::new(STREAMS_PER_CONNECTION);
    let mut live = bench.open(0..STREAMS_PER_CONNECTION);
    assert_eq!(live.subscribe(stream(500), Since::Head), Err(HubError::TooManyOnConnection(50)));
    live.subscribe(stream(7), Since::Head).unwrap();
    live.unsubscribe(stream(8));
    live.subscribe(stream(500), Since::Head).unwrap();
    assert_eq!(bench.logs.hub.connections(), 1, "it counts as one");
    while let Some(batch) = live.next().now_or_never() {
        for word in batch.unwrap() {
            if let Word::Ended { stream: ended, reason: CloseReason::Gone, resume_at: None } = word {
                assert_eq!(ended, stream(500));
                return;
            }
        }
    }
    panic!("it never ended");
}

#[test]
fn a_heartbeat_and_a_close_carry_every_position() {
    let bench = Bench::new(2);
    let mut live = bench.open(0..2);
    bench.logs.commit(stream(1), 3, 1);
    assert_eq!(events(&now(&mut live)).len(), 3);
    let expected = vec![(stream(0), at(0)), (stream(1), at(3))];
    assert!(is_silent(&mut live));
    bench.clock.advance(HEARTBEAT);
    assert!(matches!(&now(&mut live)[..], [Word::Heartbeat(heads)] if *heads == expected));
    bench.clock.advance(STALL.saturating_sub(Duration::from_millis(1)));
    assert!(matches!(&now(&mut live)[..], [Word::Heartbeat(_)]), "it has come back in time");
    bench.clock.advance(STALL);
    let close = now(&mut live);
    assert!(
        matches!(&close[..], [Word::Close { reason: CloseReason::Lagged, resume_at, .. }] if *resume_at == expected),
        "{close:?}"
    );
    assert!(live.next().now_or_never().expect("ended").is_none());
}

#[test]
fn time_spent_waiting_for_events_is_no_time_away() {
    let bench = Bench::new(1);
    let mut live = bench.open(0..1);
    assert!(is_silent(&mut live));
    // It waits, is interrupted (by a message of its client), and waits again.
    bench.clock.advance(Duration::from_secs(10));
    assert!(is_silent(&mut live));
    bench.clock.advance(STALL);
    assert!(matches!(&now(&mut live)[..], [Word::Heartbeat(_)]));
}
