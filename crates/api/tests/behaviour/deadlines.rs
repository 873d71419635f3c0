//! What rings for the deadline of a task, over HTTP, on both engines.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    desk::fire,
    house::House,
    tasks::{Planner, id},
};

/// State and reason of every alarm of a task, by due time.
async fn alarms(ada: &Planner<'_>, task: &str) -> Vec<(String, Value)> {
    let list = ada.get(&format!("{task}/reminders")).await;
    let items = list.body["items"].as_array().unwrap_or_else(|| panic!("no items: {}", list.body));
    items.iter().map(|alarm| (alarm["state"].as_str().expect("a state").to_owned(), alarm["reason"].clone())).collect()
}

fn states(alarms: &[(String, Value)]) -> Vec<&str> {
    alarms.iter().map(|(state, _)| state.as_str()).collect()
}

#[tokio::test]
async fn a_deadline_rings_before_it_and_at_it_and_says_of_which_task() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let mut ada = Planner::of(&house, "ada").await;
        let task = ada.task(json!({ "title": "Report", "deadline": "2026-11-20T10:30:00" })).await;
        let planned = ada.get(&format!("{task}/reminders")).await;
        assert_eq!(
            (planned.text("/items/0/due_at"), planned.text("/items/1/due_at")),
            ("2026-11-20T01:00:00Z", "2026-11-20T01:30:00Z")
        );
        assert_eq!((planned.text("/items/0/task_id"), &planned.body["items"][0]["schedule_id"]), (id(&task), &Value::Null));
        ada.pass(Duration::from_mins(30)).await;
        assert_eq!(fire(&house).await, 1);
        let inbox = ada.get("/api/v1/notifications").await;
        assert_eq!((inbox.text("/items/0/type"), inbox.text("/items/0/title")), ("task.deadline", "Due soon: Report"));
        assert_eq!(inbox.text("/items/0/body"), "Due 2026-11-20 at 10:30 (Asia/Seoul)");
        let data = &inbox.body["items"][0]["data"];
        assert_eq!((&data["task_id"], &data["deadline"]), (&json!(id(&task)), &json!("2026-11-20T10:30:00")));
        assert_eq!((&data["deadline_at"], data.get("schedule_id")), (&json!("2026-11-20T01:30:00Z"), None));
        // It is snoozed like any other, and dismissed.
        let rang = data["reminder_id"].as_str().expect("an id").to_owned();
        let snoozed = ada.post(&format!("/api/v1/reminders/{rang}/snooze"), &json!({ "for": "PT10M" })).await;
        assert_eq!((snoozed.status.as_u16(), snoozed.text("/task_id")), (200, id(&task)), "{}", snoozed.body);
        let dismissed = ada.act(&format!("/api/v1/reminders/{}/dismiss", snoozed.text("/id"))).await;
        assert_eq!(dismissed.text("/state"), "CANCELLED");
        ada.pass(Duration::from_mins(30)).await;
        assert_eq!(fire(&house).await, 1);
        let inbox = ada.get("/api/v1/notifications").await;
        assert_eq!((inbox.text("/items/0/type"), inbox.text("/items/0/title")), ("task.overdue", "Overdue: Report"));
        assert_eq!(ada.get(&task).await.body["overdue"], true);
        let listed = ada.get("/api/v1/reminders?from=2026-11-20&to=2026-11-21").await;
        assert_eq!(listed.body["items"].as_array().map(Vec::len), Some(3));
        // It is in no list of schedules, and no schedule of its own.
        assert_eq!(ada.get("/api/v1/schedules?from=2026-11-01&to=2026-12-31").await.body["items"], json!([]));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_done_or_put_away_is_silent_and_rings_again_when_it_is_not() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let mut ada = Planner::of(&house, "ada").await;
        let body = json!({ "title": "Report", "deadline": "2026-11-21", "reminders": [{ "before": "PT2H", "relative_to": "deadline" }] });
        let task = ada.task(body).await;
        for (away, back, reason) in [("complete", "reopen", "completed"), ("archive", "unarchive", "archived")] {
            ada.act(&format!("{task}/{away}")).await;
            let silent = alarms(&ada, &task).await;
            assert!(silent.iter().all(|(state, _)| state != "PENDING"), "{silent:?}");
            assert!(silent.iter().filter(|(_, why)| why == reason).count() == 2, "{silent:?}");
            ada.act(&format!("{task}/{back}")).await;
            assert_eq!(states(&alarms(&ada, &task).await).iter().filter(|state| **state == "PENDING").count(), 2);
        }
        ada.pass(Duration::from_hours(36)).await;
        ada.act(&format!("{task}/complete")).await;
        ada.pass(Duration::from_hours(2)).await;
        assert_eq!(fire(&house).await, 0, "nothing rings for what is done");
        ada.act(&format!("{task}/reopen")).await;
        assert_eq!(fire(&house).await, 0, "what was due in the meantime stays silent");
        ada.pass(Duration::from_hours(2)).await;
        assert_eq!(fire(&house).await, 1, "at the deadline it is open");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_deadline_that_moves_takes_its_alarms_along_and_one_that_goes_ends_them() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let mut ada = Planner::of(&house, "ada").await;
        let task = ada.task(json!({ "title": "Report", "deadline": "2026-11-21", "remind_overdue": false })).await;
        assert_eq!(states(&alarms(&ada, &task).await), ["PENDING"]);
        ada.patch(&task, &json!({ "title": "Long report" })).await;
        assert_eq!(states(&alarms(&ada, &task).await), ["PENDING"], "a title moves nothing");
        ada.patch(&task, &json!({ "deadline": "2026-11-20T09:40:00" })).await;
        let moved = alarms(&ada, &task).await;
        assert_eq!(moved, [("PENDING".into(), json!("late_created")), ("SUPERSEDED".into(), json!("rescheduled"))]);
        assert_eq!(fire(&house).await, 1, "its lead is over, so it rings at once");
        assert_eq!(ada.get("/api/v1/notifications").await.text("/items/0/title"), "Due soon: Long report");
        ada.patch(&task, &json!({ "deadline": "2026-11-25", "remind_overdue": true })).await;
        assert_eq!(alarms(&ada, &task).await.iter().filter(|(state, _)| state == "PENDING").count(), 2);
        ada.patch(&task, &json!({ "deadline": null })).await;
        let ended = alarms(&ada, &task).await;
        assert_eq!(ended.iter().filter(|(_, why)| why == "reminders_changed").count(), 2, "{ended:?}");
        ada.patch(&task, &json!({ "deadline": "2026-11-26" })).await;
        assert_eq!(alarms(&ada, &task).await.iter().filter(|(state, _)| state == "PENDING").count(), 2);
        ada.delete(&task).await;
        ada.pass(Duration::from_hours(300)).await;
        assert_eq!(fire(&house).await, 0);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn quiet_hours_hold_the_alarm_at_midnight_until_they_are_over() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let mut ada = Planner::of(&house, "ada").await;
        let quiet = json!({ "quiet_hours": { "start": "22:00", "end": "07:00" } });
        assert_eq!(ada.patch("/api/v1/users/me", &quiet).await.status, 200);
        ada.task(json!({ "title": "Report", "deadline": "2026-11-20", "reminders": [] })).await;
        // From 09:30 to midnight in Seoul, and on to 07:00.
        ada.pass(Duration::from_mins(14 * 60 + 30)).await;
        fire(&house).await;
        assert_eq!(ada.get("/api/v1/notifications").await.body["items"], json!([]));
        ada.pass(Duration::from_hours(7)).await;
        assert_eq!(fire(&house).await, 1, "it is not over, because the task is open");
        assert_eq!(ada.get("/api/v1/notifications").await.text("/items/0/type"), "task.overdue");
        house.close().await;
    })
    .await;
}
