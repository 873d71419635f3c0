//! The real binary, killed with SIGKILL fifty times on each engine while people use it, and judged from outside.
//!
//! People make schedules that ring within seconds, move and delete some, and repeat under the same idempotency key whatever
//! was not answered. Others follow the live stream from the last id they saw, or look into the inbox. Everybody writes down
//! what they asked for and were shown, as JSON lines; nothing is taken from the server's own word but its answers. Then the
//! judges of the simulator read the history: nothing acknowledged is lost, nothing rings twice, nothing rings early.

mod api;
mod history;
mod person;
mod reader;
mod restock;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use clockwork::SystemClock;
use kernel::Clock;
use serde_json::json;
use testkit::{
    SeededEntropy, TestServer,
    history::{Bounds, Phase, What, check},
};
use tokio::sync::watch;

use api::Api;
use history::History;
use person::Person;
use reader::{Follower, Visitor};

/// How often the server is killed.
const KILLS: u32 = 50;

/// How many use it.
const PEOPLE: u64 = 3;

/// Tests run on machines that do other things too. What matters here is that nothing is lost, doubled or early; how late is
/// measured by the benchmarks.
const BOUNDS: Bounds =
    Bounds { skew: Duration::from_millis(50), lateness: Duration::from_secs(2), recovery: Duration::from_secs(6) };

/// When everything that was due must have rung, counted from the last kill: what rings later is late, and what rings never is
/// lost only once this has passed.
const SETTLED: Duration = Duration::from_secs(9);

/// How long whatever is under way may take once nobody kills the server any more.
const CALM: Duration = Duration::from_secs(45);

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_campanile");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_lose_double_and_hurry_nothing() {
    let on_postgres = async {
        if let Some(server) = TestServer::on_postgres(BINARY).await {
            survive(server).await;
        }
    };
    tokio::join!(survive(TestServer::on_sqlite(BINARY)), on_postgres);
}

/// What everybody who takes part shares.
#[derive(Clone)]
struct Stage {
    clock: Arc<SystemClock>,
    history: History,
    /// Turns true when people are to stop asking for more, and then when readers are to stop.
    over: watch::Receiver<Act>,
}

/// How far the test is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Killing,
    Finishing,
    Over,
}

impl Stage {
    fn act(&self) -> Act {
        *self.over.borrow()
    }

    async fn sleep_millis(&self, millis: u64) {
        self.clock.sleep(Duration::from_millis(millis)).await;
    }

    /// Waits for something that happens soon, or never.
    async fn wait_until(&self, is_so: impl Fn() -> bool) {
        let began = self.clock.monotonic();
        while !is_so() && self.clock.monotonic().saturating_sub(began) < CALM {
            self.sleep_millis(20).await;
        }
    }
}

async fn survive(mut server: TestServer) {
    let (acts, over) = watch::channel(Act::Killing);
    let clock = Arc::new(SystemClock::new(None));
    let history = History::create(server.engine(), Arc::clone(&clock));
    let stage = Stage { clock, history, over };
    let entropy = SeededEntropy::new(u64::from(KILLS));

    server.start().await;
    let mut apis = Vec::new();
    let (mut people, mut readers) = (Vec::new(), Vec::new());
    for number in 1..=PEOPLE {
        let name = format!("person{number}");
        let api = Api::sign_up(&server.url(), &name).await;
        people.push(tokio::spawn(Person::new(&stage, &api, &name, entropy.fork(&name)).work()));
        let follower = Follower::new(&stage, &api, &name);
        let told = follower.told();
        readers.push(tokio::spawn(follower.follow()));
        readers.push(tokio::spawn(Visitor::new(&stage, &api, &name).visit()));
        apis.push((name, api, told));
    }
    for _ in 0..KILLS {
        stage.sleep_millis(entropy.between(150, 550)).await;
        let fault = What::Fault { kind: "kill".to_owned(), node: server.engine().to_owned(), excuses: true };
        stage.history.write("nemesis", Phase::Invoke, fault.clone());
        server.kill();
        server.start().await;
        stage.history.write("nemesis", Phase::Ok, fault);
    }
    acts.send_replace(Act::Finishing);
    for person in people {
        person.await.expect("a person ends");
    }
    stage.clock.sleep(SETTLED).await;
    for (name, api, told) in &apis {
        let kept = reader::audit(&stage, api, name).await;
        stage.wait_until(|| told.load(Ordering::Relaxed) >= kept).await;
        assert_eq!(told.load(Ordering::Relaxed), kept, "{name} was told of something else than what is in the inbox");
    }
    acts.send_replace(Act::Over);
    for reader in readers {
        reader.await.expect("a reader ends");
    }
    judge(&stage, &server);
    assert_eq!(server.terminate().await.code(), Some(0), "{}", server.log());
}

fn judge(stage: &Stage, server: &TestServer) {
    let lines = stage.history.read();
    let verdict = check(&lines, &BOUNDS);
    let told = json!({
        "engine": server.engine(), "kills": KILLS, "lines": lines.len(), "promises": verdict.summary.promises,
        "had_to_ring": verdict.summary.sure, "rang": verdict.summary.effects,
    });
    println!("{told}");
    assert!(verdict.violations.is_empty(), "{told}: {:#?}\n{}", verdict.violations, stage.history.place());
    assert!(verdict.summary.sure >= 50, "too little happened to prove anything: {told}");
}
