//! Schedules and reminders over HTTP, on both engines.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Database, on_both_databases};

use crate::{
    desk::{Desk, fire},
    house::{Call, House, Reply},
};

#[tokio::test]
async fn a_schedule_is_made_read_changed_deleted_and_restored() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let body = json!({ "title": " Stand-up ", "start": "2026-11-21T09:30:00", "duration": "PT30M", "location": "3층" });
        let made = desk.make(&body).await;
        let path = made.header("location").expect("a location").to_owned();
        assert_eq!(path, format!("/api/v1/schedules/{}", made.text("/id")));
        assert_eq!(
            (made.text("/title"), made.text("/time_zone"), made.text("/end")),
            ("Stand-up", "Asia/Seoul", "2026-11-21T10:00:00")
        );
        assert_eq!(made.text("/start_at"), "2026-11-21T00:30:00Z");
        assert_eq!(made.body["reminders"][0]["before"], "PT30M");

        let read = desk.get(&path).await;
        assert_eq!((read.status.as_u16(), read.header("etag"), &read.body), (200, Some("\"1\""), &made.body));
        desk.send(Call::new("PATCH", &path).json(&json!({ "title": "x" }))).await.refused(428, "schedule.version_required");
        let stale = Call::new("PATCH", &path).json(&json!({ "title": "x" })).header("if-match", "\"9\"");
        desk.send(stale).await.refused(412, "schedule.version_mismatch");
        let change = Call::new("PATCH", &path).json(&json!({ "start": "2026-11-22T09:30:00" })).header("if-match", "\"1\"");
        let changed = desk.send(change).await;
        assert_eq!((changed.header("etag"), changed.text("/end")), (Some("\"2\""), "2026-11-22T10:00:00"));

        assert_eq!(desk.send(Call::new("DELETE", &path)).await.status, 204);
        desk.get(&path).await.refused(404, "schedule.not_found");
        let trash = desk.get("/api/v1/schedules?state=deleted").await;
        assert_eq!(trash.body["items"][0]["id"], made.body["id"]);
        let restored = desk.send(Call::new("POST", &format!("{path}/restore"))).await;
        assert_eq!((restored.status.as_u16(), restored.header("etag")), (200, Some("\"4\"")));
        desk.send(Call::new("POST", &format!("{path}/restore"))).await.refused(409, "schedule.not_deleted");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_reminder_is_planned_rings_is_snoozed_and_dismissed() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        // The world begins at 2026-11-20T00:30:00Z; the token is good for ten minutes.
        let made =
            desk.make(&json!({ "title": "Tea", "start": "2026-11-20T00:35:00Z", "reminders": [{ "before": "PT3M" }] })).await;
        let reminders = format!("/api/v1/schedules/{}/reminders", made.text("/id"));
        let planned = desk.get(&reminders).await;
        assert_eq!((planned.text("/items/0/state"), planned.text("/items/0/due_at")), ("PENDING", "2026-11-20T00:32:00Z"));
        house.clock.advance(Duration::from_mins(2));
        assert_eq!(fire(&house).await, 1);
        let fired = desk.get(&reminders).await;
        assert_eq!((fired.text("/items/0/state"), &fired.body["items"][0]["lateness_ms"]), ("FIRED", &json!(0)));
        let inbox = desk.get("/api/v1/notifications?state=unread").await;
        assert_eq!(inbox.text("/items/0/title"), "Tea");

        let path = format!("/api/v1/reminders/{}", fired.text("/items/0/id"));
        let snooze = |body: Value| Call::post(&format!("{path}/snooze"), &body);
        desk.send(snooze(json!({}))).await.refused(422, "reminder.invalid");
        desk.send(snooze(json!({ "for": "PT0S" }))).await.refused(422, "reminder.invalid");
        desk.send(snooze(json!({ "for": "PT5M", "until": "2026-11-21T00:00:00Z" }))).await.refused(422, "reminder.invalid");
        let snoozed = desk.send(snooze(json!({ "for": "PT5M" }))).await;
        assert_eq!((snoozed.text("/state"), &snoozed.body["snooze"]), ("PENDING", &json!(1)));
        house.clock.advance(Duration::from_mins(5));
        assert_eq!(fire(&house).await, 1);
        let dismiss = || Call::new("POST", &format!("/api/v1/reminders/{}/dismiss", snoozed.text("/id")));
        let dismissed = desk.send(dismiss()).await;
        assert_eq!(dismissed.text("/dismissed_at"), "2026-11-20T00:37:00Z");
        assert_eq!(desk.send(dismiss()).await.body, dismissed.body, "again changes nothing");
        let all = desk.get("/api/v1/reminders?from=2026-11-20&to=2026-11-21").await;
        assert_eq!(all.body["items"].as_array().map(Vec::len), Some(2));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn lists_page_exactly_and_a_cursor_is_good_for_its_own_list_only() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        for day in 21..=25 {
            ada.make(&json!({ "title": day.to_string(), "start": format!("2026-11-{day}"), "all_day": true })).await;
        }
        let week = "/api/v1/schedules?from=2026-11-22&to=2026-11-25&limit=2";
        let first = ada.get(week).await;
        let titles = |page: &Reply| {
            page.body["items"].as_array().map(|rows| rows.iter().map(|row| row["title"].clone()).collect::<Vec<_>>())
        };
        assert_eq!(titles(&first), Some(vec![json!("22"), json!("23")]));
        let cursor = first.text("/next_cursor");
        let second = ada.get(&format!("{week}&cursor={cursor}")).await;
        assert_eq!((titles(&second), &second.body["next_cursor"]), (Some(vec![json!("24")]), &Value::Null));
        bob.get(&format!("{week}&cursor={cursor}")).await.refused(400, "cursor.malformed");
        ada.get(&format!("/api/v1/reminders?cursor={cursor}")).await.refused(400, "cursor.malformed");
        for query in ["limit=0", "limit=-1", "limit=x", "from=yesterday", "from=2026-11-25&to=2026-11-22", "colour=red"] {
            ada.get(&format!("/api/v1/schedules?{query}")).await.refused(422, "query.invalid");
        }
        assert_eq!(ada.get("/api/v1/schedules?limit=1000000000").await.status, 200, "more than the most is the most");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_reminders_of_a_schedule_are_paged_by_due_time() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let reminders = ["PT1H", "PT30M", "PT10M", "PT5M", "PT0S"].map(|before| json!({ "before": before }));
        let body = json!({ "title": "Talk", "start": "2026-11-21T09:30:00", "reminders": reminders });
        let (made, other) = (ada.make(&body).await, ada.make(&body).await);
        let path = |schedule: &Reply, query: &str| format!("/api/v1/schedules/{}/reminders?{query}", schedule.text("/id"));
        let dues = |page: &Reply| {
            let items = page.body["items"].as_array().expect("items").iter();
            items.map(|item| item["due_at"].as_str().expect("an instant")[11..16].to_owned()).collect::<Vec<_>>()
        };
        let mut seen = Vec::new();
        let mut query = "limit=2".to_owned();
        loop {
            let page = ada.get(&path(&made, &query)).await;
            seen.push(dues(&page));
            let Some(cursor) = page.body["next_cursor"].as_str() else { break };
            ada.get(&path(&other, &format!("cursor={cursor}"))).await.refused(400, "cursor.malformed");
            bob.get(&path(&made, &format!("cursor={cursor}"))).await.refused(400, "cursor.malformed");
            query = format!("limit=2&cursor={cursor}");
        }
        assert_eq!(seen, [vec!["23:30", "00:00"], vec!["00:20", "00:25"], vec!["00:30"]]);
        assert_eq!(dues(&ada.get(&path(&made, "")).await).len(), 5);
        ada.get(&path(&made, "limit=0")).await.refused(422, "query.invalid");
        bob.get(&path(&made, "")).await.refused(404, "schedule.not_found");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn deleting_several_takes_all_or_none() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let body = json!({ "title": "x", "start": "2026-11-21T09:30:00" });
        let (own, foreign) = (ada.make(&body).await, bob.make(&body).await);
        let bulk = |ids: Vec<&str>| Call::post("/api/v1/schedules/bulk-delete", &json!({ "ids": ids }));
        ada.send(bulk(vec![own.text("/id"), foreign.text("/id")])).await.refused(404, "schedule.not_found");
        ada.send(bulk(Vec::new())).await.refused(422, "schedule.invalid");
        assert_eq!(ada.send(bulk(vec![own.text("/id")])).await.status, 204);
        house.close().await;
    })
    .await;
}

/// Every value here is JSON of the right shape, and makes no sense.
#[tokio::test]
async fn what_makes_no_sense_is_refused_at_its_field() {
    let database = Database::sqlite();
    let house = House::open(&database).await;
    let desk = Desk::of(&house, "ada").await;
    let long = "x".repeat(201);
    let table = [
        (json!({ "title": "" }), "/title"),
        (json!({ "title": "\u{200b}" }), "/title"),
        (json!({ "title": "a\u{0}b" }), "/title"),
        (json!({ "title": "a\r\nb" }), "/title"),
        (json!({ "title": long }), "/title"),
        (json!({ "description": "\u{0}" }), "/description"),
        (json!({ "kind": "No Kind" }), "/kind"),
        (json!({ "start": "0000-00-00" }), "/start"),
        (json!({ "start": "9999-12-31T00:00:00" }), "/start"),
        (json!({ "start": "2026-02-30T00:00:00" }), "/start"),
        (json!({ "start": "2026-11-21T23:59:60" }), "/start"),
        (json!({ "start": "tomorrow" }), "/start"),
        (json!({ "start": "2026-11-21" }), "/start"),
        (json!({ "start": "2040-11-21T00:00:00" }), "/start"),
        (json!({ "time_zone": "Mars/Olympus" }), "/time_zone"),
        (json!({ "end": "2026-11-21T09:29:59" }), "/end"),
        (json!({ "end": "2028-11-21T09:30:00" }), "/end"),
        (json!({ "duration": "-PT5M" }), "/duration"),
        (json!({ "duration": "P1M" }), "/duration"),
        (json!({ "duration": "PT5M", "end": "2026-11-21T10:00:00" }), "/duration"),
        (json!({ "reminders": [{}] }), "/reminders/0"),
        (json!({ "reminders": [{ "before": "PT5M", "at": "2026-11-21T00:00:00Z" }] }), "/reminders/0"),
        (json!({ "reminders": [{ "before": "PT5M" }, { "before": "PT300S" }] }), "/reminders/1"),
        (json!({ "reminders": [{ "before": "P400D" }] }), "/reminders/0/before"),
        (json!({ "reminders": [{ "before": "yes" }] }), "/reminders/0/before"),
        (json!({ "reminders": [{ "at": "2026-11-21T00:00:00" }] }), "/reminders/0/at"),
        (json!({ "colour": "red" }), "/colour"),
        (json!({ "busy": "yes" }), "/busy"),
    ];
    for (changes, pointer) in table {
        let refused = desk.try_make(&changes).await;
        assert_eq!(refused.status, 422, "{changes}: {}", refused.body);
        assert_eq!(refused.text("/errors/0/pointer"), pointer, "{changes}: {}", refused.body);
    }
    for (text, shown) in [("right \u{202e}to left", "right \u{202e}to left"), ("<script>&", "<script>&"), ("👩‍👩‍👧 가족", "👩‍👩‍👧 가족")]
    {
        assert_eq!(desk.try_make(&json!({ "title": text })).await.text("/title"), shown);
    }
}

#[tokio::test]
async fn a_malformed_id_is_malformed_and_a_foreign_one_is_not_there() {
    let database = Database::sqlite();
    let house = House::open(&database).await;
    let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
    for id in ["x", "sch_", "usr_01m7xrz76yemebzy6dkhv6sm26", "..%2f..%2fetc", "%252e", "18446744073709551616"] {
        assert_eq!(ada.get(&format!("/api/v1/schedules/{id}")).await.status, 400, "{id}");
    }
    let foreign = bob.make(&json!({ "title": "x", "start": "2026-11-21T09:30:00" })).await;
    let path = format!("/api/v1/schedules/{}", foreign.text("/id"));
    ada.get(&path).await.refused(404, "schedule.not_found");
    ada.get(&format!("{path}/reminders")).await.refused(404, "schedule.not_found");
    ada.send(Call::new("DELETE", &path)).await.refused(404, "schedule.not_found");
}
