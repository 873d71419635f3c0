//! What a client may say.

use app::notify::Topic;
use hub::Since;
use serde::Deserialize;

use crate::http::{Problem, read_json};

/// One message of a client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Read this stream from there on.
    Subscribe(Topic, Since),
    /// Read it no longer.
    Unsubscribe(Topic),
    /// Say something.
    Ping,
    /// A stream that cannot be, as it was named.
    Unknown(String),
}

/// Why a message is none. Either way its sender is broken, and is told so by the end of the connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It is not JSON that reads one way only.
    Garbled,
    /// It is JSON, but nothing that is said here.
    Meaningless,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
enum Said {
    Subscribe { stream: String, since: Option<String> },
    Unsubscribe { stream: String },
    Ping {},
}

/// Reads a message, as strictly as a body of a request is read.
pub(super) fn read(text: &str) -> Result<Asked, Unfit> {
    let said = read_json(text.as_bytes()).map_err(|problem: Problem| match problem.code() {
        "body.malformed" => Unfit::Garbled,
        _ => Unfit::Meaningless,
    })?;
    Ok(match said {
        Said::Subscribe { stream, since } => topic(stream, |topic| Asked::Subscribe(topic, read_since(since.as_deref()))),
        Said::Unsubscribe { stream } => topic(stream, Asked::Unsubscribe),
        Said::Ping {} => Asked::Ping,
    })
}

/// As for `Last-Event-ID`: a client that kept a bad position must find its way back alone.
fn read_since(since: Option<&str>) -> Since {
    match since {
        None | Some("") => Since::Head,
        Some(text) => text.parse().map_or(Since::Unreadable, Since::After),
    }
}

fn topic(name: String, asked: impl FnOnce(Topic) -> Asked) -> Asked {
    match name.parse() {
        Ok(topic) => asked(topic),
        Err(_) => Asked::Unknown(name),
    }
}

#[cfg(test)]
mod tests {
    use kernel::Position;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_message_says_one_thing() {
        let at = |seq| Since::After(Position { epoch: 1, seq });
        let room: Topic = "rom_00000000000000000000000001".parse().unwrap();
        for (text, asked) in [
            (r#"{"op":"subscribe","stream":"me"}"#, Asked::Subscribe(Topic::Me, Since::Head)),
            (r#"{"op":"subscribe","stream":"me","since":null}"#, Asked::Subscribe(Topic::Me, Since::Head)),
            (r#" {"since":"1-42","stream":"me","op":"subscribe"} "#, Asked::Subscribe(Topic::Me, at(42))),
            (r#"{"op":"subscribe","stream":"me","since":"rubbish"}"#, Asked::Subscribe(Topic::Me, Since::Unreadable)),
            (r#"{"op":"subscribe","stream":"me","since":"-1-2"}"#, Asked::Subscribe(Topic::Me, Since::Unreadable)),
            (r#"{"op":"unsubscribe","stream":"rom_00000000000000000000000001"}"#, Asked::Unsubscribe(room)),
            (r#"{"op":"subscribe","stream":"them"}"#, Asked::Unknown("them".to_owned())),
            (r#"{"op":"ping"}"#, Asked::Ping),
        ] {
            assert_eq!(read(text), Ok(asked), "{text}");
        }
    }

    #[test]
    fn whatever_else_is_said_is_refused() {
        for garbled in ["", "x", "{", "{}{}", r#"{"op":"ping","op":"ping"}"#, "\u{feff}{}", r#""\ud800""#, "NaN"] {
            assert_eq!(read(garbled), Err(Unfit::Garbled), "{garbled}");
        }
        let deep = format!("{{\"op\":{}1{}}}", "[".repeat(40), "]".repeat(40));
        for meaningless in [
            "null",
            "[]",
            "1",
            "{}",
            r#"{"op":1}"#,
            r#"{"op":"fly"}"#,
            r#"{"op":"ping","stream":"me"}"#,
            r#"{"op":"subscribe"}"#,
            r#"{"op":"subscribe","stream":7}"#,
            r#"{"op":"subscribe","stream":"me","since":42}"#,
            r#"{"op":"subscribe","stream":"me","until":"1-2"}"#,
            r#"["subscribe",{"stream":"me"}]"#,
            &deep,
        ] {
            assert_eq!(read(meaningless), Err(Unfit::Meaningless), "{meaningless}");
        }
    }

    /// Texts that look like messages and are broken somewhere.
    fn hostile() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            Just("op"),
            Just("subscribe"),
            Just("unsubscribe"),
            Just("ping"),
            Just("stream"),
            Just("since"),
            Just("me"),
            Just("1-42"),
            Just("rom_00000000000000000000000001"),
            Just("\\u0000"),
            Just("\\ud83d"),
            Just("9999999999999999999-1"),
        ];
        let token = prop_oneof![
            4 => word.prop_map(|word| format!("\"{word}\"")),
            3 => prop_oneof![Just("{"), Just("}"), Just(":"), Just(","), Just("["), Just("]"), Just("\""), Just("null"), Just("-1e999")]
                .prop_map(str::to_owned),
            1 => ".{0,5}",
        ];
        prop_oneof![prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat()), ".{0,200}"]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_that_is_said_breaks_the_reader_and_what_it_takes_is_what_was_meant(text in hostile()) {
            if let Ok(asked) = read(&text) {
                let value: serde_json::Value = serde_json::from_str(&text).unwrap();
                let members = value.as_object().unwrap();
                let stream = members.get("stream").and_then(|stream| stream.as_str());
                prop_assert!(members.keys().all(|key| ["op", "stream", "since"].contains(&key.as_str())));
                match asked {
                    Asked::Ping => prop_assert_eq!(stream, None),
                    Asked::Unknown(name) => prop_assert_eq!(stream, Some(name.as_str())),
                    Asked::Unsubscribe(topic) => prop_assert_eq!(stream.map(str::to_owned), Some(topic.to_string())),
                    Asked::Subscribe(topic, since) => {
                        prop_assert_eq!(stream.map(str::to_owned), Some(topic.to_string()));
                        let said = members.get("since").and_then(|since| since.as_str()).unwrap_or_default();
                        match since {
                            Since::Head => prop_assert_eq!(said, ""),
                            Since::After(position) => prop_assert_eq!(said.parse(), Ok(position)),
                            Since::Unreadable => prop_assert!(said.parse::<Position>().is_err()),
                        }
                    }
                }
            }
        }

        #[test]
        fn bytes_that_are_no_text_are_no_position(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let text = String::from_utf8_lossy(&bytes);
            if let Ok(position) = text.parse::<Position>() {
                prop_assert!(position.epoch >= 0 && position.seq >= 0);
                // Leading zeros are another spelling of the same place.
                prop_assert_eq!(position.to_string().parse(), Ok(position));
            }
        }
    }
}
