//! The judges. Each looks at every promise and every effect once.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    time::Duration,
};

use kernel::Instant;

use super::{
    Entry, campaigns,
    ledger::{self, Effect, Ledger, Rings, Subject},
    quiet,
};

/// Which promise a judge looks after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Checker {
    /// C1: what was acknowledged and not taken back has rung.
    NothingLost,
    /// C2: nothing rings twice.
    OnceOnly,
    /// C3: nothing rings that nobody asked for, or that was taken back in time.
    NoPhantom,
    /// C4: nothing rings before its time.
    NeverEarly,
    /// C5: what rings late has a reason, and comes soon after the reason is gone.
    InTime,
    /// C6: a reader of a stream applies 1, 2, 3 … without a hole and without a repetition.
    NoGap,
    /// C7: tokens only grow, and nothing is settled by somebody whose claim has passed to another.
    NoStaleHolder,
    /// C9: the ledger of a round is what was seen of it: everybody told in order, once, or it is known why not.
    Told,
    /// C10: no second sees too many starts, a stop is one, and the rate is held.
    Pace,
    /// C12: what is left in the database adds up.
    Conservation,
    /// C13: nothing is told in quiet hours that can wait, and nothing afterwards that is over.
    QuietHours,
}

impl fmt::Display for Checker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingLost => "C1 nothing lost",
            Self::OnceOnly => "C2 once only",
            Self::NoPhantom => "C3 no phantom",
            Self::NeverEarly => "C4 never early",
            Self::InTime => "C5 in time",
            Self::NoGap => "C6 no gap",
            Self::NoStaleHolder => "C7 no stale holder",
            Self::Told => "C9 told in order and once",
            Self::Pace => "C10 pace",
            Self::Conservation => "C12 conservation",
            Self::QuietHours => "C13 quiet hours",
        })
    }
}

/// What is allowed.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How far the clock of the program may be from the true time without being at fault.
    pub skew: Duration,
    /// How late something may ring while nothing is broken.
    pub lateness: Duration,
    /// How long after the last fault healed everything that is due must have rung.
    pub recovery: Duration,
}

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub checker: Checker,
    /// What happened, with enough names in it to find the place in the history.
    pub sentence: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.checker, self.sentence)
    }
}

/// What there was to judge, so that a run in which nothing happened does not count as a success.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Promises made.
    pub promises: usize,
    /// Promises that had to ring.
    pub sure: usize,
    /// Notifications shown.
    pub effects: usize,
    /// Restock rounds.
    pub rounds: usize,
    /// People told in them.
    pub told: usize,
    /// How late each of them rang, sorted, of those that were due while nothing was broken.
    pub lateness: Vec<Duration>,
}

impl Summary {
    /// The lateness that `per_mille` in a thousand do not exceed.
    pub fn percentile(&self, per_mille: usize) -> Duration {
        let rank = (self.lateness.len() * per_mille).div_ceil(1_000).saturating_sub(1);
        self.lateness.get(rank).copied().unwrap_or_default()
    }
}

/// What came of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Promises that were not kept, sorted by checker.
    pub violations: Vec<Violation>,
    /// What there was to judge.
    pub summary: Summary,
}

/// Judges a history.
pub fn check(history: &[Entry], bounds: &Bounds) -> Verdict {
    let ledger = ledger::read(history, bounds);
    let effects = ledger.subjects.values().flat_map(|subject| &subject.effects);
    let shown = effects.map(|effect| effect.shown.alarm.as_str()).collect();
    let mut court = Court { ledger: &ledger, shown, bounds, verdict: Verdict::default() };
    for (name, subject) in &ledger.subjects {
        court.nothing_lost(name, subject);
        court.once_only(name, subject);
        for effect in &subject.effects {
            court.no_phantom(name, subject, effect);
            court.never_early(name, effect);
            court.in_time(name, subject, effect);
            court.quiet_hours(name, subject, effect);
        }
        court.conservation(name, subject);
    }
    court.no_gap();
    court.no_stale_holder();
    court.inboxes();
    let (extent, found) = campaigns::check(history, &ledger.windows, bounds);
    let mut verdict = court.verdict;
    (verdict.summary.rounds, verdict.summary.told) = (extent.rounds, extent.told);
    verdict.violations.extend(found);
    verdict.summary.lateness.sort_unstable();
    verdict.violations.sort_by_key(|violation| violation.checker);
    verdict
}

struct Court<'a> {
    ledger: &'a Ledger,
    /// The alarms that rang. In a series that moves, what an occurrence was reminded of goes along with it under another name.
    shown: BTreeSet<&'a str>,
    bounds: &'a Bounds,
    verdict: Verdict,
}

impl Court<'_> {
    fn accuse(&mut self, checker: Checker, sentence: String) {
        self.verdict.violations.push(Violation { checker, sentence });
    }

    fn nothing_lost(&mut self, name: &str, subject: &Subject) {
        for arm in &subject.arms {
            self.verdict.summary.promises += 1;
            if arm.rings(self.bounds) != Rings::Surely {
                continue;
            }
            let deadline = self.ledger.deadline(subject, arm, self.bounds);
            let taken_back = arm.disarmed.is_some_and(|(asked, _)| asked <= deadline);
            let too_soon_to_say = self.ledger.ends_at.is_none_or(|end| end <= deadline);
            if taken_back || too_soon_to_say || self.ledger.may_be_over(subject, arm, self.bounds) {
                continue;
            }
            self.verdict.summary.sure += 1;
            if !subject.effects.iter().any(|effect| effect.shown.due_at == arm.due_at) {
                let sentence = format!("{name} was to ring at {} and never did, {:?} was acknowledged", arm.due_at, arm.verb);
                self.accuse(Checker::NothingLost, sentence);
            }
        }
    }

    fn once_only(&mut self, name: &str, subject: &Subject) {
        let mut by_alarm: HashMap<&str, usize> = HashMap::new();
        let mut by_due: BTreeMap<Instant, usize> = BTreeMap::new();
        for effect in &subject.effects {
            *by_alarm.entry(&effect.shown.alarm).or_default() += 1;
            *by_due.entry(effect.shown.due_at).or_default() += 1;
        }
        for (due_at, times) in by_due {
            let promised = subject.arms.iter().filter(|arm| arm.due_at == due_at).count();
            let same_alarm = subject.effects.iter().any(|e| e.shown.due_at == due_at && by_alarm[e.shown.alarm.as_str()] > 1);
            if same_alarm || (promised > 0 && times > promised) {
                self.accuse(Checker::OnceOnly, format!("{name} rang {times} times for {due_at}, promised {promised} times"));
            }
        }
    }

    fn no_phantom(&mut self, name: &str, subject: &Subject, effect: &Effect) {
        let Effect { shown, .. } = effect;
        let mut matching = subject.arms.iter().filter(|arm| arm.due_at == shown.due_at).peekable();
        if matching.peek().is_none() {
            self.accuse(Checker::NoPhantom, format!("{name} rang for {}, which nobody asked for", shown.due_at));
        } else if !matching.any(|arm| arm.explains(shown.fired_at, self.bounds)) {
            let sentence = format!("{name} rang for {} at {} although that was taken back before", shown.due_at, shown.fired_at);
            self.accuse(Checker::NoPhantom, sentence);
        }
    }

    fn never_early(&mut self, name: &str, effect: &Effect) {
        let Effect { shown, seen_at } = effect;
        // Its own word, and what the reader saw with its own clock.
        if shown.fired_at < shown.due_at || *seen_at + self.bounds.skew < shown.due_at {
            let sentence = format!("{name} rang at {} (seen at {seen_at}), due at {}", shown.fired_at, shown.due_at);
            self.accuse(Checker::NeverEarly, sentence);
        }
    }

    fn in_time(&mut self, name: &str, subject: &Subject, effect: &Effect) {
        let Effect { shown, .. } = effect;
        self.verdict.summary.effects += 1;
        let explaining =
            subject.arms.iter().filter(|arm| arm.due_at == shown.due_at && arm.explains(shown.fired_at, self.bounds));
        let explaining: Vec<_> = explaining.collect();
        if explaining.iter().any(|arm| arm.is_open(self.bounds)) {
            return;
        }
        let limits = explaining.into_iter().map(|arm| (arm.ready_at(), self.ledger.deadline(subject, arm, self.bounds)));
        let Some((ready_at, deadline)) = limits.reduce(|a, b| (a.0.max(b.0), a.1.max(b.1))) else { return };
        if shown.fired_at > deadline + self.bounds.skew {
            let sentence = format!("{name} was due at {} and rang at {}, allowed until {deadline}", shown.due_at, shown.fired_at);
            self.accuse(Checker::InTime, sentence);
        }
        if subject.quiet.is_empty() && self.ledger.windows.are_clear(ready_at, self.bounds) {
            self.verdict.summary.lateness.push(shown.fired_at.since(ready_at));
        }
    }

    fn quiet_hours(&mut self, name: &str, subject: &Subject, effect: &Effect) {
        let shown = &effect.shown;
        let explaining =
            subject.arms.iter().filter(|arm| arm.due_at == shown.due_at && arm.explains(shown.fired_at, self.bounds));
        let why: Vec<_> = explaining
            .map(|arm| quiet::forbids(&subject.quiet, arm, shown.fired_at, &self.ledger.windows, self.bounds))
            .collect();
        // Every promise it might have kept forbids it.
        if let Some(Some(why)) = why.first().filter(|_| why.iter().all(Option::is_some)) {
            self.accuse(Checker::QuietHours, format!("{name} was due at {} and rang at {}, {why}", shown.due_at, shown.fired_at));
        }
    }

    fn conservation(&mut self, name: &str, subject: &Subject) {
        if !self.ledger.has_rows {
            return;
        }
        let end = self.ledger.ends_at.unwrap_or(Instant::EPOCH);
        for row in &subject.rows {
            let id = &row.alarm;
            match (row.state.as_str(), self.shown.contains(id.as_str())) {
                ("FIRED", true) | ("SUPERSEDED" | "CANCELLED" | "SKIPPED", false) => {}
                ("PENDING", false) if row.due_at > end => {}
                ("PENDING", false) => {
                    self.accuse(Checker::Conservation, format!("{name}: {id} was due at {} and is still pending", row.due_at));
                }
                (state, true) => self.accuse(Checker::Conservation, format!("{name}: {id} rang and is {state}")),
                (state, false) => self.accuse(Checker::Conservation, format!("{name}: {id} is {state} and was never shown")),
            }
        }
        for arm in subject.arms.iter().filter(|arm| arm.rings(self.bounds) == Rings::Surely) {
            // Of a series, what is still to come has no row yet, and that of what rang goes along when the series moves.
            let has_rung = || subject.effects.iter().any(|effect| effect.shown.due_at == arm.due_at);
            let needs_none = arm.chained && (arm.disarmed.is_some() || arm.due_at > end || has_rung());
            if !needs_none && !subject.rows.iter().any(|row| row.due_at == arm.due_at) {
                self.accuse(Checker::Conservation, format!("{name} has no row for {}, which was accepted", arm.due_at));
            }
        }
    }

    fn inboxes(&mut self) {
        for inbox in &self.ledger.inboxes {
            let distinct: BTreeSet<&String> = inbox.notifications.iter().collect();
            if distinct.len() != inbox.notifications.len() {
                self.accuse(Checker::OnceOnly, format!("the inbox of {} lists a notification twice", inbox.user));
            }
            if i64::try_from(inbox.unread) != Ok(inbox.counted) {
                let sentence = format!("{} has {} unread, the counter says {}", inbox.user, inbox.unread, inbox.counted);
                self.accuse(Checker::Conservation, sentence);
            }
        }
    }

    fn no_stale_holder(&mut self) {
        for (job, lease) in &self.ledger.leases {
            for sentence in &lease.broken {
                self.accuse(Checker::NoStaleHolder, format!("{job} {sentence}"));
            }
            if lease.finished == Some(false) {
                self.accuse(Checker::Conservation, format!("{job} was never finished"));
            }
        }
    }

    fn no_gap(&mut self) {
        for sentence in &self.ledger.broken_streams {
            self.accuse(Checker::NoGap, sentence.clone());
        }
    }
}
