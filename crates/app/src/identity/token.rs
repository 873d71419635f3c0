//! Tokens as texts: access tokens (JWT, RFC 9068) and the opaque ones.
//!
//! | text | what | kept as |
//! |---|---|---|
//! | `eyJ…` | access token, 10 minutes, EdDSA | not at all; its session is |
//! | `cmr_…` | refresh token | SHA-256, and the salt it was made from |
//! | `cmp_…` | API key | SHA-256 |
//! | `cmt_…` | one-time ticket, 30 seconds | SHA-256 |
//! | `cmf_…` | secret of a calendar feed | SHA-256 |
//! | `cmi_…` | secret of an invitation into a room | SHA-256 |
//!
//! The opaque ones carry 256 random bits, so a bare hash cannot be guessed backwards. They are looked up by that hash, and
//! comparing hashes in an index tells an attacker nothing about the text.

use std::time::Duration;

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::identity::IdentityError;
use jsonwebtoken::{Algorithm, Header, Validation};
use kernel::{Entropy, Instant, SessionId, UserId};
use serde::{Deserialize, Serialize};

use super::{Keys, Settings};

/// How long an access token is good.
pub const ACCESS_LIFETIME: Duration = Duration::from_mins(10);

/// How far the clocks of two nodes may be apart.
const LEEWAY_SECONDS: i64 = 30;

/// No token of ours is longer than this.
const MAX_BYTES: usize = 4_096;

/// `typ` of an access token (RFC 9068 §2.1): a token of another kind, signed by the same key, is none.
const TYPE: &str = "at+jwt";

/// What an access token says. All of it is required; nothing else is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Claims {
    iss: String,
    aud: String,
    /// Seconds since 1970, as are `nbf` and `iat`. A fraction or a text is no number here (CVE-2026-25537).
    exp: i64,
    nbf: i64,
    iat: i64,
    pub(super) sub: UserId,
    pub(super) sid: SessionId,
    jti: String,
}

/// The only header parameters a token of ours has. `crit`, `jwk`, `jku`, `x5u`, `x5c`, `zip` and whatever else comes to somebody's
/// mind are unknown fields; a parameter given twice is refused by serde.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader {
    alg: String,
    typ: String,
    kid: String,
}

impl Claims {
    /// Whether `now` lies between `nbf` and `exp`. jsonwebtoken would ask the system's clock, so it is not asked.
    pub(super) fn is_current(&self, now: Instant) -> bool {
        let now = now.as_seconds();
        let lifetime = self.exp.saturating_sub(self.iat);
        self.nbf <= now.saturating_add(LEEWAY_SECONDS)
            && self.iat <= now.saturating_add(LEEWAY_SECONDS)
            && now < self.exp.saturating_add(LEEWAY_SECONDS)
            && (0..=ACCESS_LIFETIME.as_secs().cast_signed()).contains(&lifetime)
    }
}

/// Signs an access token for `session`, good from now on.
pub(super) fn issue_access(
    keys: &Keys,
    settings: &Settings,
    user: UserId,
    session: SessionId,
    now: Instant,
    entropy: &dyn Entropy,
) -> Result<String, IdentityError> {
    let key = &keys.current().access;
    let iat = now.as_seconds();
    let claims = Claims {
        iss: settings.issuer.clone(),
        aud: settings.audience.clone(),
        exp: iat.saturating_add(ACCESS_LIFETIME.as_secs().cast_signed()),
        nbf: iat,
        iat,
        sub: user,
        sid: session,
        jti: URL_SAFE_NO_PAD.encode(entropy.bytes16()),
    };
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(TYPE.to_owned());
    header.kid = Some(key.kid.clone());
    jsonwebtoken::encode(&header, &claims, &key.encoding).map_err(|_| IdentityError::Broken)
}

/// Reads an access token: form, signature, issuer and audience. Times are [`Claims::is_current`]'s business.
pub(super) fn read_access(keys: &Keys, settings: &Settings, token: &str) -> Option<Claims> {
    if token.len() > MAX_BYTES || token.bytes().filter(|b| *b == b'.').count() != 2 {
        return None;
    }
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
    let header: StrictHeader = serde_json::from_slice(&header).ok()?;
    if header.alg != "EdDSA" || header.typ != TYPE {
        return None;
    }
    let key = keys.sets().map(|set| &set.access).find(|key| key.kid == header.kid)?;
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.validate_exp = false;
    validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
    validation.set_audience(&[&settings.audience]);
    validation.set_issuer(&[&settings.issuer]);
    jsonwebtoken::decode::<Claims>(token, &key.decoding, &validation).ok().map(|data| data.claims)
}

/// The kinds of opaque tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opaque {
    Refresh,
    ApiKey,
    Ticket,
    Feed,
    Invitation,
}

impl Opaque {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Refresh => "cmr_",
            Self::ApiKey => "cmp_",
            Self::Ticket => "cmt_",
            Self::Feed => "cmf_",
            Self::Invitation => "cmi_",
        }
    }

    /// The text that carries `secret`.
    pub(crate) fn text(self, secret: &[u8; 32]) -> String {
        format!("{}{}", self.prefix(), URL_SAFE_NO_PAD.encode(secret))
    }

    /// The hash to look `text` up by, `None` if it cannot be a token of this kind.
    pub(crate) fn hash(self, text: &str) -> Option<[u8; 32]> {
        let body = text.strip_prefix(self.prefix())?;
        let is_base64url = body.len() == 43 && body.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        is_base64url.then(|| sha256(text.as_bytes()))
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}
