//! The database's URL. It may carry a password, so it is never shown as it is.

use std::{fmt, path::PathBuf};

use super::setting::{Raw, Setting, quoted};

/// Which database holds the truth.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Database {
    /// One file, one process.
    Sqlite(PathBuf),
    /// A server; the URL may carry a password.
    Postgres(String),
}

impl Database {
    /// The URL without what must not be read by others.
    pub(crate) fn redacted(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(url) => redact(url),
        }
    }
}

/// Keeps scheme, user, host and database; drops the password and every parameter (`?password=` is one).
fn redact(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", ""));
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (user, place) = match rest.rsplit_once('@') {
        Some((login, place)) => (login.split(':').next().map(|user| format!("{user}:***@")), place),
        None => (None, rest),
    };
    format!("{scheme}://{}{place}", user.unwrap_or_default())
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

impl Setting for Database {
    const SECRET: bool = true;

    fn read(raw: &Raw) -> Option<Self> {
        let text = raw.text()?;
        if let Some(path) = text.strip_prefix("sqlite:") {
            return (!path.is_empty() && !path.starts_with("//")).then(|| Self::Sqlite(path.into()));
        }
        let server = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"))?;
        (!server.is_empty()).then(|| Self::Postgres(text.to_owned()))
    }
    fn allowed() -> String {
        "sqlite:FILE, or postgres://USER:PASSWORD@HOST:PORT/DATABASE".to_owned()
    }
    fn show(&self) -> String {
        quoted(self.redacted())
    }
}
