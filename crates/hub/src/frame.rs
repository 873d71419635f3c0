//! What goes out of a live connection, before any wire format.

use std::sync::Arc;

use kernel::{Position, StreamId};

use crate::{PresenceUpdate, Shared, Step};

/// One thing a connection with many streams is told.
#[derive(Clone, Debug)]
pub enum Word {
    /// The first of all: how long to wait before coming back, as in [`Frame::Hello`].
    Hello {
        /// Milliseconds.
        retry_ms: u32,
    },
    /// From here on the connection reads this stream.
    Began(StreamId),
    /// What its reader is told of one stream.
    Step(StreamId, Step),
    /// Who came to a stream and who went. It moves no position.
    Presence(StreamId, Arc<PresenceUpdate>),
    /// One stream ends, and the connection goes on.
    Ended {
        /// Which.
        stream: StreamId,
        /// Why.
        reason: CloseReason,
        /// Where to resume it; absent if it ended before a position was known.
        resume_at: Option<Position>,
    },
    /// Nothing to say for a while; the positions of what is read, as in [`Frame::Heartbeat`].
    Heartbeat(Vec<(StreamId, Position)>),
    /// The last of all. Whoever comes back with these positions misses nothing.
    Close {
        /// Why.
        reason: CloseReason,
        /// Where to resume each stream whose position is known.
        resume_at: Vec<(StreamId, Position)>,
        /// How long to wait before coming back, in milliseconds, jittered.
        retry_ms: u32,
    },
}

/// One thing the reader of a single stream is told.
#[derive(Clone, Debug)]
pub enum Frame {
    /// The first frame: how long to wait before coming back, should the connection end. Jittered, so that a thousand readers
    /// of one server that went away do not come back in the same moment.
    Hello {
        /// Milliseconds.
        retry_ms: u32,
    },
    /// The stream starts here: the reader gave no position and gets what is appended after `head`.
    Ready {
        /// The position of the last event before.
        head: Position,
    },
    /// The next event.
    Event(Arc<Shared>),
    /// Events are missing between what the reader has and what follows: it must load its state anew. What follows comes
    /// after `head`.
    Gap {
        /// Why.
        reason: GapReason,
        /// The position to go on from, to be kept as a pair.
        head: Position,
    },
    /// Who came to the stream and who went. It moves no position.
    Presence(Arc<PresenceUpdate>),
    /// Nothing new; tells the reader that the connection lives, and intermediaries not to close it.
    Heartbeat {
        /// The position of the last event the reader was given, or of the head it started at.
        head: Position,
    },
    /// The last frame. The reader may come back with its last position and will miss nothing, except after
    /// [`CloseReason::Revoked`], [`CloseReason::Forbidden`] and [`CloseReason::Gone`].
    Close {
        /// Why.
        reason: CloseReason,
        /// Where to resume; absent if the stream ended before a position was known.
        resume_at: Option<Position>,
        /// How long to wait before coming back, in milliseconds, jittered.
        retry_ms: u32,
    },
}

/// Why a reader cannot simply go on where it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapReason {
    /// The log was restored or reset: positions of before mean nothing.
    Epoch,
    /// Retention went past the reader.
    Trimmed,
    /// The reader's position lies after the last event: the log lost its end, or the position is made up.
    Ahead,
    /// The reader's position cannot be read.
    Unreadable,
    /// The log says there are events and does not have them.
    Damaged,
}

impl GapReason {
    /// As written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Epoch => "epoch_changed",
            Self::Trimmed => "trimmed",
            Self::Ahead => "ahead_of_log",
            Self::Unreadable => "unreadable_position",
            Self::Damaged => "log_damaged",
        }
    }
}

/// Why a stream, or a whole connection, ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The reader asked for it.
    Asked,
    /// The reader may no longer read this stream.
    Forbidden,
    /// The session or key it was opened with is no longer good.
    Revoked,
    /// The process is stopping.
    Draining,
    /// The reader did not take what was offered for too long.
    Lagged,
    /// The log cannot be read at the moment.
    Unavailable,
    /// There is no such stream any more.
    Gone,
}

impl CloseReason {
    /// As written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Forbidden => "forbidden",
            Self::Revoked => "revoked",
            Self::Draining => "draining",
            Self::Lagged => "lagged",
            Self::Unavailable => "unavailable",
            Self::Gone => "gone",
        }
    }
}
