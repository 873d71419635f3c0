//! A new tz database: two folders of zones, made by `zic` from sources that differ in one offset, a server on each.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use clockwork::SystemClock;
use kernel::{Clock as _, Instant};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    person::Person,
    process::{Installation, PATIENCE, Server},
};

/// Two zones that know no summer time; so many hours east of Greenwich.
fn source(berlin: u8, seoul: u8) -> String {
    format!("Zone Europe/Berlin {berlin}:00 - LMT\nZone Asia/Seoul {seoul}:00 - KST\n")
}

/// A folder of zones compiled from `source`, which says its version if it has one.
fn zones(source: &str, version: Option<&str>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let zi = folder.path().join("source");
    std::fs::write(&zi, source).expect("written");
    let zic = |program: &str| Command::new(program).arg("-d").arg(folder.path()).arg(&zi).stdin(Stdio::null()).output();
    // It stands among the programs of the administrator, which not everybody has on their path.
    let made = zic("zic").or_else(|_| zic("/usr/sbin/zic")).expect("zic, of libc-bin: scripts/setup.sh installs it");
    assert!(made.status.success(), "{made:?}");
    if let Some(version) = version {
        std::fs::write(folder.path().join("+VERSION"), version).expect("written");
    }
    folder
}

fn setting(folder: &Path) -> String {
    format!("zoneinfo={}", folder.display())
}

/// Waits for the line that says that the walk through all schedules is over.
fn walked(server: &Server) -> Value {
    let clock = SystemClock::new(None);
    loop {
        let lines: Vec<Value> = server.log().lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        if let Some(line) = lines.iter().find(|line| line["message"] == "all schedules are by the database of zones in use") {
            return line.clone();
        }
        assert!(clock.monotonic() < PATIENCE, "it does not end:\n{}", server.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// So many hours before midnight, in UTC, on a day three months from now.
fn at(hours_before_midnight: u64) -> Instant {
    let now = SystemClock::new(None).now();
    let midnight = now.as_micros() / 86_400_000_000 * 86_400_000_000;
    Instant::from_micros(midnight) + Duration::from_hours(90 * 24) - Duration::from_hours(hours_before_midnight)
}

struct Made {
    id: String,
    /// When it starts and when its next alarm rings, as the API says.
    times: (Value, Value),
}

/// What starts at midnight three months from now, in a zone.
async fn make(anna: &Person, zone: &str, rrule: Option<&str>) -> Made {
    let start = at(0).to_string().trim_end_matches('Z').to_owned();
    let mut body = json!({
        "title": zone, "start": start, "time_zone": zone, "duration": "PT1H", "reminders": [{"before": "PT10M"}],
    });
    if let Some(rrule) = rrule {
        body["recurrence"] = json!({"rrule": rrule});
    }
    let made = anna.post("/api/v1/schedules?on_conflict=allow", &body).await.expect("a schedule");
    let id = made["id"].as_str().expect("an id").to_owned();
    let times = times(anna, &id).await;
    Made { id, times }
}

async fn times(anna: &Person, id: &str) -> (Value, Value) {
    let schedule = anna.get(&format!("/api/v1/schedules/{id}")).await.expect("it is there");
    let alarms = anna.get(&format!("/api/v1/schedules/{id}/reminders")).await.expect("its alarms");
    let waiting = alarms["items"].as_array().expect("a list").iter().find(|alarm| alarm["state"] == "PENDING");
    (schedule["start_at"].clone(), waiting.expect("one waits")["due_at"].clone())
}

fn instants(start: Instant) -> (Value, Value) {
    (json!(start), json!(start - Duration::from_mins(10)))
}

#[tokio::test]
async fn after_a_new_tz_database_what_moves_rings_at_its_new_time_and_the_doctor_says_so() {
    let (first, second) = (zones(&source(1, 9), Some("2026x\n")), zones(&source(2, 9), None));
    for installation in Installation::on_both_engines().await {
        let server = installation.serve(&["--set", &setting(first.path())]);
        let anna = Person::sign_up(&server).await;
        let daily = make(&anna, "Europe/Berlin", Some("FREQ=DAILY")).await;
        let once = make(&anna, "Europe/Berlin", None).await;
        let elsewhere = make(&anna, "Asia/Seoul", None).await;
        let utc = make(&anna, "America/New_York", None).await;
        assert_eq!(daily.times, instants(at(1)));
        assert_eq!(once.times, instants(at(1)));
        assert_eq!(elsewhere.times, instants(at(9)));
        walked(&server);
        server.terminate();

        let doctor = |zones: &Path| installation.run(&["doctor", "--tz", "--listen", "127.0.0.1:0", "--set", &setting(zones)]);
        let well = doctor(first.path());
        assert_eq!(well.code, Some(0), "{well:?}");
        assert!(
            well.data.contains("IANA 2026x+") && well.data.contains("4 schedules that are not over were looked at, none moves\n"),
            "{well:?}"
        );
        let ill = doctor(second.path());
        assert_eq!(ill.code, Some(1), "{ill:?}");
        assert!(ill.data.contains("IANA files-") && ill.data.contains("recorded is 2026x+"), "{ill:?}");
        assert!(ill.data.contains("were looked at, 2 move\n") && ill.data.contains("Planning anew is pending"), "{ill:?}");
        for moved in [&daily.id, &once.id] {
            assert!(ill.data.contains(&format!("{moved} {} → {}", at(1), at(2))), "{ill:?}");
        }

        let server = installation.serve(&["--set", &setting(second.path())]);
        let line = walked(&server);
        assert_eq!((&line["moved"], &line["looked"]), (&json!(2), &json!(4)), "{line}");
        assert_eq!(server.log().matches("planned anew, because its zone has other rules").count(), 2);
        let anna = anna.at(&server);
        assert_eq!(times(&anna, &daily.id).await, instants(at(2)));
        let preview = anna.get(&format!("/api/v1/schedules/{}/reminders", daily.id)).await.expect("a preview");
        assert_eq!(preview["upcoming"][0]["due_at"], instants(at(2) + Duration::from_hours(24)).1);
        assert_eq!(times(&anna, &once.id).await, instants(at(2)));
        assert_eq!(times(&anna, &elsewhere.id).await, elsewhere.times);
        assert_eq!(times(&anna, &utc.id).await, utc.times);
        server.terminate();
        let after = doctor(second.path());
        assert_eq!(after.code, Some(0), "{after:?}");
        assert!(after.data.contains("recorded since") && after.data.contains("none moves\n"), "{after:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_killed_while_it_plans_anew_does_the_rest_at_its_next_start() {
    const MADE: u64 = 150;
    let (first, second) = (zones(&source(1, 9), Some("2026x")), zones(&source(2, 9), Some("2026y")));
    for installation in Installation::on_both_engines().await {
        let server = installation.serve(&["--set", &setting(first.path())]);
        let anna = Person::sign_up(&server).await;
        let mut made = Vec::new();
        for _ in 0..MADE {
            made.push(make(&anna, "Europe/Berlin", None).await.id);
        }
        walked(&server);
        server.terminate();

        let mut killed = installation.serve(&["--set", &setting(second.path())]);
        let clock = SystemClock::new(None);
        while !killed.log().contains("planned anew") {
            assert!(clock.monotonic() < PATIENCE, "nothing is planned anew:\n{}", killed.log());
            std::thread::yield_now();
        }
        killed.signal(Signal::KILL);
        killed.ended();

        let server = installation.serve(&["--set", &setting(second.path())]);
        let anna = anna.at(&server);
        let rest = walked(&server)["moved"].as_u64().expect("a number");
        assert!(rest < MADE, "what was done already is not done again: {rest}");
        for id in &made {
            assert_eq!(times(&anna, id).await, instants(at(2)));
            assert_eq!(anna.get(&format!("/api/v1/schedules/{id}")).await.expect("it is there")["version"], 2);
        }
    }
}

#[tokio::test]
async fn what_a_process_with_an_older_database_still_wrote_is_found_when_it_starts_with_the_newer_one() {
    let (first, second) = (zones(&source(1, 9), Some("2026x")), zones(&source(2, 9), Some("2026y")));
    for installation in Installation::on_both_engines().await.into_iter().filter(Installation::is_shared) {
        let older = installation.serve(&["--set", &setting(first.path())]);
        let anna = Person::sign_up(&older).await;
        walked(&older);
        let newer = installation.serve(&["--set", &setting(second.path())]);
        walked(&newer);
        let made = make(&anna, "Europe/Berlin", None).await;
        assert_eq!(made.times, instants(at(1)), "by the older database, after the newer one was recorded");
        older.terminate();
        let restarted = installation.serve(&["--set", &setting(second.path())]);
        assert_eq!(walked(&restarted)["moved"], 1);
        assert_eq!(times(&anna.at(&newer), &made.id).await, instants(at(2)));
    }
}

#[test]
fn a_folder_without_zones_stops_the_start_with_one_sentence() {
    let installation = Installation::sqlite();
    let empty = tempfile::tempdir().expect("a folder");
    let missing: PathBuf = empty.path().join("none");
    for (folder, why) in [(empty.path(), "there is no zone file in it"), (&missing, "No such file or directory")] {
        for words in [&["serve", "--listen", "127.0.0.1:0"][..], &["user", "reset-password", "--email", "a@example.com"]] {
            let ended = installation.run(&[words, &["--set", &setting(folder)]].concat());
            assert_eq!(ended.code, Some(1), "{words:?}: {ended:?}");
            let sentence = format!("campanile: the time zones in {} (`zoneinfo`) cannot be read: {why}", folder.display());
            assert!(ended.talk.starts_with(&sentence), "{words:?}: {ended:?}");
            assert!(!installation.data().join("campanile.db").exists(), "nothing was begun");
        }
        let examined = installation.run(&["doctor", "--tz", "--listen", "127.0.0.1:0", "--set", &setting(folder)]);
        assert_eq!(examined.code, Some(1), "{examined:?}");
        assert!(examined.data.contains(why) && examined.data.contains("✗ time zones"), "{examined:?}");
    }
}

#[test]
fn beside_a_server_that_holds_the_file_the_doctor_says_what_it_cannot_see() {
    let installation = Installation::sqlite();
    let server = installation.serve(&[]);
    walked(&server);
    let address = server.url.trim_start_matches("http://").to_owned();
    let examined = installation.run(&["doctor", "--tz", "--listen", &address]);
    assert_eq!(examined.code, Some(1), "{examined:?}");
    assert!(examined.data.contains("✗ zone database  the file cannot be read while a server holds it"), "{examined:?}");
}
