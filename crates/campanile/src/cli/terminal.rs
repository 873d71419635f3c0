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

/// Whether a terminal would do something at it instead of showing it: move, change colours, ring, or turn around what follows.
fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Text of somebody else's, as it is shown: what a terminal would obey stands there by its number (`\u{1b}`).
pub(crate) fn harmless(text: &str) -> String {
    shown(text, |_| false)
}

fn shown(text: &str, keeps: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_obeyed(c) && !keeps(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

/// A terminal that somebody else's lines are written to, as they are but for what it would obey. What comes in pieces is shown when it is
/// whole: call `flush` at the end.
pub(crate) struct Lines<W> {
    terminal: W,
    /// The beginning of a character, or of the end of a line.
    begun: Vec<u8>,
}

impl<W: std::io::Write> Lines<W> {
    /// Lines for `terminal`.
    pub(crate) fn on(terminal: W) -> Self {
        Self { terminal, begun: Vec::new() }
    }

    fn show(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        self.terminal.write_all(shown(&text, |c| matches!(c, '\n' | '\t')).as_bytes())
    }
}

impl<W: std::io::Write> std::io::Write for Lines<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.begun.extend_from_slice(bytes);
        let all = std::mem::take(&mut self.begun);
        // As far as whole characters go: what is wrong with an unfinished one, nobody knows yet.
        let last = all.utf8_chunks().last().map_or(&[][..], |last| last.invalid());
        let is_begun = std::str::from_utf8(last).is_err_and(|error| error.error_len().is_none());
        let whole = all.len() - if is_begun { last.len() } else { 0 };
        let whole = if all[..whole].ends_with(b"\r") { whole - 1 } else { whole };
        self.begun = all[whole..].to_vec();
        self.show(&all[..whole])?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let begun = std::mem::take(&mut self.begun);
        self.show(&begun)?;
        self.terminal.flush()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_by_its_number() {
        for (text, seen) in [
            ("Kim 김 👩\u{200d}👧", "Kim 김 👩\u{200d}👧"),
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            ("a\nb\rc\td\u{7}\u{9b}31m\u{7f}", "a\\u{a}b\\u{d}c\\u{9}d\\u{7}\\u{9b}31m\\u{7f}"),
            ("\u{202e}gnp.exe\u{2066}\u{61c}\u{2028}\u{feff}", "\\u{202e}gnp.exe\\u{2066}\\u{61c}\\u{2028}\\u{feff}"),
        ] {
            assert_eq!(harmless(text), seen);
        }
    }

    #[test]
    fn lines_are_the_same_in_whatever_pieces_they_come() {
        let text = "1,\"Kim\u{1b}]0;x\u{7}\",김\t👧\r\n2,a\rb\u{202e}\n".as_bytes();
        let bytes = [text, b"\xff\xf0\x9f"].concat();
        let seen = "1,\"Kim\\u{1b}]0;x\\u{7}\",김\t👧\n2,a\\u{d}b\\u{202e}\n\u{fffd}\u{fffd}";
        for size in 1..=bytes.len() {
            let mut lines = Lines::on(Vec::new());
            for piece in bytes.chunks(size) {
                lines.write_all(piece).expect("memory");
            }
            lines.flush().expect("memory");
            assert_eq!(String::from_utf8(lines.terminal).expect("text"), seen, "in pieces of {size}");
        }
    }
}
