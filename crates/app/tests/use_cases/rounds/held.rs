//! A round that stops while a service holds its answers, and the one after it: of whoever is in flight it is not known yet whether the next
//! round still has to tell them, so it begins with nobody until it is, or until nothing more can be heard.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use app::{
    campaigns::rounds::{self, Nap, Restock, Sender},
    domain::campaigns::{OnUnknown, Reason, RowState, SubscriptionState},
};
use clockwork::Stopper;
use futures_util::{
    FutureExt as _,
    future::{Either, select},
};
use kernel::Clock as _;
use outbound::{Channel, Message, Outcome, PATIENCE};
use store::Store;
use testkit::{TestClock, on_both_engines};
use tokio::sync::watch;

use super::shop::{Shop, Sold};
use crate::world::World;

/// As long as nothing else happens, time passes by so much.
const TICK: Duration = Duration::from_millis(100);

fn nobody(_: usize) -> bool {
    false
}

/// A service that takes every message when it arrives, and answers when its gate is open.
#[derive(Clone)]
struct Service {
    clock: TestClock,
    gate: Arc<watch::Sender<bool>>,
    heard: Arc<Mutex<Vec<Heard>>>,
}

/// What arrived: in which round, who, and the key.
type Heard = (i64, String, String);

impl Service {
    fn of(shop: &Shop) -> Self {
        Self { clock: shop.world.clock.clone(), gate: Arc::new(watch::Sender::new(false)), heard: Arc::default() }
    }

    fn opens(&self) {
        self.gate.send_replace(true);
    }

    fn heard(&self) -> Vec<Heard> {
        self.heard.lock().expect("lock").clone()
    }

    /// How many messages arrived, and how many people it tells: it keeps the keys.
    fn counts(&self) -> (usize, usize) {
        let heard = self.heard();
        (heard.len(), heard.iter().map(|(_, _, key)| key).collect::<BTreeSet<_>>().len())
    }
}

impl Channel for Service {
    async fn send(&self, message: &Message) -> Outcome {
        let body: serde_json::Value = serde_json::from_str(&message.body).expect("JSON");
        let who = body["recipient"]["external_id"].as_str().unwrap_or_default().to_owned();
        self.heard.lock().expect("lock").push((body["round"].as_i64().unwrap_or(0), who, message.key.clone()));
        let mut gate = self.gate.subscribe();
        let opens = Box::pin(async move { gate.wait_for(|is_open| *is_open).await.is_ok() });
        match select(opens, self.clock.sleep(PATIENCE)).await {
            Either::Left(_) => Outcome::Sent,
            Either::Right(_) => Outcome::Unknown,
        }
    }
}

impl Shop {
    fn calls(&self, service: &Service) -> Sender<Service> {
        Sender::new(self.app().clone(), Some(service.clone()))
    }

    /// Works until so much time has passed, also where nothing is answered.
    async fn lets_pass(&self, sender: &mut Sender<Service>, time: Duration) {
        Box::pin(rounds::freeze_rounds(self.app())).await.expect("everybody is written down");
        let clock = &self.world.clock;
        let until = clock.monotonic() + time;
        while clock.monotonic() < until {
            let nap = Box::pin(sender.step()).await.expect("a step");
            let (_stopper, mut ends) = Stopper::new();
            let is_over = matches!(nap, Nap::None) || Box::pin(sender.rest(nap, &mut ends)).now_or_never().is_some();
            if !is_over {
                clock.advance(TICK);
            }
        }
    }

    /// Whom the round has begun with.
    async fn begun(&self, round: i64) -> usize {
        self.ledger(round).await.iter().filter(|line| line.attempts > 0).count()
    }
}

/// Twelve wait, five at a time: of the first round five are called, whose answers are held. It stops as `stops` says, and another one begins.
async fn two_rounds(store: Store, on_unknown: OnUnknown, stops: Stops) -> (Shop, Service, Sender<Service>) {
    let settings = rounds::Settings { on_unknown, ..rounds::Settings::default() };
    let world = World::with(store, settings).await;
    let shop = Shop::of(world, 12, Sold { waves: Some((5, 600)), ..Sold::default() }, nobody).await;
    let service = Service::of(&shop);
    let mut sender = shop.calls(&service);
    shop.stock(1).await;
    while service.heard().is_empty() {
        shop.lets_pass(&mut sender, TICK).await;
    }
    shop.lets_pass(&mut sender, 2 * TICK).await;
    assert_eq!((service.counts(), shop.round(1).await.round.in_flight), ((5, 5), 5));
    match stops {
        Stops::SoldOut => {
            shop.stock(0).await.expect("it stops");
            shop.stock(4).await.expect("another one begins");
        }
        Stops::Canceled => {
            shop.cancel(1).await.expect("it ends");
            assert_eq!(shop.restock(Restock { stock: Some(4), ..Restock::default() }).await, Ok("2 true".to_owned()));
        }
    }
    (shop, service, sender)
}

#[derive(Clone, Copy)]
enum Stops {
    SoldOut,
    Canceled,
}

#[tokio::test]
async fn the_next_round_begins_with_nobody_while_answers_are_held_and_then_tells_exactly_the_others() {
    for stops in [Stops::SoldOut, Stops::Canceled] {
        on_both_engines(async |store| {
            let (shop, service, mut sender) = two_rounds(store, OnUnknown::Resend, stops).await;
            shop.lets_pass(&mut sender, Duration::from_secs(3)).await;
            assert_eq!((service.counts(), shop.begun(2).await), ((5, 5), 0));
            assert_eq!(shop.sums(2).await, ("IN_PROGRESS", [0, 0, 0, 12]));
            service.opens();
            shop.lets_pass(&mut sender, Duration::from_secs(1)).await;
            assert_eq!(shop.at(1, RowState::Sent).await, (1..=5).collect::<Vec<_>>());
            assert_eq!(shop.at(2, RowState::Sent).await, (6..=12).collect::<Vec<_>>());
            assert_eq!((shop.sums(2).await, service.counts()), (("COMPLETED", [7, 5, 0, 0]), (12, 12)));
            let skipped = shop.ledger(2).await.into_iter().filter(|line| line.state == RowState::Skipped);
            assert!(skipped.map(|line| line.reason).eq([Some(Reason::Unsubscribed); 5]), "they were told, and wait no more");
            assert!(shop.in_line(SubscriptionState::Active).await.is_empty());
        })
        .await;
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_holds_up_the_next_round_for_as_long_as_it_is_waited_for() {
    for stops in [Stops::SoldOut, Stops::Canceled] {
        on_both_engines(async |store| {
            let (shop, service, mut sender) = two_rounds(store, OnUnknown::Resend, stops).await;
            shop.lets_pass(&mut sender, PATIENCE.saturating_sub(Duration::from_millis(500))).await;
            assert_eq!((shop.begun(2).await, shop.round(1).await.round.in_flight), (0, 5));
            shop.lets_pass(&mut sender, Duration::from_secs(1)).await;
            assert_eq!((shop.round(1).await.round.in_flight, shop.round(1).await.round.unknown), (0, 5));
            service.opens();
            shop.lets_pass(&mut sender, Duration::from_secs(3)).await;
            assert_eq!(
                (shop.sums(2).await, service.counts()),
                (("COMPLETED", [12, 0, 0, 0]), (17, 12)),
                "again, under the same keys"
            );
            let again = service.heard().into_iter().filter(|(round, ..)| *round == 2).map(|(_, who, _)| who);
            assert!(again.eq((1..=12).map(|number| format!("c-{number}"))), "and in order");
        })
        .await;
    }
}

#[tokio::test]
async fn where_nobody_is_told_twice_an_answer_that_never_comes_counts_for_one() {
    for stops in [Stops::SoldOut, Stops::Canceled] {
        on_both_engines(async |store| {
            let (shop, service, mut sender) = two_rounds(store, OnUnknown::Skip, stops).await;
            shop.lets_pass(&mut sender, PATIENCE).await;
            service.opens();
            shop.lets_pass(&mut sender, Duration::from_secs(3)).await;
            assert_eq!((shop.sums(2).await, service.counts()), (("COMPLETED", [7, 5, 0, 0]), (12, 12)));
            let passed_over = shop.ledger(1).await.into_iter().take(5).map(|line| line.reason);
            assert!(passed_over.eq([Some(Reason::Unknown); 5]), "perhaps they were told");
        })
        .await;
    }
}

#[tokio::test]
async fn who_dies_with_calls_under_way_holds_up_the_next_round_until_another_has_taken_over() {
    on_both_engines(async |store| {
        let (shop, service, sender) = two_rounds(store, OnUnknown::Resend, Stops::SoldOut).await;
        drop(sender);
        service.opens();
        let mut other = shop.calls(&service);
        shop.lets_pass(&mut other, Duration::from_secs(7)).await;
        assert_eq!((shop.sums(2).await, service.counts()), (("COMPLETED", [12, 0, 0, 0]), (17, 12)));
        assert_eq!(shop.round(1).await.round.in_flight, 0);
    })
    .await;
}

#[tokio::test]
async fn of_a_round_that_stops_no_more_leaves_than_was_permitted_and_the_next_one_waits_for_that_as_well() {
    on_both_engines(async |store| {
        let shop = Shop::open(store, 40, Sold::default(), nobody).await;
        let service = Service::of(&shop);
        let mut sender = shop.calls(&service);
        shop.stock(1).await;
        shop.lets_pass(&mut sender, Duration::from_secs(2)).await;
        assert_eq!((service.counts(), shop.round(1).await.round.in_flight), ((8, 8), 25), "one permit");
        shop.stock(0).await.expect("it stops");
        shop.stock(1).await.expect("another one begins");
        shop.lets_pass(&mut sender, Duration::from_secs(3)).await;
        assert_eq!((service.counts(), shop.begun(2).await), ((8, 8), 0));
        service.opens();
        shop.lets_pass(&mut sender, Duration::from_secs(1)).await;
        assert_eq!(shop.at(1, RowState::Sent).await, (1..=25).collect::<Vec<_>>());
        assert_eq!(shop.at(2, RowState::Sent).await, (26..=40).collect::<Vec<_>>());
        let order = service.heard().into_iter().map(|(_, who, _)| who);
        assert!(order.eq((1..=40).map(|number| format!("c-{number}"))), "in one order over both");
    })
    .await;
}

#[tokio::test]
async fn a_service_that_says_nothing_at_all_holds_up_the_next_round_for_ten_seconds_at_the_most() {
    on_both_engines(async |store| {
        let shop = Shop::open(store, 40, Sold::default(), nobody).await;
        let service = Service::of(&shop);
        let mut sender = shop.calls(&service);
        shop.stock(1).await;
        while service.heard().is_empty() {
            shop.lets_pass(&mut sender, TICK).await;
        }
        let since = service.clock.monotonic();
        shop.lets_pass(&mut sender, 5 * TICK).await;
        shop.stock(0).await.expect("it stops");
        shop.stock(1).await.expect("another one begins");
        while shop.round(1).await.round.in_flight > 0 {
            assert_eq!(shop.begun(2).await, 0);
            shop.lets_pass(&mut sender, 2 * TICK).await;
        }
        // Eight are called, and once it is seen how long that takes, everybody else of the permit.
        let took = service.clock.monotonic().saturating_sub(since);
        assert!(took <= 2 * PATIENCE + 5 * TICK, "{took:?}");
        assert!(
            service.heard().into_iter().filter(|(round, ..)| *round == 1).count() == 25,
            "all of the permit, and nobody else"
        );
        service.opens();
        shop.lets_pass(&mut sender, Duration::from_secs(10)).await;
        assert_eq!((shop.sums(2).await, service.counts().1), (("COMPLETED", [40, 0, 0, 0]), 40));
    })
    .await;
}
