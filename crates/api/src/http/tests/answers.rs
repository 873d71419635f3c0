//! How every answer looks: problem documents, headers, names, conditional reads, pages.

use std::collections::BTreeSet;

use axum::body::Body;
use http::header;

use super::{Edge, EdgeSettings, request};

#[tokio::test]
async fn an_unknown_address_and_a_wrong_method_are_problems_too() {
    let edge = Edge::new().await;
    for path in ["/", "/nothing", "/api/v1/nothing", "/test/notes/", "//test/notes", "/docs/../etc/passwd"] {
        edge.get(path).await.is_problem("route.not_found");
    }
    for method in ["DELETE", "TRACE", "BREW"] {
        let seen = edge.send(request(method, "/test/notes").body(Body::empty()).expect("a request")).await;
        seen.is_problem("route.method_not_allowed");
        let allowed = seen.header("allow").expect("Allow");
        assert!(["GET", "HEAD", "POST", "PATCH"].iter().all(|method| allowed.contains(method)), "{allowed}");
    }
}

#[tokio::test]
async fn a_panic_is_contained_and_tells_nothing() {
    let edge = Edge::new().await;
    for seen in [edge.get("/test/explode").await, edge.post("/test/explode", "").await] {
        let problem = seen.is_problem("internal");
        assert!(!problem.to_string().contains("12345"), "{problem}");
    }
    assert_eq!(edge.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_problem_has_the_members_that_the_reference_says() {
    let document: serde_json::Value = serde_json::from_str(&crate::openapi_json()).expect("the document");
    let members = |schema: &str| {
        let properties = document["components"]["schemas"][schema]["properties"].as_object().expect("properties");
        properties.keys().cloned().collect::<BTreeSet<_>>()
    };
    let seen = Edge::new().await.post("/test/notes", "{}").await;
    let problem = seen.is_problem("body.invalid");
    let keys = |value: &serde_json::Value| value.as_object().expect("an object").keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(keys(&problem), members("Problem"));
    assert_eq!(keys(&problem["errors"][0]), members("FieldError"));
}

#[tokio::test]
async fn a_refusal_in_another_format_becomes_a_problem_and_keeps_its_other_headers() {
    let edge = Edge::new().await;
    let seen = edge.get("/test/foreign").await;
    assert_eq!((seen.status.as_u16(), seen.header("retry-after")), (409, Some("9")));
    assert_eq!(seen.json()["code"], "edge.refused");
    assert!(!String::from_utf8_lossy(&seen.body).contains("library"));
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let https = EdgeSettings { public_url: "https://campanile.example".to_owned(), ..EdgeSettings::default() };
    for (settings, secure) in [(EdgeSettings::default(), false), (https, true)] {
        let edge = Edge::with(settings).await;
        for path in ["/healthz", "/test/notes", "/nothing", "/test/explode", "/test/mine", "/docs", "/openapi.json", "/readyz"] {
            let seen = edge.get(path).await;
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
                ("referrer-policy", "no-referrer"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
            ] {
                assert_eq!(seen.header(name), Some(value), "{path}");
            }
            let policy = seen.header("content-security-policy").expect("a policy");
            assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
            assert!(!policy.contains("unsafe"), "{path}: {policy}");
            let is_page = path == "/docs" || path == "/openapi.json";
            assert_eq!(seen.header("cache-control"), Some(if is_page { "no-cache" } else { "no-store" }), "{path}");
            assert_eq!(seen.header("strict-transport-security").is_some(), secure, "{path}");
            assert!(seen.header("permissions-policy").is_some() && seen.header("x-request-id").is_some(), "{path}");
        }
    }
}

#[tokio::test]
async fn a_request_keeps_the_names_its_caller_gave_it() {
    let edge = Edge::new().await;
    let named = request("GET", "/nothing")
        .header("x-request-id", "job-7.a_b")
        .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        .body(Body::empty());
    let seen = edge.send(named.expect("a request")).await;
    assert_eq!(seen.header("x-request-id"), Some("job-7.a_b"));
    assert_eq!(seen.json()["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    let odd = request("GET", "/nothing").header("x-request-id", "<script>").body(Body::empty());
    assert!(edge.send(odd.expect("a request")).await.header("x-request-id").is_some_and(|id| id.starts_with("req-")));
    let (one, other) = (edge.get("/nothing").await, edge.get("/nothing").await);
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
    assert_ne!(one.json()["trace_id"], other.json()["trace_id"]);
}

#[tokio::test]
async fn what_the_caller_already_has_is_not_sent_again() {
    let edge = Edge::new().await;
    for (tag, status) in
        [("\"7\"", 304), ("W/\"7\"", 304), ("*", 304), ("\"6\", \"7\"", 304), ("\"8\"", 200), ("7", 200), ("\"77\"", 200)]
    {
        let seen = edge
            .send(request("GET", "/test/notes").header(header::IF_NONE_MATCH, tag).body(Body::empty()).expect("a request"))
            .await;
        assert_eq!(seen.status, status, "{tag}");
        assert_eq!(seen.header("etag"), Some("\"7\""));
        assert_eq!(seen.body.is_empty(), status == 304);
    }
}

#[tokio::test]
async fn a_long_answer_is_compressed_for_whoever_can_read_that() {
    let edge = Edge::new().await;
    let long = |encoding: &str| request("GET", "/test/notes").header(header::ACCEPT_ENCODING, encoding).body(Body::empty());
    let seen = edge.send(long("gzip").expect("a request")).await;
    assert_eq!(seen.header("content-encoding"), Some("gzip"));
    assert!(seen.body.len() < 1_000);
    let seen = edge.send(long("identity").expect("a request")).await;
    assert_eq!((seen.header("content-encoding"), seen.body.len() > 5_000), (None, true));
}

#[tokio::test]
async fn the_reference_is_served_without_any_other_server() {
    let edge = Edge::new().await;
    let index = edge.get("/docs").await;
    let page = String::from_utf8(index.body).expect("text");
    for quoted in page.split(['"']).filter(|text| text.starts_with("/docs/") || *text == "/openapi.json") {
        let seen = edge.get(quoted).await;
        assert_eq!(seen.status, 200, "{quoted}");
        assert!(seen.header("etag").is_some() && !seen.body.is_empty(), "{quoted}");
    }
    let bundle = edge.get("/docs/swagger-ui-bundle.js").await;
    assert_eq!(bundle.header("content-encoding"), Some("gzip"));
    assert_eq!(bundle.body[..2], [0x1f, 0x8b]);
    edge.get("/docs/unknown.js").await.is_problem("route.not_found");
    let errors = String::from_utf8(edge.get("/docs/errors").await.body).expect("text");
    assert!(errors.contains("<dt id=\"body.malformed\">"));
    assert_eq!(edge.get("/openapi.json").await.body, crate::openapi_json().into_bytes());
}
