//! Accounts, sessions, keys and tickets over HTTP, on both engines.

use std::time::Duration;

use crate::house::{Call, House, PASSWORD, Reply};
use serde_json::{Value, json};
use testkit::{on_both_databases, store};

async fn me(house: &House, token: &str) -> Reply {
    house.send(Call::get("/api/v1/users/me").bearer(token)).await
}

#[tokio::test]
async fn the_first_account_is_the_administrator_and_an_address_has_one() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let first = house.sign_up("ada").await;
        assert_eq!(first.text("/user/role"), "administrator");
        assert_eq!(first.text("/user/time_zone"), "UTC");
        assert_eq!(first.text("/user/default_reminder_lead"), "PT30M");
        assert_eq!(first.body["expires_in"], 600);
        assert_eq!(house.sign_up("bob").await.text("/user/role"), "member");
        let twin = json!({ "email": " ADA@Example.Org", "password": PASSWORD, "display_name": "x" });
        house.send(Call::post("/api/v1/auth/signup", &twin)).await.refused(409, "identity.email_taken");
        let who = me(&house, first.access_token()).await;
        assert_eq!((who.status.as_u16(), who.text("/email")), (200, "ada@example.org"));
        assert!(who.body.get("password_hash").is_none());
    })
    .await;
}

#[tokio::test]
async fn of_many_first_accounts_at_once_one_is_the_administrator() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let names: Vec<String> = (0..12).map(|n| format!("user{n}")).collect();
        let replies = futures_util::future::join_all(names.iter().map(|name| house.sign_up(name))).await;
        let administrators = replies.iter().filter(|reply| reply.text("/user/role") == "administrator").count();
        assert_eq!(administrators, 1);
    })
    .await;
}

#[tokio::test]
async fn a_sign_up_that_cannot_be_says_everything_that_is_wrong() {
    let house = House::open(&testkit::Database::sqlite()).await;
    let body = json!({ "email": "x", "password": "12345678", "display_name": "\u{7}", "time_zone": "Mars", "locale": "!" });
    let refused = house.send(Call::post("/api/v1/auth/signup", &body)).await;
    refused.refused(422, "identity.invalid");
    let pointers: Vec<&str> =
        refused.body["errors"].as_array().expect("errors").iter().filter_map(|e| e["pointer"].as_str()).collect();
    assert_eq!(pointers, ["/email", "/display_name", "/time_zone", "/locale"]);
    let common = json!({ "email": "x@example.org", "password": "Password1", "display_name": "x" });
    let refused = house.send(Call::post("/api/v1/auth/signup", &common)).await;
    assert_eq!(refused.text("/errors/0/pointer"), "/password");
    let extra = json!({ "email": "x@example.org", "password": PASSWORD, "display_name": "x", "role": "administrator" });
    house.send(Call::post("/api/v1/auth/signup", &extra)).await.refused(422, "body.invalid");
}

#[tokio::test]
async fn a_sign_up_repeated_under_its_key_answers_the_same_tokens_and_keeps_no_secret_in_clear() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let body = json!({ "email": "ada@example.org", "password": PASSWORD, "display_name": "Ada" });
        let call = || Call::post("/api/v1/auth/signup", &body).header("idempotency-key", "k-1");
        let first = house.send(call()).await;
        let again = house.send(call()).await;
        assert_eq!((first.status, &first.body), (again.status, &again.body));
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(again.cookie("__Host-refresh").as_deref(), Some(first.refresh_token()), "the cookies come again, too");
        let kept = kept_answers(&house).await;
        assert_eq!(kept.len(), 1);
        assert!(!kept[0].contains("cmr_") && !kept[0].contains("ada@example.org") && !kept[0].contains("set-cookie"));
        let other = json!({ "email": "eve@example.org", "password": PASSWORD, "display_name": "Eve" });
        let other = house.send(Call::post("/api/v1/auth/signup", &other).header("idempotency-key", "k-1")).await;
        other.refused(422, "idempotency.other_request");
    })
    .await;
}

/// Headers and body of everything kept under the key of the test above.
async fn kept_answers(house: &House) -> Vec<String> {
    struct Kept(kernel::Instant);
    impl store::UseCase for Kept {
        type Out = Option<store::idempotency::Kept>;
        type Error = store::StoreError;
        async fn run(&self, tx: &mut store::Tx<'_>) -> Result<Self::Out, store::StoreError> {
            store::idempotency::find(tx, "anonymous", "POST /api/v1/auth/signup", "k-1", self.0).await
        }
    }
    let kept = house.app.store().read(Kept(house.app.now())).await.expect("a read");
    kept.into_iter().map(|kept| format!("{}{}", kept.headers, String::from_utf8_lossy(&kept.body))).collect()
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_are_answered_alike() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        house.sign_up("ada").await;
        let mut wrong = house.log_in("ada", "not the password").await;
        wrong.refused(401, "identity.bad_credentials");
        assert_eq!(wrong.header("www-authenticate"), Some("Bearer"));
        let malformed = json!({ "email": "no address", "password": "" });
        for mut reply in [
            house.log_in("nobody", "not the password").await,
            house.send(Call::post("/api/v1/auth/login", &malformed)).await,
            house.log_in("ada", &"x".repeat(10_000)).await,
        ] {
            assert_eq!(reply.status, wrong.status);
            for body in [&mut reply.body, &mut wrong.body] {
                body["trace_id"] = Value::Null;
            }
            assert_eq!(reply.body, wrong.body);
        }
        let right = house.log_in("ada", PASSWORD).await;
        assert_eq!((right.status.as_u16(), right.text("/user/email")), (200, "ada@example.org"));
    })
    .await;
}

#[tokio::test]
async fn signing_out_ends_the_session_at_once() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let session = house.sign_up("ada").await;
        assert_eq!(me(&house, session.access_token()).await.status, 200, "and is remembered now");
        let out = house.send(Call::new("POST", "/api/v1/auth/logout").bearer(session.access_token())).await;
        assert_eq!(out.status, 204);
        let cleared = out.header("set-cookie").expect("a cookie");
        assert!(cleared.starts_with("__Host-refresh=;") && cleared.ends_with("Max-Age=0"), "{cleared}");
        me(&house, session.access_token()).await.refused(401, "identity.unauthenticated");
        let refresh = json!({ "refresh_token": session.refresh_token() });
        house.send(Call::post("/api/v1/auth/refresh", &refresh)).await.refused(401, "identity.bad_refresh_token");
        assert_eq!(house.log_in("ada", PASSWORD).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn another_node_notices_a_revocation_within_two_seconds() {
    let Some(database) = testkit::Database::postgres().await else { return };
    let here = House::open(&database).await;
    let there = here.beside(&database).await;
    let session = here.sign_up("ada").await;
    assert_eq!(me(&there, session.access_token()).await.status, 200);
    here.send(Call::new("POST", "/api/v1/auth/logout").bearer(session.access_token())).await;
    assert_eq!(me(&here, session.access_token()).await.status, 401);
    here.clock.advance(Duration::from_secs(2));
    assert_eq!(me(&there, session.access_token()).await.status, 401);
}

#[tokio::test]
async fn one_sees_and_ends_ones_own_sessions_and_no_others() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, eve) = (house.sign_up("ada").await, house.sign_up("eve").await);
        house.clock.advance(Duration::from_mins(1));
        let phone = house.log_in("ada", PASSWORD).await;
        let listed = house.send(Call::get("/api/v1/auth/sessions").bearer(phone.access_token())).await;
        let items = listed.body["items"].as_array().expect("items").clone();
        let current: Vec<bool> = items.iter().map(|item| item["current"] == true).collect();
        assert_eq!(current, [true, false], "the one used last first");
        let laptop = format!("/api/v1/auth/sessions/{}", items[1]["id"].as_str().expect("an id"));
        let by_eve = house.send(Call::new("DELETE", &laptop).bearer(eve.access_token())).await;
        by_eve.refused(404, "identity.session_not_found");
        assert_eq!(me(&house, ada.access_token()).await.status, 200);
        assert_eq!(house.send(Call::new("DELETE", &laptop).bearer(phone.access_token())).await.status, 204);
        assert_eq!(me(&house, ada.access_token()).await.status, 401);
        let again = house.send(Call::new("DELETE", &laptop).bearer(phone.access_token())).await;
        again.refused(404, "identity.session_not_found");
        let malformed = house.send(Call::new("DELETE", "/api/v1/auth/sessions/usr_1").bearer(phone.access_token())).await;
        malformed.refused(400, "id.malformed");
    })
    .await;
}

#[tokio::test]
async fn the_profile_changes_under_its_version() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = house.sign_up("ada").await;
        let read = me(&house, ada.access_token()).await;
        assert_eq!(read.header("etag"), Some("\"1\""));
        let change =
            json!({ "display_name": "Ada L.", "time_zone": "Asia/Seoul", "locale": "ko-KR", "default_reminder_lead": "PT1H" });
        let patch = |change: &Value| Call::new("PATCH", "/api/v1/users/me").bearer(ada.access_token()).json(change);
        house.send(patch(&change)).await.refused(428, "identity.version_required");
        let changed = house.send(patch(&change).header("if-match", "\"1\"")).await;
        assert_eq!((changed.status.as_u16(), changed.header("etag")), (200, Some("\"2\"")), "{}", changed.body);
        assert_eq!(changed.text("/default_reminder_lead"), "PT1H");
        assert_eq!(changed.text("/locale"), "ko");
        house.send(patch(&change).header("if-match", "\"1\"")).await.refused(412, "identity.version_mismatch");
        let same = house.send(patch(&change).header("if-match", "*")).await;
        assert_eq!(same.header("etag"), Some("\"2\""), "nothing changed, so neither did the version");
        let email = json!({ "email": "eve@example.org" });
        house.send(patch(&email).header("if-match", "*")).await.refused(422, "body.invalid");
        let bad = json!({ "time_zone": "Mars/Olympus" });
        house.send(patch(&bad).header("if-match", "*")).await.refused(422, "identity.invalid");
    })
    .await;
}

#[tokio::test]
async fn a_new_password_signs_everybody_else_out() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (mine, other) = (house.sign_up("ada").await, house.log_in("ada", PASSWORD).await);
        let change = |current: &str, new: &str| {
            let body = json!({ "current_password": current, "new_password": new });
            Call::post("/api/v1/users/me/password", &body).bearer(mine.access_token())
        };
        house.send(change("wrong", "another long secret")).await.refused(403, "identity.bad_current_password");
        let weak = house.send(change(PASSWORD, "password")).await;
        weak.refused(422, "identity.invalid");
        assert_eq!(weak.text("/errors/0/pointer"), "/new_password");
        assert_eq!(house.send(change(PASSWORD, "another long secret")).await.status, 204);
        assert_eq!(me(&house, mine.access_token()).await.status, 200);
        assert_eq!(me(&house, other.access_token()).await.status, 401);
        house.log_in("ada", PASSWORD).await.refused(401, "identity.bad_credentials");
        assert_eq!(house.log_in("ada", "another long secret").await.status, 200);
        app::identity::reset_password(&house.app, "ADA@example.org", "set by an operator".into()).await.expect("reset");
        assert_eq!(me(&house, mine.access_token()).await.status, 401);
        assert_eq!(house.log_in("ada", "set by an operator").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_service_key_reaches_what_its_scopes_say_until_it_is_deleted() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, eve) = (house.sign_up("ada").await, house.sign_up("eve").await);
        let wanted = json!({ "name": "CI", "scopes": ["schedules:read"], "expires_at": "2027-01-01T00:00:00Z" });
        let create = || Call::post("/api/v1/api-keys", &wanted).bearer(ada.access_token()).header("idempotency-key", "k");
        let made = house.send(create()).await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert_eq!(house.send(create()).await.body, made.body, "a lost answer can be had again, secret included");
        let secret = made.text("/secret");
        assert!(secret.starts_with("cmp_") && secret.len() == 47);
        let listed = house.send(Call::get("/api/v1/api-keys").bearer(ada.access_token())).await;
        assert_eq!(listed.body["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(listed.text("/items/0/hint"), format!("{}…", &secret[..8]));
        assert!(!listed.body.to_string().contains(secret));

        assert_eq!(house.send(Call::get("/api/v1/schedules?from=2026-11-20&to=2026-11-21").bearer(secret)).await.status, 200);
        me(&house, secret).await.refused(403, "identity.forbidden");
        let another = Call::post("/api/v1/api-keys", &wanted).bearer(secret);
        house.send(another).await.refused(403, "identity.forbidden");

        let path = format!("/api/v1/api-keys/{}", made.text("/id"));
        let by_eve = house.send(Call::new("DELETE", &path).bearer(eve.access_token())).await;
        by_eve.refused(404, "identity.api_key_not_found");
        assert_eq!(house.send(Call::new("DELETE", &path).bearer(ada.access_token())).await.status, 204);
        let gone = house.send(Call::get("/api/v1/schedules?from=2026-11-20&to=2026-11-21").bearer(secret)).await;
        gone.refused(401, "identity.unauthenticated");
    })
    .await;
}

#[tokio::test]
async fn a_key_expires_and_a_user_has_fifty() {
    let house = House::open(&testkit::Database::sqlite()).await;
    let ada = house.sign_up("ada").await;
    let expires_at = house.app.now() + Duration::from_mins(1);
    let make = |name: &str, expires_at: Option<kernel::Instant>| {
        let body = json!({ "name": name, "scopes": ["schedules:read"], "expires_at": expires_at });
        Call::post("/api/v1/api-keys", &body).bearer(ada.access_token())
    };
    let short = house.send(make("short", Some(expires_at))).await;
    let list = || Call::get("/api/v1/schedules?from=2026-11-20&to=2026-11-21").bearer(short.text("/secret"));
    assert_eq!(house.send(list()).await.status, 200);
    house.clock.advance(Duration::from_mins(1));
    assert_eq!(house.send(list()).await.status, 401);
    house.send(make("late", Some(expires_at))).await.refused(422, "identity.invalid");
    for n in 1..50 {
        assert_eq!(house.send(make(&format!("key {n}"), None)).await.status, 201);
    }
    house.send(make("one more", None)).await.refused(409, "identity.too_many_api_keys");
}

#[tokio::test]
async fn a_ticket_is_good_once_for_thirty_seconds_and_as_long_as_its_session() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = house.sign_up("ada").await;
        let issue = async || {
            let reply = house.send(Call::new("POST", "/api/v1/auth/tickets").bearer(ada.access_token())).await;
            assert_eq!((reply.status.as_u16(), &reply.body["expires_in"]), (201, &json!(30)));
            reply.text("/ticket").to_owned()
        };
        let redeem = async |ticket: &str| app::identity::redeem_ticket(&house.app, ticket).await;
        let ticket = issue().await;
        let caller = redeem(&ticket).await.expect("the first time");
        assert_eq!(caller.user.to_string(), ada.text("/user/id"));
        assert!(redeem(&ticket).await.is_err(), "once");
        let late = issue().await;
        house.clock.advance(Duration::from_secs(30));
        assert!(redeem(&late).await.is_err(), "thirty seconds");
        let orphan = issue().await;
        house.send(Call::new("POST", "/api/v1/auth/logout").bearer(ada.access_token())).await;
        assert!(redeem(&orphan).await.is_err(), "its session has ended");
        assert!(redeem("cmt_nonsense").await.is_err());
        assert!(redeem(ada.refresh_token()).await.is_err(), "tokens of another kind are none");
    })
    .await;
}

#[tokio::test]
async fn the_key_set_says_how_to_verify_and_nothing_secret() {
    let house = House::open(&testkit::Database::sqlite()).await;
    let set = house.send(Call::get("/.well-known/jwks.json")).await;
    let key = &set.body["keys"][0];
    assert_eq!(
        (&key["kty"], &key["crv"], &key["alg"], &key["use"]),
        (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA"), &json!("sig"))
    );
    assert_eq!(key.as_object().map(serde_json::Map::len), Some(6), "no private part: {key}");
}
