//! Restock rounds, as those outside saw them: what owners asked for, who came and went, what left for whoever hands messages on and what
//! came of it, and in the end the ledgers and the inboxes.
//!
//! Two judges read this. C9 ([`told`]) holds each ledger against what the sink and the inboxes saw; C10 ([`pace`]) counts starts.

mod pace;
#[cfg(test)]
mod tests;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use kernel::Instant;
use serde::{Deserialize, Serialize};

use super::{Bounds, Entry, Phase, What, checkers::Violation, ledger::Windows};

/// Something about a product that people wait for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "campaign", rename_all = "snake_case")]
pub enum Campaign {
    /// What is promised; said once.
    Terms {
        /// The most starts in any second.
        per_second: u32,
        /// The most people of one permit.
        at_once: u32,
        /// Whether who may have been told is told again under the same key.
        resends: bool,
    },
    /// The owner of a product wants something.
    Deed {
        /// Of which product.
        product: String,
        /// What.
        deed: Deed,
        /// Names the operation: every attempt carries it.
        key: String,
        /// Once it is done: the round that began, stopped or went on by it.
        round: Option<i64>,
    },
    /// Somebody comes to the line of a product, or leaves it.
    Move {
        /// Which product.
        product: String,
        /// Who.
        who: String,
        /// Whether they come.
        comes: bool,
        /// Names the operation.
        key: String,
        /// Once it is done: their place.
        place: Option<i64>,
    },
    /// Somebody is handed over. Invoke: the message left; ok: it arrived and was taken; fail: it arrived and was not.
    Call {
        /// Tells one call from another.
        number: u64,
        /// Of which product.
        product: String,
        /// In which round.
        round: i64,
        /// Where in it.
        position: i64,
        /// Who.
        who: String,
        /// What the message is called.
        key: String,
    },
    /// The caller was told what came of a call, and listened.
    Answered {
        /// Of which call.
        number: u64,
        /// Whether it was taken, and if not, whether it may be later.
        said: Said,
    },
    /// Left in the database: a round.
    Round {
        /// Of which product.
        product: String,
        /// Its number.
        round: i64,
        /// Where it stands.
        state: String,
        /// Whether nobody is told before everybody before them is settled.
        strict: bool,
        /// Whether people are told in waves.
        waves: bool,
        /// Whether everybody was written down.
        frozen: bool,
        /// How many are in it, were told, were passed over, could not be told.
        counts: [i64; 4],
        /// When it was raised.
        started_at: Instant,
    },
    /// Left in the database: a line of a ledger.
    Row(Row),
    /// Left in an inbox: a notification.
    Told {
        /// Whose.
        who: String,
        /// Of which product.
        product: String,
        /// In which round.
        round: i64,
        /// When, by its own word.
        told_at: Instant,
    },
}

/// What an owner wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Deed {
    /// There are so many from now on.
    Stock(i64),
    Restock,
    Pause,
    Resume,
    Cancel,
}

/// What somebody who takes messages says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Said {
    Taken,
    Later,
    Refused,
}

/// A line of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Row {
    /// Of which product.
    pub product: String,
    /// In which round.
    pub round: i64,
    /// Where in it.
    pub position: i64,
    /// Who.
    pub who: String,
    /// Whether they have an account, so that an inbox tells them.
    pub has_account: bool,
    /// Where it stands.
    pub state: String,
    /// So often they were tried.
    pub attempts: i64,
    /// When the last attempt was permitted.
    pub started_at: Option<Instant>,
    /// When it was known what came of it.
    pub settled_at: Option<Instant>,
    /// Why they were passed over or given up.
    pub reason: Option<String>,
}

/// What was asked for, and when it may have been done.
#[derive(Clone, Debug)]
struct Asked {
    at: Instant,
    done_at: Option<Instant>,
    refused: bool,
    /// An attempt was never answered: it may still be under way.
    lingers: bool,
}

impl Asked {
    /// The latest at which it was done, if that is known.
    fn over_by(&self) -> Option<Instant> {
        self.done_at.filter(|_| !self.lingers)
    }

    /// Whether it may have been done at `from` or after.
    fn may_be_done_from(&self, from: Instant) -> bool {
        let over = self.refused && !self.lingers;
        !over && self.over_by().is_none_or(|by| by >= from)
    }
}

/// Somebody coming or leaving.
#[derive(Debug)]
struct Move {
    asked: Asked,
    comes: bool,
    place: Option<i64>,
}

/// Something an owner asked for.
#[derive(Debug)]
struct Request {
    product: String,
    deed: Deed,
    round: Option<i64>,
    asked: Asked,
}

/// A message on its way.
#[derive(Debug)]
struct Call {
    round: Which,
    position: i64,
    who: String,
    key: String,
    left_at: Instant,
    arrived_at: Option<Instant>,
    taken: bool,
    answered: Option<(Said, Instant)>,
}

type Which = (String, i64);

/// A round and its ledger.
#[derive(Debug)]
struct Round {
    state: String,
    strict: bool,
    waves: bool,
    frozen: bool,
    counts: [i64; 4],
    started_at: Instant,
    rows: Vec<Row>,
}

/// Everything the two judges ask about.
#[derive(Debug, Default)]
struct Book {
    per_second: u32,
    at_once: u32,
    resends: bool,
    requests: Vec<Request>,
    moves: BTreeMap<(String, String), Vec<Move>>,
    /// In the order in which they left.
    calls: Vec<Call>,
    rounds: BTreeMap<Which, Round>,
    /// When an inbox was written to, by round and person.
    told: BTreeMap<(Which, String), Vec<Instant>>,
}

/// Where to find what was asked for, while it is read.
#[derive(Default)]
struct Open {
    requests: BTreeMap<String, usize>,
    moves: BTreeMap<(String, String, String), usize>,
    calls: BTreeMap<u64, usize>,
}

/// What there was to judge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) rounds: usize,
    pub(super) told: usize,
}

/// Judges what a history says of restock rounds.
pub(super) fn check(history: &[Entry], windows: &Windows, bounds: &Bounds) -> (Extent, Vec<Violation>) {
    let Some(book) = Book::read(history) else { return Default::default() };
    let court = Court { book: &book, windows, bounds };
    let mut found = Vec::new();
    court.told(&mut found);
    court.pace(&mut found);
    let rows = book.rounds.values().flat_map(|round| &round.rows);
    let told = rows.filter(|row| row.state == SENT).count();
    (Extent { rounds: book.rounds.len(), told }, found)
}

const SENT: &str = "SENT";

struct Court<'a> {
    book: &'a Book,
    windows: &'a Windows,
    bounds: &'a Bounds,
}

impl Book {
    /// Nothing, if nobody said what is promised.
    fn read(history: &[Entry]) -> Option<Self> {
        let (mut book, mut open, mut is_open) = (Self::default(), Open::default(), false);
        for entry in history {
            if let What::Campaign(what) = &entry.what {
                is_open |= matches!(what, Campaign::Terms { .. });
                book.take(&mut open, entry, what);
            }
        }
        is_open.then_some(book)
    }

    fn take(&mut self, open: &mut Open, entry: &Entry, what: &Campaign) {
        let at = entry.ts_wall;
        match what.clone() {
            Campaign::Terms { per_second, at_once, resends } => {
                (self.per_second, self.at_once, self.resends) = (per_second, at_once, resends);
            }
            Campaign::Deed { product, deed, key, round } => {
                let index = *open.requests.entry(key).or_insert_with(|| {
                    self.requests.push(Request { product, deed, round: None, asked: Asked::new(at) });
                    self.requests.len() - 1
                });
                let request = &mut self.requests[index];
                request.asked.take(entry.phase, at);
                request.round = request.round.or(round);
            }
            Campaign::Move { product, who, comes, key, place } => {
                let moves = self.moves.entry((product.clone(), who.clone())).or_default();
                let index = *open.moves.entry((product, who, key)).or_insert_with(|| {
                    moves.push(Move { asked: Asked::new(at), comes, place: None });
                    moves.len() - 1
                });
                moves[index].asked.take(entry.phase, at);
                moves[index].place = moves[index].place.or(place);
            }
            Campaign::Call { number, product, round, position, who, key } => {
                let index = *open.calls.entry(number).or_insert_with(|| {
                    let round = (product, round);
                    self.calls.push(Call {
                        round,
                        position,
                        who,
                        key,
                        left_at: at,
                        arrived_at: None,
                        taken: false,
                        answered: None,
                    });
                    self.calls.len() - 1
                });
                if entry.phase != Phase::Invoke {
                    self.calls[index].arrived_at = Some(at);
                    self.calls[index].taken = entry.phase == Phase::Ok;
                }
            }
            Campaign::Answered { number, said } => {
                if let Some(index) = open.calls.get(&number) {
                    self.calls[*index].answered = Some((said, at));
                }
            }
            Campaign::Round { product, round, state, strict, waves, frozen, counts, started_at } => {
                let round_of = Round { state, strict, waves, frozen, counts, started_at, rows: Vec::new() };
                self.rounds.insert((product, round), round_of);
            }
            Campaign::Row(row) => {
                if let Some(round) = self.rounds.get_mut(&(row.product.clone(), row.round)) {
                    round.rows.push(row);
                }
            }
            Campaign::Told { who, product, round, told_at } => {
                self.told.entry(((product, round), who)).or_default().push(told_at);
            }
        }
    }

    /// The calls for everybody in a round, in the order in which they left.
    fn calls_in(&self, which: &Which) -> BTreeMap<&str, Vec<&Call>> {
        let mut calls: BTreeMap<&str, Vec<&Call>> = BTreeMap::new();
        for call in self.calls.iter().filter(|call| call.round == *which) {
            calls.entry(&call.who).or_default().push(call);
        }
        calls
    }

    /// When inboxes were written to: that is when telling begins, and when it is done.
    fn inboxes(&self) -> impl Iterator<Item = (&Which, Instant)> {
        self.told.iter().flat_map(|((which, _), at)| at.iter().map(move |at| (which, *at)))
    }

    fn moves_of(&self, which: &Which, who: &str) -> &[Move] {
        self.moves.get(&(which.0.clone(), who.to_owned())).map_or(&[], Vec::as_slice)
    }

    fn products(&self) -> BTreeSet<&String> {
        self.rounds.keys().map(|(product, _)| product).collect()
    }
}

impl Asked {
    const fn new(at: Instant) -> Self {
        Self { at, done_at: None, refused: false, lingers: false }
    }

    fn take(&mut self, phase: Phase, at: Instant) {
        match phase {
            Phase::Invoke => {}
            Phase::Ok => self.done_at = Some(at),
            Phase::Fail => self.refused = true,
            Phase::Info => self.lingers = true,
        }
    }
}
