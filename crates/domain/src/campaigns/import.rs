//! Those who wait for a product, from a file: comma-separated values (RFC 4180) with a line of names first. The order of the lines is the
//! order of subscribing.

use std::{
    collections::HashMap,
    io::{Chain, Read as _},
};

use csv::{ByteRecord, Position, Reader, ReaderBuilder, StringRecord, Trim};
use kernel::FieldError;

use super::{CampaignError, RecipientDraft, Who, recipient::Details};

/// Lines of one file, without the first.
pub const MAX_IMPORT_LINES: usize = 50_000;
/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 8 << 20;
/// Bad lines that are named.
const SHOWN_LINES: usize = 100;

/// What a file can say of somebody; what it does not say stays as it is.
const DETAILS: [&str; 4] = ["name", "email", "locale", "time_zone"];

/// A line that cannot be taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Which, counted from 1, as editors do.
    pub line: u64,
    /// Stable, for programs.
    pub code: &'static str,
    /// For people.
    pub detail: String,
}

impl BadLine {
    /// About an account that is not there.
    pub fn unknown_user(line: u64) -> Self {
        Self { line, code: "user_unknown", detail: "there is no account of this id".to_owned() }
    }
}

/// Somebody a file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where, counted from 1.
    pub number: u64,
    /// Who.
    pub who: Who,
    /// What it says of them.
    pub says: RecipientDraft,
}

/// A file that makes sense.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Import {
    /// What its lines say of people.
    pub details: Details,
    /// Everybody it names, once: at the first line that does, with what the last one says.
    pub people: Vec<Line>,
    /// Lines that name somebody who was named before.
    pub repeated: usize,
}

/// The columns of a file.
#[derive(Clone, Copy, Default)]
struct Columns {
    external_id: Option<usize>,
    user_id: Option<usize>,
    details: [Option<usize>; 4],
}

impl Columns {
    fn read(header: &ByteRecord) -> Result<Self, BadLine> {
        let bad = |code, detail| BadLine { line: 1, code, detail };
        let mut columns = Self::default();
        for (index, name) in header.iter().enumerate() {
            let name = std::str::from_utf8(name).map_err(|_| bad("not_utf8", "the line is not UTF-8".to_owned()))?;
            let column = match name {
                "external_id" => &mut columns.external_id,
                "user_id" => &mut columns.user_id,
                _ => {
                    let Some(detail) = DETAILS.iter().position(|detail| *detail == name) else {
                        // As much of it as tells which one is meant: it may be the whole file.
                        let shown: String = name.chars().take(NAME_SHOWN).collect();
                        return Err(bad("column_unknown", format!("there is no column {shown:?}: {KNOWN}")));
                    };
                    &mut columns.details[detail]
                }
            };
            if column.replace(index).is_some() {
                return Err(bad("column_repeated", format!("the column {name} stands there twice")));
            }
        }
        if columns.external_id.is_none() && columns.user_id.is_none() {
            return Err(bad("column_missing", format!("the first line names the columns: {KNOWN}")));
        }
        Ok(columns)
    }

    fn details(self) -> Details {
        let [name, email, locale, time_zone] = self.details.map(|column| column.is_some());
        Details { name, email, locale, time_zone }
    }
}

/// Characters of a column's name that a refusal repeats.
const NAME_SHOWN: usize = 64;

const KNOWN: &str = "write external_id (with name, email, locale, time_zone) or user_id, or both";

/// Reads a file. All of its lines are looked at: a refusal names the first [`SHOWN_LINES`] that are bad, and how many there are.
pub fn read(file: &[u8]) -> Result<Import, CampaignError> {
    let mut records = Records::of(file);
    let mut refused = Refused::default();
    let columns = match records.next().and_then(|_| Columns::read(&records.record)) {
        Ok(columns) => columns,
        Err(bad) => return Err(CampaignError::BadLines { lines: vec![bad], count: 1 }),
    };
    let (width, mut lines) = (records.record.len(), 0);
    let mut import = Import { details: columns.details(), ..Import::default() };
    let mut named: HashMap<Who, usize> = HashMap::new();
    loop {
        let next = records.next();
        if next == Ok(false) {
            return refused.or(import);
        }
        lines += 1;
        if lines > MAX_IMPORT_LINES {
            return Err(CampaignError::TooManyLines);
        }
        match next.and_then(|_| line(records.line, &records.record, columns, width)) {
            Err(bad) => refused.add(bad),
            Ok(line) => {
                if let Some(&index) = named.get(&line.who) {
                    import.repeated += 1;
                    import.people[index].says = line.says;
                } else {
                    named.insert(line.who.clone(), import.people.len());
                    import.people.push(line);
                }
            }
        }
    }
}

/// What is read behind a file: a line of its own, unless the last quote of the file is open.
const BEHIND: &[u8] = b"\n.\n";

/// The records of a file, one after the other.
struct Records<'a> {
    file: &'a [u8],
    reader: Reader<Chain<&'a [u8], &'static [u8]>>,
    /// The last one that was read,
    record: ByteRecord,
    /// where in the file it begins,
    byte: usize,
    /// and in which line, counted from 1.
    line: u64,
}

impl<'a> Records<'a> {
    fn of(file: &'a [u8]) -> Self {
        let text = file.chain(BEHIND);
        let reader = ReaderBuilder::new().flexible(true).trim(Trim::All).has_headers(false).from_reader(text);
        Self { file, reader, record: ByteRecord::new(), byte: 0, line: 1 }
    }

    /// Reads the next one; `false`: there is none.
    fn next(&mut self) -> Result<bool, BadLine> {
        // Reading from memory, and bytes of whatever kind: this does not fail.
        let is_there = self.reader.read_byte_record(&mut self.record).unwrap_or(false);
        // Its reader says where it begins, but for the empty lines it has passed over.
        let said = self.record.position().map_or(0, Position::byte);
        let said = usize::try_from(said).unwrap_or(self.byte).min(self.file.len());
        let byte = said + self.file[said..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.line += ends(&self.file[..byte], self.byte);
        self.byte = byte;
        if !is_there || byte == self.file.len() {
            self.record.clear();
            return Ok(false);
        }
        if self.reader.position().byte() > self.file.len() as u64 + 1 {
            let detail = "a quote is opened here, or in a line after this, and never closed".to_owned();
            return Err(BadLine { line: self.line, code: "quote_open", detail });
        }
        let end = usize::try_from(self.reader.position().byte()).unwrap_or(usize::MAX).min(self.file.len());
        if has_misplaced_quote(&self.file[byte..end]) {
            let detail = "quotes stand around a whole field, and a quote within one is written twice".to_owned();
            return Err(BadLine { line: self.line, code: "quote_misplaced", detail });
        }
        Ok(true)
    }
}

/// Whether a record has a quote where RFC 4180 has none: within a field that is not in quotes, or before something else than the end of the
/// field. Its reader takes such a field for what it likes.
fn has_misplaced_quote(record: &[u8]) -> bool {
    /// Where in a field the last byte stood.
    enum At {
        Begin,
        Plain,
        Quoted,
        /// Behind a quote that closes, or is the first of two.
        Quote,
        /// Behind space behind a quote that closes.
        Behind,
    }
    let mut at = At::Begin;
    for byte in record.strip_prefix(BYTE_ORDER_MARK).unwrap_or(record) {
        at = match (at, byte) {
            (At::Quoted, b'"') => At::Quote,
            (At::Quoted, _) | (At::Begin | At::Quote, b'"') => At::Quoted,
            (At::Plain | At::Behind, b'"') => return true,
            (_, b',' | b'\r' | b'\n') => At::Begin,
            (At::Begin | At::Plain, _) => At::Plain,
            (At::Quote | At::Behind, b' ' | b'\t') => At::Behind,
            (At::Quote | At::Behind, _) => return true,
        };
    }
    false
}

/// What some programs begin a file with, in UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// How many lines end in `text` from `from` on: with CR, LF, or both.
fn ends(text: &[u8], from: usize) -> u64 {
    let is_end = |at: usize| text[at] == b'\n' || (text[at] == b'\r' && text.get(at + 1) != Some(&b'\n'));
    (from..text.len()).filter(|at| is_end(*at)).count() as u64
}

/// Bad lines, as they are found.
#[derive(Debug, Default)]
pub struct Refused {
    lines: Vec<BadLine>,
    count: usize,
}

impl Refused {
    /// One more; of one line, the first counts.
    pub fn add(&mut self, bad: BadLine) {
        self.count += 1;
        if self.lines.len() < SHOWN_LINES {
            self.lines.push(bad);
        }
    }

    /// `good`, if there was none.
    pub fn or<T>(self, good: T) -> Result<T, CampaignError> {
        if self.count == 0 { Ok(good) } else { Err(CampaignError::BadLines { lines: self.lines, count: self.count }) }
    }
}

fn line(number: u64, record: &ByteRecord, columns: Columns, width: usize) -> Result<Line, BadLine> {
    let bad = |code, detail: &str| BadLine { line: number, code, detail: detail.to_owned() };
    if record.len() != width {
        return Err(bad("field_count", &format!("there are {} fields here, and {width} columns", record.len())));
    }
    let record = StringRecord::from_byte_record(record.clone()).map_err(|_| bad("not_utf8", "the line is not UTF-8"))?;
    let field = |column: Option<usize>| record.get(column?).filter(|text| !text.is_empty());
    let who = match (field(columns.external_id), field(columns.user_id)) {
        (Some(id), None) => Who::External(super::external_id("", id).map_err(|error| bad("external_id_invalid", &error.detail))?),
        (None, Some(id)) => Who::User(id.parse().map_err(|error: kernel::IdError| bad("user_id_invalid", &error.to_string()))?),
        (None, None) => return Err(bad("recipient_missing", "the line names nobody")),
        (Some(_), Some(_)) => return Err(bad("recipient_ambiguous", "write external_id or user_id, not both")),
    };
    let said = columns.details.map(field);
    if matches!(who, Who::User(_)) && said.iter().any(Option::is_some) {
        return Err(bad("details_of_user", "who has an account says by themself what they are called and where they are"));
    }
    let says = RecipientDraft::read("", said).map_err(|wrong| bad_detail(number, &wrong))?;
    Ok(Line { number, who, says })
}

/// The first detail that is wrong.
fn bad_detail(line: u64, wrong: &[FieldError]) -> BadLine {
    let first = wrong.first();
    let code = match first.map(|error| error.pointer.as_str()) {
        Some("/name") => "name_invalid",
        Some("/email") => "email_invalid",
        Some("/locale") => "locale_invalid",
        _ => "time_zone_invalid",
    };
    BadLine { line, code, detail: first.map(|error| error.detail.clone()).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use kernel::UserId;
    use uuid::Uuid;

    use super::*;
    use crate::identity::DisplayName;

    fn bad(file: &str) -> Vec<(u64, &'static str)> {
        match read(file.as_bytes()) {
            Err(CampaignError::BadLines { lines, count }) => {
                assert_eq!(count, lines.len());
                lines.into_iter().map(|bad| (bad.line, bad.code)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_is_not_repeated_in_its_refusal() {
        match read(&vec![1; 100_000]) {
            Err(CampaignError::BadLines { lines, .. }) => assert!(lines[0].detail.len() < 1_000, "{}", lines[0].detail.len()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_order_of_the_lines_is_kept_and_everybody_is_named_once() {
        let user = UserId::from_uuid(Uuid::from_u128(7));
        let file = format!(
            "\u{feff}external_id, name,user_id\r\nb,\"Kim, \"\"종\"\" Lee\",\r\na,,\r\n,,{user}\r\n\r\nb,Park,\r\n{}",
            "c,,"
        );
        let import = read(file.as_bytes()).expect("a good file");
        let people: Vec<_> = import.people.iter().map(|line| (line.number, line.who.external_id())).collect();
        assert_eq!(people, [(2, "b".to_owned()), (3, "a".to_owned()), (4, user.to_string()), (7, "c".to_owned())]);
        assert_eq!(import.people[0].says.name.as_ref().map(DisplayName::as_str), Some("Park"));
        assert_eq!((import.repeated, import.details), (1, Details { name: true, ..Details::default() }));
        assert_eq!(read(b"user_id\n").map(|import| import.people.len()), Ok(0));
    }

    #[test]
    fn bad_lines_are_named_by_number_and_code() {
        for (file, expected) in [
            ("", &[(1, "column_missing")][..]),
            ("name,email\n", &[(1, "column_missing")]),
            ("external_id,phone\n", &[(1, "column_unknown")]),
            ("user_id,user_id\n", &[(1, "column_repeated")]),
            ("external_id,name\na\nb,B\nc,C,D\n", &[(2, "field_count"), (4, "field_count")]),
            (
                "external_id,user_id\na,usr_1\n,\n,usr_1\nusr_1,\n",
                &[(2, "recipient_ambiguous"), (3, "recipient_missing"), (4, "user_id_invalid"), (5, "external_id_invalid")],
            ),
            (
                "external_id,name,email,locale,time_zone\na,\u{200b},,,\nb,,b@,,\nc,,,?,\nd,,,,Mars\n",
                &[(2, "name_invalid"), (3, "email_invalid"), (4, "locale_invalid"), (5, "time_zone_invalid")],
            ),
            ("external_id,name\n\"a,A\nb,B\nc,C\n", &[(2, "quote_open")]),
            ("external_id,name\na,A\n\nb,\"B", &[(4, "quote_open")]),
            ("external_id,name\na,A,\nb,\"B,\n", &[(2, "field_count"), (3, "quote_open")]),
            ("external_id\na\n\"", &[(3, "quote_open")]),
            ("external_id,\"name\na,A\n", &[(1, "quote_open")]),
            ("external_id,name\n\"a\"b,A\nc,\"C\" \nd,\"D\" \"\ne,E\n", &[(2, "quote_misplaced"), (4, "quote_misplaced")]),
            ("external_id,name\na,Kim \"Lee\"\nb, \"B\"\n\nc,\"C\"\"C\"\n", &[(2, "quote_misplaced"), (3, "quote_misplaced")]),
            ("external_id,\"name\"s\na,A\n", &[(1, "quote_misplaced")]),
            ("external_id\ra\r\r.\r", &[(4, "external_id_invalid")]),
            ("external_id\r\n\r\n..\r\r\n.\n", &[(3, "external_id_invalid"), (5, "external_id_invalid")]),
            ("external_id\r\"a\rb\"\rc\u{200b}\r", &[(2, "external_id_invalid"), (4, "external_id_invalid")]),
            ("external_id,name\n\n\r\n\"a\nb\",\n\nc\n", &[(4, "external_id_invalid"), (7, "field_count")]),
        ] {
            assert_eq!(bad(file), expected, "{file:?}");
        }
        let with_details = format!("user_id,name\n{},Kim\n", UserId::from_uuid(Uuid::from_u128(7)));
        assert_eq!(bad(&with_details), [(2, "details_of_user")]);
        assert!(
            matches!(read(b"external_id\n\xff\n"), Err(CampaignError::BadLines { lines, .. }) if lines[0].code == "not_utf8")
        );
    }

    #[test]
    fn a_file_ends_with_or_without_an_end_of_line_and_what_is_quoted_may_end_it() {
        for file in [
            "external_id,name\na,A",
            "external_id,name\na,A\n\r\n\n",
            "external_id,name\r\na,\"A\"",
            "external_id,name\ra,\"A\"\r",
            "\u{feff}\"external_id\",\"name\"\n\"a\" ,\"A\"\t\n",
        ] {
            let import = read(file.as_bytes()).expect("a good file");
            let people: Vec<_> = import.people.iter().map(|line| (line.number, line.who.external_id())).collect();
            assert_eq!(people, [(2, "a".to_owned())], "{file:?}");
            assert_eq!(import.people[0].says.name.as_ref().map(DisplayName::as_str), Some("A"), "{file:?}");
        }
        assert_eq!(read(b"external_id").map(|import| import.people.len()), Ok(0));
    }

    #[test]
    fn a_file_has_so_many_lines_and_so_many_of_the_bad_ones_are_shown() {
        use std::fmt::Write as _;
        let file = |lines: usize, bad: bool| {
            let mut file = "external_id\n".to_owned();
            for index in 0..lines {
                let _ = writeln!(file, "{}{index}", if bad { "usr_" } else { "c" });
            }
            file
        };
        assert_eq!(read(file(MAX_IMPORT_LINES, false).as_bytes()).map(|import| import.people.len()), Ok(MAX_IMPORT_LINES));
        assert_eq!(read(file(MAX_IMPORT_LINES + 1, false).as_bytes()), Err(CampaignError::TooManyLines));
        match read(file(SHOWN_LINES + 5, true).as_bytes()) {
            Err(CampaignError::BadLines { lines, count }) => assert_eq!((lines.len(), count), (SHOWN_LINES, SHOWN_LINES + 5)),
            other => panic!("{other:?}"),
        }
    }
}
