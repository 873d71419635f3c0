//! A disk that is really full: a file system of a few megabytes, filled to its last byte.

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use clockwork::SystemClock;
use kernel::Clock as _;
use reqwest::StatusCode;
use rustix::process::Signal;

use crate::{
    person::Person,
    process::{Installation, PATIENCE, becomes, reason},
};

/// A small file system of its own, gone with this value.
struct SmallDisk {
    at: PathBuf,
    /// `sudo -n`, where this user may not mount but may become one who may.
    lend: &'static [&'static str],
}

impl SmallDisk {
    /// Mounted at `at`; `None`, and a line on standard error, where that is not possible.
    fn mount(at: &Path) -> Option<Self> {
        std::fs::create_dir(at).expect("a folder");
        let (user, group) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
        let options = format!("size=6m,mode=0700,uid={user},gid={group}");
        for lend in [&[][..], &["sudo", "-n"]] {
            if run(lend, &["mount", "-t", "tmpfs", "-o", &options, "campanile-test"], at) {
                return Some(Self { at: at.to_owned(), lend });
            }
        }
        // Not eprintln!, whose output is swallowed while a test passes: what is skipped is to be seen.
        let _ = writeln!(std::io::stderr(), "SKIPPED: a full disk, because this user may not mount a small file system");
        None
    }

    /// Leaves no room at all.
    fn fill(&self) {
        let mut filler = File::create(self.at.join("filler")).expect("a file");
        for size in [1 << 20, 1 << 12, 1] {
            while filler.write_all(&vec![7; size]).is_ok() {}
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.at.join("filler")).expect("removed");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if !run(self.lend, &["umount"], &self.at) && !run(self.lend, &["umount", "--lazy"], &self.at) {
            eprintln!("{} stays mounted", self.at.display());
        }
    }
}

/// Whether a command that needs the rights of root succeeds on `at`.
fn run(lend: &[&str], words: &[&str], at: &Path) -> bool {
    let words = [lend, words].concat();
    let done = Command::new(words[0]).args(&words[1..]).arg(at).output();
    done.is_ok_and(|done| done.status.success())
}

#[tokio::test]
async fn a_full_disk_refuses_writes_with_507_answers_reads_and_loses_nothing() {
    let installation = Installation::sqlite();
    let Some(disk) = SmallDisk::mount(&installation.data()) else { return };
    let mut server = installation.serve(&[]);
    let anna = Person::sign_up(&server).await;
    becomes(&server, 200).await;
    let mut kept = vec![anna.create().await.expect("there is room")];

    disk.fill();
    let clock = SystemClock::new(None);
    let refusal = loop {
        match anna.create().await {
            Ok(id) => kept.push(id),
            Err(refusal) => break refusal,
        }
        assert!(clock.monotonic() < PATIENCE, "a full disk takes {} schedules", kept.len());
    };
    assert_eq!(refusal.status, StatusCode::INSUFFICIENT_STORAGE, "{refusal:?}");
    assert!(refusal.retry_after > 0 && refusal.body["code"] == "store.full", "{refusal:?}");
    assert_eq!(reason(&becomes(&server, 503).await, "database"), "the disk of the database is full");
    assert!(anna.has(&kept).await, "reads are answered");

    disk.make_room();
    becomes(&server, 200).await;
    kept.push(anna.create().await.expect("there is room again"));
    disk.fill();
    server.signal(Signal::KILL);
    server.ended();
    disk.make_room();
    let server = installation.serve(&[]);
    assert!(anna.at(&server).has(&kept).await, "what was answered is there");
    assert_eq!(server.terminate().0.code(), Some(0));
}
