//! Refresh tokens over HTTP, on both engines: two tabs, lost replies, thieves.

use std::time::Duration;

use crate::house::{Call, House, PASSWORD, Reply};
use serde_json::json;
use testkit::{Database, on_both_databases};

/// A client without cookies.
async fn redeem(house: &House, token: &str) -> Reply {
    house.send(Call::post("/api/v1/auth/refresh", &json!({ "refresh_token": token }))).await
}

/// A browser: refresh token and device in its cookies, no body.
async fn redeem_in_browser(house: &House, token: &str, device: &str) -> Reply {
    let cookies = format!("theme=dark; __Host-refresh={token}; __Host-device={device}");
    house.send(Call::new("POST", "/api/v1/auth/refresh").header("cookie", &cookies)).await
}

/// A browser that has refreshed once, so that its session is bound to its device: its present token, its device, its access.
async fn bound_browser(house: &House) -> (String, String, String) {
    let signed_up = house.sign_up("ada").await;
    let device = signed_up.cookie("__Host-device").expect("a device cookie");
    let refreshed = redeem_in_browser(house, signed_up.refresh_token(), &device).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    house.clock.advance(Duration::from_mins(1));
    let token = refreshed.cookie("__Host-refresh").expect("a refresh cookie");
    (token, device, refreshed.access_token().to_owned())
}

async fn is_signed_in(house: &House, access_token: &str) -> bool {
    house.send(Call::get("/api/v1/users/me").bearer(access_token)).await.status == 200
}

#[tokio::test]
async fn each_redemption_yields_the_next_pair_and_the_present_session() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let signed_up = house.sign_up("ada").await;
        let mut token = signed_up.refresh_token().to_owned();
        for _ in 0..5 {
            house.clock.advance(Duration::from_mins(10));
            let next = redeem(&house, &token).await;
            assert_eq!((next.status.as_u16(), &next.body["expires_in"]), (200, &json!(600)), "{}", next.body);
            assert!(is_signed_in(&house, next.access_token()).await);
            assert_ne!(next.refresh_token(), token);
            next.refresh_token().clone_into(&mut token);
        }
        let sessions = house.send(Call::get("/api/v1/auth/sessions").bearer(redeem(&house, &token).await.access_token())).await;
        assert_eq!(sessions.body["items"].as_array().map(Vec::len), Some(1), "one device, however often it refreshes");
    })
    .await;
}

#[tokio::test]
async fn a_browser_gets_its_next_token_in_a_cookie_only() {
    let house = House::open(&Database::sqlite()).await;
    let signed_up = house.sign_up("ada").await;
    let set: Vec<&str> = signed_up.headers.get_all("set-cookie").iter().filter_map(|v| v.to_str().ok()).collect();
    assert_eq!(set.len(), 2);
    for cookie in set {
        assert!(cookie.starts_with("__Host-"), "{cookie}");
        for attribute in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
    }
    let device = signed_up.cookie("__Host-device").expect("a device cookie");
    let refreshed = redeem_in_browser(&house, signed_up.refresh_token(), &device).await;
    assert!(refreshed.body.get("refresh_token").is_none(), "out of reach of scripts");
    assert!(refreshed.cookie("__Host-refresh").is_some_and(|token| token.starts_with("cmr_")));
    assert_eq!(refreshed.cookie("__Host-device").as_deref(), Some(device.as_str()));
    let cross_site = Call::new("POST", "/api/v1/auth/refresh")
        .header("cookie", &format!("__Host-refresh={}", signed_up.refresh_token()))
        .header("sec-fetch-site", "cross-site");
    assert_eq!(house.send(cross_site).await.status, 403);
}

#[tokio::test]
async fn two_tabs_that_race_get_the_same_successor_and_stay_signed_in() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (mut token, device, _) = bound_browser(&house).await;
        for _ in 0..5 {
            let tabs = (0..4).map(|_| redeem_in_browser(&house, &token, &device));
            let replies = futures_util::future::join_all(tabs).await;
            let successors: Vec<String> = replies.iter().filter_map(|reply| reply.cookie("__Host-refresh")).collect();
            assert_eq!(successors.len(), 4, "{replies:?}");
            assert!(successors.iter().all(|successor| *successor == successors[0]), "one path, no tree");
            for reply in &replies {
                assert!(is_signed_in(&house, reply.access_token()).await);
            }
            successors[0].clone_into(&mut token);
            house.clock.advance(Duration::from_mins(10));
        }
    })
    .await;
}

#[tokio::test]
async fn a_lost_reply_can_be_had_again_for_ten_seconds_also_without_cookies() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let token = house.sign_up("ada").await.refresh_token().to_owned();
        let lost = redeem(&house, &token).await;
        house.clock.advance(Duration::from_secs(10));
        let again = redeem(&house, &token).await;
        assert_eq!((again.status.as_u16(), again.refresh_token()), (200, lost.refresh_token()));
        house.clock.advance(Duration::from_millis(1));
        redeem(&house, &token).await.refused(401, "identity.bad_refresh_token");
        redeem(&house, lost.refresh_token()).await.refused(401, "identity.bad_refresh_token");
    })
    .await;
}

#[tokio::test]
async fn a_token_shown_by_two_parties_ends_the_session_at_once() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (stolen, device, _) = bound_browser(&house).await;
        let owner = redeem_in_browser(&house, &stolen, &device).await;
        assert!(is_signed_in(&house, owner.access_token()).await);
        house.clock.advance(Duration::from_secs(11));
        let thief = redeem_in_browser(&house, &stolen, &device).await;
        thief.refused(401, "identity.bad_refresh_token");
        assert!(thief.cookie("__Host-refresh").is_none());
        assert!(!is_signed_in(&house, owner.access_token()).await, "its access tokens are worthless, too");
        let successor = owner.cookie("__Host-refresh").expect("a token");
        redeem_in_browser(&house, &successor, &device).await.refused(401, "identity.bad_refresh_token");
        let again = house.log_in("ada", PASSWORD).await;
        assert_eq!(again.status, 200, "the owner signs in again");
        let inbox = house.send(Call::get("/api/v1/notifications?state=unread").bearer(again.access_token())).await;
        assert_eq!(inbox.text("/items/0/type"), "security", "and is told why: {}", inbox.body);
    })
    .await;
}

#[tokio::test]
async fn a_token_of_a_browser_is_worthless_without_its_device() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (token, device, access) = bound_browser(&house).await;
        redeem(&house, &token).await.refused(401, "identity.bad_refresh_token");
        assert!(!is_signed_in(&house, &access).await, "a token without its device was stolen: the family ends");
        redeem_in_browser(&house, &token, &device).await.refused(401, "identity.bad_refresh_token");

        let again = house.log_in("ada", PASSWORD).await;
        let device = again.cookie("__Host-device").expect("a device");
        assert_eq!(redeem_in_browser(&house, again.refresh_token(), &device).await.status, 200);
        let other = "A".repeat(43);
        redeem_in_browser(&house, again.refresh_token(), &other).await.refused(401, "identity.bad_refresh_token");
        assert!(!is_signed_in(&house, again.access_token()).await, "the same within the window");
    })
    .await;
}

#[tokio::test]
async fn a_grandparent_ends_the_session_even_within_the_window() {
    let house = House::open(&Database::sqlite()).await;
    let first = house.sign_up("ada").await.refresh_token().to_owned();
    let second = redeem(&house, &first).await.refresh_token().to_owned();
    let third = redeem(&house, &second).await;
    redeem(&house, &first).await.refused(401, "identity.bad_refresh_token");
    redeem(&house, third.refresh_token()).await.refused(401, "identity.bad_refresh_token");
}

#[tokio::test]
async fn a_session_ends_after_14_idle_days_and_after_90_in_any_case() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let day = Duration::from_hours(24);
        let mut token = house.sign_up("ada").await.refresh_token().to_owned();
        for _ in 0..6 {
            house.clock.advance(Duration::from_secs(14 * 86_400 - 1));
            let next = redeem(&house, &token).await;
            assert_eq!(next.status, 200, "{}", next.body);
            next.refresh_token().clone_into(&mut token);
        }
        house.clock.advance(day * 6 + Duration::from_secs(6));
        redeem(&house, &token).await.refused(401, "identity.bad_refresh_token");

        let idle = house.log_in("ada", PASSWORD).await;
        house.clock.advance(day * 14);
        redeem(&house, idle.refresh_token()).await.refused(401, "identity.bad_refresh_token");
        assert_eq!(house.log_in("ada", PASSWORD).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused_and_nothing_more_is_said() {
    let house = House::open(&Database::sqlite()).await;
    let signed_up = house.sign_up("ada").await;
    let unknown = format!("cmr_{}", "A".repeat(43));
    for text in ["", "cmr_", "cmr_x", &unknown, signed_up.access_token(), &signed_up.refresh_token()[4..]] {
        let refused = redeem(&house, text).await;
        refused.refused(401, "identity.bad_refresh_token");
        assert_eq!(refused.text("/detail"), "the refresh token is not valid: sign in again");
    }
    house.send(Call::new("POST", "/api/v1/auth/refresh")).await.refused(401, "identity.bad_refresh_token");
    let bearer = house.send(Call::get("/api/v1/users/me").bearer(signed_up.refresh_token())).await;
    bearer.refused(401, "identity.unauthenticated");
    assert_eq!(redeem(&house, signed_up.refresh_token()).await.status, 200, "guessing touched nobody");
}

#[tokio::test]
async fn a_repeated_refresh_survives_the_rotation_of_the_secret() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let token = house.sign_up("ada").await.refresh_token().to_owned();
        let lost = redeem(&house, &token).await;
        let (old, clock) = (house.secret.clone(), house.clock.clone());
        house.close().await;
        let new = app::identity::Keys::generate_line(&testkit::SeededEntropy::new(2));
        let house = House::with_secrets(database, format!("{new}{old}"), clock).await;
        assert_eq!(redeem(&house, &token).await.refresh_token(), lost.refresh_token());
        assert!(is_signed_in(&house, lost.access_token()).await, "access tokens of the old secret still verify");
        assert_eq!(house.log_in("ada", PASSWORD).await.status, 200, "and so do passwords");
    })
    .await;
}
