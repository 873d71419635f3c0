//! Quiet hours over HTTP, on both engines.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    desk::{Desk, fire},
    house::{Call, House, Reply},
};

impl Desk<'_> {
    async fn quiet(&self, hours: &Value) -> Reply {
        let change = json!({ "quiet_hours": hours });
        self.send(Call::new("PATCH", "/api/v1/users/me").json(&change).header("if-match", "*")).await
    }
}

#[tokio::test]
async fn quiet_hours_are_a_part_of_the_profile() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        assert_eq!(desk.get("/api/v1/users/me").await.body["quiet_hours"], Value::Null);
        let set = desk.quiet(&json!({ "start": "22:00", "end": "07:00", "days": ["sunday", "monday"] })).await;
        assert_eq!(set.body["quiet_hours"], json!({ "start": "22:00", "end": "07:00", "days": ["monday", "sunday"] }));
        let etag = set.header("etag").expect("an etag").to_owned();
        let same = desk.quiet(&json!({ "start": "22:00", "end": "07:00", "days": ["monday", "sunday"] })).await;
        assert_eq!(same.header("etag"), Some(etag.as_str()), "nothing is different");
        let name = json!({ "display_name": "Ada" });
        let kept = desk.send(Call::new("PATCH", "/api/v1/users/me").json(&name).header("if-match", "*")).await;
        assert_eq!(kept.text("/quiet_hours/start"), "22:00", "what is not given stays");
        for (wrong, pointer) in [
            (json!({ "start": "22", "end": "07:00" }), "/quiet_hours/start"),
            (json!({ "start": "22:00", "end": "22:00" }), "/quiet_hours/end"),
            (json!({ "start": "22:00", "end": "07:00", "days": [] }), "/quiet_hours/days"),
            (json!({ "start": "22:00", "end": "07:00", "days": ["Montag"] }), "/quiet_hours/days/0"),
        ] {
            let refused = desk.quiet(&wrong).await;
            assert_eq!((refused.status.as_u16(), refused.text("/errors/0/pointer")), (422, pointer), "{}", refused.body);
        }
        for wrong in
            [json!("22:00-07:00"), json!({ "start": "22:00" }), json!({ "start": "22:00", "end": "07:00", "zone": "UTC" })]
        {
            assert_eq!(desk.quiet(&wrong).await.status, 422, "{wrong}");
        }
        assert_eq!(desk.quiet(&Value::Null).await.body["quiet_hours"], Value::Null);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_waits_says_until_when_and_why() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let mut desk = Desk::of(&house, "ada").await;
        desk.quiet(&json!({ "start": "22:00", "end": "07:00" })).await;
        let body = json!({
            "title": "Flight", "start": "2026-11-20T23:30:00", "duration": "PT12H",
            "recurrence": { "rrule": "FREQ=DAILY" },
            "reminders": [{ "before": "PT30M" }, { "before": "PT15M", "critical": true }]
        });
        let made = desk.make(&body).await;
        assert_eq!(
            (&made.body["reminders"][0]["critical"], &made.body["reminders"][1]["critical"]),
            (&json!(false), &json!(true))
        );
        let path = format!("/api/v1/schedules/{}/reminders", made.text("/id"));
        let before = desk.get(&path).await;
        assert_eq!(before.text("/items/0/deferred_until"), "2026-11-20T22:00:00Z");
        assert_eq!(before.text("/items/0/explanation"), "will not be told at once: quiet hours until 07:00");
        assert_eq!(
            (&before.body["items"][1]["deferred_until"], &before.body["items"][1]["explanation"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(before.text("/upcoming/0/deferred_until"), "2026-11-21T22:00:00Z");
        assert_eq!(before.body["upcoming"][1]["deferred_until"], Value::Null, "the critical one");
        // The world begins at 09:30 in Seoul.
        house.clock.advance(Duration::from_hours(14));
        fire(&house).await;
        desk.sign_in_again().await;
        assert_eq!(desk.get("/api/v1/notifications/unread").await.body["count"], 1);
        let held = desk.get("/api/v1/reminders?from=2026-11-20T23:00:00&to=2026-11-20T23:10:00").await;
        assert_eq!((held.text("/items/0/state"), held.text("/items/0/reason")), ("PENDING", "quiet_hours"));
        assert_eq!(held.text("/items/0/explanation"), "not told: quiet hours until 07:00");
        house.clock.advance(Duration::from_mins(7 * 60 + 30));
        fire(&house).await;
        desk.sign_in_again().await;
        assert_eq!(desk.get("/api/v1/notifications/unread").await.body["count"], 2);
        let told = desk.get(&path).await;
        assert_eq!((told.text("/items/0/state"), told.text("/items/0/due_at")), ("FIRED", "2026-11-20T14:00:00Z"));
        assert_eq!(told.text("/items/0/explanation"), "told later: quiet hours until 07:00");
        assert_eq!(told.body["items"][0]["lateness_ms"], 0);
        house.close().await;
    })
    .await;
}
