//! Components: lines between `BEGIN` and `END`, and components within them.

use std::fmt;

use super::{ICalendarError, Line};

/// Bytes of one file.
pub const MAX_BYTES: usize = 2 << 20;

/// Components of one file, those within others counted.
pub const MAX_COMPONENTS: usize = 5_000;

/// Components within each other; those that RFC 5545 and its extensions know need four.
pub const MAX_DEPTH: usize = 8;

/// Bytes of one line, unfolded.
pub const MAX_LINE_BYTES: usize = 64 << 10;

/// A component as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// `VEVENT`, upper case.
    pub name: String,
    /// Its properties.
    pub lines: Vec<Line>,
    /// What stands within it.
    pub components: Vec<Component>,
    /// Where it begins in the file it was read from; 0 where it was not read.
    pub(super) number: usize,
}

impl Component {
    /// One without anything in it.
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), lines: Vec::new(), components: Vec::new(), number: 0 }
    }

    /// Reads the components of a file, which may be folded anywhere, also within a character.
    pub fn read(file: &[u8]) -> Result<Vec<Self>, ICalendarError> {
        if file.len() > MAX_BYTES {
            return Err(ICalendarError::beyond(1, format!("a file may have at most {MAX_BYTES} bytes")));
        }
        let mut reader = Reader::default();
        for (number, line) in unfolded(file)? {
            reader.take(number, &line)?;
        }
        reader.finished()
    }

    /// The first property of this name.
    pub(super) fn line(&self, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.name == name)
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Line::new("BEGIN", &self.name).fmt(f)?;
        self.lines.iter().try_for_each(|line| line.fmt(f))?;
        self.components.iter().try_for_each(|component| component.fmt(f))?;
        Line::new("END", &self.name).fmt(f)
    }
}

/// The lines of a file without their folds, each with the number of its first physical line. Empty ones are left out.
fn unfolded(file: &[u8]) -> Result<Vec<(usize, String)>, ICalendarError> {
    let file = file.strip_prefix("\u{feff}".as_bytes()).unwrap_or(file);
    let mut lines: Vec<(usize, Vec<u8>)> = Vec::new();
    for (number, physical) in (1..).zip(file.split(|byte| *byte == b'\n')) {
        let physical = physical.strip_suffix(b"\r").unwrap_or(physical);
        match (physical, lines.last_mut()) {
            ([], _) => {}
            ([b' ' | b'\t', rest @ ..], Some((_, line))) => {
                line.extend_from_slice(rest);
                if line.len() > MAX_LINE_BYTES {
                    return Err(ICalendarError::beyond(number, format!("a line may have at most {MAX_LINE_BYTES} bytes")));
                }
            }
            _ if physical.len() > MAX_LINE_BYTES => {
                return Err(ICalendarError::beyond(number, format!("a line may have at most {MAX_LINE_BYTES} bytes")));
            }
            _ => lines.push((number, physical.to_vec())),
        }
    }
    let text = |(number, line)| match String::from_utf8(line) {
        Ok(line) => Ok((number, line)),
        Err(_) => Err(ICalendarError::line(number, "this is not UTF-8")),
    };
    lines.into_iter().map(text).collect()
}

#[derive(Default)]
struct Reader {
    done: Vec<Component>,
    open: Vec<Component>,
    begun: usize,
    last: usize,
}

impl Reader {
    fn take(&mut self, number: usize, text: &str) -> Result<(), ICalendarError> {
        self.last = number;
        let line = Line::read(text, number).map_err(|detail| ICalendarError::line(number, detail))?;
        match line.name.as_str() {
            "BEGIN" => self.begin(number, &line.value),
            "END" => self.end(number, &line.value),
            _ => match self.open.last_mut() {
                Some(component) => {
                    component.lines.push(line);
                    Ok(())
                }
                None => Err(ICalendarError::line(
                    number,
                    "this stands outside of every component; a file begins with BEGIN:VCALENDAR",
                )),
            },
        }
    }

    fn begin(&mut self, number: usize, name: &str) -> Result<(), ICalendarError> {
        let name = name.trim_end().to_ascii_uppercase();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(ICalendarError::line(number, "a component's name has letters, digits and hyphens"));
        }
        self.begun += 1;
        if self.begun > MAX_COMPONENTS {
            return Err(ICalendarError::beyond(number, format!("a file may have at most {MAX_COMPONENTS} components")));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(ICalendarError::beyond(number, format!("components may stand at most {MAX_DEPTH} deep in each other")));
        }
        self.open.push(Component { number, ..Component::new(&name) });
        Ok(())
    }

    fn end(&mut self, number: usize, name: &str) -> Result<(), ICalendarError> {
        let ended = self.open.pop().ok_or_else(|| ICalendarError::line(number, "nothing is open that could end here"))?;
        if !ended.name.eq_ignore_ascii_case(name.trim_end()) {
            let detail = format!("expected END:{}, which began in line {}", ended.name, ended.number);
            return Err(ICalendarError::line(number, detail));
        }
        match self.open.last_mut() {
            Some(parent) => parent.components.push(ended),
            None => self.done.push(ended),
        }
        Ok(())
    }

    fn finished(self) -> Result<Vec<Component>, ICalendarError> {
        match self.open.last() {
            Some(open) => {
                let detail = format!("the file ends here, but the {} of line {} has no END", open.name, open.number);
                Err(ICalendarError::line(self.last, detail))
            }
            None if self.done.is_empty() => Err(ICalendarError::line(1, "there is nothing in the file")),
            None => Ok(self.done),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pointer(file: &[u8]) -> String {
        use kernel::Coded as _;
        Component::read(file).expect_err("refused").fields()[0].pointer.clone()
    }

    #[test]
    fn a_file_is_read_with_its_components_and_printed_as_it_was() {
        let file = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM\r\n\
                    END:VEVENT\r\nBEGIN:X-THING\r\nX-A;P=\"q,r\":1\r\nEND:X-THING\r\nEND:VCALENDAR\r\n";
        let [calendar] = Component::read(file.as_bytes()).expect("a calendar").try_into().expect("one");
        assert_eq!(calendar.to_string(), file);
        assert_eq!(calendar.components[0].components[0].name, "VALARM");
        assert_eq!(calendar.components[1].number, 9);
    }

    #[test]
    fn folds_are_undone_wherever_they_are() {
        let folded = "\u{feff}BEGIN:VCAL\r\n ENDAR\nX-A:회\r\n\t의\n\nEND:VCALENDAR".as_bytes().to_vec();
        assert_eq!(Component::read(&folded).expect("a calendar")[0].lines[0].value, "회의");
        // Within a character: 회 is three bytes.
        let within = [b"BEGIN:VCALENDAR\nX-A:".as_slice(), &[0xed, 0x9a], b"\r\n ", &[0x8c], b"\nEND:VCALENDAR\n"].concat();
        assert_eq!(Component::read(&within).expect("a calendar")[0].lines[0].value, "회");
    }

    #[test]
    fn what_is_no_file_is_refused_at_its_line() {
        let table: [(&[u8], &str); 9] = [
            (b"", "/lines/1"),
            (b"hello", "/lines/1"),
            (b"VERSION:2.0", "/lines/1"),
            (b"BEGIN:VCALENDAR\nno line", "/lines/2"),
            (b"BEGIN:VCALENDAR\nX:\xff\xfe\nEND:VCALENDAR", "/lines/2"),
            (b"BEGIN:VCALENDAR\nX:a\0b\nEND:VCALENDAR", "/lines/2"),
            (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR", "/lines/3"),
            (b"BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VCALENDAR", "/lines/3"),
            (b"BEGIN:VCALENDAR\nX:1", "/lines/2"),
        ];
        for (file, at) in table {
            assert_eq!(pointer(file), at, "{}", String::from_utf8_lossy(file));
        }
    }

    #[test]
    fn a_file_beyond_a_limit_is_refused() {
        let deep = "BEGIN:X\n".repeat(MAX_DEPTH + 1);
        let many = format!("BEGIN:VCALENDAR\n{}", "BEGIN:X\nEND:X\n".repeat(MAX_COMPONENTS));
        let long = format!("BEGIN:VCALENDAR\nX:{}", "a".repeat(MAX_LINE_BYTES));
        let folded = format!("BEGIN:VCALENDAR\nX:\n{}", format!(" {}\n", "a".repeat(70)).repeat(1_000));
        let large = "\n".repeat(MAX_BYTES + 1);
        for file in [deep, many, long, folded, large] {
            assert!(matches!(Component::read(file.as_bytes()), Err(ICalendarError::TooMuch(_))), "{file:.40}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = Component::read(&bytes);
        }

        #[test]
        fn no_shuffled_lines_make_it_panic(
            lines in prop::collection::vec(
                prop::sample::select(vec![
                    "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "DTSTART:20261120", " folded", "X;A=b:c", "", ":",
                ]),
                0..30,
            ),
        ) {
            if let Ok(read) = Component::read(lines.join("\r\n").as_bytes()) {
                let printed: String = read.iter().map(ToString::to_string).collect();
                let again = Component::read(printed.as_bytes()).expect("its own text");
                let again: String = again.iter().map(ToString::to_string).collect();
                prop_assert_eq!(again, printed);
            }
        }
    }
}
