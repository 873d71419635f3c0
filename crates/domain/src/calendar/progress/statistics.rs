//! How much was worked and completed, by day and by group.
//!
//! Days are those of the owner's zone: they begin where the clocks first show midnight, or go on where midnight is skipped, so
//! they follow each other without a gap or an overlap whatever the clocks do. A session across midnight counts in both days.

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::{
    ToSpan as _,
    civil::{Date, Weekday},
};
use kernel::{Instant, WallTime, Zone};

use super::UnknownWord;

/// How much time is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// One day.
    Day,
    /// Seven days from the first day of the owner's week.
    Week,
    /// A month of the calendar.
    Month,
}

/// By what is grouped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    /// By the kind of the schedule.
    #[default]
    Kind,
    /// By its category, not by those above it.
    Category,
    /// By its tags: what has several counts in each of their groups.
    Tag,
}

impl Grouping {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Kind, Self::Category, Self::Tag];
}

/// The first day of a week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WeekStart {
    /// As ISO 8601 has it.
    #[default]
    Monday,
    /// As in North America, Japan and Korea on paper.
    Sunday,
    /// As in much of the Arab world.
    Saturday,
}

impl WeekStart {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Monday, Self::Sunday, Self::Saturday];

    /// As kept and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Monday => "monday",
            Self::Sunday => "sunday",
            Self::Saturday => "saturday",
        }
    }

    const fn weekday(self) -> Weekday {
        match self {
            Self::Monday => Weekday::Monday,
            Self::Sunday => Weekday::Sunday,
            Self::Saturday => Weekday::Saturday,
        }
    }
}

impl fmt::Display for WeekStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for WeekStart {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|start| start.as_str() == text).ok_or(UnknownWord)
    }
}

impl Period {
    /// The first day of the period that `date` lies in, and how many days it has.
    fn around(self, date: Date, week_start: WeekStart) -> (Date, usize) {
        match self {
            Self::Day => (date, 1),
            Self::Week => {
                let into = date.weekday().since(week_start.weekday());
                (date.saturating_sub(i64::from(into).days()), 7)
            }
            Self::Month => (date.first_of_month(), usize::from(date.days_in_month().unsigned_abs())),
        }
    }
}

/// Days that follow each other, and when each of them begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Days {
    first: Date,
    /// One more than days: the last is where the day after the last one begins.
    bounds: Vec<Instant>,
}

impl Days {
    /// The days of the period that `date` lies in.
    pub fn of(period: Period, date: Date, week_start: WeekStart, zone: &Zone) -> Self {
        let (first, count) = period.around(date, week_start);
        Self::from(first, count, zone)
    }

    /// The days of the period before these.
    #[must_use]
    pub fn before(&self, period: Period, week_start: WeekStart, zone: &Zone) -> Self {
        Self::of(period, self.first.saturating_sub(1.day()), week_start, zone)
    }

    /// `count` days from `first`.
    pub fn from(first: Date, count: usize, zone: &Zone) -> Self {
        let begin = |day: usize| zone.resolve(WallTime::midnight(after(first, day))).instant;
        Self { first, bounds: (0..=count).map(begin).collect() }
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.bounds.len() - 1
    }

    /// The date of a day.
    pub fn date(&self, day: usize) -> Date {
        after(self.first, day)
    }

    /// When the first begins.
    pub fn begin(&self) -> Instant {
        self.bounds[0]
    }

    /// When the last is over.
    pub fn end(&self) -> Instant {
        self.bounds[self.bounds.len() - 1]
    }

    /// From when to when each of them is.
    pub(crate) fn each(&self) -> impl Iterator<Item = (Instant, Instant)> {
        self.bounds.windows(2).map(|day| (day[0], day[1]))
    }

    /// Which day `at` lies in.
    pub(crate) fn day_of(&self, at: Instant) -> Option<usize> {
        if at < self.begin() || at >= self.end() {
            return None;
        }
        // A day that a zone skipped altogether begins where the next one does, and nothing lies in it.
        Some(self.bounds.partition_point(|bound| *bound <= at) - 1)
    }

    /// How many seconds of `start..end` lie in each day that has any.
    pub(crate) fn shares(&self, start: Instant, end: Instant) -> impl Iterator<Item = (usize, i64)> {
        let (start, end) = (start.max(self.begin()), end.min(self.end()));
        let first = self.day_of(start).unwrap_or(self.count());
        (first..self.count())
            .map(move |day| {
                let (from, to) = (start.max(self.bounds[day]), end.min(self.bounds[day + 1]));
                (day, to.as_seconds() - from.as_seconds())
            })
            .take_while(move |(day, _)| self.bounds[*day] < end)
            .filter(|(_, seconds)| *seconds > 0)
    }
}

fn after(first: Date, days: usize) -> Date {
    first.saturating_add(i64::try_from(days).unwrap_or(i64::MAX / 2).days())
}

/// What came together somewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Seconds worked.
    pub worked_seconds: i64,
    /// Items completed.
    pub completed: i64,
}

/// What came together in some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// Which days.
    pub days: Days,
    /// Everything.
    pub total: Sum,
    /// By day.
    pub by_day: Vec<Sum>,
    /// By the name of a group; `None` for what belongs to none.
    pub groups: BTreeMap<Option<String>, Sum>,
}

impl Statistics {
    /// Nothing yet.
    pub fn new(days: Days) -> Self {
        let by_day = vec![Sum::default(); days.count()];
        Self { days, total: Sum::default(), by_day, groups: BTreeMap::new() }
    }

    /// Counts a session, as much of it as lies in the days. What belongs to several groups counts in each, and once in the total.
    pub fn work(&mut self, groups: &[Option<String>], start: Instant, end: Instant) {
        for (day, seconds) in self.days.shares(start, end) {
            self.by_day[day].worked_seconds += seconds;
            self.total.worked_seconds += seconds;
            for group in groups {
                self.groups.entry(group.clone()).or_default().worked_seconds += seconds;
            }
        }
    }

    /// Counts a completion, if it lies in the days.
    pub fn completion(&mut self, groups: &[Option<String>], at: Instant) {
        let Some(day) = self.days.day_of(at) else { return };
        self.by_day[day].completed += 1;
        self.total.completed += 1;
        for group in groups {
            self.groups.entry(group.clone()).or_default().completed += 1;
        }
    }

    /// On how many days at least `daily_goal_seconds` were worked.
    pub fn days_with(&self, daily_goal_seconds: i64) -> usize {
        self.by_day.iter().filter(|day| day.worked_seconds >= daily_goal_seconds).count()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> Zone {
        name.parse().expect("a zone")
    }

    fn date(text: &str) -> Date {
        text.parse().expect("a date")
    }

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    #[test]
    fn a_period_begins_where_its_owner_means() {
        let table = [
            (Period::Day, "2026-11-20", WeekStart::Monday, "2026-11-20", 1),
            (Period::Week, "2026-11-20", WeekStart::Monday, "2026-11-16", 7),
            (Period::Week, "2026-11-16", WeekStart::Monday, "2026-11-16", 7),
            (Period::Week, "2026-11-22", WeekStart::Monday, "2026-11-16", 7),
            (Period::Week, "2026-11-20", WeekStart::Sunday, "2026-11-15", 7),
            (Period::Week, "2026-11-20", WeekStart::Saturday, "2026-11-14", 7),
            (Period::Week, "2027-01-01", WeekStart::Monday, "2026-12-28", 7),
            (Period::Month, "2026-02-11", WeekStart::Monday, "2026-02-01", 28),
            (Period::Month, "2028-02-29", WeekStart::Monday, "2028-02-01", 29),
        ];
        for (period, day, start, first, count) in table {
            let days = Days::of(period, date(day), start, &zone("Asia/Seoul"));
            assert_eq!((days.date(0), days.count()), (date(first), count), "{period:?} of {day}, {start}");
        }
        let march = Days::of(Period::Month, date("2026-03-31"), WeekStart::Monday, &Zone::utc());
        assert_eq!(march.before(Period::Month, WeekStart::Monday, &Zone::utc()).date(27), date("2026-02-28"));
    }

    #[test]
    fn a_session_across_midnight_counts_in_both_days() {
        let mut week = Statistics::new(Days::of(Period::Week, date("2026-11-20"), WeekStart::Monday, &zone("Asia/Seoul")));
        let group = [Some("event".to_owned())];
        // Sunday 23:00 to Monday 01:00 in Seoul, and Wednesday 22:30 to Friday 00:30.
        week.work(&group, at("2026-11-15T14:00:00Z"), at("2026-11-15T16:00:00Z"));
        week.work(&group, at("2026-11-18T13:30:00Z"), at("2026-11-19T15:30:00Z"));
        week.completion(&group, at("2026-11-15T15:00:00Z"));
        week.completion(&group, at("2026-11-15T14:59:59Z"));
        week.completion(&group, at("2026-11-17T15:00:00Z"));
        week.completion(&group, at("2026-11-22T15:00:00Z"));
        let worked: Vec<i64> = week.by_day.iter().map(|day| day.worked_seconds).collect();
        assert_eq!(worked, [3_600, 0, 5_400, 86_400, 1_800, 0, 0]);
        let completed: Vec<i64> = week.by_day.iter().map(|day| day.completed).collect();
        assert_eq!(completed, [1, 0, 1, 0, 0, 0, 0], "midnight belongs to the day that begins");
        assert_eq!(week.total, Sum { worked_seconds: 97_200, completed: 2 });
        assert_eq!(week.groups[&group[0]], week.total);
        assert_eq!((week.days_with(3_600), week.days_with(86_400)), (3, 1));
    }

    #[test]
    fn days_follow_the_clocks_of_the_zone() {
        // (zone, day, hours)
        let table = [
            ("America/New_York", "2026-03-08", 23),
            ("America/New_York", "2026-11-01", 25),
            ("Asia/Seoul", "2026-11-01", 24),
            // Midnight is skipped, is shown twice, and a whole day is skipped.
            ("America/Santiago", "2026-09-06", 23),
            ("America/Sao_Paulo", "2018-02-17", 25),
            ("America/Havana", "2026-11-01", 25),
            ("Pacific/Apia", "2011-12-30", 0),
            ("Pacific/Apia", "2011-12-31", 24),
        ];
        for (name, day, hours) in table {
            let days = Days::from(date(day), 1, &zone(name));
            assert_eq!(days.end().since(days.begin()), Duration::from_hours(hours), "{day} in {name}");
        }
        let mut apia = Statistics::new(Days::from(date("2011-12-29"), 3, &zone("Pacific/Apia")));
        apia.work(&[], apia.days.begin(), apia.days.end());
        assert_eq!(apia.by_day.iter().map(|day| day.worked_seconds / 3_600).collect::<Vec<_>>(), [24, 0, 24]);
    }

    const ZONES: [&str; 8] = [
        "UTC",
        "Asia/Seoul",
        "America/New_York",
        "America/Santiago",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Africa/Casablanca",
        "Pacific/Chatham",
    ];

    proptest! {
        #[test]
        fn every_second_counts_once_in_the_day_the_wall_shows(
            which in 0..ZONES.len(),
            first_day in 0i64..12_000,
            count in 1usize..40,
            from_minutes in -3_000i64..60_000,
            minutes in 0i64..6_000,
        ) {
            let zone = zone(ZONES[which]);
            let first = date("2000-01-01").saturating_add(first_day.days());
            let days = Days::from(first, count, &zone);
            let second = |minutes: i64| Instant::from_micros(days.begin().as_micros() + minutes * 60_000_000);
            let (start, end) = (second(from_minutes), second(from_minutes + minutes));
            let mut statistics = Statistics::new(days.clone());
            statistics.work(&[None], start, end);
            // Slowly: minute by minute, by what the clock on the wall shows.
            let mut expected: BTreeMap<Date, i64> = BTreeMap::new();
            for minute in from_minutes..from_minutes + minutes {
                *expected.entry(zone.wall_at(second(minute)).datetime().date()).or_default() += 60;
            }
            for (day, sum) in statistics.by_day.iter().enumerate() {
                let slow = expected.get(&days.date(day)).copied().unwrap_or_default();
                prop_assert_eq!(sum.worked_seconds, slow, "{} in {}", days.date(day), zone);
            }
            let total: i64 = statistics.by_day.iter().map(|day| day.worked_seconds).sum();
            prop_assert_eq!(statistics.total.worked_seconds, total);
            prop_assert_eq!(statistics.groups.get(&None).copied().unwrap_or_default(), statistics.total);
        }
    }
}
