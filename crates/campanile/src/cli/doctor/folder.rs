//! The data folder, the room on its disk, and the secret in it.

use std::{os::unix::fs::MetadataExt as _, path::Path};

use super::Finding;
use crate::{
    config::{Config, Database},
    wiring::{Unreadable, read_secret},
};

/// With less room than this, a busy day may fill the disk.
const ROOM_LEAST_MIB: u64 = 512;

/// The data folder.
pub(super) fn data(config: &Config) -> Finding {
    const SUBJECT: &str = "data folder";
    let path = &config.data;
    let shown = path.display();
    let Ok(metadata) = std::fs::metadata(path) else {
        return Finding::well(SUBJECT, format!("{shown} is not there yet; the first start makes it"));
    };
    if !metadata.is_dir() {
        return Finding::ill(SUBJECT, format!("{shown} is not a folder"), "Choose another one with --data.");
    }
    if rustix::fs::access(path, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_err() {
        return Finding::ill(SUBJECT, format!("this user may not write into {shown}"), format!("chown it to this user: {shown}"));
    }
    let mode = metadata.mode() & 0o777;
    if mode & 0o007 != 0 {
        let what = format!("{shown} is open to everybody on this machine (mode {mode:04o})");
        return Finding::ill(SUBJECT, what, format!("chmod 700 {shown}"));
    }
    match free_mib(path) {
        Some(free) if free < ROOM_LEAST_MIB => Finding::ill(
            SUBJECT,
            format!("{free} MiB are free on the disk of {shown}"),
            format!("Free some space; below {ROOM_LEAST_MIB} MiB a busy day may fill it, and then writes are refused."),
        ),
        Some(free) => Finding::well(SUBJECT, format!("{shown}, {free} MiB free")),
        None => Finding::well(SUBJECT, format!("{shown}; how much is free is not known")),
    }
}

fn free_mib(path: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(path).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize) / (1024 * 1024))
}

/// The secret file.
pub(super) fn secret(config: &Config) -> Finding {
    const SUBJECT: &str = "secret";
    let path = config.secret_file();
    let shown = path.display();
    match read_secret(&path) {
        Ok(text) => match app::identity::Secret::read_file(&text).and_then(app::identity::Keys::from_secrets) {
            Ok(_) => Finding::well(SUBJECT, format!("{shown}, readable by its owner only")),
            Err(error) => Finding::ill(SUBJECT, format!("{shown}: {error}"), "Restore the file from a backup."),
        },
        // A new secret beside old data would sign everybody out and make every password wrong.
        Err(Unreadable::Missing) if has_data(config) => Finding::ill(
            SUBJECT,
            format!("{shown} is missing beside a database that exists"),
            "Restore it from the backup of the data folder. With a new secret nobody could sign in any more.",
        ),
        Err(Unreadable::Missing) => Finding::well(SUBJECT, format!("{shown} is not there yet; the first start makes it")),
        Err(Unreadable::Exposed(mode)) => {
            Finding::ill(SUBJECT, format!("{shown} can be read by others (mode {mode:04o})"), format!("chmod 600 {shown}"))
        }
        Err(Unreadable::Refused(error)) => {
            Finding::ill(SUBJECT, format!("{shown} cannot be read: {error}"), "Give this user the right to read it.")
        }
    }
}

/// Whether there is a SQLite database already. Of PostgreSQL it is not known here; the secret of the first node counts there.
fn has_data(config: &Config) -> bool {
    matches!(config.database(), Database::Sqlite(path) if path.exists())
}
