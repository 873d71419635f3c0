//! The lane of jobs, driven by [`clockwork::run_leased`].

use std::time::Duration;

use clockwork::{Backoff, Claim, Leased, Outcome, Settlement};
use kernel::Instant;
use store::{Tx, UseCase, jobs::Claimed};

use super::{Kind, Retention, purge};
use crate::{App, Error};

/// How long a claim is held. A purge works in small transactions and stops itself long before.
const LEASE: Duration = Duration::from_mins(2);

/// How long the others may work before a purge whose time was over goes on.
const BREATH: Duration = Duration::from_secs(10);

/// The lane of jobs.
pub struct JobLane {
    app: App,
    retention: Retention,
}

impl JobLane {
    /// The lane of `app`.
    pub fn new(app: App, retention: Retention) -> Self {
        Self { app, retention }
    }
}

impl Leased for JobLane {
    type Row = Claimed;
    type Error = Error;

    fn name(&self) -> &'static str {
        "jobs"
    }

    async fn claim(&self, now: Instant, lease: Duration, limit: usize) -> Result<Claim<Claimed>, Error> {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        self.app.store().write(ClaimDue { now, until: now + lease, limit }).await
    }

    async fn handle(&self, job: &Claimed) -> Outcome {
        // A kind this version does not know was planned by a newer one: it is left to that one.
        let Some(kind) = Kind::named(&job.kind) else {
            return Outcome::Again(self.app.now() + Duration::from_hours(1));
        };
        match purge::run(&self.app, job, kind, &self.retention).await {
            Ok(run) => {
                if run.gone > 0 {
                    tracing::info!(job = kind.name(), gone = run.gone, "forgot what nobody needs any more");
                }
                Outcome::Again(self.app.now() + if run.finished { kind.period() } else { BREATH })
            }
            Err(error) => Outcome::Retry(error.to_string()),
        }
    }

    fn attempt(&self, job: &Claimed) -> u32 {
        u32::try_from(job.attempts).unwrap_or(u32::MAX)
    }

    async fn settle(&self, job: &Claimed, settlement: Settlement, now: Instant) -> Result<bool, Error> {
        self.app.store().write(Settle { held: (job.id, job.token), settlement, now }).await
    }

    fn lease(&self) -> Duration {
        LEASE
    }

    fn backoff(&self) -> Backoff {
        Backoff { first: Duration::from_secs(10), most: Duration::from_mins(30) }
    }

    /// Housekeeping is never given up: what cannot be forgotten today is forgotten tomorrow.
    fn attempts_most(&self) -> u32 {
        u32::MAX
    }
}

struct ClaimDue {
    now: Instant,
    until: Instant,
    limit: u32,
}

impl UseCase for ClaimDue {
    type Out = Claim<Claimed>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let rows = store::jobs::claim(tx, self.now, self.until, self.limit).await?;
        Ok(Claim { rows, next_due: store::jobs::next_due(tx).await? })
    }
}

struct Settle {
    held: store::jobs::Held,
    settlement: Settlement,
    now: Instant,
}

impl UseCase for Settle {
    type Out = bool;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Error> {
        Ok(match &self.settlement {
            Settlement::Done => store::jobs::done(tx, self.held, self.now).await?,
            Settlement::Again(at) => store::jobs::again(tx, self.held, *at, None).await?,
            Settlement::Retry(at, error) => store::jobs::again(tx, self.held, *at, Some(error)).await?,
            Settlement::Dead(error) => store::jobs::dead(tx, self.held, error, self.now).await?,
        })
    }
}
