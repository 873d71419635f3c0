//! `PUT /api/v1/products/{product_id}/stock`

use app::{App, campaigns};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{named::OfProduct, products::shown, view::ProductView};
use crate::http::{Caller, IfMatch, Json, Path, Problem};

/// How many there are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StockRequest {
    /// A whole number from 0 to 2^53.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_992_i64, example = 12)]
    stock: i64,
}

/// Say how many there are of a product
///
/// Only this changes the stock: nobody who is told takes one.
#[utoipa::path(
    put, path = "/api/v1/products/{product_id}/stock", tag = "campaigns", request_body = StockRequest,
    params(OfProduct, ("if-match" = Option<String>, Header, description = "ETag, or *")),
    responses(
        (status = 200, description = "As it is now", body = ProductView, headers(("etag" = String))),
        (status = 412, description = "`product.version_mismatch`: it was changed meanwhile"),
        (status = 422, description = "`product.invalid`: the stock is below zero, or too large"),
    )
)]
pub(crate) async fn set_stock(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(of): Path<OfProduct>,
    if_match: IfMatch,
    Json(StockRequest { stock }): Json<StockRequest>,
) -> Result<Response, Problem> {
    let set = campaigns::set_stock(&app, &caller.0, (&of.product_id, if_match.into()), stock).await?;
    Ok(shown(StatusCode::OK, &set.seen))
}
