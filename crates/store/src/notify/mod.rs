//! Inboxes: [`deliver`] writes them, in batches, [`inbox`] reads and marks them.

pub mod deliver;
pub mod inbox;
