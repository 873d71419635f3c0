//! What a run says: lines of JSON as figures are found, and one table at its end.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// One measured thing.
pub(crate) struct Line {
    what: String,
    figures: Map<String, Value>,
}

impl Line {
    /// About `what`, such as `fire sqlite 1000 users`.
    pub(crate) fn about(what: impl Into<String>) -> Self {
        Self { what: what.into(), figures: Map::new() }
    }

    /// Adds a figure; the name carries the unit. Four significant digits are more than a shared machine can tell.
    pub(crate) fn with(mut self, name: &str, value: f64) -> Self {
        self.figures.insert(name.to_owned(), rounded(value));
        self
    }

    /// Adds a remark.
    pub(crate) fn say(mut self, name: &str, text: &str) -> Self {
        self.figures.insert(name.to_owned(), text.into());
        self
    }
}

/// Collects what was measured.
#[derive(Default)]
pub(crate) struct Report(Vec<Line>);

impl Report {
    /// Prints `line` as JSON and keeps it for the table.
    pub(crate) fn add(&mut self, line: Line) {
        let mut object = Map::new();
        object.insert("what".to_owned(), line.what.clone().into());
        object.extend(line.figures.clone());
        println!("{}", Value::Object(object));
        self.0.push(line);
    }

    /// The table, in Markdown.
    pub(crate) fn table(&self) -> String {
        let mut text = String::from("\n| what | figures |\n| --- | --- |\n");
        for line in &self.0 {
            let figures: Vec<String> = line.figures.iter().map(|(name, value)| format!("{name} {}", shown(value))).collect();
            let _ = writeln!(text, "| {} | {} |", line.what, figures.join(", "));
        }
        text
    }
}

fn rounded(value: f64) -> Value {
    if !value.is_finite() {
        return Value::Null;
    }
    let digits = if value == 0.0 { 0.0 } else { 3.0 - value.abs().log10().floor() };
    let factor = 10f64.powf(digits.clamp(0.0, 6.0));
    let value = (value * factor).round() / factor;
    #[expect(clippy::cast_possible_truncation, reason = "a whole number far below 2^52")]
    if value.fract() == 0.0 { Value::from(value as i64) } else { Value::from(value) }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| format!("**{value}**"), ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_four_digits_and_whole_numbers_have_no_point() {
        assert_eq!(rounded(43_217.9), Value::from(43_218));
        assert_eq!(rounded(0.412_345), Value::from(0.4123));
        assert_eq!(rounded(12.345_6), Value::from(12.35));
        assert_eq!(rounded(f64::NAN), Value::Null);
    }

    #[test]
    fn the_table_has_a_row_for_each_line() {
        let mut report = Report::default();
        report.add(Line::about("fire sqlite").with("alarms_per_s", 41_000.0).say("durability", "fsync"));
        assert!(report.table().ends_with("| fire sqlite | alarms_per_s **41000**, durability fsync |\n"));
    }
}
