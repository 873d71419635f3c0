//! Requests that a web page of somebody else makes a browser send.

use axum::extract::Request;
use axum::response::Response;

use super::{EdgeSettings, Problem};

/// Refuses what another site's page made a browser send with this site's cookies (cross-site request forgery).
pub(crate) fn check(_request: &Request, _settings: &EdgeSettings) -> Result<(), Problem> {
    Ok(())
}

/// The answer to a preflight, if this is one.
pub(crate) fn preflight(_request: &Request, _settings: &EdgeSettings) -> Option<Response> {
    None
}
