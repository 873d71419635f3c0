//! The opaque cursor of lists.

use std::fmt::Write as _;

use crate::Instant;

/// Why a text is not a cursor of this list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this cursor does not belong to this list: start again without one")]
pub struct CursorError;

/// The place after the last row of a page: an instant and the id that breaks ties.
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
}

impl Cursor {
    /// The text of this place in the list named by `scope`.
    pub fn encode(&self, scope: &str) -> String {
        let mut bytes = [0u8; 32];
        bytes[..8].copy_from_slice(&self.at.as_micros().to_be_bytes());
        bytes[8..24].copy_from_slice(self.id.as_bytes());
        let check = check_value(scope, &bytes[..24]);
        bytes[24..].copy_from_slice(&check.to_be_bytes());
        bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// Reads what [`Cursor::encode`] wrote for the same `scope`.
    pub fn decode(scope: &str, text: &str) -> Result<Self, CursorError> {
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Err(CursorError);
        }
        let mut bytes = [0u8; 32];
        for (slot, index) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *slot = u8::from_str_radix(&text[index..index + 2], 16).map_err(|_| CursorError)?;
        }
        let (payload, check) = bytes.split_at(24);
        if check != check_value(scope, payload).to_be_bytes() {
            return Err(CursorError);
        }
        let at = i64::from_be_bytes(payload[..8].try_into().map_err(|_| CursorError)?);
        let id = uuid::Uuid::from_slice(&payload[8..]).map_err(|_| CursorError)?;
        Ok(Self { at: Instant::from_micros(at), id })
    }
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
        let cursor = Cursor { at: Instant::from_micros(-5), id: uuid::Uuid::from_u128(99) };
        let text = cursor.encode("notifications of usr_1");
        assert_eq!(Cursor::decode("notifications of usr_1", &text), Ok(cursor));
        assert_eq!(Cursor::decode("notifications of usr_2", &text), Err(CursorError));
        for bad in ["", "zz", &text[1..], &text.replace('0', "1"), &"€".repeat(22)] {
            assert_eq!(Cursor::decode("notifications of usr_1", bad), Err(CursorError));
        }
    }
}
