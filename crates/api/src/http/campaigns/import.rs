//! `POST /api/v1/products/{product_id}/subscriptions/import`

use std::sync::Arc;

use app::{
    App,
    campaigns::{self, Imported},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::{named::OfProduct, refused};
use crate::http::{Caller, Path, PeopleFile, Problem, Write, answer, rendered};

/// What came of a list of people
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubscriptionImport {
    /// Lines it has, without the first.
    lines: usize,
    /// People who came to the end of the line.
    subscribed: usize,
    /// People who waited already and keep their place, and lines that name somebody once more.
    kept: usize,
    /// People who left by themself, and are not brought back.
    declined: usize,
    /// People who are new in your address book.
    recipients: usize,
}

impl From<&Imported> for SubscriptionImport {
    fn from(&Imported { lines, subscribed, kept, declined, recipients }: &Imported) -> Self {
        Self { lines, subscribed, kept, declined, recipients }
    }
}

/// Subscribe everybody on a list
///
/// Comma-separated values (RFC 4180) in UTF-8, at most 50,000 lines and 8 MiB. The first line names the columns: `external_id`, with `name`,
/// `email`, `locale` and `time_zone` as far as you like, or `user_id`, or both, of which each line has one. The order of the lines is the
/// order of subscribing. Who has no account comes into your address book; what a list has no column for stays there as it is. All of the
/// list or nothing.
#[utoipa::path(
    post, path = "/api/v1/products/{product_id}/subscriptions/import", tag = "campaigns",
    params(OfProduct),
    request_body(content = String, content_type = "text/csv", description = "The list"),
    responses(
        (status = 200, description = "What came of it", body = SubscriptionImport),
        (status = 413, description = "`body.too_large`: more than 8 MiB"),
        (status = 415, description = "`body.unsupported_media_type`: not `text/csv` in UTF-8; or `body.unsupported_encoding`: compressed"),
        (
            status = 422,
            description = "`subscription.bad_lines`: `lines` names the first 100 with `line`, `code` and `detail`, `bad_lines` says how \
                           many there are; or `subscription.too_many_lines`"
        ),
    )
)]
pub(crate) async fn import_subscriptions(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(of): Path<OfProduct>,
    request: Write<PeopleFile>,
) -> Result<Response, Problem> {
    let render = Arc::new(|imported: &Imported| rendered(StatusCode::OK, None, None, &SubscriptionImport::from(imported)));
    let PeopleFile(file) = request.body;
    let imported = campaigns::import(&app, &caller.0, (&of.product_id, file.to_vec()), request.once, render).await;
    Ok(answer(imported.map_err(refused)?))
}
