//! Deleting occurrences that are begun or done, over HTTP, on both engines: gone is gone, and the work counts.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    desk::Desk,
    house::House,
    imports::{counts, file},
};

/// The wall time of a day in November.
fn ten(day: u8) -> String {
    format!("2026-11-{day}T10:00:00")
}

fn one(scope: &str, which: &str) -> String {
    format!("?scope={scope}&recurrence_id={which}")
}

impl Desk<'_> {
    /// A walk of an hour each day from the 21st on, so many times; answers its path.
    async fn walks(&self, count: u8) -> String {
        let body = json!({
            "title": "Walk", "start": ten(21), "duration": "PT1H", "reminders": [],
            "recurrence": { "rrule": format!("FREQ=DAILY;COUNT={count}") }
        });
        format!("/api/v1/schedules/{}", self.make(&body).await.text("/id"))
    }

    /// What of November is shown: when, and how far it is.
    async fn november(&self) -> Vec<(String, String)> {
        let page = self.get("/api/v1/schedules?from=2026-11-20&to=2026-12-10").await;
        let text = |item: &Value, pointer: &str| item.pointer(pointer).and_then(Value::as_str).expect("a text").to_owned();
        let items = page.body["items"].as_array().expect("items").iter();
        items.map(|item| (text(item, "/start"), text(item, "/progress/state"))).collect()
    }

    /// Seconds worked and what is completed this month.
    async fn sums(&self) -> (i64, i64) {
        let month = self.get("/api/v1/statistics?period=month").await.body;
        (month["worked_seconds"].as_i64().expect("seconds"), month["completed"].as_i64().expect("a count"))
    }

    async fn worked(&self, path: &str, which: &str, then: &str) {
        assert_eq!(self.step(path, "start", which).await.status, 200);
        self.house.clock.advance(Duration::from_mins(1));
        assert_eq!(self.step(path, then, which).await.status, 200);
    }

    async fn gone(&self, path: &str, query: &str) {
        let reply = self.delete(path, query).await;
        assert_eq!(reply.status, 204, "{}", reply.body);
    }
}

fn shown(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(start, state)| (format!("2026-11-{start}:00"), (*state).to_owned())).collect()
}

#[tokio::test]
async fn what_is_done_and_deleted_does_not_come_back_with_the_next_change_of_its_series() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let changes = [
            json!({ "title": "Stroll" }),
            json!({ "description": "Along the river" }),
            json!({ "reminders": [{ "before": "PT5M" }] }),
            json!({ "recurrence": { "rrule": "FREQ=DAILY;COUNT=4", "exdates": [ten(22)] } }),
        ];
        for (then, state) in [("complete", 1), ("suspend", 0)] {
            let path = desk.walks(4).await;
            let before = desk.sums().await;
            desk.worked(&path, &ten(22), then).await;
            desk.gone(&path, &one("this", &ten(22))).await;
            let left = shown(&[("21T10:00", "NOT_STARTED"), ("23T10:00", "NOT_STARTED"), ("24T10:00", "NOT_STARTED")]);
            for change in &changes {
                let answer = desk.change(&path, "", change).await;
                assert_eq!(answer.status, 200, "{}", answer.body);
                let recurrence = &answer.body["recurrence"];
                assert_eq!((&recurrence["exdates"], &recurrence["rdates"]), (&json!([ten(22)]), &json!([])), "{change}");
                assert_eq!(desk.november().await, left, "{change}");
            }
            // What takes its place in the meantime is not overlapped, and what follows is another series.
            let other = desk.make(&json!({ "title": "Other", "start": ten(22), "duration": "PT1H" })).await;
            assert_eq!(desk.change(&path, "", &json!({ "title": "Walk" })).await.status, 200);
            desk.gone(&format!("/api/v1/schedules/{}", other.text("/id")), "").await;
            let rest = desk.change(&path, &one("following", &ten(24)), &json!({ "title": "Run" })).await;
            assert_eq!(rest.status, 200, "{}", rest.body);
            assert_eq!(desk.november().await, left);
            desk.gone(&path, &one("following", &ten(23))).await;
            assert_eq!(desk.november().await, [&left[..1], &left[2..]].concat());
            assert_eq!(desk.sums().await, (before.0 + 60, before.1 + state), "its work counts");
            desk.gone(&format!("/api/v1/schedules/{}", rest.text("/id")), "").await;
            desk.gone(&path, &one("following", &ten(21))).await;
            assert_eq!(desk.november().await, []);
            assert_eq!(desk.sums().await, (before.0 + 60, before.1 + state), "its work counts still");
        }
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_done_and_deleted_gives_nothing_to_what_takes_its_place_when_its_series_moves() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let path = desk.walks(5).await;
        for day in [22, 24] {
            desk.worked(&path, &ten(day), "complete").await;
        }
        desk.gone(&path, &one("this", &ten(22))).await;
        let start = async |start: &str, rows: &[(&str, &str)]| {
            let moved = desk.change(&path, "", &json!({ "start": format!("2026-11-{start}:00") })).await;
            assert_eq!(moved.status, 200, "{}", moved.body);
            assert_eq!(desk.november().await, shown(rows), "{start}");
            assert_eq!(desk.sums().await, (120, 2));
        };
        let (open, done) = ("NOT_STARTED", "COMPLETED");
        start("21T11:00", &[("21T11:00", open), ("23T11:00", open), ("24T11:00", done), ("25T11:00", open)]).await;
        start("22T11:00", &[("22T11:00", open), ("24T11:00", open), ("25T11:00", done), ("26T11:00", open)]).await;
        // A day later there is no place for what is done: it stays, and what was deleted is not what comes where it was.
        let repeat = json!({ "start": "2026-11-23T11:00:00", "recurrence": { "rrule": "FREQ=DAILY;COUNT=3" } });
        assert_eq!(desk.change(&path, "", &repeat).await.status, 200);
        let rows = [("23T11:00", open), ("24T11:00", open), ("25T11:00", done)];
        assert_eq!(desk.november().await, shown(&rows));
        let ledger = desk.get(&format!("{path}/progress?recurrence_id=2026-11-25T11:00:00")).await;
        assert_eq!(ledger.body["items"].as_array().map(Vec::len), Some(2));
        let audit = app::calendar::progress::audit(house.app.store(), house.app.now()).await.expect("an audit");
        assert_eq!(audit.differences, Vec::<String>::new());
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_done_stays_when_everything_from_the_first_on_is_deleted() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let path = desk.walks(6).await;
        for (day, then) in [(22, "complete"), (23, "suspend"), (24, "complete")] {
            desk.worked(&path, &ten(day), then).await;
        }
        let own = json!({ "title": "Climb", "start": "2026-11-24T15:00:00" });
        assert_eq!(desk.change(&path, &one("this", &ten(24)), &own).await.status, 200);
        desk.gone(&path, &one("following", &ten(21))).await;
        let rows = [("22T10:00", "COMPLETED"), ("24T15:00", "COMPLETED")];
        assert_eq!(desk.november().await, shown(&rows));
        assert_eq!(desk.get(&format!("{path}?recurrence_id={}", ten(24))).await.text("/title"), "Climb");
        assert_eq!(desk.sums().await, (180, 2));
        // Then one by one: nothing is left to see, and all of it counts until the whole goes into the trash.
        for day in [24, 22] {
            desk.gone(&path, &one("this", &ten(day))).await;
            assert_eq!(desk.sums().await, (180, 2));
        }
        assert_eq!(desk.november().await, []);
        assert_eq!(desk.export().await.count("BEGIN:VEVENT"), 0);
        desk.gone(&path, "").await;
        assert_eq!(desk.sums().await, (0, 0));
        // Of what nobody worked on nothing has to stay.
        let path = desk.walks(2).await;
        desk.gone(&path, &one("following", &ten(21))).await;
        desk.get(&path).await.refused(404, "schedule.not_found");
        house.close().await;
    })
    .await;
}

/// A meeting each day, whose third is changed; of each, what a schedule has no word for.
fn meeting() -> String {
    let words = |of: &str| format!("ORGANIZER:mailto:boss@example.org\r\nATTENDEE:mailto:{of}@example.org\r\nX-OF:{of}");
    let series = format!(
        "UID:m@example.org\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261121T010000Z\r\nDTEND:20261121T020000Z\r\nSUMMARY:Meeting\r\n\
         RRULE:FREQ=DAILY;COUNT=6\r\n{}",
        words("all")
    );
    let third = format!(
        "UID:m@example.org\r\nDTSTAMP:20261101T000000Z\r\nRECURRENCE-ID:20261123T010000Z\r\nDTSTART:20261123T010000Z\r\n\
         DTEND:20261123T020000Z\r\nSUMMARY:Third\r\n{}",
        words("third")
    );
    file(&[&series, &third])
}

/// The events of an export: what they are the occurrence of, and their `X-OF`, whose is the rest they have.
async fn events(desk: &Desk<'_>) -> Vec<(String, String)> {
    let lines = desk.export().await.lines();
    let find =
        |event: &[String], name: &str| event.iter().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
    let events = lines.split(|line| line == "BEGIN:VEVENT").skip(1).map(|event| {
        let of = find(event, "X-OF:");
        assert_eq!(find(event, "ATTENDEE:mailto:"), format!("{of}@example.org"));
        assert_eq!(find(event, "ORGANIZER:mailto:"), "boss@example.org");
        (find(event, "RECURRENCE-ID:"), of)
    });
    let mut events: Vec<_> = events.collect();
    events.sort();
    events
}

#[tokio::test]
async fn what_others_wrote_in_a_calendar_goes_along_with_its_series_and_its_occurrences() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        assert_eq!(counts(&desk.import("", &meeting()).await), [1, 0, 0, 0, 0]);
        let id = desk.get("/api/v1/schedules?from=2026-11-20&to=2026-12-10").await.text("/items/0/id").to_owned();
        let path = format!("/api/v1/schedules/{id}");
        let is = |rows: &[(&str, &str)]| -> Vec<_> {
            rows.iter().map(|(which, of)| ((*which).to_owned(), (*of).to_owned())).collect()
        };
        assert_eq!(events(&desk).await, is(&[("", "all"), ("20261123T010000Z", "third")]));
        let start = |text: &str| json!({ "start": format!("2026-11-{text}:00:00") });
        assert_eq!(desk.change(&path, "", &start("21T02")).await.status, 200);
        assert_eq!(events(&desk).await, is(&[("", "all"), ("20261123T020000Z", "third")]));
        // By a day, it is the occurrence on the 24th.
        assert_eq!(desk.change(&path, "", &start("22T02")).await.status, 200);
        assert_eq!(events(&desk).await, is(&[("", "all"), ("20261124T020000Z", "third")]));
        let rest = desk.change(&path, &one("following", "2026-11-23T02:00:00"), &start("23T03")).await;
        assert_eq!(rest.status, 200, "{}", rest.body);
        assert_eq!(events(&desk).await, is(&[("", "all"), ("", "all"), ("20261124T030000Z", "third")]));
        let again = desk.get(&path).await;
        assert_eq!(again.text("/recurrence/rrule"), "FREQ=DAILY;COUNT=1");
        house.close().await;
    })
    .await;
}
