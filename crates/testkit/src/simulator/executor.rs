//! One thread, many tasks, and a seed that decides who runs next.
//!
//! ```text
//!   some task is ready ──► the seed chooses one ──► poll it once ──► carry out what it asked for (spawn, crash, pause …)
//!   none is ready      ──► time moves on to the next sleeper
//!   nobody sleeps      ──► deadlock: the run ends with the names of those who wait
//! ```
//!
//! Tasks belong to a node, and a node dies as a process does: between two polls, with everything it had in memory. Every
//! decision goes into the trace, so that two runs of one seed can be compared by one number.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fmt,
    future::Future,
    hash::{Hash, Hasher},
    pin::Pin,
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use tokio::sync::oneshot;

use crate::{SeededEntropy, TestClock};

/// Polls without time passing after which a run is given up.
const POLLS_WITHOUT_TIME: u32 = 1_000_000;

/// A group of tasks that lives and dies together: one life of a process. A restarted process is another node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node(pub u32);

/// Clients and the nemesis: they are never killed.
pub const OUTSIDE: Node = Node(0);

/// Why a run cannot go on.
#[derive(Debug, PartialEq, Eq)]
pub enum Stuck {
    /// Everybody waits and nobody sleeps.
    Deadlock(Vec<String>),
    /// Somebody runs again and again and time stands still.
    Livelock(String),
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deadlock(names) => write!(f, "deadlock: {} wait and nobody sleeps", names.join(", ")),
            Self::Livelock(name) => write!(f, "livelock: {name} runs on and on and time stands still"),
        }
    }
}

type Task = Pin<Box<dyn Future<Output = ()>>>;

struct Slot {
    node: Node,
    name: String,
    task: Task,
    waker: Waker,
}

/// Runs tasks until the one that matters is done.
pub struct Executor {
    clock: TestClock,
    entropy: SeededEntropy,
    handle: Handle,
    ready: Arc<Ready>,
    slots: BTreeMap<u64, Slot>,
    paused: BTreeSet<Node>,
    /// How many polls a node has left to live, and whom to tell: two may want it dead.
    condemned: BTreeMap<Node, (u32, Vec<oneshot::Sender<()>>)>,
    dead: BTreeSet<Node>,
    spawned: u64,
    trace: Trace,
}

/// What tasks ask the executor for; carried out after the poll in which it was asked.
#[derive(Clone, Default)]
pub struct Handle(Rc<RefCell<Vec<Command>>>);

enum Command {
    Spawn(Node, String, Task),
    CrashAfter(Node, u32, oneshot::Sender<()>),
    Pause(Node),
    Resume(Node),
    Note(u64),
}

impl Handle {
    /// Starts a task on `node`.
    pub fn spawn(&self, node: Node, name: impl Into<String>, task: impl Future<Output = ()> + 'static) {
        self.ask(Command::Spawn(node, name.into(), Box::pin(task)));
    }

    /// Runs `task` on `node` and answers what it did; `None` if the node died first.
    pub async fn call<T: 'static>(&self, node: Node, name: &str, task: impl Future<Output = T> + 'static) -> Option<T> {
        let (sender, receiver) = oneshot::channel();
        self.spawn(node, name, async move {
            let _ = sender.send(task.await);
        });
        receiver.await.ok()
    }

    /// Kills `node` after `polls` more polls of its tasks: at an instruction that nobody chose. The receiver hears of it.
    pub fn crash_after(&self, node: Node, polls: u32) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        self.ask(Command::CrashAfter(node, polls, sender));
        receiver
    }

    /// Stops `node` where it stands, as SIGSTOP does. Time goes on without it.
    pub fn pause(&self, node: Node) {
        self.ask(Command::Pause(node));
    }

    /// Lets a paused node go on.
    pub fn resume(&self, node: Node) {
        self.ask(Command::Resume(node));
    }

    /// Puts something that happened into the trace.
    pub fn note(&self, what: u64) {
        self.ask(Command::Note(what));
    }

    fn ask(&self, command: Command) {
        self.0.borrow_mut().push(command);
    }
}

impl Executor {
    /// An executor without tasks; `entropy` decides the order of everything.
    pub fn new(clock: TestClock, entropy: SeededEntropy) -> Self {
        Self {
            clock,
            entropy,
            handle: Handle::default(),
            ready: Arc::default(),
            slots: BTreeMap::new(),
            paused: BTreeSet::new(),
            condemned: BTreeMap::new(),
            dead: BTreeSet::new(),
            spawned: 0,
            trace: Trace::default(),
        }
    }

    /// For tasks to ask with.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// One number for all decisions so far.
    pub fn trace(&self) -> u64 {
        self.trace.0
    }

    /// One number for all decisions so far, and for what came of them.
    pub fn trace_with(&self, what: &impl Hash) -> u64 {
        let mut trace = Trace(self.trace.0);
        what.hash(&mut trace);
        trace.finish()
    }

    /// Runs everything until `main` is done, and answers what it answered. Other tasks stay where they are.
    pub fn run<T: 'static>(&mut self, main: impl Future<Output = T> + 'static) -> Result<T, Stuck> {
        let answer = Rc::new(RefCell::new(None));
        let slot = Rc::clone(&answer);
        self.handle.spawn(OUTSIDE, "main", async move {
            let value = main.await;
            *slot.borrow_mut() = Some(value);
        });
        self.obey();
        let mut without_time = 0;
        loop {
            if let Some(value) = answer.borrow_mut().take() {
                return Ok(value);
            }
            if let Some(id) = self.choose() {
                without_time += 1;
                if without_time > POLLS_WITHOUT_TIME {
                    return Err(Stuck::Livelock(self.slots.get(&id).map(|slot| slot.name.clone()).unwrap_or_default()));
                }
                self.poll(id);
                self.obey();
            } else if let Some(passed) = self.clock.advance_to_next() {
                self.trace.add(&[1, micros(passed)]);
                without_time = 0;
            } else {
                return Err(Stuck::Deadlock(self.slots.values().map(|slot| slot.name.clone()).collect()));
            }
        }
    }

    /// One of the ready tasks of nodes that are not paused. The set is in order, so nothing but the seed has a say.
    fn choose(&self) -> Option<u64> {
        let mut ready = self.ready.lock();
        ready.retain(|id| self.slots.contains_key(id));
        let able = ready.iter().filter(|id| self.paused.is_empty() || !self.paused.contains(&self.slots[*id].node));
        let chosen = if self.paused.is_empty() {
            ready.iter().nth(self.entropy.index(ready.len())).copied()
        } else {
            let able: Vec<u64> = able.copied().collect();
            able.get(self.entropy.index(able.len())).copied()
        };
        chosen.inspect(|id| _ = ready.remove(id))
    }

    fn poll(&mut self, id: u64) {
        let Some(slot) = self.slots.get_mut(&id) else { return };
        let node = slot.node;
        let waker = slot.waker.clone();
        let done = matches!(slot.task.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Ready(()));
        self.trace.add(&[2, id, u64::from(done)]);
        if done {
            self.slots.remove(&id);
        }
        if let Some((left, _)) = self.condemned.get_mut(&node) {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.kill(node);
            }
        }
    }

    fn kill(&mut self, node: Node) {
        self.trace.add(&[3, u64::from(node.0)]);
        self.paused.remove(&node);
        self.dead.insert(node);
        self.slots.retain(|_, slot| slot.node != node);
        for told in self.condemned.remove(&node).into_iter().flat_map(|(_, told)| told) {
            let _ = told.send(());
        }
    }

    fn obey(&mut self) {
        loop {
            let commands = std::mem::take(&mut *self.handle.0.borrow_mut());
            if commands.is_empty() {
                return;
            }
            for command in commands {
                match command {
                    Command::Spawn(node, name, task) => self.admit(node, name, task),
                    Command::CrashAfter(node, polls, told) => {
                        let (left, all) = self.condemned.entry(node).or_insert((polls, Vec::new()));
                        *left = polls.min(*left);
                        all.push(told);
                        if polls == 0 || self.dead.contains(&node) {
                            self.kill(node);
                        }
                    }
                    Command::Pause(node) => _ = self.paused.insert(node),
                    Command::Resume(node) => _ = self.paused.remove(&node),
                    Command::Note(what) => self.trace.add(&[4, what]),
                }
            }
        }
    }

    fn admit(&mut self, node: Node, name: String, task: Task) {
        // Nobody answers on a dead node; the task is dropped, and whoever waits for it hears nothing.
        if self.dead.contains(&node) {
            return;
        }
        self.spawned += 1;
        let id = self.spawned;
        let waker = Waker::from(Arc::new(TaskWaker { id, ready: Arc::clone(&self.ready) }));
        waker.wake_by_ref();
        self.slots.insert(id, Slot { node, name, task, waker });
    }
}

#[derive(Default)]
struct Ready(Mutex<BTreeSet<u64>>);

impl Ready {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct TaskWaker {
    id: u64,
    ready: Arc<Ready>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ready.lock().insert(self.id);
    }
}

/// FNV-1a over everything that was decided.
struct Trace(u64);

impl Default for Trace {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Trace {
    fn add(&mut self, words: &[u64]) {
        for word in words {
            self.write(&word.to_le_bytes());
        }
    }
}

impl Hasher for Trace {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use kernel::Clock as _;

    use super::*;

    fn executor(seed: u64) -> (Executor, TestClock) {
        let clock = TestClock::default();
        (Executor::new(clock.clone(), SeededEntropy::new(seed)), clock)
    }

    /// Four tasks that sleep equally long write down in which order they woke.
    fn order(seed: u64) -> (Vec<u32>, u64) {
        let (mut executor, clock) = executor(seed);
        let handle = executor.handle();
        let woken = Rc::new(RefCell::new(Vec::new()));
        let all = Rc::clone(&woken);
        executor
            .run(async move {
                for number in 0..4 {
                    let (clock, woken) = (clock.clone(), Rc::clone(&woken));
                    handle.spawn(Node(number), "sleeper", async move {
                        clock.sleep(Duration::from_secs(1)).await;
                        woken.borrow_mut().push(number);
                    });
                }
                clock.sleep(Duration::from_secs(2)).await;
            })
            .expect("nobody is stuck");
        (all.take(), executor.trace())
    }

    #[test]
    fn a_seed_decides_the_order_and_the_trace() {
        assert_eq!(order(1), order(1));
        let orders: BTreeSet<_> = (0..50).map(|seed| order(seed).0).collect();
        assert!(orders.len() > 10, "{} orders in 50 seeds", orders.len());
    }

    #[test]
    fn a_crash_drops_the_tasks_of_one_node_and_its_callers_hear_nothing() {
        let (mut executor, clock) = executor(7);
        let handle = executor.handle();
        let answers = executor.run(async move {
            let doomed = {
                let clock = clock.clone();
                handle.call(Node(1), "doomed", async move { clock.sleep(Duration::from_secs(9)).await })
            };
            let crash = handle.clone();
            handle.spawn(OUTSIDE, "nemesis", async move {
                crash.crash_after(Node(1), 1).await.expect("the executor tells");
                crash.spawn(Node(2), "bystander", async {});
            });
            let lost = doomed.await.is_none();
            let gone = handle.call(Node(1), "nobody", async { 7 }).await;
            let restarted = handle.call(Node(3), "restarted", async { 7 }).await;
            (lost, gone, restarted, clock.monotonic())
        });
        assert_eq!(answers, Ok((true, None, Some(7), Duration::ZERO)));
    }

    #[test]
    fn two_who_want_a_node_dead_are_told_when_it_is() {
        let (mut executor, clock) = executor(7);
        let handle = executor.handle();
        let lived = executor.run(async move {
            let node = {
                let clock = clock.clone();
                async move {
                    loop {
                        clock.sleep(Duration::from_secs(1)).await;
                    }
                }
            };
            handle.spawn(Node(1), "node", node);
            let (one, other) = (handle.crash_after(Node(1), 9), handle.crash_after(Node(1), 4));
            let told = (one.await.is_ok(), clock.monotonic(), other.await.is_ok(), clock.monotonic());
            (told, handle.crash_after(Node(1), 4).await.is_ok())
        });
        let died = Duration::from_secs(3);
        assert_eq!(lived, Ok(((true, died, true, died), true)));
    }

    #[test]
    fn a_paused_node_sleeps_through_its_deadlines() {
        let (mut executor, clock) = executor(7);
        let handle = executor.handle();
        let woke_after = executor.run(async move {
            let (asked, at) = (handle.clone(), clock.clone());
            handle.spawn(OUTSIDE, "nemesis", async move {
                asked.pause(Node(1));
                at.sleep(Duration::from_secs(30)).await;
                asked.resume(Node(1));
            });
            let at = clock.clone();
            handle
                .call(Node(1), "sleeper", async move {
                    at.sleep(Duration::from_secs(1)).await;
                    at.monotonic()
                })
                .await
        });
        assert!(woke_after.is_ok_and(|after| after >= Some(Duration::from_secs(30))));
    }

    #[test]
    fn those_who_wait_for_each_other_are_named() {
        let (mut executor, _) = executor(7);
        let (_kept, never) = oneshot::channel::<()>();
        let stuck = executor.run(async move { never.await.is_ok() });
        assert_eq!(stuck, Err(Stuck::Deadlock(vec!["main".to_owned()])));
    }
}
