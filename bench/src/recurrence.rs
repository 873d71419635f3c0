//! Occurrences expanded per second, and a week far from the start, beside other generators.
//!
//! Each product begins with the text of the rule, in its own format, and ends with what it found. The crates sum the instants up,
//! and the sums must agree; the others run in processes of their own, which measure themselves, and their numbers of occurrences
//! must agree. calcard has no call for a range, and libical knows no zone as it is called here.

use std::{
    hint::black_box,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use app::domain::calendar::recurrence::{Extent, Recurrence, Series};
use chrono::DateTime;
use clap::{Args, ValueEnum};
use kernel::{Instant, WallTime, Zone};

use crate::{
    clock::Stopwatch,
    peers::installed,
    report::{Line, Report},
    statistics::median,
};

const ZONE: &str = "Europe/Berlin";
/// 2026-01-02T09:00:00, a Friday, as if in UTC.
const FIRST: i64 = 1_767_344_400;
/// How many Fridays one of the cases leaves out.
const EXCEPTIONS: usize = 100;

#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Milliseconds for which each product repeats each case.
    #[arg(long, default_value_t = 300)]
    pub(crate) millis: u64,
    /// Repetitions, of which the medians are taken.
    #[arg(long, default_value_t = 5)]
    pub(crate) repeat: usize,
    /// Products beside ours.
    #[arg(long, value_delimiter = ',', default_value = "rrule,calcard,libical,dateutil,rrule-js")]
    pub(crate) beside: Vec<Other>,
}

struct Case {
    name: &'static str,
    rrule: &'static str,
    /// Days after the first: a start that the rule does not meet counts for some and not for others.
    days_later: i64,
    exceptions: usize,
    /// A range of it, in seconds since 1970, or all of it.
    range: Option<(i64, i64)>,
}

const CASES: [Case; 6] = [
    case("daily, 10 years", "FREQ=DAILY;UNTIL=20351231T235959Z"),
    case("weekly on 3 days, 10 years", "FREQ=WEEKLY;BYDAY=MO,WE,FR;UNTIL=20351231T235959Z"),
    Case { days_later: 28, ..case("last Friday of the month, 10 years", "FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20351231T235959Z") },
    case("yearly, 100 years", "FREQ=YEARLY;UNTIL=21251231T235959Z"),
    Case {
        exceptions: EXCEPTIONS,
        ..case("weekly on 3 days, 100 exceptions", "FREQ=WEEKLY;BYDAY=MO,WE,FR;UNTIL=20351231T235959Z")
    },
    // 7 to 14 January 2036.
    Case { range: Some((2_083_276_800, 2_083_881_600)), ..case("one week of daily, after 10 years", "FREQ=DAILY") },
];

const fn case(name: &'static str, rrule: &'static str) -> Case {
    Case { name, rrule, days_later: 0, exceptions: 0, range: None }
}

impl Case {
    const fn start(&self) -> i64 {
        FIRST + self.days_later * 86_400
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Other {
    /// The crate.
    Rrule,
    /// The crate.
    Calcard,
    /// The library in C.
    Libical,
    /// The package of Python.
    Dateutil,
    /// The package of npm.
    RruleJs,
}

impl Other {
    const fn name(self) -> &'static str {
        match self {
            Self::Rrule => "rrule crate",
            Self::Calcard => "calcard",
            Self::Libical => "libical",
            Self::Dateutil => "python-dateutil",
            Self::RruleJs => "rrule.js",
        }
    }

    /// Microseconds of one expansion, text and all.
    fn measure(self, case: &Case, options: &Options, folder: &Path, expected: Found) -> anyhow::Result<f64> {
        let within = |name: &str| Command::new(folder.join(name));
        let command = match self {
            Self::Rrule => return repeat(self.name(), by_rrule, case, options, expected),
            Self::Calcard => return repeat(self.name(), by_calcard, case, options, expected),
            Self::Libical => within("libical"),
            Self::Dateutil => with(within("python/bin/python"), &folder.join("python-dateutil.py")),
            Self::RruleJs => with(Command::new("node"), &folder.join("rrule.js.mjs")),
        };
        by_process(self.name(), command, case, options, expected)
    }
}

fn with(mut command: Command, script: &Path) -> Command {
    command.arg(script);
    command
}

/// What an expansion found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Found {
    occurrences: usize,
    seconds: i64,
}

impl Found {
    fn add(&mut self, seconds: i64) {
        self.occurrences += 1;
        self.seconds += seconds;
    }
}

pub(crate) fn run(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let folder = installed("recurrence")?;
    for case in &CASES {
        let others: Vec<Other> =
            options.beside.iter().copied().filter(|it| *it != Other::Calcard || case.range.is_none()).collect();
        let found = ours(case)?;
        let mut our_runs = Vec::new();
        let mut runs: Vec<Vec<f64>> = vec![Vec::new(); others.len()];
        for _ in 0..options.repeat {
            our_runs.push(repeat("ours", ours, case, options, found)?);
            for (other, runs) in others.iter().zip(&mut runs) {
                runs.push(other.measure(case, options, &folder, found)?);
            }
        }
        let ours = median(&our_runs);
        let theirs = others.iter().zip(&runs).map(|(other, runs)| (other.name(), median(runs)));
        for (name, micros) in std::iter::once(("ours", ours)).chain(theirs) {
            #[expect(clippy::cast_precision_loss, reason = "some thousands")]
            let line = Line::about(format!("recurrence, {}, {name}", case.name))
                .with("micros", micros)
                .with("occurrences_per_s", found.occurrences as f64 / micros * 1e6)
                .with("times_ours", micros / ours);
            report.add(line);
        }
    }
    Ok(())
}

/// Microseconds of one expansion in this process, text and all.
fn repeat(
    name: &str,
    expand: impl Fn(&Case) -> anyhow::Result<Found>,
    case: &Case,
    options: &Options,
    expected: Found,
) -> anyhow::Result<f64> {
    let once = expand(case)?;
    ensure!(once == expected, "{}: {name} found {once:?}, and we {expected:?}", case.name);
    let watch = Stopwatch::start();
    let mut times = 0u32;
    while watch.elapsed() < Duration::from_millis(options.millis) {
        black_box(expand(black_box(case))?);
        times += 1;
    }
    Ok(watch.elapsed().as_secs_f64() * 1e6 / f64::from(times))
}

/// The Fridays that are left out: each third one from the first.
fn exceptions(case: &Case) -> impl Iterator<Item = i64> {
    (0..).step_by(21).take(case.exceptions).map(|day| FIRST + day * 86_400)
}

fn ours(case: &Case) -> anyhow::Result<Found> {
    let wall = |seconds: i64| Zone::utc().wall_at(Instant::from_micros(seconds * 1_000_000));
    let exdates: Vec<WallTime> = exceptions(case).map(wall).collect();
    let recurrence = Recurrence { rule: case.rrule.parse()?, rdates: Vec::new(), exdates };
    let series = Series::new(recurrence, wall(case.start()), ZONE.parse()?)?;
    let instant = |seconds: i64| Instant::from_micros(seconds * 1_000_000);
    let (from, to) = case.range.map_or((Instant::EPOCH, Instant::MAX), |(from, to)| (instant(from), instant(to)));
    let mut found = Found::default();
    for occurrence in series.between(from, to, Extent::Elapsed(Duration::ZERO)) {
        found.add(occurrence.start.instant.as_seconds());
    }
    Ok(found)
}

fn stamp(seconds: i64) -> anyhow::Result<String> {
    Ok(DateTime::from_timestamp(seconds, 0).context("a date")?.format("%Y%m%dT%H%M%S").to_string())
}

fn text(case: &Case) -> anyhow::Result<String> {
    let start = format!("DTSTART;TZID={ZONE}:{}\nRRULE:{}", stamp(case.start())?, case.rrule);
    if case.exceptions == 0 {
        return Ok(start);
    }
    let exceptions = exceptions(case).map(stamp).collect::<anyhow::Result<Vec<_>>>()?.join(",");
    Ok(format!("{start}\nEXDATE;TZID={ZONE}:{exceptions}"))
}

fn by_rrule(case: &Case) -> anyhow::Result<Found> {
    let set: rrule::RRuleSet = text(case)?.parse()?;
    let mut found = Found::default();
    match case.range {
        None => (&set).into_iter().for_each(|at| found.add(at.timestamp())),
        Some((from, to)) => {
            let at = |seconds| DateTime::from_timestamp(seconds, 0).map(|at| at.with_timezone(&rrule::Tz::UTC)).context("a date");
            set.after(at(from)?).before(at(to - 1)?).all(1_000).dates.iter().for_each(|at| found.add(at.timestamp()));
        }
    }
    Ok(found)
}

fn by_calcard(case: &Case) -> anyhow::Result<Found> {
    let text = text(case)?.replace('\n', "\r\n");
    let text = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\n{text}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    let Ok(calendar) = calcard::icalendar::ICalendar::parse(&text) else { bail!("calcard does not read it") };
    let mut found = Found::default();
    for event in calendar.expand_dates(chrono_tz::Tz::UTC, 100_000).events {
        found.add(event.start.timestamp());
    }
    Ok(found)
}

/// The process answers with how many it found, and the microseconds of one expansion.
fn by_process(name: &str, mut command: Command, case: &Case, options: &Options, expected: Found) -> anyhow::Result<f64> {
    let range = case.range.map(|(from, to)| [from.to_string(), to.to_string()]);
    let output = command
        .args([&text(case)?, ZONE, &options.millis.to_string()])
        .args(range.iter().flatten())
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let answer = String::from_utf8(output.stdout)?;
    let (many, micros) = answer.trim().split_once(' ').context("an answer of two numbers")?;
    ensure!(many.parse::<usize>()? == expected.occurrences, "{}: {name} found {many}", case.name);
    Ok(micros.parse()?)
}
