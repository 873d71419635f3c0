//! The opaque cursor of lists.

use std::fmt::Write as _;

use jiff::civil::DateTime;

use crate::{Instant, WallTime};

/// Why a text is not a cursor of this list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this cursor does not belong to this list: start again without one")]
pub struct CursorError;

/// The place after the last row of a page: an instant, the id that breaks ties, and of a series the occurrence.
///
/// Its text is bound to a scope (the list and whose it is) by a check value, so that a cursor of another list or another
/// user is refused instead of silently answering something. That is a guard against mistakes and not a secret: every query
/// names its owner anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The sort key of the last row.
    pub at: Instant,
    /// The id of the last row.
    pub id: uuid::Uuid,
    /// Which occurrence the last row was, where one id has several.
    pub occurrence: Option<WallTime>,
}

/// Length of the payload and of the check value behind it.
const PAYLOAD: usize = 32;
const LENGTH: usize = PAYLOAD + 8;

impl Cursor {
    /// Where every id has one row.
    pub const fn new(at: Instant, id: uuid::Uuid) -> Self {
        Self { at, id, occurrence: None }
    }

    /// The text of this place in the list named by `scope`.
    pub fn encode(&self, scope: &str) -> String {
        let mut bytes = [0u8; LENGTH];
        bytes[..8].copy_from_slice(&self.at.as_micros().to_be_bytes());
        bytes[8..24].copy_from_slice(self.id.as_bytes());
        bytes[24..PAYLOAD].copy_from_slice(&self.occurrence.map_or(NONE, micros).to_be_bytes());
        let check = check_value(scope, &bytes[..PAYLOAD]);
        bytes[PAYLOAD..].copy_from_slice(&check.to_be_bytes());
        bytes.iter().fold(String::with_capacity(2 * LENGTH), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// Reads what [`Cursor::encode`] wrote for the same `scope`.
    pub fn decode(scope: &str, text: &str) -> Result<Self, CursorError> {
        if text.len() != 2 * LENGTH || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Err(CursorError);
        }
        let mut bytes = [0u8; LENGTH];
        for (slot, index) in bytes.iter_mut().zip((0..2 * LENGTH).step_by(2)) {
            *slot = u8::from_str_radix(&text[index..index + 2], 16).map_err(|_| CursorError)?;
        }
        let (payload, check) = bytes.split_at(PAYLOAD);
        if check != check_value(scope, payload).to_be_bytes() {
            return Err(CursorError);
        }
        let number = |from: usize| Some(i64::from_be_bytes(payload.get(from..from + 8)?.try_into().ok()?));
        let at = number(0).ok_or(CursorError)?;
        let id = uuid::Uuid::from_slice(&payload[8..24]).map_err(|_| CursorError)?;
        let occurrence = match number(24).ok_or(CursorError)? {
            NONE => None,
            micros => Some(wall(micros).ok_or(CursorError)?),
        };
        Ok(Self { at: Instant::from_micros(at), id, occurrence })
    }
}

/// Stands for "no occurrence".
const NONE: i64 = i64::MIN;

/// A wall time as microseconds since 1970 on the wall.
fn micros(wall: WallTime) -> i64 {
    i64::try_from(wall.datetime().duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0)).as_micros()).unwrap_or(0)
}

fn wall(micros: i64) -> Option<WallTime> {
    let since = jiff::SignedDuration::from_micros(micros);
    DateTime::constant(1970, 1, 1, 0, 0, 0, 0).checked_add(since).ok().map(WallTime::new)
}

/// FNV-1a, 64 bit.
fn check_value(scope: &str, payload: &[u8]) -> u64 {
    scope
        .bytes()
        .chain([0])
        .chain(payload.iter().copied())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_own_list_only() {
        let plain = Cursor::new(Instant::from_micros(-5), uuid::Uuid::from_u128(99));
        assert_eq!(Cursor::decode("s", &plain.encode("s")), Ok(plain));
        let occurrence = "2026-11-20T09:30:00.000001".parse().ok();
        let cursor = Cursor { occurrence, ..plain };
        let text = cursor.encode("notifications of usr_1");
        assert_eq!(Cursor::decode("notifications of usr_1", &text), Ok(cursor));
        assert_eq!(Cursor::decode("notifications of usr_2", &text), Err(CursorError));
        for bad in ["", "zz", &text[1..], &text.replace('0', "1"), &"€".repeat(22)] {
            assert_eq!(Cursor::decode("notifications of usr_1", bad), Err(CursorError));
        }
    }
}
