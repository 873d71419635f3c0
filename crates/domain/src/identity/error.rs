//! How this context refuses.

use kernel::{Category, Coded, FieldError};

/// A refusal. None of the texts says more than the caller may know: whoever is not believed is told that and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// A token, key, ticket or cookie that is not believed, whatever the reason.
    #[error("sign in first: the request carries no credential, or none that is valid")]
    Unauthenticated,
    /// Unknown address or wrong password: nobody can tell which.
    #[error("e-mail address or password is wrong")]
    BadCredentials,
    /// The refresh token is not believed, whatever the reason.
    #[error("the refresh token is not valid: sign in again")]
    BadRefreshToken,
    /// The current password given for a change is wrong.
    #[error("the current password is wrong")]
    BadCurrentPassword,
    /// Believed, but this needs more.
    #[error("your role or the scopes of your key do not allow this")]
    Forbidden,
    /// Another account has this address.
    #[error("this e-mail address already has an account: sign in, or use another address")]
    EmailTaken,
    /// Some fields are wrong.
    #[error("some fields are not valid")]
    Invalid(Vec<FieldError>),
    /// No such session, or not yours.
    #[error("there is no such session")]
    SessionNotFound,
    /// No such key, or not yours.
    #[error("there is no such API key")]
    ApiKeyNotFound,
    /// No such account (operators only).
    #[error("there is no account with this e-mail address")]
    UserNotFound,
    /// The user has as many keys as a user may have.
    #[error("you have 50 API keys, which is the most: delete one first")]
    TooManyApiKeys,
    /// The profile changed since the version the caller knows.
    #[error("the profile was changed meanwhile: read it again and repeat the change")]
    VersionMismatch,
    /// A change needs the version it is based on.
    #[error("send the version you know in If-Match")]
    VersionRequired,
    /// Too many failed attempts.
    #[error("too many attempts: wait {retry_after_seconds} seconds")]
    Throttled {
        /// How long to wait.
        retry_after_seconds: u32,
    },
    /// Too many passwords are being checked at this moment.
    #[error("too many people are signing in at this moment: try again in a few seconds")]
    Busy,
    /// The secret file does not fit what the database holds, or the cryptography failed: nothing the caller can mend.
    #[error("the server cannot check credentials at the moment")]
    Broken,
}

impl Coded for IdentityError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "identity.unauthenticated",
            Self::BadCredentials => "identity.bad_credentials",
            Self::BadRefreshToken => "identity.bad_refresh_token",
            Self::BadCurrentPassword => "identity.bad_current_password",
            Self::Forbidden => "identity.forbidden",
            Self::EmailTaken => "identity.email_taken",
            Self::Invalid(_) => "identity.invalid",
            Self::SessionNotFound => "identity.session_not_found",
            Self::ApiKeyNotFound => "identity.api_key_not_found",
            Self::UserNotFound => "identity.user_not_found",
            Self::TooManyApiKeys => "identity.too_many_api_keys",
            Self::VersionMismatch => "identity.version_mismatch",
            Self::VersionRequired => "identity.version_required",
            Self::Throttled { .. } => "identity.throttled",
            Self::Busy => "identity.busy",
            Self::Broken => "internal",
        }
    }

    fn category(&self) -> Category {
        match self {
            Self::Unauthenticated | Self::BadCredentials | Self::BadRefreshToken => Category::Unauthenticated,
            Self::Forbidden | Self::BadCurrentPassword => Category::Forbidden,
            Self::EmailTaken | Self::TooManyApiKeys => Category::Conflict,
            Self::Invalid(_) => Category::Invalid,
            Self::SessionNotFound | Self::ApiKeyNotFound | Self::UserNotFound => Category::NotFound,
            Self::VersionMismatch => Category::PreconditionFailed,
            Self::VersionRequired => Category::PreconditionRequired,
            Self::Throttled { .. } => Category::RateLimited,
            Self::Busy => Category::Unavailable,
            Self::Broken => Category::Internal,
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Invalid(fields) => fields,
            _ => &[],
        }
    }

    fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            Self::Throttled { retry_after_seconds } => Some(*retry_after_seconds),
            Self::Busy => Some(3),
            _ => None,
        }
    }
}
