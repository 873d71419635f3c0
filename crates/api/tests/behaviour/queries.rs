//! What the document says of a query parameter is what the server holds it to.

use serde_json::Value;

use crate::{
    house::{Call, House},
    inbox::user,
    postman::{deliver, numbered},
};

/// A query parameter of a `GET`, and what the document says of it.
struct Parameter {
    path: String,
    name: String,
    schema: Value,
    /// What has to be said besides, as the document says it.
    besides: String,
}

/// Every query parameter of every `GET` of the document.
fn parameters() -> Vec<Parameter> {
    let document: Value = serde_json::from_str(&api::openapi_json()).expect("the document is JSON");
    let paths = document["paths"].as_object().expect("paths").iter();
    let of_path = |(path, item): (&String, &Value)| {
        let listed = item["get"]["parameters"].as_array().cloned().unwrap_or_default();
        let (path, others) = (path.clone(), listed.clone());
        let besides = move |name: &Value| {
            let others =
                others.iter().filter(|other| other["in"] == "query" && other["required"] == true && other["name"] != *name);
            let said = |other: &Value| Some(format!("&{}={}", other["name"].as_str()?, other["example"].as_str()?));
            others.filter_map(said).collect()
        };
        listed.into_iter().filter(|parameter| parameter["in"] == "query").map(move |parameter| Parameter {
            path: path.clone(),
            name: parameter["name"].as_str().expect("a name").to_owned(),
            schema: parameter["schema"].clone(),
            besides: besides(&parameter["name"]),
        })
    };
    paths.flat_map(of_path).collect()
}

/// Values just beyond what `schema` allows.
fn beyond(schema: &Value) -> Vec<String> {
    let mut values = Vec::new();
    if let Some(most) = schema["maxLength"].as_u64() {
        values.push("x".repeat(usize::try_from(most).expect("short") + 1));
    }
    if let Some(least) = schema["minLength"].as_u64() {
        values.push("x".repeat(usize::try_from(least).expect("short") - 1));
    }
    if schema.get("pattern").is_some() {
        values.extend(["%00", "%E2%82%AC", "%20", "a%0Ab"].map(str::to_owned));
    }
    if let Some(least) = schema["minimum"].as_i64() {
        values.push((least - 1).to_string());
    }
    if let Some(most) = schema["maximum"].as_i64() {
        values.push((most + 1).to_string());
    }
    if schema.get("enum").is_some() {
        values.push("none-of-them".to_owned());
    }
    if schema["type"] == "integer" {
        values.extend(["x", "1.5", "", "9223372036854775808"].map(str::to_owned));
    }
    values
}

#[tokio::test]
async fn every_documented_limit_of_a_query_is_enforced() {
    let house = House::open(&testkit::Database::sqlite()).await;
    let token = house.sign_up("ada").await.access_token().to_owned();
    let body = serde_json::json!({ "title": "x", "start": "2026-11-20T09:00:00Z", "duration": "PT1H" });
    let schedule = house.send(Call::post("/api/v1/schedules", &body).bearer(&token)).await;
    let task = house.send(Call::post("/api/v1/tasks", &serde_json::json!({ "title": "x" })).bearer(&token)).await;
    let room = house.send(Call::post("/api/v1/rooms", &serde_json::json!({ "name": "x" })).bearer(&token)).await;
    let product =
        house.send(Call::new("PUT", "/api/v1/products/x").json(&serde_json::json!({ "name": "x" })).bearer(&token)).await;
    let stock = format!("/api/v1/products/{}/stock", product.text("/id"));
    house.send(Call::new("PUT", &stock).json(&serde_json::json!({ "stock": 1 })).bearer(&token)).await;
    let mut tried = 0;
    for Parameter { path, name, schema, besides } in parameters() {
        let of = match path.split('/').nth(3) {
            Some("tasks") => &task,
            Some("rooms") => &room,
            Some("products") => &product,
            _ => &schedule,
        };
        let path = path.replace("{id}", of.text("/id")).replace("{product_id}", of.text("/id")).replace("{round}", "1");
        for value in beyond(&schema) {
            let reply = house.send(Call::get(&format!("{path}?{name}={value}{besides}")).bearer(&token)).await;
            let pointer = reply.body.pointer("/errors/0/pointer").and_then(Value::as_str);
            assert_eq!((reply.status.as_u16(), pointer), (422, Some(format!("/{name}").as_str())), "{path}?{name}={value}");
            tried += 1;
        }
    }
    assert!(tried > 10, "the document names no limits");
}

#[tokio::test]
async fn a_cursor_goes_on_in_the_list_it_was_made_for_only() {
    let house = House::open(&testkit::Database::sqlite()).await;
    let ada = house.sign_up("ada").await;
    deliver(&house.app, user(&ada), &numbered(1..=3)).await;
    let list = async |query: String| {
        house.send(Call::get(&format!("/api/v1/notifications?limit=1&{query}")).bearer(ada.access_token())).await
    };
    let first = list("kind=reminder".to_owned()).await;
    let cursor = first.text("/next_cursor");
    assert_eq!(list(format!("kind=reminder&cursor={cursor}")).await.status, 200);
    for other in ["", "kind=other&", "kind=reminder&state=unread&"] {
        list(format!("{other}cursor={cursor}")).await.refused(400, "cursor.malformed");
    }
}

#[tokio::test]
async fn a_refusal_quotes_little_of_what_was_sent_and_nothing_strange() {
    testkit::on_both_databases(async |database| {
        let house = House::open(database).await;
        let token = house.sign_up("ada").await.access_token().to_owned();
        let (long, strange) = ("x".repeat(3_000), "%1B%5B31m%E2%80%AEx%0A");
        for path in ["schedules?", "tasks?q=x&", "schedules/"] {
            for name in [long.as_str(), strange] {
                let refused = house.send(Call::get(&format!("/api/v1/{path}{name}")).bearer(&token)).await;
                assert!(refused.status.is_client_error(), "{path}: {}", refused.body);
                let mut texts = vec![refused.text("/detail")];
                for error in refused.body["errors"].as_array().into_iter().flatten() {
                    texts.extend(["pointer", "detail"].map(|name| error[name].as_str().expect("a text")));
                }
                for text in texts {
                    assert!(text.chars().count() <= 501, "{path}: {} characters", text.chars().count());
                    assert!(!text.contains(|c: char| c.is_control() || c == '\u{202e}'), "{path}: {text:?}");
                }
            }
        }
        house.close().await;
    })
    .await;
}
