//! A file as the schedules it asks for.

use std::collections::BTreeMap;

use kernel::{FieldError, Instant, WallTime, Zone};

use super::{
    Component, ICalendarError, Kept,
    event::{Event, Placed, Reader, in_order, occurrences, recurrence_id},
    times::{Stamp, Zones, shown, zone},
    write::{is_silence, portable, without_our_silence},
};
use crate::{
    alarms::{Reminder, ReminderRule},
    calendar::{
        MAX_OVERRIDES, Override, Schedule, ScheduleText, Span,
        labels::LabelName,
        recurrence::{Recurrence, RecurrenceError, Rule, Series},
    },
};

/// Characters of a UID.
const MAX_UID: usize = 1_000;

/// Mistakes that are named at once.
const MAX_ERRORS: usize = 100;

/// What a file asks for.
#[derive(Clone, Debug)]
pub struct File {
    /// Schedules, in the order of their first events.
    pub items: Vec<Item>,
    /// What is neither an event nor a zone: kept as it is.
    pub others: Vec<Other>,
}

/// One schedule of a file: the events of one UID.
#[derive(Clone, Debug)]
pub struct Item {
    /// What the file calls it.
    pub uid: String,
    /// Where its first event is: `/VEVENT/3`.
    pub pointer: String,
    /// The line of it.
    pub line: usize,
    /// What it shall be.
    pub asked: Asked,
}

/// What is asked of an item.
#[derive(Clone, Debug)]
pub enum Asked {
    /// To be there, like this.
    Wanted(Box<Wanted>),
    /// Nothing: it is marked as cancelled.
    Cancelled,
    /// Something that cannot be kept.
    Refused(Vec<FieldError>),
}

/// A schedule as a file describes it, checked.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What people read.
    pub text: ScheduleText,
    /// From when to when.
    pub span: Span,
    /// How it repeats.
    pub series: Option<Series>,
    /// What of it is unlike the rest.
    pub overrides: Vec<Override>,
    /// When to ring.
    pub rules: Vec<ReminderRule>,
    /// What it is labelled with, as far as a tag can be called so.
    pub categories: Vec<LabelName>,
    /// When single occurrences ring of which the file says so, as the series or otherwise.
    pub alarms: BTreeMap<WallTime, Vec<ReminderRule>>,
    /// What a schedule has no word for.
    pub kept: BTreeMap<Option<WallTime>, Component>,
}

/// A component that is no event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// What it is, and which: the same again takes the place of the first.
    pub key: String,
    /// As it was written.
    pub text: String,
}

impl File {
    /// Reads a file for somebody in the zone `here`: times without a zone are meant there, unless the file names another
    /// (`X-WR-TIMEZONE`).
    pub fn read(file: &[u8], here: &Zone, now: Instant) -> Result<Self, ICalendarError> {
        let mut index = 0;
        let mut read = Self { items: Vec::new(), others: Vec::new() };
        for calendar in Component::read(file)? {
            let meant = about(&calendar)?.unwrap_or_else(|| here.clone());
            let zones = Zones::of(&calendar);
            let reader = Reader { zones: &zones, here: &meant, own: here, now };
            let mut events: Vec<Placed<'_>> = Vec::new();
            for component in &calendar.components {
                match component.name.as_str() {
                    "VEVENT" => {
                        events.push(Placed { component, index });
                        index += 1;
                    }
                    "VTIMEZONE" => {}
                    _ => read.others.push(other(component)),
                }
            }
            read.items.extend(items(reader, &events));
        }
        Ok(read)
    }

    /// Refuses the file for everything in it that cannot be kept.
    pub fn check(&self) -> Result<(), ICalendarError> {
        let refused = |item: &Item| match &item.asked {
            Asked::Refused(errors) => errors.clone(),
            Asked::Wanted(_) | Asked::Cancelled => Vec::new(),
        };
        let errors: Vec<FieldError> = self.items.iter().flat_map(refused).take(MAX_ERRORS).collect();
        if errors.is_empty() { Ok(()) } else { Err(ICalendarError::Invalid(errors)) }
    }
}

/// The zone a calendar says it is meant in. Refuses what is no calendar that can be taken over.
fn about(calendar: &Component) -> Result<Option<Zone>, ICalendarError> {
    if calendar.name != "VCALENDAR" {
        return Err(ICalendarError::line(calendar.number, "a file begins with BEGIN:VCALENDAR"));
    }
    let refused = |name: &str, number: usize, detail: String| {
        ICalendarError::Invalid(vec![FieldError::new(format!("/VCALENDAR/{name}"), format!("line {number}: {detail}"))])
    };
    if let Some(line) = calendar.line("CALSCALE").filter(|line| !line.value.trim().eq_ignore_ascii_case("GREGORIAN")) {
        return Err(refused("CALSCALE", line.number, format!("the calendar \"{}\" is not supported", shown(&line.value))));
    }
    if let Some(line) = calendar.line("METHOD") {
        let method = line.value.trim().to_ascii_uppercase();
        if !matches!(method.as_str(), "PUBLISH" | "REQUEST") {
            let detail = format!("METHOD:{} answers or takes back an invitation; that is no calendar", shown(&method));
            return Err(refused("METHOD", line.number, detail));
        }
    }
    Ok(calendar.line("X-WR-TIMEZONE").and_then(|line| zone(&line.plain())))
}

fn other(component: &Component) -> Other {
    let text = component.to_string();
    let of = |name: &str| component.line(name).map(|line| line.value.clone()).unwrap_or_default();
    let name = match (of("UID"), of("RECURRENCE-ID")) {
        (uid, _) if uid.is_empty() || uid.len() > MAX_UID => format!("#{:016x}", fingerprint(&text)),
        (uid, recurrence_id) => format!("{uid} {recurrence_id:.40}"),
    };
    Other { key: format!("{:.40} {name}", component.name), text }
}

/// FNV-1a: tells texts apart that have no name.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The events of one UID.
#[derive(Default)]
struct Group<'a> {
    master: Option<Placed<'a>>,
    /// Each with the occurrence it changes.
    changes: Vec<(Stamp, Placed<'a>)>,
    errors: Vec<FieldError>,
}

fn items(reader: Reader<'_>, events: &[Placed<'_>]) -> Vec<Item> {
    let mut order: Vec<String> = Vec::new();
    let mut groups: BTreeMap<String, Group<'_>> = BTreeMap::new();
    for event in events {
        let uid = event.component.line("UID").map(|line| line.plain().trim().to_owned()).unwrap_or_default();
        let named = !uid.is_empty() && uid.chars().count() <= MAX_UID && !uid.contains(char::is_control);
        let key = if named { uid } else { format!("VEVENT {}", event.index) };
        let group = groups.entry(key.clone()).or_insert_with(|| {
            order.push(key);
            Group::default()
        });
        if !named {
            group.errors.push(event.wrong("UID", &format!("an event needs a UID of at most {MAX_UID} characters")));
        }
        match recurrence_id(reader, *event) {
            Ok(None) if group.master.is_none_or(|other| event.sequence() >= other.sequence()) => group.master = Some(*event),
            Ok(None) => {}
            Ok(Some(which)) => group.changes.push((which, *event)),
            Err(error) => group.errors.push(error),
        }
    }
    order.into_iter().flat_map(|uid| groups.remove(&uid).into_iter().flat_map(move |group| group.items(reader, &uid))).collect()
}

impl Group<'_> {
    fn items(self, reader: Reader<'_>, uid: &str) -> Vec<Item> {
        let item = |event: Option<Placed<'_>>, uid: String, asked: Asked| {
            let pointer = event.map(|event| format!("/VEVENT/{}", event.index)).unwrap_or_default();
            Item { uid, pointer, line: event.map_or(0, |event| event.component.number), asked }
        };
        let first = self.master.or_else(|| self.changes.first().map(|(_, event)| *event));
        if !self.errors.is_empty() {
            return vec![item(first, uid.to_owned(), Asked::Refused(self.errors))];
        }
        let Some(master) = self.master else {
            // Changes of a series that the file does not hold, as whoever was invited to one occurrence gets them.
            let alone = |(_, event): &(Stamp, Placed<'_>)| {
                let which = event.component.line("RECURRENCE-ID").map(|line| line.value.clone()).unwrap_or_default();
                item(Some(*event), format!("{uid}\n{which}"), alone(reader, *event))
            };
            return self.changes.iter().map(alone).collect();
        };
        if master.is_cancelled() {
            return vec![item(first, uid.to_owned(), Asked::Cancelled)];
        }
        let wanted = wanted(reader, master, &self.changes);
        vec![item(first, uid.to_owned(), wanted.map_or_else(Asked::Refused, |wanted| Asked::Wanted(Box::new(wanted))))]
    }
}

/// An occurrence without its series: an event of its own, that keeps what it was called.
fn alone(reader: Reader<'_>, event: Placed<'_>) -> Asked {
    if event.is_cancelled() {
        return Asked::Cancelled;
    }
    match reader.read(event, None) {
        Err(errors) => Asked::Refused(errors),
        Ok(Event { text, span, rules, categories, kept }) => {
            let mut kept = kept.unwrap_or_else(|| Component::new("VEVENT"));
            kept.lines.retain(|line| line.name != "RECURRENCE-ID");
            let names = ["UID", "RECURRENCE-ID"].iter().filter_map(|name| event.component.line(name).cloned());
            kept.lines.extend(names);
            in_order(&mut kept);
            let kept = [(None, kept)].into();
            let (overrides, alarms) = (Vec::new(), BTreeMap::new());
            Asked::Wanted(Box::new(Wanted { text, span, series: None, overrides, rules, categories, alarms, kept }))
        }
    }
}

fn wanted(reader: Reader<'_>, master: Placed<'_>, changes: &[(Stamp, Placed<'_>)]) -> Result<Wanted, Vec<FieldError>> {
    let Event { text, span, rules, categories, kept } = reader.read(master, None)?;
    let mut parts: BTreeMap<Option<WallTime>, Component> = kept.into_iter().map(|kept| (None, kept)).collect();
    let mut by_id: BTreeMap<WallTime, Placed<'_>> = BTreeMap::new();
    for (which, event) in changes {
        let id = which.occurrence(&span, reader.here);
        if by_id.get(&id).is_none_or(|other| event.sequence() >= other.sequence()) {
            by_id.insert(id, *event);
        }
    }
    if by_id.len() > MAX_OVERRIDES {
        return Err(vec![
            master.wrong("RRULE", &format!("a series has at most {MAX_OVERRIDES} occurrences that are unlike the rest")),
        ]);
    }
    let (gone, unlike): (Vec<_>, Vec<_>) = by_id.into_iter().partition(|(_, event)| event.is_cancelled());
    let series = series(reader, master, &span, (&gone, &unlike)).map_err(|error| vec![error])?;
    let mut overrides = Vec::new();
    let mut alarms = BTreeMap::new();
    let mut errors = Vec::new();
    for (id, event) in unlike {
        match reader.read(event, Some(&text.kind)) {
            Err(more) => errors.extend(more),
            Ok(own) => {
                let own_override = Override::between(id, (&text, &span.at(id)), (own.text, own.span));
                // Other programs leave alarms out of what they only moved: that is not to say that nothing shall ring.
                let silent = event.component.components.iter().any(is_silence);
                let rings = (silent || !own.rules.is_empty()).then_some(own.rules);
                if !own_override.is_empty() || rings.as_ref().is_some_and(|own| !are_the_same(own, &rules)) {
                    let silenced = silent && !rules.is_empty() && rings.as_ref().is_some_and(Vec::is_empty);
                    let kept = if silenced { own.kept.and_then(without_our_silence) } else { own.kept };
                    parts.extend(kept.map(|kept| (Some(id), kept)));
                }
                overrides.extend(Some(own_override).filter(|own| !own.is_empty()));
                alarms.extend(rings.map(|rules| (id, rules)));
            }
        }
    }
    if errors.is_empty() {
        Ok(Wanted { text, span, series, overrides, rules, categories, alarms, kept: parts })
    } else {
        Err(errors)
    }
}

type Changes<'a, 'b> = &'b [(WallTime, Placed<'a>)];

/// How the event repeats. An occurrence that somebody changed is there, also where the rule does not give it any more.
fn series(
    reader: Reader<'_>,
    master: Placed<'_>,
    span: &Span,
    (gone, unlike): (Changes<'_, '_>, Changes<'_, '_>),
) -> Result<Option<Series>, FieldError> {
    let rules: Vec<_> = master.component.lines.iter().filter(|line| line.name == "RRULE").collect();
    let mut rdates = occurrences(reader, master, "RDATE", span)?;
    let mut exdates = occurrences(reader, master, "EXDATE", span)?;
    let repeats = !rules.is_empty() || !rdates.is_empty() || !unlike.is_empty();
    if let Some(line) = master.component.line("EXRULE") {
        return Err(master.wrong(&line.name, "RFC 5545 has no EXRULE any more: list the dates in EXDATE"));
    }
    if !repeats {
        return Ok(None);
    }
    let text = match rules.as_slice() {
        [] => "FREQ=DAILY;COUNT=1",
        [line] => line.value.trim(),
        _ => return Err(master.wrong("RRULE", "an event has one RRULE")),
    };
    let refused = |error: RecurrenceError| master.wrong("RRULE", &error.to_string());
    let rule: Rule = text.parse().map_err(refused)?;
    exdates.extend(gone.iter().map(|(id, _)| *id));
    exdates.retain(|date| unlike.iter().all(|(id, _)| id != date));
    let build = |rdates: &Vec<WallTime>| {
        let recurrence = Recurrence { rule: rule.clone(), rdates: rdates.clone(), exdates: exdates.clone() };
        Series::new(recurrence, span.start, span.zone.clone()).and_then(|series| series.asked_for(span.all_day)).map_err(refused)
    };
    let series = build(&rdates)?;
    let missing: Vec<WallTime> = unlike.iter().map(|(id, _)| *id).filter(|id| !series.contains(*id)).collect();
    if missing.is_empty() {
        return Ok(Some(series));
    }
    rdates.extend(missing);
    rdates.sort_unstable();
    build(&rdates).map(Some)
}

/// Whether the same rings at the same times, in whichever order.
fn are_the_same(rules: &[ReminderRule], others: &[ReminderRule]) -> bool {
    rules.len() == others.len() && rules.iter().all(|rule| others.contains(rule))
}

/// Overrides without reminders of their own.
fn said(overrides: &BTreeMap<WallTime, Override>) -> impl Iterator<Item = Override> {
    overrides.values().map(|own| Override { reminders: None, ..own.clone() }).filter(|own| !own.is_empty())
}

impl Wanted {
    /// Its overrides, to take the place of those that are there. An occurrence rings as the file says, if the file says anything of
    /// it: then `renew` makes reminders of those it has and what it is to have. Otherwise what it is reminded of on its own stays.
    pub fn overrides_over(
        &self,
        present: &BTreeMap<WallTime, Override>,
        renew: impl Fn(&[Reminder], &[ReminderRule]) -> Vec<Reminder>,
    ) -> Vec<Override> {
        let mut own: BTreeMap<WallTime, Override> = self.overrides.iter().map(|own| (own.recurrence_id, own.clone())).collect();
        let stays = |which: &WallTime| {
            let there = self.series.as_ref().is_some_and(|series| series.contains(*which));
            there && !self.alarms.contains_key(which)
        };
        for (which, present) in present.iter().filter(|(which, present)| present.reminders.is_some() && stays(which)) {
            let entry = own.entry(*which).or_insert_with(|| Override::like_the_rest(*which));
            entry.reminders.clone_from(&present.reminders);
        }
        for (which, rules) in self.alarms.iter().filter(|(_, rules)| !are_the_same(rules, &self.rules)) {
            let had = present.get(which).and_then(|present| present.reminders.as_deref()).unwrap_or_default();
            let entry = own.entry(*which).or_insert_with(|| Override::like_the_rest(*which));
            entry.reminders = Some(renew(had, rules));
        }
        own.into_values().collect()
    }

    /// Whether every occurrence of which the file says when it rings does so: with these overrides, and otherwise as the series shall.
    pub fn rings_as(&self, present: &BTreeMap<WallTime, Override>) -> bool {
        self.alarms.iter().all(|(which, rules)| match present.get(which).and_then(|own| own.reminders.as_ref()) {
            Some(own) => are_the_same(rules, &own.iter().map(|reminder| reminder.rule).collect::<Vec<_>>()),
            None => are_the_same(rules, &self.rules),
        })
    }

    /// Whether the same occurrences are unlike the rest, in the same way.
    pub fn has_overrides_of(&self, present: &BTreeMap<WallTime, Override>) -> bool {
        said(present).eq(self.overrides.iter().cloned())
    }

    /// What is kept of it, under the name its file gave it.
    pub fn kept(&self, uid: Option<String>) -> Kept {
        Kept { uid, parts: self.kept.clone() }
    }

    /// Whether `schedule`, which has these overrides, is like this already.
    pub fn is(&self, schedule: &Schedule, overrides: &BTreeMap<WallTime, Override>) -> bool {
        let repeats = |series: &Option<Series>| series.as_ref().map(|series| portable(series.recurrence(), &self.span));
        schedule.text == self.text
            && schedule.span == self.span
            && repeats(&schedule.series) == repeats(&self.series)
            && schedule.reminders.iter().map(|reminder| reminder.rule).eq(self.rules.iter().copied())
            && self.has_overrides_of(overrides)
            && self.rings_as(overrides)
    }
}
