//! Restock rounds over HTTP, on both engines: raise them, stop them, let them go on, read them.

use std::time::Duration;

use app::domain::identity::Scope;
use futures_util::future::join;
use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    desk::Desk,
    follower::Follower,
    house::{Call, House, Reply},
    products::PRODUCTS,
    teller::Teller,
};

const ADMIN: &str = "/api/v1/admin/products";

impl Desk<'_> {
    pub(crate) async fn restock(&self, product: &str, wish: &Value) -> Reply {
        self.send(Call::post(&format!("{PRODUCTS}/{product}/notifications/re-stock"), wish)).await
    }

    /// The last round goes on.
    async fn resume(&self, product: &str) -> Reply {
        self.send(Call::new("POST", &format!("{ADMIN}/{product}/notifications/re-stock"))).await
    }

    /// `pause` or `cancel`.
    pub(crate) async fn steer(&self, product: &str, round: i64, how: &str) -> Reply {
        self.send(Call::new("POST", &format!("{ADMIN}/{product}/rounds/{round}/{how}"))).await
    }

    pub(crate) async fn round(&self, product: &str, round: i64) -> Reply {
        self.get(&format!("{PRODUCTS}/{product}/rounds/{round}")).await
    }

    /// A product for which so many wait who have no account, `c001` and so on.
    pub(crate) async fn awaited(&self, product: &str, count: usize) {
        self.product(product).await;
        let people: Vec<String> = (1..=count).map(|number| format!("c{number:03},Customer {number}\n")).collect();
        let imported = self.import_people(product, &format!("external_id,name\n{}", people.concat())).await;
        assert_eq!(imported.status, 200, "{}", imported.body);
    }
}

/// Which round, where it stands, and why.
fn standing(reply: &Reply) -> (u16, i64, &str, &str) {
    let round = reply.body["round"].as_i64().unwrap_or_else(|| panic!("no round: {}", reply.body));
    (reply.status.as_u16(), round, reply.text("/status"), reply.text("/cause"))
}

/// Of those in it: told, passed over, failed, still to be told.
fn sums(reply: &Reply) -> [i64; 4] {
    ["sent", "skipped", "failed", "waiting"].map(|name| reply.body[name].as_i64().expect("a number"))
}

#[tokio::test]
async fn stock_that_comes_back_raises_a_round_and_the_same_event_again_is_that_round() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let bobs = bob.id().await;
        ada.awaited("bell", 2).await;
        ada.subscribe("bell", &bobs).await;
        ada.restock("bell", &json!({})).await.refused(409, "product.out_of_stock");
        ada.restock("bell", &json!({ "stock": 0 })).await.refused(409, "product.out_of_stock");
        ada.resume("bell").await.refused(404, "round.not_found");
        ada.round("bell", 1).await.refused(404, "round.not_found");
        assert_eq!(ada.get(&format!("{PRODUCTS}/bell/rounds")).await.body, json!({ "items": [], "next_cursor": null }));

        assert_eq!(ada.stock("bell", 3).await.body["round"], json!(1));
        let begun = ada.round("bell", 1).await;
        assert_eq!(standing(&begun), (200, 1, "IN_PROGRESS", "restocked"));
        assert_eq!(
            (&begun.body["frozen"], &begun.body["total"], &begun.body["last_recipient"]),
            (&json!(false), &json!(0), &Value::Null)
        );
        for wish in [json!({}), json!({ "stock": 5 }), json!({ "strict": true })] {
            let again = ada.restock("bell", &wish).await;
            assert_eq!(standing(&again), (202, 1, "IN_PROGRESS", "restocked"), "{wish}");
            assert_eq!(again.header("location"), Some("/api/v1/products/bell/rounds/1"));
        }
        assert_eq!(ada.stock("bell", 9).await.body["round"], json!(1), "from some to more raises nothing");

        let mut teller = Teller::of(&house);
        teller.work().await;
        let done = ada.round("bell", 1).await;
        assert_eq!((standing(&done), sums(&done)), ((200, 1, "COMPLETED", "restocked"), [1, 2, 0, 0]));
        assert_eq!(done.body["last_recipient"], json!({ "position": 3, "user_id": bobs, "name": "bob" }));
        assert_eq!((&done.body["first_unsent"], &done.body["frozen"]), (&Value::Null, &json!(true)));
        assert_eq!(bob.get("/api/v1/notifications").await.text("/items/0/type"), "restock");

        // Asked for without a body.
        assert_eq!(ada.unsubscribe("bell", "c001").await.status, 204);
        let asked = ada.send(Call::new("POST", &format!("{PRODUCTS}/bell/notifications/re-stock"))).await;
        assert_eq!(standing(&asked), (202, 2, "IN_PROGRESS", "asked"));
        teller.work().await;
        let second = ada.round("bell", 2).await;
        assert_eq!((second.text("/status"), sums(&second)), ("COMPLETED", [0, 1, 0, 0]), "who was not reached still waits");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_round_stops_goes_on_and_ends_as_its_owner_says() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        ada.awaited("bell", 3).await;
        ada.stock("bell", 1).await;
        ada.resume("bell").await.refused(409, "round.in_progress");
        let paused = ada.steer("bell", 1, "pause").await;
        assert_eq!(standing(&paused), (200, 1, "PAUSED", "owner"));
        assert!(paused.body["paused_at"].is_string());
        ada.steer("bell", 1, "pause").await.refused(409, "round.not_in_progress");
        assert_eq!(standing(&ada.restock("bell", &json!({})).await), (202, 1, "PAUSED", "owner"), "a pause is its owner's");
        let mut teller = Teller::of(&house);
        teller.work().await;
        assert_eq!(sums(&ada.round("bell", 1).await), [0, 0, 0, 3], "written down, and told nothing");

        // Sold out: it goes on when there is something, and somebody says so.
        ada.stock("bell", 0).await;
        assert_eq!(standing(&ada.round("bell", 1).await), (200, 1, "CANCELED_BY_SOLD_OUT", "sold_out"));
        ada.resume("bell").await.refused(409, "round.sold_out");
        ada.restock("bell", &json!({})).await.refused(409, "product.out_of_stock");
        assert_eq!(standing(&ada.restock("bell", &json!({ "stock": 2 })).await), (202, 2, "IN_PROGRESS", "asked"));
        ada.steer("bell", 2, "pause").await;
        let resumed = ada.resume("bell").await;
        assert_eq!((standing(&resumed), &resumed.body["paused_at"]), ((202, 2, "IN_PROGRESS", "owner"), &Value::Null));
        let canceled = ada.steer("bell", 2, "cancel").await;
        assert_eq!(standing(&canceled), (200, 2, "CANCELED", "owner"));
        assert!(canceled.body["finished_at"].is_string());
        ada.steer("bell", 2, "cancel").await.refused(409, "round.finished");
        ada.steer("bell", 2, "pause").await.refused(409, "round.finished");
        ada.resume("bell").await.refused(409, "round.finished");
        ada.steer("bell", 3, "pause").await.refused(404, "round.not_found");

        ada.restock("bell", &json!({})).await;
        teller.work().await;
        let third = ada.round("bell", 3).await;
        assert_eq!((third.text("/status"), sums(&third)), ("COMPLETED", [0, 3, 0, 0]), "{}", third.body);
        ada.resume("bell").await.refused(409, "round.finished");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn of_two_who_let_a_round_go_on_at_once_one_wins_and_one_is_refused() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        ada.awaited("bell", 1).await;
        ada.stock("bell", 1).await;
        for attempt in 0..5 {
            assert_eq!(ada.steer("bell", 1, "pause").await.status, 200);
            let (one, other) = join(ada.resume("bell"), ada.resume("bell")).await;
            let mut both = [one.status.as_u16(), other.status.as_u16()];
            both.sort_unstable();
            assert_eq!(both, [202, 409], "{attempt}: {} {}", one.body, other.body);
            let lost = if one.status == 409 { &one } else { &other };
            assert_eq!(lost.code(), "round.in_progress");
        }
        // And of two who raise one at once, both have the same.
        ada.awaited("clock", 1).await;
        let wish = json!({ "stock": 1 });
        let (one, other) = join(ada.restock("clock", &wish), ada.restock("clock", &wish)).await;
        assert_eq!([standing(&one), standing(&other)], [(202, 1, "IN_PROGRESS", "asked"); 2]);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_says_who_would_be_told_and_nothing_happens() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        ada.awaited("bell", 12).await;
        let before = ada.get(&format!("{PRODUCTS}/bell")).await.body;
        ada.restock("bell", &json!({ "dry_run": true })).await.refused(409, "product.out_of_stock");
        ada.restock("bell", &json!({ "dry_run": true, "stock": -1 })).await.refused(422, "product.invalid");
        let past = json!({ "dry_run": true, "stock": 1, "expires_at": house.app.now() });
        ada.restock("bell", &past).await.refused(422, "round.expires_in_the_past");

        let path = format!("{PRODUCTS}/bell/notifications/re-stock");
        let dry = json!({ "dry_run": true, "stock": 2 });
        let told = ada.send(Call::post(&path, &dry).header("idempotency-key", "k")).await;
        assert_eq!((told.status.as_u16(), &told.body["total"], &told.body["seconds"]), (200, &json!(12), &json!(0)));
        let first = told.body["first"].as_array().expect("people");
        assert_eq!((first.len(), &first[0]), (10, &json!({ "user_id": "c001", "name": "Customer 1" })));
        assert_eq!(ada.get(&format!("{PRODUCTS}/bell")).await.body, before);
        assert_eq!(ada.get(&format!("{PRODUCTS}/bell/rounds")).await.body["items"], json!([]));
        // Nothing is kept under its key, either.
        let real = ada.send(Call::post(&path, &json!({ "stock": 2 })).header("idempotency-key", "k")).await;
        assert_eq!(standing(&real), (202, 1, "IN_PROGRESS", "asked"));

        // It says what asking says then: nothing begins, and how it is asked for does not matter.
        let past = json!({ "dry_run": true, "stock": 2, "strict": true, "expires_at": house.app.now() });
        let under_way = ada.restock("bell", &past).await;
        assert_eq!(under_way.body, json!({ "total": 0, "first": [], "seconds": 0, "under_way": 1 }));

        let waves = json!({ "name": "Clock", "per_item": 2, "wait_seconds": 60 });
        ada.put(&format!("{PRODUCTS}/clock"), &waves).await;
        ada.import_people("clock", "external_id\na\nb\nc\nd\ne\n").await;
        let paced = ada.restock("clock", &json!({ "dry_run": true, "stock": 1 })).await;
        assert_eq!((&paced.body["total"], &paced.body["seconds"]), (&json!(5), &json!(120)), "after the second and the fourth");
        assert_eq!(paced.body["under_way"], Value::Null);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn whoever_says_which_version_they_mean_changes_no_other() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        ada.awaited("bell", 60).await;
        // Opaque to callers: of the number and the version.
        let of = |round: i64, version: i64| format!("\"{}\"", (round << 32) | version);
        let tagged = |path: &str, tag: &str| ada.send(Call::new("POST", path).header("if-match", tag));
        let product = ada.stock("bell", 1).await;
        let tag = product.header("etag").expect("a tag").to_owned();
        assert_eq!(ada.get(&format!("{PRODUCTS}/bell")).await.header("etag"), Some(&*tag));
        let first = ada.round("bell", 1).await;
        assert_eq!((first.header("etag"), &first.body["version"]), (Some(&*of(1, 1)), &json!(1)));

        // How far it is changes nothing of that; whoever asks again learns it all the same.
        Teller::of(&house).step().await;
        let asks = || Call::get(&format!("{PRODUCTS}/bell/rounds/1")).header("if-none-match", &of(1, 1));
        let on = ada.send(asks()).await;
        assert_eq!((on.status.as_u16(), on.header("etag"), &on.body["total"]), (200, Some(&*of(1, 1)), &json!(60)));

        let [pause, cancel] = ["pause", "cancel"].map(|how| format!("{ADMIN}/bell/rounds/1/{how}"));
        let (restock, resume) =
            (format!("{PRODUCTS}/bell/notifications/re-stock"), format!("{ADMIN}/bell/notifications/re-stock"));
        for other in [of(1, 2), of(2, 1), "\"1\"".to_owned()] {
            tagged(&pause, &other).await.refused(412, "round.version_mismatch");
        }
        tagged(&pause, "2").await.refused(400, "precondition.malformed");
        let paused = tagged(&pause, &of(1, 1)).await;
        assert_eq!((paused.status.as_u16(), paused.header("etag")), (200, Some(&*of(1, 2))));
        for path in [&resume, &cancel] {
            tagged(path, &of(1, 1)).await.refused(412, "round.version_mismatch");
        }
        assert_eq!(ada.round("bell", 1).await.text("/status"), "PAUSED", "nothing of it was done");
        let resumed = tagged(&resume, &of(1, 2)).await;
        assert_eq!((resumed.status.as_u16(), resumed.header("etag")), (202, Some(&*of(1, 3))));
        assert_eq!(tagged(&cancel, "*").await.header("etag"), Some(&*of(1, 4)));

        // Asking for one is about the product.
        for body in [json!({}), json!({ "dry_run": true })] {
            let stale = Call::post(&restock, &body).header("if-match", "\"1\"");
            ada.send(stale).await.refused(412, "product.version_mismatch");
        }
        let asked = ada.send(Call::post(&restock, &json!({})).header("if-match", &tag)).await;
        assert_eq!((asked.status.as_u16(), asked.header("etag"), &asked.body["round"]), (202, Some(&*of(2, 1)), &json!(2)));
        ada.send(Call::post(&restock, &json!({})).header("if-match", &tag)).await.refused(412, "product.version_mismatch");

        // The last round is another one by now, which somebody else holds up.
        assert_eq!(ada.send(Call::new("POST", &pause.replace("/1/", "/2/"))).await.header("etag"), Some(&*of(2, 2)));
        tagged(&resume, &of(1, 2)).await.refused(412, "round.version_mismatch");
        assert_eq!(ada.round("bell", 2).await.text("/status"), "PAUSED", "it stays so");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_was_given_under_a_key_is_given_again_and_nothing_happens_twice() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        ada.awaited("bell", 1).await;
        let ask = |path: &str, body: Value| ada.send(Call::post(path, &body).header("idempotency-key", "k"));
        let restock = format!("{PRODUCTS}/bell/notifications/re-stock");
        let first = ask(&restock, json!({ "stock": 1 })).await;
        Teller::of(&house).work().await;
        assert_eq!(ada.round("bell", 1).await.text("/status"), "COMPLETED");
        let again = ask(&restock, json!({ "stock": 1 })).await;
        assert_eq!((again.status.as_u16(), again.header("idempotent-replayed"), &again.body), (202, Some("true"), &first.body));
        assert_eq!(again.header("location"), Some("/api/v1/products/bell/rounds/1"));
        ask(&restock, json!({ "stock": 2 })).await.refused(422, "idempotency.other_request");
        assert_eq!(ada.get(&format!("{PRODUCTS}/bell")).await.body["round"], json!(1));

        ada.restock("bell", &json!({})).await;
        let pause = format!("{ADMIN}/bell/rounds/2/pause");
        assert_eq!(ask(&pause, json!({})).await.status, 200);
        let again = ask(&pause, json!({})).await;
        assert_eq!((again.status.as_u16(), again.text("/status")), (200, "PAUSED"), "and no conflict");
        let resume = format!("{ADMIN}/bell/notifications/re-stock");
        assert_eq!([ask(&resume, json!({})).await.status, ask(&resume, json!({})).await.status], [202, 202]);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_makes_no_sense_of_a_round_is_refused() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        ada.awaited("bell", 1).await;
        for (stock, pointer) in [(json!(-1), "/stock"), (json!(9_007_199_254_740_993_i64), "/stock"), (json!(1.5), "/stock")] {
            let refused = ada.restock("bell", &json!({ "stock": stock })).await;
            assert_eq!((refused.status.as_u16(), refused.text("/errors/0/pointer")), (422, pointer), "{stock}");
        }
        for (body, pointer) in [
            (json!({ "stok": 1 }), "/stok"),
            (json!({ "strict": 1 }), "/strict"),
            (json!({ "expires_at": "soon" }), "/expires_at"),
            (json!({ "dry_run": null }), "/dry_run"),
        ] {
            let refused = ada.restock("bell", &body).await;
            assert_eq!((refused.status.as_u16(), refused.text("/errors/0/pointer")), (422, pointer), "{body}");
        }
        for past in [house.app.now(), house.app.now() - Duration::from_secs(1)] {
            let refused = ada.restock("bell", &json!({ "stock": 1, "expires_at": past })).await;
            refused.refused(422, "round.expires_in_the_past");
        }
        assert_eq!(ada.get(&format!("{PRODUCTS}/bell")).await.body["stock"], json!(0), "nothing of it was done");
        let later = house.app.now() + Duration::from_hours(1);
        let begun = ada.restock("bell", &json!({ "stock": 1, "expires_at": later, "strict": true })).await;
        assert_eq!((begun.text("/expires_at"), &begun.body["strict"]), (later.to_string().as_str(), &json!(true)));

        for path in ["rounds/x", "rounds/1.5", "rounds/x/recipients", "rounds/9223372036854775808/export"] {
            ada.get(&format!("{PRODUCTS}/bell/{path}")).await.refused(400, "id.malformed");
        }
        for number in [0, -1, 2, i64::MAX] {
            ada.round("bell", number).await.refused(404, "round.not_found");
            for path in ["recipients", "export"] {
                ada.get(&format!("{PRODUCTS}/bell/rounds/{number}/{path}")).await.refused(404, "round.not_found");
            }
            ada.steer("bell", number, "pause").await.refused(404, "round.not_found");
        }
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn rounds_are_their_owners_and_of_keys_that_have_the_scope() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, eve) = (Desk::of(&house, "ada").await, Desk::of(&house, "eve").await);
        ada.awaited("bell", 1).await;
        let id = ada.stock("bell", 1).await.text("/id").to_owned();
        for product in [id.as_str(), "bell", "prd_00000000000000000000000007", "a%20b"] {
            for path in ["rounds", "rounds/1", "rounds/1/recipients", "rounds/1/export"] {
                eve.get(&format!("{PRODUCTS}/{product}/{path}")).await.refused(404, "product.not_found");
            }
            eve.restock(product, &json!({ "stock": 1 })).await.refused(404, "product.not_found");
            eve.restock(product, &json!({ "dry_run": true })).await.refused(404, "product.not_found");
            eve.resume(product).await.refused(404, "product.not_found");
            for how in ["pause", "cancel"] {
                eve.steer(product, 1, how).await.refused(404, "product.not_found");
            }
        }
        // By its id it is the same product.
        assert_eq!(ada.round(&id, 1).await.body, ada.round("bell", 1).await.body);

        let key = async |scope: Scope| {
            let made = ada.send(Call::post("/api/v1/api-keys", &json!({ "name": "shop", "scopes": [scope.as_str()] }))).await;
            made.text("/secret").to_owned()
        };
        let keys = [key(Scope::CampaignsRead).await, key(Scope::CampaignsWrite).await, key(Scope::CampaignsAdmin).await];
        let restock = || Call::post(&format!("{PRODUCTS}/bell/notifications/re-stock"), &json!({}));
        let pause = || Call::new("POST", &format!("{ADMIN}/bell/rounds/1/pause"));
        let resume = || Call::new("POST", &format!("{ADMIN}/bell/notifications/re-stock"));
        let export = || Call::get(&format!("{PRODUCTS}/bell/rounds/1/export?format=json"));
        let rows: [(&dyn Fn() -> Call, [u16; 3]); 4] =
            [(&restock, [403, 202, 403]), (&pause, [403, 403, 200]), (&resume, [403, 403, 202]), (&export, [200, 403, 403])];
        for (call, statuses) in rows {
            for (key, status) in keys.iter().zip(statuses) {
                let reply = house.send(call().bearer(key)).await;
                assert_eq!(reply.status.as_u16(), status, "{}", reply.body);
            }
        }
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn rounds_are_listed_newest_first_in_pages() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        ada.awaited("bell", 1).await;
        ada.stock("bell", 1).await;
        for round in 1..5 {
            ada.steer("bell", round, "cancel").await;
            ada.restock("bell", &json!({})).await;
        }
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = ada.get(&format!("{PRODUCTS}/bell/rounds?limit=2{cursor}")).await;
            let items = page.body["items"].as_array().unwrap_or_else(|| panic!("{}", page.body));
            assert!((1..=2).contains(&items.len()));
            seen.extend(items.iter().map(|item| item["round"].as_i64().expect("a number")));
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, [5, 4, 3, 2, 1]);
        let whole = ada.get(&format!("{PRODUCTS}/bell/rounds")).await;
        assert_eq!((&whole.body["items"][0], &whole.body["next_cursor"]), (&ada.round("bell", 5).await.body, &Value::Null));
        ada.awaited("clock", 1).await;
        ada.get(&format!("{PRODUCTS}/clock/rounds?limit=2{cursor}")).await.refused(400, "cursor.malformed");
        ada.get(&format!("{PRODUCTS}/bell/rounds?limit=0")).await.refused(422, "query.invalid");
        house.close().await;
    })
    .await;
}

/// What the next event says that is about a round, without when it happened.
async fn told(follower: &mut Follower) -> Value {
    loop {
        let mut message = follower.expect().await;
        if message.is("campaign.changed") {
            message.data.as_object_mut().expect("an object").remove("at").expect("a time");
            return message.data;
        }
    }
}

#[tokio::test]
async fn the_stream_says_of_a_round_what_its_address_answers() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        ada.product("bell").await;
        ada.subscribe("bell", &bob.id().await).await;
        let (mut follower, _) = Follower::now(&house, &ada.token).await;
        ada.stock("bell", 1).await;
        assert_eq!(told(&mut follower).await, ada.round("bell", 1).await.body);
        let paused = ada.steer("bell", 1, "pause").await.body;
        assert_eq!(told(&mut follower).await, paused);
        let resumed = ada.resume("bell").await.body;
        assert_eq!(told(&mut follower).await, resumed);
        Teller::of(&house).work().await;
        let mut last = told(&mut follower).await;
        while last["status"] != "COMPLETED" {
            last = told(&mut follower).await;
        }
        assert_eq!(last, ada.round("bell", 1).await.body);
        assert_eq!(last["last_recipient"]["name"], json!("bob"));
        house.close().await;
    })
    .await;
}
