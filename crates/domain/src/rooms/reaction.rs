//! What people think of something in a room, in one sign.

use kernel::FieldError;

use super::RoomError;
use crate::calendar::text::is_invisible;

/// Different reactions of one person to one thing.
const MAX_OF_ONE: u32 = 20;
/// Different reactions of all to one thing.
const MAX_KINDS: u32 = 100;
/// Unicode scalars of a reaction: a family of four has seven.
const MAX_SCALARS: usize = 8;

/// A reaction, and how many gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// The sign.
    pub emoji: String,
    /// How many.
    pub count: i64,
    /// Whether whoever looks is among them.
    pub mine: bool,
}

/// Reads a reaction: at most eight Unicode scalars that are seen, and no word.
pub fn emoji(text: &str) -> Result<String, RoomError> {
    let fits = (1..=MAX_SCALARS).contains(&text.chars().count());
    let seen = text.chars().any(|c| !c.is_ascii() && !is_invisible(c) && !joins(c));
    if fits && seen && !text.contains(is_odd) {
        return Ok(text.to_owned());
    }
    Err(RoomError::Invalid(vec![FieldError::new("/emoji", "write one emoji")]))
}

/// Refuses more different reactions to one thing than there may be, from one person and from all.
pub fn are_few((of_one, of_all): (i64, i64)) -> Result<(), RoomError> {
    if of_one > i64::from(MAX_OF_ONE) {
        return Err(RoomError::TooManyReactions { most: MAX_OF_ONE });
    }
    if of_all > i64::from(MAX_KINDS) {
        return Err(RoomError::TooManyKinds { most: MAX_KINDS });
    }
    Ok(())
}

/// What makes one emoji of several characters, or says how one is drawn.
fn joins(c: char) -> bool {
    matches!(c, '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0020}'..='\u{e007f}')
}

/// What is no part of an emoji. A few letters are: ℹ, Ⓜ, 🅰.
fn is_odd(c: char) -> bool {
    let is_sign = matches!(c, 'ℹ' | 'Ⓜ' | '\u{1f170}'..='\u{1f189}');
    c.is_control() || (c.is_alphabetic() && !is_sign) || (is_invisible(c) && !joins(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reaction_is_one_emoji_or_nearly() {
        for good in [
            "👍",
            "❤️",
            "👩‍👩‍👧‍👦",
            "🏳️‍🌈",
            "1️⃣",
            "🎉",
            "👍🏽",
            "✓",
            "ℹ️",
            "🅰️",
            "Ⓜ️",
            "🇰🇷",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
        ] {
            assert_eq!(emoji(good).as_deref(), Ok(good));
        }
        let long = "👍".repeat(9);
        for bad in ["", " ", "ok", "가", "a👍", "👍 ", "+1", "7", "\u{200d}", "\u{fe0f}", "\n", "👍\u{202e}", "👍\0", &long]
        {
            assert!(emoji(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn one_gives_few_and_all_together_not_very_many() {
        assert_eq!(are_few((20, 100)), Ok(()));
        assert_eq!(are_few((21, 21)), Err(RoomError::TooManyReactions { most: 20 }));
        assert_eq!(are_few((1, 101)), Err(RoomError::TooManyKinds { most: 100 }));
    }
}
