//! Planning anew what moves, beside everything else that a server does.

use std::time::Duration;

use clockwork::{Backoff, Stop};
use futures_util::future::{Either, select};
use kernel::{Category, ScheduleId, ZoneDatabase};
use store::{StoreError, Tx, UseCase, calendar::zones as rows};

use super::{PAGE, Recorded, look::look, recorded, replan::replan};
use crate::{App, Error};

/// The waits after a failure of the database.
const RETRY: Backoff = Backoff { first: Duration::from_secs(1), most: Duration::from_mins(1) };

/// Whether everything has to be looked at for the database `version`.
///
/// Alone with its file, a process knows by which one everything was derived. Where several share a database, another one may have
/// gone on by an older one after this one was recorded; so each looks when it starts, and the last one of them finds the rest.
pub async fn is_due(app: &App, version: &str) -> Result<bool, StoreError> {
    Ok(app.store().is_shared() || recorded(app.store()).await?.is_none_or(|recorded| recorded.version != version))
}

/// One walk through all schedules that are not over, page by page.
#[derive(Debug)]
pub struct Pass {
    page: u32,
    after: Option<ScheduleId>,
    done: Done,
}

/// What a walk did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Schedules that were looked at.
    pub looked: u64,
    /// Those that were planned anew.
    pub moved: u64,
    /// Those that could not be; the log says why.
    pub failed: u64,
}

impl Pass {
    /// From the beginning, so many schedules at a step.
    pub fn new(page: u32) -> Self {
        Self { page, after: None, done: Done::default() }
    }

    /// Looks at the next page and plans anew what moves; `true`: there is more. After an error the same page is the next one.
    pub async fn step(&mut self, app: &App) -> Result<bool, Error> {
        let page = look(app.store(), self.after, self.page, app.now()).await?;
        let mut failed = 0;
        for (schedule_id, error) in &page.unreadable {
            tracing::error!(%schedule_id, %error, "this schedule cannot be read and keeps its instants");
            failed += 1;
        }
        for found in page.moves {
            match replan(app, found).await {
                Ok(Some(moved)) => {
                    self.done.moved += 1;
                    let (schedule_id, user_id, from, to) = (moved.schedule, moved.owner, moved.from, moved.to);
                    tracing::info!(%schedule_id, %user_id, %from, %to, "planned anew, because its zone has other rules");
                }
                Ok(None) => {}
                Err(error) if error.category() == Category::Internal => {
                    tracing::error!(schedule_id = %found.schedule, %error, "this schedule cannot be planned anew");
                    failed += 1;
                }
                Err(error) => return Err(error),
            }
        }
        self.done.looked += page.looked as u64;
        self.done.failed += failed;
        self.after = page.next;
        Ok(self.after.is_some())
    }

    /// Records that everything is derived by `version`, unless something could not be: then the next start tries again.
    pub async fn record(&self, app: &App, version: &str) -> Result<Done, Error> {
        if self.done.failed == 0 {
            let moved = i64::try_from(self.done.moved).unwrap_or(i64::MAX);
            app.store().write(Record(Recorded { version: version.to_owned(), since: app.now(), moved })).await?;
        }
        Ok(self.done)
    }
}

struct Record(Recorded);

impl UseCase for Record {
    type Out = ();
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        Ok(rows::record(tx, &self.0).await?)
    }
}

/// Brings all schedules to the database of zones in use, if that is needed, and then waits until it is stopped. While the database
/// cannot be reached it tries again.
pub async fn keep_up(app: App, mut stop: Stop) {
    let version = ZoneDatabase::in_use().version();
    let (mut pass, mut failures) = (None, 0);
    while !stop.is_stopped() {
        match go_on(&app, version, &mut pass).await {
            Ok(true) => failures = 0,
            Ok(false) => return stop.stopped().await,
            Err(error) => {
                failures += 1;
                tracing::warn!(%error, "schedules cannot be compared with the database of zones; trying again");
                let pause = RETRY.jittered(failures, &*app.entropy());
                if let Either::Right(_) = select(app.clock().sleep(pause), std::pin::pin!(stop.stopped())).await {
                    return;
                }
            }
        }
    }
}

/// Takes the next step; `false`: there is none.
async fn go_on(app: &App, version: &str, pass: &mut Option<Pass>) -> Result<bool, Error> {
    let Some(pass) = pass else {
        let due = is_due(app, version).await?;
        *pass = due.then(|| Pass::new(PAGE));
        return Ok(due);
    };
    if pass.step(app).await? {
        return Ok(true);
    }
    let before = recorded(app.store()).await?.map(|recorded| recorded.version);
    let Done { looked, moved, failed } = pass.record(app, version).await?;
    if failed == 0 {
        tracing::info!(version, before, looked, moved, "all schedules are by the database of zones in use");
    } else {
        tracing::error!(version, before, looked, moved, failed, "some schedules are not by the database of zones in use");
    }
    Ok(false)
}
