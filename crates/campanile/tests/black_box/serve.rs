//! The life of a server: start, refuse, drain, end.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::process::ExitStatusExt as _,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::process::{Installation, Server, mode};

#[tokio::test]
async fn a_server_starts_answers_and_stops_cleanly() {
    for installation in Installation::on_both_engines().await {
        let server = installation.serve(&[]);
        let ready = reqwest::get(format!("{}/readyz", server.url)).await.expect("it answers");
        assert_eq!(ready.status(), 200);
        let (status, took) = server.terminate();
        assert_eq!(status.code(), Some(0), "{status}");
        assert!(took < Duration::from_secs(10), "it took {took:?}");
    }
}

#[tokio::test]
async fn a_log_that_cannot_be_written_ends_nothing() {
    let installation = Installation::sqlite();
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").to_string();
    let full = File::options().write(true).open("/dev/full").expect("a full disk");
    let mut child = installation.command(&["serve", "--listen", &address]).stderr(full).spawn().expect("it runs");
    while reqwest::get(format!("http://{address}/readyz")).await.is_err() {
        assert!(child.try_wait().expect("a state").is_none(), "it ended");
        std::thread::sleep(Duration::from_millis(20));
    }
    // Each answer is a line of the log.
    for path in ["readyz", "api/v1/users/me", "nowhere"] {
        reqwest::get(format!("http://{address}/{path}")).await.expect("an answer");
    }
    kill_process(Pid::from_child(&child), Signal::TERM).expect("it is there");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));

    let full = File::options().write(true).open("/dev/full").expect("a full disk");
    let misused = installation.command(&["serve", "--nonsense"]).stderr(full).status().expect("it runs");
    assert_eq!(misused.code(), Some(2), "the code says it alone");
}

#[test]
fn what_is_kept_is_readable_by_its_owner_only() {
    let installation = Installation::sqlite();
    let server = installation.serve(&[]);
    assert_eq!(mode(&installation.data()), 0o700);
    assert_eq!(mode(&installation.data().join("secret.key")), 0o600);
    let (status, _) = server.terminate();
    assert!(status.success());
    assert!(!installation.data().join("campanile.db-wal").exists(), "after a clean stop the one file is everything");
}

#[test]
fn interrupting_is_as_good_as_terminating() {
    let installation = Installation::sqlite();
    let mut server = installation.serve(&[]);
    server.signal(Signal::INT);
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn a_second_server_on_the_same_folder_refuses() {
    let installation = Installation::sqlite();
    let _first = installation.serve(&[]);
    let second = installation.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.code, Some(1), "{second:?}");
    assert!(second.talk.starts_with("campanile: another process has opened "), "{second:?}");
}

#[test]
fn a_second_server_on_the_same_file_refuses_whatever_it_calls_the_file() {
    let installation = Installation::sqlite();
    let _first = installation.serve(&[]);
    let other = Installation::sqlite();
    std::fs::create_dir(other.data()).expect("a folder");
    let link = other.data().join("link.db");
    std::os::unix::fs::symlink(installation.data().join("campanile.db"), &link).expect("linked");
    let url = format!("sqlite:{}", link.display());
    let second = other.run(&["serve", "--listen", "127.0.0.1:0", "--database", &url]);
    assert_eq!(second.code, Some(1), "{second:?}");
    assert!(second.talk.starts_with("campanile: another process has opened "), "{second:?}");
    assert!(second.talk.contains("campanile.db: stop it first") && second.talk.contains(&url), "both names: {second:?}");
}

#[test]
fn a_taken_port_is_one_sentence_and_a_hint() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound").to_string();
    let ended = Installation::sqlite().run(&["serve", "--listen", &address]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.talk.contains(&format!("campanile: cannot listen on {address}: ")), "{ended:?}");
    assert!(ended.talk.contains("choose another port for `listen`"), "{ended:?}");
}

#[test]
fn an_exposed_secret_stops_the_start() {
    use std::os::unix::fs::PermissionsExt as _;
    let installation = Installation::sqlite();
    installation.serve(&[]).terminate();
    let secret = installation.data().join("secret.key");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o604)).expect("opened up");
    let ended = installation.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.talk.contains("can be read by others (mode 0604)"), "{ended:?}");
}

/// A request whose body never comes to its end, so that draining has something to wait for.
fn unfinished_request(server: &Server) -> TcpStream {
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).expect("it listens");
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\nexpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("sent");
    // "100 Continue" comes when the handler begins to read the body: from then on the request is under way.
    let mut begun = [0; 12];
    stream.read_exact(&mut begun).expect("begun");
    assert_eq!(&begun, b"HTTP/1.1 100");
    stream
}

#[test]
fn a_request_under_way_is_cut_when_the_time_to_drain_is_over() {
    let installation = Installation::sqlite();
    let server = installation.serve(&["--set", "stop.drain_seconds=1"]);
    let _open = unfinished_request(&server);
    let (status, took) = server.terminate();
    assert_eq!(status.code(), Some(0), "{status}");
    assert!((Duration::from_millis(900)..Duration::from_secs(4)).contains(&took), "it took {took:?}");
}

#[test]
fn a_second_signal_ends_at_once() {
    let installation = Installation::sqlite();
    let mut server = installation.serve(&["--set", "stop.drain_seconds=60"]);
    let _open = unfinished_request(&server);
    server.signal(Signal::TERM);
    while !server.log().contains("\"stopping\"") {
        std::thread::yield_now();
    }
    server.signal(Signal::TERM);
    let status = server.ended();
    assert!(status.code() == Some(143) || status.signal() == Some(15), "{status}");
}

#[test]
fn a_killed_server_starts_again() {
    let installation = Installation::sqlite();
    let mut server = installation.serve(&[]);
    server.signal(Signal::KILL);
    assert_eq!(server.ended().signal(), Some(9));
    let (status, _) = installation.serve(&[]).terminate();
    assert!(status.success());
}
