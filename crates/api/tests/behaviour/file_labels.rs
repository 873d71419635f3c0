//! Categories and tags in calendar files, over HTTP, on both engines.

use serde_json::{Value, json};
use testkit::{Database, on_both_databases};

use crate::{
    desk::Desk,
    feeds::{Page, read},
    house::{Call, House, Reply},
    imports::{counts, file},
};

/// Its lines about labels, in order.
fn labels(page: &Page) -> Vec<String> {
    let mut lines: Vec<String> = page.lines().into_iter().filter(|line| line.starts_with("CATEGORIES")).collect();
    lines.sort();
    lines
}

impl Desk<'_> {
    async fn relabel(&self, id: &str, change: &Value) -> Reply {
        let call = Call::new("PATCH", &format!("/api/v1/schedules/{id}")).json(change).header("if-match", "*");
        let changed = self.send(call).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        changed
    }

    /// The tags of the schedule called so, and its version.
    async fn tags_of(&self, title: &str) -> (Value, i64) {
        let list = self.get("/api/v1/schedules?limit=200").await.body;
        let found = list["items"].as_array().expect("items").iter().find(|item| item["title"] == title).cloned();
        let found = found.expect("such a schedule");
        (found["tags"].clone(), found["version"].as_i64().expect("a version"))
    }
}

#[tokio::test]
async fn labels_are_in_exports_and_full_feeds_and_nowhere_else() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, eve) = (Desk::of(&house, "ada").await, Desk::of(&house, "eve").await);
        let work = ada.category("Work, 집", None).await;
        let recurrence = json!({ "rrule": "FREQ=DAILY;COUNT=3" });
        let both = json!({
            "title": "Both", "start": "2026-11-24T09:00:00", "category_id": work, "tags": ["deep; work", "alpha"], "recurrence": recurrence,
        });
        let both = ada.make(&both).await.text("/id").to_owned();
        let moved = format!("{both}?scope=this&recurrence_id=2026-11-25T09:00:00");
        ada.relabel(&moved, &json!({ "start": "2026-11-25T15:00:00" })).await;
        ada.make(&json!({ "title": "Category", "start": "2026-11-27T09:00:00", "category_id": work })).await;
        ada.make(&json!({ "title": "Tag", "start": "2026-11-28T09:00:00", "tags": ["alpha"] })).await;
        ada.make(&json!({ "title": "None", "start": "2026-11-29T09:00:00" })).await;
        let all = "CATEGORIES:Work\\, 집,alpha,deep\\; work";
        let expected = ["CATEGORIES:Work\\, 집", all, all, "CATEGORIES:alpha"];
        let export = ada.export().await;
        assert_eq!(labels(&export), expected);
        let full = ada.feed("full").await;
        assert_eq!(labels(&read(&house, Call::get(&full)).await), expected);
        for privacy in ["titles", "busy"] {
            let feed = read(&house, Call::get(&ada.feed(privacy).await)).await;
            for word in ["CATEGORIES", "Work", "alpha", "deep"] {
                assert!(!feed.text.contains(word), "{privacy}: {word}\n{}", feed.text);
            }
        }

        // In again: nothing is new, and nobody is told so.
        assert_eq!(counts(&ada.import("", &export.text).await), [0, 0, 4, 0, 0]);
        assert_eq!(labels(&ada.export().await), expected);
        // Somebody else has tags of it.
        assert_eq!(counts(&eve.import("", &export.text).await), [4, 0, 0, 0, 0]);
        assert_eq!(eve.tags_of("Both").await, (json!(["alpha", "deep; work", "Work, 집"]), 1));
        assert_eq!(eve.tags_of("None").await.0, json!([]));
        assert_eq!(labels(&eve.export().await), expected, "and gives back the very words");
        assert_eq!(counts(&eve.import("", &export.text).await), [0, 0, 4, 0, 0]);

        let category = Call::new("PATCH", &format!("/api/v1/categories/{work}")).json(&json!({ "name": "Job" }));
        assert_eq!(ada.send(category.header("if-match", "*")).await.status, 200);
        assert_eq!(labels(&read(&house, Call::get(&full)).await)[0], "CATEGORIES:Job");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_file_says_becomes_tags_and_what_was_done_here_stays() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let home = desk.category("Home", None).await;
        desk.make(&json!({ "title": "Old", "tags": ["Family"], "start": "2026-11-21T09:00:00" })).await;
        let event = |categories: &str| file(&[&format!("UID:1\r\nSUMMARY:Dinner\r\nDTSTART:20261124T090000Z{categories}")]);
        let first = event("\r\nCATEGORIES;LANGUAGE=en:FAMILY,x\r\nCATEGORIES:저녁");
        assert_eq!(counts(&desk.import("?dry_run=true", &first).await), [1, 0, 0, 0, 0]);
        assert_eq!(desk.get("/api/v1/tags").await.body["items"].as_array().map(Vec::len), Some(1), "a look makes no tags");
        let made = desk.import("", &first).await;
        assert_eq!(counts(&made), [1, 0, 0, 0, 0]);
        let id = made.text("/items/0/schedule_id").to_owned();
        assert_eq!(desk.tags_of("Dinner").await, (json!(["Family", "x", "저녁"]), 1), "as they are spelled here");
        assert_eq!(desk.get("/api/v1/schedules?tag=family&q=dinner").await.body["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(
            labels(&desk.export().await),
            ["CATEGORIES:Family", "CATEGORIES:저녁", "CATEGORIES;LANGUAGE=en:FAMILY,x"],
            "letter by letter"
        );
        assert_eq!(counts(&desk.import("", &first).await), [0, 0, 1, 0, 0]);

        // A tag more, one less, and a category.
        desk.relabel(&id, &json!({ "tags": ["family", "저녁", "mine"], "category_id": home })).await;
        assert_eq!(counts(&desk.import("", &first).await), [0, 0, 1, 0, 0], "the file says nothing new");
        let export = desk.export().await;
        assert_eq!(labels(&export), ["CATEGORIES:Family", "CATEGORIES:Home,Family,mine,저녁"]);
        assert_eq!(counts(&desk.import("", &export.text).await), [0, 0, 2, 0, 0], "nor does an export");
        assert_eq!(desk.tags_of("Dinner").await, (json!(["Family", "mine", "저녁"]), 2));
        assert_eq!(counts(&desk.import("", &event("\r\nCATEGORIES:x,저녁,home,new")).await), [0, 1, 0, 0, 0]);
        assert_eq!(desk.tags_of("Dinner").await, (json!(["mine", "new", "저녁"]), 3), "Family is gone and new has come");
        assert_eq!(counts(&desk.import("", &event("")).await), [0, 1, 0, 0, 0]);
        assert_eq!(desk.tags_of("Dinner").await, (json!(["mine"]), 4));
        assert_eq!(desk.get(&format!("/api/v1/schedules/{id}")).await.text("/category_id"), home, "a file changes no category");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn names_that_no_tag_can_have_and_tags_beyond_the_limit_refuse_no_file() {
    let house = House::open(&Database::sqlite()).await;
    let desk = Desk::of(&house, "ada").await;
    let long = "x".repeat(51);
    let many: Vec<String> = (0..30).map(|number| format!("n{number}")).collect();
    let text = file(&[
        &format!("UID:1\r\nSUMMARY:Odd\r\nDTSTART:20261124T090000Z\r\nCATEGORIES:,{long},a\\nb, ok ,OK"),
        &format!("UID:2\r\nSUMMARY:Many\r\nDTSTART:20261125T090000Z\r\nCATEGORIES:{}", many.join(",")),
    ]);
    assert_eq!(counts(&desk.import("", &text).await), [2, 0, 0, 0, 0]);
    assert_eq!(desk.tags_of("Odd").await.0, json!(["ok"]));
    assert_eq!(desk.tags_of("Many").await.0.as_array().map(Vec::len), Some(20), "as many as a schedule may have");
    let export = desk.export().await;
    assert!(export.lines().contains(&format!("CATEGORIES:,{long},a\\nb, ok ,OK")), "{}", export.text);
    assert!(export.lines().contains(&format!("CATEGORIES:{}", many.join(","))), "{}", export.text);

    for number in 0..479 {
        let made = desk.send(Call::post("/api/v1/tags", &json!({ "name": format!("filler {number}") }))).await;
        assert_eq!(made.status, 201, "{}", made.body);
    }
    let event = |uid: &str, tags: &str| format!("UID:{uid}\r\nSUMMARY:{uid}\r\nDTSTART:20261126T090000Z\r\nCATEGORIES:{tags}");
    assert_eq!(counts(&desk.import("", &file(&[&event("Full", "new,ok"), &event("Own", "ok")])).await), [2, 0, 0, 0, 0]);
    assert_eq!(desk.tags_of("Full").await.0, json!(["ok"]), "there are 500 already");
    assert_eq!(desk.tags_of("Own").await.0, json!(["ok"]));
    house.close().await;
}
