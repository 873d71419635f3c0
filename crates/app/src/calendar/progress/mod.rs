//! # progress: what people do with their schedules, and what comes together
//!
//! [`act`] takes a step of the machine and writes its entry, its projections and what it means for the alarms in one transaction;
//! [`statistics`] adds up the sessions; [`audit`] reads the ledger from its beginning and says where the tables differ.

mod act;
mod audit;
mod history;
mod list;
mod statistics;

pub use act::act;
pub(crate) use act::take;
pub use audit::{Audit, MAX_DIFFERENCES, audit};
pub use history::history;
pub use list::list;
pub use statistics::{Report, statistics};
