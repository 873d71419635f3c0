//! # identity: who somebody is, and what they may do
//!
//! Accounts and their passwords, signed-in devices with their families of refresh tokens ([`rotation`]), service keys, and how
//! often somebody may guess ([`throttle`]). Every rule takes data and `now`; keys, hashes and clocks are somebody else's.

pub mod event;
pub mod rotation;
pub mod throttle;
pub mod wording;

mod account;
mod api_key;
mod caller;
mod error;
mod new_account;
mod password;
#[cfg(test)]
mod rotation_model;
mod session;

pub use account::{
    DefaultLead, DisplayName, Email, EmailError, Locale, NameError, ProfileChange, QuietChange, Rhythm, UnknownLocale, User,
};
pub use api_key::{API_KEYS_MAX, ApiKey, ApiKeyRequest};
pub use caller::{Caller, Credential, Role, Scope, UnknownRole, UnknownScope};
pub use error::IdentityError;
pub use new_account::{NewAccount, ProfileRequest, QuietRequest};
pub use password::{PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS, Password, PasswordError};
pub use session::{EndReason, Session, user_agent};
