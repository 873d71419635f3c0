//! Reading server-sent events (the WHATWG HTML standard, section 9.2.6) out of chunks of bytes.

/// An event longer than this is not one of ours.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ServerEvent {
    /// The position to resume from, if the event carries one.
    pub(super) id: Option<String>,
    /// `notification.created` …; `message` where the server names none.
    pub(super) kind: String,
    /// The lines of data, joined.
    pub(super) data: String,
}

/// Takes bytes in any chunks, and answers whole events.
#[derive(Debug, Default)]
pub(super) struct Reader {
    line: Vec<u8>,
    /// The last byte was a carriage return: a line feed that follows belongs to it.
    returned: bool,
    event: ServerEvent,
    has_data: bool,
}

/// The stream is not one of server-sent events.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Overlong;

impl Reader {
    /// The events that end within `bytes`.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<Vec<ServerEvent>, Overlong> {
        let mut events = Vec::new();
        for &byte in bytes {
            let after_return = std::mem::replace(&mut self.returned, byte == b'\r');
            match byte {
                b'\n' if after_return => {}
                b'\n' | b'\r' => events.extend(self.end_line()),
                _ => self.line.push(byte),
            }
            if self.line.len() + self.event.data.len() > MOST_BYTES {
                return Err(Overlong);
            }
        }
        Ok(events)
    }

    fn end_line(&mut self) -> Option<ServerEvent> {
        let bytes = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&bytes);
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return std::mem::take(&mut self.has_data)
                .then(|| ServerEvent { kind: if event.kind.is_empty() { "message".to_owned() } else { event.kind }, ..event });
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" if !value.contains('\0') => self.event.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut self.event.kind),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            // A comment (nothing before the colon), `retry`, or something newer.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: Option<&str>, kind: &str, data: &str) -> ServerEvent {
        ServerEvent { id: id.map(str::to_owned), kind: kind.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn events_are_the_same_in_whatever_chunks_they_come() {
        let text = ": hello\nretry: 1000\n\nid: 1-1\nevent: a\ndata: one\ndata: two\n\r\n: 15 s\n\ndata\n\nevent: lost\nid: 9\n\nid:1-2\r\ndata:three\r\n\r\n";
        let expected = [event(Some("1-1"), "a", "one\ntwo"), event(None, "message", ""), event(Some("1-2"), "message", "three")];
        for size in 1..text.len() {
            let mut reader = Reader::default();
            let events: Vec<_> = text.as_bytes().chunks(size).flat_map(|chunk| reader.take(chunk).expect("short")).collect();
            assert_eq!(events, expected, "in chunks of {size}");
        }
    }

    #[test]
    fn a_stream_without_an_end_is_refused() {
        let mut reader = Reader::default();
        let endless = vec![b'x'; MOST_BYTES];
        assert!(reader.take(&endless).is_ok());
        assert_eq!(reader.take(b"x"), Err(Overlong));
    }
}
