//! One connection that reads many streams, against everything that may happen to them.
//!
//! A model of three logs, the real registry, the real connection. Random operations publish events whose hints are delivered, lost,
//! doubled or reversed, trim a log, restore it under a new epoch, run the position check; subscribe, unsubscribe and close streams
//! while the connection is open; break the connection and open it again with the positions the reader has, or with wrong ones; and
//! let the connection do a little at a time, interrupted at any read of a log. Four things must hold for every stream:
//!
//! - **Safety**: what its reader was given is exactly its log, number by number within an epoch; wherever it is not, a gap was said, and
//!   the gap had a reason.
//! - **Promptness**: while no hint was lost, a connection that has nothing to say has said everything; after a position check it has in
//!   any case.
//! - **Ends tell the truth**: the position to resume at is that of the last event its reader was given.
//! - **Fairness**: no batch has more of one stream than one page of its log, or what lay in its mailbox.
//!
//! The twins at the end break one rule each, and the same property must catch every one of them.

#![expect(clippy::unwrap_used, reason = "the constants of a test parse, and its locks are not poisoned")]

mod model;
mod twins;

use std::{
    collections::BTreeMap,
    future::pending,
    sync::{Arc, Mutex, MutexGuard},
};

use futures_util::FutureExt as _;
use hub::{AsWritten, CloseReason, EventLog, Extent, GapReason, Hub, Limits, Live, LogError, Owner, Protocol, Since, Step, Word};
use kernel::{Event, Position, StreamId, UserId};
use model::{HintFate, Log, MODEL_PAGE};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestError, TestRunner},
};
use testkit::{SeededEntropy, TestClock};
use twins::{IgnoresEpochs, SkipsOnOverflow, TrustsHints, convict};

/// Small, so that overflow is common; shared by all streams.
const BUFFER: usize = 5;
const STREAMS: usize = 3;
/// No log of this test gets so far: a position made up by its reader.
const FAR: i64 = 1_000_000;

#[derive(Clone, Debug)]
enum Op {
    Publish {
        stream: usize,
        count: u8,
        hints: HintFate,
    },
    Trim {
        stream: usize,
        kept: u8,
    },
    Restore {
        stream: usize,
        head: u8,
    },
    Check,
    /// The connection is asked so often, and may read logs so often.
    Turn {
        times: u8,
        reads: u8,
    },
    Subscribe(usize, From),
    Unsubscribe(usize),
    /// The room is deleted, or its reader put out; it is told, and may come back.
    Close(usize),
    /// Each stream comes back with the position it has, but one perhaps not.
    Reconnect(usize, From),
}

#[derive(Clone, Copy, Debug)]
enum From {
    Position,
    Head,
    Garbage,
    Ahead,
}

fn op() -> impl Strategy<Value = Op> {
    let from = || prop_oneof![6 => Just(From::Position), 1 => Just(From::Head), 1 => Just(From::Garbage), 1 => Just(From::Ahead)];
    let stream = || 0..STREAMS;
    prop_oneof![
        8 => (stream(), 1..8u8, model::hint_fate()).prop_map(|(stream, count, hints)| Op::Publish { stream, count, hints }),
        10 => (1..6u8, 0..6u8).prop_map(|(times, reads)| Op::Turn { times, reads }),
        3 => (stream(), from()).prop_map(|(stream, from)| Op::Subscribe(stream, from)),
        1 => stream().prop_map(Op::Unsubscribe),
        1 => stream().prop_map(Op::Close),
        2 => (stream(), from()).prop_map(|(stream, from)| Op::Reconnect(stream, from)),
        1 => (stream(), 0..6u8).prop_map(|(stream, kept)| Op::Trim { stream, kept }),
        1 => (stream(), 0..12u8).prop_map(|(stream, head)| Op::Restore { stream, head }),
        1 => Just(Op::Check),
    ]
}

fn user() -> UserId {
    "usr_00000000000000000000000009".parse().unwrap()
}

fn id(stream: usize) -> StreamId {
    format!("str_0000000000000000000000000{stream}").parse().unwrap()
}

/// The logs, and how often they may still be read before a read does not come back.
struct Logs {
    logs: Mutex<BTreeMap<StreamId, Log>>,
    reads: Mutex<u32>,
}

impl Logs {
    fn of(&self, stream: StreamId, does: impl FnOnce(&mut Log)) {
        does(self.logs.lock().unwrap().get_mut(&stream).unwrap());
    }

    fn extent_of(&self, stream: StreamId) -> Extent {
        self.logs.lock().unwrap()[&stream].extent
    }

    async fn read(&self) -> MutexGuard<'_, BTreeMap<StreamId, Log>> {
        let allowed = {
            let mut reads = self.reads.lock().unwrap();
            let allowed = *reads > 0;
            *reads = reads.saturating_sub(1);
            allowed
        };
        if !allowed {
            pending::<()>().await;
        }
        self.logs.lock().unwrap()
    }
}

impl EventLog for Logs {
    async fn extent(&self, stream: StreamId) -> Result<Extent, LogError> {
        Ok(self.read().await[&stream].extent)
    }

    async fn page(&self, stream: StreamId, after: Position, _: u32) -> Result<Vec<Event>, LogError> {
        Ok(self.read().await[&stream].page(after))
    }
}

/// What the reader of one stream knows.
struct Reader {
    open: bool,
    since: Since,
    /// Where it is, by what it was given.
    cursor: Option<Position>,
    /// No hint was lost since it began or the position was checked.
    hints_complete: bool,
}

struct World<P: Protocol> {
    logs: Arc<Logs>,
    hub: Hub,
    live: Live<Arc<Logs>, P>,
    readers: Vec<Reader>,
}

type Outcome = Result<(), TestCaseError>;

impl<P: Protocol + Send> World<P> {
    fn new() -> Self {
        let logs = (0..STREAMS).map(|stream| (id(stream), Log::new(id(stream)))).collect();
        let logs = Arc::new(Logs { logs: Mutex::new(logs), reads: Mutex::new(0) });
        let hub = Hub::new(Limits { buffer: BUFFER, ..Limits::default() });
        let live = connect(&hub, &logs);
        let readers = (0..STREAMS).map(|_| Reader { open: false, since: Since::Head, cursor: None, hints_complete: true });
        Self { logs, hub, live, readers: readers.collect() }
    }

    fn run(&mut self, ops: Vec<Op>) -> Outcome {
        for op in ops {
            match op {
                Op::Publish { stream, count, hints } => self.publish(stream, count, hints),
                Op::Trim { stream, kept } => self.logs.of(id(stream), |log| log.trim(kept)),
                Op::Restore { stream, head } => {
                    self.logs.of(id(stream), |log| log.restore(head));
                    self.readers[stream].hints_complete = false;
                }
                Op::Check => self.check_positions(),
                Op::Turn { times, reads } => {
                    *self.logs.reads.lock().unwrap() = reads.into();
                    for _ in 0..times {
                        self.turn()?;
                    }
                }
                Op::Subscribe(stream, from) => self.subscribe(stream, from)?,
                Op::Unsubscribe(stream) => {
                    prop_assert_eq!(self.live.unsubscribe(id(stream)), self.readers[stream].open);
                    self.sees_end(stream)?;
                }
                Op::Close(stream) => {
                    match stream {
                        0 => self.hub.close_stream(id(stream)),
                        _ => self.hub.close_guest(user(), id(stream)),
                    }
                    self.sees_end(stream)?;
                }
                Op::Reconnect(stream, from) => self.reconnect(stream, from)?,
            }
        }
        self.settle()?;
        self.check_positions();
        self.settle()
    }

    fn publish(&mut self, stream: usize, count: u8, fate: HintFate) {
        let mut events = Vec::new();
        self.logs.of(id(stream), |log| events.extend((0..count).map(|_| log.append())));
        self.readers[stream].hints_complete &= !matches!(fate, HintFate::Lost);
        self.hub.publish(fate.befalls(events));
    }

    /// What the position check of the wiring does.
    fn check_positions(&mut self) {
        for (stream, told) in self.hub.active() {
            let head = self.logs.extent_of(stream).head;
            if told != head {
                self.hub.nudge(stream, head);
            }
        }
        self.readers.iter_mut().for_each(|reader| reader.hints_complete |= reader.open);
    }

    fn subscribe(&mut self, stream: usize, from: From) -> Outcome {
        if self.readers[stream].open {
            // It ends, and begins anew from where it is when that is heard.
            self.live.unsubscribe(id(stream));
            self.sees_end(stream)?;
        }
        let head = self.logs.extent_of(id(stream)).head;
        let reader = &mut self.readers[stream];
        reader.since = match (from, reader.cursor) {
            (From::Garbage, _) => Since::Unreadable,
            (From::Ahead, _) => Since::After(Position { seq: head.seq + FAR, ..head }),
            (From::Position, Some(cursor)) => Since::After(cursor),
            (From::Head, _) | (From::Position, None) => Since::Head,
        };
        if reader.since == Since::Head {
            reader.cursor = None;
        }
        (reader.open, reader.hints_complete) = (true, true);
        self.live.subscribe(id(stream), self.readers[stream].since).unwrap();
        Ok(())
    }

    fn reconnect(&mut self, wrong: usize, from: From) -> Outcome {
        self.live = connect(&self.hub, &self.logs);
        for stream in 0..STREAMS {
            if std::mem::take(&mut self.readers[stream].open) {
                self.subscribe(stream, if stream == wrong { from } else { From::Position })?;
            }
        }
        Ok(())
    }

    /// Hears on until the end of `stream` is heard, so that it is known before anything else is asked.
    fn sees_end(&mut self, stream: usize) -> Outcome {
        let before = std::mem::replace(&mut *self.logs.reads.lock().unwrap(), u32::MAX);
        while self.readers[stream].open {
            prop_assert!(self.turn()?, "the end of {stream} is never said");
        }
        *self.logs.reads.lock().unwrap() = before;
        Ok(())
    }

    /// Asks the connection once; answers whether it said anything.
    fn turn(&mut self) -> Result<bool, TestCaseError> {
        let Some(batch) = self.live.next().now_or_never() else { return Ok(false) };
        let batch = batch.expect("the connection goes on");
        let mut of_stream = [0; STREAMS];
        for word in batch {
            match word {
                Word::Hello { .. } | Word::Began(_) => {}
                Word::Step(stream, step) => {
                    let index = (0..STREAMS).find(|index| id(*index) == stream).unwrap();
                    of_stream[index] += 1;
                    self.apply(index, step)?;
                }
                Word::Ended { stream, reason, resume_at } => {
                    let index = (0..STREAMS).find(|index| id(*index) == stream).unwrap();
                    let reader = &mut self.readers[index];
                    prop_assert!(reader.open, "it ends twice");
                    reader.open = false;
                    prop_assert!(matches!(reason, CloseReason::Asked | CloseReason::Gone | CloseReason::Forbidden));
                    if let Some(position) = resume_at {
                        let claimed = matches!(reader.since, Since::After(since) if since.seq >= FAR);
                        prop_assert!(claimed || reader.cursor == Some(position), "ends at {position}, told {:?}", reader.cursor);
                    }
                }
                Word::Heartbeat(_) | Word::Close { .. } => prop_assert!(false, "nobody moved the clock: {word:?}"),
                Word::Presence(..) => prop_assert!(false, "nobody said who is there: {word:?}"),
            }
        }
        prop_assert!(of_stream.iter().all(|count| *count <= MODEL_PAGE.max(BUFFER)), "one stream had more than its turn");
        Ok(true)
    }

    /// Asks until there is nothing to say, and looks whether every reader has everything.
    fn settle(&mut self) -> Outcome {
        *self.logs.reads.lock().unwrap() = u32::MAX;
        while self.turn()? {}
        for (stream, reader) in self.readers.iter().enumerate() {
            let head = self.logs.extent_of(id(stream)).head;
            prop_assert!(
                !reader.open || !reader.hints_complete || reader.cursor == Some(head),
                "the reader of {stream} rests at {:?}, its log ends at {head}",
                reader.cursor
            );
        }
        Ok(())
    }

    fn apply(&mut self, stream: usize, step: Step) -> Outcome {
        let logs = self.logs.logs.lock().unwrap();
        let (reader, log) = (&mut self.readers[stream], &logs[&id(stream)]);
        prop_assert!(reader.open, "{step:?} of a stream that is not read");
        match (step, reader.cursor) {
            (Step::Ready { head }, None) => reader.cursor = Some(head),
            (Step::Event(shared), Some(cursor)) => {
                let event = shared.event();
                let next = Position { seq: cursor.seq + 1, ..cursor };
                prop_assert_eq!(event.position, next, "a hole without a gap");
                prop_assert_eq!(&event.data, &log.written[&(next.epoch, next.seq)], "another event than the one of that number");
                reader.cursor = Some(next);
            }
            (Step::Gap { reason, head }, cursor) => {
                prop_assert!(is_just(reason, reader, log.extent), "a gap without a reason: {reason:?} at {cursor:?}");
                reader.cursor = Some(head);
                reader.since = Since::After(head);
            }
            (step, cursor) => prop_assert!(false, "{step:?} to a reader at {cursor:?}"),
        }
        Ok(())
    }
}

fn connect<P: Protocol + Send>(hub: &Hub, logs: &Arc<Logs>) -> Live<Arc<Logs>, P> {
    let owner = Owner { user: user(), session: None, key: None };
    let (clock, entropy) = (Arc::new(TestClock::default()), Arc::new(SeededEntropy::new(1)));
    Live::open(hub, Arc::clone(logs), owner, clock, entropy).unwrap()
}

fn is_just(reason: GapReason, reader: &Reader, Extent { head, low }: Extent) -> bool {
    // A reader that came with a made-up position is told so, wherever it really was.
    let claimed = match reader.since {
        Since::After(position) if position.seq >= FAR => Some(position),
        _ => reader.cursor,
    };
    match (reason, claimed) {
        (GapReason::Unreadable, _) => reader.since == Since::Unreadable,
        (GapReason::Epoch, Some(at)) => at.epoch != head.epoch,
        (GapReason::Ahead, Some(at)) => at.seq > head.seq,
        (GapReason::Trimmed, Some(at)) => at.seq < low - 1,
        (GapReason::Damaged, _) | (_, None) => false,
    }
}

fn check<P: Protocol + Send>(runner: &mut TestRunner) -> Result<(), TestError<Vec<Op>>> {
    runner.run(&prop::collection::vec(op(), 1..80), |ops| World::<P>::new().run(ops))
}

#[test]
fn every_stream_of_a_connection_is_given_exactly_its_log_or_is_told_of_the_gap() {
    let config = Config { cases: 1_500, failure_persistence: None, ..Config::default() };
    check::<AsWritten>(&mut TestRunner::new(config)).unwrap();
}

struct TakesNoTurns;
impl Protocol for TakesNoTurns {
    const TAKES_TURNS: bool = false;
}

#[test]
fn a_twin_that_ignores_epochs_is_caught() {
    convict(check::<IgnoresEpochs>);
}

#[test]
fn a_twin_that_does_not_check_numbers_is_caught() {
    convict(check::<TrustsHints>);
}

#[test]
fn a_twin_that_skips_what_overflowed_is_caught() {
    convict(check::<SkipsOnOverflow>);
}

#[test]
fn a_twin_whose_streams_take_no_turns_is_caught() {
    convict(check::<TakesNoTurns>);
}
