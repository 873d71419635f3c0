//! A whole installation in one thread: seeded, with virtual time, real SQL, and faults.
//!
//! One seed is one life of an installation: one to three nodes over one database, three to six people who make, move, delete,
//! restore, snooze and dismiss for ten simulated minutes and repeat what was not answered, readers who follow what they are
//! told, and a nemesis. Some minutes after it begins, the clocks change in the zone of what repeats. Then everything is healed, and whatever is due has an hour to ring. The use cases, the SQL, the lanes
//! of the clockwork and the clock guard are those of production; only time, randomness and the disk are not.
//!
//! ```text
//!   people, readers ──ask──► node 1 ─┐
//!        (patience 10 s)  └► node 2 ─┼─► SQLite in memory behind faults ◄── nemesis: busy, full, lost answers, slow,
//!                          └► node 3 ─┘      outlives every node              crash, pause, clock jumps, poison
//!              └───────────── history ──► judges
//! ```

mod cluster;
mod executor;
mod faults;
mod installation;
mod jobs;
mod nemesis;
mod people;
mod reader;
mod sabotage;
mod scribe;
mod series;
mod shop;
mod turns;

use std::{fmt, rc::Rc, sync::Arc, time::Duration};

use kernel::{Clock as _, Instant, SleepFuture};
use store::{Fault, FaultPoint, Faults, Store, StoreError};

pub use executor::{Executor, Handle, Node, OUTSIDE, Stuck};
pub use sabotage::Sabotage;
pub use shop::EVERY as SHOP_EVERY;

use crate::{
    SeededEntropy, TestClock,
    history::{Bounds, Checker, Entry, Verdict, What, check},
};
use cluster::Cluster;
use installation::{Enrol, Person};
use nemesis::Nemesis;
use people::Actor;
use reader::Reader;
use scribe::Scribe;
use shop::{Crowd, Keeper, Shop, Weather};
use turns::Turn;

/// How long people work and the nemesis breaks things.
const BUSY: Duration = Duration::from_mins(10);

/// The last instant anything is planned for, from the start.
const HORIZON: Duration = Duration::from_mins(12);

/// How long whatever is due may take to ring once everything is healed.
const QUIESCENCE: Duration = Duration::from_hours(1);

/// What a seed came to.
#[derive(Debug)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// One number for every decision and every line of the history.
    pub trace: u64,
    /// What the judges say.
    pub verdict: Verdict,
    /// What went wrong otherwise: a deadlock, an answer nobody should get, no quiescence.
    pub surprises: Vec<String>,
    /// How much time passed in there.
    pub simulated: Duration,
    /// What happened.
    pub history: Vec<Entry>,
}

impl Report {
    /// Whether every promise was kept.
    pub fn is_good(&self) -> bool {
        self.verdict.violations.is_empty() && self.surprises.is_empty()
    }

    /// The judges that found something, each once.
    pub fn accusers(&self) -> Vec<Checker> {
        let mut checkers: Vec<Checker> = self.verdict.violations.iter().map(|violation| violation.checker).collect();
        checkers.dedup();
        checkers
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let summary = &self.verdict.summary;
        writeln!(
            f,
            "seed {}: {} promises, {} had to ring, {} rang; {} rounds, {} told; {} lines; {} simulated seconds; trace {:016x}",
            self.seed,
            summary.promises,
            summary.sure,
            summary.effects,
            summary.rounds,
            summary.told,
            self.history.len(),
            self.simulated.as_secs(),
            self.trace
        )?;
        for violation in self.verdict.violations.iter().take(10) {
            writeln!(f, "  {violation}")?;
        }
        for surprise in self.surprises.iter().take(10) {
            writeln!(f, "  surprise: {surprise}")?;
        }
        if !self.is_good() {
            writeln!(f, "  again: cargo run -p testkit --bin sim -- --seed {}", self.seed)?;
        }
        Ok(())
    }
}

/// Lives through one seed.
pub fn simulate(seed: u64, sabotage: Option<Sabotage>) -> Report {
    let entropy = SeededEntropy::new(seed);
    let (turn, start) = Turn::choose(&entropy);
    let world = TestClock::at(start);
    let mut executor = Executor::new(world.clone(), entropy.fork("executor"));
    let (handle, scribe) = (executor.handle(), Scribe::new(world.clone()));
    let has_shop = seed.is_multiple_of(SHOP_EVERY);
    let life = live((handle, world.clone(), scribe.clone()), (entropy, turn), has_shop, sabotage);
    let surprises = match executor.run(life) {
        Ok(Ok(surprises)) => surprises,
        Ok(Err(error)) => vec![format!("the database itself failed: {error}")],
        Err(stuck) => vec![stuck.to_string()],
    };
    let history = scribe.take();
    Report {
        seed,
        trace: executor.trace_with(&history),
        verdict: check(&history, &bounds(&history)),
        surprises,
        simulated: world.monotonic(),
        history,
    }
}

/// What the simulated installation promises. As long as no clock is touched, it is held to the microsecond.
fn bounds(history: &[Entry]) -> Bounds {
    let touched = history.iter().any(|entry| matches!(&entry.what, What::Fault { kind, .. } if kind.starts_with("clock")));
    // What the clock guard takes for a clock that is being disciplined, and follows slowly.
    let skew = if touched { Duration::from_secs(2) } else { Duration::ZERO };
    Bounds {
        skew,
        // There is no polling period on the hot path, and a simulated disk answers within a millisecond.
        lateness: skew + Duration::from_millis(50),
        // A transaction that began on a slow disk takes up to three seconds, and a lane that could not claim pauses for at most
        // a second and a fifth.
        recovery: skew + Duration::from_millis(4_500),
    }
}

/// The disk while the installation is set up and when it is looked at afterwards: nothing goes wrong.
struct Sound(TestClock);

impl Faults for Sound {
    fn strike(&self, _: FaultPoint) -> Fault {
        Fault::None
    }

    fn delay(&self) -> SleepFuture<'_> {
        self.0.sleep(Duration::ZERO)
    }
}

async fn live(
    (handle, world, scribe): (Handle, TestClock, Scribe),
    (entropy, turn): (SeededEntropy, &'static Turn),
    has_shop: bool,
    sabotage: Option<Sabotage>,
) -> Result<Vec<String>, StoreError> {
    let start = world.now();
    let database = Store::simulated(Arc::new(Sound(world.clone())))?;
    database.migrate().await?;
    let (people, victim) = enrol(&database, (turn, start), &entropy).await?;
    let shop = if has_shop { Some(Shop::open(&entropy, start, &database, &scribe).await?) } else { None };
    let rival = match &shop {
        Some(shop) => shop.rival(&entropy, start, &database, &scribe).await?,
        None => None,
    };
    let size = entropy.between(1, 3);
    let cluster = Cluster::new((handle, world.clone(), scribe), &entropy, (database, shop.clone()), size, sabotage);
    cluster.members().iter().for_each(|member| cluster.start(member));

    let (busy_until, horizon) = (start + BUSY, start + HORIZON);
    let pause_millis = entropy.between(2_000, 9_000);
    let weather = shop.as_ref().map_or(Weather::Usual, |shop| shop.weather);
    for name in ["nemesis-1", "nemesis-2"].into_iter().filter(|_| weather != Weather::Calm) {
        let nemesis = Nemesis::new(name, &cluster, &entropy, &victim, busy_until);
        cluster.handle.spawn(OUTSIDE, name, nemesis.run());
    }
    if weather == Weather::Raids {
        let raider = Nemesis::raider(&cluster, &entropy, &victim, busy_until);
        cluster.handle.spawn(OUTSIDE, "raider", raider.run());
    }
    let (mut actors, mut readers) = (Vec::new(), Vec::new());
    for person in &people {
        let actor = Actor::new(&cluster, person.clone(), &entropy, (turn, horizon));
        actors.push(waited(&cluster.handle, &person.name, actor.work(busy_until, pause_millis)));
        let reader = Reader::new(&cluster, person.clone(), &entropy);
        readers.push(waited(&cluster.handle, &format!("{} reads", person.name), reader.follow()));
    }
    let mut keepers = Vec::new();
    if let Some(shop) = &shop {
        keepers.push(open_shop(&cluster, shop, &entropy, busy_until, &mut actors));
    }
    if let Some(rival) = &rival {
        let keeper = Rc::new(Keeper::new("rival", &cluster, rival, &entropy));
        actors.push(waited(&cluster.handle, "rival", Rc::clone(&keeper).work(busy_until)));
        keepers.push(keeper);
    }
    all(actors).await;
    let mut is_quiet = quiesce(&cluster, horizon).await?;
    for keeper in keepers {
        is_quiet &= keeper.close().await?;
    }
    cluster.call_it_a_day();
    all(readers).await;
    reader::audit(&cluster, &people).await?;
    reader::count_set_aside(&cluster).await?;
    for shop in [shop, rival].into_iter().flatten() {
        shop::audit(&cluster, &shop).await?;
    }
    let mut surprises = cluster.take_surprises();
    if !is_quiet {
        surprises.push(format!("an hour after everything was healed, at {}, something still waits", world.now()));
    }
    Ok(surprises)
}

/// Starts everybody in a shop; answers whose it is.
fn open_shop(
    cluster: &Rc<Cluster>,
    shop: &Rc<Shop>,
    entropy: &SeededEntropy,
    until: Instant,
    actors: &mut Vec<tokio::sync::oneshot::Receiver<()>>,
) -> Rc<Keeper> {
    shop.open_sink(cluster, entropy, until);
    let keeper = Rc::new(Keeper::new("shopkeeper", cluster, shop, entropy));
    actors.push(waited(&cluster.handle, "shopkeeper", Rc::clone(&keeper).work(until)));
    for half in 0..2 {
        let crowd = Crowd::new(cluster, shop, half, entropy);
        actors.push(waited(&cluster.handle, "crowd", crowd.work(until)));
    }
    keeper
}

/// Starts a task outside; the receiver hears when it is over.
fn waited(handle: &Handle, name: &str, task: impl Future<Output = ()> + 'static) -> tokio::sync::oneshot::Receiver<()> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    handle.spawn(OUTSIDE, name, async move {
        task.await;
        let _ = sender.send(());
    });
    receiver
}

async fn all(tasks: Vec<tokio::sync::oneshot::Receiver<()>>) {
    for task in tasks {
        let _ = task.await;
    }
}

/// Those who work, and one more who only has things done to them.
async fn enrol(
    database: &Store,
    began: (&'static Turn, Instant),
    entropy: &SeededEntropy,
) -> Result<(Vec<Person>, Person), StoreError> {
    let mut people = Vec::new();
    let ids = entropy.fork("people");
    for number in 0..=entropy.between(3, 6) {
        // Not the victim: nobody waits for what cannot be rung.
        let choice = entropy.fork(&format!("night of {number}"));
        let minutes = (choice.below(8), choice.between(1, 4));
        let quiet = (number > 0 && choice.chance(400))
            .then_some(minutes)
            .and_then(|(first, length)| Some((u32::try_from(first).ok()?, u32::try_from(length).ok()?)));
        let Some((case, person)) = Enrol::new(number, began, quiet, &ids) else { continue };
        database.write(case).await?;
        people.push(person);
    }
    let victim = people.remove(0);
    Ok((people, victim))
}

/// Waits until nothing is to ring soon; `false` if that takes too long.
async fn quiesce(cluster: &Rc<Cluster>, from: Instant) -> Result<bool, StoreError> {
    let world = &cluster.world;
    world.sleep(from.since(world.now())).await;
    while world.now() < from + QUIESCENCE {
        if reader::is_quiet(cluster).await? {
            return Ok(true);
        }
        world.sleep(Duration::from_secs(1)).await;
    }
    Ok(false)
}
