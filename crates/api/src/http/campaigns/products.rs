//! `/api/v1/products`: put, list, read, delete.

use app::{
    App,
    campaigns::{self, Seen},
    domain::campaigns::ProductDraft,
};
use axum::{
    Extension,
    extract::State as Extract,
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{named::OfProduct, view::ProductView};
use crate::http::{Caller, IfMatch, Json, Moving, Path, Problem, Query, etag, json, page::Part};

/// What a product is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductRequest {
    /// One visible line, at most 200 characters.
    #[schema(min_length = 1, max_length = 200, example = "Bronze bell")]
    name: String,
    /// Whether nobody is told before everybody before them is. Otherwise only the order in which sending begins is kept.
    #[serde(default)]
    strict: bool,
    /// Tell so many for each item in stock, then nobody for `wait_seconds`, and so on. Without, everybody is told at once.
    #[schema(minimum = 1, maximum = 10_000)]
    per_item: Option<i64>,
    /// Goes with `per_item`.
    #[schema(minimum = 1, maximum = 86_400)]
    wait_seconds: Option<i64>,
}

/// A product as it is now, with its entity tag: that of its version, while people come and go and are told.
pub(super) fn shown(status: StatusCode, seen: &Seen) -> Response {
    let tag = [(header::ETAG, etag(seen.product.version))];
    (Extension(Moving), tag, json(status, &ProductView::from(seen))).into_response()
}

/// Make or change a product
///
/// You choose what it is called: 1 to 128 letters, digits, and `. _ ~ : -`, not beginning with `prd_`. Wherever a path takes that, it takes
/// the `id` of the product as well. The stock is set apart.
#[utoipa::path(
    put, path = "/api/v1/products/{product_id}", tag = "campaigns", request_body = ProductRequest,
    params(OfProduct, ("if-match" = Option<String>, Header, description = "ETag, or *")),
    responses(
        (status = 200, description = "As it is now", body = ProductView, headers(("etag" = String))),
        (status = 201, description = "Made", body = ProductView, headers(("location" = String), ("etag" = String))),
        (status = 409, description = "`product.too_many`: you have as many as one may have"),
        (status = 412, description = "`product.version_mismatch`: it was changed meanwhile"),
        (status = 422, description = "`product.invalid`"),
    )
)]
pub(crate) async fn put_product(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(of): Path<OfProduct>,
    if_match: IfMatch,
    Json(request): Json<ProductRequest>,
) -> Result<Response, Problem> {
    let ProductRequest { name: title, strict, per_item, wait_seconds } = request;
    let draft = ProductDraft { name: title, strict, per_item, wait_seconds };
    let (seen, is_new) = campaigns::put_product(&app, &caller.0, (&of.product_id, if_match.into()), draft).await?;
    if is_new {
        let location = [(header::LOCATION, format!("/api/v1/products/{}", seen.product.key))];
        return Ok((location, shown(StatusCode::CREATED, &seen)).into_response());
    }
    Ok(shown(StatusCode::OK, &seen))
}

/// A page of products.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProductPage {
    /// Oldest first.
    items: Vec<ProductView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// List your products
#[utoipa::path(
    get, path = "/api/v1/products", tag = "campaigns", params(Part),
    responses((status = 200, description = "A page", body = ProductPage))
)]
pub(crate) async fn list_products(
    Extract(app): Extract<App>,
    caller: Caller,
    Query(part): Query<Part>,
) -> Result<Response, Problem> {
    let scope = format!("products of {}", caller.0.user);
    let (after, limit) = part.of(&scope)?;
    let page = campaigns::products(&app, &caller.0, after, limit).await?;
    let next_cursor = page.next.map(|next| next.encode(&scope));
    Ok(json(StatusCode::OK, &ProductPage { items: page.items.iter().map(ProductView::from).collect(), next_cursor }))
}

/// Read a product
///
/// The `ETag` is its `version`, which grows with every change of the product itself, not with who waits for it or how far its last round is:
/// whoever asks again with it is answered in full.
#[utoipa::path(
    get, path = "/api/v1/products/{product_id}", tag = "campaigns",
    params(OfProduct),
    responses((status = 200, description = "As it is now", body = ProductView, headers(("etag" = String))))
)]
pub(crate) async fn get_product(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(of): Path<OfProduct>,
) -> Result<Response, Problem> {
    Ok(shown(StatusCode::OK, &campaigns::product(&app, &caller.0, &of.product_id).await?))
}

/// Delete a product
///
/// For good, and with it everybody who waited for it.
#[utoipa::path(
    delete, path = "/api/v1/products/{product_id}", tag = "campaigns",
    params(OfProduct, ("if-match" = Option<String>, Header, description = "ETag, or *")),
    responses(
        (status = 204, description = "Gone"),
        (status = 412, description = "`product.version_mismatch`: it was changed meanwhile"),
    )
)]
pub(crate) async fn delete_product(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(of): Path<OfProduct>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    campaigns::delete_product(&app, &caller.0, (&of.product_id, if_match.into())).await?;
    Ok(StatusCode::NO_CONTENT)
}
