//! Whether a channel is worth calling.
//!
//! ```text
//!   closed ── ten failures in a row, over five seconds ──► open ── half a minute, and every trial failed ──► given up
//!      ▲                                                    │ one trial every three seconds                    │
//!      └──────────────── one that was not a failure ────────┴───── the round is stopped; the next has one trial ◄──┘
//! ```

use std::time::Duration;

/// So many failures in a row.
const IN_A_ROW: u32 = 10;
/// Over so long.
const FAILING: Duration = Duration::from_secs(5);
/// Time between two trials.
const TRIAL: Duration = Duration::from_secs(3);
/// So long it is tried.
const OPEN: Duration = Duration::from_secs(30);
/// So long it is remembered that it was given up.
const MEMORY: Duration = Duration::from_mins(5);
/// So long a trial may take.
const ANSWER: Duration = Duration::from_secs(6);

/// What is known of a channel, on a monotonic clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    in_a_row: u32,
    /// Since when it does nothing but fail.
    since: Option<Duration>,
    open: Option<Open>,
}

/// How it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    /// Since when, and when the last trial was.
    Tried(Duration, Duration),
    /// It was given up then; since then there was a trial, or none, and what came of it.
    GivenUp(Duration, Option<(Duration, bool)>),
}

/// What a channel is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// Call it.
    Calls,
    /// One call, to see.
    Trial,
    /// Nothing before this.
    NothingBefore(Duration),
    /// What goes out through it is to be stopped.
    GiveUp,
}

impl Breaker {
    /// The channel took something, or said for good that it will not.
    pub fn answered(&mut self) {
        *self = Self::default();
    }

    /// The channel failed at `now`.
    pub fn failed(&mut self, now: Duration) {
        self.in_a_row = self.in_a_row.saturating_add(1);
        let since = *self.since.get_or_insert(now);
        if let Some(Open::GivenUp(_, Some((_, has_failed)))) = &mut self.open {
            *has_failed = true;
        }
        if self.open.is_none() && self.in_a_row >= IN_A_ROW && now.saturating_sub(since) >= FAILING {
            self.open = Some(Open::Tried(now, now));
        }
    }

    /// What it is worth at `now`.
    pub fn worth(&self, now: Duration) -> Worth {
        match self.open {
            None => Worth::Calls,
            Some(Open::Tried(since, _)) if now.saturating_sub(since) >= OPEN => Worth::GiveUp,
            Some(Open::Tried(_, trial)) if now.saturating_sub(trial) >= TRIAL => Worth::Trial,
            Some(Open::Tried(_, trial)) => Worth::NothingBefore(trial + TRIAL),
            Some(Open::GivenUp(at, _)) if now.saturating_sub(at) >= MEMORY => Worth::Calls,
            Some(Open::GivenUp(_, None)) => Worth::Trial,
            Some(Open::GivenUp(_, Some((_, true)))) => Worth::GiveUp,
            Some(Open::GivenUp(_, Some((trial, false)))) if now.saturating_sub(trial) >= ANSWER => Worth::Trial,
            Some(Open::GivenUp(_, Some((trial, false)))) => Worth::NothingBefore(trial + ANSWER),
        }
    }

    /// A round was stopped at `now`, because nothing goes out. The next one within five minutes has a trial, and is stopped if that fails as
    /// well; one after that finds out anew.
    pub fn gave_up(&mut self, now: Duration) {
        *self = Self { open: Some(Open::GivenUp(now, None)), ..Self::default() };
    }

    /// A trial is made at `now`.
    pub fn tries(&mut self, now: Duration) {
        match &mut self.open {
            Some(Open::Tried(_, trial)) => *trial = now,
            Some(Open::GivenUp(_, trial)) => *trial = Some((now, false)),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn open_at_9_seconds() -> Breaker {
        let mut breaker = Breaker::default();
        for second in 0..10 {
            breaker.failed(at(second * 1_000));
        }
        breaker
    }

    #[test]
    fn it_opens_after_ten_failures_in_a_row_over_five_seconds() {
        let mut quick = Breaker::default();
        for ms in 0..100 {
            quick.failed(at(ms));
        }
        assert_eq!(quick.worth(at(100)), Worth::Calls, "a hiccup");
        let mut few = Breaker::default();
        for second in 0..9 {
            few.failed(at(second * 1_000));
        }
        assert_eq!(few.worth(at(60_000)), Worth::Calls);
        few.answered();
        few.failed(at(61_000));
        assert_eq!(few.worth(at(61_000)), Worth::Calls, "not in a row");
        assert_eq!(open_at_9_seconds().worth(at(9_000)), Worth::NothingBefore(at(12_000)));
    }

    #[test]
    fn while_open_it_is_tried_now_and_then_and_one_answer_closes_it() {
        let mut breaker = open_at_9_seconds();
        assert_eq!(breaker.worth(at(12_000)), Worth::Trial);
        breaker.tries(at(12_000));
        breaker.failed(at(12_100));
        assert_eq!(breaker.worth(at(12_100)), Worth::NothingBefore(at(15_000)));
        breaker.answered();
        assert_eq!(breaker.worth(at(12_200)), Worth::Calls);
    }

    #[test]
    fn after_half_a_minute_it_is_given_up() {
        let breaker = open_at_9_seconds();
        assert_ne!(breaker.worth(at(38_999)), Worth::GiveUp);
        assert_eq!(breaker.worth(at(39_000)), Worth::GiveUp);
    }

    #[test]
    fn the_next_round_has_one_trial_and_no_more() {
        let mut breaker = open_at_9_seconds();
        breaker.gave_up(at(39_000));
        assert_eq!(breaker.worth(at(99_000)), Worth::Trial);
        breaker.tries(at(99_000));
        assert_eq!(breaker.worth(at(103_000)), Worth::NothingBefore(at(105_000)), "its answer may take as long");
        breaker.failed(at(103_100));
        assert_eq!(breaker.worth(at(103_100)), Worth::GiveUp);
        breaker.answered();
        assert_eq!(breaker.worth(at(103_200)), Worth::Calls);
        let mut breaker = open_at_9_seconds();
        breaker.gave_up(at(39_000));
        assert_eq!(breaker.worth(at(339_000)), Worth::Calls, "it is found out anew");
    }
}
