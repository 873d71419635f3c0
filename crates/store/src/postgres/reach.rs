//! How a server is reached: what its URL says, and whether the way there is encrypted.
//!
//! ```text
//!   sslmode=                        Unix socket   loopback         any other host
//!   (not given), allow, prefer      plain         plain            TLS, verified
//!   disable                         plain         plain            plain
//!   require, verify-ca, verify-full plain         TLS, verified    TLS, verified
//! ```
//!
//! Verified means the whole of it: the chain up to a known authority, and the name of the host. `allow` and `prefer` are as if
//! nothing was given, because neither keeps anybody on the way from turning TLS off. A file of authorities asks for TLS over the
//! loopback too. PostgreSQL knows no TLS on Unix sockets.

use std::{net::IpAddr, path::Path};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::StoreError;

/// What every session of ours is: durable commits, no statement or idle transaction that holds locks for ever. A statement is planned
/// once for all values, as the tests of the hot reads have it planned: for many, planning takes longer than running.
const SESSION: &str = "-c synchronous_commit=on -c statement_timeout=30s -c lock_timeout=10s \
     -c idle_in_transaction_session_timeout=5s -c timezone=UTC -c jit=off -c plan_cache_mode=force_generic_plan";

/// The connection parameters of `url`. Its own `options` stay; ours come after them, and the last one wins.
pub(super) fn parameters(url: &str, ca_file: Option<&Path>) -> Result<Config, StoreError> {
    // The driver's complaint may quote the URL, and with it the password.
    let invalid = |_| StoreError::Misconfigured("the database URL is not valid".to_owned());
    let mut config: Config = with_known_mode(url)?.parse().map_err(invalid)?;
    let encrypted = match (config.get_ssl_mode(), distance(&config)) {
        (SslMode::Disable, _) | (_, Distance::Socket) => false,
        (SslMode::Require, _) | (_, Distance::Network) => true,
        (_, Distance::Loopback) => ca_file.is_some(),
    };
    config.ssl_mode(if encrypted { SslMode::Require } else { SslMode::Disable });
    let options = config.get_options().map_or_else(|| SESSION.to_owned(), |own| format!("{own} {SESSION}"));
    config.options(options);
    Ok(config)
}

/// The URL with the `sslmode`s of other programs spelled as those of the driver, which knows three.
fn with_known_mode(url: &str) -> Result<String, StoreError> {
    // As the driver divides it: the login may hold a question mark, and the parameters begin after it.
    let login = url.find('@').map_or(0, |at| at + 1);
    let Some(query) = url[login..].find('?').map(|at| login + at + 1) else { return Ok(url.to_owned()) };
    let known = |parameter| match parameter {
        "sslmode=disable" | "sslmode=prefer" | "sslmode=require" => Ok(parameter),
        "sslmode=allow" => Ok("sslmode=prefer"),
        "sslmode=verify-ca" | "sslmode=verify-full" => Ok("sslmode=require"),
        other if other.starts_with("sslmode=") => Err(StoreError::Misconfigured(
            "sslmode in the database URL must be disable, allow, prefer, require, verify-ca or verify-full".to_owned(),
        )),
        other => Ok(other),
    };
    let parameters: Vec<&str> = url[query..].split('&').map(known).collect::<Result<_, _>>()?;
    Ok(format!("{}{}", &url[..query], parameters.join("&")))
}

/// How far the server is away: over the network, others may listen.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Distance {
    Socket,
    Loopback,
    Network,
}

/// The farthest of the hosts. Where there is a `hostaddr`, it is where the connection really goes.
fn distance(config: &Config) -> Distance {
    let of_address = |address: IpAddr| if address.to_canonical().is_loopback() { Distance::Loopback } else { Distance::Network };
    let of_host = |host: &Host| match host {
        Host::Unix(_) => Distance::Socket,
        Host::Tcp(name) if name.eq_ignore_ascii_case("localhost") => Distance::Loopback,
        Host::Tcp(name) => name.parse().map_or(Distance::Network, of_address),
    };
    let farthest = match config.get_hostaddrs() {
        [] => config.get_hosts().iter().map(of_host).max(),
        addresses => addresses.iter().copied().map(of_address).max(),
    };
    // Without any host there is no connection at all.
    farthest.unwrap_or(Distance::Network)
}

/// TLS with the platform's authorities, or with those of a file in their place.
pub(super) fn tls(ca_file: Option<&Path>) -> Result<MakeRustlsConnect, StoreError> {
    use rustls_platform_verifier::ConfigVerifierExt as _;
    let config = match ca_file {
        Some(path) => ClientConfig::builder().with_root_certificates(authorities(path)?).with_no_client_auth(),
        None => ClientConfig::with_platform_verifier().map_err(|e| StoreError::Misconfigured(format!("TLS: {e}")))?,
    };
    Ok(MakeRustlsConnect::new(config))
}

fn authorities(path: &Path) -> Result<RootCertStore, StoreError> {
    let refused = |why: &dyn std::fmt::Display| {
        StoreError::Misconfigured(format!("the certificates of postgres.ca_file, {}: {why}", path.display()))
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|e| refused(&e))? {
        roots.add(certificate.map_err(|e| refused(&e))?).map_err(|e| refused(&e))?;
    }
    if roots.is_empty() { Err(refused(&"there is none in PEM format")) } else { Ok(roots) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encrypted(url: &str, ca_file: Option<&Path>) -> Option<bool> {
        parameters(url, ca_file).ok().map(|config| config.get_ssl_mode() == SslMode::Require)
    }

    #[test]
    fn only_the_way_within_this_machine_is_plain_unless_the_url_says_so() {
        let table = [
            ("postgres://a@localhost/b", Some(false)),
            ("postgres://a@127.0.0.1:5432/b", Some(false)),
            ("postgres://a@[::1]/b", Some(false)),
            ("postgres://a@%2Frun%2Fpostgresql/b", Some(false)),
            ("postgres://a@%2Frun%2Fpostgresql/b?sslmode=require", Some(false)),
            ("postgres://a@db.internal/b", Some(true)),
            ("postgres://a@localhost,db.internal/b", Some(true)),
            ("postgres://a@localhost/b?hostaddr=10.0.0.1", Some(true)),
            ("postgres://a@db.internal/b?hostaddr=127.0.0.1", Some(false)),
            ("postgres:///b?host=db.internal", Some(true)),
            ("postgres://a:p?sslmode=disable@db.internal/b", Some(true)),
            ("postgres://a@db.internal/b?sslmode=allow", Some(true)),
            ("postgres://a@db.internal/b?sslmode=prefer", Some(true)),
            ("postgres://a@db.internal/b?connect_timeout=3&sslmode=disable", Some(false)),
            ("postgres://a@localhost/b?sslmode=require", Some(true)),
            ("postgres://a@localhost/b?ssl%6Dode=require", Some(true)),
            ("postgres://a@localhost/b?sslmode=verify-full&connect_timeout=3", Some(true)),
            ("postgres://a@localhost/b?sslmode=sometimes", None),
            ("postgres://a@localhost/b?no_such=1", None),
        ];
        for (url, expected) in table {
            assert_eq!(encrypted(url, None), expected, "{url}");
        }
    }

    #[test]
    fn whoever_names_authorities_wants_tls_over_the_loopback_too() {
        let file = Some(Path::new("ca.pem"));
        assert_eq!(encrypted("postgres://a@localhost/b", file), Some(true));
        assert_eq!(encrypted("postgres://a@localhost/b?sslmode=disable", file), Some(false));
        assert_eq!(encrypted("postgres://a@%2Frun%2Fpostgresql/b", file), Some(false));
    }

    #[test]
    fn what_is_said_about_a_wrong_url_does_not_quote_it() {
        for url in ["postgres://a:hidden@host:port/b", "postgres://a@host/b?hidden=1", "postgres://a@host/b?sslmode=hidden"] {
            let error = parameters(url, None).expect_err("refused").to_string();
            assert!(error.contains("the database URL") && !error.contains("hidden"), "{error}");
        }
    }

    #[test]
    fn options_of_the_url_stay_and_those_of_the_session_win() {
        let own = parameters("postgres://a@localhost/b?options=-c%20search_path%3Dhouse", None).expect("parsed");
        assert_eq!(own.get_options(), Some(format!("-c search_path=house {SESSION}").as_str()));
        let none = parameters("postgres://a@localhost/b", None).expect("parsed");
        assert_eq!(none.get_options(), Some(SESSION));
    }
}
