//! Those who wait for a product, from a file: comma-separated values (RFC 4180) with a line of names first. The order of the lines is the
//! order of subscribing.

use std::collections::HashMap;

use csv::{ByteRecord, ReaderBuilder, StringRecord, Trim};
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
    let mut reader = ReaderBuilder::new().flexible(true).trim(Trim::All).has_headers(false).from_reader(file);
    let mut record = ByteRecord::new();
    let mut refused = Refused::default();
    // Reading from memory, and bytes of whatever kind: this does not fail.
    let mut next = |record: &mut ByteRecord| reader.read_byte_record(record).unwrap_or(false);
    next(&mut record);
    let columns = match Columns::read(&record) {
        Ok(columns) => columns,
        Err(bad) => return Err(CampaignError::BadLines { lines: vec![bad], count: 1 }),
    };
    let (width, mut lines, mut place) = (record.len(), 0, Place { byte: 0, line: 1 });
    let mut import = Import { details: columns.details(), ..Import::default() };
    let mut named: HashMap<Who, usize> = HashMap::new();
    while next(&mut record) {
        lines += 1;
        if lines > MAX_IMPORT_LINES {
            return Err(CampaignError::TooManyLines);
        }
        place = place.at(file, &record);
        match line(place.line, &record, columns, width) {
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
    refused.or(import)
}

/// Where in a file a record begins. Its reader says so, but for the empty lines it has passed over.
#[derive(Clone, Copy)]
struct Place {
    byte: usize,
    line: u64,
}

impl Place {
    fn at(self, file: &[u8], record: &ByteRecord) -> Self {
        let said = record.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.byte);
        let empty = file.iter().skip(said).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let byte = said + empty;
        let passed = file.iter().take(byte).skip(self.byte).filter(|byte| **byte == b'\n').count();
        Self { byte, line: self.line + passed as u64 }
    }
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
            ("external_id,name\n\"a,A\nb,B\nc,C\n", &[(2, "field_count")]),
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
