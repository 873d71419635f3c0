//! Tasks over HTTP, on both engines: making, changing, completing, putting away, deleting, lists.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    desk::Desk,
    follower::Follower,
    house::{Call, House, Reply},
};

/// A person in Seoul with tasks. The world begins at 2026-11-20T00:30:00Z, which is 09:30 there.
pub(crate) struct Planner<'a> {
    pub(crate) desk: Desk<'a>,
}

impl<'a> Planner<'a> {
    pub(crate) async fn of(house: &'a House, name: &'static str) -> Self {
        Self { desk: Desk::of(house, name).await }
    }

    pub(crate) async fn send(&self, call: Call) -> Reply {
        self.desk.send(call).await
    }

    /// Lets time pass, after which the token may no longer be good.
    pub(crate) async fn pass(&mut self, time: Duration) {
        self.desk.house.clock.advance(time);
        self.desk.sign_in_again().await;
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Call::get(path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Call::post(path, body)).await
    }

    /// Does something without a body.
    pub(crate) async fn act(&self, path: &str) -> Reply {
        self.send(Call::new("POST", path)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(Call::new("PATCH", path).json(body).header("if-match", "*")).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(Call::new("DELETE", path).header("if-match", "*")).await
    }

    /// Makes a task and answers its path.
    pub(crate) async fn task(&self, body: Value) -> String {
        let made = self.post("/api/v1/tasks", &body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        format!("/api/v1/tasks/{}", made.text("/id"))
    }

    /// Makes a task that depends on others.
    pub(crate) async fn after(&self, title: &str, paths: &[&str]) -> String {
        let ids: Vec<&str> = paths.iter().map(|path| id(path)).collect();
        self.task(json!({ "title": title, "depends_on": ids })).await
    }

    /// The titles of a list.
    pub(crate) async fn titles(&self, query: &str) -> Vec<String> {
        let list = self.get(&format!("/api/v1/tasks?{query}")).await;
        assert_eq!(list.status, 200, "{}", list.body);
        titles(&list)
    }
}

pub(crate) fn titles(list: &Reply) -> Vec<String> {
    let items = list.body["items"].as_array().expect("items");
    items.iter().map(|item| item["title"].as_str().expect("a title").to_owned()).collect()
}

/// The id at the end of a path.
pub(crate) fn id(path: &str) -> &str {
    path.rsplit('/').next().expect("an id")
}

#[tokio::test]
async fn a_task_is_made_read_and_changed_with_its_version() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let made = ada.post("/api/v1/tasks", &json!({ "title": "Report" })).await;
        assert_eq!((made.status.as_u16(), made.header("etag")), (201, Some("\"1\"")), "{}", made.body);
        let path = made.header("location").expect("a location").to_owned();
        let plain = json!({
            "id": made.body["id"], "title": "Report", "description": "", "state": "OPEN", "ready": true, "deadline": null,
            "time_zone": null, "deadline_at": null, "deadline_resolution": null, "overdue": false, "importance": 5,
            "difficulty": 3, "estimate": null, "parent_id": null, "depends_on": [], "blocked_by": [], "category_id": null, "tags": [],
            "reminders": [],
            "remind_overdue": false, "completed_at": null, "archived_at": null, "version": 1,
            "created_at": "2026-11-20T00:30:00Z", "updated_at": "2026-11-20T00:30:00Z",
        });
        assert_eq!(made.body, plain);
        assert_eq!(ada.get(&path).await.body, plain);

        let change = json!({ "deadline": "2026-11-25", "importance": 9, "difficulty": 13, "estimate": "PT90M" });
        let edit = |version: &str| Call::new("PATCH", &path).json(&change).header("if-match", version);
        ada.send(Call::new("PATCH", &path).json(&change)).await.refused(428, "task.version_required");
        let changed = ada.send(edit("\"1\"")).await;
        assert_eq!((changed.status.as_u16(), changed.header("etag")), (200, Some("\"2\"")), "{}", changed.body);
        assert_eq!((changed.text("/deadline"), changed.text("/time_zone")), ("2026-11-25", "Asia/Seoul"));
        assert_eq!((changed.text("/deadline_at"), changed.text("/estimate")), ("2026-11-25T15:00:00Z", "PT1H30M"));
        assert_eq!(changed.body["reminders"][0]["before"], "PT30M", "the lead of the profile");
        assert_eq!(changed.body["remind_overdue"], true);
        ada.send(edit("\"1\"")).await.refused(412, "task.version_mismatch");
        let again = ada.send(edit("*")).await;
        assert_eq!(again.header("etag"), Some("\"2\""), "what makes no difference changes nothing");
        let empty = ada.patch(&path, &json!({})).await;
        assert_eq!((empty.status.as_u16(), empty.header("etag")), (200, Some("\"2\"")));

        let moved = ada.patch(&path, &json!({ "deadline": "2026-11-25T17:00:00", "time_zone": "Europe/Paris" })).await;
        assert_eq!((moved.text("/deadline"), moved.text("/deadline_at")), ("2026-11-25T17:00:00", "2026-11-25T16:00:00Z"));
        let none = ada.patch(&path, &json!({ "deadline": null, "estimate": null })).await;
        assert_eq!(
            (&none.body["deadline"], &none.body["estimate"], &none.body["reminders"]),
            (&Value::Null, &Value::Null, &json!([]))
        );
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_makes_no_sense_is_named_field_by_field() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let stranger = Planner::of(&house, "eve").await.task(json!({ "title": "Hers" })).await;
        let table = [
            (json!({ "title": " " }), "/title"),
            (json!({ "title": "x", "importance": 0 }), "/importance"),
            (json!({ "title": "x", "importance": 10 }), "/importance"),
            (json!({ "title": "x", "difficulty": 4 }), "/difficulty"),
            (json!({ "title": "x", "estimate": "PT0S" }), "/estimate"),
            (json!({ "title": "x", "deadline": "soon" }), "/deadline"),
            (json!({ "title": "x", "deadline": "2040-01-01" }), "/deadline"),
            (json!({ "title": "x", "deadline": "2026-12-01", "time_zone": "Mars/Base" }), "/time_zone"),
            (json!({ "title": "x", "reminders": [{ "before": "PT5M" }] }), "/reminders"),
            (json!({ "title": "x", "deadline": "2026-12-01", "reminders": [{ "before": "PT0S" }] }), "/reminders/0/before"),
            (json!({ "title": "x", "deadline": "2026-12-01", "reminders": [{}] }), "/reminders/0"),
            (json!({ "title": "x", "depends_on": [id(&stranger)] }), "/depends_on"),
            (json!({ "title": "x", "parent_id": id(&stranger) }), "/parent_id"),
            (json!({ "title": "x", "parent_id": "tsk_00000000000000000000000000" }), "/parent_id"),
        ];
        for (body, pointer) in table {
            let refused = ada.post("/api/v1/tasks", &body).await;
            assert_eq!((refused.status.as_u16(), refused.code()), (422, "task.invalid"), "{body}: {}", refused.body);
            assert_eq!(refused.text("/errors/0/pointer"), pointer, "{body}");
        }
        for body in
            [json!({ "title": "x", "depends_on": ["sch_1"] }), json!({ "titel": "x" }), json!({ "title": "x", "estimate": "1h" })]
        {
            assert_eq!(ada.post("/api/v1/tasks", &body).await.code(), "body.invalid", "{body}");
        }
        assert_eq!(ada.titles("").await, [""; 0], "nothing was made");
        ada.get(&stranger).await.refused(404, "task.not_found");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn completing_and_reopening_say_so_once_and_repeating_changes_nothing() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let path = ada.task(json!({ "title": "Report" })).await;
        house.clock.advance(Duration::from_mins(1));
        let done = ada.act(&format!("{path}/complete")).await;
        assert_eq!((done.text("/state"), done.text("/completed_at")), ("COMPLETED", "2026-11-20T00:31:00Z"));
        assert_eq!((&done.body["ready"], done.header("etag")), (&json!(false), Some("\"2\"")));
        house.clock.advance(Duration::from_mins(1));
        assert_eq!(ada.act(&format!("{path}/complete")).await.body, done.body);
        let open = ada.act(&format!("{path}/reopen")).await;
        assert_eq!((open.text("/state"), &open.body["completed_at"], open.header("etag")), ("OPEN", &Value::Null, Some("\"3\"")));
        assert_eq!(ada.act(&format!("{path}/reopen")).await.body, open.body);

        let once = || Call::new("POST", &format!("{path}/complete")).header("idempotency-key", "k");
        let first = ada.send(once()).await;
        ada.act(&format!("{path}/reopen")).await;
        let replayed = ada.send(once()).await;
        assert_eq!((replayed.header("idempotent-replayed"), &replayed.body), (Some("true"), &first.body));
        assert_eq!(ada.get(&path).await.text("/state"), "OPEN", "a replay does nothing");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_put_away_is_in_no_list_that_does_not_ask_for_it() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let (one, _two) = (ada.task(json!({ "title": "One" })).await, ada.task(json!({ "title": "Two" })).await);
        let away = ada.act(&format!("{one}/archive")).await;
        assert_eq!((away.text("/archived_at"), &away.body["ready"]), ("2026-11-20T00:30:00Z", &json!(false)));
        assert_eq!(ada.act(&format!("{one}/archive")).await.body, away.body);
        assert_eq!((ada.titles("").await, ada.titles("archived=true").await), (vec!["Two".into()], vec!["One".into()]));
        assert_eq!(ada.titles("state=all&sort=created").await, ["Two"]);
        let back = ada.act(&format!("{one}/unarchive")).await;
        assert_eq!((&back.body["archived_at"], back.header("etag")), (&Value::Null, Some("\"3\"")));
        assert_eq!(ada.titles("archived=true").await, [""; 0]);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_overview_of_what_is_overdue_empties_when_the_deadlines_move() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let late = ada.task(json!({ "title": "Late", "deadline": "2026-11-20T09:30:00" })).await;
        ada.task(json!({ "title": "Long ago", "deadline": "2026-11-01" })).await;
        ada.task(json!({ "title": "Today", "deadline": "2026-11-20" })).await;
        ada.task(json!({ "title": "Whenever" })).await;
        let done = ada.task(json!({ "title": "Done", "deadline": "2026-11-01" })).await;
        ada.act(&format!("{done}/complete")).await;
        assert_eq!(ada.titles("overdue=true").await, ["Long ago", "Late"], "what is due at this instant is overdue");
        assert_eq!(ada.get(&late).await.body["overdue"], true);
        assert_eq!(ada.titles("deadline_before=2026-11-20").await, ["Long ago"]);
        let moved = ada.patch(&late, &json!({ "deadline": "2026-11-21" })).await;
        assert_eq!((moved.status.as_u16(), &moved.body["overdue"]), (200, &json!(false)));
        assert_eq!(ada.titles("overdue=true").await, ["Long ago"]);
        assert_eq!(ada.titles("").await, ["Long ago", "Today", "Late", "Whenever"]);
        ada.get("/api/v1/tasks?overdue=true&state=completed").await.refused(422, "query.invalid");
        ada.get("/api/v1/tasks?deadline_before=soon").await.refused(422, "query.invalid");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn pages_go_on_exactly_behind_the_one_before_whatever_happens_in_between() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let mut paths = Vec::new();
        for day in 1..=6 {
            paths.push(ada.task(json!({ "title": day.to_string(), "deadline": format!("2026-12-0{day}") })).await);
        }
        let first = ada.get("/api/v1/tasks?limit=2").await;
        assert_eq!(titles(&first), ["1", "2"]);
        // What was shown is completed, something new comes before, something moves behind, the next one goes.
        ada.act(&format!("{}/complete", paths[0])).await;
        ada.task(json!({ "title": "new", "deadline": "2026-11-30" })).await;
        ada.patch(&paths[1], &json!({ "deadline": "2026-12-09" })).await;
        ada.delete(&paths[2]).await;
        let second = ada.get(&format!("/api/v1/tasks?limit=2&cursor={}", first.text("/next_cursor"))).await;
        assert_eq!(titles(&second), ["4", "5"]);
        let third = ada.get(&format!("/api/v1/tasks?limit=2&cursor={}", second.text("/next_cursor"))).await;
        assert_eq!(
            (titles(&third), &third.body["next_cursor"]),
            (vec!["6".into(), "2".into()], &Value::Null),
            "an exact page is the last"
        );
        let wrong = ada.get(&format!("/api/v1/tasks?sort=created&cursor={}", first.text("/next_cursor"))).await;
        wrong.refused(400, "cursor.malformed");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn every_change_is_an_event_of_ids_without_text() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let (mut follower, _) = Follower::now(&house, &ada.desk.token).await;
        let path = ada.task(json!({ "title": "Secret" })).await;
        ada.patch(&path, &json!({ "importance": 6 })).await;
        ada.patch(&path, &json!({ "importance": 6 })).await;
        for action in ["complete", "complete", "reopen", "archive", "unarchive"] {
            ada.act(&format!("{path}/{action}")).await;
        }
        ada.delete(&path).await;
        for (version, change) in [
            (1, "created"),
            (2, "updated"),
            (3, "completed"),
            (4, "reopened"),
            (5, "archived"),
            (6, "unarchived"),
            (6, "deleted"),
        ] {
            let event = follower.expect().await;
            assert!(event.is("task.changed"), "{event:?}");
            let (of, at, what) = (&event.data["task_id"], &event.data["version"], &event.data["change"]);
            assert_eq!((of, at, what), (&json!(id(&path)), &json!(version), &json!(change)));
            assert!(!event.data.to_string().contains("Secret"));
        }
        house.close().await;
    })
    .await;
}
