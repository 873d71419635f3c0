//! The other end: where a request comes from, and on which device.

use std::{fmt, net::IpAddr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::identity::rotation::DeviceHash;
use kernel::Entropy;

use super::token::sha256;

/// What the edge knows about the sender of a request.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its address, as far as the edge believes it; `None` where there is no connection.
    pub address: Option<IpAddr>,
    /// What it calls itself.
    pub user_agent: String,
    /// The device cookie it showed. A client that shows one keeps cookies, so what it opens is bound to that device.
    pub device: Option<Device>,
}

impl Client {
    /// The device a session opened now belongs to: the one shown, or a new one.
    pub(super) fn device(&self, entropy: &dyn Entropy) -> Device {
        self.device.clone().unwrap_or_else(|| Device::mint(entropy))
    }

    /// What failures are counted under, an IPv6 network being one household.
    pub(crate) fn network(&self) -> Option<String> {
        self.address.map(|address| match address {
            IpAddr::V4(v4) => format!("address:{v4}"),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                format!("address:{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        })
    }

    /// What accounts it makes are counted under. Nothing for a program on this machine: it is the
    /// operator's own.
    pub(super) fn sign_ups(&self) -> Option<String> {
        let is_local = self.address.is_none_or(|address| address.to_canonical().is_loopback());
        self.network().filter(|_| !is_local).map(|network| format!("sign-up:{network}"))
    }

    pub(crate) fn address_text(&self) -> String {
        self.address.map(|address| address.to_string()).unwrap_or_default()
    }
}

/// The secret of a device cookie: 32 random bytes. It says "the same browser as before" and nothing about whose.
#[derive(Clone, PartialEq, Eq)]
pub struct Device(String);

impl Device {
    /// The text of a cookie, `None` if it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let decoded = URL_SAFE_NO_PAD.decode(text).ok()?;
        (decoded.len() == 32).then(|| Self(text.to_owned()))
    }

    /// The text for a cookie.
    pub fn text(&self) -> &str {
        &self.0
    }

    fn mint(entropy: &dyn Entropy) -> Self {
        Self(URL_SAFE_NO_PAD.encode(entropy.bytes32()))
    }

    pub(super) fn hash(&self) -> DeviceHash {
        sha256(self.0.as_bytes())
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Device(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_counts_as_one() {
        let from = |address: &str| {
            let address = Some(address.parse().expect("address"));
            Client { address, user_agent: String::new(), device: None }.network()
        };
        assert_eq!(from("203.0.113.7").as_deref(), Some("address:203.0.113.7"));
        assert_eq!(from("2001:db8:1:2:3:4:5:6"), from("2001:db8:1:2:ffff::1"));
        assert_ne!(from("2001:db8:1:2::1"), from("2001:db8:1:3::1"));
    }

    #[test]
    fn a_device_cookie_is_32_bytes_and_never_shown() {
        let text = "A".repeat(43);
        let device = Device::parse(&text).expect("device");
        assert_eq!((device.text(), format!("{device:?}").as_str()), (text.as_str(), "Device(…)"));
        for bad in ["", "short", &"A".repeat(44), &"!".repeat(43)] {
            assert_eq!(Device::parse(bad), None, "{bad}");
        }
    }
}
