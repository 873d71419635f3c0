//! Finding schedules by their words and labels, over HTTP, on both engines.

use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    desk::Desk,
    house::{Call, House, Reply},
};

/// `text` as a value of a query.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Titles, and which occurrence where it is one.
fn shown(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.body);
    let one = |item: &Value| match item["recurrence_id"].as_str() {
        Some(which) => format!("{} {}", item["title"].as_str().expect("a title"), &which[8..10]),
        None => item["title"].as_str().expect("a title").to_owned(),
    };
    reply.body["items"].as_array().expect("items").iter().map(one).collect()
}

impl Desk<'_> {
    /// What is listed with these parameters.
    async fn list(&self, query: &str) -> Vec<String> {
        shown(&self.get(&format!("/api/v1/schedules?{query}")).await)
    }

    /// What says this.
    async fn find(&self, words: &str) -> Vec<String> {
        self.list(&format!("q={}", encoded(words))).await
    }

    async fn plan(&self, day: u32, title: &str, more: &Value) -> String {
        let mut body = json!({ "title": title, "start": format!("2026-12-{day:02}T09:00:00"), "duration": "PT1H" });
        let (Some(body_map), Some(more)) = (body.as_object_mut(), more.as_object()) else { panic!("objects") };
        body_map.extend(more.clone());
        self.make(&body).await.text("/id").to_owned()
    }

    async fn edit(&self, id: &str, query: &str, change: &Value) -> Reply {
        let call = Call::new("PATCH", &format!("/api/v1/schedules/{id}{query}")).json(change).header("if-match", "*");
        let reply = self.send(call).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply
    }
}

#[tokio::test]
async fn words_are_found_in_every_script_by_what_reads_the_same() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (desk, eve) = (Desk::of(&house, "ada").await, Desk::of(&house, "eve").await);
        desk.plan(1, "주간회의록 정리", &json!({})).await;
        desk.plan(2, "Team meeting", &json!({ "description": "Bring the résumé\nand cake", "location": "Café Zoë" })).await;
        desk.plan(3, "東京タワーへ行く", &json!({})).await;
        desk.plan(4, "Q4회의 with Ωmega", &json!({ "tags": ["긴급업무"] })).await;
        eve.plan(1, "주간회의 meeting", &json!({})).await;
        let (minutes, team, tokyo, quarter) = ("주간회의록 정리", "Team meeting", "東京タワーへ行く", "Q4회의 with Ωmega");
        for (words, expected) in [
            ("회의", vec![minutes, quarter]),
            ("간회의", vec![minutes]),
            ("회의록 정리", vec![minutes]),
            ("의", vec![minutes, quarter]),
            ("정", vec![minutes]),
            ("의회", vec![]),
            ("MEET", vec![team]),
            ("t", vec![team]),
            ("eeting", vec![]),
            ("resume", vec![team]),
            ("RÉSUMÉ cafe", vec![team]),
            ("zoe meeting", vec![team]),
            ("タワー", vec![tokyo]),
            ("東京", vec![tokyo]),
            ("京東", vec![]),
            ("q4", vec![quarter]),
            ("ωMEGA q4회의", vec![quarter]),
            ("긴급", vec![quarter]),
            ("급업 회의", vec![quarter]),
            ("회의 cake", vec![]),
        ] {
            assert_eq!(desk.find(words).await, expected, "{words}");
        }
        assert_eq!(eve.find("회의").await, ["주간회의 meeting"], "everybody finds their own");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn nothing_in_a_query_has_a_meaning_of_its_own() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        desk.plan(1, "cats and dogs", &json!({})).await;
        desk.plan(2, "cats", &json!({})).await;
        for (words, expected) in [
            ("cats AND dogs", vec!["cats and dogs"]),
            ("cats OR dogs", vec![]),
            ("NOT dogs", vec![]),
            ("\"cats\"", vec!["cats and dogs", "cats"]),
            ("cats*", vec!["cats and dogs", "cats"]),
            ("tokens:cats", vec![]),
            ("NEAR(cats dogs, 5)", vec![]),
            ("cats' | 'dogs", vec!["cats and dogs"]),
            ("cats & !dogs", vec!["cats and dogs"]),
            ("cats:*", vec!["cats and dogs", "cats"]),
            ("cats <-> dogs", vec!["cats and dogs"]),
            ("^cats", vec!["cats and dogs", "cats"]),
            ("'; DROP TABLE schedules; --", vec![]),
            ("cats \\' \" ) ( % _", vec!["cats and dogs", "cats"]),
        ] {
            assert_eq!(desk.find(words).await, expected, "{words}");
        }
        for bad in ["", " ", "\"*\"", "::", "\u{0}", "🎉", &"x".repeat(201), "a b c d e f g h i j k l m n o p q"] {
            let refused = desk.get(&format!("/api/v1/schedules?q={}", encoded(bad))).await;
            refused.refused(422, "query.invalid");
            assert_eq!(refused.text("/errors/0/pointer"), "/q", "{bad:?}");
        }
        assert_eq!(desk.find(&"회".repeat(200)).await, Vec::<String>::new());
        let long: String = ('가'..='힣').take(200).collect();
        desk.plan(3, &long, &json!({})).await;
        assert_eq!(desk.find(&long).await, [long.as_str()], "two hundred characters are as many terms");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_found_follows_every_change() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let id = desk.plan(1, "alpha", &json!({ "tags": ["one"] })).await;
        desk.edit(&id, "", &json!({ "title": "beta", "tags": ["two", "three"] })).await;
        for (words, found) in [("alpha", 0), ("one", 0), ("beta", 1), ("two three", 1)] {
            assert_eq!(desk.find(words).await.len(), found, "{words}");
        }
        let tags = desk.get("/api/v1/tags").await.body;
        let tag = |name: &str| {
            let found = tags["items"].as_array().expect("items").iter().find(|tag| tag["name"] == name);
            format!("/api/v1/tags/{}", found.expect("such a tag")["id"].as_str().expect("an id"))
        };
        let renamed = Call::new("PATCH", &tag("two")).json(&json!({ "name": "deux" })).header("if-match", "*");
        assert_eq!(desk.send(renamed).await.status, 200);
        assert_eq!((desk.find("two").await.len(), desk.find("deux beta").await.len()), (0, 1), "by its new name at once");
        let into = tag("one").replace("/api/v1/tags/", "");
        assert_eq!(desk.send(Call::post(&format!("{}/merge", tag("two")), &json!({ "into": into }))).await.status, 200);
        assert_eq!((desk.find("deux").await.len(), desk.find("one three").await.len()), (0, 1), "by what it was merged into");
        assert_eq!(desk.send(Call::new("DELETE", &tag("three"))).await.status, 204);
        assert_eq!(desk.find("three").await.len(), 0);

        let path = format!("/api/v1/schedules/{id}");
        assert_eq!(desk.send(Call::new("DELETE", &path)).await.status, 204);
        assert_eq!(desk.find("beta").await.len(), 0, "not in the trash");
        assert_eq!(desk.send(Call::new("POST", &format!("{path}/restore"))).await.status, 200);
        assert_eq!(desk.find("beta one").await.len(), 1);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_series_is_found_with_the_occurrences_that_say_it() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let recurrence = json!({ "rrule": "FREQ=DAILY", "exdates": ["2026-12-05T09:00:00"] });
        let id = desk.plan(1, "stand-up", &json!({ "recurrence": recurrence, "tags": ["daily"] })).await;
        let budget = json!({ "title": "budget review" });
        desk.edit(&id, "?scope=this&recurrence_id=2026-12-03T09:00:00", &budget).await;
        let moved = json!({ "start": "2026-12-10T15:00:00", "description": "with the auditors" });
        desk.edit(&id, "?scope=this&recurrence_id=2026-12-04T09:00:00", &moved).await;
        assert_eq!(desk.find("stand").await, ["stand-up"], "without a range the whole series, once");
        assert_eq!(desk.find("budget").await, ["budget review 03"]);
        assert_eq!(desk.find("auditors daily").await, ["stand-up 04"], "with the words of its series beside its own");
        let week = "from=2026-12-01&to=2026-12-08";
        assert_eq!(desk.list(&format!("{week}&q=stand")).await, ["stand-up 01", "stand-up 02", "stand-up 06", "stand-up 07"]);
        assert_eq!(desk.list(&format!("{week}&q=budget%20daily")).await, ["budget review 03"]);
        assert_eq!(desk.list(&format!("{week}&q=auditors")).await, Vec::<String>::new(), "it was moved out of this week");
        let mut pages = Vec::new();
        let mut next = format!("/api/v1/schedules?{week}&q=stand&limit=3");
        loop {
            let page = desk.get(&next).await;
            pages.extend(shown(&page));
            let Some(cursor) = page.body["next_cursor"].as_str() else { break };
            next = format!("/api/v1/schedules?{week}&q=stand&limit=3&cursor={cursor}");
        }
        assert_eq!(pages, ["stand-up 01", "stand-up 02", "stand-up 06", "stand-up 07"], "page by page");

        let rest = desk.edit(&id, "?scope=following&recurrence_id=2026-12-07T09:00:00", &json!({ "title": "sync" })).await;
        assert_eq!(desk.list(&format!("{week}&q=sync")).await, ["sync 07"]);
        assert_eq!(desk.list("from=2026-12-10&to=2026-12-11&q=auditors").await, ["stand-up 04"]);
        let path = format!("/api/v1/schedules/{id}?scope=following&recurrence_id=2026-12-03T09:00:00");
        assert_eq!(desk.send(Call::new("DELETE", &path)).await.status, 204);
        assert_eq!(desk.find("budget").await, Vec::<String>::new(), "what was taken out is found no more");
        assert_eq!(desk.find("daily").await, ["stand-up", "sync"]);
        desk.edit(rest.text("/id"), "", &json!({ "recurrence": null })).await;
        assert_eq!(desk.find("sync").await, ["sync"]);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn filters_are_combined_with_the_range_with_progress_and_page_by_page() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let work = desk.category("Work", None).await;
        let calls = desk.category("Calls", Some(&work)).await;
        let home = desk.category("Home", None).await;
        let labelled = |category: &str, tags: &[&str]| json!({ "category_id": category, "tags": tags });
        for day in 1..=6 {
            let (category, tags) = if day % 2 == 0 { (&calls, ["Phone", "work"]) } else { (&work, ["desk", "work"]) };
            desk.plan(day, &format!("day {day}"), &labelled(category, &tags)).await;
        }
        let mut series = labelled(&calls, &["phone"]);
        series["recurrence"] = json!({ "rrule": "FREQ=DAILY;COUNT=6" });
        series["start"] = json!("2026-12-01T10:00:00");
        desk.plan(1, "ring", &series).await;
        let mut late = labelled(&home, &["phone"]);
        late["start"] = json!("2026-12-04T18:00:00");
        let done = desk.plan(4, "done", &late).await;
        assert_eq!(desk.send(Call::new("POST", &format!("/api/v1/schedules/{done}/complete"))).await.status, 200);

        let week = "from=2026-12-02&to=2026-12-05";
        for (query, expected) in [
            (format!("{week}&category={home}"), vec!["done"]),
            (format!("{week}&category={calls}"), vec!["day 2", "ring 02", "ring 03", "day 4", "ring 04"]),
            (format!("{week}&category={work}"), vec!["day 2", "ring 02", "day 3", "ring 03", "day 4", "ring 04"]),
            (format!("{week}&category={work}&tag=DESK"), vec!["day 3"]),
            (format!("{week}&tag=phone&q=day"), vec!["day 2", "day 4"]),
            (format!("{week}&tag=phone&q=r"), vec!["ring 02", "ring 03", "ring 04"]),
            (format!("{week}&tag=phone&progress=COMPLETED"), vec!["done"]),
            (format!("{week}&tag=nothing"), vec![]),
            (format!("category={home}&tag=work"), vec![]),
            (format!("category={work}&q=ring"), vec!["ring"]),
            ("tag=desk".to_owned(), vec!["day 1", "day 3", "day 5"]),
        ] {
            let mut expected: Vec<_> = expected;
            let mut found = desk.list(&query).await;
            // Two begin at the same time and are told apart by their ids.
            expected.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, expected, "{query}");
        }
        let whole = desk.list(&format!("category={work}&tag=phone&from=2026-12-01")).await;
        let (mut pages, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = desk.get(&format!("/api/v1/schedules?category={work}&tag=phone&from=2026-12-01&limit=2{cursor}")).await;
            pages.extend(shown(&page));
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
            let other = desk.get(&format!("/api/v1/schedules?category={calls}&tag=phone&from=2026-12-01{cursor}")).await;
            other.refused(400, "cursor.malformed");
        }
        assert_eq!((pages.len(), &pages), (9, &whole));

        desk.get("/api/v1/schedules?category=cat_00000000000000000000000000").await.refused(422, "query.invalid");
        desk.get("/api/v1/schedules?tag=a%0Ab").await.refused(422, "query.invalid");
        for filter in ["tag=desk", "q=day", &format!("category={work}"), "progress=COMPLETED"] {
            let refused = desk.get(&format!("/api/v1/schedules?state=deleted&{filter}")).await;
            refused.refused(422, "query.invalid");
        }
        house.close().await;
    })
    .await;
}
