//! How much somebody may keep, over HTTP, on both engines.

use serde_json::json;
use testkit::on_both_databases;

use crate::{
    desk::Desk,
    house::{Call, House},
};

const THREE: app::calendar::Settings = app::calendar::Settings { schedules_per_user: 3 };

impl Desk<'_> {
    async fn kept(&self) -> i64 {
        self.get("/api/v1/users/me/usage").await.body["schedules"]["used"].as_i64().expect("a number")
    }
}

#[tokio::test]
async fn one_more_than_may_be_kept_is_refused_until_something_goes() {
    on_both_databases(async |database| {
        let house = House::with_quota(database, THREE).await;
        let (desk, other) = (Desk::of(&house, "ada").await, Desk::of(&house, "eve").await);
        let mut ids = Vec::new();
        for hour in 9..12 {
            ids.push(
                desk.make(&json!({ "title": "x", "start": format!("2026-12-01T{hour:02}:00:00") })).await.text("/id").to_owned(),
            );
        }
        let refused = desk.try_make(&json!({ "tags": ["new"] })).await;
        refused.refused(409, "quota.schedules");
        assert_eq!(desk.get("/api/v1/tags").await.body["items"], json!([]), "nothing of it is left");
        let usage = desk.get("/api/v1/users/me/usage").await.body;
        assert_eq!(usage["schedules"], json!({ "used": 3, "limit": 3 }));
        assert_eq!(
            (&usage["categories"], &usage["tags"]),
            (&json!({ "used": 0, "limit": 500 }), &json!({ "used": 0, "limit": 500 }))
        );
        assert_eq!(other.try_make(&json!({})).await.status, 201, "everybody has a limit of their own");

        let path = format!("/api/v1/schedules/{}", ids[0]);
        assert_eq!(desk.send(Call::new("DELETE", &path)).await.status, 204);
        assert_eq!(desk.kept().await, 2, "the trash does not count");
        assert_eq!(desk.try_make(&json!({})).await.status, 201);
        desk.send(Call::new("POST", &format!("{path}/restore"))).await.refused(409, "quota.schedules");
        let bulk = desk.send(Call::post("/api/v1/schedules/bulk-delete", &json!({ "ids": &ids[1..] }))).await;
        assert_eq!((bulk.status.as_u16(), desk.kept().await), (204, 1));
        assert_eq!(desk.send(Call::new("POST", &format!("{path}/restore"))).await.status, 200);
        assert_eq!(desk.kept().await, 2);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_series_counts_once_and_twice_when_it_is_split() {
    let house = House::with_quota(&testkit::Database::sqlite(), THREE).await;
    let desk = Desk::of(&house, "ada").await;
    let made = desk.try_make(&json!({ "start": "2026-12-01T09:00:00", "recurrence": { "rrule": "FREQ=DAILY" } })).await;
    let mut id = made.text("/id").to_owned();
    for (day, kept) in [(5, 2), (8, 3)] {
        let path = format!("/api/v1/schedules/{id}?scope=following&recurrence_id=2026-12-{day:02}T09:00:00");
        let rest = desk.send(Call::new("PATCH", &path).json(&json!({ "title": day.to_string() })).header("if-match", "*")).await;
        assert_eq!((rest.status.as_u16(), desk.kept().await), (200, kept));
        rest.text("/id").clone_into(&mut id);
    }
    let path = format!("/api/v1/schedules/{id}?scope=following&recurrence_id=2026-12-20T09:00:00");
    let refused = desk.send(Call::new("PATCH", &path).json(&json!({ "title": "more" })).header("if-match", "*")).await;
    refused.refused(409, "quota.schedules");
    assert_eq!(desk.kept().await, 3);
    house.close().await;
}

#[tokio::test]
async fn many_at_once_do_not_pass_the_limit_together() {
    on_both_databases(async |database| {
        let house = House::with_quota(database, app::calendar::Settings { schedules_per_user: 10 }).await;
        let desk = Desk::of(&house, "ada").await;
        let make = |hour: u32| {
            let changes = json!({ "start": format!("2026-12-{:02}T{:02}:00:00", 1 + hour / 24, hour % 24) });
            let desk = &desk;
            async move { desk.try_make(&changes).await.status.as_u16() }
        };
        let statuses = futures_util::future::join_all((0..40).map(make)).await;
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 10, "{statuses:?}");
        assert!(statuses.iter().all(|status| [201, 409].contains(status)), "{statuses:?}");
        assert_eq!(desk.kept().await, 10);
        house.close().await;
    })
    .await;
}
