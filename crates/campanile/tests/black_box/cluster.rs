//! A PostgreSQL server of a test's own, which it may stop and change.

use std::{path::PathBuf, process::Command};

/// Stopped, and its data deleted, with this value.
pub(crate) struct Cluster {
    folder: tempfile::TempDir,
}

impl Cluster {
    /// Not yet started; `None`, and a line on standard error, where tests have no PostgreSQL.
    pub(crate) async fn new() -> Option<Self> {
        testkit::fresh_postgres().await?;
        Some(Self { folder: tempfile::tempdir().expect("a folder") })
    }

    /// Starts it, at the port it had before; answers its URL.
    pub(crate) fn start(&self) -> String {
        self.script("start")
    }

    pub(crate) fn stop(&self) {
        self.script("stop");
    }

    /// Gives it a certificate for 127.0.0.1 that nobody vouches for, and starts it anew; answers the certificate's file. The
    /// server makes both files itself, because it refuses a key that is not its own.
    pub(crate) async fn certify(&self) -> PathBuf {
        let make = "umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
             -subj /CN=database -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
             -keyout server.key -out server.crt";
        let open = store::Open::Postgres { url: self.script("url"), pool: 1, ca_file: None };
        store::scratch::script(&open, &format!("COPY (SELECT) TO PROGRAM '{make}'")).await.expect("openssl makes it");
        store::scratch::script(&open, "ALTER SYSTEM SET ssl = on").await.expect("set");
        self.stop();
        self.start();
        self.folder.path().join("data/server.crt")
    }

    fn script(&self, verb: &str) -> String {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../scripts/postgres.sh");
        let done = Command::new(script).arg(verb).arg(self.folder.path()).output().expect("it runs");
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).expect("UTF-8").trim().to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}
