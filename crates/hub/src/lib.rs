//! # hub: who is listening right now
//!
//! The durable log of a stream is the truth; this room only tells those who listen that there is more to read, and hands
//! them the event itself when it can. Every message it passes on may be lost, doubled or late without harm: a reader
//! ([`Attach`]) checks that each event is the next one, and reads the log when it is not.
//!
//! ```text
//!   commit ──► Hub::publish(events) ──► mailbox (256 events, or "read the log") ──► Attach ──► frames ──► the wire
//!   other node wrote ──► Hub::nudge(stream, head) ──┘                                 │
//!                                                              EventLog ◄── gap? ─────┘
//!
//!   Attach:  Subscribe ─► Extent ─► Replay (pages of 500) ─► Live ──► next event: out
//!                           ▲  │         │                    │
//!                           │  └─► Gap   └── not the next ────┤
//!                           └── lost, overflowed, nudged ◄────┘
//! ```
//!
//! **Must never know**: any context, SQL, HTTP. It does not know what an event means or how it is written on a wire.

mod attach;
mod error;
mod frame;
mod live;
mod log;
mod mailbox;
mod registry;
mod shared;

pub use attach::{AsWritten, Attach, Need, PAGE, Protocol, Since, Step};
pub use error::HubError;
pub use frame::{CloseReason, Frame, GapReason};
pub use live::{Attached, HEARTBEAT, STALL, attach};
pub use log::{EventLog, Extent, LogError};
pub use mailbox::Hints;
pub use registry::{Hub, Limits, Owner, Subscription};
pub use shared::Shared;
