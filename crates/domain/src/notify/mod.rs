//! # notify: what somebody is told

mod notification;

pub use notification::Notification;
