//! `PATCH /api/v1/users/me`

use std::sync::Arc;

use app::{
    App, Rendered,
    domain::identity::{ProfileRequest, QuietRequest, User},
    identity::{self, BasedOn},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::view::{QuietHoursView, UserView};
use crate::http::{Caller, IfMatch, Problem, Write, answer, etag, rendered};

/// What shall change; what is not given stays. The e-mail address is not among it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserChange {
    /// 1 to 80 characters on one line.
    #[schema(min_length = 1, max_length = 80, example = "Kim")]
    display_name: Option<String>,
    /// Where new schedules are placed; those that exist keep their own zone.
    #[schema(example = "Asia/Seoul")]
    time_zone: Option<String>,
    /// BCP 47; the nearest of `en` and `ko` is taken.
    #[schema(example = "ko")]
    locale: Option<String>,
    /// ISO 8601, at most four weeks: the lead of reminders nobody specified.
    #[schema(example = "PT30M")]
    default_reminder_lead: Option<String>,
    /// How much you mean to work on each day, at most 86400; 0 is no goal.
    #[schema(minimum = 0, maximum = 86_400, example = 14_400)]
    daily_goal_seconds: Option<i64>,
    /// `monday`, `sunday` or `saturday`: the first day of a week in statistics.
    #[schema(example = "monday")]
    week_start: Option<String>,
    /// When you do not want to be told, in your zone; null: it is never quiet.
    #[serde(default)]
    #[schema(value_type = Option<QuietHoursView>)]
    quiet_hours: QuietHoursChange,
    /// When you get up, in your zone.
    #[schema(example = "07:00")]
    wake_at: Option<String>,
    /// When you go to sleep; the same as `wake_at`: never.
    #[schema(example = "23:00")]
    sleep_at: Option<String>,
}

/// What a change says of the quiet hours: `null` is not the same as nothing at all.
#[derive(Debug, Default)]
enum QuietHoursChange {
    /// Nothing: they stay.
    #[default]
    Unsaid,
    /// `null`: it is never quiet.
    Null,
    /// These from now on.
    Given(QuietHoursView),
}

impl<'de> Deserialize<'de> for QuietHoursChange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Given))
    }
}

impl QuietHoursChange {
    fn request(&self) -> QuietRequest<'_> {
        match self {
            Self::Unsaid => QuietRequest::Unsaid,
            Self::Null => QuietRequest::Never,
            Self::Given(QuietHoursView { start, end, days }) => QuietRequest::Given(start, end, days.as_deref()),
        }
    }
}

/// Change your account
///
/// Needs `If-Match` with the ETag of the version that was changed, or `*`.
#[utoipa::path(
    patch, path = "/api/v1/users/me", tag = "identity", request_body = UserChange,
    params(("if-match" = Option<String>, Header, description = "ETag, or *")),
    responses(
        (status = 200, description = "As it is now", body = UserView, headers(("etag" = String))),
        (status = 412, description = "`identity.version_mismatch`: it was changed meanwhile"),
        (status = 428, description = "`identity.version_required`: send If-Match"),
    )
)]
pub(crate) async fn change_profile(
    Extract(app): Extract<App>,
    caller: Caller,
    if_match: IfMatch,
    request: Write<UserChange>,
) -> Result<Response, Problem> {
    let UserChange { display_name, time_zone, locale, default_reminder_lead, week_start, quiet_hours, wake_at, sleep_at, .. } =
        &request.body;
    let change = ProfileRequest {
        display_name: display_name.as_deref(),
        time_zone: time_zone.as_deref(),
        locale: locale.as_deref(),
        default_reminder_lead: default_reminder_lead.as_deref(),
        daily_goal_seconds: request.body.daily_goal_seconds,
        week_start: week_start.as_deref(),
        quiet_hours: quiet_hours.request(),
        wake_at: wake_at.as_deref(),
        sleep_at: sleep_at.as_deref(),
    };
    let change = change.parse().map_err(Problem::of)?;
    let based_on = match if_match {
        IfMatch::Missing => None,
        IfMatch::Any => Some(BasedOn::Any),
        IfMatch::Version(version) => Some(BasedOn::Version(version)),
    };
    Ok(answer(identity::change_profile(&app, &caller.0, based_on, change, request.once, Arc::new(shown)).await?))
}

fn shown(user: &User) -> Rendered {
    rendered(StatusCode::OK, None, Some(&etag(user.version)), &UserView::from(user))
}
