//! `GET /.well-known/jwks.json`

use app::App;
use axum::{
    extract::State as Extract,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::json;

/// A public key (RFC 7517, RFC 8037).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublicKeyView {
    #[schema(example = "OKP")]
    kty: &'static str,
    #[schema(example = "Ed25519")]
    crv: &'static str,
    #[schema(example = "EdDSA")]
    alg: &'static str,
    /// What it is for: signatures.
    #[serde(rename = "use")]
    #[schema(example = "sig")]
    purpose: &'static str,
    /// The `kid` of the tokens it verifies.
    kid: String,
    /// The key itself, base64url.
    x: String,
}

/// The public keys of this installation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeySetView {
    keys: Vec<PublicKeyView>,
}

/// Read the keys that verify access tokens
///
/// The first one signs; the others are of secrets that are being retired.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "identity",
    responses((status = 200, description = "A JSON Web Key Set", body = KeySetView))
)]
pub(crate) async fn key_set(Extract(app): Extract<App>) -> Response {
    let keys = app.keys().public_keys().into_iter().map(|key| PublicKeyView {
        kty: "OKP",
        crv: "Ed25519",
        alg: "EdDSA",
        purpose: "sig",
        kid: key.kid,
        x: key.x,
    });
    let set = KeySetView { keys: keys.collect() };
    ([(header::CACHE_CONTROL, "public, max-age=300")], json(StatusCode::OK, &set)).into_response()
}
