//! Making what schedules and tasks are found by, of those that were written before there was a search.

use store::{Tx, UseCase};

use super::purge::Round;
use crate::Error;

/// Schedules, and tasks, of one transaction.
const CHUNK: u32 = 100;

/// Does it for some of them.
pub(super) struct CatchUp;

impl UseCase for CatchUp {
    type Out = Round;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Round, Error> {
        let some = store::search::backlog(tx, CHUNK).await?;
        for (owner, id) in &some {
            // Locked, so that what somebody writes at this moment is not overwritten with what was before.
            if let Some(schedule) = store::calendar::lock(tx, *owner, *id).await? {
                let set = store::calendar::set_of(tx, schedule).await?;
                store::search::put(tx, &set).await?;
            }
            store::search::caught_up(tx, *id).await?;
        }
        let tasks = store::search::task_backlog(tx, CHUNK).await?;
        for (owner, id) in &tasks {
            if let Some(task) = store::tasks::lock(tx, *owner, *id).await? {
                store::search::put_task(tx, &task).await?;
            }
            store::search::task_caught_up(tx, *id).await?;
        }
        let more = some.len().max(tasks.len()) >= CHUNK as usize;
        Ok(Round { gone: 0, next: more.then(uuid::Uuid::nil) })
    }
}
