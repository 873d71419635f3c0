//! Which alarms there are and were.

use domain::{
    alarms::{Alarm, Link, upcoming},
    calendar::CalendarError,
    identity::Caller,
};
use kernel::{Cursor, Instant, ReminderId, ScheduleId, UserId};
use store::{Tx, UseCase};

use crate::{App, Error, calendar::Page};

/// How far ahead the reminders of a series are shown that are not armed yet.
const MAX_UPCOMING: usize = 100;

/// What a reminder will ring for, once its turn has come.
pub type Upcoming = (ReminderId, Link);

struct OfSchedule(UserId, ScheduleId, Option<Cursor>, u32);

impl UseCase for OfSchedule {
    type Out = Option<(Vec<Alarm>, Vec<Upcoming>)>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let Some(schedule) = store::calendar::find(tx, self.0, self.1).await? else { return Ok(None) };
        let alarms = store::alarms::of_schedule(tx, self.0, self.1, self.2, self.3 + 1).await?;
        let armed = store::alarms::armed(tx, self.1).await?;
        let set = store::calendar::set_of(tx, schedule).await?;
        Ok(Some((alarms, upcoming(&set, &armed, MAX_UPCOMING))))
    }
}

/// The planned and past alarms of a schedule of the caller, by due time, and what its reminders will ring for after those.
pub async fn of_schedule(
    app: &App,
    caller: &Caller,
    id: ScheduleId,
    after: Option<Cursor>,
    limit: u32,
) -> Result<(Page<Alarm>, Vec<Upcoming>), Error> {
    let found = app.store().read(OfSchedule(caller.user, id, after, limit)).await?;
    let (items, upcoming) = found.ok_or(CalendarError::NotFound)?;
    Ok((Page::cut(items, limit, place), upcoming))
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
    Cursor::new(alarm.due_at, alarm.id.uuid())
}
