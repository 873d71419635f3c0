//! Reading what we and others write.

use std::collections::BTreeMap;

use kernel::{Coded as _, Instant, ReminderId, ScheduleId, UserId, Zone};

use super::*;
use crate::{
    alarms::{LatePolicy, Reminder, ReminderRule},
    calendar::{
        Purpose, RecurrenceSet, Schedule,
        labels::{LabelName, Labels},
        progress::Progress,
    },
};

fn now() -> Instant {
    "2026-11-20T00:00:00Z".parse().expect("now")
}

fn read(text: &str) -> Result<File, ICalendarError> {
    File::read(text.as_bytes(), &"Asia/Seoul".parse().expect("a zone"), now())
}

fn file(events: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{events}END:VCALENDAR\r\n")
}

fn event(lines: &str) -> String {
    file(&format!("BEGIN:VEVENT\r\nUID:1\r\n{lines}\r\nEND:VEVENT\r\n"))
}

fn wanted(text: &str) -> Wanted {
    let read = read(text).expect("a file");
    let [Item { asked: Asked::Wanted(wanted), .. }] = read.items.as_slice() else { panic!("{:?}", read.items) };
    (**wanted).clone()
}

/// The schedule a file asks for, as it is kept.
fn kept(wanted: &Wanted, uid: &str) -> (RecurrenceSet, Kept) {
    let id = uuid::Uuid::nil();
    let reminder = |rule: &ReminderRule| Reminder { id: ReminderId::from_uuid(id), rule: *rule };
    let schedule = Schedule {
        id: ScheduleId::from_uuid(id),
        owner: UserId::from_uuid(id),
        purpose: Purpose::Event,
        text: wanted.text.clone(),
        labels: Labels { category: None, tags: wanted.tags_over(&Labels::default(), None, &Kept::default()) },
        span: wanted.span.clone(),
        series: wanted.series.clone(),
        late: LatePolicy::default(),
        reminders: wanted.rules.iter().map(reminder).collect(),
        progress: Progress::default(),
        generation: 1,
        version: 1,
        created_at: now(),
        updated_at: now(),
        deleted_at: None,
    };
    let kept = wanted.kept(Some(uid.to_owned()));
    let parts = kept.parts.iter().map(|(id, part)| (id.map(|id| id.to_string()).unwrap_or_default(), part.to_string()));
    let own = wanted.overrides_over(&BTreeMap::new(), |_, rules| rules.iter().map(reminder).collect());
    (RecurrenceSet::new(schedule, own), Kept::read(kept.uid.clone(), parts))
}

fn printed(wanted: &Wanted, uid: &str) -> String {
    let (set, kept) = kept(wanted, uid);
    let names = label_names(&set.schedule.labels, None);
    let events: String = events(&set, &names, &kept, Privacy::Full).iter().map(ToString::to_string).collect();
    format!("{}{events}{}", opening("x"), closing())
}

const FILES: [(&str, &str); 3] = [
    ("Google", include_str!("tests/google.ics")),
    ("Apple", include_str!("tests/apple.ics")),
    ("Outlook", include_str!("tests/outlook.ics")),
];

#[test]
fn what_others_write_comes_back_with_everything_they_said() {
    for (who, text) in FILES {
        let file = read(text).expect(who);
        file.check().expect(who);
        for Item { uid, asked, .. } in &file.items {
            let Asked::Wanted(wanted) = asked else { continue };
            let printed = printed(wanted, uid);
            let again = self::wanted(&printed);
            assert_eq!((&again.text, &again.span, &again.rules), (&wanted.text, &wanted.span, &wanted.rules), "{who}\n{printed}");
            assert_eq!(again.series, wanted.series, "{who}\n{printed}");
            assert_eq!(again.overrides, wanted.overrides, "{who}\n{printed}");
            let lines = |wanted: &Wanted| {
                let parts = wanted.kept.iter().map(|(id, part)| (*id, part.to_string()));
                parts.collect::<Vec<_>>()
            };
            assert_eq!(lines(&again), lines(wanted), "{who}\n{printed}");
            assert_eq!(self::printed(&again, uid), printed, "{who}: written twice, it is the same");
        }
        // Whatever has no word here stands in what is written, letter by letter.
        let all: String = file
            .items
            .iter()
            .filter_map(|item| match &item.asked {
                Asked::Wanted(wanted) => Some(printed(wanted, &item.uid)),
                _ => None,
            })
            .collect();
        let unfolded = all.replace("\r\n ", "");
        let theirs = text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
        let unknown = theirs.lines().filter(|line| {
            [
                "ATTENDEE",
                "ORGANIZER",
                "GEO",
                "X-GOOGLE",
                "X-APPLE-STR",
                "X-MICROSOFT",
                "CLASS",
                "URL",
                "STATUS:T",
                "CONFERENCE",
                "CATEGORIES",
            ]
            .iter()
            .any(|name| line.starts_with(name))
        });
        for line in unknown {
            assert!(unfolded.contains(&format!("\r\n{line}\r\n")), "{who}: {line}\n{unfolded}");
        }
    }
}

#[test]
fn a_google_calendar_is_understood() {
    let file = read(FILES[0].1).expect("a file");
    let names: Vec<&str> = file.items.iter().map(|item| item.uid.as_str()).collect();
    assert_eq!(names, ["weekly@google.com", "trip@google.com", "invited@google.com\n20261124T150000Z", "gone@google.com"]);
    let Asked::Wanted(weekly) = &file.items[0].asked else { panic!("{:?}", file.items[0]) };
    assert_eq!(weekly.span.zone.name(), "America/New_York");
    let series = weekly.series.as_ref().expect("a series").recurrence();
    assert_eq!(series.rule.to_string(), "FREQ=WEEKLY;UNTIL=20270301T045959Z;BYDAY=TU,TH");
    // One date was taken out, one occurrence was cancelled.
    assert_eq!(
        series.exdates.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["2026-11-26T10:00:00", "2026-12-10T10:00:00"]
    );
    let [moved] = weekly.overrides.as_slice() else { panic!("{:?}", weekly.overrides) };
    assert_eq!(moved.span.as_ref().map(|span| span.start.to_string()).as_deref(), Some("2026-12-02T14:00:00"));
    assert_eq!((moved.title.as_deref(), weekly.rules.len()), (Some("Team sync (moved)"), 2));
    assert!(matches!(file.items[3].asked, Asked::Cancelled));
    assert_eq!(file.others.iter().map(|other| other.key.as_str()).collect::<Vec<_>>(), ["VTODO task-1@google.com "]);
}

#[test]
fn an_apple_calendar_is_understood() {
    let file = read(FILES[1].1).expect("a file");
    let Asked::Wanted(dinner) = &file.items[0].asked else { panic!("{:?}", file.items[0]) };
    // The place has lines, and a schedule has one; as long as nobody changes it, the lines come back.
    assert_eq!(dinner.text.location, "Café de Flore, 172 Boulevard Saint-Germain, 75006 Paris, France");
    // One reminder; the alarm that does nothing is only kept.
    assert_eq!((dinner.rules.len(), dinner.kept[&None].components.len()), (1, 1));
    let (mut set, kept) = kept(dinner, "x");
    let text = |set: &RecurrenceSet| events(set, &[], &kept, Privacy::Full)[0].to_string().replace("\r\n ", "");
    assert!(text(&set).contains("LOCATION:Café de Flore\\n172 Boulevard"), "{}", text(&set));
    set.schedule.text.location = "Home".to_owned();
    assert!(text(&set).contains("LOCATION:Home\r\n"), "{}", text(&set));
    let Asked::Wanted(holiday) = &file.items[1].asked else { panic!("{:?}", file.items[1]) };
    assert_eq!(
        (holiday.span.all_day, holiday.text.busy, holiday.span.end.to_string()),
        (true, false, "2026-12-28T00:00:00".into())
    );
}

#[test]
fn an_outlook_calendar_is_understood() {
    let file = read(FILES[2].1).expect("a file");
    let Asked::Wanted(review) = &file.items[0].asked else { panic!("{:?}", file.items[0]) };
    assert_eq!((review.span.zone.name(), review.span.start.to_string().as_str()), ("Asia/Seoul", "2026-11-23T10:00:00"));
    let own = review.kept[&None].lines.iter().find(|line| line.name == "SUMMARY").expect("its language is kept");
    assert_eq!(own.to_string(), "SUMMARY;LANGUAGE=ko:월간 검토\r\n");
}

#[test]
fn what_cannot_be_kept_is_refused_at_its_property() {
    let many = |count: usize| {
        let dates: Vec<String> = (0..count)
            .map(|n| format!("2026{:02}{:02}T{:02}{:02}00", 1 + n / 2_000, 1 + n % 28, n / 28 % 24, n / 672 % 60))
            .collect();
        format!("DTSTART:20260101T000000\r\nRRULE:FREQ=DAILY\r\nRDATE:{}", dates.join(","))
    };
    let table: Vec<(String, &str)> = vec![
        ("SUMMARY:x".into(), "/VEVENT/0/DTSTART"),
        ("DTSTART:tomorrow".into(), "/VEVENT/0/DTSTART"),
        ("DTSTART;TZID=Mars/Olympus:20261120T090000".into(), "/VEVENT/0/DTSTART"),
        ("DTSTART:20500101T000000Z".into(), "/VEVENT/0/DTSTART"),
        ("DTSTART:19500312T000000".into(), "/VEVENT/0/DTSTART"),
        ("DTSTART:20261120T090000\r\nDTEND:20261120T080000".into(), "/VEVENT/0/DTEND"),
        ("DTSTART:20261120T090000Z\r\nDTEND;TZID=Asia/Seoul:20261120T100000".into(), "/VEVENT/0/DTEND"),
        ("DTSTART;VALUE=DATE:20261120\r\nDTEND:20261120T080000".into(), "/VEVENT/0/DTEND"),
        ("DTSTART:20261120T090000\r\nDTEND:20281120T090000".into(), "/VEVENT/0/DTEND"),
        ("DTSTART:20261120T090000\r\nDURATION:-PT1H".into(), "/VEVENT/0/DURATION"),
        ("DTSTART:20261120T090000\r\nDURATION:soon".into(), "/VEVENT/0/DURATION"),
        ("DTSTART:20261120T090000\r\nRRULE:FREQ=SECONDLY".into(), "/VEVENT/0/RRULE"),
        ("DTSTART:20261120T090000\r\nRRULE:FREQ=DAILY;COUNT=999999999".into(), "/VEVENT/0/RRULE"),
        ("DTSTART:20261120T090000\r\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30".into(), "/VEVENT/0/RRULE"),
        ("DTSTART:20261120T090000\r\nRRULE:FREQ=DAILY\r\nRRULE:FREQ=WEEKLY".into(), "/VEVENT/0/RRULE"),
        ("DTSTART:20261120T090000\r\nRRULE:FREQ=DAILY;UNTIL=20251120T000000Z".into(), "/VEVENT/0/RRULE"),
        ("DTSTART:20261120T090000\r\nEXRULE:FREQ=DAILY".into(), "/VEVENT/0/EXRULE"),
        ("DTSTART:20261120T090000\r\nRRULE:FREQ=DAILY\r\nRDATE;VALUE=PERIOD:20261121T090000Z/PT1H".into(), "/VEVENT/0/RDATE"),
        ("DTSTART:20261120T090000\r\nRRULE:FREQ=DAILY\r\nEXDATE:20261121T090000,x".into(), "/VEVENT/0/EXDATE"),
        ("DTSTART:20261120T090000\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261120T090000".into(), "/VEVENT/0/RECURRENCE-ID"),
        (many(3_000), "/VEVENT/0/RRULE"),
        (
            format!("DTSTART:20261120T090000\r\n{}", "X-A:b".repeat(8_000)).replace("X-A:bX-A", "X-A:b\r\nX-A").repeat(7),
            "/VEVENT/0/",
        ),
    ];
    for (lines, pointer) in table {
        let read = read(&event(&lines)).unwrap_or_else(|error| panic!("{lines:.60}: {error:?}"));
        let Err(error) = read.check() else { panic!("{lines:.60} was taken over") };
        assert_eq!((error.code(), error.fields()[0].pointer.as_str()), ("icalendar.invalid", pointer), "{lines:.80}");
        assert!(error.fields()[0].detail.starts_with("line "), "{}", error.fields()[0].detail);
    }
    for (head, pointer) in [("METHOD:CANCEL", "/VCALENDAR/METHOD"), ("CALSCALE:HEBREW", "/VCALENDAR/CALSCALE")] {
        let error = read(&file(&format!("{head}\r\n"))).expect_err("refused");
        assert_eq!(error.fields()[0].pointer, pointer);
    }
    assert!(matches!(read("BEGIN:VCARD\r\nEND:VCARD\r\n"), Err(ICalendarError::Malformed(_))));
}

#[test]
fn times_mean_what_they_mean_elsewhere() {
    let floating = wanted(&event("DTSTART:20261120T090000"));
    assert_eq!((floating.span.zone.name(), floating.text.title.as_str()), ("Asia/Seoul", "Untitled"));
    let elsewhere =
        wanted(&file("X-WR-TIMEZONE:Europe/Paris\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261120T090000\r\nEND:VEVENT\r\n"));
    assert_eq!(elsewhere.span.zone.name(), "Europe/Paris");
    // A flight: it ends in another zone than it starts in.
    let flight = wanted(&event("DTSTART;TZID=Asia/Seoul:20261120T130000\r\nDTEND;TZID=Europe/Paris:20261120T180000"));
    assert_eq!(flight.span.end_at.instant.to_string(), "2026-11-20T17:00:00Z");
    assert_eq!(flight.span.end.to_string(), "2026-11-21T02:00:00");
    // Dates of exceptions in UTC, and whole days for a series with times.
    let series = wanted(&event(
        "DTSTART;TZID=America/New_York:20261101T093000\r\nRRULE:FREQ=DAILY;COUNT=9\r\nEXDATE:20261103T143000Z\r\nEXDATE;VALUE=DATE:20261105",
    ));
    let without: Vec<String> = series.series.expect("a series").recurrence().exdates.iter().map(ToString::to_string).collect();
    assert_eq!(without, ["2026-11-03T09:30:00", "2026-11-05T09:30:00"]);
    // A change of an occurrence that the rule no longer gives stays in the calendar.
    let stray = wanted(&file(
        "BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261120T090000Z\r\nRRULE:FREQ=DAILY;COUNT=2\r\nEND:VEVENT\r\n\
         BEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID:20261201T090000Z\r\nDTSTART:20261201T100000Z\r\nSUMMARY:Stray\r\nEND:VEVENT\r\n",
    ));
    assert_eq!((stray.overrides.len(), stray.series.expect("a series").recurrence().rdates.len()), (1, 1));
    assert_eq!(
        wanted(&event("DTSTART;VALUE=DATE:20261120\r\nDTEND;VALUE=DATE:20261120")).span.end.to_string(),
        "2026-11-21T00:00:00"
    );
}

#[test]
fn what_we_write_we_read() {
    let series = "DTSTART;TZID=America/New_York:20261101T013000\r\nDTEND;TZID=America/New_York:20261101T023000\r\n\
                  RRULE:FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20280101T000000Z\r\nEXDATE;TZID=America/New_York:20261225T013000\r\n\
                  X-CAMPANILE-KIND:deep-work\r\nTRANSP:TRANSPARENT\r\nSUMMARY:a\\, b\\; c\\\\ \\n d";
    let first = wanted(&event(series));
    assert_eq!((first.text.kind.as_str(), first.text.busy, first.text.title.as_str()), ("deep-work", false, "a, b; c\\ d"));
    let again = wanted(&printed(&first, "1"));
    assert_eq!((&again.text, &again.span, &again.series), (&first.text, &first.span, &first.series));
    assert_eq!(printed(&again, "1"), printed(&first, "1"));
}

#[test]
fn what_stands_there_more_than_once_comes_back_as_often() {
    let guests =
        ["ATTENDEE;CN=Ada:mailto:a@example.org", "ATTENDEE:mailto:b@example.org", "ATTENDEE;ROLE=CHAIR:mailto:c@example.org"];
    let first = wanted(&event(&format!("DTSTART:20261120T090000Z\r\n{}\r\nCOMMENT:x\r\nCOMMENT:x", guests.join("\r\n"))));
    let text = printed(&first, "1");
    let said: Vec<&str> = text.lines().filter(|line| line.starts_with("ATTENDEE") || line.starts_with("COMMENT")).collect();
    assert_eq!(said, [guests.as_slice(), &["COMMENT:x", "COMMENT:x"]].concat());
    assert_eq!(printed(&wanted(&text), "1"), text);
}

#[test]
fn an_occurrence_rings_as_the_file_says_if_it_says_anything() {
    let alarm = |trigger: &str| format!("BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nTRIGGER:{trigger}\r\nEND:VALARM\r\n");
    let mail = "BEGIN:VALARM\r\nACTION:EMAIL\r\nTRIGGER:-PT1M\r\nEND:VALARM\r\n".to_owned();
    let apple =
        "BEGIN:VALARM\r\nACTION:NONE\r\nX-APPLE:x\r\nTRIGGER;VALUE=DATE-TIME:19760401T005545Z\r\nEND:VALARM\r\n".to_owned();
    let ours = apple.replace("X-APPLE:x\r\n", "");
    let of = |day: u8, alarms: &str| {
        let lines = format!("RECURRENCE-ID:202611{day}T090000Z\r\nDTSTART:202611{day}T090000Z\r\nSUMMARY:x");
        format!("BEGIN:VEVENT\r\nUID:1\r\n{lines}\r\n{alarms}END:VEVENT\r\n")
    };
    let both = alarm("-PT10M") + &alarm("-PT1H");
    let text = file(
        &[
            format!("BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:x\r\nDTSTART:20261120T090000Z\r\nRRULE:FREQ=DAILY\r\n{both}END:VEVENT\r\n"),
            of(21, &alarm("-PT5M")),
            of(22, ""),
            of(23, &(alarm("-PT1H") + &alarm("-PT10M"))),
            of(24, &apple),
            of(25, &ours),
            of(26, &mail),
            of(27, &(alarm("-PT1H") + &mail)),
        ]
        .concat(),
    );
    let wanted = wanted(&text);
    let (set, _) = kept(&wanted, "1");
    let leads = |day: i8| -> Vec<String> {
        let which = kernel::WallTime::new(jiff::civil::date(2026, 11, day).at(9, 0, 0, 0));
        let rings = set.occurrence(which).expect("an occurrence").schedule.reminders;
        rings
            .iter()
            .map(|reminder| format!("{:?}", reminder.rule.when))
            .map(|when| when.replace(|c: char| !c.is_numeric(), ""))
            .collect()
    };
    assert_eq!(leads(21), ["300"]);
    assert_eq!(leads(27), ["3600"]);
    for silent in [24, 25] {
        assert_eq!(leads(silent), Vec::<String>::new(), "it says that nothing shall ring");
    }
    for like_the_rest in [22, 23, 26] {
        assert_eq!(leads(like_the_rest), ["600", "3600"], "on {like_the_rest}");
    }
    let unlike: Vec<_> = set.overrides.values().map(|own| own.recurrence_id.datetime().day()).collect();
    assert_eq!(unlike, [21, 24, 25, 27], "and nothing else is unlike the rest");
    assert!(wanted.is(&set.schedule, &set.overrides));

    let printed = self::printed(&wanted, "1");
    assert_eq!(printed.matches("ACTION:NONE").count(), 2, "each as it was: {printed}");
    assert_eq!((printed.matches("X-APPLE:x").count(), printed.matches("ACTION:EMAIL").count()), (1, 1), "{printed}");
    let again = self::wanted(&printed);
    assert!(again.is(&set.schedule, &set.overrides));
    let texts = |wanted: &Wanted| wanted.kept.values().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(texts(&again), texts(&wanted));
    assert_eq!(self::printed(&again, "1"), printed);
    // Where the file says nothing, what was given here stays; where it says something, that is so.
    let other = self::wanted(&text.replace("TRIGGER:-PT5M", "TRIGGER:-PT15M").replace(&ours, &both));
    assert!(!other.is(&set.schedule, &set.overrides));
    let own =
        other.overrides_over(&set.overrides, |had, rules| had.iter().copied().filter(|had| rules.contains(&had.rule)).collect());
    let days: Vec<_> = own.iter().map(|own| (own.recurrence_id.datetime().day(), own.reminders.as_ref().map(Vec::len))).collect();
    assert_eq!(days, [(21, Some(0)), (24, Some(0)), (27, Some(1))]);
    let bare = self::wanted(&text.replace(&alarm("-PT5M"), ""));
    assert!(bare.is(&set.schedule, &set.overrides), "what an occurrence has of its own stays");
}

/// What a file says of labels.
fn categories(text: &str) -> Vec<String> {
    let unfolded = text.replace("\r\n ", "");
    unfolded.lines().filter(|line| line.starts_with("CATEGORIES")).map(str::to_owned).collect()
}

fn name(text: &str) -> LabelName {
    LabelName::parse("", text).expect("a name")
}

#[test]
fn names_of_a_file_are_those_that_a_tag_can_have_once_each() {
    let long = "x".repeat(51);
    let lines = format!("CATEGORIES;LANGUAGE=en:Work, 업무 ,,{long}\r\nCATEGORIES:WORK,a\\,b\\;c,\u{200b}");
    let first = wanted(&event(&format!("DTSTART:20261120T090000Z\r\n{lines}")));
    assert_eq!(first.categories.iter().map(LabelName::as_str).collect::<Vec<_>>(), ["Work", "업무", "a,b;c"]);
    let many: Vec<String> = (0..30).map(|number| number.to_string()).collect();
    let many = wanted(&event(&format!("DTSTART:20261120T090000Z\r\nCATEGORIES:{}", many.join(","))));
    assert_eq!(many.categories.len(), 20);
    for wanted in [first, many] {
        let text = printed(&wanted, "1");
        assert_eq!(printed(&self::wanted(&text), "1"), text, "what is no name comes back as well");
    }
    let text = printed(&wanted(&event(&format!("DTSTART:20261120T090000Z\r\n{lines}"))), "1");
    assert_eq!(categories(&text), lines.lines().collect::<Vec<_>>(), "letter by letter");
}

#[test]
fn labels_are_written_as_a_file_had_them_until_they_change_here() {
    let lines = "DTSTART:20261120T090000Z\r\nRRULE:FREQ=DAILY\r\nCATEGORIES:b,A";
    let moved =
        "BEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID:20261121T090000Z\r\nDTSTART:20261121T100000Z\r\nCATEGORIES:c\r\nEND:VEVENT\r\n";
    let text = file(&format!("BEGIN:VEVENT\r\nUID:1\r\n{lines}\r\nEND:VEVENT\r\n{moved}"));
    let first = wanted(&text);
    let (set, before) = kept(&first, "1");
    let write = |labels: &Labels, category: Option<&LabelName>, privacy| {
        let written = events(&set, &label_names(labels, category), &before, privacy);
        file(&written.iter().map(ToString::to_string).collect::<String>())
    };
    let mut labels = set.schedule.labels.clone();
    assert_eq!(categories(&write(&labels, None, Privacy::Full)), ["CATEGORIES:b,A", "CATEGORIES:c"]);
    assert_eq!(categories(&write(&labels, None, Privacy::Titles)), Vec::<String>::new());
    // In a category, and with a tag more.
    let work = name("Work, 집");
    labels.tags.push(name("c"));
    let export = write(&labels, Some(&work), Privacy::Full);
    assert_eq!(categories(&export), ["CATEGORIES:Work\\, 집,A,b,c"; 2], "all of it, and of every occurrence");
    // Read again, nothing is new: not in what is kept, and not in the tags.
    let again = wanted(&export);
    let names = label_names(&labels, Some(&work));
    let texts = |parts: &BTreeMap<_, Component>| parts.iter().map(|(id, part)| (*id, part.to_string())).collect::<Vec<_>>();
    assert_eq!(texts(&again.kept_over(&names, &before)), texts(&before.parts));
    assert_eq!(again.tags_over(&labels, Some(&work), &before), labels.tags);
    // The file they came from is known as well.
    assert_eq!(first.tags_over(&labels, Some(&work), &before), labels.tags, "what was given here stays");
    assert_eq!(texts(&first.kept_over(&names, &before)), texts(&before.parts));
    // Another version of it: b is gone, d has come, c was taken away here and stays away.
    let next = wanted(&text.replace("CATEGORIES:b,A", "CATEGORIES:A,d,work\\, 집"));
    let expected = [name("a"), name("c"), name("d")];
    assert_eq!(next.tags_over(&labels, Some(&work), &before), expected, "the category is not a tag as well");
    assert_ne!(texts(&next.kept_over(&names, &before)), texts(&before.parts));
    let without = wanted(&text.replace("\r\nCATEGORIES:b,A", ""));
    assert_eq!(without.tags_over(&labels, Some(&work), &before), [name("c")]);
    labels.tags.retain(|tag| *tag != name("a"));
    assert_eq!(first.tags_over(&labels, None, &before), labels.tags, "what was taken away here stays away");
}

mod hostile {
    use proptest::prelude::*;

    use super::*;

    const WORDS: [&str; 35] = [
        "CATEGORIES:a,B\\,\\\\,,",
        "BEGIN:VEVENT",
        "END:VEVENT",
        "BEGIN:VALARM",
        "END:VALARM",
        "BEGIN:VTIMEZONE",
        "END:VTIMEZONE",
        "UID:1",
        "UID:2",
        "UID:",
        "DTSTART:20261120T090000",
        "DTSTART;TZID=Asia/Seoul:20260308T023000",
        "DTSTART;VALUE=DATE:20261120",
        "DTSTART:20261101T013000Z",
        "DTEND:20261120T100000",
        "DTEND;VALUE=DATE:20261122",
        "DURATION:PT1H",
        "DURATION:P99999999999W",
        "RRULE:FREQ=DAILY",
        "RRULE:FREQ=YEARLY;BYSETPOS=-1;BYDAY=MO;COUNT=10000",
        "RDATE:20261125T090000,22001231T235959",
        "EXDATE:19700101T000000",
        "EXDATE;VALUE=DATE:22001231",
        "RECURRENCE-ID:20261121T090000",
        "RECURRENCE-ID;VALUE=DATE:20261121",
        "STATUS:CANCELLED",
        "SEQUENCE:-9223372036854775808",
        "ACTION:DISPLAY",
        "TRIGGER:-P366D",
        "TRIGGER;VALUE=DATE-TIME:22001231T235959Z",
        "TRIGGER;RELATED=END:PT0S",
        "TZID:Asia/Seoul",
        "SUMMARY:x",
        "X-WR-TIMEZONE:Nowhere",
        "RRULE:FREQ=WEEKLY;UNTIL=20261231",
    ];

    proptest! {
        #[test]
        fn no_file_makes_it_panic_and_what_is_taken_over_survives_its_own_text(
            lines in prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..40),
        ) {
            let Ok(file) = read(&file(&format!("{}\r\n", lines.join("\r\n")))) else { return Ok(()) };
            for item in &file.items {
                let Asked::Wanted(wanted) = &item.asked else { continue };
                let printed = printed(wanted, &item.uid);
                let again = read(&printed).expect("its own text");
                prop_assert!(again.check().is_ok(), "{:?}\n{printed}", again.check());
                let Asked::Wanted(again) = &again.items[0].asked else { panic!("{printed}") };
                prop_assert_eq!((&again.text, &again.span), (&wanted.text, &wanted.span), "{}", printed);
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let whole = [b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n".as_slice(), &bytes, b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"].concat();
            let _ = File::read(&whole, &Zone::utc(), now());
        }
    }
}
