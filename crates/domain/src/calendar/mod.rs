//! # calendar: schedules
//!
//! A schedule says what is planned, from when to when, in wall time of a zone. Wall time and zone are the truth; instants are
//! derived from them, and how (skipped, repeated) is kept beside.

mod anew;
pub mod conflicts;
mod draft;
mod error;
mod feed;
pub mod icalendar;
pub mod labels;
mod occurrence;
mod patch;
pub mod progress;
pub mod recurrence;
mod repeat;
mod schedule;
pub mod search;
mod set;
mod span;
pub(crate) mod text;

pub use anew::{Armed, Derived};
pub use draft::{Draft, RemindersDraft};
pub use error::CalendarError;
pub use feed::{Feed, FeedError, FeedRequest, GUESSES, MAX_FEEDS, READS};
pub use occurrence::{MAX_OVERRIDES, Occurrence, Override};
pub use patch::{Change, Patch};
pub use repeat::{RepeatChange, RepeatDraft, rerule};
pub use schedule::{Purpose, Schedule, ScheduleText};
pub use set::{Key, Reach, RecurrenceSet, Renamed};
pub use span::{MAX_SPAN, Moment, Span, SpanDraft};
