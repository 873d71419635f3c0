//! `POST /api/v1/calendar/import`

use std::sync::Arc;

use app::{
    App,
    calendar::icalendar::{self, How, Outcome, Report, Taken},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::ScheduleId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{CalendarFile, Caller, Problem, Query, Write, answer, rendered};

/// How the file is taken over.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Options {
    /// Only say what would come of it; nothing is written.
    #[serde(default)]
    dry_run: bool,
    /// Leave out what cannot be kept, and say so; otherwise one such event refuses the whole file.
    #[serde(default)]
    skip_invalid: bool,
}

/// What came of a file
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportReport {
    /// Whether nothing was written.
    dry_run: bool,
    /// Schedules that were made.
    created: usize,
    /// Schedules that were there and are now as the file has them.
    updated: usize,
    /// Schedules that were there, like this.
    unchanged: usize,
    /// What was left out: cancelled, or not to be kept.
    skipped: usize,
    /// Components that are no events (to-dos, journals): kept, and given back by exports.
    kept: usize,
    /// Each schedule of the file, in its order.
    items: Vec<ImportedItem>,
}

/// What came of one schedule of a file
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportedItem {
    /// What the file calls it.
    uid: String,
    /// `created`, `updated`, `unchanged`, `cancelled` or `invalid`.
    #[schema(example = "created")]
    outcome: &'static str,
    /// Which schedule it is; null if there is none.
    #[schema(value_type = Option<String>, example = "sch_06f1v3k8n0000000000000000a")]
    schedule_id: Option<ScheduleId>,
    /// Why it was left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ImportError>,
}

/// One thing that cannot be kept
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportError {
    /// The event, counted from 0, and its property.
    #[schema(example = "/VEVENT/3/RRULE")]
    pointer: String,
    /// What is wrong, beginning with the number of the line.
    detail: String,
}

impl ImportReport {
    fn of(report: &Report, dry_run: bool) -> Self {
        let count = |outcomes: &[Outcome]| report.items.iter().filter(|item| outcomes.contains(&item.outcome)).count();
        Self {
            dry_run,
            created: count(&[Outcome::Created]),
            updated: count(&[Outcome::Updated]),
            unchanged: count(&[Outcome::Unchanged]),
            skipped: count(&[Outcome::Cancelled, Outcome::Invalid]),
            kept: report.kept,
            items: report.items.iter().map(ImportedItem::from).collect(),
        }
    }
}

impl From<&Taken> for ImportedItem {
    fn from(taken: &Taken) -> Self {
        let error = |error: &kernel::FieldError| ImportError { pointer: error.pointer.clone(), detail: error.detail.clone() };
        Self {
            uid: taken.uid.clone(),
            outcome: match taken.outcome {
                Outcome::Created => "created",
                Outcome::Updated => "updated",
                Outcome::Unchanged => "unchanged",
                Outcome::Cancelled => "cancelled",
                Outcome::Invalid => "invalid",
            },
            schedule_id: taken.schedule,
            errors: taken.errors.iter().map(error).collect(),
        }
    }
}

/// Import an iCalendar file
///
/// All of the file or nothing. A schedule is known by its UID: the same file again changes what is there and makes nothing twice.
/// What Campanile has no word for is kept, and given back by exports. What is imported may overlap what is there. At most 2 MiB and
/// 5,000 components.
#[utoipa::path(
    post, path = "/api/v1/calendar/import", tag = "calendar", params(Options),
    request_body(content = String, content_type = "text/calendar", description = "The file (RFC 5545)"),
    responses(
        (status = 200, description = "What came of it", body = ImportReport),
        (status = 413, description = "`body.too_large`: more than 2 MiB"),
        (status = 415, description = "`body.unsupported_media_type`: not `text/calendar` in UTF-8; or `body.unsupported_encoding`: compressed"),
        (status = 422, description = "`icalendar.malformed`, `icalendar.invalid` or `icalendar.too_much`: `errors` points at the lines"),
    )
)]
pub(crate) async fn import(
    Extract(app): Extract<App>,
    caller: Caller,
    Query(Options { dry_run, skip_invalid }): Query<Options>,
    request: Write<CalendarFile>,
) -> Result<Response, Problem> {
    let render = Arc::new(move |report: &Report| rendered(StatusCode::OK, None, None, &ImportReport::of(report, dry_run)));
    let CalendarFile(file) = request.body;
    let how = How { dry_run, skip_invalid };
    Ok(answer(icalendar::import(&app, &caller.0, file.to_vec(), how, request.once, render).await?))
}
