//! Telling those who have no account: over HTTP, at least once, under a key that is the same every time.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use app::{
    campaigns::rounds::{self, Nap, Sender},
    domain::campaigns::{OnUnknown, Reason, RowState, SubscriptionState},
};
use kernel::Clock;
use outbound::{Channel, Message, Outcome};
use testkit::{Heard, Reply, Sink, on_both_engines};

use super::shop::{Shop, Sold};
use crate::world::World;

fn nobody(_: usize) -> bool {
    false
}

#[tokio::test]
async fn who_has_no_account_is_handed_over_in_order_with_what_is_known_of_them() {
    on_both_engines(async |store| {
        let sink = Sink::taking().await;
        let shop = Shop::open(store, 70, Sold::default(), |number| number == 3).await.hands_over_to(&sink);
        shop.stock(1).await;
        shop.work(&mut shop.sender()).await;
        assert_eq!(shop.sums(1).await, ("COMPLETED", [70, 0, 0, 0]));
        let heard = sink.heard();
        assert_eq!(heard.len(), 69);
        let first = &heard[0];
        assert_eq!((first.position(), first.external_id(), first.body["key"].as_str()), (1, "c-1", Some(first.key.as_str())));
        assert_eq!((&first.body["product"]["product_id"], &first.body["type"]), (&"lamp".into(), &"restock".into()));
        assert_eq!(first.body["title"], "Lamp is back in stock");
        assert!(shop.in_line(SubscriptionState::Active).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_is_refused_fails_what_is_busy_is_tried_again_and_nobody_waits_for_them() {
    on_both_engines(async |store| {
        let sink = Sink::start(|heard| match (heard.position(), heard.before) {
            (2, _) => Reply::Status(410),
            (3, 0) => Reply::Status(503),
            (4, 0) => Reply::Later(429, 20),
            (5, 0) => Reply::HangUp,
            _ => Reply::Status(200),
        })
        .await;
        let shop = Shop::open(store, 9, Sold::default(), nobody).await.hands_over_to(&sink);
        let mut sender = shop.sender();
        shop.stock(1).await;
        shop.work(&mut sender).await;
        assert_eq!(shop.sums(1).await, ("IN_PROGRESS", [5, 0, 1, 3]));
        assert_eq!(shop.round(1).await.first_unsent, Some(3));
        shop.work_for(&mut sender, 2).await;
        assert_eq!(shop.sums(1).await, ("IN_PROGRESS", [7, 0, 1, 1]), "Retry-After is heeded");
        shop.work_for(&mut sender, 20).await;
        assert_eq!(shop.sums(1).await, ("COMPLETED", [8, 0, 1, 0]));
        let ledger = shop.ledger(1).await;
        assert_eq!((ledger[1].state, ledger[1].reason, ledger[1].attempts), (RowState::Failed, Some(Reason::Refused), 1));
        assert_eq!((ledger[4].state, ledger[4].attempts, shop.round(1).await.round.unknown), (RowState::Sent, 2, 1));
        assert_eq!(shop.in_line(SubscriptionState::Active).await, [2], "whom it did not reach waits for the next round");
    })
    .await;
}

#[tokio::test]
async fn who_may_have_been_told_is_passed_over_if_the_operator_says_so() {
    on_both_engines(async |store| {
        let sink = Sink::start(|heard| if heard.position() == 2 { Reply::HangUp } else { Reply::Status(200) }).await;
        let skip = rounds::Settings { on_unknown: OnUnknown::Skip, ..rounds::Settings::default() };
        let world = World::with(store, skip).await;
        let shop = Shop::of(world, 4, Sold::default(), nobody).await.hands_over_to(&sink);
        shop.stock(1).await;
        shop.work(&mut shop.sender()).await;
        assert_eq!(shop.sums(1).await, ("COMPLETED", [3, 1, 0, 0]));
        assert_eq!((shop.ledger(1).await[1].reason, sink.heard().len()), (Some(Reason::Unknown), 4));
    })
    .await;
}

#[tokio::test]
async fn strictly_nobody_is_told_before_everybody_before_them_is_settled() {
    on_both_engines(async |store| {
        let sink = Sink::start(|heard| match (heard.position(), heard.before) {
            (3, 0..=1) => Reply::Status(503),
            _ => Reply::Status(200),
        })
        .await;
        let shop = Shop::open(store, 6, Sold { strict: true, ..Sold::default() }, nobody).await.hands_over_to(&sink);
        let mut sender = shop.sender();
        shop.stock(1).await;
        shop.work_for(&mut sender, 8).await;
        assert_eq!(shop.sums(1).await, ("COMPLETED", [6, 0, 0, 0]));
        let order: Vec<_> = sink.heard().iter().map(Heard::position).collect();
        assert_eq!(order, [1, 2, 3, 3, 3, 4, 5, 6]);
    })
    .await;
}

#[tokio::test]
async fn a_service_that_is_down_stops_the_round_which_goes_on_when_it_is_back() {
    on_both_engines(async |store| {
        let up = Arc::new(AtomicBool::new(false));
        let is_up = Arc::clone(&up);
        let sink = Sink::start(move |heard| {
            let takes = heard.position() <= 2 || is_up.load(Ordering::Relaxed);
            Reply::Status(if takes { 200 } else { 500 })
        })
        .await;
        let shop = Shop::open(store, 40, Sold::default(), nobody).await.hands_over_to(&sink);
        let mut sender = shop.sender();
        shop.stock(1).await;
        shop.work_for(&mut sender, 60).await;
        let shown = shop.round(1).await;
        assert_eq!((shown.round.state.as_str(), shown.round.cause.as_str()), ("CANCELED_BY_ERROR", "channel_down"));
        assert_eq!((shown.round.sent, shown.first_unsent), (2, Some(3)));
        up.store(true, Ordering::Relaxed);
        assert_eq!(shop.resume().await, Ok(()));
        shop.work_for(&mut sender, 300).await;
        assert_eq!(shop.sums(1).await, ("COMPLETED", [40, 0, 0, 0]));
    })
    .await;
}

#[tokio::test]
async fn one_process_is_the_sender_and_another_takes_over_when_its_lease_is_over() {
    on_both_engines(async |store| {
        if !store.is_shared() {
            return;
        }
        let sink = Sink::taking().await;
        let shop = Shop::open(store, 120, Sold::default(), nobody).await.hands_over_to(&sink);
        let (mut one, mut other) = (shop.sender(), shop.sender());
        shop.stock(1).await;
        while sink.heard().len() < 30 {
            shop.step(&mut one).await;
            shop.step(&mut other).await;
        }
        assert_eq!(other.under_way(), 0, "only the first one calls");
        // The first one stands still for longer than its lease, and comes back in the middle of what it did.
        let before = sink.heard().len();
        shop.world.clock.advance(Duration::from_secs(7));
        shop.work(&mut other).await;
        assert_eq!(shop.sums(1).await, ("COMPLETED", [120, 0, 0, 0]));
        shop.work(&mut one).await;
        let heard = sink.heard();
        assert!(heard[before..].iter().filter(|heard| heard.before > 0).count() <= 25, "no more than was under way");
        assert_eq!(shop.sums(1).await, ("COMPLETED", [120, 0, 0, 0]), "a stale sender changes nothing");
        let told: std::collections::BTreeSet<_> = heard.iter().map(Heard::position).collect();
        assert!(told.into_iter().eq(1..=120));
    })
    .await;
}

#[tokio::test]
async fn whoever_was_permitted_and_given_back_at_a_stop_has_not_been_tried() {
    on_both_engines(async |store| {
        let sink = Sink::taking().await;
        let shop = Shop::open(store, 60, Sold::default(), nobody).await.hands_over_to(&sink);
        shop.stock(1).await;
        for _ in 0..3 {
            let mut sender = shop.sender();
            while sender.under_way() == 0 {
                if !shop.step(&mut sender).await {
                    shop.world.clock.advance(Duration::from_secs(1));
                }
            }
            sender.drain().await;
        }
        let (heard, ledger) = (sink.heard().len(), shop.ledger(1).await);
        assert!(ledger.iter().any(|line| line.state == RowState::Retry), "some were permitted and given back");
        for line in &ledger {
            let times = i64::from(line.state == RowState::Sent);
            assert_eq!((line.attempts, line.started_at.is_some()), (times, times == 1), "{line:?}");
        }
        assert_eq!(ledger.iter().filter(|line| line.state == RowState::Sent).count(), heard);
        shop.work(&mut shop.sender()).await;
        assert_eq!((shop.sums(1).await, sink.heard().len()), (("COMPLETED", [60, 0, 0, 0]), 60));
        assert!(shop.ledger(1).await.iter().all(|line| line.attempts == 1));
    })
    .await;
}

/// Somebody across the world, who answers a tenth of a second after a call; and when each of them was made.
struct Far(Arc<dyn Clock>, Arc<Mutex<Vec<Duration>>>);

impl Channel for Far {
    async fn send(&self, _: &Message) -> Outcome {
        self.1.lock().expect("nobody panicked").push(self.0.monotonic());
        self.0.sleep(Duration::from_millis(100)).await;
        Outcome::Sent
    }
}

/// Calls were permitted when eight of them might begin, so the first of them waited for the last: 487 a second.
#[tokio::test]
async fn the_rate_is_held_where_a_call_takes_a_tenth_of_a_second() {
    on_both_engines(async |store| {
        let shop = Shop::open(store, 1_600, Sold::default(), nobody).await;
        shop.stock(1).await;
        Box::pin(rounds::freeze_rounds(shop.app())).await.expect("everybody is written down");
        let (clock, begun) = (&shop.world.clock, Arc::default());
        let mut sender = Sender::new(shop.app().clone(), Some(Far(shop.app().shared_clock(), Arc::clone(&begun))));
        while shop.round(1).await.round.sent < 1_600 {
            let wait = match Box::pin(sender.step()).await.expect("a step") {
                Nap::None => Duration::ZERO,
                Nap::Until(at) => at.saturating_sub(clock.monotonic()),
                Nap::For(_) | Nap::Hint(_) => Duration::from_millis(1),
            };
            clock.advance(wait);
        }
        let begun = begun.lock().expect("nobody panicked").clone();
        assert_eq!(begun.len(), 1_600);
        assert!(begun.windows(501).all(|window| window[500] >= window[0] + Duration::from_secs(1)), "501 within a second");
        let took = begun[1_599].saturating_sub(begun[0]);
        assert!(took * 490 <= Duration::from_secs(1_600), "fewer than 490 a second: {took:?}");
    })
    .await;
}
