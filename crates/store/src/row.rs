//! Rows as both engines hand them out.

use kernel::{
    AlarmId, ApiKeyId, CategoryId, CommentId, EventId, FeedId, GatewayId, Instant, InvitationId, JobId, NotificationId,
    ProductId, RecipientId, ReminderId, RoomId, ScheduleId, SessionId, StreamId, TagId, TaskId, UserId,
};
use rusqlite::types::{FromSql as _, ValueRef};
use tokio_postgres::types::{FromSql, Type};
use uuid::Uuid;

use crate::{StoreError, value::instant_from_postgres};

/// One row of an answer, valid while it is mapped.
pub(crate) enum Row<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

impl Row<'_> {
    /// The column at `index`. A type that does not fit is a bug of the statement and says which column.
    pub(crate) fn get<T: FromColumn>(&self, index: usize) -> Result<T, StoreError> {
        match self {
            Self::Sqlite(row) => {
                let value = row.get_ref(index)?;
                T::from_sqlite(value).map_err(|e| StoreError::Bug(format!("column {index}: {e}")))
            }
            Self::Postgres(row) => T::from_postgres(row, index),
        }
    }

    /// The column at `index`, kept as text and parsed by its type.
    pub(crate) fn parse<T: std::str::FromStr>(&self, index: usize) -> Result<T, StoreError> {
        let text: String = self.get(index)?;
        text.parse().map_err(|_| StoreError::Bug(format!("column {index} does not parse")))
    }
}

/// What a column can become.
pub(crate) trait FromColumn: Sized {
    fn from_sqlite(value: ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self>;
    fn from_postgres(row: &tokio_postgres::Row, index: usize) -> Result<Self, StoreError>;
}

macro_rules! column {
    ($($target:ty, $postgres:ty, $sqlite:expr, $convert:expr;)*) => {$(
        impl FromColumn for $target {
            fn from_sqlite(value: ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                let read: fn(ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> = $sqlite;
                read(value)
            }
            fn from_postgres(row: &tokio_postgres::Row, index: usize) -> Result<Self, StoreError> {
                let value: $postgres = row.try_get(index)?;
                let convert: fn($postgres) -> Self = $convert;
                Ok(convert(value))
            }
        }
        impl FromColumn for Option<$target> {
            fn from_sqlite(value: ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                if matches!(value, ValueRef::Null) { Ok(None) } else { <$target>::from_sqlite(value).map(Some) }
            }
            fn from_postgres(row: &tokio_postgres::Row, index: usize) -> Result<Self, StoreError> {
                let value: Option<$postgres> = row.try_get(index)?;
                let convert: fn($postgres) -> $target = $convert;
                Ok(value.map(convert))
            }
        }
    )*};
}

/// An integer column of any width.
struct AnyInt(i64);

impl<'a> FromSql<'a> for AnyInt {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(match *ty {
            Type::INT2 => i16::from_sql(ty, raw)?.into(),
            Type::INT4 => i32::from_sql(ty, raw)?.into(),
            _ => i64::from_sql(ty, raw)?,
        }))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT2 | Type::INT4 | Type::INT8)
    }
}

/// A `timestamptz` column.
struct Timestamptz(Instant);

impl<'a> FromSql<'a> for Timestamptz {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(instant_from_postgres(i64::from_be_bytes(raw.try_into()?))))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::TIMESTAMPTZ
    }
}

/// A `uuid` column, without the driver's own uuid feature.
struct PgUuid(Uuid);

impl<'a> FromSql<'a> for PgUuid {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(Uuid::from_slice(raw)?))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::UUID
    }
}

fn sqlite_uuid(value: ValueRef<'_>) -> rusqlite::types::FromSqlResult<Uuid> {
    Uuid::from_slice(value.as_blob()?).map_err(rusqlite::types::FromSqlError::other)
}

column! {
    i64, AnyInt, |v| v.as_i64(), |v| v.0;
    bool, bool, |v| v.as_i64().map(|i| i != 0), |v| v;
    String, String, String::column_result, |v| v;
    Vec<u8>, Vec<u8>, |v| v.as_blob().map(<[u8]>::to_vec), |v| v;
    Instant, Timestamptz, |v| v.as_i64().map(Instant::from_micros), |v| v.0;
    Uuid, PgUuid, sqlite_uuid, |v| v.0;
    UserId, PgUuid, |v| sqlite_uuid(v).map(UserId::from_uuid), |v| UserId::from_uuid(v.0);
    SessionId, PgUuid, |v| sqlite_uuid(v).map(SessionId::from_uuid), |v| SessionId::from_uuid(v.0);
    ApiKeyId, PgUuid, |v| sqlite_uuid(v).map(ApiKeyId::from_uuid), |v| ApiKeyId::from_uuid(v.0);
    ScheduleId, PgUuid, |v| sqlite_uuid(v).map(ScheduleId::from_uuid), |v| ScheduleId::from_uuid(v.0);
    CategoryId, PgUuid, |v| sqlite_uuid(v).map(CategoryId::from_uuid), |v| CategoryId::from_uuid(v.0);
    TagId, PgUuid, |v| sqlite_uuid(v).map(TagId::from_uuid), |v| TagId::from_uuid(v.0);
    TaskId, PgUuid, |v| sqlite_uuid(v).map(TaskId::from_uuid), |v| TaskId::from_uuid(v.0);
    ReminderId, PgUuid, |v| sqlite_uuid(v).map(ReminderId::from_uuid), |v| ReminderId::from_uuid(v.0);
    AlarmId, PgUuid, |v| sqlite_uuid(v).map(AlarmId::from_uuid), |v| AlarmId::from_uuid(v.0);
    FeedId, PgUuid, |v| sqlite_uuid(v).map(FeedId::from_uuid), |v| FeedId::from_uuid(v.0);
    NotificationId, PgUuid, |v| sqlite_uuid(v).map(NotificationId::from_uuid), |v| NotificationId::from_uuid(v.0);
    RoomId, PgUuid, |v| sqlite_uuid(v).map(RoomId::from_uuid), |v| RoomId::from_uuid(v.0);
    InvitationId, PgUuid, |v| sqlite_uuid(v).map(InvitationId::from_uuid), |v| InvitationId::from_uuid(v.0);
    CommentId, PgUuid, |v| sqlite_uuid(v).map(CommentId::from_uuid), |v| CommentId::from_uuid(v.0);
    GatewayId, PgUuid, |v| sqlite_uuid(v).map(GatewayId::from_uuid), |v| GatewayId::from_uuid(v.0);
    ProductId, PgUuid, |v| sqlite_uuid(v).map(ProductId::from_uuid), |v| ProductId::from_uuid(v.0);
    RecipientId, PgUuid, |v| sqlite_uuid(v).map(RecipientId::from_uuid), |v| RecipientId::from_uuid(v.0);
    EventId, PgUuid, |v| sqlite_uuid(v).map(EventId::from_uuid), |v| EventId::from_uuid(v.0);
    StreamId, PgUuid, |v| sqlite_uuid(v).map(StreamId::from_uuid), |v| StreamId::from_uuid(v.0);
    JobId, PgUuid, |v| sqlite_uuid(v).map(JobId::from_uuid), |v| JobId::from_uuid(v.0);
}
