//! A PostgreSQL that goes away under load, and comes back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use clockwork::SystemClock;
use kernel::Clock as _;
use reqwest::StatusCode;

use crate::{
    cluster::Cluster,
    person::Person,
    process::{Installation, PATIENCE, becomes, reason},
};

/// Asks without a pause until told to stop; answers what was acknowledged. Anything but a success and "not now" fails.
async fn ask(anna: Person, over: Arc<AtomicBool>, refused: Arc<AtomicUsize>, kept: Arc<AtomicUsize>) -> Vec<String> {
    let mut ids = Vec::new();
    while !over.load(Ordering::Acquire) {
        match anna.create().await {
            Ok(id) => {
                ids.push(id);
                kept.fetch_add(1, Ordering::AcqRel);
            }
            Err(refusal) => {
                assert_eq!(refusal.status, StatusCode::SERVICE_UNAVAILABLE, "{refusal:?}");
                assert!(refusal.retry_after > 0, "{refusal:?}");
                refused.fetch_add(1, Ordering::AcqRel);
            }
        }
    }
    ids
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let clock = SystemClock::new(None);
    while !holds() {
        assert!(clock.monotonic() < PATIENCE, "not {what}");
        clock.sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_database_that_goes_away_and_comes_back_costs_time_and_nothing_else() {
    let Some(cluster) = Cluster::new().await else { return };
    let url = cluster.start();
    let installation = Installation::sqlite();
    let server = installation.serve(&["--database", &url]);
    let anna = Person::sign_up(&server).await;
    let clock = SystemClock::new(None);
    let due = clock.now() + Duration::from_secs(3);
    for number in 0..5 {
        anna.plan(&format!("while away {number}"), Some(due)).await.expect("planned");
    }

    let (over, refused, kept) = (Arc::default(), Arc::default(), Arc::default());
    let load: Vec<_> =
        (0..4).map(|_| tokio::spawn(ask(anna.clone(), Arc::clone(&over), Arc::clone(&refused), Arc::clone(&kept)))).collect();
    let (refused, kept) = (|| refused.load(Ordering::Acquire), || kept.load(Ordering::Acquire));
    until("under load", || kept() > 20).await;
    cluster.stop();
    assert!(clock.now() < due, "the alarms are due while the database is away");
    reason(&becomes(&server, 503).await, "database");
    until("refusing", || refused() > 20).await;
    until("later than the alarms", || clock.now() > due + Duration::from_secs(1)).await;
    assert_eq!(cluster.start(), url, "the same port");
    becomes(&server, 200).await;
    let before = kept();
    until("writing again", || kept() > before + 20).await;
    over.store(true, Ordering::Release);
    let mut ids = Vec::new();
    for asking in load {
        ids.extend(asking.await.expect("only successes and 503"));
    }
    assert!(anna.has(&ids).await, "everything acknowledged is there");

    let rung = async || {
        let page = anna.get("/api/v1/notifications?limit=200").await.expect("a page");
        let titles =
            page["items"].as_array().expect("items").iter().map(|item| item["title"].as_str().expect("a title").to_owned());
        let mut titles: Vec<String> = titles.collect();
        titles.sort();
        titles
    };
    let expected: Vec<String> = (0..5).map(|number| format!("while away {number}")).collect();
    let patience = SystemClock::new(None);
    while rung().await.len() < expected.len() {
        assert!(patience.monotonic() < PATIENCE, "the alarms do not ring: {:?}\n{}", rung().await, server.log());
        clock.sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(rung().await, expected, "each once");
    assert_eq!(server.terminate().0.code(), Some(0));
}
