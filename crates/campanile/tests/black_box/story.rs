//! The whole product in one go, as a newcomer would try it.

use std::time::Duration;

use clockwork::SystemClock;
use kernel::Clock as _;
use serde_json::{Value, json};

use crate::process::{Ended, Installation, Server, campanile, signal};

const PASSWORD: &str = "canary-password-of-anna";

async fn post(server: &Server, path: &str, token: Option<&str>, body: Value) -> Value {
    let mut request = reqwest::Client::new().post(format!("{}{path}", server.url)).json(&body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await.expect("it answers");
    let status = response.status();
    let text = response.text().await.expect("a body");
    assert!(!status.is_server_error(), "{path}: {status} {text}");
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{path}: {status} {text}"))
}

async fn sign_up(server: &Server) -> Value {
    let person = json!({"email": "canary@example.com", "password": PASSWORD, "display_name": "Canary-Anna"});
    post(server, "/api/v1/auth/signup", None, person).await
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

#[test]
fn the_demo_works() {
    let clock = SystemClock::new(None);
    let shown = Ended::of(campanile(&["demo"]).output().expect("it runs"));
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert_eq!(shown.data.matches('♪').count(), 2, "{}", shown.data);
    assert!(!shown.data.contains('\u{1b}'), "no colours where there is no terminal");
    assert!(clock.monotonic() < Duration::from_secs(15), "it took {:?}", clock.monotonic());
}

#[tokio::test]
async fn a_reminder_rings_where_it_was_asked_for() {
    for installation in Installation::on_both_engines().await {
        let server = installation.serve(&[]);
        sign_up(&server).await;
        let words = ["remind", "stretch", "--in", "1s", "--email", "canary@example.com", "--server", &server.url];
        let ended = Ended::of(campanile(&words).env("CAMPANILE_PASSWORD", PASSWORD).output().expect("it runs"));
        assert_eq!(ended.code, Some(0), "{ended:?}\n{}", server.log());
        assert!(ended.data.starts_with("stretch: rang "), "{ended:?}");
        assert!(ended.talk.starts_with("sch_"), "{ended:?}");

        let nobody = Ended::of(campanile(&words).env("CAMPANILE_PASSWORD", "wrong").output().expect("it runs"));
        assert_eq!(nobody.code, Some(1), "{nobody:?}");
    }
}

#[tokio::test]
async fn the_doctor_replays_what_was_worked() {
    for installation in Installation::on_both_engines().await {
        let server = installation.serve(&[]);
        let token = text(&sign_up(&server).await, "access_token");
        let draft = json!({"title": "Write", "start": "2030-01-01T09:00:00"});
        let path = format!("/api/v1/schedules/{}", text(&post(&server, "/api/v1/schedules", Some(&token), draft).await, "id"));
        for action in ["start", "suspend", "complete", "cancel", "complete"] {
            post(&server, &format!("{path}/{action}"), Some(&token), json!({})).await;
        }
        let beside = installation.run(&["doctor", "--statistics", "--listen", "127.0.0.1:0"]);
        assert_eq!(beside.data.contains("replayed"), installation.is_shared(), "{beside:?}");
        assert_eq!(beside.data.contains("cannot be read while a server holds it"), !installation.is_shared(), "{beside:?}");
        server.terminate();
        let examined = installation.run(&["doctor", "--statistics", "--listen", "127.0.0.1:0"]);
        assert_eq!(examined.code, Some(0), "{examined:?}");
        let told = "5 entries of 1 people replayed: 2 sessions, 0 s that count; the tables and the API say the same";
        assert!(examined.data.contains(told), "{examined:?}");
    }
}

/// `remind` as a process that waits: it has said which schedule it made.
fn waiting(server: &Server, seconds: &str) -> (std::process::Child, impl std::io::BufRead + use<>) {
    use std::io::BufRead as _;
    let words = ["remind", "stretch", "--in", seconds, "--email", "canary@example.com", "--server", &server.url];
    let mut child = campanile(&words).env("CAMPANILE_PASSWORD", PASSWORD).spawn().expect("it runs");
    let mut talk = std::io::BufReader::new(child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    talk.read_line(&mut line).expect("it talks");
    assert!(line.starts_with("sch_"), "{line}");
    (child, talk)
}

#[tokio::test]
async fn waiting_survives_a_killed_server_and_an_access_token_that_ended() {
    let installation = Installation::sqlite();
    let mut server = installation.serve(&[]);
    sign_up(&server).await;
    let (child, _talk) = waiting(&server, "3s");
    server.signal(rustix::process::Signal::KILL);
    server.ended();
    // Another issuer makes every access token worthless, as ten minutes would; sessions go on.
    let address = server.url.trim_start_matches("http://").to_owned();
    let again = installation.command(&["serve", "--listen", &address, "--log-format", "json", "--set", "identity.issuer=other"]);
    let _again = Server::start(again).expect("it starts again");
    let ended = Ended::of(child.wait_with_output().expect("it ends"));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.data.starts_with("stretch: rang "), "{ended:?}");
}

#[tokio::test]
async fn interrupting_the_wait_leaves_the_reminder_in_place() {
    use std::io::Read as _;
    let installation = Installation::sqlite();
    let server = installation.serve(&[]);
    let token = text(&sign_up(&server).await, "access_token");
    let (mut child, mut talk) = waiting(&server, "1h");
    signal(&child, rustix::process::Signal::INT);
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let mut said = String::new();
    talk.read_to_string(&mut said).expect("it talks");
    assert!(said.contains("stays, and rings in the inbox"), "{said}");

    let path = "/api/v1/reminders?from=2020-01-01T00:00:00Z&to=2199-01-01T00:00:00Z";
    let request = reqwest::Client::new().get(format!("{}{path}", server.url));
    let listed = request.bearer_auth(token).send().await.expect("it answers").text().await.expect("a body");
    assert!(listed.contains("PENDING"), "{listed}");
}

#[tokio::test]
async fn processes_that_share_a_database_split_the_work() {
    for installation in Installation::on_both_engines().await.into_iter().filter(Installation::is_shared) {
        let api = installation.serve(&["--roles", "api"]);
        let worker = installation.serve(&["--roles", "worker"]);
        sign_up(&api).await;
        let words = ["remind", "stretch", "--in", "1s", "--email", "canary@example.com", "--server", &api.url];
        let ended = Ended::of(campanile(&words).env("CAMPANILE_PASSWORD", PASSWORD).output().expect("it runs"));
        assert_eq!(ended.code, Some(0), "{ended:?}\n{}\n{}", api.log(), worker.log());
        for server in [api, worker] {
            assert_eq!(server.terminate().0.code(), Some(0));
        }
    }
}

#[tokio::test]
async fn no_secret_and_nothing_personal_reaches_the_log() {
    for installation in Installation::on_both_engines().await {
        let server = installation.serve(&["--log-level", "trace"]);
        let account = sign_up(&server).await;
        let token = text(&account, "access_token");
        let mut canaries = vec![PASSWORD.to_owned(), token.clone(), text(&account, "refresh_token")];

        let wrong = json!({"email": "canary@example.com", "password": "canary-wrong-password"});
        post(&server, "/api/v1/auth/login", None, wrong).await;
        let refreshed = post(&server, "/api/v1/auth/refresh", None, json!({"refresh_token": canaries[2]})).await;
        canaries.extend([text(&refreshed, "access_token"), text(&refreshed, "refresh_token")]);
        let ticket = text(&post(&server, "/api/v1/auth/tickets", Some(&token), json!({})).await, "ticket");
        let stream = reqwest::get(format!("{}/api/v1/me/stream?ticket={ticket}", server.url)).await.expect("a stream");
        assert_eq!(stream.status(), 200);
        canaries.push(ticket);
        let key = json!({"name": "canary-key", "scopes": ["schedules:read"]});
        canaries.push(text(&post(&server, "/api/v1/api-keys", Some(&token), key).await, "secret"));
        let schedule = json!({"title": "canary-title", "start": "2199-01-01T00:00:00Z", "description": "canary-description"});
        post(&server, "/api/v1/schedules", Some(&token), schedule).await;
        canaries.push("canary".to_owned());

        let log = server.log();
        assert!(log.lines().count() > 3, "there is a log to search: {log}");
        let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("each line is JSON"));
        let named = lines.filter(|line| ["request_id", "trace_id", "user_id"].iter().all(|name| line[name].is_string()));
        assert!(named.count() >= 3, "requests are found again by request, trace and user: {log}");
        for canary in &canaries {
            assert!(!log.to_lowercase().contains(&canary.to_lowercase()), "{canary} is in the log:\n{log}");
        }
        drop(stream);
    }
}

#[tokio::test]
async fn an_open_stream_does_not_hold_up_the_end() {
    let installation = Installation::sqlite();
    let server = installation.serve(&[]);
    let token = text(&sign_up(&server).await, "access_token");
    let request = reqwest::Client::new().get(format!("{}/api/v1/me/stream", server.url)).bearer_auth(token);
    let stream = request.send().await.expect("a stream");
    assert_eq!(stream.status(), 200);
    let (status, took) = tokio::task::spawn_blocking(|| server.terminate()).await.expect("it ends");
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(3), "it took {took:?}");
    assert!(stream.text().await.is_ok(), "the stream ends as a stream should");
}
