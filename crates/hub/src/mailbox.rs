//! What waits for one connection: for each of its streams a few events, or the word that the log has to be read.
//!
//! All streams of a connection share the room there is, so that fifty of them hold no more of this process's memory than one. When
//! it is full, the stream with the most events gives its place up: a loud one does not push a quiet one out.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kernel::{Position, StreamId};
use tokio::sync::Notify;

use crate::{CloseReason, PresenceUpdate, Shared};

/// The most bytes of events that wait for one connection, whatever their number. An event is shared by all who wait for it, but the
/// slowest of them holds it.
const MAX_BYTES: usize = 1 << 20;

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

/// The mailbox of one connection. Putting something in never waits.
#[derive(Debug)]
pub(crate) struct Mailbox {
    capacity: usize,
    state: Mutex<State>,
    notify: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Sorted by stream. Mostly there is one; there are at most [`crate::STREAMS_PER_CONNECTION`].
    compartments: Vec<Compartment>,
    /// Events in all compartments.
    events: usize,
    /// Bytes of them.
    bytes: usize,
    closed: Option<CloseReason>,
}

/// What waits of one stream.
#[derive(Debug)]
struct Compartment {
    stream: StreamId,
    events: VecDeque<Arc<Shared>>,
    overflowed: bool,
    nudged: Option<Position>,
    presence: Option<Arc<PresenceUpdate>>,
    told: Position,
    closed: Option<CloseReason>,
}

/// Before anything is known.
const NOWHERE: Position = Position { epoch: 0, seq: 0 };

impl Mailbox {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, state: Mutex::default(), notify: Notify::new() }
    }

    /// Takes hints for `stream` from now on; answers whether it did not before.
    pub(crate) fn open(&self, stream: StreamId) -> bool {
        let mut state = self.lock();
        let Err(place) = state.place(stream) else { return false };
        state.compartments.insert(place, Compartment::of(stream));
        true
    }

    /// Forgets `stream`; answers whether there was anything to forget.
    pub(crate) fn shut(&self, stream: StreamId) -> bool {
        let mut state = self.lock();
        state.empty(stream);
        let Ok(place) = state.place(stream) else { return false };
        state.compartments.remove(place);
        true
    }

    /// The streams it takes hints for.
    pub(crate) fn streams(&self) -> Vec<StreamId> {
        self.lock().compartments.iter().map(|compartment| compartment.stream).collect()
    }

    /// How many streams it takes hints for.
    pub(crate) fn len(&self) -> usize {
        self.lock().compartments.len()
    }

    /// Puts `event` in. When too many wait, those of the stream that has the most are dropped: its reader will find them in the log.
    pub(crate) fn push(&self, event: &Arc<Shared>) {
        let mut state = self.lock();
        let Ok(place) = state.place(event.event().stream) else { return };
        let bytes = event.event().data.len();
        if state.events >= self.capacity {
            state.overflow(|compartment| compartment.events.len());
        }
        while state.events > 0 && state.bytes + bytes > MAX_BYTES {
            state.overflow(Compartment::bytes);
        }
        state.events += 1;
        state.bytes += bytes;
        let compartment = &mut state.compartments[place];
        let position = event.event().position;
        // Two transactions may be announced in the other order than they were committed: keep the later one.
        if compartment.told.epoch != position.epoch || compartment.told.seq < position.seq {
            compartment.told = position;
        }
        compartment.events.push_back(Arc::clone(event));
        drop(state);
        self.notify.notify_one();
    }

    /// Says that the log of `stream` ends at `head`, if the reader was told otherwise.
    pub(crate) fn nudge(&self, stream: StreamId, head: Position) {
        let mut state = self.lock();
        let Some(compartment) = state.find(stream).filter(|compartment| compartment.told != head) else { return };
        compartment.nudged = Some(head);
        compartment.told = head;
        drop(state);
        self.notify.notify_one();
    }

    /// Says who came to `stream` and who went; what waits of that is folded into one.
    pub(crate) fn tell_presence(&self, stream: StreamId, update: &Arc<PresenceUpdate>) {
        let mut state = self.lock();
        let Some(compartment) = state.find(stream) else { return };
        let folded = compartment.presence.take().map_or_else(|| Arc::clone(update), |first| Arc::new(first.then(update)));
        compartment.presence = Some(folded);
        drop(state);
        self.notify.notify_one();
    }

    /// Takes what waits to be told of who came to `stream` and who went.
    pub(crate) fn take_presence(&self, stream: StreamId) -> Option<Arc<PresenceUpdate>> {
        self.lock().find(stream)?.presence.take()
    }

    /// Asks the connection to end. The first reason stays.
    pub(crate) fn close(&self, reason: CloseReason) {
        self.lock().closed.get_or_insert(reason);
        self.notify.notify_one();
    }

    /// Asks the reader of `stream` to end. The first reason stays.
    pub(crate) fn close_stream(&self, stream: StreamId, reason: CloseReason) {
        if let Some(compartment) = self.lock().find(stream) {
            compartment.closed.get_or_insert(reason);
        }
        self.notify.notify_one();
    }

    /// The position up to which the reader of `stream` was told everything, as far as this process knows.
    pub(crate) fn told(&self, stream: StreamId) -> Option<Position> {
        self.lock().find(stream).map(|compartment| compartment.told)
    }

    /// The reader of `stream` has come to `position` itself.
    pub(crate) fn reached(&self, stream: StreamId, position: Position) {
        let mut state = self.lock();
        // What waits may lie further; then the reader will come to that on its own.
        if let Some(compartment) = state.find(stream).filter(|it| it.events.is_empty() && it.nudged.is_none()) {
            compartment.told = position;
        }
    }

    /// Why the connection is to end, if it is.
    pub(crate) fn closed(&self) -> Option<CloseReason> {
        self.lock().closed
    }

    /// Why the reader of `stream` is to end, if it is.
    pub(crate) fn stream_closed(&self, stream: StreamId) -> Option<CloseReason> {
        self.lock().find(stream).and_then(|compartment| compartment.closed)
    }

    /// Takes what waits of `stream`; `None` if nothing does.
    pub(crate) fn take(&self, stream: StreamId) -> Option<Hints> {
        let mut state = self.lock();
        let events = state.empty(stream);
        let compartment = state.find(stream)?;
        let overflowed = std::mem::take(&mut compartment.overflowed);
        let head = compartment.nudged.take();
        let is_something = !events.is_empty() || overflowed || head.is_some();
        is_something.then(|| Hints { events: events.into(), overflowed, head })
    }

    /// Waits until there is something to take, or a reason to end.
    pub(crate) async fn filled(&self) {
        while !self.lock().is_filled() {
            self.notify.notified().await;
        }
    }

    /// Waits until there is a reason to end, for the connection or for the reader of `stream`.
    pub(crate) async fn ending(&self, stream: StreamId) -> CloseReason {
        loop {
            if let Some(reason) = self.closed().or_else(|| self.stream_closed(stream)) {
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
    fn place(&self, stream: StreamId) -> Result<usize, usize> {
        self.compartments.binary_search_by_key(&stream, |compartment| compartment.stream)
    }

    fn find(&mut self, stream: StreamId) -> Option<&mut Compartment> {
        let place = self.place(stream).ok()?;
        self.compartments.get_mut(place)
    }

    /// Takes the events of `stream`, and their weight off the whole.
    fn empty(&mut self, stream: StreamId) -> VecDeque<Arc<Shared>> {
        let taken = self.find(stream).map(|compartment| std::mem::take(&mut compartment.events)).unwrap_or_default();
        self.events -= taken.len();
        self.bytes -= weight(&taken);
        taken
    }

    /// Drops the events of the stream that has the most, in whatever there is too much of.
    fn overflow(&mut self, most: impl Fn(&Compartment) -> usize) {
        let Some(fullest) = self.compartments.iter_mut().max_by_key(|compartment| most(compartment)) else { return };
        fullest.overflowed = true;
        let stream = fullest.stream;
        self.empty(stream);
    }

    fn is_filled(&self) -> bool {
        self.closed.is_some() || self.compartments.iter().any(Compartment::is_filled)
    }
}

impl Compartment {
    fn of(stream: StreamId) -> Self {
        Self { stream, events: VecDeque::new(), overflowed: false, nudged: None, presence: None, told: NOWHERE, closed: None }
    }

    fn bytes(&self) -> usize {
        weight(&self.events)
    }

    fn is_filled(&self) -> bool {
        !self.events.is_empty() || self.overflowed || self.nudged.is_some() || self.presence.is_some() || self.closed.is_some()
    }
}

/// The bytes of `events`, as far as they differ in size.
fn weight(events: &VecDeque<Arc<Shared>>) -> usize {
    events.iter().map(|event| event.event().data.len()).sum()
}

#[cfg(test)]
mod tests {
    use kernel::{Event, Instant};

    use super::*;

    fn stream(name: char) -> StreamId {
        format!("str_0000000000000000000000000{name}").parse().expect("an id")
    }

    fn event(name: char, seq: i64, bytes: usize) -> Arc<Shared> {
        Shared::new(Event {
            stream: stream(name),
            position: Position { epoch: 1, seq },
            id: "evt_00000000000000000000000001".parse().expect("an id"),
            kind: "test".to_owned(),
            at: Instant::EPOCH,
            data: "x".repeat(bytes),
        })
    }

    fn waiting(mailbox: &Mailbox, name: char) -> (usize, bool) {
        mailbox.take(stream(name)).map_or((0, false), |hints| (hints.events.len(), hints.overflowed))
    }

    /// Events and bytes that wait in all.
    fn held(mailbox: &Mailbox) -> (usize, usize) {
        let state = mailbox.lock();
        (state.events, state.bytes)
    }

    fn of_two(capacity: usize) -> Mailbox {
        let mailbox = Mailbox::new(capacity);
        assert!(mailbox.open(stream('a')) && mailbox.open(stream('b')) && !mailbox.open(stream('a')));
        mailbox
    }

    #[test]
    fn a_loud_stream_gives_its_place_up_and_a_quiet_one_keeps_its_own() {
        let mailbox = of_two(4);
        mailbox.push(&event('b', 1, 1));
        for seq in 1..=10 {
            mailbox.push(&event('a', seq, 1));
        }
        assert_eq!(waiting(&mailbox, 'b'), (1, false));
        let (left, overflowed) = waiting(&mailbox, 'a');
        assert!(overflowed && left <= 4, "{left}");
        mailbox.push(&event('a', 11, 1));
        assert_eq!(waiting(&mailbox, 'a'), (1, false), "and then it goes on");
    }

    #[test]
    fn what_waits_is_bounded_in_bytes_over_all_streams_and_one_large_event_always_fits() {
        let mailbox = of_two(1_000);
        for seq in 1..=40 {
            mailbox.push(&event('a', seq, MAX_BYTES / 16));
            mailbox.push(&event('b', seq, 1));
            assert!(held(&mailbox).1 <= MAX_BYTES);
        }
        assert!(waiting(&mailbox, 'a').1);
        let (events, bytes) = held(&mailbox);
        assert_eq!((events, bytes, waiting(&mailbox, 'b').0), (40, 40, 40));
        assert_eq!(held(&mailbox), (0, 0));
        mailbox.push(&event('a', 1, MAX_BYTES + 1));
        assert_eq!(waiting(&mailbox, 'a'), (1, false));
    }

    #[test]
    fn a_stream_that_is_shut_takes_what_waited_of_it_along() {
        let mailbox = of_two(10);
        mailbox.push(&event('a', 1, 5));
        mailbox.push(&event('b', 1, 7));
        assert!(mailbox.shut(stream('a')) && !mailbox.shut(stream('a')));
        mailbox.push(&event('a', 2, 5));
        assert_eq!((held(&mailbox), mailbox.streams()), ((1, 7), vec![stream('b')]));
    }
}
