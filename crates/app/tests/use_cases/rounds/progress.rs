//! What the stream of an owner says of how far a round is: all there is to know of it, without asking.

use std::time::Duration;

use app::campaigns::rounds;
use serde_json::Value;
use testkit::{Reply, Sink, on_both_engines};

use super::shop::{Shop, Sold};

fn nobody(_: usize) -> bool {
    false
}

impl Shop {
    /// Everything that was told of rounds so far.
    async fn told(&self) -> Vec<Value> {
        let told = self.world.events().await.into_iter().filter(|(kind, _)| kind == "campaign.changed");
        told.map(|(_, data)| serde_json::from_str(&data).expect("an event is JSON")).collect()
    }
}

/// How many are told, refused, and on their way, by what was told last.
fn last_of(told: &[Value]) -> [i64; 3] {
    let last = told.last().expect("something was told");
    ["sent", "failed", "in_flight"].map(|field| last[field].as_i64().expect("a number"))
}

#[tokio::test]
async fn a_round_that_waits_for_its_next_wave_has_told_how_far_it_is_and_then_says_nothing() {
    on_both_engines(async |store| {
        // More than one permit, and all of them within a second.
        let shop = Shop::open(store, 100, Sold { waves: Some((10, 60)), ..Sold::default() }, |_| true).await;
        let mut sender = shop.sender();
        shop.stock(3).await;
        shop.work(&mut sender).await;
        assert_eq!(last_of(&shop.told().await), [30, 0, 0]);
        let before = shop.told().await.len();
        shop.work_for(&mut sender, 50).await;
        assert_eq!(shop.told().await.len(), before, "nothing has happened meanwhile");
        shop.work_for(&mut sender, 12).await;
        assert_eq!(last_of(&shop.told().await), [60, 0, 0]);
        assert!(shop.told().await.len() <= before + 3, "a wave is told of when it begins and when it is over");
    })
    .await;
}

#[tokio::test]
async fn the_last_answer_of_a_wave_is_told_also_if_it_is_late() {
    on_both_engines(async |store| {
        let sink = Sink::start(|heard| Reply::Status(if heard.position() == 4 { 410 } else { 200 })).await;
        let waves = Some((2, 60));
        let shop = Shop::open(store, 20, Sold { waves, ..Sold::default() }, nobody).await.hands_over_to(&sink);
        let mut sender = shop.sender();
        shop.stock(2).await;
        shop.work(&mut sender).await;
        assert_eq!(shop.sums(1).await, ("IN_PROGRESS", [3, 0, 1, 16]));
        assert_eq!(last_of(&shop.told().await), [3, 1, 0]);
    })
    .await;
}

#[tokio::test]
async fn what_a_process_that_died_has_left_under_way_is_told_when_another_takes_it_over() {
    on_both_engines(async |store| {
        let sink = Sink::taking().await;
        let shop = Shop::open(store, 60, Sold::default(), nobody).await.hands_over_to(&sink);
        let mut sender = shop.sender();
        shop.stock(1).await;
        while sender.under_way() == 0 {
            if !shop.step(&mut sender).await {
                shop.world.clock.advance(Duration::from_secs(1));
            }
        }
        shop.pause(1).await.expect("it stops");
        let [_, _, under_way] = last_of(&shop.told().await);
        assert!(under_way > 0, "and says who is on their way");
        drop(sender);
        shop.work_for(&mut shop.sender(), 7).await;
        let (told, round) = (shop.told().await, shop.round(1).await.round);
        assert_eq!((round.in_flight, round.unknown), (0, under_way));
        assert_eq!(last_of(&told), [round.sent, 0, 0]);
        assert_eq!(told.last().expect("it was told")["unknown"], under_way);
    })
    .await;
}

#[tokio::test]
async fn a_round_that_was_stopped_before_it_was_written_down_says_how_many_they_are_once_it_is() {
    on_both_engines(async |store| {
        let shop = Shop::open(store, 3, Sold::default(), |_| true).await;
        shop.stock(1).await;
        shop.pause(1).await.expect("it stops");
        let stood = |told: &[Value]| told.last().map(|last| (last["status"].clone(), last["total"].clone()));
        assert_eq!(stood(&shop.told().await), Some(("PAUSED".into(), 0.into())));
        Box::pin(rounds::freeze_rounds(shop.app())).await.expect("everybody is written down");
        assert_eq!(stood(&shop.told().await), Some(("PAUSED".into(), 3.into())));
    })
    .await;
}
