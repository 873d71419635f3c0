//! A restock round from a terminal: watched, held up, let go on, ended, exported.

use serde_json::{Value, json};
use testkit::Sink;

use crate::{
    person::Person,
    process::{Ended, Installation, Server},
};

/// So slow that there is something to hold up.
const A_SECOND: usize = 20;
const PEOPLE: usize = 60;

/// `campanile campaign …`, by somebody.
fn campaign(server: &Server, person: &Person, words: &[&str]) -> Ended {
    let mut command = crate::process::campanile(&[&["campaign"], words].concat());
    command.env("CAMPANILE_SERVER", &server.url).env("CAMPANILE_TOKEN", person.token());
    Ended::of(command.output().expect("it runs"))
}

fn done(ended: &Ended, says: &str) {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.data.contains(says), "{says}: {ended:?}");
}

fn refused(ended: &Ended, code: &str) {
    assert_eq!((ended.code, ended.data.as_str()), (Some(1), ""), "{ended:?}");
    assert!(ended.talk.contains(code), "{code}: {ended:?}");
}

async fn a_product(anna: &Person, name: &str) {
    anna.put(&format!("/api/v1/products/{name}"), &json!({"name": "Bell"})).await.expect("a product");
    let people: Vec<String> = (1..=PEOPLE).map(|number| format!("c{number},Customer {number}\n")).collect();
    anna.import(name, format!("external_id,name\n{}", people.concat())).await.expect("people who wait");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_is_watched_held_up_and_exported_from_a_terminal() {
    for installation in Installation::on_both_engines().await {
        let sink = Sink::taking().await;
        let (rate, url) = (format!("campaigns.starts_per_second={A_SECOND}"), format!("campaigns.handover_url={}", sink.url()));
        let server = installation.serve(&["--set", &rate, "--set", &url]);
        let anna = Person::sign_up(&server).await;
        a_product(&anna, "bell").await;
        let run = |words: &[&str]| campaign(&server, &anna, words);
        refused(&run(&["status", "bell"]), "has had no restock round");
        refused(&run(&["resume", "bell"]), "round.not_found");

        anna.put("/api/v1/products/bell/stock", &json!({"stock": 3})).await.expect("a stock");
        done(&run(&["pause", "bell"]), "bell, round 1: PAUSED (owner)\n");
        refused(&run(&["pause", "bell", "--round", "1"]), "round.not_in_progress");
        let held_up = run(&["status", "bell"]);
        done(&held_up, "bell, round 1: PAUSED (owner)\n  told ");
        assert!(held_up.data.contains("\n  stopped "), "{held_up:?}");
        done(&run(&["status", "bell", "--watch"]), "PAUSED");

        done(&run(&["resume", "bell"]), "bell, round 1: IN_PROGRESS (owner)\n");
        refused(&run(&["resume", "bell"]), "round.in_progress");
        let watched = run(&["status", "bell", "--watch"]);
        done(&watched, &format!("bell, round 1: COMPLETED (owner)\n  told         {PEOPLE} of {PEOPLE}\n"));
        assert!(watched.data.lines().filter(|line| line.contains(" % ")).count() >= 2, "it grows: {watched:?}");
        assert!(!watched.data.contains(['\r', '\u{1b}']), "no terminal, no bar: {watched:?}");
        assert!(watched.data.contains(&format!("position {PEOPLE}: c{PEOPLE} (Customer {PEOPLE})")), "{watched:?}");
        let positions: Vec<i64> = sink.heard().iter().map(testkit::Heard::position).collect();
        assert_eq!(positions.len(), PEOPLE, "each once");

        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ledger.csv");
        let exported = run(&["export", "bell", "--output", file.to_str().expect("a path")]);
        assert_eq!((exported.code, exported.data.as_str()), (Some(0), ""), "{exported:?}");
        let csv = std::fs::read_to_string(&file).expect("a ledger");
        assert_eq!(csv.lines().filter(|line| line.contains(",SENT,1,")).count(), PEOPLE, "{csv}");
        let json = run(&["export", "bell", "--round", "1", "--format", "json"]);
        assert_eq!(serde_json::from_str::<Vec<Value>>(&json.data).expect("JSON").len(), PEOPLE);
        refused(&run(&["export", "bell", "--output", "/nowhere/at/all"]), "/nowhere/at/all cannot be written");
        refused(&run(&["export", "bell", "--round", "2", "--output", file.to_str().expect("a path")]), "round.not_found");
        assert_eq!(std::fs::read_to_string(&file).expect("a ledger"), csv, "what was there stays");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing half-written is left");

        anna.post("/api/v1/products/bell/notifications/re-stock", &json!({})).await.expect("another round");
        a_product(&anna, "clock").await;
        anna.put("/api/v1/products/clock/stock", &json!({"stock": 3})).await.expect("a stock");
        done(&run(&["cancel", "clock"]), "clock, round 1: CANCELED (owner)\n");
        refused(&run(&["cancel", "clock"]), "round.finished");
        refused(&run(&["cancel", "bell", "--round", "9"]), "round.not_found");
        refused(&run(&["status", "gong"]), "product.not_found");
    }
}

#[tokio::test]
async fn whoever_is_not_understood_is_told_so_and_no_secret_stands_on_the_command_line() {
    let installation = Installation::sqlite();
    for words in [
        &["campaign"][..],
        &["campaign", "status"],
        &["campaign", "status", "a b"],
        &["campaign", "status", "bell", "--round", "0"],
        &["campaign", "export", "bell", "--format", "xml"],
        &["campaign", "pause", "bell", "--token", "cmp_x"],
        &["campaign", "resume", "bell", "--round", "1"],
        &["campaign", "status", "bell", "--server", "localhost"],
        // Nobody says who asks.
        &["campaign", "status", "bell"],
    ] {
        let ended = installation.run(words);
        assert_eq!(ended.code, Some(2), "{words:?}: {ended:?}");
    }
    let mut away = installation.command(&["campaign", "status", "bell", "--server", "http://127.0.0.1:1"]);
    let ended = Ended::of(away.env("CAMPANILE_TOKEN", "cmp_x").output().expect("it runs"));
    refused(&ended, "cannot be reached");
}
