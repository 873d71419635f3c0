//! # identity: who somebody is, and what they may do

mod caller;

pub use caller::{Caller, Credential, Role, Scope};
