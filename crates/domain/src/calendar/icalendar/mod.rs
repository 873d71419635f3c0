//! # icalendar: the calendar as other programs write it (RFC 5545)
//!
//! ```text
//!   text ──► Line ──► Component ──► events ──► Wanted ──► (a use case compares it with what is there)
//!                        ▲                        │
//!   text ◄── Line ◄──────┴──── write ◄────────────┴── RecurrenceSet and what was kept of an import
//! ```
//!
//! A line is kept as it was written: what Campanile has no word for goes back to other programs letter by letter. That is why
//! no library reads the text here ([ADR 0014](../../../../../docs/adr/0014-content-lines-are-kept-as-written.md)).

mod component;
mod error;
mod event;
mod fit;
mod labels;
mod line;
mod read;
mod times;
mod windows;
mod write;
mod zone;

pub use component::{Component, MAX_BYTES, MAX_COMPONENTS, MAX_DEPTH, MAX_LINE_BYTES};
pub use error::ICalendarError;
pub use labels::label_names;
pub use line::Line;
pub use read::{Asked, File, Item, Other, Wanted};
pub use write::{Kept, Privacy, busy, closing, events, opening};
pub use zone::time_zone;

#[cfg(test)]
mod tests;
