//! Jobs and kept answers, on both engines.

use std::time::Duration;

use kernel::{Instant, JobId};
use store::{
    Store,
    idempotency::{self, Kept},
    jobs::{self, Claimed},
};
use testkit::{START, SeededEntropy, on_both_engines};

use crate::inboxes::run;

const SECOND: Duration = Duration::from_secs(1);

fn id(number: u64) -> JobId {
    JobId::mint(START, &SeededEntropy::new(number))
}

async fn ensure(store: &Store, number: u64, due_at: Instant) -> bool {
    let key = number.to_string();
    run(store, move |tx| {
        let key = key.clone();
        Box::pin(async move { jobs::ensure(tx, (id(number), "purge", &key), "{}", due_at, START).await })
    })
    .await
}

async fn claim(store: &Store, now: Instant, limit: u32) -> Vec<Claimed> {
    run(store, move |tx| Box::pin(jobs::claim(tx, now, now + 15 * SECOND, limit))).await
}

async fn next_due(store: &Store) -> Option<Instant> {
    run(store, |tx| Box::pin(jobs::next_due(tx))).await
}

#[tokio::test]
async fn a_job_is_there_once_and_claimed_by_one_at_a_time() {
    on_both_engines(async |store| {
        assert!(ensure(&store, 1, START).await);
        assert!(!ensure(&store, 1, START + SECOND).await, "it is there already, and stays as it is");
        assert!(ensure(&store, 2, START + SECOND).await);
        assert_eq!(claim(&store, START - SECOND, 10).await, []);
        let claimed = claim(&store, START, 10).await;
        let expected = Claimed { id: id(1), kind: "purge".into(), key: "1".into(), payload: "{}".into(), token: 1, attempts: 1 };
        assert_eq!(claimed, std::slice::from_ref(&expected));
        assert_eq!(claim(&store, START, 10).await, [], "it is held");
        assert_eq!(next_due(&store).await, Some(START + SECOND));
        let again = claim(&store, START + 15 * SECOND, 1).await;
        assert_eq!(again.iter().map(|job| job.id).collect::<Vec<_>>(), [id(2)], "due longest, one at most");
        let again = claim(&store, START + 15 * SECOND, 10).await;
        assert_eq!(again, [Claimed { token: 2, attempts: 2, ..expected }], "its lease ran out");
    })
    .await;
}

#[tokio::test]
async fn only_the_newest_claim_settles_a_job() {
    on_both_engines(async |store| {
        ensure(&store, 1, START).await;
        claim(&store, START, 1).await;
        claim(&store, START + 15 * SECOND, 1).await;
        let (stale, held) = ((id(1), 1), (id(1), 2));
        assert!(!run(&store, move |tx| Box::pin(jobs::done(tx, stale, START))).await);
        assert!(!run(&store, move |tx| Box::pin(jobs::again(tx, stale, START, None))).await);
        assert!(!run(&store, move |tx| Box::pin(jobs::dead(tx, stale, "never", START))).await);

        let at = START + 60 * SECOND;
        assert!(run(&store, move |tx| Box::pin(jobs::again(tx, held, at, Some("away")))).await);
        assert_eq!(next_due(&store).await, Some(at));
        let third = claim(&store, at, 1).await.remove(0);
        assert_eq!((third.token, third.attempts), (3, 3), "a failure counts");
        assert!(run(&store, move |tx| Box::pin(jobs::again(tx, (id(1), 3), at, None))).await);
        let fourth = claim(&store, at, 1).await.remove(0);
        assert_eq!((fourth.token, fourth.attempts), (4, 1), "a success counts anew");
        assert!(run(&store, move |tx| Box::pin(jobs::done(tx, (id(1), 4), at))).await);
        assert!(!run(&store, move |tx| Box::pin(jobs::done(tx, (id(1), 4), at))).await, "it is done already");
        assert_eq!(next_due(&store).await, None);

        ensure(&store, 2, START).await;
        claim(&store, START, 1).await;
        assert!(run(&store, move |tx| Box::pin(jobs::dead(tx, (id(2), 1), "never", START))).await);
        assert_eq!(next_due(&store).await, None, "a dead job waits for a person");
    })
    .await;
}

fn kept(status: u16) -> Kept {
    Kept { request_hash: vec![7; 32], status, headers: "[]".to_owned(), body: vec![0, 159, 146, 150] }
}

async fn keep(store: &Store, key: &'static str, kept: Kept, expires_at: Instant) {
    run(store, move |tx| {
        let kept = kept.clone();
        Box::pin(async move { idempotency::keep(tx, "ann", "POST /things", key, &kept, expires_at).await })
    })
    .await;
}

async fn find(store: &Store, principal: &'static str, key: &'static str, now: Instant) -> Option<Kept> {
    run(store, move |tx| Box::pin(idempotency::find(tx, principal, "POST /things", key, now))).await
}

#[tokio::test]
async fn an_answer_is_kept_for_its_principal_until_it_expires() {
    on_both_engines(async |store| {
        keep(&store, "k", kept(201), START + SECOND).await;
        assert_eq!(find(&store, "ann", "k", START).await, Some(kept(201)), "bytes come back as they were");
        assert_eq!(find(&store, "bob", "k", START).await, None);
        assert_eq!(find(&store, "ann", "l", START).await, None);
        assert_eq!(find(&store, "ann", "k", START + SECOND).await, None, "it has expired");
        keep(&store, "k", kept(200), START + 5 * SECOND).await;
        assert_eq!(find(&store, "ann", "k", START + SECOND).await, Some(kept(200)), "a new one takes its place");

        keep(&store, "l", kept(200), START + 2 * SECOND).await;
        let purge = |now| run(&store, move |tx| Box::pin(idempotency::purge(tx, now, 10)));
        assert_eq!(purge(START + 2 * SECOND).await, 1);
        assert_eq!(purge(START + 2 * SECOND).await, 0);
        assert!(find(&store, "ann", "k", START + 2 * SECOND).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn the_twin_of_a_running_request_is_kept_out() {
    on_both_engines(async |store| {
        let twin = store.clone();
        let alone = |store: &Store| {
            let store = store.clone();
            async move { run(&store, |tx| Box::pin(idempotency::claim(tx, "ann", "POST /things", "k"))).await }
        };
        assert!(alone(&store).await);
        assert!(alone(&store).await, "the first is over");
        // One writer means that there never is a twin; with many, it is turned away while the first runs.
        if store.is_shared() {
            let turned_away = run(&store, move |tx| {
                let twin = twin.clone();
                Box::pin(async move {
                    assert!(idempotency::claim(tx, "ann", "POST /things", "k").await?);
                    Ok(run(&twin, |tx| Box::pin(idempotency::claim(tx, "ann", "POST /things", "k"))).await)
                })
            })
            .await;
            assert!(!turned_away);
        }
    })
    .await;
}

#[tokio::test]
async fn how_far_a_job_has_come_is_kept_by_its_holder_for_the_next_one() {
    on_both_engines(async |store| {
        ensure(&store, 1, START).await;
        let keep = |token, payload: &'static str| run(&store, move |tx| Box::pin(jobs::keep(tx, (id(1), token), payload)));
        assert!(!keep(0, "{}").await, "nobody holds it");
        claim(&store, START, 1).await;
        assert!(keep(1, r#"{"place":"half"}"#).await);
        let again = claim(&store, START + 15 * SECOND, 1).await;
        assert_eq!((again[0].token, again[0].payload.as_str()), (2, r#"{"place":"half"}"#));
        assert!(!keep(1, "{}").await, "it has passed to somebody else");
    })
    .await;
}
