//! The machine: which action leads where, and what it does to the work.

use std::{fmt, str::FromStr};

use kernel::Instant;

/// Where an item stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum State {
    /// Nothing was done, or it was taken back.
    #[default]
    NotStarted,
    /// Somebody works on it right now.
    InProgress,
    /// Begun, and laid aside.
    Suspended,
    /// Done.
    Completed,
}

/// What can be done with an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Begin, or go on.
    Start,
    /// Lay aside.
    Suspend,
    /// Finish.
    Complete,
    /// Take everything of this run back.
    Cancel,
}

/// What an action means where an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It leads here.
    To(State),
    /// It was done already: nothing changes, and nothing is wrong.
    Already,
    /// It cannot be done from here.
    Illegal,
}

/// The word is none of the machine's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown word")]
pub struct UnknownWord;

impl State {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::NotStarted, Self::InProgress, Self::Suspended, Self::Completed];

    /// As kept and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotStarted => "NOT_STARTED",
            Self::InProgress => "IN_PROGRESS",
            Self::Suspended => "SUSPENDED",
            Self::Completed => "COMPLETED",
        }
    }

    /// What `action` means here: the whole machine.
    pub const fn next(self, action: Action) -> Next {
        match (self, action) {
            (Self::NotStarted | Self::Suspended, Action::Start) => Next::To(Self::InProgress),
            (Self::InProgress, Action::Suspend) => Next::To(Self::Suspended),
            (Self::NotStarted | Self::InProgress | Self::Suspended, Action::Complete) => Next::To(Self::Completed),
            (Self::InProgress | Self::Suspended | Self::Completed, Action::Cancel) => Next::To(Self::NotStarted),
            (Self::InProgress, Action::Start)
            | (Self::Suspended, Action::Suspend)
            | (Self::Completed, Action::Complete)
            | (Self::NotStarted, Action::Cancel) => Next::Already,
            (Self::Completed, Action::Start) | (Self::NotStarted | Self::Completed, Action::Suspend) => Next::Illegal,
        }
    }

    /// What changes something here.
    pub fn allowed(self) -> Vec<Action> {
        Action::ALL.into_iter().filter(|action| matches!(self.next(*action), Next::To(_))).collect()
    }

    /// Whether the item needs no reminder: somebody is at it, or it is done.
    pub const fn is_silent(self) -> bool {
        matches!(self, Self::InProgress | Self::Completed)
    }
}

impl Action {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Start, Self::Suspend, Self::Complete, Self::Cancel];

    /// As kept and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Suspend => "suspend",
            Self::Complete => "complete",
            Self::Cancel => "cancel",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for State {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(UnknownWord)
    }
}

impl FromStr for Action {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|action| action.as_str() == text).ok_or(UnknownWord)
    }
}

/// How far an item is. The default is one that was never touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Where it stands.
    pub state: State,
    /// Which run this is, or was: 0 before the first, one more with each.
    pub run: i64,
    /// Since when it stands there; `None` if it was never touched.
    pub since: Option<Instant>,
    /// Seconds of the finished sessions of this run. While it is in progress, the time since `since` comes on top.
    pub worked_seconds: i64,
    /// How many entries its ledger has.
    pub entries: i64,
}

/// One line of the ledger of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// 1, 2, 3 … without a hole.
    pub seq: i64,
    /// Which run it belongs to.
    pub run: i64,
    /// What was done.
    pub action: Action,
    /// When, in whole seconds; never before the entry before.
    pub at: Instant,
}

/// What an entry does to the sessions of its item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A session begins.
    Begin,
    /// The open session ends.
    End,
    /// A session without length: it was done without being started.
    Moment,
    /// Nothing.
    Keep,
    /// Every session of the run is void; an open one ends.
    Void,
}

/// One step of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What the ledger gets.
    pub entry: Entry,
    /// What becomes of the sessions.
    pub work: Work,
    /// How far the item is afterwards.
    pub after: Progress,
}

impl Progress {
    /// The step that `action` at `at` is, if it is one.
    pub fn step(&self, action: Action, at: Instant) -> Option<Step> {
        let Next::To(state) = self.state.next(action) else { return None };
        let begins_run = self.state == State::NotStarted;
        let work = match (self.state, state) {
            (_, State::InProgress) => Work::Begin,
            (_, State::NotStarted) => Work::Void,
            (State::InProgress, _) => Work::End,
            (State::NotStarted, _) => Work::Moment,
            (State::Suspended | State::Completed, _) => Work::Keep,
        };
        let worked_seconds = match work {
            Work::Void | Work::Moment => 0,
            Work::Begin if begins_run => 0,
            Work::Begin | Work::Keep => self.worked_seconds,
            Work::End => self.worked_at(at),
        };
        let (run, entries) = (self.run + i64::from(begins_run), self.entries + 1);
        let entry = Entry { seq: entries, run, action, at };
        Some(Step { entry, work, after: Self { state, run, since: Some(at), worked_seconds, entries } })
    }

    /// Seconds worked in this run up to `now`, an open session included.
    pub fn worked_at(&self, now: Instant) -> i64 {
        match (self.state, self.since) {
            (State::InProgress, Some(since)) => self.worked_seconds + (now.as_seconds() - since.as_seconds()).max(0),
            _ => self.worked_seconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_from_every_state_leads_where_the_picture_says() {
        use Action::{Cancel, Complete, Start, Suspend};
        use State::{Completed, InProgress, NotStarted, Suspended};
        let table = [
            (NotStarted, [Next::To(InProgress), Next::Illegal, Next::To(Completed), Next::Already]),
            (InProgress, [Next::Already, Next::To(Suspended), Next::To(Completed), Next::To(NotStarted)]),
            (Suspended, [Next::To(InProgress), Next::Already, Next::To(Completed), Next::To(NotStarted)]),
            (Completed, [Next::Illegal, Next::Illegal, Next::Already, Next::To(NotStarted)]),
        ];
        for (state, row) in table {
            assert_eq!([Start, Suspend, Complete, Cancel].map(|action| state.next(action)), row, "{state}");
        }
        assert_eq!(NotStarted.allowed(), [Start, Complete]);
        assert_eq!(Completed.allowed(), [Cancel]);
        assert_eq!(Suspended.allowed(), [Start, Complete, Cancel]);
    }

    #[test]
    fn a_run_is_counted_from_its_first_action_and_its_work_from_its_sessions() {
        let at = |seconds: i64| Instant::from_micros(1_800_000_000_000_000 + seconds * 1_000_000);
        let mut progress = Progress::default();
        // (action, at) → (state, run, worked, what becomes of the sessions)
        let table = [
            (Action::Start, 0, State::InProgress, 1, 0, Work::Begin),
            (Action::Suspend, 60, State::Suspended, 1, 60, Work::End),
            (Action::Start, 100, State::InProgress, 1, 60, Work::Begin),
            (Action::Complete, 130, State::Completed, 1, 90, Work::End),
            (Action::Cancel, 140, State::NotStarted, 1, 0, Work::Void),
            (Action::Complete, 150, State::Completed, 2, 0, Work::Moment),
            (Action::Cancel, 160, State::NotStarted, 2, 0, Work::Void),
            (Action::Start, 170, State::InProgress, 3, 0, Work::Begin),
            (Action::Suspend, 180, State::Suspended, 3, 10, Work::End),
            (Action::Complete, 190, State::Completed, 3, 10, Work::Keep),
        ];
        for (number, (action, seconds, state, run, worked_seconds, work)) in (1..).zip(table) {
            let step = progress.step(action, at(seconds)).expect("a step");
            progress = step.after;
            assert_eq!(step.entry, Entry { seq: number, run, action, at: at(seconds) });
            assert_eq!(step.work, work, "{action} at {seconds}");
            let expected = Progress { state, run, since: Some(at(seconds)), worked_seconds, entries: number };
            assert_eq!(progress, expected, "{action} at {seconds}");
        }
        assert_eq!(progress.step(Action::Start, at(200)), None);
    }
}
