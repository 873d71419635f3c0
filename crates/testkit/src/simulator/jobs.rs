//! Errands: jobs whose work leaves the process and takes its time, so that leases run out and tokens matter.

use std::time::Duration;

use app::App;
use clockwork::{Backoff, Claim, Leased, Outcome, Settlement};
use kernel::{Instant, JobId};
use store::{
    StoreError, Tx, UseCase,
    jobs::{self, Claimed},
};

use super::{sabotage::Sabotage, scribe::Scribe};
use crate::{
    SeededEntropy,
    history::{Phase, Step, What},
};

const KIND: &str = "errand";

/// How long a claim is ours.
const LEASE: Duration = Duration::from_secs(15);

/// The longest an errand takes: longer than its lease.
const LONGEST_MILLIS: u64 = 18_000;

/// The most attempts of one errand; none is to die in a run of a few minutes.
const ATTEMPTS: u32 = 1_000;

/// The lane of errands of one node.
pub(super) struct Errands {
    app: App,
    name: String,
    entropy: SeededEntropy,
    scribe: Scribe,
    sabotage: Option<Sabotage>,
}

impl Errands {
    pub(super) fn new(app: App, name: &str, entropy: SeededEntropy, scribe: &Scribe, sabotage: Option<Sabotage>) -> Self {
        Self { app, name: name.to_owned(), entropy, scribe: scribe.clone(), sabotage }
    }

    fn note(&self, row: &Claimed, step: Step, begun_at: Instant) {
        self.scribe.write(&self.name, Phase::Ok, What::Lease { job: row.key.clone(), token: row.token, step, begun_at });
    }
}

impl Leased for Errands {
    type Row = Claimed;
    type Error = StoreError;

    fn name(&self) -> &'static str {
        "errands"
    }

    async fn claim(&self, now: Instant, lease: Duration, limit: usize) -> Result<Claim<Claimed>, StoreError> {
        let begun_at = self.scribe.now();
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let claim = self.app.store().write(ClaimErrands { now, until: now + lease, limit }).await?;
        for row in &claim.rows {
            self.note(row, Step::Claim, begun_at);
        }
        Ok(claim)
    }

    async fn handle(&self, row: &Claimed) -> Outcome {
        self.note(row, Step::Start, self.scribe.now());
        self.app.clock().sleep(Duration::from_millis(self.entropy.below(LONGEST_MILLIS))).await;
        if self.entropy.chance(200) { Outcome::Retry("nobody was at home".to_owned()) } else { Outcome::Done }
    }

    fn attempt(&self, row: &Claimed) -> u32 {
        u32::try_from(row.attempts).unwrap_or(u32::MAX)
    }

    async fn settle(&self, row: &Claimed, settlement: Settlement, now: Instant) -> Result<bool, StoreError> {
        let begun_at = self.scribe.now();
        // Without a token, whoever comes settles whatever is there.
        let guesses = if self.sabotage == Some(Sabotage::SettleWithoutToken) { 50 } else { 1 };
        let mut settled = false;
        for guess in 0..guesses {
            let held = (row.id, row.token + guess);
            settled |= self.app.store().write(Settle { held, settlement: settlement.clone(), now }).await?;
        }
        if settled {
            self.note(row, Step::Settle, begun_at);
        }
        Ok(settled)
    }

    fn lease(&self) -> Duration {
        LEASE
    }

    fn backoff(&self) -> Backoff {
        Backoff { first: Duration::from_secs(1), most: Duration::from_secs(10) }
    }

    fn attempts_most(&self) -> u32 {
        ATTEMPTS
    }
}

struct ClaimErrands {
    now: Instant,
    until: Instant,
    limit: u32,
}

impl UseCase for ClaimErrands {
    type Out = Claim<Claimed>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let rows = jobs::claim(tx, self.now, self.until, self.limit).await?;
        Ok(Claim { rows, next_due: jobs::next_due(tx).await? })
    }
}

struct Settle {
    held: jobs::Held,
    settlement: Settlement,
    now: Instant,
}

impl UseCase for Settle {
    type Out = bool;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        match &self.settlement {
            Settlement::Done => jobs::done(tx, self.held, self.now).await,
            Settlement::Again(at) => jobs::again(tx, self.held, *at, None).await,
            Settlement::Retry(at, error) => jobs::again(tx, self.held, *at, Some(error)).await,
            Settlement::Dead(error) => jobs::dead(tx, self.held, error, self.now).await,
        }
    }
}

/// Orders an errand, once per `key`.
pub(super) struct Order {
    pub(super) id: JobId,
    pub(super) key: String,
    pub(super) due_at: Instant,
    pub(super) now: Instant,
}

impl UseCase for Order {
    type Out = bool;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        jobs::ensure(tx, (self.id, KIND, &self.key), "{}", self.due_at, self.now).await
    }
}
