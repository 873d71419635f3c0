//! The attach protocol against everything that may happen to it.
//!
//! A model of the log, the real registry, the real machine. Random operations publish events whose hints are delivered,
//! lost, doubled or reversed, trim the log, restore it under a new epoch, run the position check, and make the reader step
//! or reconnect, with its own position or with a wrong one. Two things must hold for every reader:
//!
//! - **Safety**: what it was given is exactly the log, number by number within an epoch; wherever it is not, a gap was said,
//!   and the gap had a reason.
//! - **Promptness**: while no hint was lost, a reader that has emptied its mailbox has the whole log; after a position check
//!   it has it in any case.
//!
//! The twins at the end break one rule each, and the same property must catch every one of them.

#![expect(clippy::unwrap_used, reason = "the constants of a test parse, and its locks are not poisoned")]

mod model;
mod twins;

use hub::{AsWritten, Attach, Extent, GapReason, Hub, Limits, Line, Need, Owner, Protocol, Since, Step};
use kernel::{Event, Position, StreamId, UserId};
use model::{HintFate, Log};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestError, TestRunner},
};
use twins::{IgnoresEpochs, SkipsOnOverflow, TrustsHints, convict};

/// Small, so that overflow is common.
const BUFFER: usize = 4;

/// No log of this test gets so far: a position made up by its reader.
const FAR: i64 = 1_000_000;

#[derive(Clone, Debug)]
enum Op {
    Publish { count: u8, hints: HintFate },
    Trim { kept: u8 },
    Restore { head: u8 },
    Check,
    Step { count: u8 },
    Reconnect(From),
}

#[derive(Clone, Copy, Debug)]
enum From {
    Position,
    Head,
    Garbage,
    Ahead,
}

fn op() -> impl Strategy<Value = Op> {
    let hints = model::hint_fate();
    let from = prop_oneof![6 => Just(From::Position), 1 => Just(From::Head), 1 => Just(From::Garbage), 1 => Just(From::Ahead)];
    prop_oneof![
        6 => (1..8u8, hints).prop_map(|(count, hints)| Op::Publish { count, hints }),
        8 => (1..6u8).prop_map(|count| Op::Step { count }),
        2 => from.prop_map(Op::Reconnect),
        1 => (0..6u8).prop_map(|kept| Op::Trim { kept }),
        1 => (0..12u8).prop_map(|head| Op::Restore { head }),
        1 => Just(Op::Check),
    ]
}

fn stream() -> StreamId {
    StreamId::from(user())
}

fn user() -> UserId {
    "usr_00000000000000000000000001".parse().unwrap()
}

struct World<P: Protocol> {
    log: Log,
    hub: Hub,
    machine: Attach<P>,
    since: Since,
    line: Option<Line>,
    /// Where the reader is, by what it was given.
    cursor: Option<Position>,
    /// No hint was lost since the reader connected or the position was checked.
    hints_complete: bool,
}

type Outcome = Result<(), TestCaseError>;

impl<P: Protocol> World<P> {
    fn new() -> Self {
        Self {
            log: Log::new(stream()),
            hub: Hub::new(Limits { buffer: BUFFER, ..Limits::default() }),
            machine: Attach::new(Since::Head),
            since: Since::Head,
            line: None,
            cursor: None,
            hints_complete: true,
        }
    }

    fn run(&mut self, ops: Vec<Op>) -> Outcome {
        for op in ops {
            match op {
                Op::Publish { count, hints } => self.publish(count, hints),
                Op::Trim { kept } => self.log.trim(kept),
                Op::Restore { head } => {
                    self.log.restore(head);
                    self.hints_complete = false;
                }
                Op::Check => self.check_positions(),
                Op::Step { count } => (0..count).try_for_each(|_| self.step())?,
                Op::Reconnect(from) => self.reconnect(from),
            }
        }
        self.settle()?;
        self.check_positions();
        self.settle()
    }

    fn publish(&mut self, count: u8, fate: HintFate) {
        let events: Vec<Event> = (0..count).map(|_| self.log.append()).collect();
        self.hints_complete &= !matches!(fate, HintFate::Lost);
        self.hub.publish(fate.befalls(events));
    }

    /// What the position check of the wiring does.
    fn check_positions(&mut self) {
        for (stream, told) in self.hub.active() {
            if told != self.log.extent.head {
                self.hub.nudge(stream, self.log.extent.head);
            }
        }
        self.hints_complete |= self.line.is_some();
    }

    fn reconnect(&mut self, from: From) {
        let head = self.log.extent.head;
        self.since = match (from, self.cursor) {
            (From::Garbage, _) => Since::Unreadable,
            (From::Ahead, _) => Since::After(Position { seq: head.seq + FAR, ..head }),
            (From::Position, Some(cursor)) => Since::After(cursor),
            (From::Head, _) | (From::Position, None) => Since::Head,
        };
        if self.since == Since::Head {
            self.cursor = None;
        }
        self.machine = Attach::new(self.since);
        self.line = None;
        self.hints_complete = true;
    }

    /// Does the one thing the machine needs next.
    fn step(&mut self) -> Outcome {
        let steps = match self.machine.need() {
            Need::Subscription => {
                let owner = Owner { user: user(), session: None, key: None };
                let line = self.hub.connect(owner).unwrap();
                line.join(stream()).unwrap();
                self.line = Some(line);
                self.machine.subscribed();
                Vec::new()
            }
            Need::Extent => self.machine.extent(self.log.extent).into_iter().collect(),
            Need::Page { after, .. } => self.machine.page(self.log.page(after)),
            Need::Hints => {
                let hints = self.line.as_ref().and_then(|line| line.take(stream()));
                self.machine.hints(hints.unwrap_or_default())
            }
        };
        if let (true, Some(line), Some(position)) = (self.machine.is_live(), &self.line, self.machine.position()) {
            line.reached(stream(), position);
        }
        steps.into_iter().try_for_each(|step| self.apply(step))
    }

    /// Steps until there is nothing left to do, and looks whether the reader has everything.
    fn settle(&mut self) -> Outcome {
        let mut live = 0;
        // Twice live in a row: once to empty the mailbox, once to find it empty.
        while live < 2 {
            self.step()?;
            live = if self.machine.need() == Need::Hints { live + 1 } else { 0 };
        }
        let head = self.log.extent.head;
        prop_assert!(
            !self.hints_complete || self.cursor == Some(head),
            "the reader rests at {:?}, the log ends at {head}",
            self.cursor
        );
        Ok(())
    }

    fn apply(&mut self, step: Step) -> Outcome {
        match (step, self.cursor) {
            (Step::Ready { head }, None) => self.cursor = Some(head),
            (Step::Event(shared), Some(cursor)) => {
                let event = shared.event();
                let next = Position { seq: cursor.seq + 1, ..cursor };
                prop_assert_eq!(event.position, next, "a hole without a gap");
                let written = &self.log.written[&(next.epoch, next.seq)];
                prop_assert_eq!(&event.data, written, "another event than the one of that number");
                self.cursor = Some(next);
            }
            (Step::Gap { reason, head }, cursor) => {
                prop_assert!(self.is_just(reason, cursor), "a gap without a reason: {reason:?} at {cursor:?}");
                self.cursor = Some(head);
                self.since = Since::After(head);
            }
            (step, cursor) => prop_assert!(false, "{step:?} to a reader at {cursor:?}"),
        }
        Ok(())
    }

    fn is_just(&self, reason: GapReason, cursor: Option<Position>) -> bool {
        let Extent { head, low } = self.log.extent;
        // A reader that came with a made-up position is told so, wherever it really was.
        let claimed = match self.since {
            Since::After(position) if position.seq >= FAR => Some(position),
            _ => cursor,
        };
        match (reason, claimed) {
            (GapReason::Unreadable, _) => self.since == Since::Unreadable,
            (GapReason::Epoch, Some(at)) => at.epoch != head.epoch,
            (GapReason::Ahead, Some(at)) => at.seq > head.seq,
            (GapReason::Trimmed, Some(at)) => at.seq < low - 1,
            (GapReason::Damaged, _) | (_, None) => false,
        }
    }
}

fn check<P: Protocol>(runner: &mut TestRunner) -> Result<(), TestError<Vec<Op>>> {
    runner.run(&prop::collection::vec(op(), 1..60), |ops| World::<P>::new().run(ops))
}

#[test]
fn a_reader_is_given_exactly_the_log_or_is_told_of_the_gap() {
    let config = Config { cases: 3_000, failure_persistence: None, ..Config::default() };
    check::<AsWritten>(&mut TestRunner::new(config)).unwrap();
}

struct ReadsFirst;
impl Protocol for ReadsFirst {
    const SUBSCRIBES_FIRST: bool = false;
}

#[test]
fn a_twin_that_reads_before_it_subscribes_is_caught() {
    convict(check::<ReadsFirst>);
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
