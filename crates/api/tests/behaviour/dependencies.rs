//! Who waits for whom, over HTTP, on both engines.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    house::House,
    tasks::{Planner, id},
};

/// The ids of some tasks, as lists of ids are sorted.
fn ids(paths: &[&str]) -> Value {
    let mut ids: Vec<&str> = paths.iter().map(|path| id(path)).collect();
    ids.sort_unstable();
    json!(ids)
}

#[tokio::test]
async fn what_is_ready_follows_what_is_finished_from_every_side() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let dig = ada.task(json!({ "title": "Dig" })).await;
        let pour = ada.after("Pour", &[&dig]).await;
        let build = ada.after("Build", &[&dig, &pour]).await;
        assert_eq!(ada.titles("ready=true").await, ["Dig"]);
        let blocked = ada.get(&build).await;
        assert_eq!((&blocked.body["ready"], &blocked.body["blocked_by"]), (&json!(false), &ids(&[&dig, &pour])));

        let refused = ada.act(&format!("{pour}/complete")).await;
        refused.refused(409, "task.blocked");
        assert_eq!(refused.body["blocked_by"], json!([id(&dig)]));
        ada.act(&format!("{dig}/complete")).await;
        assert_eq!(ada.titles("ready=true").await, ["Pour"], "finished");
        ada.act(&format!("{dig}/reopen")).await;
        assert_eq!(ada.titles("ready=true").await, ["Dig"], "reopened");
        let forced = ada.act(&format!("{pour}/complete?force=true")).await;
        assert_eq!(forced.text("/state"), "COMPLETED");
        ada.act(&format!("{dig}/archive")).await;
        assert_eq!(ada.titles("ready=true").await, ["Build"], "put away: nothing waits for it");
        ada.act(&format!("{dig}/unarchive")).await;
        assert_eq!(ada.titles("ready=true").await, ["Dig"]);
        assert_eq!(ada.delete(&dig).await.status, 204);
        let free = ada.get(&build).await;
        assert_eq!(
            (&free.body["ready"], &free.body["depends_on"], free.header("etag")),
            (&json!(true), &json!([id(&pour)]), Some("\"2\""))
        );
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn only_differences_are_written_and_an_empty_edit_takes_nothing_away() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Planner::of(&house, "ada").await, Planner::of(&house, "bob").await);
        // Another owner has dependencies as well: none of this may touch them.
        let his = bob.task(json!({ "title": "His" })).await;
        let waits = bob.after("Waits", &[&his]).await;
        let (one, two) = (ada.task(json!({ "title": "One" })).await, ada.task(json!({ "title": "Two" })).await);
        let task = ada.after("Three", &[&one, &two]).await;
        for (body, version) in [
            (json!({}), "\"1\""),
            (json!({ "depends_on": [id(&two), id(&one)] }), "\"1\""),
            (json!({ "depends_on": [id(&one), id(&one), id(&two)] }), "\"1\""),
            (json!({ "title": "Third" }), "\"2\""),
        ] {
            let changed = ada.patch(&task, &body).await;
            assert_eq!((changed.status.as_u16(), changed.header("etag")), (200, Some(version)), "{body}: {}", changed.body);
            assert_eq!(changed.body["depends_on"], ids(&[&one, &two]), "{body}");
        }
        let fewer = ada.patch(&task, &json!({ "depends_on": [id(&two)] })).await;
        assert_eq!((fewer.header("etag"), &fewer.body["depends_on"]), (Some("\"3\""), &json!([id(&two)])));
        let none = ada.patch(&task, &json!({ "depends_on": [] })).await;
        assert_eq!(
            (none.header("etag"), &none.body["depends_on"], &none.body["ready"]),
            (Some("\"4\""), &json!([]), &json!(true))
        );
        assert_eq!(bob.get(&waits).await.body["depends_on"], json!([id(&his)]));
        let strange = ada.patch(&task, &json!({ "depends_on": [id(&his)] })).await;
        assert_eq!((strange.code(), strange.text("/errors/0/pointer")), ("task.invalid", "/depends_on"));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn tasks_that_would_wait_for_each_other_are_named_and_nothing_is_written() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let one = ada.task(json!({ "title": "One" })).await;
        let two = ada.after("Two", &[&one]).await;
        let three = ada.after("Three", &[&two]).await;
        let refused = ada.patch(&one, &json!({ "title": "New", "depends_on": [id(&three)] })).await;
        refused.refused(422, "task.cycle");
        assert_eq!(refused.body["cycle"], json!([id(&one), id(&three), id(&two)]), "each waits for the next");
        let itself = ada.patch(&one, &json!({ "depends_on": [id(&one)] })).await;
        itself.refused(422, "task.cycle");
        assert_eq!(itself.body["cycle"], json!([id(&one)]));
        let kept = ada.get(&one).await;
        assert_eq!((kept.text("/title"), kept.header("etag"), &kept.body["depends_on"]), ("One", Some("\"1\""), &json!([])));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_task_waits_for_its_subtasks_and_they_cannot_wait_for_it() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let whole = ada.task(json!({ "title": "Whole" })).await;
        let part = ada.task(json!({ "title": "Part", "parent_id": id(&whole) })).await;
        let after = ada.after("After", &[&whole]).await;
        assert_eq!(ada.titles(&format!("parent={}", id(&whole))).await, ["Part"]);
        for on in [&whole, &after] {
            ada.patch(&part, &json!({ "depends_on": [id(on)] })).await.refused(422, "task.cycle");
        }
        ada.patch(&whole, &json!({ "parent_id": id(&part) })).await.refused(422, "task.cycle");
        ada.patch(&whole, &json!({ "parent_id": id(&whole) })).await.refused(422, "task.cycle");

        let ready = async || (ada.get(&whole).await.body["ready"].clone(), ada.titles("ready=true").await);
        assert_eq!(ready().await, (json!(false), vec!["Part".to_owned()]));
        let refused = ada.act(&format!("{whole}/complete")).await;
        refused.refused(409, "task.open_subtasks");
        assert_eq!(refused.body["open_subtasks"], json!([id(&part)]));
        let forced = ada.act(&format!("{whole}/complete?force=true")).await;
        assert_eq!(forced.text("/state"), "COMPLETED");
        assert_eq!(ada.get(&part).await.text("/state"), "OPEN", "what is forced is the whole alone");
        ada.act(&format!("{whole}/reopen")).await;
        ada.act(&format!("{part}/archive")).await;
        assert_eq!(ready().await, (json!(true), vec!["Whole".to_owned()]), "put away");
        ada.act(&format!("{part}/unarchive")).await;
        assert_eq!(ready().await, (json!(false), vec!["Part".to_owned()]));
        ada.act(&format!("{part}/complete")).await;
        assert_eq!(ready().await, (json!(true), vec!["Whole".to_owned()]), "done");
        assert_eq!(ada.act(&format!("{whole}/complete")).await.status, 200);

        let top = ada.task(json!({ "title": "Top" })).await;
        ada.patch(&whole, &json!({ "parent_id": id(&top) })).await;
        ada.delete(&whole).await;
        let lifted = ada.get(&part).await;
        assert_eq!((&lifted.body["parent_id"], lifted.header("etag")), (&json!(id(&top)), Some("\"5\"")));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn subtasks_have_five_levels_and_a_task_a_hundred_predecessors() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        let mut levels = vec![ada.task(json!({ "title": "1" })).await];
        for level in 2..=5 {
            let parent = levels.last().expect("a level").clone();
            levels.push(ada.task(json!({ "title": level.to_string(), "parent_id": id(&parent) })).await);
        }
        let deeper = ada.post("/api/v1/tasks", &json!({ "title": "6", "parent_id": id(&levels[4]) })).await;
        assert_eq!((deeper.code(), deeper.text("/errors/0/pointer")), ("task.invalid", "/parent_id"));
        let other = ada.task(json!({ "title": "Other" })).await;
        ada.patch(&levels[0], &json!({ "parent_id": id(&other) })).await.refused(422, "task.invalid");
        let many: Vec<String> = (0..101).map(|number| format!("tsk_{number:026}")).collect();
        let refused = ada.post("/api/v1/tasks", &json!({ "title": "x", "depends_on": many })).await;
        assert_eq!((refused.code(), refused.text("/errors/0/detail")), ("task.invalid", "a task depends on at most 100 others"));
        house.close().await;
    })
    .await;
}

/// Each of two edits alone is fine. Whoever comes second sees the first.
#[tokio::test]
async fn of_two_edits_at_once_that_together_make_a_circle_one_is_refused() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Planner::of(&house, "ada").await;
        for round in 0..10 {
            let (one, two) = (ada.task(json!({ "title": "One" })).await, ada.task(json!({ "title": "Two" })).await);
            let (waits_for_one, waits_for_two) = (json!({ "depends_on": [id(&one)] }), json!({ "depends_on": [id(&two)] }));
            let (first, second) = tokio::join!(ada.patch(&one, &waits_for_two), ada.patch(&two, &waits_for_one));
            let answers = BTreeSet::from([first.status.as_u16(), second.status.as_u16()]);
            assert_eq!(answers, BTreeSet::from([200, 422]), "round {round}: {} {}", first.body, second.body);
            let refused = if first.status == 422 { first } else { second };
            assert_eq!(refused.code(), "task.cycle");
            let edges = [&one, &two].map(async |path| ada.get(path).await.body["depends_on"].clone());
            let [a, b] = edges;
            let (a, b) = (a.await, b.await);
            assert!((a == Value::from(Vec::<Value>::new())) != (b == Value::from(Vec::<Value>::new())), "{a} {b}");
        }
        house.close().await;
    })
    .await;
}
