//! The OpenAPI document, generated from the endpoints.

use utoipa::{
    OpenApi,
    openapi::path::{HttpMethod, Operation},
};

use super::Access;

#[derive(OpenApi)]
#[openapi(info(title = "Campanile", description = "Calendar, durable alarms, inbox and live streams."))]
struct Base;

/// The document, pretty and stable: the same code writes the same text.
pub fn openapi_json() -> String {
    let document = super::all_routes().document(Base::openapi());
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// Writes into an operation what follows from its access and shape.
pub(crate) fn complete(_operation: &mut Operation, _access: Access, _method: &HttpMethod, _path: &str) {}
