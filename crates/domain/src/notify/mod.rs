//! # notify: what somebody is told

mod notification;
mod wording;

pub use notification::Notification;
pub use wording::reminder_body;
