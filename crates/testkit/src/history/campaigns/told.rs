//! C9: the ledger is what the sink and the inboxes saw. Everybody in a round is told in order, once, or it is known why not.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use kernel::Instant;

use super::{Call, Court, Move, Round, Row, SENT, Said, Which};
use crate::history::checkers::{Checker, Violation};

/// A sender that lost its lease, its database or its life leaves work to the next one for so long.
const SETTLING: Duration = Duration::from_secs(12);

/// The longest that something takes from when it is begun with until it is written: a node may stand still.
const LONGEST: Duration = Duration::from_mins(1);

/// So many calls of a round fail, before it is stopped for that.
const SURE: usize = 5;

/// So often somebody is tried.
const ATTEMPTS: i64 = 10;

/// A round is stopped for calls that failed if they were its own: what others cannot send is nothing to it.
fn stopped_for_its_own(round: &Round, calls: &BTreeMap<&str, Vec<&Call>>, accuse: &mut impl FnMut(String)) {
    let is_answered = |call: &&&Call| matches!(call.answered, Some((Said::Taken | Said::Refused, _)));
    let failed = calls.values().flatten().filter(|call| !is_answered(call)).count();
    if round.state == "CANCELED_BY_ERROR" && failed < SURE {
        accuse(format!("was stopped because nothing goes out, and {failed} of its calls failed"));
    }
}

impl Court<'_> {
    pub(super) fn told(&self, found: &mut Vec<Violation>) {
        let mut accuse = |sentence| found.push(Violation { checker: Checker::Told, sentence });
        self.one_key_for_each(&mut accuse);
        for (which, round) in &self.book.rounds {
            let calls = self.book.calls_in(which);
            let name = format!("{} {}", which.0, which.1);
            let mut tell = |sentence: String| accuse(format!("{name}: {sentence}"));
            self.sums(which, round, &mut tell);
            self.in_order(which, round, &calls, &mut tell);
            self.line_of(which, round, &mut tell);
            self.left_out(which, round, &mut tell);
            stopped_for_its_own(round, &calls, &mut tell);
            for row in &round.rows {
                let of_row = calls.get(row.who.as_str()).map_or(&[][..], Vec::as_slice);
                self.as_it_was(which, round, (row, of_row), &mut tell);
                self.told_again(of_row, &mut tell);
                self.reason(which, round, (row, of_row), &mut tell);
                self.had_left(which, row, &mut tell);
            }
        }
        self.over_rounds(&mut accuse);
        self.strays(&mut accuse);
    }

    /// A key names one person, over rounds as well: while nobody knows whether they were told, they keep it. In a round, each has one.
    fn one_key_for_each(&self, accuse: &mut impl FnMut(String)) {
        let (mut keys, mut people) = (BTreeMap::new(), BTreeMap::new());
        for call in &self.book.calls {
            let person = (&call.round.0, &call.who);
            if *keys.entry(&call.key).or_insert(person) != person {
                accuse(format!("the key {} names two people", call.key));
            }
            if *people.entry((&call.round, &call.who)).or_insert(&call.key) != &call.key {
                accuse(format!("{} {}: {} is told under two keys", call.round.0, call.round.1, call.who));
            }
        }
    }

    /// What a round says of itself is what its ledger says, and it has come to an end.
    fn sums(&self, which: &Which, round: &Round, accuse: &mut impl FnMut(String)) {
        let at = |state: &str| i64::try_from(round.rows.iter().filter(|row| row.state == state).count()).unwrap_or(-1);
        let rows = i64::try_from(round.rows.len()).unwrap_or(-1);
        let counted = [rows, at(SENT), at("SKIPPED"), at("FAILED")];
        if counted != round.counts {
            accuse(format!("says {:?} of itself, and its ledger {counted:?}", round.counts));
        }
        if !round.rows.iter().map(|row| row.position).eq(1..=rows) {
            accuse("has holes in its ledger".to_owned());
        }
        let open = round.rows.iter().find(|row| matches!(row.state.as_str(), "WAITING" | "RETRY" | "IN_FLIGHT"));
        match (round.state.as_str(), open) {
            ("COMPLETED", Some(row)) => accuse(format!("is over, and {} is {}", row.who, row.state)),
            ("COMPLETED", None) if !round.frozen => accuse("is over, and not everybody is written down".to_owned()),
            ("IN_PROGRESS" | "PAUSED", _) => accuse(format!("is {} in the end", round.state)),
            _ => {}
        }
        if let Some(row) = round.rows.iter().find(|row| row.state == "IN_FLIGHT") {
            accuse(format!("{} is in flight for ever", row.who));
        }
        let last = self.book.rounds.keys().filter(|other| other.0 == which.0).map(|other| other.1).max();
        let is_done = matches!(round.state.as_str(), "COMPLETED" | "CANCELED");
        if last == Some(which.1) && !is_done {
            accuse(format!("is {} in the end, with something in stock and nothing broken", round.state));
        }
    }

    /// Everybody is begun with for the first time in the order of positions. Strictly, it is after everybody before them is settled.
    fn in_order(&self, which: &Which, round: &Round, calls: &BTreeMap<&str, Vec<&Call>>, accuse: &mut impl FnMut(String)) {
        let mut told: Option<(Instant, &Row)> = None;
        let mut called: Option<(Instant, &Row)> = None;
        let mut first_calls: Vec<(Instant, &Row)> = Vec::new();
        let mut settled: Option<(Instant, &Row)> = None;
        for row in &round.rows {
            let by_inbox = self.book.told.get(&(which.clone(), row.who.clone())).and_then(|at| at.first().copied());
            let of_row = calls.get(row.who.as_str()).map_or(&[][..], Vec::as_slice);
            if let Some(begun) = by_inbox.or(of_row.first().map(|call| call.left_at)) {
                let too_late = |(before, _): &(Instant, &Row)| *before > begun + self.bounds.skew;
                let held_back = by_inbox.and_then(|_| {
                    let calls = first_calls.iter().filter(|call| too_late(call));
                    calls.copied().find(|(left, other)| self.was_its_turn((other, *left), begun, round))
                });
                let called_before = called.filter(|_| by_inbox.is_none());
                for (before, other) in [told, called_before].into_iter().flatten().filter(too_late).chain(held_back) {
                    accuse(format!("{} was begun with at {begun}, {} only at {before}", row.position, other.position));
                }
                if let Some((before, other)) = settled.filter(too_late) {
                    accuse(format!(
                        "{} was begun with at {begun}, {} was settled only at {before}",
                        row.position, other.position
                    ));
                }
                if by_inbox.is_some() {
                    told = told.max_by_time(begun, row);
                } else {
                    called = called.max_by_time(begun, row);
                    if i64::try_from(of_row.len()).is_ok_and(|calls| calls >= row.attempts) {
                        first_calls.push((begun, row));
                    }
                }
            }
            // Where whoever may have been told is passed over, it may be found out later that they were.
            if round.strict && (self.book.resends || row.attempts == 0) {
                settled = settled.max_by_time(row.settled_at.unwrap_or(Instant::EPOCH), row);
            }
        }
    }

    /// Whether a call that left late was to leave before the inbox that was written to at `told_at`. It was, if it was permitted by then. If
    /// not, it may have been given back by a sender that stopped, for which something must be broken: nobody waits for the channel but those
    /// whom it tells.
    fn was_its_turn(&self, (row, left_at): (&Row, Instant), told_at: Instant, round: &Round) -> bool {
        let permitted = row.started_at.is_some_and(|at| at + self.bounds.skew < told_at);
        permitted || !self.windows.meet(round.started_at - SETTLING, left_at)
    }

    /// Positions follow places.
    fn line_of(&self, which: &Which, round: &Round, accuse: &mut impl FnMut(String)) {
        let mut last = (0, "nobody");
        for row in &round.rows {
            let moves = self.book.moves_of(which, &row.who);
            let raised = self.raised_by(which, round);
            if !moves.iter().any(|step| step.comes && step.asked.at <= raised) {
                accuse(format!("{} is in it, and came only later or never", row.who));
            }
            let Some(place) = self.place(moves, round.started_at, raised) else { continue };
            if place <= last.0 {
                accuse(format!("{} comes after {}, who subscribed later", row.who, last.1));
            }
            last = (place, &row.who);
        }
    }

    /// By when a round was raised for sure. It says itself when that was begun with.
    fn raised_by(&self, which: &Which, round: &Round) -> Instant {
        let named = self.book.requests.iter().filter(|request| request.product == which.0 && request.round == Some(which.1));
        let answered = named.filter_map(|request| request.asked.done_at).min();
        answered.unwrap_or(round.started_at + LONGEST).max(round.started_at) + self.bounds.skew
    }

    /// Somebody's place when a round was raised; nothing, if nobody knows for sure.
    fn place(&self, moves: &[Move], asked: Instant, after: Instant) -> Option<i64> {
        let before = asked - self.bounds.skew;
        let came = moves.iter().rev().find(|step| step.comes && step.asked.at <= after)?;
        came.asked.over_by().filter(|by| *by < before)?;
        // An earlier attempt that nobody heard of may have given another place.
        moves.iter().all(|step| !step.asked.lingers || !step.comes).then_some(came.place).flatten()
    }

    /// Whoever waited when it was raised is in it; who had left by then is not.
    fn left_out(&self, which: &Which, round: &Round, accuse: &mut impl FnMut(String)) {
        let members: BTreeSet<&str> = round.rows.iter().map(|row| row.who.as_str()).collect();
        let (before, after) = (round.started_at - self.bounds.skew, self.raised_by(which, round));
        for ((product, who), moves) in self.book.moves.iter().filter(|((product, _), _)| *product == which.0) {
            let Some(came) = moves.iter().rev().find(|step| step.comes && step.asked.over_by().is_some_and(|by| by < before))
            else {
                continue;
            };
            let went = moves.iter().any(|step| !step.comes && step.asked.may_be_done_from(came.asked.at));
            let told = self.book.rounds.iter().filter(|(of, _)| of.0 == *product && **of != *which);
            let told = told.flat_map(|(_, other)| &other.rows).any(|row| {
                row.who == *who && row.settled_at.max(row.started_at).is_some_and(|at| at + self.bounds.skew >= came.asked.at)
            });
            if round.frozen && !went && !told && !members.contains(who.as_str()) {
                accuse(format!("{who} waited and is left out"));
            }
        }
        for who in members {
            let moves = self.book.moves_of(which, who);
            let left = moves.iter().rev().find(|step| !step.comes && step.asked.done_at.is_some_and(|at| at < before));
            let Some(left) = left else { continue };
            let back =
                moves.iter().any(|step| step.comes && step.asked.at <= after && step.asked.may_be_done_from(left.asked.at));
            if !back {
                accuse(format!("{who} is in it, and had left"));
            }
        }
    }

    /// A line says that somebody was told if, and only if, they were.
    fn as_it_was(&self, which: &Which, round: &Round, (row, calls): (&Row, &[&Call]), accuse: &mut impl FnMut(String)) {
        let who = &row.who;
        let inboxes = self.book.told.get(&(which.clone(), who.clone())).map_or(0, Vec::len);
        let sent = row.state == SENT;
        if row.has_account {
            if inboxes != usize::from(sent) {
                accuse(format!("{who} is {} and has {inboxes} notifications", row.state));
            }
            if !calls.is_empty() {
                accuse(format!("{who} has an account and was handed over"));
            }
            return;
        }
        if inboxes > 0 {
            accuse(format!("{who} has no account and an inbox"));
        }
        if calls.iter().any(|call| call.position != row.position) {
            accuse(format!("{who} was handed over as somebody else"));
        }
        let taken = calls.iter().filter(|call| call.taken);
        if sent && taken.clone().count() == 0 {
            accuse(format!("{who} is {SENT}, and nobody took the message"));
        }
        if i64::try_from(calls.len()).unwrap_or(i64::MAX) > row.attempts {
            accuse(format!("{who} was handed over {} times in {} attempts", calls.len(), row.attempts));
        }
        if !sent && taken.clone().any(|call| self.is_certain(call)) {
            accuse(format!("{who} was told for certain, and is {} in a round that is {}", row.state, round.state));
        }
    }

    /// Whether whoever made a call heard that it was taken, and nothing kept them from saying so.
    fn is_certain(&self, call: &Call) -> bool {
        let Some((Said::Taken, at)) = call.answered else { return false };
        !self.windows.meet(call.left_at - SETTLING, at + SETTLING)
    }

    /// Somebody is called again only if nobody knows what came of the last time, or if they were not to be told then.
    fn told_again(&self, calls: &[&Call], accuse: &mut impl FnMut(String)) {
        for pair in calls.windows(2) {
            let (first, again) = (pair[0], pair[1]);
            let said_later = matches!(first.answered, Some((Said::Later, _)));
            let unknown = first.answered.is_none() || self.windows.meet(first.left_at - SETTLING, again.left_at);
            if !said_later && (!unknown || !self.book.resends) {
                let sentence = format!("{} was told again at {}, which was known to be done", first.who, again.left_at);
                accuse(sentence);
            }
        }
    }

    /// Nobody is passed over or given up without a reason that holds.
    fn reason(&self, which: &Which, round: &Round, (row, calls): (&Row, &[&Call]), accuse: &mut impl FnMut(String)) {
        let Some(reason) = row.reason.as_deref() else { return };
        let settled = row.settled_at.unwrap_or(Instant::MAX) + self.bounds.skew;
        let is_over = matches!(round.state.as_str(), "COMPLETED" | "CANCELED");
        let unknown = || calls.iter().any(|call| call.answered.is_none()) || self.windows.meet(round.started_at, settled);
        let holds = match reason {
            "unsubscribed" | "gone" => {
                let moves = self.book.moves_of(which, &row.who);
                let has_moved = moves
                    .iter()
                    .any(|step| step.asked.at <= settled && step.asked.may_be_done_from(round.started_at - self.bounds.skew));
                // Whom an earlier round began with may turn out to have been told, or to be passed over for good.
                let ends = |other: &Row| other.state == SENT || other.reason.as_deref() == Some("unknown");
                let earlier = self.book.rounds.iter().filter(|(other, _)| other.0 == which.0 && other.1 < which.1);
                let earlier = earlier.flat_map(|(_, other)| &other.rows).any(|other| {
                    other.who == row.who && ends(other) && other.settled_at.is_some_and(|at| at + SETTLING >= round.started_at)
                });
                has_moved || earlier
            }
            "refused" => calls.iter().any(|call| matches!(call.answered, Some((Said::Refused, _)))),
            "gave_up" => row.attempts >= ATTEMPTS || is_over,
            "unknown" => (!self.book.resends || is_over) && unknown(),
            _ => false,
        };
        if !holds {
            accuse(format!("{} is {} because of {reason}, which nobody knows of", row.who, row.state));
        }
    }

    /// Who has left is told no more, unless they came back.
    fn had_left(&self, which: &Which, row: &Row, accuse: &mut impl FnMut(String)) {
        let Some(begun) = row.started_at else { return };
        let moves = self.book.moves_of(which, &row.who);
        let left = |step: &&Move| !step.comes && step.asked.done_at.is_some_and(|at| at + self.bounds.skew < begun);
        let Some(left) = moves.iter().rev().find(left) else { return };
        let back = moves.iter().any(|step| step.comes && step.asked.at <= begun && step.asked.may_be_done_from(left.asked.at));
        if !back {
            accuse(format!("{} was begun with at {begun}, and had left", row.who));
        }
    }

    /// Who was told waits no more, so that the next round does not tell them, unless they came back.
    fn over_rounds(&self, accuse: &mut impl FnMut(String)) {
        let mut told: BTreeMap<(&str, &str), (Instant, i64)> = BTreeMap::new();
        for (which, round) in &self.book.rounds {
            for row in round.rows.iter().filter(|row| row.state == SENT) {
                let (Some(begun), Some(settled)) = (row.started_at, row.settled_at) else { continue };
                let person = (which.0.as_str(), row.who.as_str());
                if let Some((before, earlier)) = told.insert(person, (settled, which.1)) {
                    let moves = self.book.moves_of(which, &row.who);
                    let from = before - self.bounds.skew;
                    let back = moves.iter().any(|step| step.comes && step.asked.may_be_done_from(from));
                    let unclear = self.windows.meet(before - SETTLING, begun.min(before + LONGEST));
                    if before + self.bounds.skew < begun && !back && !unclear {
                        accuse(format!("{} {}: {} was told in {earlier} and again", which.0, which.1, row.who));
                    }
                }
            }
        }
    }

    /// Nobody is told who is in no ledger.
    fn strays(&self, accuse: &mut impl FnMut(String)) {
        let products = self.book.products();
        let is_known = |which: &Which, who: &str| {
            let rows = self.book.rounds.get(which).map_or(&[][..], |round| round.rows.as_slice());
            rows.iter().any(|row| row.who == who)
        };
        let called = self.book.calls.iter().map(|call| (&call.round, call.who.as_str()));
        let told: BTreeSet<_> = self.book.told.keys().map(|(which, who)| (which, who.as_str())).chain(called).collect();
        for (which, who) in told.into_iter().filter(|(which, who)| products.contains(&which.0) && !is_known(which, who)) {
            accuse(format!("{} {}: {who} was told and is not in its ledger", which.0, which.1));
        }
    }
}

/// The later of two.
trait Latest<'a> {
    fn max_by_time(self, at: Instant, row: &'a Row) -> Self;
}

impl<'a> Latest<'a> for Option<(Instant, &'a Row)> {
    fn max_by_time(self, at: Instant, row: &'a Row) -> Self {
        match self {
            Some((before, _)) if before >= at => self,
            _ => Some((at, row)),
        }
    }
}
