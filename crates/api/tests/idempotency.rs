//! The same request twice, over HTTP and on both engines: one effect, one answer.

mod server;

use futures_util::future::join_all;
use serde_json::{Value, json};
use server::{Answer, Server};
use std::time::Duration;
use testkit::on_both_engines;

const SCHEDULES: &str = "/api/v1/schedules";

fn meeting(title: &str) -> String {
    json!({ "title": title, "start": "2026-12-01T09:30:00", "duration": "PT30M" }).to_string()
}

async fn post(server: &Server, who: &str, key: &str, path: &str, body: &str) -> Answer {
    server.ask("POST", path, &[("authorization", who), ("idempotency-key", key)], body).await
}

/// How many schedules somebody has.
async fn count(server: &Server, who: &str) -> usize {
    let path = format!("{SCHEDULES}?from=2026-12-01&to=2026-12-02");
    let page = server.ask("GET", &path, &[("authorization", who)], "").await;
    assert_eq!(page.status, 200, "{page:?}");
    page.body.as_object().and_then(|page| page.values().find_map(Value::as_array)).expect("a list").len()
}

#[tokio::test]
async fn a_request_sent_twice_has_one_effect_and_one_answer() {
    on_both_engines(async |store| {
        let server = Server::on(store).await;
        let kim = server.person("kim").await;
        let first = post(&server, &kim, "k1", SCHEDULES, &meeting("a")).await;
        let second = post(&server, &kim, "k1", SCHEDULES, &meeting("a")).await;
        assert_eq!((first.status, second.status), (201, 201), "{first:?} {second:?}");
        assert_eq!(first.body, second.body);
        for name in ["location", "etag", "content-type"] {
            assert!(first.header(name).is_some_and(|value| second.header(name) == Some(value)), "{name}: {first:?} {second:?}");
        }
        assert_eq!((first.header("idempotent-replayed"), second.header("idempotent-replayed")), (None, Some("true")));
        assert_eq!(count(&server, &kim).await, 1);
        // A change is no other: the second one finds neither an old version nor a new one.
        let path = format!("{SCHEDULES}/{}", first.body["id"].as_str().expect("an id"));
        let headers = [("authorization", kim.as_str()), ("idempotency-key", "k1"), ("if-match", "\"1\"")];
        let changed = server.ask("PATCH", &path, &headers, r#"{"title":"b"}"#).await;
        let replayed = server.ask("PATCH", &path, &headers, r#"{"title":"b"}"#).await;
        assert_eq!((changed.status, replayed.status), (200, 200), "{changed:?} {replayed:?}");
        assert_eq!((replayed.header("idempotent-replayed"), replayed.body == changed.body), (Some("true"), true));
    })
    .await;
}

#[tokio::test]
async fn a_key_means_one_request_of_one_caller_at_one_route() {
    on_both_engines(async |store| {
        let server = Server::on(store).await;
        let (kim, lee) = (server.person("kim").await, server.person("lee").await);
        assert_eq!(post(&server, &kim, "k", SCHEDULES, &meeting("a")).await.status, 201);
        for (path, body) in [(SCHEDULES, meeting("b")), ("/api/v1/schedules?on_conflict=allow", meeting("a"))] {
            let other = post(&server, &kim, "k", path, &body).await;
            // An endpoint without that parameter may refuse the query before it looks at the key.
            assert!(["idempotency.other_request", "query.invalid"].contains(&other.code()) || path != SCHEDULES, "{other:?}");
            assert!(other.header("idempotent-replayed").is_none(), "{other:?}");
        }
        let same_bytes_of_another = post(&server, &lee, "k", SCHEDULES, &meeting("a")).await;
        assert_eq!((same_bytes_of_another.status, same_bytes_of_another.header("idempotent-replayed")), (201, None));
        let other_route = post(&server, &kim, "k", "/api/v1/auth/tickets", "{}").await;
        assert!((200..300).contains(&other_route.status), "{other_route:?}");
        assert_eq!((count(&server, &kim).await > 0, count(&server, &lee).await), (true, 1));
    })
    .await;
}

#[tokio::test]
async fn a_refusal_is_not_kept_and_an_answer_only_for_a_day() {
    on_both_engines(async |store| {
        let server = Server::on(store).await;
        let kim = server.person("kim").await;
        assert_eq!(post(&server, &kim, "k", SCHEDULES, "{}").await.code(), "body.invalid");
        assert_eq!(post(&server, &kim, "k", SCHEDULES, &meeting("")).await.code(), "schedule.invalid");
        assert_eq!(post(&server, &kim, "k", SCHEDULES, &meeting("a")).await.status, 201);

        server.clock.advance(Duration::from_hours(24) - Duration::from_secs(1));
        let kim = server.again("kim").await;
        assert_eq!(post(&server, &kim, "k", SCHEDULES, &meeting("a")).await.header("idempotent-replayed"), Some("true"));
        server.clock.advance(Duration::from_secs(2));
        let late = post(&server, &kim, "k", SCHEDULES, &meeting("a")).await;
        assert_eq!((late.status, late.header("idempotent-replayed")), (201, None));
        assert_eq!(count(&server, &kim).await, 2);
    })
    .await;
}

#[tokio::test]
async fn twins_at_the_same_time_act_once() {
    on_both_engines(async |store| {
        let server = Server::on(store).await;
        let kim = server.person("kim").await;
        let body = meeting("a");
        let twins = join_all((0..12).map(|_| post(&server, &kim, "twin", SCHEDULES, &body))).await;
        let acted = twins.iter().filter(|twin| twin.status == 201 && twin.header("idempotent-replayed").is_none()).count();
        assert_eq!(acted, 1);
        for twin in &twins {
            let waits = twin.code() == "idempotency.in_flight" && twin.status == 409 && twin.header("retry-after") == Some("1");
            assert!(twin.status == 201 || waits, "{twin:?}");
        }
        assert_eq!(count(&server, &kim).await, 1);
    })
    .await;
}

#[tokio::test]
async fn an_account_made_twice_is_one_account_with_the_same_tokens() {
    on_both_engines(async |store| {
        let server = Server::on(store).await;
        let body =
            json!({ "email": "a@example.org", "password": "correct horse battery staple", "display_name": "A" }).to_string();
        let sign_up = async |body: &str| server.ask("POST", "/api/v1/auth/signup", &[("idempotency-key", "s")], body).await;
        let (first, second) = (sign_up(&body).await, sign_up(&body).await);
        assert_eq!((first.status, second.status), (201, 201), "{first:?} {second:?}");
        assert_eq!((&first.body, second.header("idempotent-replayed")), (&second.body, Some("true")));
        assert_eq!(first.header("set-cookie"), second.header("set-cookie"));
        assert_eq!(sign_up(&body.replace("battery", "buttery")).await.code(), "idempotency.other_request");
    })
    .await;
}
