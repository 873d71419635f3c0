//! The HTTP interface, as seen by somebody whose server may be gone at any moment.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

/// After this, a request counts as unanswered.
const PATIENCE: Duration = Duration::from_secs(5);

/// One person's access.
#[derive(Clone)]
pub(crate) struct Api {
    http: reqwest::Client,
    url: String,
    token: String,
}

/// What came of a request that was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl Api {
    /// Makes an account on a server that runs.
    pub(crate) async fn sign_up(url: &str, name: &str) -> Self {
        let api = Self { http: reqwest::Client::new(), url: url.to_owned(), token: String::new() };
        let person = json!({
            "email": format!("{name}@example.org"), "password": "correct horse battery staple", "display_name": name,
            "time_zone": "UTC",
        });
        let answer = api.send(api.request(Method::POST, "/api/v1/auth/signup").json(&person)).await.expect("a running server");
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        let token = answer.body["access_token"].as_str().expect("a token").to_owned();
        Self { token, ..api }
    }

    /// A request on behalf of the person.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token)
    }

    /// `None`: no answer, or only a part of one. It was done or not.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Option<Answer> {
        let response = request.timeout(PATIENCE).send().await.ok()?;
        let status = response.status();
        let text = response.text().await.ok()?;
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("JSON") };
        Some(Answer { status, body })
    }

    /// All pages of a list, `None` if one of them was not answered.
    pub(crate) async fn list(&self, path: &str) -> Option<Vec<Value>> {
        let (mut items, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let more = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let answer = self.send(self.request(Method::GET, &format!("{path}{joint}limit=200{more}"))).await?;
            if answer.status != StatusCode::OK {
                assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
                return None;
            }
            items.extend(answer.body["items"].as_array().expect("items").iter().cloned());
            match answer.body["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return Some(items),
            }
        }
    }
}
