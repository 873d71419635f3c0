//! What a full calendar costs: a month of it, and finding out whether something fits in.
//!
//! One person has 2,000 schedules, 300 of them recurring: birthdays every year, bills every month, meetings every week, and a
//! few things every day. Beside it a hundred people who have a hundred schedules each, and ten thousand who have the same: what a
//! request costs must not depend on how many others there are.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use serde_json::Value;

use crate::{
    clock::{self, Stopwatch},
    connection::{Connection, request},
    database::{Databases, Engine},
    herd::Herd,
    people,
    report::{Line, Report},
    server::Server,
    statistics::{Spread, median},
};

const DAY: Duration = Duration::from_hours(24);

#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Engines to measure.
    #[arg(long, value_delimiter = ',', default_value = "sqlite,postgres")]
    pub(crate) engines: Vec<Engine>,
    /// Schedules of the one person; three of twenty are recurring.
    #[arg(long, default_value_t = 2_000)]
    pub(crate) schedules: u32,
    /// Schedules in two installations, a hundred of each person.
    #[arg(long, value_delimiter = ',', default_value = "10000,1000000")]
    pub(crate) others: Vec<u32>,
    /// Requests of each kind in each repetition, one after the other.
    #[arg(long, default_value_t = 100)]
    pub(crate) requests: u32,
    /// Repetitions, of which the medians are taken.
    #[arg(long, default_value_t = 5)]
    pub(crate) repeat: usize,
}

pub(crate) async fn run(options: &Options, databases: &Databases, report: &mut Report) -> anyhow::Result<()> {
    for &engine in &options.engines {
        report.add(full(engine, options, databases).await?);
        for &others in &options.others {
            report.add(crowd(engine, others, options, databases).await?);
        }
    }
    Ok(())
}

/// One person asks, on one connection.
struct Person {
    connection: Connection,
    token: String,
}

impl Person {
    async fn open(server: &Server, token: String) -> anyhow::Result<Self> {
        Ok(Self { connection: Connection::open(server.address).await?, token })
    }

    /// Asks, expects `status`, and answers how many milliseconds it took, and the body.
    async fn ask(&mut self, method: &str, path: &str, body: &str, status: u16) -> anyhow::Result<(f64, Vec<u8>)> {
        let request = request(method, path, Some(&self.token), body);
        let watch = Stopwatch::start();
        let (seen, answer) = self.connection.ask(&request).await?;
        let took = watch.elapsed().as_secs_f64() * 1e3;
        ensure!(seen == status, "{method} {path}: {seen}, {}", String::from_utf8_lossy(&answer));
        Ok((took, answer))
    }

    /// All pages of a range; milliseconds of the first and of all together, and how many occurrences there are.
    async fn range(&mut self, from: &str, to: &str) -> anyhow::Result<(f64, f64, usize)> {
        let (mut first, mut all, mut count, mut cursor) = (None, 0.0, 0, String::new());
        loop {
            let path = format!("/api/v1/schedules?from={from}&to={to}&limit=200{cursor}");
            let (took, body) = self.ask("GET", &path, "", 200).await?;
            let page: Value = serde_json::from_slice(&body)?;
            first.get_or_insert(took);
            all += took;
            count += page["items"].as_array().context("a list without items")?.len();
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok((first.unwrap_or(all), all, count)),
            }
        }
    }

    async fn create(&mut self, query: &str, body: &str, status: u16) -> anyhow::Result<f64> {
        Ok(self.ask("POST", &format!("/api/v1/schedules{query}"), body, status).await?.0)
    }
}

/// What is put into the calendar as number `n`: one in seven recurring, the rest through two years, between eight and noon.
fn entry(n: u32) -> String {
    let day = format!("{:04}-{:02}-{:02}", 2027 + n / 336 % 2, n / 28 % 12 + 1, n % 28 + 1);
    let (hour, minute) = (8 + n % 4, n / 4 % 12 * 5);
    let rule = (n % 20 < 3).then_some(match n / 20 % 20 {
        0 => ("FREQ=DAILY", 6),
        1..=4 => ("FREQ=WEEKLY", 14),
        5..=9 => ("FREQ=MONTHLY", 16),
        _ => ("FREQ=YEARLY", 18),
    });
    let (repeats, hour) = match rule {
        Some((rule, hour)) => (format!(r#","recurrence":{{"rrule":"{rule}"}}"#), hour),
        None => (String::new(), hour),
    };
    format!(
        r#"{{"title":"Number {n}","start":"{day}T{hour:02}:{minute:02}:00","duration":"PT30M","time_zone":"Europe/Berlin"{repeats}}}"#
    )
}

/// A free half hour of the night, another for each `n`, once or every week.
fn night(n: u32, weekly: bool) -> String {
    let repeats = if weekly { r#","recurrence":{"rrule":"FREQ=WEEKLY"}"# } else { "" };
    // Weekly ones fill a week of nights, slot by slot, beside the hour in which clocks change; the others nights of a year.
    let (month, day, hour, minute) = if weekly {
        (2, n % 7 + 1, [0, 1, 20, 21][n as usize / 7 % 4], n / 28 * 2)
    } else {
        (n / 28 % 12 + 1, n % 28 + 1, 4, n / 336 * 2)
    };
    format!(
        r#"{{"title":"Night {n}","start":"2028-{month:02}-{day:02}T{hour:02}:{minute:02}:00","duration":"PT1M","time_zone":"Europe/Berlin"{repeats}}}"#
    )
}

async fn full(engine: Engine, options: &Options, databases: &Databases) -> anyhow::Result<Line> {
    let database = databases.fresh(engine).await?;
    Herd { users: 1, alarms: 0, from: clock::now(), over: Duration::ZERO }.settle(&database).await?;
    let token = people::tokens(&database, 1).await?.remove(0);
    let server = Server::start(&database).await?;
    let mut person = Person::open(&server, token).await?;
    for n in 0..options.schedules {
        person.create("?on_conflict=allow", &entry(n), 201).await?;
    }
    let (mut firsts, mut months, mut refusals) = (Vec::new(), Vec::new(), Vec::new());
    let (mut singles, mut weeklies, mut unjudged) = (Vec::new(), Vec::new(), Vec::new());
    let mut occurrences = 0;
    for round in 0..options.repeat {
        let (mut first, mut month, mut refusal) = (Vec::new(), Vec::new(), Vec::new());
        let (mut single, mut weekly, mut free) = (Vec::new(), Vec::new(), Vec::new());
        for n in 0..options.requests {
            let (one, all, count) = person.range("2028-03-01T00:00:00Z", "2028-04-01T00:00:00Z").await?;
            first.push(one);
            month.push(all);
            occurrences = count;
            refusal.push(person.create("", &entry(3), 409).await?);
            let number = u32::try_from(round)? * options.requests + n;
            single.push(person.create("", &night(number, false), 201).await?);
            free.push(person.create("?on_conflict=allow", &night(number, false), 201).await?);
            if n % 5 == 0 {
                weekly.push(person.create("", &night(number / 5, true), 201).await?);
            }
        }
        let runs = [&mut firsts, &mut months, &mut refusals, &mut singles, &mut weeklies, &mut unjudged];
        for (all, one) in runs.into_iter().zip([first, month, refusal, single, weekly, free]) {
            all.push(Spread::of(one));
        }
    }
    server.stop().await?;
    database.remove().await?;
    let with = |line: Line, name: &str, runs: &[Spread]| {
        let took = Spread::medians(runs);
        line.with(&format!("{name}_p50_ms"), took.p50).with(&format!("{name}_p99_ms"), took.p99)
    };
    let line = Line::about(format!("calendar, {engine}, {} schedules", options.schedules));
    let line = with(line, "month_first_page", &firsts).with("month_occurrences", f64::from(u32::try_from(occurrences)?));
    let line = with(with(line, "month_all_pages", &months), "refused", &refusals);
    Ok(with(with(with(line, "create_judged", &singles), "create_weekly_judged", &weeklies), "create_unjudged", &unjudged))
}

/// Schedules of each of them.
const EACH: u32 = 100;

/// People who have a hundred schedules each, of whom a hundred ask in turn. They stand evenly among the others, so that those who ask
/// have the same schedules, however many others there are.
async fn crowd(engine: Engine, schedules: u32, options: &Options, databases: &Databases) -> anyhow::Result<Line> {
    let all = (schedules / EACH).max(1);
    let asking = all.min(100);
    let database = databases.fresh(engine).await?;
    let from = "2027-01-01T00:00:00Z".parse()?;
    Herd { users: all, alarms: all * EACH, from, over: 365 * DAY }.settle(&database).await?;
    let tokens = people::tokens_of(&database, (0..asking).map(|number| number * (all / asking))).await?;
    let server = Server::start(&database).await?;
    let mut people = Vec::new();
    for token in tokens {
        people.push(Person::open(&server, token).await?);
    }
    let (mut weeks, mut creates) = (Vec::new(), Vec::new());
    for round in 0..options.repeat {
        let (mut week, mut create) = (Vec::new(), Vec::new());
        for n in 0..options.requests {
            let person = &mut people[(n % asking) as usize];
            week.push(person.range("2027-06-07T00:00:00Z", "2027-06-14T00:00:00Z").await?.0);
            let number = u32::try_from(round)? * options.requests + n;
            create.push(person.create("", &night(number, false), 201).await?);
        }
        weeks.push(Spread::of(week));
        creates.push(Spread::of(create));
    }
    drop(people);
    server.stop().await?;
    database.remove().await?;
    let p50 = |runs: &[Spread]| median(&runs.iter().map(|run| run.p50).collect::<Vec<_>>());
    let (week, create) = (Spread::medians(&weeks), Spread::medians(&creates));
    Ok(Line::about(format!("calendar, {engine}, {} schedules of {all}", all * EACH))
        .with("week_p50_ms", p50(&weeks))
        .with("week_p99_ms", week.p99)
        .with("create_p50_ms", create.p50)
        .with("create_p99_ms", create.p99))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn three_of_twenty_entries_recur_and_all_are_json() {
        let entries: Vec<Value> = (0..2_000).map(|n| serde_json::from_str(&entry(n)).expect("JSON")).collect();
        assert_eq!(entries.iter().filter(|entry| entry["recurrence"].is_object()).count(), 300);
    }

    #[test]
    fn no_two_nights_begin_together() {
        for weekly in [false, true] {
            let starts: BTreeSet<_> = (0..500).map(|n| night(n, weekly)[20..].to_owned()).collect();
            assert_eq!(starts.len(), 500);
        }
    }
}
