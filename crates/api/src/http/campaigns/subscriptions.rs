//! `/api/v1/products/{product_id}/subscriptions`: list, read, subscribe, leave.

use app::{App, campaigns, domain::campaigns::SubscriptionState};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    named::{OfProduct, OfSubscriber},
    view::SubscriptionView,
};
use crate::http::{Caller, Path, Problem, Query, json, page};

/// Which part of the line.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// `ACTIVE` unless given: those who wait. `NOTIFIED`: those who were told. `LEFT`: those who are not to be told.
    #[param(pattern = "^(ACTIVE|NOTIFIED|LEFT)$", example = "ACTIVE")]
    state: Option<String>,
    /// Rows of the page, 50 unless given; who asks for more than 200 gets 200.
    #[param(minimum = 1)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of the line of a product.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubscriptionPage {
    /// In order: who subscribed first comes first.
    items: Vec<SubscriptionView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// List who waits for a product
///
/// In the order in which they will be told.
#[utoipa::path(
    get, path = "/api/v1/products/{product_id}/subscriptions", tag = "campaigns",
    params(OfProduct, Asked),
    responses((status = 200, description = "A page", body = SubscriptionPage))
)]
pub(crate) async fn list_subscriptions(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(of): Path<OfProduct>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let state = asked.state.as_deref().map_or(Ok(SubscriptionState::Active), str::parse);
    let state = state.map_err(|unknown| page::invalid("/state", unknown.to_string()))?;
    let scope = format!("{} of {} of {}", state.as_str(), of.product_id, caller.0.user);
    let (after, limit) = page::part(&scope, asked.limit, asked.cursor.as_deref())?;
    let page = campaigns::subscribers(&app, &caller.0, (&of.product_id, state), after, limit).await?;
    let next_cursor = page.next.map(|next| next.encode(&scope));
    Ok(json(StatusCode::OK, &SubscriptionPage { items: page.items.iter().map(SubscriptionView::from).collect(), next_cursor }))
}

/// Read a subscription
///
/// Of a product of yours, or your own.
#[utoipa::path(
    get, path = "/api/v1/products/{product_id}/subscriptions/{user_id}", tag = "campaigns",
    params(OfSubscriber),
    responses(
        (status = 200, description = "As it is now", body = SubscriptionView),
        (status = 404, description = "`product.not_found`, or `subscription.not_found`: they never subscribed"),
    )
)]
pub(crate) async fn get_subscription(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(of): Path<OfSubscriber>,
) -> Result<Response, Problem> {
    let found = campaigns::subscriber(&app, &caller.0, (&of.product_id, &of.user_id)).await?;
    Ok(json(StatusCode::OK, &SubscriptionView::from(&found)))
}

/// Subscribe somebody to a product
///
/// They come to the end of the line; who waits already keeps their place. Being told once ends it. An owner subscribes whom they like, by
/// the id of an account or by what they call them; anybody else subscribes themself, by the id of their account, to a product named by its
/// `id`. Who left by themself comes back by themself only.
#[utoipa::path(
    put, path = "/api/v1/products/{product_id}/subscriptions/{user_id}", tag = "campaigns",
    params(OfSubscriber),
    responses(
        (status = 200, description = "They wait, and have subscribed before", body = SubscriptionView),
        (status = 201, description = "They wait for the first time", body = SubscriptionView),
        (status = 403, description = "`subscription.declined`: they left by themself"),
        (status = 404, description = "`product.not_found`, or `recipient.not_found`"),
        (status = 409, description = "`subscription.too_many` wait for it, or `recipient.too_many` are in the address book"),
        (status = 507, description = "No room left to keep it."),
    )
)]
pub(crate) async fn subscribe(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(of): Path<OfSubscriber>,
) -> Result<Response, Problem> {
    let (subscriber, is_first) = campaigns::subscribe(&app, &caller.0, (&of.product_id, &of.user_id)).await?;
    let status = if is_first { StatusCode::CREATED } else { StatusCode::OK };
    Ok(json(status, &SubscriptionView::from(&subscriber)))
}

/// End a subscription
///
/// Yours, or somebody's to a product of yours. Who does not wait is let go already.
#[utoipa::path(
    delete, path = "/api/v1/products/{product_id}/subscriptions/{user_id}", tag = "campaigns",
    params(OfSubscriber),
    responses(
        (status = 204, description = "They do not wait"),
        (status = 404, description = "`product.not_found`, or `recipient.not_found`: nobody can be called that"),
    )
)]
pub(crate) async fn unsubscribe(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(of): Path<OfSubscriber>,
) -> Result<StatusCode, Problem> {
    campaigns::leave(&app, &caller.0, (&of.product_id, &of.user_id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
