//! `GET /api/v1/statistics`

use app::{
    App,
    calendar::progress::{self, Report},
    domain::calendar::{
        Moment,
        progress::{Grouping, Period, Sum},
    },
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::Instant;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Caller, Problem, Query, json, page};

/// Of which days, and by what.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// How much time.
    #[param(inline)]
    period: PeriodName,
    /// A date that lies in the period, in the caller's zone; today unless given.
    #[param(example = "2026-11-20", format = Date)]
    date: Option<String>,
    /// By what to group; `kind` unless given. What has several tags counts in the group of each, and once in all sums.
    #[param(inline)]
    group_by: Option<GroupBy>,
}

/// How much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PeriodName {
    Day,
    Week,
    Month,
}

/// By what to group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GroupBy {
    #[default]
    Kind,
    Category,
    Tag,
}

impl From<GroupBy> for Grouping {
    fn from(by: GroupBy) -> Self {
        match by {
            GroupBy::Kind => Self::Kind,
            GroupBy::Category => Self::Category,
            GroupBy::Tag => Self::Tag,
        }
    }
}

/// What was worked and completed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatisticsView {
    period: PeriodName,
    group_by: GroupBy,
    /// The first day.
    #[schema(format = Date, example = "2026-11-16")]
    from: String,
    /// The day after the last one.
    #[schema(format = Date, example = "2026-11-23")]
    to: String,
    /// The caller's zone: days begin at its midnight.
    #[schema(example = "Asia/Seoul")]
    time_zone: String,
    /// Up to when work that goes on is counted.
    #[schema(value_type = String, format = DateTime)]
    as_of: Instant,
    /// Seconds worked.
    #[schema(example = 27_000)]
    worked_seconds: i64,
    /// Schedules completed.
    #[schema(example = 9)]
    completed: i64,
    /// Day by day.
    days: Vec<DayView>,
    /// Group by group, most work first. What was neither worked nor completed has no group.
    groups: Vec<GroupView>,
    /// The same in the period before.
    previous: SumView,
    /// How it stands beside `daily_goal_seconds` of the profile; null without a goal.
    goal: Option<GoalView>,
}

/// What came together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SumView {
    /// Seconds worked.
    worked_seconds: i64,
    /// Schedules completed.
    completed: i64,
}

/// What came together on a day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DayView {
    #[schema(format = Date, example = "2026-11-20")]
    date: String,
    /// Seconds worked between its midnight and the next.
    worked_seconds: i64,
    /// Schedules completed.
    completed: i64,
}

/// What came together in a group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupView {
    /// The kind, or the id of the category or tag; null for what has none.
    #[schema(example = "event")]
    key: Option<String>,
    /// What it is called; null for what has none.
    #[schema(example = "event")]
    name: Option<String>,
    /// Seconds worked.
    worked_seconds: i64,
    /// Schedules completed.
    completed: i64,
}

/// How the work stands beside the goal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GoalView {
    /// Of a day.
    daily_seconds: i64,
    /// Of the whole period.
    seconds: i64,
    /// On how many days it was reached.
    attained_days: usize,
    /// How much of the whole was worked, in per cent, rounded down; may be more than 100.
    percent: i64,
}

impl From<Sum> for SumView {
    fn from(Sum { worked_seconds, completed }: Sum) -> Self {
        Self { worked_seconds, completed }
    }
}

impl StatisticsView {
    fn new(period: PeriodName, group_by: GroupBy, report: Report) -> Self {
        let goal = GoalView::of(&report);
        let Report { statistics, names, previous, zone, as_of, .. } = report;
        let days = &statistics.days;
        let shown = |(day, sum): (usize, &Sum)| DayView {
            date: days.date(day).to_string(),
            worked_seconds: sum.worked_seconds,
            completed: sum.completed,
        };
        let mut groups: Vec<GroupView> = statistics
            .groups
            .iter()
            .map(|(key, sum)| GroupView {
                name: key.as_ref().map(|key| names.get(key).unwrap_or(key).clone()),
                key: key.clone(),
                worked_seconds: sum.worked_seconds,
                completed: sum.completed,
            })
            .collect();
        // Stable: what is equal stays in the order of its names.
        groups.sort_by_key(|group| std::cmp::Reverse((group.worked_seconds, group.completed)));
        Self {
            period,
            group_by,
            from: days.date(0).to_string(),
            to: days.date(days.count()).to_string(),
            time_zone: zone.name().to_owned(),
            as_of,
            worked_seconds: statistics.total.worked_seconds,
            completed: statistics.total.completed,
            days: statistics.by_day.iter().enumerate().map(shown).collect(),
            groups,
            previous: previous.into(),
            goal,
        }
    }
}

impl GoalView {
    fn of(report: &Report) -> Option<Self> {
        let daily_seconds = i64::from(report.rhythm.daily_goal_seconds);
        let statistics = &report.statistics;
        let seconds = daily_seconds * i64::try_from(statistics.days.count()).ok()?;
        let percent = (statistics.total.worked_seconds * 100).checked_div(seconds)?;
        Some(Self { daily_seconds, seconds, attained_days: statistics.days_with(daily_seconds), percent })
    }
}

/// Read statistics
///
/// How much the caller really worked, by the ledger of starts and stops: stretches of work are split at midnight of the caller's
/// zone, what was cancelled or lies in the trash does not count, and work that goes on counts up to now.
#[utoipa::path(
    get, path = "/api/v1/statistics", tag = "statistics", params(Filter),
    responses((status = 200, description = "What came together", body = StatisticsView))
)]
pub(crate) async fn statistics(
    Extract(app): Extract<App>,
    caller: Caller,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let date = match filter.date.as_deref().map(str::parse) {
        None => None,
        Some(Ok(Moment::Date(date))) => Some(date),
        Some(_) => return Err(page::invalid("/date", "write a date such as 2026-11-20, between 1970 and 2200")),
    };
    let period = match filter.period {
        PeriodName::Day => Period::Day,
        PeriodName::Week => Period::Week,
        PeriodName::Month => Period::Month,
    };
    let group_by = filter.group_by.unwrap_or_default();
    let report = progress::statistics(&app, &caller.0, (period, date), group_by.into()).await?;
    Ok(json(StatusCode::OK, &StatisticsView::new(filter.period, group_by, report)))
}
