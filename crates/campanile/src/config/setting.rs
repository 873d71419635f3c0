//! The kinds of values: how each is read, what is allowed, and how it is shown.

use std::{
    collections::BTreeSet,
    fmt,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

/// A value before its kind is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Raw {
    /// A TOML string.
    Text(String),
    /// A TOML integer.
    Whole(i64),
    /// A TOML boolean.
    Switch(bool),
    /// A TOML array of strings.
    List(Vec<String>),
    /// From a variable or a flag: stands for any of the above, a list separated by commas.
    Loose(String),
    /// Something no key takes.
    Unfit(&'static str),
}

impl Raw {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Loose(text) => Some(text.trim()),
            _ => None,
        }
    }

    fn list(&self) -> Option<Vec<&str>> {
        match self {
            Self::List(items) => Some(items.iter().map(|item| item.trim()).collect()),
            Self::Loose(text) | Self::Text(text) => {
                Some(text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect())
            }
            _ => None,
        }
    }
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Loose(text) => write!(f, "{text:?}"),
            Self::Whole(number) => write!(f, "{number}"),
            Self::Switch(switch) => write!(f, "{switch}"),
            Self::List(items) => write!(f, "{items:?}"),
            Self::Unfit(what) => f.write_str(what),
        }
    }
}

/// One kind of value.
pub(crate) trait Setting: Sized {
    /// Whether it may hold a secret: then a value that is not allowed is not repeated.
    const SECRET: bool = false;

    /// The value, if it is allowed.
    fn read(raw: &Raw) -> Option<Self>;
    /// What is allowed, to follow "allowed: ".
    fn allowed() -> String;
    /// As TOML, without secrets.
    fn show(&self) -> String;
}

pub(super) fn quoted(text: impl fmt::Display) -> String {
    format!("{:?}", text.to_string())
}

impl Setting for SocketAddr {
    fn read(raw: &Raw) -> Option<Self> {
        raw.text()?.parse().ok()
    }
    fn allowed() -> String {
        "an IP address and a port, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080; port 0 takes a free one".to_owned()
    }
    fn show(&self) -> String {
        quoted(self)
    }
}

impl Setting for PathBuf {
    fn read(raw: &Raw) -> Option<Self> {
        raw.text().filter(|text| !text.is_empty()).map(Self::from)
    }
    fn allowed() -> String {
        "a path, relative to the folder in which the program is started".to_owned()
    }
    fn show(&self) -> String {
        quoted(self.display())
    }
}

impl Setting for IpAddr {
    fn read(raw: &Raw) -> Option<Self> {
        raw.text()?.parse().ok()
    }
    fn allowed() -> String {
        "IP addresses such as 10.0.0.1".to_owned()
    }
    fn show(&self) -> String {
        quoted(self)
    }
}

/// A list, each item of the same kind.
impl<T: Setting> Setting for Vec<T> {
    const SECRET: bool = T::SECRET;

    fn read(raw: &Raw) -> Option<Self> {
        raw.list()?.into_iter().map(|item| T::read(&Raw::Text(item.to_owned()))).collect()
    }
    fn allowed() -> String {
        format!("a list of {}", T::allowed())
    }
    fn show(&self) -> String {
        format!("[{}]", self.iter().map(T::show).collect::<Vec<_>>().join(", "))
    }
}

/// An empty text says "none".
impl<T: Setting> Setting for Option<T> {
    const SECRET: bool = T::SECRET;

    fn read(raw: &Raw) -> Option<Self> {
        if raw.text() == Some("") { Some(None) } else { T::read(raw).map(Some) }
    }
    fn allowed() -> String {
        format!("\"\" for none, or {}", T::allowed())
    }
    fn show(&self) -> String {
        self.as_ref().map_or_else(|| quoted(""), T::show)
    }
}

/// A whole number within bounds that its type carries. What it counts is in the name of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Whole<const LEAST: u32, const MOST: u32>(u32);

impl<const LEAST: u32, const MOST: u32> Whole<LEAST, MOST> {
    /// The number.
    pub(crate) fn get(self) -> u32 {
        self.0
    }

    /// The number, to count things in memory.
    pub(crate) fn count(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    /// The number, as days.
    pub(crate) fn days(self) -> Duration {
        Duration::from_hours(24 * u64::from(self.0))
    }

    /// The number, as seconds.
    pub(crate) fn seconds(self) -> Duration {
        Duration::from_secs(u64::from(self.0))
    }
}

impl<const LEAST: u32, const MOST: u32> Setting for Whole<LEAST, MOST> {
    fn read(raw: &Raw) -> Option<Self> {
        let number = match raw {
            Raw::Whole(number) => u32::try_from(*number).ok()?,
            Raw::Loose(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        (LEAST..=MOST).contains(&number).then_some(Self(number))
    }
    fn allowed() -> String {
        format!("a whole number from {LEAST} to {MOST}")
    }
    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// A name that stands in a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(String);

impl Name {
    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Setting for Name {
    fn read(raw: &Raw) -> Option<Self> {
        let text = raw.text()?;
        let fits = (1..=200).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }
    fn allowed() -> String {
        "a word or a URL: 1 to 200 ASCII characters without spaces".to_owned()
    }
    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// A job a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// Answers HTTP and holds live streams.
    Api,
    /// Rings alarms and keeps house.
    Worker,
}

impl Role {
    /// Every role of this version.
    pub(crate) const ALL: [Self; 2] = [Self::Api, Self::Worker];

    fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Worker => "worker",
        }
    }
}

impl Setting for BTreeSet<Role> {
    fn read(raw: &Raw) -> Option<Self> {
        let role = |name: &str| Role::ALL.into_iter().find(|role| role.as_str() == name);
        raw.list()?.into_iter().map(role).collect::<Option<Self>>().filter(|roles| !roles.is_empty())
    }
    fn allowed() -> String {
        "api, worker, or both; other roles are not available in this version".to_owned()
    }
    fn show(&self) -> String {
        let names: Vec<_> = self.iter().map(|role| quoted(role.as_str())).collect();
        format!("[{}]", names.join(", "))
    }
}

/// Who may read the metrics at the listen address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MetricsDoor {
    /// Programs on this machine.
    Loopback,
    /// Everybody.
    Open,
    /// Nobody.
    Closed,
}

impl Setting for MetricsDoor {
    fn read(raw: &Raw) -> Option<Self> {
        match raw.text()? {
            "loopback" => Some(Self::Loopback),
            "open" => Some(Self::Open),
            "closed" => Some(Self::Closed),
            _ => None,
        }
    }
    fn allowed() -> String {
        "loopback, open, closed".to_owned()
    }
    fn show(&self) -> String {
        quoted(match self {
            Self::Loopback => "loopback",
            Self::Open => "open",
            Self::Closed => "closed",
        })
    }
}

/// What is done where nobody knows whether somebody was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OnUnknown(pub(crate) app::domain::campaigns::OnUnknown);

impl Setting for OnUnknown {
    fn read(raw: &Raw) -> Option<Self> {
        match raw.text()? {
            "resend" => Some(Self(app::domain::campaigns::OnUnknown::Resend)),
            "skip" => Some(Self(app::domain::campaigns::OnUnknown::Skip)),
            _ => None,
        }
    }
    fn allowed() -> String {
        "resend, skip".to_owned()
    }
    fn show(&self) -> String {
        quoted(match self.0 {
            app::domain::campaigns::OnUnknown::Resend => "resend",
            app::domain::campaigns::OnUnknown::Skip => "skip",
        })
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Human on a terminal, JSON otherwise.
    Auto,
    /// For eyes.
    Human,
    /// One JSON object a line.
    Json,
}

impl Setting for LogFormat {
    fn read(raw: &Raw) -> Option<Self> {
        match raw.text()? {
            "auto" => Some(Self::Auto),
            "human" => Some(Self::Human),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
    fn allowed() -> String {
        "auto, human, json".to_owned()
    }
    fn show(&self) -> String {
        quoted(match self {
            Self::Auto => "auto",
            Self::Human => "human",
            Self::Json => "json",
        })
    }
}

/// From which level on lines are written, in general or by room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogLevel(String);

impl LogLevel {
    /// As tracing understands it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Setting for LogLevel {
    fn read(raw: &Raw) -> Option<Self> {
        let text = raw.text().filter(|text| !text.is_empty())?;
        tracing_subscriber::EnvFilter::builder().parse(text).ok()?;
        // The filter takes any word for a target; a lone word that is no level is a typing error.
        let levels = ["off", "error", "warn", "info", "debug", "trace"];
        let lone = |part: &str| part.contains('=') || levels.contains(&part.trim().to_lowercase().as_str());
        text.split(',').all(lone).then(|| Self(text.to_owned()))
    }
    fn allowed() -> String {
        "off, error, warn, info, debug, trace, or a list such as info,store=debug".to_owned()
    }
    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// A key that is kept for a later version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Later;

impl Setting for Later {
    fn read(raw: &Raw) -> Option<Self> {
        (raw.text() == Some("")).then_some(Self)
    }
    fn allowed() -> String {
        "only \"\": it is not available in this version".to_owned()
    }
    fn show(&self) -> String {
        quoted("")
    }
}
