//! # rooms: people who follow one stream together
//!
//! A [`Room`] has [`Member`]s, each with one [`Standing`], and is never without an owner. Who comes, comes by an [`Invitation`]: nobody is
//! put into a room by somebody else.
//!
//! ```text
//!             reads, follows   publishes, comments, reacts, shares   renames, deletes, invites, says who is what
//!   viewer          ✓
//!   member          ✓                          ✓
//!   owner           ✓                          ✓                                        ✓                         at least one in every room
//! ```
//!
//! A schedule may be shared with a room ([`Share`]) and stays its owner's. What is said stays its author's: nobody else changes a [`Comment`], and its author takes it back whatever they have become.

mod about;
mod comment;
mod error;
mod invitation;
mod member;
pub mod presence;
#[cfg(test)]
mod presence_model;
mod publication;
mod reaction;
mod room;
mod share;

pub use about::{About, UnknownAbout};
pub use comment::{Author, COMMENTS, Comment, MAX_COMMENT, MAX_MENTIONS, MENTIONS, Saying};
pub use error::RoomError;
pub use invitation::{INVITATION_LIFETIME, Invitation, invited_as};
pub use member::{Deed, Member, Standing, UnknownStanding, may_go};
pub use publication::{MAX_DATA_BYTES, MAX_DATA_DEPTH, OF_THE_CONNECTION, Publication, Target, Wanted};
pub use reaction::{Reaction, are_few, emoji};
pub use room::{MAX_EXTERNAL_KEY, MAX_NAME, Room, external_key, name};
pub use share::{Share, fit};
