//! Lists of people who wait for a product, over HTTP, on both engines.

use std::fmt::Write as _;

use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    desk::Desk,
    house::{Call, House},
    products::{PRODUCTS, RECIPIENTS},
};

#[tokio::test]
async fn a_list_is_imported_in_the_order_of_its_lines() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let bobs = bob.id().await;
        ada.product("bell").await;
        ada.put(&format!("{RECIPIENTS}/old"), &json!({ "name": "Old", "email": "old@example.org" })).await;
        ada.subscribe("bell", "old").await;
        let file = format!("external_id,name,user_id\r\nz,\"Kim, Lee\",\r\n,,{bobs}\r\nold,Older,\r\na,,\r\nz,Kim,\r\n");
        let done = ada.import_people("bell", &file).await;
        assert_eq!(done.status, 200, "{}", done.body);
        assert_eq!(done.body, json!({ "lines": 5, "subscribed": 3, "kept": 2, "declined": 0, "recipients": 3 }));
        assert_eq!(ada.line("bell").await, ["old", "z", bobs.as_str(), "a"]);
        // What the list has no column for stays as it is.
        let old = ada.get(&format!("{RECIPIENTS}/old")).await;
        assert_eq!((old.text("/name"), old.text("/email")), ("Older", "old@example.org"));
        assert_eq!(ada.get(&format!("{RECIPIENTS}/z")).await.text("/name"), "Kim");

        // The same list once more changes nothing.
        let again = ada.import_people("bell", &file).await;
        assert_eq!(again.body, json!({ "lines": 5, "subscribed": 0, "kept": 5, "declined": 0, "recipients": 0 }));
        assert_eq!(ada.get(&format!("{PRODUCTS}/bell")).await.body["subscribers"], json!(4));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn bad_lines_are_reported_by_line_and_nothing_is_half_imported() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        ada.product("bell").await;
        let unknown = "usr_00000000000000000000000007";
        for (file, lines) in [
            ("", json!([[1, "column_missing"]])),
            ("external_id,phone\na,1\n", json!([[1, "column_unknown"]])),
            ("external_id,name\na,A\nb\nc,C,c\n", json!([[3, "field_count"], [4, "field_count"]])),
            ("external_id,email\na,a@example.org\nb,b@\n,\n", json!([[3, "email_invalid"], [4, "recipient_missing"]])),
            (&format!("external_id,user_id\na,\n,{unknown}\n"), json!([[3, "user_unknown"]])),
            ("user_id\nkim\n", json!([[2, "user_id_invalid"]])),
            ("external_id,name\na,A\nb,\"B\nc,C\n", json!([[3, "quote_open"]])),
            ("external_id,name\na,A\n\"b\"c,B\n", json!([[3, "quote_misplaced"]])),
            ("external_id\ra\r..\r.\r", json!([[3, "external_id_invalid"], [4, "external_id_invalid"]])),
        ] {
            let refused = ada.import_people("bell", file).await;
            refused.refused(422, "subscription.bad_lines");
            let named: Vec<Value> =
                refused.body["lines"].as_array().expect("lines").iter().map(|bad| json!([bad["line"], bad["code"]])).collect();
            assert_eq!(json!(named), lines, "{file:?}");
            assert_eq!(refused.body["bad_lines"], json!(named.len()));
            assert!(!refused.text("/lines/0/detail").is_empty());
        }
        assert_eq!(ada.line("bell").await, Vec::<String>::new());
        assert_eq!(ada.get(RECIPIENTS).await.body["items"], json!([]), "not even in the address book");

        let mut many = "external_id\n".to_owned();
        for number in 0..150 {
            let _ = writeln!(many, "usr_{number}");
        }
        let refused = ada.import_people("bell", &many).await;
        assert_eq!((refused.body["lines"].as_array().map(Vec::len), &refused.body["bad_lines"]), (Some(100), &json!(150)));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_list_that_comes_twice_under_one_key_is_imported_once() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        ada.product("bell").await;
        let import = |file: &str| {
            let path = format!("{PRODUCTS}/bell/subscriptions/import");
            ada.send(Call::new("POST", &path).text("text/csv; charset=utf-8", file).header("idempotency-key", "list-1"))
        };
        let first = import("external_id\na\n").await;
        assert_eq!((first.status.as_u16(), &first.body["subscribed"]), (200, &json!(1)));
        assert_eq!(ada.unsubscribe("bell", "a").await.status, 204);
        let again = import("external_id\na\n").await;
        assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &first.body));
        assert_eq!(ada.line("bell").await, Vec::<String>::new(), "nothing happened");
        import("external_id\nb\n").await.refused(422, "idempotency.other_request");
        let json = Call::post(&format!("{PRODUCTS}/bell/subscriptions/import"), &json!({}));
        ada.send(json).await.refused(415, "body.unsupported_media_type");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn fifty_thousand_lines_are_imported_at_once_and_no_more() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        ada.product("bell").await;
        let mut file = "external_id,name,email\n".to_owned();
        for number in 0..50_000 {
            let _ = writeln!(file, "c{number:05},Customer {number},c{number}@example.org");
        }
        let done = ada.import_people("bell", &file).await;
        assert_eq!((done.status.as_u16(), &done.body["subscribed"]), (200, &json!(50_000)), "{}", done.body);
        let page = ada.get(&format!("{PRODUCTS}/bell/subscriptions?limit=2")).await;
        assert_eq!((page.text("/items/1/user_id"), &page.body["items"][1]["position"]), ("c00001", &json!(2)));
        file.push_str("one-more,,\n");
        ada.import_people("bell", &file).await.refused(422, "subscription.too_many_lines");
        let large = format!("external_id\n{}", "x".repeat(8 << 20));
        ada.import_people("bell", &large).await.refused(413, "body.too_large");
        house.close().await;
    })
    .await;
}
