//! Which alarms there are and were.

use std::collections::BTreeSet;

use domain::{
    alarms::{Alarm, AlarmState, Link, QuietHours, upcoming},
    calendar::CalendarError,
    identity::{Caller, IdentityError},
};
use kernel::{Cursor, Instant, ReminderId, ScheduleId, UserId, Zone};
use store::{Tx, UseCase};

use crate::{App, Error, calendar::Page};

/// How far ahead the reminders of a series are shown that are not armed yet.
const MAX_UPCOMING: usize = 100;

/// What a reminder will ring for, once its turn has come, and until when it will wait if that is in quiet hours.
pub type Upcoming = (ReminderId, Link, Option<Instant>);

/// Alarms, with what the quiet hours of their owner mean for those that are not due yet.
#[derive(Clone, Debug)]
pub struct Shown {
    /// A page of them. Of those that are pending, `deferred_until` says until when they will wait if nothing changes.
    pub page: Page<Alarm>,
    /// The zone of the owner, to say in words until when.
    pub zone: Zone,
}

/// The owner's quiet hours and zone, by the rule that holds when an alarm is due.
struct Preview {
    hours: Option<QuietHours>,
    zone: Zone,
}

impl Preview {
    async fn of(tx: &mut Tx<'_>, owner: UserId) -> Result<Self, Error> {
        let user = store::identity::users::find(tx, owner).await?.ok_or(IdentityError::Unauthenticated)?;
        Ok(Self { hours: user.rhythm.quiet_hours, zone: user.time_zone })
    }

    /// Until when what is due at `due` will wait.
    fn hold(&self, due: Instant, critical: bool) -> Option<Instant> {
        self.hours.filter(|_| !critical)?.hold(due, due, &self.zone)
    }

    /// Says of alarms that are not due yet until when they will wait.
    async fn look_ahead(&self, tx: &mut Tx<'_>, alarms: &mut [Alarm]) -> Result<(), Error> {
        let ahead = |alarm: &Alarm| alarm.state == AlarmState::Pending && alarm.snooze == 0 && alarm.deferred_until.is_none();
        let waits = |alarm: &Alarm| if ahead(alarm) { self.hold(alarm.due_at.max(alarm.armed_at), false) } else { None };
        let reminders: BTreeSet<_> = alarms.iter().filter(|alarm| waits(alarm).is_some()).map(|alarm| alarm.reminder).collect();
        let critical = store::alarms::quiet::critical(tx, &reminders.into_iter().collect::<Vec<_>>()).await?;
        for alarm in alarms.iter_mut().filter(|alarm| !critical.contains(&alarm.reminder)) {
            alarm.deferred_until = waits(alarm).or(alarm.deferred_until);
        }
        Ok(())
    }
}

struct OfSchedule(UserId, ScheduleId, Option<Cursor>, u32);

impl UseCase for OfSchedule {
    type Out = Option<(Vec<Alarm>, Vec<Upcoming>, Zone)>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let Some(schedule) = store::calendar::find(tx, self.0, self.1).await? else { return Ok(None) };
        let mut alarms = store::alarms::of_schedule(tx, self.0, self.1, self.2, self.3 + 1).await?;
        let preview = Preview::of(tx, self.0).await?;
        preview.look_ahead(tx, &mut alarms).await?;
        let armed = store::alarms::armed(tx, self.1).await?;
        let set = store::calendar::set_of(tx, schedule).await?;
        let critical = |id| set.schedule.reminder(id).is_some_and(|reminder| reminder.rule.critical);
        let waits = |(id, link): (ReminderId, Link)| (id, link, preview.hold(link.due_at, critical(id)));
        let upcoming = upcoming(&set, &armed, MAX_UPCOMING).into_iter().map(waits).collect();
        Ok(Some((alarms, upcoming, preview.zone)))
    }
}

/// The planned and past alarms of a schedule of the caller, by due time, and what its reminders will ring for after those.
pub async fn of_schedule(
    app: &App,
    caller: &Caller,
    id: ScheduleId,
    after: Option<Cursor>,
    limit: u32,
) -> Result<(Shown, Vec<Upcoming>), Error> {
    let found = app.store().read(OfSchedule(caller.user, id, after, limit)).await?;
    let (items, upcoming, zone) = found.ok_or(CalendarError::NotFound)?;
    Ok((Shown { page: Page::cut(items, limit, place), zone }, upcoming))
}

struct OfOwner(UserId, (Instant, Instant), Option<Cursor>, u32);

impl UseCase for OfOwner {
    type Out = (Vec<Alarm>, Zone);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let mut alarms = store::alarms::of_owner(tx, self.0, self.1, self.2, self.3 + 1).await?;
        let preview = Preview::of(tx, self.0).await?;
        preview.look_ahead(tx, &mut alarms).await?;
        Ok((alarms, preview.zone))
    }
}

/// The caller's alarms due in a half-open range, by due time.
pub async fn list(
    app: &App,
    caller: &Caller,
    range: (Instant, Instant),
    after: Option<Cursor>,
    limit: u32,
) -> Result<Shown, Error> {
    let (items, zone) = app.store().read(OfOwner(caller.user, range, after, limit)).await?;
    Ok(Shown { page: Page::cut(items, limit, place), zone })
}

/// Where an alarm stands in a list by due time.
fn place(alarm: &Alarm) -> Cursor {
    Cursor::new(alarm.due_at, alarm.id.uuid())
}
