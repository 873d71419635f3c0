//! `GET /api/v1/products/{product_id}/rounds/{round}/recipients`

use app::{
    App,
    campaigns::rounds::{self, Filter},
    domain::campaigns::{RowState, Who},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::{Cursor, Instant};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::named::OfRound,
    view::{RoundRecipientState, RoundRecipientView},
};
use crate::http::{Caller, Path, Problem, Query, json, page};

/// Which lines.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Those that stand there; all unless given.
    #[param(inline)]
    state: Option<RoundRecipientState>,
    /// That of one person: the id of an account, or what you call them.
    #[param(min_length = 1, max_length = 128, example = "customer-7")]
    user_id: Option<String>,
    /// Rows of the page, 50 unless given; who asks for more than 200 gets 200.
    #[param(minimum = 1)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of the ledger of a round.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoundRecipientPage {
    /// By position.
    items: Vec<RoundRecipientView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// Read the ledger of a round
///
/// A line for everybody who is in it, in the order in which they are told: what became of them, when, and why.
#[utoipa::path(
    get, path = "/api/v1/products/{product_id}/rounds/{round}/recipients", tag = "campaigns",
    params(OfRound, Asked),
    responses(
        (status = 200, description = "A page", body = RoundRecipientPage),
        (status = 404, description = "`product.not_found`, or `round.not_found`"),
    )
)]
pub(crate) async fn list_round_recipients(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(of): Path<OfRound>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let state = asked.state.map(RowState::from);
    let who = asked
        .user_id
        .as_deref()
        .map(|text| Who::read(text).ok_or_else(|| page::invalid("/user_id", "nobody can be called that")));
    let who = who.transpose()?.map(|who| who.external_id());
    let scope = format!("{state:?} of {who:?} in round {} of {} of {}", of.round, of.product_id, caller.0.user);
    let (after, limit) = page::part(&scope, asked.limit, asked.cursor.as_deref())?;
    // The position stands where lists have a time.
    let after = after.map_or(0, |after| after.at.as_micros());
    let filter = match (who, state) {
        (Some(who), _) => Filter::Of(who),
        (None, Some(state)) => Filter::At(state),
        (None, None) => Filter::All,
    };
    let mut page = rounds::ledger_page(&app, &caller.0, of.named()?, filter, after, limit).await?;
    page.lines.retain(|line| state.is_none_or(|state| line.state == state));
    let last = page.lines.last().filter(|_| page.goes_on).map(|last| Instant::from_micros(last.position));
    let next_cursor = last.map(|last| Cursor::new(last, uuid::Uuid::nil()).encode(&scope));
    let items = page.lines.iter().map(RoundRecipientView::from).collect();
    Ok(json(StatusCode::OK, &RoundRecipientPage { items, next_cursor }))
}
