//! Forgetting a product that was deleted, with its ledgers: how long each piece holds up whoever writes.

use app::{calendar::Expected, campaigns::delete_product};
use store::{StoreError, Tx, UseCase, campaigns::products};

use super::{
    about,
    shop::{BELL, Shop, owner},
};
use crate::{clock::Stopwatch, database::Engine, report::Line, statistics::Spread};

/// Rows of one transaction, as housekeeping has them.
const ROWS: u32 = 500;

struct Piece;

impl UseCase for Piece {
    type Out = u64;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        products::purge(tx, ROWS).await
    }
}

/// Deletes the product of the shop and forgets so many pieces of it.
pub(super) async fn measure(engine: Engine, shop: &Shop, pieces: u32) -> anyhow::Result<Line> {
    delete_product(&shop.app, &owner(), (BELL, Expected::Any)).await.map_err(anyhow::Error::msg)?;
    let (mut took, mut gone) = (Vec::new(), 0);
    let all = Stopwatch::start();
    for _ in 0..pieces {
        let watch = Stopwatch::start();
        gone += shop.app.store().write(Piece).await?;
        took.push(watch.elapsed().as_secs_f64() * 1e3);
    }
    let rate = all.rate(usize::try_from(gone)?);
    let took = Spread::of(took);
    Ok(about(&format!("forgetting, pieces of {ROWS} rows"), engine)
        .with("rows_per_s", rate)
        .with("p50_ms", took.p50)
        .with("p99_ms", took.p99)
        .with("most_ms", took.most))
}
