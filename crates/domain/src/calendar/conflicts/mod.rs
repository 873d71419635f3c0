//! # conflicts: what overlaps what
//!
//! ```text
//!   a change ──► Added            only the time it adds, less what its schedule had before
//!                  │
//!                  ├── search ◄── Calendar: what else of the owner is taken
//!                  ▼
//!                Found ──► ConflictError, with what is free instead
//! ```
//!
//! Time is half open: what ends at ten does not meet what starts at ten. Only what is busy and not deleted takes time, each
//! occurrence as it is now: where it was moved to, and free if it alone was made free. What has no length takes none. An occurrence
//! meets the others of its own series like anything else.
//!
//! What happens once is judged wherever it lies. Of a series what is over is not judged, and of the rest what lies within
//! [`HORIZON`]: a calendar beyond that is no plan, and somebody has to stop. All of it is judged or nothing: what would need more
//! steps than the [`Budget`] has is refused as [`TooDense`]. `docs/conflicts.md` says it for people.

mod added;
mod budget;
mod busy;
mod calendar;
mod error;
mod free;
mod search;
#[cfg(test)]
mod tests;

use added::join;
pub use added::{Added, HORIZON, joined};
pub use budget::{Budget, MAX_STEPS, TooDense};
pub use busy::Busy;
pub use calendar::{Calendar, MAX_ONCE, MAX_SERIES, Once};
pub use error::{ConflictError, Wanted};
pub use free::{Slot, days_ahead, free_days, gaps, shifts};
pub use search::{Conflict, Found, MAX_CONFLICTS, search};

/// A stretch of time, half open.
pub type Stretch = (kernel::Instant, kernel::Instant);
