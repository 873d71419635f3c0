//! Statistics by category and tag, over HTTP, on both engines.

use std::time::Duration;

use serde_json::json;
use testkit::on_both_databases;

use crate::{
    desk::Desk,
    house::{Call, House},
};

#[tokio::test]
async fn statistics_by_label_count_what_has_several_in_each_and_once_in_the_sum() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let work = desk.category("Work", None).await;
        let labelled = json!({ "category_id": work, "tags": ["deep", "report"] });
        let both = desk.try_make(&labelled).await.text("/id").to_owned();
        let none = desk.try_make(&json!({ "start": "2026-11-22T09:00:00" })).await.text("/id").to_owned();
        let act = async |id: &str, action: &str| {
            let reply = desk.send(Call::new("POST", &format!("/api/v1/schedules/{id}/{action}"))).await;
            assert_eq!(reply.status, 200, "{}", reply.body);
        };
        for (id, minutes) in [(&both, 5), (&none, 3)] {
            act(id, "start").await;
            house.clock.advance(Duration::from_mins(minutes));
            act(id, "complete").await;
        }
        let groups = async |by: &str| {
            let answer = desk.get(&format!("/api/v1/statistics?period=month&group_by={by}")).await.body;
            assert_eq!((&answer["worked_seconds"], &answer["completed"]), (&json!(480), &json!(2)), "no sum is doubled");
            let group =
                |group: &serde_json::Value| (group["name"].clone(), group["worked_seconds"].clone(), group["completed"].clone());
            answer["groups"].as_array().expect("groups").iter().map(group).collect::<Vec<_>>()
        };
        let (none_of_it, some) = ((json!(null), json!(180), json!(1)), |name: &str| (json!(name), json!(300), json!(1)));
        assert_eq!(groups("category").await, [some("Work"), none_of_it.clone()]);
        let tags = groups("tag").await;
        assert_eq!(tags.len(), 3);
        assert!([some("deep"), some("report"), none_of_it].iter().all(|group| tags.contains(group)), "{tags:?}");
        assert_eq!(groups("kind").await, [(json!("event"), json!(480), json!(2))]);

        let patch = json!({ "tags": ["deep"], "category_id": null });
        let call = Call::new("PATCH", &format!("/api/v1/schedules/{both}")).json(&patch).header("if-match", "*");
        assert_eq!(desk.send(call).await.status, 200);
        assert_eq!(groups("category").await, [(json!(null), json!(480), json!(2))], "by what it is labelled with now");
        let audit = app::calendar::progress::audit(house.app.store(), house.app.now()).await.expect("an audit");
        assert_eq!(audit.differences, Vec::<String>::new());
        house.close().await;
    })
    .await;
}
