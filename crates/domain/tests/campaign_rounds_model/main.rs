//! Two restock rounds of one product against everything that may happen between them, all of it, within bounds.
//!
//! `campaign_model.rs` walks through one round that stops and goes on. Here a round stops for good, with calls under way, and another one
//! begins with whoever still has their place: somebody of the first may have been told, and nobody knows. A product, its line, its rounds and
//! their ledgers, a service that keeps the keys of what it has told, a sender whose calls may be answered by nobody, or much later, and another
//! one that takes over. What a product, a round, an answer and coming back to the line lead to is what it is in the product. In every state:
//!
//! - nobody is told twice for one place, as the service sees it; where nobody is to be told again who may have been told, nobody is called twice;
//! - nobody is begun with before somebody who has an earlier place, nor once it is known that they were told;
//! - of a round that has stopped no more begins than one permit has, and no more is in flight than that and the calls under way;
//! - the counters of each round are what its rows say, and whoever was told according to them was told;
//! - left alone, the last round is COMPLETED after a while, and everybody who waited was told, for the place in which they waited.
//!
//! The twins at the end break one rule each, and must be convicted.

mod world;

use std::marker::PhantomData;

use domain::campaigns::{Attempt, OnUnknown, Round, RoundState, RowState, SubscriptionState};
use stateright::{Checker, HasDiscoveries, Model, Property};
use world::{Budget, CHUNK, Kept, PEOPLE, STAYS, Step, Subscription, World, many};

/// One rule each, and what the world is like.
trait Protocol: Send + Sync + 'static {
    /// The key of a call is of the place in the line, not of the round.
    const KEY_OF_PLACE: bool = true;
    /// A round begins when nobody of an earlier one is in flight.
    const WAITS: bool = true;
    /// Whoever was told waits no more, also where that is heard of when the round has stopped.
    const MARKS: bool = true;
    /// Whoever comes back comes to the end of the line.
    const NEW_PLACE: bool = true;
    /// A round is of whoever waits, not of whoever has a place.
    const OF_THOSE_WHO_WAIT: bool = true;
    /// A round begins with whoever waits, not behind the last one told.
    const FROM_THE_FRONT: bool = true;
    /// Nobody more is permitted before everybody who was permitted has been begun with.
    const ONE_PERMIT: bool = true;
    /// What is done where nobody knows.
    const ON_UNKNOWN: OnUnknown = OnUnknown::Resend;
    /// An answer may be lost, and a sender may die or lose its lease.
    const LOSES: bool = true;
    const DIES: bool = true;
    /// Calls under way at a time.
    const WIDTH: usize = 1;
}

struct AsBuilt;
impl Protocol for AsBuilt {}

/// As built, with two calls under way at a time, which are answered in any order, and a sender that lives on.
struct Wide;
impl Protocol for Wide {
    const DIES: bool = false;
    const WIDTH: usize = 2;
}

/// As built, where nobody is told again who may have been told.
struct Skips;
impl Protocol for Skips {
    const ON_UNKNOWN: OnUnknown = OnUnknown::Skip;
}

impl World {
    /// What holds in every state.
    fn check<P: Protocol>(&self) -> Result<(), String> {
        for (person, stay) in (0..PEOPLE).flat_map(|person| (0..STAYS).map(move |stay| (person, stay))) {
            if self.told[person][stay] > 1 {
                return Err(format!("{person} was told twice"));
            }
            if P::ON_UNKNOWN == OnUnknown::Skip && self.called[person][stay] > 1 {
                return Err(format!("{person} was called again"));
            }
        }
        for Kept { round, rows, .. } in &self.rounds {
            if let Some(row) = rows.iter().find(|row| row.state == RowState::Sent && self.told[row.person][row.stay] == 0) {
                return Err(format!("{} was not told", row.person));
            }
            let count = |wanted: RowState| many(rows.iter().filter(|row| row.state == wanted).count());
            let counted = [round.sent, round.skipped, round.failed, round.in_flight, round.retrying];
            let states = [RowState::Sent, RowState::Skipped, RowState::Failed, RowState::InFlight, RowState::Retry];
            if counted != states.map(count) || round.next_position - 1 != counted.iter().sum::<i64>() {
                return Err(format!("the counters are wrong: {round:?}"));
            }
            if round.state == RoundState::Completed && !round.is_settled() {
                return Err("completed before everybody was settled".to_owned());
            }
        }
        Ok(())
    }

    /// No more is in flight, over both rounds, than one permit and the calls that may be under way.
    fn fits<P: Protocol>(&self) -> bool {
        let in_flight: i64 = self.rounds.iter().map(|kept| kept.round.in_flight).sum();
        in_flight <= many(P::WIDTH + CHUNK) && self.under_way() <= P::WIDTH
    }

    /// Left alone, with one sender that works and something in stock, the round under way and, for whoever is not of it, the next one tell
    /// everybody who waits.
    fn settles<P: Protocol>(mut self) -> Result<(), String> {
        self.budget = Budget { takeovers: 1, stops: 0, lost: 0, moves: 0 };
        if P::DIES {
            self.take::<P>(Step::TakeOver(true))?;
        }
        for round in 0..self.rounds.len() {
            self.take::<P>(Step::Adopt(round))?;
        }
        self.calls_everybody::<P>()?;
        if self.last().round.state.is_under_way() {
            self.works_off::<P>()?;
        }
        if self.line.iter().any(|place| place.state == SubscriptionState::Active) {
            self.take::<P>(Step::Raise)?;
            self.works_off::<P>()?;
        }
        let has_reason = |person: usize, stay: usize| {
            let mut rows = self.rounds.iter().flat_map(|kept| &kept.rows);
            P::ON_UNKNOWN == OnUnknown::Skip && rows.any(|row| (row.person, row.stay) == (person, stay) && row.is_unknown)
        };
        for person in 0..PEOPLE {
            let Subscription { stay, state, .. } = self.line[person];
            let is_told = self.told[person][stay] > 0 || has_reason(person, stay);
            if state == SubscriptionState::Active || (state == SubscriptionState::Notified && !is_told) {
                return Err(format!("left alone, it has not told {person}, who is {}", state.as_str()));
            }
        }
        self.check::<P>()
    }

    /// Begins with everybody who is permitted, and hears what came of it.
    fn calls_everybody<P: Protocol>(&mut self) -> Result<(), String> {
        loop {
            if let Some(call) = self.calls.first().copied() {
                self.take::<P>(Step::Answer(call, Attempt::Told))?;
            } else if self.queue.is_empty() {
                return Ok(());
            } else {
                self.take::<P>(Step::Begin)?;
            }
        }
    }

    /// Brings the last round to its end.
    fn works_off<P: Protocol>(&mut self) -> Result<(), String> {
        if !self.last().round.frozen {
            self.take::<P>(Step::Freeze)?;
        }
        for _ in 0..2 * PEOPLE {
            self.take::<P>(Step::Permit)?;
            self.calls_everybody::<P>()?;
        }
        let Round { number, state, .. } = self.last().round;
        if state == RoundState::Completed { Ok(()) } else { Err(format!("left alone, round {number} is {state}")) }
    }
}

/// Everything that may happen to two rounds under a protocol.
struct Everything<P> {
    protocol: PhantomData<P>,
    /// Of what is to hold, only this is looked at.
    only: Option<&'static str>,
}

const RULES: &str = "whatever is done may be done";
const LEDGER: &str = "the ledgers, the line and the service agree";
const FLIGHT: &str = "no more is in flight than may be";
const SETTLES: &str = "left alone, everybody who waits is told";

impl<P: Protocol> Model for Everything<P> {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World::new::<P>()]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        if world.wrong.is_none() {
            steps.extend(world.steps::<P>());
        }
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        let mut next = world.clone();
        next.wrong = next.take::<P>(step).err();
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let all = [
            Property::always(RULES, |_, world: &World| world.wrong.is_none()),
            Property::always(LEDGER, |_, world: &World| world.check::<P>().is_ok()),
            Property::always(FLIGHT, |_, world: &World| world.fits::<P>()),
            Property::always(SETTLES, |_, world: &World| world.wrong.is_some() || world.clone().settles::<P>().is_ok()),
        ];
        all.into_iter().filter(|property| self.only.is_none_or(|only| only == property.name)).collect()
    }
}

/// Walks through everything that may happen, nearest first, until something is wrong.
fn explore<P: Protocol>(only: Option<&'static str>) -> impl Checker<Everything<P>> {
    Everything::<P> { protocol: PhantomData, only }.checker().finish_when(HasDiscoveries::Any).spawn_bfs().join()
}

/// Nothing is wrong, whatever happens.
fn acquit<P: Protocol>(least: usize) {
    let all = explore::<P>(None);
    all.assert_properties();
    let worlds = all.unique_state_count();
    println!("{worlds} worlds");
    assert!(all.is_done() && worlds > least, "{worlds} worlds are too few to prove anything");
}

#[test]
fn whatever_happens_between_two_rounds_everybody_is_told_once_for_their_place_and_in_order() {
    acquit::<AsBuilt>(10_000);
}

#[test]
fn so_it_is_with_two_calls_under_way_at_a_time() {
    acquit::<Wide>(10_000);
}

#[test]
fn where_who_may_have_been_told_is_passed_over_nobody_is_called_twice() {
    acquit::<Skips>(10_000);
}

/// What is wrong with the first world in which a twin breaks `property`.
fn verdict<P: Protocol>(property: &'static str) -> String {
    let Some(path) = explore::<P>(Some(property)).discovery(property) else { panic!("the broken protocol was not caught") };
    let world = path.last_state().clone();
    let fits = |world: &World| if world.fits::<P>() { Ok(()) } else { Err("more is in flight than may be".to_owned()) };
    let found = world.wrong.clone().map_or_else(|| world.check::<P>(), Err).and_then(|()| fits(&world));
    let verdict = found.and_then(|()| world.settles::<P>());
    verdict.expect_err("something is wrong")
}

macro_rules! convict {
    ($($test:ident: [$($rule:ident = $value:expr),+], $property:ident, $verdict:literal;)*) => {$(
        #[test]
        fn $test() {
            struct Twin;
            impl Protocol for Twin {
                $(convict!(@ $rule = $value);)+
            }
            let verdict = verdict::<Twin>($property);
            assert!(verdict.contains($verdict), "{verdict}");
        }
    )*};
    (@ ON_UNKNOWN = $value:expr) => { const ON_UNKNOWN: OnUnknown = $value; };
    (@ $rule:ident = $value:expr) => { const $rule: bool = $value; };
}

/// Where nothing is lost, the wait alone would do.
#[test]
fn while_every_answer_is_heard_a_key_of_the_round_tells_nobody_twice_if_the_next_round_waits() {
    struct Twin;
    impl Protocol for Twin {
        const KEY_OF_PLACE: bool = false;
        const LOSES: bool = false;
        const DIES: bool = false;
    }
    acquit::<Twin>(1_000);
}

convict! {
    a_twin_whose_keys_are_of_the_round_is_caught: [KEY_OF_PLACE = false], LEDGER, "was told twice";
    a_twin_that_does_not_wait_and_whose_keys_are_of_the_round_is_caught_also_where_nothing_is_lost:
        [WAITS = false, KEY_OF_PLACE = false, LOSES = false, DIES = false], LEDGER, "was told twice";
    a_twin_that_does_not_wait_is_caught_where_nobody_is_to_be_called_twice:
        [WAITS = false, ON_UNKNOWN = OnUnknown::Skip], LEDGER, "was called again";
    a_twin_that_does_not_wait_is_caught_with_too_many_in_flight: [WAITS = false], FLIGHT, "more is in flight";
    a_twin_to_which_a_late_answer_says_nothing_of_the_line_is_caught: [MARKS = false], RULES, "it is known that they were told";
    a_twin_that_gives_an_old_place_back_is_caught: [NEW_PLACE = false], LEDGER, "was not told";
    a_twin_whose_rounds_are_of_those_already_told_is_caught: [OF_THOSE_WHO_WAIT = false], RULES, "was told before";
    a_twin_whose_rounds_begin_behind_the_last_one_told_is_caught: [FROM_THE_FRONT = false], SETTLES, "has not told";
    a_twin_that_permits_more_than_it_begins_with_is_caught: [ONE_PERMIT = false], RULES, "after their round had stopped";
}
