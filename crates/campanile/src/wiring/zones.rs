//! Which database of time zones the process goes by: the one compiled in, or the folder `zoneinfo`.
//!
//! The folder is read once, whole, before anything else: an update of its files while the process runs changes nothing until the
//! next start, which then also plans anew what moves.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use kernel::ZoneDatabase;

use crate::{cli::Failure, config::Config};

/// Files that say which version of the database a folder holds, the likeliest first.
const VERSION_FILES: [&str; 3] = ["+VERSION", "tzdata.zi", "version"];

/// What lies beside the zones in a folder of the system and is none of its own: zones with other rules (`right` counts leap seconds),
/// and whatever this machine's own zone is.
const NO_ZONES: [&str; 4] = ["posix", "right", "localtime", "posixrules"];

/// How a compiled zone begins (RFC 9636).
const MAGIC: &[u8] = b"TZif";

/// No zone is larger; the largest has four thousand bytes.
const LARGEST: u64 = 1 << 20;

/// No database has more; the present one has six hundred.
const MOST: usize = 10_000;

/// Names have three parts at most: `America/Argentina/Ushuaia`.
const DEEPEST: usize = 3;

/// Lets this process go by the configured database of zones. Comes before the first zone is read.
pub(crate) fn go_by_zones(config: &Config) -> Result<(), Failure> {
    let Some(folder) = &config.zoneinfo else { return Ok(()) };
    let zones = read(folder)?;
    tracing::debug!(version = zones.version(), files = zones.files(), folder = %folder.display(), "zones were read");
    zones.go_by().map_err(Failure::new)
}

fn read(folder: &Path) -> Result<ZoneDatabase, Failure> {
    let refused = |why: &dyn std::fmt::Display| {
        Failure::new(format!("the time zones in {} (`zoneinfo`) cannot be read: {why}", folder.display()))
            .hint("Name a folder of compiled zone files, such as /usr/share/zoneinfo, or \"\" for those of this version.")
    };
    let mut files = Vec::new();
    collect(folder, "", 1, &mut files).map_err(|error| refused(&error))?;
    files.sort();
    let version = version(folder).unwrap_or_else(|| digest(&files));
    ZoneDatabase::of_files(&version, files).map_err(|error| refused(&error))
}

/// Adds the zones in `folder`, whose names begin with `prefix`.
fn collect(folder: &Path, prefix: &str, depth: usize, files: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    entries.sort();
    for path in entries {
        let Some(own) = path.file_name().and_then(|name| name.to_str()).filter(|name| is_part_of_a_name(name)) else { continue };
        if depth == 1 && NO_ZONES.contains(&own) {
            continue;
        }
        let name = format!("{prefix}{own}");
        let metadata = fs::metadata(&path)?;
        if metadata.is_dir() && depth < DEEPEST {
            collect(&path, &format!("{name}/"), depth + 1, files)?;
        } else if metadata.is_file() && metadata.len() <= LARGEST {
            let bytes = fs::read(&path)?;
            if bytes.starts_with(MAGIC) {
                files.push((name, bytes));
            }
        }
        if files.len() > MOST {
            return Err(io::Error::other(format!("there are more than {MOST} zones in it")));
        }
    }
    Ok(())
}

fn is_part_of_a_name(name: &str) -> bool {
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    first && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
}

/// What the folder says its version is: `2026f`.
fn version(folder: &Path) -> Option<String> {
    let first_line = |name| fs::read_to_string(folder.join(name)).ok()?.lines().next().map(str::to_owned);
    let line = VERSION_FILES.into_iter().find_map(first_line)?;
    let version = line.trim_start_matches('#').trim().trim_start_matches("version").trim();
    let plain = (1..=32).contains(&version.len()) && version.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
    plain.then(|| version.to_owned())
}

/// A version for a folder that says none: other files, another version (FNV-1a, 64 bits).
fn digest(files: &[(String, Vec<u8>)]) -> String {
    let bytes = files.iter().flat_map(|(name, rules)| name.bytes().chain([0]).chain(rules.iter().copied()));
    let digest = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("files-{digest:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A compiled zone without a change of clocks, so many seconds east of Greenwich (RFC 9636, section 3).
    fn zone(east: i32) -> Vec<u8> {
        let head = |version: u8| [MAGIC, &[version], &[0; 15], &[0, 0, 0, 0].repeat(4), &[0, 0, 0, 1, 0, 0, 0, 4]].concat();
        let body = [&east.to_be_bytes()[..], &[0, 0], b"XXX\0"].concat();
        let hours = -east / 3600;
        [head(b'2'), body.clone(), head(b'2'), body, format!("\n<XXX>{hours}\n").into_bytes()].concat()
    }

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, bytes) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, bytes).expect("written");
        }
        folder
    }

    #[test]
    fn zones_are_found_in_folders_and_what_lies_beside_them_is_left_alone() {
        let (one, two) = (zone(3600), zone(7200));
        let folder = folder(&[
            ("Europe/Berlin", &one),
            ("America/Argentina/Ushuaia", &two),
            ("right/Europe/Berlin", &two),
            ("localtime", &two),
            ("zone.tab", b"DE +5230+01322 Europe/Berlin"),
            ("Europe/README", b"TZ"),
            ("+VERSION", b"2027a\n"),
        ]);
        let zones = read(folder.path()).expect("zones");
        assert_eq!(zones.files(), 2);
        assert!(zones.version().starts_with("2027a+"), "{}", zones.version());
        let at =
            |name| zones.zone(name).expect("a zone").resolve("2026-11-20T12:00:00".parse().expect("a time")).instant.to_string();
        assert_eq!(at("Europe/Berlin"), "2026-11-20T11:00:00Z");
        assert_eq!(at("America/Argentina/Ushuaia"), "2026-11-20T10:00:00Z");
    }

    #[test]
    fn the_version_is_what_the_folder_says_and_otherwise_what_is_in_it() {
        let (one, two) = (zone(3600), zone(7200));
        let version_of = |files: &[(&str, &[u8])]| {
            let version = read(folder(files).path()).expect("zones").version().to_owned();
            version.split('+').next().unwrap_or_default().to_owned()
        };
        assert_eq!(version_of(&[("A", &one), ("tzdata.zi", b"# version 2026e\nR d 1916 o\n")]), "2026e");
        assert_eq!(version_of(&[("A", &one), ("version", b"2026d")]), "2026d");
        let said_none = version_of(&[("A", &one), ("version", b"what is this?")]);
        assert!(said_none.starts_with("files-"), "{said_none}");
        assert_eq!(version_of(&[("A", &one)]), said_none, "the same files, the same version");
        assert_ne!(version_of(&[("A", &two)]), said_none);
        assert_ne!(version_of(&[("B", &one)]), said_none);
    }

    #[test]
    fn a_folder_without_zones_is_refused_with_a_sentence() {
        let said = |path: &Path| match read(path).expect_err("refused") {
            Failure::Failed { what, .. } => what,
            other => panic!("{other:?}"),
        };
        let empty = folder(&[("zone.tab", b"x")]);
        let place = empty.path().display();
        assert_eq!(
            said(empty.path()),
            format!("the time zones in {place} (`zoneinfo`) cannot be read: there is no zone file in it")
        );
        let missing = empty.path().join("none");
        assert!(said(&missing).ends_with("No such file or directory (os error 2)"), "{}", said(&missing));
        let broken = folder(&[("Europe/Berlin", b"TZif2 and no more")]);
        assert!(said(broken.path()).contains("Europe/Berlin in it is not a zone file"), "{}", said(broken.path()));
    }
}
