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

/// What a page of suggestions proposes: title and start.
fn proposed(reply: &Reply) -> Vec<(String, String)> {
    assert_eq!(reply.status, 200, "{}", reply.body);
    let text = |it: &Value, name: &str| it[name].as_str().unwrap_or_default().to_owned();
    let proposals = reply.body["proposals"].as_array().expect("proposals").iter();
    proposals.map(|it| (text(it, "title"), text(it, "start"))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(title, start)| ((*title).to_owned(), (*start).to_owned())).collect()
}

#[tokio::test]
async fn a_week_is_planned_from_ready_tasks_previewed_and_committed() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let suggest = async |body: Value| desk.send(Call::post("/api/v1/suggestions", &body)).await;
        let task = async |body: Value| {
            let made = desk.send(Call::post("/api/v1/tasks", &body)).await;
            assert_eq!(made.status, 201, "{}", made.body);
            made.text("/id").to_owned()
        };
        desk.make(&json!({ "title": "Stand-up", "start": "2026-11-23T08:00:00", "duration": "PT1H" })).await;
        let slides = task(json!({ "title": "Slides", "estimate": "PT1H", "importance": 9 })).await;
        let report = task(json!({ "title": "Report", "estimate": "PT2H", "deadline": "2026-11-24" })).await;
        let speech = task(json!({ "title": "Talk", "estimate": "PT1H", "depends_on": [slides] })).await;
        let week = json!({ "from": "2026-11-23", "to": "2026-11-28" });
        let preview = suggest(week.clone()).await;
        let at = ["2026-11-22T22:00:00Z", "2026-11-23T00:00:00Z", "2026-11-23T01:00:00Z", "2026-11-23T02:00:00Z"];
        assert_eq!(proposed(&preview), pairs(&[("Report", at[0]), ("Report", at[1]), ("Slides", at[2])]));
        assert_eq!(preview.text("/proposals/0/reasons/0/code"), "before_deadline");
        assert_eq!(preview.body, suggest(week.clone()).await.body, "the same answer for the same state");
        let all = json!({ "task_ids": [speech, report, slides], "from": "2026-11-23", "to": "2026-11-28", "commit": true });
        let made = suggest(all.clone()).await;
        assert_eq!(proposed(&made), pairs(&[("Report", at[0]), ("Report", at[1]), ("Slides", at[2]), ("Talk", at[3])]));
        let path = format!("/api/v1/schedules/{}", made.text("/proposals/3/schedule_id"));
        assert_eq!(desk.get(&path).await.text("/title"), "Talk");
        // What is planned is not planned again, and its time is taken.
        let again = suggest(all).await;
        assert_eq!((proposed(&again), again.text("/unplaced/0/reason/code")), (vec![], "planned"));
        desk.send(Call::post("/api/v1/schedules", &json!({ "title": "x", "start": at[3], "duration": "PT1H" })))
            .await
            .refused(409, "schedule.conflict");
        // What waits for what is planned already comes behind that; what waits for something unplanned has no place.
        let questions = task(json!({ "title": "Questions", "depends_on": [speech], "estimate": "PT30M" })).await;
        let alone = suggest(json!({ "task_ids": [questions] })).await;
        assert_eq!(proposed(&alone), pairs(&[("Questions", "2026-11-23T03:00:00Z")]));
        assert_eq!(alone.text("/proposals/0/reasons/0/code"), "after_predecessors");
        let party = task(json!({ "title": "Party", "depends_on": [questions] })).await;
        assert_eq!(suggest(json!({ "task_ids": [party] })).await.text("/unplaced/0/reason/code"), "blocked");
        suggest(json!({ "task_ids": ["tsk_00000000000000000000000000"] })).await.refused(404, "task.not_found");
        let bob = Desk::of(&house, "bob").await;
        let foreign = bob.send(Call::post("/api/v1/suggestions", &json!({ "task_ids": [slides] }))).await;
        foreign.refused(404, "task.not_found");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_session_that_is_suggested_is_one_like_those_planned_by_hand() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let body = json!({ "title": "Report", "description": "all of it", "estimate": "PT1H", "tags": ["paper"] });
        let task = desk.send(Call::post("/api/v1/tasks", &body)).await.text("/id").to_owned();
        let ask = json!({ "task_ids": [task], "from": "2026-11-23", "commit": true });
        let made = desk.send(Call::post("/api/v1/suggestions", &ask)).await;
        let suggested = desk.get(&format!("/api/v1/schedules/{}", made.text("/proposals/0/schedule_id"))).await;
        let plan = json!({ "start": "2026-11-25T09:00:00" });
        let by_hand = desk.send(Call::post(&format!("/api/v1/tasks/{task}/schedules"), &plan)).await;
        assert_eq!((by_hand.status.as_u16(), by_hand.text("/kind")), (201, "task"), "{}", by_hand.body);
        for member in ["kind", "title", "description", "location", "category_id", "tags", "busy", "task_id", "time_zone"] {
            assert_eq!(suggested.body[member], by_hand.body[member], "{member}");
        }
        // Work on both is of one kind.
        for reply in [&suggested, &by_hand] {
            let path = format!("/api/v1/schedules/{}", reply.text("/id"));
            assert_eq!(desk.send(Call::new("POST", &format!("{path}/start"))).await.status, 200);
            house.clock.advance(std::time::Duration::from_mins(1));
            assert_eq!(desk.send(Call::new("POST", &format!("{path}/suspend"))).await.status, 200);
        }
        let kinds = desk.get("/api/v1/statistics?period=day&group_by=kind").await;
        assert_eq!((kinds.text("/groups/0/key"), &kinds.body["groups"][1]), ("task", &Value::Null), "{}", kinds.body);
        let odd = json!({ "start": "2026-11-26T09:00:00", "kind": "" });
        desk.send(Call::post(&format!("/api/v1/tasks/{task}/schedules"), &odd)).await.refused(422, "schedule.invalid");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_split_is_not_planned_twice() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let task = async |body: Value| {
            let made = desk.send(Call::post("/api/v1/tasks", &body)).await;
            assert_eq!(made.status, 201, "{}", made.body);
            made.text("/id").to_owned()
        };
        let suggest = async |body: Value| {
            let plan = desk.send(Call::post("/api/v1/suggestions", &body)).await;
            let titles: Vec<String> = proposed(&plan).into_iter().map(|(title, _)| title).collect();
            (titles, plan)
        };
        let whole = task(json!({ "title": "Book", "estimate": "PT3H" })).await;
        let split = json!({ "template": "equal", "count": 3 });
        assert_eq!(desk.send(Call::post(&format!("/api/v1/tasks/{whole}/split"), &split)).await.status, 201);
        // Of three hours one is ready, and the whole has nothing of its own.
        let (week, plan) = suggest(json!({})).await;
        assert_eq!((week.len(), &plan.body["unplaced"]), (1, &json!([])), "{}", plan.body);
        let (none, plan) = suggest(json!({ "task_ids": [whole] })).await;
        assert_eq!((none.len(), plan.text("/unplaced/0/reason/code")), (0, "in_parts"));
        let parts = desk.get(&format!("/api/v1/tasks?parent={whole}")).await;
        let parts = parts.body["items"].as_array().expect("items").iter();
        let parts: Vec<String> = parts.map(|it| it["id"].as_str().expect("an id").to_owned()).collect();
        let all = [parts.as_slice(), std::slice::from_ref(&whole)].concat();
        let (three, plan) = suggest(json!({ "task_ids": all })).await;
        assert_eq!((three.len(), plan.text("/unplaced/0/task_id")), (3, whole.as_str()), "three hours, not six");
        // What waits for the whole comes after what it is made of, planned or not.
        let feast = task(json!({ "title": "Feast", "depends_on": [whole], "estimate": "PT1H" })).await;
        let (_, plan) = suggest(json!({ "task_ids": [feast] })).await;
        assert_eq!(plan.text("/unplaced/0/reason/code"), "blocked");
        suggest(json!({ "task_ids": parts, "commit": true })).await;
        let (after, plan) = suggest(json!({ "task_ids": [feast] })).await;
        assert_eq!((after, plan.text("/proposals/0/reasons/0/code")), (vec!["Feast".to_owned()], "after_predecessors"));
        // Nor when all of it is done but to be ticked off.
        for part in &parts {
            let path = format!("/api/v1/tasks/{part}/complete?force=true");
            assert_eq!(desk.send(Call::new("POST", &path)).await.status, 200);
        }
        let (none, plan) = suggest(json!({})).await;
        assert_eq!((none.len(), plan.text("/unplaced/0/reason/code")), (0, "in_parts"), "{}", plan.body);
        assert_eq!(plan.text("/unplaced/0/task_id"), whole);
        // What a part leaves comes after it.
        let home = task(json!({ "title": "House", "estimate": "PT2H" })).await;
        let roof = task(json!({ "title": "Roof", "estimate": "PT1H", "parent_id": home })).await;
        let (both, plan) = suggest(json!({ "task_ids": [home, roof] })).await;
        assert_eq!(both, ["Roof", "House"]);
        assert_eq!(plan.text("/proposals/1/reasons/0/code"), "after_predecessors");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn subtasks_are_planned_by_the_deadline_of_their_whole_and_then_what_they_left_of_it() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let task = async |body: Value| {
            let made = desk.send(Call::post("/api/v1/tasks", &body)).await;
            assert_eq!(made.status, 201, "{}", made.body);
            made.text("/id").to_owned()
        };
        let suggest = async |body: Value| {
            let plan = desk.send(Call::post("/api/v1/suggestions", &body)).await;
            let titles: Vec<String> = proposed(&plan).into_iter().map(|(title, _)| title).collect();
            (titles, plan.body["proposals"][0]["reasons"].to_string())
        };
        task(json!({ "title": "Slides", "estimate": "PT1H", "importance": 9 })).await;
        let report = task(json!({ "title": "Report", "estimate": "PT5H", "deadline": "2026-11-25" })).await;
        let part = async |title: &str, importance: u8| {
            task(json!({ "title": title, "estimate": "PT1H", "parent_id": report, "importance": importance })).await
        };
        let (outline, draft) = (part("Outline", 6).await, part("Draft", 5).await);
        // The whole waits for its parts, and what waits for time at any time comes behind them.
        let (week, reasons) = suggest(json!({})).await;
        assert_eq!(week, ["Outline", "Draft", "Slides"]);
        assert!(reasons.contains("before_deadline"), "{reasons}");
        let (named, reasons) = suggest(json!({ "task_ids": [draft] })).await;
        assert_eq!((named, reasons.contains("before_deadline")), (vec!["Draft".to_owned()], true), "{reasons}");
        for part in [outline, draft] {
            let path = format!("/api/v1/tasks/{part}/complete?force=true");
            assert_eq!(desk.send(Call::new("POST", &path)).await.status, 200);
        }
        assert_eq!(suggest(json!({})).await.0, ["Report", "Report", "Slides"], "three hours of five");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_in_too_many_parts_is_to_be_planned_by_these() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let mut ids = Vec::new();
        for _ in 0..11 {
            let made = desk.send(Call::post("/api/v1/tasks", &json!({ "title": "Book" }))).await;
            let split = json!({ "template": "equal", "count": 20 });
            let path = format!("/api/v1/tasks/{}/split", made.text("/id"));
            assert_eq!(desk.send(Call::post(&path, &split)).await.status, 201);
            ids.push(made.text("/id").to_owned());
        }
        let plan = async |ids: &[String]| desk.send(Call::post("/api/v1/suggestions", &json!({ "task_ids": ids }))).await;
        let refused = plan(&ids).await;
        refused.refused(422, "planning.invalid");
        let detail = refused.text("/errors/0/detail");
        assert!(detail.contains("200 other open tasks and subtasks"), "{detail}");
        assert_eq!(plan(&ids[1..]).await.status, 200, "two hundred");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_deadline_waits_for_is_planned_before_what_is_due_later() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let task = async |title: &str, more: Value| {
            let mut body = json!({ "title": title, "estimate": "PT3H" });
            body.as_object_mut().expect("members").extend(more.as_object().expect("members").clone());
            let made = desk.send(Call::post("/api/v1/tasks", &body)).await;
            assert_eq!(made.status, 201, "{}", made.body);
            made.text("/id").to_owned()
        };
        let mut ids = vec![task("Read", json!({})).await];
        ids.push(task("Answer", json!({ "deadline": "2026-11-23T13:00:00", "depends_on": [ids[0]] })).await);
        for title in ["C", "D", "E"] {
            ids.push(task(title, json!({ "deadline": "2026-11-27" })).await);
        }
        let ask = json!({ "task_ids": ids, "from": "2026-11-23", "to": "2026-11-28" });
        let plan = desk.send(Call::post("/api/v1/suggestions", &ask)).await;
        let places = [("Read", "22T22:00"), ("Read", "22T23:30"), ("Answer", "23T01:00"), ("Answer", "23T02:30")];
        let found: Vec<_> = proposed(&plan).into_iter().map(|(title, start)| (title, start[8..16].to_owned())).collect();
        assert_eq!(found[..4], pairs(&places));
        assert_eq!(plan.text("/proposals/0/reasons/0/code"), "before_successors");
        for proposal in plan.body["proposals"].as_array().expect("proposals") {
            assert_eq!(proposal["violated_wishes"], json!([]), "{proposal}");
        }
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn of_more_than_is_planned_at_once_the_most_urgent_is_planned_and_the_rest_is_named() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let task = async |body: Value| {
            let made = desk.send(Call::post("/api/v1/tasks", &body)).await;
            assert_eq!(made.status, 201, "{}", made.body);
            made.text("/id").to_owned()
        };
        let mut ids = Vec::new();
        for number in 0..26 {
            ids.push(task(json!({ "title": number.to_string(), "estimate": "PT2H", "reminders": [] })).await);
        }
        ids.sort_unstable();
        task(json!({ "title": "soon", "estimate": "PT2H", "deadline": "2026-11-24" })).await;
        let week = async |body: Value| {
            let plan = desk.send(Call::post("/api/v1/suggestions", &body)).await;
            let proposals = proposed(&plan);
            let unplaced = plan.body["unplaced"].as_array().expect("unplaced").clone();
            let over: Vec<String> = unplaced.iter().filter(|it| it["reason"]["code"] == "over_limit").map(|it| it["task_id"].as_str().expect("an id").to_owned()).collect();
            assert_eq!(over.len(), unplaced.len(), "{unplaced:?}");
            (proposals, over)
        };
        let (proposals, over) = week(json!({})).await;
        assert_eq!((proposals.len(), proposals[0].0.as_str(), over), (50, "soon", ids[24..].to_vec()));
        // Those that are named are planned, all of them or none.
        let named = json!({ "task_ids": ids });
        desk.send(Call::post("/api/v1/suggestions", &named)).await.refused(422, "planning.invalid");
        // What is planned makes room for the rest.
        assert_eq!(week(json!({ "commit": true })).await.0.len(), 50);
        let rest = desk.send(Call::post("/api/v1/suggestions", &json!({}))).await;
        let of: Vec<&str> = (0..4).map(|place| rest.text(&format!("/proposals/{place}/task_id"))).collect();
        assert_eq!((of, proposed(&rest).len()), (vec![ids[24].as_str(), &ids[24], &ids[25], &ids[25]], 4));
        // Beyond fifty tasks as well.
        for number in 0..50 {
            task(json!({ "title": "short", "estimate": "PT5M", "deadline": "2026-11-26", "importance": 1 + number % 9, "reminders": [] })).await;
        }
        let (proposals, over) = week_of_short(&desk).await;
        assert_eq!((proposals, over), (50, ids[24..].to_vec()));
        house.close().await;
    })
    .await;
}

/// How many sessions a week has, and which tasks are too much for it; what is planned already is passed over.
async fn week_of_short(desk: &Desk<'_>) -> (usize, Vec<String>) {
    let plan = desk.send(Call::post("/api/v1/suggestions", &json!({}))).await;
    let unplaced = plan.body["unplaced"].as_array().expect("unplaced").iter();
    let over =
        unplaced.filter(|it| it["reason"]["code"] == "over_limit").map(|it| it["task_id"].as_str().expect("an id").to_owned());
    (proposed(&plan).len(), over.collect())
}

#[tokio::test]
async fn the_goal_of_a_day_counts_what_is_worked_and_planned_on_it_already() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let mean = async |seconds: u32| {
            let goal = json!({ "daily_goal_seconds": seconds, "wake_at": "09:00" });
            assert_eq!(desk.send(Call::new("PATCH", "/api/v1/users/me").json(&goal).header("if-match", "*")).await.status, 200);
        };
        mean(7_200).await;
        let task = async |title: &str| {
            let made = desk.send(Call::post("/api/v1/tasks", &json!({ "title": title, "estimate": "PT1H" }))).await;
            assert_eq!(made.status, 201, "{}", made.body);
            made.text("/id").to_owned()
        };
        let plan = async |task: &str, start: &str| {
            let body = json!({ "start": start, "reminders": [] });
            let made = desk.send(Call::post(&format!("/api/v1/tasks/{task}/schedules"), &body)).await;
            assert_eq!(made.status, 201, "{}", made.body);
            made.text("/id").to_owned()
        };
        let (report, slides) = (task("Report").await, task("Slides").await);
        let place = async || {
            let ask = json!({ "task_ids": [slides], "from": "2026-11-23", "to": "2026-11-26" });
            let made = desk.send(Call::post("/api/v1/suggestions", &ask)).await;
            proposed(&made).first().map(|(_, start)| start[..16].to_owned()).unwrap_or_default()
        };
        // Monday has room for one more hour, and with another session none; a meeting is no work.
        plan(&report, "2026-11-23T20:00:00").await;
        desk.make(&json!({ "title": "Meeting", "start": "2026-11-23T13:00:00", "duration": "PT4H", "reminders": [] })).await;
        assert_eq!(place().await, "2026-11-23T00:00");
        let second = plan(&report, "2026-11-23T18:00:00").await;
        assert_eq!(place().await, "2026-11-24T00:00");
        assert_eq!(desk.send(Call::new("DELETE", &format!("/api/v1/schedules/{second}"))).await.status, 204);
        assert_eq!(place().await, "2026-11-23T00:00");
        // What was worked counts on its day, whatever it was worked on: today.
        mean(3_600).await;
        let today = async || {
            let ask = json!({ "task_ids": [slides], "to": "2026-11-26" });
            let made = desk.send(Call::post("/api/v1/suggestions", &ask)).await;
            (made.text("/proposals/0/start")[..10].to_owned(), made.status)
        };
        let before = today().await;
        let work = desk.make(&json!({ "title": "Dig", "start": "2026-11-20T23:00:00" })).await;
        let step =
            async |step: &str| desk.send(Call::new("POST", &format!("/api/v1/schedules/{}/{step}", work.text("/id")))).await;
        assert_eq!(step("start").await.status, 200);
        house.clock.advance(std::time::Duration::from_mins(5));
        assert_ne!(today().await, before, "also while it goes on");
        assert_eq!(step("complete").await.status, 200);
        assert_ne!(today().await, before);
        assert_eq!(step("cancel").await.status, 200);
        assert_eq!(today().await, before, "what is taken back does not count");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn one_new_thing_is_offered_places_and_planned_in_the_best() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let suggest = async |body: Value| desk.send(Call::post("/api/v1/suggestions", &body)).await;
        let ask = json!({ "title": "Deep work", "duration": "PT3H", "from": "2026-11-23", "to": "2026-11-25", "limit": 2 });
        let offered = suggest(ask.clone()).await;
        let places = [("Deep work", "2026-11-22T22:00:00Z"), ("Deep work", "2026-11-23T01:00:00Z")];
        assert_eq!(proposed(&offered), pairs(&places));
        let mut commit = ask.clone();
        commit["commit"] = json!(true);
        for place in places {
            assert_eq!(proposed(&suggest(commit.clone()).await), pairs(&[place]));
        }
        for wrong in [
            json!({ "title": "x" }),
            json!({ "duration": "PT1H" }),
            json!({ "title": "x", "duration": "PT0S" }),
            json!({ "title": " ", "duration": "PT1H" }),
            json!({ "title": "\u{200b}", "duration": "PT1H" }),
            json!({ "title": "two\u{2028}lines", "duration": "PT1H" }),
            json!({ "title": "x", "duration": "PT1H", "limit": 0 }),
            json!({ "title": "x", "duration": "PT1H", "task_ids": [] }),
            json!({ "task_ids": [] }),
            json!({ "from": "2026-11-23", "to": "2027-11-23" }),
        ] {
            suggest(wrong).await.refused(422, "planning.invalid");
        }
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn habits_are_learned_from_work_shown_and_forgotten() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let made = desk.make(&json!({ "title": "Write", "start": "2026-11-21T09:00:00" })).await;
        let path = format!("/api/v1/schedules/{}", made.text("/id"));
        assert_eq!(desk.send(Call::new("POST", &format!("{path}/start"))).await.status, 200);
        house.clock.advance(std::time::Duration::from_mins(5));
        assert_eq!(desk.send(Call::new("POST", &format!("{path}/suspend"))).await.status, 200);
        let learned = async || {
            let reply = desk.get("/api/v1/habits").await;
            assert_eq!(reply.status, 200, "{}", reply.body);
            let hours = reply.body["hours"].as_array().expect("hours").clone();
            (hours.len(), hours.iter().filter_map(Value::as_u64).sum::<u64>())
        };
        assert_eq!(learned().await, (168, 300));
        assert_eq!(desk.send(Call::new("DELETE", "/api/v1/habits")).await.status, 204);
        assert_eq!(learned().await, (168, 0));
        house.close().await;
    })
    .await;
}
