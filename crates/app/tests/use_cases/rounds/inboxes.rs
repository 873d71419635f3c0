//! Telling those who have an account: in the transaction of the permit, so exactly once.

use app::{
    calendar::Expected,
    campaigns::rounds::{self, Filter, Restock},
    domain::campaigns::{Reason, RowState, SubscriptionState},
    notify::{self, Listing},
};
use testkit::on_both_engines;

use super::shop::{LAMP, Shop, Sold, name};

fn everybody(_: usize) -> bool {
    true
}

#[tokio::test]
async fn everybody_who_waits_is_told_once_and_in_order_when_the_stock_comes_back() {
    on_both_engines(async |store| {
        let shop = Shop::open(store, 60, Sold::default(), everybody).await;
        let raised = shop.stock(5).await.expect("a round");
        assert_eq!((raised.round.number, raised.round.state.as_str(), raised.key.as_str()), (1, "IN_PROGRESS", LAMP));
        shop.work(&mut shop.sender()).await;
        assert_eq!(shop.sums(1).await, ("COMPLETED", [60, 0, 0, 0]));
        let ledger = shop.ledger(1).await;
        assert!(ledger.iter().map(|line| line.position).eq(1..=60));
        assert!(ledger.iter().map(|line| line.recipient).eq(shop.recipients.iter().copied()), "in the order of subscribing");
        assert!(ledger.is_sorted_by_key(|line| line.started_at), "and begun with in that order");
        let last = shop.round(1).await.last.expect("somebody was told last");
        assert_eq!((last.position, last.name.as_deref()), (60, Some("Customer 60")));
        assert_eq!(shop.in_line(SubscriptionState::Active).await, Vec::<usize>::new());
        for user in shop.users.iter().flatten() {
            let caller = app::domain::identity::Caller { user: *user, ..shop.world.ada.clone() };
            let listing = Listing { shelf: app::domain::notify::Shelf::All, kind: None, before: None, limit: 10 };
            let inbox = notify::list(shop.app(), &caller, listing).await.expect("an inbox");
            let titles: Vec<_> = inbox.items.iter().map(|told| (told.kind.as_str(), told.title.as_str())).collect();
            assert_eq!(titles, [("restock", "Lamp is back in stock")]);
        }
        // A stock that is only another one raises nothing, and telling has taken nothing from it.
        assert_eq!(shop.try_stock(5).await.expect("a stock").seen.product.stock, 5);
        assert_eq!((shop.stock(9).await, shop.try_stock(9).await.expect("a stock").seen.product.round), (None, 1));
    })
    .await;
}

#[tokio::test]
async fn its_owner_is_told_what_becomes_of_a_round() {
    on_both_engines(async |store| {
        let shop = Shop::open(store, 1_500, Sold::default(), |number| number == 1).await;
        shop.stock(1).await;
        shop.work(&mut shop.sender()).await;
        let told: Vec<_> = shop.world.events().await.into_iter().filter(|(kind, _)| kind == "campaign.changed").collect();
        let first = &told.first().expect("a round began").1;
        assert!(first.contains(r#""status":"IN_PROGRESS""#) && first.contains(r#""product_id":"lamp""#), "{first}");
        let last = &told.last().expect("a round ended").1;
        assert!(last.contains(r#""status":"COMPLETED""#) && last.contains(r#""sent":1,"#), "{last}");
        assert_eq!(shop.sums(1).await, ("COMPLETED", [1, 1_499, 0, 0]), "there is no channel to the others");
    })
    .await;
}

#[tokio::test]
async fn who_left_or_came_anew_is_passed_over_and_waits_for_the_next_round() {
    on_both_engines(async |store| {
        let shop = Shop::open(store, 30, Sold::default(), everybody).await;
        let mut sender = shop.sender();
        shop.stock(1).await;
        Box::pin(rounds::freeze_rounds(shop.app())).await.expect("written down");
        shop.leaves(2).await;
        shop.leaves(3).await;
        shop.comes(3).await;
        shop.work(&mut sender).await;
        assert_eq!(shop.sums(1).await, ("COMPLETED", [28, 2, 0, 0]));
        let skipped: Vec<_> = shop.ledger(1).await.into_iter().filter(|line| line.state == RowState::Skipped).collect();
        assert!(skipped.iter().all(|line| line.reason == Some(Reason::Unsubscribed)) && skipped.len() == 2);
        assert_eq!(shop.in_line(SubscriptionState::Active).await, [3]);
        assert_eq!(shop.in_line(SubscriptionState::Left).await, [2]);
        assert_eq!(shop.restock(Restock::default()).await, Ok("2 true".to_owned()));
        shop.work(&mut sender).await;
        assert_eq!(shop.at(2, RowState::Sent).await, [3]);
    })
    .await;
}

#[tokio::test]
async fn a_round_is_told_in_waves_as_large_as_the_stock() {
    on_both_engines(async |store| {
        let shop = Shop::open(store, 20, Sold { waves: Some((2, 60)), ..Sold::default() }, everybody).await;
        let mut sender = shop.sender();
        shop.stock(3).await;
        shop.work_for(&mut sender, 5).await;
        assert_eq!(shop.sums(1).await, ("IN_PROGRESS", [6, 0, 0, 14]), "three items, two people each");
        shop.stock(4).await;
        shop.work_for(&mut sender, 50).await;
        assert_eq!(shop.sums(1).await, ("IN_PROGRESS", [6, 0, 0, 14]), "nobody while the wave lasts");
        shop.work_for(&mut sender, 10).await;
        assert_eq!(shop.sums(1).await, ("IN_PROGRESS", [14, 0, 0, 6]), "by the stock of the moment");
        shop.work_for(&mut sender, 65).await;
        assert_eq!(shop.sums(1).await, ("COMPLETED", [20, 0, 0, 0]));
    })
    .await;
}

#[tokio::test]
async fn a_ledger_is_read_in_pages_by_state_and_by_person() {
    on_both_engines(async |store| {
        let shop = Shop::open(store, 12, Sold::default(), |number| number % 3 > 0).await;
        shop.stock(1).await;
        shop.work(&mut shop.sender()).await;
        let page = async |filter, after, limit| {
            let page = rounds::ledger_page(shop.app(), &shop.world.ada, (name(), 1), filter, after, limit).await.expect("a page");
            (page.lines.iter().map(|line| line.position).collect::<Vec<_>>(), page.goes_on)
        };
        assert_eq!(page(Filter::All, 3, 4).await, (vec![4, 5, 6, 7], true));
        assert_eq!(page(Filter::At(RowState::Skipped), 3, 2).await, (vec![6, 9], true));
        assert_eq!(page(Filter::At(RowState::Sent), 8, 9).await, (vec![10, 11], false));
        assert_eq!(page(Filter::At(RowState::Waiting), 0, 9).await, (vec![], false));
        assert_eq!(page(Filter::Of("c-6".to_owned()), 0, 9).await, (vec![6], false));
        assert_eq!(page(Filter::Of(shop.users[6].expect("an account").to_string()), 0, 9).await, (vec![7], false));
        assert_eq!(page(Filter::Of("c-5".to_owned()), 0, 9).await, (vec![], false));
        let grace = rounds::get(shop.app(), &shop.world.grace, (name(), 1)).await.map_err(|error| error.code());
        assert_eq!(grace, Err("product.not_found"), "somebody else's");
        let none = rounds::get(shop.app(), &shop.world.ada, (name(), 2)).await.map_err(|error| error.code());
        assert_eq!(none, Err("round.not_found"));
        let list = rounds::list(shop.app(), &shop.world.ada, name(), None, 10).await.expect("rounds");
        assert_eq!(list.iter().map(|shown| shown.round.number).collect::<Vec<_>>(), [1]);
    })
    .await;
}

#[tokio::test]
async fn a_forecast_says_who_would_be_told_and_changes_nothing() {
    on_both_engines(async |store| {
        let shop = Shop::open(store, 1_201, Sold::default(), |number| number == 1).await;
        let here = || (name(), Expected::Any);
        let refused =
            rounds::forecast(shop.app(), &shop.world.ada, here(), Restock::default()).await.map_err(|error| error.code());
        assert_eq!(refused, Err("product.out_of_stock"));
        let wish = Restock { stock: Some(3), ..Restock::default() };
        let forecast = rounds::forecast(shop.app(), &shop.world.ada, here(), wish).await.expect("a forecast");
        assert_eq!((forecast.total, forecast.first.len(), forecast.seconds), (1_201, 10, 2));
        assert_eq!(forecast.first[1], ("c-2".to_owned(), None));
        assert_eq!(forecast.first[0].1.as_deref(), Some("Customer 1"));
        assert!(rounds::list(shop.app(), &shop.world.ada, name(), None, 10).await.expect("rounds").is_empty());

        // While one is under way, it says what asking says: nothing begins, and how one is asked for does not matter.
        assert_eq!(shop.restock(wish).await, Ok("1 true".to_owned()));
        let past = Restock { expires_at: Some(shop.app().now()), strict: Some(true), ..wish };
        assert_eq!(shop.restock(past).await, Ok("1 false".to_owned()));
        let forecast = rounds::forecast(shop.app(), &shop.world.ada, here(), past).await.expect("a forecast");
        assert_eq!((forecast.under_way, forecast.total, forecast.first.len(), forecast.seconds), (Some(1), 0, 0, 0));
        assert_eq!(shop.cancel(1).await, Ok(()));
        let refused = rounds::forecast(shop.app(), &shop.world.ada, here(), past).await.map_err(|error| error.code());
        assert_eq!(refused, Err("round.expires_in_the_past"));
    })
    .await;
}
