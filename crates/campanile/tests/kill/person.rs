//! People who plan what rings within seconds, change their minds, and repeat what was not answered.

use std::time::Duration;

use kernel::{Clock as _, Instant};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use testkit::{
    SeededEntropy,
    history::{Change, Disarms, Phase, Promise, Verb, What},
};

use crate::{
    Act, CALM, Stage,
    api::{Answer, Api},
};

/// One of them.
pub(crate) struct Person {
    stage: Stage,
    api: Api,
    name: String,
    entropy: SeededEntropy,
    made: u64,
    items: Vec<Item>,
}

/// A schedule, as its owner knows it.
struct Item {
    subject: String,
    id: String,
    version: i64,
    starts_at: Instant,
}

impl Person {
    pub(crate) fn new(stage: &Stage, api: &Api, name: &str, entropy: SeededEntropy) -> Self {
        Self { stage: stage.clone(), api: api.clone(), name: name.to_owned(), entropy, made: 0, items: Vec::new() }
    }

    /// Works as long as the server is being killed.
    pub(crate) async fn work(mut self) {
        while self.stage.act() == Act::Killing {
            match self.entropy.below(10) {
                0..7 => self.create().await,
                7..9 => self.move_one().await,
                _ => self.delete_one().await,
            }
            self.stage.sleep_millis(self.entropy.below(120)).await;
        }
    }

    async fn create(&mut self) {
        self.made += 1;
        let subject = format!("{}-{}", self.name, self.made);
        let (due_at, starts_at) = self.some_time();
        // Both ways to say when it rings.
        let reminder = if self.entropy.chance(500) {
            json!({ "at": due_at })
        } else {
            json!({ "before": format!("PT{}S", starts_at.since(due_at).as_secs()) })
        };
        let body = json!({ "title": subject, "start": starts_at, "time_zone": "UTC", "reminders": [reminder] });
        let change = self.change(Verb::Create, &subject, Disarms::Nothing, Some((due_at, starts_at)));
        let request = || self.api.request(Method::POST, "/api/v1/schedules").json(&body);
        if let Some(answer) = self.insist(&change, request).await {
            let id = answer["id"].as_str().expect("an id").to_owned();
            self.items.push(Item { subject, id, version: version(&answer), starts_at });
        }
    }

    async fn move_one(&mut self) {
        let Some(index) = self.some_item() else { return };
        let (due_at, _) = self.some_time();
        let Item { subject, id, version: current, starts_at } = &self.items[index];
        let change = self.change(Verb::Patch, subject, Disarms::All, Some((due_at, *starts_at)));
        let path = format!("/api/v1/schedules/{id}");
        let body = json!({ "reminders": [{ "at": due_at }] });
        let request = || self.api.request(Method::PATCH, &path).header("if-match", format!("\"{current}\"")).json(&body);
        if let Some(answer) = self.insist(&change, request).await {
            self.items[index].version = version(&answer);
        }
    }

    async fn delete_one(&mut self) {
        let Some(index) = self.some_item() else { return };
        let Item { subject, id, version: current, .. } = self.items.swap_remove(index);
        let change = self.change(Verb::Delete, &subject, Disarms::All, None);
        let path = format!("/api/v1/schedules/{id}");
        self.insist(&change, || self.api.request(Method::DELETE, &path).header("if-match", format!("\"{current}\""))).await;
    }

    /// When something rings, and when it starts: whole seconds later, so that a lead can be said in seconds.
    fn some_time(&self) -> (Instant, Instant) {
        let soon = self.stage.clock.now() + Duration::from_millis(self.entropy.between(1_000, 3_000));
        let due_at = Instant::from_micros(soon.as_seconds() * 1_000_000);
        (due_at, due_at + Duration::from_secs(self.entropy.between(60, 600)))
    }

    fn some_item(&self) -> Option<usize> {
        (!self.items.is_empty()).then(|| self.entropy.index(self.items.len()))
    }

    fn change(&self, verb: Verb, subject: &str, disarms: Disarms, rings: Option<(Instant, Instant)>) -> Change {
        let key = format!("{}-{:016x}", self.name, self.entropy.next());
        let arms = rings
            .map(|(due_at, starts_at)| Promise { due_at, starts_at: Some(starts_at), hushed_until_end: None, chained: false })
            .into_iter()
            .collect();
        Change { verb, subject: subject.to_owned(), key, disarms, arms }
    }

    /// Asks until it is known what came of it; `None` if it was refused.
    async fn insist(&self, change: &Change, request: impl Fn() -> RequestBuilder) -> Option<Value> {
        let note = |phase| self.stage.history.write(&self.name, phase, What::Change(change.clone()));
        note(Phase::Invoke);
        let began = self.stage.clock.monotonic();
        let mut unsure = false;
        loop {
            let waited = self.stage.clock.monotonic().saturating_sub(began);
            assert!(waited < 2 * CALM, "{change:?} is not answered");
            match self.api.send(request().header("idempotency-key", &change.key)).await {
                None => {
                    unsure = true;
                    note(Phase::Info);
                }
                Some(answer) if answer.status.is_success() => {
                    note(Phase::Ok);
                    return Some(answer.body);
                }
                Some(answer) if is_passing(&answer) => unsure |= answer.code() == "store.unknown_result",
                Some(answer) if unsure && change.verb == Verb::Delete && answer.status == StatusCode::NOT_FOUND => {
                    note(Phase::Ok);
                    return Some(Value::Null);
                }
                Some(answer) => panic!("{change:?} was refused: {answer:?}"),
            }
            self.stage.sleep_millis(self.entropy.between(10, 100)).await;
        }
    }
}

fn is_passing(answer: &Answer) -> bool {
    answer.status == StatusCode::SERVICE_UNAVAILABLE || answer.code() == "idempotency.in_flight"
}

fn version(schedule: &Value) -> i64 {
    schedule["version"].as_i64().expect("a version")
}
