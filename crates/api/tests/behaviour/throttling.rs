//! Guessing passwords and making accounts by the hundred: who has to wait, and who does not because of others.

use std::time::Duration;

use serde_json::json;
use testkit::{Database, on_both_databases};

use crate::house::{Call, House, PASSWORD, Reply};

/// Signs in from the browser that holds this device cookie.
fn from_device(name: &str, device: &str, password: &str) -> Call {
    let body = json!({ "email": format!("{name}@example.org"), "password": password });
    Call::post("/api/v1/auth/login", &body).header("cookie", &format!("__Host-device={device}"))
}

fn device(signed_in: &Reply) -> String {
    signed_in.cookie("__Host-device").expect("a device cookie")
}

#[tokio::test]
async fn guessing_at_an_account_has_to_wait_and_success_forgets_it() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        house.sign_up("ada").await;
        for _ in 0..4 {
            house.log_in("ada", "wrong").await.refused(401, "identity.bad_credentials");
        }
        assert_eq!(house.log_in("ada", PASSWORD).await.status, 200, "the fifth attempt is still looked at");
        for name in ["ada", "nobody"] {
            for _ in 0..5 {
                house.log_in(name, "wrong").await.refused(401, "identity.bad_credentials");
            }
            let refused = house.log_in(name, PASSWORD).await;
            refused.refused(429, "identity.throttled");
            assert_eq!(refused.header("retry-after"), Some("900"), "{name}: known or not, the same");
        }
        house.clock.advance(Duration::from_secs(899));
        house.log_in("ada", PASSWORD).await.refused(429, "identity.throttled");
        house.clock.advance(Duration::from_secs(1));
        assert_eq!(house.log_in("ada", PASSWORD).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_stranger_who_fails_on_purpose_does_not_lock_out_the_device_that_signed_up() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        for _ in 0..5 {
            house.log_in("ada", "wrong").await.refused(401, "identity.bad_credentials");
        }
        let device = device(&house.sign_up("ada").await);
        house.log_in("ada", PASSWORD).await.refused(429, "identity.throttled");
        assert_eq!(house.send(from_device("ada", &device, PASSWORD)).await.status, 200, "its cookie was handed out at sign-up");
        for _ in 0..5 {
            house.send(from_device("ada", &device, "wrong")).await.refused(401, "identity.bad_credentials");
        }
        house.send(from_device("ada", &device, PASSWORD)).await.refused(429, "identity.throttled");
        house.clock.advance(Duration::from_mins(15));
        assert_eq!(house.send(from_device("ada", &device, PASSWORD)).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn strangers_behind_the_same_address_lock_out_strangers_only() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let device = device(&house.sign_up("ada").await);
        for n in 0..50 {
            house.log_in(&format!("nobody{n}"), "wrong").await.refused(401, "identity.bad_credentials");
        }
        house.log_in("ada", PASSWORD).await.refused(429, "identity.throttled");
        assert_eq!(house.send(from_device("ada", &device, PASSWORD)).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_device_is_known_to_the_account_it_was_handed_out_for_and_to_no_other() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        house.sign_up("ada").await;
        let of_eve = device(&house.sign_up("eve").await);
        for _ in 0..5 {
            house.send(from_device("ada", &of_eve, "wrong")).await.refused(401, "identity.bad_credentials");
        }
        house.send(from_device("ada", &of_eve, PASSWORD)).await.refused(429, "identity.throttled");
        house.log_in("ada", PASSWORD).await.refused(429, "identity.throttled");
    })
    .await;
}

#[tokio::test]
async fn whoever_is_signed_in_can_change_the_password_whatever_strangers_do() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = house.sign_up("ada").await;
        for _ in 0..5 {
            house.log_in("ada", "wrong").await.refused(401, "identity.bad_credentials");
        }
        let change = |current: &str| {
            let body = json!({ "current_password": current, "new_password": "another long secret" });
            Call::post("/api/v1/users/me/password", &body).bearer(ada.access_token())
        };
        for _ in 0..4 {
            house.send(change("wrong")).await.refused(403, "identity.bad_current_password");
        }
        assert_eq!(house.send(change(PASSWORD)).await.status, 204);
        for _ in 0..5 {
            house.send(change("wrong")).await.refused(403, "identity.bad_current_password");
        }
        house.send(change("another long secret")).await.refused(429, "identity.throttled");
    })
    .await;
}

#[tokio::test]
async fn fifty_failures_from_one_address_are_enough() {
    let house = House::open(&testkit::Database::sqlite()).await;
    house.sign_up("ada").await;
    for n in 0..50 {
        house.log_in(&format!("nobody{n}"), "wrong").await.refused(401, "identity.bad_credentials");
    }
    house.log_in("ada", PASSWORD).await.refused(429, "identity.throttled");
    house.clock.advance(Duration::from_mins(15));
    assert_eq!(house.log_in("ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn an_address_makes_a_hundred_accounts_in_an_hour() {
    let house = House::open(&Database::sqlite()).await;
    let sign_up = async |address: &str, n: u32| {
        let body = json!({ "email": format!("user{n}@example.org"), "password": PASSWORD, "display_name": "x" });
        house.send(Call::post("/api/v1/auth/signup", &body).header("x-forwarded-for", address)).await
    };
    for n in 0..99 {
        assert_eq!(sign_up("203.0.113.7", n).await.status, 201);
    }
    sign_up("203.0.113.7", 0).await.refused(409, "identity.email_taken");
    let refused = sign_up("203.0.113.7", 100).await;
    refused.refused(429, "identity.throttled");
    assert_eq!(refused.header("retry-after"), Some("3600"));
    assert_eq!(sign_up("203.0.113.8", 101).await.status, 201, "another address");
    house.clock.advance(Duration::from_hours(1));
    assert_eq!(sign_up("203.0.113.7", 102).await.status, 201);
}

/// How many passwords the house has hashed.
async fn hashes(house: &House) -> u32 {
    let page = house.page("/metrics").await;
    let line = page.lines().find_map(|line| line.strip_prefix("campanile_password_hashes_total "));
    line.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("no such counter: {page}"))
}

#[tokio::test]
async fn an_unknown_address_costs_the_same_one_hash_as_a_known_one_and_a_throttled_one_none() {
    let house = House::open(&Database::sqlite()).await;
    house.sign_up("ada").await;
    let long = "x".repeat(10_000);
    let mut before = hashes(&house).await;
    assert_eq!(before, 1, "the sign-up");
    for (name, password, status, cost) in [
        ("ada", PASSWORD, 200, 1),
        ("ada", "wrong", 401, 1),
        ("nobody", "wrong", 401, 1),
        ("no address", "wrong", 401, 1),
        ("ada", "", 401, 1),
        ("nobody", "", 401, 1),
        ("ada", &long, 401, 1),
        ("nobody", &long, 401, 1),
        ("ada", "wrong", 401, 1),
        ("ada", "wrong", 401, 1),
        ("ada", PASSWORD, 429, 0),
    ] {
        assert_eq!(house.log_in(name, password).await.status, status, "{name}");
        let after = hashes(&house).await;
        assert_eq!(after - before, cost, "{name} {status}");
        before = after;
    }
}
