//! Who breaks things. Each seed enables some of the faults only (swarm testing: Groce et al., ISSTA 2012), because a run in
//! which everything breaks all the time hides what a single fault would show.

use std::{rc::Rc, time::Duration};

use domain::alarms::ReminderRule;
use kernel::{Clock as _, Instant, UserId};

use store::{StoreError, Tx, UseCase};

use super::{
    cluster::{Cluster, Member},
    installation::Person,
    people,
};
use crate::{
    SeededEntropy,
    history::{Phase, What},
};

/// A way to break a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Havoc {
    Busy,
    Full,
    LostBeforeCommit,
    LostAfterCommit,
    Slow,
    Crash,
    Pause,
    Clock,
    Poison,
}

impl Havoc {
    const ALL: [Self; 9] = [
        Self::Busy,
        Self::Full,
        Self::LostBeforeCommit,
        Self::LostAfterCommit,
        Self::Slow,
        Self::Crash,
        Self::Pause,
        Self::Clock,
        Self::Poison,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Full => "full",
            Self::LostBeforeCommit => "lost before commit",
            Self::LostAfterCommit => "lost after commit",
            Self::Slow => "slow",
            Self::Crash => "crash",
            Self::Pause => "pause",
            Self::Clock => "clock",
            Self::Poison => "poison",
        }
    }
}

/// How long one fault lasts at most. A clock that is wrong for a minute is believed, and rightly so: faults end before.
const LONGEST: Duration = Duration::from_secs(50);

/// Breaks nodes until told to stop, and leaves everything healed behind.
pub(super) struct Nemesis {
    name: String,
    cluster: Rc<Cluster>,
    entropy: SeededEntropy,
    enabled: Vec<Havoc>,
    /// So many times as often, and as short.
    haste: u64,
    /// Somebody nobody promised anything: whose alarms are spoiled.
    victim: Person,
    until: Instant,
}

impl Nemesis {
    pub(super) fn new(name: &str, cluster: &Rc<Cluster>, entropy: &SeededEntropy, victim: &Person, until: Instant) -> Self {
        // One choice for all nemeses of a seed.
        let choice = entropy.fork("swarm");
        let mut enabled: Vec<Havoc> = Havoc::ALL.into_iter().filter(|_| choice.chance(500)).collect();
        // Nodes that share a database go by its clock; what theirs show, nobody looks at.
        enabled.retain(|havoc| *havoc != Havoc::Clock || !cluster.is_shared());
        let (cluster, victim) = (Rc::clone(cluster), victim.clone());
        Self { name: name.to_owned(), cluster, entropy: entropy.fork(name), enabled, haste: 1, victim, until }
    }

    /// One that does nothing but kill and stop nodes, every few seconds.
    pub(super) fn raider(cluster: &Rc<Cluster>, entropy: &SeededEntropy, victim: &Person, until: Instant) -> Self {
        let enabled = vec![Havoc::Crash, Havoc::Crash, Havoc::Pause];
        Self { enabled, haste: 5, ..Self::new("raider", cluster, entropy, victim, until) }
    }

    pub(super) async fn run(self) {
        let world = self.cluster.world.clone();
        while !self.enabled.is_empty() {
            world.sleep(Duration::from_millis(self.entropy.between(500, 25_000) / self.haste)).await;
            if world.now() >= self.until {
                return;
            }
            let havoc = self.enabled[self.entropy.index(self.enabled.len())];
            let members = self.cluster.members();
            self.wreak(havoc, &members[self.entropy.index(members.len())]).await;
        }
    }

    async fn wreak(&self, havoc: Havoc, member: &Member) {
        let scribe = &self.cluster.scribe;
        // The guard carries time over a clock that jumps, and an alarm that cannot be rung is set aside: nothing is late because
        // of either.
        let excuses = !matches!(havoc, Havoc::Clock | Havoc::Poison);
        let error = self.some_error();
        let kind = if havoc == Havoc::Clock { format!("clock {error:+} µs") } else { havoc.name().to_owned() };
        let what = What::Fault { kind, node: member.name.clone(), excuses };
        scribe.write(&self.name, Phase::Invoke, what.clone());
        match havoc {
            Havoc::Crash => self.crash(member).await,
            Havoc::Pause => self.pause(member).await,
            Havoc::Clock => self.clock(member, error).await,
            Havoc::Poison => self.poison().await,
            _ => self.disk(havoc, member).await,
        }
        scribe.write(&self.name, Phase::Ok, what);
    }

    async fn crash(&self, member: &Member) {
        member.crash(&self.cluster.handle, u32::try_from(self.entropy.between(1, 60)).unwrap_or(1)).await;
        self.last(8_000).await;
        if member.node().is_none() {
            self.cluster.start(member);
        }
    }

    async fn pause(&self, member: &Member) {
        let Some(node) = member.node() else { return };
        self.cluster.handle.pause(node);
        // Longer than a lease, more often than not.
        self.last(45_000).await;
        self.cluster.handle.resume(node);
    }

    async fn clock(&self, member: &Member, error: i64) {
        member.err_by(error);
        self.last(45_000).await;
        member.err_by(0);
    }

    /// An alarm is made as any other, and spoiled where it lies before it is due.
    async fn poison(&self) {
        let due_at = self.cluster.world.now() + Duration::from_millis(self.entropy.between(2_000, 20_000));
        let draft = people::draft("poison", (due_at, Duration::from_hours(1)), vec![ReminderRule::before_start(0)]);
        let caller = self.victim.caller.clone();
        let made = self.cluster.ask(move |app| async move {
            app::calendar::create(&app, &caller, draft, app::calendar::OnConflict::Allow, None, people::nothing())
                .await
                .map(|_| ())
        });
        // Whether or not it was made: some nodes do not answer.
        let _ = made.await;
        match self.cluster.database().write(Spoil(self.victim.caller.user)).await {
            Ok(spoiled) => self.cluster.spoiled(spoiled),
            Err(error) => self.cluster.surprised(format!("no alarm could be spoiled: {error}")),
        }
    }

    /// One second to one year, evenly over the orders of magnitude, forwards or backwards.
    fn some_error(&self) -> i64 {
        let size = (1_000_000i64 << self.entropy.below(25)).min(365 * 86_400 * 1_000_000);
        if self.entropy.chance(500) { size } else { -size }
    }

    async fn disk(&self, havoc: Havoc, member: &Member) {
        let rate = self.entropy.between(100, 1_000);
        let set = |rate: u64| {
            member.disk.set(|rates| match havoc {
                Havoc::Busy => rates.busy = rate,
                Havoc::Full => rates.full = rate,
                Havoc::LostBeforeCommit => rates.lost_before_commit = rate,
                Havoc::LostAfterCommit => rates.lost_after_commit = rate,
                _ => rates.slow_millis = rate * 3,
            });
        };
        set(rate);
        self.last(20_000).await;
        set(0);
    }

    async fn last(&self, most_millis: u64) {
        let duration = Duration::from_millis(self.entropy.between(1, most_millis / self.haste));
        self.cluster.world.sleep(duration.min(LONGEST)).await;
    }
}

struct Spoil(UserId);

impl UseCase for Spoil {
    type Out = u64;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        store::scratch::poison_alarms(tx, self.0).await
    }
}
