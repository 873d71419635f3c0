//! What plans are made from, on both engines.

#[expect(dead_code, reason = "shared by test files that need different parts of it")]
mod inboxes;

use std::time::Duration;

use inboxes::{person, run};
use kernel::TaskId;
use store::planning;
use testkit::{START, SeededEntropy, on_both_engines};

#[tokio::test]
async fn habits_are_forgotten_from_an_instant_on_and_only_ones_own() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let at = START + Duration::from_hours(1);
        run(&store, move |tx| Box::pin(planning::forget_habits(tx, ann, at))).await;
        assert_eq!(run(&store, move |tx| Box::pin(planning::habits_since(tx, ann))).await, Some(at));
        assert_eq!(run(&store, move |tx| Box::pin(planning::habits_since(tx, bob))).await, None);
        let ids = [TaskId::mint(START, &SeededEntropy::new(3))];
        let ahead = run(&store, move |tx| Box::pin(async move { planning::sessions_ahead(tx, ann, &ids, at).await })).await;
        assert_eq!(ahead, []);
    })
    .await;
}
