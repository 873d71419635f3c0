//! What it costs to look at rounds and ledgers, where there are ten million rows of them.

use app::{
    campaigns::rounds::{self, Filter},
    domain::campaigns::RowState,
};

use super::{
    Options, about, forget,
    shop::{Shop, Who, bell, customer, owner, tidy, wide},
};
use crate::{
    clock::Stopwatch,
    database::{Database, Databases, Engine},
    herd::{self, Kind},
    report::Line,
    statistics::Spread,
};

/// Rounds in which everybody is.
const LARGE: u32 = 10;
/// Rounds before them, with so many people each.
const SMALL: u32 = 200;
const FEW: u32 = 50;

/// The largest page there is.
const PAGE: u32 = 200;

/// What is read.
#[derive(Clone, Copy, Debug)]
enum Kinds {
    /// One round, any of them.
    Round,
    /// The largest page of rounds.
    Rounds,
    /// The first page of a large ledger.
    First,
    /// A page somewhere in it.
    Deep,
    /// A page of those who stand there, somewhere in it.
    At(RowState),
    /// Of those who were told, the last page of the round that is under way.
    LastTold,
    /// Somebody by name.
    Person,
}

const KINDS: [(&str, Kinds); 12] = [
    ("a round", Kinds::Round),
    ("200 rounds", Kinds::Rounds),
    ("first page", Kinds::First),
    ("deep page", Kinds::Deep),
    ("page of SENT", Kinds::At(RowState::Sent)),
    ("last page of SENT", Kinds::LastTold),
    ("page of SKIPPED", Kinds::At(RowState::Skipped)),
    ("page of FAILED", Kinds::At(RowState::Failed)),
    ("page of RETRY", Kinds::At(RowState::Retry)),
    ("page of IN_FLIGHT", Kinds::At(RowState::InFlight)),
    ("page of WAITING", Kinds::At(RowState::Waiting)),
    ("a person", Kinds::Person),
];

pub(super) async fn measure(engine: Engine, options: &Options, databases: &Databases) -> anyhow::Result<Vec<Line>> {
    let people = options.rows / LARGE;
    let shop = Shop::open(databases, engine, (people, Who::Customers), 500).await?;
    fill(&shop.database, people).await?;
    let mut runs: Vec<Vec<Spread>> = vec![Vec::new(); KINDS.len()];
    for repetition in 0..options.repeat {
        for (run, (_, kind)) in runs.iter_mut().zip(KINDS) {
            let mut took = Vec::new();
            for number in 0..options.reads {
                let dice =
                    u32::try_from(repetition)?.wrapping_mul(options.reads).wrapping_add(number).wrapping_mul(2_654_435_761);
                let watch = Stopwatch::start();
                read(&shop, kind, people, dice).await?;
                took.push(watch.elapsed().as_secs_f64() * 1e3);
            }
            run.push(Spread::of(took));
        }
    }
    let forgetting = forget::measure(engine, &shop, options.reads).await?;
    shop.close().await?;
    let line = |(name, run): (&str, &Vec<Spread>)| {
        let took = Spread::medians(run);
        about(&format!("{name}, {} rows", people * LARGE), engine)
            .with("p50_ms", took.p50)
            .with("p99_ms", took.p99)
            .with("most_ms", took.most)
    };
    Ok(KINDS.iter().map(|(name, _)| *name).zip(&runs).map(line).chain([forgetting]).collect())
}

/// Reads one thing, which `dice` chooses.
async fn read(shop: &Shop, kind: Kinds, people: u32, dice: u32) -> anyhow::Result<()> {
    let (last, person) = (i64::from(SMALL + LARGE), dice % people);
    let large = i64::from(SMALL + 1 + dice / 7 % LARGE);
    let (filter, round, after) = match kind {
        Kinds::Round => {
            shop.round(i64::from(dice % (SMALL + LARGE) + 1)).await?;
            return Ok(());
        }
        Kinds::Rounds => {
            let before = Some(last - i64::from(dice % LARGE));
            rounds::list(&shop.app, &owner(), bell(), before, PAGE).await.map_err(anyhow::Error::msg)?;
            return Ok(());
        }
        Kinds::First => (Filter::All, large, 0),
        Kinds::Deep => (Filter::All, large, i64::from(person)),
        Kinds::At(state @ (RowState::Waiting | RowState::Retry | RowState::InFlight)) => {
            (Filter::At(state), last, i64::from(person))
        }
        Kinds::At(state) => (Filter::At(state), large, i64::from(person)),
        Kinds::LastTold => (Filter::At(RowState::Sent), last, i64::from(people / 2 - PAGE / 2)),
        Kinds::Person => (Filter::Of(customer(person + 1)), large, 0),
    };
    rounds::ledger_page(&shop.app, &owner(), (bell(), round), filter, after, PAGE).await.map_err(anyhow::Error::msg)?;
    Ok(())
}

/// Rounds that are over, and at last one that is half done.
async fn fill(database: &Database, people: u32) -> anyhow::Result<()> {
    let engine = database.engine;
    for round in 1..=SMALL + LARGE {
        let count = if round > SMALL { people } else { FEW };
        database.script(&ledger(engine, round, count, round == SMALL + LARGE)).await?;
    }
    database.script(&all_rounds(engine, people)).await?;
    tidy(database).await
}

/// Of a hundred, three were passed over and two were given up; the rest was told. Where it goes on, one more is tried again, and who is in
/// the second half waits.
fn ledger(engine: Engine, round: u32, count: u32, goes_on: bool) -> String {
    let (product, wide) = (herd::id(engine, Kind::Product, "1"), wide(engine));
    let at = herd::instant(engine, 1_790_000_000_000_000, "seq");
    let (half, retry) = if goes_on { (count / 2, "RETRY") } else { (count, "SENT") };
    let state = format!(
        "CASE WHEN seq > {half} THEN 'WAITING' WHEN seq % 100 < 3 THEN 'SKIPPED' WHEN seq % 100 < 5 THEN 'FAILED'
              WHEN seq % 100 = 5 THEN '{retry}' ELSE 'SENT' END"
    );
    format!(
        "{wide}
         INSERT INTO campaign_recipients (product_id, round, position, recipient_id, state, token, attempts, next_at, started_at,
             settled_at, reason)
         SELECT {product}, {round}, seq, recipient_id, state, 1, CASE WHEN state IN ('SENT', 'FAILED', 'RETRY') THEN 1 ELSE 0 END,
             CASE WHEN state = 'RETRY' THEN {at} END, CASE WHEN state IN ('SENT', 'FAILED', 'RETRY') THEN {at} END,
             CASE WHEN state IN ('SENT', 'SKIPPED', 'FAILED') THEN {at} END,
             CASE state WHEN 'SKIPPED' THEN 'unsubscribed' WHEN 'FAILED' THEN 'refused' END
         FROM (SELECT seq, recipient_id, {state} AS state FROM product_subscriptions
               WHERE product_id = {product} AND product_subscriptions.state = 'ACTIVE' AND seq <= {count} ORDER BY seq) AS drawn;"
    )
}

/// The rounds, as their ledgers say.
fn all_rounds(engine: Engine, people: u32) -> String {
    let (product, last) = (herd::id(engine, Kind::Product, "1"), SMALL + LARGE);
    let (at, yes) = (herd::instant(engine, 1_790_000_000_000_000, "0"), if engine == Engine::Sqlite { "1" } else { "true" });
    let no = if engine == Engine::Sqlite { "0" } else { "false" };
    let many = |state: &str| format!("count(*) FILTER (WHERE state = '{state}')");
    let (sent, skipped, failed, retrying, waiting) =
        (many("SENT"), many("SKIPPED"), many("FAILED"), many("RETRY"), many("WAITING"));
    format!(
        "INSERT INTO campaign_rounds (product_id, round, state, cause, total, frozen, frozen_seq, freeze_until_seq, next_position, sent,
             skipped, failed, retrying, last_position, strict, wake_at, progress_at, started_at, version)
         SELECT product_id, round, CASE WHEN round = {last} THEN 'IN_PROGRESS' ELSE 'COMPLETED' END, 'asked', count(*), {yes}, {people},
             {people}, count(*) - {waiting} + 1, {sent}, {skipped}, {failed}, {retrying},
             max(CASE WHEN state = 'SENT' THEN position ELSE 0 END), {no}, {at}, {at}, {at}, 1
         FROM campaign_recipients GROUP BY product_id, round;
         UPDATE products SET round = {last}, stock = 5 WHERE id = {product};"
    )
}
