//! The two cookies of a browser: the refresh token, and the device it belongs to. Scripts cannot read either.
//!
//! `__Host-` (RFC 6265bis §4.1.3.2) ties a cookie to exactly this host over a secure connection: no neighbour under the same
//! domain can plant one. [`EdgeSettings::secure_cookies`] says when it cannot be had.

use app::{
    domain::identity::rotation::IDLE_LIFETIME,
    identity::{Device, Tokens},
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use http::header;

use crate::http::EdgeSettings;

const REFRESH: &str = "refresh";
const DEVICE: &str = "device";

/// Longer than any session: it says "the same browser as before", and outlives signing out.
const DEVICE_MAX_AGE_SECONDS: u64 = 400 * 24 * 60 * 60;

/// The refresh token a request carries in its cookie.
pub(super) fn refresh_token(jar: &CookieJar, settings: &EdgeSettings) -> Option<String> {
    jar.get(&name(REFRESH, settings)).map(|cookie| cookie.value().to_owned())
}

/// The device a request comes from.
pub(super) fn device(jar: &CookieJar, settings: &EdgeSettings) -> Option<Device> {
    jar.get(&name(DEVICE, settings)).and_then(|cookie| Device::parse(cookie.value()))
}

/// The headers that put `tokens` into the browser.
pub(super) fn keep(tokens: &Tokens, settings: &EdgeSettings) -> Vec<(String, String)> {
    let refresh = cookie(REFRESH, &tokens.refresh_token, IDLE_LIFETIME.as_secs(), settings);
    let device = tokens.device.as_ref().map(|device| cookie(DEVICE, device.text(), DEVICE_MAX_AGE_SECONDS, settings));
    std::iter::once(refresh).chain(device).collect()
}

/// The header that takes the refresh token out of the browser. The device stays the same device.
pub(super) fn clear(settings: &EdgeSettings) -> (String, String) {
    cookie(REFRESH, "", 0, settings)
}

fn cookie(base: &str, value: &str, max_age_seconds: u64, settings: &EdgeSettings) -> (String, String) {
    let mut cookie = Cookie::new(name(base, settings), value.to_owned());
    cookie.set_path("/");
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Strict);
    cookie.set_secure(settings.secure_cookies());
    (header::SET_COOKIE.as_str().to_owned(), format!("{cookie}; Max-Age={max_age_seconds}"))
}

fn name(base: &str, settings: &EdgeSettings) -> String {
    if settings.secure_cookies() { format!("__Host-{base}") } else { base.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(public_url: &str) -> EdgeSettings {
        EdgeSettings { public_url: public_url.to_owned(), ..EdgeSettings::default() }
    }

    #[test]
    fn a_cookie_is_bound_to_its_host_wherever_a_browser_allows_it() {
        for url in
            ["https://c.example", "http://127.0.0.1:8080", "http://localhost", "http://[::1]:8080/", "http://a.localhost:1"]
        {
            let (_, text) = cookie(REFRESH, "cmr_x", 60, &settings(url));
            assert_eq!(text, "__Host-refresh=cmr_x; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=60", "{url}");
        }
        for url in ["http://campanile.test:8080", "http://192.168.1.5", "http://localhost.evil.example", ""] {
            let (_, text) = cookie(REFRESH, "cmr_x", 60, &settings(url));
            assert_eq!(text, "refresh=cmr_x; HttpOnly; SameSite=Strict; Path=/; Max-Age=60", "{url}");
        }
    }
}
