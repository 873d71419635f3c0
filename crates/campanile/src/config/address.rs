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
