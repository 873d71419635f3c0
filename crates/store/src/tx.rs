//! One transaction on either engine, and the small set of calls both answer.

use deadpool_postgres::Transaction;
use rusqlite::Connection;
use uuid::Uuid;

use crate::{Column, Row, StoreError, Value, postgres::is_passing, questions::Asked};

/// A statement. Placeholders are `$1`, `$2` … on both engines.
#[derive(Clone, Copy)]
pub(crate) struct Sql {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

impl Sql {
    /// Two texts for one meaning, side by side, where the engines must differ.
    pub(crate) const fn each(sqlite: &'static str, postgres: &'static str) -> Self {
        Self { sqlite, postgres }
    }
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self { sqlite: text, postgres: text }
    }
}

/// An open transaction. Only the statements of this room can use it; a use case passes it on.
pub struct Tx<'c> {
    pub(crate) engine: Engine<'c>,
    /// Set when a statement failed in a way that repeating the whole use case can heal.
    pub(crate) retryable: bool,
    /// The error with which SQLite gave up the whole transaction, not only the statement: a full disk, an I/O error.
    pub(crate) ended: Option<StoreError>,
}

pub(crate) enum Engine<'c> {
    Sqlite(&'c mut Connection),
    Postgres(Transaction<'c>),
}

impl<'c> Tx<'c> {
    pub(crate) fn sqlite(connection: &'c mut Connection) -> Self {
        Self { engine: Engine::Sqlite(connection), retryable: false, ended: None }
    }

    pub(crate) fn postgres(transaction: Transaction<'c>) -> Self {
        Self { engine: Engine::Postgres(transaction), retryable: false, ended: None }
    }

    /// Whether this is the engine with one writer, where nobody else can hold a row.
    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self.engine, Engine::Sqlite(_))
    }

    /// Runs a statement, answers how many rows it touched.
    pub(crate) async fn execute(&mut self, sql: impl Into<Sql>, params: &[Value<'_>]) -> Result<u64, StoreError> {
        let sql = sql.into();
        match &mut self.engine {
            Engine::Sqlite(connection) => within(connection, &mut self.ended, |connection| {
                let mut statement = connection.prepare_cached(sql.sqlite)?;
                Places::of(&statement)?.bind(&mut statement, params)?;
                Ok(statement.raw_execute()? as u64)
            }),
            Engine::Postgres(transaction) => {
                let result = async {
                    let statement = transaction.prepare_cached(sql.postgres).await?;
                    transaction.execute_raw(&statement, params).await
                };
                result.await.map_err(|e| failed(&mut self.retryable, e))
            }
        }
    }

    /// Runs a statement and maps every row of its answer.
    pub(crate) async fn all<T: Send>(
        &mut self,
        sql: impl Into<Sql>,
        params: &[Value<'_>],
        map: impl Fn(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Vec<T>, StoreError> {
        self.ask(Asked::new(sql, params), map).await
    }

    /// Runs a statement that answers at most one row.
    pub(crate) async fn optional<T: Send>(
        &mut self,
        sql: impl Into<Sql>,
        params: &[Value<'_>],
        map: impl Fn(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Option<T>, StoreError> {
        let mut rows = self.all(sql, params, map).await?;
        match rows.len() {
            0 | 1 => Ok(rows.pop()),
            many => Err(StoreError::Bug(format!("expected at most one row, got {many}"))),
        }
    }

    /// Runs a statement that answers exactly one row.
    pub(crate) async fn one<T: Send>(
        &mut self,
        sql: impl Into<Sql>,
        params: &[Value<'_>],
        map: impl Fn(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<T, StoreError> {
        self.optional(sql, params, map).await?.ok_or_else(|| StoreError::Bug("expected one row, got none".to_owned()))
    }

    /// Runs a statement for a batch of rows given as columns of one length: SQLite runs its text once per row, PostgreSQL runs
    /// its text once with arrays (`… FROM unnest($1::uuid[], …)`). Answers how many rows were touched.
    pub(crate) async fn batch(&mut self, sql: Sql, columns: &[Column<'_>]) -> Result<u64, StoreError> {
        let length = columns.first().map_or(0, Column::len);
        debug_assert!(columns.iter().all(|c| c.len() == length), "columns of one batch differ in length");
        if length == 0 {
            return Ok(0);
        }
        match &mut self.engine {
            Engine::Sqlite(connection) => within(connection, &mut self.ended, |connection| {
                let mut statement = connection.prepare_cached(sql.sqlite)?;
                let places = Places::of(&statement)?;
                let mut touched = 0;
                for row in 0..length {
                    places.bind_row(&mut statement, columns, row)?;
                    touched += statement.raw_execute()? as u64;
                }
                Ok(touched)
            }),
            Engine::Postgres(transaction) => {
                let result = async {
                    let statement = transaction.prepare_cached(sql.postgres).await?;
                    transaction.execute_raw(&statement, columns).await
                };
                result.await.map_err(|e| failed(&mut self.retryable, e))
            }
        }
    }

    /// As [`Tx::batch`], for statements that answer rows (`RETURNING`, or a `SELECT` over the arrays).
    pub(crate) async fn batch_all<T: Send>(
        &mut self,
        sql: Sql,
        columns: &[Column<'_>],
        map: impl Fn(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Vec<T>, StoreError> {
        self.ask(Asked::new(sql, columns), map).await
    }

    /// As [`Tx::batch_all`], for changes of rows that answer them as they are afterwards, each named once. PostgreSQL's text returns them;
    /// SQLite changes them and reads them with `reads`, because `RETURNING` would have it keep a journal for each row.
    pub(crate) async fn batch_update<T: Send>(
        &mut self,
        sql: Sql,
        reads: &'static str,
        columns: &[Column<'_>],
        map: impl Fn(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Vec<T>, StoreError> {
        if !self.is_sqlite() {
            return self.batch_all(sql, columns, map).await;
        }
        self.batch(sql, columns).await?;
        self.batch_all(reads.into(), columns, map).await
    }

    /// As [`Tx::batch`], for inserts that leave alone what is there already: answers the ids (the first column) of the rows that
    /// were written. PostgreSQL's text returns them; SQLite counts, because `RETURNING` would have it keep a journal for each row.
    pub(crate) async fn batch_insert(&mut self, sql: Sql, columns: &[Column<'_>]) -> Result<Vec<Uuid>, StoreError> {
        let Some(Column::Uuids(ids)) = columns.first() else {
            return Err(StoreError::Bug("the first column of a batch of new rows is their id".to_owned()));
        };
        let Engine::Sqlite(connection) = &mut self.engine else {
            return self.batch_all(sql, columns, |row| row.get(0)).await;
        };
        within(connection, &mut self.ended, |connection| {
            let mut statement = connection.prepare_cached(sql.sqlite)?;
            let places = Places::of(&statement)?;
            let mut written = Vec::with_capacity(ids.len());
            for (row, id) in ids.iter().enumerate() {
                places.bind_row(&mut statement, columns, row)?;
                if statement.raw_execute()? > 0 {
                    written.push(*id);
                }
            }
            Ok(written)
        })
    }
}

/// Runs a statement of SQLite within the transaction that is open. Once an error has ended that transaction, nothing more runs:
/// a use case that passed over the error would write outside of any transaction.
pub(crate) fn within<T>(
    connection: &Connection,
    ended: &mut Option<StoreError>,
    statement: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    if let Some(error) = ended {
        return Err(error.clone());
    }
    let result = statement(connection);
    if let Err(error) = &result
        && connection.is_autocommit()
    {
        *ended = Some(error.clone());
    }
    result
}

/// Which value each placeholder of a statement stands for. `$2` is the second one wherever it stands; SQLite takes it for a name and counts
/// names by where they first appear, so the number is read from the name: once for all rows of a batch.
pub(crate) struct Places(Vec<usize>);

impl Places {
    pub(crate) fn of(statement: &rusqlite::CachedStatement<'_>) -> Result<Self, StoreError> {
        let place = |index| statement.parameter_name(index)?.strip_prefix('$')?.parse::<usize>().ok()?.checked_sub(1);
        (1..=statement.parameter_count()).map(place).collect::<Option<_>>().map(Self).ok_or_else(without_value)
    }

    pub(crate) fn bind(&self, statement: &mut rusqlite::CachedStatement<'_>, params: &[Value<'_>]) -> Result<(), StoreError> {
        self.bind_each(statement, |place| params.get(place))
    }

    pub(crate) fn bind_row(
        &self,
        statement: &mut rusqlite::CachedStatement<'_>,
        columns: &[Column<'_>],
        row: usize,
    ) -> Result<(), StoreError> {
        self.bind_each(statement, |place| columns.get(place).map(|column| column.at(row)))
    }

    fn bind_each<V: rusqlite::ToSql>(
        &self,
        statement: &mut rusqlite::CachedStatement<'_>,
        value: impl Fn(usize) -> Option<V>,
    ) -> Result<(), StoreError> {
        for (index, place) in self.0.iter().enumerate() {
            statement.raw_bind_parameter(index + 1, value(*place).ok_or_else(without_value)?)?;
        }
        Ok(())
    }
}

fn without_value() -> StoreError {
    StoreError::Bug("a placeholder of a statement has no value".to_owned())
}

/// Remembers whether repeating the whole transaction may heal `error`.
pub(crate) fn failed(retryable: &mut bool, error: tokio_postgres::Error) -> StoreError {
    *retryable |= is_passing(&error);
    error.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values;

    #[test]
    fn a_placeholder_means_its_number_wherever_it_stands_and_as_often_as_it_stands() {
        let mut connection = Connection::open_in_memory().expect("a database");
        let mut tx = Tx::sqlite(&mut connection);
        let read = |row: &Row<'_>| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?));
        let plain = pollster::block_on(tx.one("SELECT $3, $1, $3 WHERE $2 = 2", values![1i64, 2i64, 3i64], read));
        assert_eq!(plain.expect("a row"), (3, 1, 3));
        let columns = [Column::Ints(vec![1, 4]), Column::Ints(vec![2, 5])];
        let rows = pollster::block_on(tx.batch_all("SELECT $2, $1, $2".into(), &columns, read));
        assert_eq!(rows.expect("rows"), [(2, 1, 2), (5, 4, 5)]);
        assert!(pollster::block_on(tx.execute("SELECT $2", values![1i64])).is_err(), "there is no second value");
    }
}
