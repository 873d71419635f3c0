//! What every list shares: how many rows, from where on, and between which moments.

use app::domain::calendar::Moment;
use kernel::{Category, Cursor, Instant, WallTime, Zone};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Problem;

/// Rows of a page unless asked otherwise.
const DEFAULT_LIMIT: u32 = 50;
/// The most rows of a page; who asks for more gets these.
const MAX_LIMIT: u32 = 200;

/// How many rows to answer.
pub(crate) fn limit(asked: Option<i64>) -> Result<u32, Problem> {
    let Some(limit) = asked else { return Ok(DEFAULT_LIMIT) };
    if limit < 1 {
        return Err(invalid("/limit", "must be at least 1"));
    }
    Ok(u32::try_from(limit).map_or(MAX_LIMIT, |limit| limit.min(MAX_LIMIT)))
}

/// From where on: the cursor of a page before, which must belong to the list named by `scope`.
pub(crate) fn cursor(scope: &str, text: Option<&str>) -> Result<Option<Cursor>, Problem> {
    let decoded = text.map(|text| Cursor::decode(scope, text)).transpose();
    decoded.map_err(|error| Problem::new(Category::Malformed, "cursor.malformed", error.to_string()))
}

/// Which part of a list that is narrowed by nothing else.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Part {
    /// Rows of the page, 50 unless given; who asks for more than 200 gets 200.
    #[param(minimum = 1)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Part {
    /// From where on, in the list named by `scope`, and how many rows.
    pub(crate) fn of(&self, scope: &str) -> Result<(Option<Cursor>, u32), Problem> {
        part(scope, self.limit, self.cursor.as_deref())
    }
}

/// From where on, in the list named by `scope`, and how many rows, as a query says that has filters beside them.
///
/// Such a query has the two fields of [`Part`] itself: what serde flattens is text in a query, and names nobody knows are let pass.
pub(crate) fn part(scope: &str, rows: Option<i64>, after: Option<&str>) -> Result<(Option<Cursor>, u32), Problem> {
    let limit = limit(rows)?;
    Ok((cursor(scope, after)?, limit))
}

/// A half-open range of time. What is not given is open.
pub(crate) struct Moments<'a> {
    /// Its beginning, as written in the query.
    pub from: Option<&'a str>,
    /// Its end.
    pub to: Option<&'a str>,
}

impl Moments<'_> {
    /// Whether a zone is needed to know the instants.
    pub(crate) fn need_zone(&self) -> bool {
        [self.from, self.to].into_iter().flatten().any(|text| !matches!(text.parse(), Ok(Moment::Instant(_))))
    }

    /// The instants. Dates begin at midnight in `zone`.
    pub(crate) fn resolve(&self, zone: &Zone) -> Result<(Instant, Instant), Problem> {
        let from = self.from.map_or(Ok(Instant::EPOCH), |text| instant("/from", text, zone))?;
        let to = self.to.map_or(Ok(Instant::MAX), |text| instant("/to", text, zone))?;
        if from < to { Ok((from, to)) } else { Err(invalid("/to", "must lie after from")) }
    }
}

/// The instant in a parameter. A date begins at midnight in `zone`.
pub(crate) fn instant(pointer: &str, text: &str, zone: &Zone) -> Result<Instant, Problem> {
    match text.parse::<Moment>() {
        Ok(Moment::Instant(instant)) => Ok(instant),
        Ok(Moment::Wall(wall)) => Ok(zone.resolve(wall).instant),
        Ok(Moment::Date(date)) => Ok(zone.resolve(WallTime::midnight(date)).instant),
        Err(detail) => Err(invalid(pointer, detail)),
    }
}

/// The refusal of a parameter that can be read and makes no sense.
pub(crate) fn invalid(pointer: &str, detail: impl Into<String>) -> Problem {
    Problem::new(Category::Invalid, "query.invalid", "a query parameter is not what is expected here: see `errors`")
        .field(pointer, detail)
}
