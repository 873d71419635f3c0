//! # Configuration: four layers, one typed result
//!
//! ```text
//!   campanile.default.toml (compiled in) ─► FILE (--config, or campanile.toml in the data folder)
//!                                        ─► CAMPANILE_* ─► flags      the later one wins, key by key
//! ```
//!
//! Every key keeps where it came from, so that a complaint names the file and line, the variable or the flag, and says what
//! would be allowed. Unknown keys and contradictions stop the start: a mistyped limit that is silently ignored is worse than
//! a program that does not run. The whole list of complaints is shown at once.
//!
//! This folder is the only place of the product that reads the environment.

mod address;
mod complaint;
mod environment;
mod file;
mod layers;
mod setting;
mod settings;
mod url;

pub(crate) use complaint::{Complaint, Complaints};
pub(crate) use environment::Environment;
pub(crate) use layers::{Layers, Origin};
pub(crate) use setting::{LogFormat, MetricsDoor, Role};
pub(crate) use settings::{Config, Key};
pub(crate) use url::Database;

use std::path::{Path, PathBuf};

use clap::Args;

/// The file in the data folder that is read when no other is named.
pub(crate) const FILE_NAME: &str = "campanile.toml";

/// The compiled-in defaults: also the manual.
pub(crate) const DEFAULTS: &str = include_str!("../../../../campanile.default.toml");

/// The flags of every command that needs the configuration.
#[expect(clippy::doc_markdown, reason = "clap prints these comments on a terminal")]
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Configuration (flags win over CAMPANILE_* variables, those over the file)")]
pub(crate) struct Flags {
    /// Read this configuration file instead of campanile.toml in the data folder
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Keep everything in this folder [default: ./data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<String>,
    /// Answer HTTP on this address and port [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<String>,
    /// Use this database: sqlite:FILE or postgres://… [default: campanile.db in the data folder]
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// Not available in this version
    #[arg(long, value_name = "URL", hide = true)]
    pub(crate) redis: Option<String>,
    /// Do only these jobs: api (answer HTTP), worker (ring alarms, tell who waits for a product) [default: api,worker]
    #[arg(long, value_name = "LIST")]
    pub(crate) roles: Option<String>,
    /// Log from this level on: error, warn, info, debug, trace, or a list such as info,store=debug
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log_level: Option<String>,
    /// Log for people or for programs: auto, human, json
    #[arg(long, value_name = "FORMAT")]
    pub(crate) log_format: Option<String>,
    /// Set any other key of the configuration, such as --set stop.drain_seconds=5 (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

impl Flags {
    /// Each flag that was given, with its key, its text and how it was written.
    fn given(&self) -> Vec<(String, String, String)> {
        let named = [
            ("data", "--data", &self.data),
            ("listen", "--listen", &self.listen),
            ("database", "--database", &self.database),
            ("redis", "--redis", &self.redis),
            ("roles", "--roles", &self.roles),
            ("log.level", "--log-level", &self.log_level),
            ("log.format", "--log-format", &self.log_format),
        ];
        let named = named
            .into_iter()
            .filter_map(|(key, flag, text)| text.as_ref().map(|text| (key.to_owned(), text.clone(), flag.to_owned())));
        let set = self.set.iter().map(|pair| {
            let (key, text) = pair.split_once('=').unwrap_or((pair, ""));
            (key.trim().to_owned(), text.to_owned(), format!("--set {}", key.trim()))
        });
        named.chain(set).collect()
    }
}

/// The effective configuration and where each value came from.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// What holds.
    pub(crate) config: Config,
    /// Where it came from.
    pub(crate) layers: Layers,
    /// The file that was read, if there was one.
    pub(crate) file: Option<PathBuf>,
}

/// Reads all layers and checks them.
pub(crate) fn load(flags: &Flags, environment: &Environment) -> Result<Loaded, Complaints> {
    let mut complaints = Complaints::default();
    let mut above = Layers::default();
    environment.fill(&mut above, &mut complaints);
    for (key, text, flag) in flags.given() {
        above.put_text(&key, text, Origin::Flag(flag), &mut complaints);
    }

    let mut layers = Layers::default();
    file::fill(DEFAULTS, &Origin::default_at, &mut layers, &mut complaints);
    let file = chosen_file(flags, environment, &layers, &above);
    if let Some((path, from_data_folder)) = &file {
        read_file(path, *from_data_folder, &mut layers, &mut complaints);
    }
    layers.cover_with(above);

    let config = Config::read(&layers, &mut complaints);
    if let Some(config) = &config {
        contradictions(config, &layers, &mut complaints);
    }
    match config {
        Some(config) if complaints.is_empty() => Ok(Loaded { config, layers, file: file.map(|(path, _)| path) }),
        _ => Err(complaints),
    }
}

/// The file to read, and whether it was found in the data folder rather than named.
fn chosen_file(flags: &Flags, environment: &Environment, defaults: &Layers, above: &Layers) -> Option<(PathBuf, bool)> {
    if let Some(named) = flags.config.clone().or_else(|| environment.config_file()) {
        return Some((named, false));
    }
    let data = above.text("data").or_else(|| defaults.text("data"))?;
    let path = Path::new(&data).join(FILE_NAME);
    path.is_file().then_some((path, true))
}

fn read_file(path: &Path, from_data_folder: bool, layers: &mut Layers, complaints: &mut Complaints) {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let problem = format!("cannot be read: {error}");
            complaints.add(Complaint::new(path.display().to_string(), problem, "name a readable TOML file with --config"));
            return;
        }
    };
    let origin = |line| Origin::File { path: path.to_owned(), line };
    file::fill(&text, &origin, layers, complaints);
    if from_data_folder && let Some(Origin::File { .. }) = layers.origin("data") {
        let at = layers.described("data");
        complaints.add(Complaint::new(
            at,
            "names another data folder than the one it lies in",
            "set it by --data or CAMPANILE_DATA",
        ));
    }
}

/// What is wrong only in combination.
fn contradictions(config: &Config, layers: &Layers, complaints: &mut Complaints) {
    if matches!(config.database, Some(Database::Sqlite(_)) | None) && config.roles != Role::ALL.into() {
        complaints.add(Complaint::new(
            layers.described("roles"),
            "splits the work between processes, but a SQLite file belongs to one process",
            "leave it at \"api,worker\", or set database to a postgres:// URL",
        ));
    }
}

#[cfg(test)]
mod tests;
