//! `PATCH /api/v1/schedules/{id}`

use std::sync::Arc;

use app::{
    App, calendar,
    domain::calendar::{CalendarError, Patch, labels::LabelsPatch},
};
use axum::{extract::State as Extract, response::Response};
use kernel::{CategoryId, Length, ScheduleId, Zone};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    conflicts::refused,
    recurrence::{Late, RecurrenceChange, RecurrenceDraft, Target, late},
    view::{ReminderDraft, ScheduleView, moment, parse, rules, shown},
};
use crate::http::{Caller, IfMatch, Nullable, Path, Problem, Query, Write, answer};

/// What shall change; what is not given stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleChange {
    /// One visible line.
    title: Option<String>,
    /// Any number of lines.
    description: Option<String>,
    /// One line.
    location: Option<String>,
    /// Alone it keeps the length.
    #[schema(example = "2026-11-20T09:30:00")]
    start: Option<String>,
    end: Option<String>,
    /// Instead of `end`.
    #[schema(example = "PT30M")]
    duration: Option<String>,
    /// Alone it keeps the wall times and moves the instants.
    #[schema(example = "Asia/Seoul")]
    time_zone: Option<String>,
    /// Needs a new `start`.
    all_day: Option<bool>,
    /// Replaces all reminders. One for the same time keeps its id and its alarms. With `scope=this` those of one occurrence, which has its
    /// own from then on; the same as those of its series make it like the rest again.
    reminders: Option<Vec<ReminderDraft>>,
    /// How it repeats; null: not any more. Not with `scope=this`.
    #[serde(default)]
    #[schema(value_type = Option<RecurrenceDraft>)]
    recurrence: RecurrenceChange,
    /// What becomes of reminders that are found late. Not with `scope=this`.
    late: Option<Late>,
    /// A short lower-case word.
    kind: Option<String>,
    /// Whether the time counts as taken.
    busy: Option<bool>,
    /// Its category; null: none any more. Not with `scope=this`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    category_id: Nullable<CategoryId>,
    /// Replaces all its tags. Not with `scope=this`.
    tags: Option<Vec<String>>,
}

impl ScheduleChange {
    fn patch(self) -> Result<Patch, CalendarError> {
        let mut errors = Vec::new();
        let patch = Patch {
            start: self.start.as_deref().and_then(|text| moment("/start", text, &mut errors)),
            end: self.end.as_deref().and_then(|text| moment("/end", text, &mut errors)),
            duration: self
                .duration
                .as_deref()
                .and_then(|text| parse::<Length>("/duration", text, &mut errors))
                .map(Length::duration),
            zone: self.time_zone.as_deref().and_then(|text| parse::<Zone>("/time_zone", text, &mut errors)),
            reminders: self.reminders.as_deref().map(|drafts| rules(drafts, &mut errors)),
            repeat: self.recurrence.change(&mut errors),
            late: late(self.late.as_ref(), &mut errors),
            title: self.title,
            description: self.description,
            location: self.location,
            kind: self.kind,
            busy: self.busy,
            labels: LabelsPatch { category: self.category_id.into(), tags: self.tags },
            all_day: self.all_day,
        };
        if errors.is_empty() { Ok(patch) } else { Err(CalendarError::Invalid(errors)) }
    }
}

/// Change a schedule
///
/// Needs `If-Match` with the ETag of the version that was changed, or `*`. Its alarms move along in the same transaction.
///
/// Of a series, `scope` says which occurrences are meant. `this` keeps what is then unlike the rest beside the series and answers
/// the occurrence. `following` ends the series before the occurrence and answers the new schedule that begins with it. `all`
/// takes `start` as that of the first occurrence; the dates of the recurrence and what was changed by hand move along.
///
/// If a change adds busy time and some of it is taken, it is refused. What the schedule had before is not judged again.
#[utoipa::path(
    patch, path = "/api/v1/schedules/{id}", tag = "schedules", request_body = ScheduleChange,
    params(("id" = String, Path, description = "Its id"), Target, ("if-match" = Option<String>, Header, description = "ETag, or *")),
    responses(
        (status = 200, description = "As it is now", body = ScheduleView, headers(("etag" = String))),
        (status = 409, description = "`schedule.conflict`: the time is taken, see `conflicts` and `free_slots`; `schedule.calendar_too_dense`: there is more to compare than is looked at"),
        (status = 412, description = "`schedule.version_mismatch`: somebody else changed it"),
        (status = 428, description = "`schedule.version_required`: send If-Match"),
    )
)]
pub(crate) async fn update(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<ScheduleId>,
    Query(target): Query<Target>,
    if_match: IfMatch,
    request: Write<ScheduleChange>,
) -> Result<Response, Problem> {
    let patch = request.body.patch().map_err(app::Error::from)?;
    let on_conflict = target.on_conflict.unwrap_or_default().into();
    let target = (id, target.which().scope().map_err(app::Error::from)?, if_match.into());
    let changed = calendar::update(&app, &caller.0, target, patch, on_conflict, request.once, Arc::new(shown)).await;
    Ok(answer(changed.map_err(refused)?))
}
