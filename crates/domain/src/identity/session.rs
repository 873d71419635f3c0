//! Signed-in devices.

use kernel::{Instant, SessionId, UserId};

/// One signed-in device: a family of refresh tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id, the `sid` of its access tokens.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// What the client called itself, at most 200 characters, without control characters.
    pub user_agent: String,
    /// Where it signed in from.
    pub address: String,
    /// When it signed in.
    pub created_at: Instant,
    /// When it last redeemed a token.
    pub last_used_at: Instant,
    /// When it ends unless it is used before.
    pub expires_at: Instant,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// Its own device signed out.
    Logout,
    /// Its user ended it from another device.
    Revoked,
    /// A refresh token was shown by two parties.
    Reuse,
    /// The password was changed or reset.
    PasswordChanged,
}

impl EndReason {
    /// As kept, and as shown in events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Revoked => "revoked",
            Self::Reuse => "reuse",
            Self::PasswordChanged => "password_changed",
        }
    }
}

/// What a client called itself, fit for a list shown to its owner: one line of at most 200 characters.
pub fn user_agent(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
