//! The environment: the `CAMPANILE_*` variables, and the two that every program on a terminal honours.

use std::{collections::BTreeMap, path::PathBuf};

use super::{Complaint, Complaints, Config, Key, Layers, Origin, complaint::nearest};

const PREFIX: &str = "CAMPANILE_";

/// Read by the commands that talk to a server, not part of the server's configuration.
const CLIENT: [&str; 4] = ["CAMPANILE_CONFIG", "CAMPANILE_SERVER", "CAMPANILE_TOKEN", "CAMPANILE_PASSWORD"];

/// Shorter names for keys that are set often.
const SHORT: [(&str, &str); 1] = [("CAMPANILE_LOG", "log.level")];

/// What an orchestrator injects for a service called "campanile" (`CAMPANILE_PORT=tcp://…`, `CAMPANILE_SERVICE_HOST`), and
/// what the scripts of the repository use. Nobody wrote those to configure us, so they are no mistake.
const NOT_OURS: [&str; 5] =
    ["CAMPANILE_PORT", "CAMPANILE_SERVICE_HOST", "CAMPANILE_SERVICE_PORT", "CAMPANILE_TEST_", "CAMPANILE_CACHE"];

/// The variables as they were when the program started.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    variables: BTreeMap<String, String>,
    /// Whether colours are unwelcome (<https://no-color.org>), or the terminal cannot show them.
    pub(crate) plain: bool,
}

impl Environment {
    /// Reads the environment of this process, once.
    #[expect(clippy::disallowed_methods, reason = "the seam where the environment is read")]
    pub(crate) fn of_process() -> Self {
        let text = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        let ours = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.to_str().filter(|name| name.starts_with(PREFIX))?.to_owned();
            Some((name, value.to_string_lossy().into_owned()))
        });
        let plain = text("NO_COLOR").is_some_and(|value| !value.is_empty()) || text("TERM").as_deref() == Some("dumb");
        Self { variables: ours.collect(), plain }
    }

    /// For tests of the layers.
    #[cfg(test)]
    pub(super) fn with(variables: &[(&str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { variables, plain: true }
    }

    /// The configuration file named by `CAMPANILE_CONFIG`.
    pub(super) fn config_file(&self) -> Option<PathBuf> {
        self.client("CAMPANILE_CONFIG").map(PathBuf::from)
    }

    /// The server that `remind` talks to.
    pub(crate) fn server(&self) -> Option<&str> {
        self.client("CAMPANILE_SERVER")
    }

    /// The access token or API key of a client.
    pub(crate) fn token(&self) -> Option<&str> {
        self.client("CAMPANILE_TOKEN")
    }

    /// The password of a client.
    pub(crate) fn password(&self) -> Option<&str> {
        self.client("CAMPANILE_PASSWORD")
    }

    fn client(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Puts what is set into `layers`. `NAME_FILE` names a file whose content is the value: for secrets.
    pub(super) fn fill(&self, layers: &mut Layers, complaints: &mut Complaints) {
        for (name, value) in &self.variables {
            if CLIENT.contains(&name.as_str()) || NOT_OURS.iter().any(|theirs| name.starts_with(theirs)) {
                continue;
            }
            if let Some(key) = key_of(name) {
                layers.put_text(key, value.clone(), Origin::Variable(name.clone()), complaints);
            } else if let Some((plain, key)) = name.strip_suffix("_FILE").and_then(|plain| Some((plain, key_of(plain)?))) {
                self.fill_from_file(name, plain, key, value, layers, complaints);
            } else {
                complaints.add(unknown(name));
            }
        }
    }

    fn fill_from_file(&self, name: &str, plain: &str, key: &str, path: &str, layers: &mut Layers, complaints: &mut Complaints) {
        if self.variables.contains_key(plain) {
            complaints.add(Complaint::new(name, format!("and {plain} are both set"), "keep one of them"));
            return;
        }
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let origin = Origin::Variable(format!("{name} ({path})"));
                layers.put_text(key, text.trim_end_matches(['\r', '\n']).to_owned(), origin, complaints);
            }
            Err(error) => {
                let problem = format!("names {path}, which cannot be read: {error}");
                complaints.add(Complaint::new(name, problem, "name a file whose content is the value"));
            }
        }
    }
}

/// `CAMPANILE_STOP__DRAIN_SECONDS` is `stop.drain_seconds`.
fn key_of(name: &str) -> Option<&'static str> {
    let short = SHORT.iter().find(|(short, _)| *short == name).map(|(_, key)| *key);
    short.or_else(|| Config::KEYS.iter().map(|Key { name, .. }| *name).find(|key| variable_of(key) == name))
}

/// The variable that sets `key`.
pub(super) fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

fn unknown(name: &str) -> Complaint {
    let known: Vec<String> = Config::KEYS.iter().map(|key| variable_of(key.name)).collect();
    let shorts = SHORT.iter().map(|(short, _)| *short);
    let remedy = match nearest(name, known.iter().map(String::as_str).chain(shorts)) {
        Some(meant) => format!("did you mean {meant}?"),
        None => "`campanile config print` lists every key; a dot in a key is written `__`".to_owned(),
    };
    Complaint::new(name, "is not a variable of this version", remedy)
}
