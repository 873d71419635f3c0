//! Who is at the other end, as far as headers tell.

use std::convert::Infallible;

use app::identity::Client;
use axum::extract::FromRequestParts;
use axum_extra::extract::CookieJar;
use http::{header, request::Parts};

use super::cookies;
use crate::http::{Peer, State};

/// The sender of a request, and the refresh token its cookie carries.
pub(super) struct Sender {
    /// Address, user agent and device.
    pub(super) client: Client,
    /// The refresh token of the cookie.
    pub(super) refresh_token: Option<String>,
}

impl FromRequestParts<State> for Sender {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Infallible> {
        let Peer(address) = Peer::from_request_parts(parts, state).await?;
        let jar = CookieJar::from_headers(&parts.headers);
        let user_agent =
            parts.headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let client =
            Client { address, user_agent: user_agent.unwrap_or_default(), device: cookies::device(&jar, &state.settings) };
        Ok(Self { client, refresh_token: cookies::refresh_token(&jar, &state.settings) })
    }
}
