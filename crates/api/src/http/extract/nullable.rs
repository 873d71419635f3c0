//! A member of a body for which `null` is not the same as nothing at all.

use app::domain::calendar::labels::Wish;
use serde::{Deserialize, Deserializer};

/// Derive `#[serde(default)]` where it stands: nothing at all is [`Nullable::Unsaid`].
#[derive(Clone, Debug, Default)]
pub(crate) enum Nullable<T> {
    /// Nothing: it stays.
    #[default]
    Unsaid,
    /// `null`: it goes.
    Null,
    /// A value.
    Given(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Nullable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Given))
    }
}

impl<T> From<Nullable<T>> for Wish<T> {
    fn from(said: Nullable<T>) -> Self {
        match said {
            Nullable::Unsaid => Self::Keep,
            Nullable::Null => Self::Clear,
            Nullable::Given(value) => Self::Set(value),
        }
    }
}
