//! # hub: who is listening right now
//!
//! The durable log of a stream is the truth; this room only tells those who listen that there is more to read, and hands
//! them the event itself when it can. Every message it passes on may be lost, doubled or late without harm: a reader
//! ([`Attach`]) checks that each event is the next one, and reads the log when it is not.
//!
//! ```text
//!   commit ──► Hub::publish(events) ──► mailbox of a connection: 256 events, or "read the log", in a compartment for each stream
//!   other node wrote ──► Hub::nudge(stream, head) ──┘                          │
//!                                                                              ▼
//!   EventLog ◄── gap? ── one Attach for each stream ◄── turn by turn ── Live ──► words ──► the wire
//!
//!   Attach:  Subscribe ─► Extent ─► Replay (pages of 500) ─► Live ──► next event: out
//!                           ▲  │         │                    │
//!                           │  └─► Gap   └── not the next ────┤
//!                           └── lost, overflowed, nudged ◄────┘
//! ```
//!
//! A connection ([`Live`]) reads up to fifty streams, which share the one mailbox, the one wire and the limits of a connection.
//! [`Attached`] is the connection that reads one.
//!
//! The registry says as well who reads a stream of somebody else's ([`Hub::stirred`]), and passes on who came and went
//! ([`PresenceUpdate`]), which is no event and moves no position.
//!
//! **Must never know**: any context, SQL, HTTP. It does not know what an event means or how it is written on a wire.

mod attach;
mod error;
mod frame;
mod line;
mod live;
mod log;
mod mailbox;
mod presence;
mod registry;
mod shared;
mod single;

pub use attach::{AsWritten, Attach, Need, PAGE, Protocol, Since, Step};
pub use error::HubError;
pub use frame::{CloseReason, Frame, GapReason, Word};
pub use line::Line;
pub use live::{HEARTBEAT, Live, STALL};
pub use log::{EventLog, Extent, LogError};
pub use mailbox::Hints;
pub use presence::PresenceUpdate;
pub use registry::{Hub, Limits, Owner, STREAMS_PER_CONNECTION};
pub use shared::{Shared, WITHHELD, Wire};
pub use single::{Attached, attach};
