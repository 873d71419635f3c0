//! `POST /api/v1/products/{product_id}/notifications/re-stock`

use std::sync::Arc;

use app::{
    App,
    campaigns::rounds::{self, Forecast, Raised, Restock},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::Instant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{super::named::OfProduct, view::RoundView};
use crate::http::{Caller, IfMatch, OrEmpty, Path, Problem, Write, answer, etag, json, rendered};

/// How a round is asked for.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RestockRequest {
    /// How many there are from now on; as before, unless given.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_992_i64, example = 12)]
    stock: Option<i64>,
    /// Whether nobody is told before everybody before them is settled; as the product says, unless given.
    strict: Option<bool>,
    /// When the round ends in any case.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-12-01T00:00:00Z")]
    expires_at: Option<Instant>,
    /// Only say what a round would be: nothing happens, and nothing is kept.
    dry_run: bool,
}

/// What asking for a round would come to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RestockForecast {
    /// How many wait, and would be told.
    total: i64,
    /// The first ten of them, in order.
    first: Vec<WaitingRecipient>,
    /// How long telling them would take, if nothing is in the way: at the rate of this installation, and with the pauses between waves.
    seconds: i64,
    /// The number of the round that is under way: asking is answered with it, and begins nothing. Null: a new one would begin.
    under_way: Option<i64>,
}

/// Somebody who waits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitingRecipient {
    /// The id of their account, or what you call them.
    #[schema(example = "customer-7")]
    user_id: String,
    /// What they are called.
    #[schema(example = "Kim")]
    name: Option<String>,
}

impl From<Forecast> for RestockForecast {
    fn from(Forecast { total, first, seconds, under_way }: Forecast) -> Self {
        let first = first.into_iter().map(|(user_id, name)| WaitingRecipient { user_id, name }).collect();
        Self { total, first, seconds, under_way }
    }
}

/// Tell everybody who waits
///
/// Raises a round of those who wait now, and answers before anybody is told. While a round of the product is in progress or paused, the same
/// event again raises no other: that one is answered, and only the `stock` is taken over. With `dry_run` nothing happens, and the answer
/// says who would be told, and how long that would take; or which round is under way, and would be the answer.
#[utoipa::path(
    post, path = "/api/v1/products/{product_id}/notifications/re-stock", tag = "campaigns", request_body = Option<RestockRequest>,
    params(OfProduct, ("if-match" = Option<String>, Header, description = "ETag of the product, or *")),
    responses(
        (status = 200, description = "What a round would be (`dry_run`)", body = RestockForecast),
        (status = 202, description = "The round: a new one, or the one under way", body = RoundView, headers(("location" = String), ("etag" = String))),
        (status = 409, description = "`product.out_of_stock`: there is nothing to tell of"),
        (status = 412, description = "`product.version_mismatch`: the product was changed meanwhile"),
        (status = 422, description = "`product.invalid`: the stock is below zero, or too large; or `round.expires_in_the_past`"),
    )
)]
pub(crate) async fn restock(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(of): Path<OfProduct>,
    if_match: IfMatch,
    request: Write<OrEmpty<RestockRequest>>,
) -> Result<Response, Problem> {
    let Write { body: OrEmpty(RestockRequest { stock, strict, expires_at, dry_run }), once } = request;
    let (target, wish) = ((of.named()?, if_match.into()), Restock { stock, strict, expires_at });
    if dry_run {
        // An answer is kept with what happened, and nothing did.
        let forecast = rounds::forecast(&app, &caller.0, target, wish).await?;
        return Ok(json(StatusCode::OK, &RestockForecast::from(forecast)));
    }
    let render = Arc::new(|raised: &Raised| {
        let Raised { round: shown, .. } = raised;
        let location = format!("/api/v1/products/{}/rounds/{}", shown.key, shown.round.number);
        rendered(StatusCode::ACCEPTED, Some(&location), Some(&etag(shown.round.tag())), &RoundView::from(shown))
    });
    Ok(answer(rounds::restock(&app, &caller.0, target, wish, once, render).await?))
}
