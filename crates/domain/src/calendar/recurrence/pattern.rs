//! A rule laid out for one start: which days of a period belong to it, as bits.
//!
//! The period is a week, a month or a year, as FREQ says. A daily rule goes by months too, with the days that INTERVAL meets
//! as bits, so that thirty days cost one look; it has no period of its own, because whatever BYSETPOS could choose within
//! one day is a choice among the times of every day, and is made once, here.

use super::{
    days::{DAY, bit, count, day_of, index, month_length, month_of, month_start, weekday, year_length, year_start},
    rule::{ByDay, Frequency, Rule},
};

/// Every month, as bits 0 to 11.
const ALL_MONTHS: u32 = 0xfff;

/// A bit each seven, five times: a weekday in a month.
const EVERY_SEVENTH: u64 = 1 | 1 << 7 | 1 << 14 | 1 << 21 | 1 << 28;

/// The days of one period.
pub(super) struct Block {
    /// The day of bit 0.
    pub(super) first: i64,
    /// A bit for each day.
    pub(super) words: [u64; 6],
}

impl Block {
    fn of_one(first: i64, word: u64) -> Self {
        Self { first, words: [word, 0, 0, 0, 0, 0] }
    }

    /// Its days from `day` on.
    pub(super) fn since(&self, day: i64) -> [u64; 6] {
        let mut gone = day - self.first;
        self.words.map(|word| {
            let here = u32::try_from(gone.clamp(0, 64)).unwrap_or(0);
            gone -= 64;
            word & u64::MAX.checked_shl(here).unwrap_or(0)
        })
    }

    /// How many days there are.
    pub(super) fn len(&self) -> i64 {
        self.words.iter().map(|word| i64::from(word.count_ones())).sum()
    }

    /// The `nth` day, from 0.
    pub(super) fn nth(&self, mut nth: i64) -> Option<i64> {
        let mut base = self.first;
        for mut word in self.words {
            let here = i64::from(word.count_ones());
            if nth < here {
                for _ in 0..nth {
                    word &= word - 1;
                }
                return Some(base + i64::from(word.trailing_zeros()));
            }
            nth -= here;
            base += 64;
        }
        None
    }

    fn set(&mut self, at: i64) {
        self.words[index(at / 64)] |= 1 << bit(at % 64);
    }

    /// Sets the bits of `word`, bit 0 at `at`. A month has 31, so that they reach over two words at most.
    fn place(&mut self, at: i64, word: u64) {
        let (to, by) = (index(at / 64), bit(at % 64));
        self.words[to] |= word << by;
        if by > 32 && to + 1 < self.words.len() {
            self.words[to + 1] |= word >> (64 - by);
        }
    }

    fn keep(&mut self, others: &Self) {
        for (word, other) in self.words.iter_mut().zip(others.words) {
            *word &= other;
        }
    }
}

/// What unit the periods are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// Months, with every `interval`th day.
    Days,
    Weeks,
    Months,
    Years,
}

/// A rule for one start.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    unit: Unit,
    interval: i64,
    /// The first day of the period of the start, or for daily rules the start itself.
    anchor: i64,
    /// The number of the month, or the year, of the start.
    anchor_number: i64,
    months: u32,
    month_days: Option<MonthDays>,
    /// Plain weekdays, as bits 0 to 6.
    week_days: u64,
    /// Weekdays with a number, of the month or of the year.
    nth: Vec<ByDay>,
    /// Whether `nth` counts in the year.
    nth_of_year: bool,
    has_week_days: bool,
    year_days: Vec<i64>,
    week_numbers: Vec<i64>,
    week_start: i64,
    /// Microseconds after midnight, sorted.
    pub(super) times: Vec<i64>,
    /// BYSETPOS, where it is not yet a choice among the times.
    pub(super) positions: Vec<i64>,
}

/// BYMONTHDAY as bits: 1 to 31 from the start, and from the end.
#[derive(Clone, Copy, Debug)]
struct MonthDays {
    from_start: u32,
    from_end: u32,
}

impl MonthDays {
    fn of(days: &[i64]) -> Self {
        let mask = |sign: i64| days.iter().filter(|day| *day * sign > 0).fold(0, |mask, day| mask | 1 << bit(day.abs() - 1));
        Self { from_start: mask(1), from_end: mask(-1) }
    }

    /// The days of a month of `length` days, the first as bit 0.
    fn in_month(self, length: i64) -> u64 {
        let from_end = self.from_end.reverse_bits() >> (32 - bit(length));
        u64::from(self.from_start | from_end) & ones(length)
    }
}

/// So many bits.
fn ones(length: i64) -> u64 {
    (1 << bit(length)) - 1
}

impl Pattern {
    pub(super) fn new(rule: &Rule, start: i64) -> Self {
        let day = day_of(start);
        let (month, day_of_month) = month_of(day);
        let year = month.div_euclid(12);
        let yearly = rule.frequency == Frequency::Yearly;
        let mut months = rule.months.iter().fold(0, |mask, month| mask | 1 << bit(month - 1));
        let mut month_days = rule.month_days.clone();
        let mut week_days = rule.week_days.clone();
        // What the rule leaves open comes from the start (RFC 5545, 3.3.10).
        let days_are_open = month_days.is_empty() && week_days.is_empty() && rule.year_days.is_empty();
        match rule.frequency {
            Frequency::Weekly if days_are_open => week_days.push(ByDay { weekday: weekday(day), ordinal: 0 }),
            Frequency::Yearly if days_are_open && !rule.week_numbers.is_empty() => {
                week_days.push(ByDay { weekday: weekday(day), ordinal: 0 });
            }
            Frequency::Monthly | Frequency::Yearly if days_are_open => {
                month_days.push(day_of_month + 1);
                if yearly && months == 0 {
                    months = 1 << bit(month.rem_euclid(12));
                }
            }
            _ => {}
        }
        let (unit, anchor, anchor_number) = match rule.frequency {
            Frequency::Daily => (Unit::Days, day, month),
            Frequency::Weekly => (Unit::Weeks, day - (weekday(day) - rule.week_start).rem_euclid(7), 0),
            Frequency::Monthly => (Unit::Months, month_start(month), month),
            Frequency::Yearly => (Unit::Years, year_start(year), year),
        };
        let mut pattern = Self {
            unit,
            interval: i64::from(rule.interval),
            anchor,
            anchor_number,
            months: if months == 0 { ALL_MONTHS } else { months },
            month_days: (!month_days.is_empty()).then(|| MonthDays::of(&month_days)),
            week_days: week_days.iter().filter(|day| day.ordinal == 0).fold(0, |mask, day| mask | 1 << bit(day.weekday)),
            has_week_days: !week_days.is_empty(),
            nth: week_days.into_iter().filter(|day| day.ordinal != 0).collect(),
            nth_of_year: yearly && rule.months.is_empty(),
            year_days: rule.year_days.clone(),
            week_numbers: rule.week_numbers.clone(),
            week_start: rule.week_start,
            times: times(rule, start),
            positions: rule.positions.clone(),
        };
        if unit == Unit::Days && !pattern.positions.is_empty() {
            let chosen = pattern.chosen(count(pattern.times.len()));
            pattern.times = chosen.into_iter().map(|at| pattern.times[index(at)]).collect();
            pattern.positions.clear();
        }
        pattern
    }

    /// The period that a day lies in, or the last active one before it. The first is 0.
    pub(super) fn period_of(&self, day: i64) -> i64 {
        let period = match self.unit {
            Unit::Days => month_of(day).0 - self.anchor_number,
            Unit::Weeks => (day - self.anchor).div_euclid(7 * self.interval),
            Unit::Months => (month_of(day).0 - self.anchor_number).div_euclid(self.interval),
            Unit::Years => (month_of(day).0.div_euclid(12) - self.anchor_number).div_euclid(self.interval),
        };
        period.max(0)
    }

    /// The days of a period.
    pub(super) fn block(&self, period: i64) -> Block {
        match self.unit {
            Unit::Days => self.days_of_month(self.anchor_number + period),
            Unit::Weeks => self.week(self.anchor + period * 7 * self.interval),
            Unit::Months => {
                let month = self.anchor_number + period * self.interval;
                let first = month_start(month);
                Block::of_one(first, if self.has_month(month) { self.month(month, first) } else { 0 })
            }
            Unit::Years => self.year(self.anchor_number + period * self.interval),
        }
    }

    /// How many occurrences each period has and how many days lie between two, where that is always the same. Daily rules
    /// count days here.
    pub(super) fn even(&self) -> Option<Even> {
        if self.months != ALL_MONTHS || !self.positions.is_empty() || self.month_days.is_some() {
            return None;
        }
        match self.unit {
            Unit::Days if !self.has_week_days => Some(Even { block: Block::of_one(self.anchor, 1), stride: self.interval }),
            Unit::Weeks => Some(Even { block: self.week(self.anchor), stride: 7 * self.interval }),
            _ => None,
        }
    }

    /// BYSETPOS of a period with so many occurrences, as places from 0: sorted, each once.
    pub(super) fn chosen(&self, of: i64) -> Vec<i64> {
        let place = |position: &i64| if *position > 0 { position - 1 } else { of + position };
        let mut chosen: Vec<i64> = self.positions.iter().map(place).filter(|at| (0..of).contains(at)).collect();
        chosen.sort_unstable();
        chosen.dedup();
        chosen
    }

    fn has_month(&self, month: i64) -> bool {
        self.months >> bit(month.rem_euclid(12)) & 1 == 1
    }

    fn days_of_month(&self, month: i64) -> Block {
        let first = month_start(month);
        if !self.has_month(month) {
            return Block::of_one(first, 0);
        }
        let length = month_length(month);
        let met = if self.interval == 1 {
            ones(length)
        } else {
            let mut at = (self.anchor - first).rem_euclid(self.interval);
            let mut met = 0;
            while at < length {
                met |= 1 << bit(at);
                at += self.interval;
            }
            met
        };
        Block::of_one(first, met & self.filter(first, length))
    }

    fn week(&self, first: i64) -> Block {
        // The mask begins with Monday, the week with WKST.
        let by = bit(self.week_start);
        let mut days = (self.week_days >> by | self.week_days << (7 - by)) & 0x7f;
        if self.months != ALL_MONTHS {
            let (month, of_month) = month_of(first);
            let rest = ones((month_length(month) - of_month).min(7));
            days &= if self.has_month(month) { rest } else { 0 } | if self.has_month(month + 1) { !rest } else { 0 };
        }
        Block::of_one(first, days)
    }

    /// The days of a month that BYMONTHDAY and BYDAY let pass, the first as bit 0.
    fn filter(&self, first: i64, length: i64) -> u64 {
        let by_month_day = self.month_days.map_or(ones(length), |days| days.in_month(length));
        if !self.has_week_days || self.nth_of_year {
            return by_month_day;
        }
        by_month_day & self.by_day(first, length)
    }

    fn by_day(&self, first: i64, length: i64) -> u64 {
        let of_first = weekday(first);
        let by = bit(of_first);
        let week = (self.week_days >> by | self.week_days << (7 - by)) & 0x7f;
        let plain = (week * EVERY_SEVENTH) & ones(length);
        self.nth.iter().fold(plain, |mask, day| nth_of(*day, of_first, length).map_or(mask, |at| mask | 1 << bit(at)))
    }

    fn month(&self, month: i64, first: i64) -> u64 {
        self.filter(first, month_length(month))
    }

    fn year(&self, year: i64) -> Block {
        let first = year_start(year);
        let mut block = Block { first, words: [0; 6] };
        let mut left = self.months;
        while left != 0 {
            let month = year * 12 + i64::from(left.trailing_zeros());
            left &= left - 1;
            let start = month_start(month);
            block.place(start - first, self.month(month, start));
        }
        let length = year_length(year);
        if !self.year_days.is_empty() {
            block.keep(&self.by_year_day(first, length));
        }
        if !self.week_numbers.is_empty() {
            block.keep(&self.by_week_number(year, first, length));
        }
        if self.nth_of_year && self.has_week_days {
            block.keep(&self.by_day_of_year(first, length));
        }
        block
    }

    fn by_year_day(&self, first: i64, length: i64) -> Block {
        let mut block = Block { first, words: [0; 6] };
        for day in &self.year_days {
            let at = if *day > 0 { day - 1 } else { length + day };
            if (0..length).contains(&at) {
                block.set(at);
            }
        }
        block
    }

    /// The days of a year that lie in the weeks of BYWEEKNO: those of the year itself, and the ends of the years beside it
    /// that reach into it. A day counts to the calendar year it lies in, whatever year its week belongs to.
    fn by_week_number(&self, year: i64, first: i64, length: i64) -> Block {
        let mut block = Block { first, words: [0; 6] };
        for of_year in year - 1..=year + 1 {
            let start = self.first_week(of_year);
            let weeks = (self.first_week(of_year + 1) - start) / 7;
            for number in &self.week_numbers {
                let week = if *number > 0 { number - 1 } else { weeks + number };
                if (0..weeks).contains(&week) {
                    let from = start + 7 * week - first;
                    (from..from + 7).filter(|at| (0..length).contains(at)).for_each(|at| block.set(at));
                }
            }
        }
        block
    }

    /// The first day of week 1: the first week, beginning with WKST, with at least four days in the year.
    fn first_week(&self, year: i64) -> i64 {
        let first = year_start(year);
        let into_week = (weekday(first) - self.week_start).rem_euclid(7);
        if into_week <= 3 { first - into_week } else { first + 7 - into_week }
    }

    fn by_day_of_year(&self, first: i64, length: i64) -> Block {
        let mut block = Block { first, words: [0; 6] };
        let of_first = weekday(first);
        for weekday in (0..7).filter(|day| self.week_days >> bit(*day) & 1 == 1) {
            let mut at = (weekday - of_first).rem_euclid(7);
            while at < length {
                block.set(at);
                at += 7;
            }
        }
        for at in self.nth.iter().filter_map(|day| nth_of(*day, of_first, length)) {
            block.set(at);
        }
        block
    }
}

/// A period that is always the same, and the days from one to the next.
pub(super) struct Even {
    pub(super) block: Block,
    pub(super) stride: i64,
}

/// The place of the nth such weekday in a period of `length` days that begins with the weekday `of_first`.
fn nth_of(day: ByDay, of_first: i64, length: i64) -> Option<i64> {
    let earliest = (day.weekday - of_first).rem_euclid(7);
    let at = if day.ordinal > 0 {
        earliest + 7 * (day.ordinal - 1)
    } else {
        earliest + 7 * ((length - 1 - earliest) / 7) + 7 * (day.ordinal + 1)
    };
    (0..length).contains(&at).then_some(at)
}

/// The times of a day: each of BYHOUR with each of BYMINUTE with each of BYSECOND; what is not given is that of the start.
fn times(rule: &Rule, start: i64) -> Vec<i64> {
    const SECOND: i64 = 1_000_000;
    let of_day = start.rem_euclid(DAY);
    let seconds_of_day = of_day / SECOND;
    let of_start = [seconds_of_day / 3_600, seconds_of_day / 60 % 60, seconds_of_day % 60];
    let given = |list: &[i64], open: i64| if list.is_empty() { vec![open] } else { list.to_vec() };
    let minutes = given(&rule.minutes, of_start[1]);
    let seconds = given(&rule.seconds, of_start[2]);
    let mut times = Vec::with_capacity(rule.hours.len().max(1) * minutes.len() * seconds.len());
    for hour in given(&rule.hours, of_start[0]) {
        for minute in &minutes {
            times.extend(seconds.iter().map(|second| (hour * 3_600 + minute * 60 + second) * SECOND + of_day % SECOND));
        }
    }
    times
}
