//! Values both engines can bind.

use std::borrow::Cow;

use bytes::BufMut as _;
use kernel::{
    AlarmId, ApiKeyId, CategoryId, CommentId, EventId, FeedId, GatewayId, Instant, InvitationId, JobId, NotificationId,
    ProductId, RecipientId, ReminderId, RoomId, ScheduleId, SessionId, StreamId, TagId, TaskId, UserId,
};
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};
use uuid::Uuid;

/// One parameter of a statement. SQLite keeps instants as integer microseconds and ids as 16-byte blobs, PostgreSQL as
/// `timestamptz` and `uuid`.
#[derive(Debug, Clone)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Text(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
    Instant(Instant),
    Uuid(Uuid),
}

/// One column of a batch: what a whole batch of rows has in the same place.
#[derive(Debug)]
pub(crate) enum Column<'a> {
    Ints(Vec<i64>),
    Texts(Vec<Cow<'a, str>>),
    OptionalTexts(Vec<Option<Cow<'a, str>>>),
    Bytes(Vec<Cow<'a, [u8]>>),
    Instants(Vec<Instant>),
    Uuids(Vec<Uuid>),
}

impl Column<'_> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Ints(v) => v.len(),
            Self::Texts(v) => v.len(),
            Self::OptionalTexts(v) => v.len(),
            Self::Bytes(v) => v.len(),
            Self::Instants(v) => v.len(),
            Self::Uuids(v) => v.len(),
        }
    }

    /// The value of row `index`, which must exist.
    pub(crate) fn at(&self, index: usize) -> Value<'_> {
        match self {
            Self::Ints(v) => Value::Int(v[index]),
            Self::Texts(v) => Value::Text(Cow::Borrowed(&v[index])),
            Self::OptionalTexts(v) => v[index].as_deref().map_or(Value::Null, |t| Value::Text(Cow::Borrowed(t))),
            Self::Bytes(v) => Value::Bytes(Cow::Borrowed(&v[index])),
            Self::Instants(v) => Value::Instant(v[index]),
            Self::Uuids(v) => Value::Uuid(v[index]),
        }
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Bool(b) => ValueRef::Integer(i64::from(*b)),
            Self::Int(i) => ValueRef::Integer(*i),
            Self::Text(t) => ValueRef::Text(t.as_bytes()),
            Self::Bytes(b) => ValueRef::Blob(b),
            Self::Instant(i) => ValueRef::Integer(i.as_micros()),
            Self::Uuid(u) => ValueRef::Blob(u.as_bytes()),
        }))
    }
}

type BoxError = Box<dyn std::error::Error + Sync + Send>;

/// PostgreSQL counts microseconds from 2000-01-01.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

pub(crate) fn instant_from_postgres(raw: i64) -> Instant {
    Instant::from_micros(raw.saturating_add(POSTGRES_EPOCH_MICROS))
}

fn put_int(value: i64, ty: &Type, out: &mut bytes::BytesMut) -> Result<(), BoxError> {
    match *ty {
        Type::INT2 => out.put_i16(i16::try_from(value)?),
        Type::INT4 => out.put_i32(i32::try_from(value)?),
        Type::INT8 => out.put_i64(value),
        _ => return Err(format!("an integer cannot be bound as {ty}").into()),
    }
    Ok(())
}

fn put_text(value: &str, ty: &Type, out: &mut bytes::BytesMut) {
    if *ty == Type::JSONB {
        out.put_u8(1);
    }
    out.put_slice(value.as_bytes());
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut bytes::BytesMut) -> Result<IsNull, BoxError> {
        match self {
            Self::Null => return Ok(IsNull::Yes),
            Self::Bool(b) => out.put_u8(u8::from(*b)),
            Self::Int(i) => put_int(*i, ty, out)?,
            Self::Text(t) => put_text(t, ty, out),
            Self::Bytes(b) => out.put_slice(b),
            Self::Instant(i) => out.put_i64(i.as_micros() - POSTGRES_EPOCH_MICROS),
            Self::Uuid(u) => out.put_slice(u.as_bytes()),
        }
        Ok(IsNull::No)
    }

    /// The server names the type of each parameter; a mismatch shows as an error of the statement, and every statement runs
    /// in the suite.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl ToSql for Column<'_> {
    fn to_sql(&self, ty: &Type, out: &mut bytes::BytesMut) -> Result<IsNull, BoxError> {
        let Kind::Array(element) = ty.kind() else {
            return Err(format!("a column of a batch cannot be bound as {ty}").into());
        };
        // The array format of PostgreSQL: dimensions, has-null flag, element type, then length and lower bound.
        out.put_i32(1);
        out.put_i32(i32::from(matches!(self, Self::OptionalTexts(_))));
        out.put_u32(element.oid());
        out.put_i32(i32::try_from(self.len())?);
        out.put_i32(1);
        for index in 0..self.len() {
            let at = out.len();
            out.put_i32(0);
            let length = match self.at(index).to_sql(element, out)? {
                IsNull::Yes => -1,
                IsNull::No => i32::try_from(out.len() - at - 4)?,
            };
            out[at..at + 4].copy_from_slice(&length.to_be_bytes());
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

macro_rules! from {
    ($($source:ty => $variant:ident ($value:ident) $convert:expr;)*) => {$(
        impl<'a> From<$source> for Value<'a> {
            fn from($value: $source) -> Self {
                Self::$variant($convert)
            }
        }
    )*};
}

from! {
    bool => Bool(v) v;
    i64 => Int(v) v;
    i32 => Int(v) i64::from(v);
    u32 => Int(v) i64::from(v);
    u16 => Int(v) i64::from(v);
    &'a str => Text(v) Cow::Borrowed(v);
    &'a String => Text(v) Cow::Borrowed(v);
    String => Text(v) Cow::Owned(v);
    &'a [u8] => Bytes(v) Cow::Borrowed(v);
    Vec<u8> => Bytes(v) Cow::Owned(v);
    Instant => Instant(v) v;
    Uuid => Uuid(v) v;
    UserId => Uuid(v) v.uuid();
    SessionId => Uuid(v) v.uuid();
    ApiKeyId => Uuid(v) v.uuid();
    ScheduleId => Uuid(v) v.uuid();
    CategoryId => Uuid(v) v.uuid();
    TagId => Uuid(v) v.uuid();
    TaskId => Uuid(v) v.uuid();
    ReminderId => Uuid(v) v.uuid();
    AlarmId => Uuid(v) v.uuid();
    FeedId => Uuid(v) v.uuid();
    NotificationId => Uuid(v) v.uuid();
    RoomId => Uuid(v) v.uuid();
    InvitationId => Uuid(v) v.uuid();
    CommentId => Uuid(v) v.uuid();
    GatewayId => Uuid(v) v.uuid();
    ProductId => Uuid(v) v.uuid();
    RecipientId => Uuid(v) v.uuid();
    EventId => Uuid(v) v.uuid();
    StreamId => Uuid(v) v.uuid();
    JobId => Uuid(v) v.uuid();
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// `values![a, b, c]`: the parameters of a statement.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::Value::from($value)),*] };
}
pub(crate) use values;
