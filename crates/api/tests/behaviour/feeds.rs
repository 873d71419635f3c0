//! Feeds and the export of a calendar, over HTTP, on both engines.

use std::time::Duration;

use app::{
    calendar::icalendar::{self, Reading},
    identity::Client,
};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use testkit::{Database, on_both_databases};

use crate::{
    desk::Desk,
    house::{Call, House, PASSWORD},
};

/// A text answer.
pub(crate) struct Page {
    status: StatusCode,
    headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The content lines, unfolded.
    pub(crate) fn lines(&self) -> Vec<String> {
        assert_eq!(self.status, 200, "{}", self.text);
        assert!(self.text.ends_with("END:VCALENDAR\r\n"), "{}", self.text);
        self.text.replace("\r\n ", "").lines().map(str::to_owned).collect()
    }

    /// How often this line stands there.
    pub(crate) fn count(&self, line: &str) -> usize {
        self.lines().iter().filter(|each| each.as_str() == line).count()
    }
}

pub(crate) async fn read(house: &House, call: Call) -> Page {
    let (parts, body) = house.open_stream(call).await.into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    Page { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).expect("UTF-8") }
}

impl Desk<'_> {
    /// Makes a feed and answers the path of its address.
    pub(crate) async fn feed(&self, privacy: &str) -> String {
        let wanted = json!({ "name": "Phone", "privacy": privacy });
        let made = self.send(Call::post("/api/v1/calendar/feeds", &wanted)).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let url = made.text("/url");
        url.strip_prefix("http://127.0.0.1:8080").expect("the public address").to_owned()
    }

    pub(crate) async fn export(&self) -> Page {
        read(self.house, self.signed(Call::get("/api/v1/calendar/export"))).await
    }
}

/// A meeting with everything, in a zone with daylight saving.
fn review() -> Value {
    json!({
        "title": "Review; of \"plans\", 회의", "description": "First line\nsecond, with \\ and ;", "location": "Room 5, 서울",
        "start": "2026-11-23T09:30:00", "duration": "PT45M", "time_zone": "America/New_York", "kind": "deep-work",
        "recurrence": {
            "rrule": "FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20270601", "exdates": ["2026-11-30T09:30:00"], "rdates": ["2026-12-24T16:00:00"]
        },
        "reminders": [{ "before": "PT30M", "critical": true }, { "before": "PT5M", "relative_to": "end" }, { "at": "2026-11-22T12:00:00Z" }]
    })
}

pub(crate) async fn fill(desk: &Desk<'_>) -> String {
    let made = desk.make(&review()).await;
    let id = made.text("/id").to_owned();
    let unlike = [
        ("2026-11-25T09:30:00", json!({ "title": "Moved", "start": "2026-11-26T11:00:00" })),
        ("2026-12-02T09:30:00", json!({ "busy": false })),
    ];
    for (which, change) in unlike {
        let path = format!("/api/v1/schedules/{id}?scope=this&recurrence_id={which}");
        let changed = desk.send(Call::new("PATCH", &path).json(&change).header("if-match", "*")).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
    }
    // Two meetings lie within it.
    let holiday = json!({ "title": "Holiday", "start": "2026-12-28", "end": "2027-01-02", "all_day": true, "reminders": [] });
    let made = desk.send(Call::post("/api/v1/schedules?on_conflict=allow", &holiday)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    desk.make(&json!({ "title": "Lunch?", "start": "2026-11-24T03:00:00Z", "time_zone": "UTC", "busy": false, "reminders": [] }))
        .await;
    id
}

#[tokio::test]
async fn an_export_says_everything_a_calendar_holds() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let id = fill(&desk).await;
        let export = desk.export().await;
        assert_eq!(export.header("content-type"), "text/calendar; charset=utf-8");
        let uid = format!("UID:{id}@campanile");
        for (line, times) in [
            ("BEGIN:VEVENT", 5),
            (uid.as_str(), 3),
            ("SUMMARY:Review\\; of \"plans\"\\, 회의", 2),
            ("DESCRIPTION:First line\\nsecond\\, with \\\\ and \\;", 3),
            ("LOCATION:Room 5\\, 서울", 3),
            ("X-CAMPANILE-KIND:deep-work", 3),
            ("DTSTART;TZID=America/New_York:20261123T093000", 1),
            ("DTEND;TZID=America/New_York:20261123T101500", 1),
            // To the end of 1 June in New York.
            ("RRULE:FREQ=WEEKLY;UNTIL=20270602T035959Z;BYDAY=MO,WE", 1),
            ("EXDATE;TZID=America/New_York:20261130T093000", 1),
            ("RDATE;TZID=America/New_York:20261224T160000", 1),
            ("RECURRENCE-ID;TZID=America/New_York:20261125T093000", 1),
            ("DTSTART;TZID=America/New_York:20261126T110000", 1),
            ("SUMMARY:Moved", 1),
            ("RECURRENCE-ID;TZID=America/New_York:20261202T093000", 1),
            ("TRIGGER:-PT30M", 3),
            ("X-CAMPANILE-CRITICAL:TRUE", 3),
            ("TRIGGER;RELATED=END:-PT5M", 3),
            ("TRIGGER;VALUE=DATE-TIME:20261122T120000Z", 3),
            ("DTSTART;VALUE=DATE;X-CAMPANILE-ZONE=Asia/Seoul:20261228", 1),
            ("DTEND;VALUE=DATE:20270102", 1),
            ("DTSTART:20261124T030000Z", 1),
            ("TRANSP:TRANSPARENT", 2),
            ("SEQUENCE:2", 3),
            ("TZID:America/New_York", 1),
            ("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU", 1),
        ] {
            assert_eq!(export.count(line), times, "{line}\n{}", export.text);
        }
        // A point in time ends where it starts.
        assert_eq!(export.text.matches("DTEND").count(), 4, "{}", export.text);
        assert!(export.text.split("\r\n").all(|line| line.len() <= 75), "{}", export.text);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_feed_shows_as_much_as_its_owner_chose() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        fill(&desk).await;
        let private = ["Room 5", "First line", "VALARM", "deep-work", "CREATED"];
        let full = read(&house, Call::get(&desk.feed("full").await)).await;
        assert!(private.iter().all(|word| full.text.contains(word)), "{}", full.text);

        let titles = read(&house, Call::get(&desk.feed("titles").await)).await;
        assert_eq!((titles.count("SUMMARY:Holiday"), titles.count("BEGIN:VEVENT")), (1, 5));
        assert!(!private.iter().any(|word| titles.text.contains(word)), "{}", titles.text);

        let busy = read(&house, Call::get(&desk.feed("busy").await)).await;
        // The series, its moved occurrence and the holiday; what is free is not in it, also not within the series.
        assert_eq!((busy.count("SUMMARY:Busy"), busy.count("BEGIN:VEVENT")), (3, 3), "{}", busy.text);
        assert_eq!(busy.count("EXDATE;TZID=America/New_York:20261130T093000,20261202T093000"), 1, "{}", busy.text);
        let words = ["Review", "Holiday", "Lunch", "Moved", "TRANSPARENT"];
        assert!(!private.iter().chain(&words).any(|word| busy.text.contains(word)), "{}", busy.text);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn busy_times_tell_nothing_about_what_they_do_not_show() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let of = |title: &str, start: &str, zone: &str, busy: bool| json!({ "title": title, "start": start, "duration": "PT1H", "time_zone": zone, "busy": busy });
        let series = |busy: bool, zone: &str| {
            let mut wanted = of("Series", "2026-11-23T09:00:00", zone, busy);
            wanted["recurrence"] = json!({ "rrule": "FREQ=WEEKLY;COUNT=4" });
            wanted
        };
        let flight = desk.make(&of("Flight", "2026-11-24T15:00:00", "Asia/Tokyo", true)).await.text("/id").to_owned();
        desk.make(&of("Maybe", "2026-11-24T15:00:00", "America/Lima", false)).await;
        let no_length = json!({ "title": "Pill", "start": "2026-11-25T15:00:00", "time_zone": "Asia/Dhaka" });
        assert_eq!(desk.make(&no_length).await.body["busy"], true, "it takes no time all the same");
        desk.make(&of("Long ago", "2020-11-24T15:00:00", "Africa/Cairo", true)).await;
        let taken = desk.make(&series(true, "Europe/Berlin")).await.text("/id").to_owned();
        let free = desk.make(&series(false, "Asia/Kolkata")).await.text("/id").to_owned();
        for (id, change) in [(&taken, json!({ "start": "2026-12-01T10:00:00" })), (&free, json!({ "busy": true }))] {
            let path = format!("/api/v1/schedules/{id}?scope=this&recurrence_id=2026-11-30T09:00:00");
            assert_eq!(desk.send(Call::new("PATCH", &path).json(&change).header("if-match", "*")).await.status, 200);
        }
        let (path, other) = (desk.feed("busy").await, desk.feed("busy").await);
        let first = read(&house, Call::get(&path)).await;
        for (line, times) in [
            ("BEGIN:VEVENT", 4),
            ("BEGIN:VTIMEZONE", 1),
            ("TZID:Europe/Berlin", 1),
            // What does not repeat is in UTC: an hour at three in Tokyo, the occurrence that was moved, and the one that is taken.
            ("DTSTART:20261124T060000Z", 1),
            ("DTEND:20261124T070000Z", 1),
            ("DTSTART;TZID=Europe/Berlin:20261123T090000", 1),
            ("RECURRENCE-ID;TZID=Europe/Berlin:20261130T090000", 1),
            ("DTSTART:20261201T090000Z", 1),
            ("DTSTART:20261130T033000Z", 1),
            ("TRANSP:OPAQUE", 4),
            ("DTSTAMP:20261120T003000Z", 4),
        ] {
            assert_eq!(first.count(line), times, "{line}\n{}", first.text);
        }
        for word in ["Tokyo", "Lima", "Cairo", "Kolkata", "Dhaka", "Pill", "SEQUENCE", "LAST-MODIFIED", "CREATED", "sch_"] {
            assert!(!first.text.contains(word), "{word}\n{}", first.text);
        }
        let uids = |page: &Page| page.lines().into_iter().filter(|line| line.starts_with("UID")).collect::<Vec<_>>();
        let names: std::collections::BTreeSet<String> = uids(&first).into_iter().collect();
        assert_eq!(names.len(), 3, "a moved occurrence belongs to its series: {names:?}");
        assert!(uids(&read(&house, Call::get(&other)).await).iter().all(|uid| !names.contains(uid)), "another feed, other names");

        // A change of what is not shown changes nothing but the stamp, and that is the same for everything.
        house.clock.advance(Duration::from_mins(1));
        let rename = Call::new("PATCH", &format!("/api/v1/schedules/{flight}")).json(&json!({ "title": "Train" }));
        assert_eq!(desk.send(rename.header("if-match", "*")).await.status, 200);
        let second = read(&house, Call::get(&path)).await;
        assert_eq!(second.text, first.text.replace("DTSTAMP:20261120T003000Z", "DTSTAMP:20261120T003100Z"));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_over_within_a_second_has_no_end() {
    let house = House::open(&Database::sqlite()).await;
    let desk = Desk::of(&house, "ada").await;
    for (start, end) in [("09:00:00.2", "09:00:00.9"), ("10:00:00.9", "10:00:01.1")] {
        let wanted = json!({ "title": "Blink", "start": format!("2026-11-24T{start}"), "end": format!("2026-11-24T{end}") });
        desk.make(&wanted).await;
    }
    let export = desk.export().await;
    let ends: Vec<String> = export.lines().into_iter().filter(|line| line.starts_with("DTEND")).collect();
    assert!(matches!(ends.as_slice(), [end] if end.ends_with("T100001") || end.ends_with("T010001Z")), "{}", export.text);
    house.close().await;
}

#[tokio::test]
async fn a_feed_is_written_anew_only_when_the_calendar_changed() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let path = desk.feed("full").await;
        let first = read(&house, Call::get(&path)).await;
        assert_eq!((first.header("cache-control"), first.count("BEGIN:VEVENT")), ("private, no-cache", 0));
        let mut tag = first.header("etag").to_owned();
        let schedule = desk.make(&json!({ "title": "Tea", "start": "2026-11-24T15:00:00" })).await;
        let one = format!("/api/v1/schedules/{}", schedule.text("/id"));
        let rename = Call::new("PATCH", &one).json(&json!({ "title": "Coffee" })).header("if-match", "*");
        let calls = [
            None,
            Some(rename),
            Some(Call::new("DELETE", &one)),
            Some(Call::new("POST", &format!("{one}/restore"))),
            Some(Call::new("POST", "/api/v1/schedules/bulk-delete").json(&json!({ "ids": [schedule.text("/id")] }))),
        ];
        for call in calls {
            if let Some(call) = call {
                // Within one microsecond, as two nodes may write.
                let changed = desk.send(call).await;
                assert!(changed.status.is_success(), "{}", changed.body);
            }
            let anew = read(&house, Call::get(&path).header("if-none-match", &tag)).await;
            assert_eq!(anew.status, 200);
            assert_ne!(anew.header("etag"), tag);
            anew.header("etag").clone_into(&mut tag);
            let again = read(&house, Call::get(&path).header("if-none-match", &format!("\"x\", {tag}"))).await;
            assert_eq!((again.status.as_u16(), again.header("etag"), again.text.as_str()), (304, tag.as_str(), ""));
            assert_eq!(again.header("last-modified"), anew.header("last-modified"));
        }
        assert_eq!(first.header("last-modified"), "Fri, 20 Nov 2026 00:30:00 GMT");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn whatever_gives_a_schedule_a_new_version_gives_feeds_a_new_tag() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let path = desk.feed("full").await;
        let category = desk.send(Call::post("/api/v1/categories", &json!({ "name": "House" }))).await;
        let weekly = json!({
            "title": "Tea", "start": "2026-11-24T15:00:00", "category_id": category.text("/id"), "tags": ["warm", "green", "black"],
            "recurrence": { "rrule": "FREQ=WEEKLY" }
        });
        let series = format!("/api/v1/schedules/{}", desk.make(&weekly).await.text("/id"));
        let once = desk.make(&json!({ "title": "Errand", "start": "2026-11-25T15:00:00" })).await;
        let once = format!("/api/v1/schedules/{}", once.text("/id"));
        let tags = desk.get("/api/v1/tags").await;
        let named = |name: &str| {
            let items = tags.body["items"].as_array().expect("tags");
            let tag = items.iter().find(|tag| tag["name"] == name).expect("the tag");
            tag["id"].as_str().expect("an id").to_owned()
        };
        let change = |to: &str, body: Value| Call::new("PATCH", to).json(&body).header("if-match", "*");
        let into = json!({ "into": named("green") });
        let calls = [
            Call::post(&format!("{once}/start"), &json!({})),
            Call::post(&format!("{once}/suspend"), &json!({})),
            Call::post(&format!("{once}/complete"), &json!({})),
            change(&format!("/api/v1/tags/{}", named("warm")), json!({ "name": "hot" })),
            Call::post(&format!("/api/v1/tags/{}/merge", named("black")), &into),
            Call::new("DELETE", &format!("/api/v1/tags/{}", named("green"))),
            change(&format!("/api/v1/categories/{}", category.text("/id")), json!({ "name": "Home" })),
            Call::new("DELETE", &format!("/api/v1/categories/{}", category.text("/id"))),
            change(&format!("{series}?scope=this&recurrence_id=2026-12-01T15:00:00"), json!({ "title": "Coffee" })),
            Call::new("DELETE", &once),
            Call::new("POST", &format!("{once}/restore")),
        ];
        let mut before = read(&house, Call::get(&path)).await;
        for (number, call) in calls.into_iter().enumerate() {
            let done = desk.send(call).await;
            assert!(done.status.is_success(), "call {number}: {}", done.body);
            let after = read(&house, Call::get(&path).header("if-none-match", before.header("etag"))).await;
            assert_eq!(after.status, 200, "call {number}");
            assert_ne!(after.text, before.text, "call {number}");
            before = after;
        }
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_feed_begins_a_year_ago_and_series_go_on() {
    let house = House::open(&Database::sqlite()).await;
    let desk = Desk::of(&house, "ada").await;
    desk.make(&json!({ "title": "Long ago", "start": "2025-10-31T09:00:00" })).await;
    desk.make(&json!({ "title": "A year ago", "start": "2025-11-01T12:00:00" })).await;
    let ended = json!({ "rrule": "FREQ=DAILY;COUNT=3" });
    desk.make(&json!({ "title": "Ended", "start": "2020-01-01T09:00:00", "recurrence": ended })).await;
    desk.make(&json!({ "title": "Goes on", "start": "2020-01-01T09:00:00", "recurrence": { "rrule": "FREQ=DAILY" } })).await;
    let feed = read(&house, Call::get(&desk.feed("titles").await)).await;
    let mut titles: Vec<String> = feed.lines().into_iter().filter(|line| line.starts_with("SUMMARY")).collect();
    titles.sort();
    assert_eq!(titles, ["SUMMARY:A year ago", "SUMMARY:Goes on"]);
    assert_eq!(desk.export().await.text.matches("BEGIN:VEVENT").count(), 4);
    house.close().await;
}

#[tokio::test]
async fn more_than_a_page_is_written_in_order_and_each_once() {
    let house = House::open(&Database::sqlite()).await;
    let desk = Desk::of(&house, "ada").await;
    let mut made = Vec::new();
    for number in 0..203 {
        let reply = desk.make(&json!({ "title": format!("No {number}"), "start": "2026-11-24T15:00:00" })).await;
        made.push(format!("UID:{}@campanile", reply.text("/id")));
    }
    made.sort();
    let export = desk.export().await;
    let uids: Vec<String> = export.lines().into_iter().filter(|line| line.starts_with("UID")).collect();
    assert_eq!(uids, made);
    house.close().await;
}

#[tokio::test]
async fn a_revoked_feed_is_gone_and_a_guessed_one_was_never_there() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let path = desk.feed("full").await;
        let listed = desk.get("/api/v1/calendar/feeds").await;
        assert_eq!((listed.text("/items/0/name"), &listed.body["items"][0]["last_read_at"]), ("Phone", &Value::Null));
        assert!(!listed.body.to_string().contains("cmf_"), "{}", listed.body);
        read(&house, Call::get(&path)).await.lines();
        assert_eq!(desk.get("/api/v1/calendar/feeds").await.text("/items/0/last_read_at"), "2026-11-20T00:30:00Z");

        let one = format!("/api/v1/calendar/feeds/{}", listed.text("/items/0/id"));
        assert_eq!(desk.send(Call::new("DELETE", &one)).await.status, 204);
        desk.send(Call::new("DELETE", &one)).await.refused(404, "feed.not_found");
        house.send(Call::get(&path)).await.refused(404, "feed.not_found");
        for token in ["", "cmf_", "x", &format!("cmf_{}", "A".repeat(43)), "%00"] {
            house.send(Call::get(&format!("/api/v1/calendar.ics?token={token}"))).await.refused(404, "feed.not_found");
        }
        house.send(Call::get("/api/v1/calendar.ics")).await.refused(422, "query.invalid");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn guessing_and_reading_again_and_again_are_limited() {
    let house = House::open(&Database::sqlite()).await;
    let desk = Desk::of(&house, "ada").await;
    let path = desk.feed("busy").await;
    let guess = || Call::get("/api/v1/calendar.ics?token=x").header("x-forwarded-for", "203.0.113.7");
    for _ in 0..50 {
        house.send(guess()).await.refused(404, "feed.not_found");
    }
    let limited = house.send(guess()).await;
    limited.refused(429, "feed.throttled");
    assert_eq!(limited.header("retry-after"), Some("900"));
    let other = house.send(Call::get("/api/v1/calendar.ics?token=x").header("x-forwarded-for", "203.0.113.8")).await;
    other.refused(404, "feed.not_found");

    let tag = read(&house, Call::get(&path)).await.header("etag").to_owned();
    for _ in 1..120 {
        assert_eq!(read(&house, Call::get(&path)).await.status, 200);
    }
    house.send(Call::get(&path)).await.refused(429, "feed.throttled");
    let unchanged = read(&house, Call::get(&path).header("if-none-match", &tag)).await;
    assert_eq!(unchanged.status, 304, "whoever says what they have is not counted");
    house.clock.advance(Duration::from_mins(15));
    assert_eq!(read(&house, Call::get(&path)).await.status, 200);
    house.close().await;
}

#[tokio::test]
async fn there_are_ten_feeds_at_most_and_a_repeated_request_makes_one() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let wanted = json!({ "name": "Desk", "privacy": "busy" });
        let call = || Call::post("/api/v1/calendar/feeds", &wanted).header("idempotency-key", "one");
        let (first, again) = (desk.send(call()).await, desk.send(call()).await);
        assert_eq!((first.body, again.header("idempotent-replayed")), (again.body.clone(), Some("true")));
        for _ in 1..10 {
            desk.feed("busy").await;
        }
        desk.send(Call::post("/api/v1/calendar/feeds", &wanted)).await.refused(409, "feed.too_many");
        let wrong = json!({ "name": "", "privacy": "all" });
        let refused = desk.send(Call::post("/api/v1/calendar/feeds", &wrong)).await;
        refused.refused(422, "feed.invalid");
        assert_eq!((refused.text("/errors/0/pointer"), refused.text("/errors/1/pointer")), ("/name", "/privacy"));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_calendar_breaks_off_when_the_right_to_read_it_ends() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        ada.make(&json!({ "title": "Tea", "start": "2026-11-20T12:00:00" })).await;
        let key = json!({ "name": "reader", "scopes": ["schedules:read"] });
        let key = ada.send(Call::post("/api/v1/api-keys", &key)).await;
        let begin = async |credential: &str| {
            let caller = app::identity::authenticate(&house.app, credential).await.expect("somebody");
            let mut pages = icalendar::export(&house.app, &caller).await.expect("an export");
            assert!(pages.next().await.expect("a page").expect("an opening").starts_with("BEGIN:VCALENDAR"));
            pages
        };
        let mut by_key = begin(key.text("/secret")).await;
        let mut by_session = begin(&ada.token).await;
        let mut by_another = begin(house.log_in("ada", PASSWORD).await.access_token()).await;
        let feed = ada.feed("full").await;
        let token = feed.split_once("token=").expect("a secret").1;
        let client = Client { address: None, user_agent: String::new(), device: None };
        let Reading::Text(_, mut by_feed) = icalendar::read_feed(&house.app, token, &client, |_| false).await.expect("a feed")
        else {
            panic!("nobody has it yet")
        };
        by_feed.next().await.expect("a page").expect("an opening");

        let feeds = ada.get("/api/v1/calendar/feeds").await;
        let gone =
            [format!("/api/v1/calendar/feeds/{}", feeds.text("/items/0/id")), format!("/api/v1/api-keys/{}", key.text("/id"))];
        for path in gone {
            assert_eq!(ada.send(Call::new("DELETE", &path)).await.status, 204, "{path}");
        }
        assert_eq!(ada.send(Call::new("POST", "/api/v1/auth/logout")).await.status, 204);
        assert_eq!(by_feed.next().await.expect_err("it was revoked").code(), "feed.not_found");
        for pages in [&mut by_key, &mut by_session] {
            assert_eq!(pages.next().await.expect_err("it has ended").code(), "identity.unauthenticated");
        }
        let rest = by_another.next().await.expect("a page").expect("what there is");
        assert!(rest.contains("SUMMARY:Tea"), "nobody else is concerned");
        house.close().await;
    })
    .await;
}
