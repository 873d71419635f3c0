//! From where a request comes.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderName, request::Parts};

use crate::http::{EdgeSettings, State};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address the connection came from; [`crate::serve`] puts it on each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConnectionPeer(pub SocketAddr);

/// The address of the client, for limits per address. `None` only where there is no connection (a test that calls the
/// router directly).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer(pub Option<IpAddr>);

impl FromRequestParts<State> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Infallible> {
        let connection = parts.extensions.get::<ConnectionPeer>().map(|peer| peer.0.ip().to_canonical());
        Ok(Self(connection.map(|peer| client(peer, &parts.headers, &state.settings))))
    }
}

/// Walks `X-Forwarded-For` from the right as long as the hops are trusted proxies: the first other address is the client.
/// What stands left of it was written by the client and proves nothing.
fn client(connection: IpAddr, headers: &HeaderMap, settings: &EdgeSettings) -> IpAddr {
    let mut hops = headers
        .get_all(X_FORWARDED_FOR)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect::<Vec<_>>();
    let mut client = connection;
    while settings.trusted_proxies.contains(&client) {
        match hops.pop().and_then(|hop| hop.trim().parse::<IpAddr>().ok()) {
            Some(hop) => client = hop.to_canonical(),
            None => break,
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_forwarded_address_counts_only_behind_a_trusted_proxy() {
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        let settings =
            EdgeSettings { trusted_proxies: vec![address("10.0.0.1"), address("10.0.0.2")], ..EdgeSettings::default() };
        let seen = |connection: &str, forwarded: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(X_FORWARDED_FOR, HeaderValue::from_static(forwarded));
            client(address(connection), &headers, &settings).to_string()
        };
        assert_eq!(seen("10.0.0.1", "203.0.113.7"), "203.0.113.7");
        assert_eq!(seen("10.0.0.1", "1.1.1.1, 203.0.113.7, 10.0.0.2"), "203.0.113.7");
        assert_eq!(seen("203.0.113.9", "1.1.1.1"), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", "nonsense"), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", "::ffff:203.0.113.7"), "203.0.113.7");
    }
}
