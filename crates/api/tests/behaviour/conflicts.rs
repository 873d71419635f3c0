//! Time that is taken is refused, over HTTP, on both engines; also where two hundred want it at once.

use std::collections::BTreeMap;

use kernel::Instant;
use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    desk::Desk,
    house::{Call, House, Reply},
};

const SCHEDULES: &str = "/api/v1/schedules";

/// An hour of Monday, 23 November 2026, in Seoul.
fn hour(title: &str, start: &str) -> Value {
    json!({ "title": title, "start": format!("2026-11-23T{start}:00"), "duration": "PT1H", "reminders": [] })
}

fn weekly(title: &str, start: &str) -> Value {
    let mut body = hour(title, start);
    body["recurrence"] = json!({ "rrule": "FREQ=WEEKLY" });
    body
}

impl Desk<'_> {
    async fn create(&self, body: &Value) -> Reply {
        self.send(Call::post(SCHEDULES, body)).await
    }

    async fn patch(&self, id: &str, query: &str, change: &Value) -> Reply {
        let call = Call::new("PATCH", &format!("{SCHEDULES}/{id}{query}")).json(change).header("if-match", "*");
        self.send(call).await
    }

    async fn bin(&self, id: &str) {
        assert_eq!(self.send(Call::new("DELETE", &format!("{SCHEDULES}/{id}"))).await.status, 204);
    }

    async fn restore(&self, id: &str, query: &str) -> Reply {
        self.send(Call::new("POST", &format!("{SCHEDULES}/{id}/restore{query}"))).await
    }

    /// Every busy occurrence of the range, page by page: whose, and from when to when.
    async fn busy(&self, from: &str, to: &str) -> Vec<(String, Instant, Instant)> {
        let (mut busy, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{SCHEDULES}?from={from}&to={to}&limit=200{cursor}")).await;
            assert_eq!(page.status, 200, "{}", page.body);
            for item in page.body["items"].as_array().expect("items").iter().filter(|item| item["busy"] == true) {
                let at = |name: &str| item[name].as_str().and_then(|text| text.parse().ok()).expect("an instant");
                busy.push((item["id"].to_string(), at("start_at"), at("end_at")));
            }
            let Some(next) = page.body["next_cursor"].as_str() else { return busy };
            cursor = format!("&cursor={next}");
        }
    }
}

/// Looks at every pair.
fn overlaps(busy: &[(String, Instant, Instant)]) -> Vec<(&str, Instant, &str, Instant)> {
    let mut found = Vec::new();
    for (index, (one, start, end)) in busy.iter().enumerate() {
        let met = busy[index + 1..].iter().filter(|(other, from, to)| one != other && start < to && from < end);
        found.extend(met.map(|(other, from, _)| (one.as_str(), *start, other.as_str(), *from)));
    }
    found
}

#[tokio::test]
async fn a_time_that_is_taken_is_refused_with_what_is_there_and_what_is_free() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let lunch = desk.make(&hour("Lunch", "12:00")).await;
        desk.make(&hour("Review", "14:00")).await;
        let late = desk.create(&json!({ "title": "Call", "start": "2026-11-23T12:30:00", "duration": "PT90M" })).await;
        late.refused(409, "schedule.conflict");
        assert_eq!((late.text("/conflicts/0/schedule_id"), late.text("/conflicts/0/title")), (lunch.text("/id"), "Lunch"));
        assert_eq!(
            (late.text("/conflicts/0/start"), late.text("/conflicts/0/end")),
            ("2026-11-23T03:00:00Z", "2026-11-23T04:00:00Z")
        );
        assert_eq!(late.text("/conflicts/0/meets/start"), "2026-11-23T03:30:00Z");
        assert_eq!((&late.body["conflicts"][1], &late.body["conflicts_truncated"]), (&Value::Null, &json!(false)));
        // From 13:00 to 14:00 is too short for it; from 15:00 on there is room.
        assert_eq!((late.text("/free_slots/0/start"), &late.body["free_slots"][1]), ("2026-11-23T06:00:00Z", &Value::Null));
        // What touches, has no length, is free, or is somebody else's does not meet it.
        desk.make(&hour("Walk", "13:00")).await;
        desk.make(&json!({ "title": "Pill", "start": "2026-11-23T12:30:00" })).await;
        desk.make(&json!({ "title": "Radio", "start": "2026-11-23T12:00:00", "duration": "PT1H", "busy": false })).await;
        Desk::of(&house, "bob").await.make(&hour("Lunch", "12:00")).await;
        // Whole days are taken in their zone.
        let fair = json!({ "title": "Fair", "start": "2026-11-23", "all_day": true });
        desk.create(&fair).await.refused(409, "schedule.conflict");
        let allowed = desk.send(Call::post(&format!("{SCHEDULES}?on_conflict=allow"), &fair)).await;
        assert_eq!(allowed.status, 201, "{}", allowed.body);
        desk.send(Call::post(&format!("{SCHEDULES}?on_conflict=perhaps"), &fair)).await.refused(422, "query.invalid");
        desk.bin(lunch.text("/id")).await;
        desk.create(&hour("Lunch", "12:00")).await.refused(409, "schedule.conflict");
        desk.bin(allowed.text("/id")).await;
        desk.make(&hour("Lunch", "12:00")).await;
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn for_whole_days_whole_days_are_offered_and_can_be_taken() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        desk.make(&hour("Lunch", "14:00")).await;
        desk.make(&json!({ "title": "Tea", "start": "2026-11-24T16:00:00", "duration": "PT1H" })).await;
        desk.make(&json!({ "title": "Dinner", "start": "2026-11-26T16:00:00", "duration": "PT1H" })).await;
        // From 15:00 to 16:00 of the next day there are 25 hours and no day.
        let fair = |days: &str| json!({ "title": "Fair", "start": "2026-11-23", "all_day": true, "duration": days });
        let free = |reply: &Reply| {
            reply.refused(409, "schedule.conflict");
            let slots = reply.body["free_slots"].as_array().expect("slots").iter();
            slots
                .map(|it| format!("{}/{}", &it["start"].as_str().expect("it")[5..13], &it["end"].as_str().expect("it")[5..13]))
                .collect::<Vec<_>>()
        };
        assert_eq!(free(&desk.create(&fair("P1D")).await), ["11-24T15/11-25T15", "11-26T15/12-06T15"]);
        assert_eq!(free(&desk.create(&fair("P2D")).await), ["11-26T15/12-06T15"]);
        assert_eq!(free(&desk.create(&fair("P11D")).await), Vec::<String>::new());
        let booked = desk.make(&json!({ "title": "Fair", "start": "2026-11-25", "all_day": true })).await;
        let id = booked.text("/id");
        // What moves does not stand in its own way.
        assert_eq!(free(&desk.patch(id, "", &json!({ "start": "2026-11-24" })).await)[0], "11-24T15/11-25T15");
        assert_eq!(desk.patch(id, "", &json!({ "start": "2026-11-27", "end": "2026-12-07" })).await.status, 200);
        // A day of 23 hours, in the zone of what is asked for.
        for start in ["2027-03-13T12:00:00", "2027-03-15T00:00:00"] {
            desk.make(&json!({ "title": "x", "start": start, "duration": "PT1H", "time_zone": "America/New_York" })).await;
        }
        let day = |date: &str| json!({ "title": "Day", "start": date, "all_day": true, "time_zone": "America/New_York" });
        assert_eq!(free(&desk.create(&day("2027-03-13")).await), ["03-14T05/03-15T04", "03-16T04/03-27T04"]);
        desk.make(&day("2027-03-14")).await;
        // A day that has begun is not offered.
        desk.make(&json!({ "title": "Now", "start": "2026-11-20T12:00:00", "duration": "PT1H" })).await;
        let today = desk.create(&json!({ "title": "Today", "start": "2026-11-20", "all_day": true })).await;
        assert_eq!(free(&today)[0], "11-20T15/11-22T15");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn series_are_judged_occurrence_by_occurrence() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let stand_up = desk.make(&weekly("Stand-up", "09:00")).await;
        let id = stand_up.text("/id");
        // Its third week is moved to the afternoon.
        assert_eq!(
            desk.patch(id, "?scope=this&recurrence_id=2026-12-07T09:00:00", &json!({ "start": "2026-12-07T15:00:00" }))
                .await
                .status,
            200
        );
        desk.make(&json!({ "title": "Dentist", "start": "2026-12-07T09:00:00", "duration": "PT1H" })).await;
        let tea = desk.create(&json!({ "title": "Tea", "start": "2026-12-07T15:30:00", "duration": "PT1H" })).await;
        tea.refused(409, "schedule.conflict");
        assert_eq!((tea.text("/conflicts/0/schedule_id"), tea.text("/conflicts/0/recurrence_id")), (id, "2026-12-07T09:00:00"));
        // A year ahead, and against each other.
        desk.create(&json!({ "title": "X", "start": "2027-11-22T09:59:00", "duration": "PT1H" }))
            .await
            .refused(409, "schedule.conflict");
        let daily = json!({
            "title": "Run", "start": "2026-11-24T09:30:00", "duration": "PT1H", "recurrence": { "rrule": "FREQ=DAILY;COUNT=30" }
        });
        let run = desk.create(&daily).await;
        run.refused(409, "schedule.conflict");
        let meets: Vec<&str> = run.body["conflicts"]
            .as_array()
            .expect("conflicts")
            .iter()
            .filter_map(|it| it["meets"]["recurrence_id"].as_str())
            .collect();
        assert_eq!(meets, ["2026-11-30T09:30:00", "2026-12-07T09:30:00", "2026-12-14T09:30:00", "2026-12-21T09:30:00"]);
        // The nearest time of the day that is free for all of it.
        assert_eq!(run.text("/free_slots/0/start"), "2026-11-24T01:00:00Z");
        let mut free = daily.clone();
        free["start"] = json!("2026-11-24T10:00:00");
        desk.make(&free).await;
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn only_time_that_a_change_adds_is_refused() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let lunch = desk.make(&hour("Lunch", "12:00")).await;
        let talk = desk.send(Call::post(&format!("{SCHEDULES}?on_conflict=allow"), &hour("Talk", "12:30"))).await;
        let id = talk.text("/id");
        // It overlaps already: another title, and less of it, are nobody's concern; more of it is.
        assert_eq!(desk.patch(id, "", &json!({ "title": "Speech" })).await.status, 200);
        assert_eq!(desk.patch(id, "", &json!({ "duration": "PT30M" })).await.status, 200);
        desk.patch(id, "", &json!({ "start": "2026-11-23T12:15:00" })).await.refused(409, "schedule.conflict");
        assert_eq!(desk.patch(id, "?on_conflict=allow", &json!({ "start": "2026-11-23T12:15:00" })).await.status, 200);
        assert_eq!(desk.patch(id, "", &json!({ "busy": false })).await.status, 200);
        desk.patch(id, "", &json!({ "busy": true })).await.refused(409, "schedule.conflict");
        desk.patch(id, "", &json!({ "start": "2026-11-23T11:00:00", "busy": true, "duration": "PT2H" }))
            .await
            .refused(409, "schedule.conflict");
        assert_eq!(
            desk.patch(id, "", &json!({ "start": "2026-11-23T11:00:00", "duration": "PT1H", "busy": true })).await.status,
            200
        );
        desk.patch(id, "", &json!({ "recurrence": { "rrule": "FREQ=DAILY" }, "start": "2026-11-22T12:00:00" }))
            .await
            .refused(409, "schedule.conflict");
        // A deleted one comes back only to a time that is free.
        desk.bin(lunch.text("/id")).await;
        let soup = desk.make(&hour("Soup", "12:30")).await;
        let refused = desk.restore(lunch.text("/id"), "").await;
        refused.refused(409, "schedule.conflict");
        assert_eq!(refused.text("/conflicts/0/schedule_id"), soup.text("/id"));
        assert_eq!(desk.restore(lunch.text("/id"), "?on_conflict=allow").await.status, 200);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_series_that_is_cut_meets_its_other_part_only_where_they_overlap() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let made = desk.make(&weekly("Stand-up", "09:00")).await;
        let id = made.text("/id");
        let other = desk.make(&hour("Review", "14:00")).await;
        // The first part has 23 and 30 November; the rest moves onto the second of these, or to the review's hour.
        let cut = "?scope=following&recurrence_id=2026-12-07T09:00:00";
        let onto = desk.patch(id, cut, &json!({ "start": "2026-11-30T09:30:00" })).await;
        onto.refused(409, "schedule.conflict");
        assert_eq!((onto.text("/conflicts/0/schedule_id"), onto.text("/conflicts/0/recurrence_id")), (id, "2026-11-30T09:00:00"));
        let whole = desk.patch(id, "", &json!({ "start": "2026-11-23T13:30:00" })).await;
        whole.refused(409, "schedule.conflict");
        assert_eq!(whole.text("/conflicts/0/schedule_id"), other.text("/id"));
        let rest = desk.patch(id, cut, &json!({ "start": "2026-12-07T09:30:00" })).await;
        assert_eq!(rest.status, 200, "{}", rest.body);
        // One occurrence onto another item.
        let this = "?scope=this&recurrence_id=2026-11-30T09:00:00";
        let one = desk.patch(id, this, &json!({ "start": "2026-11-23T14:30:00" })).await;
        one.refused(409, "schedule.conflict");
        assert_eq!(one.text("/conflicts/0/meets/recurrence_id"), "2026-11-30T09:00:00");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_occurrence_meets_the_others_of_its_own_series() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let made = desk.make(&weekly("Stand-up", "09:00")).await;
        let id = made.text("/id");
        let this = "?scope=this&recurrence_id=2026-11-30T09:00:00";
        let onto = desk.patch(id, this, &json!({ "start": "2026-11-23T09:30:00" })).await;
        onto.refused(409, "schedule.conflict");
        assert_eq!((onto.text("/conflicts/0/schedule_id"), onto.text("/conflicts/0/title")), (id, "Stand-up"));
        assert_eq!(onto.text("/conflicts/0/recurrence_id"), "2026-11-23T09:00:00");
        assert_eq!(onto.text("/conflicts/0/meets/recurrence_id"), "2026-11-30T09:00:00");
        assert_eq!(onto.body["conflicts"][1], Value::Null, "not itself");
        // What is offered instead leaves out the others, and is free in truth.
        assert_eq!(onto.text("/free_slots/0/start"), "2026-11-23T01:00:00Z");
        assert_eq!(desk.patch(id, this, &json!({ "start": "2026-11-23T01:00:00Z" })).await.status, 200);
        assert_eq!(desk.patch(id, this, &json!({ "start": "2026-11-30T09:15:00" })).await.status, 200, "beside its own place");
        desk.patch(id, this, &json!({ "duration": "P8D" })).await.refused(409, "schedule.conflict");
        let moved = desk.patch(id, &format!("{this}&on_conflict=allow"), &json!({ "start": "2026-11-23T09:30:00" })).await;
        assert_eq!(moved.status, 200, "{}", moved.body);
        // A rule whose occurrences last longer than they are apart.
        let shift = json!({
            "title": "Shift", "start": "2027-03-01T09:00:00", "duration": "PT30H", "recurrence": { "rrule": "FREQ=DAILY;COUNT=3" }
        });
        let bob = Desk::of(&house, "bob").await;
        let long = bob.create(&shift).await;
        long.refused(409, "schedule.conflict");
        let named =
            |place: usize| (long.text(&format!("/conflicts/{place}/recurrence_id")).to_owned(), &long.body["conflicts"][place]);
        assert_eq!((named(0).0.as_str(), named(1).0.as_str()), ("2027-03-01T09:00:00", "2027-03-02T09:00:00"));
        assert_eq!((&named(0).1["schedule_id"], &named(0).1["title"]), (&Value::Null, &json!("Shift")));
        assert_eq!(
            (named(0).1["meets"]["recurrence_id"].as_str(), &long.body["free_slots"]),
            (Some("2027-03-02T09:00:00"), &json!([]))
        );
        let made = bob.send(Call::post(&format!("{SCHEDULES}?on_conflict=allow"), &shift)).await;
        assert_eq!(made.status, 201, "{}", made.body);
        // What was allowed stays so; more of it is judged again.
        assert_eq!(bob.patch(made.text("/id"), "", &json!({ "duration": "PT28H" })).await.status, 200);
        bob.patch(made.text("/id"), "", &json!({ "duration": "PT31H" })).await.refused(409, "schedule.conflict");
        assert_eq!(bob.patch(made.text("/id"), "", &json!({ "duration": "PT24H" })).await.status, 200);
        house.close().await;
    })
    .await;
}

/// Half of every minute, from a second of it on.
fn every_minute(second: u32) -> Value {
    let list = |count: u32| (0..count).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let rule = format!("FREQ=DAILY;BYHOUR={};BYMINUTE={}", list(24), list(60));
    json!({
        "title": "Pulse", "start": format!("2026-11-23T00:00:{second:02}"), "duration": "PT30S",
        "recurrence": { "rrule": rule }, "reminders": []
    })
}

#[tokio::test]
async fn what_is_too_dense_to_be_judged_is_refused_and_had_when_that_is_allowed() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let allow = async |body: &Value| {
            let made = desk.send(Call::post(&format!("{SCHEDULES}?on_conflict=allow"), body)).await;
            assert_eq!(made.status, 201, "{}", made.body);
            made.text("/id").to_owned()
        };
        desk.create(&every_minute(0)).await.refused(409, "schedule.calendar_too_dense");
        let mut free = every_minute(0);
        free["busy"] = json!(false);
        desk.make(&free).await;
        let pulse = allow(&every_minute(0)).await;
        // A year of half minutes beside it, of which none meets, is too much as well; what meets is told at once.
        let half = json!({
            "title": "Blink", "start": "2026-11-23T09:00:30", "duration": "PT30S", "recurrence": { "rrule": "FREQ=DAILY;COUNT=730" }
        });
        desk.create(&half).await.refused(409, "schedule.calendar_too_dense");
        desk.create(&weekly("Lunch", "12:00")).await.refused(409, "schedule.conflict");
        // What happens once is judged where it is.
        desk.make(&json!({ "title": "Blink", "start": "2026-11-23T09:00:30", "duration": "PT30S" })).await;
        let met = desk.create(&hour("Lunch", "12:00")).await;
        met.refused(409, "schedule.conflict");
        assert_eq!((met.text("/conflicts/0/schedule_id"), &met.body["conflicts_truncated"]), (pulse.as_str(), &json!(true)));
        assert_eq!(desk.patch(&pulse, "", &json!({ "title": "Beat" })).await.status, 200);
        desk.patch(&pulse, "", &json!({ "duration": "PT25S" })).await.refused(409, "schedule.calendar_too_dense");
        assert_eq!(desk.patch(&pulse, "?on_conflict=allow", &json!({ "duration": "PT20S" })).await.status, 200);
        desk.bin(&pulse).await;
        desk.restore(&pulse, "").await.refused(409, "schedule.calendar_too_dense");
        assert_eq!(desk.restore(&pulse, "?on_conflict=allow").await.status, 200);
        // Nor is a gap looked for among too many.
        for second in 1..8 {
            allow(&every_minute(second)).await;
        }
        let slots = async |to: &str| desk.get(&format!("/api/v1/free-slots?from=2026-12-01&to={to}&duration=PT1H")).await;
        slots("2027-02-20").await.refused(422, "planning.calendar_too_dense");
        assert_eq!(slots("2026-12-08").await.body["items"], json!([]));
        let week = |to: &str| json!({ "title": "Work", "duration": "PT1H", "from": "2026-12-01", "to": to });
        let suggest = async |to: &str| desk.send(Call::post("/api/v1/suggestions", &week(to))).await;
        suggest("2026-12-31").await.refused(422, "planning.calendar_too_dense");
        assert_eq!(suggest("2026-12-08").await.text("/unplaced/0/reason/code"), "no_room");
        house.close().await;
    })
    .await;
}

/// What one of many writers wants: the same few hours of the same two weeks, once, every week or every day.
fn wish(number: u64) -> Value {
    let (day, quarter) = (23 + number % 6, (number * 7) % 20);
    let start = format!("2026-11-{day}T{:02}:{:02}:00", 9 + quarter / 4, 15 * (quarter % 4));
    let mut body = json!({ "title": format!("{number}"), "start": start, "duration": "PT45M", "reminders": [] });
    match number % 5 {
        0 => body["recurrence"] = json!({ "rrule": "FREQ=WEEKLY;COUNT=6" }),
        1 => body["recurrence"] = json!({ "rrule": "FREQ=DAILY;INTERVAL=2;COUNT=9" }),
        _ => {}
    }
    body
}

#[tokio::test]
async fn two_hundred_who_want_the_same_hours_at_once_never_overlap() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = &Desk::of(&house, "ada").await;
        // Of one person a hundred requests at most are under way at once, and a database may be busy: who is told so comes again.
        let sent = (0..200).map(|number| async move {
            loop {
                let reply = desk.create(&wish(number)).await;
                if !matches!(reply.status.as_u16(), 429 | 503) {
                    return (wish(number), reply);
                }
            }
        });
        let answers = futures_util::future::join_all(sent).await;
        let busy = desk.busy("2026-11-20", "2027-03-01").await;
        assert_eq!(overlaps(&busy), []);
        let made = answers.iter().filter(|(_, reply)| reply.status == 201).count();
        assert!(made >= 20, "{made} of 200 found room");
        let by_id: BTreeMap<&str, Vec<(Instant, Instant)>> = busy.iter().fold(BTreeMap::new(), |mut map, (id, start, end)| {
            map.entry(id.trim_matches('"')).or_insert_with(Vec::new).push((*start, *end));
            map
        });
        let (mut refused, mut taken) = (0, 0);
        for (wish, reply) in answers.iter().filter(|(_, reply)| reply.status != 201) {
            reply.refused(409, "schedule.conflict");
            refused += 1;
            for conflict in reply.body["conflicts"].as_array().expect("conflicts") {
                let at = |pointer: &str| -> Instant {
                    conflict.pointer(pointer).and_then(Value::as_str).and_then(|t| t.parse().ok()).expect("an instant")
                };
                let (start, end) = (at("/start"), at("/end"));
                let there = by_id[conflict["schedule_id"].as_str().expect("an id")].contains(&(start, end));
                assert!(there && at("/meets/start") < end && start < at("/meets/end"), "{wish} was refused for {conflict}");
                taken += 1;
            }
        }
        assert!(refused > 50 && taken >= refused, "{refused} were refused for {taken} reasons");
        // Once everything has settled, each refusal is still true, and each free place that is offered is free.
        let once = |(wish, reply): &&(Value, Reply)| reply.status == 409 && wish["recurrence"].is_null();
        let (wish, _) = answers.iter().rfind(once).expect("one");
        let again = desk.create(wish).await;
        again.refused(409, "schedule.conflict");
        let slot = json!({ "title": "now", "start": again.text("/free_slots/0/start"), "duration": "PT45M" });
        desk.make(&slot).await;
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn moving_and_restoring_race_with_creating_and_nothing_overlaps() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let desk = Desk::of(&house, "ada").await;
        let (mut evenings, mut binned) = (Vec::new(), Vec::new());
        for number in 0..12 {
            let day = format!("2026-12-{:02}", 1 + number);
            let made = desk.make(&json!({ "title": "m", "start": format!("{day}T20:00:00"), "duration": "PT1H" })).await;
            evenings.push((made.text("/id").to_owned(), day.clone()));
            let made = desk.make(&json!({ "title": "r", "start": format!("{day}T10:30:00"), "duration": "PT1H" })).await;
            desk.bin(made.text("/id")).await;
            binned.push(made.text("/id").to_owned());
        }
        // For each day: one moves to ten, one is restored to half past ten, one is made at a quarter to eleven.
        let at_ten =
            async |(id, day): &(String, String)| desk.patch(id, "", &json!({ "start": format!("{day}T10:00:00") })).await;
        let moves = evenings.iter().map(at_ten);
        let restores = binned.iter().map(|id| desk.restore(id, ""));
        let later = |day: &str| json!({ "title": "c", "start": format!("{day}T10:45:00"), "duration": "PT1H" });
        let makes = evenings.iter().map(async |(_, day)| desk.create(&later(day)).await);
        let (moves, restores, makes) = tokio::join!(
            futures_util::future::join_all(moves),
            futures_util::future::join_all(restores),
            futures_util::future::join_all(makes),
        );
        let busy = desk.busy("2026-11-20", "2027-01-01").await;
        assert_eq!(overlaps(&busy), []);
        for ((one, other), third) in moves.iter().zip(&restores).zip(&makes) {
            let done = [one, other, third].iter().filter(|reply| reply.status.is_success()).count();
            assert_eq!(done, 1, "{} {} {}", one.body, other.body, third.body);
        }
        house.close().await;
    })
    .await;
}
