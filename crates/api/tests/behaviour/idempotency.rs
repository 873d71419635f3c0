//! The same request twice, over HTTP and on both engines: one effect, one answer.

use std::time::Duration;

use crate::house::{Call, House, PASSWORD, Reply};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::on_both_databases;

const SCHEDULES: &str = "/api/v1/schedules";
/// For what is made a second time.
const TWICE: &str = "/api/v1/schedules?on_conflict=allow";

fn meeting(title: &str) -> Value {
    json!({ "title": title, "start": "2026-12-01T09:30:00", "duration": "PT30M" })
}

async fn post(house: &House, token: &str, key: &str, path: &str, body: &Value) -> Reply {
    house.send(Call::post(path, body).bearer(token).header("idempotency-key", key)).await
}

async fn person(house: &House, name: &str) -> String {
    house.sign_up(name).await.access_token().to_owned()
}

/// How many schedules somebody has.
async fn count(house: &House, token: &str) -> usize {
    let page = house.send(Call::get(&format!("{SCHEDULES}?from=2026-12-01&to=2026-12-02")).bearer(token)).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.body.as_object().and_then(|page| page.values().find_map(Value::as_array)).expect("a list").len()
}

fn replayed(reply: &Reply) -> bool {
    reply.header("idempotent-replayed") == Some("true")
}

#[tokio::test]
async fn a_request_sent_twice_has_one_effect_and_one_answer() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let kim = person(&house, "kim").await;
        let first = post(&house, &kim, "k1", SCHEDULES, &meeting("a")).await;
        let second = post(&house, &kim, "k1", SCHEDULES, &meeting("a")).await;
        assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 201), "{first:?} {second:?}");
        assert_eq!(first.body, second.body);
        for name in ["location", "etag", "content-type"] {
            assert!(first.header(name).is_some_and(|value| second.header(name) == Some(value)), "{name}: {first:?} {second:?}");
        }
        assert!(!replayed(&first) && replayed(&second));
        assert_eq!(count(&house, &kim).await, 1);
        // The second change finds its answer, and not that its version is an old one by now.
        let path = format!("{SCHEDULES}/{}", first.text("/id"));
        let etag = first.header("etag").expect("a version");
        let change = || {
            let call = Call::new("PATCH", &path).json(&json!({ "title": "b" })).bearer(&kim);
            house.send(call.header("idempotency-key", "k1").header("if-match", etag))
        };
        let (changed, again) = (change().await, change().await);
        assert_eq!((changed.status.as_u16(), again.status.as_u16()), (200, 200), "{changed:?} {again:?}");
        assert!(replayed(&again) && again.body == changed.body);
    })
    .await;
}

#[tokio::test]
async fn a_key_means_one_request_of_one_caller_at_one_route() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (kim, lee) = (person(&house, "kim").await, person(&house, "lee").await);
        assert_eq!(post(&house, &kim, "k", SCHEDULES, &meeting("a")).await.status, 201);
        post(&house, &kim, "k", SCHEDULES, &meeting("b")).await.refused(422, "idempotency.other_request");
        let of_another = post(&house, &lee, "k", SCHEDULES, &meeting("a")).await;
        assert!(of_another.status == 201 && !replayed(&of_another), "{of_another:?}");
        let key = json!({ "name": "robot", "scopes": ["schedules:read"] });
        let at_another_route = post(&house, &kim, "k", "/api/v1/api-keys", &key).await;
        assert!(at_another_route.status == 201 && !replayed(&at_another_route), "{at_another_route:?}");
        assert_eq!((count(&house, &kim).await, count(&house, &lee).await), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_refusal_is_not_kept_and_an_answer_only_for_a_day() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let kim = person(&house, "kim").await;
        post(&house, &kim, "k", TWICE, &json!({})).await.refused(422, "body.invalid");
        post(&house, &kim, "k", TWICE, &meeting("")).await.refused(422, "schedule.invalid");
        assert_eq!(post(&house, &kim, "k", TWICE, &meeting("a")).await.status, 201);

        house.clock.advance(Duration::from_hours(24) - Duration::from_secs(1));
        let kim = house.log_in("kim", PASSWORD).await.access_token().to_owned();
        assert!(replayed(&post(&house, &kim, "k", TWICE, &meeting("a")).await));
        house.clock.advance(Duration::from_secs(2));
        let late = post(&house, &kim, "k", TWICE, &meeting("a")).await;
        assert!(late.status == 201 && !replayed(&late), "{late:?}");
        assert_eq!(count(&house, &kim).await, 2);
    })
    .await;
}

#[tokio::test]
async fn twins_at_the_same_time_act_once() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let kim = person(&house, "kim").await;
        let body = meeting("a");
        let twins = join_all((0..12).map(|_| post(&house, &kim, "twin", SCHEDULES, &body))).await;
        assert_eq!(twins.iter().filter(|twin| twin.status == 201 && !replayed(twin)).count(), 1);
        for twin in &twins {
            let waits = twin.status == 409 && twin.code() == "idempotency.in_flight" && twin.header("retry-after") == Some("1");
            assert!(twin.status == 201 || waits, "{twin:?}");
        }
        assert_eq!(count(&house, &kim).await, 1);
    })
    .await;
}
