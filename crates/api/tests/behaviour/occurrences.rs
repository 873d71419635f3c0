//! Progress of single occurrences of a series, over HTTP, on both engines.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    desk::{Desk, fire},
    house::{Call, House, Reply},
};

impl Desk<'_> {
    /// Tea each day at noon in Seoul; answers its path.
    async fn tea(&self) -> String {
        let body = json!({
            "title": "Tea", "start": "2026-11-20T12:00:00", "duration": "PT30M",
            "recurrence": { "rrule": "FREQ=DAILY" }, "reminders": [{ "before": "PT10M" }]
        });
        format!("/api/v1/schedules/{}", self.make(&body).await.text("/id"))
    }

    pub(crate) async fn step(&self, path: &str, action: &str, which: &str) -> Reply {
        self.send(Call::post(&format!("{path}/{action}"), &json!({ "recurrence_id": which }))).await
    }

    /// The starts of a list, page by page to its end.
    async fn whole(&self, query: &str) -> Vec<Vec<String>> {
        let (mut pages, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("/api/v1/schedules?{query}{cursor}")).await;
            assert_eq!(page.status, 200, "{}", page.body);
            let items = page.body["items"].as_array().expect("items").iter();
            pages.push(items.map(|item| item["start"].as_str().expect("a start").to_owned()).collect());
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return pages,
            }
        }
    }

    /// The start and the state of everything from the 20th to the 24th.
    async fn states(&self, query: &str) -> Vec<(String, String)> {
        let page = self.get(&format!("/api/v1/schedules?from=2026-11-20&to=2026-11-24{query}")).await;
        let items = page.body["items"].as_array().expect("items").iter();
        items
            .map(|item| {
                let text = |pointer: &str| item.pointer(pointer).and_then(Value::as_str).expect("a text").to_owned();
                (text("/recurrence_id"), text("/progress/state"))
            })
            .collect()
    }
}

fn states(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(which, state)| ((*which).to_owned(), (*state).to_owned())).collect()
}

#[tokio::test]
async fn each_occurrence_is_started_completed_and_taken_back_on_its_own() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let path = desk.tea().await;
        let started = desk.step(&path, "start", "2026-11-21T12:00:00").await;
        assert_eq!((started.status.as_u16(), started.header("etag")), (200, Some("\"2\"")), "{}", started.body);
        assert_eq!(
            (started.text("/recurrence_id"), started.text("/progress/state"), started.text("/start")),
            ("2026-11-21T12:00:00", "IN_PROGRESS", "2026-11-21T12:00:00")
        );
        assert_eq!(desk.step(&path, "start", "2026-11-21T12:00:00").await.body, started.body, "again changes nothing");
        let refused = desk.step(&path, "start", "2026-11-22T12:00:00").await;
        refused.refused(409, "schedule.another_running");
        assert_eq!(refused.text("/running/recurrence_id"), "2026-11-21T12:00:00");
        let one = format!("{path}?scope=this&recurrence_id=2026-11-21T12:00:00");
        desk.send(Call::new("DELETE", &one)).await.refused(409, "schedule.running");
        house.clock.advance(Duration::from_mins(4));
        let completed = desk.step(&path, "complete", "2026-11-21T12:00:00").await;
        assert_eq!(completed.body["progress"]["worked_seconds"], 240);
        let shown = desk.get(&format!("{path}?recurrence_id=2026-11-21T12:00:00")).await;
        assert_eq!(shown.body["progress"], completed.body["progress"]);
        assert_eq!(desk.get(&path).await.text("/progress/state"), "NOT_STARTED", "the whole has no progress of its own");
        let all = [("2026-11-20T12:00:00", "NOT_STARTED"), ("2026-11-21T12:00:00", "COMPLETED")];
        let rest = [("2026-11-22T12:00:00", "NOT_STARTED"), ("2026-11-23T12:00:00", "NOT_STARTED")];
        assert_eq!(desk.states("").await, states(&[all, rest].concat()));
        assert_eq!(desk.states("&progress=COMPLETED").await, states(&all[1..]));
        assert_eq!(desk.states("&progress=NOT_STARTED").await, states(&[&all[..1], &rest[..]].concat()));
        let ledger = desk.get(&format!("{path}/progress?recurrence_id=2026-11-21T12:00:00")).await;
        assert_eq!((ledger.text("/items/0/action"), ledger.text("/items/1/action")), ("start", "complete"));
        assert_eq!(desk.get(&format!("{path}/progress")).await.body["items"], json!([]));
        let day = desk.get("/api/v1/statistics?period=day").await;
        assert_eq!((&day.body["worked_seconds"], &day.body["completed"]), (&json!(240), &json!(1)));
        desk.step(&path, "cancel", "2026-11-21T12:00:00").await;
        assert_eq!(desk.states("&progress=COMPLETED").await, []);
        for (action, body) in [("start", json!({})), ("start", json!({ "recurrence_id": "noon" }))] {
            desk.send(Call::post(&format!("{path}/{action}"), &body)).await.refused(422, "schedule.invalid");
        }
        desk.step(&path, "start", "2026-11-21T13:00:00").await.refused(404, "schedule.not_an_occurrence");
        desk.get(&format!("{path}/progress?recurrence_id=noon")).await.refused(422, "schedule.invalid");
        let bob = Desk::of(&house, "bob").await;
        bob.step(&path, "start", "2026-11-21T12:00:00").await.refused(404, "schedule.not_found");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_rare_among_many_is_on_the_first_page_and_pages_are_full() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        // Without an end: whoever looks for what is suspended must not walk to the year 2200.
        let daily = json!({ "title": "Tea", "start": "2026-11-20T12:00:00", "recurrence": { "rrule": "FREQ=DAILY" } });
        let path = format!("/api/v1/schedules/{}", desk.make(&daily).await.text("/id"));
        for day in 10..50 {
            let once = json!({ "title": "Talk", "start": format!("2027-01-01T10:{day}:00") });
            let talk = format!("/api/v1/schedules/{}", desk.make(&once).await.text("/id"));
            assert_eq!(desk.send(Call::new("POST", &format!("{talk}/complete"))).await.status, 200);
        }
        for day in ["2026-11-21", "2027-01-01", "2029-06-01"] {
            desk.step(&path, "complete", &format!("{day}T12:00:00")).await;
        }
        for action in ["start", "suspend"] {
            desk.step(&path, action, "2035-02-03T12:00:00").await;
        }
        desk.step(&path, "start", "2031-02-03T12:00:00").await;

        assert_eq!(desk.whole("progress=SUSPENDED").await, [["2035-02-03T12:00:00"]]);
        assert_eq!(desk.whole("progress=IN_PROGRESS").await, [["2031-02-03T12:00:00"]]);
        let done = desk.whole("progress=COMPLETED&limit=10").await;
        assert_eq!(done.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 10, 10, 3]);
        assert_eq!(done.concat().iter().filter(|start| start.starts_with("2027-01-01T10")).count(), 40);
        assert!(done.concat().is_sorted());
        let early = desk.whole("progress=NOT_STARTED&from=2026-11-20&to=2026-11-25&limit=2").await;
        let noon = |day: &str| format!("2026-11-{day}T12:00:00");
        assert_eq!(early, [vec![noon("20"), noon("22")], vec![noon("23"), noon("24")]]);

        // Where it was moved is where it is found.
        let at = format!("{path}?scope=this&recurrence_id=2029-06-01T12:00:00");
        let change = Call::new("PATCH", &at).json(&json!({ "start": "2026-12-24T09:00:00" })).header("if-match", "*");
        assert_eq!(desk.send(change).await.status, 200);
        let december = desk.whole("progress=COMPLETED&from=2026-12-01&to=2027-01-01").await;
        assert_eq!(december, [["2026-12-24T09:00:00"]]);
        // One that is done and taken out is not listed any more.
        let out = format!("{path}?scope=this&recurrence_id=2026-11-21T12:00:00");
        assert_eq!(desk.send(Call::new("DELETE", &out)).await.status, 204);
        assert_eq!(desk.whole("progress=COMPLETED&to=2026-12-01").await, [Vec::<String>::new()]);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_list_of_what_is_done_goes_on_where_it_was_while_things_are_done() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let path = desk.tea().await;
        for day in ["20", "22"] {
            desk.step(&path, "complete", &format!("2026-11-{day}T12:00:00")).await;
        }
        let list = "/api/v1/schedules?progress=COMPLETED&limit=1";
        let first = desk.get(list).await;
        assert_eq!(first.text("/items/0/recurrence_id"), "2026-11-20T12:00:00");
        // What is done before the place is not seen, what is done behind it is.
        desk.step(&path, "cancel", "2026-11-20T12:00:00").await;
        desk.step(&path, "complete", "2026-11-21T12:00:00").await;
        let second = desk.get(&format!("{list}&cursor={}", first.text("/next_cursor"))).await;
        assert_eq!(second.text("/items/0/recurrence_id"), "2026-11-21T12:00:00");
        let third = desk.get(&format!("{list}&cursor={}", second.text("/next_cursor"))).await;
        assert_eq!(third.text("/items/0/recurrence_id"), "2026-11-22T12:00:00");
        assert_eq!(third.body["next_cursor"], Value::Null, "an exact page is the last");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_done_is_not_reminded_of_and_a_split_takes_it_along() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let mut desk = Desk::of(&house, "ada").await;
        let path = desk.tea().await;
        desk.step(&path, "complete", "2026-11-20T12:00:00").await;
        desk.step(&path, "complete", "2026-11-22T12:00:00").await;
        let reminders = desk.get(&format!("{path}/reminders")).await;
        assert_eq!((reminders.text("/items/0/state"), reminders.text("/items/0/reason")), ("CANCELLED", "completed"));
        assert_eq!((reminders.text("/items/1/occurrence"), reminders.text("/items/1/state")), ("2026-11-21T12:00:00", "PENDING"));
        assert_eq!(reminders.text("/upcoming/0/occurrence"), "2026-11-23T12:00:00");
        house.clock.advance(Duration::from_hours(24 + 3));
        fire(&house).await;
        desk.sign_in_again().await;
        assert_eq!(desk.get("/api/v1/notifications/unread").await.body["count"], 1);
        let split = desk
            .send(
                Call::new("PATCH", &format!("{path}?scope=following&recurrence_id=2026-11-22T12:00:00"))
                    .json(&json!({ "start": "2026-11-22T16:00:00" }))
                    .header("if-match", "*"),
            )
            .await;
        assert_eq!(split.status, 200, "{}", split.body);
        let expected = [
            ("2026-11-20T12:00:00", "COMPLETED"),
            ("2026-11-21T12:00:00", "NOT_STARTED"),
            ("2026-11-22T16:00:00", "COMPLETED"),
            ("2026-11-23T16:00:00", "NOT_STARTED"),
        ];
        assert_eq!(desk.states("").await, states(&expected));
        let rest = format!("/api/v1/schedules/{}", split.text("/id"));
        let ledger = desk.get(&format!("{rest}/progress?recurrence_id=2026-11-22T16:00:00")).await;
        assert_eq!(ledger.text("/items/0/action"), "complete");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn whole_days_are_named_by_their_date() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let body = json!({ "title": "Rest", "start": "2026-11-22", "all_day": true, "recurrence": { "rrule": "FREQ=WEEKLY" } });
        let path = format!("/api/v1/schedules/{}", desk.make(&body).await.text("/id"));
        let done = desk.step(&path, "complete", "2026-11-29").await;
        assert_eq!((done.text("/recurrence_id"), done.text("/progress/state")), ("2026-11-29", "COMPLETED"));
        let ledger = desk.get(&format!("{path}/progress?recurrence_id=2026-11-29")).await;
        assert_eq!(ledger.text("/items/0/action"), "complete");
        let hours = |all_day: bool| {
            let start = if all_day { "2026-11-22" } else { "2026-11-22T00:00:00" };
            json!({ "title": "Rest", "start": start, "all_day": all_day, "recurrence": { "rrule": "FREQ=DAILY;BYHOUR=0,3;COUNT=4" } })
        };
        let post = async |body: &Value| desk.send(Call::post("/api/v1/schedules", body)).await;
        post(&hours(true)).await.refused(422, "schedule.rrule_contradictory");
        let timed = post(&hours(false)).await;
        let to_days = json!({ "start": "2026-11-22", "all_day": true });
        let change = Call::new("PATCH", &format!("/api/v1/schedules/{}?scope=all", timed.text("/id")));
        desk.send(change.json(&to_days).header("if-match", "*")).await.refused(422, "schedule.rrule_contradictory");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_series_of_which_nothing_is_left_is_not_made() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let nothing = json!({ "rrule": "FREQ=DAILY;COUNT=1", "exdates": ["2026-11-22T09:00:00"] });
        let body = json!({ "title": "Ghost", "start": "2026-11-22T09:00:00", "recurrence": nothing });
        desk.send(Call::post("/api/v1/schedules", &body)).await.refused(422, "schedule.recurrence_never_occurs");
        let path = desk.tea().await;
        let change = json!({ "recurrence": { "rrule": "FREQ=DAILY;COUNT=1", "exdates": ["2026-11-20T12:00:00"] } });
        let change = Call::new("PATCH", &format!("{path}?scope=all")).json(&change).header("if-match", "*");
        desk.send(change).await.refused(422, "schedule.recurrence_never_occurs");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_occurrence_may_be_reminded_of_in_its_own_way() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let path = desk.tea().await;
        let which = "recurrence_id=2026-11-20T12:00:00";
        let own = json!({ "reminders": [{ "before": "PT1H" }, { "before": "PT5M", "critical": true }] });
        let change = async |body: &Value| {
            desk.send(Call::new("PATCH", &format!("{path}?scope=this&{which}")).json(body).header("if-match", "*")).await
        };
        let changed = change(&own).await;
        assert_eq!((changed.status.as_u16(), &changed.body["overridden"]), (200, &json!(true)), "{}", changed.body);
        assert_eq!((changed.text("/reminders/0/before"), &changed.body["reminders"][1]["critical"]), ("PT1H", &json!(true)));
        assert_eq!(desk.get(&format!("{path}?{which}")).await.body["reminders"], changed.body["reminders"]);
        assert_eq!(desk.get(&path).await.text("/reminders/0/before"), "PT10M");
        let alarms = desk.get(&format!("{path}/reminders")).await;
        let waits: Vec<_> = alarms.body["items"].as_array().expect("items").iter().filter(|a| a["state"] == "PENDING").collect();
        let dues: Vec<_> = waits.iter().filter_map(|alarm| alarm["due_at"].as_str()).collect();
        assert_eq!(dues, ["2026-11-20T02:00:00Z", "2026-11-20T02:55:00Z", "2026-11-21T02:50:00Z"]);
        let again = change(&json!({ "reminders": [{ "before": "PT10M" }] })).await;
        assert_eq!(again.body["overridden"], false, "like the rest again");
        assert_eq!(change(&json!({ "late": { "policy": "ring" } })).await.status, 422);
        assert_eq!(change(&json!({ "reminders": [{ "before": "PT10M" }, { "before": "PT10M" }] })).await.status, 422);
        house.close().await;
    })
    .await;
}
