//! # icalendar: the calendar as other programs read and write it
//!
//! A feed is a secret address: whoever has it may read. It shows what its owner chose, from a year ago on, and is written anew
//! only when the calendar changed. An export is the whole of it. Both are written page by page while they are sent, so that
//! their size costs no memory. An import is one transaction: a file is taken over, or it is not.

pub(in crate::calendar) mod along;
mod feeds;
mod import;
mod read;
mod write;

pub use feeds::{NewFeed, create_feed, feeds, revoke_feed};
pub use import::{How, Outcome, Report, Taken, import};
pub use read::{Reading, Standing, read_feed};
pub use write::{Pages, export};
