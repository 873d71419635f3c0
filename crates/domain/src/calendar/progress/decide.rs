//! What becomes of an action that somebody asks for.

use std::time::Duration;

use kernel::{Instant, ScheduleId, WallTime};

use super::{Action, Next, Progress, ProgressError, Step};
use crate::calendar::CalendarError;

/// How far back a client may date what its owner did. A client that was out of reach for a minute is not worth a wrong sum; one
/// that could date freely could log any duration.
pub const MAX_CORRECTION: Duration = Duration::from_mins(5);

/// What has a progress of its own: a schedule that happens once, or one occurrence of a series.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Item {
    /// The schedule.
    pub schedule: ScheduleId,
    /// Which of its occurrences, by the wall start the rule gives it; `None` for a schedule that happens once.
    pub recurrence_id: Option<WallTime>,
}

impl Item {
    /// A schedule that happens once.
    pub const fn once(schedule: ScheduleId) -> Self {
        Self { schedule, recurrence_id: None }
    }

    /// One occurrence of a series.
    pub const fn occurrence(schedule: ScheduleId, recurrence_id: WallTime) -> Self {
        Self { schedule, recurrence_id: Some(recurrence_id) }
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// The action.
    pub action: Action,
    /// When it happened, if its owner says so; otherwise now.
    pub at: Option<Instant>,
    /// Whether to suspend what else is in progress, instead of refusing to start.
    pub auto_suspend: bool,
}

/// What else of the owner matters.
#[derive(Clone, Debug)]
pub struct Around {
    /// The item in progress, if there is one. It may be the one that is asked about.
    pub running: Option<(Item, Progress)>,
    /// When the last session that counts ended.
    pub worked_until: Option<Instant>,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is so already: nothing changes.
    Already,
    /// The item takes a step; before it, the one in progress may take one.
    Change {
        /// What is in progress is suspended.
        suspend: Option<Step>,
        /// What was asked.
        step: Step,
    },
}

/// How an action was refused: by the machine, or for a field of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// By the machine.
    Progress(ProgressError),
    /// For a field.
    Field(CalendarError),
}

/// Decides what becomes of `ask` for `item`, which is as far as `progress` says.
///
/// An action that has been done already is answered whatever its `at`: it is a repetition, perhaps hours later.
pub fn decide(item: &Item, progress: &Progress, ask: Ask, around: &Around, now: Instant) -> Result<Decision, Refusal> {
    let Ask { action, at, auto_suspend } = ask;
    match progress.state.next(action) {
        Next::Already => return Ok(Decision::Already),
        Next::To(_) => {}
        Next::Illegal => {
            let (state, allowed) = (progress.state, progress.state.allowed());
            return Err(Refusal::Progress(ProgressError::Illegal { state, action, allowed }));
        }
    }
    let mut not_before = progress.since;
    let mut other = None;
    if action == Action::Start {
        // Two sessions at once would count an hour twice.
        not_before = not_before.max(around.worked_until);
        if let Some((running, far)) = around.running.as_ref().filter(|(running, _)| running != item) {
            if !auto_suspend {
                return Err(Refusal::Progress(ProgressError::AnotherRunning(running.clone())));
            }
            not_before = not_before.max(far.since);
            other = Some(*far);
        }
    }
    let at = when(at, not_before, now).map_err(Refusal::Field)?;
    let suspend = other.and_then(|far| far.step(Action::Suspend, at));
    match progress.step(action, at) {
        Some(step) => Ok(Decision::Change { suspend, step }),
        None => Ok(Decision::Already),
    }
}

/// When something happened, in whole seconds.
fn when(asked: Option<Instant>, not_before: Option<Instant>, now: Instant) -> Result<Instant, CalendarError> {
    let now = whole_seconds(now);
    let earliest = not_before.unwrap_or(Instant::EPOCH);
    let Some(at) = asked.map(whole_seconds) else {
        // A clock that was set back must not make a session end before it began.
        return Ok(now.max(earliest));
    };
    if at > now {
        return Err(CalendarError::field("/at", "lies in the future: leave it out to mean now"));
    }
    if now.since(at) > MAX_CORRECTION {
        return Err(CalendarError::field("/at", "lies more than five minutes back"));
    }
    if at < earliest {
        let detail = format!("lies before {earliest}, up to when your work is already recorded");
        return Err(CalendarError::field("/at", detail));
    }
    Ok(at)
}

const fn whole_seconds(instant: Instant) -> Instant {
    Instant::from_micros(instant.as_seconds() * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::progress::{State, Work};

    const NOW: Instant = Instant::from_micros(1_800_000_000_900_000);

    fn item(number: u128) -> Item {
        Item::once(ScheduleId::from_uuid(uuid::Uuid::from_u128(number)))
    }

    fn second(offset: i64) -> Instant {
        Instant::from_micros(1_800_000_000_000_000 + offset * 1_000_000)
    }

    fn running(since: i64) -> Progress {
        Progress { state: State::InProgress, run: 1, since: Some(second(since)), worked_seconds: 0, entries: 1 }
    }

    const NOTHING: Around = Around { running: None, worked_until: None };

    fn ask(action: Action, at: Option<Instant>) -> Ask {
        Ask { action, at, auto_suspend: false }
    }

    fn at_of(decision: &Result<Decision, Refusal>) -> Option<Instant> {
        match decision {
            Ok(Decision::Change { step, .. }) => Some(step.entry.at),
            _ => None,
        }
    }

    #[test]
    fn a_client_may_date_back_five_minutes_and_no_more() {
        let table = [
            (None, Some(0)),
            (Some(0), Some(0)),
            (Some(-300), Some(-300)),
            (Some(-301), None),
            (Some(1), None),
            (Some(86_400), None),
        ];
        for (offset, taken) in table {
            let decision = decide(&item(1), &Progress::default(), ask(Action::Start, offset.map(second)), &NOTHING, NOW);
            assert_eq!(at_of(&decision), taken.map(second), "{offset:?}: {decision:?}");
        }
        let fraction = Instant::from_micros(1_799_999_999_500_000);
        let decision = decide(&item(1), &Progress::default(), ask(Action::Start, Some(fraction)), &NOTHING, NOW);
        assert_eq!(at_of(&decision), Some(second(-1)), "whole seconds");
    }

    #[test]
    fn nothing_happens_before_what_is_recorded_and_a_clock_set_back_does_not_matter() {
        let progress = running(-60);
        let suspend = |at| decide(&item(1), &progress, ask(Action::Suspend, at), &NOTHING, NOW);
        assert!(matches!(suspend(Some(second(-61))), Err(Refusal::Field(_))));
        assert_eq!(at_of(&suspend(Some(second(-60)))), Some(second(-60)));
        let early = decide(&item(1), &progress, ask(Action::Suspend, None), &NOTHING, second(-600));
        assert_eq!(at_of(&early), Some(second(-60)));
        let around = Around { running: None, worked_until: Some(second(-30)) };
        let start = |at| decide(&item(1), &Progress::default(), ask(Action::Start, at), &around, NOW);
        assert!(matches!(start(Some(second(-31))), Err(Refusal::Field(_))), "an hour is not worked twice");
        assert_eq!(at_of(&start(Some(second(-30)))), Some(second(-30)));
    }

    #[test]
    fn a_second_item_starts_only_if_the_first_may_be_suspended() {
        let around = Around { running: Some((item(2), running(-60))), worked_until: None };
        let start = |auto_suspend, at| {
            decide(&item(1), &Progress::default(), Ask { action: Action::Start, at, auto_suspend }, &around, NOW)
        };
        assert_eq!(start(false, None), Err(Refusal::Progress(ProgressError::AnotherRunning(item(2)))));
        let Ok(Decision::Change { suspend: Some(suspend), step }) = start(true, None) else { panic!("both change") };
        assert_eq!((suspend.work, suspend.after.worked_seconds, suspend.entry.at), (Work::End, 60, step.entry.at));
        assert!(matches!(start(true, Some(second(-61))), Err(Refusal::Field(_))), "before the other one began");
        let complete = decide(&item(1), &Progress::default(), ask(Action::Complete, None), &around, NOW);
        assert!(matches!(complete, Ok(Decision::Change { suspend: None, .. })), "ticking something off disturbs nobody");
    }

    #[test]
    fn what_was_done_already_is_answered_whatever_its_time_and_what_cannot_be_is_refused() {
        let repeated = decide(&item(1), &running(-60), ask(Action::Start, Some(second(-9_000))), &NOTHING, NOW);
        assert_eq!(repeated, Ok(Decision::Already));
        let refused = decide(&item(1), &Progress::default(), ask(Action::Suspend, None), &NOTHING, NOW);
        let allowed = vec![Action::Start, Action::Complete];
        let (state, action) = (State::NotStarted, Action::Suspend);
        assert_eq!(refused, Err(Refusal::Progress(ProgressError::Illegal { state, action, allowed })));
    }
}
