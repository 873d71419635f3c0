//! # recurrence: what repeats, and when
//!
//! A [`Rule`] is an RFC 5545 RRULE; a [`Recurrence`] adds single dates to it (RDATE) and takes some away (EXDATE). Both are
//! texts and dates, and are what is kept. A [`Series`] is a recurrence that starts somewhere, in a zone: it answers which
//! occurrences there are.
//!
//! ```text
//!   Rule ──► Pattern ──► Walls ──┐
//!   (text)   (masks of   (wall   ├─ merged, less EXDATE ──► Offsets ──► Occurrences
//!            days)       times)  │   (wall times)           (zone)      (instants, in order)
//!   start, RDATE ────────────────┘
//! ```
//!
//! Everything up to the zone is arithmetic on the number of a day since 1970: a period of the rule (a week, a month, a year)
//! is a few machine words with a bit for each day that belongs to it. So a window is reached by division, however far from
//! the start it lies, and nothing is allocated for an occurrence.
//!
//! Occurrences are wall times first. The wall time is the name of the occurrence (RFC 5545's RECURRENCE-ID) and stays when a
//! zone changes its rules. `docs/recurrence.md` says what is supported, what is meant in gaps and folds, and what it costs.

mod days;
mod error;
mod merged;
mod moved;
mod occurrences;
mod offsets;
mod parse;
mod pattern;
mod print;
mod rule;
mod series;
mod split;
mod walls;

#[cfg(test)]
mod tests;

pub use error::{Reason, RecurrenceError};
pub use occurrences::{Extent, Occurrence, Occurrences};
pub use parse::MAX_TEXT_BYTES;
pub use rule::{End, Frequency, MAX_COUNT, MAX_INTERVAL, MAX_TIMES_A_DAY, Rule, Until};
pub use series::{Last, MAX_DATES, Recurrence, Series};
pub use split::Split;
#[cfg(test)]
pub(crate) use walls::walked;
