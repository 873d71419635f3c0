//! # notify: its use cases
//!
//! Reading and marking an inbox, and the log behind the live stream of its owner. Rows are written by the handlers of alarms.

mod deliver;
mod event;
mod hearing;
mod inbox;
mod live;
mod mark;
mod topic;
mod watch;

pub(crate) use deliver::deliver;
pub use event::{
    CREATED, DELETED, READ, UNREAD, created_event_data, deleted_event_data, read_event_data, read_up_to_event_data,
    unread_event_data,
};
pub(crate) use event::{json, unread_changed};
pub use inbox::{Listing, get, list, unread};
pub(crate) use live::attach_to;
pub use live::{StreamLog, attach, connect, subscribe};
pub use mark::{MARKED_AT_ONCE, Marked, UpTo, delete, mark, mark_up_to};
pub use topic::{Topic, TopicError};
pub(crate) use watch::report;
pub use watch::{check_positions, check_rights, watch_streams};
