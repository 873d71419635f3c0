//! Schedules that repeat, over HTTP, on both engines.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    desk::{Desk, fire},
    house::{Call, House, Reply},
};

/// 09:30 in Seoul, on Mondays and Wednesdays from 23 November 2026 on.
fn stand_up() -> Value {
    json!({
        "title": "Stand-up", "start": "2026-11-23T09:30:00", "duration": "PT30M",
        "recurrence": { "rrule": "FREQ=WEEKLY;BYDAY=MO,WE" }
    })
}

/// The starts of a list of occurrences.
fn starts(reply: &Reply) -> Vec<&str> {
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["items"].as_array().expect("items").iter().filter_map(|item| item["start"].as_str()).collect()
}

impl Desk<'_> {
    async fn week(&self, from: &str, to: &str) -> Reply {
        self.get(&format!("/api/v1/schedules?from={from}&to={to}")).await
    }

    pub(crate) async fn change(&self, path: &str, query: &str, change: &Value) -> Reply {
        self.send(Call::new("PATCH", &format!("{path}{query}")).json(change).header("if-match", "*")).await
    }

    pub(crate) async fn delete(&self, path: &str, query: &str) -> Reply {
        self.send(Call::new("DELETE", &format!("{path}{query}"))).await
    }
}

#[tokio::test]
async fn a_series_is_found_years_after_its_first_occurrence() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let made = desk.make(&stand_up()).await;
        assert_eq!(made.text("/recurrence/rrule"), "FREQ=WEEKLY;BYDAY=MO,WE");
        desk.make(&json!({ "title": "Dentist", "start": "2033-11-22T10:00:00" })).await;
        let week = desk.week("2033-11-21", "2033-11-28").await;
        assert_eq!(starts(&week), ["2033-11-21T09:30:00", "2033-11-22T10:00:00", "2033-11-23T09:30:00"]);
        assert_eq!(week.text("/items/0/recurrence_id"), "2033-11-21T09:30:00");
        assert_eq!(week.body["items"][1]["recurrence_id"], Value::Null);
        let one = desk.get(&format!("/api/v1/schedules/{}?recurrence_id=2033-11-23T09:30:00", made.text("/id"))).await;
        assert_eq!((one.status.as_u16(), one.text("/end")), (200, "2033-11-23T10:00:00"));
        let none = desk.get(&format!("/api/v1/schedules/{}?recurrence_id=2033-11-24T09:30:00", made.text("/id"))).await;
        none.refused(404, "schedule.not_an_occurrence");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn pages_of_occurrences_repeat_nothing_and_skip_nothing() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let daily = json!({ "title": "Tea", "start": "2026-11-23T15:00:00", "recurrence": { "rrule": "FREQ=DAILY;COUNT=20" } });
        let tea = desk.make(&daily).await;
        desk.make(&stand_up()).await;
        desk.make(&json!({ "title": "Once", "start": "2026-11-25T15:00:00" })).await;
        // Two occurrences of one series at the same instant.
        let path = format!("/api/v1/schedules/{}", tea.text("/id"));
        let moved = json!({ "start": "2026-11-26T15:00:00" });
        assert_eq!(desk.change(&path, "?scope=this&recurrence_id=2026-11-25T15:00:00", &moved).await.status, 200);
        let whole = desk.get("/api/v1/schedules?from=2026-11-23&to=2026-12-20&limit=200").await;
        let names = |reply: &Reply| -> Vec<String> {
            let items = reply.body["items"].as_array().expect("items").iter();
            items.map(|item| format!("{} {} {}", item["start"], item["title"], item["recurrence_id"])).collect()
        };
        for limit in [1, 2, 3, 7] {
            let mut seen = Vec::new();
            let mut cursor = String::new();
            loop {
                let page = desk.get(&format!("/api/v1/schedules?from=2026-11-23&to=2026-12-20&limit={limit}{cursor}")).await;
                assert_eq!(page.status, 200, "{}", page.body);
                seen.extend(names(&page));
                let Some(next) = page.body["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(seen, names(&whole), "pages of {limit}");
        }
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn one_occurrence_is_changed_moved_and_taken_out_and_the_others_stay() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let made = desk.make(&stand_up()).await;
        let path = format!("/api/v1/schedules/{}", made.text("/id"));
        let this = "?scope=this&recurrence_id=2026-11-25T09:30:00";
        let changed = desk.change(&path, this, &json!({ "title": "Retro", "start": "2026-11-26T11:00:00" })).await;
        assert_eq!((changed.text("/title"), changed.text("/start")), ("Retro", "2026-11-26T11:00:00"));
        assert_eq!((changed.text("/recurrence_id"), &changed.body["overridden"]), ("2026-11-25T09:30:00", &json!(true)));
        let week = desk.week("2026-11-23", "2026-12-03").await;
        assert_eq!(starts(&week), ["2026-11-23T09:30:00", "2026-11-26T11:00:00", "2026-11-30T09:30:00", "2026-12-02T09:30:00"]);
        // A new title of the series does not reach what was named by hand, and the moved one is found where it lies.
        desk.change(&path, "?scope=all", &json!({ "title": "Daily" })).await;
        let day = desk.week("2026-11-26", "2026-11-27").await;
        assert_eq!((starts(&day), day.text("/items/0/title")), (vec!["2026-11-26T11:00:00"], "Retro"));
        // Back to what the rule says: it is like the rest again.
        let back = desk.change(&path, this, &json!({ "title": "Daily", "start": "2026-11-25T09:30:00" })).await;
        assert_eq!((back.text("/start"), &back.body["overridden"]), ("2026-11-25T09:30:00", &json!(false)));
        assert_eq!(desk.delete(&path, this).await.status, 204);
        let week = desk.week("2026-11-23", "2026-12-01").await;
        assert_eq!(starts(&week), ["2026-11-23T09:30:00", "2026-11-30T09:30:00"]);
        desk.delete(&path, this).await.refused(404, "schedule.not_an_occurrence");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn this_and_the_following_become_a_series_of_their_own() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let mut body = stand_up();
        body["recurrence"] = json!({ "rrule": "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=6", "exdates": ["2026-12-07T09:30:00"] });
        let made = desk.make(&body).await;
        let path = format!("/api/v1/schedules/{}", made.text("/id"));
        desk.change(&path, "?scope=this&recurrence_id=2026-12-09T09:30:00", &json!({ "title": "Review" })).await;
        let following = "?scope=following&recurrence_id=2026-11-30T09:30:00";
        let rest = desk.change(&path, following, &json!({ "start": "2026-11-30T11:00:00" })).await;
        assert_ne!(rest.body["id"], made.body["id"]);
        assert_eq!(rest.text("/recurrence/rrule"), "FREQ=WEEKLY;COUNT=4;BYDAY=MO,WE");
        assert_eq!(rest.body["recurrence"]["exdates"], json!(["2026-12-07T11:00:00"]));
        let all = desk.week("2026-11-20", "2027-01-01").await;
        assert_eq!(
            starts(&all),
            ["2026-11-23T09:30:00", "2026-11-25T09:30:00", "2026-11-30T11:00:00", "2026-12-02T11:00:00", "2026-12-09T11:00:00"]
        );
        assert_eq!(all.text("/items/4/title"), "Review", "what was changed by hand went along");
        // Deleting the rest of the first part leaves one, and deleting that leaves nothing.
        assert_eq!(desk.delete(&path, "?scope=following&recurrence_id=2026-11-25T09:30:00").await.status, 204);
        assert_eq!(starts(&desk.week("2026-11-20", "2026-11-30").await), ["2026-11-23T09:30:00"]);
        assert_eq!(desk.delete(&path, "?scope=this&recurrence_id=2026-11-23T09:30:00").await.status, 204);
        desk.get(&path).await.refused(404, "schedule.not_found");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn moving_the_whole_series_takes_its_rule_its_dates_and_its_changes_along() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let mut body = stand_up();
        body["recurrence"]["exdates"] = json!(["2026-11-25T09:30:00"]);
        let made = desk.make(&body).await;
        let path = format!("/api/v1/schedules/{}", made.text("/id"));
        desk.change(&path, "?scope=this&recurrence_id=2026-11-30T09:30:00", &json!({ "title": "Retro" })).await;
        let moved = desk.change(&path, "", &json!({ "start": "2026-11-24T10:00:00" })).await;
        assert_eq!(moved.text("/recurrence/rrule"), "FREQ=WEEKLY;BYDAY=TU,TH");
        let week = desk.week("2026-11-23", "2026-12-04").await;
        assert_eq!(starts(&week), ["2026-11-24T10:00:00", "2026-12-01T10:00:00", "2026-12-03T10:00:00"]);
        assert_eq!(week.text("/items/1/title"), "Retro");
        let once = desk.change(&path, "", &json!({ "recurrence": null })).await;
        assert_eq!(once.body["recurrence"], Value::Null);
        assert_eq!(starts(&desk.week("2026-11-23", "2026-12-04").await), ["2026-11-24T10:00:00"]);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn whole_days_repeat_as_dates_across_a_change_of_clocks() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let body = json!({
            "title": "Bins", "all_day": true, "start": "2026-03-07", "time_zone": "America/New_York",
            "recurrence": { "rrule": "FREQ=DAILY;COUNT=3", "exdates": ["2026-03-09"] }
        });
        let made = desk.make(&body).await;
        assert_eq!(made.body["recurrence"]["exdates"], json!(["2026-03-09"]));
        let days = desk.get("/api/v1/schedules?from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z").await;
        assert_eq!(starts(&days), ["2026-03-07", "2026-03-08"]);
        assert_eq!((days.text("/items/1/recurrence_id"), days.text("/items/1/end")), ("2026-03-08", "2026-03-09"));
        assert_eq!(days.text("/items/1/end_at"), "2026-03-09T04:00:00Z", "a day of 23 hours");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_recurrence_that_makes_no_sense_is_refused_where_it_is_wrong() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let table = [
            (json!({ "rrule": "FREQ=FORTNIGHTLY" }), "/recurrence/rrule"),
            (json!({ "rrule": "nonsense" }), "/recurrence/rrule"),
            (json!({ "rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30" }), "/recurrence"),
            (json!({ "rrule": "FREQ=DAILY;COUNT=2;UNTIL=20270101" }), "/recurrence/rrule"),
            (json!({ "rrule": "FREQ=DAILY", "exdates": ["2026-11-25"] }), "/recurrence/exdates/0"),
            (json!({ "rrule": "FREQ=DAILY", "rdates": ["tomorrow"] }), "/recurrence/rdates/0"),
        ];
        for (recurrence, pointer) in table {
            let refused = desk.try_make(&json!({ "recurrence": recurrence })).await;
            assert_eq!((refused.status.as_u16(), refused.text("/errors/0/pointer")), (422, pointer), "{recurrence}");
        }
        let once = desk.make(&json!({ "title": "Once", "start": "2026-11-25T15:00:00" })).await;
        let path = format!("/api/v1/schedules/{}", once.text("/id"));
        let refusals = [
            ("?scope=this&recurrence_id=2026-11-25T15:00:00", "/scope"),
            ("?scope=this", "/recurrence_id"),
            ("?scope=all&recurrence_id=2026-11-25T15:00:00", "/recurrence_id"),
            ("?scope=following&recurrence_id=x", "/recurrence_id"),
        ];
        for (query, pointer) in refusals {
            let refused = desk.change(&path, query, &json!({ "title": "x" })).await;
            assert_eq!((refused.status.as_u16(), refused.text("/errors/0/pointer")), (422, pointer), "{query}");
        }
        house.close().await;
    })
    .await;
}

/// What the inbox of the desk says, oldest first: title and occurrence.
async fn told(desk: &Desk<'_>) -> Vec<String> {
    let inbox = desk.get("/api/v1/notifications?limit=200").await;
    let mut told: Vec<_> = inbox.body["items"].as_array().expect("items").iter().collect();
    told.reverse();
    told.into_iter().map(|item| format!("{} {}", item["title"], item["data"]["occurrence"]).replace('"', "")).collect()
}

/// Each reminder of a schedule by due time: occurrence, state and reason.
async fn alarms(desk: &Desk<'_>, path: &str) -> Vec<String> {
    let page = desk.get(&format!("{path}/reminders")).await;
    let items = page.body["items"].as_array().expect("items").iter();
    let words = items.map(|item| format!("{} {} {}", item["occurrence"], item["state"], item["reason"]).replace('"', ""));
    words.collect()
}

/// The world begins at 09:30 on 20 November 2026 in Seoul; a token is good for ten minutes, so a person signs in again.
async fn wait(desk: &mut Desk<'_>, minutes: u64) -> usize {
    desk.house.clock.advance(Duration::from_mins(minutes));
    let mut rang = 0;
    loop {
        let rows = fire(desk.house).await;
        rang += rows;
        if rows == 0 {
            break;
        }
    }
    desk.sign_in_again().await;
    rang
}

fn hourly() -> Value {
    json!({
        "title": "Water", "start": "2026-11-20T10:00:00",
        "recurrence": { "rrule": "FREQ=DAILY;BYHOUR=8,9,10,11,12,13,14,15,16,17,18,19,20" },
        "reminders": [{ "before": "PT0S" }]
    })
}

#[tokio::test]
async fn each_occurrence_rings_once_and_the_next_is_armed_with_it() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let mut desk = Desk::of(&house, "ada").await;
        let made = desk.make(&hourly()).await;
        let path = format!("/api/v1/schedules/{}", made.text("/id"));
        desk.change(&path, "?scope=this&recurrence_id=2026-11-20T11:00:00", &json!({ "title": "Tea", "location": "3층" })).await;
        let page = desk.get(&format!("{path}/reminders")).await;
        let upcoming = page.body["upcoming"].as_array().expect("upcoming");
        assert_eq!((upcoming.len(), upcoming[0]["due_at"].as_str()), (100, Some("2026-11-20T02:00:00Z")));
        for _ in 0..3 {
            assert_eq!(wait(&mut desk, 60).await, 1);
        }
        assert_eq!(told(&desk).await, ["Water 2026-11-20T10:00:00", "Tea 2026-11-20T11:00:00", "Water 2026-11-20T12:00:00"]);
        assert_eq!(
            alarms(&desk, &path).await,
            [
                "2026-11-20T10:00:00 FIRED null",
                "2026-11-20T11:00:00 FIRED null",
                "2026-11-20T12:00:00 FIRED null",
                "2026-11-20T13:00:00 PENDING null"
            ]
        );
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_moved_occurrence_rings_where_it_lies_and_one_taken_out_does_not() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let mut desk = Desk::of(&house, "ada").await;
        let made = desk.make(&hourly()).await;
        let path = format!("/api/v1/schedules/{}", made.text("/id"));
        let moved = json!({ "start": "2026-11-20T11:30:00" });
        desk.change(&path, "?scope=this&recurrence_id=2026-11-20T10:00:00", &moved).await;
        assert_eq!(desk.delete(&path, "?scope=this&recurrence_id=2026-11-20T11:00:00").await.status, 204);
        assert_eq!(wait(&mut desk, 110).await, 0, "nothing at ten and at eleven");
        assert_eq!(wait(&mut desk, 50).await, 2);
        assert_eq!(told(&desk).await, ["Water 2026-11-20T10:00:00", "Water 2026-11-20T12:00:00"]);
        desk.delete(&path, "").await;
        assert_eq!(wait(&mut desk, 600).await, 0);
        desk.get(&format!("{path}/reminders")).await.refused(404, "schedule.not_found");
        house.close().await;
    })
    .await;
}

impl Desk<'_> {
    /// As [`Desk::get`] of the reminders, as words.
    async fn reminder(&self, path: &str, which: usize) -> String {
        let page = self.get(&format!("{path}/reminders")).await;
        page.body["items"][which]["id"].as_str().expect("a reminder").to_owned()
    }
}

#[tokio::test]
async fn dismissing_and_snoozing_one_occurrence_leaves_the_series_going() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let mut desk = Desk::of(&house, "ada").await;
        let made = desk.make(&hourly()).await;
        let path = format!("/api/v1/schedules/{}", made.text("/id"));
        let first = desk.reminder(&path, 0).await;
        assert_eq!(desk.send(Call::new("POST", &format!("/api/v1/reminders/{first}/dismiss"))).await.status, 200);
        let second = desk.reminder(&path, 1).await;
        let snooze = Call::post(&format!("/api/v1/reminders/{second}/snooze"), &json!({ "until": "2026-11-20T02:45:00Z" }));
        assert_eq!(desk.send(snooze).await.status, 200);
        // A new title plans nothing anew: what was dismissed stays so.
        desk.change(&path, "", &json!({ "title": "Drink" })).await;
        assert_eq!(wait(&mut desk, 100).await, 0, "ten was dismissed and eleven snoozed");
        assert_eq!(wait(&mut desk, 90).await, 2);
        assert_eq!(told(&desk).await, ["Drink 2026-11-20T11:00:00", "Drink 2026-11-20T12:00:00"]);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn after_a_long_absence_the_late_policy_decides_what_rings() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let mut desk = Desk::of(&house, "ada").await;
        for (title, late) in [
            ("Each", json!({ "policy": "ring" })),
            ("One", json!({ "policy": "coalesce", "grace": "PT3H" })),
            ("None", json!({ "policy": "skip", "grace": "PT3H" })),
        ] {
            let mut body = hourly();
            body["title"] = json!(title);
            body["late"] = late;
            desk.make(&body).await;
        }
        // Until 17:30: eight of each were missed, three of them within the grace.
        wait(&mut desk, 8 * 60).await;
        let told = told(&desk).await;
        let of = |title: &str| told.iter().filter(|line| line.starts_with(title)).count();
        assert_eq!((of("Each"), of("One"), of("None")), (8, 4, 3), "{told:?}");
        let inbox = desk.get("/api/v1/notifications?limit=200").await;
        let missed: Vec<_> = inbox.body["items"].as_array().expect("items").iter().map(|item| &item["data"]["missed"]).collect();
        assert_eq!(missed.iter().filter(|missed| **missed == &json!(4)).count(), 1, "one stands for four others");
        let skipped = desk.get("/api/v1/reminders?from=2026-11-20&to=2026-11-21&limit=200").await;
        let silent = skipped.body["items"].as_array().expect("items").iter().filter(|item| item["state"] == "SKIPPED");
        let silent: Vec<_> = silent.map(|item| (item["reason"].clone(), item["left_out"].clone())).collect();
        assert_eq!(silent, [(json!("too_late"), json!(4))]);
        house.close().await;
    })
    .await;
}

/// A series at half past nine every day from tomorrow on, with `more`.
fn daily(more: &Value) -> Value {
    let mut body = json!({
        "title": "Walk", "start": "2026-11-21T09:30:00", "duration": "PT30M",
        "recurrence": { "rrule": "FREQ=DAILY" }, "reminders": [{ "before": "PT30M" }]
    });
    let (Some(fields), Some(more)) = (body.as_object_mut(), more.as_object()) else { panic!("objects") };
    fields.extend(more.clone());
    body
}

#[tokio::test]
async fn a_new_title_changes_nothing_about_what_rings() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let mut desk = Desk::of(&house, "ada").await;
        // The first stays silent because it is too late; the second has a lead longer than the time between two.
        let skip = desk.make(&daily(&json!({ "late": { "policy": "skip", "grace": "PT5M" } }))).await;
        let early = json!({ "title": "Ahead", "start": "2026-11-21T12:00:00", "reminders": [{ "before": "P3D" }] });
        let ahead = desk.make(&daily(&early)).await;
        let (skip, ahead) =
            (format!("/api/v1/schedules/{}", skip.text("/id")), format!("/api/v1/schedules/{}", ahead.text("/id")));
        // 09:10: ten minutes after the reminder, before the start.
        wait(&mut desk, 23 * 60 + 40).await;
        for _ in 0..2 {
            for path in [&skip, &ahead] {
                assert_eq!(desk.change(path, "", &json!({ "description": "new" })).await.status, 200);
                assert_eq!(desk.change(path, "", &json!({ "description": "old" })).await.status, 200);
            }
            wait(&mut desk, 24 * 60).await;
        }
        let pending = async |path: &str| alarms(&desk, path).await.iter().filter(|line| line.contains("PENDING")).count();
        assert_eq!((pending(&skip).await, pending(&ahead).await), (1, 1), "both go on");
        let told = told(&desk).await;
        let of = |title: &str| told.iter().filter(|line| line.starts_with(title)).collect::<Vec<_>>();
        assert_eq!(
            of("Ahead").len(),
            of("Ahead").iter().collect::<std::collections::BTreeSet<_>>().len(),
            "none twice: {told:?}"
        );
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_due_already_rings_although_somebody_edits_at_that_moment() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let mut desk = Desk::of(&house, "ada").await;
        let made = desk.make(&daily(&json!({ "reminders": [{ "before": "PT0S" }] }))).await;
        let path = format!("/api/v1/schedules/{}", made.text("/id"));
        desk.house.clock.advance(Duration::from_hours(24));
        desk.sign_in_again().await;
        assert_eq!(desk.change(&path, "", &json!({ "title": "Stroll" })).await.status, 200);
        let other = "?scope=this&recurrence_id=2026-11-25T09:30:00";
        assert_eq!(desk.change(&path, other, &json!({ "start": "2026-11-25T10:30:00" })).await.status, 200);
        assert_eq!(wait(&mut desk, 0).await, 1);
        assert_eq!(told(&desk).await, ["Stroll 2026-11-21T09:30:00"]);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_declined_stays_so_and_what_is_no_more_is_silent() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let mut desk = Desk::of(&house, "ada").await;
        let made = desk.make(&daily(&json!({}))).await;
        let path = format!("/api/v1/schedules/{}", made.text("/id"));
        let first = desk.reminder(&path, 0).await;
        assert_eq!(desk.send(Call::new("POST", &format!("/api/v1/reminders/{first}/dismiss"))).await.status, 200);
        let other = "?scope=this&recurrence_id=2026-11-25T09:30:00";
        assert_eq!(desk.change(&path, other, &json!({ "start": "2026-11-25T10:30:00" })).await.status, 200);
        assert_eq!(wait(&mut desk, 24 * 60).await, 0, "tomorrow's was dismissed, and moving another day does not bring it back");
        assert_eq!(wait(&mut desk, 24 * 60).await, 1);
        // It rang, is to ring again, and then its occurrence is taken out of the series.
        let page = desk.get(&format!("{path}/reminders")).await;
        let items = page.body["items"].as_array().expect("items");
        let rang = items.iter().find(|item| item["state"] == "FIRED").expect("one that rang")["id"].as_str().expect("an id");
        let snooze = Call::post(&format!("/api/v1/reminders/{rang}/snooze"), &json!({ "for": "PT1H" }));
        assert_eq!(desk.send(snooze).await.status, 200);
        assert_eq!(desk.delete(&path, "?scope=this&recurrence_id=2026-11-22T09:30:00").await.status, 204);
        assert_eq!(wait(&mut desk, 120).await, 0, "there is nothing left to be reminded of");
        let upcoming = desk.get(&format!("{path}/reminders")).await;
        let upcoming = upcoming.body["upcoming"].as_array().expect("upcoming");
        let names: std::collections::BTreeSet<_> = upcoming.iter().map(|item| item["occurrence"].to_string()).collect();
        assert_eq!((upcoming.len(), names.len()), (100, 100), "each once");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn following_from_the_first_that_is_left_and_with_an_absolute_reminder_is_what_it_says() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let mut desk = Desk::of(&house, "ada").await;
        let mut body = stand_up();
        body["reminders"] = json!([{ "at": "2026-11-20T00:40:00Z" }]);
        let made = desk.make(&body).await;
        let path = format!("/api/v1/schedules/{}", made.text("/id"));
        assert_eq!(desk.delete(&path, "?scope=this&recurrence_id=2026-11-23T09:30:00").await.status, 204);
        let following = "?scope=following&recurrence_id=2026-11-25T09:30:00";
        let rest = desk.change(&path, following, &json!({ "start": "2026-11-25T10:00:00" })).await;
        assert_eq!((rest.text("/recurrence/rrule"), &rest.body["id"]), ("FREQ=WEEKLY;BYDAY=MO,WE", &made.body["id"]));
        let days = desk.week("2026-11-20", "2026-12-03").await;
        assert_eq!(starts(&days), ["2026-11-25T10:00:00", "2026-11-30T10:00:00", "2026-12-02T10:00:00"]);
        let nothing = desk.change(&path, "?scope=following&recurrence_id=2026-11-30T10:00:00", &json!({})).await;
        assert_eq!(nothing.body["id"], made.body["id"], "nothing to change is no reason to cut it");
        let later = "?scope=following&recurrence_id=2026-12-02T10:00:00";
        assert_ne!(desk.change(&path, later, &json!({ "title": "Daily" })).await.body["id"], made.body["id"]);
        assert_eq!(wait(&mut desk, 15).await, 1, "an absolute reminder rings once for the whole");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_begun_or_done_does_not_begin_to_repeat() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let once = desk.make(&json!({ "title": "Once", "start": "2026-11-25T15:00:00" })).await;
        let path = format!("/api/v1/schedules/{}", once.text("/id"));
        assert_eq!(desk.send(Call::new("POST", &format!("{path}/complete"))).await.status, 200);
        let repeat = json!({ "recurrence": { "rrule": "FREQ=DAILY" } });
        desk.change(&path, "", &repeat).await.refused(422, "schedule.invalid");
        assert_eq!(desk.send(Call::new("POST", &format!("{path}/cancel"))).await.status, 200);
        assert_eq!(desk.change(&path, "", &repeat).await.status, 200);
        house.close().await;
    })
    .await;
}
