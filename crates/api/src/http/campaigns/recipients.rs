//! `/api/v1/recipients`: put, list, read, delete.

use app::{App, campaigns, domain::campaigns::Recipient};
use axum::{
    extract::State as Extract,
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{named::OfRecipient, view::RecipientView};
use crate::http::{Caller, IfMatch, Json, Path, Problem, Query, etag, json, page::Part};

/// What there is to say of somebody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecipientRequest {
    /// What they are called.
    #[schema(min_length = 1, max_length = 80, example = "Kim")]
    name: Option<String>,
    /// Their address.
    #[schema(max_length = 254, example = "kim@example.org")]
    email: Option<String>,
    /// Their language, as a BCP 47 tag; what is not spoken here counts as English.
    #[schema(max_length = 35, example = "ko")]
    locale: Option<String>,
    /// Their zone, as IANA calls it.
    #[schema(max_length = 64, example = "Asia/Seoul")]
    time_zone: Option<String>,
}

fn shown(status: StatusCode, recipient: &Recipient) -> Response {
    ([(header::ETAG, etag(recipient.version))], json(status, &RecipientView::from(recipient))).into_response()
}

/// Keep somebody in your address book
///
/// Somebody whom you can tell of your products, and who needs no account. You choose what they are called: 1 to 128 characters, percent-encoded,
/// not beginning with `usr_`. All of what is kept is what you send. Who has an account comes into the book when they are subscribed.
#[utoipa::path(
    put, path = "/api/v1/recipients/{external_id}", tag = "campaigns", request_body = RecipientRequest,
    params(OfRecipient, ("if-match" = Option<String>, Header, description = "ETag, or *")),
    responses(
        (status = 200, description = "As they are kept now", body = RecipientView, headers(("etag" = String))),
        (status = 201, description = "New in the book", body = RecipientView, headers(("etag" = String))),
        (status = 409, description = "`recipient.too_many`: there are as many in it as may be"),
        (status = 412, description = "`recipient.version_mismatch`: it was changed meanwhile"),
        (status = 422, description = "`recipient.invalid`"),
    )
)]
pub(crate) async fn put_recipient(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(of): Path<OfRecipient>,
    if_match: IfMatch,
    Json(request): Json<RecipientRequest>,
) -> Result<Response, Problem> {
    let RecipientRequest { name, email, locale, time_zone } = &request;
    let fields = [name, email, locale, time_zone].map(Option::as_deref);
    let (recipient, is_new) = campaigns::put_recipient(&app, &caller.0, (&of.external_id, if_match.into()), fields).await?;
    Ok(shown(if is_new { StatusCode::CREATED } else { StatusCode::OK }, &recipient))
}

/// A page of an address book.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecipientPage {
    /// By what you call them.
    items: Vec<RecipientView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// List your address book
#[utoipa::path(
    get, path = "/api/v1/recipients", tag = "campaigns", params(Part),
    responses((status = 200, description = "A page", body = RecipientPage))
)]
pub(crate) async fn list_recipients(
    Extract(app): Extract<App>,
    caller: Caller,
    Query(part): Query<Part>,
) -> Result<Response, Problem> {
    let scope = format!("recipients of {}", caller.0.user);
    let (after, limit) = part.of(&scope)?;
    let page = campaigns::recipients(&app, &caller.0, after, limit).await?;
    let next_cursor = page.next.map(|next| next.encode(&scope));
    Ok(json(StatusCode::OK, &RecipientPage { items: page.items.iter().map(RecipientView::from).collect(), next_cursor }))
}

/// Read somebody in your address book
#[utoipa::path(
    get, path = "/api/v1/recipients/{external_id}", tag = "campaigns",
    params(OfRecipient),
    responses((status = 200, description = "As they are kept now", body = RecipientView, headers(("etag" = String))))
)]
pub(crate) async fn get_recipient(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(of): Path<OfRecipient>,
) -> Result<Response, Problem> {
    Ok(shown(StatusCode::OK, &campaigns::recipient(&app, &caller.0, &of.external_id).await?))
}

/// Take somebody out of your address book
///
/// Their subscriptions to your products end. What is left of them is what you called them, where a round names it.
#[utoipa::path(
    delete, path = "/api/v1/recipients/{external_id}", tag = "campaigns",
    params(OfRecipient, ("if-match" = Option<String>, Header, description = "ETag, or *")),
    responses(
        (status = 204, description = "Gone"),
        (status = 412, description = "`recipient.version_mismatch`: it was changed meanwhile"),
    )
)]
pub(crate) async fn delete_recipient(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(of): Path<OfRecipient>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    campaigns::delete_recipient(&app, &caller.0, (&of.external_id, if_match.into())).await?;
    Ok(StatusCode::NO_CONTENT)
}
