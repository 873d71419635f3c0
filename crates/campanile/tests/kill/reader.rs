//! People who read: the live stream from where they were, the inbox, and what is left at the end.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use kernel::{Clock as _, Position};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use testkit::history::{Phase, Shown, What};

use crate::{Act, CALM, Stage, api::Api};

/// Everything, in words of the interface.
const ALWAYS: &str = "/api/v1/reminders?from=2020-01-01T00:00:00Z&to=2199-01-01T00:00:00Z";

/// Follows the live stream and never starts anew.
pub(crate) struct Follower {
    stage: Stage,
    api: Api,
    name: String,
    actor: String,
    last: Position,
    /// How many notifications it was told of.
    told: Arc<AtomicUsize>,
}

impl Follower {
    pub(crate) fn new(stage: &Stage, api: &Api, name: &str) -> Self {
        let last = Position { epoch: 1, seq: 0 };
        let (name, actor) = (name.to_owned(), format!("{name} follows"));
        Self { stage: stage.clone(), api: api.clone(), name, actor, last, told: Arc::default() }
    }

    /// Counts the notifications it is told of.
    pub(crate) fn told(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.told)
    }

    /// Follows until the test is over.
    pub(crate) async fn follow(mut self) {
        let mut over = self.stage.over.clone();
        while self.stage.act() < Act::Over {
            let request = self.api.request(Method::GET, "/api/v1/me/stream").header("last-event-id", self.last.to_string());
            if let Ok(response) = request.send().await
                && response.status() == StatusCode::OK
            {
                tokio::select! {
                    () = self.read(response) => {}
                    _ = over.wait_for(|act| *act == Act::Over) => {}
                }
            }
            self.stage.sleep_millis(20).await;
        }
    }

    async fn read(&mut self, mut response: Response) {
        let mut bytes = Vec::new();
        // The end of a chunk is not the end of a message, nor of a character: only a blank line is.
        while let Ok(Some(chunk)) = response.chunk().await {
            bytes.extend_from_slice(&chunk);
            while let Some(end) = bytes.windows(2).position(|pair| pair == b"\n\n") {
                let message: Vec<u8> = bytes.drain(..end + 2).collect();
                self.take(std::str::from_utf8(&message).expect("UTF-8"));
            }
        }
    }

    fn take(&mut self, message: &str) {
        let fields: HashMap<&str, &str> = message.lines().filter_map(|line| line.split_once(": ")).collect();
        let (Some(id), Some(kind)) = (fields.get("id"), fields.get("event")) else { return };
        let position: Position = id.parse().expect("a position");
        let Position { epoch, seq } = position;
        let user = self.name.clone();
        let what = if *kind == "gap" { What::Reset { user, epoch, seq } } else { What::Applied { user, epoch, seq } };
        self.stage.history.write(&self.actor, Phase::Ok, what);
        self.last = position;
        if *kind == "notification.created" {
            let shown = shown(&self.name, &serde_json::from_str(fields["data"]).expect("JSON"));
            self.stage.history.write(&self.actor, Phase::Ok, What::Shown(shown));
            self.told.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Looks into the inbox now and then.
pub(crate) struct Visitor {
    stage: Stage,
    api: Api,
    name: Arc<str>,
}

impl Visitor {
    pub(crate) fn new(stage: &Stage, api: &Api, name: &str) -> Self {
        Self { stage: stage.clone(), api: api.clone(), name: name.into() }
    }

    /// Visits until the test is over.
    pub(crate) async fn visit(self) {
        while self.stage.act() < Act::Over {
            // The first page is the newest.
            let answer = self.api.send(self.api.request(Method::GET, "/api/v1/notifications?limit=20")).await;
            let items = answer.and_then(|answer| answer.body["items"].as_array().cloned()).unwrap_or_default();
            for item in &items {
                self.stage.history.write(&format!("{} visits", self.name), Phase::Ok, What::Shown(shown(&self.name, item)));
            }
            self.stage.sleep_millis(300).await;
        }
    }
}

/// Waits until nothing is pending any more and writes down what is left; answers how many notifications there are.
pub(crate) async fn audit(stage: &Stage, api: &Api, name: &str) -> usize {
    let began = stage.clock.monotonic();
    let alarms = loop {
        let late = stage.clock.monotonic().saturating_sub(began) > CALM;
        match api.list(ALWAYS).await {
            Some(alarms) if late || alarms.iter().all(|alarm| alarm["state"] != "PENDING") => break alarms,
            _ => stage.sleep_millis(100).await,
        }
    };
    let titles = titles(api).await;
    for alarm in &alarms {
        let what = What::Alarm {
            subject: titles.get(&text(alarm, "schedule_id")).cloned().unwrap_or_default(),
            alarm: text(alarm, "id"),
            due_at: text(alarm, "due_at").parse().expect("an instant"),
            state: text(alarm, "state"),
        };
        stage.history.write("auditor", Phase::Ok, what);
    }
    let inbox = api.list("/api/v1/notifications").await.expect("a running server");
    for item in &inbox {
        stage.history.write("auditor", Phase::Ok, What::Shown(shown(name, item)));
    }
    let unread = api.send(api.request(Method::GET, "/api/v1/notifications/unread")).await.expect("a running server");
    let what = What::Inbox {
        user: name.to_owned(),
        notifications: inbox.iter().map(|item| text(item, "id")).collect(),
        unread: inbox.iter().filter(|item| item["read_at"].is_null()).count() as u64,
        counted: unread.body["count"].as_i64().expect("a count"),
    };
    stage.history.write("auditor", Phase::Ok, what);
    inbox.len()
}

/// The titles of all schedules, deleted ones too.
async fn titles(api: &Api) -> HashMap<String, String> {
    let range = "from=2020-01-01T00:00:00Z&to=2199-01-01T00:00:00Z";
    let mut schedules = api.list(&format!("/api/v1/schedules?{range}")).await.expect("a running server");
    schedules.extend(api.list("/api/v1/schedules?state=deleted").await.expect("a running server"));
    schedules.iter().map(|schedule| (text(schedule, "id"), text(schedule, "title"))).collect()
}

fn shown(user: &str, notification: &Value) -> Shown {
    Shown {
        user: user.to_owned(),
        notification: text(notification, "id"),
        alarm: text(&notification["data"], "reminder_id"),
        subject: text(notification, "title"),
        due_at: text(&notification["data"], "due_at").parse().expect("an instant"),
        fired_at: text(notification, "created_at").parse().expect("an instant"),
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}
