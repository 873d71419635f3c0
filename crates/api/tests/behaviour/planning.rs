//! What is free, over HTTP, on both engines.

use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    desk::Desk,
    house::{Call, House, Reply},
};

/// From when to when each slot of a page is.
fn slots(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.body);
    let text = |slot: &Value, name: &str| slot[name].as_str().unwrap_or_default()[..16].to_owned();
    reply.body["items"].as_array().expect("items").iter().map(|it| format!("{}/{}", text(it, "start"), text(it, "end"))).collect()
}

#[tokio::test]
async fn free_slots_are_the_gaps_between_what_is_busy_in_waking_hours() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let at_nine = json!({ "title": "Stand-up", "start": "2026-11-23T09:00:00", "duration": "PT1H", "recurrence": { "rrule": "FREQ=DAILY" } });
        desk.make(&at_nine).await;
        desk.make(&json!({ "title": "Radio", "start": "2026-11-23T12:00:00", "duration": "PT1H", "busy": false })).await;
        desk.make(&json!({ "title": "Lunch", "start": "2026-11-23T12:30:00", "duration": "PT1H" })).await;
        Desk::of(&house, "bob").await.make(&json!({ "title": "His", "start": "2026-11-23T15:00:00", "duration": "PT1H" })).await;
        let day = "/api/v1/free-slots?from=2026-11-23&to=2026-11-24";
        // From seven to eleven at night in Seoul.
        let free = desk.get(&format!("{day}&duration=PT1H")).await;
        let waking = ["2026-11-22T22:00/2026-11-23T00:00", "2026-11-23T01:00/2026-11-23T03:30", "2026-11-23T04:30/2026-11-23T14:00"];
        assert_eq!(slots(&free), waking);
        assert_eq!(slots(&desk.get(&format!("{day}&duration=PT3H")).await), waking[2..]);
        let hours = ["2026-11-22T15:00/2026-11-23T00:00", waking[1], "2026-11-23T04:30/2026-11-23T15:00"];
        assert_eq!(slots(&desk.get(&format!("{day}&duration=PT1H&within=day")).await), hours);
        // Page by page.
        let first = desk.get(&format!("{day}&duration=PT1H&limit=2")).await;
        assert_eq!(slots(&first), waking[..2]);
        let rest = desk.get(&format!("{day}&duration=PT1H&limit=2&cursor={}", first.text("/next_cursor"))).await;
        assert_eq!((slots(&rest), &rest.body["next_cursor"]), (vec![waking[2].to_owned()], &Value::Null));
        // What is offered can be booked.
        desk.make(&json!({ "title": "Deep work", "start": "2026-11-23T04:30:00Z", "end": "2026-11-23T14:00:00Z" })).await;
        // Somebody who gets up late and never sleeps.
        let change = async |change: Value| desk.send(Call::new("PATCH", "/api/v1/users/me").json(&change).header("if-match", "*")).await;
        let late = change(json!({ "wake_at": "10:00" })).await;
        assert_eq!((late.text("/wake_at"), late.text("/sleep_at")), ("10:00", "23:00"));
        assert_eq!(slots(&desk.get(&format!("{day}&duration=PT1H")).await), [waking[1]]);
        assert_eq!(change(json!({ "sleep_at": "10:00" })).await.status, 200);
        assert_eq!(slots(&desk.get(&format!("{day}&duration=PT8H")).await), [hours[0]]);
        change(json!({ "sleep_at": "25:00" })).await.refused(422, "identity.invalid");
        for (query, code) in [
            ("from=2026-11-23&to=2027-11-23&duration=PT1H", "planning.invalid"),
            ("from=2026-11-23&to=2026-11-24&duration=PT0S", "planning.invalid"),
            ("from=2026-11-23&to=2026-11-23&duration=PT1H", "query.invalid"),
            ("from=2026-11-23&to=2026-11-24", "query.invalid"),
            ("from=2026-11-23&to=2026-11-24&duration=soon", "query.invalid"),
        ] {
            desk.get(&format!("/api/v1/free-slots?{query}")).await.refused(422, code);
        }
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_night_in_which_the_clocks_change_leaves_the_hours_that_are_there() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let zone = json!({ "time_zone": "Europe/Berlin" });
        assert_eq!(desk.send(Call::new("PATCH", "/api/v1/users/me").json(&zone).header("if-match", "*")).await.status, 200);
        let free = desk.get("/api/v1/free-slots?from=2027-03-28&to=2027-03-29&duration=PT1H&within=day").await;
        assert_eq!(slots(&free), ["2027-03-27T23:00/2027-03-28T22:00"], "a day of 23 hours");
        let free = desk.get("/api/v1/free-slots?from=2027-03-28&to=2027-03-29&duration=PT1H").await;
        assert_eq!(slots(&free), ["2027-03-28T05:00/2027-03-28T21:00"]);
        house.close().await;
    })
    .await;
}
