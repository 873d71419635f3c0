//! Who is let in, and from which pages.

use axum::body::Body;
use http::header;

use super::{Edge, EdgeSettings, Seen, request};

async fn with_credentials(edge: &Edge, path: &str, credentials: &[&str]) -> Seen {
    let request = credentials.iter().fold(request("GET", path), |request, one| request.header(header::AUTHORIZATION, *one));
    edge.send(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn whoever_is_not_believed_is_told_that_and_nothing_else() {
    let edge = Edge::new().await;
    let huge = format!("Bearer {}", "a".repeat(10_000));
    let mut answers = Vec::new();
    for credentials in [
        &[][..],
        &[""],
        &["Bearer"],
        &["Bearer "],
        &["Basic dXNlcjpwYXNz"],
        &["Bearer not-a-token"],
        &["bEARER not-a-token"],
        &["Bearer cmp_unknown"],
        &["Bearer a.b.c"],
        &["Token abc"],
        &[&huge],
    ] {
        let seen = with_credentials(&edge, "/test/mine", credentials).await;
        let mut problem = seen.is_problem("identity.unauthenticated");
        assert_eq!(seen.header("www-authenticate"), Some("Bearer"));
        problem["trace_id"] = "".into();
        answers.push(problem);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "the answers differ");
    with_credentials(&edge, "/test/mine", &["Bearer a", "Bearer a"]).await.is_problem("identity.two_credentials");
}

#[tokio::test]
async fn a_stream_takes_a_ticket_but_not_any() {
    let edge = Edge::new().await;
    for path in ["/test/stream", "/test/stream?ticket=", "/test/stream?ticket=unknown", "/test/stream?ticket=a&ticket=b"] {
        edge.get(path).await.is_problem("identity.unauthenticated");
    }
    // A ticket opens streams and nothing else.
    edge.get("/test/mine?ticket=unknown").await.is_problem("identity.unauthenticated");
}

#[tokio::test]
async fn a_request_that_a_foreign_page_made_a_browser_send_is_refused() {
    let settings = EdgeSettings { cors_origins: vec!["https://app.example".to_owned()], ..EdgeSettings::default() };
    let edge = Edge::with(settings).await;
    let send = async |headers: &[(&str, &str)]| {
        let request = request("POST", "/test/notes")
            .header(header::HOST, "ours.example")
            .header(header::COOKIE, "refresh=secret")
            .header(header::CONTENT_TYPE, "application/json");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        edge.send(request.body(Body::from(r#"{"title":"a"}"#)).expect("a request")).await
    };
    for headers in [
        &[][..],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
        &[("origin", "http://ours.example")],
        &[("origin", "https://app.example"), ("sec-fetch-site", "cross-site")],
    ] {
        assert_eq!(send(headers).await.status, 201, "{headers:?}");
    }
    for headers in [
        &[("origin", "null")][..],
        &[("origin", "https://evil.example")],
        &[("origin", "https://ours.example.evil.example")],
        &[("origin", "https://app.example.evil.example")],
        &[("origin", "https://app.example:8443")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
    ] {
        send(headers).await.is_problem("edge.cross_site");
    }
    // A form: the browser sends it without asking, but it is no JSON either.
    let form = request("POST", "/test/notes").header(header::CONTENT_TYPE, "text/plain").body(Body::from("a=b"));
    edge.send(form.expect("a request")).await.is_problem("body.unsupported_media_type");
}

#[tokio::test]
async fn a_page_may_read_answers_only_if_its_origin_is_in_the_settings() {
    let origins = ["https://app.example", "null", "*"].map(str::to_owned).to_vec();
    let edge = Edge::with(EdgeSettings { cors_origins: origins, ..EdgeSettings::default() }).await;
    let allowed = async |method: &str, origin: &str| {
        let request =
            request(method, "/test/notes").header(header::ORIGIN, origin).header("access-control-request-method", "POST");
        let seen = edge.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(seen.header("access-control-allow-credentials"), None);
        seen.header("access-control-allow-origin").map(str::to_owned)
    };
    for method in ["GET", "OPTIONS"] {
        assert_eq!(allowed(method, "https://app.example").await.as_deref(), Some("https://app.example"));
        for origin in
            ["null", "*", "https://evil.example", "https://app.example.evil.example", "http://app.example", "https://APP.example"]
        {
            assert_eq!(allowed(method, origin).await, None, "{method} {origin}");
        }
    }
    let closed = Edge::new().await;
    let preflight = request("OPTIONS", "/test/notes")
        .header(header::ORIGIN, "https://app.example")
        .header("access-control-request-method", "POST")
        .body(Body::empty());
    let seen = closed.send(preflight.expect("a request")).await;
    seen.is_problem("route.method_not_allowed");
    assert_eq!(seen.header("access-control-allow-origin"), None);
}
