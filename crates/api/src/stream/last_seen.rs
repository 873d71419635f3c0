//! The position a client comes back with.

use http::HeaderMap;
use hub::Since;

/// What a client says it has seen last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastSeen<'a> {
    /// It has seen nothing yet: it says nothing, or an empty text.
    Nothing,
    /// This.
    Text(&'a str),
    /// Two things at once, or no text.
    Unreadable,
}

impl LastSeen<'_> {
    /// As the position in one stream. An unreadable one is answered with a gap and not refused: a client that kept a bad one must
    /// find its way back alone.
    pub(super) fn since(self) -> Since {
        match self {
            Self::Nothing => Since::Head,
            Self::Text(text) => text.parse().map_or(Since::Unreadable, Since::After),
            Self::Unreadable => Since::Unreadable,
        }
    }
}

/// The header `Last-Event-ID` counts before `query`.
pub(super) fn last_seen<'a>(headers: &'a HeaderMap, query: Option<&'a str>) -> LastSeen<'a> {
    let mut values = headers.get_all("last-event-id").iter();
    let header = values.next();
    if values.next().is_some() {
        return LastSeen::Unreadable;
    }
    let text = match header.map(|value| value.to_str()) {
        Some(Err(_)) => return LastSeen::Unreadable,
        Some(Ok(text)) => Some(text),
        None => query,
    };
    text.filter(|text| !text.is_empty()).map_or(LastSeen::Nothing, LastSeen::Text)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use kernel::Position;

    use super::*;

    fn with(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| ("last-event-id".parse().unwrap(), HeaderValue::from_str(value).unwrap())).collect()
    }

    fn since(headers: &HeaderMap, query: Option<&str>) -> Since {
        last_seen(headers, query).since()
    }

    #[test]
    fn the_header_counts_before_the_query_and_nothing_means_now() {
        let after = |seq| Since::After(Position { epoch: 1, seq });
        assert_eq!(since(&with(&[]), None), Since::Head);
        assert_eq!(since(&with(&[""]), Some("1-7")), Since::Head);
        assert_eq!(since(&with(&[]), Some("1-7")), after(7));
        assert_eq!(since(&with(&["1-8"]), Some("1-7")), after(8));
    }

    #[test]
    fn what_cannot_be_read_is_no_reason_to_begin_now() {
        for bad in ["x", "-1", "1-", "1-2-3", "42", "1--1", "99999999999999999999-1", "0x1-2"] {
            assert_eq!(since(&with(&[bad]), None), Since::Unreadable, "{bad}");
        }
        assert_eq!(since(&with(&["1-1", "1-2"]), None), Since::Unreadable);
    }
}
