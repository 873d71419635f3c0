//! Stopping a round, letting it go on, ending it; and events that come twice.

use std::time::Duration;

use app::{
    campaigns::rounds::Restock,
    domain::campaigns::{RowState, SubscriptionState},
};
use testkit::on_both_engines;

use super::shop::{Shop, Sold};

fn everybody(_: usize) -> bool {
    true
}

#[tokio::test]
async fn nobody_is_told_once_the_stock_is_gone_and_the_next_round_begins_with_them() {
    on_both_engines(async |store| {
        let shop = Shop::open(store, 90, Sold::default(), everybody).await;
        let mut sender = shop.sender();
        shop.stock(1).await;
        while shop.round(1).await.round.sent < 25 {
            shop.step(&mut sender).await;
        }
        let stopped = shop.stock(0).await.expect("the round stops").round;
        assert_eq!((stopped.state.as_str(), stopped.cause.as_str(), stopped.sent), ("CANCELED_BY_SOLD_OUT", "sold_out", 25));
        shop.work_for(&mut sender, 3).await;
        let shown = shop.round(1).await;
        assert_eq!((shown.round.sent, shown.round.last_position, shown.first_unsent), (25, 25, Some(26)));
        assert_eq!(shop.in_line(SubscriptionState::Active).await, (26..=90).collect::<Vec<_>>());
        assert_eq!(shop.stock(2).await.expect("another").round.number, 2);
        shop.work(&mut sender).await;
        assert_eq!(shop.at(2, RowState::Sent).await, (26..=90).collect::<Vec<_>>(), "who was not reached, in the old order");
        assert_eq!(shop.resume().await, Err("round.finished"));
        assert_eq!(shop.sums(1).await.0, "CANCELED_BY_SOLD_OUT", "superseded, not forgotten");
    })
    .await;
}

#[tokio::test]
async fn the_same_event_again_is_answered_with_the_round_that_is_under_way() {
    on_both_engines(async |store| {
        let shop = Shop::open(store, 40, Sold::default(), everybody).await;
        assert_eq!(shop.restock(Restock::default()).await, Err("product.out_of_stock"));
        let wish = Restock { stock: Some(3), ..Restock::default() };
        assert_eq!(shop.restock(wish).await, Ok("1 true".to_owned()));
        assert_eq!(shop.restock(wish).await, Ok("1 false".to_owned()));
        assert_eq!(shop.pause(1).await, Ok(()));
        assert_eq!(shop.restock(wish).await, Ok("1 false".to_owned()), "a pause is its owner's");
        assert_eq!(shop.restock(Restock { stock: Some(-1), ..wish }).await, Err("product.invalid"));
        let past = Restock { expires_at: Some(shop.app().now()), ..wish };
        assert_eq!(shop.cancel(1).await, Ok(()));
        assert_eq!(shop.restock(past).await, Err("round.expires_in_the_past"));
        let (one, other) = tokio::join!(shop.restock(wish), shop.restock(wish));
        let mut both = [one, other];
        both.sort();
        assert_eq!(both, [Ok("2 false".to_owned()), Ok("2 true".to_owned())]);
    })
    .await;
}

#[tokio::test]
async fn a_round_that_is_paused_goes_on_where_it_stopped_and_one_of_two_resumes_wins() {
    on_both_engines(async |store| {
        let shop = Shop::open(store, 60, Sold::default(), everybody).await;
        let mut sender = shop.sender();
        shop.stock(1).await;
        while shop.round(1).await.round.sent < 25 {
            shop.step(&mut sender).await;
        }
        assert_eq!(shop.pause(1).await, Ok(()));
        assert_eq!(shop.pause(1).await, Err("round.not_in_progress"));
        shop.work_for(&mut sender, 3).await;
        assert_eq!(shop.sums(1).await, ("PAUSED", [25, 0, 0, 35]));
        let (one, other) = tokio::join!(shop.resume(), shop.resume());
        assert!(matches!([one, other], [Ok(()), Err("round.in_progress")] | [Err("round.in_progress"), Ok(())]));
        shop.work(&mut sender).await;
        assert_eq!(shop.sums(1).await, ("COMPLETED", [60, 0, 0, 0]));
        assert_eq!(shop.resume().await, Err("round.finished"));
        assert_eq!(shop.cancel(1).await, Err("round.finished"));
        assert_eq!(shop.cancel(2).await, Err("round.not_found"));
    })
    .await;
}

#[tokio::test]
async fn a_round_whose_time_is_over_ends() {
    on_both_engines(async |store| {
        let shop = Shop::open(store, 10, Sold { waves: Some((1, 600)), ..Sold::default() }, everybody).await;
        let mut sender = shop.sender();
        let expires_at = Some(shop.app().now() + Duration::from_mins(1));
        let wish = Restock { stock: Some(4), expires_at, ..Restock::default() };
        assert_eq!(shop.restock(wish).await, Ok("1 true".to_owned()));
        shop.work_for(&mut sender, 30).await;
        assert_eq!(shop.sums(1).await, ("IN_PROGRESS", [4, 0, 0, 6]));
        shop.work_for(&mut sender, 31).await;
        let round = shop.round(1).await.round;
        assert_eq!((round.state.as_str(), round.cause.as_str(), round.sent), ("CANCELED", "expired", 4));
        assert_eq!(shop.in_line(SubscriptionState::Active).await.len(), 6);
    })
    .await;
}
