//! How the front door is configured; every field has a default that is safe.

use std::{net::IpAddr, sync::Arc, time::Duration};

use super::WebPage;

/// What the wiring tells the front door.
#[derive(Clone, Debug)]
pub struct EdgeSettings {
    /// Scheme, host and port under which people reach this installation, without a trailing slash
    /// (`https://campanile.example`). Its scheme decides on HSTS and on `Secure` cookies.
    pub public_url: String,
    /// Origins of other web pages that may call the API from a browser, spelled exactly (`https://app.example`).
    pub cors_origins: Vec<String>,
    /// Addresses of reverse proxies whose `X-Forwarded-For` is believed. From anybody else it is ignored.
    pub trusted_proxies: Vec<IpAddr>,
    /// Who may read `/metrics` here.
    pub metrics: MetricsDoor,
    /// How much is enough.
    pub limits: Limits,
    /// What a browser is shown; a page that says how to build it, if it has no files.
    pub page: Arc<WebPage>,
}

impl Default for EdgeSettings {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            metrics: MetricsDoor::Loopback,
            limits: Limits::default(),
            page: Arc::default(),
        }
    }
}

impl EdgeSettings {
    /// Whether people reach this installation over TLS.
    pub fn https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// Whether cookies are `Secure` and carry the `__Host-` prefix. Browsers keep such cookies over TLS and from this machine's
    /// own loopback names; under any other plain address (a development host) they would be dropped, so there the cookies go
    /// without.
    pub(crate) fn secure_cookies(&self) -> bool {
        let host = self.public_url.strip_prefix("http://").unwrap_or_default();
        let host = host.split(['/', '?']).next().unwrap_or_default();
        let name = host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).map_or(host, |(name, _)| name);
        self.https() || name == "localhost" || name.ends_with(".localhost") || name == "127.0.0.1" || name == "[::1]"
    }
}

/// Who may read `/metrics` on the main listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsDoor {
    /// Nobody: there is a listener of its own for it, or none.
    Closed,
    /// Peers on the same machine that do not forward for somebody else.
    Loopback,
    /// Everybody who reaches the listener.
    Open,
}

/// Limits of one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests under way at once; one more is answered 503.
    pub in_flight: usize,
    /// Requests under way at once for one user or key; one more is answered 429.
    pub in_flight_per_principal: usize,
    /// Live streams open at once from one address; one more is answered 429. Programs on this machine are not counted.
    pub streams_per_address: usize,
    /// How long a request may take; then 503, and its result is unknown. Streams are exempt.
    pub request_timeout: Duration,
    /// How long a body may take to arrive; then 408.
    pub body_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_flight: 4_096,
            in_flight_per_principal: 100,
            streams_per_address: 1_000,
            request_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(15),
        }
    }
}
