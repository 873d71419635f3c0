//! One content line: `NAME;PARAMETER=value:value` (RFC 5545 §3.1).

use std::fmt;

/// Octets of a physical line, without its end.
const FOLD: usize = 75;

/// A content line. Parameters and value are as written: quoted, escaped, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it says something about, upper case.
    pub name: String,
    /// Names in upper case, values with their quotes.
    pub(super) parameters: Vec<(String, String)>,
    /// Everything behind the colon.
    pub value: String,
    /// Where it stood in the file it was read from, counted from 1; 0 where it was not read.
    pub(super) number: usize,
}

impl Line {
    /// A line without parameters whose value needs no escaping.
    pub(super) fn new(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.to_owned(), parameters: Vec::new(), value: value.into(), number: 0 }
    }

    /// A line of text.
    pub(super) fn text(name: &str, text: &str) -> Self {
        Self::new(name, escaped(text))
    }

    /// A line of several texts.
    pub(super) fn list<'a>(name: &str, texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(name, texts.into_iter().map(escaped).collect::<Vec<_>>().join(","))
    }

    /// The same line with one parameter more. A value with a colon, a semicolon or a comma is quoted.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        let quoted = value.contains([':', ';', ',']);
        self.parameters.push((name.to_owned(), if quoted { format!("\"{value}\"") } else { value.to_owned() }));
        self
    }

    /// Reads a line that is unfolded already.
    pub(super) fn read(text: &str, number: usize) -> Result<Self, &'static str> {
        if text.chars().any(|c| c.is_control() && c != '\t') {
            return Err("control characters are not allowed");
        }
        let end = text.find([';', ':']).ok_or("this is no NAME:value")?;
        let name = read_name(&text[..end]).ok_or("a name has letters, digits and hyphens")?;
        let mut parameters = Vec::new();
        let mut rest = &text[end..];
        while let Some(parameter) = rest.strip_prefix(';') {
            let equals = parameter.find('=').ok_or("a parameter is written NAME=value")?;
            let name = read_name(&parameter[..equals]).ok_or("a parameter's name has letters, digits and hyphens")?;
            let value = &parameter[equals + 1..];
            let length = value_length(value).ok_or("the value of the line is missing, or a quote is not closed")?;
            parameters.push((name, value[..length].to_owned()));
            rest = &value[length..];
        }
        let value = rest.strip_prefix(':').ok_or("the value of the line is missing")?;
        Ok(Self { name, parameters, value: value.to_owned(), number })
    }

    /// The value of a parameter without its quotes.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let (_, value) = self.parameters.iter().find(|(of, _)| of == name)?;
        Some(value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value))
    }

    /// Whether it has parameters other than `known`.
    pub(super) fn has_parameters_beside(&self, known: &[&str]) -> bool {
        self.parameters.iter().any(|(name, _)| !known.contains(&name.as_str()))
    }

    /// Takes over the parameters of `other`, but not those it has itself, nor `except`.
    pub(super) fn take_parameters(&mut self, other: &Self, except: &[&str]) {
        for (name, value) in &other.parameters {
            if !except.contains(&name.as_str()) && self.parameters.iter().all(|(own, _)| own != name) {
                self.parameters.push((name.clone(), value.clone()));
            }
        }
    }

    /// The value, read as several texts.
    pub(super) fn plain_list(&self) -> Vec<String> {
        let mut parts = vec![String::new()];
        let mut characters = self.value.chars();
        while let Some(c) = characters.next() {
            match (c, parts.last_mut()) {
                (',', _) => parts.push(String::new()),
                ('\\', Some(part)) => part.extend(std::iter::once(c).chain(characters.next())),
                (c, Some(part)) => part.push(c),
                (_, None) => {}
            }
        }
        parts.iter().map(|part| unescaped(part)).collect()
    }

    /// The value, read as text.
    pub(super) fn plain(&self) -> String {
        unescaped(&self.value)
    }
}

/// Folded, with its end.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.name.clone();
        for (name, value) in &self.parameters {
            text.extend([";", name, "=", value]);
        }
        text.extend([":", &self.value]);
        let mut rest = text.as_str();
        let mut room = FOLD;
        while rest.len() > room {
            let mut end = room;
            while !rest.is_char_boundary(end) {
                end -= 1;
            }
            f.write_str(&rest[..end])?;
            f.write_str("\r\n ")?;
            rest = &rest[end..];
            room = FOLD - 1;
        }
        f.write_str(rest)?;
        f.write_str("\r\n")
    }
}

fn read_name(text: &str) -> Option<String> {
    let is_name = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    is_name.then(|| text.to_ascii_uppercase())
}

/// How long the value of a parameter is: to the next semicolon or colon outside of quotes.
fn value_length(text: &str) -> Option<usize> {
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b';' | b':' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// Text as a value (RFC 5545 §3.3.11). Every kind of line break becomes the one there is.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' => out.push_str("\\\\"),
            ';' => out.push_str("\\;"),
            ',' => out.push_str("\\,"),
            '\n' => out.push_str("\\n"),
            '\r' => {
                characters.next_if_eq(&'\n');
                out.push_str("\\n");
            }
            // What no line can hold.
            c if c.is_control() && c != '\t' => {}
            c => out.push(c),
        }
    }
    out
}

fn unescaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some('n' | 'N') => out.push('\n'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_kept_as_it_was_written() {
        for text in [
            "SUMMARY:Stand-up",
            "ATTENDEE;CN=\"Kim, Minji\";ROLE=REQ-PARTICIPANT;X-NUM-GUESTS=0:mailto:minji@example.org",
            "X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE=\"Café; 1, rue\":geo:48.85,2.35",
            "DTSTART;TZID=\"(UTC+09:00) Seoul\":20261120T093000",
            "X-EMPTY:",
        ] {
            let line = Line::read(text, 1).expect(text);
            assert_eq!(line.to_string(), format!("{}\r\n", fold(text)), "{text}");
        }
        let line = Line::read("dtstart;tzid=Asia/Seoul:20261120T093000", 1).expect("a line");
        assert_eq!(line.to_string(), "DTSTART;TZID=Asia/Seoul:20261120T093000\r\n", "names are upper case");
    }

    /// The other way to fold: through a list of characters.
    fn fold(text: &str) -> String {
        let mut out = String::new();
        let mut column = 0;
        for c in text.chars() {
            if column + c.len_utf8() > FOLD {
                out.push_str("\r\n ");
                column = 1;
            }
            out.push(c);
            column += c.len_utf8();
        }
        out
    }

    #[test]
    fn what_is_no_line_is_refused() {
        for text in ["", "SUMMARY", ":x", "A B:x", "X;:y", "X;P:y", "X;P=\"open:y", "X:a\u{0}b", "X;P=v"] {
            assert!(Line::read(text, 1).is_err(), "{text:?}");
        }
    }

    #[test]
    fn old_and_needless_escapes_are_read() {
        assert_eq!(unescaped("a\\, b\\; c\\\\ d\\N\\n \\: \\\"e\\"), "a, b; c\\ d\n\n : \"e\\");
    }

    proptest! {
        #[test]
        fn several_texts_survive_their_line(texts in prop::collection::vec("[^\\p{Cc}]{0,20}", 1..6)) {
            let line = Line::list("CATEGORIES", texts.iter().map(String::as_str));
            prop_assert_eq!(line.plain_list(), texts);
        }

        #[test]
        fn text_survives_its_line(text in "[^\\p{Cc}]{0,300}(\n[^\\p{Cc}]{0,40}){0,3}") {
            let line = Line::text("DESCRIPTION", &text);
            let printed = line.to_string();
            for physical in printed.split("\r\n") {
                prop_assert!(physical.len() <= FOLD && physical != " ", "{physical:?}");
            }
            let unfolded = printed.replace("\r\n ", "");
            let read = Line::read(unfolded.trim_end_matches("\r\n"), 1).expect("a line");
            prop_assert_eq!(read.plain(), text);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,80}|[A-Z;:=\"\\\\,]{0,40}") {
            if let Ok(line) = Line::read(&text, 1) {
                prop_assert_eq!(Line::read(&line.to_string().replace("\r\n ", "").replace("\r\n", ""), 1), Ok(line));
            }
        }
    }
}
