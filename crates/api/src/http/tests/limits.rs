//! How long, how much, how many; and what the operator sees of it.

use std::{net::SocketAddr, sync::atomic::Ordering, time::Duration};

use app::domain::identity::{self, Credential, Role};
use axum::{body::Body, response::IntoResponse as _};
use futures_util::FutureExt as _;
use http::{Request, header};
use http_body_util::BodyExt as _;
use kernel::{ApiKeyId, SessionId, UserId};
use tower::ServiceExt as _;
use uuid::Uuid;

use super::{Edge, EdgeSettings, FINISHED, Seen, request};
use crate::http::{ConnectionPeer, Limits, MetricsDoor, limits::Load};

/// Sends, and lets time pass until there is an answer.
async fn while_time_passes(edge: &Edge, request: Request<Body>) -> (Seen, Duration) {
    let mut answer = std::pin::pin!(edge.send(request));
    let mut waited = Duration::ZERO;
    loop {
        tokio::select! {
            biased;
            seen = &mut answer => return (seen, waited),
            () = tokio::task::yield_now() => {
                edge.clock.advance(Duration::from_secs(1));
                waited += Duration::from_secs(1);
            }
        }
    }
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let edge = Edge::new().await;
    let (seen, waited) = while_time_passes(&edge, request("GET", "/test/hang").body(Body::empty()).expect("a request")).await;
    seen.is_problem("edge.too_slow");
    assert_eq!(waited, Limits::default().request_timeout);
}

#[tokio::test]
async fn a_change_that_has_begun_is_finished_although_the_caller_hangs_up() {
    let edge = Edge::new().await;
    let before = FINISHED.load(Ordering::SeqCst);
    let mut answer = Box::pin(edge.post("/test/slow", ""));
    while edge.clock.sleepers() < 2 {
        assert!(answer.as_mut().now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    drop(answer);
    edge.clock.advance(Duration::from_secs(10));
    while FINISHED.load(Ordering::SeqCst) == before {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn work_that_goes_on_keeps_its_place_after_the_caller_hung_up() {
    let limits = Limits { in_flight: 1, ..Limits::default() };
    let edge = Edge::with(EdgeSettings { limits, ..EdgeSettings::default() }).await;
    let mut answer = Box::pin(edge.post("/test/slow", ""));
    while edge.clock.sleepers() < 2 {
        assert!(answer.as_mut().now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    drop(answer);
    edge.get("/test/notes").await.is_problem("edge.overloaded");
    edge.clock.advance(Duration::from_secs(10));
    while edge.get("/test/notes").await.status != 200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_not_waited_for() {
    let edge = Edge::new().await;
    let stalled = futures_util::stream::StreamExt::chain(
        futures_util::stream::iter([Ok::<_, std::io::Error>(&b"{"[..])]),
        futures_util::stream::pending(),
    );
    let request =
        request("POST", "/test/notes").header(header::CONTENT_TYPE, "application/json").body(Body::from_stream(stalled));
    let (seen, waited) = while_time_passes(&edge, request.expect("a request")).await;
    seen.is_problem("body.too_slow");
    assert_eq!(waited, Limits::default().body_timeout);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_incomplete() {
    let edge = Edge::new().await;
    let broken = futures_util::stream::iter([Ok(&b"{"[..]), Err(std::io::Error::other("gone"))]);
    edge.post("/test/notes", Body::from_stream(broken)).await.is_problem("body.incomplete");
}

#[tokio::test]
async fn an_address_or_headers_beyond_the_limit_are_refused() {
    let edge = Edge::new().await;
    let query = |bytes: usize| format!("/test/notes?{}", "q".repeat(bytes - "/test/notes?".len()));
    assert_eq!(edge.get(&query(8_192)).await.status, 200);
    edge.get(&query(8_193)).await.is_problem("edge.uri_too_long");
    let flood = (0..90).fold(request("GET", "/test/notes"), |request, n| request.header(format!("x-{n}"), "v".repeat(200)));
    edge.send(flood.body(Body::empty()).expect("a request")).await.is_problem("edge.headers_too_large");
}

#[tokio::test]
async fn more_requests_than_the_process_takes_are_turned_away_at_once() {
    let limits = Limits { in_flight: 2, ..Limits::default() };
    let edge = Edge::with(EdgeSettings { limits, ..EdgeSettings::default() }).await;
    let mut first = std::pin::pin!(edge.get("/test/hang"));
    let mut second = std::pin::pin!(edge.get("/test/hang"));
    assert!(first.as_mut().now_or_never().is_none() && second.as_mut().now_or_never().is_none());
    edge.get("/test/notes").await.is_problem("edge.overloaded");
    assert_eq!(edge.get("/healthz").await.status, 200, "being alive is always answered");
    edge.clock.advance(Duration::from_secs(30));
    let _ = (first.await, second.await);
    assert_eq!(edge.get("/test/notes").await.status, 200);
}

#[test]
fn one_principal_has_so_many_at_once_and_another_is_not_concerned() {
    let load = Load::new(&Limits { in_flight_per_principal: 2, ..Limits::default() });
    let user = |n: u128| UserId::from_uuid(Uuid::from_u128(n));
    let caller = |n: u128, credential: Credential| identity::Caller { user: user(n), role: Role::Member, credential };
    let session = |n: u128| caller(n, Credential::Session(SessionId::from_uuid(Uuid::from_u128(n))));
    let key = caller(1, Credential::Key { id: ApiKeyId::from_uuid(Uuid::from_u128(9)), scopes: Vec::new() });
    let held = [load.enter(&session(1)), load.enter(&session(1))];
    assert!(held.iter().all(Result::is_ok));
    assert_eq!(load.enter(&session(1)).expect_err("one too many").code(), "edge.too_many_at_once");
    assert!(load.enter(&session(2)).is_ok(), "another user");
    assert!(load.enter(&key).is_ok(), "a key of the same user");
    drop(held);
    assert!(load.enter(&session(1)).is_ok());
}

#[tokio::test]
async fn what_is_written_while_it_is_sent_is_a_request_of_its_caller_until_its_end() {
    let limits = Limits { in_flight_per_principal: 1, ..Limits::default() };
    let edge = Edge::with(EdgeSettings { limits, ..EdgeSettings::default() }).await;
    let ada = r#"{"email": "ada@example.org", "password": "correct horse battery", "display_name": "Ada"}"#;
    let signed_up = edge.post("/api/v1/auth/signup", ada).await.json();
    let credential = format!("Bearer {}", signed_up["access_token"].as_str().expect("a token"));
    let ask = |path: &str| {
        let request = request("GET", path).header(header::AUTHORIZATION, &credential);
        request.body(Body::empty()).expect("a request")
    };
    let file = || async { edge.router.clone().oneshot(ask("/test/file")).await.expect("an answer") };
    let first = file().await;
    assert_eq!(first.status(), 200);
    edge.send(ask("/test/mine")).await.is_problem("edge.too_many_at_once");
    assert_eq!(first.into_body().collect().await.expect("a whole body").to_bytes(), "onetwo");
    let second = file().await;
    assert_eq!(second.status(), 200, "the first one is over");
    drop(second);
    let whole = edge.router.clone().oneshot(ask("/test/mine")).await.expect("an answer");
    assert_eq!((whole.status().as_u16(), edge.send(ask("/test/mine")).await.status.as_u16()), (200, 200));
}

#[tokio::test]
async fn what_is_written_while_it_is_sent_is_one_of_all_requests_until_its_end() {
    let limits = Limits { in_flight: 1, ..Limits::default() };
    let edge = Edge::with(EdgeSettings { limits, ..EdgeSettings::default() }).await;
    let ada = r#"{"email": "ada@example.org", "password": "correct horse battery", "display_name": "Ada"}"#;
    let signed_up = edge.post("/api/v1/auth/signup", ada).await.json();
    let credential = format!("Bearer {}", signed_up["access_token"].as_str().expect("a token"));
    let file = request("GET", "/test/file").header(header::AUTHORIZATION, credential).body(Body::empty());
    let file = edge.router.clone().oneshot(file.expect("a request")).await.expect("an answer");
    assert_eq!(file.status(), 200);
    edge.get("/test/notes").await.is_problem("edge.overloaded");
    assert_eq!(file.into_body().collect().await.expect("a whole body").to_bytes(), "onetwo");
    assert_eq!(edge.get("/test/notes").await.status, 200);
}

#[tokio::test]
async fn a_process_that_cannot_serve_says_which_check_failed() {
    let edge = Edge::new().await;
    let problem = edge.get("/readyz").await.is_problem("edge.not_ready");
    assert_eq!(problem["checks"][0]["name"], "store");
    assert_eq!((&problem["checks"][0]["ok"], &problem["checks"][1]["ok"]), (&false.into(), &true.into()));
    assert_eq!(problem["checks"][0]["detail"], "it is locked");
}

async fn scrape(edge: &Edge, peer: Option<&str>, forwarded: bool) -> Seen {
    let mut request = request("GET", "/metrics").header(header::HOST, "localhost");
    if forwarded {
        request = request.header("x-forwarded-for", "203.0.113.7");
    }
    let mut request = request.body(Body::empty()).expect("a request");
    if let Some(peer) = peer {
        let address: SocketAddr = peer.parse().expect("an address");
        request.extensions_mut().insert(ConnectionPeer(address));
    }
    edge.send(request).await
}

#[tokio::test]
async fn the_metrics_are_for_peers_on_the_same_machine() {
    let edge = Edge::new().await;
    for peer in ["127.0.0.1:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
        assert_eq!(scrape(&edge, Some(peer), false).await.status, 200, "{peer}");
    }
    for (peer, forwarded) in
        [(None, false), (Some("203.0.113.7:1"), false), (Some("10.0.0.1:1"), false), (Some("127.0.0.1:1"), true)]
    {
        scrape(&edge, peer, forwarded).await.is_problem("edge.operators_only");
    }
    let open = Edge::with(EdgeSettings { metrics: MetricsDoor::Open, ..EdgeSettings::default() }).await;
    assert_eq!(scrape(&open, Some("203.0.113.7:1"), false).await.status, 200);
    let closed = Edge::with(EdgeSettings { metrics: MetricsDoor::Closed, ..EdgeSettings::default() }).await;
    scrape(&closed, Some("127.0.0.1:1"), false).await.is_problem("edge.operators_only");
}

#[tokio::test]
async fn the_metrics_count_by_route_template_and_never_by_path() {
    let edge = Edge::new().await;
    edge.get("/test/schedules/sch_00000000000000000000000000").await;
    edge.get("/test/explode").await;
    edge.get("/no/such/place").await;
    edge.send(request("BREW", "/test/notes").body(Body::empty()).expect("a request")).await;
    let page = String::from_utf8(scrape(&edge, Some("127.0.0.1:1"), false).await.body).expect("text");
    for line in [
        r#"campanile_http_request_duration_seconds_count{method="GET",route="/test/schedules/{id}",status="2xx"} 1"#,
        r#"campanile_http_request_duration_seconds_count{method="GET",route="/test/explode",status="5xx"} 1"#,
        r#"campanile_http_request_duration_seconds_count{method="GET",route="none",status="4xx"} 1"#,
        r#"campanile_http_request_duration_seconds_count{method="OTHER",route="/test/notes",status="4xx"} 1"#,
        r#"campanile_build_info{version="1.2.3",engine="sqlite"} 1"#,
        "campanile_live_connections 3",
        "campanile_clock_trusted 1",
        "campanile_alarms_due 0",
        "campanile_alarms_set_aside 0",
        "campanile_alarms_oldest_due_age_seconds 0",
        "campanile_http_requests_in_flight 1",
    ] {
        assert!(page.lines().any(|found| found.trim_end_matches(".0") == line), "{line} is missing in:\n{page}");
    }
    assert!(page.contains("campanile_alarm_lateness_seconds_bucket"));
    assert!(!page.contains("sch_0000") && !page.contains("/no/such") && !page.contains("BREW"));
}

#[test]
fn an_address_has_so_many_streams_and_this_machine_any_number() {
    let load = Load::new(&Limits { streams_per_address: 2, ..Limits::default() });
    let listen = |address: &str| load.listen(address.parse().ok());
    let first = [listen("2001:db8:1:2::1").expect("a place"), listen("2001:db8:1:2:3::9").expect("a place")];
    let refused = listen("2001:db8:1:2:ffff::1").expect_err("the network is one household").into_response();
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().ok()), (429, Some("15")));
    let _another = [listen("2001:db8:1:3::1").expect("a place"), listen("203.0.113.7").expect("a place")];
    drop(first);
    assert!(listen("2001:db8:1:2::1").expect("a place is free again").is_some());
    for _ in 0..5 {
        assert!(listen("127.0.0.1").expect("not counted").is_none());
    }
}
