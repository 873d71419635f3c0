//! Routes × identities: whoever a route is not for is refused, and somebody else's things are not there.
//!
//! Driven by `api::route_table()`: a route that is added is asked by everybody without a line here, and fails until this file
//! knows how it is asked properly ([`REQUESTS`]).

use std::time::Duration;

use api::{Access, RouteInfo, route_table};
use app::domain::{identity::Scope, notify::Notification};
use kernel::{NotificationId, UserId};
use serde_json::{Value, json};
use testkit::{Database, store};

use crate::house::{Call, House, PASSWORD, Reply};

/// Route, query, body. `{…}` names something of the owner, see [`Person::owned`].
const REQUESTS: &[(&str, &str, &str)] = &[
    ("DELETE /api/v1/api-keys/{key}", "", ""),
    ("DELETE /api/v1/auth/sessions/{session}", "", ""),
    ("DELETE /api/v1/calendar/feeds/{feed}", "", ""),
    ("DELETE /api/v1/categories/{category}", "", ""),
    ("DELETE /api/v1/notifications/{notification}", "", ""),
    ("DELETE /api/v1/schedules/{schedule}", "", ""),
    ("DELETE /api/v1/tags/{tag}", "", ""),
    ("DELETE /api/v1/tasks/{task}", "", ""),
    ("DELETE /api/v1/rooms/{room}", "", ""),
    ("DELETE /api/v1/rooms/{room and invitation}/invitations/{second}", "", ""),
    ("DELETE /api/v1/rooms/{room and member}/members/{second}", "", ""),
    ("DELETE /api/v1/rooms/{room and comment}/comments/{second}", "", ""),
    ("DELETE /api/v1/rooms/{room and comment}/reactions/{second}/{emoji}", "", ""),
    ("DELETE /api/v1/rooms/{room and share}/schedules/{second}", "", ""),
    ("DELETE /api/v1/products/{product}", "", ""),
    ("DELETE /api/v1/products/{product and customer}/subscriptions/{second}", "", ""),
    ("DELETE /api/v1/recipients/{customer}", "", ""),
    ("GET /api/v1/products", "", ""),
    ("GET /api/v1/products/{product}", "", ""),
    ("GET /api/v1/products/{product}/subscriptions", "", ""),
    ("GET /api/v1/products/{product and customer}/subscriptions/{second}", "", ""),
    ("GET /api/v1/recipients", "", ""),
    ("GET /api/v1/recipients/{customer}", "", ""),
    ("GET /api/v1/products/{product}/rounds", "", ""),
    ("GET /api/v1/products/{product and round}/rounds/{second}", "", ""),
    ("GET /api/v1/products/{product and round}/rounds/{second}/export", "", ""),
    ("GET /api/v1/products/{product and round}/rounds/{second}/recipients", "", ""),
    ("POST /api/v1/admin/products/{product and paused round}/notifications/re-stock", "", ""),
    ("POST /api/v1/admin/products/{product and round}/rounds/{second}/cancel", "", ""),
    ("POST /api/v1/admin/products/{product and round}/rounds/{second}/pause", "", ""),
    ("POST /api/v1/products/{product}/notifications/re-stock", "", r#"{"stock": 1}"#),
    ("POST /api/v1/products/{product}/subscriptions/import", "", "external_id\ncustomer\n"),
    ("PUT /api/v1/products/{product}", "", r#"{"name": "Bell"}"#),
    ("PUT /api/v1/products/{product}/stock", "", r#"{"stock": 0}"#),
    ("PUT /api/v1/products/{product and customer}/subscriptions/{second}", "", ""),
    // Everybody calls people as they like.
    ("PUT /api/v1/recipients/{anybody's customer}", "", r#"{"name": "Kim"}"#),
    ("GET /api/v1/api-keys", "", ""),
    ("GET /api/v1/auth/sessions", "", ""),
    ("GET /api/v1/calendar/export", "", ""),
    ("GET /api/v1/calendar/feeds", "", ""),
    ("GET /api/v1/categories", "", ""),
    ("GET /api/v1/categories/{category}", "", ""),
    ("DELETE /api/v1/habits", "", ""),
    ("GET /api/v1/habits", "", ""),
    ("POST /api/v1/schedules/preview", "", r#"{"start": "2026-11-20T09:30:00"}"#),
    ("POST /api/v1/suggestions", "", r#"{"title": "Report", "duration": "PT1H"}"#),
    ("GET /api/v1/free-slots", "from=2026-11-20&to=2026-11-27&duration=PT1H", ""),
    ("GET /api/v1/me/stream", "", ""),
    ("GET /api/v1/notifications", "", ""),
    ("GET /api/v1/notifications/unread", "", ""),
    ("GET /api/v1/notifications/{notification}", "", ""),
    ("GET /api/v1/reminders", "from=2026-11-20&to=2026-12-20", ""),
    ("GET /api/v1/rooms", "", ""),
    ("GET /api/v1/rooms/unread", "", ""),
    ("GET /api/v1/rooms/{room}", "", ""),
    ("GET /api/v1/rooms/{room}/comments", "", ""),
    ("GET /api/v1/rooms/{room}/events", "", ""),
    ("GET /api/v1/rooms/{room}/invitations", "", ""),
    ("GET /api/v1/rooms/{room}/members", "", ""),
    ("GET /api/v1/rooms/{room}/presence", "", ""),
    ("GET /api/v1/rooms/{room}/reactions", "about=cmt_00000000000000000000000007", ""),
    ("GET /api/v1/rooms/{room}/schedules", "", ""),
    ("GET /api/v1/rooms/{room}/stream", "", ""),
    ("GET /api/v1/schedules", "from=2026-11-20&to=2026-12-20", ""),
    ("GET /api/v1/schedules/{schedule}", "", ""),
    ("GET /api/v1/schedules/{schedule}/progress", "", ""),
    ("GET /api/v1/schedules/{schedule}/reminders", "", ""),
    ("GET /api/v1/socket", "", ""),
    ("GET /api/v1/statistics", "period=week", ""),
    ("GET /api/v1/stream", "me=1", ""),
    ("GET /api/v1/tags", "", ""),
    ("GET /api/v1/tags/{tag}", "", ""),
    ("GET /api/v1/tasks", "ready=true", ""),
    ("GET /api/v1/tasks/{task}", "", ""),
    ("GET /api/v1/tasks/{task}/reminders", "", ""),
    ("GET /api/v1/tasks/{task}/schedules", "", ""),
    ("GET /api/v1/users/me", "", ""),
    ("GET /api/v1/users/me/usage", "", ""),
    ("PATCH /api/v1/categories/{category}", "", r#"{"name": "New"}"#),
    ("PATCH /api/v1/notifications/{notification}/read", "", r#"{"read": true}"#),
    ("PATCH /api/v1/rooms/{room}", "", r#"{"name": "New"}"#),
    ("PATCH /api/v1/rooms/{room and comment}/comments/{second}", "", r#"{"text": "New"}"#),
    ("PATCH /api/v1/rooms/{room and member}/members/{second}", "", r#"{"role": "viewer"}"#),
    ("PATCH /api/v1/schedules/{schedule}", "", r#"{"title": "New"}"#),
    ("PATCH /api/v1/tags/{tag}", "", r##"{"colour": "#1e90ff"}"##),
    ("PATCH /api/v1/tasks/{task}", "", r#"{"title": "New"}"#),
    ("PATCH /api/v1/users/me", "", r#"{"locale": "ko"}"#),
    ("PUT /api/v1/rooms/{room and share}/schedules/{second}", "", ""),
    ("PUT /api/v1/rooms/{room}/read", "", r#"{"up_to": "1-0"}"#),
    ("PUT /api/v1/rooms/{room and comment}/reactions/{second}/{emoji}", "", ""),
    ("POST /api/v1/api-keys", "", r#"{"name": "CI", "scopes": ["schedules:read"]}"#),
    ("POST /api/v1/auth/logout", "", ""),
    ("POST /api/v1/auth/tickets", "", ""),
    ("POST /api/v1/calendar/import", "dry_run=true", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"),
    ("POST /api/v1/calendar/feeds", "", r#"{"name": "Phone", "privacy": "busy"}"#),
    ("POST /api/v1/categories", "", r#"{"name": "Work"}"#),
    ("POST /api/v1/invitations/accept", "", r#"{"token": "{anybody's invitation}"}"#),
    ("POST /api/v1/notifications/publish", "", r#"{"room_id": "{room}", "type": "said", "data": {}}"#),
    ("POST /api/v1/notifications/read", "", r#"{"up_to": "{notification}"}"#),
    ("POST /api/v1/reminders/{alarm}/dismiss", "", ""),
    ("POST /api/v1/reminders/{alarm}/snooze", "", r#"{"for": "PT10M"}"#),
    ("POST /api/v1/rooms", "", r#"{"name": "Choir"}"#),
    ("POST /api/v1/rooms/{room}/comments", "", r#"{"text": "Hello"}"#),
    ("POST /api/v1/rooms/{room}/invitations", "", r#"{"role": "member"}"#),
    ("POST /api/v1/rooms/{room of two}/leave", "", ""),
    ("POST /api/v1/rooms/{room}/presence/heartbeat", "", ""),
    ("POST /api/v1/schedules", "", r#"{"title": "Stand-up", "start": "2026-12-01T09:00:00"}"#),
    ("POST /api/v1/schedules/bulk-delete", "", r#"{"ids": ["{schedule}"]}"#),
    ("POST /api/v1/schedules/{deleted_schedule}/restore", "", ""),
    ("POST /api/v1/schedules/{running_schedule}/suspend", "", ""),
    ("POST /api/v1/schedules/{schedule}/cancel", "", ""),
    ("POST /api/v1/schedules/{schedule}/complete", "", ""),
    ("POST /api/v1/schedules/{schedule}/start", "auto_suspend=true", ""),
    ("POST /api/v1/tags", "", r#"{"name": "work"}"#),
    ("POST /api/v1/tags/{tag and another}/merge", "", r#"{"into": "{second}"}"#),
    ("POST /api/v1/tasks", "", r#"{"title": "Report", "deadline": "2026-12-01"}"#),
    ("POST /api/v1/tasks/{task}/archive", "", ""),
    ("POST /api/v1/tasks/{task}/complete", "", ""),
    ("POST /api/v1/tasks/{task}/reopen", "", ""),
    ("POST /api/v1/tasks/{task}/schedules", "", r#"{"start": "2026-12-01T09:00:00"}"#),
    ("POST /api/v1/tasks/{task}/split", "", r#"{"template": "equal", "count": 2}"#),
    ("POST /api/v1/tasks/{task}/unarchive", "", ""),
    (
        "POST /api/v1/users/me/password",
        "",
        r#"{"current_password": "correct horse battery staple", "new_password": "another long secret"}"#,
    ),
];

/// A signed-in person.
struct Person {
    name: String,
    id: UserId,
    token: String,
}

impl Person {
    async fn new(house: &House, name: &str) -> Self {
        let reply = house.sign_up(name).await;
        let id = reply.text("/user/id").parse().expect("an id");
        Self { name: name.to_owned(), id, token: reply.access_token().to_owned() }
    }

    async fn key(&self, house: &House, scopes: &[Scope]) -> String {
        let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        let body = json!({ "name": "key", "scopes": scopes });
        self.does(house, Call::post("/api/v1/api-keys", &body)).await.text("/secret").to_owned()
    }

    /// Does something that must work.
    async fn does(&self, house: &House, call: Call) -> Reply {
        let reply = house.send(call.bearer(&self.token)).await;
        assert!(reply.status.is_success(), "{} {}", reply.status, reply.body);
        reply
    }

    /// Makes something that only needs a name nobody else has.
    async fn makes(&self, house: &House, path: &str) -> String {
        let name = NotificationId::mint(house.app.now(), &*house.app.entropy()).to_string();
        self.does(house, Call::post(path, &json!({ "name": name }))).await.text("/id").to_owned()
    }

    /// Makes an invitation into a room of theirs.
    async fn invites(&self, house: &House, room: &str) -> Reply {
        let path = format!("/api/v1/rooms/{room}/invitations");
        self.does(house, Call::post(&path, &json!({ "role": "member" }))).await
    }

    /// As [`Person::owned`], of what belongs to products.
    async fn owned_in_shop(&self, house: &House, kind: &str) -> String {
        match kind {
            "product" => {
                let path = format!("/api/v1/products/p{}", NotificationId::mint(house.app.now(), &*house.app.entropy()));
                self.does(house, Call::new("PUT", &path).json(&json!({ "name": "Bell" }))).await.text("/id").to_owned()
            }
            "product and customer" => {
                let product = Box::pin(self.owned_in_shop(house, "product")).await;
                let customer = Box::pin(self.owned_in_shop(house, "customer")).await;
                self.does(house, Call::new("PUT", &format!("/api/v1/products/{product}/subscriptions/{customer}"))).await;
                format!("{product} {customer}")
            }
            "product and round" => {
                let product = Box::pin(self.owned_in_shop(house, "product")).await;
                let stock = Call::new("PUT", &format!("/api/v1/products/{product}/stock")).json(&json!({ "stock": 1 }));
                self.does(house, stock).await;
                format!("{product} 1")
            }
            "product and paused round" => {
                let both = Box::pin(self.owned_in_shop(house, "product and round")).await;
                let (product, round) = both.split_once(' ').expect("an id and a number");
                self.does(house, Call::new("POST", &format!("/api/v1/admin/products/{product}/rounds/{round}/pause"))).await;
                both
            }
            _ => {
                let id = NotificationId::mint(house.app.now(), &*house.app.entropy()).to_string();
                self.does(house, Call::new("PUT", &format!("/api/v1/recipients/{id}")).json(&json!({}))).await;
                id
            }
        }
    }

    /// Makes one thing of this kind and answers its id; of two things that belong together, both ids with a space between.
    async fn owned(&self, house: &House, kind: &str) -> String {
        match kind {
            "schedule" => {
                let body = json!({ "title": "Stand-up", "start": "2026-12-01T09:00:00" });
                self.does(house, Call::post("/api/v1/schedules", &body)).await.text("/id").to_owned()
            }
            "deleted_schedule" => {
                let id = Box::pin(self.owned(house, "schedule")).await;
                let path = format!("/api/v1/schedules/{id}");
                self.does(house, Call::new("DELETE", &path).header("if-match", "*")).await;
                id
            }
            "running_schedule" => {
                let id = Box::pin(self.owned(house, "schedule")).await;
                self.does(house, Call::new("POST", &format!("/api/v1/schedules/{id}/start"))).await;
                id
            }
            "task" => {
                let body = json!({ "title": "Report", "deadline": "2026-12-01" });
                self.does(house, Call::post("/api/v1/tasks", &body)).await.text("/id").to_owned()
            }
            "alarm" => {
                let path = format!("/api/v1/schedules/{}/reminders", Box::pin(self.owned(house, "schedule")).await);
                self.does(house, Call::get(&path)).await.text("/items/0/id").to_owned()
            }
            "session" => {
                house.log_in(&self.name, PASSWORD).await;
                let listed = self.does(house, Call::get("/api/v1/auth/sessions")).await;
                let items = listed.body["items"].as_array().expect("items");
                let other = items.iter().find(|session| session["current"] == false).expect("another session");
                other["id"].as_str().expect("an id").to_owned()
            }
            "key" => {
                let body = json!({ "name": "key", "scopes": ["schedules:read"] });
                self.does(house, Call::post("/api/v1/api-keys", &body)).await.text("/id").to_owned()
            }
            "category" => self.makes(house, "/api/v1/categories").await,
            "tag" => self.makes(house, "/api/v1/tags").await,
            "tag and another" => {
                format!("{} {}", self.makes(house, "/api/v1/tags").await, self.makes(house, "/api/v1/tags").await)
            }
            "feed" => {
                let body = json!({ "name": "Phone", "privacy": "busy" });
                self.does(house, Call::post("/api/v1/calendar/feeds", &body)).await.text("/id").to_owned()
            }
            "room" => self.makes(house, "/api/v1/rooms").await,
            "room and comment" => {
                let room = self.makes(house, "/api/v1/rooms").await;
                let path = format!("/api/v1/rooms/{room}/comments");
                let made = self.does(house, Call::post(&path, &json!({ "text": "Hello" }))).await;
                format!("{room} {}", made.text("/id"))
            }
            "room and invitation" => {
                let room = self.makes(house, "/api/v1/rooms").await;
                format!("{room} {}", self.invites(house, &room).await.text("/id"))
            }
            "room and member" => {
                let room = self.makes(house, "/api/v1/rooms").await;
                let friend = Box::pin(Self::new(house, &format!("friend-of-{}", self.name))).await;
                let accepted = json!({ "token": self.invites(house, &room).await.text("/token") });
                friend.does(house, Call::post("/api/v1/invitations/accept", &accepted)).await;
                format!("{room} {}", friend.id)
            }
            "room and share" => {
                let (room, schedule) = (self.makes(house, "/api/v1/rooms").await, Box::pin(self.owned(house, "schedule")).await);
                self.does(house, Call::new("PUT", &format!("/api/v1/rooms/{room}/schedules/{schedule}"))).await;
                format!("{room} {schedule}")
            }
            "room of two" => {
                let both = Box::pin(self.owned(house, "room and member")).await;
                let (room, friend) = both.split_once(' ').expect("two ids");
                let call =
                    Call::new("PATCH", &format!("/api/v1/rooms/{room}/members/{friend}")).json(&json!({ "role": "owner" }));
                self.does(house, call).await;
                room.to_owned()
            }
            "product"
            | "product and customer"
            | "product and round"
            | "product and paused round"
            | "customer"
            | "anybody's customer" => Box::pin(self.owned_in_shop(house, kind)).await,
            "anybody's invitation" => {
                let room = self.makes(house, "/api/v1/rooms").await;
                self.invites(house, &room).await.text("/token").to_owned()
            }
            "notification" => notify(house, self.id).await.to_string(),
            unknown => panic!("nobody knows how to make a {unknown}"),
        }
    }
}

/// Puts a notification into an inbox.
async fn notify(house: &House, user: UserId) -> NotificationId {
    struct Deliver(Notification);
    impl store::UseCase for Deliver {
        type Out = ();
        type Error = store::StoreError;
        async fn run(&self, tx: &mut store::Tx<'_>) -> Result<(), store::StoreError> {
            let draft = store::notify::deliver::Draft { key: self.0.id.uuid(), notification: self.0.clone() };
            store::notify::deliver::insert(tx, &[draft]).await?;
            store::notify::deliver::add_unread(tx, &[(self.0.user, 1)].into()).await?;
            Ok(())
        }
    }
    let id = NotificationId::mint(house.app.now(), &*house.app.entropy());
    let (kind, title, body, data) = ("reminder".to_owned(), "Stand-up".to_owned(), String::new(), "{}".to_owned());
    let notification = Notification { id, user, kind, title, body, data, created_at: house.app.now(), read_at: None };
    house.app.store().write(Deliver(notification)).await.expect("delivered");
    id
}

/// How a route is asked properly.
struct Example {
    method: &'static str,
    path: String,
    query: &'static str,
    body: &'static str,
}

impl Example {
    /// `None`: [`REQUESTS`] does not know the route yet.
    fn of(route: &RouteInfo) -> Option<Self> {
        REQUESTS.iter().find_map(|(name, query, body)| {
            let (method, path) = name.split_once(' ')?;
            let same = method == route.method && shape(path) == shape(&route.path);
            same.then(|| Self { method, path: path.to_owned(), query, body })
        })
    }

    /// What of the owner it names, in its path or as a text of its body.
    fn kind(&self) -> Option<&str> {
        let (_, rest) = self.path.split_once('{').or_else(|| self.body.split_once("\"{"))?;
        rest.split('}').next()
    }

    fn call(&self, id: &str) -> Call {
        let placeholder = self.kind().map(|kind| format!("{{{kind}}}")).unwrap_or_default();
        let (id, second) = id.split_once(' ').unwrap_or((id, ""));
        let fill = |text: &str| match placeholder.as_str() {
            "" => text.to_owned(),
            placeholder => text.replace(placeholder, id).replace("{second}", second).replace("{emoji}", "%F0%9F%91%8D"),
        };
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        let call = Call::new(self.method, &format!("{}{query}", fill(&self.path))).header("if-match", "*");
        match self.body {
            "" => call,
            calendar if calendar.starts_with("BEGIN:") => call.text("text/calendar", calendar),
            people if people.starts_with("external_id") => call.text("text/csv", people),
            body => call.json(&serde_json::from_str::<Value>(&fill(body)).expect("JSON")),
        }
    }
}

/// A path without the names of its parameters.
fn shape(path: &str) -> Vec<&str> {
    path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment }).collect()
}

fn is_guarded(route: &RouteInfo) -> bool {
    !matches!(route.access, Access::Public | Access::Operator)
}

#[test]
fn every_guarded_route_has_an_example_and_every_example_a_route() {
    let guarded: Vec<RouteInfo> = route_table().into_iter().filter(is_guarded).collect();
    let unknown: Vec<String> =
        guarded.iter().filter(|route| Example::of(route).is_none()).map(|r| format!("{} {}", r.method, r.path)).collect();
    assert!(unknown.is_empty(), "say in REQUESTS how these are asked: {unknown:#?}");
    let served = |name: &str| guarded.iter().any(|r| format!("{} {:?}", r.method, shape(&r.path)) == name);
    let gone: Vec<&str> = REQUESTS
        .iter()
        .map(|(name, ..)| *name)
        .filter(|name| name.split_once(' ').is_none_or(|(method, path)| !served(&format!("{method} {:?}", shape(path)))))
        .collect();
    assert!(gone.is_empty(), "these are routes no more: {gone:#?}");
}

#[tokio::test]
async fn whoever_is_not_believed_or_may_not_is_turned_away_from_every_route() {
    let house = House::open(&Database::sqlite()).await;
    house.sign_up("administrator").await;
    let expired = house.sign_up("old").await.access_token().to_owned();
    house.clock.advance(Duration::from_mins(11));
    let (member, revoked) = (Person::new(&house, "member").await, Person::new(&house, "gone").await);
    revoked.does(&house, Call::new("POST", "/api/v1/auth/logout")).await;
    let mut strangers = vec![("nobody", None), ("an expired token", Some(expired)), ("a revoked session", Some(revoked.token))];
    strangers.push(("an unknown key", Some(format!("cmp_{}", "A".repeat(43)))));
    let mut wrong = Vec::new();
    for route in route_table().into_iter().filter(is_guarded) {
        let ask = async |token: Option<&str>| {
            // The guard comes before everything else, so neither ids nor a body are needed.
            let call = Call::new(route.method, &route.path.replace(['{', '}'], ""));
            let call = if let Some(token) = token { call.bearer(token) } else { call };
            house.send(call).await
        };
        for (who, token) in &strangers {
            let reply = ask(token.as_deref()).await;
            if reply.status != 401 || reply.header("www-authenticate").is_none() {
                wrong.push(format!("{who}: {} {} answered {}", route.method, route.path, reply.status));
            }
        }
        let mut forbidden = Vec::new();
        for scopes in too_few(&route) {
            forbidden.push(("a key without the scope", member.key(&house, &scopes).await));
        }
        if route.access == Access::Administrator {
            forbidden.push(("a member", member.token.clone()));
        }
        for (who, token) in forbidden {
            let reply = ask(Some(&token)).await;
            if reply.status != 403 {
                wrong.push(format!("{who}: {} {} answered {}", route.method, route.path, reply.status));
            }
        }
        forget_keys(&house, &member).await;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What keys have that are not let in: everything but what the route needs, or but one of the things that it needs.
fn too_few(route: &RouteInfo) -> Vec<Vec<Scope>> {
    let without = |needed: &[Scope]| -> Vec<Scope> {
        Scope::ALL.into_iter().filter(|held| !needed.iter().any(|needed| held.covers(*needed))).collect()
    };
    match route.access {
        Access::Scoped(needed) => vec![without(&[needed])],
        Access::All(all) => all.iter().map(|needed| without(&[*needed])).collect(),
        Access::Stream(any) => vec![without(any)],
        _ => vec![without(&[])],
    }
}

/// A user has fifty keys at most; there will be more routes.
async fn forget_keys(house: &House, owner: &Person) {
    let listed = owner.does(house, Call::get("/api/v1/api-keys")).await;
    for key in listed.body["items"].as_array().expect("items") {
        let path = format!("/api/v1/api-keys/{}", key["id"].as_str().expect("an id"));
        owner.does(house, Call::new("DELETE", &path)).await;
    }
}

#[tokio::test]
async fn somebody_elses_things_are_not_there_and_ones_own_are() {
    testkit::on_both_databases(async |database| {
        let house = House::open(database).await;
        house.sign_up("administrator").await;
        let eve = Person::new(&house, "eve").await;
        let mut wrong = Vec::new();
        for (number, route) in route_table().into_iter().filter(is_guarded).enumerate() {
            // A route this file does not know is reported by name in a test of its own.
            let Some(example) = Example::of(&route) else { continue };
            // Some routes end the session that asks, so each is asked by somebody of its own.
            let ada = Person::new(&house, &format!("ada{number}")).await;
            let id = match example.kind() {
                Some(kind) => ada.owned(&house, kind).await,
                None => String::new(),
            };
            // An invitation is for whoever has it.
            if example.kind().is_some_and(|kind| !kind.starts_with("anybody's")) {
                let reply = house.send(example.call(&id).bearer(&eve.token)).await;
                if reply.status != 404 {
                    wrong
                        .push(format!("somebody else: {} {} answered {} {}", route.method, route.path, reply.status, reply.body));
                }
            }
            let token = match route.access {
                Access::Scoped(scope) => ada.key(&house, &[scope]).await,
                Access::All(scopes) => ada.key(&house, scopes).await,
                Access::Stream(scopes) => ada.key(&house, &scopes[..1]).await,
                _ => ada.token.clone(),
            };
            let reply = house.send(example.call(&id).bearer(&token)).await;
            // Who comes to a socket without a handshake has come past the guard.
            let let_in = reply.status.is_success() || reply.status == 426;
            if !let_in && route.access != Access::Administrator {
                wrong.push(format!("its owner: {} {} answered {} {}", route.method, route.path, reply.status, reply.body));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    })
    .await;
}
