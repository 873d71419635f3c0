//! # kernel: the words every room shares
//!
//! The clock and the source of randomness (as parameters), typed ids, instants and wall times with their zones, the shape of
//! an error code, the list cursor and the event envelope.
//!
//! **Must never know**: any context (schedules, users, rooms …), async runtimes, SQL, HTTP, the environment. It reads no
//! clock and draws no randomness itself: [`Clock`] and [`Entropy`] are handed in, so that every rule above it can be replayed. Its
//! one static is the database of zones that a process goes by ([`ZoneDatabase`]).

#[macro_use]
mod text;

mod clock;
mod cursor;
mod entropy;
mod error;
mod event;
mod id;
mod instant;
mod length;
mod wall;
mod zones;

pub use clock::{Clock, SleepFuture};
pub use cursor::{Cursor, CursorError};
pub use entropy::Entropy;
pub use error::{Category, Coded, FieldError};
pub use event::{Event, Position, PositionError};
pub use id::{
    AlarmId, ApiKeyId, CategoryId, CommentId, EventId, FeedId, GatewayId, IdError, InvitationId, JobId, NotificationId,
    ProductId, RecipientId, ReminderId, RoomId, ScheduleId, SessionId, StreamId, TagId, TaskId, UserId,
};
pub use instant::{Instant, InstantError};
pub use length::{Length, LengthError};
pub use wall::{Resolution, Resolved, WallTime, WallTimeError, Zone, ZoneError};
pub use zones::{ZoneDatabase, ZoneFilesError, ZonesInUse};
