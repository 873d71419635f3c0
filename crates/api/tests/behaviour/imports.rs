//! Taking calendar files over, over HTTP, on both engines.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Database, on_both_databases};

use crate::{
    desk::{Desk, fire},
    feeds::fill,
    house::{Call, House, Reply},
};

const GOOGLE: &str = include_str!("../../../domain/src/calendar/icalendar/tests/google.ics");
const APPLE: &str = include_str!("../../../domain/src/calendar/icalendar/tests/apple.ics");
const OUTLOOK: &str = include_str!("../../../domain/src/calendar/icalendar/tests/outlook.ics");

impl Desk<'_> {
    pub(crate) async fn import(&self, query: &str, file: &str) -> Reply {
        self.send(Call::new("POST", &format!("/api/v1/calendar/import{query}")).text("text/calendar", file)).await
    }
}

/// A file with these events.
pub(crate) fn file(events: &[&str]) -> String {
    let events: Vec<String> = events.iter().map(|lines| format!("BEGIN:VEVENT\r\n{lines}\r\nEND:VEVENT\r\n")).collect();
    let events = events.concat();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n{events}END:VCALENDAR\r\n")
}

/// Created, updated, unchanged, skipped, kept.
pub(crate) fn counts(reply: &Reply) -> [u64; 5] {
    assert_eq!(reply.status, 200, "{}", reply.body);
    ["created", "updated", "unchanged", "skipped", "kept"].map(|name| reply.body[name].as_u64().expect("a count"))
}

/// What a list says of the occurrences of two months.
async fn shown(desk: &Desk<'_>) -> Vec<String> {
    let list = desk.get("/api/v1/schedules?from=2026-11-01&to=2027-01-31&limit=200").await;
    let facts = |item: &Value| {
        let of = [
            "title",
            "description",
            "location",
            "kind",
            "busy",
            "start",
            "end",
            "time_zone",
            "all_day",
            "recurrence_id",
            "recurrence",
        ];
        let reminders = item["reminders"].as_array().map(|all| all.iter().map(|one| one["before"].clone()).collect::<Vec<_>>());
        json!([of.map(|name| item[name].clone()), reminders]).to_string()
    };
    let mut shown: Vec<String> = list.body["items"].as_array().expect("items").iter().map(facts).collect();
    shown.sort();
    shown
}

#[tokio::test]
async fn calendars_of_others_move_in_and_out_without_losing_a_word() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, eve) = (Desk::of(&house, "ada").await, Desk::of(&house, "eve").await);
        // Each with what is cancelled in it, and what is no event.
        for (text, made) in [(GOOGLE, [3, 0, 0, 1, 1]), (APPLE, [2, 0, 0, 0, 0]), (OUTLOOK, [2, 0, 0, 0, 0])] {
            assert_eq!(counts(&ada.import("?dry_run=true", text).await), made);
            assert_eq!(counts(&ada.import("", text).await), made);
            let again = ada.import("", text).await;
            assert_eq!(counts(&again), [0, 0, made[0], made[3], made[4]], "{}", again.body);
        }
        let export = ada.export().await;
        for line in [
            "X-GOOGLE-CONFERENCE:https://meet.google.com/abc-defg-hij",
            "X-MICROSOFT-CDO-IMPORTANCE:1",
            "GEO:33.4996;126.5312",
            "RECURRENCE-ID:20261124T150000Z",
            "DUE;VALUE=DATE:20261201",
        ] {
            assert!(export.count(line) > 0, "{line}\n{}", export.text);
        }
        assert_eq!(export.count("UID:invited@google.com"), 1, "{}", export.text);

        // What is exported, somebody else has as well, and so on.
        assert_eq!(counts(&eve.import("", &export.text).await), [7, 0, 0, 0, 1]);
        assert_eq!(shown(&eve).await, shown(&ada).await);
        let rest = |text: &str| {
            let ours = ["DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE"];
            let unfolded = text.replace("\r\n ", "");
            let mut lines: Vec<String> =
                unfolded.lines().filter(|line| !ours.iter().any(|name| line.starts_with(name))).map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(rest(&eve.export().await.text), rest(&export.text));
        let back = ada.import("", &export.text).await;
        assert_eq!(counts(&back), [0, 0, 7, 0, 1], "{}", back.body);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_event_that_is_cancelled_goes_into_the_trash_unless_it_is_in_progress() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        let file = |status: &str| {
            let event = |uid: &str| {
                format!(
                    "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261125T090000Z\r\nSUMMARY:{uid}\r\n{status}END:VEVENT\r\n"
                )
            };
            format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{}{}END:VCALENDAR\r\n", event("one"), event("two"))
        };
        let made = ada.import("", &file("")).await;
        assert_eq!(counts(&made), [2, 0, 0, 0, 0], "{}", made.body);
        let path = |n: usize| format!("/api/v1/schedules/{}", made.text(&format!("/items/{n}/schedule_id")));
        let start = ada.send(Call::new("POST", &format!("{}/start", path(1)))).await;
        assert_eq!(start.status, 200, "{}", start.body);
        for _ in 0..2 {
            let cancelled = ada.import("", &file("STATUS:CANCELLED\r\n")).await;
            assert_eq!(counts(&cancelled), [0, 0, 0, 2, 0], "{}", cancelled.body);
            assert_eq!(ada.send(Call::get(&path(0))).await.status, 404);
            assert_eq!(ada.send(Call::get(&path(1))).await.status, 200, "it is being worked on");
        }
        let restored = ada.send(Call::new("POST", &format!("{}/restore", path(0)))).await;
        assert_eq!(restored.status, 200, "{}", restored.body);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn our_own_export_changes_nothing_and_moves_to_another_account() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, eve) = (Desk::of(&house, "ada").await, Desk::of(&house, "eve").await);
        fill(&ada).await;
        let export = ada.export().await;
        assert_eq!(counts(&ada.import("", &export.text).await), [0, 0, 3, 0, 0]);
        assert_eq!(counts(&eve.import("", &export.text).await), [3, 0, 0, 0, 0]);
        assert_eq!(counts(&eve.import("", &export.text).await), [0, 0, 3, 0, 0]);
        let titles = |all: Vec<String>| all.iter().map(|item| item.chars().take(20).collect::<String>()).collect::<Vec<_>>();
        assert_eq!(titles(shown(&eve).await), titles(shown(&ada).await));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_same_uid_again_changes_what_is_there_until_it_is_deleted() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let event = |title: &str, more: &str| {
            file(&[&format!("UID:a@b\r\nDTSTART:20261125T090000Z\r\nDTEND:20261125T100000Z\r\nSUMMARY:{title}{more}")])
        };
        let made = desk.import("", &event("One", "\r\nATTENDEE:mailto:x@example.org")).await;
        let id = made.text("/items/0/schedule_id").to_owned();
        let repeats =
            event("Two", "\r\nRRULE:FREQ=DAILY;COUNT=3\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM");
        let updated = desk.import("", &repeats).await;
        assert_eq!((counts(&updated), updated.text("/items/0/schedule_id")), ([0, 1, 0, 0, 0], id.as_str()));
        let now = desk.get(&format!("/api/v1/schedules/{id}")).await;
        assert_eq!((now.text("/title"), now.text("/recurrence/rrule")), ("Two", "FREQ=DAILY;COUNT=3"));
        assert_eq!(now.text("/reminders/0/before"), "PT5M");
        assert!(!desk.export().await.text.contains("ATTENDEE"), "the file has nobody invited any more");
        desk.send(Call::new("DELETE", &format!("/api/v1/schedules/{id}"))).await;
        let anew = desk.import("", &repeats).await;
        assert_eq!(counts(&anew), [1, 0, 0, 0, 0]);
        assert_ne!(anew.text("/items/0/schedule_id"), id);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_file_is_taken_over_whole_or_not_at_all() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let good = "UID:good\r\nDTSTART:20261125T090000Z\r\nSUMMARY:Good";
        let text = file(&[good, "UID:bad\r\nDTSTART:20261125T090000Z\r\nRRULE:FREQ=SECONDLY", "DTSTART:20261125T090000Z"]);
        let refused = desk.import("", &text).await;
        refused.refused(422, "icalendar.invalid");
        assert_eq!((refused.text("/errors/0/pointer"), refused.text("/errors/1/pointer")), ("/VEVENT/1/RRULE", "/VEVENT/2/UID"));
        assert!(refused.text("/errors/0/detail").starts_with("line 12: "), "{}", refused.body);
        assert_eq!(shown(&desk).await.len(), 0);
        let looked = desk.import("?skip_invalid=true&dry_run=true", &text).await;
        assert_eq!((counts(&looked), shown(&desk).await.len()), ([1, 0, 0, 2, 0], 0));
        let taken = desk.import("?skip_invalid=true", &text).await;
        assert_eq!((counts(&taken), shown(&desk).await.len()), ([1, 0, 0, 2, 0], 1));
        assert_eq!((taken.text("/items/1/outcome"), taken.text("/items/1/errors/0/pointer")), ("invalid", "/VEVENT/1/RRULE"));

        // What somebody is at is not moved under their hands, and then nothing of the file is taken over.
        let id = taken.text("/items/0/schedule_id");
        assert_eq!(desk.send(Call::new("POST", &format!("/api/v1/schedules/{id}/start"))).await.status, 200);
        let moved = file(&["UID:new\r\nDTSTART:20261126T090000Z", "UID:good\r\nDTSTART:20261127T090000Z\r\nRRULE:FREQ=DAILY"]);
        let refused = desk.import("", &moved).await;
        refused.refused(422, "icalendar.invalid");
        assert_eq!((refused.text("/errors/0/pointer"), shown(&desk).await.len()), ("/VEVENT/1", 1));
        // Where what cannot be kept is left out, the rest is taken over, as a look had said.
        let looked = desk.import("?skip_invalid=true&dry_run=true", &moved).await;
        assert_eq!((counts(&looked), shown(&desk).await.len()), ([1, 0, 0, 1, 0], 1));
        let taken = desk.import("?skip_invalid=true", &moved).await;
        assert_eq!((counts(&taken), shown(&desk).await.len()), ([1, 0, 0, 1, 0], 2));
        assert!(taken.text("/items/1/errors/0/detail").starts_with("line "), "{}", taken.body);
        // Nor is what happens once, while somebody is at it.
        let other = file(&["UID:good\r\nDTSTART:20261127T090000Z"]);
        desk.import("?dry_run=true", &other).await.refused(422, "icalendar.invalid");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_too_large_or_no_calendar_is_refused_at_the_door() {
    let house = House::open(&Database::sqlite()).await;
    let desk = Desk::of(&house, "ada").await;
    let long = |bytes: usize| format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", "X-A:b\r\n".repeat(bytes / 7));
    desk.import("", &long(10 << 20)).await.refused(413, "body.too_large");
    assert_eq!(counts(&desk.import("", &long((2 << 20) - 100)).await), [0; 5]);
    let many = file(&vec!["UID:1\r\nDTSTART:20261125T090000Z"; 5_001]);
    desk.import("", &many).await.refused(422, "icalendar.too_much");
    let call = Call::post("/api/v1/calendar/import", &json!({}));
    desk.send(call).await.refused(415, "body.unsupported_media_type");
    for (text, code, pointer) in [
        ("", "icalendar.malformed", "/lines/1"),
        ("PK\u{3}\u{4}", "icalendar.malformed", "/lines/1"),
        ("BEGIN:VCALENDAR\r\nX:\u{0}\r\nEND:VCALENDAR", "icalendar.malformed", "/lines/2"),
        ("BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nEND:VCALENDAR", "icalendar.invalid", "/VCALENDAR/METHOD"),
    ] {
        let refused = desk.import("", text).await;
        refused.refused(422, code);
        assert_eq!(refused.text("/errors/0/pointer"), pointer);
    }
    house.close().await;
}

#[tokio::test]
async fn a_repeated_import_is_one_and_what_is_over_rings_no_more() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT10M\r\nEND:VALARM";
        let at = |uid: &str, day: &str| format!("UID:{uid}\r\nDTSTART:{day}T003500Z\r\nDTEND:{day}T010000Z\r\n{alarm}");
        let text = file(&[&at("past", "20261119"), &at("now", "20261120"), &at("ahead", "20261121")]);
        let call = || Call::new("POST", "/api/v1/calendar/import").text("text/calendar", &text).header("idempotency-key", "one");
        let (first, again) = (desk.send(call()).await, desk.send(call()).await);
        assert_eq!((counts(&first), first.body), ([3, 0, 0, 0, 0], again.body.clone()));
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(fire(&house).await, 0, "it was told where it came from");
        house.clock.advance(Duration::from_hours(24));
        assert_eq!(fire(&house).await, 1);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn alarms_of_a_single_occurrence_are_its_own_reminders() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (desk, eve) = (Desk::of(&house, "ada").await, Desk::of(&house, "eve").await);
        let alarm = |trigger: &str| format!("\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:{trigger}\r\nEND:VALARM");
        let none = "\r\nBEGIN:VALARM\r\nACTION:NONE\r\nTRIGGER;VALUE=DATE-TIME:19760401T005545Z\r\nEND:VALARM";
        let series = format!("UID:1\r\nSUMMARY:Tea\r\nDTSTART:20261118T010000Z\r\nRRULE:FREQ=DAILY{}", alarm("-PT5M"));
        let of = |day: u32, start: &str, alarms: &str| {
            format!("UID:1\r\nSUMMARY:Tea\r\nRECURRENCE-ID:202611{day}T010000Z\r\nDTSTART:202611{start}00Z{alarms}")
        };
        let text = |own: &str| {
            file(&[
                &series,
                &of(19, "20T0020", &alarm("-PT15M")),
                &of(20, "20T0100", &alarm(own)),
                &of(21, "21T0200", ""),
                &of(22, "22T0100", none),
            ])
        };
        let first = text("-PT20M");
        let made = desk.import("", &first).await;
        assert_eq!(counts(&made), [1, 0, 0, 0, 0], "{}", made.body);
        let path = format!("/api/v1/schedules/{}", made.text("/items/0/schedule_id"));
        let leads = async |day: u32| {
            let shown = desk.get(&format!("{path}?recurrence_id=2026-11-{day}T01:00:00")).await;
            assert_eq!(shown.status, 200, "{}", shown.body);
            let all = shown.body["reminders"].as_array().expect("reminders").iter();
            all.map(|one| one["before"].as_str().expect("a lead").to_owned()).collect::<Vec<_>>()
        };
        for (day, expected) in [(20, vec!["PT20M"]), (21, vec!["PT5M"]), (22, vec![]), (23, vec!["PT5M"])] {
            assert_eq!(leads(day).await, expected, "on {day}");
        }
        assert_eq!(counts(&desk.import("", &first).await), [0, 0, 1, 0, 0]);
        let export = desk.export().await;
        assert_eq!(counts(&desk.import("", &export.text).await), [0, 0, 1, 0, 0], "{}", export.text);
        assert_eq!(counts(&eve.import("", &export.text).await), [1, 0, 0, 0, 0]);
        let nameless = |page: &str| page.lines().filter(|line| !line.contains("CREATED")).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(nameless(&eve.export().await.text), nameless(&export.text), "another account rings alike");

        // It is 00:30. What is over, or was told where it came from, is silent; at 00:40 the own alarm rings for two people, and the
        // series at 00:55 for nobody: that occurrence has its own.
        assert_eq!(fire(&house).await, 0);
        let pass = async |minutes: u64| {
            house.clock.advance(Duration::from_mins(minutes));
            fire(&house).await
        };
        assert_eq!((pass(9).await, pass(1).await, pass(20).await), (0, 2, 0));

        let mut desk = desk;
        desk.sign_in_again().await;
        let moved = desk.import("", &text("-PT30M").replace(&alarm("-PT5M"), &alarm("-PT6M"))).await;
        assert_eq!(counts(&moved), [0, 1, 0, 0, 0], "{}", moved.body);
        let shown = desk.get(&format!("{path}?recurrence_id=2026-11-20T01:00:00")).await;
        assert_eq!(shown.text("/reminders/0/before"), "PT30M");
        house.close().await;
    })
    .await;
}
