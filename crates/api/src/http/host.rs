//! The names this server answers to on the machine it runs on.
//!
//! A web page can have its own name resolve to 127.0.0.1 (DNS rebinding): then the browser takes what listens there for a part of
//! the page, and the page reads what is open to peers of this machine. The browser still sends the page's name as `Host`. So
//! who comes over the loopback must name an address, a loopback name, or the configured `http.public_url`. Other peers may use any
//! name: names inside of a network are its operator's, and nothing is open to them that needs no credential.

use http::{HeaderMap, StatusCode, Uri, header, uri::Authority};

use super::{ConnectionPeer, Problem};

/// Whether `request` comes from this machine under a name that is not known; the refusal, if so.
pub(crate) fn refuse_unknown<B>(request: &http::Request<B>, public_url: &str) -> Result<(), Problem> {
    let is_local = request.extensions().get::<ConnectionPeer>().is_some_and(|peer| peer.0.ip().to_canonical().is_loopback());
    if !is_local || named(request.headers(), request.uri()).is_none_or(|name| is_known(&name, public_url)) {
        return Ok(());
    }
    Err(Problem::of_status(
        StatusCode::MISDIRECTED_REQUEST,
        "edge.unknown_host",
        "on this machine the server answers to localhost, to addresses, and to the name in `http.public_url`",
    ))
}

/// The host that is asked for. HTTP/1.0 need not name one, and no browser speaks it.
fn named(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let host = headers.get(header::HOST).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    host.or_else(|| uri.authority().map(ToString::to_string))
}

fn is_known(name: &str, public_url: &str) -> bool {
    let Ok(authority) = name.parse::<Authority>() else { return false };
    let host = authority.host().trim_end_matches('.').to_ascii_lowercase();
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    literal.parse::<std::net::IpAddr>().is_ok()
        || host == "localhost"
        || host.ends_with(".localhost")
        || public_url.parse::<Uri>().is_ok_and(|url| url.host().is_some_and(|public| public.eq_ignore_ascii_case(&host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_loopback_names_and_the_configured_name_are_known() {
        for known in [
            "127.0.0.1",
            "127.0.0.1:8080",
            "[::1]:8080",
            "[::1]",
            "192.168.1.5:80",
            "localhost",
            "LOCALHOST:8080",
            "localhost.",
            "a.localhost:1",
            "campanile.example",
            "Campanile.Example:443",
            "campanile.example.",
        ] {
            assert!(is_known(known, "https://campanile.example"), "{known}");
        }
        for unknown in [
            "",
            "evil.example",
            "localhost.evil.example",
            "evillocalhost",
            "campanile.example.evil",
            "127.0.0.1.evil.example",
            "a b",
            "x.campanile.example",
            "user@localhost@evil.example",
        ] {
            assert!(!is_known(unknown, "https://campanile.example"), "{unknown}");
        }
        assert!(!is_known("campanile.example", ""), "nothing is configured");
    }
}
