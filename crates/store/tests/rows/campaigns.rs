//! Products, address books and lines of those who wait, on both engines.

use std::time::Duration;

use domain::campaigns::{
    Party, Product, ProductDraft, ProductName, Recipient, RecipientDraft, SubscriptionState, SubscriptionState::Active, Waves,
};
use kernel::{Cursor, Instant, ProductId, RecipientId, UserId};
use store::{
    Store, StoreError, Tx,
    campaigns::{
        products::{self, Seen},
        recipients, subscriptions,
    },
};
use testkit::{START, SeededEntropy, on_both_engines};

use crate::inboxes::{people, person, run};

fn after(seconds: u64) -> Instant {
    START + Duration::from_secs(seconds)
}

fn product(owner: UserId, number: u64) -> Product {
    let id = ProductId::mint(after(number), &SeededEntropy::new(number));
    let draft = ProductDraft { name: format!("Product {number}"), ..ProductDraft::default() };
    draft.begin((id, owner, &format!("p-{number}")), 0, after(number)).expect("a product")
}

fn customer(owner: UserId, number: u64) -> Recipient {
    let fields = [Some("Kim"), Some("kim@example.org"), Some("ko"), Some("Asia/Seoul")];
    let draft = RecipientDraft::read("", fields).expect("a draft");
    let id = RecipientId::mint(after(number), &SeededEntropy::new(1_000 + number));
    draft.begin((id, owner, format!("c-{number}")), after(number))
}

/// Makes these products.
async fn make(store: &Store, made: Vec<Product>) {
    run(store, move |tx| {
        let made = made.clone();
        Box::pin(async move {
            for product in &made {
                products::insert(tx, product).await?;
            }
            Ok(())
        })
    })
    .await;
}

/// Puts these people into the book of their owner.
async fn keep(store: &Store, kept: Vec<Recipient>) {
    run(store, move |tx| {
        let kept = kept.clone();
        Box::pin(async move {
            let owner = kept[0].owner;
            let count = recipients::lock_book(tx, owner).await?;
            recipients::put(tx, &kept).await?;
            recipients::count_book(tx, owner, count + i64::try_from(kept.len()).expect("few")).await
        })
    })
    .await;
}

/// Lets these people wait, as use cases do.
async fn wait(store: &Store, product: ProductId, who: Vec<RecipientId>) {
    run(store, move |tx| {
        let who = who.clone();
        Box::pin(async move {
            let first = products::admit(tx, product, i64::try_from(who.len()).expect("few")).await?;
            subscriptions::subscribe(tx, product, &who, (first, after(100))).await
        })
    })
    .await;
}

/// Those of a product who are in `state`, with their places.
async fn line(store: &Store, product: ProductId, state: SubscriptionState) -> Vec<(String, i64)> {
    let page = run(store, move |tx| Box::pin(subscriptions::page(tx, (product, state), 0, 100))).await;
    page.into_iter().map(|waits| (waits.external_id, waits.subscription.seq)).collect()
}

fn places(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected.iter().map(|(name, seq)| ((*name).to_owned(), *seq)).collect()
}

async fn found(store: &Store, owner: UserId, name: ProductName) -> Option<Product> {
    run(store, move |tx| {
        let name = name.clone();
        Box::pin(async move {
            let found = products::find(tx, owner, &name).await?;
            assert_eq!(products::lock(tx, owner, &name).await?, found, "whoever locks it finds the same");
            let seen = products::see(tx, owner, &name).await?;
            assert_eq!(
                seen.map(|seen| (seen.product, seen.last)),
                found.clone().map(|product| (product, None)),
                "and so does who looks"
            );
            Ok(found)
        })
    })
    .await
}

#[tokio::test]
async fn a_product_is_its_owners_by_its_key_and_by_its_id() {
    on_both_engines(async |store| {
        let who = people(&store, 0..2).await;
        let (ann, eve) = (who[0], who[1]);
        let made = product(ann, 1);
        let (key, id) = (ProductName::Key(made.key.clone()), ProductName::Id(made.id));
        make(&store, vec![made.clone(), Product { key: made.key.clone(), ..product(eve, 2) }]).await;
        for name in [key.clone(), id.clone()] {
            assert_eq!(found(&store, ann, name).await, Some(made.clone()));
        }
        assert_eq!(found(&store, eve, id).await, None);
        assert_eq!(run(&store, move |tx| Box::pin(products::owner(tx, made.id))).await, Some(ann));
        assert_eq!(run(&store, move |tx| Box::pin(products::count(tx, ann))).await, 1);

        let waves = Some(Waves { per_item: 3, wait_seconds: 60 });
        let changed = Product { stock: 7, round: 2, strict: true, waves, version: 2, updated_at: after(9), ..made.clone() };
        let kept = changed.clone();
        run(&store, move |tx| {
            let kept = kept.clone();
            Box::pin(async move { products::update(tx, &kept).await })
        })
        .await;
        assert_eq!(found(&store, ann, key.clone()).await, Some(changed));

        run(&store, move |tx| Box::pin(products::discard(tx, made.id, after(10)))).await;
        assert_eq!(found(&store, ann, key.clone()).await, None);
        assert_eq!(run(&store, move |tx| Box::pin(products::owner(tx, made.id))).await, None);
        // Its key is free again.
        make(&store, vec![Product { key: "p-1".to_owned(), ..product(ann, 3) }]).await;
        assert!(found(&store, ann, key).await.is_some());
    })
    .await;
}

fn keys(seen: &[Seen]) -> Vec<&str> {
    seen.iter().map(|seen| seen.product.key.as_str()).collect()
}

#[tokio::test]
async fn lists_of_products_and_of_recipients_go_on_where_a_page_ended() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        make(&store, (1..=3).map(|number| product(ann, number)).collect()).await;
        keep(&store, [2, 3, 1].map(|number| customer(ann, number)).to_vec()).await;
        let first = run(&store, move |tx| Box::pin(products::page(tx, ann, None, 2))).await;
        assert_eq!(keys(&first), ["p-1", "p-2"]);
        let place = Cursor::new(first[1].product.created_at, first[1].product.id.uuid());
        let second = run(&store, move |tx| Box::pin(products::page(tx, ann, Some(place), 2))).await;
        assert_eq!(keys(&second), ["p-3"]);

        let first = run(&store, move |tx| Box::pin(recipients::page(tx, ann, None, 2))).await;
        assert_eq!(first, [customer(ann, 1), customer(ann, 2)]);
        let place = first[1].id;
        let second = run(&store, move |tx| Box::pin(recipients::page(tx, ann, Some(place), 2))).await;
        assert_eq!(second, [customer(ann, 3)]);
    })
    .await;
}

#[tokio::test]
async fn a_line_has_a_place_for_each_and_a_new_one_for_who_comes_again() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let (made, everybody) = (product(ann, 1), [1, 2, 3].map(|number| customer(ann, number)));
        let id = made.id;
        let ids = everybody.each_ref().map(|customer| customer.id);
        make(&store, vec![made]).await;
        keep(&store, everybody.to_vec()).await;
        wait(&store, id, vec![ids[2], ids[0], ids[1]]).await;
        assert_eq!(line(&store, id, Active).await, places(&[("c-3", 1), ("c-1", 2), ("c-2", 3)]));

        let waited = run(&store, move |tx| {
            Box::pin(async move {
                let first = subscriptions::leave(tx, id, ids[0], Party::Recipient).await?;
                let again = subscriptions::leave(tx, id, ids[0], Party::Owner).await?;
                products::dismiss(tx, id, 1).await?;
                Ok((first, again))
            })
        })
        .await;
        assert_eq!(waited, (true, false));
        let gone = run(&store, move |tx| Box::pin(subscriptions::find(tx, id, ids[0]))).await.expect("it is kept");
        assert_eq!(gone.subscription.left_by, Some(Party::Recipient), "who leaves twice has left as they did first");
        assert_eq!(line(&store, id, SubscriptionState::Left).await, places(&[("c-1", 2)]));

        let mut states = run(&store, move |tx| Box::pin(async move { subscriptions::of(tx, id, &ids).await })).await;
        states.sort_by_key(|(recipient, _)| *recipient);
        let mut expected =
            vec![(ids[0], (SubscriptionState::Left, Some(Party::Recipient))), (ids[1], (Active, None)), (ids[2], (Active, None))];
        expected.sort_by_key(|(recipient, _)| *recipient);
        assert_eq!(states, expected);

        wait(&store, id, vec![ids[0]]).await;
        assert_eq!(line(&store, id, Active).await, places(&[("c-3", 1), ("c-2", 3), ("c-1", 4)]));
        let product = found(&store, ann, ProductName::Id(id)).await.expect("it is there");
        assert_eq!(product.subscribers, 3);
        let rest = run(&store, move |tx| Box::pin(subscriptions::page(tx, (id, Active), 1, 1))).await;
        assert_eq!(rest[0].external_id, "c-2");
    })
    .await;
}

async fn book(tx: &mut Tx<'_>, owner: UserId) -> Result<i64, StoreError> {
    recipients::hold_book(tx, owner).await?;
    recipients::lock_book(tx, owner).await
}

#[tokio::test]
async fn an_address_book_keeps_those_with_and_without_an_account() {
    on_both_engines(async |store| {
        let who = people(&store, 0..2).await;
        let (ann, bob) = (who[0], who[1]);
        assert_eq!(run(&store, move |tx| Box::pin(book(tx, ann))).await, 0);
        keep(&store, vec![customer(ann, 1), customer(ann, 2)]).await;
        let id = RecipientId::mint(START, &SeededEntropy::new(77));
        run(&store, move |tx| Box::pin(async move { recipients::put_users(tx, ann, &[(id, bob)], after(5)).await })).await;
        assert_eq!(run(&store, move |tx| Box::pin(book(tx, ann))).await, 2);

        let asked = vec!["c-2".to_owned(), "nobody".to_owned(), bob.to_string()];
        let mut called = run(&store, move |tx| {
            let asked = asked.clone();
            Box::pin(async move { recipients::called(tx, ann, &asked).await })
        })
        .await;
        called.sort_by_key(|recipient| recipient.user.is_some());
        assert_eq!(called[0], customer(ann, 2));
        assert_eq!((called[1].user, called[1].name.as_deref(), called.len()), (Some(bob), Some("Person 1"), 2));
        let nobody = UserId::mint(START, &SeededEntropy::new(99));
        let users = run(&store, move |tx| Box::pin(async move { recipients::users_among(tx, &[bob, nobody]).await })).await;
        assert_eq!(users, [bob]);

        let later = RecipientDraft::default();
        let mut changed = customer(ann, 1);
        assert!(changed.become_as(&later, after(9)));
        keep(&store, vec![changed.clone()]).await;
        let kept = run(&store, move |tx| Box::pin(recipients::find(tx, ann, "c-1"))).await;
        assert_eq!(kept, Some(changed));
    })
    .await;
}

#[tokio::test]
async fn who_is_taken_out_of_a_book_is_forgotten_but_for_what_they_are_called() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let (made, waits, idle) = (product(ann, 1), customer(ann, 1), customer(ann, 2));
        let id = made.id;
        make(&store, vec![made]).await;
        keep(&store, vec![waits.clone(), idle.clone()]).await;
        wait(&store, id, vec![waits.id]).await;
        assert_eq!(run(&store, move |tx| Box::pin(recipients::waiting_for(tx, waits.id))).await, [id]);

        assert!(run(&store, move |tx| Box::pin(recipients::erase(tx, idle.id, after(9)))).await, "nothing is left of them");
        assert!(!run(&store, move |tx| Box::pin(recipients::erase(tx, waits.id, after(9)))).await);
        assert_eq!(run(&store, move |tx| Box::pin(recipients::find(tx, ann, "c-2"))).await, None);
        let erased = run(&store, move |tx| Box::pin(recipients::find(tx, ann, "c-1"))).await.expect("what they are called");
        assert_eq!((erased.deleted, erased.name, erased.email, erased.time_zone), (true, None, None, None));
        assert!(run(&store, move |tx| Box::pin(recipients::page(tx, ann, None, 10))).await.is_empty());

        // Who is kept again is who they were.
        let again = waits.clone();
        keep(&store, vec![again]).await;
        let back = run(&store, move |tx| Box::pin(recipients::find(tx, ann, "c-1"))).await.expect("they are back");
        assert_eq!((back.id, back.deleted), (waits.id, false));
    })
    .await;
}

#[tokio::test]
async fn a_deleted_product_is_forgotten_piece_by_piece() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let (made, other) = (product(ann, 1), product(ann, 2));
        let (id, kept) = (made.id, other.id);
        let everybody: Vec<_> = (0..5).map(|number| customer(ann, number)).collect();
        let ids: Vec<_> = everybody.iter().map(|customer| customer.id).collect();
        make(&store, vec![made, other]).await;
        keep(&store, everybody).await;
        wait(&store, id, ids.clone()).await;
        wait(&store, kept, ids).await;
        let purge = || run(&store, |tx| Box::pin(products::purge(tx, 2)));
        assert_eq!(purge().await, 0, "nothing was deleted");
        run(&store, move |tx| Box::pin(products::discard(tx, id, after(9)))).await;
        let mut gone = 0;
        loop {
            match purge().await {
                0 => break,
                some => gone += some,
            }
        }
        assert_eq!(gone, 6, "five places and the product");
        assert_eq!(line(&store, kept, Active).await.len(), 5);
    })
    .await;
}
