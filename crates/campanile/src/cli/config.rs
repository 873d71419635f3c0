//! `campanile config check | print`.

use clap::Subcommand;

use super::{Failure, terminal};
use crate::config::{self, Environment, Flags};

/// What to do with the configuration.
#[derive(Subcommand, Debug)]
pub(crate) enum ConfigCommand {
    /// Read all layers and say what is wrong, without starting anything
    Check(Flags),
    /// Print what holds, as TOML, each value with where it came from; secrets are left out
    Print(Flags),
}

/// Runs it.
pub(crate) fn run(command: &ConfigCommand, environment: &Environment) -> Result<(), Failure> {
    match command {
        ConfigCommand::Check(flags) => {
            let loaded = config::load(flags, environment)?;
            match loaded.file {
                Some(file) => eprintln!("The configuration is good; {} was read.", file.display()),
                None => eprintln!("The configuration is good; no file was read, the defaults hold."),
            }
        }
        ConfigCommand::Print(flags) => terminal::put(page(&config::load(flags, environment)?))?,
    }
    Ok(())
}

/// Valid TOML that says the same as the layers it came from (but for what is redacted).
fn page(loaded: &config::Loaded) -> String {
    let mut lines = Vec::new();
    let mut section = "";
    for (key, value) in loaded.config.show() {
        let (table, name) = key.split_once('.').unwrap_or(("", key));
        if table != section {
            section = table;
            lines.push(format!("\n[{table}]"));
        }
        let origin = loaded.layers.origin(key).map_or_else(String::new, |origin| format!("  # {origin}"));
        let pair = format!("{name} = {value}");
        lines.push(format!("{pair:<44}{origin}"));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_page_is_a_configuration_file_again() {
        let loaded = config::load(&Flags::default(), &Environment::default()).expect("the defaults hold");
        let page = page(&loaded);
        assert!(page.contains("listen = \"127.0.0.1:8080\""), "{page}");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("printed.toml");
        std::fs::write(&path, &page).expect("written");
        let again = config::load(&Flags { config: Some(path), ..Flags::default() }, &Environment::default()).expect("it holds");
        assert_eq!(again.config.show(), loaded.config.show());
    }
}
