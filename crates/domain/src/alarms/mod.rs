//! # alarms: when to ring
//!
//! A **reminder** is a rule on a schedule ("30 minutes before the start"). An **alarm** is that reminder for one occurrence at
//! one instant: a row that is due.
//!
//! ```text
//!             ┌── due ────────────────► FIRED ── dismiss, snooze ──► FIRED (dismissed)
//!   PENDING ──┼── due, cannot ring ───► FAILED ── dismiss, snooze ─► FAILED (dismissed)
//!             ├── edit, snooze ───────► SUPERSEDED
//!             └── delete, dismiss ────► CANCELLED
//!   (already past when armed, and so is the item) ► SKIPPED
//! ```

mod alarm;
mod chain;
mod error;
mod late;
mod plan;
mod quiet;
mod reminder;
mod snooze;

pub use alarm::{Alarm, AlarmState, Reason};
pub use chain::{Following, Link, Told, due_for, due_now, following, links, plan_all, upcoming};
pub use error::AlarmError;
pub use late::{LateAction, LatePolicy, MAX_LATE};
pub use plan::{Plan, Verdict, keeps_snooze};
pub use quiet::{QuietHours, UnknownQuietHours};
pub(crate) use quiet::{clock, minutes};
pub use reminder::{Anchor, MAX_REMINDERS, Reminder, ReminderRule, When, check_rules};
pub use snooze::{Until, snooze_until};
