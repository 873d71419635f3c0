//! Inboxes: [`deliver`] writes them, in batches, [`inbox`] reads and marks them, [`forget`] empties them of what is old.

pub mod deliver;
pub mod forget;
pub mod inbox;
