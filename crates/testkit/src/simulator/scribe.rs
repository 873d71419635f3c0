//! Who writes the history down.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kernel::{Clock as _, Instant};

use crate::{
    TestClock,
    history::{Entry, Phase, What},
};

/// Writes entries with the true time. Clones write into one history.
#[derive(Clone)]
pub(super) struct Scribe {
    world: TestClock,
    history: Arc<Mutex<Vec<Entry>>>,
}

impl Scribe {
    pub(super) fn new(world: TestClock) -> Self {
        Self { world, history: Arc::default() }
    }

    pub(super) fn write(&self, actor: &str, phase: Phase, what: What) {
        let ts_mono = u64::try_from(self.world.monotonic().as_micros()).unwrap_or(u64::MAX);
        let entry = Entry { ts_mono, ts_wall: self.now(), actor: actor.to_owned(), phase, what };
        self.history().push(entry);
    }

    /// The true time.
    pub(super) fn now(&self) -> Instant {
        self.world.now()
    }

    pub(super) fn take(&self) -> Vec<Entry> {
        std::mem::take(&mut self.history())
    }

    fn history(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
