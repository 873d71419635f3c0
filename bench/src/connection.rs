//! A lean HTTP/1.1 client: one keep-alive connection, one request at a time, nothing parsed that is not needed. It must cost
//! less than the server it measures, and it knows only what that server answers with: a `Content-Length`.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// An open connection.
pub(crate) struct Connection {
    stream: TcpStream,
    /// What was read and not answered yet.
    buffer: Vec<u8>,
}

/// The head of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    /// Where the body begins.
    bytes: usize,
    /// How long it is, if the answer says so.
    body: Option<usize>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4_096) })
    }

    /// Sends a whole request and reads the whole answer; its status, and the body.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
        let head = self.begin(request).await?;
        let end = head.bytes + head.body.context("an answer without Content-Length")?;
        while self.buffer.len() < end {
            self.read().await?;
        }
        let rest = self.buffer.split_off(end);
        let body = std::mem::replace(&mut self.buffer, rest).split_off(head.bytes);
        Ok((head.status, body))
    }

    /// Sends a request and reads the head of an answer that does not end; what follows is read with [`Connection::more`].
    pub(crate) async fn follow(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        let head = self.begin(request).await?;
        self.buffer.drain(..head.bytes);
        Ok(head.status)
    }

    /// What arrived since it was last asked; waits for something.
    pub(crate) async fn more(&mut self) -> anyhow::Result<Vec<u8>> {
        if self.buffer.is_empty() {
            self.read().await?;
        }
        Ok(std::mem::take(&mut self.buffer))
    }

    async fn begin(&mut self, request: &[u8]) -> anyhow::Result<Head> {
        self.stream.write_all(request).await?;
        loop {
            if let Some(head) = Head::parse(&self.buffer)? {
                return Ok(head);
            }
            self.read().await?;
        }
    }

    async fn read(&mut self) -> anyhow::Result<()> {
        self.buffer.reserve(16_384);
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

impl Head {
    /// `None`: not all of it is there.
    fn parse(bytes: &[u8]) -> anyhow::Result<Option<Self>> {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
        let text = std::str::from_utf8(&bytes[..end]).context("a head that is not text")?;
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).context("an empty status line")?.parse()?;
        let body = lines.find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse())
        });
        Ok(Some(Self { status, bytes: end + 4, body: body.transpose()? }))
    }
}

/// The bytes of a request. `token` is what stands after `Bearer`.
pub(crate) fn request(method: &str, path: &str, token: Option<&str>, body: &str) -> Vec<u8> {
    let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
    let length = if method == "GET" { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{bearer}{kind}{length}\r\n{body}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        let text = b"HTTP/1.1 201 Created\r\nETag: \"1\"\r\ncontent-length: 7\r\n\r\n{\"a\":1}";
        assert_eq!(Head::parse(text).unwrap(), Some(Head { status: 201, bytes: 54, body: Some(7) }));
        assert_eq!(Head::parse(&text[..50]).unwrap(), None);
        assert_eq!(Head::parse(b"HTTP/1.1 200 OK\r\n\r\n").unwrap(), Some(Head { status: 200, bytes: 19, body: None }));
        assert!(Head::parse(b"\r\n\r\n").is_err());
    }

    #[test]
    fn a_request_says_how_long_it_is() {
        let text = String::from_utf8(request("POST", "/x", Some("t"), "{}")).unwrap();
        assert!(text.starts_with("POST /x HTTP/1.1\r\n") && text.ends_with("Content-Length: 2\r\n\r\n{}"));
        assert!(!String::from_utf8(request("GET", "/x", None, "")).unwrap().contains("Content"));
    }
}
