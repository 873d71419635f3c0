//! The tree of categories, over HTTP, on both engines.

use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    desk::Desk,
    house::{Call, House, Reply},
};

const CATEGORIES: &str = "/api/v1/categories";

impl Desk<'_> {
    pub(crate) async fn try_category(&self, body: &Value) -> Reply {
        self.send(Call::post(CATEGORIES, body)).await
    }

    /// Makes a category and answers its id.
    pub(crate) async fn category(&self, name: &str, parent: Option<&str>) -> String {
        let made = self.try_category(&json!({ "name": name, "parent_id": parent })).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.text("/id").to_owned()
    }

    async fn patch_category(&self, id: &str, change: &Value) -> Reply {
        self.send(Call::new("PATCH", &format!("{CATEGORIES}/{id}")).json(change).header("if-match", "*")).await
    }

    async fn delete_category(&self, id: &str, query: &str) -> Reply {
        self.send(Call::new("DELETE", &format!("{CATEGORIES}/{id}{query}"))).await
    }

    /// Names and depths, from the top down.
    async fn tree(&self) -> Vec<(String, i64)> {
        let listed = self.get(CATEGORIES).await;
        assert_eq!((listed.status.as_u16(), &listed.body["next_cursor"]), (200, &Value::Null));
        let item = |item: &Value| (item["name"].as_str().expect("a name").to_owned(), item["depth"].as_i64().expect("a depth"));
        listed.body["items"].as_array().expect("items").iter().map(item).collect()
    }
}

fn tree(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected.iter().map(|(name, depth)| ((*name).to_owned(), *depth)).collect()
}

#[tokio::test]
async fn categories_make_a_tree_in_the_order_of_their_owner() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        assert_eq!(desk.tree().await, [], "none is an empty list");
        let work = desk.category("Work", None).await;
        desk.category("Calls", Some(&work)).await;
        desk.category("Archive", None).await;
        assert_eq!(desk.tree().await, tree(&[("Archive", 1), ("Work", 1), ("Calls", 2)]));
        let body = json!({ "name": " 집 ", "colour": "#FFaa00", "position": 0, "parent_id": null });
        let made = desk.try_category(&body).await;
        assert_eq!((made.status.as_u16(), made.text("/name"), made.text("/colour")), (201, "집", "#ffaa00"));
        assert_eq!(made.header("etag"), Some("\"1\""));
        let location = made.header("location").expect("a location").to_owned();
        assert_eq!(desk.get(&location).await.body, made.body);

        desk.try_category(&json!({ "name": "work" })).await.refused(409, "category.name_taken");
        let taken = desk.patch_category(made.text("/id"), &json!({ "name": "WORK" })).await;
        taken.refused(409, "category.name_taken");
        assert_eq!(taken.text("/taken_by"), work);
        for (wrong, pointer) in [
            (json!({ "name": "" }), "/name"),
            (json!({ "name": "x", "colour": "blue" }), "/colour"),
            (json!({ "name": "x", "position": -1 }), "/position"),
            (json!({ "name": "x", "parent_id": "cat_00000000000000000000000000" }), "/parent_id"),
        ] {
            let refused = desk.try_category(&wrong).await;
            refused.refused(422, "category.invalid");
            assert_eq!(refused.text("/errors/0/pointer"), pointer);
        }
        let moved = desk.patch_category(&work, &json!({ "parent_id": made.text("/id"), "colour": null, "position": 3 })).await;
        assert_eq!((moved.status.as_u16(), &moved.body["depth"], &moved.body["version"]), (200, &json!(2), &json!(2)));
        assert_eq!(desk.tree().await, tree(&[("Archive", 1), ("집", 1), ("Work", 2), ("Calls", 3)]));
        let same = desk.patch_category(&work, &json!({ "position": 3 })).await;
        assert_eq!(same.body["version"], 2, "nothing changed");
        let up = desk.patch_category(&work, &json!({ "parent_id": null })).await;
        assert_eq!((&up.body["parent_id"], &up.body["depth"]), (&Value::Null, &json!(1)));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_change_of_a_category_names_the_version_it_is_based_on() {
    let house = House::open(&testkit::Database::sqlite()).await;
    let desk = Desk::of(&house, "ada").await;
    let path = format!("{CATEGORIES}/{}", desk.category("Work", None).await);
    let change = |tag: &str| Call::new("PATCH", &path).json(&json!({ "name": "Job" })).header("if-match", tag);
    desk.send(Call::new("PATCH", &path).json(&json!({ "name": "Job" }))).await.refused(428, "category.version_required");
    assert_eq!(desk.send(change("\"1\"")).await.header("etag"), Some("\"2\""));
    desk.send(change("\"1\"")).await.refused(412, "category.version_mismatch");
    desk.send(Call::new("DELETE", &path).header("if-match", "\"1\"")).await.refused(412, "category.version_mismatch");
    assert_eq!(desk.send(Call::new("DELETE", &path).header("if-match", "\"2\"")).await.status, 204);
    desk.get(&path).await.refused(404, "category.not_found");
    house.close().await;
}

#[tokio::test]
async fn a_category_cannot_lie_below_itself_nor_too_deep() {
    let house = House::open(&testkit::Database::sqlite()).await;
    let desk = Desk::of(&house, "ada").await;
    let mut chain = vec![desk.category("1", None).await];
    for depth in 2..=8 {
        chain.push(desk.category(&depth.to_string(), chain.last().map(String::as_str)).await);
    }
    desk.try_category(&json!({ "name": "9", "parent_id": chain[7] })).await.refused(422, "category.too_deep");
    let refused = desk.patch_category(&chain[1], &json!({ "parent_id": chain[3] })).await;
    refused.refused(422, "category.cycle");
    assert_eq!(refused.body["cycle"], json!([chain[1], chain[2], chain[3]]), "the way down is named");
    house.close().await;
}

#[tokio::test]
async fn two_moves_at_once_never_make_a_circle() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        for round in 0..10 {
            let (a, b) = (desk.category(&format!("a{round}"), None).await, desk.category(&format!("b{round}"), None).await);
            let (below_b, below_a) = (json!({ "parent_id": b }), json!({ "parent_id": a }));
            let (one, other) = tokio::join!(desk.patch_category(&a, &below_b), desk.patch_category(&b, &below_a));
            let mut statuses = [one.status.as_u16(), other.status.as_u16()];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 422], "{} {}", one.body, other.body);
        }
        assert_eq!(desk.tree().await.len(), 20, "all of them hang from the top");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn whoever_deletes_a_category_says_what_becomes_of_those_below() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let work = desk.category("Work", None).await;
        let calls = desk.category("Calls", Some(&work)).await;
        let late = desk.category("Work", Some(&calls)).await;
        let made = desk.try_make(&json!({ "category_id": late })).await;
        assert_eq!(made.text("/category_id"), late);
        let schedule = format!("/api/v1/schedules/{}", made.text("/id"));

        desk.delete_category(&work, "").await.refused(409, "category.has_children");
        desk.delete_category(&work, "?children=keep").await.refused(422, "query.invalid");
        assert_eq!(desk.delete_category(&calls, "?children=lift").await.status, 204);
        assert_eq!(desk.tree().await, tree(&[("Work", 1), ("Work", 2)]));
        assert_eq!(desk.delete_category(&work, "?children=lift").await.status, 204);
        assert_eq!(desk.tree().await, tree(&[("Work", 1)]), "under the name that became free");
        assert_eq!(desk.get(&schedule).await.text("/category_id"), late, "it was lifted with its category");

        let other = desk.category("Other", Some(&late)).await;
        let second = desk.try_make(&json!({ "category_id": other, "start": "2026-11-22T09:00:00" })).await;
        assert_eq!(desk.delete_category(&late, "?children=delete").await.status, 204);
        assert_eq!(desk.tree().await, []);
        for path in [schedule, format!("/api/v1/schedules/{}", second.text("/id"))] {
            let left = desk.get(&path).await;
            assert_eq!((&left.body["category_id"], &left.body["version"]), (&Value::Null, &json!(2)));
        }
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_lift_that_finds_its_name_taken_changes_nothing() {
    let house = House::open(&testkit::Database::sqlite()).await;
    let desk = Desk::of(&house, "ada").await;
    let work = desk.category("Work", None).await;
    desk.category("Calls", None).await;
    desk.category("calls", Some(&work)).await;
    desk.delete_category(&work, "?children=lift").await.refused(409, "category.name_taken");
    assert_eq!(desk.tree().await, tree(&[("Calls", 1), ("Work", 1), ("calls", 2)]));
    house.close().await;
}

#[tokio::test]
async fn a_schedule_lies_in_a_category_of_its_owner_only() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, eve) = (Desk::of(&house, "ada").await, Desk::of(&house, "eve").await);
        let work = ada.category("Work", None).await;
        let foreign = eve.try_make(&json!({ "category_id": work })).await;
        foreign.refused(422, "schedule.invalid");
        assert_eq!(foreign.text("/errors/0/pointer"), "/category_id");
        let made = eve.try_make(&json!({})).await;
        let patch = async |category: Value| {
            let call = Call::new("PATCH", &format!("/api/v1/schedules/{}", made.text("/id"))).header("if-match", "*");
            eve.send(call.json(&json!({ "category_id": category }))).await
        };
        patch(json!(work)).await.refused(422, "schedule.invalid");
        let own = eve.category("Home", None).await;
        let changed = patch(json!(own)).await;
        assert_eq!((changed.text("/category_id"), &changed.body["version"]), (own.as_str(), &json!(2)));
        assert_eq!(patch(json!(own)).await.body["version"], 2, "the same again changes nothing");
        assert_eq!(patch(Value::Null).await.body["category_id"], Value::Null);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn there_are_at_most_five_hundred() {
    let house = House::open(&testkit::Database::sqlite()).await;
    let desk = Desk::of(&house, "ada").await;
    for number in 0..500 {
        desk.category(&number.to_string(), None).await;
    }
    desk.try_category(&json!({ "name": "one more" })).await.refused(409, "category.too_many");
    house.close().await;
}
