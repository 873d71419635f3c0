//! # identity: its use cases

mod gate;
mod keys;
mod passwords;
mod settings;
mod token;

pub use gate::{Callers, authenticate};
pub use keys::{Keys, PublicKey, Secret, SecretError};
pub use passwords::Passwords;
pub use settings::{PasswordCost, Settings};
pub use token::ACCESS_LIFETIME;
