//! `POST /api/v1/schedules`

use std::sync::Arc;

use app::{
    App, calendar,
    domain::calendar::{CalendarError, Draft, RemindersDraft, Schedule, SpanDraft, labels::LabelsDraft},
};
use axum::{extract::State as Extract, response::Response};
use kernel::{CategoryId, Length, Zone};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    conflicts::{Taken, refused},
    recurrence::{Late, RecurrenceDraft, late},
    view::{ReminderDraft, ScheduleView, moment, parse, rules},
};
use crate::http::{Caller, Problem, Query, Write, answer, created, etag};

/// A schedule that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSchedule {
    /// One visible line, at most 200 characters.
    #[schema(example = "Stand-up")]
    title: String,
    /// At most 10,000 characters, line breaks allowed.
    #[serde(default)]
    description: String,
    /// One line, at most 500 characters.
    #[serde(default)]
    location: String,
    /// When it starts: wall time in `time_zone` (`2026-11-20T09:30:00`), an instant (`2026-11-20T00:30:00Z`), or a date with
    /// `all_day`.
    #[schema(example = "2026-11-20T09:30:00")]
    start: String,
    /// When it ends, written as `start`. With `all_day`: the day after the last one.
    #[schema(example = "2026-11-20T10:00:00")]
    end: Option<String>,
    /// How long it takes, instead of `end`: ISO 8601, elapsed time. Neither: no length, or one whole day.
    #[schema(example = "PT30M")]
    duration: Option<String>,
    /// IANA zone; the caller's own unless given.
    #[schema(example = "Asia/Seoul")]
    time_zone: Option<String>,
    /// Whole days.
    #[serde(default)]
    all_day: bool,
    /// How it repeats; it happens once unless given.
    recurrence: Option<RecurrenceDraft>,
    /// What becomes of reminders that are found late: one rings for all that are later than a day, unless given.
    late: Option<Late>,
    /// When to ring, at most 10. Not given: the caller's default lead before the start. `[]`: never.
    reminders: Option<Vec<ReminderDraft>>,
    /// A short lower-case word, `event` unless given.
    #[serde(default = "event")]
    #[schema(example = "event")]
    kind: String,
    /// Whether the time counts as taken; true unless given.
    #[serde(default = "yes")]
    busy: bool,
    /// Its category, if any.
    #[schema(value_type = Option<String>)]
    category_id: Option<CategoryId>,
    /// The names of its tags, at most 20; those that do not exist yet are made.
    #[serde(default)]
    #[schema(example = json!(["deep work"]))]
    tags: Vec<String>,
}

fn event() -> String {
    "event".to_owned()
}

const fn yes() -> bool {
    true
}

/// From when to when, or for how long.
type Times = (String, Option<String>, Option<String>);

impl NewSchedule {
    /// One that happens once and has no text, no kind and no labels yet.
    pub(crate) fn once(
        location: String,
        (start, end, duration): Times,
        (time_zone, all_day): (Option<String>, bool),
        reminders: Option<Vec<ReminderDraft>>,
        busy: bool,
    ) -> Self {
        Self {
            title: String::new(),
            description: String::new(),
            location,
            start,
            end,
            duration,
            time_zone,
            all_day,
            recurrence: None,
            late: None,
            reminders,
            kind: String::new(),
            busy,
            category_id: None,
            tags: Vec::new(),
        }
    }

    /// The same, repeating like this.
    pub(super) fn repeating(self, recurrence: Option<RecurrenceDraft>) -> Self {
        Self { recurrence, ..self }
    }

    pub(crate) fn draft(self, own_zone: impl FnOnce() -> Zone) -> Result<Draft, CalendarError> {
        let mut errors = Vec::new();
        let start = moment("/start", &self.start, &mut errors);
        let end = self.end.as_deref().and_then(|text| moment("/end", text, &mut errors));
        let duration = self.duration.as_deref().and_then(|text| parse::<Length>("/duration", text, &mut errors));
        let zone = match &self.time_zone {
            Some(name) => parse::<Zone>("/time_zone", name, &mut errors),
            None => Some(own_zone()),
        };
        let reminders = match &self.reminders {
            None => RemindersDraft::Default,
            Some(drafts) => RemindersDraft::Given(rules(drafts, &mut errors)),
        };
        let repeat = self.recurrence.map(|recurrence| recurrence.draft(&mut errors));
        let late = late(self.late.as_ref(), &mut errors).unwrap_or_default();
        let (Some(start), Some(zone), true) = (start, zone, errors.is_empty()) else {
            return Err(CalendarError::Invalid(errors));
        };
        let span = SpanDraft { all_day: self.all_day, zone, start, end, duration: duration.map(Length::duration) };
        let Self { title, description, location, kind, busy, category_id, tags, .. } = self;
        let labels = LabelsDraft { category: category_id, tags };
        Ok(Draft { title, description, location, kind, busy, labels, span, repeat, reminders, late })
    }
}

/// Make a schedule
///
/// Its alarms are armed in the same transaction: once this is answered, the reminder is on disk and rings at its time, also
/// if the process is killed in between.
///
/// If it is busy and some of its time is taken, it is refused: `conflicts` lists at most 20 of what is there, each with the time of
/// yours that it `meets`; `free_slots` are the next gaps in which it fits (for whole days, runs of these) or, for a series,
/// other first occurrences of the same day.
#[utoipa::path(
    post, path = "/api/v1/schedules", tag = "schedules", request_body = NewSchedule, params(Taken),
    responses(
        (status = 201, description = "Made", body = ScheduleView, headers(("location" = String), ("etag" = String))),
        (status = 409, description = "`schedule.conflict`: the time is taken, see `conflicts` and `free_slots`; `schedule.calendar_too_dense`: there is more to compare than is looked at"),
    )
)]
pub(crate) async fn create(
    Extract(app): Extract<App>,
    caller: Caller,
    Query(Taken { on_conflict }): Query<Taken>,
    request: Write<NewSchedule>,
) -> Result<Response, Problem> {
    // The caller's own zone is only looked up when it is needed.
    let own_zone = match &request.body.time_zone {
        Some(_) => None,
        None => Some(calendar::own_zone(&app, &caller.0).await?),
    };
    let draft = request.body.draft(|| own_zone.unwrap_or_else(Zone::utc)).map_err(app::Error::from)?;
    let render = Arc::new(|schedule: &Schedule| {
        let location = format!("/api/v1/schedules/{}", schedule.id);
        created(&location, &etag(schedule.version), &ScheduleView::from(schedule))
    });
    let made = calendar::create(&app, &caller.0, draft, on_conflict.unwrap_or_default().into(), request.once, render).await;
    Ok(answer(made.map_err(refused)?))
}
