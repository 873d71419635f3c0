//! What waits for one reader: a few events, or the word that it has to read the log.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kernel::Position;
use tokio::sync::Notify;

use crate::{CloseReason, Shared};

/// What a reader finds when it looks into its mailbox. All of it is a hint.
#[derive(Debug, Default)]
pub struct Hints {
    /// Events, in the order in which they were announced, which need not be the order of the log.
    pub events: Vec<Arc<Shared>>,
    /// Events were dropped because too many waited.
    pub overflowed: bool,
    /// Somebody saw the log end there.
    pub head: Option<Position>,
}

/// The mailbox of one reader. Putting something in never waits.
#[derive(Debug)]
pub(crate) struct Mailbox {
    capacity: usize,
    state: Mutex<State>,
    notify: Notify,
}

#[derive(Debug)]
struct State {
    events: VecDeque<Arc<Shared>>,
    overflowed: bool,
    nudged: Option<Position>,
    told: Position,
    closed: Option<CloseReason>,
}

/// Before anything is known.
const NOWHERE: Position = Position { epoch: 0, seq: 0 };

impl Mailbox {
    pub(crate) fn new(capacity: usize) -> Self {
        let state = State { events: VecDeque::new(), overflowed: false, nudged: None, told: NOWHERE, closed: None };
        Self { capacity, state: Mutex::new(state), notify: Notify::new() }
    }

    /// Puts `event` in. When too many wait, all of them are dropped: the reader will find them in the log.
    pub(crate) fn push(&self, event: &Arc<Shared>) {
        let mut state = self.lock();
        if state.events.len() >= self.capacity {
            state.events = VecDeque::new();
            state.overflowed = true;
        }
        let position = event.event().position;
        // Two transactions may be announced in the other order than they were committed: keep the later one.
        if state.told.epoch != position.epoch || state.told.seq < position.seq {
            state.told = position;
        }
        state.events.push_back(Arc::clone(event));
        drop(state);
        self.notify.notify_one();
    }

    /// Says that the log ends at `head`.
    pub(crate) fn nudge(&self, head: Position) {
        let mut state = self.lock();
        state.nudged = Some(head);
        state.told = head;
        drop(state);
        self.notify.notify_one();
    }

    /// Asks the reader to end. The first reason stays.
    pub(crate) fn close(&self, reason: CloseReason) {
        self.lock().closed.get_or_insert(reason);
        self.notify.notify_one();
    }

    /// The position up to which the reader was told everything, as far as this process knows.
    pub(crate) fn told(&self) -> Position {
        self.lock().told
    }

    /// The reader itself has come to `position`.
    pub(crate) fn reached(&self, position: Position) {
        let mut state = self.lock();
        // What waits may lie further; then the reader will come to that on its own.
        if state.events.is_empty() && state.nudged.is_none() {
            state.told = position;
        }
    }

    pub(crate) fn closed(&self) -> Option<CloseReason> {
        self.lock().closed
    }

    /// Empties the mailbox.
    pub(crate) fn take(&self) -> Hints {
        let mut state = self.lock();
        Hints {
            events: std::mem::take(&mut state.events).into(),
            overflowed: std::mem::take(&mut state.overflowed),
            head: state.nudged.take(),
        }
    }

    /// Waits until there is something to take, or a reason to end.
    pub(crate) async fn filled(&self) {
        while !self.lock().is_filled() {
            self.notify.notified().await;
        }
    }

    /// Waits until there is a reason to end.
    pub(crate) async fn ending(&self) -> CloseReason {
        loop {
            if let Some(reason) = self.closed() {
                return reason;
            }
            self.notify.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_filled(&self) -> bool {
        !self.events.is_empty() || self.overflowed || self.nudged.is_some() || self.closed.is_some()
    }
}
