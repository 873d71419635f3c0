//! Which occurrences of series are as far as somebody asks for.
//!
//! What was done with some is looked up, in the order in which walls show them, until nothing earlier can come: so what is rare
//! among series without an end is found in one step. What was not begun is nearly everything, and is looked for without the rest.
//! Either way one page looks a few times at most, and then says how far it came.

use std::{collections::HashMap, time::Duration};

use domain::calendar::{
    Key, RecurrenceSet,
    progress::{Item, State},
};
use kernel::{Instant, ScheduleId, UserId, WallTime, Zone};
use store::{Tx, progress};

use crate::Error;

/// Rows of what was done that are read at once.
const ROWS: u32 = 1_000;

/// Occurrences whose progress is asked for at once, at most.
const MOST: usize = 4_000;

/// How often one page looks for more, at most. If it has not enough by then, as where much was done and little of it is wanted, it
/// holds what it has found, and the next one goes on. Of what was done, what a page only looks at again does not count.
const LOOKS: usize = 5;

/// No clock is further from UTC than 26 hours, and no day is a day longer than another.
const APART: Duration = Duration::from_hours(50);

/// Places in a list, each with the number of its series.
pub(super) type Keys = Vec<(Key, usize)>;

/// What was found.
pub(super) struct Found {
    /// In order.
    pub(super) keys: Keys,
    /// Everything up to here was looked at, and what comes after it may be missing; `None`: nothing is missing.
    pub(super) until: Option<Key>,
}

impl Found {
    /// Nothing is missing.
    fn all(keys: Keys) -> Self {
        Self { keys, until: None }
    }
}

/// Series of somebody, and what of them is looked for.
pub(super) struct Seek<'a> {
    pub(super) owner: UserId,
    pub(super) sets: &'a [RecurrenceSet],
    /// What overlaps this.
    pub(super) range: (Instant, Instant),
    /// What comes after this.
    pub(super) after: Option<Key>,
    /// At most so many.
    pub(super) limit: usize,
}

impl Seek<'_> {
    /// The first of them that come after `after`.
    pub(super) fn first(&self, after: Option<Key>, limit: usize) -> Keys {
        let mut keys = Keys::new();
        let (from, mut to) = self.range;
        for (number, set) in self.sets.iter().enumerate() {
            keys.extend(set.keys((from, to), after, limit).into_iter().map(|key| (key, number)));
            // No number of series is held far beyond the page, nor looked at beyond what it holds already.
            if keys.len() > 8 * limit {
                keys.sort_unstable();
                keys.truncate(limit);
                let end = keys.last().map(|(key, _)| key.0.max(from) + Duration::from_micros(1));
                to = end.map_or(to, |end| end.min(to));
            }
        }
        keys.sort_unstable();
        keys.truncate(limit);
        keys
    }

    /// The first that are as far as `state`.
    pub(super) async fn as_far(&self, tx: &mut Tx<'_>, state: State) -> Result<Found, Error> {
        match state {
            State::NotStarted => self.untouched(tx).await,
            State::InProgress | State::Suspended | State::Completed => self.begun(tx, state).await,
        }
    }

    async fn untouched(&self, tx: &mut Tx<'_>) -> Result<Found, Error> {
        let (mut found, mut after, mut rows) = (Keys::new(), self.after, self.limit);
        for _ in 0..LOOKS {
            let some = self.first(after, rows);
            let last = some.last().filter(|_| some.len() == rows).map(|(key, _)| *key);
            found.extend(only(tx, some, State::NotStarted).await?);
            if last.is_none() || found.len() >= self.limit {
                found.truncate(self.limit);
                return Ok(Found::all(found));
            }
            (after, rows) = (last, (4 * rows).min(MOST));
        }
        Ok(Found { keys: found, until: after })
    }

    async fn begun(&self, tx: &mut Tx<'_>, state: State) -> Result<Found, Error> {
        let numbers: HashMap<ScheduleId, usize> = (0..).zip(self.sets).map(|(number, set)| (set.schedule.id, number)).collect();
        let spans = self.sets.iter().map(|set| &set.schedule.span);
        let Some(longest) = spans.map(|span| span.end_at.instant.since(span.start_at.instant)).max() else {
            return Ok(Found::all(Keys::new()));
        };
        let (utc, (from, to)) = (Zone::utc(), self.range);
        let earliest = self.after.map_or(from - longest, |after| after.0.max(from - longest));
        let mut place = (utc.wall_at(earliest - APART), None);
        let until = utc.wall_at(to + APART);
        let (mut found, mut looks) = (self.moved(tx, state).await?, 0);
        loop {
            let rows = progress::occurrences_as_far(tx, self.owner, state, (place, until), ROWS).await?;
            found.extend(rows.iter().filter_map(|(schedule, which)| {
                let number = *numbers.get(schedule)?;
                let set = self.sets.get(number).filter(|set| !set.is_moved(*which))?;
                Some((set.key(*which, self.range, self.after)?, number))
            }));
            found.sort_unstable();
            found.truncate(self.limit);
            let full = u32::try_from(rows.len()).is_ok_and(|rows| rows == ROWS);
            let Some((schedule, which)) = rows.last().copied().filter(|_| full) else { return Ok(Found::all(found)) };
            // What was not read yet starts no earlier than this.
            let settled = utc.resolve(which).instant - APART;
            if found.len() == self.limit && found.last().is_some_and(|(key, _)| key.0 < settled) {
                return Ok(Found::all(found));
            }
            // The next page reads again what may belong before its begin: it must begin later than this one, or it would go on for ever.
            looks += usize::from(settled > earliest);
            if looks == LOOKS {
                return Ok(Found { keys: found, until: Some((settled, ScheduleId::from_uuid(uuid::Uuid::nil()), None)) });
            }
            place = (which, Some(schedule));
        }
    }

    /// Those that do not take place when their names say.
    async fn moved(&self, tx: &mut Tx<'_>, state: State) -> Result<Keys, Error> {
        let key = |set: &RecurrenceSet, which: WallTime| set.key(which, self.range, self.after);
        let of_set = |(number, set): (usize, &RecurrenceSet)| -> Keys {
            set.moved().filter_map(|(own, _)| Some((key(set, own.recurrence_id)?, number))).collect()
        };
        let mut keys: Keys = self.sets.iter().enumerate().flat_map(of_set).collect();
        keys.sort_unstable();
        let mut found = Keys::new();
        for some in keys.chunks(MOST) {
            if found.len() < self.limit {
                found.extend(only(tx, some.to_vec(), state).await?);
            }
        }
        Ok(found)
    }
}

/// Those of `keys` that are as far as `state`.
async fn only(tx: &mut Tx<'_>, mut keys: Keys, state: State) -> Result<Keys, Error> {
    let items = keys.iter().filter_map(|((_, schedule, which), _)| Some((*schedule, (*which)?)));
    let found = progress::of_occurrences(tx, items).await?;
    keys.retain(|((_, schedule, recurrence_id), _)| {
        let item = Item { schedule: *schedule, recurrence_id: *recurrence_id };
        found.get(&item).copied().unwrap_or_default().state == state
    });
    Ok(keys)
}
