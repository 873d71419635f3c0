//! The inbox: listing, marking, counting, deleting.

use kernel::UserId;
use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    follower::Follower,
    house::{Call, House, Reply},
    postman::{deliver, numbered},
};

const INBOX: &str = "/api/v1/notifications";

pub(crate) fn user(signed_up: &Reply) -> UserId {
    signed_up.text("/user/id").parse().expect("an id")
}

/// The titles of one page, and the cursor of the next.
async fn page(house: &House, token: &str, query: &str) -> (Vec<String>, Option<String>) {
    let reply = house.send(Call::get(&format!("{INBOX}?{query}")).bearer(token)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let items = reply.body["items"].as_array().expect("items");
    let titles = items.iter().map(|item| item["title"].as_str().expect("a title").to_owned()).collect();
    (titles, reply.body["next_cursor"].as_str().map(str::to_owned))
}

/// The ids of the inbox, newest first.
async fn ids(house: &House, token: &str) -> Vec<String> {
    let reply = house.send(Call::get(INBOX).bearer(token)).await;
    let items = reply.body["items"].as_array().expect("items");
    items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

async fn unread(house: &House, token: &str) -> Value {
    house.send(Call::get(&format!("{INBOX}/unread")).bearer(token)).await.body
}

async fn mark(house: &House, token: &str, id: &str, body: Option<Value>) -> Reply {
    let call = Call::new("PATCH", &format!("{INBOX}/{id}/read")).bearer(token);
    house.send(if let Some(body) = body { call.json(&body) } else { call }).await
}

#[tokio::test]
async fn an_inbox_is_paged_newest_first_and_a_page_is_exact_whatever_arrives() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = house.sign_up("ada").await;
        let token = ada.access_token();
        for number in 1..=5 {
            deliver(&house.app, user(&ada), &numbered(number..=number)).await;
            house.clock.advance(std::time::Duration::from_millis(1));
        }
        let (first, cursor) = page(&house, token, "limit=2").await;
        assert_eq!(first, ["5", "4"]);
        deliver(&house.app, user(&ada), &numbered(6..=7)).await;
        let newest = ids(&house, token).await;
        mark(&house, token, &newest[4], None).await;
        let cursor = cursor.expect("there is more");
        let (second, cursor) = page(&house, token, &format!("limit=2&cursor={cursor}")).await;
        assert_eq!(second, ["3", "2"], "neither what arrived nor what was read moves the page");
        let (last, end) = page(&house, token, &format!("limit=2&cursor={}", cursor.expect("there is more"))).await;
        assert_eq!((last, end), (vec!["1".to_owned()], None));
        assert_eq!(page(&house, token, "state=read").await.0, ["3"]);
        assert_eq!(page(&house, token, "state=unread&limit=200").await.0.len(), 6);
        assert_eq!(page(&house, token, "kind=reminder&limit=1000").await.0.len(), 7);
        assert!(page(&house, token, "kind=other").await.0.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_list_that_cannot_be_says_why() {
    let house = House::open(&testkit::Database::sqlite()).await;
    let (ada, eve) = (house.sign_up("ada").await, house.sign_up("eve").await);
    deliver(&house.app, user(&ada), &numbered(1..=2)).await;
    let (_, cursor) = page(&house, ada.access_token(), "limit=1").await;
    let cursor = cursor.expect("there is more");
    for (token, query, status, code) in [
        (&ada, "limit=0".to_owned(), 422, "query.invalid"),
        (&ada, "limit=-1".to_owned(), 422, "query.invalid"),
        (&ada, "state=new".to_owned(), 422, "query.invalid"),
        (&ada, "stat=read".to_owned(), 422, "query.invalid"),
        (&ada, "cursor=rubbish".to_owned(), 400, "cursor.malformed"),
        (&ada, format!("state=unread&cursor={cursor}"), 400, "cursor.malformed"),
        (&eve, format!("cursor={cursor}"), 400, "cursor.malformed"),
    ] {
        house.send(Call::get(&format!("{INBOX}?{query}")).bearer(token.access_token())).await.refused(status, code);
    }
}

#[tokio::test]
async fn marking_is_said_once_and_the_count_follows() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = house.sign_up("ada").await;
        let token = ada.access_token();
        deliver(&house.app, user(&ada), &numbered(1..=2)).await;
        assert_eq!(unread(&house, token).await, json!({ "count": 2, "version": 1 }));
        let id = ids(&house, token).await.remove(0);
        let (mut follower, _) = Follower::now(&house, token).await;

        let first = mark(&house, token, &id, None).await;
        assert_eq!((first.status.as_u16(), first.body["read_at"].is_string()), (200, true));
        house.clock.advance(std::time::Duration::from_secs(5));
        let again = mark(&house, token, &id, Some(json!({ "read": true }))).await;
        assert_eq!(again.body, first.body, "the time of the first reading stays");
        assert_eq!(mark(&house, token, &id, Some(Value::Null)).await.body, first.body, "no body and null are the same");
        assert_eq!(again.header("etag"), first.header("etag"));
        assert_eq!(unread(&house, token).await, json!({ "count": 1, "version": 2 }));
        let back = mark(&house, token, &id, Some(json!({ "read": false }))).await;
        assert_eq!(back.body["read_at"], Value::Null);
        assert_eq!(unread(&house, token).await, json!({ "count": 2, "version": 3 }));

        let mut seen = Vec::new();
        for _ in 0..4 {
            let message = follower.expect().await;
            seen.push((message.event.clone().expect("an event"), message.data["count"].clone()));
        }
        let expected = [("notification.read", json!(null)), ("unread.changed", json!(1))];
        let expected = expected.into_iter().chain([("notification.read", json!(null)), ("unread.changed", json!(2))]);
        assert_eq!(
            seen,
            expected.map(|(name, count)| (name.to_owned(), count)).collect::<Vec<_>>(),
            "the repetition said nothing"
        );
    })
    .await;
}

#[tokio::test]
async fn many_are_marked_up_to_one_or_all_of_them() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = house.sign_up("ada").await;
        let token = ada.access_token();
        for number in 1..=4 {
            deliver(&house.app, user(&ada), &numbered(number..=number)).await;
            house.clock.advance(std::time::Duration::from_millis(1));
        }
        let ids = ids(&house, token).await;
        let post = async |body: Value| house.send(Call::post(&format!("{INBOX}/read"), &body).bearer(token)).await;
        let marked = post(json!({ "up_to": ids[2] })).await;
        let expected = json!({ "marked": 2, "unread": { "count": 2, "version": 5 }, "has_more": false });
        assert_eq!((marked.status.as_u16(), &marked.body), (200, &expected));
        assert_eq!(post(json!({ "up_to": ids[2] })).await.body["marked"], 0);
        assert_eq!(page(&house, token, "state=unread").await.0, ["4", "3"]);
        let all = post(json!({ "all": true })).await;
        assert_eq!(all.body, json!({ "marked": 2, "unread": { "count": 0, "version": 6 }, "has_more": false }));
        assert_eq!(post(json!({ "all": true })).await.body["unread"]["version"], 6, "nothing to do, nothing said");
        for bad in [json!({}), json!({ "all": false }), json!({ "up_to": ids[0], "all": true }), json!({ "up_to": 5 })] {
            post(bad).await.refused(422, "body.invalid");
        }
        post(json!({ "up_to": "ntf_00000000000000000000000000" })).await.refused(404, "notification.not_found");
    })
    .await;
}

#[tokio::test]
async fn an_inbox_of_any_size_is_marked_in_bounded_pieces() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = house.sign_up("ada").await;
        for _ in 0..5 {
            deliver(&house.app, user(&ada), &numbered(1..=2_001)).await;
            house.clock.advance(std::time::Duration::from_millis(1));
        }
        let mut answers = Vec::new();
        for _ in 0..3 {
            let call = Call::post(&format!("{INBOX}/read"), &json!({ "all": true })).bearer(ada.access_token());
            let body = house.send(call).await.body;
            answers.push((body["marked"].clone(), body["unread"]["count"].clone(), body["has_more"].clone()));
        }
        let expected = [(10_000, 5, true), (5, 0, false), (0, 0, false)];
        assert_eq!(answers, expected.map(|(marked, count, more)| (json!(marked), json!(count), json!(more))));
    })
    .await;
}

#[tokio::test]
async fn a_repeated_request_is_answered_from_what_was_kept() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = house.sign_up("ada").await;
        let token = ada.access_token();
        deliver(&house.app, user(&ada), &numbered(1..=3)).await;
        let call = || Call::post(&format!("{INBOX}/read"), &json!({ "all": true })).bearer(token).header("idempotency-key", "k");
        let first = house.send(call()).await;
        deliver(&house.app, user(&ada), &numbered(4..=4)).await;
        let again = house.send(call()).await;
        assert_eq!((again.body, again.headers.get("idempotent-replayed").is_some()), (first.body, true));
        assert_eq!(unread(&house, token).await["count"], 1, "what came in between was not touched");
    })
    .await;
}

#[tokio::test]
async fn a_deleted_notification_is_gone_and_counted_no_more() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = house.sign_up("ada").await;
        let token = ada.access_token();
        deliver(&house.app, user(&ada), &numbered(1..=2)).await;
        let ids = ids(&house, token).await;
        let (mut follower, _) = Follower::now(&house, token).await;
        mark(&house, token, &ids[0], None).await;
        let delete = async |id: &str| house.send(Call::new("DELETE", &format!("{INBOX}/{id}")).bearer(token)).await;
        assert_eq!(delete(&ids[0]).await.status, 204);
        assert_eq!(delete(&ids[1]).await.status, 204);
        delete(&ids[1]).await.refused(404, "notification.not_found");
        assert_eq!(unread(&house, token).await, json!({ "count": 0, "version": 3 }));
        assert!(page(&house, token, "").await.0.is_empty());
        let mut kinds = Vec::new();
        for _ in 0..5 {
            kinds.push(follower.expect().await.event.expect("an event"));
        }
        let read = ["notification.read", "unread.changed"];
        let deleted = ["notification.deleted", "notification.deleted", "unread.changed"];
        assert_eq!(kinds, [&read[..], &deleted[..]].concat(), "a read one changes no count when it goes");
    })
    .await;
}

#[tokio::test]
async fn somebody_elses_notification_does_not_exist() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, eve) = (house.sign_up("ada").await, house.sign_up("eve").await);
        deliver(&house.app, user(&ada), &numbered(1..=1)).await;
        let id = ids(&house, ada.access_token()).await.remove(0);
        let path = format!("{INBOX}/{id}");
        for call in [
            Call::get(&path),
            Call::new("DELETE", &path),
            Call::new("PATCH", &format!("{path}/read")),
            Call::post(&format!("{INBOX}/read"), &json!({ "up_to": id })),
        ] {
            house.send(call.bearer(eve.access_token())).await.refused(404, "notification.not_found");
        }
        assert_eq!(unread(&house, ada.access_token()).await["count"], 1);
        house.send(Call::get(&format!("{INBOX}/rubbish")).bearer(eve.access_token())).await.refused(400, "id.malformed");
    })
    .await;
}

#[tokio::test]
async fn a_count_that_did_not_change_is_not_sent_again() {
    let house = House::open(&testkit::Database::sqlite()).await;
    let ada = house.sign_up("ada").await;
    let first = house.send(Call::get(&format!("{INBOX}/unread")).bearer(ada.access_token())).await;
    let tag = first.header("etag").expect("a version");
    let call = || Call::get(&format!("{INBOX}/unread")).bearer(ada.access_token()).header("if-none-match", tag);
    assert_eq!(house.send(call()).await.status, 304);
    deliver(&house.app, user(&ada), &numbered(1..=1)).await;
    assert_eq!(house.send(call()).await.body, json!({ "count": 1, "version": 1 }));
}
