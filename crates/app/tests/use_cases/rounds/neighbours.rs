//! What goes wrong with one round, or one way to people, stays there: the others go on.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use app::{
    calendar::Expected,
    campaigns::{
        self,
        rounds::{self, Nap, Shown},
    },
    domain::campaigns::{OnUnknown, ProductDraft, ProductName, RowState, SubscriptionState},
};
use clockwork::Stopper;
use futures_util::FutureExt as _;
use store::{Store, scratch::Session};
use testkit::{Database, Reply, Sink, on_both_engines};

use super::shop::{Shop, Sold};
use crate::world::{World, body};

const BELL: &str = "bell";

fn nobody(_: usize) -> bool {
    false
}

fn everybody(_: usize) -> bool {
    true
}

impl Shop {
    /// Another product, for which everybody waits who has an account.
    async fn sells_bells(&self) {
        let draft = ProductDraft { name: "Bell".to_owned(), ..ProductDraft::default() };
        Box::pin(campaigns::put_product(self.app(), &self.world.ada, (BELL, Expected::Unsaid), draft)).await.expect("a product");
        for user in self.users.iter().flatten() {
            let who = user.to_string();
            Box::pin(campaigns::subscribe(self.app(), &self.world.ada, (BELL, &who))).await.expect("they wait");
        }
    }

    async fn bells(&self, stock: i64) {
        let set = Box::pin(campaigns::set_stock(self.app(), &self.world.ada, (BELL, Expected::Any), stock));
        set.await.expect("a stock");
    }

    async fn bells_told(&self) -> (&'static str, i64) {
        let name = ProductName::Key(BELL.to_owned());
        let round = rounds::get(self.app(), &self.world.ada, (name, 1)).await.expect("a round").round;
        (round.state.as_str(), round.sent)
    }
}

#[tokio::test]
async fn a_sender_with_nothing_to_do_waits_also_when_its_lease_has_run_out() {
    on_both_engines(async |rows| {
        let shop = Shop::open(rows, 3, Sold::default(), everybody).await;
        let mut sender = shop.sender();
        shop.stock(1).await;
        shop.work(&mut sender).await;
        let (_stopper, mut ends) = Stopper::new();
        for second in 0..10 {
            let mut steps = 0;
            loop {
                let nap = Box::pin(sender.step()).await.expect("a step");
                let waits = !matches!(nap, Nap::None) && Box::pin(sender.rest(nap, &mut ends)).now_or_never().is_none();
                if waits {
                    break;
                }
                steps += 1;
                assert!(steps < 5, "after {second} seconds it goes round without waiting");
            }
            shop.world.clock.advance(Duration::from_secs(1));
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_may_have_been_told_when_a_round_stopped_is_told_under_the_same_key_by_the_next() {
    on_both_engines(async |store| {
        let sink = Sink::start(|heard| if heard.before == 0 { Reply::HangUp } else { Reply::Status(200) }).await;
        let shop = Shop::open(store, 8, Sold::default(), nobody).await.hands_over_to(&sink);
        let mut sender = shop.sender();
        shop.stock(1).await;
        shop.work(&mut sender).await;
        assert_eq!((shop.sums(1).await, shop.round(1).await.round.unknown), (("IN_PROGRESS", [0, 0, 0, 8]), 8));
        shop.stock(0).await.expect("it stops");
        shop.stock(5).await.expect("another one begins");
        shop.work_for(&mut sender, 3).await;
        assert_eq!(shop.sums(2).await, ("COMPLETED", [8, 0, 0, 0]));
        let heard = sink.heard();
        let keys: BTreeSet<(&str, &str)> = heard.iter().map(|heard| (heard.external_id(), heard.key.as_str())).collect();
        assert_eq!((heard.len(), keys.len()), (16, 8), "one key for each person, over both rounds");
    })
    .await;
}

#[tokio::test]
async fn whoever_may_have_been_told_is_told_by_no_later_round_either_if_the_operator_says_so() {
    on_both_engines(async |store| {
        let sink = Sink::start(|heard| if heard.position() == 2 { Reply::HangUp } else { Reply::Status(200) }).await;
        let skip = rounds::Settings { on_unknown: OnUnknown::Skip, ..rounds::Settings::default() };
        let world = World::with(store, skip).await;
        let shop = Shop::of(world, 3, Sold::default(), nobody).await.hands_over_to(&sink);
        let mut sender = shop.sender();
        shop.stock(1).await;
        shop.work(&mut sender).await;
        shop.stock(0).await;
        shop.stock(1).await.expect("another one begins");
        shop.work_for(&mut sender, 3).await;
        assert_eq!(shop.sums(2).await, ("COMPLETED", [0, 0, 0, 0]));
        assert_eq!((sink.heard().len(), shop.in_line(SubscriptionState::Active).await.len()), (3, 0));
    })
    .await;
}

#[tokio::test]
async fn a_wave_of_more_than_can_be_counted_is_everybody() {
    on_both_engines(async |store| {
        let shop = Shop::open(store, 1_030, Sold { waves: Some((1_024, 1)), ..Sold::default() }, everybody).await;
        let mut sender = shop.sender();
        shop.stock(1).await;
        shop.work(&mut sender).await;
        shop.stock(1 << 53).await;
        shop.work_for(&mut sender, 3).await;
        assert_eq!(shop.sums(1).await, ("COMPLETED", [1_030, 0, 0, 0]));
    })
    .await;
}

#[tokio::test]
async fn a_round_of_a_product_that_is_gone_holds_up_no_other() {
    on_both_engines(async |store| {
        let shop = Shop::open(store, 4, Sold::default(), everybody).await;
        shop.sells_bells().await;
        shop.bells(1).await;
        let render = Arc::new(|shown: &Shown| body(&shown.round.number));
        let bell = ProductName::Key(BELL.to_owned());
        Box::pin(rounds::pause(shop.app(), &shop.world.ada, (bell, 1, Expected::Any), None, render)).await.expect("it stops");
        Box::pin(campaigns::delete_product(shop.app(), &shop.world.ada, (BELL, Expected::Any))).await.expect("it is gone");
        shop.stock(1).await;
        shop.work(&mut shop.sender()).await;
        assert_eq!(shop.sums(1).await, ("COMPLETED", [4, 0, 0, 0]));
    })
    .await;
}

#[tokio::test]
async fn inboxes_are_told_while_the_service_of_those_without_is_down() {
    on_both_engines(async |store| {
        let sink = Sink::start(|_| Reply::Status(500)).await;
        // Ten whom the service is to tell, and when it has been failing for a while, five with inboxes.
        let waves = Some((10, 12));
        let shop = Shop::open(store, 15, Sold { waves, ..Sold::default() }, |number| number > 10).await.hands_over_to(&sink);
        let mut sender = shop.sender();
        shop.stock(1).await;
        shop.work_for(&mut sender, 16).await;
        assert_eq!(shop.sums(1).await, ("IN_PROGRESS", [5, 0, 0, 10]));
        shop.work_for(&mut sender, 60).await;
        assert_eq!(shop.sums(1).await, ("CANCELED_BY_ERROR", [5, 0, 0, 10]));
    })
    .await;
}

#[tokio::test]
async fn a_wrong_address_stops_the_round_and_refuses_nobody() {
    on_both_engines(async |store| {
        let sink = Sink::start(|heard| Reply::Status([301, 401, 403, 404, 405][heard.before % 5])).await;
        let shop = Shop::open(store, 30, Sold::default(), nobody).await.hands_over_to(&sink);
        shop.stock(1).await;
        shop.work_for(&mut shop.sender(), 60).await;
        assert_eq!(shop.sums(1).await, ("CANCELED_BY_ERROR", [0, 0, 0, 30]));
    })
    .await;
}

#[tokio::test]
async fn where_nobody_listens_it_is_certain_that_nobody_was_told() {
    on_both_engines(async |store| {
        let mut shop = Shop::open(store, 30, Sold::default(), nobody).await;
        let nowhere = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("an address");
        shop.handover = Some(format!("http://{nowhere}/"));
        shop.stock(1).await;
        shop.work_for(&mut shop.sender(), 60).await;
        assert_eq!((shop.sums(1).await, shop.round(1).await.round.unknown), (("CANCELED_BY_ERROR", [0, 0, 0, 30]), 0));
    })
    .await;
}

#[tokio::test]
async fn a_second_round_gives_up_after_five_trials_where_the_first_had_to_find_out() {
    on_both_engines(async |store| {
        let sink = Sink::start(|_| Reply::Status(500)).await;
        let shop = Shop::open(store, 30, Sold::default(), nobody).await.hands_over_to(&sink);
        let mut sender = shop.sender();
        shop.stock(1).await;
        shop.work_for(&mut sender, 60).await;
        let before = sink.heard().len();
        shop.stock(0).await;
        shop.stock(1).await.expect("another one begins");
        shop.work_for(&mut sender, 20).await;
        assert_eq!(shop.sums(2).await, ("CANCELED_BY_ERROR", [0, 0, 0, 30]));
        assert_eq!(sink.heard().len() - before, 5);
    })
    .await;
}

const TRAPS: [&str; 3] = ["trap-1", "trap-2", "trap-3"];

/// Grace restocks products for which twenty wait whom the service never takes; what was stopped begins anew.
async fn grace_restocks_traps(shop: &Shop) {
    let grace = &shop.world.grace;
    for key in TRAPS {
        let draft = ProductDraft { name: "Trap".to_owned(), ..ProductDraft::default() };
        Box::pin(campaigns::put_product(shop.app(), grace, (key, Expected::Unsaid), draft)).await.expect("a product");
        for number in 0..20 {
            let poison = format!("poison-{number}");
            Box::pin(campaigns::put_recipient(shop.app(), grace, (&poison, Expected::Unsaid), [None; 4]))
                .await
                .expect("a recipient");
            Box::pin(campaigns::subscribe(shop.app(), grace, (key, &poison))).await.expect("they wait");
        }
        for stock in [0, 1] {
            Box::pin(campaigns::set_stock(shop.app(), grace, (key, Expected::Any), stock)).await.expect("a stock");
        }
    }
}

#[tokio::test]
async fn no_round_is_stopped_because_the_service_refuses_the_people_of_somebody_else() {
    on_both_engines(async |store| {
        let sink = Sink::start(|heard| Reply::Status(if heard.external_id().starts_with("poison") { 500 } else { 200 })).await;
        let shop = Shop::open(store, 10, Sold::default(), nobody).await.hands_over_to(&sink);
        let mut sender = shop.sender();
        for round in 1..=4 {
            grace_restocks_traps(&shop).await;
            shop.work_for(&mut sender, 45).await;
            let trap = ProductName::Key(TRAPS[0].to_owned());
            let trap = &rounds::list(shop.app(), &shop.world.grace, trap, None, 1).await.expect("rounds")[0].round;
            assert_eq!((trap.state.as_str(), trap.cause.as_str()), ("CANCELED_BY_ERROR", "channel_down"));
            if round % 2 == 0 {
                grace_restocks_traps(&shop).await;
                shop.work_for(&mut sender, 2).await;
            }
            shop.stock(1).await;
            shop.work_for(&mut sender, 1).await;
            assert_eq!(shop.sums(round).await, ("COMPLETED", [10, 0, 0, 0]));
            shop.stock(0).await;
            for number in 1..=10 {
                shop.comes(number).await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_round_in_which_one_is_refused_goes_on_while_somebody_else_is_refused_everybody() {
    on_both_engines(async |store| {
        let sink = Sink::start(|heard| {
            let is_refused = heard.external_id().starts_with("poison") || heard.position() == 1;
            Reply::Status(if is_refused { 500 } else { 200 })
        })
        .await;
        // One permit after the other for each of them.
        let slow = rounds::Settings { starts_per_second: 20, ..rounds::Settings::default() };
        let world = World::with(store, slow).await;
        let shop = Shop::of(world, 10, Sold::default(), nobody).await.hands_over_to(&sink);
        let mut sender = shop.sender();
        grace_restocks_traps(&shop).await;
        shop.work_for(&mut sender, 45).await;
        shop.stock(1).await;
        shop.work_for(&mut sender, 20).await;
        assert_eq!(shop.sums(1).await, ("IN_PROGRESS", [9, 0, 0, 1]));
    })
    .await;
}

#[tokio::test]
async fn a_line_of_inboxes_keeps_nobody_from_hearing_that_the_service_is_back() {
    on_both_engines(async |store| {
        let is_down = Arc::new(AtomicBool::new(true));
        let seen = Arc::clone(&is_down);
        let sink = Sink::start(move |_| Reply::Status(if seen.load(Ordering::Relaxed) { 500 } else { 200 })).await;
        let slow = rounds::Settings { starts_per_second: 100, ..rounds::Settings::default() };
        let world = World::with(store, slow).await;
        let shop = Shop::of(world, 4_000, Sold::default(), |number| number > 4).await.hands_over_to(&sink);
        let mut sender = shop.sender();
        shop.stock(1).await;
        shop.work_through(&mut sender, 12).await;
        is_down.store(false, Ordering::Relaxed);
        shop.work_through(&mut sender, 20).await;
        let told = shop.at(1, RowState::Sent).await;
        assert!((1..=4).all(|number| told.contains(&number)) && told.len() < 4_000, "{} were told", told.len());
    })
    .await;
}

/// Everybody waits for lamps and for bells, both are back, and somebody has the lamps locked; none without PostgreSQL.
async fn lamps_are_locked() -> Option<(Database, Store, Shop, Session)> {
    let database = Database::postgres().await?;
    let store = database.store().await;
    let shop = Shop::open(store.clone(), 4, Sold::default(), everybody).await;
    shop.sells_bells().await;
    shop.stock(1).await;
    shop.bells(1).await;
    let mut import = Session::open(database.open()).await.expect("a session");
    import.run("BEGIN; SELECT id FROM products WHERE external_key = 'lamp' FOR UPDATE").await.expect("it is locked");
    Some((database, store, shop, import))
}

#[tokio::test]
async fn nobody_waits_for_the_product_that_somebody_else_has_locked() {
    let Some((_database, store, shop, mut import)) = lamps_are_locked().await else { return };
    let mut sender = shop.sender();
    shop.work(&mut sender).await;
    assert_eq!((shop.bells_told().await, shop.sums(1).await.0), (("COMPLETED", 4), "IN_PROGRESS"));
    import.run("COMMIT").await.expect("it is free");
    shop.work_for(&mut sender, 1).await;
    assert_eq!(shop.sums(1).await, ("COMPLETED", [4, 0, 0, 0]));
    drop(shop);
    store.close().await;
}

/// The wait for a locked product was counted from before its transaction, so after a slow one it was over, and the same round was tried for ever.
#[tokio::test]
async fn nobody_waits_for_a_locked_product_where_a_transaction_takes_longer_than_that_one_is_passed_over() {
    let Some((_database, store, shop, mut import)) = lamps_are_locked().await else { return };
    Box::pin(rounds::freeze_rounds(shop.app())).await.expect("bells are written down");
    let mut sender = shop.sender();
    // Time passes whenever the database is waited for.
    let clock = shop.world.clock.clone();
    let passes = tokio::spawn(async move {
        loop {
            clock.advance(Duration::from_micros(200));
            tokio::task::yield_now().await;
        }
    });
    let (_stopper, mut never) = Stopper::new();
    for _ in 0..200 {
        let nap = Box::pin(sender.step()).await.expect("a step");
        Box::pin(sender.rest(nap, &mut never)).await;
    }
    passes.abort();
    assert_eq!((shop.bells_told().await, shop.sums(1).await.0), (("COMPLETED", 4), "IN_PROGRESS"));
    import.run("COMMIT").await.expect("it is free");
    drop(shop);
    store.close().await;
}
