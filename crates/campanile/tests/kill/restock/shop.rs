//! The owner of the product: makes it, sells out, restocks, pauses, lets go on; and asks again whatever was not answered.

use std::{collections::HashSet, fmt::Write as _, sync::Arc, time::Duration};

use app::domain::{
    identity::{DefaultLead, Rhythm, Role, User},
    notify::Shelf,
};
use clockwork::SystemClock;
use kernel::{Clock as _, Entropy, Instant, UserId};
use reqwest::Method;
use serde_json::{Value, json};
use store::{Open, Store, StoreError, Tx, UseCase, identity::users, notify::inbox};
use testkit::{SeededEntropy, TestServer};

use super::judge::{Halt, History, Line};

const PRODUCT: &str = "/api/v1/products/bell";
const STEER: &str = "/api/v1/admin/products/bell";
/// Lines of one list.
const LIST: usize = 20_000;
/// After this, a request counts as unanswered.
const PATIENCE: Duration = Duration::from_secs(5);

/// The shop.
pub(crate) struct Shop {
    http: reqwest::Client,
    urls: Vec<String>,
    /// A service key, which does not end.
    key: String,
    people: Vec<String>,
    entropy: SeededEntropy,
    clock: Arc<SystemClock>,
    left: Vec<(String, Instant)>,
    halts: Vec<Halt>,
}

/// People with an account, who never sign in.
struct Settle(Vec<User>);

impl UseCase for Settle {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for user in &self.0 {
            assert!(users::insert(tx, user, "no password").await?);
        }
        Ok(())
    }
}

/// Of each notification of these people, the data.
struct Inboxes(Vec<UserId>);

impl UseCase for Inboxes {
    type Out = Vec<(String, String)>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let mut told = Vec::new();
        for user in &self.0 {
            let listing = inbox::Listing { shelf: Shelf::All, kind: Some("restock"), before: None, limit: 1_000 };
            told.extend(inbox::page(tx, *user, listing).await?.into_iter().map(|one| (user.to_string(), one.data)));
        }
        Ok(told)
    }
}

impl Shop {
    /// Opens on a server that does not run yet; so many wait then, by turns some with an account and some without.
    pub(crate) async fn open(
        server: &mut TestServer,
        urls: Vec<String>,
        count: usize,
        entropy: SeededEntropy,
        clock: Arc<SystemClock>,
    ) -> Self {
        let http = reqwest::Client::builder().timeout(PATIENCE).build().expect("a client");
        let (key, people, left, halts) = (String::new(), Vec::new(), Vec::new(), Vec::new());
        let mut shop = Self { http, urls, key, people, entropy, clock, left, halts };
        server.start().await;
        let owner = json!({"email": "ada@example.org", "password": "correct horse battery staple", "display_name": "Ada"});
        shop.key = text(&shop.ask(Method::POST, "/api/v1/auth/signup", Some(&owner)).await.1, "access_token");
        let scopes = ["campaigns:read", "campaigns:write", "campaigns:admin"];
        let key = json!({"name": "shop", "scopes": scopes});
        shop.key = text(&shop.ask(Method::POST, "/api/v1/api-keys", Some(&key)).await.1, "secret");
        assert_eq!(shop.ask(Method::PUT, PRODUCT, Some(&json!({"name": "Bell"}))).await.0, 201);
        server.terminate().await;
        shop.settle(&server.open(), count).await;
        server.start().await;
        shop.subscribe(server).await;
        shop
    }

    /// Names everybody who will wait, and gives half of them accounts, past the passwords that would take an hour.
    async fn settle(&mut self, open: &Open, count: usize) {
        let store = Store::open(open, testkit::seams()).await.expect("a database");
        let (now, mut users, mut has_account) = (self.clock.now(), Vec::new(), false);
        while self.people.len() < count {
            // Stretches of one kind, so that there are permits of many, and of one.
            has_account = !has_account;
            for _ in 0..self.entropy.between(1, 60).min((count - self.people.len()) as u64) {
                let number = self.people.len();
                if has_account {
                    let entropy: &dyn Entropy = &self.entropy;
                    let user = customer(UserId::mint(now, entropy), number, now);
                    self.people.push(user.id.to_string());
                    users.push(user);
                } else {
                    self.people.push(format!("c{number}"));
                }
            }
        }
        for some in users.chunks(500) {
            store.write(Settle(some.to_vec())).await.expect("accounts");
        }
        store.close().await;
    }

    async fn subscribe(&self, server: &TestServer) {
        for some in self.people.chunks(LIST) {
            let mut list = "external_id,user_id\n".to_owned();
            for who in some {
                // Writing to a String cannot fail.
                let _ = if who.starts_with("usr_") { writeln!(list, ",{who}") } else { writeln!(list, "{who},") };
            }
            let request = self.http.post(format!("{}{PRODUCT}/subscriptions/import", server.url())).bearer_auth(&self.key);
            let request = request.timeout(Duration::from_mins(1)).header("content-type", "text/csv").body(list);
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap_or_default());
        }
    }

    /// Asks until it is answered, by whichever process does; answers the status, and the body.
    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let began = self.clock.monotonic();
        loop {
            for url in &self.urls {
                let mut request = self.http.request(method.clone(), format!("{url}{path}")).bearer_auth(&self.key);
                if let Some(body) = body {
                    request = request.json(body);
                }
                let Ok(answer) = request.send().await else { continue };
                let status = answer.status().as_u16();
                if let Ok(text) = answer.text().await
                    && status < 500
                {
                    return (status, serde_json::from_str(&text).unwrap_or(Value::Null));
                }
            }
            assert!(self.clock.monotonic().saturating_sub(began) < Duration::from_mins(1), "{path} is not answered");
            self.clock.sleep(Duration::from_millis(20)).await;
        }
    }

    async fn sleep(&self, low_millis: u64, high_millis: u64) {
        self.clock.sleep(Duration::from_millis(self.entropy.between(low_millis, high_millis))).await;
    }

    async fn product(&self) -> Value {
        self.ask(Method::GET, PRODUCT, None).await.1
    }

    async fn stock(&self, stock: i64) -> Value {
        let (status, product) = self.ask(Method::PUT, &format!("{PRODUCT}/stock"), Some(&json!({ "stock": stock }))).await;
        assert_eq!(status, 200, "{product}");
        product
    }

    async fn round(&self, number: i64) -> Value {
        let (status, round) = self.ask(Method::GET, &format!("{PRODUCT}/rounds/{number}"), None).await;
        assert_eq!(status, 200, "{round}");
        round
    }

    /// Restocks, holds that up at once, and meddles until nobody waits any more.
    pub(crate) async fn sell(&mut self) {
        let began = self.clock.monotonic();
        let patience = Duration::from_mins(3) + Duration::from_millis(20) * u32::try_from(self.people.len()).expect("few");
        self.stock(5).await;
        self.pause().await;
        while self.product().await["subscribers"] != 0 {
            let waited = self.clock.monotonic().saturating_sub(began);
            assert!(waited < patience, "after {waited:?} {} still wait", self.product().await["subscribers"]);
            self.sleep(500, 3_000).await;
            match self.entropy.below(5) {
                0 => self.sell_out().await,
                1 | 2 => self.pause().await,
                _ => self.somebody_leaves().await,
            }
        }
        let last = number(&self.product().await, "round");
        while self.round(last).await["status"] == "IN_PROGRESS" {
            assert!(self.clock.monotonic().saturating_sub(began) < patience, "the last round does not end");
            self.sleep(200, 200).await;
        }
    }

    /// Nothing is left, and then there is some again: another round.
    async fn sell_out(&mut self) {
        let round = number(&self.stock(0).await, "round");
        let from = self.clock.now();
        if self.round(round).await["status"] == "CANCELED_BY_SOLD_OUT" {
            self.halts.push(Halt { round, from, until: None });
        }
        self.sleep(100, 2_000).await;
        self.stock(5).await;
    }

    async fn pause(&mut self) {
        let round = number(&self.product().await, "round");
        let (status, answer) = self.ask(Method::POST, &format!("{STEER}/rounds/{round}/pause"), None).await;
        let from = self.clock.now();
        // Not answered the first time, and so paused already.
        if status != 200 && answer["code"] != "round.not_in_progress" {
            assert_eq!(answer["code"], "round.finished", "{answer}");
            return;
        }
        self.sleep(100, 2_000).await;
        self.halts.push(Halt { round, from, until: Some(self.clock.now()) });
        let (status, answer) = self.ask(Method::POST, &format!("{STEER}/notifications/re-stock"), None).await;
        assert!(status == 202 || answer["code"] == "round.in_progress", "{answer}");
    }

    async fn somebody_leaves(&mut self) {
        for _ in 0..self.entropy.between(1, 5) {
            let who = self.people[self.entropy.index(self.people.len())].clone();
            let (status, answer) = self.ask(Method::DELETE, &format!("{PRODUCT}/subscriptions/{who}"), None).await;
            assert_eq!(status, 204, "{answer}");
            self.left.push((who, self.clock.now()));
        }
    }

    /// What the ledgers of all rounds say.
    pub(crate) async fn ledgers(&mut self) -> History {
        let mut history = History { people: self.people.clone(), halts: std::mem::take(&mut self.halts), ..History::default() };
        for (who, at) in self.left.drain(..) {
            history.left.entry(who).or_insert(at);
        }
        for round in 1..=number(&self.product().await, "round") {
            let shown = self.round(round).await;
            history.rounds.push((round, text(&shown, "status"), usize::try_from(number(&shown, "unknown")).expect("a count")));
            let request = self.http.get(format!("{}{PRODUCT}/rounds/{round}/export?format=json", self.urls[0]));
            let request = request.bearer_auth(&self.key).timeout(Duration::from_mins(1));
            let ledger: Vec<Value> = request.send().await.expect("an answer").json().await.expect("a ledger");
            assert_eq!(ledger.len(), usize::try_from(number(&shown, "total")).expect("a count"), "the ledger of {shown}");
            history.lines.extend(ledger.iter().map(|line| read(round, line)));
        }
        history
    }

    /// What is in the inboxes, while no process runs.
    pub(crate) async fn read_inboxes(&self, open: &Open, history: &mut History) {
        let store = Store::open(open, testkit::seams()).await.expect("a database");
        let users: HashSet<UserId> = self.people.iter().filter_map(|who| who.parse().ok()).collect();
        let users: Vec<UserId> = users.into_iter().collect();
        for some in users.chunks(1_000) {
            for (who, data) in store.read(Inboxes(some.to_vec())).await.expect("inboxes") {
                let data: Value = serde_json::from_str(&data).expect("JSON");
                history.inboxes.push((who, number(&data, "round")));
            }
        }
        store.close().await;
    }
}

fn customer(id: UserId, number: usize, now: Instant) -> User {
    User {
        id,
        email: format!("customer{number}@example.org").parse().expect("an address"),
        display_name: format!("Customer {number}").parse().expect("a name"),
        role: Role::Member,
        time_zone: "Asia/Seoul".parse().expect("a zone"),
        locale: "ko".parse().expect("a language"),
        default_lead: DefaultLead::USUAL,
        rhythm: Rhythm::default(),
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

fn read(round: i64, line: &Value) -> Line {
    Line {
        round,
        position: number(line, "position"),
        who: text(line, "user_id"),
        state: text(line, "state"),
        reason: line["reason"].as_str().map(str::to_owned),
        attempts: usize::try_from(number(line, "attempts")).expect("a count"),
        started_at: line["started_at"].as_str().map(|at| at.parse().expect("an instant")),
    }
}

fn number(value: &Value, name: &str) -> i64 {
    value[name].as_i64().unwrap_or_else(|| panic!("no {name} in {value}"))
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}
