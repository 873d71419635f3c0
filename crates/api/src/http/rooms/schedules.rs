//! `/api/v1/rooms/{id}/schedules`: share, list, end.

use app::{App, domain::rooms::Share, rooms};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::{Instant, RoomId, ScheduleId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{Caller, Path, Problem, json};

/// A schedule that is shared with a room. Nothing else of it is shown
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SharedSchedule)]
pub(crate) struct ShareView {
    /// Its id.
    #[schema(value_type = String, example = "sch_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    schedule_id: ScheduleId,
    /// Whose it is.
    #[schema(value_type = String, example = "usr_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    shared_by: UserId,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    shared_at: Instant,
    /// One line.
    #[schema(example = "Stand-up")]
    title: String,
    /// Whole days: `start` and `end` are dates, `end` is the day after the last one.
    all_day: bool,
    /// The IANA zone `start` and `end` are meant in.
    #[schema(example = "Asia/Seoul")]
    time_zone: String,
    /// What the clock on the wall shows at the start; a date for whole days. Of a series, at the start of its first occurrence.
    #[schema(example = "2026-11-20T09:30:00")]
    start: String,
    /// What the clock on the wall shows at the end; a date for whole days.
    #[schema(example = "2026-11-20T10:00:00")]
    end: String,
    /// The instant of the start.
    #[schema(value_type = String, format = DateTime, example = "2026-11-20T00:30:00Z")]
    start_at: Instant,
    /// The instant of the end.
    #[schema(value_type = String, format = DateTime, example = "2026-11-20T01:00:00Z")]
    end_at: Instant,
    /// The rule it repeats by, as RFC 5545 writes it; null: it happens once.
    #[schema(example = "FREQ=WEEKLY;BYDAY=MO,WE")]
    rrule: Option<String>,
    /// Grows with every change of the schedule.
    version: i64,
}

impl From<&Share> for ShareView {
    fn from(share: &Share) -> Self {
        Self {
            schedule_id: share.schedule,
            shared_by: share.by,
            shared_at: share.at,
            title: share.title.clone(),
            all_day: share.all_day,
            time_zone: share.zone.clone(),
            start: share.start.named(share.all_day),
            end: share.end.named(share.all_day),
            start_at: share.start_at,
            end_at: share.end_at,
            rrule: share.rrule.clone(),
            version: share.version,
        }
    }
}

/// All that is shared.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShareList {
    /// The first that was shared coming first; all of them, at most 200.
    schedules: Vec<ShareView>,
}

/// List the schedules shared with a room
///
/// As they are now: what it is called, when, and whether it repeats.
#[utoipa::path(
    get, path = "/api/v1/rooms/{id}/schedules", tag = "rooms", params(("id" = String, Path, description = "The room")),
    responses((status = 200, description = "All of them", body = ShareList))
)]
pub(crate) async fn list_schedules(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<RoomId>,
) -> Result<Response, Problem> {
    let schedules = rooms::shares(&app, &caller.0, id).await?.iter().map(ShareView::from).collect();
    Ok(json(StatusCode::OK, &ShareList { schedules }))
}

/// Share a schedule with a room
///
/// For members and owners, a schedule of their own. Those in the room see from now on what it is called and when it is, and are told when
/// that changes, until the share ends: you end it, or an owner of the room does, you leave, or the schedule is deleted. Again changes nothing.
#[utoipa::path(
    put, path = "/api/v1/rooms/{id}/schedules/{schedule_id}", tag = "rooms",
    params(("id" = String, Path, description = "The room"), ("schedule_id" = String, Path, description = "A schedule of yours")),
    responses(
        (status = 200, description = "As it is shared", body = ShareView),
        (status = 404, description = "`room.not_found`, or `schedule.not_found`"),
        (status = 409, description = "`room.too_many_schedules`, or `room.shared_too_often`"),
    )
)]
pub(crate) async fn share_schedule(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(target): Path<(RoomId, ScheduleId)>,
) -> Result<Response, Problem> {
    Ok(json(StatusCode::OK, &ShareView::from(&rooms::share(&app, &caller.0, target).await?)))
}

/// End the share of a schedule
///
/// For whose it is, and for owners of the room.
#[utoipa::path(
    delete, path = "/api/v1/rooms/{id}/schedules/{schedule_id}", tag = "rooms",
    params(("id" = String, Path, description = "The room"), ("schedule_id" = String, Path, description = "The schedule")),
    responses(
        (status = 204, description = "It is shared no longer"),
        (status = 404, description = "`room.not_found`, or `room.item_not_found`"),
    )
)]
pub(crate) async fn end_share(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(target): Path<(RoomId, ScheduleId)>,
) -> Result<StatusCode, Problem> {
    rooms::end_share(&app, &caller.0, target).await?;
    Ok(StatusCode::NO_CONTENT)
}
