//! What handlers take, read strictly: what cannot be read one way only is refused.

mod body;
mod if_match;
mod json;
mod nullable;
mod objects;
mod path;
mod peer;
mod query;
mod shape;
mod write;

pub(crate) use if_match::IfMatch;
pub(crate) use json::{Json, OptionalJson, parse as read_json};
pub(crate) use nullable::Nullable;
pub(crate) use path::Path;
pub(crate) use peer::{ConnectionPeer, Peer};
pub(crate) use query::Query;
pub(crate) use write::{CalendarFile, NoBody, OrEmpty, PeopleFile, Write};
