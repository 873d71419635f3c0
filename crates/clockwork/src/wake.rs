//! A hint that something became due earlier than a lane expects.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::{Either, select};
use kernel::{Clock, Instant};
use tokio::sync::Notify;

use crate::Stop;

/// Shared by those who arm rows and the lane that fires them. A lost hint costs at most one sweep.
#[derive(Debug)]
pub struct Wake {
    /// When the lane means to wake by itself. `Instant::EPOCH` while it works: hints are then superfluous or seen next round.
    planned: Mutex<Instant>,
    notify: Notify,
}

impl Default for Wake {
    fn default() -> Self {
        Self { planned: Mutex::new(Instant::EPOCH), notify: Notify::new() }
    }
}

impl Wake {
    /// A row due at `due` was committed. Wakes the lane only if it would sleep past that.
    pub fn hint(&self, due: Instant) {
        let planned = *self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        // A working lane may have read the table before that commit: leave it a permit, which costs one empty round at most.
        if planned == Instant::EPOCH || due < planned {
            self.notify.notify_one();
        }
    }

    /// Sleeps until `next_due`, at most `sweep`, less when hinted or stopped.
    pub async fn sleep(&self, clock: &dyn Clock, next_due: Option<Instant>, sweep: Duration, stop: &mut Stop) {
        let now = clock.now();
        let nap = next_due.map_or(sweep, |due| due.since(now).min(sweep));
        if nap.is_zero() {
            return;
        }
        self.plan(now + nap);
        let hinted_or_stopped = select(Box::pin(self.notify.notified()), Box::pin(stop.stopped()));
        match select(clock.sleep(nap), hinted_or_stopped).await {
            Either::Left(_) | Either::Right(_) => self.plan(Instant::EPOCH),
        }
    }

    fn plan(&self, at: Instant) {
        *self.planned.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }
}
