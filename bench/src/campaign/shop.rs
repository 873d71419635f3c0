//! A shop with one product for which many wait.

use std::{sync::Arc, time::Duration};

use app::{
    App, Rendered,
    calendar::Expected,
    campaigns::rounds::{self, Raised, Restock, Settings, Shown},
    domain::{
        campaigns::{OnUnknown, ProductName},
        identity::Caller,
    },
};
use kernel::Instant;

use crate::{
    clock,
    database::{Database, Databases, Engine},
    herd::{self, Herd, Kind},
    inside, people,
};

/// What its owner calls the product.
pub(super) const BELL: &str = "bell";

/// Who waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// People without an account.
    Customers,
    /// People with one, in the order in which they came into the house.
    Members,
    /// People with one, in no order.
    Scattered,
}

/// The shop, on a database of its own.
pub(super) struct Shop {
    pub(super) database: Database,
    pub(super) app: App,
}

impl Shop {
    /// So many wait; they are told at most so many a second, or as many as go (0).
    pub(super) async fn open(databases: &Databases, engine: Engine, (count, who): (u32, Who), rate: u32) -> anyhow::Result<Self> {
        let database = databases.fresh(engine).await?;
        // The first two are the owner and a neighbour.
        let users = if who == Who::Customers { 2 } else { count + 2 };
        Herd { users, alarms: 0, from: Instant::EPOCH, over: Duration::ZERO }.settle_users(&database).await?;
        database.script(&people_and_line(engine, count, who)).await?;
        tidy(&database).await?;
        let settings = Settings { starts_per_second: rate, on_unknown: OnUnknown::Resend };
        let app = inside::telling(database.store().await?, settings)?;
        Ok(Self { database, app })
    }

    /// Raises a round.
    pub(super) async fn raise(&self) -> anyhow::Result<i64> {
        let render = Arc::new(|raised: &Raised| body(raised.round.round.number));
        let wish = Restock { stock: Some(5), ..Restock::default() };
        let answer = rounds::restock(&self.app, &owner(), (bell(), Expected::Any), wish, None, render)
            .await
            .map_err(anyhow::Error::msg)?;
        Ok(String::from_utf8(answer.rendered.body)?.parse()?)
    }

    /// Ends it.
    pub(super) async fn cancel(&self, round: i64) -> anyhow::Result<()> {
        let render = Arc::new(|shown: &Shown| body(shown.round.number));
        rounds::cancel(&self.app, &owner(), (bell(), round, Expected::Any), None, render).await.map_err(anyhow::Error::msg)?;
        Ok(())
    }

    /// How it stands.
    pub(super) async fn round(&self, round: i64) -> anyhow::Result<Shown> {
        rounds::get(&self.app, &owner(), (bell(), round)).await.map_err(anyhow::Error::msg)
    }

    pub(super) async fn close(self) -> anyhow::Result<()> {
        self.app.store().close().await;
        self.database.remove().await
    }
}

/// The owner of the product, signed in.
pub(super) fn owner() -> Caller {
    people::signed_in(herd::user(0))
}

/// Somebody else with an address book.
pub(super) fn neighbour() -> Caller {
    people::signed_in(herd::user(1))
}

/// The product.
pub(super) fn bell() -> ProductName {
    ProductName::Key(BELL.to_owned())
}

/// What the number `n` (from 1) in the line is called.
pub(super) fn customer(n: u32) -> String {
    format!("c-{n:09}")
}

fn body(number: i64) -> Rendered {
    Rendered { status: 202, headers: vec![], body: number.to_string().into_bytes() }
}

/// Leaves a database as it would be after some time of service: statistics taken, log folded in.
pub(super) async fn tidy(database: &Database) -> anyhow::Result<()> {
    let statements: &[&str] = match database.engine {
        Engine::Sqlite => &["PRAGMA wal_checkpoint(TRUNCATE)"],
        Engine::Postgres => &["VACUUM ANALYZE", "CHECKPOINT"],
    };
    for statement in statements {
        database.script(statement).await?;
    }
    Ok(())
}

/// More room for pages than the product takes, where a script writes millions of rows.
pub(super) fn wide(engine: Engine) -> &'static str {
    if engine == Engine::Sqlite { "PRAGMA cache_size = -524288;" } else { "" }
}

fn people_and_line(engine: Engine, count: u32, who: Who) -> String {
    let (numbers, wide) = (herd::numbers(engine, count), wide(engine));
    let owner = herd::id(engine, Kind::User, "0");
    let product = herd::id(engine, Kind::Product, "1");
    let now = herd::instant(engine, clock::now().as_micros(), "0");
    let user = match who {
        Who::Customers => "NULL".to_owned(),
        Who::Members => herd::id(engine, Kind::User, "n + 2"),
        // 7919 is prime: everybody comes once.
        Who::Scattered => herd::id(engine, Kind::User, &format!("n * 7919 % {count} + 2")),
    };
    // Ids as lists of 50,000 lines make them: those of one list are of one millisecond, and in no order within it.
    let (id, called, seq) = match engine {
        Engine::Sqlite => (
            "CAST(unhex(printf('0198700%05x7000', n / 50000)) || randomblob(8) AS BLOB)",
            "printf('c-%09d', n + 1)",
            "CAST(substr(external_id, 3) AS INTEGER)",
        ),
        Engine::Postgres => (
            "('0198700' || lpad(to_hex(n / 50000), 5, '0') || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid",
            "'c-' || lpad((n + 1)::text, 9, '0')",
            "substr(external_id, 3)::bigint",
        ),
    };
    format!(
        "{wide} BEGIN;
         INSERT INTO address_books (owner_id, recipients) VALUES ({owner}, {count});
         INSERT INTO products (id, owner_id, external_key, name, next_seq, subscribers, version, created_at, updated_at)
             VALUES ({product}, {owner}, '{BELL}', 'Bronze bell', {count} + 1, {count}, 1, {now}, {now});
         INSERT INTO recipients (id, owner_id, external_id, user_id, name, email, locale, version, created_at, updated_at)
             {numbers} SELECT {id}, {owner}, {called}, {user}, 'Customer ' || n, 'c' || n || '@bench.invalid', 'en', 1, {now}, {now}
             FROM numbers;
         INSERT INTO product_subscriptions (product_id, recipient_id, seq, state, subscribed_at)
             SELECT {product}, id, {seq}, 'ACTIVE', {now} FROM recipients WHERE owner_id = {owner} ORDER BY external_id;
         COMMIT;"
    )
}
