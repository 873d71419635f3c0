//! Quiet hours, when alarms are due: which of them wait, and until when.
//!
//! An alarm waits in the transaction that claimed it: it stays PENDING and is claimed again when it may ring. Nobody else pays for
//! that: only for those who have quiet hours at this moment anything more is read.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use domain::alarms::QuietHours;
use kernel::{Instant, ReminderId, UserId, Zone};
use store::{StoreError, Tx, alarms::Due};

/// What quiet hours make of an alarm that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// Nothing.
    Not,
    /// It waits.
    Until(Instant),
    /// Its owner is changing them at this moment: it is looked at again when that is done.
    LeaveAlone,
}

/// Whose quiet hours hold, of those whose alarms are due.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    /// As they are now, of those who seemed to have some; of whom there is nothing, they change at this moment.
    hours: BTreeMap<UserId, (Option<QuietHours>, Zone)>,
    /// Reminders that ring all the same.
    critical: HashSet<ReminderId>,
}

impl Quiet {
    /// Reads what has to be known of those alarms that might have to wait.
    pub(super) async fn of(tx: &mut Tx<'_>, due: &[Due], now: Instant) -> Result<Self, StoreError> {
        let might: Vec<&Due> = due.iter().filter(|due| might_wait(due, now)).collect();
        if might.is_empty() {
            return Ok(Self::default());
        }
        let reminders: BTreeSet<ReminderId> = might.iter().map(|due| due.reminder).collect();
        let critical =
            store::alarms::quiet::critical(tx, &reminders.into_iter().collect::<Vec<_>>()).await?.into_iter().collect();
        let owners: BTreeSet<UserId> = might.iter().map(|due| due.owner).collect();
        let hours = store::identity::users::quiet_hours_of(tx, &owners.into_iter().collect::<Vec<_>>()).await?;
        Ok(Self { hours: hours.into_iter().map(|(user, hours, zone)| (user, (hours, zone))).collect(), critical })
    }

    /// What becomes of one.
    pub(super) fn hold(&self, due: &Due, now: Instant) -> Hold {
        if !might_wait(due, now) || self.critical.contains(&due.reminder) {
            return Hold::Not;
        }
        match self.hours.get(&due.owner) {
            None => Hold::LeaveAlone,
            Some((hours, zone)) => hours.and_then(|hours| hours.hold(due.late_after(), now, zone)).map_or(Hold::Not, Hold::Until),
        }
    }
}

/// Whether an alarm would have to wait by what was read with it. A snooze does not: its owner has asked for that very instant.
fn might_wait(due: &Due, now: Instant) -> bool {
    let quiet = due.quiet.as_ref().and_then(|(hours, zone)| hours.hold(due.late_after(), now, zone));
    due.snooze == 0 && quiet.is_some()
}

/// Whether an alarm has waited so long that what it was about is over. What was over already when it was due rings all the same.
pub(super) fn is_over(due: &Due, now: Instant) -> bool {
    due.deferred_until.is_some() && due.due_at < due.end_at && due.end_at <= now
}
