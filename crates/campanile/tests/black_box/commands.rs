//! Commands that end by themselves.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::process::{Ended, Installation, campanile};

fn run(words: &[&str]) -> Ended {
    Ended::of(campanile(words).output().expect("it runs"))
}

#[test]
fn wrong_usage_and_wrong_configuration_exit_with_2_and_a_sentence() {
    let table: [(&[&str], &str); 5] = [
        (&["sreve"], "unrecognized subcommand 'sreve'"),
        (&["serve", "--lisen", "x"], "unexpected argument '--lisen'"),
        (&["serve", "--listen", "localhost"], "--listen is \"localhost\"; allowed: an IP address and a port"),
        (&["serve", "--redis", "redis://h"], "--redis is \"redis://h\"; allowed: only \"\": it is not available in this version"),
        (&["config", "check", "--config", "no/such.toml"], "no/such.toml cannot be read"),
    ];
    for (words, sentence) in table {
        let ended = run(words);
        assert_eq!(ended.code, Some(2), "{words:?}: {ended:?}");
        assert!(ended.talk.contains(sentence), "{words:?}: {ended:?}");
        assert_eq!(ended.data, "", "{words:?}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure_and_a_full_disk_is_one() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let left = Ended::of(campanile(&["openapi"]).stdout(writer).output().expect("it runs"));
    assert_eq!((left.code, left.talk.as_str()), (Some(0), ""));

    let full = std::fs::File::options().write(true).open("/dev/full").expect("a full disk");
    let full = Ended::of(campanile(&["config", "print"]).stdout(full).output().expect("it runs"));
    assert_eq!(full.code, Some(1), "{full:?}");
    assert!(full.talk.starts_with("campanile: standard output cannot be written: No space left on device"), "{full:?}");
}

#[test]
fn a_variable_reaches_the_configuration_and_a_wrong_one_stops_it() {
    let with = |name: &str, value: &str| Ended::of(campanile(&["config", "print"]).env(name, value).output().expect("it runs"));
    let printed = with("CAMPANILE_STOP__DRAIN_SECONDS", "5");
    assert_eq!(printed.code, Some(0), "{printed:?}");
    let line = printed.data.lines().find(|line| line.starts_with("drain_seconds")).expect("printed");
    assert!(line.starts_with("drain_seconds = 5 ") && line.ends_with("# CAMPANILE_STOP__DRAIN_SECONDS"), "{line}");
    let refused = with("CAMPANILE_STOP__DRAIN_SECONDS", "soon");
    assert_eq!(refused.code, Some(2));
    assert_eq!(refused.talk, "campanile: CAMPANILE_STOP__DRAIN_SECONDS is \"soon\"; allowed: a whole number from 1 to 60\n");
}

#[test]
fn a_password_in_the_configuration_is_never_printed() {
    let url = "postgres://anna:canary@127.0.0.1:1/campanile?password=canary";
    let printed = run(&["config", "print", "--database", url]);
    assert!(printed.data.contains("postgres://anna:***@127.0.0.1:1/campanile"), "{printed:?}");
    for words in [&["config", "print"][..], &["serve", "--set", "postgres.wait_seconds=0"], &["doctor"]] {
        let ended = run(&[words, &["--database", url]].concat());
        assert!(!format!("{ended:?}").contains("canary"), "{words:?}: {ended:?}");
    }
}

#[test]
fn a_database_that_cannot_be_reached_is_one_sentence_after_a_bounded_wait() {
    let installation = Installation::sqlite();
    let url = "postgres://anna:canary@127.0.0.1:1/campanile?sslmode=disable";
    let ended = installation.run(&["serve", "--database", url, "--set", "postgres.wait_seconds=1", "--listen", "127.0.0.1:0"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.talk.contains("campanile: the database cannot be reached: "), "{ended:?}");
    assert!(ended.talk.contains("`campanile doctor`"), "{ended:?}");
}

#[test]
fn the_openapi_document_and_the_version_are_printed() {
    let document: Value = serde_json::from_str(&run(&["openapi"]).data).expect("JSON");
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    assert_eq!(run(&["--version"]).data, format!("campanile {}\n", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn migrations_are_checked_applied_and_then_there() {
    for installation in Installation::on_both_engines().await {
        std::fs::create_dir(installation.data()).expect("a folder");
        let before = installation.run(&["migrate", "--check"]);
        assert_eq!((before.code, before.data.lines().next()), (Some(1), Some("V1__foundation")), "{before:?}");
        let applied = installation.run(&["migrate"]);
        assert_eq!((applied.code, applied.data.as_str()), (Some(0), before.data.as_str()), "{applied:?}");
        let after = installation.run(&["migrate", "--check"]);
        assert_eq!((after.code, after.data.as_str()), (Some(0), ""), "{after:?}");
    }
}

#[tokio::test]
async fn an_account_is_made_once_and_its_password_is_reset() {
    for installation in Installation::on_both_engines().await {
        let create = ["user", "create", "--email", "anna@example.com", "--time-zone", "Asia/Seoul"];
        let made = installation.feed(&create, "a long pass phrase\n");
        assert_eq!(made.code, Some(0), "{made:?}");
        assert!(made.data.starts_with("usr_") && made.data.lines().count() == 1, "{made:?}");

        let again = installation.feed(&create, "a long pass phrase\n");
        assert_eq!((again.code, again.data.as_str()), (Some(1), ""), "{again:?}");
        let weak = installation.feed(&["user", "create", "--email", "bert@example.com"], "1234\n");
        assert_eq!(weak.code, Some(1));
        assert!(weak.talk.starts_with("campanile: password: "), "{weak:?}");

        let file = installation.data().join("password");
        std::fs::write(&file, "another long pass phrase\n").expect("written");
        let file = file.display().to_string();
        let reset = |email| installation.run(&["user", "reset-password", "--email", email, "--password-file", &file]);
        assert_eq!(reset("anna@example.com").code, Some(0));
        let nobody = reset("nobody@example.com");
        assert_eq!(nobody.code, Some(1));
        assert!(nobody.talk.contains("no account"), "{nobody:?}");
    }
}

#[tokio::test]
async fn the_doctor_finds_a_healthy_installation_well_before_and_after_its_first_start() {
    for installation in Installation::on_both_engines().await {
        for moment in ["before", "after"] {
            let examined = installation.run(&["doctor", "--statistics", "--listen", "127.0.0.1:0"]);
            assert_eq!(examined.code, Some(0), "{moment}: {examined:?}");
            assert!(examined.data.lines().all(|line| line.starts_with("✓ ")), "{moment}: {examined:?}");
            installation.serve(&[]).terminate();
        }
    }
}

#[test]
fn the_doctor_says_what_to_do() {
    let installation = Installation::sqlite();
    installation.serve(&[]).terminate();
    let secret = installation.data().join("secret.key");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o640)).expect("opened up");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound").to_string();

    let examined = installation.run(&["doctor", "--listen", &address]);
    assert_eq!(examined.code, Some(1), "{examined:?}");
    let ill: Vec<&str> = examined.data.lines().filter(|line| line.starts_with("✗ ")).collect();
    assert_eq!(ill.len(), 2, "{examined:?}");
    assert!(ill[0].contains("can be read by others (mode 0640)"), "{examined:?}");
    assert!(ill[1].contains("is taken by another program"), "{examined:?}");
    assert!(examined.data.contains(&format!("→ chmod 600 {}", secret.display())), "{examined:?}");

    std::fs::remove_file(&secret).expect("removed");
    let examined = installation.run(&["doctor", "--listen", "127.0.0.1:0"]);
    assert_eq!(examined.code, Some(1));
    assert!(examined.data.contains("is missing beside a database that exists"), "{examined:?}");
}

#[tokio::test]
async fn the_doctor_works_beside_a_running_server() {
    for installation in Installation::on_both_engines().await {
        let server = installation.serve(&[]);
        let address = server.url.trim_start_matches("http://").to_owned();
        let examined = installation.run(&["doctor", "--listen", &address]);
        assert_eq!(examined.code, Some(0), "{examined:?}");
        assert!(examined.data.contains("is answered by a running server"), "{examined:?}");
    }
}
