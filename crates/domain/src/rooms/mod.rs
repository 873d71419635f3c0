//! # rooms: people who follow one stream together
//!
//! A [`Room`] has [`Member`]s, each with one [`Standing`], and is never without an owner. Who comes, comes by an [`Invitation`]: nobody is
//! put into a room by somebody else.
//!
//! ```text
//!             reads, follows   publishes   renames, deletes, invites, says who is what
//!   viewer          ✓
//!   member          ✓              ✓
//!   owner           ✓              ✓                       ✓                          at least one in every room
//! ```

mod error;
mod invitation;
mod member;
mod publication;
mod room;

pub use error::RoomError;
pub use invitation::{INVITATION_LIFETIME, Invitation, invited_as};
pub use member::{Deed, Member, Standing, UnknownStanding, may_go};
pub use publication::{MAX_DATA_BYTES, MAX_DATA_DEPTH, Publication, Target, Wanted};
pub use room::{MAX_EXTERNAL_KEY, MAX_NAME, Room, external_key, name};
