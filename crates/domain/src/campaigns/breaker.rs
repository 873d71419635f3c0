//! Whether a channel is worth calling, and for whom.
//!
//! ```text
//!   closed ── ten failures in a row, over five seconds ──► open ── half a minute ──► given up ── five minutes ──► closed
//!      ▲                                                    │ each caller has one trial every three seconds │
//!      └──────────────── one that was not a failure ────────┴───────────────────────────────────────────────┘
//! ```
//!
//! Many call one channel, and one of them may ask it for nothing but what it refuses. So nobody is stopped for the failures of others: a
//! caller is given up that failed five times in a row itself, once the channel was tried for half a minute, and whoever comes later has
//! trials of its own.

use std::{collections::BTreeMap, time::Duration};

/// So many failures in a row.
const IN_A_ROW: u32 = 10;
/// So many of them of a caller that is given up.
const OWN: u32 = 5;
/// Over so long.
const FAILING: Duration = Duration::from_secs(5);
/// Time between two trials of a caller.
const TRIAL: Duration = Duration::from_secs(3);
/// So long it is tried.
const OPEN: Duration = Duration::from_secs(30);
/// So long it is remembered that it was given up.
const MEMORY: Duration = Duration::from_mins(5);
/// So long a trial may take.
const ANSWER: Duration = Duration::from_secs(6);

/// What is known of a channel that each `K` calls, on a monotonic clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breaker<K> {
    in_a_row: u32,
    /// Since when it does nothing but fail.
    since: Option<Duration>,
    open: Option<Open>,
    /// Those whom it failed since then, and those who try it.
    callers: BTreeMap<K, Caller>,
}

/// How it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    /// Since when.
    Tried(Duration),
    /// Somebody was stopped then.
    GivenUp(Duration),
}

/// What came of the calls of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Caller {
    failures: u32,
    /// When the last one failed, or the trial began that is under way.
    at: Duration,
    is_trying: bool,
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

impl<K> Default for Breaker<K> {
    fn default() -> Self {
        Self { in_a_row: 0, since: None, open: None, callers: BTreeMap::new() }
    }
}

impl<K: Ord> Breaker<K> {
    /// The channel took something, or said for good that it will not.
    pub fn answered(&mut self) {
        *self = Self::default();
    }

    /// The channel failed `caller` at `now`.
    pub fn failed(&mut self, caller: K, now: Duration) {
        if self.is_forgotten(now) {
            *self = Self::default();
        }
        self.in_a_row = self.in_a_row.saturating_add(1);
        let since = *self.since.get_or_insert(now);
        let failures = self.callers.get(&caller).map_or(0, |caller| caller.failures).saturating_add(1);
        self.callers.insert(caller, Caller { failures, at: now, is_trying: false });
        if self.open.is_none() && self.in_a_row >= IN_A_ROW && now.saturating_sub(since) >= FAILING {
            self.open = Some(Open::Tried(now));
        }
    }

    /// What it is worth to `caller` at `now`.
    pub fn worth(&self, caller: &K, now: Duration) -> Worth {
        let Some(open) = self.open.filter(|_| !self.is_forgotten(now)) else { return Worth::Calls };
        let Some(caller) = self.callers.get(caller) else { return Worth::Trial };
        let was_tried = match open {
            Open::Tried(since) => now.saturating_sub(since) >= OPEN,
            Open::GivenUp(_) => true,
        };
        if !caller.is_trying && caller.failures >= OWN && was_tried {
            return Worth::GiveUp;
        }
        let next = caller.at + if caller.is_trying { ANSWER } else { TRIAL };
        if now < next { Worth::NothingBefore(next) } else { Worth::Trial }
    }

    /// `caller` was stopped at `now`, because nothing goes out. Should it go on within five minutes, it has trials as whoever comes anew;
    /// after that it is found out anew.
    pub fn gave_up(&mut self, caller: &K, now: Duration) {
        self.callers.remove(caller);
        self.open = Some(Open::GivenUp(now));
    }

    /// `caller` makes a call at `now`: a trial, while it is open.
    pub fn tries(&mut self, caller: K, now: Duration) {
        if self.open.is_some() && !self.is_forgotten(now) {
            let failures = self.callers.get(&caller).map_or(0, |caller| caller.failures);
            self.callers.insert(caller, Caller { failures, at: now, is_trying: true });
        }
    }

    fn is_forgotten(&self, now: Duration) -> bool {
        matches!(self.open, Some(Open::GivenUp(at)) if now.saturating_sub(at) >= MEMORY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WE: &str = "we";
    const THEY: &str = "they";

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn open_at_9_seconds() -> Breaker<&'static str> {
        let mut breaker = Breaker::default();
        for second in 0..10 {
            breaker.failed(WE, at(second * 1_000));
        }
        breaker
    }

    #[test]
    fn it_opens_after_ten_failures_in_a_row_over_five_seconds() {
        let mut quick = Breaker::default();
        for ms in 0..100 {
            quick.failed(WE, at(ms));
        }
        assert_eq!(quick.worth(&WE, at(100)), Worth::Calls, "a hiccup");
        let mut few = Breaker::default();
        for second in 0..9 {
            few.failed(WE, at(second * 1_000));
        }
        assert_eq!(few.worth(&WE, at(60_000)), Worth::Calls);
        few.answered();
        few.failed(WE, at(61_000));
        assert_eq!(few.worth(&WE, at(61_000)), Worth::Calls, "not in a row");
        assert_eq!(open_at_9_seconds().worth(&WE, at(9_000)), Worth::NothingBefore(at(12_000)));
    }

    #[test]
    fn while_open_it_is_tried_now_and_then_and_one_answer_closes_it() {
        let mut breaker = open_at_9_seconds();
        assert_eq!(breaker.worth(&WE, at(12_000)), Worth::Trial);
        breaker.tries(WE, at(12_000));
        assert_eq!(breaker.worth(&WE, at(17_000)), Worth::NothingBefore(at(18_000)), "its answer may take as long");
        assert_eq!(breaker.worth(&WE, at(18_000)), Worth::Trial, "nothing was heard of it");
        breaker.failed(WE, at(12_100));
        assert_eq!(breaker.worth(&WE, at(12_100)), Worth::NothingBefore(at(15_100)));
        breaker.answered();
        assert_eq!(breaker.worth(&WE, at(12_200)), Worth::Calls);
    }

    #[test]
    fn after_half_a_minute_it_is_given_up() {
        let breaker = open_at_9_seconds();
        assert_ne!(breaker.worth(&WE, at(38_999)), Worth::GiveUp);
        assert_eq!(breaker.worth(&WE, at(39_000)), Worth::GiveUp);
    }

    #[test]
    fn whoever_comes_after_somebody_was_stopped_has_five_trials() {
        let mut breaker = open_at_9_seconds();
        breaker.gave_up(&WE, at(39_000));
        for caller in [WE, THEY] {
            let mut breaker = breaker.clone();
            for trial in [at(99_000), at(102_100), at(105_200), at(108_300), at(111_400)] {
                assert_eq!(breaker.worth(&caller, trial), Worth::Trial);
                breaker.tries(caller, trial);
                breaker.failed(caller, trial + at(100));
            }
            assert_eq!(breaker.worth(&caller, at(111_500)), Worth::GiveUp);
            breaker.answered();
            assert_eq!(breaker.worth(&caller, at(111_600)), Worth::Calls);
        }
    }

    #[test]
    fn nobody_is_given_up_for_what_others_could_not_send() {
        let mut breaker = open_at_9_seconds();
        for second in 9..300 {
            assert_eq!(breaker.worth(&THEY, at(second * 1_000)), Worth::Trial);
            breaker.failed(WE, at(second * 1_000));
            if breaker.worth(&WE, at(second * 1_000)) == Worth::GiveUp {
                breaker.gave_up(&WE, at(second * 1_000));
            }
        }
    }

    #[test]
    fn after_five_minutes_it_is_found_out_anew_and_given_up_again() {
        let mut breaker = open_at_9_seconds();
        breaker.gave_up(&WE, at(39_000));
        assert_eq!(breaker.worth(&WE, at(339_000)), Worth::Calls);
        for second in 339..349 {
            assert_eq!(breaker.worth(&WE, at(second * 1_000)), Worth::Calls);
            breaker.failed(WE, at(second * 1_000));
        }
        assert_eq!(breaker.worth(&WE, at(348_000)), Worth::NothingBefore(at(351_000)));
        assert_eq!(breaker.worth(&WE, at(378_000)), Worth::GiveUp);
    }
}
