//! What one VEVENT says, and what of it is only kept.

use std::time::Duration;

use kernel::{FieldError, Instant, WallTime, Zone};

use super::{
    Component, Line,
    fit::{fitted, title},
    labels::{CATEGORIES, named},
    times::{Stamp, Zones, length, shown},
    write::{CRITICAL, KIND, PLAIN_KIND, ZONE},
};
use crate::{
    alarms::{Anchor, MAX_REMINDERS, ReminderRule, When, check_rules},
    calendar::{Moment, ScheduleText, Span, SpanDraft, labels::LabelName, text},
};

/// What is worked out anew when the schedule is written.
const OURS: [&str; 5] = ["DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "UID"];

/// What a schedule has a word for. Of these, only parameters without a word are kept.
const UNDERSTOOD: [&str; 8] = ["DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "TRANSP"];

/// Texts of a schedule. They are kept as well where a schedule cannot hold them as they are.
const TEXTS: [&str; 3] = ["SUMMARY", "DESCRIPTION", "LOCATION"];

/// Bytes that are kept of one event.
const MAX_KEPT_BYTES: usize = 256 << 10;

/// What is understood of an event, before its recurrence.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) text: ScheduleText,
    pub(super) span: Span,
    pub(super) rules: Vec<ReminderRule>,
    /// What it is labelled with.
    pub(super) categories: Vec<LabelName>,
    pub(super) kept: Option<Component>,
}

/// Where an event is read: the zones of its file, the zone of its reader, and when.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) zones: &'a Zones,
    pub(super) here: &'a Zone,
    /// The zone of whoever reads: whole days are theirs, wherever the file comes from.
    pub(super) own: &'a Zone,
    pub(super) now: Instant,
}

/// A component with its place in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed<'a> {
    pub(super) component: &'a Component,
    /// The how manieth VEVENT it is, from 0.
    pub(super) index: usize,
}

impl Placed<'_> {
    /// A mistake in a property, or in the event where it has none of that name.
    pub(super) fn wrong(&self, name: &str, detail: &str) -> FieldError {
        let number = self.component.line(name).map_or(self.component.number, |line| line.number);
        FieldError::new(format!("/VEVENT/{}/{name}", self.index), format!("line {number}: {detail}"))
    }

    /// The greater goes before where the same event stands in a file twice.
    pub(super) fn sequence(&self) -> i64 {
        self.component.line("SEQUENCE").and_then(|line| line.value.trim().parse().ok()).unwrap_or(0)
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.component.line("STATUS").is_some_and(|line| line.value.trim().eq_ignore_ascii_case("CANCELLED"))
    }
}

impl Reader<'_> {
    /// What the event says. `kind` is that of its series.
    pub(super) fn read(&self, event: Placed<'_>, kind: Option<&str>) -> Result<Event, Vec<FieldError>> {
        let span = self.span(event)?;
        let (rules, alarms) = self.alarms(event);
        let kept = kept(event.component, alarms);
        if kept.as_ref().is_some_and(|kept| kept.to_string().len() > MAX_KEPT_BYTES) {
            let detail = format!("what cannot be understood of it has more than {MAX_KEPT_BYTES} bytes");
            return Err(vec![event.wrong("", &detail)]);
        }
        let (text, categories) = (words(event.component, kind), named(event.component));
        Ok(Event { text, span, rules, categories, kept })
    }

    fn span(&self, event: Placed<'_>) -> Result<Span, Vec<FieldError>> {
        let wrong = |name: &str, detail: &str| vec![event.wrong(name, detail)];
        let Some(line) = event.component.line("DTSTART") else { return Err(wrong("DTSTART", "an event needs a DTSTART")) };
        let start = self.zones.stamp(line).map_err(|detail| wrong("DTSTART", &detail))?;
        let zone = match start {
            Stamp::Date(_) => line.parameter(ZONE).and_then(|name| self.zones.get(name)).unwrap_or_else(|| self.own.clone()),
            _ => start.zone(self.here),
        };
        let (end, duration) = self.length(event, &start)?;
        let all_day = matches!(start, Stamp::Date(_));
        let draft = SpanDraft { all_day, zone, start: moment(&start), end, duration };
        draft.resolve(self.now).map_err(|errors| {
            let said = |error: &FieldError| {
                let of_length = if event.component.line("DURATION").is_some() { "DURATION" } else { "DTEND" };
                let name = if error.pointer == "/start" { "DTSTART" } else { of_length };
                event.wrong(name, &error.detail)
            };
            errors.iter().map(said).collect()
        })
    }

    /// When it ends, or how long it takes. An end in another zone than the start (a flight) becomes a length.
    fn length(&self, event: Placed<'_>, start: &Stamp) -> Result<(Option<Moment>, Option<Duration>), Vec<FieldError>> {
        let wrong = |name: &str, detail: &str| vec![event.wrong(name, detail)];
        if let Some(line) = event.component.line("DTEND") {
            let end = self.zones.stamp(line).map_err(|detail| wrong("DTEND", &detail))?;
            return match (start, &end) {
                // An empty day, as some write a whole one.
                (Stamp::Date(start), Stamp::Date(end)) if start == end => Ok((None, None)),
                (Stamp::Date(_), Stamp::Date(_)) => Ok((Some(moment(&end)), None)),
                (Stamp::Date(_), _) | (_, Stamp::Date(_)) => {
                    Err(wrong("DTEND", "DTSTART and DTEND are both dates or both dates with times"))
                }
                _ if start.zone(self.here) == end.zone(self.here) => Ok((Some(moment(&end)), None)),
                _ => {
                    let (from, to) = (start.instant(self.here), end.instant(self.here));
                    if to < from {
                        Err(wrong("DTEND", "must not lie before the start"))
                    } else {
                        Ok((None, Some(to.since(from))))
                    }
                }
            };
        }
        let Some(line) = event.component.line("DURATION") else { return Ok((None, None)) };
        match length(&line.value) {
            Ok((length, negative)) if !negative || length.is_zero() => Ok((None, Some(length))),
            Ok(_) => Err(wrong("DURATION", "must not lie before the start")),
            Err(detail) => Err(wrong("DURATION", &detail)),
        }
    }

    /// The reminders its alarms mean, and the alarms that mean none here.
    fn alarms(&self, event: Placed<'_>) -> (Vec<ReminderRule>, Vec<Component>) {
        let mut rules: Vec<ReminderRule> = Vec::new();
        let mut others = Vec::new();
        for component in &event.component.components {
            match self.reminder(component) {
                Some(rule) if rules.iter().any(|other| other.when == rule.when) => {}
                Some(rule) if rules.len() < MAX_REMINDERS && check_rules(&[rule], self.now).is_empty() => rules.push(rule),
                _ => others.push(component.clone()),
            }
        }
        (rules, others)
    }

    /// The reminder an alarm means: one that displays or sounds, at or before an end of the event or at an instant.
    fn reminder(&self, alarm: &Component) -> Option<ReminderRule> {
        let action = alarm.line("ACTION")?.value.trim().to_ascii_uppercase();
        if alarm.name != "VALARM" || !matches!(action.as_str(), "DISPLAY" | "AUDIO") {
            return None;
        }
        let trigger = alarm.line("TRIGGER")?;
        let critical = alarm.line(CRITICAL).is_some_and(|line| line.value.trim().eq_ignore_ascii_case("TRUE"));
        if trigger.parameter("VALUE").is_some_and(|kind| kind.eq_ignore_ascii_case("DATE-TIME")) {
            let at = self.zones.stamp(trigger).ok()?.instant(self.here);
            return Some(ReminderRule { when: When::At(at), critical });
        }
        let (lead, negative) = length(&trigger.value).ok()?;
        let at_end = trigger.parameter("RELATED").is_some_and(|related| related.eq_ignore_ascii_case("END"));
        let lead_seconds = u32::try_from(lead.as_secs()).ok()?;
        let anchor = if at_end { Anchor::End } else { Anchor::Start };
        let when = When::Before { lead_seconds, anchor };
        (negative || lead.is_zero()).then_some(ReminderRule { when, critical })
    }
}

/// A moment in its own zone.
fn moment(stamp: &Stamp) -> Moment {
    match stamp {
        Stamp::Date(date) => Moment::Date(*date),
        Stamp::Wall(wall, _) => Moment::Wall(*wall),
        Stamp::Utc(instant) => Moment::Wall(Zone::utc().wall_at(*instant)),
    }
}

/// What people read of it.
fn words(event: &Component, kind: Option<&str>) -> ScheduleText {
    let of = |name: &str| event.line(name).and_then(fitted);
    let busy = event.line("TRANSP").is_none_or(|line| !line.value.trim().eq_ignore_ascii_case("TRANSPARENT"));
    let own_kind = event.line(KIND).and_then(|line| text::kind(&line.plain()).ok());
    ScheduleText {
        title: of("SUMMARY").unwrap_or_else(|| title("")),
        description: of("DESCRIPTION").unwrap_or_default(),
        location: of("LOCATION").unwrap_or_default(),
        kind: own_kind.unwrap_or_else(|| kind.unwrap_or(PLAIN_KIND).to_owned()),
        busy,
    }
}

/// What of an event has no word here.
fn kept(event: &Component, alarms: Vec<Component>) -> Option<Component> {
    let mut kept = Component::new(&event.name);
    kept.components = alarms;
    for line in &event.lines {
        let name = line.name.as_str();
        let is_first = || event.line(name).is_some_and(|first| std::ptr::eq(first, line));
        if OURS.contains(&name) || name == KIND {
            continue;
        }
        if UNDERSTOOD.contains(&name) {
            if line.has_parameters_beside(&["TZID", "VALUE", ZONE]) && is_first() {
                kept.lines.push(Line { value: String::new(), ..line.clone() });
            }
        } else if TEXTS.contains(&name) {
            let as_it_is = fitted(line).is_some_and(|text| text == line.plain()) && !line.has_parameters_beside(&[]);
            if is_first() && !as_it_is {
                kept.lines.push(line.clone());
            }
        } else {
            kept.lines.push(line.clone());
        }
    }
    in_order(&mut kept);
    (!kept.lines.is_empty() || !kept.components.is_empty()).then_some(kept)
}

/// What we have a word for stands elsewhere in what we write: in what is kept it comes first, in one order.
pub(super) fn in_order(kept: &mut Component) {
    let has_word = |name: &str| UNDERSTOOD.contains(&name) || TEXTS.contains(&name) || name == CATEGORIES;
    kept.lines.sort_by_cached_key(|line| if has_word(&line.name) { (false, line.name.clone()) } else { (true, String::new()) });
}

/// The moments of all properties of this name, as occurrences of a series that begins with `first`.
pub(super) fn occurrences(reader: Reader<'_>, event: Placed<'_>, name: &str, first: &Span) -> Result<Vec<WallTime>, FieldError> {
    let mut found = Vec::new();
    for line in event.component.lines.iter().filter(|line| line.name == name) {
        let stamps = reader.zones.stamps(line).map_err(|detail| event.wrong(name, &detail))?;
        found.extend(stamps.iter().map(|stamp| stamp.occurrence(first, reader.here)));
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The occurrence an event changes, if it changes one. `THISANDFUTURE` is refused.
pub(super) fn recurrence_id(reader: Reader<'_>, event: Placed<'_>) -> Result<Option<Stamp>, FieldError> {
    let name = "RECURRENCE-ID";
    let Some(line) = event.component.line(name) else { return Ok(None) };
    if let Some(range) = line.parameter("RANGE") {
        return Err(event.wrong(name, &format!("RANGE={} is not supported: write the rest as an event of its own", shown(range))));
    }
    reader.zones.stamp(line).map(Some).map_err(|detail| event.wrong(name, &detail))
}
