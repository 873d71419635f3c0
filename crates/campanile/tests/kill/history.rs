//! The history of one run: JSON lines in a file that outlives the test.

use std::{
    fs::File,
    io::BufReader,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use clockwork::SystemClock;
use kernel::Clock as _;
use testkit::history::{Entry, Phase, What, read_lines, write_line};

/// Shared by all who write. The order of its lines is the order in which things were seen.
#[derive(Clone)]
pub(crate) struct History {
    clock: Arc<SystemClock>,
    path: PathBuf,
    file: Arc<Mutex<File>>,
}

impl History {
    pub(crate) fn create(engine: &str, clock: Arc<SystemClock>) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("kill-{engine}.jsonl"));
        let file = File::create(&path).expect("a file for the history");
        Self { clock, path, file: Arc::new(Mutex::new(file)) }
    }

    pub(crate) fn write(&self, actor: &str, phase: Phase, what: What) {
        let mut file = self.file.lock().expect("nobody panicked while writing");
        let ts_mono = u64::try_from(self.clock.monotonic().as_micros()).expect("a short test");
        let entry = Entry { ts_mono, ts_wall: self.clock.now(), actor: actor.to_owned(), phase, what };
        write_line(&mut *file, &entry).expect("room for the history");
    }

    pub(crate) fn read(&self) -> Vec<Entry> {
        read_lines(BufReader::new(File::open(&self.path).expect("the history"))).expect("lines of a history")
    }

    /// Where to look when something was found.
    pub(crate) fn place(&self) -> String {
        format!("the whole history: {}", self.path.display())
    }
}
