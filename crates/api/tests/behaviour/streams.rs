//! Sessions and live streams: what opens one, what is said on it, and what closes it.

use std::time::Duration;

use http::StatusCode;
use http_body_util::BodyExt as _;
use testkit::on_both_databases;

use crate::house::{Call, House, PASSWORD};

/// Longer than anything here takes on a busy machine; only a stream that hangs reaches it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A stream as it arrives.
struct Listener {
    body: hyper::body::Incoming,
    heard: String,
}

impl Listener {
    async fn open(house: &House, call: Call) -> Result<Self, StatusCode> {
        let response = house.open_stream(call).await;
        if response.status() == 200 {
            Ok(Self { body: response.into_body(), heard: String::new() })
        } else {
            Err(response.status())
        }
    }

    /// Waits until `text` was heard; `false` if the stream ended before.
    async fn hears(&mut self, text: &str) -> bool {
        let listening = async {
            while !self.heard.contains(text) {
                match self.body.frame().await {
                    Some(Ok(frame)) => self.heard.push_str(&String::from_utf8_lossy(frame.data_ref().map_or(&[][..], |d| d))),
                    Some(Err(_)) | None => return false,
                }
            }
            true
        };
        tokio::time::timeout(PATIENCE, listening).await.expect("neither heard nor ended")
    }

    async fn ends(&mut self) {
        assert!(!self.hears("\u{0}never said").await);
    }
}

#[tokio::test]
async fn what_happens_to_an_account_is_said_on_its_stream_and_ending_the_session_ends_the_stream() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (laptop, phone) = (house.sign_up("ada").await, house.log_in("ada", PASSWORD).await);
        let open =
            async |token: &str| Listener::open(&house, Call::get("/api/v1/me/stream").bearer(token)).await.expect("a stream");
        let (mut on_laptop, mut on_phone) = (open(laptop.access_token()).await, open(phone.access_token()).await);
        assert!(on_laptop.hears("ready").await && on_phone.hears("ready").await);

        let change = Call::new("PATCH", "/api/v1/users/me").json(&serde_json::json!({ "locale": "ko" })).header("if-match", "*");
        house.send(change.bearer(laptop.access_token())).await;
        assert!(on_phone.hears("profile.changed").await);
        house.log_in("ada", PASSWORD).await;
        assert!(on_phone.hears("session.created").await);

        house.send(Call::new("POST", "/api/v1/auth/logout").bearer(phone.access_token())).await;
        on_phone.ends().await;
        assert!(on_laptop.hears("session.revoked").await, "the other one goes on");
    })
    .await;
}

#[tokio::test]
async fn a_ticket_opens_a_stream_once() {
    let house = House::open(&testkit::Database::sqlite()).await;
    let ada = house.sign_up("ada").await;
    let issued = house.send(Call::new("POST", "/api/v1/auth/tickets").bearer(ada.access_token())).await;
    let path = format!("/api/v1/me/stream?ticket={}", issued.text("/ticket"));
    let mut listener = Listener::open(&house, Call::get(&path)).await.expect("a stream");
    assert!(listener.hears("ready").await);
    assert_eq!(Listener::open(&house, Call::get(&path)).await.err(), Some(StatusCode::UNAUTHORIZED));
    house.send(Call::new("POST", "/api/v1/auth/logout").bearer(ada.access_token())).await;
    listener.ends().await;
}
