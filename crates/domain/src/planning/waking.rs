//! When somebody is up.

use jiff::ToSpan as _;
use kernel::{Instant, WallTime, Zone};

use crate::alarms::{clock, minutes};

/// When somebody gets up and goes to sleep, by the clock on the wall of their zone. The same time for both: they never sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waking {
    /// In minutes since midnight.
    wake: u16,
    /// In minutes since midnight; before the other it is that of the next day.
    sleep: u16,
}

impl Default for Waking {
    /// From seven to eleven in the evening.
    fn default() -> Self {
        Self { wake: 7 * 60, sleep: 23 * 60 }
    }
}

impl Waking {
    /// Of two times of day as they are written, `07:00` and `23:00`.
    pub fn parse(wake: &str, sleep: &str) -> Option<Self> {
        Some(Self { wake: minutes(wake)?, sleep: minutes(sleep)? })
    }

    /// When they get up, as `07:00`.
    pub fn wake_at(&self) -> String {
        clock(self.wake)
    }

    /// When they go to sleep, as `23:00`.
    pub fn sleep_at(&self) -> String {
        clock(self.sleep)
    }

    /// The same with what is given of them; `None`: what is given is no time of day.
    pub fn with(self, wake: Option<&str>, sleep: Option<&str>) -> Option<Self> {
        let wake = wake.map_or(Some(self.wake), minutes)?;
        Some(Self { wake, sleep: sleep.map_or(Some(self.sleep), minutes)? })
    }

    /// The nights that have time in common with `from..to`, in order: from when the clock shows the one until it shows the other.
    /// A night that a change of clocks leaves nothing of is none.
    pub fn nights(&self, (from, to): (Instant, Instant), zone: &Zone) -> Vec<(Instant, Instant)> {
        if self.wake == self.sleep {
            return Vec::new();
        }
        let at = |date: jiff::civil::Date, minutes: u16| {
            let wall = WallTime::midnight(date).datetime().saturating_add(i64::from(minutes).minutes());
            zone.resolve(WallTime::new(wall)).instant
        };
        let last = zone.wall_at(to).datetime().date();
        let first = zone.wall_at(from).datetime().date().saturating_sub(1.day());
        let days = first.series(1.day()).take_while(|date| *date <= last);
        // Who goes to sleep after midnight and gets up later has the night of one date.
        let over = u16::from(self.sleep > self.wake);
        let nights = days.map(|date| (at(date, self.sleep), at(date.saturating_add(i64::from(over).days()), self.wake)));
        let nights = nights.filter(|(asleep, up)| asleep < up && *asleep < to && *up > from);
        nights.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    fn nights(wake: &str, sleep: &str, zone: &str, from: &str, to: &str) -> Vec<String> {
        let waking = Waking::parse(wake, sleep).expect("times of day");
        let zone = zone.parse().expect("a zone");
        waking.nights((at(from), at(to)), &zone).iter().map(|(asleep, up)| format!("{asleep}/{up}")).collect()
    }

    #[test]
    fn a_night_is_from_when_the_clock_shows_the_one_until_it_shows_the_other() {
        let two = nights("07:00", "23:00", "UTC", "2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z");
        assert_eq!(two, ["2026-03-09T23:00:00Z/2026-03-10T07:00:00Z", "2026-03-10T23:00:00Z/2026-03-11T07:00:00Z"]);
        let owl = nights("10:00", "02:00", "UTC", "2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z");
        assert_eq!(owl, ["2026-03-10T02:00:00Z/2026-03-10T10:00:00Z"]);
        assert_eq!(nights("07:00", "23:00", "UTC", "2026-03-10T07:00:00Z", "2026-03-10T23:00:00Z"), Vec::<String>::new());
        assert_eq!(nights("07:00", "07:00", "UTC", "2026-03-10T00:00:00Z", "2026-03-20T00:00:00Z"), Vec::<String>::new());
    }

    #[test]
    fn a_night_in_which_the_clocks_change_is_an_hour_shorter_or_longer() {
        let spring = nights("07:00", "23:00", "Europe/Berlin", "2026-03-28T22:00:00Z", "2026-03-29T04:00:00Z");
        assert_eq!(spring, ["2026-03-28T22:00:00Z/2026-03-29T05:00:00Z"]);
        let autumn = nights("07:00", "23:00", "Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T04:00:00Z");
        assert_eq!(autumn, ["2026-10-24T21:00:00Z/2026-10-25T06:00:00Z"]);
    }

    #[test]
    fn what_is_no_time_of_day_is_refused() {
        for text in ["24:00", "7:00", "07:60", "", "noon"] {
            assert_eq!(Waking::default().with(Some(text), None), None, "{text}");
        }
    }
}
