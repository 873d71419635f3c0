//! From rule to text: each part once, in one order, lists sorted, defaults left out.

use std::fmt;

use super::{
    parse::WEEKDAYS,
    rule::{ByDay, End, Frequency, Rule, Until},
};

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FREQ={}", self.frequency)?;
        if self.interval > 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        match self.end {
            End::Never => {}
            End::Count(count) => write!(f, ";COUNT={count}")?,
            End::Until(until) => write!(f, ";UNTIL={until}")?,
        }
        list(f, "BYMONTH", &self.months)?;
        list(f, "BYWEEKNO", &self.week_numbers)?;
        list(f, "BYYEARDAY", &self.year_days)?;
        list(f, "BYMONTHDAY", &self.month_days)?;
        list(f, "BYDAY", &self.week_days)?;
        list(f, "BYHOUR", &self.hours)?;
        list(f, "BYMINUTE", &self.minutes)?;
        list(f, "BYSECOND", &self.seconds)?;
        list(f, "BYSETPOS", &self.positions)?;
        if self.week_start != 0 {
            write!(f, ";WKST={}", name(self.week_start))?;
        }
        Ok(())
    }
}

fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, part: &str, values: &[T]) -> fmt::Result {
    for (at, value) in values.iter().enumerate() {
        if at == 0 {
            write!(f, ";{part}={value}")?;
        } else {
            write!(f, ",{value}")?;
        }
    }
    Ok(())
}

fn name(weekday: i64) -> &'static str {
    usize::try_from(weekday).ok().and_then(|at| WEEKDAYS.get(at)).copied().unwrap_or("MO")
}

impl fmt::Display for ByDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ordinal != 0 {
            write!(f, "{}", self.ordinal)?;
        }
        f.write_str(name(self.weekday))
    }
}

impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Daily => "DAILY",
            Self::Weekly => "WEEKLY",
            Self::Monthly => "MONTHLY",
            Self::Yearly => "YEARLY",
        })
    }
}

impl fmt::Display for Until {
    /// In the basic format of RFC 5545, which has no fractions of a second: they are cut off.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date(date) => write!(f, "{}", date.strftime("%Y%m%d")),
            Self::Wall(wall) => write!(f, "{}", wall.datetime().strftime("%Y%m%dT%H%M%S")),
            Self::Instant(instant) => write!(f, "{}", instant.timestamp().strftime("%Y%m%dT%H%M%SZ")),
        }
    }
}
