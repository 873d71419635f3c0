//! Schedules that their owners show in a room.

use kernel::{Instant, RoomId, ScheduleId, UserId, WallTime};

use super::{Deed, RoomError, Standing};

/// Schedules shared with one room.
const MAX_SCHEDULES_OF_ROOM: u32 = 200;
/// Rooms one schedule is shared with.
const MAX_ROOMS_OF_SCHEDULE: u32 = 20;

/// A schedule as those in a room see it: when, and what it is called. Nothing else of it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// In which room.
    pub room: RoomId,
    /// Which schedule.
    pub schedule: ScheduleId,
    /// Whose it is: only its owner shares a schedule.
    pub by: UserId,
    /// Since when.
    pub at: Instant,
    /// One line.
    pub title: String,
    /// Whole days: `start` and `end` are midnights.
    pub all_day: bool,
    /// The IANA zone `start` and `end` are meant in.
    pub zone: String,
    /// What the clock on the wall shows at the start.
    pub start: WallTime,
    /// At the end.
    pub end: WallTime,
    /// The instant of the start.
    pub start_at: Instant,
    /// Of the end.
    pub end_at: Instant,
    /// The rule by which it repeats, if it does.
    pub rrule: Option<String>,
    /// Of the schedule.
    pub version: i64,
}

/// Refuses more schedules in a room, and more rooms of a schedule, than there may be.
pub fn fit((of_room, of_schedule): (i64, i64)) -> Result<(), RoomError> {
    if of_room > i64::from(MAX_SCHEDULES_OF_ROOM) {
        return Err(RoomError::TooManySchedules { most: MAX_SCHEDULES_OF_ROOM });
    }
    if of_schedule > i64::from(MAX_ROOMS_OF_SCHEDULE) {
        return Err(RoomError::SharedTooOften { most: MAX_ROOMS_OF_SCHEDULE });
    }
    Ok(())
}

impl Share {
    /// Refuses who may not end it: that is for who shares it, whatever they are by now, and for owners of the room.
    pub fn may_end(&self, user: UserId, standing: Standing) -> Result<(), RoomError> {
        if self.by == user { Ok(()) } else { standing.may(Deed::Manage) }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn who_shares_a_schedule_and_owners_of_the_room_may_end_that() {
        let wall: WallTime = "2026-11-21T09:00:00".parse().expect("a wall time");
        let (hers, his) = (UserId::from_uuid(Uuid::from_u128(1)), UserId::from_uuid(Uuid::from_u128(2)));
        let share = Share {
            room: RoomId::from_uuid(Uuid::from_u128(3)),
            schedule: ScheduleId::from_uuid(Uuid::from_u128(4)),
            by: hers,
            at: Instant::EPOCH,
            title: "Choir".to_owned(),
            all_day: false,
            zone: "UTC".to_owned(),
            start: wall,
            end: wall,
            start_at: Instant::EPOCH,
            end_at: Instant::EPOCH,
            rrule: None,
            version: 1,
        };
        for (user, standing, may) in [
            (hers, Standing::Viewer, true),
            (hers, Standing::Member, true),
            (his, Standing::Viewer, false),
            (his, Standing::Member, false),
            (his, Standing::Owner, true),
        ] {
            assert_eq!(share.may_end(user, standing).is_ok(), may, "{user} {standing:?}");
        }
    }

    #[test]
    fn a_room_shows_so_many_schedules_and_a_schedule_is_shown_in_so_many_rooms() {
        assert_eq!(fit((200, 20)), Ok(()));
        assert_eq!(fit((201, 1)), Err(RoomError::TooManySchedules { most: 200 }));
        assert_eq!(fit((1, 21)), Err(RoomError::SharedTooOften { most: 20 }));
    }
}
