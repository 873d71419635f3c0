//! The envelope of everything that flows through a durable stream.

use std::{fmt, str::FromStr};

use crate::{EventId, Instant, StreamId};

/// Why a text is not a position.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position in a stream: expected two numbers such as 1-42")]
pub struct PositionError;

/// A place in a stream: `epoch-seq`, e.g. `1-42`.
///
/// Within an epoch `seq` counts 1, 2, 3 … without a hole, in commit order. A new epoch says "what you knew may be gone".
/// Two positions of different epochs say nothing about each other, so positions are not ordered.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    /// Grows when the log was restored or reset.
    pub epoch: i64,
    /// The number of the event, 0 = before the first.
    pub seq: i64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.seq)
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        let number = |digits: &str| -> Result<i64, PositionError> {
            let plain = !digits.is_empty() && digits.len() <= 18 && digits.bytes().all(|b| b.is_ascii_digit());
            if plain { digits.parse().map_err(|_| PositionError) } else { Err(PositionError) }
        };
        let (epoch, seq) = text.split_once('-').ok_or(PositionError)?;
        Ok(Self { epoch: number(epoch)?, seq: number(seq)? })
    }
}

as_text!(Position);

/// One event of a stream, as it was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Which stream.
    pub stream: StreamId,
    /// Where in it.
    pub position: Position,
    /// Its own name, the same wherever it is published.
    pub id: EventId,
    /// What happened, e.g. `notification.created`.
    pub kind: String,
    /// When the transaction that wrote it ran.
    pub at: Instant,
    /// A JSON object, as text.
    pub data: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_two_plain_numbers() {
        assert_eq!("1-42".parse(), Ok(Position { epoch: 1, seq: 42 }));
        for text in ["", "42", "-1-2", "1--2", "1-2-3", "a-b", "1-", "+1-2", "1-99999999999999999999", "१-२"] {
            assert!(text.parse::<Position>().is_err(), "{text}");
        }
    }
}
