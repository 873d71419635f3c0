//! The attach protocol against everything that may happen to it, all of it, within bounds.
//!
//! The machine is that of the product. Around it are a log, a mailbox of two places, and hints on their way, each said as shortly as it can be:
//! events are committed, their hints arrive in any order or never, the log is trimmed, or restored under a new epoch, the position check runs,
//! and the reader steps, or connects again with its own position or a wrong one. `attach_model` draws long histories by chance and drives the
//! real registry; this walks through every short one. In every state:
//!
//! - what the reader was given is the log, number by number, and wherever it is not, a gap was said that has a reason;
//! - a reader that is left alone has the whole log after a position check, and without one if no hint was lost.
//!
//! The twins at the end break one rule each, and must be convicted.

#[expect(dead_code, reason = "shared by test files that need different parts of it")]
mod twins;

use std::{fmt::Debug, hash::Hash, marker::PhantomData};

use hub::{AsWritten, Attach, Extent, GapReason, Hints, Need, Protocol, Shared, Since, Step};
use kernel::{Event, EventId, Instant, Position, StreamId, UserId};
use stateright::{Checker, HasDiscoveries, Model, Property};
use twins::{IgnoresEpochs, SkipsOnOverflow, TrustsHints};

/// Events that wait for a reader, and events of a page.
const ROOM: usize = 2;

/// No log of this test gets so far: a position made up by its reader.
const FAR: i64 = 1_000;

/// More steps than any reader needs.
const PATIENCE: usize = 60;

/// What a protocol has to be, to be walked through.
trait Walked: Protocol + Clone + Debug + Eq + Hash + Send + Sync + 'static {}
impl<P: Protocol + Clone + Debug + Eq + Hash + Send + Sync + 'static> Walked for P {}

/// What waits for the reader, as the registry keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Mailbox {
    events: Vec<(i64, i64)>,
    overflowed: bool,
    nudged: Option<(i64, i64)>,
    told: (i64, i64),
}

/// What may still happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Budget {
    events: u8,
    lost: u8,
    trims: u8,
    restores: u8,
    checks: u8,
    connects: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World<P> {
    machine: Attach<P>,
    since: Since,
    /// Where the log ends, and its first number.
    head: (i64, i64),
    low: i64,
    /// Hints on their way.
    hints: Vec<(i64, i64)>,
    mailbox: Option<Mailbox>,
    /// Where the reader is, by what it was given.
    cursor: Option<Position>,
    /// No hint was lost since the reader connected or the position was checked.
    complete: bool,
    budget: Budget,
    /// What the last step did that must not be done.
    wrong: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Deed {
    Publish,
    Announce(usize),
    Lose(usize),
    Trim { kept: i64 },
    Restore { head: i64 },
    Check,
    Step,
    Connect(Since),
}

fn at((epoch, seq): (i64, i64)) -> Position {
    Position { epoch, seq }
}

fn event(position: (i64, i64)) -> Event {
    Event {
        stream: StreamId::from("usr_00000000000000000000000001".parse::<UserId>().expect("an id")),
        position: at(position),
        id: "evt_00000000000000000000000000".parse::<EventId>().expect("an id"),
        kind: "test".to_owned(),
        at: Instant::EPOCH,
        data: String::new(),
    }
}

impl<P: Walked> World<P> {
    fn new() -> Self {
        Self {
            machine: Attach::new(Since::Head),
            since: Since::Head,
            head: (1, 0),
            low: 1,
            hints: Vec::new(),
            mailbox: None,
            cursor: None,
            complete: true,
            budget: Budget { events: 3, lost: 1, trims: 1, restores: 1, checks: 1, connects: 1 },
            wrong: None,
        }
    }

    fn deeds(&self) -> Vec<Deed> {
        let mut deeds = vec![Deed::Step];
        let Budget { events, lost, trims, restores, checks, connects } = self.budget;
        if events > 0 {
            deeds.push(Deed::Publish);
        }
        deeds.extend((0..self.hints.len()).map(Deed::Announce));
        if lost > 0 {
            deeds.extend((0..self.hints.len()).map(Deed::Lose));
        }
        if trims > 0 && self.head.1 >= self.low {
            deeds.extend([Deed::Trim { kept: 0 }, Deed::Trim { kept: 1 }]);
        }
        if restores > 0 {
            deeds.extend([Deed::Restore { head: 0 }, Deed::Restore { head: 2 }]);
        }
        if checks > 0 {
            deeds.push(Deed::Check);
        }
        if connects > 0 {
            let ahead = Position { seq: self.head.1 + FAR, ..at(self.head) };
            let own = self.cursor.map_or(Since::Head, Since::After);
            deeds.extend([own, Since::Unreadable, Since::After(ahead)].map(Deed::Connect));
        }
        deeds
    }

    fn take(&mut self, deed: Deed) -> Result<(), String> {
        match deed {
            Deed::Publish => {
                self.budget.events -= 1;
                self.head.1 += 1;
                self.hints.push(self.head);
            }
            Deed::Announce(hint) => {
                let position = self.hints.remove(hint);
                self.push(position);
            }
            Deed::Lose(hint) => {
                self.budget.lost -= 1;
                self.hints.remove(hint);
                self.complete = false;
            }
            Deed::Trim { kept } => {
                self.budget.trims -= 1;
                self.low = self.low.max(self.head.1 + 1 - kept);
            }
            Deed::Restore { head } => {
                self.budget.restores -= 1;
                (self.head, self.low, self.complete) = ((self.head.0 + 1, head), 1, false);
            }
            Deed::Check => {
                self.budget.checks -= 1;
                self.check();
            }
            Deed::Step => self.step()?,
            Deed::Connect(since) => {
                self.budget.connects -= 1;
                (self.since, self.machine, self.mailbox, self.complete) = (since, Attach::new(since), None, true);
                if since == Since::Head {
                    self.cursor = None;
                }
            }
        }
        Ok(())
    }

    fn push(&mut self, position: (i64, i64)) {
        let Some(mailbox) = &mut self.mailbox else { return };
        if mailbox.events.len() >= ROOM {
            mailbox.events.clear();
            mailbox.overflowed = true;
        }
        if mailbox.told.0 != position.0 || mailbox.told.1 < position.1 {
            mailbox.told = position;
        }
        mailbox.events.push(position);
    }

    /// What the position check of the wiring does.
    fn check(&mut self) {
        let Some(mailbox) = &mut self.mailbox else { return };
        if mailbox.told != self.head {
            (mailbox.nudged, mailbox.told) = (Some(self.head), self.head);
        }
        self.complete = true;
    }

    /// Does the one thing the machine needs next.
    fn step(&mut self) -> Result<(), String> {
        let steps = match self.machine.need() {
            Need::Subscription => {
                self.mailbox = Some(Mailbox::default());
                self.machine.subscribed();
                Vec::new()
            }
            Need::Extent => {
                let extent = Extent { head: at(self.head), low: self.low };
                self.machine.extent(extent).into_iter().collect()
            }
            Need::Page { after, .. } => {
                let (epoch, last) = self.head;
                let there = (after.seq + 1).max(self.low)..=last;
                let page = there.filter(|_| after.epoch == epoch).take(ROOM).map(|seq| event((epoch, seq)));
                self.machine.page(page.collect())
            }
            Need::Hints => {
                let hints = self.waiting();
                self.machine.hints(hints)
            }
        };
        if let (true, Some(mailbox), Some(place)) = (self.machine.is_live(), &mut self.mailbox, self.machine.position())
            && mailbox.events.is_empty()
            && mailbox.nudged.is_none()
        {
            mailbox.told = (place.epoch, place.seq);
        }
        steps.into_iter().try_for_each(|step| self.apply(&step))
    }

    fn waiting(&mut self) -> Hints {
        let Some(mailbox) = &mut self.mailbox else { return Hints::default() };
        Hints {
            events: std::mem::take(&mut mailbox.events).into_iter().map(|position| Shared::new(event(position))).collect(),
            overflowed: std::mem::take(&mut mailbox.overflowed),
            head: mailbox.nudged.take().map(at),
        }
    }

    fn apply(&mut self, step: &Step) -> Result<(), String> {
        match (step, self.cursor) {
            (Step::Ready { head }, None) => self.cursor = Some(*head),
            (Step::Event(shared), Some(cursor)) => {
                let next = Position { seq: cursor.seq + 1, ..cursor };
                let given = shared.event().position;
                if given != next {
                    return Err(format!("a hole without a gap: {given} to a reader at {cursor}"));
                }
                self.cursor = Some(next);
            }
            (Step::Gap { reason, head }, cursor) if self.is_just(*reason, cursor) => {
                (self.cursor, self.since) = (Some(*head), Since::After(*head));
            }
            (step, cursor) => return Err(format!("{step:?} to a reader at {cursor:?}")),
        }
        Ok(())
    }

    fn is_just(&self, reason: GapReason, cursor: Option<Position>) -> bool {
        // A reader that came with a made-up position is told so, wherever it really was.
        let claimed = match self.since {
            Since::After(position) if position.seq >= FAR => Some(position),
            _ => cursor,
        };
        match (reason, claimed) {
            (GapReason::Unreadable, _) => self.since == Since::Unreadable,
            (GapReason::Epoch, Some(at)) => at.epoch != self.head.0,
            (GapReason::Ahead, Some(at)) => at.seq > self.head.1,
            (GapReason::Trimmed, Some(at)) => at.seq < self.low - 1,
            (GapReason::Damaged, _) | (_, None) => false,
        }
    }

    /// Steps until there is nothing left to do; whether the reader has everything then.
    fn settles(&mut self) -> Result<(), String> {
        let mut live = 0;
        for _ in 0..PATIENCE {
            self.step()?;
            live = if self.machine.need() == Need::Hints { live + 1 } else { 0 };
            // Twice in a row: once to empty the mailbox, once to find it empty.
            if live == 2 {
                let all = self.cursor == Some(at(self.head));
                let told = format!("the reader rests at {:?}, the log ends at {:?}", self.cursor, self.head);
                return if all { Ok(()) } else { Err(told) };
            }
        }
        Err("the reader never comes to rest".to_owned())
    }

    /// What becomes of a reader that is left alone.
    fn left_alone(&self) -> Result<(), String> {
        let mut world = self.clone();
        if world.complete && world.hints.is_empty() {
            world.settles()?;
        }
        // Once to be registered, and once more after the check.
        let _ = world.settles();
        world.check();
        world.settles()
    }
}

/// Everything that may happen to a reader under a protocol.
struct Everything<P>(PhantomData<P>);

const GIVEN: &str = "the reader is given the log, or told of a gap";
const PROMPT: &str = "left alone, the reader has the whole log";

impl<P: Walked> Model for Everything<P> {
    type State = World<P>;
    type Action = Deed;

    fn init_states(&self) -> Vec<World<P>> {
        vec![World::new()]
    }

    fn actions(&self, world: &World<P>, deeds: &mut Vec<Deed>) {
        if world.wrong.is_none() {
            deeds.extend(world.deeds());
        }
    }

    fn next_state(&self, world: &World<P>, deed: Deed) -> Option<World<P>> {
        let mut next = world.clone();
        next.wrong = next.take(deed).err();
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(GIVEN, |_, world: &World<P>| world.wrong.is_none()),
            Property::always(PROMPT, |_, world: &World<P>| world.left_alone().is_ok()),
        ]
    }
}

/// Walks through everything that may happen, nearest first, until something is wrong.
fn explore<P: Walked>() -> impl Checker<Everything<P>> {
    Everything::<P>(PhantomData).checker().finish_when(HasDiscoveries::Any).spawn_bfs().join()
}

#[test]
fn whatever_happens_a_reader_is_given_exactly_the_log_or_told_of_the_gap() {
    let all = explore::<AsWritten>();
    all.assert_properties();
    let worlds = all.unique_state_count();
    println!("{worlds} worlds");
    assert!(all.is_done() && worlds > 10_000, "{worlds} worlds are too few to prove anything");
}

fn convicted<P: Walked>() -> bool {
    !explore::<P>().discoveries().is_empty()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct ReadsFirst;
impl Protocol for ReadsFirst {
    const SUBSCRIBES_FIRST: bool = false;
}

#[test]
fn a_twin_that_reads_before_it_subscribes_is_caught() {
    assert!(convicted::<ReadsFirst>());
}

#[test]
fn a_twin_that_ignores_epochs_is_caught() {
    assert!(convicted::<IgnoresEpochs>());
}

#[test]
fn a_twin_that_does_not_check_numbers_is_caught() {
    assert!(convicted::<TrustsHints>());
}

#[test]
fn a_twin_that_skips_what_overflowed_is_caught() {
    assert!(convicted::<SkipsOnOverflow>());
}
