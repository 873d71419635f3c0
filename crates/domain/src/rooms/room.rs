//! A room.

use kernel::{FieldError, Instant, RoomId};

use super::RoomError;
use crate::text::{is_invisible, line};

/// Characters of a name.
pub const MAX_NAME: usize = 80;

/// Characters of what a program calls a room.
pub const MAX_EXTERNAL_KEY: usize = 128;

/// A room. Its stream has the same id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its id.
    pub id: RoomId,
    /// What its owners call it; others may have the same name.
    pub name: String,
    /// How many are in it.
    pub members: i64,
    /// Grows with every change of the room itself; the ETag.
    pub version: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
}

impl Room {
    /// Gives it another name; answers whether anything is different then.
    pub fn rename(&mut self, wanted: &str, now: Instant) -> Result<bool, RoomError> {
        let wanted = name(wanted)?;
        let same = wanted == self.name;
        if !same {
            self.name = wanted;
            self.version += 1;
            self.updated_at = now;
        }
        Ok(!same)
    }
}

/// Reads what somebody wants to call a room: one visible line.
pub fn name(text: &str) -> Result<String, RoomError> {
    let wrong = |wrong| RoomError::Invalid(vec![wrong]);
    let text = line("/name", text, MAX_NAME).map_err(wrong)?;
    if text.chars().all(is_invisible) {
        return Err(wrong(FieldError::new("/name", "write at least one visible character")));
    }
    Ok(text)
}

/// Reads what a program calls a room: 1 to [`MAX_EXTERNAL_KEY`] characters without line breaks, compared as they are.
pub fn external_key(pointer: &str, text: &str) -> Result<String, FieldError> {
    let trimmed = line(pointer, text, MAX_EXTERNAL_KEY)?;
    if trimmed.is_empty() || trimmed.len() != text.len() {
        return Err(FieldError::new(pointer, "write 1 to 128 characters without space around them"));
    }
    Ok(trimmed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_has_one_visible_line_for_a_name() {
        assert_eq!(name("  주간 회의 👩‍👩‍👧 ").as_deref(), Ok("주간 회의 👩‍👩‍👧"));
        assert!(name(&"가".repeat(MAX_NAME)).is_ok());
        for bad in ["", "  ", "\u{200b}", "a\nb", "a\0b", &"가".repeat(MAX_NAME + 1)] {
            assert!(matches!(name(bad), Err(RoomError::Invalid(_))), "{bad:?}");
        }
    }

    #[test]
    fn a_program_may_call_a_room_whatever_is_one_line() {
        for good in ["order-4711", "주문/7", &"x".repeat(MAX_EXTERNAL_KEY)] {
            assert_eq!(external_key("/room_key", good).as_deref(), Ok(good));
        }
        for bad in ["", " ", " a", "a ", "a\nb", &"x".repeat(MAX_EXTERNAL_KEY + 1)] {
            assert!(external_key("/room_key", bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_same_name_again_is_no_change() {
        let id = RoomId::from_uuid(uuid::Uuid::from_u128(1));
        let (created_at, later) = (Instant::EPOCH, Instant::from_micros(1));
        let mut room = Room { id, name: "a".to_owned(), members: 1, version: 1, created_at, updated_at: created_at };
        assert_eq!((room.rename(" a ", later), room.version), (Ok(false), 1));
        assert_eq!((room.rename("b", later), room.version, room.updated_at), (Ok(true), 2, later));
        assert!(room.rename("", later).is_err() && room.name == "b");
    }
}
