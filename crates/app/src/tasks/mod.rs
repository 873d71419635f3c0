//! # tasks: use cases of tasks
//!
//! Whoever changes tasks locks their owner first, so that two edits which together would make tasks wait for each other in a circle
//! come one after the other. A task, the alarms of its deadline and the sessions that were planned for it change in one transaction,
//! from whichever side the change comes.

mod add;
mod archive;
mod complete;
mod create;
mod deadline;
mod delete;
pub(crate) mod plan;
mod read;
pub(crate) mod session;
mod split;
mod update;

use domain::{
    identity::User,
    tasks::{Task, TaskError},
};
use kernel::{Entropy, EventId, Instant, StreamId, TaskId, UserId};
use store::{Tx, streams::Draft};

use crate::{Error, calendar::Expected};

pub use archive::{archive, unarchive};
pub use complete::{complete, reopen};
pub use create::create;
pub(crate) use deadline::derive_anew;
pub use delete::{Sessions, delete};
pub use plan::{Plan, plan};
pub use read::{Filter, Sort, get, list, reminders, sessions};
pub use session::ForTask;
pub use split::{Made, split};
pub use update::update;

/// When a use case runs, and where its ids come from.
type By<'a> = (Instant, &'a dyn Entropy);

/// The owner, locked: nobody else changes tasks of theirs until the transaction ends.
pub(crate) async fn locked(tx: &mut Tx<'_>, owner: UserId) -> Result<User, Error> {
    store::identity::users::lock(tx, owner).await?.ok_or_else(|| TaskError::NotFound.into())
}

/// The task, if it is there in the version that is meant.
async fn present(tx: &mut Tx<'_>, owner: UserId, id: TaskId, expected: Expected) -> Result<Task, Error> {
    let task = store::tasks::find(tx, owner, id).await?.ok_or(TaskError::NotFound)?;
    match expected {
        Expected::Version(version) if version != task.version => Err(TaskError::VersionMismatch { current: task.version }.into()),
        _ => Ok(task),
    }
}

/// `task.changed`: ids, version and what happened; whoever wants more reads it.
fn fact((owner, id, version): (UserId, TaskId, i64), change: &str, (now, entropy): By<'_>) -> Draft {
    Draft {
        stream: StreamId::from(owner),
        id: EventId::mint(now, entropy),
        kind: "task.changed".into(),
        data: format!(r#"{{"task_id":"{id}","version":{version},"change":"{change}"}}"#),
    }
}

/// As [`fact`], of a task that was read.
fn fact_of(task: &Task, change: &str, by: By<'_>) -> Draft {
    fact((task.owner, task.id, task.version), change, by)
}
