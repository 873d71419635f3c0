//! Service keys.

use kernel::{ApiKeyId, FieldError, Instant, UserId};

use super::{IdentityError, Scope};
use crate::text::breaks;

/// The most keys one user may have at a time.
pub const API_KEYS_MAX: i64 = 50;

/// The most characters of a key's name.
const NAME_MAX_CHARS: usize = 80;

/// A service key, without its secret: that is shown once and kept as a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Whose things it reaches.
    pub user: UserId,
    /// What its owner calls it.
    pub name: String,
    /// The first characters of its secret, to recognize it by.
    pub hint: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Instant,
    /// When it stops working, if ever.
    pub expires_at: Option<Instant>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Instant>,
}

/// What somebody asks for when they ask for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyRequest {
    /// What to call it.
    pub name: String,
    /// What it may do, at least one thing.
    pub scopes: Vec<Scope>,
    /// When it stops working, if ever.
    pub expires_at: Option<Instant>,
}

impl ApiKeyRequest {
    /// Reads what was sent; says everything that is wrong with it.
    pub fn parse(name: &str, scopes: &[String], expires_at: Option<Instant>, now: Instant) -> Result<Self, IdentityError> {
        let mut wrong = Vec::new();
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_MAX_CHARS || name.contains(breaks) {
            wrong.push(FieldError::new("/name", "1 to 80 characters without line breaks or control characters"));
        }
        let mut known: Vec<Scope> = Vec::new();
        for (index, text) in scopes.iter().enumerate() {
            match text.parse() {
                Ok(scope) if !known.contains(&scope) => known.push(scope),
                Ok(_) => wrong.push(FieldError::new(format!("/scopes/{index}"), "named twice")),
                Err(_) => {
                    let all = Scope::ALL.map(Scope::as_str).join(", ");
                    wrong.push(FieldError::new(format!("/scopes/{index}"), format!("unknown scope; there are: {all}")));
                }
            }
        }
        if scopes.is_empty() {
            wrong.push(FieldError::new("/scopes", "name at least one scope"));
        }
        if expires_at.is_some_and(|at| at <= now) {
            wrong.push(FieldError::new("/expires_at", "lies in the past"));
        }
        known.sort_unstable();
        if wrong.is_empty() {
            Ok(Self { name: name.to_owned(), scopes: known, expires_at })
        } else {
            Err(IdentityError::Invalid(wrong))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_micros(1_800_000_000_000_000);

    #[test]
    fn a_request_names_a_name_and_known_scopes() {
        let request = ApiKeyRequest::parse(" CI ", &["schedules:write".into(), "schedules:read".into()], None, NOW);
        let wanted =
            ApiKeyRequest { name: "CI".into(), scopes: vec![Scope::SchedulesRead, Scope::SchedulesWrite], expires_at: None };
        assert_eq!(request, Ok(wanted));
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let scopes = ["schedules:read".into(), "schedules:read".into(), "root".into()];
        let Err(IdentityError::Invalid(wrong)) = ApiKeyRequest::parse("", &scopes, Some(NOW), NOW) else {
            panic!("accepted");
        };
        let pointers: Vec<&str> = wrong.iter().map(|w| w.pointer.as_str()).collect();
        assert_eq!(pointers, ["/name", "/scopes/1", "/scopes/2", "/expires_at"]);
        assert!(matches!(ApiKeyRequest::parse("x", &[], None, NOW), Err(IdentityError::Invalid(_))));
    }
}
