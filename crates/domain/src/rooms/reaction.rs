//! What people think of something in a room, in one sign.

use kernel::FieldError;

use super::RoomError;

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

/// Reads a reaction: at most eight Unicode scalars that are signs and what joins them, or a key such as 1️⃣.
pub fn emoji(text: &str) -> Result<String, RoomError> {
    let fits = text.chars().count() <= MAX_SCALARS;
    let seen = text.contains(is_sign) && text.chars().all(|c| is_sign(c) || joins(c));
    if fits && (seen || is_key(text)) {
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

/// What emoji are made of: the blocks of symbols and pictures, without their letters and numbers, of which a few are emoji: ℹ, Ⓜ, 🅰.
fn is_sign(c: char) -> bool {
    let is_drawn = matches!(c,
        '©' | '®' | '‼' | '⁉' | '™' | '←'..='⇿' | '⌀'..='⏿' | '■'..='➿' | '⤀'..='⥿' | '⬀'..='⯿' | '〰' | '〽' | '㊗' | '㊙'
        | '\u{1f000}'..='\u{1faff}'
    );
    matches!(c, 'ℹ' | 'Ⓜ' | '\u{1f170}'..='\u{1f189}') || (is_drawn && !c.is_alphanumeric())
}

/// A digit, `#` or `*` drawn as a key.
fn is_key(text: &str) -> bool {
    let drawn = text.strip_prefix(|c: char| c.is_ascii_digit() || matches!(c, '#' | '*'));
    drawn.is_some_and(|drawn| matches!(drawn, "\u{fe0f}\u{20e3}" | "\u{20e3}"))
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
            "#\u{20e3}",
            "㊗️",
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
        let words =
            ["", " ", "ok", "가", "a👍", "👍 ", "+1", "7", "７", "\u{663}", "👍12345", "👍\"", "👍/", "1\u{fe0f}", "\u{2776}"];
        let unseen = ["\u{200d}", "\u{fe0f}", "\n", "👍\u{202e}", "👍\0", "\u{2800}", "\u{300}", "👍\u{301}"];
        let nothing = ["\u{ffff}", "\u{fffd}", "\u{e000}", "\u{e0fff}", &long];
        for bad in words.into_iter().chain(unseen).chain(nothing) {
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
