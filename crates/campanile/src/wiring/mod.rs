//! Putting the rooms together: the only place that chooses among adapters, from the configuration.

mod clock;
mod database;
mod entropy;
mod health;
mod node;
mod page;
mod secret;
mod zones;

pub(crate) use clock::{NodeClock, follow, keep_mark};
pub(crate) use database::{how as database_of, make_folder, open as open_database, seams};
pub(crate) use entropy::OsEntropy;
pub(crate) use health::{Health, Pulse};
pub(crate) use node::{Node, edge_settings, serve_limits};
pub(crate) use page::web_page;
pub(crate) use secret::{Unreadable, read as read_secret};
pub(crate) use zones::go_by_zones;
