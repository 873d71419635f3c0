//! What is measured: a hub with one channel, how to listen to it and how to publish.

use std::{
    fs,
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

use super::{Product, audience::Greeting};
use crate::{
    clock,
    connection::{Connection, request},
    database::{Database, Databases},
    herd::Herd,
    peers::installed,
    people,
    server::{Server, free_address, listening},
};

/// Members of our room; each holds an equal part of the streams.
const MEMBERS: u32 = 10;

/// Our own limits, out of the way: it is not they that are measured.
const SETTINGS: [&str; 5] = [
    "retention.room_events=100000",
    "limits.streams=100000",
    "limits.streams_per_user=1000",
    "limits.streams_per_room=100000",
    "limits.streams_per_address=100000",
];

/// A hub that runs as a child of this process, and ends with this value.
pub(super) struct Hub {
    pub(super) address: SocketAddr,
    /// How to listen, in turn.
    pub(super) greetings: Vec<Greeting>,
    /// How to listen from the beginning on, where that can be had.
    pub(super) from_the_beginning: Option<Greeting>,
    publishing: Publishing,
    keep: Keep,
}

enum Publishing {
    /// The text is the body.
    Plain(&'static str),
    /// The text is part of the data of an event of this room.
    Event { token: String, room: String },
}

enum Keep {
    Ours(Server, Database),
    Theirs(Theirs),
}

/// Somebody else's process.
struct Theirs {
    child: Child,
    _folder: Option<TempDir>,
}

impl Hub {
    pub(super) async fn start(product: Product, databases: &Databases) -> anyhow::Result<Self> {
        match product {
            Product::Ours(engine) => Self::ours(databases.fresh(engine).await?).await,
            Product::Nchan => Self::nchan().await,
            Product::SocketIo => Self::socket_io().await,
        }
    }

    async fn ours(database: Database) -> anyhow::Result<Self> {
        Herd { users: MEMBERS, alarms: 0, from: clock::now(), over: Duration::ZERO }.settle(&database).await?;
        let tokens = people::tokens(&database, MEMBERS).await?;
        let server = Server::start_with(&database, &SETTINGS).await?;
        let room = room_of(server.address, &tokens).await?;
        let path = format!("/api/v1/rooms/{room}/stream");
        let greetings =
            tokens.iter().map(|token| Greeting { say: vec![request("GET", &path, Some(token), "")], hear: vec!["event: ready"] });
        let since = format!("{path}?since=1-0");
        let from_the_beginning = Greeting { say: vec![request("GET", &since, Some(&tokens[0]), "")], hear: vec![" 200 "] };
        Ok(Self {
            address: server.address,
            greetings: greetings.collect(),
            from_the_beginning: Some(from_the_beginning),
            publishing: Publishing::Event { token: tokens[0].clone(), room },
            keep: Keep::Ours(server, database),
        })
    }

    /// nginx with the module nchan, one worker, server-sent events.
    async fn nchan() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("campanile-bench-nchan.").tempdir()?;
        let address = free_address()?;
        let configuration = include_str!("../../peers/nchan.conf")
            .replace("@FOLDER@", &folder.path().display().to_string())
            .replace("@ADDRESS@", &address.to_string());
        let file = folder.path().join("nginx.conf");
        fs::write(&file, configuration)?;
        let child = Command::new("nginx").arg("-c").arg(&file).stdin(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.context("nginx: apt-get install nginx-light libnginx-mod-nchan, or leave nchan out")?;
        let listen = |path: &str| Greeting {
            say: vec![format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n").into()],
            hear: vec![" 200 "],
        };
        let nchan = Self::theirs(Theirs { child, _folder: Some(folder) }, address, listen("/listen"), "/publish").await?;
        Ok(Self { from_the_beginning: Some(listen("/replay")), ..nchan })
    }

    /// socket.io, WebSocket alone.
    async fn socket_io() -> anyhow::Result<Self> {
        let address = free_address()?;
        let child = Command::new("node")
            .args(["socket.io.mjs", &address.port().to_string()])
            .current_dir(installed("peers")?)
            .stdin(Stdio::null())
            .spawn()
            .context("node")?;
        let upgrade = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
                       Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
        // The handshake of its protocol: it opens with "0", is asked for the main namespace with "40" (in a masked frame), and agrees.
        let connect = b"\x81\x82\0\0\0\x0040".to_vec();
        let greeting = Greeting { say: vec![upgrade.into(), connect], hear: vec!["0{", "40{"] };
        Self::theirs(Theirs { child, _folder: None }, address, greeting, "/publish").await
    }

    async fn theirs(theirs: Theirs, address: SocketAddr, greeting: Greeting, path: &'static str) -> anyhow::Result<Self> {
        listening(address, "a hub").await?;
        let (greetings, publishing, keep) = (vec![greeting], Publishing::Plain(path), Keep::Theirs(theirs));
        Ok(Self { address, greetings, from_the_beginning: None, publishing, keep })
    }

    /// The request that publishes `text`.
    pub(super) fn publish(&self, text: &str) -> Vec<u8> {
        match &self.publishing {
            Publishing::Plain(path) => format!(
                "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{text}",
                text.len()
            )
            .into_bytes(),
            Publishing::Event { token, room } => {
                let body = format!(r#"{{"room_id":"{room}","type":"bench.said","data":{{"text":"{text}"}}}}"#);
                request("POST", "/api/v1/notifications/publish", Some(token), &body)
            }
        }
    }

    /// Its processes.
    fn pids(&self) -> Vec<u32> {
        let first = match &self.keep {
            Keep::Ours(server, _) => server.pid(),
            Keep::Theirs(theirs) => theirs.child.id(),
        };
        let children = fs::read_to_string(format!("/proc/{first}/task/{first}/children")).unwrap_or_default();
        std::iter::once(first).chain(children.split_whitespace().filter_map(|pid| pid.parse().ok())).collect()
    }

    /// Kibibytes of memory that its processes hold.
    pub(super) fn resident_kib(&self) -> anyhow::Result<f64> {
        let mut sum = 0.0;
        for pid in self.pids() {
            let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
            sum += line.trim().trim_end_matches(" kB").parse::<f64>()?;
        }
        Ok(sum)
    }

    /// Seconds of processor time its processes have had, the kernel's on their behalf included.
    pub(super) fn cpu_s(&self) -> anyhow::Result<f64> {
        let mut ticks = 0.0;
        for pid in self.pids() {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
            // What stands after the name, which may hold anything, begins with the third field.
            let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
            ticks += fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
        }
        #[expect(clippy::cast_precision_loss, reason = "a hundred")]
        let per_second = rustix::param::clock_ticks_per_second() as f64;
        Ok(ticks / per_second)
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        match self.keep {
            Keep::Ours(server, database) => {
                server.stop().await?;
                database.remove().await
            }
            Keep::Theirs(_) => Ok(()),
        }
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        // A master process takes its workers along when it is asked to end, not when it is killed.
        let _ = rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}

/// Makes a room whose owner is the first of `tokens` and whose members are all of them.
async fn room_of(address: SocketAddr, tokens: &[String]) -> anyhow::Result<String> {
    let ask = async |token: &str, path: &str, body: &str, status: u16| -> anyhow::Result<serde_json::Value> {
        let (seen, answer) = Connection::open(address).await?.ask(&request("POST", path, Some(token), body)).await?;
        ensure!(seen == status, "POST {path}: {seen}, {}", String::from_utf8_lossy(&answer));
        Ok(serde_json::from_slice(&answer)?)
    };
    let word = |of: &serde_json::Value, name: &str| of[name].as_str().map(ToOwned::to_owned).context("an answer without it");
    let room = word(&ask(&tokens[0], "/api/v1/rooms", r#"{"name":"Bench"}"#, 201).await?, "id")?;
    let invitation = ask(&tokens[0], &format!("/api/v1/rooms/{room}/invitations"), r#"{"role":"member"}"#, 201).await?;
    let accept = format!(r#"{{"token":"{}"}}"#, word(&invitation, "token")?);
    for token in &tokens[1..] {
        ask(token, "/api/v1/invitations/accept", &accept, 200).await?;
    }
    Ok(room)
}
