//! # notify: what somebody is told
//!
//! A [`Notification`] is a row of somebody's inbox, written once per fact. It is unread or read, and may go back and forth;
//! its owner may delete it, which empties it for good. The [`Unread`] count moves with it, under a version of its own.
//!
//! ```text
//!   (fact) ──► unread ◄──► read
//!                │           │
//!                └──► deleted ◄┘      its key stays: the same fact never notifies twice
//! ```

mod error;
mod inbox;
mod notification;
mod wording;

pub use error::NotifyError;
pub use inbox::{Shelf, UnknownShelf, Unread};
pub use notification::Notification;
pub use wording::{deadline_words, mention_words, reminder_body, restock_words, with_missed};
