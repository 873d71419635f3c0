//! The judge of restock rounds: what must hold of a history, whatever was killed in it. Every rule answers what it finds wrong.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    time::Duration,
};

use kernel::Instant;

/// Calls that may be under way at a time.
const WIDTH: usize = 64;
/// Whom one permit lets begin.
const PERMIT: usize = 25;
/// What two processes of one machine may read differently off its clock.
const CLOCKS: Duration = Duration::from_millis(10);

/// A line of a ledger.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) round: i64,
    pub(crate) position: i64,
    pub(crate) who: String,
    pub(crate) state: String,
    pub(crate) reason: Option<String>,
    pub(crate) attempts: usize,
    /// When the last attempt began.
    pub(crate) started_at: Option<Instant>,
}

impl Line {
    fn is(&self, state: &str) -> bool {
        self.state == state
    }

    fn is_account(&self) -> bool {
        self.who.starts_with("usr_")
    }
}

/// What the service of the operator heard.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) at: Instant,
    pub(crate) round: i64,
    pub(crate) position: i64,
    pub(crate) who: String,
    pub(crate) key: String,
}

/// Nobody was to be begun with in a round, from an answer on; until its owner let it go on, if that happened.
#[derive(Clone, Debug)]
pub(crate) struct Halt {
    pub(crate) round: i64,
    pub(crate) from: Instant,
    pub(crate) until: Option<Instant>,
}

impl Halt {
    fn covers(&self, at: Instant) -> bool {
        at > self.from && self.until.is_none_or(|until| at < until)
    }
}

/// Everything that is known of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// Everybody who waited.
    pub(crate) people: Vec<String>,
    /// Of whom it was answered, when, that they wait no longer.
    pub(crate) left: HashMap<String, Instant>,
    /// Where each round stands at the end, and how often nobody knew whether somebody was told.
    pub(crate) rounds: Vec<(i64, String, usize)>,
    pub(crate) lines: Vec<Line>,
    /// As they were heard.
    pub(crate) calls: Vec<Call>,
    /// Of each notification in an inbox, whose it is and of which round.
    pub(crate) inboxes: Vec<(String, i64)>,
    pub(crate) halts: Vec<Halt>,
    pub(crate) per_second: usize,
}

/// A rule, and what it is called.
pub(crate) type Rule = (&'static str, fn(&History) -> Vec<String>);

pub(crate) const RULES: [Rule; 8] = [
    ("the ledger is what was seen", seen),
    ("a call is repeated only where nobody knew what became of it", repeated),
    ("nobody is told twice", twice),
    ("nobody is passed over", passed_over),
    ("starts are in order", in_order),
    ("no second has more than it may", rate),
    ("a round that stopped begins with nobody", halted),
    ("who left is left alone", left_alone),
];

/// All that is wrong.
pub(crate) fn judge(history: &History) -> Vec<String> {
    let each = |(name, rule): &Rule| rule(history).into_iter().map(|wrong| format!("{name}: {wrong}")).collect::<Vec<_>>();
    RULES.iter().flat_map(each).collect()
}

impl History {
    /// How often whom a round names was called.
    fn called(&self) -> HashMap<(i64, &str), usize> {
        let mut called = HashMap::new();
        for call in &self.calls {
            *called.entry((call.round, call.who.as_str())).or_default() += 1;
        }
        called
    }

    /// When somebody was begun with, as far as it is known from outside: calls as they arrive, inboxes as the ledger says.
    pub(crate) fn starts(&self) -> Vec<Instant> {
        let inboxes = self.lines.iter().filter(|line| line.is_account() && line.is("SENT")).filter_map(|line| line.started_at);
        let mut starts: Vec<Instant> = self.calls.iter().map(|call| call.at).chain(inboxes).collect();
        starts.sort_unstable();
        starts
    }
}

fn seen(history: &History) -> Vec<String> {
    let mut wrong = Vec::new();
    let called = history.called();
    let told: HashSet<(&str, i64)> = history.inboxes.iter().map(|(who, round)| (who.as_str(), *round)).collect();
    let mut known = HashMap::new();
    for line in &history.lines {
        known.insert((line.round, line.who.as_str()), line.position);
        let calls = called.get(&(line.round, line.who.as_str())).copied().unwrap_or(0);
        let is_told = if line.is_account() { told.contains(&(line.who.as_str(), line.round)) } else { calls > 0 };
        // Whether a call arrived before its caller died is not always known; whether a notification was written is.
        let unsure = !line.is_account() && !line.is("WAITING") && line.attempts > 0;
        if (line.is("SENT") != is_told && !(unsure && is_told)) || calls > line.attempts || (line.is_account() && calls > 0) {
            wrong.push(format!("{calls} calls, in the inbox: {is_told}, and {line:?}"));
        }
    }
    for call in &history.calls {
        if known.get(&(call.round, call.who.as_str())) != Some(&call.position) {
            wrong.push(format!("not in the ledger: {call:?}"));
        }
    }
    let unknown = history.inboxes.iter().filter(|(who, round)| !known.contains_key(&(*round, who.as_str())));
    wrong.extend(unknown.map(|(who, round)| format!("{who} was told of round {round}, and is not in it")));
    wrong
}

fn repeated(history: &History) -> Vec<String> {
    let mut wrong = Vec::new();
    // Nobody comes back to the line, so everybody has one key, in whatever round they are called.
    let (mut keys, mut people) = (HashMap::new(), HashMap::new());
    for call in &history.calls {
        let (who, key) = (call.who.as_str(), call.key.as_str());
        if *keys.entry(key).or_insert(who) != who || *people.entry(who).or_insert(key) != key {
            wrong.push(format!("a key is of one person, and a person has one: {call:?}"));
        }
    }
    let repeats = history.calls.len() - people.len();
    let unknown: usize = history.rounds.iter().map(|(_, _, unknown)| unknown).sum();
    if repeats > unknown {
        wrong.push(format!("{repeats} calls were repeated, and the rounds know of {unknown} that may be"));
    }
    wrong
}

fn twice(history: &History) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut inboxes = HashSet::new();
    let doubled = history.inboxes.iter().filter(|told| !inboxes.insert(*told));
    wrong.extend(doubled.map(|(who, round)| format!("{who} has round {round} twice in the inbox")));
    let mut sent = HashMap::new();
    for line in history.lines.iter().filter(|line| line.is("SENT")) {
        if let Some(before) = sent.insert(line.who.as_str(), line.round) {
            wrong.push(format!("{} was told in round {before} and in round {}", line.who, line.round));
        }
    }
    wrong
}

fn passed_over(history: &History) -> Vec<String> {
    let mut wrong = Vec::new();
    let sent: HashSet<&str> = history.lines.iter().filter(|line| line.is("SENT")).map(|line| line.who.as_str()).collect();
    let has_left = |who: &str| history.left.contains_key(who);
    let forgotten = history.people.iter().filter(|who| !sent.contains(who.as_str()) && !has_left(who));
    wrong.extend(forgotten.map(|who| format!("{who} was never told")));
    let over: HashSet<i64> =
        history.rounds.iter().filter(|(_, status, _)| status == "COMPLETED").map(|(round, ..)| *round).collect();
    let mut positions: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    let mut count: BTreeMap<i64, usize> = BTreeMap::new();
    for line in &history.lines {
        positions.entry(line.round).or_default().insert(line.position);
        *count.entry(line.round).or_default() += 1;
        let is_open = ["WAITING", "IN_FLIGHT", "RETRY"].iter().any(|state| line.is(state));
        let is_excused =
            line.reason.as_deref() == Some("unsubscribed") && (has_left(&line.who) || sent.contains(line.who.as_str()));
        if (is_open && over.contains(&line.round)) || line.is("FAILED") || (line.is("SKIPPED") && !is_excused) {
            wrong.push(format!("{line:?}"));
        }
    }
    for (round, count) in count {
        let positions = &positions[&round];
        if positions.len() != count || positions.last() != i64::try_from(count).ok().as_ref() || positions.first() != Some(&1) {
            wrong.push(format!("the positions of round {round} are not 1 to {count}"));
        }
    }
    wrong
}

fn in_order(history: &History) -> Vec<String> {
    let mut wrong = Vec::new();
    // Who was tried once is in the order of the line; who was tried again comes when that is due.
    let once = history.lines.iter().filter(|line| line.is("SENT") && line.attempts == 1);
    let mut begun: BTreeMap<(i64, i64), (Instant, &Line)> = BTreeMap::new();
    begun.extend(once.filter_map(|line| Some(((line.round, line.position), (line.started_at?, line)))));
    for (before, after) in begun.values().zip(begun.values().skip(1)) {
        if before.1.round == after.1.round && before.0 > after.0 + CLOCKS {
            wrong.push(format!("position {} began before {}: {:?}", after.1.position, before.1.position, after.1));
        }
    }
    let mut arrived: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for call in history.calls.iter().filter(|call| begun.contains_key(&(call.round, call.position))) {
        arrived.entry(call.round).or_default().push(call.position);
    }
    for (round, arrived) in arrived {
        let mut sorted = arrived.clone();
        sorted.sort_unstable();
        for (index, position) in arrived.iter().enumerate() {
            let rank = sorted.partition_point(|other| other < position);
            if index > rank + WIDTH {
                wrong.push(format!("{} came before position {position} of round {round}", index - rank));
            }
        }
    }
    wrong
}

/// The most of `times`, which are sorted, that lie within any second.
pub(crate) fn most_in_a_second(times: &[Instant]) -> usize {
    let mut first = 0;
    let within = times.iter().enumerate().map(|(last, at)| {
        while at.since(times[first]) >= Duration::from_secs(1) {
            first += 1;
        }
        last - first + 1
    });
    within.max().unwrap_or(0)
}

fn rate(history: &History) -> Vec<String> {
    let mut calls: Vec<Instant> = history.calls.iter().map(|call| call.at).collect();
    calls.sort_unstable();
    let calls = most_in_a_second(&calls);
    // A call that takes a moment on its way meets inboxes that were begun with later, those of one permit at the most.
    let all = most_in_a_second(&history.starts());
    let too_many = calls > history.per_second || all > history.per_second + PERMIT;
    too_many.then(|| format!("{calls} calls arrived within a second, {all} with the inboxes")).into_iter().collect()
}

/// How many were begun with in each round after it had stopped: calls that arrived, and inboxes.
pub(crate) fn overshoots(history: &History) -> Vec<(usize, usize)> {
    let overshoot = |halt: &Halt| {
        let calls = history.calls.iter().filter(|call| call.round == halt.round && halt.covers(call.at)).count();
        let inboxes = history.lines.iter().filter(|line| line.round == halt.round && line.is_account() && line.is("SENT"));
        let later = |at: Instant| halt.covers(at) && at > halt.from + CLOCKS;
        (calls, inboxes.filter(|line| line.started_at.is_some_and(later)).count())
    };
    history.halts.iter().map(overshoot).collect()
}

fn halted(history: &History) -> Vec<String> {
    let found = history.halts.iter().zip(overshoots(history));
    let too_many = found.filter(|(_, (calls, inboxes))| *calls > PERMIT + WIDTH || *inboxes > 0);
    too_many.map(|(halt, (calls, inboxes))| format!("{calls} calls and {inboxes} inboxes after {halt:?}")).collect()
}

fn left_alone(history: &History) -> Vec<String> {
    let later = |line: &&Line| {
        let left = history.left.get(&line.who);
        line.is("SENT") && left.is_some_and(|left| line.started_at.is_some_and(|at| at > *left + CLOCKS))
    };
    history.lines.iter().filter(later).map(|line| format!("{line:?}")).collect()
}

/// How many were begun with in each full second in which nothing was killed, stopped or about to begin: `disturbed` says when anything was.
pub(crate) fn held_rates(history: &History, disturbed: &[(Instant, Instant)]) -> Vec<usize> {
    let (starts, second) = (history.starts(), Duration::from_secs(1));
    let (mut rates, mut from) = (Vec::new(), 0);
    while from < starts.len() {
        let (begin, end) = (starts[from], starts[from] + second);
        let until = starts.partition_point(|at| *at < end);
        let is_calm = disturbed.iter().all(|(since, till)| *till <= begin || *since >= end);
        // Where nothing follows soon, there was nothing more to do.
        if is_calm && starts.get(until).is_some_and(|next| next.since(end) < Duration::from_millis(100)) {
            rates.push(until - from);
        }
        from = if is_calm { until } else { from + 1 };
    }
    rates
}
