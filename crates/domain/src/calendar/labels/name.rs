//! What a label is called, and how it looks.

use std::{cmp::Ordering, fmt};

use kernel::FieldError;
use unicode_normalization::UnicodeNormalization as _;

use crate::text::{is_invisible, line};

/// Characters of a name.
const NAME_MAX: usize = 50;

/// One visible line, in normalization form C. Two spellings that differ in case alone are the same name.
#[derive(Clone, Debug)]
pub struct LabelName {
    text: String,
    key: String,
}

impl LabelName {
    /// Reads what somebody wrote.
    pub fn parse(pointer: &str, text: &str) -> Result<Self, FieldError> {
        let text: String = line(pointer, text, NAME_MAX)?.nfc().collect();
        if text.chars().all(is_invisible) {
            return Err(FieldError::new(pointer, "write at least one visible character"));
        }
        Ok(Self::kept(text))
    }

    /// A name that was checked when it was kept.
    pub fn kept(text: String) -> Self {
        // Letter by letter: how a letter is lowered must not depend on what stands beside it.
        let lowered = text.chars().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c });
        let key = lowered.nfc().collect();
        Self { text, key }
    }

    /// As its owner writes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What all its spellings have in common.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl PartialEq for LabelName {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for LabelName {}

impl PartialOrd for LabelName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for LabelName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

/// A colour as the web writes it, `#1e90ff`, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colour(String);

impl Colour {
    /// Reads what somebody wrote.
    pub fn parse(pointer: &str, text: &str) -> Result<Self, FieldError> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits {
            Some(_) => Ok(Self(text.to_ascii_lowercase())),
            None => Err(FieldError::new(pointer, "write # and six hexadecimal digits, such as #1e90ff")),
        }
    }

    /// A colour that was checked when it was kept.
    pub const fn kept(text: String) -> Self {
        Self(text)
    }

    /// `#1e90ff`
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_in_any_case_and_composition() {
        let name = |text| LabelName::parse("/name", text).expect("a name");
        for (one, other) in
            [("Work", " wORK "), ("É", "e\u{301}"), ("ΟΔΟΣ", "οδος"), ("업무", "\u{110b}\u{1165}\u{11b8}\u{1106}\u{116e}")]
        {
            assert_eq!(name(one), name(other));
        }
        assert_ne!(name("e"), name("é"));
        assert_eq!(name("  Deep Work ").as_str(), "Deep Work");
    }

    #[test]
    fn a_colour_has_six_digits() {
        assert_eq!(Colour::parse("/colour", "#1E90ff").expect("a colour").as_str(), "#1e90ff");
        for bad in ["", "#", "1e90ff", "#1e90f", "#1e90ff0", "#1e90fg", "red", "#1e90f\u{e9}"] {
            assert!(Colour::parse("/colour", bad).is_err(), "{bad}");
        }
    }
}
