//! What a series does, by tables and by properties.

mod expansion;
mod properties;
mod reading;
mod splitting;
mod zones;

use kernel::{Instant, WallTime, Zone};

use super::{Extent, Recurrence, RecurrenceError, Rule, Series};

fn at(text: &str) -> Instant {
    text.parse().expect("an instant")
}

fn wall(text: &str) -> WallTime {
    text.parse().expect("a wall time")
}

fn zone(name: &str) -> Zone {
    name.parse().expect("a zone")
}

fn rule(text: &str) -> Rule {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn dates(texts: &[&str]) -> Vec<WallTime> {
    texts.iter().map(|text| wall(text)).collect()
}

fn build(start: &str, zone_name: &str, rrule: &str, rdates: &[&str], exdates: &[&str]) -> Result<Series, RecurrenceError> {
    let recurrence = Recurrence { rule: rrule.parse()?, rdates: dates(rdates), exdates: dates(exdates) };
    Series::new(recurrence, wall(start), zone(zone_name))
}

fn series(start: &str, zone_name: &str, rrule: &str) -> Series {
    build(start, zone_name, rrule, &[], &[]).unwrap_or_else(|error| panic!("{rrule}: {error}"))
}

const POINT: Extent = Extent::Elapsed(std::time::Duration::ZERO);

/// The first so many, as wall times.
fn first(series: &Series, many: usize) -> Vec<String> {
    series.between(Instant::EPOCH, Instant::MAX, POINT).take(many).map(|it| it.recurrence_id().to_string()).collect()
}
