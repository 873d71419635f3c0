//! A restock round against everything that may happen to it, all of it, within bounds.
//!
//! Two senders, a service that tells by key, and a database that holds the round and its ledger: every order of permits, calls, answers that
//! arrive and answers that are lost, crashes, takeovers, stops, resumes and people who leave. The round, its counters, its states and what an
//! answer leads to are those of the product; the transactions around them are as short as they can be said. In every state:
//!
//! - nobody is told under two keys, and whoever the ledger says was told was told;
//! - nobody is begun with while the round does not go on, nor before everybody who stands before them;
//! - the counters of the round are what its rows say, and it is COMPLETED only when everybody in it is settled;
//! - left alone, it is COMPLETED after a while, and everybody who waits was told.
//!
//! The last is said of every state instead of as something that happens in the end, because only so is it checked on every path. The twins
//! at the end break one rule each, and must be convicted.

use std::{
    collections::VecDeque,
    hash::{Hash, Hasher},
    marker::PhantomData,
};

use domain::campaigns::{Attempt, Cause, Deed, OnUnknown, ProductDraft, Round, RoundState, RowState, Settlement, settle};
use kernel::{Instant, ProductId, UserId};
use stateright::{Checker, HasDiscoveries, Model, Property};
use uuid::Uuid;

/// How many are in the round, how many of them a permit is for, and how many senders there are.
const PEOPLE: usize = 3;
const CHUNK: usize = 2;
const SENDERS: usize = 2;

/// One rule each.
trait Protocol: Send + Sync + 'static {
    /// A permit looks whether the round goes on.
    const LOOKS: bool = true;
    /// The key is of the fact and not of the attempt.
    const KEEPS_KEYS: bool = true;
    /// A round goes on at the first position of which nobody has taken care, not behind the last one told who still waits.
    const COUNTS: bool = true;
    /// A round is completed when everybody is settled, not when everybody was begun with.
    const WAITS: bool = true;
    /// An older term is refused.
    const FENCES: bool = true;
}

struct AsBuilt;
impl Protocol for AsBuilt {}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Row {
    state: RowState,
    token: u8,
    attempts: u8,
}

/// One sender: its term, what it was permitted and has not begun with, and its calls under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Sender {
    term: u8,
    queue: VecDeque<(usize, u8)>,
    calls: Vec<(usize, u8)>,
}

/// What may still happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Budget {
    takeovers: u8,
    crashes: u8,
    stops: u8,
    lost: u8,
    leaves: u8,
}

#[derive(Clone, Debug)]
struct World {
    round: Round,
    rows: [Row; PEOPLE],
    term: u8,
    left: [bool; PEOPLE],
    senders: [Sender; SENDERS],
    /// Under how many keys the service has told each.
    told: [u8; PEOPLE],
    budget: Budget,
    /// What the last step did that must not be done.
    wrong: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    TakeOver(usize),
    Permit(usize),
    Begin(usize),
    Answer(usize, usize, Attempt),
    Crash(usize),
    Stop,
    Resume,
    Leave(usize),
}

/// How many, as rounds count.
fn many(count: usize) -> i64 {
    i64::try_from(count).expect("few")
}

impl World {
    fn new() -> Self {
        let ids = (ProductId::from_uuid(Uuid::from_u128(1)), UserId::from_uuid(Uuid::from_u128(2)), "p");
        let draft = ProductDraft { name: "Lamp".to_owned(), ..ProductDraft::default() };
        let product = draft.begin(ids, 0, Instant::EPOCH).expect("a product");
        let mut round = Round::begin(&product, Cause::Asked, Instant::EPOCH);
        (round.total, round.frozen) = (many(PEOPLE), true);
        Self {
            round,
            rows: [Row { state: RowState::Waiting, token: 0, attempts: 0 }; PEOPLE],
            term: 0,
            left: [false; PEOPLE],
            senders: Default::default(),
            told: [0; PEOPLE],
            budget: Budget { takeovers: 2, crashes: 1, stops: 1, lost: 1, leaves: 1 },
            wrong: None,
        }
    }

    /// What tells two worlds apart.
    fn key(&self) -> impl Hash + PartialEq + use<'_> {
        let Self { round, rows, term, left, senders, told, budget, wrong } = self;
        (round.state, round.next_position, rows, term, left, senders, told, budget, wrong)
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (number, sender) in self.senders.iter().enumerate() {
            let idle = sender.calls.is_empty() && sender.queue.is_empty();
            if self.budget.takeovers > 0 && idle {
                steps.push(Step::TakeOver(number));
            }
            if sender.term > 0 && sender.queue.is_empty() {
                steps.push(Step::Permit(number));
            }
            if !sender.queue.is_empty() {
                steps.push(Step::Begin(number));
            }
            for call in 0..sender.calls.len() {
                steps.push(Step::Answer(number, call, Attempt::Told));
                if self.budget.lost > 0 {
                    steps.push(Step::Answer(number, call, Attempt::Unknown));
                }
            }
            if self.budget.crashes > 0 && !idle {
                steps.push(Step::Crash(number));
            }
        }
        if self.budget.stops > 0 && self.round.state == RoundState::InProgress {
            steps.push(Step::Stop);
        }
        if self.round.state == RoundState::SoldOut {
            steps.push(Step::Resume);
        }
        if self.budget.leaves > 0 {
            steps.extend((0..PEOPLE).map(Step::Leave));
        }
        steps
    }

    fn take<P: Protocol>(&mut self, step: Step) -> Result<(), String> {
        match step {
            Step::TakeOver(number) => self.take_over(number),
            Step::Permit(number) => self.permit::<P>(number)?,
            Step::Begin(number) => self.begin::<P>(number)?,
            Step::Answer(number, call, came) => self.answer(number, call, came),
            Step::Crash(number) => {
                self.budget.crashes -= 1;
                self.senders[number] = Sender::default();
            }
            Step::Stop => {
                self.budget.stops -= 1;
                self.turn(Deed::SellOut)?;
            }
            Step::Resume => {
                self.turn(Deed::Resume { stock: 1 })?;
                if !P::COUNTS {
                    self.search();
                }
            }
            Step::Leave(person) => {
                self.budget.leaves -= 1;
                self.left[person] = true;
            }
        }
        let done = if P::WAITS { self.round.is_settled() } else { self.round.next_position > self.round.total };
        if done && self.round.state == RoundState::InProgress {
            self.turn(Deed::Finish)?;
        }
        Ok(())
    }

    fn turn(&mut self, deed: Deed) -> Result<(), String> {
        self.round.turn(deed, Cause::Asked, Instant::EPOCH).map_err(|error| error.to_string())
    }

    fn put(&mut self, row: usize, state: RowState) {
        self.round.count(self.rows[row].state, state);
        self.rows[row].state = state;
    }

    /// A new term; what the one before has left in flight is tried again.
    fn take_over(&mut self, number: usize) {
        self.budget.takeovers -= 1;
        self.term += 1;
        self.senders[number].term = self.term;
        for row in 0..PEOPLE {
            if self.rows[row].state == RowState::InFlight {
                self.put(row, RowState::Retry);
            }
        }
    }

    fn permit<P: Protocol>(&mut self, number: usize) -> Result<(), String> {
        let term = self.senders[number].term;
        let goes_on = self.round.state == RoundState::InProgress;
        if (P::FENCES && term != self.term) || (P::LOOKS && !goes_on) || self.round.state.is_over() {
            return Ok(());
        }
        let retries: Vec<usize> = (0..PEOPLE).filter(|row| self.rows[*row].state == RowState::Retry).take(CHUNK).collect();
        let from = usize::try_from(self.round.next_position - 1).map_err(|error| error.to_string())?;
        for row in if retries.is_empty() { (from..PEOPLE).take(CHUNK).collect() } else { retries } {
            if self.left[row] {
                self.put(row, RowState::Skipped);
                continue;
            }
            if !goes_on {
                return Err(format!("{row} is begun with while the round is {}", self.round.state));
            }
            self.put(row, RowState::InFlight);
            let attempts = self.rows[row].attempts + 1;
            self.rows[row] = Row { state: RowState::InFlight, token: term, attempts };
            self.senders[number].queue.push_back((row, attempts));
        }
        Ok(())
    }

    /// A call leaves. Who is not sure of the lease begins with nobody: that is what its margins are for.
    fn begin<P: Protocol>(&mut self, number: usize) -> Result<(), String> {
        let sender = &mut self.senders[number];
        let Some((row, attempt)) = sender.queue.pop_front() else { return Ok(()) };
        if P::FENCES && sender.term != self.term {
            return Ok(());
        }
        sender.calls.push((row, attempt));
        if let Some(before) = (0..row).find(|before| self.told[*before] == 0 && self.rows[*before].state != RowState::Skipped) {
            return Err(format!("{row} is begun with before {before}"));
        }
        // The service tells once for each key.
        self.told[row] = if P::KEEPS_KEYS { 1 } else { self.told[row] + 1 };
        Ok(())
    }

    fn answer(&mut self, number: usize, call: usize, came: Attempt) {
        self.budget.lost -= u8::from(came == Attempt::Unknown);
        let (row, attempt) = self.senders[number].calls.remove(call);
        let Row { state, token, attempts } = self.rows[row];
        let holds = state == RowState::InFlight && token == self.senders[number].term && attempts == attempt;
        match settle(came, i64::from(attempt), OnUnknown::Resend) {
            Settlement::Sent if state != RowState::Sent => self.put(row, RowState::Sent),
            Settlement::Retry(_) if holds => self.put(row, RowState::Retry),
            _ => {}
        }
    }

    /// As one of the systems before this one did: behind the last one told, among those who still wait.
    fn search(&mut self) {
        let Some(last) = (0..PEOPLE).rev().find(|row| self.rows[*row].state == RowState::Sent) else { return };
        let goes_on_at = if self.left[last] { PEOPLE } else { last + 1 };
        for row in 0..goes_on_at {
            if self.rows[row].state == RowState::Waiting {
                self.put(row, RowState::Skipped);
            }
        }
    }

    /// What holds in every state.
    fn check(&self) -> Result<(), String> {
        if let Some(row) = (0..PEOPLE).find(|row| self.told[*row] > 1) {
            return Err(format!("{row} was told twice"));
        }
        if let Some(row) = (0..PEOPLE).find(|row| self.rows[*row].state == RowState::Sent && self.told[*row] == 0) {
            return Err(format!("{row} was not told"));
        }
        let count = |wanted: RowState| many(self.rows.iter().filter(|row| row.state == wanted).count());
        let counted = [self.round.sent, self.round.skipped, self.round.in_flight, self.round.retrying];
        let states = [RowState::Sent, RowState::Skipped, RowState::InFlight, RowState::Retry];
        if counted != states.map(count) || self.round.next_position - 1 != counted.iter().sum::<i64>() {
            return Err(format!("the counters are wrong: {:?}", self.round));
        }
        let open = self.rows.iter().any(|row| !matches!(row.state, RowState::Sent | RowState::Skipped));
        if self.round.state == RoundState::Completed && open {
            return Err("completed before everybody was settled".to_owned());
        }
        Ok(())
    }

    /// Left alone, with one sender that works, it comes to its end and has told everybody.
    fn settles<P: Protocol>(mut self) -> Result<(), String> {
        self.budget.takeovers = 1;
        self.senders = Default::default();
        self.take::<P>(Step::TakeOver(0))?;
        for _ in 0..2 * PEOPLE {
            if self.round.state == RoundState::SoldOut {
                self.take::<P>(Step::Resume)?;
            }
            self.take::<P>(Step::Permit(0))?;
            while !self.senders[0].queue.is_empty() {
                self.take::<P>(Step::Begin(0))?;
                self.take::<P>(Step::Answer(0, 0, Attempt::Told))?;
            }
        }
        let missed: Vec<usize> = (0..PEOPLE).filter(|row| self.told[*row] == 0 && !self.left[*row]).collect();
        if self.round.state != RoundState::Completed || !missed.is_empty() {
            return Err(format!("left alone, it is {} and has not told {missed:?}", self.round.state));
        }
        self.check()
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

/// Everything that may happen to a round under a protocol.
struct Everything<P>(PhantomData<P>);

const RULES: &str = "whatever is done may be done";
const LEDGER: &str = "the ledger and the round are what was done";
const SETTLES: &str = "left alone, everybody who waits is told";

impl<P: Protocol> Model for Everything<P> {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World::new()]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        if world.wrong.is_none() {
            steps.extend(world.steps());
        }
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        let mut next = world.clone();
        next.wrong = next.take::<P>(step).err();
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(RULES, |_, world: &World| world.wrong.is_none()),
            Property::always(LEDGER, |_, world: &World| world.check().is_ok()),
            Property::always(SETTLES, |_, world: &World| world.clone().settles::<P>().is_ok()),
        ]
    }
}

/// Walks through everything that may happen, nearest first, until something is wrong.
fn explore<P: Protocol>() -> impl Checker<Everything<P>> {
    Everything::<P>(PhantomData).checker().finish_when(HasDiscoveries::Any).spawn_bfs().join()
}

#[test]
fn whatever_happens_to_a_round_everybody_is_told_once_and_in_order() {
    let all = explore::<AsBuilt>();
    all.assert_properties();
    let worlds = all.unique_state_count();
    println!("{worlds} worlds");
    assert!(all.is_done() && worlds > 10_000, "{worlds} worlds are too few to prove anything");
}

/// What is wrong with the first world in which a twin breaks `property`.
fn verdict<P: Protocol>(property: &'static str) -> String {
    let Some(path) = explore::<P>().discovery(property) else { panic!("the broken protocol was not caught") };
    let world = path.last_state().clone();
    let verdict = world.wrong.clone().map_or_else(|| world.check(), Err).and_then(|()| world.settles::<P>());
    verdict.expect_err("something is wrong")
}

macro_rules! convict {
    ($($test:ident: $rule:ident, $property:ident, $verdict:literal;)*) => {$(
        #[test]
        fn $test() {
            struct Twin;
            impl Protocol for Twin {
                const $rule: bool = false;
            }
            let verdict = verdict::<Twin>($property);
            assert!(verdict.contains($verdict), "{verdict}");
        }
    )*};
}

convict! {
    a_twin_that_does_not_look_whether_the_round_goes_on_is_caught: LOOKS, RULES, "is begun with while the round is";
    a_twin_whose_keys_are_of_the_attempt_is_caught: KEEPS_KEYS, LEDGER, "was told twice";
    a_twin_that_searches_for_the_last_one_told_is_caught: COUNTS, SETTLES, "has not told";
    a_twin_that_is_completed_before_everybody_is_settled_is_caught: WAITS, LEDGER, "completed before";
    a_twin_that_believes_an_older_term_is_caught: FENCES, RULES, "is begun with before";
}
