//! The ledger read from its beginning: what the projections must say.
//!
//! Written without the machine's steps on purpose: two ways to the same figures check each other.

use kernel::Instant;

use super::{Action, Entry, Next, Progress, State};

/// A stretch of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// The entry it began with.
    pub opened_by: i64,
    /// Of which run.
    pub run: i64,
    /// When it began.
    pub started_at: Instant,
    /// When it ended; `None` while it goes on.
    pub ended_at: Option<Instant>,
    /// When its run was cancelled, if it was: it does not count.
    pub voided_at: Option<Instant>,
}

/// What is wrong with a ledger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The entries are not numbered 1, 2, 3 …
    #[error("entry {0} is missing")]
    Hole(i64),
    /// An entry lies before the one before.
    #[error("entry {0} lies before the one before")]
    Backwards(i64),
    /// The machine knows no such transition, or none is needed.
    #[error("entry {0} is no transition of the machine")]
    Illegal(i64),
    /// The run is not the one it belongs to.
    #[error("entry {0} is of another run")]
    Run(i64),
}

/// The sessions of an item, by its whole ledger.
pub fn sessions(entries: &[Entry]) -> Vec<Session> {
    let mut sessions = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let rest = || entries[index + 1..].iter().take_while(|later| later.run == entry.run);
        let begun = entries[..index].iter().any(|earlier| earlier.run == entry.run);
        let ended_at = match entry.action {
            Action::Start => rest().next().map(|next| next.at),
            Action::Complete if !begun => Some(entry.at),
            _ => continue,
        };
        let voided_at = rest().find(|later| later.action == Action::Cancel).map(|cancel| cancel.at);
        sessions.push(Session { opened_by: entry.seq, run: entry.run, started_at: entry.at, ended_at, voided_at });
    }
    sessions
}

/// How far an item is, by its whole ledger.
pub fn progress(entries: &[Entry]) -> Result<Progress, Flaw> {
    check(entries)?;
    let Some(last) = entries.last() else { return Ok(Progress::default()) };
    let finished = sessions(entries).into_iter().filter(|session| session.run == last.run && session.voided_at.is_none());
    let worked = finished.filter_map(|session| Some(session.ended_at?.as_seconds() - session.started_at.as_seconds()));
    Ok(Progress {
        state: state_after(last.action),
        run: last.run,
        since: Some(last.at),
        worked_seconds: worked.sum(),
        entries: last.seq,
    })
}

/// Whether the machine could have written it.
fn check(entries: &[Entry]) -> Result<(), Flaw> {
    let mut before: Option<&Entry> = None;
    for (number, entry) in (1..).zip(entries) {
        let (state, run, at) =
            before.map_or((State::NotStarted, 0, entry.at), |last| (state_after(last.action), last.run, last.at));
        if entry.seq != number {
            return Err(Flaw::Hole(number));
        }
        if entry.at < at {
            return Err(Flaw::Backwards(number));
        }
        if !matches!(state.next(entry.action), Next::To(_)) {
            return Err(Flaw::Illegal(number));
        }
        if entry.run != run + i64::from(state == State::NotStarted) {
            return Err(Flaw::Run(number));
        }
        before = Some(entry);
    }
    Ok(())
}

const fn state_after(action: Action) -> State {
    match action {
        Action::Start => State::InProgress,
        Action::Suspend => State::Suspended,
        Action::Complete => State::Completed,
        Action::Cancel => State::NotStarted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    fn entries(rows: &[(i64, Action, i64)]) -> Vec<Entry> {
        (1..).zip(rows).map(|(seq, (run, action, seconds))| Entry { seq, run: *run, action: *action, at: at(*seconds) }).collect()
    }

    #[test]
    fn sessions_go_from_a_start_to_what_follows_and_a_cancelled_run_is_void() {
        use Action::{Cancel, Complete, Start, Suspend};
        let ledger = entries(&[
            (1, Start, 10),
            (1, Suspend, 20),
            (1, Start, 30),
            (1, Cancel, 40),
            (2, Complete, 50),
            (2, Cancel, 60),
            (3, Start, 70),
        ]);
        let rows: Vec<_> =
            sessions(&ledger).into_iter().map(|s| (s.opened_by, s.run, s.started_at, s.ended_at, s.voided_at)).collect();
        assert_eq!(
            rows,
            [
                (1, 1, at(10), Some(at(20)), Some(at(40))),
                (3, 1, at(30), Some(at(40)), Some(at(40))),
                (5, 2, at(50), Some(at(50)), Some(at(60))),
                (7, 3, at(70), None, None),
            ]
        );
        assert_eq!(progress(&ledger).map(|p| (p.state, p.run, p.worked_seconds)), Ok((State::InProgress, 3, 0)));
        assert_eq!(progress(&ledger[..3]).map(|p| (p.state, p.run, p.worked_seconds)), Ok((State::InProgress, 1, 10)));
    }

    #[test]
    fn a_ledger_the_machine_cannot_have_written_is_told_by_its_first_flaw() {
        use Action::{Complete, Start, Suspend};
        let mut holed = entries(&[(1, Start, 10), (1, Suspend, 20)]);
        holed.remove(0);
        let table = [
            (holed, Flaw::Hole(1)),
            (entries(&[(1, Start, 10), (1, Suspend, 9)]), Flaw::Backwards(2)),
            (entries(&[(1, Suspend, 10)]), Flaw::Illegal(1)),
            (entries(&[(1, Start, 10), (1, Start, 20)]), Flaw::Illegal(2)),
            (entries(&[(2, Start, 10)]), Flaw::Run(1)),
            (entries(&[(1, Start, 10), (2, Complete, 10)]), Flaw::Run(2)),
        ];
        for (ledger, flaw) in table {
            assert_eq!(progress(&ledger), Err(flaw));
        }
        assert_eq!(progress(&[]), Ok(Progress::default()));
    }
}
