//! The hot reads of inboxes and streams use their indexes on both engines, with full tables.

#[expect(dead_code, reason = "shared by test files that need different parts of it")]
mod inboxes;

use std::time::Duration;

use inboxes::{deliver, notifications, people, run};
use store::{Store, hot_reads, notify::inbox};
use testkit::{START, on_both_engines};

/// Enough that reading everything costs more than an index on both engines.
const PEOPLE: u64 = 2_000;
/// Those who were ever notified.
const NOTIFIED: usize = 40;
const BATCHES: u64 = 5;
const BATCH: usize = 100;

/// Many inboxes, most of each read long ago.
async fn fill(store: &Store) {
    let people = people(store, 0..PEOPLE).await;
    for (number, user) in (0..).zip(people.into_iter().take(NOTIFIED)) {
        for batch in 0..BATCHES {
            let at = START + Duration::from_secs(60 * batch);
            deliver(store, user, notifications(user, 10_000 + number * BATCHES + batch, BATCH, at)).await;
        }
        run(store, move |tx| {
            Box::pin(async move {
                let end = inbox::nth_unread(tx, user, 480).await?.expect("there are 500");
                inbox::read_up_to(tx, user, end, START).await
            })
        })
        .await;
    }
    store.analyze().await.expect("the tables are counted");
}

#[tokio::test]
async fn no_hot_read_goes_through_a_whole_table() {
    on_both_engines(async |store| {
        fill(&store).await;
        for read in hot_reads() {
            let plan = store.explain(&read).await.expect("a plan");
            assert!(!plan.contains("Seq Scan") && !plan.contains("SCAN"), "{} reads everything:\n{plan}", read.name);
            let index = if store.is_shared() { read.index.postgres } else { read.index.sqlite };
            assert!(plan.contains(index), "{} does not use {index}:\n{plan}", read.name);
            assert!(!plan.contains("Sort") && !plan.contains("TEMP B-TREE"), "{} sorts:\n{plan}", read.name);
        }
    })
    .await;
}
