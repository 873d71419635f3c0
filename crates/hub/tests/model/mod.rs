//! The durable log of one stream as the models have it, and what may happen to the hints about it.

use std::collections::BTreeMap;

use hub::Extent;
use kernel::{Event, EventId, Instant, Position, StreamId};
use proptest::prelude::*;

/// The model answers smaller pages than it is asked for, so that a few events make several.
pub(crate) const MODEL_PAGE: usize = 3;

/// What becomes of the hints about events that were just committed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum HintFate {
    Delivered,
    Lost,
    OnlyLast,
    Doubled,
    Reversed,
}

impl HintFate {
    /// What of `events` is announced, and how.
    pub(crate) fn befalls(self, mut events: Vec<Event>) -> Vec<Event> {
        match self {
            Self::Delivered => {}
            Self::Lost => events.clear(),
            Self::OnlyLast => drop(events.drain(..events.len() - 1)),
            Self::Doubled => events.extend(events.clone()),
            Self::Reversed => events.reverse(),
        }
        events
    }
}

/// Mostly what is ordinary.
pub(crate) fn hint_fate() -> impl Strategy<Value = HintFate> {
    prop_oneof![
        6 => Just(HintFate::Delivered),
        2 => Just(HintFate::Lost),
        1 => Just(HintFate::OnlyLast),
        1 => Just(HintFate::Doubled),
        1 => Just(HintFate::Reversed),
    ]
}

/// The durable log of one stream.
pub(crate) struct Log {
    stream: StreamId,
    pub(crate) extent: Extent,
    /// Everything ever written, also what was trimmed or replaced since: what a reader was given is compared with it.
    pub(crate) written: BTreeMap<(i64, i64), String>,
    writes: u64,
}

impl Log {
    pub(crate) fn new(stream: StreamId) -> Self {
        let extent = Extent { head: Position { epoch: 1, seq: 0 }, low: 1 };
        Self { stream, extent, written: BTreeMap::new(), writes: 0 }
    }

    pub(crate) fn append(&mut self) -> Event {
        self.extent.head.seq += 1;
        self.writes += 1;
        let Position { epoch, seq } = self.extent.head;
        self.written.insert((epoch, seq), format!("{{\"of\":\"{}\",\"write\":{}}}", self.stream, self.writes));
        self.event(self.extent.head)
    }

    fn event(&self, position: Position) -> Event {
        Event {
            stream: self.stream,
            position,
            id: "evt_00000000000000000000000000".parse::<EventId>().unwrap(),
            kind: "test".to_owned(),
            at: Instant::EPOCH,
            data: self.written[&(position.epoch, position.seq)].clone(),
        }
    }

    pub(crate) fn page(&self, after: Position) -> Vec<Event> {
        let Extent { head, low } = self.extent;
        if after.epoch != head.epoch {
            return Vec::new();
        }
        let numbers = (after.seq + 1).max(low)..=head.seq;
        numbers.take(MODEL_PAGE).map(|seq| self.event(Position { epoch: head.epoch, seq })).collect()
    }

    /// Keeps the last `kept` events.
    pub(crate) fn trim(&mut self, kept: u8) {
        self.extent.low = self.extent.low.max(self.extent.head.seq + 1 - i64::from(kept));
    }

    /// A backup was restored: another history, `head` events long.
    pub(crate) fn restore(&mut self, head: u8) {
        self.extent = Extent { head: Position { epoch: self.extent.head.epoch + 1, seq: 0 }, low: 1 };
        (0..head).for_each(|_| drop(self.append()));
    }
}
