//! A TOML file as a layer: tables become dotted keys, and every value remembers its line.

use toml::de::{DeTable, DeValue};

use super::{Complaint, Complaints, Layers, Origin, setting::Raw};

/// Puts every value of `text` into `layers`.
pub(super) fn fill(text: &str, origin: &dyn Fn(usize) -> Origin, layers: &mut Layers, complaints: &mut Complaints) {
    match DeTable::parse(text) {
        Ok(table) => fill_table("", table.get_ref(), text, origin, layers, complaints),
        Err(error) => {
            let line = line_of(text, error.span().map_or(0, |span| span.start));
            let problem = format!("is not TOML: {}", error.message());
            complaints.add(Complaint::new(origin(line).to_string(), problem, "compare with campanile.default.toml"));
        }
    }
}

fn fill_table(
    prefix: &str,
    table: &DeTable<'_>,
    text: &str,
    origin: &dyn Fn(usize) -> Origin,
    layers: &mut Layers,
    complaints: &mut Complaints,
) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
        let at = origin(line_of(text, name.span().start));
        let raw = match value.get_ref() {
            DeValue::Table(inner) if !Layers::is_key(&key) => {
                if Layers::is_section(&key) {
                    fill_table(&key, inner, text, origin, layers, complaints);
                } else {
                    complaints.add(Layers::unknown(&key, &at));
                }
                continue;
            }
            DeValue::String(text) => Raw::Text(text.to_string()),
            DeValue::Boolean(switch) => Raw::Switch(*switch),
            DeValue::Integer(number) => {
                i64::from_str_radix(number.as_str(), number.radix()).map_or(Raw::Unfit("a number"), Raw::Whole)
            }
            DeValue::Array(items) => {
                let texts = items.iter().map(|item| match item.get_ref() {
                    DeValue::String(text) => Some(text.to_string()),
                    _ => None,
                });
                texts.collect::<Option<Vec<_>>>().map_or(Raw::Unfit("a list"), Raw::List)
            }
            DeValue::Float(_) => Raw::Unfit("a fraction"),
            DeValue::Datetime(_) => Raw::Unfit("a date"),
            DeValue::Table(_) => Raw::Unfit("a table"),
        };
        layers.put(&key, raw, at, complaints);
    }
}

/// Lines count from 1.
fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}
