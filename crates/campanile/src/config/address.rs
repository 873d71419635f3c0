//! Addresses on the web: where this installation is reached, and who else may call it.

use super::setting::{Raw, Setting, quoted};

/// Scheme, host and port, spelled as a browser spells an origin.
fn origin(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let authority = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b));
    let lower = text.bytes().all(|b| !b.is_ascii_uppercase());
    (["http", "https"].contains(&scheme) && authority && lower).then(|| text.to_owned())
}

/// Where people reach this installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicUrl(String);

impl PublicUrl {
    /// Without a slash at the end.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Setting for PublicUrl {
    fn read(raw: &Raw) -> Option<Self> {
        origin(raw.text()?).map(Self)
    }
    fn allowed() -> String {
        "http:// or https://, a host and maybe a port, in lower case and without a path: https://campanile.example".to_owned()
    }
    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// The origin of a web page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin(String);

impl Origin {
    /// As a browser sends it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Setting for Origin {
    fn read(raw: &Raw) -> Option<Self> {
        origin(raw.text()?).map(Self)
    }
    fn allowed() -> String {
        "origins such as https://app.example: scheme, host and maybe a port, in lower case and without a path".to_owned()
    }
    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// A service of the operator's, which is called. Its path or query may hold a password, so it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ServiceUrl(String);

impl ServiceUrl {
    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ServiceUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.show())
    }
}

impl Setting for ServiceUrl {
    const SECRET: bool = true;

    fn read(raw: &Raw) -> Option<Self> {
        let text = raw.text()?;
        let (scheme, rest) = text.split_once("://")?;
        let host = rest.split(['/', '?']).next()?;
        let fits = ["http", "https"].contains(&scheme) && !host.is_empty() && !host.contains('@');
        // One that nothing can be sent to would pass everybody over, as none does.
        let fits = fits && text.bytes().all(|b| b.is_ascii_graphic()) && outbound::Handover::reads(text);
        fits.then(|| Self(text.to_owned()))
    }
    fn allowed() -> String {
        "a URL of http:// or https:// without a user: https://notify.example/restock".to_owned()
    }
    fn show(&self) -> String {
        let host = self.0.split_once("://").and_then(|(_, rest)| rest.split(['/', '?']).next()).unwrap_or_default();
        let scheme = self.0.split(':').next().unwrap_or_default();
        quoted(format!("{scheme}://{host}/***"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_a_url_of_which_only_the_host_is_shown() {
        let read = |text: &str| ServiceUrl::read(&Raw::Text(text.to_owned()));
        let service = read("https://notify.example:8443/restock?key=secret").expect("a URL");
        assert_eq!(service.show(), "\"https://notify.example:8443/***\"");
        assert!(!format!("{service:?}").contains("secret"));
        let no_urls =
            ["notify.example", "ftp://notify.example", "https://", "https:///x", "https://me:pw@notify.example", "http://a b"];
        let nowhere = ["http://127.0.0.1:99999/hook", "http://[::1/", "http://1.2.3.999/", "http://:8080/x", "http://a:80x/"];
        for bad in no_urls.into_iter().chain(nowhere) {
            assert!(read(bad).is_none(), "{bad}");
        }
    }
}
