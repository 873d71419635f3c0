//! Progress and statistics over HTTP, on both engines.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::house::{Call, House, Reply};

/// The house, and a person in it.
struct Desk<'a> {
    house: &'a House,
    token: String,
}

impl<'a> Desk<'a> {
    async fn of(house: &'a House, name: &str) -> Self {
        let token = house.sign_up(name).await.access_token().to_owned();
        let desk = Self { house, token };
        let profile = json!({ "time_zone": "Asia/Seoul", "daily_goal_seconds": 7_200 });
        let changed = desk.send(Call::new("PATCH", "/api/v1/users/me").json(&profile).header("if-match", "*")).await;
        assert_eq!((changed.status.as_u16(), &changed.body["daily_goal_seconds"]), (200, &json!(7_200)), "{}", changed.body);
        desk
    }

    async fn send(&self, call: Call) -> Reply {
        self.house.send(call.bearer(&self.token)).await
    }

    async fn make(&self, title: &str) -> String {
        let body = json!({ "title": title, "start": "2026-11-20T12:00:00" });
        let made = self.send(Call::post("/api/v1/schedules", &body)).await;
        assert_eq!(made.body["progress"], json!({ "state": "NOT_STARTED", "run": 0, "since": null, "worked_seconds": 0 }));
        format!("/api/v1/schedules/{}", made.text("/id"))
    }

    async fn act(&self, path: &str, action: &str) -> Reply {
        self.send(Call::new("POST", &format!("{path}/{action}"))).await
    }

    async fn statistics(&self, query: &str) -> Reply {
        self.send(Call::get(&format!("/api/v1/statistics?{query}"))).await
    }
}

#[tokio::test]
async fn work_is_started_suspended_completed_and_taken_back() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let path = desk.make("Write").await;
        // The world begins at 2026-11-20T00:30:00Z.
        let started = desk.act(&path, "start").await;
        assert_eq!((started.status.as_u16(), started.header("etag")), (200, Some("\"2\"")));
        let progress = json!({ "state": "IN_PROGRESS", "run": 1, "since": "2026-11-20T00:30:00Z", "worked_seconds": 0 });
        assert_eq!(started.body["progress"], progress);
        assert_eq!(desk.act(&path, "start").await.body, started.body, "again changes nothing");
        house.clock.advance(Duration::from_secs(90));
        let suspended = desk.send(Call::post(&format!("{path}/suspend"), &json!({ "at": "2026-11-20T00:31:00Z" }))).await;
        assert_eq!((suspended.text("/progress/state"), &suspended.body["progress"]["worked_seconds"]), ("SUSPENDED", &json!(60)));
        let refused = desk.send(Call::post(&format!("{path}/start"), &json!({ "at": "2026-11-20T00:30:59Z" }))).await;
        assert_eq!((refused.status.as_u16(), refused.text("/errors/0/pointer")), (422, "/at"), "{}", refused.body);
        let completed = desk.act(&path, "complete").await;
        assert_eq!(completed.text("/progress/state"), "COMPLETED");
        assert_eq!(desk.send(Call::get(&path)).await.body, completed.body);
        let illegal = desk.act(&path, "start").await;
        illegal.refused(409, "schedule.illegal_transition");
        assert_eq!((illegal.text("/state"), &illegal.body["allowed"]), ("COMPLETED", &json!(["cancel"])));
        let cancelled = desk.act(&path, "cancel").await;
        assert_eq!(
            (cancelled.text("/progress/state"), &cancelled.body["progress"]["worked_seconds"]),
            ("NOT_STARTED", &json!(0))
        );
        let ledger = async |query: &str| desk.send(Call::get(&format!("{path}/progress?{query}"))).await;
        let first = ledger("limit=2").await;
        let entry = json!({
            "seq": 2, "run": 1, "action": "suspend", "at": "2026-11-20T00:31:00Z", "recorded_at": "2026-11-20T00:31:30Z",
        });
        assert_eq!(first.body["items"][1], entry);
        let rest = ledger(&format!("limit=2&cursor={}", first.text("/next_cursor"))).await;
        assert_eq!((rest.text("/items/0/action"), rest.text("/items/1/action")), ("complete", "cancel"));
        assert_eq!(rest.body["next_cursor"], Value::Null);
        for body in [json!({ "at": "soon" }), json!({ "recurrence_id": "2026-11-20T12:00:00" }), json!({ "when": "now" })] {
            assert_eq!(desk.send(Call::post(&format!("{path}/start"), &body)).await.status, 422, "{body}");
        }
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_step_takes_no_body_and_null_alike() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        for body in [None, Some(Value::Null)] {
            let path = desk.make("Write").await;
            for (action, state) in
                [("start", "IN_PROGRESS"), ("suspend", "SUSPENDED"), ("complete", "COMPLETED"), ("cancel", "NOT_STARTED")]
            {
                let call = Call::new("POST", &format!("{path}/{action}"));
                let reply = desk.send(body.iter().fold(call, Call::json)).await;
                assert_eq!((reply.status.as_u16(), reply.text("/progress/state")), (200, state), "{action}: {}", reply.body);
            }
        }
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn one_thing_at_a_time_unless_the_other_may_be_suspended() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (desk, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let (one, two) = (desk.make("One").await, desk.make("Two").await);
        let first = desk.act(&one, "start").await;
        let refused = desk.act(&two, "start").await;
        refused.refused(409, "schedule.another_running");
        assert_eq!(refused.text("/running/schedule_id"), first.text("/id"));
        desk.send(Call::new("DELETE", &one)).await.refused(409, "schedule.running");
        bob.act(&one, "suspend").await.refused(404, "schedule.not_found");
        house.clock.advance(Duration::from_mins(1));
        let second = desk.send(Call::new("POST", &format!("{two}/start?auto_suspend=true"))).await;
        assert_eq!(second.text("/progress/state"), "IN_PROGRESS");
        let first = desk.send(Call::get(&one)).await;
        assert_eq!((first.text("/progress/state"), &first.body["progress"]["worked_seconds"]), ("SUSPENDED", &json!(60)));
        let key = Call::new("POST", &format!("{two}/cancel")).header("idempotency-key", "k");
        let cancelled = desk.send(key).await;
        desk.act(&two, "start").await;
        let replayed = desk.send(Call::new("POST", &format!("{two}/cancel")).header("idempotency-key", "k")).await;
        assert_eq!((replayed.header("idempotent-replayed"), &replayed.body), (Some("true"), &cancelled.body));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_list_shows_what_is_as_far_as_asked_page_by_page() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let mut paths = Vec::new();
        for title in ["a", "b", "c", "d", "e"] {
            paths.push(desk.make(title).await);
        }
        for index in [0, 2, 4] {
            desk.act(&paths[index], "complete").await;
        }
        desk.act(&paths[1], "start").await;
        let page = async |query: &str| desk.send(Call::get(&format!("/api/v1/schedules?{query}"))).await;
        let titles = |page: &Reply| {
            let items = page.body["items"].as_array().expect("items").iter();
            items.map(|item| item["title"].as_str().expect("a title").to_owned()).collect::<Vec<_>>()
        };
        let first = page("progress=COMPLETED&limit=2").await;
        assert_eq!(titles(&first).len(), 2);
        let second = page(&format!("progress=COMPLETED&limit=2&cursor={}", first.text("/next_cursor"))).await;
        let mut all = [titles(&first), titles(&second)].concat();
        all.sort();
        assert_eq!((all, &second.body["next_cursor"]), (vec!["a".into(), "c".into(), "e".into()], &Value::Null));
        assert_eq!(page("progress=COMPLETED&limit=3").await.body["next_cursor"], Value::Null, "an exact page is the last");
        assert_eq!(titles(&page("progress=IN_PROGRESS").await), ["b"]);
        assert_eq!(titles(&page("progress=NOT_STARTED").await), ["d"]);
        assert_eq!(titles(&page("progress=SUSPENDED").await), Vec::<String>::new());
        for query in ["progress=DONE", "progress=COMPLETED&state=deleted"] {
            page(query).await.refused(422, "query.invalid");
        }
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn statistics_say_what_was_worked_day_by_day_and_group_by_group() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let (one, two) = (desk.make("One").await, desk.make("Two").await);
        let kind = Call::new("PATCH", &two).json(&json!({ "kind": "deep-work" })).header("if-match", "*");
        assert_eq!(desk.send(kind).await.status, 200);
        desk.act(&one, "start").await;
        house.clock.advance(Duration::from_mins(3));
        desk.send(Call::new("POST", &format!("{two}/start?auto_suspend=true"))).await;
        house.clock.advance(Duration::from_mins(5));
        desk.act(&one, "complete").await;
        let week = desk.statistics("period=week").await;
        assert_eq!(week.status, 200, "{}", week.body);
        assert_eq!((week.text("/from"), week.text("/to"), week.text("/time_zone")), ("2026-11-16", "2026-11-23", "Asia/Seoul"));
        assert_eq!(
            week.body["groups"],
            json!([
                { "key": "deep-work", "name": "deep-work", "worked_seconds": 300, "completed": 0 },
                { "key": "event", "name": "event", "worked_seconds": 180, "completed": 1 },
            ])
        );
        assert_eq!(week.body["days"][4], json!({ "date": "2026-11-20", "worked_seconds": 480, "completed": 1 }));
        assert_eq!(week.body["goal"], json!({ "daily_seconds": 7_200, "seconds": 50_400, "attained_days": 0, "percent": 0 }));
        assert_eq!(week.body["previous"], json!({ "worked_seconds": 0, "completed": 0 }));
        let day = desk.statistics("period=day&date=2026-11-20&group_by=kind").await;
        assert_eq!((&day.body["worked_seconds"], &day.body["goal"]["percent"]), (&json!(480), &json!(6)));
        let before = desk.statistics("period=month&date=2026-10-31").await;
        assert_eq!((&before.body["worked_seconds"], before.body["days"].as_array().map(Vec::len)), (&json!(0), Some(31)));
        assert_eq!(before.body["groups"], Value::Array(Vec::new()));
        for query in ["", "period=year", "period=day&date=yesterday", "period=day&date=1969-12-31", "period=day&group_by=colour"]
        {
            desk.statistics(query).await.refused(422, "query.invalid");
        }
        house.close().await;
    })
    .await;
}
