//! An inbox as a whole.

use std::str::FromStr;

/// How many notifications of an inbox are unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Unread notifications, never below zero.
    pub count: i64,
    /// Grows with every change of the count. Of two pairs, the one with the higher version is the newer.
    pub version: i64,
}

/// Which part of an inbox a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Shelf {
    /// Unread only.
    Unread,
    /// Read only.
    Read,
    /// Both.
    #[default]
    All,
}

impl Shelf {
    /// As written in requests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::Read => "read",
            Self::All => "all",
        }
    }
}

/// The text names no part of an inbox.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write unread, read or all")]
pub struct UnknownShelf;

impl FromStr for Shelf {
    type Err = UnknownShelf;

    fn from_str(text: &str) -> Result<Self, UnknownShelf> {
        [Self::Unread, Self::Read, Self::All].into_iter().find(|shelf| shelf.as_str() == text).ok_or(UnknownShelf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shelf_is_read_as_it_is_written() {
        for shelf in [Shelf::Unread, Shelf::Read, Shelf::All] {
            assert_eq!(shelf.as_str().parse(), Ok(shelf));
        }
        assert_eq!("UNREAD".parse::<Shelf>(), Err(UnknownShelf));
    }
}
