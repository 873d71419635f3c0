//! The parts of the server's answers that the commands read. Fields they do not read may come and go.

use kernel::Instant;
use reqwest::StatusCode;
use serde::Deserialize;

use crate::cli::terminal::harmless;

/// Text that a server has sent. It is shown without what a terminal would obey.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Said(String);

impl Said {
    /// As it was sent: to be sent back, not to be shown.
    pub(crate) fn as_sent(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&harmless(&self.0))
    }
}

impl PartialEq<&str> for Said {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

#[cfg(test)]
impl From<&str> for Said {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Somebody who has signed up or signed in.
#[derive(Deserialize)]
pub(crate) struct Account {
    /// For the Authorization header; ten minutes.
    pub(crate) access_token: String,
    /// For the next access token; once.
    pub(crate) refresh_token: String,
}

/// A schedule that was made.
#[derive(Debug, Deserialize)]
pub(crate) struct Created {
    /// `sch_…`
    pub(crate) id: Said,
}

/// A planned or past reminder.
#[derive(Debug, Deserialize)]
pub(crate) struct Reminder {
    /// `PENDING`, `FIRED` …
    pub(crate) state: String,
    /// When it is due.
    pub(crate) due_at: Instant,
    /// How late it rang.
    pub(crate) lateness_ms: Option<u64>,
}

/// The reminders of one schedule.
#[derive(Debug, Deserialize)]
pub(super) struct Reminders {
    /// By due time.
    pub(super) items: Vec<Reminder>,
}

/// A restock round.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Round {
    /// What its owner calls the product.
    pub(crate) product_id: Said,
    /// Its number.
    #[serde(rename = "round")]
    pub(crate) number: i64,
    /// `IN_PROGRESS`, `PAUSED` …
    pub(crate) status: Said,
    /// Why.
    pub(crate) cause: Said,
    /// How many were written down for it so far: all, once `frozen` is true.
    pub(crate) total: i64,
    pub(crate) frozen: bool,
    /// Of them, those who were told, passed over, given up, and still to be told; and those who are being told.
    pub(crate) sent: i64,
    pub(crate) skipped: i64,
    pub(crate) failed: i64,
    pub(crate) waiting: i64,
    pub(crate) in_flight: i64,
    /// How often nobody knew whether somebody was told.
    pub(crate) unknown: i64,
    /// Who of the greatest position was told.
    pub(crate) last_recipient: Option<LastRecipient>,
    /// The first position of somebody who is still open.
    pub(crate) first_unsent: Option<i64>,
    /// How many were begun with in the last full second.
    pub(crate) rate_per_second: i64,
    /// When it was raised, stopped and came to its end, and when it ends in any case.
    pub(crate) started_at: Instant,
    pub(crate) paused_at: Option<Instant>,
    pub(crate) finished_at: Option<Instant>,
    pub(crate) expires_at: Option<Instant>,
}

/// Who was told last.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct LastRecipient {
    /// Their place in the round.
    pub(crate) position: i64,
    /// Their account, or what the owner calls them.
    pub(crate) user_id: Said,
    /// What they are called.
    pub(crate) name: Option<Said>,
}

/// Rounds of a product, newest first.
#[derive(Debug, Deserialize)]
pub(super) struct Rounds {
    pub(super) items: Vec<Round>,
}

/// What a server says about itself.
#[derive(Debug, Deserialize)]
pub(super) struct Ready {
    pub(super) checks: Vec<ReadyCheck>,
}

/// One thing a server looked at.
#[derive(Debug, Deserialize)]
pub(crate) struct ReadyCheck {
    /// What.
    pub(crate) name: Said,
    /// Whether all is well with it.
    pub(crate) ok: bool,
    /// What is wrong.
    pub(crate) detail: Option<Said>,
}

/// A problem document (RFC 9457).
#[derive(Debug, Default, Deserialize)]
pub(super) struct Problem {
    #[serde(default)]
    title: Said,
    #[serde(default)]
    detail: Said,
    #[serde(default)]
    code: Said,
    #[serde(default)]
    errors: Vec<FieldProblem>,
}

#[derive(Debug, Deserialize)]
struct FieldProblem {
    #[serde(default)]
    pointer: Said,
    #[serde(default)]
    detail: Said,
}

impl Problem {
    /// For people.
    pub(super) fn sentence(&self, status: StatusCode) -> String {
        let what = [&self.detail, &self.title].into_iter().find(|text| **text != "");
        let what = what.map_or_else(|| format!("the server answered {status}"), Said::to_string);
        let fields = self.errors.iter().map(|field| format!("; {}: {}", field.pointer, field.detail));
        let code = if self.code == "" { String::new() } else { format!(" ({})", self.code) };
        what + &fields.collect::<String>() + &code
    }
}
