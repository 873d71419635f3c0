//! What a user's stream says about their identity. Events carry ids; who wants to know more asks.

/// A device signed in: `{"session_id": "ses_…"}`.
pub const SESSION_CREATED: &str = "session.created";

/// A session ended: `{"session_id": "ses_…", "reason": "logout" | "revoked" | "reuse" | "password_changed"}`.
pub const SESSION_REVOKED: &str = "session.revoked";

/// The profile changed: `{"user_id": "usr_…", "version": 2}`.
pub const PROFILE_CHANGED: &str = "profile.changed";
