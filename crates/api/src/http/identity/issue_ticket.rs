//! `POST /api/v1/auth/tickets`

use app::{App, identity};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{Caller, NoBody, Problem, Write, json};

/// A ticket.
#[derive(Serialize, ToSchema)]
pub(crate) struct TicketView {
    /// Goes into `?ticket=` of a stream, once.
    #[schema(example = "cmt_Zm9vYmFyYmF6…")]
    ticket: String,
    /// For how many seconds.
    #[schema(example = 30)]
    expires_in: u64,
}

/// Get a one-time ticket for a stream
///
/// For clients that cannot send a header: `EventSource`, and `WebSocket` in a browser. It ends with its session.
#[utoipa::path(
    post, path = "/api/v1/auth/tickets", tag = "identity",
    responses((status = 201, description = "Good once, for 30 seconds", body = TicketView))
)]
pub(crate) async fn issue_ticket(Extract(app): Extract<App>, caller: Caller, _: Write<NoBody>) -> Result<Response, Problem> {
    let ticket = identity::issue_ticket(&app, &caller.0).await?;
    Ok(json(StatusCode::CREATED, &TicketView { ticket: ticket.text, expires_in: ticket.expires_in_seconds }))
}
