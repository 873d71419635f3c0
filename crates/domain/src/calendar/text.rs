//! What text may stand in a schedule. Everything else is stored as it came and escaped where it is shown.

use kernel::FieldError;

use crate::text::{at_most, is_invisible, line};

/// Characters of a title.
pub(crate) const TITLE_MAX: usize = 200;
/// Characters of a description.
pub(super) const DESCRIPTION_MAX: usize = 10_000;
/// Characters of a location.
pub(super) const LOCATION_MAX: usize = 500;
/// Characters of a kind.
const KIND_MAX: usize = 40;

/// A title: one line that shows something.
pub(crate) fn title(text: &str) -> Result<String, FieldError> {
    let text = line("/title", text, TITLE_MAX)?;
    if text.chars().all(is_invisible) {
        return Err(FieldError::new("/title", "write at least one visible character"));
    }
    Ok(text)
}

/// A description: any number of lines.
pub(crate) fn description(text: &str) -> Result<String, FieldError> {
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(FieldError::new("/description", "control characters other than line breaks and tabs are not allowed"));
    }
    at_most("/description", text, DESCRIPTION_MAX)?;
    Ok(text.to_owned())
}

/// A location: one line, may be empty.
pub(super) fn location(text: &str) -> Result<String, FieldError> {
    line("/location", text, LOCATION_MAX)
}

/// A kind: a short lower-case word such as `event` or `deep-work`.
pub(super) fn kind(text: &str) -> Result<String, FieldError> {
    let plain = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'));
    if text.is_empty() || !plain {
        return Err(FieldError::new("/kind", "use lower-case letters, digits, - and _, such as deep-work"));
    }
    at_most("/kind", text, KIND_MAX)?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_visible_line() {
        assert_eq!(title("  회의 👩‍👩‍👧 "), Ok("회의 👩‍👩‍👧".to_owned()));
        for bad in ["", "   ", "\u{200b}\u{feff}", "\u{3164}", "\u{2800}\u{ad}\u{fe0f}", "\u{115f}\u{e0041}", &"가".repeat(201)]
        {
            assert!(title(bad).is_err(), "{bad:?}");
        }
        assert!(title(&"가".repeat(200)).is_ok());
    }

    #[test]
    fn one_line_is_broken_by_nothing_and_everything_else_is_stored() {
        for c in ['\n', '\r', '\0', '\t', '\u{7}', '\u{b}', '\u{c}', '\u{7f}', '\u{85}', '\u{2028}', '\u{2029}'] {
            let text = format!("a{c}b");
            assert!(title(&text).is_err() && location(&text).is_err(), "{c:?}");
        }
        let shown_escaped =
            ['\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{200e}', '\u{200b}', '\u{200d}', '\u{feff}', '<', '"'];
        for c in shown_escaped {
            let text = format!("a{c}b");
            assert_eq!((title(&text), location(&text)), (Ok(text.clone()), Ok(text)), "{c:?}");
        }
    }

    #[test]
    fn a_description_may_have_lines_but_no_nul() {
        assert!(description("one\r\ntwo\tthree").is_ok());
        assert!(description("nul \0").is_err());
        assert!(description(&"x".repeat(10_001)).is_err());
    }

    #[test]
    fn a_kind_is_a_short_word() {
        assert!(kind("deep-work").is_ok());
        for bad in ["", "Deep", "a b", "ä", &"x".repeat(41)] {
            assert!(kind(bad).is_err(), "{bad:?}");
        }
    }
}
