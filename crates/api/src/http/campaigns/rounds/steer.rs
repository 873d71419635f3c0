//! `/api/v1/admin/products/{product_id}`: stop a round for a while, let it go on, end it.

use std::sync::Arc;

use app::{
    App, Rendered,
    campaigns::rounds::{self, Shown},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;

use super::{
    super::named::{OfProduct, OfRound},
    view::RoundView,
};
use crate::http::{Caller, IfMatch, NoBody, Path, Problem, Write, answer, etag, rendered};

fn shown(status: StatusCode) -> Arc<dyn Fn(&Shown) -> Rendered + Send + Sync> {
    Arc::new(move |shown| rendered(status, None, Some(&etag(shown.round.tag())), &RoundView::from(shown)))
}

/// Let the last round of a product go on
///
/// Where it stopped: nobody is told twice, and nobody is passed over. Of two who say so at the same moment, one is refused.
#[utoipa::path(
    post, path = "/api/v1/admin/products/{product_id}/notifications/re-stock", tag = "campaigns",
    params(OfProduct, ("if-match" = Option<String>, Header, description = "ETag of the round, or *")),
    responses(
        (status = 202, description = "It goes on", body = RoundView, headers(("etag" = String))),
        (status = 404, description = "`product.not_found`, or `round.not_found`: there was none yet"),
        (status = 409, description = "`round.in_progress`: it does already; `round.finished`: it is over; `round.sold_out`: nothing is in stock"),
        (status = 412, description = "`round.version_mismatch`: it was changed meanwhile"),
    )
)]
pub(crate) async fn resume_round(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(of): Path<OfProduct>,
    if_match: IfMatch,
    request: Write<NoBody>,
) -> Result<Response, Problem> {
    let resumed =
        rounds::resume(&app, &caller.0, (of.named()?, if_match.into()), request.once, shown(StatusCode::ACCEPTED)).await;
    Ok(answer(resumed?))
}

/// Hold up a round
///
/// Nobody is begun with after the answer, but for those of one permit (25 at the most); calls under way are answered.
#[utoipa::path(
    post, path = "/api/v1/admin/products/{product_id}/rounds/{round}/pause", tag = "campaigns",
    params(OfRound, ("if-match" = Option<String>, Header, description = "ETag of the round, or *")),
    responses(
        (status = 200, description = "It is held up", body = RoundView, headers(("etag" = String))),
        (status = 404, description = "`product.not_found`, or `round.not_found`"),
        (status = 409, description = "`round.not_in_progress`; `round.finished`"),
        (status = 412, description = "`round.version_mismatch`: it was changed meanwhile"),
    )
)]
pub(crate) async fn pause_round(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(of): Path<OfRound>,
    if_match: IfMatch,
    request: Write<NoBody>,
) -> Result<Response, Problem> {
    let (name, round) = of.named()?;
    let target = (name, round, if_match.into());
    let paused = rounds::pause(&app, &caller.0, target, request.once, shown(StatusCode::OK)).await;
    Ok(answer(paused?))
}

/// End a round
///
/// For good. Whom it did not reach still waits, in the old place.
#[utoipa::path(
    post, path = "/api/v1/admin/products/{product_id}/rounds/{round}/cancel", tag = "campaigns",
    params(OfRound, ("if-match" = Option<String>, Header, description = "ETag of the round, or *")),
    responses(
        (status = 200, description = "It is over", body = RoundView, headers(("etag" = String))),
        (status = 404, description = "`product.not_found`, or `round.not_found`"),
        (status = 409, description = "`round.finished`: it was over before"),
        (status = 412, description = "`round.version_mismatch`: it was changed meanwhile"),
    )
)]
pub(crate) async fn cancel_round(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(of): Path<OfRound>,
    if_match: IfMatch,
    request: Write<NoBody>,
) -> Result<Response, Problem> {
    let (name, round) = of.named()?;
    let target = (name, round, if_match.into());
    let canceled = rounds::cancel(&app, &caller.0, target, request.once, shown(StatusCode::OK)).await;
    Ok(answer(canceled?))
}
