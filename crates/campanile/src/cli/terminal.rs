//! What is shown to people on a terminal, and what they are asked.

use std::{
    fmt,
    io::{ErrorKind, IsTerminal as _, Read as _, Write as _},
    path::Path,
};

use super::Failure;
use crate::config::Environment;

/// Passwords are at most 128 characters; nothing longer is read.
const PASSWORD_MOST_BYTES: u64 = 4_096;

/// Colours, where they are welcome.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Palette {
    colours: bool,
}

impl Palette {
    /// For standard output: plain when it is not a terminal, or when `NO_COLOR` is set.
    pub(crate) fn of_stdout(environment: &Environment) -> Self {
        Self { colours: !environment.plain && std::io::stdout().is_terminal() }
    }

    /// What matters most.
    pub(crate) fn bold(self, text: impl fmt::Display) -> String {
        self.paint("1", text)
    }

    /// What may be skipped.
    pub(crate) fn dim(self, text: impl fmt::Display) -> String {
        self.paint("2", text)
    }

    /// What went well.
    pub(crate) fn green(self, text: impl fmt::Display) -> String {
        self.paint("32", text)
    }

    /// What did not.
    pub(crate) fn red(self, text: impl fmt::Display) -> String {
        self.paint("31", text)
    }

    fn paint(self, code: &str, text: impl fmt::Display) -> String {
        if self.colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }
}

/// Writes data to standard output. That its reader has seen enough (`campanile openapi | head`) is no failure; that the disk
/// is full is one.
pub(crate) fn put(text: impl fmt::Display) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match write!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::new(format!("standard output cannot be written: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// A password out of `file`, or typed on the terminal without being shown, or from standard input when that is no terminal.
pub(crate) fn password(file: Option<&Path>) -> Result<String, Failure> {
    let text = match file {
        Some(path) => first_bytes(std::fs::File::open(path).map_err(|error| unreadable(path, &error))?)
            .map_err(|error| unreadable(path, &error))?,
        None if std::io::stdin().is_terminal() => rpassword::prompt_password("Password: ")?,
        None => first_bytes(std::io::stdin())?,
    };
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(Failure::Usage("no password was given: type it, pipe it in, or use --password-file".to_owned()));
    }
    Ok(password.to_owned())
}

fn first_bytes(source: impl std::io::Read) -> std::io::Result<String> {
    let mut text = String::new();
    source.take(PASSWORD_MOST_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Usage(format!("the password file {} cannot be read: {error}", path.display()))
}
