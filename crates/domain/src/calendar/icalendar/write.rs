//! Schedules as VEVENTs.

use std::{collections::BTreeMap, fmt::Write as _};

use jiff::civil::DateTime;
use kernel::{Instant, Length, WallTime, Zone};

use super::{
    Component, Line,
    fit::fitted,
    labels::{CATEGORIES, say},
};
use crate::{
    alarms::{Anchor, ReminderRule, When},
    calendar::{
        Occurrence, RecurrenceSet, Schedule, Span,
        labels::LabelName,
        recurrence::{End, Recurrence, Until},
    },
};

/// What a kind is written as; RFC 5545 has no word for it.
pub(super) const KIND: &str = "X-CAMPANILE-KIND";

/// In whose days a whole day is meant: a parameter of DTSTART, as iCalendar's dates have no zone.
pub(super) const ZONE: &str = "X-CAMPANILE-ZONE";

/// What a reminder that rings in quiet hours as well is marked with.
pub(super) const CRITICAL: &str = "X-CAMPANILE-CRITICAL";

/// The kind that is not written.
pub(super) const PLAIN_KIND: &str = "event";

/// How much of a calendar somebody may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privacy {
    /// When its owner is busy, and nothing else.
    Busy,
    /// That, and the titles.
    Titles,
    /// Everything.
    Full,
}

impl Privacy {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Titles => "titles",
            Self::Full => "full",
        }
    }
}

impl std::str::FromStr for Privacy {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Busy, Self::Titles, Self::Full].into_iter().find(|level| level.as_str() == text).ok_or("busy, titles or full")
    }
}

/// What an import knew of a schedule beyond what a schedule can hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// What the file called it.
    pub uid: Option<String>,
    /// What stood in the event itself (`None`) and in those that changed one occurrence.
    pub parts: BTreeMap<Option<WallTime>, Component>,
}

impl Kept {
    /// From how it is kept: the texts by recurrence id, which is empty for the event itself.
    pub fn read(uid: Option<String>, parts: impl IntoIterator<Item = (String, String)>) -> Self {
        let part = |(id, text): (String, String)| {
            let id = if id.is_empty() { None } else { Some(id.parse().ok()?) };
            Some((id, Component::read(text.as_bytes()).ok()?.pop()?))
        };
        Self { uid, parts: parts.into_iter().filter_map(part).collect() }
    }
}

/// How a file begins. Events and zones follow, then [`closing`].
pub fn opening(name: &str) -> String {
    let mut out = Line::new("BEGIN", "VCALENDAR").to_string();
    let lines = [
        Line::new("VERSION", "2.0"),
        Line::new("PRODID", "-//Campanile//Campanile//EN"),
        Line::new("CALSCALE", "GREGORIAN"),
        Line::text("X-WR-CALNAME", name),
    ];
    for line in lines {
        // Writing to a String cannot fail.
        let _ = write!(out, "{line}");
    }
    out
}

/// How a file ends.
pub fn closing() -> String {
    Line::new("END", "VCALENDAR").to_string()
}

/// The events a schedule is written as, with its titles at least: itself, then each occurrence that is unlike the rest. `names` are
/// those of its labels. For [`Privacy::Busy`] there are none of these, but [`busy`].
pub fn events(set: &RecurrenceSet, names: &[LabelName], kept: &Kept, privacy: Privacy) -> Vec<Component> {
    if privacy == Privacy::Busy {
        return Vec::new();
    }
    let schedule = &set.schedule;
    let own = format!("{}@campanile", schedule.id);
    let uid = kept.uid.as_deref().filter(|_| privacy == Privacy::Full).unwrap_or(&own);
    let mut event = event(uid, schedule, privacy);
    event.lines.extend(repetition(set, &[]));
    if privacy == Privacy::Full {
        event.lines.extend(say(names, kept, None));
        give_back(&mut event, kept.parts.get(&None));
    }
    let changed = changed(set).map(|occurrence| {
        let mut event = self::event(uid, &occurrence.schedule, privacy);
        event.lines.extend(recurrence_id(&occurrence, schedule));
        if privacy == Privacy::Full {
            event.lines.extend(say(names, kept, occurrence.recurrence_id));
            give_back(&mut event, kept.parts.get(&occurrence.recurrence_id));
            let silent = occurrence.schedule.reminders.is_empty() && !schedule.reminders.is_empty();
            if silent && !event.components.iter().any(is_silence) {
                event.components.push(silence());
            }
        }
        event
    });
    std::iter::once(event).chain(changed).collect()
}

/// Only what takes time, without a word about it, also not about when or how often it was changed: all of it is stamped `at`, under
/// names that `name` makes up for the schedule (`None`) and for an occurrence that stands alone. A free occurrence of a busy
/// series is left out of it, and a busy one of a free series stands alone. Only series need a zone: the rest is in UTC.
pub fn busy(set: &RecurrenceSet, at: Instant, name: &dyn Fn(Option<WallTime>) -> String) -> Vec<Component> {
    let schedule = &set.schedule;
    let takes_time = |schedule: &Schedule| schedule.text.busy && !schedule.span.is_empty();
    let (taken, free): (Vec<_>, Vec<_>) = changed(set).partition(|occurrence| takes_time(&occurrence.schedule));
    if !takes_time(schedule) {
        let alone =
            |occurrence: &Occurrence| Some(block(&name(Some(occurrence.recurrence_id?)), at, &in_utc(&occurrence.schedule.span)));
        return taken.iter().filter_map(alone).collect();
    }
    let uid = name(None);
    if schedule.series.is_none() {
        return vec![block(&uid, at, &in_utc(&schedule.span))];
    }
    let free: Vec<WallTime> = free.iter().filter_map(|occurrence| occurrence.recurrence_id).collect();
    let mut event = block(&uid, at, &schedule.span);
    event.lines.extend(repetition(set, &free));
    let moved = taken.iter().filter(|occurrence| occurrence.recurrence_id.is_some_and(|id| set.is_moved(id)));
    let moved = moved.map(|occurrence| {
        let mut event = block(&uid, at, &in_utc(&occurrence.schedule.span));
        event.lines.extend(recurrence_id(occurrence, schedule));
        event
    });
    std::iter::once(event).chain(moved).collect()
}

/// Time that is taken.
fn block(uid: &str, at: Instant, span: &Span) -> Component {
    let mut event = Component::new("VEVENT");
    event.lines = vec![Line::text("UID", uid), Line::new("DTSTAMP", instant(at)), start(span, false)];
    event.lines.extend(end(span));
    event.lines.extend([Line::new("SUMMARY", "Busy"), Line::new("TRANSP", "OPAQUE")]);
    event
}

/// The same on the wall of UTC. Whole days stay what they are: dates have no zone.
fn in_utc(span: &Span) -> Span {
    if span.all_day {
        return span.clone();
    }
    let utc = Zone::utc();
    let (start, end) = (utc.wall_at(span.start_at.instant), utc.wall_at(span.end_at.instant));
    Span { all_day: false, start, end, start_at: utc.resolve(start), end_at: utc.resolve(end), zone: utc }
}

fn changed(set: &RecurrenceSet) -> impl Iterator<Item = Occurrence> {
    set.overrides.keys().filter_map(|recurrence_id| set.occurrence(*recurrence_id))
}

fn event(uid: &str, schedule: &Schedule, privacy: Privacy) -> Component {
    let mut event = Component::new("VEVENT");
    let Schedule { text, span, .. } = schedule;
    let full = privacy == Privacy::Full;
    let changed = instant(schedule.updated_at);
    event.lines = vec![
        Line::text("UID", uid),
        Line::new("DTSTAMP", changed.clone()),
        Line::new("LAST-MODIFIED", changed),
        Line::new("SEQUENCE", (schedule.version - 1).to_string()),
        start(span, full),
    ];
    if full {
        event.lines.push(Line::new("CREATED", instant(schedule.created_at)));
    }
    event.lines.extend(end(span));
    event.lines.push(Line::text("SUMMARY", &text.title));
    event.lines.push(Line::new("TRANSP", if text.busy { "OPAQUE" } else { "TRANSPARENT" }));
    if full {
        let described = [("DESCRIPTION", &text.description), ("LOCATION", &text.location)];
        event.lines.extend(described.iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| Line::text(name, text)));
        if text.kind != PLAIN_KIND {
            event.lines.push(Line::text(KIND, &text.kind));
        }
        event.components = schedule.reminders.iter().map(|reminder| alarm(reminder.rule, &text.title)).collect();
    }
    event
}

fn start(span: &Span, full: bool) -> Line {
    let line = moment("DTSTART", &[span.start], span.all_day, &span.zone);
    if span.all_day && full { line.with(ZONE, span.zone.name()) } else { line }
}

/// Nothing for a point in time, and for what is over within the second it begins in: without an end, an event ends where it starts.
fn end(span: &Span) -> Option<Line> {
    (span.end_at.instant.as_seconds() > span.start_at.instant.as_seconds())
        .then(|| moment("DTEND", &[span.end], span.all_day, &span.zone))
}

/// Times on the wall of `zone`.
pub(super) fn moment(name: &str, walls: &[WallTime], all_day: bool, zone: &Zone) -> Line {
    let each = |write: &dyn Fn(DateTime) -> String| walls.iter().map(|wall| write(wall.datetime())).collect::<Vec<_>>().join(",");
    if all_day {
        return Line::new(name, each(&|wall| wall.strftime("%Y%m%d").to_string())).with("VALUE", "DATE");
    }
    if *zone == Zone::utc() {
        return Line::new(name, each(&|wall| format!("{}Z", basic(wall))));
    }
    Line::new(name, each(&basic)).with("TZID", zone.name())
}

/// `20261120T093000`. Fractions of a second are cut off: there are none in iCalendar.
pub(super) fn basic(wall: DateTime) -> String {
    wall.strftime("%Y%m%dT%H%M%S").to_string()
}

fn instant(instant: Instant) -> String {
    format!("{}Z", basic(Zone::utc().wall_at(instant).datetime()))
}

fn repetition(set: &RecurrenceSet, also_without: &[WallTime]) -> Vec<Line> {
    let Schedule { span, series: Some(series), .. } = &set.schedule else { return Vec::new() };
    let recurrence = series.recurrence();
    let mut lines = vec![Line::new("RRULE", portable(recurrence, span).rule.to_string())];
    let mut without = [&recurrence.exdates, also_without].concat();
    without.sort_unstable();
    without.dedup();
    for (name, walls) in [("RDATE", &recurrence.rdates), ("EXDATE", &without)] {
        if !walls.is_empty() {
            lines.push(moment(name, walls, span.all_day, &span.zone));
        }
    }
    lines
}

/// The same with an UNTIL as RFC 5545 §3.3.10 wants it: a date for whole days, otherwise an instant.
pub(super) fn portable(recurrence: &Recurrence, span: &Span) -> Recurrence {
    let End::Until(until) = recurrence.rule.end() else { return recurrence.clone() };
    let zone = &span.zone;
    let at = |wall| Until::Instant(zone.resolve(wall).instant);
    let until = match (until, span.all_day) {
        (Until::Instant(until), true) => Until::Date(zone.wall_at(until).datetime().date()),
        (Until::Wall(until), true) => Until::Date(until.datetime().date()),
        (Until::Wall(until), false) => at(until),
        (Until::Date(until), false) => at(WallTime::new(until.at(23, 59, 59, 0))),
        (until, _) => until,
    };
    let rule = recurrence.rule.clone().ending(End::Until(until));
    Recurrence { rule, ..recurrence.clone() }
}

fn recurrence_id(occurrence: &Occurrence, series: &Schedule) -> Option<Line> {
    let id = occurrence.recurrence_id?;
    Some(moment("RECURRENCE-ID", &[id], occurrence.by_day, &series.span.zone))
}

fn alarm(rule: ReminderRule, title: &str) -> Component {
    let mut alarm = Component::new("VALARM");
    let trigger = match rule.when {
        When::Before { lead_seconds, anchor } => {
            let sign = if lead_seconds == 0 { "" } else { "-" };
            let before = Line::new("TRIGGER", format!("{sign}{}", Length::from_seconds(lead_seconds.into())));
            if anchor == Anchor::End { before.with("RELATED", "END") } else { before }
        }
        When::At(at) => Line::new("TRIGGER", instant(at)).with("VALUE", "DATE-TIME"),
    };
    alarm.lines = vec![Line::new("ACTION", "DISPLAY"), Line::text("DESCRIPTION", title), trigger];
    if rule.critical {
        alarm.lines.push(Line::new(CRITICAL, "TRUE"));
    }
    alarm
}

/// What an occurrence has that rings not at all although its series does: an alarm that does nothing, as Apple writes it. Without any
/// alarm it would ring as its series, here and elsewhere.
fn silence() -> Component {
    let mut alarm = Component::new("VALARM");
    alarm.lines = vec![Line::new("ACTION", "NONE"), Line::new("TRIGGER", "19760401T005545Z").with("VALUE", "DATE-TIME")];
    alarm
}

/// Whether an alarm says that nothing shall ring.
pub(super) fn is_silence(alarm: &Component) -> bool {
    alarm.name == "VALARM" && alarm.line("ACTION").is_some_and(|line| line.value.trim().eq_ignore_ascii_case("NONE"))
}

/// What is kept of an occurrence that is silent, but for what is written of it anyway.
pub(super) fn without_our_silence(mut kept: Component) -> Option<Component> {
    let ours = silence().to_string();
    kept.components.retain(|alarm| alarm.to_string() != ours);
    (!kept.lines.is_empty() || !kept.components.is_empty()).then_some(kept)
}

/// Puts what was kept of an import back. Of a property that the schedule has a word for, parameters were kept, and the value
/// where the schedule could not hold it as it was: it stands as long as the schedule still says what it became.
fn give_back(event: &mut Component, kept: Option<&Component>) {
    let Some(kept) = kept else { return };
    let ours = event.lines.len();
    for line in kept.lines.iter().filter(|line| line.name != CATEGORIES) {
        let Some(own) = event.lines.iter_mut().take(ours).find(|own| own.name == line.name) else {
            event.lines.push(line.clone());
            continue;
        };
        if line.value.is_empty() {
            own.take_parameters(line, &["TZID", "VALUE", ZONE]);
        } else if fitted(line).is_none_or(|text| text == own.plain()) {
            *own = line.clone();
        }
    }
    event.components.extend(kept.components.iter().cloned());
}
