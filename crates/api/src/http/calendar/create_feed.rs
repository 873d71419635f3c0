//! `POST /api/v1/calendar/feeds`

use std::sync::Arc;

use app::{
    App,
    calendar::icalendar::{self, NewFeed},
    domain::calendar::FeedRequest,
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::FeedView;
use crate::http::{Caller, Problem, State, Write, answer, rendered};

/// A feed that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedFeed {
    /// What to call it, 1 to 80 characters. The programs that read it show this name.
    #[schema(min_length = 1, max_length = 80, example = "Phone")]
    name: String,
    /// How much it shows: `busy` (when you are busy, and nothing else), `titles` (and what it is called), or `full`.
    #[schema(example = "titles")]
    privacy: String,
}

/// A feed and its address.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewFeedView {
    #[serde(flatten)]
    feed: FeedView,
    /// Where other programs read it. Whoever has it may read; it is shown this once.
    #[schema(format = "uri", example = "https://campanile.example/api/v1/calendar.ics?token=cmf_q3Zx…")]
    url: String,
}

/// Make a feed of your calendar
///
/// An address under which calendar programs (Google, Apple, Outlook, Thunderbird …) read it. A user has at most 10; deleting one
/// revokes its address. What is kept under an `Idempotency-Key` is encrypted, because it contains the address.
#[utoipa::path(
    post, path = "/api/v1/calendar/feeds", tag = "calendar", request_body = WantedFeed,
    responses(
        (status = 201, description = "The feed, with its address", body = NewFeedView),
        (status = 409, description = "`feed.too_many`"),
    )
)]
pub(crate) async fn create_feed(
    Extract(state): Extract<State>,
    Extract(app): Extract<App>,
    caller: Caller,
    request: Write<WantedFeed>,
) -> Result<Response, Problem> {
    let WantedFeed { name, privacy } = request.body;
    let wanted = FeedRequest::parse(&name, &privacy).map_err(Problem::of)?;
    let public_url = state.settings.public_url.clone();
    let render = Arc::new(move |new: &NewFeed| {
        let url = format!("{public_url}/api/v1/calendar.ics?token={}", new.secret);
        rendered(StatusCode::CREATED, None, None, &NewFeedView { feed: FeedView::from(&new.feed), url })
    });
    Ok(answer(icalendar::create_feed(&app, &caller.0, wanted, request.once, render).await?))
}
