//! Adding a task, and what must hold for every task that is added or changed.

use std::collections::BTreeSet;

use domain::{
    alarms::ReminderRule,
    tasks::{MAX_ALL_DEPENDENCIES, MAX_DEPTH, MAX_TASKS, Task, TaskError, Waits, depth_fits},
};
use kernel::{FieldError, TaskId, UserId};
use store::Tx;

use super::{By, deadline};
use crate::{Effects, Error};

/// Writes a new task, and arms the alarms of its deadline.
pub(super) async fn add(
    tx: &mut Tx<'_>,
    mut task: Task,
    rules: &[ReminderRule],
    by: By<'_>,
    effects: &mut Effects,
) -> Result<Task, Error> {
    store::tasks::insert(tx, &task).await?;
    deadline::keep(tx, &mut task, rules, by, effects).await?;
    Ok(task)
}

/// Refuses if `owner` has no room for so many more.
pub(super) async fn room(tx: &mut Tx<'_>, owner: UserId, more: usize) -> Result<(), Error> {
    let count = store::tasks::count(tx, owner, MAX_TASKS).await?;
    let fits = usize::try_from(count).is_ok_and(|count| count + more <= MAX_TASKS as usize);
    let refusal = || TaskError::TooMany(format!("a person has at most {MAX_TASKS} tasks: delete some that are done"));
    if fits { Ok(()) } else { Err(refusal().into()) }
}

/// Refuses what is not there, or somebody else's.
pub(super) async fn known(
    tx: &mut Tx<'_>,
    owner: UserId,
    depends_on: &BTreeSet<TaskId>,
    parent: Option<TaskId>,
) -> Result<(), Error> {
    let asked: BTreeSet<TaskId> = depends_on.iter().copied().chain(parent).collect();
    let known = store::tasks::known(tx, owner, &asked).await?;
    let missing = |id: &TaskId| !known.contains(id);
    let unknown = |pointer: String, id: TaskId| FieldError::new(pointer, format!("you have no task {id}"));
    let mut errors: Vec<FieldError> =
        depends_on.iter().copied().filter(missing).map(|id| unknown("/depends_on".to_owned(), id)).collect();
    errors.extend(parent.filter(missing).map(|id| unknown("/parent_id".to_owned(), id)));
    if errors.is_empty() { Ok(()) } else { Err(TaskError::Invalid(errors).into()) }
}

/// Refuses if `task` would wait for itself, or if its subtasks would lie too deep. What it waits for has been written.
pub(super) async fn in_order(tx: &mut Tx<'_>, owner: UserId, task: TaskId) -> Result<(), Error> {
    let all = store::tasks::count_dependencies(tx, owner, MAX_ALL_DEPENDENCIES + 1).await?;
    if all > i64::from(MAX_ALL_DEPENDENCIES) {
        let detail = format!("the tasks of a person have at most {MAX_ALL_DEPENDENCIES} dependencies together");
        return Err(TaskError::TooMany(detail).into());
    }
    let waits = store::tasks::waits(tx, owner, task).await?;
    if let Some(circle) = Waits::new(waits).circle(task) {
        return Err(TaskError::Cycle(circle).into());
    }
    let (mut above, mut at) = (0, task);
    while let Some(parent) = store::tasks::parent(tx, owner, at).await? {
        (above, at) = (above + 1, parent);
    }
    let (mut levels, mut of) = (0, vec![task]);
    loop {
        of = store::tasks::subtasks(tx, owner, &of, false).await?;
        if of.is_empty() {
            break;
        }
        levels += 1;
        if levels > MAX_DEPTH {
            break;
        }
    }
    if depth_fits(above, levels) {
        return Ok(());
    }
    Err(TaskError::field("/parent_id", format!("subtasks have at most {MAX_DEPTH} levels")).into())
}
