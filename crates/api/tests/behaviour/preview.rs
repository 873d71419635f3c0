//! When a schedule would take place, before it is made: over HTTP, on both engines.

use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    desk::Desk,
    house::{Call, House, Reply},
};

impl Desk<'_> {
    async fn preview(&self, times: &Value) -> Reply {
        self.send(Call::new("POST", "/api/v1/schedules/preview").json(times)).await
    }
}

fn column(reply: &Reply, name: &str) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.body);
    let occurrences = reply.body["occurrences"].as_array().expect("occurrences");
    occurrences.iter().map(|one| one[name].as_str().expect("text").to_owned()).collect()
}

#[tokio::test]
async fn what_is_shown_first_is_what_is_made_then() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        // Clocks go forward on 28 March: 02:30 is skipped that night.
        let mut times = json!({
            "start": "2027-03-25T02:30:00", "duration": "PT30M", "time_zone": "Europe/Berlin",
            "recurrence": { "rrule": "FREQ=DAILY;COUNT=6", "rdates": ["2027-04-10T02:30:00"], "exdates": ["2027-03-26T02:30:00"] }
        });
        let shown = desk.preview(&times).await;
        let names = column(&shown, "recurrence_id");
        let days = ["2027-03-25", "2027-03-27", "2027-03-28", "2027-03-29", "2027-03-30"];
        assert_eq!(names, days.map(|day| format!("{day}T02:30:00")));
        assert_eq!(column(&shown, "start_resolution")[2], "gap");
        assert_eq!(shown.body["has_more"], true);
        times["limit"] = json!(100);
        let all = desk.preview(&times).await;
        assert_eq!((column(&all, "start_at").len(), &all.body["has_more"]), (6, &json!(false)));
        let before = desk.get("/api/v1/schedules?from=2027-01-01&to=2028-01-01").await;
        assert_eq!(before.body["items"], json!([]), "nothing is made");

        times.as_object_mut().expect("an object").remove("limit");
        times["title"] = json!("Night watch");
        desk.make(&times).await;
        let made = desk.get("/api/v1/schedules?from=2027-01-01&to=2028-01-01").await;
        for name in ["recurrence_id", "start", "end", "start_at", "end_at", "start_resolution"] {
            let of_made =
                made.body["items"].as_array().expect("items").iter().map(|item| item[name].as_str().expect("text").to_owned());
            assert_eq!(column(&all, name), of_made.collect::<Vec<_>>(), "{name}");
        }
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn whole_days_and_what_happens_once_are_shown_as_well() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let yearly = json!({ "start": "2028-02-29", "all_day": true, "recurrence": { "rrule": "FREQ=YEARLY" }, "limit": 2 });
        let shown = desk.preview(&yearly).await;
        assert_eq!(column(&shown, "start"), ["2028-02-29", "2032-02-29"]);
        assert_eq!(column(&shown, "end"), ["2028-03-01", "2032-03-01"]);
        let once = desk.preview(&json!({ "start": "2026-11-23T09:30:00" })).await;
        assert_eq!((column(&once, "start_at"), &once.body["has_more"]), (vec!["2026-11-23T00:30:00Z".to_owned()], &json!(false)));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_made_is_refused_here_as_well() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let times = |change: &[(&str, Value)]| {
            let mut times = json!({ "start": "2026-11-23T09:30:00", "recurrence": { "rrule": "FREQ=DAILY" } });
            for (name, value) in change {
                times[*name] = value.clone();
            }
            times
        };
        for (wrong, pointer) in [
            (times(&[("recurrence", json!({ "rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30" }))]), "/recurrence/rrule"),
            (times(&[("recurrence", json!({ "rrule": "SOMETIMES" }))]), "/recurrence/rrule"),
            (times(&[("time_zone", json!("Mars/Olympus"))]), "/time_zone"),
            (times(&[("end", json!("2026-11-23T09:00:00"))]), "/end"),
            (times(&[("limit", json!(0))]), "/limit"),
            (times(&[("limit", json!(101))]), "/limit"),
        ] {
            let refused = desk.preview(&wrong).await;
            assert_eq!(refused.status, 422, "{wrong}: {}", refused.body);
            let pointers: Vec<_> =
                refused.body["errors"].as_array().into_iter().flatten().map(|e| e["pointer"].clone()).collect();
            assert!(pointers.iter().any(|at| at.as_str().is_some_and(|at| pointer.starts_with(at))), "{wrong}: {}", refused.body);
        }
        house.close().await;
    })
    .await;
}
