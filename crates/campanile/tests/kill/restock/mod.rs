//! Restock rounds told by processes that are killed: the sender dies every two seconds, while its owner sells out, restocks, pauses and lets
//! go on at any moment, and people leave.
//!
//! Half of those who wait have an account and are told in their inbox, half are handed over to a service that remembers what it heard. One
//! process works on SQLite, two on PostgreSQL. In the end the ledgers, the inboxes and what the service heard are laid side by side
//! ([`judge`]). `CAMPANILE_KILL_SUBSCRIBERS` says how many wait, `CAMPANILE_KILL_BINARY` which build is killed, if not that of the tests.

mod falsified;
mod judge;
mod killer;
mod shop;

use std::{sync::Arc, time::Duration};

use clockwork::SystemClock;
use kernel::{Clock as _, Instant};
use serde_json::json;
use testkit::{SeededEntropy, Sink, TestServer};
use tokio::sync::watch;

use crate::BINARY;
use judge::{Call, History, held_rates, judge, overshoots};
use killer::Killer;
use shop::Shop;

/// Enough for several lives of a sender.
const SUBSCRIBERS: usize = 3_000;

/// As the product has it unless told otherwise.
const PER_SECOND: usize = 500;

/// Around a death or a deed of the owner no second is a full one.
const DISTURBS: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killing_the_sender_every_two_seconds_tells_everybody_once_and_in_order() {
    let on_postgres = async {
        if let Some(server) = TestServer::on_postgres(binary()).await {
            survive(server, 2).await;
        }
    };
    tokio::join!(survive(TestServer::on_sqlite(binary()), 1), on_postgres);
}

fn subscribers() -> usize {
    told("CAMPANILE_KILL_SUBSCRIBERS").and_then(|count| count.parse().ok()).unwrap_or(SUBSCRIBERS)
}

fn binary() -> String {
    told("CAMPANILE_KILL_BINARY").unwrap_or_else(|| BINARY.to_owned())
}

#[expect(clippy::disallowed_methods, reason = "how a test is told how long it may take")]
fn told(variable: &str) -> Option<String> {
    std::env::var(variable).ok()
}

async fn survive(server: TestServer, processes: usize) {
    let clock = Arc::new(SystemClock::new(None));
    let sink = Sink::taking().await;
    let server = server.with("CAMPANILE_CAMPAIGNS__HANDOVER_URL", &sink.url());
    let engine = server.engine();
    let mut servers = vec![server];
    while servers.len() < processes {
        servers.push(servers[0].beside());
    }
    let entropy = SeededEntropy::new(11);
    let urls = servers.iter().map(TestServer::url).collect();
    let mut shop = Shop::open(&mut servers[0], urls, subscribers(), entropy.fork(engine), Arc::clone(&clock)).await;
    for server in &mut servers[1..] {
        server.start().await;
    }
    let (over, is_over) = watch::channel(false);
    let killing = tokio::spawn(Killer::new(servers, Arc::clone(&clock)).kill_until(is_over));
    let began = clock.monotonic();
    shop.sell().await;
    let took = clock.monotonic().saturating_sub(began);
    over.send_replace(true);
    let Killer { mut servers, deaths, .. } = killing.await.expect("the killer ends");

    let mut history = shop.ledgers().await;
    let zero = clock.now() - sink.now();
    let heard = sink.heard().into_iter().map(|heard| Call {
        at: zero + heard.at,
        round: heard.body["round"].as_i64().unwrap_or(0),
        position: heard.position(),
        who: heard.external_id().to_owned(),
        key: heard.key,
    });
    history.calls = heard.collect();
    history.per_second = PER_SECOND;
    for server in &mut servers {
        assert_eq!(server.terminate().await.code(), Some(0), "{}", server.log());
    }
    shop.read_inboxes(&servers[0].open(), &mut history).await;
    report(&history, engine, &deaths, took);
    let wrong = judge(&history);
    assert!(wrong.is_empty(), "{engine}: {} violations, the first: {:#?}", wrong.len(), &wrong[..wrong.len().min(10)]);
    assert!(deaths.len() >= 2 && !history.halts.is_empty(), "too little happened to prove anything");
}

fn report(history: &History, engine: &str, deaths: &[(Instant, Instant)], took: Duration) {
    let deeds = history.halts.iter().flat_map(|halt| [Some(halt.from), halt.until]).flatten();
    let mut disturbed: Vec<(Instant, Instant)> = deeds.map(|at| (at - DISTURBS, at + DISTURBS)).collect();
    disturbed.extend(deaths.iter().map(|(from, until)| (*from - DISTURBS, *until + DISTURBS)));
    let mut rates = held_rates(history, &disturbed);
    rates.sort_unstable();
    let overshoots = overshoots(history);
    let unknown: usize = history.rounds.iter().map(|(_, _, unknown)| unknown).sum();
    println!(
        "{}",
        json!({
            "engine": engine, "subscribers": history.people.len(), "seconds": took.as_secs(), "deaths": deaths.len(),
            "rounds": history.rounds.len(), "stops": history.halts.len(), "left": history.left.len(), "calls": history.calls.len(),
            "inboxes": history.inboxes.len(), "unknown": unknown,
            "calls_after_a_stop": overshoots.iter().map(|(calls, _)| calls).max(),
            "inboxes_after_a_stop": overshoots.iter().map(|(_, inboxes)| inboxes).max(),
            "most_calls_in_a_second": judge::most_in_a_second(&history.calls.iter().map(|call| call.at).collect::<Vec<_>>()),
            "most_in_a_second": judge::most_in_a_second(&history.starts()),
            "full_seconds": rates.len(), "least_in_a_full_second": rates.first(), "median_in_a_full_second": rates.get(rates.len() / 2),
        })
    );
}
