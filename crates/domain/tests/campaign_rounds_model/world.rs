//! A product, its line, two rounds of it and their ledgers, a service, a sender and what may happen to them.

use std::{
    collections::{BTreeSet, VecDeque},
    hash::{Hash, Hasher},
};

use domain::campaigns::{
    Attempt, Cause, Deed, OnUnknown, Party, Place, Product, ProductDraft, Reason, Round, RoundState, RowState, Settlement,
    SubscriptionState, settle,
};
use kernel::{Instant, ProductId, UserId};
use uuid::Uuid;

use crate::Protocol;

/// How many wait at first, how many of them a permit is for, and how many rounds there are.
pub(crate) const PEOPLE: usize = 3;
pub(crate) const CHUNK: usize = 2;
const ROUNDS: usize = 2;
/// So often somebody can have come to the line.
pub(crate) const STAYS: usize = 2;

/// Where somebody stands in the line: their place, and which time it is that they wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) seq: u8,
    pub(crate) stay: usize,
    pub(crate) state: SubscriptionState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Row {
    pub(crate) person: usize,
    /// For which stay in the line they were begun with last.
    pub(crate) stay: usize,
    pub(crate) state: RowState,
    pub(crate) is_unknown: bool,
    pub(crate) token: u8,
    pub(crate) attempts: u8,
}

/// A round, the last place in it, its ledger, and how many calls of it began after it stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) round: Round,
    pub(crate) until: u8,
    pub(crate) rows: Vec<Row>,
    pub(crate) late: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Call {
    round: usize,
    row: usize,
    person: usize,
    stay: usize,
    seq: u8,
    attempt: u8,
    token: u8,
}

/// What may still happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Budget {
    pub(crate) takeovers: u8,
    pub(crate) stops: u8,
    pub(crate) lost: u8,
    pub(crate) moves: u8,
}

#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) product: Product,
    pub(crate) next_seq: u8,
    pub(crate) line: [Subscription; PEOPLE],
    pub(crate) rounds: Vec<Kept>,
    /// The term of the sender, what it was permitted and has not begun with, and calls that are not answered: its own, and those of whoever
    /// was the sender before.
    pub(crate) term: u8,
    pub(crate) queue: VecDeque<Call>,
    pub(crate) calls: BTreeSet<Call>,
    /// The keys that the service has: person, place, and round where it is of that.
    pub(crate) keys: BTreeSet<(usize, u8, usize)>,
    /// How often it was called and how often it has told, for each person and each time that they waited.
    pub(crate) called: [[u8; STAYS]; PEOPLE],
    pub(crate) told: [[u8; STAYS]; PEOPLE],
    pub(crate) budget: Budget,
    /// What the last step did that must not be done.
    pub(crate) wrong: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step {
    Raise,
    Freeze,
    Permit,
    Begin,
    Answer(Call, Attempt),
    /// Another sender; whether the one before is dead, so that nobody hears what came of its calls.
    TakeOver(bool),
    Adopt(usize),
    Stop(Deed),
    Leave(usize),
    /// Somebody subscribes again: who was told, or who left a moment ago.
    ComeBack(usize),
}

/// How many, as rounds count.
pub(crate) fn many(count: usize) -> i64 {
    i64::try_from(count).expect("few")
}

impl World {
    pub(crate) fn new<P: Protocol>() -> Self {
        let ids = (ProductId::from_uuid(Uuid::from_u128(1)), UserId::from_uuid(Uuid::from_u128(2)), "p");
        let draft = ProductDraft { name: "Lamp".to_owned(), ..ProductDraft::default() };
        let seqs: [u8; PEOPLE] = std::array::from_fn(|person| u8::try_from(person + 1).expect("few"));
        let mut world = Self {
            product: draft.begin(ids, 0, Instant::EPOCH).expect("a product"),
            next_seq: seqs[PEOPLE - 1] + 1,
            line: seqs.map(|seq| Subscription { seq, stay: 0, state: SubscriptionState::Active }),
            rounds: Vec::new(),
            term: 1,
            queue: VecDeque::new(),
            calls: BTreeSet::new(),
            keys: BTreeSet::new(),
            called: Default::default(),
            told: Default::default(),
            budget: Budget { takeovers: u8::from(P::DIES), stops: 1, lost: u8::from(P::LOSES), moves: 1 },
            wrong: None,
        };
        world.raise().expect("the first round");
        world.freeze::<P>().expect("everybody is written down");
        world
    }

    /// What tells two worlds apart. Why a round has stopped does not, but for whether it is over: nothing that may still happen asks for more.
    fn key(&self) -> impl Hash + PartialEq + use<'_> {
        let Self { product: _, next_seq, line, rounds, term, queue, calls, keys, called, told, budget, wrong } = self;
        let line = line.map(|place| (place.seq, place.stay, place.state as u8));
        let rounds = rounds.iter().map(|Kept { round, rows, late, .. }| {
            let state = (round.state == RoundState::InProgress, round.state.is_over());
            (state, round.frozen, round.next_position, rows, late)
        });
        (next_seq, line, rounds.collect::<Vec<_>>(), (term, queue, calls), (keys, called, told), budget, wrong)
    }

    pub(crate) fn steps<P: Protocol>(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let last = &self.rounds[self.rounds.len() - 1];
        if !last.round.state.is_under_way() && self.rounds.len() < ROUNDS {
            steps.push(Step::Raise);
        }
        if last.round.state == RoundState::InProgress {
            steps.push(if last.round.frozen { Step::Permit } else { Step::Freeze });
            if self.budget.stops > 0 {
                steps.extend([Step::Stop(Deed::SellOut), Step::Stop(Deed::Cancel), Step::Stop(Deed::Fail)]);
            }
        }
        if !self.queue.is_empty() && self.under_way() < P::WIDTH {
            steps.push(Step::Begin);
        }
        for call in &self.calls {
            steps.push(Step::Answer(*call, Attempt::Told));
            if self.budget.lost > 0 {
                steps.push(Step::Answer(*call, Attempt::Unknown));
            }
        }
        if self.budget.takeovers > 0 && (!self.calls.is_empty() || !self.queue.is_empty()) {
            steps.extend([Step::TakeOver(true), Step::TakeOver(false)]);
        }
        steps.extend((0..self.rounds.len()).filter(|round| self.is_left(*round)).map(Step::Adopt));
        if self.budget.moves > 0 {
            let waits = |person: &usize| self.line[*person].state == SubscriptionState::Active;
            steps.extend((0..PEOPLE).filter(waits).map(Step::Leave));
            steps.extend((0..PEOPLE).map(Step::ComeBack));
        }
        steps
    }

    pub(crate) fn take<P: Protocol>(&mut self, step: Step) -> Result<(), String> {
        match step {
            Step::Raise => self.raise()?,
            Step::Freeze => self.freeze::<P>()?,
            Step::Permit => self.permit::<P>()?,
            Step::Begin => self.begin::<P>()?,
            Step::Answer(call, came) => self.answer::<P>(call, came),
            Step::TakeOver(is_dead) => {
                self.budget.takeovers -= 1;
                self.term += 1;
                self.queue.clear();
                if is_dead {
                    self.calls.clear();
                }
            }
            Step::Adopt(round) => self.adopt::<P>(round),
            Step::Stop(deed) => {
                self.budget.stops -= 1;
                if deed == Deed::SellOut {
                    self.product.set_stock(0, Instant::EPOCH).map_err(|error| error.to_string())?;
                }
                self.turn(deed)?;
            }
            Step::Leave(person) => self.leave(person),
            Step::ComeBack(person) => self.come_back::<P>(person)?,
        }
        for kept in &mut self.rounds {
            if kept.round.state == RoundState::InProgress && kept.round.is_settled() {
                kept.round.turn(Deed::Finish, kept.round.cause, Instant::EPOCH).map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }

    /// Calls of the sender.
    pub(crate) fn under_way(&self) -> usize {
        self.calls.iter().filter(|call| call.token == self.term).count()
    }

    /// Whether an earlier term has left somebody of a round in flight.
    fn is_left(&self, round: usize) -> bool {
        self.rounds[round].rows.iter().any(|row| row.state == RowState::InFlight && row.token < self.term)
    }

    pub(crate) fn last(&mut self) -> &mut Kept {
        self.rounds.last_mut().expect("a round")
    }

    fn turn(&mut self, deed: Deed) -> Result<(), String> {
        self.last().round.turn(deed, Cause::Asked, Instant::EPOCH).map_err(|error| error.to_string())
    }

    fn put(&mut self, (round, row): (usize, usize), state: RowState) {
        let Kept { round, rows, .. } = &mut self.rounds[round];
        round.count(rows[row].state, state);
        rows[row].state = state;
    }

    /// Something is in stock again, or somebody asks for a round.
    fn raise(&mut self) -> Result<(), String> {
        let stock = self.product.set_stock(1, Instant::EPOCH).map_err(|error| error.to_string())?;
        if stock.came_back() {
            self.product.round += 1;
        } else {
            self.product.begin_round(Instant::EPOCH);
        }
        let round = Round::begin(&self.product, Cause::Asked, Instant::EPOCH);
        self.rounds.push(Kept { round, until: self.next_seq - 1, rows: Vec::new(), late: 0 });
        Ok(())
    }

    fn freeze<P: Protocol>(&mut self) -> Result<(), String> {
        let told = |person: &usize| self.line[*person].state == SubscriptionState::Notified;
        let waits = |person: &usize| self.line[*person].state == SubscriptionState::Active;
        let behind = if P::FROM_THE_FRONT { 0 } else { self.furthest() };
        let Kept { until, .. } = self.rounds[self.rounds.len() - 1];
        let is_of_it = |person: &usize| waits(person) || (!P::OF_THOSE_WHO_WAIT && told(person));
        let mut people: Vec<usize> = (0..PEOPLE).filter(is_of_it).collect();
        people.retain(|person| (behind + 1..=until).contains(&self.line[*person].seq));
        people.sort_by_key(|person| self.line[*person].seq);
        let row = |person| Row { person, stay: 0, state: RowState::Waiting, is_unknown: false, token: 0, attempts: 0 };
        let wrong =
            people.iter().find(|person| told(person)).map(|person| format!("{person} is of a round, and was told before"));
        let kept = self.last();
        kept.rows = people.into_iter().map(row).collect();
        (kept.round.total, kept.round.frozen) = (many(kept.rows.len()), true);
        wrong.map_or(Ok(()), Err)
    }

    /// The last place of which somebody was told.
    fn furthest(&self) -> u8 {
        let told = (0..PEOPLE).filter(|person| self.line[*person].state == SubscriptionState::Notified);
        told.map(|person| self.line[person].seq).max().unwrap_or(0)
    }

    fn permit<P: Protocol>(&mut self) -> Result<(), String> {
        let last = self.rounds.len() - 1;
        let Kept { round, rows, until, .. } = &self.rounds[last];
        if self.is_left(last) || (P::ONE_PERMIT && !self.queue.is_empty()) || round.state != RoundState::InProgress {
            return Ok(());
        }
        let earlier = self.rounds[..last].iter().any(|kept| kept.round.in_flight > 0);
        if P::WAITS && round.next_position == 1 && earlier {
            return Ok(());
        }
        let until = *until;
        let retries: Vec<usize> = (0..rows.len()).filter(|row| rows[*row].state == RowState::Retry).take(CHUNK).collect();
        let from = usize::try_from(round.next_position - 1).map_err(|error| error.to_string())?;
        for row in if retries.is_empty() { (from..rows.len()).take(CHUNK).collect() } else { retries } {
            let Row { person, attempts, .. } = self.rounds[last].rows[row];
            let Subscription { seq, stay, state } = self.line[person];
            if state != SubscriptionState::Active || seq > until {
                self.put((last, row), RowState::Skipped);
                continue;
            }
            let sent = |of: &Row| of.person == person && of.stay == stay && of.state == RowState::Sent;
            if self.rounds.iter().flat_map(|kept| &kept.rows).any(sent) {
                return Err(format!("{person} is begun with, and it is known that they were told"));
            }
            self.put((last, row), RowState::InFlight);
            let (attempt, token) = (attempts + 1, self.term);
            self.rounds[last].rows[row] = Row { stay, token, attempts: attempt, ..self.rounds[last].rows[row] };
            self.queue.push_back(Call { round: last, row, person, stay, seq, attempt, token });
        }
        Ok(())
    }

    /// A call leaves, and the service tells once for each key.
    fn begin<P: Protocol>(&mut self) -> Result<(), String> {
        let Some(call) = self.queue.pop_front() else { return Ok(()) };
        let Call { round, person, stay, seq, .. } = call;
        self.calls.insert(call);
        // More than once is often enough, where anybody counts.
        let most = if P::ON_UNKNOWN == OnUnknown::Skip { 2 } else { 1 };
        self.called[person][stay] = most.min(self.called[person][stay] + 1);
        if self.keys.insert((person, seq, if P::KEY_OF_PLACE { 0 } else { round })) {
            self.told[person][stay] += 1;
        }
        let is_before = |other: &usize| {
            let Subscription { seq: place, stay, state } = self.line[*other];
            place < seq && state == SubscriptionState::Active && self.called[*other][stay] == 0
        };
        if let Some(before) = (0..PEOPLE).find(is_before) {
            return Err(format!("{person} is begun with before {before}"));
        }
        let kept = &mut self.rounds[round];
        kept.late += usize::from(kept.round.state != RoundState::InProgress);
        if kept.late > CHUNK {
            return Err(format!("{} calls began after their round had stopped", kept.late));
        }
        Ok(())
    }

    fn answer<P: Protocol>(&mut self, call: Call, came: Attempt) {
        self.calls.remove(&call);
        self.budget.lost -= u8::from(came == Attempt::Unknown);
        let at = (call.round, call.row);
        let Kept { round, rows, .. } = &self.rounds[call.round];
        let Row { state, token, attempts, .. } = rows[call.row];
        let is_over = round.state.is_over();
        let may_mark = P::MARKS || round.state == RoundState::InProgress;
        let holds = state == RowState::InFlight && token == call.token && attempts == call.attempt;
        match settle(came, i64::from(call.attempt), P::ON_UNKNOWN) {
            Settlement::Sent if state != RowState::Sent => {
                self.put(at, RowState::Sent);
                if may_mark {
                    self.mark(at);
                }
            }
            Settlement::Retry(_) if holds && is_over => self.put(at, RowState::Failed),
            Settlement::Retry(_) if holds => self.put(at, RowState::Retry),
            Settlement::Skipped(Reason::Unknown) if holds => self.give_up(at, true),
            _ => {}
        }
    }

    /// It is not known whether somebody was told, and nobody asks again; whether they are taken for told.
    fn give_up(&mut self, at: (usize, usize), may_be_told: bool) {
        self.put(at, RowState::Skipped);
        self.rounds[at.0].rows[at.1].is_unknown = true;
        if may_be_told {
            self.mark(at);
        }
    }

    /// Ends the subscription for which somebody was told.
    fn mark(&mut self, (round, row): (usize, usize)) {
        let Kept { until, rows, .. } = &self.rounds[round];
        let place = &mut self.line[rows[row].person];
        if place.state == SubscriptionState::Active && place.seq <= *until {
            place.state = SubscriptionState::Notified;
        }
    }

    /// What an earlier term has left in flight in a round.
    fn adopt<P: Protocol>(&mut self, round: usize) {
        let skips = P::ON_UNKNOWN == OnUnknown::Skip;
        let again = !skips && !self.rounds[round].round.state.is_over();
        for row in 0..self.rounds[round].rows.len() {
            let Row { state, token, .. } = self.rounds[round].rows[row];
            if state != RowState::InFlight || token >= self.term {
                continue;
            }
            if again { self.put((round, row), RowState::Retry) } else { self.give_up((round, row), skips) }
        }
    }

    fn leave(&mut self, person: usize) {
        self.budget.moves -= 1;
        self.line[person].state = SubscriptionState::Left;
    }

    fn come_back<P: Protocol>(&mut self, person: usize) -> Result<(), String> {
        self.leave(person);
        let Subscription { seq, stay, state } = self.line[person];
        let place = Place::of(Some((state, Some(Party::Recipient))), Party::Recipient).map_err(|error| error.to_string())?;
        if place == Place::New {
            let seq = if P::NEW_PLACE { self.next_seq } else { seq };
            self.next_seq += 1;
            self.line[person] = Subscription { seq, stay: stay + 1, state: SubscriptionState::Active };
        }
        Ok(())
    }
}

impl PartialEq for World {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Hash for World {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}
