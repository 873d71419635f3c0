//! `/api/v1/products/{product_id}/rounds`: list, read.

use app::{App, campaigns::rounds};
use axum::{
    Extension,
    extract::State as Extract,
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header};
use kernel::{Cursor, Instant};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    super::named::{OfProduct, OfRound},
    view::RoundView,
};
use crate::http::{Caller, Moving, Path, Problem, Query, etag, json, page::Part};

/// A page of the rounds of a product.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoundPage {
    /// Newest first.
    items: Vec<RoundView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// List the rounds of a product
#[utoipa::path(
    get, path = "/api/v1/products/{product_id}/rounds", tag = "campaigns",
    params(OfProduct, Part),
    responses((status = 200, description = "A page", body = RoundPage))
)]
pub(crate) async fn list_rounds(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(of): Path<OfProduct>,
    Query(part): Query<Part>,
) -> Result<Response, Problem> {
    let scope = format!("rounds of {} of {}", of.product_id, caller.0.user);
    let (after, limit) = part.of(&scope)?;
    // The number stands where lists have a time.
    let before = after.map(|after| after.at.as_micros());
    let mut shown = rounds::list(&app, &caller.0, of.named()?, before, limit + 1).await?;
    let goes_on = shown.len() > limit as usize;
    shown.truncate(limit as usize);
    let last = shown.last().filter(|_| goes_on).map(|last| Instant::from_micros(last.round.number));
    let next_cursor = last.map(|last| Cursor::new(last, uuid::Uuid::nil()).encode(&scope));
    Ok(json(StatusCode::OK, &RoundPage { items: shown.iter().map(RoundView::from).collect(), next_cursor }))
}

/// Read a round
///
/// The `ETag` is of its number and its `version`, which grows with every change of its status, not with how far it is.
#[utoipa::path(
    get, path = "/api/v1/products/{product_id}/rounds/{round}", tag = "campaigns",
    params(OfRound),
    responses(
        (status = 200, description = "As it is now", body = RoundView, headers(("etag" = String))),
        (status = 404, description = "`product.not_found`, or `round.not_found`"),
    )
)]
pub(crate) async fn get_round(Extract(app): Extract<App>, caller: Caller, Path(of): Path<OfRound>) -> Result<Response, Problem> {
    let shown = rounds::get(&app, &caller.0, of.named()?).await?;
    let tag = [(header::ETAG, etag(shown.round.tag()))];
    Ok((Extension(Moving), tag, json(StatusCode::OK, &RoundView::from(&shown))).into_response())
}
