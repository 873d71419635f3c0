//! What the owner of an account is told, in their language.

use super::Locale;

/// What an inbox row says: a line, and a few more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wording {
    /// One line.
    pub title: &'static str,
    /// What happened, and what to do now.
    pub body: &'static str,
}

/// A refresh token was shown by two parties, and its session was ended.
pub const fn token_reused(locale: Locale) -> Wording {
    match locale {
        Locale::En => Wording {
            title: "A device was signed out for your safety",
            body: "Its sign-in was used from two places. Sign in again; if that was not you, change your password.",
        },
        Locale::Ko => Wording {
            title: "안전을 위해 기기 한 대를 로그아웃했습니다",
            body: "같은 로그인 정보가 두 곳에서 사용되었습니다. 다시 로그인하고, 본인이 아니라면 비밀번호를 바꾸세요.",
        },
    }
}
