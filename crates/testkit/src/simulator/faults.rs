//! What goes wrong inside a node: its database hesitates, refuses or loses an answer, its clock jumps.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use clockwork::Guard;
use kernel::{Clock, Instant, SleepFuture};
use store::{Fault, FaultPoint, Faults};

use crate::{SeededEntropy, TestClock};

/// How often something goes wrong, per mille, and how slow the disk is at most.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rates {
    pub(super) busy: u64,
    pub(super) full: u64,
    pub(super) lost_before_commit: u64,
    pub(super) lost_after_commit: u64,
    pub(super) slow_millis: u64,
}

/// The disk of a node.
#[derive(Debug)]
pub(super) struct Disk {
    entropy: SeededEntropy,
    world: TestClock,
    rates: Mutex<Rates>,
}

impl Disk {
    pub(super) fn new(entropy: SeededEntropy, world: TestClock) -> Self {
        Self { entropy, world, rates: Mutex::default() }
    }

    /// Changes one of the rates; the others stay.
    pub(super) fn set(&self, change: impl FnOnce(&mut Rates)) {
        change(&mut lock(&self.rates));
    }
}

impl Faults for Disk {
    fn strike(&self, point: FaultPoint) -> Fault {
        let rates = *lock(&self.rates);
        let happens = |per_mille: u64| per_mille > 0 && self.entropy.chance(per_mille);
        match point {
            FaultPoint::Begin | FaultPoint::Read if happens(rates.busy) => Fault::Busy,
            FaultPoint::BeforeCommit if happens(rates.full) => Fault::Full,
            FaultPoint::BeforeCommit if happens(rates.lost_before_commit) => Fault::Lost,
            FaultPoint::AfterCommit if happens(rates.lost_after_commit) => Fault::Lost,
            _ => Fault::None,
        }
    }

    fn delay(&self) -> SleepFuture<'_> {
        let slow = lock(&self.rates).slow_millis * 1_000;
        self.world.sleep(Duration::from_micros(self.entropy.between(20, 400) + self.entropy.below(slow + 1)))
    }
}

/// The clock of a node: the true time, an error, and the guard of production between the two and the program.
#[derive(Debug)]
pub(super) struct NodeClock {
    world: TestClock,
    state: Mutex<State>,
    guarded: bool,
}

#[derive(Debug)]
struct State {
    guard: Guard,
    /// What the wall clock shows too much, in microseconds.
    error: i64,
}

impl NodeClock {
    pub(super) fn new(world: TestClock, guarded: bool) -> Self {
        let guard = Guard::new(world.now(), world.monotonic(), None);
        Self { world, state: Mutex::new(State { guard, error: 0 }), guarded }
    }

    /// Lets the wall clock show `micros` too much from now on.
    pub(super) fn err_by(&self, micros: i64) {
        lock(&self.state).error = micros;
    }
}

impl Clock for NodeClock {
    fn now(&self) -> Instant {
        let mut state = lock(&self.state);
        let (wall, monotonic) = (Instant::from_micros(self.world.now().as_micros() + state.error), self.world.monotonic());
        if !self.guarded {
            return wall;
        }
        state.guard.observe(wall, monotonic);
        state.guard.now(monotonic)
    }

    fn monotonic(&self) -> Duration {
        self.world.monotonic()
    }

    fn sleep(&self, duration: Duration) -> SleepFuture<'_> {
        self.world.sleep(duration)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
