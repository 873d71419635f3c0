//! Rounds, their ledgers, and the lease of whoever works them off.

use std::time::Duration;

use domain::campaigns::{Cause, Deed, Product, ProductDraft, ProductName, Reason, RecipientDraft, Round, RoundState, RowState};
use kernel::{GatewayId, Instant, ProductId, RecipientId, UserId};
use store::{
    Store,
    campaigns::{
        leases,
        ledger::{self, Entry},
        products::{self, LastRound},
        recipients,
        rounds::{self, Kept},
        subscriptions,
    },
};
use testkit::{START, SeededEntropy, on_both_engines};

use crate::inboxes::{person, run};

/// A product for which so many wait, none of whom has an account, and its first round.
async fn shop(store: &Store, count: i64) -> (UserId, Product, Vec<RecipientId>) {
    let owner = person(store, 1).await;
    let entropy = SeededEntropy::new(5);
    let id = ProductId::mint(START, &entropy);
    let mut product = ProductDraft { name: "Lamp".to_owned(), ..ProductDraft::default() }
        .begin((id, owner, "lamp"), 0, START)
        .expect("a product");
    let people: Vec<_> = (1..=count)
        .map(|number| RecipientDraft::default().begin((RecipientId::mint(START, &entropy), owner, format!("c-{number}")), START))
        .collect();
    let ids: Vec<_> = people.iter().map(|recipient| recipient.id).collect();
    product.round = 1;
    let (made, waiting) = (product.clone(), ids.clone());
    run(store, move |tx| {
        let (product, people, waiting) = (made.clone(), people.clone(), waiting.clone());
        Box::pin(async move {
            products::insert(tx, &product).await?;
            recipients::lock_book(tx, owner).await?;
            recipients::put(tx, &people).await?;
            let first = products::admit(tx, product.id, i64::try_from(waiting.len()).expect("few")).await?;
            subscriptions::subscribe(tx, product.id, &waiting, (first, START)).await?;
            let freeze_until_seq = rounds::last_seq(tx, product.id).await?;
            rounds::insert(tx, &kept(&product, freeze_until_seq)).await
        })
    })
    .await;
    (owner, product, ids)
}

fn kept(product: &Product, freeze_until_seq: i64) -> Kept {
    let round = Round::begin(product, Cause::Asked, START);
    let (product, wake_at, progress_at) = (product.id, START, START);
    Kept { product, round, frozen_seq: 0, freeze_until_seq, wave_at: None, wake_at, progress_at, progress_begun: 0 }
}

#[tokio::test]
async fn a_round_is_kept_as_it_is_and_found_when_there_is_something_to_do() {
    on_both_engines(async |store| {
        let (owner, product, _) = shop(&store, 3).await;
        let which = (product.id, 1);
        let found = run(&store, move |tx| Box::pin(rounds::find(tx, which.0, which.1))).await.expect("a round");
        assert_eq!(found, kept(&product, 3));
        assert_eq!(run(&store, |tx| Box::pin(rounds::awake(tx, START, 2))).await, [which]);
        assert_eq!(run(&store, |tx| Box::pin(rounds::awake(tx, START - Duration::from_secs(1), 2))).await, []);
        assert_eq!(run(&store, |tx| Box::pin(rounds::next_wake(tx, START - Duration::from_secs(1)))).await, Some(START));
        assert_eq!(run(&store, |tx| Box::pin(rounds::unfrozen(tx, 2))).await, [which]);
        assert_eq!(run(&store, |tx| Box::pin(rounds::expired(tx, Instant::MAX, 2))).await, []);

        let mut changed = found;
        (changed.round.total, changed.round.frozen, changed.frozen_seq) = (3, true, 3);
        (changed.round.next_position, changed.round.sent, changed.round.last_position, changed.round.rate) = (3, 2, 2, 7);
        (changed.wave_at, changed.progress_begun) = (Some(START + Duration::from_secs(9)), 2);
        changed.round.turn(Deed::Pause, Cause::Owner, START + Duration::from_secs(1)).expect("it stops");
        let written = changed.clone();
        run(&store, move |tx| {
            let written = written.clone();
            Box::pin(async move { rounds::update(tx, &written).await })
        })
        .await;
        assert_eq!(run(&store, move |tx| Box::pin(rounds::lock(tx, which.0, which.1))).await, Some(changed.clone()));
        assert_eq!(run(&store, move |tx| Box::pin(rounds::page(tx, which.0, 2, 10))).await, [changed]);
        assert_eq!(run(&store, move |tx| Box::pin(rounds::page(tx, which.0, 1, 10))).await, []);
        assert_eq!(run(&store, |tx| Box::pin(rounds::awake(tx, Instant::MAX, 2))).await, [], "it is paused");
        assert_eq!(run(&store, move |tx| Box::pin(products::owner(tx, which.0))).await, Some(owner));
        assert!(!run(&store, move |tx| Box::pin(rounds::earlier_in_flight(tx, (which.0, 2)))).await);
        let locked = run(&store, move |tx| Box::pin(products::try_lock(tx, owner, which.0))).await;
        assert_eq!(locked.map(|product| product.id), Some(which.0), "nobody else has it");
    })
    .await;
}

#[tokio::test]
async fn a_product_is_seen_with_how_its_last_round_stands() {
    on_both_engines(async |store| {
        let (owner, product, _) = shop(&store, 3).await;
        let name = ProductName::Id(product.id);
        let see = || {
            let name = name.clone();
            run(&store, move |tx| {
                let name = name.clone();
                Box::pin(async move { products::see(tx, owner, &name).await })
            })
        };
        let seen = see().await.expect("a product");
        let first = seen.last.expect("a round");
        assert_eq!((seen.product.id, first.number, first.state, first.total), (product.id, 1, RoundState::InProgress, 0));
        let one_more = product.clone();
        run(&store, move |tx| {
            let product = Product { round: 2, ..one_more.clone() };
            Box::pin(async move {
                let mut second = kept(&product, 3);
                rounds::insert(tx, &second).await?;
                (second.round.total, second.round.frozen, second.round.next_position) = (9, true, 7);
                (second.round.sent, second.round.skipped, second.round.failed) = (3, 2, 1);
                second.round.turn(Deed::Pause, Cause::Owner, START).expect("it stops");
                rounds::update(tx, &second).await?;
                products::update(tx, &product).await
            })
        })
        .await;
        let (state, version) = (RoundState::Paused, 2);
        let last = LastRound { number: 2, state, total: 9, frozen: true, sent: 3, skipped: 2, failed: 1, version };
        let seen = see().await.expect("a product");
        assert_eq!(seen.last, Some(last));
        assert_eq!(run(&store, move |tx| Box::pin(products::page(tx, owner, None, 10))).await, [seen], "and so in a list");
    })
    .await;
}

#[tokio::test]
async fn everybody_who_waits_is_written_down_piece_by_piece_without_a_gap() {
    on_both_engines(async |store| {
        let (_, product, people) = shop(&store, 7).await;
        let which = (product.id, 1);
        let (second, owner) = (people[1], product.owner);
        let first = run(&store, move |tx| Box::pin(ledger::freeze(tx, which, (0, 7), 0, 3))).await;
        assert_eq!((first.added, first.up_to_seq), (3, 3));
        run(&store, move |tx| {
            Box::pin(async move {
                products::lock(tx, owner, &ProductName::Id(which.0)).await?;
                ledger::mark_notified(tx, which, 7, &[second]).await
            })
        })
        .await;
        // Somebody who is not there any more takes no position.
        let fifth = people[4];
        run(&store, move |tx| Box::pin(subscriptions::leave(tx, which.0, fifth, domain::campaigns::Party::Owner))).await;
        let next = run(&store, move |tx| Box::pin(ledger::freeze(tx, which, (3, 7), 3, 3))).await;
        assert_eq!((next.added, next.up_to_seq), (3, 7));
        let end = run(&store, move |tx| Box::pin(ledger::freeze(tx, which, (7, 7), 6, 3))).await;
        assert_eq!((end.added, end.up_to_seq), (0, 7));
        let lines = run(&store, move |tx| Box::pin(ledger::page(tx, which, 0, 100))).await;
        assert!(lines.iter().map(|line| line.position).eq(1..=6));
        let order = [0, 1, 2, 3, 5, 6].map(|index| people[index]);
        assert!(lines.iter().map(|line| line.recipient).eq(order));
        let first = run(&store, move |tx| Box::pin(ledger::first_waiting(tx, which.0, 2))).await;
        assert_eq!(first, [("c-1".to_owned(), None), ("c-3".to_owned(), None)], "who was told waits no more");
    })
    .await;
}

#[tokio::test]
async fn a_row_says_what_became_of_it_and_who_has_it() {
    on_both_engines(async |store| {
        let (owner, product, people) = shop(&store, 6).await;
        let which = (product.id, 1);
        run(&store, move |tx| Box::pin(ledger::freeze(tx, which, (0, 6), 0, 100))).await;
        let turns = run(&store, move |tx| Box::pin(ledger::next(tx, which, 6, 2, 3))).await;
        assert_eq!(
            turns.iter().map(|turn| (turn.position, turn.waits, turn.is_known)).collect::<Vec<_>>(),
            [(2, true, true), (3, true, true), (4, true, true)]
        );
        assert!(turns.iter().all(|turn| !turn.is_account && turn.locale == "en"));
        let earlier = run(&store, move |tx| Box::pin(ledger::next(tx, which, 2, 2, 3))).await;
        assert_eq!(earlier.iter().filter(|turn| turn.waits).count(), 1, "who came after the round was raised is not of it");

        assert!(!run(&store, |tx| Box::pin(ledger::has_in_flight(tx))).await);
        let at = START + Duration::from_secs(5);
        run(&store, move |tx| {
            Box::pin(async move {
                let begun = [
                    Entry::new(1, RowState::Sent, None),
                    Entry::new(2, RowState::InFlight, None),
                    Entry::new(3, RowState::InFlight, None),
                    Entry::new(4, RowState::Skipped, Some(Reason::Unsubscribed)),
                ];
                ledger::begin(tx, which, &begun, 7, START).await?;
                let retry = Entry { next_at: Some(at), ..Entry::new(3, RowState::Retry, None) };
                ledger::settle(tx, which, &[retry], 7, START).await
            })
        })
        .await;
        let standing = run(&store, move |tx| Box::pin(ledger::standings(tx, which, &[1, 2, 3, 4, 5]))).await;
        let mut standing: Vec<_> = standing.iter().map(|row| (row.position, row.state, row.token, row.attempts)).collect();
        standing.sort_unstable();
        assert_eq!(
            standing,
            [
                (1, RowState::Sent, 7, 1),
                (2, RowState::InFlight, 7, 1),
                (3, RowState::Retry, 7, 1),
                (4, RowState::Skipped, 7, 0),
                (5, RowState::Waiting, 0, 0)
            ]
        );
        assert_eq!(run(&store, move |tx| Box::pin(ledger::first_open(tx, which))).await, Some(2));
        assert_eq!(run(&store, move |tx| Box::pin(ledger::next_due(tx, which))).await, Some(at));
        assert_eq!(run(&store, move |tx| Box::pin(ledger::due(tx, which, 6, START, 9))).await, []);
        assert_eq!(run(&store, move |tx| Box::pin(ledger::due(tx, which, 6, at, 9))).await[0].position, 3);
        assert!(run(&store, |tx| Box::pin(ledger::has_in_flight(tx))).await);
        assert_eq!(run(&store, |tx| Box::pin(ledger::orphans(tx, 7))).await, []);
        assert_eq!(run(&store, |tx| Box::pin(ledger::orphans(tx, 8))).await, [(which, 2)]);
        for (state, expected) in [
            (RowState::Waiting, vec![5, 6]),
            (RowState::InFlight, vec![2]),
            (RowState::Retry, vec![3]),
            (RowState::Sent, vec![1]),
            (RowState::Skipped, vec![4]),
            (RowState::Failed, vec![]),
        ] {
            let mut kept = kept(&product, 6);
            (kept.round.next_position, kept.round.last_position) = (5, 1);
            let page = run(&store, move |tx| {
                let kept = kept.clone();
                Box::pin(async move { ledger::page_at(tx, &kept, state, 0, 100).await })
            })
            .await;
            assert_eq!(page.iter().map(|line| line.position).collect::<Vec<_>>(), expected, "{state}");
        }
        let line = run(&store, move |tx| Box::pin(ledger::of(tx, which, owner, "c-4"))).await.expect("a line");
        assert_eq!((line.position, line.recipient, line.reason), (4, people[3], Some(Reason::Unsubscribed)));
        assert_eq!(run(&store, move |tx| Box::pin(ledger::at(tx, which, 4))).await, Some(line.clone()));
        let each = run(&store, move |tx| Box::pin(ledger::at_each(tx, which.0, &[(1, 4), (1, 7), (2, 4)]))).await;
        assert_eq!(each, [(1, line)], "nobody is at the other two");
    })
    .await;
}

#[tokio::test]
async fn whoever_is_given_back_untried_has_been_tried_no_more_often_than_before() {
    on_both_engines(async |store| {
        let (_, product, _) = shop(&store, 3).await;
        let which = (product.id, 1);
        let later = START + Duration::from_secs(9);
        run(&store, move |tx| {
            Box::pin(async move {
                ledger::freeze(tx, which, (0, 3), 0, 100).await?;
                let call = |position| Entry::new(position, RowState::InFlight, None);
                let again = |position, given_back| Entry {
                    next_at: Some(later),
                    given_back,
                    ..Entry::new(position, RowState::Retry, None)
                };
                ledger::begin(tx, which, &[call(1), call(2), call(3)], 7, START).await?;
                ledger::settle(tx, which, &[again(1, true), again(2, true), again(3, false)], 7, START).await?;
                ledger::begin(tx, which, &[call(3)], 8, later).await?;
                ledger::settle(tx, which, &[again(3, true)], 8, later).await
            })
        })
        .await;
        let lines = run(&store, move |tx| Box::pin(ledger::page(tx, which, 0, 100))).await;
        let tried: Vec<_> = lines.iter().map(|line| (line.state, line.attempts, line.started_at.is_some())).collect();
        assert_eq!(tried, [(RowState::Retry, 0, false), (RowState::Retry, 0, false), (RowState::Retry, 1, true)]);
    })
    .await;
}

#[tokio::test]
async fn rounds_of_a_deleted_product_are_forgotten_piece_by_piece_with_their_ledgers() {
    on_both_engines(async |store| {
        let (owner, product, people) = shop(&store, 7).await;
        let id = product.id;
        let other = ProductId::mint(START, &SeededEntropy::new(6));
        let kept_one = Product { id: other, key: "other".to_owned(), ..product.clone() };
        run(&store, move |tx| {
            let (product, other, people) = (product.clone(), kept_one.clone(), people.clone());
            Box::pin(async move {
                products::insert(tx, &other).await?;
                let first = products::admit(tx, other.id, 7).await?;
                subscriptions::subscribe(tx, other.id, &people, (first, START)).await?;
                for (product, number) in [(&product, 2), (&product, 3), (&other, 1)] {
                    let mut kept = kept(product, 7);
                    kept.round.number = number;
                    rounds::insert(tx, &kept).await?;
                }
                // Nobody is in the second.
                for which in [(product.id, 1), (product.id, 3), (other.id, 1)] {
                    ledger::freeze(tx, which, (0, 7), 0, 100).await?;
                }
                products::discard(tx, product.id, START).await
            })
        })
        .await;
        let mut pieces = Vec::new();
        loop {
            match run(&store, |tx| Box::pin(products::purge(tx, 4))).await {
                0 => break,
                gone => pieces.push(gone),
            }
            // Whoever is stopped in between goes on where the rows say.
            let left = run(&store, move |tx| Box::pin(ledger::page(tx, (id, 3), 0, 100))).await;
            assert!(left.len() == 7 || pieces.len() > 2, "the first round goes first");
        }
        // Two ledgers of seven and three rounds; seven places; the product.
        assert_eq!(pieces, [4, 4, 4, 4, 1, 4, 3, 1]);
        for round in [1, 3] {
            assert!(run(&store, move |tx| Box::pin(ledger::page(tx, (id, round), 0, 100))).await.is_empty());
        }
        assert_eq!(run(&store, move |tx| Box::pin(rounds::page(tx, id, 9, 100))).await, []);
        assert_eq!(run(&store, move |tx| Box::pin(ledger::page(tx, (other, 1), 0, 100))).await.len(), 7);
        let name = ProductName::Id(other);
        let there = run(&store, move |tx| {
            let name = name.clone();
            Box::pin(async move { products::find(tx, owner, &name).await })
        });
        assert_eq!(there.await.map(|product| product.subscribers), Some(7));
    })
    .await;
}

#[tokio::test]
async fn rounds_of_the_past_are_forgotten_piece_by_piece_and_nobody_sees_them_meanwhile() {
    on_both_engines(async |store| {
        let (owner, product, _) = shop(&store, 7).await;
        let id = product.id;
        let day = Duration::from_hours(24);
        run(&store, move |tx| {
            let mut product = product.clone();
            Box::pin(async move {
                product.round = 6;
                products::update(tx, &product).await?;
                let ends = [
                    (1, Deed::Cancel, START),
                    (2, Deed::SellOut, START),
                    // It may still go on, as far as anybody knows.
                    (3, Deed::Pause, START),
                    (4, Deed::Cancel, START + 100 * day),
                    (5, Deed::SellOut, START),
                    (6, Deed::Cancel, START),
                ];
                for (number, deed, at) in ends {
                    let mut kept = kept(&product, 7);
                    (kept.round.number, kept.round.expires_at) = (number, Some(START + day));
                    if number > 1 {
                        rounds::insert(tx, &kept).await?;
                    }
                    let frozen =
                        if number == 4 { 0 } else { ledger::freeze(tx, (product.id, number), (0, 7), 0, 100).await?.added };
                    (kept.round.total, kept.round.frozen) = (frozen, true);
                    if number == 5 {
                        (kept.round.next_position, kept.round.in_flight) = (2, 1);
                    }
                    kept.round.turn(deed, Cause::Owner, at).expect("it stops");
                    rounds::update(tx, &kept).await?;
                }
                Ok(())
            })
        })
        .await;
        let retire = |before: Option<Instant>, most: u32| {
            run(&store, move |tx| Box::pin(rounds::retire(tx, id, (before, most), START + 100 * day, 100)))
        };
        let seen = || async {
            let page = run(&store, move |tx| Box::pin(rounds::page(tx, id, 9, 100))).await;
            page.into_iter().map(|kept| kept.round.number).collect::<Vec<_>>()
        };
        assert_eq!(
            run(&store, move |tx| Box::pin(products::walk(tx, ProductId::from_uuid(uuid::Uuid::nil()), 5))).await,
            [(id, 6)]
        );
        assert_eq!(run(&store, move |tx| Box::pin(products::walk(tx, id, 5))).await, []);
        assert_eq!((retire(None, 1_000).await, run(&store, |tx| Box::pin(rounds::purge(tx, 4))).await), (0, 0));
        assert_eq!((retire(Some(START - day), 6).await, seen().await), (0, vec![6, 5, 4, 3, 2, 1]));

        assert_eq!((retire(Some(START), 6).await, seen().await), (2, vec![6, 5, 4, 3]));
        for number in [1, 2] {
            assert_eq!(run(&store, move |tx| Box::pin(rounds::find(tx, id, number))).await, None);
            assert_eq!(run(&store, move |tx| Box::pin(rounds::lock(tx, id, number))).await, None);
        }
        let expired: Vec<_> = run(&store, move |tx| Box::pin(rounds::expired(tx, START + 2 * day, 9))).await;
        assert!(expired.len() == 2 && !expired.contains(&(id, 2)), "{expired:?}");
        let mut pieces = Vec::new();
        loop {
            match run(&store, |tx| Box::pin(rounds::purge(tx, 5))).await {
                0 => break,
                gone => pieces.push(gone),
            }
        }
        // Two ledgers of seven, and two rounds.
        assert_eq!(pieces, [5, 5, 5, 1]);
        for (number, lines) in [(1, 0), (2, 0), (3, 7), (6, 7)] {
            assert_eq!(run(&store, move |tx| Box::pin(ledger::page(tx, (id, number), 0, 100))).await.len(), lines, "{number}");
        }
        // However young, all but two; and of those only what nothing is to come of.
        assert_eq!((retire(None, 2).await, seen().await), (1, vec![6, 5, 3]));
        let name = ProductName::Id(id);
        let there = run(&store, move |tx| {
            let name = name.clone();
            Box::pin(async move { products::find(tx, owner, &name).await })
        });
        assert_eq!(there.await.map(|product| product.round), Some(6), "no number is given again");
    })
    .await;
}

#[tokio::test]
async fn one_holds_a_provider_at_a_time_and_an_older_term_is_refused() {
    on_both_engines(async |store| {
        let entropy = SeededEntropy::new(3);
        let (one, other) = (GatewayId::mint(START, &entropy), GatewayId::mint(START, &entropy));
        let until = START + Duration::from_secs(5);
        let take =
            async |holder, until, now| run(&store, move |tx| Box::pin(leases::take(tx, "sms", (holder, until), now))).await;
        let held = take(one, until, START).await.expect("free");
        assert_eq!((held.term, held.before_until, held.was_mine), (1, Instant::EPOCH, false));
        assert_eq!(take(other, until, START).await, None);
        assert!(run(&store, |tx| Box::pin(leases::guard(tx, "sms", 1))).await);
        assert!(run(&store, move |tx| Box::pin(leases::renew(tx, "sms", 1, until + Duration::from_secs(1)))).await);
        let later = until + Duration::from_secs(2);
        let held = take(other, later + Duration::from_secs(5), later).await.expect("over");
        assert_eq!((held.term, held.before_until, held.was_mine), (2, until + Duration::from_secs(1), false));
        assert!(!run(&store, |tx| Box::pin(leases::guard(tx, "sms", 1))).await);
        assert!(!run(&store, move |tx| Box::pin(leases::renew(tx, "sms", 1, later))).await);
        let again = take(other, later + Duration::from_secs(5), later).await.expect("its own");
        assert_eq!((again.term, again.was_mine), (3, true));
        let seized = run(&store, move |tx| Box::pin(leases::seize(tx, "sms", one, Instant::MAX))).await;
        assert_eq!(seized.term, 4);
    })
    .await;
}
