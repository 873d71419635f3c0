//! # clockwork: the engine of due rows
//!
//! What must happen later is a row with a due time, written in the transaction of the fact that causes it. One engine drives
//! every table of that shape and knows nothing of its meaning:
//!
//! ```text
//!            ┌──────────── sleep until min(next due, 1 s sweep) ◄───────────┐
//!            ▼                                                              │
//!   wake ─► claim a batch that is due ─► hand it to the handler ─► settle ──┘   a full batch: again at once
//!            ▲
//!            └── hint: "something earlier was armed" (only ever removes delay; the sweep alone guarantees)
//! ```
//!
//! Two kinds of rows: [`Batch`] rows, whose effect is SQL only, complete in the transaction that claims them, so there is no
//! lease and nothing to rescue; [`Leased`] rows, whose effect leaves the process, are claimed with a lease and a token, and a
//! stale holder cannot settle them.
//!
//! There is no polling period on the hot path: the engine sleeps until the very instant the next row is due.
//!
//! **Must never know**: any context (what an alarm is, who is told), SQL, HTTP. The same code runs in tests, in the simulator
//! and in production: it spawns nothing, waits only on [`kernel::Clock`], and draws jitter only from [`kernel::Entropy`].

mod backoff;
mod batch;
mod guard;
mod leased;
mod stop;
mod system;
mod wake;

pub use backoff::Backoff;
pub use batch::{Batch, Fired, run_batch};
pub use guard::{Doubt, Guard, Trust};
pub use leased::{Claim, Leased, Outcome, Settlement, run_leased};
pub use stop::{Stop, Stopper};
pub use system::{FollowedClock, SystemClock};
pub use wake::Wake;

use std::time::Duration;

/// How a lane of due rows is driven.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The most rows of one claim: bounds how long one transaction takes. Of leased rows, the most that are worked on at once.
    pub batch: usize,
    /// The longest sleep. A row nobody hinted at waits at most this long.
    pub sweep: Duration,
    /// The most rows a second while they are more than [`LATE`] late: what has piled up while nothing was running is not let loose
    /// on everybody at once. 0: as many as go.
    pub catch_up: usize,
}

/// From when on rows count as piled up.
pub const LATE: Duration = Duration::from_mins(1);

impl Default for Pace {
    fn default() -> Self {
        Self { batch: 500, sweep: Duration::from_secs(1), catch_up: 0 }
    }
}
