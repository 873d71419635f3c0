//! # notify: its use cases

mod event;

pub use event::{
    CREATED, DELETED, READ, UNREAD, created_event_data, deleted_event_data, read_event_data, read_up_to_event_data,
    unread_event_data,
};
