//! Statements that answer rows, and several of them asked together.
//!
//! To PostgreSQL the way there and back costs more than most answers do. Questions that do not depend on each other's answers are
//! therefore told it all at once ([`Tx::together`]); it answers them one after the other, in their order. SQLite is no way away and
//! is asked one after the other.

use deadpool_postgres::Transaction;
use futures_util::{TryStreamExt as _, future::join_all};
use rusqlite::Connection;
use tokio_postgres::error::SqlState;

use crate::{
    Column, Row, Sql, StoreError, Tx, Value,
    tx::{Engine, Places, failed, within},
};

/// What a statement is given.
#[derive(Clone, Copy)]
pub(crate) enum Given<'q> {
    /// Values, for one run.
    Values(&'q [Value<'q>]),
    /// Columns of one length: SQLite runs the text for each row of them, PostgreSQL once with arrays, and neither for none.
    Columns(&'q [Column<'q>]),
}

impl<'q> From<&'q [Value<'q>]> for Given<'q> {
    fn from(values: &'q [Value<'q>]) -> Self {
        Self::Values(values)
    }
}

impl<'q, const N: usize> From<&'q [Value<'q>; N]> for Given<'q> {
    fn from(values: &'q [Value<'q>; N]) -> Self {
        Self::Values(values)
    }
}

impl<'q> From<&'q [Column<'q>]> for Given<'q> {
    fn from(columns: &'q [Column<'q>]) -> Self {
        Self::Columns(columns)
    }
}

impl<'q, const N: usize> From<&'q [Column<'q>; N]> for Given<'q> {
    fn from(columns: &'q [Column<'q>; N]) -> Self {
        Self::Columns(columns)
    }
}

impl Given<'_> {
    /// How many rows a batch has; `None` for values.
    fn rows(self) -> Option<usize> {
        let Self::Columns(columns) = self else { return None };
        let length = columns.first().map_or(0, Column::len);
        debug_assert!(columns.iter().all(|column| column.len() == length), "columns of one batch differ in length");
        Some(length)
    }
}

/// A statement and what it is given.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'q> {
    sql: Sql,
    given: Given<'q>,
}

impl<'q> Asked<'q> {
    pub(crate) fn new(sql: impl Into<Sql>, given: impl Into<Given<'q>>) -> Self {
        Self { sql: sql.into(), given: given.into() }
    }

    fn of_sqlite<T>(
        self,
        connection: &Connection,
        map: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut mapped = Vec::new();
        if self.given.rows() == Some(0) {
            return Ok(mapped);
        }
        let mut statement = connection.prepare_cached(self.sql.sqlite)?;
        let places = Places::of(&statement)?;
        for run in 0..self.given.rows().unwrap_or(1) {
            match self.given {
                Given::Values(values) => places.bind(&mut statement, values)?,
                Given::Columns(columns) => places.bind_row(&mut statement, columns, run)?,
            }
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                mapped.push(map(&Row::Sqlite(row))?);
            }
        }
        Ok(mapped)
    }

    async fn of_postgres(self, transaction: &Transaction<'_>) -> Result<Vec<tokio_postgres::Row>, tokio_postgres::Error> {
        if self.given.rows() == Some(0) {
            return Ok(Vec::new());
        }
        let statement = transaction.prepare_cached(self.sql.postgres).await?;
        let rows = match self.given {
            Given::Values(values) => transaction.query_raw(&statement, values).await?,
            Given::Columns(columns) => transaction.query_raw(&statement, columns).await?,
        };
        rows.try_collect().await
    }
}

fn mapped<T>(rows: &[tokio_postgres::Row], map: impl Fn(&Row<'_>) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
    rows.iter().map(|row| map(&Row::Postgres(row))).collect()
}

/// All answers, or why there are not all of them. What is asked after something has failed is only told that it has: that is not the
/// reason.
fn all_or_reason<T>(answers: Vec<Result<T, tokio_postgres::Error>>) -> Result<Vec<T>, tokio_postgres::Error> {
    let follows = |error: &tokio_postgres::Error| error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION);
    let (answered, failed): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    match failed.into_iter().filter_map(Result::err).min_by_key(follows) {
        Some(reason) => Err(reason),
        None => answered.into_iter().collect(),
    }
}

/// A statement, what it is given, and what becomes of each row of its answer.
pub(crate) struct Question<'q, T> {
    asked: Asked<'q>,
    map: fn(&Row<'_>) -> Result<T, StoreError>,
}

impl<'q, T> Question<'q, T> {
    pub(crate) fn new(sql: impl Into<Sql>, given: impl Into<Given<'q>>, map: fn(&Row<'_>) -> Result<T, StoreError>) -> Self {
        Self { asked: Asked::new(sql, given), map }
    }
}

/// Some questions, of which each has an answer of its own.
pub(crate) trait Questions: Sync {
    /// The answers, in the order of the questions.
    type Answers: Send;

    fn asked(&self) -> Vec<Asked<'_>>;
    fn of_sqlite(&self, connection: &Connection) -> Result<Self::Answers, StoreError>;
    fn of_postgres(&self, rows: &[Vec<tokio_postgres::Row>]) -> Result<Self::Answers, StoreError>;
}

macro_rules! questions {
    ($($of:ident: $at:tt),+) => {
        impl<$($of: Send),+> Questions for ($(Question<'_, $of>,)+) {
            type Answers = ($(Vec<$of>,)+);

            fn asked(&self) -> Vec<Asked<'_>> {
                vec![$(self.$at.asked),+]
            }

            fn of_sqlite(&self, connection: &Connection) -> Result<Self::Answers, StoreError> {
                Ok(($(self.$at.asked.of_sqlite(connection, self.$at.map)?,)+))
            }

            fn of_postgres(&self, rows: &[Vec<tokio_postgres::Row>]) -> Result<Self::Answers, StoreError> {
                Ok(($(mapped(&rows[$at], self.$at.map)?,)+))
            }
        }
    };
}

questions!(A: 0, B: 1);
questions!(A: 0, B: 1, C: 2);
questions!(A: 0, B: 1, C: 2, D: 3, E: 4);

impl Tx<'_> {
    /// Asks questions of which none depends on the answer of another.
    pub(crate) async fn together<Q: Questions>(&mut self, questions: Q) -> Result<Q::Answers, StoreError> {
        match &mut self.engine {
            Engine::Sqlite(connection) => within(connection, &mut self.ended, |connection| questions.of_sqlite(connection)),
            Engine::Postgres(transaction) => {
                let answers = join_all(questions.asked().into_iter().map(|asked| asked.of_postgres(transaction))).await;
                let rows = all_or_reason(answers).map_err(|e| failed(&mut self.retryable, e))?;
                questions.of_postgres(&rows)
            }
        }
    }

    /// Asks one.
    pub(crate) async fn ask<T: Send>(
        &mut self,
        asked: Asked<'_>,
        map: impl Fn(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Vec<T>, StoreError> {
        match &mut self.engine {
            Engine::Sqlite(connection) => within(connection, &mut self.ended, |connection| asked.of_sqlite(connection, map)),
            Engine::Postgres(transaction) => {
                let rows = asked.of_postgres(transaction).await;
                mapped(&rows.map_err(|e| failed(&mut self.retryable, e))?, map)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_that_are_asked_together_have_their_answers_in_their_order_and_batches_of_nothing_have_none() {
        let mut connection = Connection::open_in_memory().expect("a database");
        let mut tx = Tx::sqlite(&mut connection);
        let number = |row: &Row<'_>| row.get::<i64>(0);
        let (one, rows, none) = ([Value::Int(1)], [Column::Ints(vec![3, 4])], [Column::Ints(vec![])]);
        let questions = (
            Question::new("SELECT $1 UNION ALL SELECT $1 + 1", &one, number),
            Question::new("SELECT $1", &none, number),
            Question::new("SELECT $1", &rows, |row| Ok(row.get::<i64>(0)?.to_string())),
        );
        let (first, second, third) = pollster::block_on(tx.together(questions)).expect("answers");
        assert_eq!((first, second, third), (vec![1, 2], vec![], vec!["3".to_owned(), "4".to_owned()]));
        let broken = (Question::new("SELECT $1", &one, number), Question::new("SELECT nothing, $1", &one, number));
        assert!(pollster::block_on(tx.together(broken)).is_err(), "all or none");
    }
}
