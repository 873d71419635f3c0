//! Sessions of tasks and splitting, over HTTP, on both engines.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    house::House,
    tasks::{Planner, id, titles},
};

/// Plans work on a task; answers the path of the schedule.
async fn plan(ada: &Planner<'_>, task: &str, start: &str) -> String {
    let made = ada.post(&format!("{task}/schedules"), &json!({ "start": start, "duration": "PT30M" })).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.text("/task_id"), id(task));
    format!("/api/v1/schedules/{}", made.text("/id"))
}

#[tokio::test]
async fn work_is_planned_with_what_the_task_says_and_listed_with_it() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, eve) = (Planner::of(&house, "ada").await, Planner::of(&house, "eve").await);
        let task = ada.task(json!({ "title": "Report", "description": "all of it", "estimate": "PT2H" })).await;
        let path = format!("{task}/schedules");
        let made = ada.post(&path, &json!({ "start": "2026-11-21T14:00:00" })).await;
        assert_eq!((made.text("/title"), made.text("/description")), ("Report", "all of it"), "{}", made.body);
        assert_eq!((made.text("/end"), made.text("/kind")), ("2026-11-21T16:00:00", "task"));
        let own = ada.post(&path, &json!({ "title": "Draft", "start": "2026-11-21T09:00:00", "duration": "PT30M" })).await;
        assert_eq!((own.text("/title"), own.text("/end")), ("Draft", "2026-11-21T09:30:00"));
        assert_eq!(titles(&ada.get(&path).await), ["Draft", "Report"]);
        let first = ada.get(&format!("{path}?limit=1")).await;
        let second = ada.get(&format!("{path}?limit=1&cursor={}", first.text("/next_cursor"))).await;
        assert_eq!((titles(&second), &second.body["next_cursor"]), (vec!["Report".into()], &Value::Null));
        let taken = ada.post(&path, &json!({ "start": "2026-11-21T15:00:00" })).await;
        taken.refused(409, "schedule.conflict");
        let repeats = json!({ "recurrence": { "rrule": "FREQ=DAILY" } });
        ada.patch(&format!("/api/v1/schedules/{}", made.text("/id")), &repeats).await.refused(422, "schedule.invalid");
        eve.get(&path).await.refused(404, "task.not_found");
        eve.post(&path, &json!({ "start": "2026-11-21T14:00:00" })).await.refused(404, "task.not_found");
        ada.act(&format!("{task}/archive")).await;
        ada.post(&path, &json!({ "start": "2026-11-22T14:00:00" })).await.refused(409, "task.closed");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_session_of_a_blocked_task_is_not_started_unless_forced() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let first = ada.task(json!({ "title": "First" })).await;
        let task = ada.after("Then", &[&first]).await;
        let session = plan(&ada, &task, "2026-11-20T10:00:00").await;
        let refused = ada.act(&format!("{session}/start")).await;
        refused.refused(409, "task.blocked");
        assert_eq!(refused.body["blocked_by"], json!([id(&first)]));
        let forced = ada.act(&format!("{session}/start?force=true")).await;
        assert_eq!(forced.text("/progress/state"), "IN_PROGRESS", "{}", forced.body);
        // It was begun by force; being blocked, the task is not completed along with it.
        ada.act(&format!("{session}/complete?complete_task=true")).await.refused(409, "task.blocked");
        ada.act(&format!("{session}/complete")).await;
        assert_eq!(ada.get(&task).await.text("/state"), "OPEN");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn completing_the_last_open_session_completes_the_task_and_taking_it_back_reopens_it() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let mut ada = Planner::of(&house, "ada").await;
        let task = ada.task(json!({ "title": "Report", "deadline": "2026-11-25" })).await;
        let (one, two) = (plan(&ada, &task, "2026-11-20T10:00:00").await, plan(&ada, &task, "2026-11-20T11:00:00").await);
        ada.act(&format!("{one}/complete")).await;
        assert_eq!(ada.get(&task).await.text("/state"), "OPEN", "another session is open");
        ada.act(&format!("{two}/complete?complete_task=false")).await;
        assert_eq!(ada.get(&task).await.text("/state"), "OPEN", "it was not wanted");
        ada.act(&format!("{two}/cancel")).await;
        ada.act(&format!("{two}/start")).await;
        ada.pass(Duration::from_mins(10)).await;
        ada.act(&format!("{two}/complete")).await;
        let done = ada.get(&task).await;
        assert_eq!((done.text("/state"), done.text("/completed_at")), ("COMPLETED", "2026-11-20T00:40:00Z"));
        let alarms = ada.get(&format!("{task}/reminders")).await;
        assert_eq!((alarms.text("/items/0/state"), alarms.text("/items/0/reason")), ("CANCELLED", "completed"));
        ada.act(&format!("{one}/cancel")).await;
        assert_eq!(ada.get(&task).await.text("/state"), "COMPLETED", "another session completed it");
        ada.act(&format!("{two}/cancel")).await;
        assert_eq!(ada.get(&task).await.text("/state"), "OPEN");
        ada.act(&format!("{task}/complete?force=true")).await;
        // What had not begun, and was over, stayed; working on it reopens the task.
        ada.pass(Duration::from_hours(3)).await;
        ada.act(&format!("{task}/reopen")).await;
        ada.act(&format!("{task}/complete")).await;
        ada.act(&format!("{one}/start")).await;
        assert_eq!(ada.get(&task).await.text("/state"), "OPEN");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn completing_a_task_ends_what_was_begun_drops_what_was_not_and_reopening_brings_it_back() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let mut ada = Planner::of(&house, "ada").await;
        let task = ada.task(json!({ "title": "Report" })).await;
        let (running, ahead) = (plan(&ada, &task, "2026-11-20T09:30:00").await, plan(&ada, &task, "2026-11-21T09:30:00").await);
        let other = plan(&ada, &ada.task(json!({ "title": "Other" })).await, "2026-11-22T09:30:00").await;
        ada.act(&format!("{running}/start")).await;
        ada.pass(Duration::from_mins(5)).await;
        ada.act(&format!("{task}/complete")).await;
        let ended = ada.get(&running).await;
        let (state, worked) = (&ended.body["progress"]["state"], &ended.body["progress"]["worked_seconds"]);
        assert_eq!((state, worked), (&json!("COMPLETED"), &json!(300)), "its work counts");
        ada.get(&ahead).await.refused(404, "schedule.not_found");
        assert_eq!(ada.get(&other).await.status, 200);
        assert_eq!(titles(&ada.get("/api/v1/schedules?state=deleted").await), ["Report"]);
        ada.pass(Duration::from_mins(5)).await;
        ada.act(&format!("{task}/reopen")).await;
        assert_eq!(ada.get(&ahead).await.text("/progress/state"), "NOT_STARTED");
        let alarms = ada.get(&format!("{ahead}/reminders")).await;
        let states: Vec<_> = alarms.body["items"].as_array().expect("items").iter().map(|alarm| alarm["state"].clone()).collect();
        assert_eq!(states, [json!("CANCELLED"), json!("PENDING")], "armed again");
        assert_eq!(ada.get(&running).await.text("/progress/state"), "COMPLETED", "work that was done stays done");
        assert_eq!(ada.get("/api/v1/schedules?state=deleted").await.body["items"], json!([]));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_put_away_leaves_the_calendar_and_comes_back_with_its_reminders() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let task = ada.task(json!({ "title": "Report" })).await;
        let (begun, ahead) = (plan(&ada, &task, "2026-11-20T10:00:00").await, plan(&ada, &task, "2026-11-21T10:00:00").await);
        ada.act(&format!("{begun}/start")).await;
        ada.act(&format!("{task}/archive")).await;
        assert_eq!(ada.get(&begun).await.text("/progress/state"), "IN_PROGRESS", "nobody is interrupted");
        ada.get(&ahead).await.refused(404, "schedule.not_found");
        let rings = async || {
            ada.get(&format!("{ahead}/reminders")).await.body["items"]
                .as_array()
                .map_or(0, |items| items.iter().filter(|alarm| alarm["state"] == "PENDING").count())
        };
        assert_eq!(rings().await, 0);
        let other = json!({ "title": "Lunch", "start": "2026-11-21T10:00:00", "duration": "PT30M" });
        let lunch = ada.post("/api/v1/schedules", &other).await;
        assert_eq!(lunch.status, 201, "its time is free: {}", lunch.body);
        ada.act(&format!("{task}/unarchive")).await;
        assert_eq!(ada.get(&ahead).await.text("/start"), "2026-11-21T10:00:00", "as it was, whatever was planned since");
        assert_eq!(rings().await, 1);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_completed_session_completes_its_task_when_that_is_asked_for_later() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let task = ada.task(json!({ "title": "Report" })).await;
        let (one, _) = (plan(&ada, &task, "2026-11-20T10:00:00").await, plan(&ada, &task, "2026-11-20T11:00:00").await);
        ada.act(&format!("{one}/complete")).await;
        ada.act(&format!("{one}/complete")).await;
        assert_eq!(ada.get(&task).await.text("/state"), "OPEN", "another session is open");
        ada.act(&format!("{one}/complete?complete_task=true")).await;
        let done = ada.get(&task).await;
        assert_eq!(done.text("/state"), "COMPLETED");
        ada.act(&format!("{one}/complete?complete_task=true")).await;
        assert_eq!(ada.get(&task).await.body["version"], done.body["version"], "again changes nothing");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_task_has_two_hundred_sessions_at_most_and_those_in_the_trash_take_no_room() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let task = ada.task(json!({ "title": "Report" })).await;
        let session =
            |n: usize| json!({ "start": format!("2027-{:02}-{:02}T10:00:00", n / 28 + 1, n % 28 + 1), "duration": "PT30M" });
        let mut last = String::new();
        for n in 0..200 {
            let made = ada.post(&format!("{task}/schedules"), &session(n)).await;
            assert_eq!(made.status, 201, "{}", made.body);
            last = made.text("/id").to_owned();
        }
        ada.post(&format!("{task}/schedules"), &session(200)).await.refused(409, "task.too_many");
        assert_eq!(ada.delete(&format!("/api/v1/schedules/{last}")).await.status, 204);
        assert_eq!(ada.post(&format!("{task}/schedules"), &session(200)).await.status, 201);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_task_that_is_deleted_leaves_its_sessions_or_takes_them_along() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let (kept, gone) = (ada.task(json!({ "title": "Kept" })).await, ada.task(json!({ "title": "Gone" })).await);
        let (stays, goes) = (plan(&ada, &kept, "2026-11-20T10:00:00").await, plan(&ada, &gone, "2026-11-20T11:00:00").await);
        assert_eq!(ada.delete(&kept).await.status, 204);
        let free = ada.get(&stays).await;
        assert_eq!((&free.body["task_id"], free.header("etag")), (&Value::Null, Some("\"2\"")));
        ada.act(&format!("{goes}/start")).await;
        ada.delete(&format!("{gone}?sessions=delete")).await.refused(409, "schedule.running");
        assert_eq!(ada.get(&gone).await.status, 200, "all or nothing");
        ada.act(&format!("{goes}/cancel")).await;
        assert_eq!(ada.delete(&format!("{gone}?sessions=delete")).await.status, 204);
        ada.get(&goes).await.refused(404, "schedule.not_found");
        let back = ada.act(&format!("{goes}/restore")).await;
        assert_eq!((back.status.as_u16(), &back.body["task_id"]), (200, &Value::Null));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_task_is_split_into_parts_that_come_one_after_the_other() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let first = ada.task(json!({ "title": "First" })).await;
        let body = json!({ "title": "Thesis", "deadline": "2026-11-30", "estimate": "PT4H", "importance": 8, "depends_on": [id(&first)] });
        let whole = ada.task(body).await;
        let path = format!("{whole}/split");
        let equal = json!({ "template": "equal", "count": 2 });
        let shown = ada.post(&format!("{path}?dry_run=true"), &equal).await;
        assert_eq!((shown.status.as_u16(), &shown.body["dry_run"]), (200, &json!(true)), "{}", shown.body);
        assert_eq!((shown.text("/parts/0/title"), shown.text("/parts/0/estimate")), ("Thesis (1/2)", "PT2H"));
        assert_eq!((shown.text("/parts/0/deadline"), shown.text("/parts/1/deadline")), ("2026-11-25", "2026-11-30"));
        let subtasks = format!("parent={}", id(&whole));
        assert_eq!(ada.titles(&subtasks).await, [""; 0], "nothing was made");
        let made = ada.post(&path, &equal).await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert_eq!(ada.titles(&subtasks).await, ["Thesis (1/2)", "Thesis (2/2)"]);
        let one = ada.get(&format!("/api/v1/tasks/{}", made.text("/parts/0/id"))).await;
        let two = ada.get(&format!("/api/v1/tasks/{}", made.text("/parts/1/id"))).await;
        assert_eq!((&one.body["depends_on"], &one.body["importance"]), (&json!([id(&first)]), &json!(8)));
        assert_eq!((&two.body["depends_on"], two.text("/parent_id")), (&json!([made.text("/parts/0/id")]), id(&whole)));
        assert_eq!(two.body["remind_overdue"], true);
        for body in [json!({}), json!({ "template": "equal" }), json!({ "template": "equal", "count": 1 }), json!({ "parts": [] })] {
            ada.post(&path, &body).await.refused(422, "task.invalid");
        }
        ada.act(&format!("{first}/complete")).await;
        ada.act(&format!("{whole}/complete?force=true")).await;
        ada.post(&path, &equal).await.refused(409, "task.closed");
        house.close().await;
    })
    .await;
}
