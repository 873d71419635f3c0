//! What the log says: every security event, and no secret.
//!
//! In a process of its own: whether anybody listens at a place of the code is remembered for all threads at once, and the threads
//! of other tests listen to nothing.

#[path = "behaviour/house.rs"]
#[expect(dead_code, reason = "shared by test files that need different parts of it")]
mod house;

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::json;
use testkit::Database;
use tracing_subscriber::{filter::LevelFilter, fmt::MakeWriter};

use house::{Call, House, PASSWORD};

/// Everything written to the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

// One thread runs the server and the client of this test, so the log of that thread is the log of both.
#[tokio::test(flavor = "current_thread")]
async fn every_security_event_is_logged_and_no_secret_ever() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_ansi(false).with_max_level(LevelFilter::DEBUG).with_writer(log.clone()).finish();
    let _listening = tracing::subscriber::set_default(subscriber);

    let house = House::open(&Database::sqlite()).await;
    let ada = house.sign_up("ada").await;
    let (guess, chosen) = ("a guess that is wrong", "another long secret");
    for _ in 0..6 {
        house.log_in("ada", guess).await;
    }
    house.clock.advance(Duration::from_hours(1));
    let phone = house.log_in("ada", PASSWORD).await;
    let bearer = |call: Call| call.bearer(phone.access_token());
    let redeem = json!({ "refresh_token": ada.refresh_token() });
    let successor = house.send(Call::post("/api/v1/auth/refresh", &redeem)).await;
    house.clock.advance(Duration::from_secs(11));
    house.send(Call::post("/api/v1/auth/refresh", &redeem)).await.refused(401, "identity.bad_refresh_token");
    let key = house.send(bearer(Call::post("/api/v1/api-keys", &json!({ "name": "CI", "scopes": ["schedules:read"] })))).await;
    house.send(bearer(Call::new("DELETE", &format!("/api/v1/api-keys/{}", key.text("/id"))))).await;
    let ticket = house.send(bearer(Call::new("POST", "/api/v1/auth/tickets"))).await;
    house.send(Call::get(&format!("/api/v1/me/stream?ticket={}", ticket.text("/ticket")))).await;
    let feed = house.send(bearer(Call::post("/api/v1/calendar/feeds", &json!({ "name": "Phone", "privacy": "busy" })))).await;
    let address = feed.text("/url").strip_prefix("http://127.0.0.1:8080").expect("the public address");
    house.send(Call::get(address)).await;
    house.send(bearer(Call::new("DELETE", &format!("/api/v1/calendar/feeds/{}", feed.text("/id"))))).await;
    for _ in 0..51 {
        house.send(Call::get(address)).await;
    }
    for current in [guess, PASSWORD] {
        let change = json!({ "current_password": current, "new_password": chosen });
        house.send(bearer(Call::post("/api/v1/users/me/password", &change))).await;
    }
    house.send(bearer(Call::new("POST", "/api/v1/auth/logout"))).await;

    let log = String::from_utf8(log.0.lock().expect("not poisoned").clone()).expect("UTF-8");
    for event in [
        "account.created",
        "login.failed",
        "login.throttled",
        "login.succeeded",
        "refresh.reuse",
        "api_key.created",
        "api_key.deleted",
        "feed.created",
        "feed.revoked",
        "feed.throttled",
        "password.change_refused",
        "password.changed",
        "session.ended",
    ] {
        assert!(log.contains(&format!("security=\"{event}\"")), "{event} was not logged:\n{log}");
    }
    let secrets = [
        PASSWORD,
        guess,
        chosen,
        house.secret.trim(),
        ada.access_token(),
        ada.refresh_token(),
        phone.access_token(),
        successor.refresh_token(),
        key.text("/secret"),
        ticket.text("/ticket"),
        "cmf_",
        "cmr_",
        "cmt_",
        "$argon2id",
        &ada.cookie("__Host-device").expect("a device"),
        "ada@example.org",
    ];
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} was logged");
    }
}
