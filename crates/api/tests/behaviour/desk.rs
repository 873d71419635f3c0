//! A signed-in person at work, for tests about calendars.

use app::alarms::AlarmLane;
use kernel::Clock as _;
use serde_json::{Value, json};
use testkit::clockwork::Batch as _;

use crate::house::{Call, House, PASSWORD, Reply};

/// The house, and a person in it.
pub(crate) struct Desk<'a> {
    pub(crate) house: &'a House,
    pub(crate) name: &'static str,
    pub(crate) token: String,
}

impl<'a> Desk<'a> {
    pub(crate) async fn of(house: &'a House, name: &'static str) -> Self {
        let token = house.sign_up(name).await.access_token().to_owned();
        let desk = Self { house, name, token };
        let zone = json!({ "time_zone": "Asia/Seoul" });
        let changed = desk.send(Call::new("PATCH", "/api/v1/users/me").json(&zone).header("if-match", "*")).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        desk
    }

    /// For when so much time has passed that the token is no longer good.
    pub(crate) async fn sign_in_again(&mut self) {
        let signed_in = self.house.log_in(self.name, PASSWORD).await;
        signed_in.access_token().clone_into(&mut self.token);
    }

    pub(crate) async fn send(&self, call: Call) -> Reply {
        self.house.send(self.signed(call)).await
    }

    /// The call as theirs.
    pub(crate) fn signed(&self, call: Call) -> Call {
        call.bearer(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Call::get(path)).await
    }

    pub(crate) async fn make(&self, body: &Value) -> Reply {
        let reply = self.send(Call::post("/api/v1/schedules", body)).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply
    }

    /// Tries to make a schedule out of a sound one with `changes`.
    pub(crate) async fn try_make(&self, changes: &Value) -> Reply {
        let mut body = json!({ "title": "Stand-up", "start": "2026-11-21T09:30:00" });
        let (Some(body_map), Some(changes)) = (body.as_object_mut(), changes.as_object()) else { panic!("objects") };
        body_map.extend(changes.clone());
        self.send(Call::post("/api/v1/schedules", &body)).await
    }
}

/// Rings what is due now; answers how many alarms that were.
pub(crate) async fn fire(house: &House) -> usize {
    AlarmLane::new(house.app.clone()).fire(house.clock.now(), 500).await.expect("due alarms fire").rows
}
