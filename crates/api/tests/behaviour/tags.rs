//! Tags, over HTTP, on both engines.

use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    desk::Desk,
    house::{Call, House, Reply},
};

const TAGS: &str = "/api/v1/tags";

impl Desk<'_> {
    async fn try_tag(&self, body: &Value) -> Reply {
        self.send(Call::post(TAGS, body)).await
    }

    async fn patch_tag(&self, id: &str, change: &Value) -> Reply {
        self.send(Call::new("PATCH", &format!("{TAGS}/{id}")).json(change).header("if-match", "*")).await
    }

    async fn merge(&self, from: &str, into: &str) -> Reply {
        self.send(Call::post(&format!("{TAGS}/{from}/merge"), &json!({ "into": into }))).await
    }

    /// Names and counts.
    async fn tags(&self) -> Vec<(String, i64)> {
        let listed = self.get(TAGS).await;
        let item =
            |item: &Value| (item["name"].as_str().expect("a name").to_owned(), item["schedules"].as_i64().expect("a count"));
        listed.body["items"].as_array().expect("items").iter().map(item).collect()
    }

    /// The id of a tag.
    async fn tag(&self, name: &str) -> String {
        let listed = self.get(TAGS).await;
        let found = listed.body["items"].as_array().expect("items").iter().find(|tag| tag["name"] == name).cloned();
        found.expect("such a tag")["id"].as_str().expect("an id").to_owned()
    }

    /// Makes a schedule with tags.
    async fn tagged(&self, day: u32, tags: &[&str]) -> Reply {
        let made = self.try_make(&json!({ "start": format!("2026-12-{day:02}T09:00:00"), "tags": tags })).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made
    }

    async fn patch_schedule(&self, id: &str, query: &str, change: &Value) -> Reply {
        self.send(Call::new("PATCH", &format!("/api/v1/schedules/{id}{query}")).json(change).header("if-match", "*")).await
    }
}

fn tags(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[tokio::test]
async fn a_tag_is_made_when_it_is_used_and_once_in_any_spelling() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, eve) = (Desk::of(&house, "ada").await, Desk::of(&house, "eve").await);
        assert_eq!(ada.tags().await, [], "none is an empty list");
        let made = ada.tagged(1, &["Work", " café ", "WORK", "CAFE\u{301}", "업무"]).await;
        assert_eq!(made.body["tags"], json!(["café", "Work", "업무"]));
        let second = ada.tagged(2, &["work", "CAFÉ"]).await;
        assert_eq!(second.body["tags"], json!(["café", "Work"]), "as they were first written");
        assert_eq!(ada.tags().await, tags(&[("café", 2), ("Work", 2), ("업무", 1)]));
        assert_eq!(eve.tags().await, [], "everybody has tags of their own");

        let path = format!("/api/v1/schedules/{}", made.text("/id"));
        assert_eq!(ada.get(&path).await.body["tags"], made.body["tags"]);
        let changed = ada.patch_schedule(made.text("/id"), "", &json!({ "tags": ["업무", "CAFÉ", "work"] })).await;
        assert_eq!(changed.body["version"], 1, "the same tags in another order and spelling");
        let changed = ada.patch_schedule(made.text("/id"), "", &json!({ "tags": ["업무", "new"] })).await;
        assert_eq!((&changed.body["tags"], &changed.body["version"]), (&json!(["new", "업무"]), &json!(2)));
        let cleared = ada.patch_schedule(made.text("/id"), "", &json!({ "tags": [] })).await;
        assert_eq!(cleared.body["tags"], json!([]));
        assert_eq!(ada.tags().await, tags(&[("café", 1), ("new", 0), ("Work", 1), ("업무", 0)]));
        let deleted = Call::new("DELETE", &format!("/api/v1/schedules/{}", second.text("/id")));
        assert_eq!(ada.send(deleted).await.status, 204);
        assert_eq!(ada.tags().await[0].1, 0, "the trash does not count");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_wrong_tag_refuses_the_schedule_and_makes_nothing() {
    let house = House::open(&testkit::Database::sqlite()).await;
    let desk = Desk::of(&house, "ada").await;
    let refused = desk.try_make(&json!({ "tags": ["fine", "a\nb"], "title": "" })).await;
    refused.refused(422, "schedule.invalid");
    assert_eq!((refused.text("/errors/0/pointer"), refused.text("/errors/1/pointer")), ("/title", "/tags/1"));
    let many: Vec<String> = (0..21).map(|number| number.to_string()).collect();
    desk.try_make(&json!({ "tags": many })).await.refused(422, "schedule.invalid");
    assert_eq!(desk.tags().await, []);
    house.close().await;
}

#[tokio::test]
async fn a_tag_is_renamed_everywhere_at_once() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let made = desk.tagged(1, &["work", "urgent"]).await;
        let work = desk.tag("work").await;
        let renamed = desk.patch_tag(&work, &json!({ "name": "Job", "colour": "#00ff00" })).await;
        assert_eq!((renamed.text("/name"), renamed.text("/colour"), renamed.header("etag")), ("Job", "#00ff00", Some("\"2\"")));
        let shown = desk.get(&format!("/api/v1/schedules/{}", made.text("/id"))).await;
        assert_eq!((&shown.body["tags"], shown.header("etag")), (&json!(["Job", "urgent"]), Some("\"2\"")));
        assert_eq!(desk.patch_tag(&work, &json!({ "name": "job" })).await.status, 200, "another case is no other tag");
        let plain = desk.patch_tag(&work, &json!({ "colour": null })).await;
        assert_eq!(plain.body["colour"], Value::Null);
        let shown = desk.get(&format!("/api/v1/schedules/{}", made.text("/id"))).await;
        assert_eq!(shown.header("etag"), Some("\"3\""), "a colour is not a part of the schedule");

        let refused = desk.patch_tag(&work, &json!({ "name": "URGENT" })).await;
        refused.refused(409, "tag.name_taken");
        assert_eq!(refused.text("/taken_by"), desk.tag("urgent").await);
        assert!(refused.text("/detail").contains("merge"), "{}", refused.body);
        desk.try_tag(&json!({ "name": "JOB" })).await.refused(409, "tag.name_taken");
        let call = Call::new("PATCH", &format!("{TAGS}/{work}")).json(&json!({ "name": "x" }));
        desk.send(call).await.refused(428, "tag.version_required");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn two_tags_become_one_and_no_schedule_has_it_twice() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (desk, eve) = (Desk::of(&house, "ada").await, Desk::of(&house, "eve").await);
        let both = desk.tagged(1, &["job", "work"]).await;
        let one = desk.tagged(2, &["job"]).await;
        let (job, work) = (desk.tag("job").await, desk.tag("work").await);
        desk.merge(&job, &job).await.refused(422, "tag.invalid");
        eve.merge(&job, &work).await.refused(404, "tag.not_found");
        eve.try_tag(&json!({ "name": "mine" })).await;
        desk.merge(&job, &eve.tag("mine").await).await.refused(404, "tag.not_found");
        let merged = desk.merge(&job, &work).await;
        assert_eq!((merged.status.as_u16(), merged.text("/id"), &merged.body["schedules"]), (200, work.as_str(), &json!(2)));
        assert_eq!(desk.tags().await, tags(&[("work", 2)]));
        for schedule in [both, one] {
            let shown = desk.get(&format!("/api/v1/schedules/{}", schedule.text("/id"))).await;
            assert_eq!((&shown.body["tags"], &shown.body["version"]), (&json!(["work"]), &json!(2)));
        }
        let deleted = desk.send(Call::new("DELETE", &format!("{TAGS}/{work}"))).await;
        assert_eq!((deleted.status.as_u16(), desk.tags().await), (204, vec![]));
        desk.get(&format!("{TAGS}/{work}")).await.refused(404, "tag.not_found");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_labels_of_a_series_go_with_both_parts_of_a_split() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let work = desk.category("Work", None).await;
        let recurrence = json!({ "rrule": "FREQ=DAILY" });
        let made = desk
            .try_make(
                &json!({ "start": "2026-12-01T09:00:00", "recurrence": recurrence, "tags": ["a", "b"], "category_id": work }),
            )
            .await;
        let id = made.text("/id").to_owned();
        for (change, pointer) in [(json!({ "tags": ["x"] }), "/tags"), (json!({ "category_id": null }), "/category_id")] {
            let refused = desk.patch_schedule(&id, "?scope=this&recurrence_id=2026-12-03T09:00:00", &change).await;
            refused.refused(422, "schedule.invalid");
            assert_eq!(refused.text("/errors/0/pointer"), pointer, "one occurrence has the labels of its series");
        }
        let query = "?scope=following&recurrence_id=2026-12-05T09:00:00";
        let rest = desk.patch_schedule(&id, query, &json!({ "title": "Later" })).await;
        assert_eq!((&rest.body["tags"], rest.text("/category_id")), (&json!(["a", "b"]), work.as_str()));
        let query = "?scope=following&recurrence_id=2026-12-09T09:00:00";
        let end = desk.patch_schedule(rest.text("/id"), query, &json!({ "tags": ["b", "c"], "category_id": null })).await;
        assert_eq!((&end.body["tags"], &end.body["category_id"]), (&json!(["b", "c"]), &Value::Null));
        let listed = desk.get("/api/v1/schedules?from=2026-12-04&to=2026-12-11").await;
        let shown = |item: &Value| item["tags"].as_array().expect("tags").len();
        assert_eq!(listed.body["items"].as_array().expect("items").iter().map(shown).sum::<usize>(), 14);
        assert_eq!(desk.get(&format!("/api/v1/schedules/{id}")).await.body["tags"], json!(["a", "b"]));
        assert_eq!(desk.tags().await, tags(&[("a", 2), ("b", 3), ("c", 1)]));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn many_hands_make_a_tag_once() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let make = |number: u32| desk.tagged(1 + number % 28, &["one", "two", "three"]);
        futures_util::future::join_all((0..40).map(make)).await;
        assert_eq!(desk.tags().await, tags(&[("one", 40), ("three", 40), ("two", 40)]));
        house.close().await;
    })
    .await;
}
