//! Deriving instants anew, when the rules of a zone are no longer those that they were derived by.
//!
//! Wall times are what is kept, so nothing is lost: what has to be found out is whether anything comes out otherwise.

use kernel::{Instant, ReminderId, Resolution, Resolved, WallTime};

use super::{MAX_SPAN, Override, Reach, RecurrenceSet, Schedule, Span};
use crate::alarms::due_now;

/// What is kept beside a schedule and was derived from its wall times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Derived {
    /// From when to when it has occurrences, if it repeats.
    pub reach: Option<Reach>,
    /// The alarms that wait, but for snoozes.
    pub armed: Vec<Armed>,
}

/// An alarm that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Armed {
    /// By which reminder.
    pub reminder: ReminderId,
    /// For which occurrence.
    pub nominal: WallTime,
    /// When it rings.
    pub due_at: Instant,
}

impl Span {
    /// The same wall times, by the present rules of the zone.
    #[must_use]
    pub fn derived_anew(&self) -> Self {
        let (start_at, end_at) = (self.zone.resolve(self.start), self.zone.resolve(self.end));
        // An end that was counted from the start may be the second of two, and stays that.
        let repeated = [self.end_at, end_at].iter().all(|at| at.resolution == Resolution::Fold);
        let second = repeated && self.zone.wall_at(self.end_at.instant) == self.end;
        let end_at = if second { self.end_at } else { end_at };
        // New rules may leave no time between the two, or a little more than there may be.
        let instant = end_at.instant.clamp(start_at.instant, start_at.instant + MAX_SPAN);
        Self { start_at, end_at: Resolved { instant, ..end_at }, ..self.clone() }
    }

    fn instants(&self) -> [Instant; 2] {
        [self.start_at.instant, self.end_at.instant]
    }
}

impl RecurrenceSet {
    /// The same wall times, by the present rules of their zones.
    #[must_use]
    pub fn derived_anew(&self) -> Self {
        let schedule = Schedule { span: self.schedule.span.derived_anew(), ..self.schedule.clone() };
        let anew = |own: &Override| Override { span: own.span.as_ref().map(Span::derived_anew), ..own.clone() };
        let overrides = self.overrides.iter().map(|(which, own)| (*which, anew(own))).collect();
        Self { schedule, overrides, progress: self.progress.clone() }
    }

    /// The first instant of what is kept, `derived` beside it, that comes out otherwise by the present rules of the zones, and what it
    /// is by them. What is over at `now`, by old rules and new, stays as it was.
    pub fn moves(&self, derived: &Derived, now: Instant) -> Option<(Instant, Instant)> {
        let anew = self.derived_anew();
        let reach = self.schedule.series.as_ref().map(|_| anew.reach());
        let is_over = |span: &Span, reach: Option<Reach>| match reach {
            Some(reach) => reach.to.is_some_and(|to| to < now),
            None => span.end_at.instant < now,
        };
        if is_over(&self.schedule.span, derived.reach) && is_over(&anew.schedule.span, reach) {
            return None;
        }
        let spans = |set: &Self| {
            let own: Vec<_> = set.moved().flat_map(|(_, span)| span.instants()).collect();
            set.schedule.span.instants().into_iter().chain(own)
        };
        let spans = spans(self).zip(spans(&anew)).collect::<Vec<_>>();
        let due = |alarm: &Armed| due_now(&anew, alarm.reminder, alarm.nominal);
        let alarms = derived.armed.iter().filter_map(|alarm| Some((alarm.due_at, due(alarm)?)));
        let reaches = derived.reach.zip(reach).into_iter();
        let reaches = reaches.flat_map(|(was, is)| [Some((was.from, is.from)), was.to.zip(is.to)]).flatten();
        spans.into_iter().chain(alarms).chain(reaches).find(|(was, is)| was != is)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kernel::{ScheduleId, UserId};

    use super::*;
    use crate::{
        alarms::{LatePolicy, Reminder, ReminderRule},
        calendar::{Moment, Purpose, RepeatDraft, ScheduleText, SpanDraft, labels::Labels, progress::Progress},
    };

    const HOUR: Duration = Duration::from_hours(1);

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    fn span(start: &str, duration: Duration) -> Span {
        let (zone, start) = ("America/New_York".parse().expect("a zone"), Moment::Wall(start.parse().expect("a wall time")));
        let draft = SpanDraft { all_day: false, zone, start, end: None, duration: Some(duration) };
        draft.resolve(at("2026-01-01T00:00:00Z")).expect("a span")
    }

    /// As it would be kept if the zone had been an hour further west.
    fn stale(span: &Span) -> Span {
        let later = |at: Resolved| Resolved { instant: at.instant + HOUR, ..at };
        Span { start_at: later(span.start_at), end_at: later(span.end_at), ..span.clone() }
    }

    /// With a reminder ten minutes before.
    fn set(span: Span, rrule: Option<&str>) -> RecurrenceSet {
        let repeat = |rrule: &str| RepeatDraft { rrule: rrule.to_owned(), rdates: Vec::new(), exdates: Vec::new() };
        let (id, text) = (uuid::Uuid::nil(), |text: &str| text.to_owned());
        let schedule = Schedule {
            id: ScheduleId::from_uuid(id),
            owner: UserId::from_uuid(id),
            purpose: Purpose::Event,
            text: ScheduleText { title: text("t"), description: text(""), location: text(""), kind: text("event"), busy: true },
            labels: Labels::default(),
            series: rrule.map(|rrule| repeat(rrule).resolve(&span).expect("a series")),
            span,
            late: LatePolicy::default(),
            progress: Progress::default(),
            reminders: vec![Reminder { id: ReminderId::from_uuid(id), rule: ReminderRule::before_start(600) }],
            generation: 1,
            version: 1,
            created_at: Instant::EPOCH,
            updated_at: Instant::EPOCH,
            deleted_at: None,
        };
        RecurrenceSet::new(schedule, [])
    }

    /// What is kept beside `set` when all is as it should be: its alarm is for `nominal`.
    fn derived(set: &RecurrenceSet, nominal: &str) -> Derived {
        let nominal: WallTime = nominal.parse().expect("a wall time");
        let start = set.schedule.span.zone.resolve(nominal).instant;
        let reminder = set.schedule.reminders[0].id;
        let armed = vec![Armed { reminder, nominal, due_at: start - Duration::from_mins(10) }];
        Derived { reach: set.schedule.series.as_ref().map(|_| set.reach()), armed }
    }

    #[test]
    fn what_is_as_the_rules_say_does_not_move() {
        let now = at("2026-10-01T00:00:00Z");
        // The end of the second lies in the hour that comes twice, and is the second of the two.
        for (start, length) in [("2026-11-20T09:00:00", HOUR), ("2026-11-01T00:45:00", HOUR * 2), ("2026-11-01T01:30:00", HOUR)] {
            for rrule in [None, Some("FREQ=DAILY;COUNT=90"), Some("FREQ=WEEKLY")] {
                let mut set = set(span(start, length), rrule);
                if rrule.is_some() {
                    // As a split leaves it: counted from the start.
                    set.schedule.span.end_at.instant = set.schedule.span.start_at.instant + length;
                }
                assert_eq!(set.derived_anew().schedule.span, set.schedule.span, "{start} {rrule:?}");
                assert_eq!(set.moves(&derived(&set, start), now), None, "{start} {rrule:?}");
            }
        }
    }

    #[test]
    fn a_start_an_end_a_moved_occurrence_an_alarm_or_the_last_occurrence_that_comes_out_otherwise_is_found() {
        let (now, start) = (at("2026-10-01T00:00:00Z"), "2026-11-20T09:00:00");
        let good = span(start, HOUR);
        let once = set(stale(&good), None);
        let expected = Some((at("2026-11-20T15:00:00Z"), at("2026-11-20T14:00:00Z")));
        assert_eq!(once.moves(&derived(&set(good.clone(), None), start), now), expected, "the start");
        assert_eq!(once.derived_anew().schedule.span, good);

        let end = Span { end_at: stale(&good).end_at, ..good.clone() };
        let expected = Some((at("2026-11-20T16:00:00Z"), at("2026-11-20T15:00:00Z")));
        assert_eq!(set(end, None).moves(&Derived::default(), now), expected, "the end");

        let mut series = set(good.clone(), Some("FREQ=DAILY;COUNT=3"));
        let right = derived(&series, "2026-11-21T09:00:00");
        let mut alarm = right.clone();
        alarm.armed[0].due_at = at("2026-11-21T14:50:00Z");
        let expected = Some((at("2026-11-21T14:50:00Z"), at("2026-11-21T13:50:00Z")));
        assert_eq!(series.moves(&alarm, now), expected, "an alarm");
        let reach = right.reach.map(|reach| Reach { to: reach.to.map(|to| to + HOUR), ..reach });
        let expected = Some((at("2026-11-22T16:00:00Z"), at("2026-11-22T15:00:00Z")));
        assert_eq!(series.moves(&Derived { reach, ..right.clone() }, now), expected, "the last occurrence");

        let recurrence_id = "2026-11-21T09:00:00".parse().expect("a wall time");
        let to = stale(&span("2026-11-21T12:00:00", HOUR));
        let text = series.schedule.text.clone();
        let own = Override::between(recurrence_id, (&series.schedule.text, &good), (text, to));
        series.overrides.insert(recurrence_id, own);
        let expected = Some((at("2026-11-21T18:00:00Z"), at("2026-11-21T17:00:00Z")));
        let kept = Derived { armed: Vec::new(), reach: Some(series.reach()) };
        assert_eq!(series.moves(&kept, now), expected, "a moved occurrence");
        let again = series.derived_anew();
        assert_eq!(again.moves(&Derived { armed: Vec::new(), reach: Some(again.reach()) }, now), None, "and only once");
    }

    #[test]
    fn what_is_over_by_old_rules_and_new_stays_as_it_was() {
        let once = set(stale(&span("2026-11-20T09:00:00", HOUR)), None);
        let series = set(once.schedule.span.clone(), Some("FREQ=DAILY;COUNT=1"));
        let kept = Derived {
            reach: Some(Reach { from: at("2026-11-20T15:00:00Z"), to: Some(at("2026-11-20T16:00:00Z")) }),
            armed: Vec::new(),
        };
        for (now, moves) in [("2026-11-20T15:30:00Z", true), ("2026-11-20T16:30:00Z", false)] {
            assert_eq!(once.moves(&Derived::default(), at(now)).is_some(), moves, "once, at {now}");
            assert_eq!(series.moves(&kept, at(now)).is_some(), moves, "a series, at {now}");
        }
    }

    #[test]
    fn an_end_never_comes_before_its_start() {
        // 02:30 is skipped and becomes 03:30; the end at 03:10 was later by other rules.
        let whole = span("2026-03-07T02:30:00", Duration::from_mins(40));
        let on_the_8th =
            |wall: WallTime| wall.datetime().checked_add(jiff::Span::new().days(1)).map(WallTime::new).expect("a day");
        let squeezed = Span { start: on_the_8th(whole.start), end: on_the_8th(whole.end), ..whole };
        let anew = squeezed.derived_anew();
        assert_eq!(anew.start_at.instant, at("2026-03-08T07:30:00Z"));
        assert_eq!(anew.end_at.instant, anew.start_at.instant);
        assert_eq!(anew.derived_anew(), anew);
    }
}
