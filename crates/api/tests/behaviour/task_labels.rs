//! Categories, tags and words of tasks, over HTTP, on both engines.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    follower::Follower,
    house::{Call, House, Reply},
    tasks::{Planner, id, titles},
};

impl Planner<'_> {
    /// The id of a tag.
    async fn tag(&self, name: &str) -> String {
        let listed = self.get("/api/v1/tags").await;
        let found = listed.body["items"].as_array().expect("items").iter().find(|tag| tag["name"] == name).cloned();
        found.expect("such a tag")["id"].as_str().expect("an id").to_owned()
    }

    /// Each tag with how many schedules and tasks have it.
    async fn uses(&self) -> Vec<(String, i64, i64)> {
        let listed = self.get("/api/v1/tags").await;
        let number = |item: &Value, name: &str| item[name].as_i64().expect("a count");
        let one =
            |item: &Value| (item["name"].as_str().expect("a name").to_owned(), number(item, "schedules"), number(item, "tasks"));
        listed.body["items"].as_array().expect("items").iter().map(one).collect()
    }

    /// A task as it is, and its ETag.
    async fn shown(&self, path: &str) -> (Value, Value, String) {
        let shown = self.get(path).await;
        let tag = shown.header("etag").expect("an ETag").to_owned();
        (shown.body["category_id"].clone(), shown.body["tags"].clone(), tag)
    }

    /// Plans a session and answers its path.
    async fn session(&self, task: &str, body: &Value) -> String {
        let made = self.post(&format!("{task}/schedules"), body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        format!("/api/v1/schedules/{}", made.text("/id"))
    }
}

fn etag(version: u32) -> String {
    format!("\"{version}\"")
}

#[tokio::test]
async fn a_task_is_labelled_when_it_is_made_and_changed() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, eve) = (Planner::of(&house, "ada").await, Planner::of(&house, "eve").await);
        let work = ada.desk.category("Work", None).await;
        let (mut follower, _) = Follower::now(&house, &ada.desk.token).await;
        let body = json!({ "title": "Report", "category_id": work, "tags": ["Deep work", " DEEP WORK ", "업무"] });
        let made = ada.post("/api/v1/tasks", &body).await;
        assert_eq!((made.status.as_u16(), &made.body["category_id"]), (201, &json!(work)), "{}", made.body);
        assert_eq!(made.body["tags"], json!(["Deep work", "업무"]), "one in any spelling");
        for kind in ["tag.changed", "tag.changed", "task.changed"] {
            let event = follower.expect().await;
            assert!(event.is(kind), "{kind}: {event:?}");
        }
        let task = made.header("location").expect("a location").to_owned();
        assert_eq!(ada.get(&task).await.body["tags"], made.body["tags"]);
        assert_eq!(ada.get("/api/v1/tasks").await.body["items"][0]["category_id"], json!(work));
        assert_eq!(ada.uses().await, [("Deep work".to_owned(), 0, 1), ("업무".to_owned(), 0, 1)]);
        assert_eq!(eve.uses().await, [], "everybody has labels of their own");

        let same = ada.patch(&task, &json!({ "tags": ["업무", "deep WORK"], "category_id": work })).await;
        assert_eq!(same.header("etag"), Some("\"1\""), "the same in another order and spelling");
        let changed = ada.patch(&task, &json!({ "tags": ["new"], "category_id": null })).await;
        assert_eq!(ada.shown(&task).await, (Value::Null, json!(["new"]), etag(2)), "{}", changed.body);

        let unknown = json!({ "title": "x", "category_id": "cat_00000000000000000000000000", "tags": ["fresh"] });
        let refused = ada.post("/api/v1/tasks", &unknown).await;
        refused.refused(422, "task.invalid");
        assert_eq!(refused.text("/errors/0/pointer"), "/category_id");
        eve.post("/api/v1/tasks", &json!({ "title": "x", "category_id": work })).await.refused(422, "task.invalid");
        ada.patch(&task, &json!({ "tags": ["a\nb"] })).await.refused(422, "task.invalid");
        let many: Vec<String> = (0..21).map(|number| number.to_string()).collect();
        ada.post("/api/v1/tasks", &json!({ "title": "x", "tags": many })).await.refused(422, "task.invalid");
        assert_eq!(ada.uses().await.len(), 3, "what is refused makes no tags");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn labels_stay_with_what_is_put_away_and_pass_to_the_parts_of_a_task() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let work = ada.desk.category("Work", None).await;
        let task = ada.task(json!({ "title": "Thesis", "category_id": work, "tags": ["uni"], "estimate": "PT6H" })).await;
        for (action, version) in [("archive", 2), ("unarchive", 3), ("complete", 4), ("reopen", 5)] {
            assert_eq!(ada.act(&format!("{task}/{action}")).await.status, 200);
            assert_eq!(ada.shown(&task).await, (json!(work), json!(["uni"]), etag(version)), "{action}");
        }
        let split = ada.post(&format!("{task}/split"), &json!({ "template": "equal", "count": 2 })).await;
        assert_eq!(split.status, 201, "{}", split.body);
        let parts = ada.get(&format!("/api/v1/tasks?parent={}&tag=uni&category={work}", id(&task))).await;
        assert_eq!(parts.body["items"].as_array().expect("items").len(), 2, "each has the labels of the whole");
        assert_eq!(ada.uses().await, [("uni".to_owned(), 0, 3)]);
        assert_eq!(ada.delete(&task).await.status, 204);
        assert_eq!(ada.uses().await, [("uni".to_owned(), 0, 2)]);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_happens_to_a_label_happens_to_tasks_and_schedules_alike() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let work = ada.desk.category("Work", None).await;
        let calls = ada.desk.category("Calls", Some(&work)).await;
        let task = ada.task(json!({ "title": "Report", "category_id": calls, "tags": ["job", "one"] })).await;
        let away = ada.task(json!({ "title": "Old", "category_id": work, "tags": ["job"] })).await;
        assert_eq!(ada.act(&format!("{away}/archive")).await.status, 200);
        let alone = ada.task(json!({ "title": "Walk" })).await;

        let renamed = ada.patch(&format!("/api/v1/tags/{}", ada.tag("job").await), &json!({ "name": "Work" })).await;
        assert_eq!((renamed.status.as_u16(), &renamed.body["tasks"]), (200, &json!(2)), "{}", renamed.body);
        assert_eq!(ada.shown(&task).await, (json!(calls), json!(["one", "Work"]), etag(2)));
        assert_eq!(ada.shown(&away).await, (json!(work), json!(["Work"]), etag(3)));
        let stale = Call::new("PATCH", &task).json(&json!({ "tags": ["job", "one"] })).header("if-match", "\"1\"");
        ada.send(stale).await.refused(412, "task.version_mismatch");
        assert_eq!(ada.titles("tag=job").await, Vec::<String>::new());
        assert_eq!(ada.titles("q=work%20one").await, ["Report"], "found by the new name at once");

        let into = json!({ "into": ada.tag("one").await });
        let merged = ada.post(&format!("/api/v1/tags/{}/merge", ada.tag("Work").await), &into).await;
        assert_eq!((merged.status.as_u16(), &merged.body["tasks"]), (200, &json!(2)), "{}", merged.body);
        assert_eq!(ada.shown(&task).await, (json!(calls), json!(["one"]), etag(3)), "none twice");
        assert_eq!(ada.shown(&away).await, (json!(work), json!(["one"]), etag(4)));
        assert_eq!(ada.delete(&format!("/api/v1/tags/{}", ada.tag("one").await)).await.status, 204);
        assert_eq!(ada.shown(&task).await, (json!(calls), json!([]), etag(4)));

        let moved = ada.patch(&format!("/api/v1/categories/{calls}"), &json!({ "parent_id": null })).await;
        assert_eq!(moved.status, 200, "{}", moved.body);
        assert_eq!(ada.titles(&format!("category={work}")).await, Vec::<String>::new(), "it lies elsewhere now");
        assert_eq!(ada.patch(&format!("/api/v1/categories/{calls}"), &json!({ "parent_id": work })).await.status, 200);
        assert_eq!(ada.titles(&format!("category={work}")).await, ["Report"]);
        ada.delete(&format!("/api/v1/categories/{work}")).await.refused(409, "category.has_children");
        assert_eq!(ada.shown(&task).await.2, etag(4), "a category is no part of a task");
        assert_eq!(ada.delete(&format!("/api/v1/categories/{work}?children=delete")).await.status, 204);
        assert_eq!(ada.shown(&task).await, (Value::Null, json!([]), etag(5)));
        assert_eq!(ada.shown(&away).await, (Value::Null, json!([]), etag(6)), "what is put away too");
        assert_eq!(ada.shown(&alone).await.2, etag(1), "nothing happened to it");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_session_has_the_labels_of_its_task_until_it_is_given_its_own() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let (work, home) = (ada.desk.category("Work", None).await, ada.desk.category("Home", None).await);
        let task = ada.task(json!({ "title": "Report", "category_id": work, "tags": ["deep"], "estimate": "PT1H" })).await;
        let like = ada.session(&task, &json!({ "start": "2026-11-21T09:00:00" })).await;
        let dropped = ada.session(&task, &json!({ "start": "2026-11-21T10:00:00" })).await;
        let own_tags = ada.session(&task, &json!({ "start": "2026-11-21T11:00:00", "tags": ["calls"] })).await;
        let none = json!({ "start": "2026-11-21T12:00:00", "category_id": null, "tags": [] });
        let none = ada.session(&task, &none).await;
        let labels = async |path: &str| {
            let shown = ada.get(path).await.body;
            (shown["category_id"].clone(), shown["tags"].clone(), shown["version"].clone())
        };
        assert_eq!(labels(&like).await, (json!(work), json!(["deep"]), json!(1)));
        assert_eq!(labels(&own_tags).await, (json!(work), json!(["calls"]), json!(1)));
        assert_eq!(labels(&none).await, (Value::Null, json!([]), json!(1)));
        assert_eq!(ada.delete(&dropped).await.status, 204);

        let (mut follower, _) = Follower::now(&house, &ada.desk.token).await;
        let changed = ada.patch(&task, &json!({ "category_id": home, "tags": ["deep", "report"] })).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        for kind in ["tag.changed", "task.changed", "schedule.changed", "schedule.changed"] {
            let event = follower.expect().await;
            assert!(event.is(kind), "{kind}: {event:?}");
        }
        assert_eq!(labels(&like).await, (json!(home), json!(["deep", "report"]), json!(2)), "it goes along");
        assert_eq!(labels(&own_tags).await, (json!(home), json!(["calls"]), json!(2)), "but for what it has of its own");
        assert_eq!(labels(&none).await, (Value::Null, json!([]), json!(1)));
        assert_eq!(ada.act(&format!("{dropped}/restore")).await.status, 200);
        assert_eq!(labels(&dropped).await.1, json!(["deep", "report"]), "from the trash as well");
        let found = ada.get("/api/v1/schedules?q=report&tag=REPORT").await;
        assert_eq!(found.body["items"].as_array().expect("items").len(), 2, "{}", found.body);

        let other = ada.task(json!({ "title": "Slides", "category_id": work, "tags": ["deep"], "estimate": "PT1H" })).await;
        let ask = json!({ "task_ids": [id(&other)], "commit": true, "from": "2026-11-23", "to": "2026-11-25" });
        let planned = ada.post("/api/v1/suggestions", &ask).await;
        assert!(planned.status.is_success(), "{}", planned.body);
        let sessions = ada.get(&format!("{other}/schedules")).await.body;
        assert_eq!((&sessions["items"][0]["tags"], &sessions["items"][0]["category_id"]), (&json!(["deep"]), &json!(work)));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn statistics_by_label_count_the_work_on_tasks() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let work = ada.desk.category("Work", None).await;
        let task = ada.task(json!({ "title": "Report", "category_id": work, "tags": ["deep"], "estimate": "PT1H" })).await;
        let bare = ada.task(json!({ "title": "Walk", "estimate": "PT1H" })).await;
        for (number, (task, minutes)) in (1..).zip([(&task, 3), (&task, 2), (&bare, 2)]) {
            let session = ada.session(task, &json!({ "start": format!("2026-11-21T{:02}:00:00", 8 + number) })).await;
            assert_eq!(ada.act(&format!("{session}/start")).await.status, 200);
            house.clock.advance(Duration::from_mins(minutes));
            assert_eq!(ada.act(&format!("{session}/complete?complete_task=false")).await.status, 200);
        }
        let groups = async |by: &str| {
            let answer = ada.get(&format!("/api/v1/statistics?period=day&group_by={by}")).await.body;
            assert_eq!(answer["worked_seconds"], json!(420), "{answer}");
            let group = |group: &Value| (group["name"].clone(), group["worked_seconds"].clone());
            answer["groups"].as_array().expect("groups").iter().map(group).collect::<Vec<_>>()
        };
        let none = (Value::Null, json!(120));
        assert_eq!(groups("category").await, [(json!("Work"), json!(300)), none.clone()]);
        assert_eq!(groups("tag").await, [(json!("deep"), json!(300)), none]);
        let relabelled = ada.patch(&bare, &json!({ "category_id": work, "tags": ["deep"] })).await;
        assert_eq!(relabelled.status, 200, "{}", relabelled.body);
        assert_eq!(groups("category").await, [(json!("Work"), json!(420))], "correcting the task corrects them");
        assert_eq!(groups("tag").await, [(json!("deep"), json!(420))]);
        let audit = app::calendar::progress::audit(house.app.store(), house.app.now()).await.expect("an audit");
        assert_eq!(audit.differences, Vec::<String>::new());
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn tasks_are_found_by_words_and_labels_page_by_page() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, eve) = (Planner::of(&house, "ada").await, Planner::of(&house, "eve").await);
        let work = ada.desk.category("Work", None).await;
        let calls = ada.desk.category("Calls", Some(&work)).await;
        eve.task(json!({ "title": "주간회의 report", "tags": ["phone"] })).await;
        let minutes = json!({ "title": "주간회의록 정리", "description": "for the report", "category_id": work, "tags": ["Phone"] });
        let minutes = ada.task(minutes).await;
        for day in 1..=5 {
            house.clock.advance(Duration::from_secs(1));
            let body = json!({
                "title": format!("call {day}"), "category_id": calls, "tags": ["phone", "회의"], "deadline": format!("2026-12-{day:02}"),
                "depends_on": if day == 2 { vec![id(&minutes)] } else { vec![] },
            });
            ada.task(body).await;
        }
        ada.task(json!({ "title": "Résumé", "description": "東京へ行く前に" })).await;
        for (query, found) in [
            ("q=%ED%9A%8C%EC%9D%98".to_owned(), vec!["call 1", "call 2", "call 3", "call 4", "call 5", "주간회의록 정리"]),
            ("q=REPORT".to_owned(), vec!["주간회의록 정리"]),
            ("q=resume".to_owned(), vec!["Résumé"]),
            ("q=%E6%9D%B1%E4%BA%AC".to_owned(), vec!["Résumé"]),
            ("q=eport".to_owned(), vec![]),
            ("q=call&ready=true&deadline_before=2026-12-03T00:00:00".to_owned(), vec!["call 1"]),
            ("q=phone&sort=created&ready=true".to_owned(), vec!["call 5", "call 4", "call 3", "call 1", "주간회의록 정리"]),
            (format!("category={work}&q=4"), vec!["call 4"]),
            (format!("category={work}&tag=PHONE&q=report"), vec!["주간회의록 정리"]),
            (format!("category={calls}&q=report"), vec![]),
            ("tag=nothing".to_owned(), vec![]),
            (format!("category={calls}&state=completed"), vec![]),
            (format!("category={calls}&archived=true"), vec![]),
        ] {
            assert_eq!(ada.titles(&query).await, found, "{query}");
        }

        let narrow = format!("category={work}&tag=phone&q=ca");
        let (mut pages, mut cursor) = (Vec::new(), String::new());
        loop {
            let page: Reply = ada.get(&format!("/api/v1/tasks?{narrow}&limit=2{cursor}")).await;
            pages.extend(titles(&page));
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
            for other in [format!("category={calls}&tag=phone&q=ca"), format!("category={work}&tag=phone"), String::new()] {
                ada.get(&format!("/api/v1/tasks?{other}&limit=2{cursor}")).await.refused(400, "cursor.malformed");
            }
            // What is added before the place of the reader is not a reason to repeat anything.
            let body = json!({ "title": "call 0", "category_id": work, "tags": ["phone"], "deadline": "2026-11-30" });
            ada.task(body).await;
        }
        assert_eq!(pages, ["call 1", "call 2", "call 3", "call 4", "call 5"]);

        let edited = ada.patch(&minutes, &json!({ "title": "Agenda", "description": "", "tags": [] })).await;
        assert_eq!(edited.status, 200);
        assert_eq!(ada.titles("q=report").await, Vec::<String>::new());
        assert_eq!(ada.titles("q=agenda").await, ["Agenda"]);
        ada.get("/api/v1/tasks?category=cat_00000000000000000000000000").await.refused(422, "query.invalid");
        eve.get(&format!("/api/v1/tasks?category={work}")).await.refused(422, "query.invalid");
        for (bad, pointer) in [("tag=a%0Ab", "/tag"), ("q=", "/q"), ("q=%22*%22", "/q")] {
            let refused = ada.get(&format!("/api/v1/tasks?{bad}")).await;
            refused.refused(422, "query.invalid");
            assert_eq!(refused.text("/errors/0/pointer"), pointer, "{bad}");
        }
        house.close().await;
    })
    .await;
}
