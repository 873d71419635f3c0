//! `POST /api/v1/notifications/read`

use std::sync::Arc;

use app::{
    App,
    notify::{self, Marked, UpTo},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::{Category, NotificationId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::UnreadView;
use crate::http::{Caller, Problem, Write, answer, rendered};

/// How far: either `up_to` or `all`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MarkUpTo {
    /// This notification and all older ones.
    #[schema(value_type = Option<String>, example = "ntf_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    up_to: Option<NotificationId>,
    /// `true`: all there are at this moment.
    all: Option<bool>,
}

/// What was marked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MarkedView {
    /// How many became read.
    marked: u64,
    /// The count afterwards.
    unread: UnreadView,
    /// One call marks at most 10,000, the oldest first. `true`: there may be more, call again.
    has_more: bool,
}

impl From<&Marked> for MarkedView {
    fn from(marked: &Marked) -> Self {
        Self { marked: marked.marked, unread: marked.unread.into(), has_more: marked.has_more }
    }
}

/// Mark notifications as read
///
/// From the oldest up to and including a given one, or all of them. Again changes nothing.
#[utoipa::path(
    post, path = "/api/v1/notifications/read", tag = "notifications", request_body = MarkUpTo,
    responses(
        (status = 200, description = "What was marked", body = MarkedView),
        (status = 404, description = "`notification.not_found`: there is no such notification, or it is not yours"),
    )
)]
pub(crate) async fn mark_up_to(
    Extract(app): Extract<App>,
    caller: Caller,
    request: Write<MarkUpTo>,
) -> Result<Response, Problem> {
    let up_to = match request.body {
        MarkUpTo { up_to: Some(id), all: None | Some(false) } => UpTo::Notification(id),
        MarkUpTo { up_to: None, all: Some(true) } => UpTo::All,
        _ => {
            let problem = Problem::new(Category::Invalid, "body.invalid", "the body does not say how far: see `errors`");
            return Err(problem.field("", "give either up_to, or all: true"));
        }
    };
    let shown = |marked: &Marked| rendered(StatusCode::OK, None, None, &MarkedView::from(marked));
    Ok(answer(notify::mark_up_to(&app, &caller.0, up_to, request.once, Arc::new(shown)).await?))
}
