//! The web page: who is given it, in which form, and for how long it may be kept.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::header;

use super::{Edge, EdgeSettings, request};
use crate::WebPage;

const HTML: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

async fn edge() -> Edge {
    let files = [
        ("index.html", "<!doctype html><title>the page</title>"),
        ("icon.svg", "<svg/>"),
        ("assets/index-x1.js", "plain"),
        ("assets/index-x1.js.gz", "as gzip"),
        ("assets/index-x1.js.br", "as brotli"),
    ];
    let page = WebPage::of(files.map(|(path, text)| (path.to_owned(), Bytes::from_static(text.as_bytes()))));
    Edge::with(EdgeSettings { page: Arc::new(page), ..EdgeSettings::default() }).await
}

#[tokio::test]
async fn every_address_of_the_page_is_the_page_and_no_address_of_the_api_is() {
    let edge = edge().await;
    for path in ["/", "/tasks", "/calendar/week/2026-11-20?q=a", "/login", "/.hidden"] {
        let seen = edge.send(request("GET", path).header(header::ACCEPT, HTML).body(Body::empty()).expect("a request")).await;
        assert_eq!((seen.status.as_u16(), seen.header("content-type")), (200, Some("text/html; charset=utf-8")), "{path}");
        assert!(seen.text().contains("the page"), "{path}");
        assert_eq!(seen.header("cache-control"), Some("no-cache"), "{path}");
    }
    for path in ["/api/v1/nothing", "/api", "/docs/nothing.js", "/assets/gone-x0.js", "/.well-known/nothing"] {
        let seen = edge.send(request("GET", path).header(header::ACCEPT, HTML).body(Body::empty()).expect("a request")).await;
        seen.is_problem("route.not_found");
    }
    for path in ["/tasks", "/nothing", "/sw.js"] {
        edge.get(path).await.is_problem("route.not_found");
    }
    assert!(edge.get("/").await.text().contains("the page"), "also for whoever does not say what they can show");
    let written = request("POST", "/tasks").header(header::ACCEPT, HTML).body(Body::empty()).expect("a request");
    edge.send(written).await.is_problem("route.not_found");
}

#[tokio::test]
async fn a_file_comes_in_the_smallest_form_the_browser_takes_and_a_hashed_one_is_kept_for_ever() {
    let edge = edge().await;
    let asked = [
        (Some("gzip, deflate, br, zstd"), "as brotli", Some("br")),
        (Some("gzip"), "as gzip", Some("gzip")),
        (Some("br;q=0, gzip"), "as gzip", Some("gzip")),
        (Some("identity"), "plain", None),
        (None, "plain", None),
    ];
    let mut tags = Vec::new();
    for (accepted, text, coding) in asked {
        let mut request = request("GET", "/assets/index-x1.js");
        if let Some(accepted) = accepted {
            request = request.header(header::ACCEPT_ENCODING, accepted);
        }
        let seen = edge.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!((seen.text(), seen.header("content-encoding")), (text.to_owned(), coding), "{accepted:?}");
        assert_eq!(seen.header("content-type"), Some("text/javascript; charset=utf-8"));
        assert_eq!(seen.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert!(seen.header("vary").is_some_and(|vary| vary.contains("accept-encoding")));
        tags.push(seen.header("etag").expect("an ETag").to_owned());
    }
    assert_ne!(tags[0], tags[1]);
    let again =
        request("GET", "/icon.svg").header(header::IF_NONE_MATCH, edge.get("/icon.svg").await.header("etag").expect("a tag"));
    assert_eq!(edge.send(again.body(Body::empty()).expect("a request")).await.status, 304);
}

#[tokio::test]
async fn the_page_may_run_its_own_files_and_nothing_else() {
    let seen = edge().await.get("/").await;
    let policy = seen.header("content-security-policy").expect("a policy").to_owned();
    for part in ["default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    assert_eq!(seen.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test]
async fn a_program_without_a_page_says_how_to_build_it() {
    let edge = Edge::new().await;
    let seen = edge.send(request("GET", "/").header(header::ACCEPT, HTML).body(Body::empty()).expect("a request")).await;
    assert_eq!(seen.status, 200);
    assert!(seen.text().contains("make run"), "{}", seen.text());
    edge.get("/").await.is_problem("route.not_found");
}
