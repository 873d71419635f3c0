//! A rule whose start moves to another day, time or zone.

use jiff::civil::Date;
use kernel::{WallTime, Zone};

use super::rule::{ByDay, End, Frequency, Rule, Until};

impl Rule {
    /// The rule of the same series when its start moves from `from` to `to`: where it names the day of the old start, it
    /// names that of the new one instead, and its last moment moves by as much. `None` if it names days or times that the new
    /// start is not among, so that nobody can tell what is meant.
    ///
    /// A last moment in UTC is a wall time of the old zone, too: it moves like the others and is told in UTC of the new one.
    pub fn moved(&self, (from, old_zone): (WallTime, &Zone), (to, new_zone): (WallTime, &Zone)) -> Option<Self> {
        let (from, to) = (from.datetime(), to.datetime());
        let names_times = !(self.hours.is_empty() && self.minutes.is_empty() && self.seconds.is_empty());
        if names_times && from.time() != to.time() {
            return None;
        }
        let shift = to.duration_since(from);
        let shifted = |wall: WallTime| wall.datetime().checked_add(shift).ok().map(WallTime::new);
        let end = match self.end {
            End::Until(Until::Wall(wall)) => End::Until(Until::Wall(shifted(wall)?)),
            End::Until(Until::Instant(instant)) => {
                let wall = shifted(old_zone.wall_at(instant))?;
                End::Until(Until::Instant(new_zone.resolve(wall).instant))
            }
            End::Until(Until::Date(date)) => {
                let days = to.date().since(from.date()).ok()?;
                End::Until(Until::Date(date.checked_add(days).ok()?))
            }
            end @ (End::Never | End::Count(_)) => end,
        };
        let rule = self.clone().ending(end);
        if from.date() == to.date() { Some(rule) } else { rule.on(from.date(), to.date()) }
    }

    fn on(mut self, from: Date, to: Date) -> Option<Self> {
        let named = !(self.week_numbers.is_empty() && self.year_days.is_empty() && self.positions.is_empty());
        if named {
            return None;
        }
        let weeks = |days: &mut Vec<ByDay>| {
            let turned = weekday(to) - weekday(from);
            for day in days.iter_mut() {
                day.weekday = (day.weekday + turned).rem_euclid(7);
            }
            days.sort_unstable();
        };
        match self.frequency {
            Frequency::Weekly => weeks(&mut self.week_days),
            Frequency::Daily => {}
            Frequency::Monthly => self.follow_in_month(from, to),
            Frequency::Yearly => {
                self.follow_in_month(from, to);
                if self.months == [i64::from(from.month())] {
                    self.months = vec![i64::from(to.month())];
                }
            }
        }
        self.names(to).then_some(self)
    }

    /// A rule that names nothing but the old start's day of the month, or its weekday of the month, names the new one's.
    fn follow_in_month(&mut self, from: Date, to: Date) {
        if self.month_days == [i64::from(from.day())] {
            self.month_days = vec![i64::from(to.day())];
        }
        if let [only] = self.week_days.as_mut_slice()
            && [nth(from), nth_last(from)].contains(&only.ordinal)
            && only.weekday == weekday(from)
        {
            let ordinal = if only.ordinal > 0 { nth(to) } else { nth_last(to) };
            *only = ByDay { weekday: weekday(to), ordinal };
        }
    }

    /// Whether `date` is among the months and days it names.
    fn names(&self, date: Date) -> bool {
        let (day, from_end) = (i64::from(date.day()), i64::from(date.day() - date.days_in_month() - 1));
        let month = self.months.is_empty() || self.months.contains(&i64::from(date.month()));
        let month_day = self.month_days.is_empty() || self.month_days.iter().any(|named| [day, from_end].contains(named));
        let week_day = self.week_days.is_empty()
            || self
                .week_days
                .iter()
                .any(|named| named.weekday == weekday(date) && [0, nth(date), nth_last(date)].contains(&named.ordinal));
        month && month_day && week_day
    }
}

fn weekday(date: Date) -> i64 {
    i64::from(date.weekday().to_monday_zero_offset())
}

/// Which weekday of its kind in the month, from 1.
fn nth(date: Date) -> i64 {
    i64::from((date.day() - 1) / 7) + 1
}

/// The same from the end, from -1.
fn nth_last(date: Date) -> i64 {
    -(i64::from((date.days_in_month() - date.day()) / 7) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_follows_its_start_where_it_named_the_day_of_the_old_one() {
        // (rule, old start, new start) → the rule then; `-`: nobody can tell
        let table = [
            ("FREQ=DAILY", "2026-11-20T09:00:00", "2026-11-22T10:00:00", "FREQ=DAILY"),
            ("FREQ=WEEKLY;BYDAY=MO,FR", "2026-11-20T09:00:00", "2026-11-22T09:00:00", "FREQ=WEEKLY;BYDAY=WE,SU"),
            ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "2026-11-20T09:00:00", "2026-11-21T09:00:00", "-"),
            ("FREQ=MONTHLY;BYMONTHDAY=20", "2026-11-20T09:00:00", "2026-11-23T09:00:00", "FREQ=MONTHLY;BYMONTHDAY=23"),
            ("FREQ=MONTHLY;BYMONTHDAY=1,20", "2026-11-20T09:00:00", "2026-11-23T09:00:00", "-"),
            ("FREQ=MONTHLY;BYDAY=3FR", "2026-11-20T09:00:00", "2026-11-23T09:00:00", "FREQ=MONTHLY;BYDAY=4MO"),
            ("FREQ=MONTHLY;BYDAY=-1FR", "2026-11-27T09:00:00", "2026-11-30T09:00:00", "FREQ=MONTHLY;BYDAY=-1MO"),
            (
                "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=20",
                "2026-11-20T09:00:00",
                "2026-12-01T09:00:00",
                "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=1",
            ),
            ("FREQ=YEARLY;BYWEEKNO=47", "2026-11-20T09:00:00", "2026-11-21T09:00:00", "-"),
            ("FREQ=DAILY;BYHOUR=9,12", "2026-11-20T09:00:00", "2026-11-20T10:00:00", "-"),
            (
                "FREQ=DAILY;UNTIL=20261130T090000",
                "2026-11-20T09:00:00",
                "2026-11-20T10:30:00",
                "FREQ=DAILY;UNTIL=20261130T103000",
            ),
            ("FREQ=DAILY;UNTIL=20261130", "2026-11-20T09:00:00", "2026-11-22T09:00:00", "FREQ=DAILY;UNTIL=20261202"),
            (
                "FREQ=DAILY;UNTIL=20261130T090000Z",
                "2026-11-20T09:00:00",
                "2026-11-20T10:00:00",
                "FREQ=DAILY;UNTIL=20261130T100000Z",
            ),
        ];
        for (rule, from, to, then) in table {
            let read: Rule = rule.parse().expect(rule);
            let zone = Zone::utc();
            let moved = read.moved((from.parse().expect(from), &zone), (to.parse().expect(to), &zone));
            assert_eq!(moved.map_or("-".to_owned(), |rule| rule.to_string()), then, "{rule}: {from} → {to}");
        }
    }

    #[test]
    fn a_last_moment_in_utc_stays_the_same_wall_time_in_another_zone_and_over_a_change_of_clocks() {
        // (until, old zone, new zone, new start) → until then
        let table = [
            ("20261231T000000Z", "Asia/Seoul", "Europe/Berlin", "2026-11-20T09:00:00", "20261231T080000Z"),
            ("20261231T000000Z", "Asia/Seoul", "Asia/Seoul", "2026-11-20T10:00:00", "20261231T010000Z"),
            // 09:00 in Berlin is 08:00Z in winter and 07:00Z in summer.
            ("20270326T080000Z", "Europe/Berlin", "Europe/Berlin", "2026-11-23T09:00:00", "20270329T070000Z"),
        ];
        for (until, old, new, start, then) in table {
            let rule: Rule = format!("FREQ=DAILY;UNTIL={until}").parse().expect(until);
            let (from, to) = ("2026-11-20T09:00:00".parse().expect("a start"), start.parse().expect(start));
            let moved = rule.moved((from, &old.parse().expect(old)), (to, &new.parse().expect(new))).expect("it moves");
            assert_eq!(moved.to_string(), format!("FREQ=DAILY;UNTIL={then}"), "{until} of {old} in {new}");
        }
    }
}
