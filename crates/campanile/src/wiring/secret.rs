//! The secret file: made at the first start, refused when others can read it.

use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::Path,
};

use app::identity::{Keys, Secret};
use kernel::Entropy;

use crate::cli::Failure;

/// Whoever may read the file besides its owner, as the bits of its mode.
const OTHERS: u32 = 0o077;

/// Far more than any number of rotated secrets.
const MOST_BYTES: u64 = 64 * 1024;

/// Reads the keys of the installation, and makes the file if there is none.
pub(crate) fn keys(path: &Path, entropy: &dyn Entropy) -> Result<Keys, Failure> {
    let text = match read(path) {
        Err(Unreadable::Missing) => create(path, entropy)?,
        other => other.map_err(|problem| problem.failure(path))?,
    };
    let keys = Secret::read_file(&text).and_then(Keys::from_secrets);
    keys.map_err(|error| Failure::new(format!("{}: {error}", path.display())).hint("Restore the file from a backup."))
}

/// Why the file cannot be used.
pub(crate) enum Unreadable {
    /// It is not there.
    Missing,
    /// Others may read it; carries its mode.
    Exposed(u32),
    /// The operating system says no.
    Refused(std::io::Error),
}

impl Unreadable {
    /// As it ends a command.
    pub(crate) fn failure(&self, path: &Path) -> Failure {
        let path = path.display();
        match self {
            Self::Missing => Failure::new(format!("the secret file {path} is missing")).hint("It is made by the first start."),
            Self::Exposed(mode) => Failure::new(format!("the secret file {path} can be read by others (mode {mode:04o})"))
                .hint(format!("Take their right away: chmod 600 {path}")),
            Self::Refused(error) => Failure::new(format!("the secret file {path} cannot be read: {error}")),
        }
    }
}

/// The text of the file, if nobody else can read it.
pub(crate) fn read(path: &Path) -> Result<String, Unreadable> {
    let refused = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => Unreadable::Missing,
        _ => Unreadable::Refused(error),
    };
    let file = File::open(path).map_err(refused)?;
    let mode = file.metadata().map_err(refused)?.mode() & 0o7777;
    if mode & OTHERS != 0 {
        return Err(Unreadable::Exposed(mode));
    }
    let mut text = String::new();
    file.take(MOST_BYTES).read_to_string(&mut text).map_err(refused)?;
    Ok(text)
}

/// Makes the file under another name and links it into place, so that a crash leaves no empty secret behind, and of two
/// processes that start at once both use the one that came first.
fn create(path: &Path, entropy: &dyn Entropy) -> Result<String, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(format!("the secret file {} cannot be made: {error}", path.display()))
            .hint("The folder must be writable; --data and the key secret_file say where it is.")
    };
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let line = Keys::generate_line(entropy);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(failed)?;
    file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    let linked = std::fs::hard_link(&draft, path);
    let _ = std::fs::remove_file(&draft);
    match linked {
        Ok(()) => tracing::debug!(path = %path.display(), "the secret of the installation was made"),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(error)),
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    }
    read(path).map_err(|problem| problem.failure(path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::wiring::OsEntropy;

    #[test]
    fn the_secret_is_made_once_for_its_owner_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret.key");
        let made = format!("{:?}", keys(&path, &OsEntropy).expect("made"));
        assert_eq!(std::fs::metadata(&path).expect("there").mode() & 0o777, 0o600);
        assert_eq!(format!("{:?}", keys(&path, &OsEntropy).expect("read")), made, "the second start reads the same");
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1, "no draft is left");
    }

    #[test]
    fn a_secret_that_others_can_read_or_that_is_damaged_stops_the_start_and_is_not_repeated() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret.key");
        keys(&path, &OsEntropy).expect("made");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("opened up");
        let said = format!("{:?}", keys(&path, &OsEntropy).expect_err("exposed"));
        assert!(said.contains("mode 0644") && said.contains("chmod 600"), "{said}");

        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("closed");
        std::fs::write(&path, "canary\n").expect("damaged");
        let said = format!("{:?}", keys(&path, &OsEntropy).expect_err("damaged"));
        assert!(said.contains("line 1") && !said.contains("canary"), "{said}");
    }
}
