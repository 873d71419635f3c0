//! What a password must be: long enough and not the first thing somebody would try (ASVS 5.0 §6.2).

use std::{fmt, sync::LazyLock};

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroize as _;

use super::{DisplayName, Email};

/// The fewest characters.
pub const PASSWORD_MIN_CHARS: usize = 8;

/// The most characters. Nothing is ever cut off.
pub const PASSWORD_MAX_CHARS: usize = 128;

/// The thousand passwords that are tried first (of those long enough), lower case and sorted, one per line. Ranked by the
/// frequency list of the zxcvbn project (MIT), with a few additions.
const COMMON: &str = include_str!("common_passwords.txt");

/// Why a text may not become a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Fewer than 8 characters.
    #[error("a password has at least 8 characters; 15 or more are better")]
    TooShort,
    /// More than 128 characters.
    #[error("a password has at most 128 characters")]
    TooLong,
    /// Among those everybody tries first.
    #[error("this password is among the first that are tried: choose another")]
    Common,
    /// The address or the name of its owner.
    #[error("a password must not be your name or your e-mail address")]
    Personal,
}

/// A password somebody chose or typed. It is never shown, and its memory is overwritten when it goes.
pub struct Password(String);

impl Password {
    /// Takes what was typed: spaces and case count, nothing is cut off. Two ways to write the same characters are the same
    /// password (NFC, as RFC 8265 §4.2 asks), because keyboards differ in which one they send.
    pub fn new(mut text: String) -> Self {
        let normal = text.nfc().collect();
        text.zeroize();
        Self(normal)
    }

    /// What is hashed.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether this could be anybody's password at all. What could not need not be hashed.
    pub fn is_plausible(&self) -> bool {
        (1..=PASSWORD_MAX_CHARS).contains(&self.0.chars().count())
    }

    /// Whether it may become the password of an account with this address and name.
    pub fn check(&self, email: &Email, name: &DisplayName) -> Result<(), PasswordError> {
        let length = self.0.chars().count();
        if length < PASSWORD_MIN_CHARS {
            return Err(PasswordError::TooShort);
        }
        if length > PASSWORD_MAX_CHARS {
            return Err(PasswordError::TooLong);
        }
        let lower = self.0.trim().to_lowercase();
        if is_common(&lower) || is_one_character(&lower) {
            return Err(PasswordError::Common);
        }
        let personal = [email.as_str(), email.local_part(), name.as_str()];
        if personal.iter().any(|own| own.to_lowercase() == lower) {
            return Err(PasswordError::Personal);
        }
        Ok(())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl Drop for Password {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

fn is_common(lower: &str) -> bool {
    static LINES: LazyLock<Vec<&str>> = LazyLock::new(|| COMMON.lines().collect());
    LINES.binary_search(&lower).is_ok()
}

fn is_one_character(text: &str) -> bool {
    let mut characters = text.chars();
    let first = characters.next();
    characters.all(|c| Some(c) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), PasswordError> {
        let email = "Gildong.Hong@example.org".parse().expect("address");
        let name = "홍길동 Gildong".parse().expect("name");
        Password::new(text.to_owned()).check(&email, &name)
    }

    #[test]
    fn characters_are_counted_and_not_bytes() {
        assert_eq!(check("일이삼사오육칠"), Err(PasswordError::TooShort));
        assert_eq!(check("일이삼사오육칠팔"), Ok(()));
        assert_eq!(check(&"가나다라".repeat(32)), Ok(()));
        assert_eq!(check(&format!("{}x", "가나다라".repeat(32))), Err(PasswordError::TooLong));
        assert_eq!(check("correct horse battery staple"), Ok(()), "no composition rules");
    }

    #[test]
    fn the_first_guesses_are_refused_in_any_case() {
        for guess in ["password", "Password1", "QWERTYUIOP", "12345678", "iloveyou", "zzzzzzzzzzzzzzzz", " password "] {
            assert_eq!(check(guess), Err(PasswordError::Common), "{guess}");
        }
        for guess in ["gildong.hong@EXAMPLE.org", "Gildong.Hong", "홍길동 gildong"] {
            assert_eq!(check(guess), Err(PasswordError::Personal), "{guess}");
        }
    }

    #[test]
    fn the_list_is_sorted_lower_case_and_holds_only_what_length_lets_through() {
        let lines: Vec<&str> = COMMON.lines().collect();
        assert!(lines.is_sorted_by(|a, b| a < b), "binary search needs a sorted list");
        assert!(lines.iter().all(|l| l.chars().count() >= PASSWORD_MIN_CHARS && *l == l.to_lowercase()));
        assert!((900..1_200).contains(&lines.len()));
    }

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(format!("{:?}", Password::new("hunter2hunter2".to_owned())), "Password(…)");
    }
}
