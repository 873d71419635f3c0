//! Text of other programs as a schedule can hold it: shorter, and in one line where a schedule has one line.

use super::Line;
use crate::{calendar::text, text::breaks};

/// What a schedule is called whose event had no name.
const UNTITLED: &str = "Untitled";

/// What the schedule says where the file says `line`, if that is one of the texts of a schedule.
pub(super) fn fitted(line: &Line) -> Option<String> {
    let plain = line.plain();
    match line.name.as_str() {
        "SUMMARY" => Some(title(&plain)),
        "DESCRIPTION" => Some(description(&plain)),
        "LOCATION" => Some(one_line(&plain, ", ", text::LOCATION_MAX)),
        _ => None,
    }
}

/// A title, whatever it was.
pub(super) fn title(plain: &str) -> String {
    text::title(&one_line(plain, " ", text::TITLE_MAX)).unwrap_or_else(|_| UNTITLED.to_owned())
}

fn description(plain: &str) -> String {
    plain.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).take(text::DESCRIPTION_MAX).collect()
}

/// The lines of `plain` joined by `with`.
fn one_line(plain: &str, with: &str, most: usize) -> String {
    let lines = plain.split(breaks).map(str::trim).filter(|line| !line.is_empty());
    let joined: String = lines.collect::<Vec<_>>().join(with).chars().take(most).collect();
    joined.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_made_to_fit() {
        let table = [
            ("SUMMARY", "Two\nlines\t", "Two lines"),
            ("SUMMARY", "", "Untitled"),
            ("SUMMARY", "\u{200b}", "Untitled"),
            ("LOCATION", "Café\nrue 1\n\n75001 Paris", "Café, rue 1, 75001 Paris"),
            ("DESCRIPTION", "one\ntwo\u{7f}", "one\ntwo"),
        ];
        for (name, said, kept) in table {
            assert_eq!(fitted(&Line::text(name, said)).as_deref(), Some(kept), "{said:?}");
        }
        let long = fitted(&Line::text("DESCRIPTION", &"가".repeat(20_000))).expect("a text");
        assert_eq!(long.chars().count(), 10_000);
        assert_eq!(fitted(&Line::new("GEO", "1;2")), None);
    }
}
