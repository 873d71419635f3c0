//! C10: no second sees more starts than were promised, nobody is begun with after a stop but those of one permit, and the rate is held.

use std::time::Duration;

use kernel::Instant;

use super::{Court, Deed, Which};
use crate::history::checkers::{Checker, Violation};

const SECOND: Duration = Duration::from_secs(1);

/// After all that was broken healed, another process may take so long to go on.
const TAKEOVER: Duration = Duration::from_secs(8);

/// A round begins with what it does not know yet: how long answers take.
const WARMING_UP: Duration = Duration::from_millis(500);

/// Whoever answers within this is quick enough for any rate.
const QUICK: Duration = Duration::from_millis(50);

impl Court<'_> {
    pub(super) fn pace(&self, found: &mut Vec<Violation>) {
        let mut accuse = |sentence| found.push(Violation { checker: Checker::Pace, sentence });
        self.no_second_too_full(&mut accuse);
        self.nobody_after_a_stop(&mut accuse);
        self.held(&mut accuse);
    }

    /// What the sink sees, and as far as its clock can be believed, what inboxes say.
    fn no_second_too_full(&self, accuse: &mut impl FnMut(String)) {
        let limit = self.book.per_second as usize;
        if limit == 0 {
            return;
        }
        let mut seen: Vec<Instant> = self.book.calls.iter().filter_map(|call| call.arrived_at).collect();
        if self.bounds.skew.is_zero() {
            seen.extend(self.book.inboxes().map(|(_, at)| at));
        }
        seen.sort_unstable();
        let mut spans = seen.iter().zip(seen.iter().skip(limit));
        if let Some((from, _)) = spans.find(|(from, until)| until.since(**from) < SECOND) {
            accuse(format!("in the second from {from} on more than {limit} were begun with"));
        }
    }

    /// From the answer to a stop on, until somebody asks for the round to go on.
    fn nobody_after_a_stop(&self, accuse: &mut impl FnMut(String)) {
        for request in &self.book.requests {
            let stops = matches!(request.deed, Deed::Stock(0) | Deed::Pause | Deed::Cancel);
            let (Some(stopped_at), Some(round), true) = (request.asked.done_at, request.round, stops) else { continue };
            let Some(until) = self.goes_on_at(&request.product, stopped_at) else { continue };
            let which: Which = (request.product.clone(), round);
            let within = |at: Instant| at > stopped_at && at < until;
            let calls = self.book.calls.iter().filter(|call| call.round == which && within(call.left_at)).count();
            if calls > self.book.at_once as usize {
                accuse(format!("{} {round} was stopped by {stopped_at}, and {calls} calls began after that", which.0));
            }
            let told = self.book.inboxes().find(|(of, at)| **of == which && *at > stopped_at + self.bounds.skew && *at < until);
            if let Some((_, at)) = told {
                accuse(format!("{} {round} was stopped by {stopped_at}, and an inbox was written to at {at}", which.0));
            }
        }
    }

    /// When the round of a product that was stopped may go on; nothing, if nobody knows.
    fn goes_on_at(&self, product: &str, stopped_at: Instant) -> Option<Instant> {
        let resumes = self.book.requests.iter().filter(|other| other.deed == Deed::Resume && other.product == product);
        let mut until = Instant::MAX;
        for resume in resumes {
            if resume.asked.at >= stopped_at {
                until = until.min(resume.asked.at);
            } else if resume.asked.may_be_done_from(stopped_at) || resume.asked.done_at.is_some_and(|at| at >= stopped_at) {
                return None;
            }
        }
        Some(until)
    }

    /// While there is enough to do, nothing is broken, and whoever is called answers at once.
    fn held(&self, accuse: &mut impl FnMut(String)) {
        let limit = self.book.per_second;
        if limit == 0 || !self.bounds.skew.is_zero() {
            return;
        }
        let calls = self.book.calls.iter().map(|call| call.left_at);
        let mut starts: Vec<Instant> = calls.chain(self.book.inboxes().map(|(_, at)| at)).collect();
        starts.sort_unstable();
        // What is promised is 490 of 500; where a second begins and ends, a permit may be cut in two.
        let enough = (limit as usize * 98 / 100).saturating_sub(self.book.at_once as usize + 1);
        for (which, round) in &self.book.rounds {
            if round.strict || round.waves {
                continue;
            }
            let mut own: Vec<Instant> = self.book.inboxes().filter(|(of, _)| *of == which).map(|(_, at)| at).collect();
            // Of whom is told again, only the first time: there may be nothing else to do but to wait for that.
            let calls = self.book.calls_in(which);
            own.extend(calls.values().filter_map(|calls| calls.first()).map(|call| call.left_at));
            own.sort_unstable();
            let (Some(first), Some(last)) = (own.first(), own.last()) else { continue };
            for from in own.iter().copied().filter(|at| *at >= *first + WARMING_UP && *at + SECOND <= *last) {
                let many = starts.partition_point(|at| *at < from + SECOND) - starts.partition_point(|at| *at < from);
                if many < enough && self.is_clear(which, from) {
                    accuse(format!(
                        "only {many} were begun with in the second from {from} on, and {} {} had more to do",
                        which.0, which.1
                    ));
                    return;
                }
            }
        }
    }

    /// Whether nothing holds up a round in the second from `from` on.
    fn is_clear(&self, which: &Which, from: Instant) -> bool {
        let (before, until) = (from - TAKEOVER, from + SECOND);
        let steered = self
            .book
            .requests
            .iter()
            .any(|request| request.product == which.0 && request.asked.at <= until && request.asked.may_be_done_from(before));
        let slow = self.book.calls.iter().filter(|call| call.left_at >= before && call.left_at <= until).any(|call| {
            let answered = call.answered.is_some_and(|(_, at)| at.since(call.left_at) <= QUICK);
            !answered || matches!(call.answered, Some((super::Said::Later, _)))
        });
        !steered && !slow && !self.windows.meet(before, until)
    }
}
