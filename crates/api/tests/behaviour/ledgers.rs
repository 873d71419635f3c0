//! Ledgers of restock rounds over HTTP, on both engines: page by page, by state, by person, and as a file.

use std::time::Duration;

use api::Limits;
use app::{
    campaigns::rounds,
    domain::campaigns::ProductName,
    housekeeping::{self, JobLane, Retention},
};
use futures_util::future::join_all;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use kernel::Clock as _;
use serde_json::{Value, json};
use testkit::{clockwork::Leased as _, on_both_databases};
use tokio::net::TcpSocket;

use crate::{
    desk::Desk,
    house::{Call, House, PASSWORD},
    products::PRODUCTS,
    teller::Teller,
};

impl Desk<'_> {
    /// Positions of the lines of the first round that `query` asks for, over all pages.
    async fn lines(&self, product: &str, query: &str) -> Vec<i64> {
        let (mut lines, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{PRODUCTS}/{product}/rounds/1/recipients?{query}{cursor}")).await;
            let items = page.body["items"].as_array().unwrap_or_else(|| panic!("{}", page.body));
            lines.extend(items.iter().map(|item| item["position"].as_i64().expect("a position")));
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return lines,
            }
        }
    }

    /// The first round of `product`, as a file.
    async fn ledger_file(&self, product: &str, format: &str) -> String {
        let call = Call::get(&format!("{PRODUCTS}/{product}/rounds/1/export{format}"));
        self.house.page_of(self.signed(call)).await
    }
}

#[tokio::test]
async fn a_ledger_is_read_by_state_and_by_person_in_pages() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let bobs = bob.id().await;
        ada.awaited("bell", 4).await;
        ada.subscribe("bell", &bobs).await;
        ada.keeps("last").await;
        ada.subscribe("bell", "last").await;
        ada.stock("bell", 1).await;
        let mut teller = Teller::of(&house);
        teller.freeze().await;
        assert_eq!(ada.lines("bell", "state=WAITING&limit=4").await, [1, 2, 3, 4, 5, 6]);
        assert_eq!(ada.lines("bell", "state=SENT").await, [0; 0]);
        let waiting = ada.get(&format!("{PRODUCTS}/bell/rounds/1/recipients?limit=1")).await;
        let line = json!({
            "position": 1, "user_id": "c001", "name": "Customer 1", "state": "WAITING", "attempts": 0, "started_at": null,
            "sent_at": null, "settled_at": null, "next_at": null, "reason": null,
        });
        assert_eq!(waiting.body["items"], json!([line]));

        ada.unsubscribe("bell", "c002").await;
        teller.work().await;
        assert_eq!(ada.lines("bell", "limit=4").await, [1, 2, 3, 4, 5, 6]);
        assert_eq!(ada.lines("bell", "state=SKIPPED&limit=2").await, [1, 2, 3, 4, 6]);
        assert_eq!(ada.lines("bell", "state=SENT&limit=1").await, [5]);
        for state in ["WAITING", "IN_FLIGHT", "RETRY", "FAILED"] {
            assert_eq!(ada.lines("bell", &format!("state={state}")).await, [0; 0], "{state}");
        }
        let of = async |who: &str| {
            ada.get(&format!("{PRODUCTS}/bell/rounds/1/recipients?user_id={who}")).await.body["items"][0].clone()
        };
        let (left, told) = (of("c002").await, of(&bobs).await);
        assert_eq!(
            (&left["state"], &left["reason"], &left["sent_at"]),
            (&json!("SKIPPED"), &json!("unsubscribed"), &Value::Null)
        );
        assert_eq!((&told["position"], &told["state"], &told["name"]), (&json!(5), &json!("SENT"), &json!("bob")));
        assert!(told["sent_at"].is_string() && told["sent_at"] == told["settled_at"] && told["reason"].is_null(), "{told}");
        assert_eq!(of("last").await["name"], Value::Null);
        assert_eq!(of("nobody").await, Value::Null);
        assert_eq!(ada.lines("bell", "user_id=c002&state=SKIPPED").await, [2]);
        assert_eq!(ada.lines("bell", "user_id=c002&state=SENT").await, [0; 0]);

        let page = ada.get(&format!("{PRODUCTS}/bell/rounds/1/recipients?state=SKIPPED&limit=2")).await;
        let cursor = page.text("/next_cursor");
        for other in ["", "state=SENT&", "user_id=c001&"] {
            let path = format!("{PRODUCTS}/bell/rounds/1/recipients?{other}cursor={cursor}");
            ada.get(&path).await.refused(400, "cursor.malformed");
        }
        for query in ["state=sent", "state=", "user_id=", "user_id=%00", "user_id=%20a", "who=a", "limit=0"] {
            ada.get(&format!("{PRODUCTS}/bell/rounds/1/recipients?{query}")).await.refused(422, "query.invalid");
        }
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_ledger_of_more_lines_than_a_page_is_one_file() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let bobs = bob.id().await;
        ada.product("sku:1").await;
        ada.subscribe("sku:1", &bobs).await;
        let many: Vec<String> = (2..=1_199).map(|number| format!("c{number},Customer {number}\n")).collect();
        let file = format!(
            "external_id,name\n=1+1,\"=HYPERLINK(\"\"http://x\"\",\"\"a\"\")\"\n-2,\"Kim, \"\"Lee\"\"\"\n{}",
            many.concat()
        );
        let imported = ada.import_people("sku:1", &file).await;
        assert_eq!(imported.body["subscribed"], json!(1_200), "{}", imported.body);
        ada.stock("sku:1", 1).await;
        Teller::of(&house).work().await;

        let head = ada.house.open_stream(ada.signed(Call::get(&format!("{PRODUCTS}/sku:1/rounds/1/export?format=csv")))).await;
        let header = |name: &str| head.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(header("content-type"), "text/csv; charset=utf-8");
        assert_eq!(header("content-disposition"), "attachment; filename=\"restock-sku-1-1.csv\"");
        let csv = ada.ledger_file("sku:1", "").await;
        assert_eq!(csv, String::from_utf8(head.into_body().collect().await.expect("a body").to_bytes().to_vec()).expect("text"));
        let lines: Vec<&str> = csv.split("\r\n").collect();
        assert_eq!((lines.len(), lines[1_202]), (1_203, ""), "the columns, 1,201 people, and an end");
        assert_eq!(lines[0], "position,user_id,name,state,attempts,started_at,sent_at,settled_at,next_at,reason");
        assert!(lines[1].starts_with(&format!("1,{bobs},bob,SENT,")), "{}", lines[1]);
        assert!(lines[2].starts_with("2,'=1+1,\"'=HYPERLINK(\"\"http://x\"\",\"\"a\"\")\",SKIPPED,"), "{}", lines[2]);
        assert!(lines[3].starts_with("3,'-2,\"Kim, \"\"Lee\"\"\",SKIPPED,"), "{}", lines[3]);
        for (number, line) in lines[1..=1_201].iter().enumerate() {
            assert!(line.starts_with(&format!("{},", number + 1)), "{line}");
        }

        let json: Vec<Value> = serde_json::from_str(&ada.ledger_file("sku:1", "?format=json").await).expect("JSON");
        assert_eq!((json.len(), &json[1]["user_id"], &json[1_200]["user_id"]), (1_201, &json!("=1+1"), &json!("c1199")));
        let shown = ada.get(&format!("{PRODUCTS}/sku:1/rounds/1/recipients?limit=200")).await;
        assert_eq!(shown.body["items"].as_array().expect("lines")[..], json[..200], "line by line what the ledger shows");
        ada.get(&format!("{PRODUCTS}/sku:1/rounds/1/export?format=xml")).await.refused(422, "query.invalid");

        ada.product("empty").await;
        ada.stock("empty", 1).await;
        assert_eq!(ada.ledger_file("empty", "?format=json").await, "[\n]\n");
        assert_eq!(ada.ledger_file("empty", "?format=csv").await.lines().count(), 1);
        house.close().await;
    })
    .await;
}

/// A ledger larger than what sockets hold for a reader who does not read: of the first round of `product`.
async fn large(desk: &Desk<'_>, product: &str) {
    desk.product(product).await;
    let name = "가".repeat(80);
    let people: Vec<String> = (0..LARGE).map(|number| format!("c{number:0>100},{name}\n")).collect();
    let imported = desk.import_people(product, &format!("external_id,name\n{}", people.concat())).await;
    assert_eq!(imported.status, 200, "{}", imported.body);
    desk.stock(product, 1).await;
    Teller::of(desk.house).freeze().await;
}

/// Lines of it.
const LARGE: usize = 20_000;

/// Asks for it as whoever holds `credential`, and reads the head of the answer alone.
async fn begun(house: &House, credential: &str) -> Incoming {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4 * 1024).expect("a small buffer");
    let stream = socket.connect(house.address()).await.expect("a connection");
    let call = Call::get(&format!("{PRODUCTS}/bell/rounds/1/export?format=json")).bearer(credential);
    let answer = house.respond(stream, call).await;
    assert_eq!(answer.status(), 200);
    answer.into_body()
}

/// Reads on; how many whole lines there are, and whether that was all.
async fn rest(mut body: Incoming) -> (usize, bool) {
    let mut text = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return (text.split(|byte| *byte == b'\n').count().saturating_sub(2), false) };
        text.extend_from_slice(&frame.into_data().expect("data"));
    }
    (serde_json::from_slice::<Vec<Value>>(&text).expect("JSON").len(), true)
}

/// More readers than a pool has connections, none of whom reads.
#[tokio::test]
async fn whoever_stops_reading_an_export_holds_nothing_of_the_database() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        large(&ada, "bell").await;
        let unread = join_all((0..12).map(|_| begun(&house, &ada.token))).await;
        for _ in 0..3 {
            assert_eq!(ada.lines("bell", "user_id=nobody").await, [0; 0]);
            assert_eq!(ada.restock("bell", &json!({})).await.status, 202);
        }
        // Who reads on has all of it.
        let last = unread.into_iter().last().expect("a reader");
        assert_eq!(rest(last).await, (LARGE, true));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_export_breaks_off_when_the_key_or_the_session_it_was_asked_with_ends() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        ada.awaited("bell", 1_200).await;
        ada.stock("bell", 1).await;
        Teller::of(&house).freeze().await;
        let key = json!({ "name": "reader", "scopes": ["campaigns:read"] });
        let key = ada.send(Call::post("/api/v1/api-keys", &key)).await;
        let begin = async |credential: &str| {
            let caller = app::identity::authenticate(&house.app, credential).await.expect("somebody");
            let bell = ProductName::read("bell").expect("a name");
            let mut pages = rounds::export(&house.app, &caller, (bell, 1)).await.expect("an export");
            assert_eq!(pages.next().await.expect("a page").map(|lines| lines.len()), Some(500));
            pages
        };
        let mut by_key = begin(key.text("/secret")).await;
        let mut by_session = begin(&ada.token).await;
        let other = house.log_in("ada", PASSWORD).await;
        let mut by_another = begin(other.access_token()).await;

        assert_eq!(ada.send(Call::new("DELETE", &format!("/api/v1/api-keys/{}", key.text("/id")))).await.status, 204);
        assert_eq!(by_key.next().await.expect_err("it was revoked").code(), "identity.unauthenticated");
        assert_eq!(by_session.next().await.expect("a page").map(|lines| lines.len()), Some(500));
        assert_eq!(ada.send(Call::new("POST", "/api/v1/auth/logout")).await.status, 204);
        assert_eq!(by_session.next().await.expect_err("it has ended").code(), "identity.unauthenticated");
        let mut rest = 0;
        while let Some(lines) = by_another.next().await.expect("a page") {
            rest += lines.len();
        }
        assert_eq!(rest, 700, "nobody else is concerned");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_export_under_way_breaks_off_when_its_key_is_revoked_or_its_round_is_forgotten() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let mut ada = Desk::of(&house, "ada").await;
        housekeeping::plan(&house.app).await.expect("planned");
        house.clock.advance(Duration::from_hours(25));
        ada.sign_in_again().await;
        large(&ada, "bell").await;
        ada.steer("bell", 1, "cancel").await;
        ada.restock("bell", &json!({})).await;
        let mut keys = Vec::new();
        for name in ["one", "other"] {
            let key = json!({ "name": name, "scopes": ["campaigns:read"] });
            keys.push(ada.send(Call::post("/api/v1/api-keys", &key)).await);
        }
        let revoked = begun(&house, keys[0].text("/secret")).await;
        let forgotten = begun(&house, keys[1].text("/secret")).await;
        assert_eq!(ada.send(Call::new("DELETE", &format!("/api/v1/api-keys/{}", keys[0].text("/id")))).await.status, 204);
        let (lines, all) = rest(revoked).await;
        assert!(!all && lines < LARGE, "{lines}");

        let lane = JobLane::new(house.app.clone(), Retention { product_rounds: 1, ..Retention::default() });
        let due = lane.claim(house.clock.now(), lane.lease(), 100).await.expect("jobs").rows;
        lane.handle(due.iter().find(|job| job.kind == "purge_rounds").expect("it is due")).await;
        ada.round("bell", 1).await.refused(404, "round.not_found");
        let (lines, all) = rest(forgotten).await;
        assert!(!all && lines < LARGE, "{lines}");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_export_whose_reader_takes_nothing_gives_its_place_to_somebody_else_after_a_minute() {
    let limits = Limits { in_flight_per_principal: 1, ..Limits::default() };
    on_both_databases(async |database| {
        let house = House::with_limits(database, limits.clone()).await;
        let ada = Desk::of(&house, "ada").await;
        large(&ada, "bell").await;
        let silent = begun(&house, &ada.token).await;
        let mut waited = Duration::ZERO;
        let list = loop {
            let list = ada.get(PRODUCTS).await;
            if list.status != 429 {
                break list;
            }
            list.refused(429, "edge.too_many_at_once");
            house.clock.advance(Duration::from_secs(1));
            waited += Duration::from_secs(1);
            assert!(waited <= Duration::from_mins(2), "it is held for ever");
        };
        assert_eq!(list.status, 200);
        assert!(waited >= Duration::from_mins(1), "{waited:?}");
        let (lines, all) = rest(silent).await;
        assert!(!all && lines < LARGE, "{lines}");
        house.close().await;
    })
    .await;
}
