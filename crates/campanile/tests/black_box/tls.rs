//! The way to PostgreSQL: encrypted and verified, or refused.

use std::path::Path;

use store::{Open, scratch};

use crate::{
    cluster::Cluster,
    process::{Ended, Installation, becomes},
};

/// How many sessions of the program there are, encrypted or plain.
async fn sessions(url: &str, encrypted: bool) -> i64 {
    let open = Open::Postgres { url: url.to_owned(), pool: 1, ca_file: None };
    let sql = format!(
        "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'campanile' AND ssl = {encrypted}"
    );
    scratch::numbers(&open, &sql).await.expect("counted")[0]
}

fn migrate(url: &str, ca_file: Option<&Path>) -> Ended {
    let ca_file = format!("postgres.ca_file={}", ca_file.map_or("", |file| file.to_str().expect("UTF-8")));
    let words = ["migrate", "--database", url, "--set", "postgres.wait_seconds=0", "--set", &ca_file];
    Installation::sqlite().run(&words)
}

#[track_caller]
fn refused(ended: &Ended, why: &str) {
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.talk.contains(why), "{ended:?}");
}

#[tokio::test]
async fn tls_to_the_database_is_verified_or_the_start_is_refused() {
    let Some(cluster) = Cluster::new().await else { return };
    let plain = cluster.start();
    let insisting = format!("{plain}?sslmode=require");
    refused(&migrate(&insisting, None), "server does not support TLS");

    let certificate = cluster.certify().await;
    refused(&migrate(&insisting, None), "invalid peer certificate");
    let elsewhere = plain.replace("127.0.0.1", "db.invalid") + "?sslmode=verify-full&hostaddr=127.0.0.1";
    refused(&migrate(&elsewhere, Some(&certificate)), "certificate not valid for name \"db.invalid\"");
    let key = certificate.with_extension("key");
    refused(&migrate(&insisting, Some(&key)), "there is none in PEM format");
    refused(&migrate(&insisting, Some(Path::new("/no/such.pem"))), "the certificates of postgres.ca_file, /no/such.pem");
    let done = migrate(&insisting, Some(&certificate));
    assert_eq!(done.code, Some(0), "{done:?}");

    for (url, ca_file, encrypted) in [(&plain, certificate.as_path(), true), (&plain, Path::new(""), false)] {
        let installation = Installation::sqlite();
        let ca_file = format!("postgres.ca_file={}", ca_file.display());
        let server = installation.serve(&["--database", url, "--set", &ca_file]);
        becomes(&server, 200).await;
        assert!(sessions(&plain, encrypted).await > 0, "it has a session");
        assert_eq!(sessions(&plain, !encrypted).await, 0, "none of another kind");
        assert_eq!(server.terminate().0.code(), Some(0));
    }
}
