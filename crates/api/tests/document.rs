//! The OpenAPI document, the route table and the table of errors say the same.

use std::{collections::BTreeSet, fs, path::Path};

use api::{Access, ERRORS, openapi_json, route_table};
use serde_json::Value;

fn document() -> Value {
    serde_json::from_str(&openapi_json()).expect("the document is JSON")
}

/// `GET /path`, its operation.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let methods = ["get", "put", "post", "delete", "patch", "head", "options", "trace"];
    paths
        .iter()
        .flat_map(|(path, item)| {
            let item = item.as_object().expect("a path item");
            methods.iter().filter_map(move |method| Some((format!("{} {path}", method.to_uppercase()), item.get(*method)?)))
        })
        .collect()
}

#[test]
fn every_route_is_documented_and_every_documented_route_exists() {
    let document = document();
    let documented: BTreeSet<String> = operations(&document).into_iter().map(|(name, _)| name).collect();
    let declared: BTreeSet<String> = route_table().into_iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(documented, declared);
    assert_eq!(declared.len(), route_table().len(), "a route was declared twice");
    assert!(!declared.is_empty());
}

#[test]
fn every_route_that_is_not_public_asks_for_a_credential() {
    let document = document();
    for (name, operation) in operations(&document) {
        let route = route_table().into_iter().find(|route| format!("{} {}", route.method, route.path) == name).expect("declared");
        let asked = operation["security"].as_array().expect("each operation says it");
        let schemes: Vec<&String> = asked.iter().flat_map(|one| one.as_object().expect("a requirement").keys()).collect();
        let expected: &[&str] = match route.access {
            Access::Public | Access::Operator => &[],
            Access::Stream(_) => &["bearer", "ticket"],
            Access::User | Access::Scoped(_) | Access::All(_) | Access::Administrator => &["bearer"],
        };
        assert_eq!(schemes, expected, "{name}");
        // Signing in and refreshing ask for no credential and answer 401 all the same.
        assert!(asked.is_empty() || operation["responses"].get("401").is_some(), "{name}");
    }
}

#[test]
fn only_these_routes_are_open_to_everybody() {
    // A new public route is a decision: it is made here, too.
    let open: BTreeSet<String> = route_table()
        .into_iter()
        .filter(|route| matches!(route.access, Access::Public | Access::Operator))
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    let decided: BTreeSet<String> = include_str!("golden/public_routes.txt").lines().map(str::to_owned).collect();
    assert_eq!(open, decided);
}

#[test]
fn operations_have_their_own_ids_titles_and_tags_and_every_refusal_is_a_problem() {
    let document = document();
    let mut ids = BTreeSet::new();
    let tags: BTreeSet<&str> = document["tags"].as_array().expect("tags").iter().filter_map(|tag| tag["name"].as_str()).collect();
    for (name, operation) in operations(&document) {
        assert!(ids.insert(operation["operationId"].as_str().expect("an id")), "{name}: the operation id is taken");
        assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{name}: no summary");
        let tagged =
            operation["tags"].as_array().is_some_and(|own| own.iter().all(|tag| tags.contains(tag.as_str().expect("text"))));
        assert!(tagged, "{name}: a tag that is not described");
        for (status, response) in operation["responses"].as_object().expect("responses") {
            let response = match response.get("$ref").and_then(Value::as_str) {
                Some(reference) => document.pointer(reference.trim_start_matches('#')).expect("the reference leads somewhere"),
                None => response,
            };
            if status.starts_with(['4', '5', 'd']) {
                let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
                assert_eq!(schema, "#/components/schemas/Problem", "{name} {status}");
            }
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(at: &Value, document: &Value) {
        match at {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let pointer = reference.strip_prefix('#').expect("a local reference");
                    assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
                }
                members.values().for_each(|member| walk(member, document));
            }
            Value::Array(elements) => elements.iter().for_each(|element| walk(element, document)),
            _ => {}
        }
    }
    let document = document();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")));
    walk(&document, &document);
}

#[test]
fn the_committed_document_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi.json");
    let committed = fs::read_to_string(path).unwrap_or_default();
    assert!(committed == openapi_json(), "openapi.json is stale: run `make openapi` and commit it");
}

/// Reads every room's sources for what a `fn code` can answer, and the edge for what it makes itself.
#[test]
fn every_code_that_some_room_can_answer_is_in_the_table_of_errors() {
    let rooms = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut codes = BTreeSet::new();
    for room in ["kernel", "domain", "store", "clockwork", "hub", "app", "api"] {
        each_source(&rooms.join(room).join("src"), &mut |text| codes.extend(codes_in(text)));
    }
    assert!(codes.len() > 20, "the sources were not found");
    let known: BTreeSet<String> = ERRORS.iter().map(|entry| entry.code.to_owned()).collect();
    let missing: Vec<&String> = codes.difference(&known).collect();
    assert!(missing.is_empty(), "add to crates/api/src/http/errors.rs: {missing:?}");
    let unused: Vec<&String> = known.difference(&codes).collect();
    assert!(unused.is_empty(), "no room answers with: {unused:?}");
}

fn each_source(folder: &Path, read: &mut dyn FnMut(&str)) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            each_source(&path, read);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("http/errors.rs") {
            read(&fs::read_to_string(&path).expect("a text"));
        }
    }
}

/// The literals of a `fn code` body, and those given to `Problem::new` and `Problem::of_status`.
fn codes_in(text: &str) -> Vec<String> {
    let bodies =
        text.split("fn code(&self) -> &'static str {").skip(1).map(|rest| rest.split("\n    }").next().unwrap_or_default());
    let made = ["Problem::new(", "Problem::of_status(", "Self::new("].into_iter().flat_map(|call| text.split(call).skip(1)).map(
        |rest| {
            // The code is the second argument: status or category first, then the literal.
            let end = rest.char_indices().filter(|(_, c)| *c == ',').nth(1).map_or(0, |(at, _)| at);
            &rest[..end]
        },
    );
    bodies
        .chain(made)
        .flat_map(|part| part.split('"').skip(1).step_by(2))
        .filter(|code| is_code(code))
        .map(str::to_owned)
        .collect()
}

fn is_code(text: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    text == "internal" || text.split_once('.').is_some_and(|(context, reason)| plain(context) && plain(reason))
}
