//! What a command does with a server that is none of ours, or means ill: what it says is not obeyed, and there is an end to it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
};

use crate::process::{Ended, campanile};

const ROUND: &str = r#"{"product_id": "be\u001b[2Jll", "round": 1, "status": "PAUSED\u202e", "cause": "own\ner", "total": 2, "frozen": true, "sent": 1,
    "skipped": 0, "failed": 0, "waiting": 1, "in_flight": 0, "unknown": 0, "first_unsent": 2, "rate_per_second": 0,
    "last_recipient": {"position": 1, "user_id": "c-\u00071", "name": "Kim\u001b]0;gone\u0007\u009b31m\r\u2066"},
    "started_at": "2026-11-20T00:30:00Z", "paused_at": "2026-11-20T00:30:01Z", "finished_at": null, "expires_at": null}"#;

/// Answers every request by `answer`, which is told its path; answers where.
fn server(answer: impl Fn(&str, &mut TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut lines = BufReader::new(stream.try_clone().expect("a stream")).lines().map_while(Result::ok);
            let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_owned();
            for line in lines {
                if line.is_empty() {
                    break;
                }
            }
            answer(&path, &mut stream);
        }
    });
    url
}

fn send(stream: &mut TcpStream, head: &str, body: &str) -> bool {
    stream.write_all(format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n{body}").as_bytes()).is_ok()
}

fn whole(stream: &mut TcpStream, status: &str, body: &str) {
    send(stream, &format!("{status}\r\nContent-Length: {}", body.len()), body);
}

fn campaign(url: &str, words: &[&str]) -> Ended {
    let mut command = campanile(&[&["campaign"], words].concat());
    command.env("CAMPANILE_SERVER", url).env("CAMPANILE_TOKEN", "cmp_x");
    Ended::of(command.output().expect("it runs"))
}

fn failed(ended: &Ended, says: &str) {
    assert_eq!((ended.code, ended.data.as_str()), (Some(1), ""), "{ended:?}");
    assert!(ended.talk.contains(says), "{says}: {ended:?}");
}

/// What a terminal would obey.
fn obeyed(text: &str) -> String {
    text.chars().filter(|c| (c.is_control() && *c != '\n') || ('\u{2028}'..='\u{202e}').contains(c) || *c == '\u{2066}').collect()
}

#[test]
fn nothing_that_a_server_says_is_obeyed_by_a_terminal() {
    let url = server(|path, stream| match path {
        "/api/v1/products/bell/rounds/1" => whole(stream, "200 OK", ROUND),
        "/api/v1/products/bell/rounds?limit=1" => whole(stream, "200 OK", &format!(r#"{{"items": [{ROUND}]}}"#)),
        "/api/v1/products/odd/rounds/1" => whole(stream, "200 OK", r#"{"product_id": "\u001b[31m", "round": "\u001b[31m"}"#),
        _ => {
            let problem = r#"{"code": "x\u001b[1m", "detail": "no\ncampanile: all is well\u001b[2J", "errors": [{"pointer": "/\u202e", "detail": "\u0007"}]}"#;
            whole(stream, "409 Conflict", problem);
        }
    });
    let shown = campaign(&url, &["status", "bell"]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.data.starts_with(r"be\u{1b}[2Jll, round 1: PAUSED\u{202e} (own\u{a}er)"), "{shown:?}");
    assert!(shown.data.contains(r"c-\u{7}1 (Kim\u{1b}]0;gone\u{7}\u{9b}31m\u{d}\u{2066})"), "{shown:?}");
    assert_eq!(obeyed(&shown.data), "", "{shown:?}");
    assert_eq!(campaign(&url, &["status", "bell", "--round", "1", "--watch"]).data, shown.data);

    for words in [
        &["pause", "bell"][..],
        &["resume", "bell"],
        &["cancel", "bell", "--round", "1"],
        &["export", "bell"],
        &["status", "gong"],
    ] {
        let refused = campaign(&url, words);
        failed(&refused, r"campanile: no\u{a}campanile: all is well\u{1b}[2J; /\u{202e}: \u{7} (x\u{1b}[1m)");
        assert_eq!(obeyed(&refused.talk), "", "{refused:?}");
        assert_eq!(refused.talk.lines().count(), 1, "{refused:?}");
    }
    let odd = campaign(&url, &["status", "odd", "--round", "1"]);
    failed(&odd, "cannot be read");
    assert_eq!(obeyed(&odd.talk), "", "{odd:?}");
}

#[test]
fn an_answer_without_an_end_is_not_read_to_it() {
    let endless = |stream: &mut TcpStream, status: &str| {
        let piece = format!("10000\r\n{}\r\n", " ".repeat(0x1_0000));
        let mut pieces = std::iter::repeat_n(&piece, 10_000);
        let mut goes_on = send(stream, &format!("{status}\r\nTransfer-Encoding: chunked"), "");
        while goes_on && let Some(piece) = pieces.next() {
            goes_on = stream.write_all(piece.as_bytes()).is_ok();
        }
        assert!(pieces.len() > 9_000, "it is read, all 600 MB of it");
    };
    let url = server(
        move |path, stream| {
            if path.starts_with("/api/v1/admin") { endless(stream, "409 Conflict") } else { endless(stream, "200 OK") }
        },
    );
    failed(&campaign(&url, &["status", "bell"]), "longer than 1 MiB");
    failed(&campaign(&url, &["status", "bell", "--round", "1", "--watch"]), "longer than 1 MiB");
    failed(&campaign(&url, &["resume", "bell"]), "longer than 1 MiB");
}

#[test]
fn an_export_of_which_nobody_knows_whether_it_is_whole_is_no_file() {
    let half = "position,user_id\r\n1,customer-1\r\n";
    let url = server(move |path, stream| {
        let (round, _) = path.split_once("/export").unwrap_or((path, ""));
        let how = match round.rsplit('/').next() {
            Some("1") if path.contains("/export") => "Content-Length: 10000",
            Some("2") if path.contains("/export") => "Content-Type: text/csv",
            Some("3") if path.contains("/export") => "Transfer-Encoding: chunked",
            _ => return whole(stream, "200 OK", ROUND),
        };
        let body = if how.ends_with("chunked") { format!("{:x}\r\n{half}\r\n", half.len()) } else { half.to_owned() };
        send(stream, &format!("200 OK\r\n{how}"), &body);
    });
    for round in ["1", "2", "3"] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ledger.csv");
        let ended = campaign(&url, &["export", "bell", "--round", round, "--output", file.to_str().expect("a path")]);
        failed(&ended, "campanile: ");
        assert_eq!(entries(folder.path()), 0, "{ended:?}");
        std::fs::write(&file, "as it was").expect("a file");
        failed(&campaign(&url, &["export", "bell", "--round", round, "--output", file.to_str().expect("a path")]), "campanile: ");
        assert_eq!((entries(folder.path()), std::fs::read_to_string(&file).expect("a file").as_str()), (1, "as it was"));
    }
}

fn entries(folder: &Path) -> usize {
    std::fs::read_dir(folder).expect("a folder").count()
}
