//! The first look at a JSON body: is it JSON that can be read one way only, and is it of a reasonable size?
//!
//! `serde_json` alone lets the last of two equal keys win, and others the first: a proxy and this program could read two
//! different requests. And a small body can be deep or wide enough to hurt.

use std::{collections::HashSet, fmt};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::json::Pointer;

/// The deepest nesting: the outermost value is at depth 1.
pub(super) const MAX_DEPTH: usize = 32;
/// The most values in one body, each object, array, text, number, boolean and null counted once.
pub(super) const MAX_NODES: usize = 10_000;
/// The most elements of one array.
pub(super) const MAX_ELEMENTS: usize = 1_000;
/// The longest text or key, in bytes of UTF-8.
pub(super) const MAX_TEXT_BYTES: usize = 65_536;

/// Why a body is not read any further.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// Not JSON, or not only JSON, or JSON with two meanings (400).
    Malformed(String),
    /// JSON, but beyond a limit (422).
    Excessive {
        /// Where.
        pointer: String,
        /// What is too much.
        detail: String,
    },
}

/// Looks over the whole body once.
pub(super) fn check(body: &[u8]) -> Result<(), Unfit> {
    let mut survey = Survey::default();
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let seen = Value(&mut survey).deserialize(&mut deserializer).and_then(|()| deserializer.end());
    match seen {
        Ok(()) => Ok(()),
        Err(error) => Err(survey.unfit.take().unwrap_or_else(|| survey.explain(&error))),
    }
}

#[derive(Default)]
struct Survey {
    at: Pointer,
    depth: usize,
    nodes: usize,
    unfit: Option<Unfit>,
}

impl Survey {
    /// `serde_json` knows one error that is not about syntax: a number no program here can hold.
    fn explain(&self, error: &serde_json::Error) -> Unfit {
        let text = error.to_string();
        if text.starts_with("number out of range") {
            return Unfit::Excessive { pointer: self.at.to_string(), detail: "the number is out of range".to_owned() };
        }
        Unfit::Malformed(text)
    }

    fn refuse<E: serde::de::Error>(&mut self, unfit: Unfit) -> E {
        self.unfit = Some(unfit);
        E::custom("refused")
    }

    fn excessive<E: serde::de::Error>(&mut self, detail: String) -> E {
        let pointer = self.at.to_string();
        self.refuse(Unfit::Excessive { pointer, detail })
    }

    fn count<E: serde::de::Error>(&mut self) -> Result<(), E> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(self.excessive(format!("a body may hold at most {MAX_NODES} values")));
        }
        Ok(())
    }

    fn descend<E: serde::de::Error>(&mut self) -> Result<(), E> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.excessive(format!("values may be nested at most {MAX_DEPTH} deep")));
        }
        Ok(())
    }

    fn text<E: serde::de::Error>(&mut self, text: &str) -> Result<(), E> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(self.excessive(format!("a text may have at most {MAX_TEXT_BYTES} bytes")));
        }
        Ok(())
    }
}

/// One value of the body.
struct Value<'s>(&'s mut Survey);

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.0.text(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let survey = self.0;
        survey.descend()?;
        let mut index = 0;
        loop {
            survey.at.push_index(index);
            if elements.next_element_seed(Value(survey))?.is_none() {
                survey.at.pop();
                break;
            }
            survey.at.pop();
            index += 1;
            if index > MAX_ELEMENTS {
                return Err(survey.excessive(format!("an array may have at most {MAX_ELEMENTS} elements")));
            }
        }
        survey.depth -= 1;
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let survey = self.0;
        survey.descend()?;
        let mut keys = HashSet::new();
        while let Some(key) = members.next_key::<String>()? {
            survey.text(&key)?;
            survey.at.push_key(&key);
            if !keys.insert(key) {
                let pointer = survey.at.to_string();
                return Err(survey.refuse(Unfit::Malformed(format!("the member {pointer} occurs twice"))));
            }
            members.next_value_seed(Value(survey))?;
            survey.at.pop();
        }
        survey.depth -= 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> String {
        format!("{}{}", "[".repeat(depth), "]".repeat(depth))
    }

    fn excessive(body: &str) -> String {
        match check(body.as_bytes()) {
            Err(Unfit::Excessive { pointer, .. }) => pointer,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_at_a_limit_is_read_and_what_is_beyond_is_refused() {
        assert_eq!(check(nested(MAX_DEPTH).as_bytes()), Ok(()));
        assert_eq!(excessive(&nested(MAX_DEPTH + 1)), "/0".repeat(MAX_DEPTH));

        let array = |n: usize| format!("[{}]", vec!["1"; n].join(","));
        assert_eq!(check(array(MAX_ELEMENTS).as_bytes()), Ok(()));
        assert_eq!(excessive(&array(MAX_ELEMENTS + 1)), "");

        let wide = |last: usize| {
            let mut rows = vec![array(998); 10];
            rows.push(array(last));
            format!("[{}]", rows.join(","))
        };
        // 1 + 10 × 999 + 1 + 8 = 10,000
        assert_eq!(check(wide(8).as_bytes()), Ok(()));
        assert_eq!(excessive(&wide(9)), "/10/8");

        let text = |n: usize| format!(r#"{{"a/b":"{}"}}"#, "x".repeat(n));
        assert_eq!(check(text(MAX_TEXT_BYTES).as_bytes()), Ok(()));
        assert_eq!(excessive(&text(MAX_TEXT_BYTES + 1)), "/a~1b");
        assert_eq!(excessive(r#"{"a":[1,1e400]}"#), "/a/1");
    }

    #[test]
    fn what_has_no_meaning_or_two_is_malformed() {
        let bodies: [&[u8]; 16] = [
            b"",
            b" ",
            b"{",
            b"{}{}",
            b"{} x",
            b"[1,]",
            b"{'a':1}",
            b"NaN",
            b"[01]",
            b"\xef\xbb\xbf{}",
            b"\"\xff\"",
            br#""\ud800""#,
            br#""\udc00\ud800""#,
            br#"{"a":1,"a":1}"#,
            br#"{"b":{"a":1,"\u0061":2}}"#,
            b"\"\x01\"",
        ];
        for body in bodies {
            let seen = check(body);
            assert!(matches!(seen, Err(Unfit::Malformed(_))), "{:?}: {seen:?}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn ordinary_json_passes() {
        for body in ["null", "1", "-0.5e3", r#""😀 \ud83d\ude00 \u0000""#, r#"{"a":{"a":[true,false,null,{}]},"b":[]}"#] {
            assert_eq!(check(body.as_bytes()), Ok(()), "{body}");
        }
    }
}
