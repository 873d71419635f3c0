//! The layers, merged: per key the value that wins, and where it came from.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use super::{
    Complaint, Complaints, Config, Key,
    complaint::nearest,
    setting::{Raw, Setting},
};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The compiled-in defaults.
    Default {
        /// Counted from 1.
        line: usize,
    },
    /// A configuration file.
    File {
        /// As it was named.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// A variable, by its name.
    Variable(String),
    /// A flag, as it was written.
    Flag(String),
}

impl Origin {
    /// The compiled-in defaults, at `line`.
    pub(super) fn default_at(line: usize) -> Self {
        Self::Default { line }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default { .. } => f.write_str("default"),
            Self::File { path, line } => write!(f, "{} line {line}", path.display()),
            Self::Variable(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// Values by key, each with its origin.
#[derive(Debug, Default)]
pub(crate) struct Layers(BTreeMap<&'static str, (Raw, Origin)>);

impl Layers {
    /// Whether `name` is a key.
    pub(super) fn is_key(name: &str) -> bool {
        Config::KEYS.iter().any(|key| key.name == name)
    }

    /// Whether `name` is a table with keys in it.
    pub(super) fn is_section(name: &str) -> bool {
        Config::KEYS.iter().any(|key| key.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
    }

    /// Sets `key`, or complains that there is none.
    pub(super) fn put(&mut self, key: &str, raw: Raw, origin: Origin, complaints: &mut Complaints) {
        match Config::KEYS.iter().find(|known| known.name == key) {
            Some(known) => {
                self.0.insert(known.name, (raw, origin));
            }
            None => complaints.add(Self::unknown(key, &origin)),
        }
    }

    /// Sets `key` to a text that may stand for a number, a switch or a list: from a variable or a flag.
    pub(super) fn put_text(&mut self, key: &str, text: String, origin: Origin, complaints: &mut Complaints) {
        self.put(key, Raw::Loose(text), origin, complaints);
    }

    /// What is set in `above` wins.
    pub(super) fn cover_with(&mut self, above: Self) {
        self.0.extend(above.0);
    }

    /// The text of `key`, if it is set and a text.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        match self.0.get(key) {
            Some((Raw::Text(text) | Raw::Loose(text), _)) => Some(text.clone()),
            _ => None,
        }
    }

    /// Where the value of `key` came from.
    pub(crate) fn origin(&self, key: &str) -> Option<&Origin> {
        self.0.get(key).map(|(_, origin)| origin)
    }

    /// The key with its origin, to begin a complaint with.
    pub(super) fn described(&self, key: &str) -> String {
        self.origin(key).map_or_else(|| key.to_owned(), |origin| describe(key, origin))
    }

    /// The typed value of `key`, or a complaint.
    pub(super) fn read<T: Setting>(&self, key: &'static str, complaints: &mut Complaints) -> Option<T> {
        let Some((raw, origin)) = self.0.get(key) else {
            complaints.add(Complaint::new(key, "has no default", "this is a mistake of ours: set it, and tell us"));
            return None;
        };
        let value = T::read(raw);
        if value.is_none() {
            let written = if T::SECRET { "not valid (the value is not shown)".to_owned() } else { raw.to_string() };
            let problem = format!("is {written}");
            complaints.add(Complaint::new(describe(key, origin), problem, format!("allowed: {}", T::allowed())));
        }
        value
    }

    /// A key nobody knows, with the keys that stand beside it.
    pub(super) fn unknown(key: &str, origin: &Origin) -> Complaint {
        let names = Config::KEYS.iter().map(|Key { name, .. }| *name);
        let remedy = if let Some(meant) = nearest(key, names.clone()) {
            format!("did you mean `{meant}`?")
        } else {
            let section = key.rsplit_once('.').map(|(section, _)| section).filter(|section| Self::is_section(section));
            let beside = names.filter(|name| section.is_none_or(|section| name.starts_with(&format!("{section}."))));
            format!("allowed: {}", beside.collect::<Vec<_>>().join(", "))
        };
        Complaint::new(describe(key, origin), "is not a key of this version", remedy)
    }
}

fn describe(key: &str, origin: &Origin) -> String {
    match origin {
        Origin::Default { .. } => format!("the default of `{key}`"),
        Origin::File { path, line } => format!("{} line {line}: `{key}`", path.display()),
        Origin::Variable(name) => name.clone(),
        Origin::Flag(flag) => flag.clone(),
    }
}
