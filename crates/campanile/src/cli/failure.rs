//! How a command ends.

use std::{fmt, io::Write as _, process::ExitCode};

use crate::config::Complaints;

/// What the exit codes mean; printed by `--help`.
pub(crate) const EXIT_CODES: &str = "Exit codes:
  0         done, or stopped cleanly
  1         it failed, or a check found something wrong
  2         wrong usage or configuration
  130, 143  interrupted, or ended at once by a second signal";

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The flags or the configuration are wrong: exit code 2.
    Usage(String),
    /// Something failed: exit code 1.
    Failed {
        /// What happened.
        what: String,
        /// What to do next, if that is known.
        hint: Option<String>,
    },
    /// Everything was said already: exit code 1.
    Said,
    /// Somebody pressed Ctrl-C: exit code 130.
    Interrupted,
}

impl Failure {
    /// Something failed, and nobody knows more than `what`.
    pub(crate) fn new(what: impl fmt::Display) -> Self {
        Self::Failed { what: what.to_string(), hint: None }
    }

    /// Adds what to do next.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        match self {
            Self::Failed { what, .. } => Self::Failed { what, hint: Some(hint.into()) },
            other => other,
        }
    }

    /// Says it on standard error and answers the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        // Where nobody can be told, the exit code says it alone.
        let mut said = std::io::stderr();
        match self {
            Self::Usage(what) => {
                let _ = writeln!(said, "campanile: {}", what.replace('\n', "\ncampanile: "));
                ExitCode::from(2)
            }
            Self::Failed { what, hint } => {
                let _ = writeln!(said, "campanile: {what}");
                if let Some(hint) = hint {
                    let _ = writeln!(said, "  {hint}");
                }
                ExitCode::FAILURE
            }
            Self::Said => ExitCode::FAILURE,
            Self::Interrupted => ExitCode::from(130),
        }
    }
}

impl From<Complaints> for Failure {
    fn from(complaints: Complaints) -> Self {
        Self::Usage(complaints.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(error)
    }
}

impl From<app::Error> for Failure {
    fn from(error: app::Error) -> Self {
        let fields = error.fields().iter().map(|field| format!("{}: {}", field.pointer.trim_start_matches('/'), field.detail));
        match fields.collect::<Vec<_>>() {
            fields if fields.is_empty() => Self::new(error),
            fields => Self::new(fields.join("\n")),
        }
    }
}

impl From<store::StoreError> for Failure {
    fn from(error: store::StoreError) -> Self {
        use store::StoreError as E;
        let hint = match &error {
            E::Locked(_) => Some("One process works on a SQLite file at a time. `campanile doctor` asks the one that runs."),
            E::Downgrade(_) => Some("Before an upgrade, keep a copy of the data folder: docs/operations.md, \"Upgrade\"."),
            E::Misconfigured(_) => Some("Correct `database` or `postgres.ca_file`: docs/configuration.md, \"PostgreSQL\"."),
            E::Unavailable(_) => Some("`campanile doctor` looks at the database and says what is wrong."),
            E::Full => Some("Free some space on the disk of the data folder, then start again; nothing committed is lost."),
            _ => None,
        };
        Self::Failed { what: error.to_string(), hint: hint.map(str::to_owned) }
    }
}
