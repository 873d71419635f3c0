//! The one pass over a history: who was promised what, what came of it, and when something was broken.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use kernel::Instant;

use super::{
    Bounds, Change, Disarms, Entry, Phase, Promise, Shown, Step, Verb, What,
    quiet::{self, Quiet},
};

/// Everything the checkers ask about, by subject.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) subjects: BTreeMap<String, Subject>,
    pub(super) inboxes: Vec<Inbox>,
    pub(super) windows: Windows,
    pub(super) leases: BTreeMap<String, Lease>,
    /// Breaks in somebody's stream, as sentences.
    pub(super) broken_streams: Vec<String>,
    /// When the last line was written.
    pub(super) ends_at: Option<Instant>,
    /// Whether the rows of the database were written down.
    pub(super) has_rows: bool,
    /// How far the clock of the program may be from the true time.
    skew: Duration,
}

/// One schedule.
#[derive(Debug, Default)]
pub(super) struct Subject {
    /// When its owner does not want to be told, and did not before they changed their mind.
    pub(super) quiet: Vec<Quiet>,
    pub(super) arms: Vec<Arm>,
    /// One per notification id, in the order of first sight.
    pub(super) effects: Vec<Effect>,
    pub(super) rows: Vec<Row>,
}

/// One promise that something rings.
#[derive(Debug)]
pub(super) struct Arm {
    pub(super) verb: Verb,
    pub(super) due_at: Instant,
    starts_at: Option<Instant>,
    /// When the item ends, if quiet hours hold for it.
    pub(super) hushed_until_end: Option<Instant>,
    /// Whether there is a row for it only when the one before it in its series has rung.
    pub(super) chained: bool,
    /// When the first of those reminders of the same request was to ring that speak for it once they are past.
    outranked: Option<Instant>,
    pub(super) asked_at: Instant,
    /// When the client was told that it is done; `None` as long as it was not.
    pub(super) done_at: Option<Instant>,
    /// What disarmed it: when that was asked for, and when it was told to be done.
    pub(super) disarmed: Option<(Instant, Option<Instant>)>,
}

/// Whether an arm rings if nobody disarms it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rings {
    /// It does.
    Surely,
    /// It was past, or nearly, when it was armed, or nobody knows whether it was armed.
    Perhaps,
    /// It was past, and so was the item.
    Never,
}

#[derive(Debug)]
pub(super) struct Effect {
    pub(super) shown: Shown,
    pub(super) seen_at: Instant,
}

#[derive(Debug)]
pub(super) struct Row {
    pub(super) alarm: String,
    pub(super) due_at: Instant,
    pub(super) state: String,
}

#[derive(Debug)]
pub(super) struct Inbox {
    pub(super) user: String,
    pub(super) notifications: Vec<String>,
    pub(super) unread: u64,
    pub(super) counted: i64,
}

/// One job, as its holders saw it.
#[derive(Debug, Default)]
pub(super) struct Lease {
    /// The highest token anybody got, and when.
    newest: Option<(i64, Instant)>,
    /// What should not have happened, as sentences without their subject.
    pub(super) broken: Vec<String>,
    /// Whether it was finished in the end; `None` if nobody looked.
    pub(super) finished: Option<bool>,
}

impl Lease {
    /// A step counts as stale only if it was begun after somebody else was told that the job is theirs.
    fn take(&mut self, token: i64, step: Step, (begun_at, at): (Instant, Instant), actor: &str) {
        let stale = matches!(self.newest, Some((newest, told_at)) if token < newest && told_at < begun_at);
        match (step, self.newest) {
            (Step::Claim, Some((newest, _))) if token == newest || stale => {
                self.broken.push(format!("was claimed by {actor} with the token {token} after {newest}"));
            }
            (Step::Claim, Some((newest, _))) if token < newest => {}
            (Step::Claim, _) => self.newest = Some((token, at)),
            (Step::Start, Some((newest, _))) if stale => {
                self.broken.push(format!("was begun by {actor} with the token {token}, although {newest} held it"));
            }
            (Step::Settle, Some((newest, _))) if stale => {
                self.broken.push(format!("was settled by {actor} with the token {token}, although {newest} held it"));
            }
            (Step::Start | Step::Settle, _) => {}
        }
    }
}

impl Arm {
    fn new(change: &Change, promise: &Promise, asked_at: Instant) -> Self {
        let Promise { due_at, starts_at, hushed_until_end, chained } = *promise;
        let rank = |of: &Promise| (of.hushed_until_end.is_none(), of.due_at);
        let outranked = change.arms.iter().filter(|other| rank(other) > rank(promise)).map(|other| other.due_at).min();
        let (verb, done_at, disarmed) = (change.verb, None, None);
        Self { verb, due_at, starts_at, hushed_until_end, chained, outranked, asked_at, done_at, disarmed }
    }

    /// By the rules of the product for reminders that are past when they are made.
    pub(super) fn rings(&self, bounds: &Bounds) -> Rings {
        let Some(done_at) = self.done_at else { return Rings::Perhaps };
        if self.due_at > done_at + bounds.skew {
            return Rings::Surely;
        }
        let past = self.due_at + bounds.skew < self.asked_at;
        // Of several that were past one speaks for all: the one that was due last, a critical one before any other.
        let speaks = self.outranked.is_none_or(|other| other > done_at + bounds.skew);
        match self.starts_at {
            Some(start) if past && speaks && self.verb == Verb::Create && start > done_at + bounds.skew => Rings::Surely,
            Some(start) if past && start + bounds.skew < self.asked_at => Rings::Never,
            _ => Rings::Perhaps,
        }
    }

    /// Whether nothing says when it rings, if it does: it was past when something was done with its series, and was passed over or not.
    /// One that was passed over may be planned by a later change.
    pub(super) fn is_open(&self, bounds: &Bounds) -> bool {
        let past = self.due_at + bounds.skew < self.asked_at;
        self.chained && past && matches!(self.verb, Verb::Patch | Verb::Restore | Verb::Work)
    }

    /// From when on it could ring: when it was due, or when it was armed if it was due before that.
    pub(super) fn ready_at(&self) -> Instant {
        self.done_at.map_or(self.due_at, |done| done.max(self.due_at))
    }

    /// Whether something that rang at `fired_at` can be this.
    pub(super) fn explains(&self, fired_at: Instant, bounds: &Bounds) -> bool {
        let gone = matches!(self.disarmed, Some((_, Some(done))) if done + bounds.skew < fired_at.max(self.due_at));
        !gone && self.rings(bounds) != Rings::Never
    }
}

/// When something was broken: sorted, without overlap.
#[derive(Debug, Default)]
pub(super) struct Windows(Vec<(Instant, Instant)>);

impl Windows {
    fn merge(mut spans: Vec<(Instant, Instant)>) -> Self {
        spans.sort_unstable();
        let mut merged: Vec<(Instant, Instant)> = Vec::new();
        for (from, to) in spans {
            match merged.last_mut() {
                Some((_, end)) if from <= *end => *end = to.max(*end),
                _ => merged.push((from, to)),
            }
        }
        Self(merged)
    }

    /// By when something must have rung that could ring from `ready_at` on: at once, or soon after all that was broken healed.
    pub(super) fn deadline(&self, ready_at: Instant, bounds: &Bounds) -> Instant {
        let mut deadline = ready_at + bounds.lateness;
        let first = self.0.partition_point(|&(_, to)| to + bounds.recovery < ready_at);
        for &(from, to) in &self.0[first..] {
            if from > deadline {
                break;
            }
            deadline = deadline.max(to + bounds.recovery);
        }
        deadline
    }

    /// Whether something was broken between `from` and `until`.
    pub(super) fn meet(&self, from: Instant, until: Instant) -> bool {
        let next = self.0.partition_point(|&(_, to)| to < from);
        self.0.get(next).is_some_and(|&(began, _)| began <= until)
    }

    /// Whether nothing was broken around `at`.
    pub(super) fn are_clear(&self, at: Instant, bounds: &Bounds) -> bool {
        let next = self.0.partition_point(|&(_, to)| to + bounds.recovery < at);
        self.0.get(next).is_none_or(|&(from, _)| from > at + bounds.lateness)
    }
}

struct Open {
    change: Change,
    asked_at: Instant,
}

/// What is known half-way through the pass.
#[derive(Default)]
struct Pass {
    open: HashMap<(String, String), Open>,
    faults: HashMap<(String, String, String), Instant>,
    spans: Vec<(Instant, Instant)>,
    seen: HashSet<String>,
    streams: HashMap<(String, String), (i64, i64)>,
    quiet: HashMap<String, Vec<Quiet>>,
    /// Who asks for what, by subject.
    owners: HashMap<String, String>,
}

pub(super) fn read(history: &[Entry], bounds: &Bounds) -> Ledger {
    let (mut ledger, mut pass) = (Ledger { skew: bounds.skew, ..Ledger::default() }, Pass::default());
    for entry in history {
        ledger.ends_at = ledger.ends_at.max(Some(entry.ts_wall));
        ledger.take(&mut pass, entry);
    }
    // What was never answered happened or not.
    let mut unanswered: Vec<Open> = pass.open.into_values().collect();
    unanswered.sort_by_key(|open| open.asked_at);
    for open in unanswered {
        ledger.apply(&open.change, open.asked_at, None);
    }
    for (name, subject) in &mut ledger.subjects {
        let owner = pass.owners.get(name);
        subject.quiet = owner.and_then(|owner| pass.quiet.get(owner)).cloned().unwrap_or_default();
    }
    let end = ledger.ends_at.unwrap_or(Instant::EPOCH);
    pass.spans.extend(pass.faults.into_values().map(|from| (from, end)));
    ledger.windows = Windows::merge(pass.spans);
    ledger
}

impl Ledger {
    /// By when an arm must have rung: at once, soon after all that was broken healed, or after the quiet hours that hold it.
    pub(super) fn deadline(&self, subject: &Subject, arm: &Arm, bounds: &Bounds) -> Instant {
        let deadline = self.windows.deadline(arm.ready_at(), bounds);
        let held_until = quiet::may_hold(&subject.quiet, arm, &self.windows, bounds);
        held_until.map_or(deadline, |until| deadline.max(self.windows.deadline(until, bounds)))
    }

    /// Whether an arm need not ring, because the item may be over when the quiet hours that may hold it end.
    pub(super) fn may_be_over(&self, subject: &Subject, arm: &Arm, bounds: &Bounds) -> bool {
        let held = quiet::may_hold(&subject.quiet, arm, &self.windows, bounds).is_some();
        held && arm.hushed_until_end.is_some_and(|ends_at| ends_at <= self.deadline(subject, arm, bounds) + bounds.skew)
    }

    fn take(&mut self, pass: &mut Pass, entry: &Entry) {
        let at = entry.ts_wall;
        match &entry.what {
            What::Change(change) => self.take_change(pass, entry, change),
            What::Shown(shown) => {
                if pass.seen.insert(shown.notification.clone()) {
                    self.subject(&shown.subject).effects.push(Effect { shown: shown.clone(), seen_at: at });
                }
            }
            What::Applied { user, epoch, seq } => {
                let last = pass.streams.entry((entry.actor.clone(), user.clone())).or_insert((*epoch, 0));
                if *last != (*epoch, seq - 1) {
                    self.broken_streams
                        .push(format!("{} applied {epoch}-{seq} of {user} after {}-{}", entry.actor, last.0, last.1));
                }
                *last = (*epoch, *seq);
            }
            What::Reset { user, epoch, seq } => {
                pass.streams.insert((entry.actor.clone(), user.clone()), (*epoch, *seq));
            }
            What::Fault { excuses: false, .. } | What::Campaign(_) => {}
            What::Lease { job, token, step, begun_at } => {
                let lease = self.leases.entry(job.clone()).or_default();
                lease.take(*token, *step, (*begun_at, at), &entry.actor);
            }
            What::Quiet { from, until } => {
                quiet::take(pass.quiet.entry(entry.actor.clone()).or_default(), entry.phase, (*from, *until), at);
            }
            What::Job { job, finished } => self.leases.entry(job.clone()).or_default().finished = Some(*finished),
            What::Fault { kind, node, .. } => {
                let name = (entry.actor.clone(), kind.clone(), node.clone());
                match entry.phase {
                    Phase::Invoke => _ = pass.faults.insert(name, at),
                    _ => pass.spans.extend(pass.faults.remove(&name).map(|from| (from, at))),
                }
            }
            What::Alarm { subject, alarm, due_at, state } => {
                self.has_rows = true;
                self.subject(subject).rows.push(Row { alarm: alarm.clone(), due_at: *due_at, state: state.clone() });
            }
            What::Inbox { user, notifications, unread, counted } => self.inboxes.push(Inbox {
                user: user.clone(),
                notifications: notifications.clone(),
                unread: *unread,
                counted: *counted,
            }),
        }
    }

    fn take_change(&mut self, pass: &mut Pass, entry: &Entry, change: &Change) {
        if !pass.owners.contains_key(&change.subject) {
            pass.owners.insert(change.subject.clone(), entry.actor.clone());
        }
        let name = (change.subject.clone(), change.key.clone());
        match entry.phase {
            Phase::Invoke => {
                pass.open.entry(name).or_insert_with(|| Open { change: change.clone(), asked_at: entry.ts_wall });
            }
            Phase::Info => {}
            Phase::Fail => _ = pass.open.remove(&name),
            Phase::Ok => {
                if let Some(open) = pass.open.remove(&name) {
                    // What was answered counts: a client may learn only from the answer when something will ring.
                    self.apply(change, open.asked_at, Some(entry.ts_wall));
                }
            }
        }
    }

    /// A subject belongs to one client, which does one thing after the other: changes come in the order of their answers.
    fn apply(&mut self, change: &Change, asked_at: Instant, done_at: Option<Instant>) {
        let skew = self.skew;
        let subject = self.subject(&change.subject);
        for arm in &mut subject.arms {
            let (concerned, surely) = match &change.disarms {
                Disarms::Nothing => (false, true),
                Disarms::All => (true, true),
                Disarms::These(dues) => (dues.contains(&arm.due_at), true),
                Disarms::AllButPerhaps(dues) => (true, !dues.contains(&arm.due_at)),
                Disarms::PastPerhaps => (done_at.is_none_or(|done| arm.due_at <= done + skew), false),
            };
            // What was perhaps taken back may still be taken back for sure.
            if concerned && arm.disarmed.is_none_or(|(_, told)| told.is_none()) {
                let asked_at = arm.disarmed.map_or(asked_at, |(before, _)| before);
                arm.disarmed = Some((asked_at, done_at.filter(|_| surely)));
            }
        }
        subject.arms.extend(change.arms.iter().map(|promise| Arm { done_at, ..Arm::new(change, promise, asked_at) }));
    }

    fn subject(&mut self, name: &str) -> &mut Subject {
        if !self.subjects.contains_key(name) {
            self.subjects.insert(name.to_owned(), Subject::default());
        }
        self.subjects.entry(name.to_owned()).or_default()
    }
}
