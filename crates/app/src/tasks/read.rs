//! Reading tasks.

use domain::{
    alarms::Alarm,
    calendar::Schedule,
    identity::Caller,
    tasks::{Task, TaskError},
};
use kernel::{Cursor, TaskId, UserId};
use store::{Tx, UseCase, tasks::lists};

use crate::{
    App, Error,
    calendar::{
        Page,
        labels::{Narrowing, look_up},
    },
};

pub use store::tasks::lists::Sort;

/// Which tasks, narrowed to labels and words as they were asked for.
pub type Filter = lists::Filter<Narrowing>;

struct Find(UserId, TaskId);

impl UseCase for Find {
    type Out = Option<Task>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(store::tasks::find(tx, self.0, self.1).await?)
    }
}

/// One task of the caller.
pub async fn get(app: &App, caller: &Caller, id: TaskId) -> Result<Task, Error> {
    app.store().read(Find(caller.user, id)).await?.ok_or_else(|| TaskError::NotFound.into())
}

struct List(UserId, Filter);

impl UseCase for List {
    type Out = Vec<Task>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let Self(owner, filter) = self;
        let Some((narrow, _)) = look_up(tx, *owner, &filter.narrow).await? else { return Ok(Vec::new()) };
        let rows = lists::Filter { limit: filter.limit + 1, ..filter.narrowed(narrow) };
        Ok(lists::page(tx, *owner, &rows).await?)
    }
}

/// A page of the caller's tasks.
pub async fn list(app: &App, caller: &Caller, filter: Filter) -> Result<Page<Task>, Error> {
    let (sort, limit) = (filter.sort, filter.limit);
    let items = app.store().read(List(caller.user, filter)).await?;
    Ok(Page::cut(items, limit, |task| match sort {
        Sort::Deadline => Cursor::new(store::tasks::place(task), task.id.uuid()),
        Sort::Created => Cursor::new(task.created_at, task.id.uuid()),
    }))
}

struct Sessions(UserId, TaskId, Option<Cursor>, u32);

impl UseCase for Sessions {
    type Out = Vec<Schedule>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        store::tasks::find(tx, self.0, self.1).await?.ok_or(TaskError::NotFound)?;
        Ok(store::calendar::sessions::of_task(tx, self.0, self.1, self.2, self.3 + 1).await?)
    }
}

/// The sessions of a task of the caller, by start.
pub async fn sessions(
    app: &App,
    caller: &Caller,
    id: TaskId,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page<Schedule>, Error> {
    let items = app.store().read(Sessions(caller.user, id, after, limit)).await?;
    Ok(Page::cut(items, limit, |schedule| Cursor::new(schedule.span.start_at.instant, schedule.id.uuid())))
}

struct Reminders(UserId, TaskId, Option<Cursor>, u32);

impl UseCase for Reminders {
    type Out = Vec<Alarm>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        store::tasks::find(tx, self.0, self.1).await?.ok_or(TaskError::NotFound)?;
        match store::calendar::sessions::deadline_id(tx, self.0, self.1).await? {
            Some(schedule) => Ok(store::alarms::of_schedule(tx, self.0, schedule, self.2, self.3 + 1).await?),
            None => Ok(Vec::new()),
        }
    }
}

/// The planned and past alarms of the deadline of a task of the caller, by due time.
pub async fn reminders(app: &App, caller: &Caller, id: TaskId, after: Option<Cursor>, limit: u32) -> Result<Page<Alarm>, Error> {
    let items = app.store().read(Reminders(caller.user, id, after, limit)).await?;
    Ok(Page::cut(items, limit, |alarm| Cursor::new(alarm.due_at, alarm.id.uuid())))
}
