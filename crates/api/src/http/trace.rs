//! Request ids and trace contexts: how one request is found again in the logs of several programs.

use http::{HeaderMap, HeaderName, HeaderValue};
use kernel::Entropy;

/// The header that carries the request id, both ways.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const MAX_REQUEST_ID: usize = 128;

/// The names of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TraceContext {
    /// What the caller calls this request, or a name of ours.
    pub request_id: HeaderValue,
    /// Thirty-two hexadecimal digits (W3C Trace Context).
    pub trace_id: String,
}

impl TraceContext {
    /// Takes what the caller sent, where it is sane, and makes the rest.
    pub(crate) fn of(headers: &HeaderMap, entropy: &dyn Entropy) -> Self {
        let trace_id = only(headers, &TRACEPARENT).and_then(trace_id_of).unwrap_or_else(|| hex(entropy));
        let request_id = only(headers, &X_REQUEST_ID)
            .filter(|value| is_sane(value.as_bytes()))
            .cloned()
            .or_else(|| HeaderValue::try_from(format!("req-{}", hex(entropy))).ok())
            .unwrap_or(HeaderValue::from_static("req-unknown"));
        Self { request_id, trace_id }
    }

    /// The request id as text.
    pub(crate) fn request_id(&self) -> &str {
        self.request_id.to_str().unwrap_or("req-unknown")
    }
}

/// The value of a header that was sent exactly once.
pub(crate) fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

fn is_sane(id: &[u8]) -> bool {
    (1..=MAX_REQUEST_ID).contains(&id.len()) && id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// The trace id of a `traceparent`: `version-traceid-parentid-flags`, lower-case hexadecimal, neither id all zero. A version
/// above 00 may carry more fields behind those, version 00 may not, and version ff does not exist.
fn trace_id_of(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    let mut fields = text.split('-');
    let (version, trace, parent, flags) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let is_hex = |field: &str, len: usize| field.len() == len && field.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let is_zero = |field: &str| field.bytes().all(|b| b == b'0');
    let well_formed = is_hex(version, 2) && is_hex(trace, 32) && is_hex(parent, 16) && is_hex(flags, 2);
    let valid = well_formed && version != "ff" && !is_zero(trace) && !is_zero(parent);
    let ended = version != "00" || fields.next().is_none();
    (valid && ended).then(|| trace.to_owned())
}

fn hex(entropy: &dyn Entropy) -> String {
    format!("{:032x}", u128::from_be_bytes(entropy.bytes16()).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;
    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0xab);
        }
    }

    fn with(name: &HeaderName, values: &[&'static str]) -> TraceContext {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_static(value));
        }
        TraceContext::of(&headers, &Fixed)
    }

    #[test]
    fn a_sane_request_id_is_kept_and_any_other_is_replaced() {
        assert_eq!(with(&X_REQUEST_ID, &["Ab.9_-"]).request_id(), "Ab.9_-");
        for ids in [&[""][..], &["a b"], &["a\tb"], &["a", "b"], &["{}"]] {
            assert!(with(&X_REQUEST_ID, ids).request_id().starts_with("req-abab"), "{ids:?}");
        }
    }

    #[test]
    fn a_traceparent_is_honoured_only_if_it_is_one() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(with(&TRACEPARENT, &["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"]).trace_id, id);
        assert_eq!(with(&TRACEPARENT, &["cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"]).trace_id, id);
        for bad in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        ] {
            assert_eq!(with(&TRACEPARENT, &[bad]).trace_id, "ab".repeat(16), "{bad}");
        }
    }
}
