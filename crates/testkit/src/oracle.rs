//! Recurrence cases for somebody else to answer, and the comparison with what we answer.
//!
//! A case is a line of tab-separated fields: zone, start, rule, added dates, exceptions, range, seconds an occurrence lasts, and,
//! where it is known, the answer: `wall=instant` of each occurrence, comma-separated, instants in seconds.
//! `scripts/recurrence-oracle.py` answers such lines with python-dateutil.

use std::{fmt::Write as _, time::Duration};

use domain::calendar::recurrence::{Extent, Recurrence, Series};
use kernel::{Instant, Resolution, WallTime, Zone};

use crate::SeededEntropy;

/// Zones with daylight saving by an hour and by half of one, on both hemispheres, at midnight, backwards, by the moon, and
/// without any.
const ZONES: [&str; 12] = [
    "UTC",
    "Asia/Seoul",
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/Santiago",
    "America/Havana",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Africa/Casablanca",
];

const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// A question, as its line without the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    zone: String,
    start: String,
    rrule: String,
    rdates: String,
    exdates: String,
    from: String,
    to: String,
    seconds: u64,
}

impl Case {
    /// A case that means something: rules that contradict themselves or never occur are drawn again.
    pub fn draw(entropy: &SeededEntropy) -> Self {
        loop {
            let case = Draft { entropy }.case();
            if case.answer().is_ok() {
                return case;
            }
        }
    }

    /// Reads a line, and its answer if it has one.
    pub fn read(line: &str) -> Option<(Self, &str)> {
        let fields: Vec<&str> = line.split('\t').collect();
        let text = |at: usize| fields.get(at).map(|field| (*field).to_owned());
        let case = Self {
            zone: text(0)?,
            start: text(1)?,
            rrule: text(2)?,
            rdates: text(3)?,
            exdates: text(4)?,
            from: text(5)?,
            to: text(6)?,
            seconds: fields.get(7)?.parse().ok()?,
        };
        Some((case, fields.get(8).copied().unwrap_or_default()))
    }

    /// The line.
    pub fn line(&self) -> String {
        let Self { zone, start, rrule, rdates, exdates, from, to, seconds } = self;
        [zone, start, rrule, rdates, exdates, from, to, &seconds.to_string()].map(String::as_str).join("\t")
    }

    /// What we answer.
    pub fn answer(&self) -> anyhow::Result<Answer> {
        let dates =
            |text: &str| text.split(',').filter(|date| !date.is_empty()).map(str::parse).collect::<Result<Vec<WallTime>, _>>();
        let recurrence = Recurrence { rule: self.rrule.parse()?, rdates: dates(&self.rdates)?, exdates: dates(&self.exdates)? };
        let series = Series::new(recurrence, self.start.parse()?, self.zone.parse::<Zone>()?)?;
        let (from, to): (Instant, Instant) = (self.from.parse()?, self.to.parse()?);
        let mut answer = Answer::default();
        for occurrence in series.between(from, to, Extent::Elapsed(Duration::from_secs(self.seconds))) {
            let comma = if answer.text.is_empty() { "" } else { "," };
            write!(answer.text, "{comma}{}={}", occurrence.recurrence_id(), occurrence.start.instant.as_seconds())?;
            answer.occurrences += 1;
            answer.skipped += usize::from(occurrence.start.resolution == Resolution::Gap);
            answer.repeated += usize::from(occurrence.start.resolution == Resolution::Fold);
        }
        Ok(answer)
    }
}

/// The occurrences of a case.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// As in the line.
    pub text: String,
    /// How many there are.
    pub occurrences: usize,
    /// Of those, at wall times that do not exist.
    pub skipped: usize,
    /// Of those, at wall times that come twice.
    pub repeated: usize,
}

/// What a case is drawn with.
struct Draft<'a> {
    entropy: &'a SeededEntropy,
}

impl Draft<'_> {
    fn one<'t>(&self, of: &[&'t str]) -> &'t str {
        of[self.entropy.index(of.len())]
    }

    fn case(&self) -> Case {
        let zone = self.one(&ZONES);
        let start = Instant::from_micros(signed(self.entropy.between(11_000, 20_000)) * DAY + self.time());
        let frequency = self.one(&["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]);
        // Far enough to have walked over a few changes of the clocks, near enough for an oracle that walks.
        let (reach, length) = match frequency {
            "DAILY" => (800, 20),
            "WEEKLY" => (3_000, 90),
            "MONTHLY" => (6_000, 400),
            _ => (9_000, 3_000),
        };
        if self.entropy.chance(250) {
            return self.at_a_change(zone);
        }
        let from = match self.entropy.below(5) {
            0 => start,
            _ => start + days(self.entropy.below(reach)) + Duration::from_secs(900 * self.entropy.below(96)),
        };
        let to = from + days(self.entropy.between(1, length));
        let seconds = [0, 0, 3_600, 5_400, 86_400, 259_200][self.entropy.index(6)];
        let rrule = self.rule(frequency, start);
        let around = |_| self.near(from, length);
        let rdates = self.dates(150).map(around).collect::<Vec<_>>().join(",");
        let exdates = self.dates(300).map(around).collect::<Vec<_>>().join(",");
        Case {
            zone: zone.into(),
            start: text(start),
            rrule,
            rdates,
            exdates,
            from: format!("{}Z", text(from)),
            to: format!("{}Z", text(to)),
            seconds,
        }
    }

    /// Often a day, at the hours when clocks change, in the days in which they do.
    fn at_a_change(&self, zone: &str) -> Case {
        let change = self.change(zone);
        let from = Instant::from_micros(change * DAY);
        let start = Instant::from_micros((change - signed(self.entropy.below(400))) * DAY + self.time());
        let every = self.one(&["DAILY", "DAILY", "WEEKLY;BYDAY=SA,SU", "MONTHLY;BYDAY=SU"]);
        let hours = self.numbers(0, 3, 3, false);
        let mut rrule = format!("FREQ={every};BYHOUR={hours};BYMINUTE={}", self.one(&["0", "15", "30", "0,30", "5,45"]));
        if self.entropy.chance(300) {
            let _ = write!(rrule, ";UNTIL={}", self.until(from, 12));
        }
        Case {
            zone: zone.into(),
            start: text(start),
            rrule,
            rdates: String::new(),
            exdates: self.dates(200).map(|_| self.near(from, 8)).collect::<Vec<_>>().join(","),
            from: format!("{}Z", text(from)),
            to: format!("{}Z", text(from + days(self.entropy.between(1, 10)))),
            seconds: 1_800 * self.entropy.below(4),
        }
    }

    fn dates(&self, per_mille: u64) -> std::ops::Range<u64> {
        0..if self.entropy.chance(per_mille) { self.entropy.between(1, 5) } else { 0 }
    }

    /// A wall time that an occurrence may well have.
    fn near(&self, from: Instant, length: u64) -> String {
        let day = from.as_micros() / DAY + signed(self.entropy.below(length));
        text(Instant::from_micros(day * DAY + self.time()))
    }

    /// A day between 2000 and 2050, a few days before the clocks of the zone change where they do.
    fn change(&self, zone: &str) -> i64 {
        let day = signed(self.entropy.between(11_000, 29_000));
        let zone: Zone = zone.parse().unwrap_or(Zone::utc());
        let change = zone.time_zone().following(Instant::from_micros(day * DAY).timestamp()).next();
        change.map_or(day, |change| Instant::from_timestamp(change.timestamp()).as_micros() / DAY) - signed(self.entropy.below(3))
    }

    /// Half of the times lie where clocks change.
    fn time(&self) -> i64 {
        let minutes = if self.entropy.chance(500) {
            [0, 15, 30, 59, 60, 90, 119, 120, 135, 150, 165, 179, 180, 210][self.entropy.index(14)]
        } else {
            15 * self.entropy.below(96)
        };
        signed(minutes) * 60_000_000
    }

    fn rule(&self, frequency: &str, start: Instant) -> String {
        let mut rule = format!("FREQ={frequency}");
        let mut add = |part: &str, per_mille: u64, value: &dyn Fn() -> String| {
            if self.entropy.chance(per_mille) {
                let _ = write!(rule, ";{part}={}", value());
            }
        };
        let numbers = |low, high, most| move || self.numbers(low, high, most, false);
        let signed = |high, most| move || self.numbers(1, high, most, true);
        add("INTERVAL", 500, &|| self.entropy.between(1, if frequency == "DAILY" { 20 } else { 6 }).to_string());
        match self.entropy.below(4) {
            0 => add("COUNT", 1_000, &|| self.entropy.between(1, 200).to_string()),
            1 => add("UNTIL", 1_000, &|| self.until(start, 3_000)),
            _ => {}
        }
        add("WKST", 400, &|| self.one(&WEEKDAYS).to_owned());
        add("BYMONTH", 250, &numbers(1, 12, 4));
        match frequency {
            "DAILY" => {
                add("BYMONTHDAY", 200, &signed(31, 6));
                add("BYDAY", 300, &|| self.weekdays(0));
            }
            "WEEKLY" => add("BYDAY", 700, &|| self.weekdays(0)),
            "MONTHLY" => {
                add("BYMONTHDAY", 400, &signed(31, 4));
                add("BYDAY", 500, &|| self.weekdays(5));
            }
            _ => match self.entropy.below(4) {
                0 => {
                    add("BYWEEKNO", 1_000, &|| self.numbers(1, 53, 3, true));
                    add("BYDAY", 700, &|| self.weekdays(0));
                }
                1 => add("BYYEARDAY", 1_000, &signed(366, 6)),
                _ => {
                    add("BYMONTHDAY", 400, &signed(31, 4));
                    add("BYDAY", 600, &|| self.weekdays(self.entropy.below(54)));
                }
            },
        }
        add("BYHOUR", 200, &|| self.numbers(0, 5, 3, false));
        add("BYMINUTE", 150, &numbers(0, 59, 3));
        add("BYSECOND", 50, &numbers(0, 59, 2));
        add("BYSETPOS", 200, &signed(4, 2));
        rule
    }

    fn numbers(&self, low: u64, high: u64, most: u64, signed: bool) -> String {
        let one = |_| {
            let minus = if signed && self.entropy.chance(400) { "-" } else { "" };
            format!("{minus}{}", self.entropy.between(low, high))
        };
        (0..self.entropy.between(1, most)).map(one).collect::<Vec<_>>().join(",")
    }

    /// With numbers up to `furthest`, some without.
    fn weekdays(&self, furthest: u64) -> String {
        let numbered = furthest > 0 && self.entropy.chance(600);
        let one = |_| {
            let name = self.one(&WEEKDAYS);
            if !numbered || self.entropy.chance(150) {
                return name.to_owned();
            }
            format!("{}{}{name}", if self.entropy.chance(400) { "-" } else { "" }, self.entropy.between(1, furthest))
        };
        (0..self.entropy.between(1, 4)).map(one).collect::<Vec<_>>().join(",")
    }

    fn until(&self, start: Instant, most_days: u64) -> String {
        let later = start + days(self.entropy.below(most_days));
        let time = Duration::from_secs(900 * self.entropy.below(96));
        let digits: String = text(later + time).chars().filter(|c| c.is_ascii_digit() || *c == 'T').collect();
        match self.entropy.below(3) {
            0 => digits[..8].to_owned(),
            1 => digits,
            _ => format!("{digits}Z"),
        }
    }
}

const DAY: i64 = 86_400_000_000;

fn signed(small: u64) -> i64 {
    i64::try_from(small).unwrap_or(0)
}

const fn days(days: u64) -> Duration {
    Duration::from_secs(86_400 * days)
}

/// The wall time in UTC.
fn text(instant: Instant) -> String {
    Zone::utc().wall_at(instant).to_string()
}
