//! # identity: its use cases
//!
//! Accounts are made ([`sign_up`]), people prove who they are ([`log_in`], [`refresh`]) and are recognized with every request
//! ([`authenticate`]); they see and end what speaks in their name: [`sessions`], [`api_keys`], tickets for streams.
//!
//! Everything secret is derived from the installation's secret file ([`Keys`]); the database alone opens nothing.

mod api_keys;
mod attempt;
mod change_password;
mod client;
mod facts;
mod gate;
mod keys;
mod log_in;
mod opening;
mod passwords;
mod profile;
mod refresh;
mod rights;
mod sessions;
mod settings;
mod sign_up;
mod tickets;
mod token;
mod warning;

pub use api_keys::{NewApiKey, api_keys, create_api_key, delete_api_key};
pub use change_password::{change_password, reset_password};
pub use client::{Client, Device};
pub use gate::{Callers, authenticate};
pub use keys::{Keys, PublicKey, Secret, SecretError};
pub use log_in::log_in;
pub use opening::{SignedIn, Tokens};
pub use passwords::Passwords;
pub use profile::{BasedOn, change_profile, profile};
pub use refresh::refresh;
pub(crate) use rights::{Right, good_among, read_on};
pub use sessions::{log_out, revoke_session, sessions};
pub use settings::{PasswordCost, Settings};
pub use sign_up::{create_user, sign_up};
pub use tickets::{TICKET_LIFETIME, Ticket, issue_ticket, redeem_ticket};
pub use token::ACCESS_LIFETIME;
pub(crate) use token::{Opaque, sha256};
