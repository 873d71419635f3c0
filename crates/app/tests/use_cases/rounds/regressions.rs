//! What the systems before this one got wrong, and what the simulator found in this one, each as a test of its own.

use std::{sync::Arc, time::Duration};

use app::{
    campaigns::rounds::{self, Nap},
    domain::campaigns::{Reason, RowState},
};
use clockwork::Stopper;
use futures_util::FutureExt as _;
use kernel::{Clock as _, Instant};
use store::{Fault, FaultPoint, Store};
use testkit::{Sink, on_both_engines};

use super::shop::{Shop, Sold};
use crate::world::{World, disk::Disk};

/// A whole campaign was one transaction: a crash before its end took back every row, after the messages had left.
#[tokio::test]
async fn a_crash_before_the_end_takes_nothing_back_and_tells_nobody_twice() {
    on_both_engines(async |store| {
        let sink = Sink::taking().await;
        let shop = Shop::open(store, 200, Sold::default(), |number| number % 4 == 0).await.hands_over_to(&sink);
        shop.stock(1).await;
        let mut sender = shop.sender();
        let mut crashes = 0;
        while shop.round(1).await.round.state.as_str() == "IN_PROGRESS" {
            let mut steps = 0;
            while steps < 7 {
                // The lease of the one before has to run out.
                if shop.step(&mut sender).await {
                    steps += 1;
                } else if shop.round(1).await.round.state.is_over() {
                    break;
                } else {
                    shop.world.clock.advance(Duration::from_secs(1));
                }
            }
            // Gone with everything it knew, whatever was under way.
            drop(std::mem::replace(&mut sender, shop.sender()));
            crashes += 1;
        }
        assert!(crashes > 3, "{crashes}");
        assert_eq!(shop.sums(1).await, ("COMPLETED", [200, 0, 0, 0]));
        let heard = sink.heard();
        let keys: std::collections::BTreeSet<_> = heard.iter().map(|heard| heard.key.clone()).collect();
        assert_eq!(keys.len(), 150, "one key for each of those who were handed over");
        let lines = shop.ledger(1).await;
        for again in heard.iter().filter(|heard| heard.before > 0) {
            let line = lines.iter().find(|line| line.position == again.position()).expect("a line");
            assert!(line.attempts > 1, "nobody is told again but who was under way at a crash: {line:?}");
        }
        assert!(heard.len() - keys.len() <= 25 * crashes, "and of those no more than a permit");
    })
    .await;
}

/// There was no limiter in the loop.
#[tokio::test]
async fn no_second_sees_more_than_five_hundred_and_the_rate_is_held() {
    on_both_engines(async |store| {
        let shop = Shop::open(store, 1_600, Sold::default(), |_| true).await;
        shop.stock(1).await;
        let mut sender = shop.sender();
        shop.work(&mut sender).await;
        let starts: Vec<Instant> = shop.ledger(1).await.iter().filter_map(|line| line.started_at).collect();
        assert_eq!(starts.len(), 1_600);
        for window in starts.windows(501) {
            assert!(window[500].since(window[0]).as_millis() >= 1_000, "501 within a second");
        }
        let took = starts[1_599].since(starts[0]);
        assert!(took.as_micros() * 490 <= 1_600 * 1_000_000, "fewer than 490 a second: {took:?}");
    })
    .await;
}

/// A resume looked for the last person told among those who wait: had they left, it told nobody and wrote COMPLETED.
#[tokio::test]
async fn a_round_goes_on_after_the_last_person_told_has_left() {
    on_both_engines(async |store| {
        let shop = Shop::open(store, 80, Sold::default(), |_| true).await;
        let mut sender = shop.sender();
        shop.stock(1).await;
        while shop.round(1).await.round.sent < 25 {
            shop.step(&mut sender).await;
        }
        shop.pause(1).await.expect("it stops");
        let last = usize::try_from(shop.round(1).await.round.last_position).expect("a position");
        // The one told last, and the one whose turn it is.
        shop.leaves(last).await;
        shop.leaves(last + 1).await;
        shop.resume().await.expect("it goes on");
        shop.work(&mut sender).await;
        assert_eq!(shop.sums(1).await, ("COMPLETED", [79, 1, 0, 0]));
        let mut told: Vec<_> = (1..=80).collect();
        told.retain(|number| *number != last + 1);
        assert_eq!(shop.at(1, RowState::Sent).await, told, "nobody is left out and nobody is told again");
        let skipped = shop.ledger(1).await.into_iter().find(|line| line.state == RowState::Skipped).expect("a line");
        assert_eq!(skipped.reason, Some(Reason::Unsubscribed));
    })
    .await;
}

/// A resume did not look at the stock.
#[tokio::test]
async fn a_round_does_not_go_on_while_nothing_is_in_stock() {
    on_both_engines(async |store| {
        let shop = Shop::open(store, 60, Sold::default(), |_| true).await;
        let mut sender = shop.sender();
        shop.stock(1).await;
        shop.step(&mut sender).await;
        shop.stock(0).await.expect("it stops");
        let before = shop.sums(1).await;
        assert_eq!(shop.resume().await, Err("round.sold_out"));
        shop.work_for(&mut sender, 3).await;
        assert_eq!((shop.sums(1).await, before.0), (before, "CANCELED_BY_SOLD_OUT"));
    })
    .await;
}

/// A permit whose answer was lost had told people all the same, and they were not counted: the next second saw too many.
#[tokio::test]
async fn who_was_told_by_a_permit_of_which_nobody_heard_counts() {
    let (world, disk) = Disk::world().await;
    let shop = Shop::of(world, 1_200, Sold::default(), |_| true).await;
    shop.stock(1).await;
    Box::pin(rounds::freeze_rounds(shop.app())).await.expect("everybody is written down");
    let (mut sender, clock) = (shop.sender(), shop.world.clock.clone());
    let (mut steps, mut lost) = (0, 0);
    while shop.round(1).await.round.state.as_str() == "IN_PROGRESS" {
        // Not the first one: whoever does not hear that they are the sender is not.
        if steps % 2 == 1 {
            disk.fails_once(FaultPoint::AfterCommit, Fault::Lost);
        }
        steps += 1;
        match Box::pin(sender.step()).await {
            Ok(Nap::Until(at)) => clock.advance(at.saturating_sub(clock.monotonic())),
            Ok(_) => {}
            Err(_) => lost += 1,
        }
    }
    assert!(lost > 10, "{lost}");
    let starts: Vec<Instant> = shop.ledger(1).await.iter().filter_map(|line| line.started_at).collect();
    assert_eq!(starts.len(), 1_200);
    assert!(starts.windows(501).all(|window| window[500].since(window[0]).as_millis() >= 1_000), "501 within a second");
}

/// A lease that could not be renewed was to be renewed at once, however often that had failed: whoever waits before it asks again did not wait.
#[tokio::test]
async fn a_sender_whose_lease_cannot_be_renewed_waits_before_it_asks_again() {
    let disk = Arc::new(Disk::default());
    let store = Store::simulated(disk.clone()).expect("a store").simulated_among_others();
    store.migrate().await.expect("migrated");
    let shop = Shop::of(World::new(store).await, 90, Sold::default(), |_| true).await;
    let mut sender = shop.sender();
    shop.stock(1).await;
    while shop.round(1).await.round.sent < 25 {
        shop.step(&mut sender).await;
    }
    let clock = shop.world.clock.clone();
    clock.advance(Duration::from_secs(2));
    disk.fails_once(FaultPoint::Begin, Fault::Busy);
    assert!(Box::pin(sender.step()).await.is_err());
    let (_stopper, mut ends) = Stopper::new();
    let mut rests = Box::pin(sender.rest(Nap::For(Duration::from_millis(700)), &mut ends));
    assert!((&mut rests).now_or_never().is_none());
    clock.advance(Duration::from_millis(690));
    assert!((&mut rests).now_or_never().is_none(), "it asks again already");
    clock.advance(Duration::from_millis(10));
    assert!(rests.now_or_never().is_some());
}
