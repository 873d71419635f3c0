//! The attach protocol, as a machine without input or output.
//!
//! It says what it needs ([`Attach::need`]), is given that, and answers what the reader is to be told. Whoever drives it
//! (production: [`crate::attach`]; tests: a model) does the reading and waiting. The protocol:
//!
//! 1. **Subscribe first**, then read where the log begins and ends, then read the log. Read first, and what is committed in
//!    between is in neither.
//! 2. A position of another epoch, before the beginning, or after the end, is a **gap**, said aloud, never a silence.
//! 3. **Every event is checked**: it is the next one, or one the reader has (dropped), or the log is read. So a hint may be
//!    lost, doubled, or come late.
//! 4. When hints overflowed, or somebody saw the log end elsewhere, the log is read from where the reader is. Never skip.

use std::{marker::PhantomData, sync::Arc};

use kernel::{Event, Position};

use crate::{Extent, GapReason, Hints, Shared};

/// Events read from the log at a time. There is no limit on how many pages a reader gets.
pub const PAGE: u32 = 500;

/// How often the log may contradict itself (an extent with events, and then none) before the machine says so with a gap
/// instead of asking for ever. Trimming between two reads is one contradiction, and the next extent explains it.
const CONTRADICTIONS: u8 = 3;

/// The rules of the protocol that can be broken. [`AsWritten`] breaks none; tests break one at a time, to see that they
/// would notice.
pub trait Protocol {
    /// Rule 1.
    const SUBSCRIBES_FIRST: bool = true;
    /// Rule 2, for epochs.
    const COMPARES_EPOCHS: bool = true;
    /// Rule 3.
    const CHECKS_CONTIGUITY: bool = true;
    /// Rule 4, for overflow.
    const READS_AFTER_OVERFLOW: bool = true;
    /// Where one connection reads many streams, each has its turn ([`crate::Live`]).
    const TAKES_TURNS: bool = true;
}

/// The protocol as it is written above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AsWritten;

impl Protocol for AsWritten {}

/// Where a reader wants to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Since {
    /// At the head: it has no history, or has just loaded its state.
    Head,
    /// After this position.
    After(Position),
    /// After something that is not a position.
    Unreadable,
}

/// What the machine waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// That the reader is registered: [`Attach::subscribed`].
    Subscription,
    /// Where the log begins and ends, read after this was asked: [`Attach::extent`].
    Extent,
    /// A page of the log: [`Attach::page`].
    Page {
        /// Events after this position, of its epoch.
        after: Position,
        /// At most this many.
        limit: u32,
    },
    /// The next hints, or time to pass: [`Attach::hints`].
    Hints,
}

/// What the reader is to be told.
#[derive(Clone, Debug)]
pub enum Step {
    /// It begins here, live.
    Ready {
        /// The position of the last event before.
        head: Position,
    },
    /// The next event.
    Event(Arc<Shared>),
    /// It misses something; what follows comes after `head`.
    Gap {
        /// Why.
        reason: GapReason,
        /// Where it goes on.
        head: Position,
    },
}

/// One reader of one stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attach<P = AsWritten> {
    phase: Phase,
    subscribed: bool,
    /// Where the reader is, once that is agreed with the log.
    place: Result<Position, Since>,
    contradictions: u8,
    protocol: PhantomData<P>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    Extent,
    /// Reading the log up to this number, at least.
    Replay(i64),
    Live,
}

impl<P: Protocol> Attach<P> {
    /// A reader that wants to begin at `since`.
    pub fn new(since: Since) -> Self {
        Self { phase: Phase::Extent, subscribed: false, place: Err(since), contradictions: 0, protocol: PhantomData }
    }

    /// What is to be done next.
    pub fn need(&self) -> Need {
        if !self.subscribed && (P::SUBSCRIBES_FIRST || self.phase == Phase::Live) {
            return Need::Subscription;
        }
        match (self.phase, self.place) {
            (Phase::Extent, _) | (_, Err(_)) => Need::Extent,
            (Phase::Replay(_), Ok(after)) => Need::Page { after, limit: PAGE },
            (Phase::Live, Ok(_)) => Need::Hints,
        }
    }

    /// Where the reader is, once known. What it should resume with.
    pub fn position(&self) -> Option<Position> {
        self.place.ok()
    }

    /// Whether the reader has everything it was told of.
    pub fn is_live(&self) -> bool {
        self.phase == Phase::Live
    }

    /// The reader is registered.
    pub fn subscribed(&mut self) {
        self.subscribed = true;
    }

    /// The log begins and ends there.
    pub fn extent(&mut self, extent: Extent) -> Option<Step> {
        let head = extent.head;
        match self.place {
            Err(Since::Head) => {
                self.go_on(head);
                Some(Step::Ready { head })
            }
            Err(Since::Unreadable) => Some(self.gap(GapReason::Unreadable, head)),
            Ok(place) | Err(Since::After(place)) => match misplaced::<P>(place, extent) {
                Some(reason) => Some(self.gap(reason, head)),
                None if self.contradictions >= CONTRADICTIONS => Some(self.gap(GapReason::Damaged, head)),
                None => {
                    self.place = Ok(if P::COMPARES_EPOCHS { place } else { Position { epoch: head.epoch, ..place } });
                    self.phase = if place.seq == head.seq { Phase::Live } else { Phase::Replay(head.seq) };
                    None
                }
            },
        }
    }

    /// The log holds these events after the reader's position.
    pub fn page(&mut self, events: Vec<Event>) -> Vec<Step> {
        let mut steps = Vec::with_capacity(events.len());
        for event in events {
            if !self.accepts(event.position) {
                break;
            }
            steps.push(Step::Event(Shared::new(event)));
        }
        if steps.is_empty() {
            // The log said there is something, and there is not: it was trimmed or reset in between. Look again.
            self.contradictions += 1;
            self.phase = Phase::Extent;
        } else {
            self.contradictions = 0;
            if let (Phase::Replay(end), Ok(place)) = (self.phase, self.place)
                && place.seq >= end
            {
                self.phase = Phase::Live;
            }
        }
        steps
    }

    /// What lay in the mailbox.
    pub fn hints(&mut self, hints: Hints) -> Vec<Step> {
        if hints.overflowed {
            if P::READS_AFTER_OVERFLOW {
                self.phase = Phase::Extent;
                return Vec::new();
            }
            if let Some(first) = hints.events.first().map(|shared| shared.event().position) {
                self.place = Ok(Position { epoch: first.epoch, seq: first.seq - 1 });
            }
        }
        let mut steps = Vec::with_capacity(hints.events.len());
        for shared in hints.events {
            let position = shared.event().position;
            if self.accepts(position) {
                steps.push(Step::Event(shared));
            } else if self.place.is_ok_and(|place| place.epoch != position.epoch || place.seq < position.seq) {
                // Not the next one. Whatever else was hinted at is in the log by now.
                self.phase = Phase::Extent;
                return steps;
            }
        }
        // Somebody saw the log end elsewhere: further on, or, should it have been restored, before where the reader is.
        if hints.head.is_some_and(|head| self.place != Ok(head)) {
            self.phase = Phase::Extent;
        }
        steps
    }

    /// Moves on to `position` if it is the next one.
    fn accepts(&mut self, position: Position) -> bool {
        let Ok(place) = self.place else { return false };
        let same_epoch = place.epoch == position.epoch || !P::COMPARES_EPOCHS;
        let next = position.seq == place.seq + 1 || (!P::CHECKS_CONTIGUITY && position.seq > place.seq);
        if same_epoch && next {
            self.place = Ok(position);
        }
        same_epoch && next
    }

    fn gap(&mut self, reason: GapReason, head: Position) -> Step {
        self.go_on(head);
        Step::Gap { reason, head }
    }

    fn go_on(&mut self, head: Position) {
        self.place = Ok(head);
        self.phase = Phase::Live;
        self.contradictions = 0;
    }
}

/// Why a reader at `place` cannot be served from a log of this extent, if it cannot.
fn misplaced<P: Protocol>(place: Position, extent: Extent) -> Option<GapReason> {
    if P::COMPARES_EPOCHS && place.epoch != extent.head.epoch {
        Some(GapReason::Epoch)
    } else if place.seq > extent.head.seq {
        Some(GapReason::Ahead)
    } else if place.seq < extent.low - 1 {
        Some(GapReason::Trimmed)
    } else {
        None
    }
}
