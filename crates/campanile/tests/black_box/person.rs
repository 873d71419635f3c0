//! Somebody with an account, who asks over HTTP.

use std::time::Duration;

use clockwork::SystemClock;
use kernel::{Clock as _, Instant};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::process::Server;

/// Longer than the server may take to answer anything, a database that is away included.
const HANGS: Duration = Duration::from_secs(20);

/// Somebody.
#[derive(Clone)]
pub(crate) struct Person {
    http: reqwest::Client,
    url: String,
    token: String,
}

/// An answer that is not a success.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// In seconds; 0 if it says nothing.
    pub(crate) retry_after: u64,
    pub(crate) body: Value,
}

impl Person {
    /// With a new account.
    pub(crate) async fn sign_up(server: &Server) -> Self {
        Self::sign_up_as("Anna", server).await
    }

    /// With a new account of this name.
    pub(crate) async fn sign_up_as(name: &str, server: &Server) -> Self {
        let http = reqwest::Client::builder().timeout(HANGS).build().expect("a client");
        let mut person = Self { http, url: server.url.clone(), token: String::new() };
        let account = json!({"email": format!("{name}@example.com"), "password": "a long pass phrase", "display_name": name});
        let made = person.post("/api/v1/auth/signup", &account).await.expect("an account");
        made["access_token"].as_str().expect("a token").clone_into(&mut person.token);
        person
    }

    /// The same, at another server over the same database.
    pub(crate) fn at(&self, server: &Server) -> Self {
        Self { url: server.url.clone(), ..self.clone() }
    }

    /// Makes a schedule of tomorrow; answers its id.
    pub(crate) async fn create(&self) -> Result<String, Refusal> {
        self.plan("tomorrow", None).await
    }

    /// Makes a schedule of tomorrow that reminds at `at`; answers its id.
    pub(crate) async fn plan(&self, title: &str, at: Option<Instant>) -> Result<String, Refusal> {
        let start = SystemClock::new(None).now() + Duration::from_hours(24);
        let reminders: Vec<Value> = at.iter().map(|at| json!({"at": at})).collect();
        let body = json!({"title": title, "start": start, "time_zone": "UTC", "reminders": reminders});
        let made = self.post("/api/v1/schedules", &body).await?;
        Ok(made["id"].as_str().expect("an id").to_owned())
    }

    /// Whether each of these schedules is there.
    pub(crate) async fn has(&self, ids: &[String]) -> bool {
        for id in ids {
            if let Err(refusal) = self.get(&format!("/api/v1/schedules/{id}")).await {
                eprintln!("{id}: {refusal:?}");
                return false;
            }
        }
        true
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, Refusal> {
        self.send(self.http.get(format!("{}{path}", self.url))).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, Refusal> {
        self.send(self.http.post(format!("{}{path}", self.url)).json(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Result<Value, Refusal> {
        self.send(self.http.put(format!("{}{path}", self.url)).json(body)).await
    }

    /// Subscribes everybody on a list of comma-separated values.
    pub(crate) async fn import(&self, product: &str, list: String) -> Result<Value, Refusal> {
        let request = self.http.post(format!("{}/api/v1/products/{product}/subscriptions/import", self.url));
        self.send(request.header("content-type", "text/csv").body(list)).await
    }

    /// What proves who they are; good for ten minutes.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// An answer that goes on.
    pub(crate) async fn stream(&self, path: &str) -> reqwest::Response {
        let http = reqwest::Client::new();
        let response = http.get(format!("{}{path}", self.url)).bearer_auth(&self.token).send().await.expect("it answers");
        assert_eq!(response.status(), StatusCode::OK);
        response
    }

    async fn send(&self, request: RequestBuilder) -> Result<Value, Refusal> {
        let response = request.bearer_auth(&self.token).send().await.expect("it answers in time");
        let (status, retry_after) = (response.status(), response.headers().get("retry-after").cloned());
        let body = response.json().await.expect("JSON");
        if status.is_success() {
            return Ok(body);
        }
        let retry_after = retry_after.and_then(|seconds| seconds.to_str().ok()?.parse().ok()).unwrap_or(0);
        Err(Refusal { status, retry_after, body })
    }
}
