//! Characters that a text may not have, or that show nothing: one idea of them for all contexts.

use kernel::FieldError;

/// One line, trimmed, perhaps empty.
pub(crate) fn line(pointer: &str, text: &str, max: usize) -> Result<String, FieldError> {
    if text.chars().any(breaks) {
        return Err(FieldError::new(pointer, "line breaks and control characters are not allowed here"));
    }
    let text = text.trim();
    at_most(pointer, text, max)?;
    Ok(text.to_owned())
}

/// Control characters, among them CR, LF, NUL and NEL, and the two separators that Unicode breaks lines at. What changes the
/// direction of text is not among them: it is stored and escaped where it is shown.
pub(crate) fn breaks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// At most so many characters.
pub(crate) fn at_most(pointer: &str, text: &str, max: usize) -> Result<(), FieldError> {
    if text.chars().count() > max {
        return Err(FieldError::new(pointer, format!("at most {max} characters")));
    }
    Ok(())
}

/// Control characters, white space, the blank of Braille, what Unicode says may be left out where it is drawn
/// (`Default_Ignorable_Code_Point`: zero-width characters, direction marks, soft hyphens, fillers, variation selectors, tags), the marks
/// between which annotations stand, and what will never be a character.
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        // The last two of each plane.
        || u32::from(c) & 0xfffe == 0xfffe
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Characters that turn the direction of what follows, so that it is shown as what it is not.
pub(crate) fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_nothing_is_known_and_letters_are_not_among_it() {
        let unseen = "\0\n\u{7f}\u{85} \u{a0}\u{ad}\u{34f}\u{61c}\u{115f}\u{180e}\u{200b}\u{200d}\u{2028}\u{202e}\u{2066}\u{2800}\u{3000}\
            \u{3164}\u{fdd0}\u{fdef}\u{fe0f}\u{feff}\u{ffa0}\u{fff9}\u{fffb}\u{fffe}\u{ffff}\u{1fffe}\u{e0041}\u{10ffff}";
        for c in unseen.chars() {
            assert!(is_invisible(c), "{c:?}");
        }
        for c in "a가中ä.!-ｱ〜\u{301}\u{fdcf}\u{fdf0}\u{fffc}\u{fffd}😀\u{20000}".chars() {
            assert!(!is_invisible(c), "{c:?}");
        }
    }

    #[test]
    fn what_turns_or_breaks_a_line_is_not_seen() {
        for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32).filter(|c| turns(*c) || breaks(*c)) {
            assert!(is_invisible(c), "{c:?}");
        }
    }
}
