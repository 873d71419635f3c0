//! What is published into a room.

use kernel::{FieldError, RoomId, UserId};

use super::{RoomError, external_key};
use crate::text::{is_invisible, line, turns};

/// Bytes of the data of an event, written without space.
pub const MAX_DATA_BYTES: usize = 64 * 1024;
/// How deep arrays and objects of the data may lie in each other.
pub const MAX_DATA_DEPTH: usize = 32;
/// Characters of the type of an event.
const MAX_KIND: usize = 100;
/// Characters of the key of a publication.
const MAX_DEDUPE_KEY: usize = 200;
/// Characters of whom a program publishes for.
const MAX_PUBLISHER: usize = 128;

/// The first words of types that say something of the product's own.
const RESERVED: [&str; 6] = ["room", "member", "presence", "comment", "reaction", "schedule"];
/// What a connection says of itself, as an event among the others: as the first word of a type, it would be taken for that.
pub const OF_THE_CONNECTION: [&str; 9] =
    ["hello", "subscribed", "ready", "gap", "ended", "refused", "heartbeat", "pong", "close"];
/// What an `EventSource` takes for news of its connection.
const OF_THE_BROWSER: [&str; 2] = ["open", "error"];

/// Into which room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The one with this id.
    Id(RoomId),
    /// The one that the caller's programs call so; it is made if there is none.
    Key(String),
}

/// What somebody wants to publish, as it was sent.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Into which room,
    pub room_id: Option<RoomId>,
    /// or into which that a program calls so.
    pub room_key: Option<String>,
    /// What happened.
    pub kind: String,
    /// A JSON object, as it was sent.
    pub data: String,
    /// For whom a program publishes.
    pub publisher: Option<String>,
    /// The publisher's own name of this publication.
    pub dedupe_key: Option<String>,
}

/// What can be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Into which room.
    pub target: Target,
    /// What happened.
    pub kind: String,
    /// A JSON object, without space.
    pub data: String,
    /// For whom, if not for the caller.
    pub publisher: Option<String>,
    /// The publisher's own name of it: the same again is the same event.
    pub dedupe_key: Option<String>,
}

impl Wanted {
    /// Checks everything and names every field that is wrong. `speaks_for_others`: a program may say for whom `user` publishes by it.
    pub fn check(self, user: UserId, speaks_for_others: bool) -> Result<Publication, RoomError> {
        let mut wrong = Vec::new();
        let target = match (self.room_id, self.room_key) {
            (Some(id), None) => Some(Target::Id(id)),
            (None, Some(key)) => kept(external_key("/room_key", &key).map(Target::Key), &mut wrong),
            _ => {
                wrong.push(FieldError::new("/room_id", "give either room_id or room_key"));
                None
            }
        };
        kept(kind(&self.kind), &mut wrong);
        let data = kept(compact(&self.data), &mut wrong);
        if self.publisher.is_some() && !speaks_for_others {
            wrong.push(FieldError::new("/publisher_id", "only a service key says for whom it publishes"));
        }
        // What looks like a person is one: nobody is heard to say what they did not.
        if let Some(publisher) = &self.publisher {
            let seen: String = publisher.chars().filter(|c| !is_invisible(*c)).collect();
            if seen.is_empty() || publisher.contains(turns) {
                wrong.push(FieldError::new("/publisher_id", "write what is seen, in the direction in which it is read"));
            }
            let is_person = seen.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("usr_"));
            if is_person && *publisher != user.to_string() {
                wrong.push(FieldError::new("/publisher_id", "the id of a person can only be that of the key's own user"));
            }
        }
        for (pointer, text, most) in
            [("/publisher_id", &self.publisher, MAX_PUBLISHER), ("/dedupe_key", &self.dedupe_key, MAX_DEDUPE_KEY)]
        {
            if let Some(text) = text {
                kept(plain(pointer, text, most), &mut wrong);
            }
        }
        let (Some(target), Some(data), true) = (target, data, wrong.is_empty()) else { return Err(RoomError::Invalid(wrong)) };
        if data.len() > MAX_DATA_BYTES {
            return Err(RoomError::EventTooLarge { bytes: data.len() });
        }
        Ok(Publication { target, kind: self.kind, data, publisher: self.publisher, dedupe_key: self.dedupe_key })
    }
}

fn kept<T>(read: Result<T, FieldError>, wrong: &mut Vec<FieldError>) -> Option<T> {
    read.map_err(|error| wrong.push(error)).ok()
}

/// One line that is not empty and has no space around it: it is compared as it is.
fn plain(pointer: &str, text: &str, most: usize) -> Result<(), FieldError> {
    let trimmed = line(pointer, text, most)?;
    if trimmed.is_empty() || trimmed.len() != text.len() {
        return Err(FieldError::new(pointer, format!("write 1 to {most} characters without space around them")));
    }
    Ok(())
}

/// The type of an event: words of lower-case letters, digits and underscores, with dots between them.
fn kind(text: &str) -> Result<(), FieldError> {
    let wrong = |detail: &str| Err(FieldError::new("/type", detail));
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    if text.len() > MAX_KIND || !text.split('.').all(is_word) {
        return wrong("write at most 100 characters: words of a-z, 0-9 and _ with dots between them, such as order.paid");
    }
    let first = text.split('.').next().unwrap_or_default();
    if RESERVED.contains(&first) || OF_THE_CONNECTION.contains(&first) || OF_THE_BROWSER.contains(&text) {
        return wrong("this type is the product's own: choose another first word");
    }
    Ok(())
}

/// A JSON object without the space between its parts. The text is JSON: that was seen to where it came in.
fn compact(text: &str) -> Result<String, FieldError> {
    let mut out = String::with_capacity(text.len());
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0usize, 0usize, false, false);
    for character in text.chars() {
        if in_text {
            (in_text, escaped) = (escaped || character != '"', !escaped && character == '\\');
        } else {
            match character {
                ' ' | '\n' | '\r' | '\t' => continue,
                '"' => in_text = true,
                '{' | '[' => depth += 1,
                '}' | ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            deepest = deepest.max(depth);
        }
        out.push(character);
    }
    if !out.starts_with('{') {
        return Err(FieldError::new("/data", "write an object"));
    }
    if deepest > MAX_DATA_DEPTH {
        return Err(FieldError::new("/data", "at most 32 arrays and objects may lie in each other"));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: UserId = UserId::from_uuid(uuid::Uuid::from_u128(1));

    fn wanted(kind: &str, data: &str) -> Wanted {
        let room_key = Some("order-1".to_owned());
        Wanted { room_key, kind: kind.to_owned(), data: data.to_owned(), ..Wanted::default() }
    }

    fn pointers(wanted: Wanted) -> Vec<String> {
        match wanted.check(ADA, false) {
            Err(RoomError::Invalid(wrong)) => wrong.into_iter().map(|field| field.pointer).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_type_is_words_with_dots_between_and_none_of_the_products_own() {
        for good in
            ["a", "order.paid", "order.line_2.changed", "message", "roomy.thing", "opened", "error.raised", &"a".repeat(100)]
        {
            assert!(wanted(good, "{}").check(ADA, false).is_ok(), "{good}");
        }
        let long = "a".repeat(101);
        for bad in ["", ".", "a.", ".a", "a..b", "Order", "order paid", "a\nid: 1-1", "2.a", "_a", "é", "a-b", &long] {
            assert_eq!(pointers(wanted(bad, "{}")), ["/type"], "{bad:?}");
        }
        let own = ["room", "room.deleted", "member.joined", "presence.update", "gap.x", "ended.x", "open", "error", "comment.x"];
        for bad in own.into_iter().chain(OF_THE_CONNECTION) {
            assert_eq!(pointers(wanted(bad, "{}")), ["/type"], "{bad:?}");
        }
    }

    #[test]
    fn data_is_written_without_space_and_otherwise_as_it_was() {
        for (sent, kept) in [
            ("{}", "{}"),
            (" {\n\t\"a b\" : [ 1 , 2.50e+3 ] ,\r\n \"c\" : \" \\\" { \\\\\" } ", r#"{"a b":[1,2.50e+3],"c":" \" { \\"}"#),
            (r#"{"n": 123456789012345678901234567890}"#, r#"{"n":123456789012345678901234567890}"#),
        ] {
            assert_eq!(wanted("a", sent).check(ADA, false).map(|publication| publication.data).as_deref(), Ok(kept));
        }
        for bad in ["[]", "null", "\"{\"", "7"] {
            assert_eq!(pointers(wanted("a", bad)), ["/data"], "{bad}");
        }
    }

    #[test]
    fn data_has_a_size_and_a_depth() {
        let deep = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        assert!(wanted("a", &deep(MAX_DATA_DEPTH)).check(ADA, false).is_ok());
        assert_eq!(pointers(wanted("a", &deep(MAX_DATA_DEPTH + 1))), ["/data"]);
        // Brackets within a text are no depth, and space is no size.
        let text = format!("{{{}\"a\":\"{}\"}}", " ".repeat(100), "[".repeat(MAX_DATA_BYTES - 8));
        assert_eq!(wanted("a", &text).check(ADA, false).map(|publication| publication.data.len()), Ok(MAX_DATA_BYTES));
        let more = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_DATA_BYTES - 7));
        assert_eq!(wanted("a", &more).check(ADA, false), Err(RoomError::EventTooLarge { bytes: MAX_DATA_BYTES + 1 }));
    }

    #[test]
    fn everything_wrong_is_said_at_once_and_only_programs_speak_for_others() {
        let long = |length| Some("x".repeat(length));
        let bad = Wanted { publisher: long(129), dedupe_key: long(201), ..Wanted::default() };
        assert_eq!(pointers(bad), ["/room_id", "/type", "/data", "/publisher_id", "/publisher_id", "/dedupe_key"]);
        let both = Wanted { room_id: Some(RoomId::from_uuid(uuid::Uuid::nil())), ..wanted("a", "{}") };
        assert_eq!(pointers(both), ["/room_id"]);
        let spoken = Wanted { publisher: Some("shop".to_owned()), dedupe_key: long(200), ..wanted("a", "{}") };
        assert_eq!(pointers(spoken.clone()), ["/publisher_id"]);
        assert!(spoken.check(ADA, true).is_ok());
        for (publisher, is_good) in [(ADA.to_string(), true), ("usr_00000000000000000000000002".to_owned(), false)] {
            let spoken = Wanted { publisher: Some(publisher), ..wanted("a", "{}") };
            assert_eq!(spoken.check(ADA, true).is_ok(), is_good, "nobody speaks as somebody else");
        }
        for bad in ["", " a", "a\0"] {
            assert_eq!(pointers(Wanted { dedupe_key: Some(bad.to_owned()), ..wanted("a", "{}") }), ["/dedupe_key"], "{bad:?}");
        }
    }
}
