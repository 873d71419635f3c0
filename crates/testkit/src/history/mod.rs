//! What happened, as those outside saw it, and the judges of it.
//!
//! Clients write down what they asked for and what they were answered, readers what they were shown, the nemesis what it broke,
//! and at the end somebody writes down what is left in the database. Nothing in here is taken from the program under test
//! but its answers. [`check`] reads such a history once and names every promise that was not kept. The simulator keeps it in
//! memory; tests of the real binary write the same entries as JSON lines.
//!
//! An effect is told apart by its **subject** (the title of a schedule, chosen by the client, never used twice) and by the
//! instant at which it was to ring. Of what repeats, each occurrence is a subject: the title and its wall time.

pub mod campaigns;
mod checkers;
mod ledger;
mod quiet;
#[cfg(test)]
mod tests;

use std::io::{self, BufRead, Write};

use kernel::Instant;
use serde::{Deserialize, Serialize};

pub use checkers::{Bounds, Checker, Summary, Verdict, Violation, check};

/// One line of a history.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Entry {
    /// Microseconds since the start, never going back.
    pub ts_mono: u64,
    /// The true time, as far as the writer of the history knows it. Faults of the program's clocks are not in here.
    pub ts_wall: Instant,
    /// Who writes this line.
    pub actor: String,
    /// Where the thing stands.
    pub phase: Phase,
    /// The thing.
    #[serde(flatten)]
    pub what: What,
}

/// Where an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Asked for. Repeating it with the same key is the same operation.
    Invoke,
    /// Answered: it happened. For a fault: it is over.
    Ok,
    /// Answered: it did not happen.
    Fail,
    /// The answer was lost: it happened or not. Whoever repeats it says `Ok` or `Fail` later.
    Info,
}

/// What a line is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum What {
    /// A client changes what is to ring.
    Change(Change),
    /// A reader was shown a notification.
    Shown(Shown),
    /// A reader of a live stream applied an event.
    Applied {
        /// Whose stream.
        user: String,
        /// Its epoch.
        epoch: i64,
        /// Its number.
        seq: i64,
    },
    /// A reader of a live stream was told that it cannot be continued where it was, and begins after this number.
    Reset {
        /// Whose stream.
        user: String,
        /// The epoch to go on in.
        epoch: i64,
        /// The number to go on after.
        seq: i64,
    },
    /// Something was broken (invoke) or healed (ok).
    Fault {
        /// What.
        kind: String,
        /// Where.
        node: String,
        /// Whether something may ring late because of it.
        excuses: bool,
    },
    /// A worker does something with a job it holds.
    Lease {
        /// Which job.
        job: String,
        /// The token of its claim.
        token: i64,
        /// What.
        step: Step,
        /// When it was begun; the line is written when it is over.
        begun_at: Instant,
    },
    /// A client has quiet hours from now on, in place of those it had before.
    Quiet {
        /// When they begin.
        from: Instant,
        /// When they end; as they begin, if there are none.
        until: Instant,
    },
    /// Left in the database: a job.
    Job {
        /// Its name.
        job: String,
        /// Whether it is done, or dead and waiting for a person.
        finished: bool,
    },
    /// Left in the database: an alarm.
    Alarm {
        /// Of which schedule.
        subject: String,
        /// Its id.
        alarm: String,
        /// When it was to ring.
        due_at: Instant,
        /// `PENDING`, `FIRED`, `SUPERSEDED`, `CANCELLED`, `SKIPPED` or `FAILED`.
        state: String,
    },
    /// Left in the database: an inbox.
    Inbox {
        /// Whose.
        user: String,
        /// Ids of its notifications.
        notifications: Vec<String>,
        /// How many of them nobody has read.
        unread: u64,
        /// What the counter says.
        counted: i64,
    },
    /// Something about a product that people wait for.
    Campaign(campaigns::Campaign),
}

/// A change of what is to ring, said in terms of the effects it has.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Change {
    /// `create`, `patch`, `delete`, `restore`, `snooze`, `dismiss` or `work`.
    pub verb: Verb,
    /// Of which schedule.
    pub subject: String,
    /// Names the operation: every attempt carries it.
    pub key: String,
    /// What must not ring any more once this is done.
    pub disarms: Disarms,
    /// What must ring once this is done.
    pub arms: Vec<Promise>,
}

/// What a client does to a schedule or an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Verb {
    Create,
    Patch,
    Delete,
    Restore,
    Snooze,
    Dismiss,
    /// Begins or finishes an item, or takes that back.
    Work,
    /// Changes when it does not want to be told.
    Quiet,
}

/// What a change stops from ringing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disarms {
    /// Nothing.
    Nothing,
    /// Everything of this schedule.
    All,
    /// What was to ring then.
    These(Vec<Instant>),
    /// Everything of this schedule; but what was to ring then may still ring.
    AllButPerhaps(Vec<Instant>),
    /// What is past by the time it is done, perhaps.
    PastPerhaps,
}

/// What a worker does with a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// It holds the job from now on.
    Claim,
    /// It begins to work.
    Start,
    /// What came of it was written down.
    Settle,
}

/// What is to ring.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Promise {
    /// When.
    pub due_at: Instant,
    /// When the item starts: decides what becomes of a reminder that is past already. `None`: may be left out then.
    pub starts_at: Option<Instant>,
    /// When the item ends, if the quiet hours of its owner hold for it: what is due in them waits until they are over, and is not
    /// told any more if the item is. `None`: it rings whatever the hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hushed_until_end: Option<Instant>,
    /// Whether it is one of a series, of which an alarm is armed when the one before it has rung.
    #[serde(default, skip_serializing_if = "is_false")]
    pub chained: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks like this")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// A notification, as a reader was shown it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shown {
    /// Whose inbox.
    pub user: String,
    /// Its id.
    pub notification: String,
    /// Which alarm it says it is about.
    pub alarm: String,
    /// Of which schedule.
    pub subject: String,
    /// When it was to ring.
    pub due_at: Instant,
    /// When it says it rang.
    pub fired_at: Instant,
}

/// Reads a history of JSON lines. A last line without its end is what a killed writer leaves behind, and is left out.
pub fn read_lines(mut source: impl BufRead) -> io::Result<Vec<Entry>> {
    let (mut entries, mut line) = (Vec::new(), String::new());
    while source.read_line(&mut line)? > 0 {
        if line.ends_with('\n') && !line.trim().is_empty() {
            entries.push(serde_json::from_str(&line)?);
        }
        line.clear();
    }
    Ok(entries)
}

/// Writes one entry as a line and flushes it, so that what was written survives the writer.
pub fn write_line(sink: &mut impl Write, entry: &Entry) -> io::Result<()> {
    let mut line = serde_json::to_vec(entry)?;
    line.push(b'\n');
    sink.write_all(&line)?;
    sink.flush()
}
