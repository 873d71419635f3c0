//! Products, address books and lines of those who wait, over HTTP, on both engines.

use std::time::Duration;

use app::domain::identity::Scope;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{on_both_databases, store::scratch};

use crate::{
    desk::Desk,
    house::{Call, House, Reply},
    teller::Teller,
};

pub(crate) const PRODUCTS: &str = "/api/v1/products";
pub(crate) const RECIPIENTS: &str = "/api/v1/recipients";

impl Desk<'_> {
    pub(crate) async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(Call::new("PUT", path).json(body)).await
    }

    pub(crate) async fn remove(&self, path: &str) -> Reply {
        self.send(Call::new("DELETE", path)).await
    }

    /// Makes a product and answers its id.
    pub(crate) async fn product(&self, key: &str) -> String {
        let made = self.put(&format!("{PRODUCTS}/{key}"), &json!({ "name": "Bell" })).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.text("/id").to_owned()
    }

    pub(crate) async fn stock(&self, product: &str, stock: i64) -> Reply {
        self.put(&format!("{PRODUCTS}/{product}/stock"), &json!({ "stock": stock })).await
    }

    pub(crate) async fn keeps(&self, external_id: &str) {
        let kept = self.put(&format!("{RECIPIENTS}/{external_id}"), &json!({})).await;
        assert!(kept.status.is_success(), "{}", kept.body);
    }

    pub(crate) async fn subscribe(&self, product: &str, who: &str) -> Reply {
        self.send(Call::new("PUT", &format!("{PRODUCTS}/{product}/subscriptions/{who}"))).await
    }

    pub(crate) async fn unsubscribe(&self, product: &str, who: &str) -> Reply {
        self.remove(&format!("{PRODUCTS}/{product}/subscriptions/{who}")).await
    }

    pub(crate) async fn import_people(&self, product: &str, file: &str) -> Reply {
        self.send(Call::new("POST", &format!("{PRODUCTS}/{product}/subscriptions/import")).text("text/csv", file)).await
    }

    /// Who waits for a product, in order.
    pub(crate) async fn line(&self, product: &str) -> Vec<String> {
        let (mut people, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{PRODUCTS}/{product}/subscriptions?limit=2{cursor}")).await;
            let items = page.body["items"].as_array().unwrap_or_else(|| panic!("{}", page.body));
            assert!(items.iter().all(|item| item["state"] == "ACTIVE"), "{}", page.body);
            people.extend(items.iter().map(|item| item["user_id"].as_str().expect("a name").to_owned()));
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return people,
            }
        }
    }

    async fn count(&self, product: &str) -> i64 {
        self.get(&format!("{PRODUCTS}/{product}")).await.body["subscribers"].as_i64().expect("a count")
    }
}

#[tokio::test]
async fn a_product_is_put_listed_stocked_and_deleted() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, eve) = (Desk::of(&house, "ada").await, Desk::of(&house, "eve").await);
        let path = format!("{PRODUCTS}/SKU-1");
        let made = ada.put(&path, &json!({ "name": " Bronze bell " })).await;
        assert_eq!(
            (made.status.as_u16(), made.header("location"), made.header("etag")),
            (201, Some(path.as_str()), Some("\"1\""))
        );
        assert_eq!((made.text("/product_id"), made.text("/name")), ("SKU-1", "Bronze bell"));
        let numbers = ["stock", "round", "subscribers"].map(|name| made.body[name].as_i64());
        assert_eq!(numbers, [Some(0); 3]);
        assert_eq!(made.body["pacing"], json!({ "strict": false, "per_item": null, "wait_seconds": null }));

        // The same again changes nothing; by its id it is the same product.
        let id = made.text("/id").to_owned();
        for name in ["SKU-1", id.as_str()] {
            let again = ada.put(&format!("{PRODUCTS}/{name}"), &json!({ "name": "Bronze bell" })).await;
            assert_eq!((again.status.as_u16(), &again.body), (200, &made.body));
            assert_eq!(ada.get(&format!("{PRODUCTS}/{name}")).await.body, made.body);
            eve.get(&format!("{PRODUCTS}/{name}")).await.refused(404, "product.not_found");
        }
        let paced = json!({ "name": "Bell", "strict": true, "per_item": 3, "wait_seconds": 60 });
        let changed = ada.put(&path, &paced).await;
        assert_eq!((changed.body["version"].as_i64(), &changed.body["pacing"]["per_item"]), (Some(2), &json!(3)));

        let stocked = ada.stock("SKU-1", 5).await;
        assert_eq!(
            (stocked.status.as_u16(), stocked.body["stock"].as_i64(), stocked.header("etag")),
            (200, Some(5), Some("\"3\""))
        );
        assert_eq!(ada.stock("SKU-1", 5).await.header("etag"), Some("\"3\""), "no change");
        let stale = Call::new("PUT", &format!("{path}/stock")).json(&json!({ "stock": 6 })).header("if-match", "\"2\"");
        ada.send(stale).await.refused(412, "product.version_mismatch");

        // Eve may call one of hers so, too.
        eve.product("SKU-1").await;
        house.clock.advance(Duration::from_secs(1));
        ada.product("SKU-2").await;
        let listed = ada.get(&format!("{PRODUCTS}?limit=1")).await;
        assert_eq!(listed.text("/items/0/product_id"), "SKU-1");
        let next = ada.get(&format!("{PRODUCTS}?limit=1&cursor={}", listed.text("/next_cursor"))).await;
        assert_eq!((next.text("/items/0/product_id"), &next.body["next_cursor"]), ("SKU-2", &Value::Null));

        eve.remove(&format!("{PRODUCTS}/{id}")).await.refused(404, "product.not_found");
        assert_eq!(ada.remove(&path).await.status, 204);
        ada.remove(&path).await.refused(404, "product.not_found");
        ada.stock("SKU-1", 1).await.refused(404, "product.not_found");
        assert_ne!(ada.product("SKU-1").await, id, "what was deleted does not come back");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_list_of_products_says_how_far_their_last_rounds_are() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        ada.awaited("bell", 60).await;
        house.clock.advance(Duration::from_secs(1));
        ada.product("clock").await;
        let path = format!("{PRODUCTS}/bell");
        assert_eq!(ada.get(&path).await.body["last_round"], Value::Null, "there was none");
        let stocked = ada.stock("bell", 1).await;
        let begun = json!({
            "round": 1, "status": "IN_PROGRESS", "total": 0, "frozen": false, "sent": 0, "skipped": 0, "failed": 0, "version": 1
        });
        assert_eq!(stocked.body["last_round"], begun);
        let tag = stocked.header("etag").expect("a tag").to_owned();

        // There is no way to them, so all are passed over.
        Teller::of(&house).work().await;
        let done = json!({
            "round": 1, "status": "COMPLETED", "total": 60, "frozen": true, "sent": 0, "skipped": 60, "failed": 0, "version": 2
        });
        let listed = ada.get(PRODUCTS).await;
        assert_eq!([0, 1].map(|item| &listed.body["items"][item]["last_round"]), [&done, &Value::Null]);
        assert_eq!(ada.put(&path, &json!({ "name": "Bell" })).await.body["last_round"], done);
        // The product is of the same version, and whoever asks again learns of it all the same.
        let again = ada.send(Call::get(&path).header("if-none-match", &tag)).await;
        assert_eq!((again.status.as_u16(), again.header("etag"), &again.body["last_round"]), (200, Some(&*tag), &done));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_makes_no_sense_of_a_product_is_refused_by_field() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        ada.product("bell").await;
        for (body, pointer) in [
            (json!({ "name": "" }), "/name"),
            (json!({ "name": "a\nb" }), "/name"),
            (json!({ "name": "a", "per_item": 1 }), "/wait_seconds"),
            (json!({ "name": "a", "wait_seconds": 1 }), "/per_item"),
            (json!({ "name": "a", "per_item": 0, "wait_seconds": 1 }), "/per_item"),
            (json!({ "name": "a", "stock": 1 }), "/stock"),
        ] {
            let refused = ada.put(&format!("{PRODUCTS}/bell"), &body).await;
            assert_eq!((refused.status.as_u16(), refused.text("/errors/0/pointer")), (422, pointer), "{body}");
        }
        for stock in [-1, i64::MIN, 9_007_199_254_740_993] {
            let refused = ada.stock("bell", stock).await;
            refused.refused(422, "product.invalid");
            assert_eq!(refused.text("/errors/0/pointer"), "/stock");
        }
        for stock in [json!(1.5), json!("1"), json!(null)] {
            let refused = ada.put(&format!("{PRODUCTS}/bell/stock"), &json!({ "stock": stock })).await;
            refused.refused(422, "body.invalid");
        }
        for name in ["prd_1", "a%20b", "%EC%A2%85", "..", &"x".repeat(129)] {
            let put = ada.put(&format!("{PRODUCTS}/{name}"), &json!({ "name": "a" })).await;
            put.refused(422, "product.invalid");
            assert_eq!(put.text("/errors/0/pointer"), "/product_id");
            ada.get(&format!("{PRODUCTS}/{name}")).await.refused(404, "product.not_found");
            ada.subscribe(name, "kim").await.refused(404, "product.not_found");
        }
        let unknown = format!("{PRODUCTS}/prd_00000000000000000000000007");
        ada.put(&unknown, &json!({ "name": "a" })).await.refused(404, "product.not_found");
        for tag in ["*", "\"1\""] {
            let absent = Call::new("PUT", &format!("{PRODUCTS}/new")).json(&json!({ "name": "a" })).header("if-match", tag);
            ada.send(absent).await.refused(412, "product.version_mismatch");
            ada.get(&format!("{PRODUCTS}/new")).await.refused(404, "product.not_found");
        }
        assert_eq!(ada.get(&format!("{PRODUCTS}/bell")).await.body["stock"], json!(0), "nothing of it was done");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_address_book_is_kept_by_what_its_owner_calls_people() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, eve) = (Desk::of(&house, "ada").await, Desk::of(&house, "eve").await);
        let path = format!("{RECIPIENTS}/customer%207");
        let said = json!({ "name": "Kim", "email": "kim@Example.org", "locale": "ko-KR", "time_zone": "Asia/Seoul" });
        let made = ada.put(&path, &said).await;
        assert_eq!((made.status.as_u16(), made.header("etag")), (201, Some("\"1\"")));
        let fields = ["external_id", "name", "email", "locale", "time_zone"].map(|name| made.body[name].as_str());
        assert_eq!(fields.map(Option::unwrap_or_default), ["customer 7", "Kim", "kim@example.org", "ko", "Asia/Seoul"]);
        let again = ada.put(&path, &said).await;
        assert_eq!((again.status.as_u16(), again.body), (200, made.body.clone()));
        let less = ada.send(Call::new("PUT", &path).json(&json!({ "name": "Kim" })).header("if-match", "\"1\"")).await;
        assert_eq!((less.header("etag"), &less.body["email"]), (Some("\"2\""), &Value::Null), "all of it is what was sent");
        let stale = Call::new("PUT", &path).json(&said).header("if-match", "\"1\"");
        ada.send(stale).await.refused(412, "recipient.version_mismatch");
        for tag in ["*", "\"1\""] {
            let absent = Call::new("PUT", &format!("{RECIPIENTS}/nobody")).json(&json!({})).header("if-match", tag);
            ada.send(absent).await.refused(412, "recipient.version_mismatch");
            ada.get(&format!("{RECIPIENTS}/nobody")).await.refused(404, "recipient.not_found");
        }

        for (body, pointer) in [
            (json!({ "name": "" }), "/name"),
            (json!({ "email": "kim" }), "/email"),
            (json!({ "locale": "?" }), "/locale"),
            (json!({ "time_zone": "Mars/Base" }), "/time_zone"),
            (json!({ "phone": "1" }), "/phone"),
        ] {
            let refused = ada.put(&path, &body).await;
            assert_eq!((refused.status.as_u16(), refused.text("/errors/0/pointer")), (422, pointer), "{body}");
        }
        for name in ["usr_1", "import", "%20a", "a%0Ab", ".", "%2E%2E", "a%E2%80%8Bb", "a%E2%80%AEb", &"x".repeat(129)] {
            ada.put(&format!("{RECIPIENTS}/{name}"), &json!({})).await.refused(422, "recipient.invalid");
        }

        ada.keeps("b").await;
        ada.keeps("a").await;
        let listed = ada.get(&format!("{RECIPIENTS}?limit=2")).await;
        assert_eq!((listed.text("/items/0/external_id"), listed.text("/items/1/external_id")), ("a", "b"));
        let next = ada.get(&format!("{RECIPIENTS}?limit=2&cursor={}", listed.text("/next_cursor"))).await;
        assert_eq!((next.text("/items/0/external_id"), &next.body["next_cursor"]), ("customer 7", &Value::Null));
        assert_eq!(eve.get(RECIPIENTS).await.body["items"], json!([]));
        eve.get(&path).await.refused(404, "recipient.not_found");
        eve.remove(&path).await.refused(404, "recipient.not_found");

        // Who goes waits for nothing any more, and comes back as somebody new.
        ada.product("bell").await;
        assert_eq!(ada.subscribe("bell", "customer%207").await.status, 201);
        assert_eq!(ada.remove(&path).await.status, 204);
        ada.get(&path).await.refused(404, "recipient.not_found");
        assert_eq!((ada.line("bell").await, ada.count("bell").await), (Vec::<String>::new(), 0));
        assert_eq!(ada.put(&path, &json!({})).await.status, 201);
        let back = ada.subscribe("bell", "customer%207").await;
        assert_eq!((back.status.as_u16(), back.body["position"].as_i64()), (200, Some(2)), "{}", back.body);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn who_is_called_as_nobody_new_may_be_is_reached_all_the_same() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        ada.product("bell").await;
        ada.keeps("old").await;
        ada.subscribe("bell", "old").await;
        ada.stock("bell", 1).await;
        Teller::of(&house).freeze().await;
        // As it could be called before there was a rule.
        let renamed = "UPDATE recipients SET external_id = 'o\u{200b}ld' WHERE external_id = 'old'";
        scratch::script(database.open(), renamed).await.expect("renamed");

        let (name, path) = ("o%E2%80%8Bld", format!("{RECIPIENTS}/o%E2%80%8Bld"));
        assert_eq!(ada.get(&path).await.text("/external_id"), "o\u{200b}ld");
        assert_eq!(ada.put(&path, &json!({ "name": "Kim" })).await.status, 200);
        assert_eq!(ada.get(&format!("{PRODUCTS}/bell/subscriptions/{name}")).await.text("/state"), "ACTIVE");
        let line = ada.get(&format!("{PRODUCTS}/bell/rounds/1/recipients?user_id={name}")).await;
        assert_eq!((line.text("/items/0/name"), &line.body["items"][0]["position"]), ("Kim", &json!(1)));
        assert_eq!(ada.unsubscribe("bell", name).await.status, 204);
        assert_eq!(ada.line("bell").await, Vec::<String>::new());
        assert_eq!(ada.subscribe("bell", name).await.status, 200);
        assert_eq!(ada.remove(&path).await.status, 204);
        ada.get(&path).await.refused(404, "recipient.not_found");
        ada.put(&path, &json!({})).await.refused(422, "recipient.invalid");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_line_is_in_the_order_of_subscribing_and_who_comes_again_comes_last() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let bobs = bob.id().await;
        ada.product("bell").await;
        for name in ["c", "a", "b"] {
            ada.keeps(name).await;
            let first = ada.subscribe("bell", name).await;
            assert_eq!((first.status.as_u16(), first.text("/state")), (201, "ACTIVE"));
        }
        let with_account = ada.subscribe("bell", &bobs).await;
        assert_eq!((with_account.status.as_u16(), with_account.text("/name")), (201, "bob"));
        assert_eq!(with_account.body["position"], json!(4));

        let kept = ada.subscribe("bell", "c").await;
        assert_eq!((kept.status.as_u16(), &kept.body["position"]), (200, &json!(1)), "who waits keeps their place");
        assert_eq!(ada.line("bell").await, ["c", "a", "b", bobs.as_str()]);
        assert_eq!(ada.count("bell").await, 4);

        for _ in 0..2 {
            assert_eq!(ada.unsubscribe("bell", "c").await.status, 204);
        }
        assert_eq!(ada.get(&format!("{PRODUCTS}/bell/subscriptions/c")).await.text("/state"), "LEFT");
        let left = ada.get(&format!("{PRODUCTS}/bell/subscriptions?state=LEFT")).await;
        assert_eq!((left.text("/items/0/user_id"), left.body["items"].as_array().map(Vec::len)), ("c", Some(1)));
        assert_eq!(ada.count("bell").await, 3, "once");
        assert_eq!(ada.subscribe("bell", "c").await.body["position"], json!(5));
        assert_eq!(ada.line("bell").await, ["a", "b", bobs.as_str(), "c"]);

        ada.subscribe("bell", "nobody").await.refused(404, "recipient.not_found");
        ada.subscribe("bell", "usr_00000000000000000000000007").await.refused(404, "recipient.not_found");
        ada.get(&format!("{PRODUCTS}/bell/subscriptions/nobody")).await.refused(404, "subscription.not_found");
        assert_eq!(ada.unsubscribe("bell", "nobody").await.status, 204);
        ada.get(&format!("{PRODUCTS}/bell/subscriptions?state=active")).await.refused(422, "query.invalid");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn everybody_decides_for_themself_on_any_product_named_by_its_id() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob, eve) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await, Desk::of(&house, "eve").await);
        let (id, bobs, eves) = (ada.product("bell").await, bob.id().await, eve.id().await);
        let come = bob.subscribe(&id, &bobs).await;
        assert_eq!((come.status.as_u16(), come.text("/user_id")), (201, bobs.as_str()));
        assert_eq!(ada.line("bell").await, [bobs.as_str()]);

        // By its key it is somebody else's, and nobody subscribes, sees or takes out anybody but themself.
        bob.subscribe("bell", &bobs).await.refused(404, "product.not_found");
        for refused in [
            eve.subscribe(&id, &bobs).await,
            eve.unsubscribe(&id, &bobs).await,
            eve.get(&format!("{PRODUCTS}/{id}/subscriptions/{bobs}")).await,
            eve.get(&format!("{PRODUCTS}/{id}/subscriptions")).await,
            eve.import_people(&id, "external_id\nx\n").await,
            eve.stock(&id, 1).await,
        ] {
            refused.refused(404, "product.not_found");
        }
        eve.get(&format!("{PRODUCTS}/{id}/subscriptions/{eves}")).await.refused(404, "subscription.not_found");

        // Who left by themself comes back by themself only.
        assert_eq!(bob.unsubscribe(&id, &bobs).await.status, 204);
        assert_eq!(bob.get(&format!("{PRODUCTS}/{id}/subscriptions/{bobs}")).await.text("/state"), "LEFT");
        ada.subscribe("bell", &bobs).await.refused(403, "subscription.declined");
        assert_eq!(ada.unsubscribe("bell", &bobs).await.status, 204);
        ada.subscribe("bell", &bobs).await.refused(403, "subscription.declined");
        let declined = ada.import_people("bell", &format!("user_id\n{bobs}\n{eves}\n")).await;
        assert_eq!(declined.body, json!({ "lines": 2, "subscribed": 1, "kept": 0, "declined": 1, "recipients": 1 }));
        assert_eq!(bob.subscribe(&id, &bobs).await.status, 200);
        assert_eq!(ada.line("bell").await, [eves.as_str(), bobs.as_str()]);

        // Whom the owner took out, the owner brings back.
        assert_eq!(ada.unsubscribe("bell", &eves).await.status, 204);
        assert_eq!(ada.subscribe("bell", &eves).await.status, 200);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn those_who_subscribe_at_the_same_moment_have_a_place_each() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        ada.product("bell").await;
        let names: Vec<String> = (0..12).map(|number| format!("c{number}")).collect();
        join_all(names.iter().map(|name| ada.keeps(name))).await;
        // Each twice at once.
        let replies = join_all(names.iter().chain(&names).map(|name| ada.subscribe("bell", name))).await;
        let first = replies.iter().filter(|reply| reply.status == 201).count();
        assert_eq!(first, names.len(), "{:?}", replies.iter().map(|reply| &reply.body).collect::<Vec<_>>());
        let mut line = ada.line("bell").await;
        assert_eq!((line.len(), ada.count("bell").await), (12, 12));
        line.sort();
        line.dedup();
        assert_eq!(line.len(), 12);

        // And of one product that is made twice at once there is one.
        let clock = json!({ "name": "Clock" });
        let made = join_all((0..6).map(|_| ada.put("/api/v1/products/clock", &clock))).await;
        assert_eq!(made.iter().filter(|reply| reply.status == 201).count(), 1);
        assert!(made.iter().all(|reply| reply.text("/id") == made[0].text("/id")));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_key_reads_or_writes_products_as_its_scopes_say() {
    let house = House::open(&testkit::Database::sqlite()).await;
    let ada = Desk::of(&house, "ada").await;
    ada.product("bell").await;
    let key = async |scope: Scope| {
        let made = ada.send(Call::post("/api/v1/api-keys", &json!({ "name": "shop", "scopes": [scope.as_str()] }))).await;
        made.text("/secret").to_owned()
    };
    let (reads, writes) = (key(Scope::CampaignsRead).await, key(Scope::CampaignsWrite).await);
    let read = || Call::get("/api/v1/products/bell");
    let write = || Call::new("PUT", "/api/v1/products/bell/stock").json(&json!({ "stock": 1 }));
    for (key, call, status) in [(&reads, read(), 200), (&reads, write(), 403), (&writes, write(), 200), (&writes, read(), 403)] {
        assert_eq!(house.send(call.bearer(key)).await.status.as_u16(), status);
    }
    house.close().await;
}
