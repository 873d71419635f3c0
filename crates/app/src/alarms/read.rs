//! Which alarms there are and were.

use domain::{alarms::Alarm, calendar::CalendarError, identity::Caller};
use kernel::{Cursor, Instant, ScheduleId, UserId};
use store::{Tx, UseCase};

use crate::{App, Error, calendar::Page};

struct OfSchedule(UserId, ScheduleId, Option<Cursor>, u32);

impl UseCase for OfSchedule {
    type Out = Option<Vec<Alarm>>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        if store::calendar::find(tx, self.0, self.1).await?.is_none() {
            return Ok(None);
        }
        Ok(Some(store::alarms::of_schedule(tx, self.0, self.1, self.2, self.3 + 1).await?))
    }
}

/// The planned and past alarms of a schedule of the caller, by due time.
pub async fn of_schedule(
    app: &App,
    caller: &Caller,
    id: ScheduleId,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page<Alarm>, Error> {
    let items = app.store().read(OfSchedule(caller.user, id, after, limit)).await?.ok_or(CalendarError::NotFound)?;
    Ok(Page::cut(items, limit, place))
}

struct OfOwner(UserId, (Instant, Instant), Option<Cursor>, u32);

impl UseCase for OfOwner {
    type Out = Vec<Alarm>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(store::alarms::of_owner(tx, self.0, self.1, self.2, self.3 + 1).await?)
    }
}

/// The caller's alarms due in a half-open range, by due time.
pub async fn list(
    app: &App,
    caller: &Caller,
    range: (Instant, Instant),
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page<Alarm>, Error> {
    let items = app.store().read(OfOwner(caller.user, range, after, limit)).await?;
    Ok(Page::cut(items, limit, place))
}

/// Where an alarm stands in a list by due time.
fn place(alarm: &Alarm) -> Cursor {
    Cursor { at: alarm.due_at, id: alarm.id.uuid() }
}
