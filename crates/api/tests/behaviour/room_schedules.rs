//! Schedules that are shared with rooms, over HTTP, on both engines.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    desk::Desk,
    house::{Call, House, Reply},
    rooms::ROOMS,
};

const SCHEDULES: &str = "/api/v1/schedules";

impl Desk<'_> {
    async fn share(&self, room: &str, schedule: &str) -> Reply {
        self.send(Call::new("PUT", &format!("{ROOMS}/{room}/schedules/{schedule}"))).await
    }

    async fn end_share(&self, room: &str, schedule: &str) -> Reply {
        self.send(Call::new("DELETE", &format!("{ROOMS}/{room}/schedules/{schedule}"))).await
    }

    /// The titles of what is shared with a room.
    async fn shared(&self, room: &str) -> Vec<String> {
        let listed = self.get(&format!("{ROOMS}/{room}/schedules")).await;
        let schedules = listed.body["schedules"].as_array().unwrap_or_else(|| panic!("{}", listed.body));
        schedules.iter().map(|schedule| schedule["title"].as_str().expect("a title").to_owned()).collect()
    }

    async fn planned(&self, title: &str) -> String {
        self.make(&json!({ "title": title, "start": "2026-11-21T09:30:00" })).await.text("/id").to_owned()
    }

    async fn alter(&self, schedule: &str, query: &str, change: &Value) -> Reply {
        let call = Call::new("PATCH", &format!("{SCHEDULES}/{schedule}{query}")).json(change).header("if-match", "*");
        let reply = self.send(call).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply
    }

    async fn discard(&self, schedule: &str) {
        let reply = self.send(Call::new("DELETE", &format!("{SCHEDULES}/{schedule}")).header("if-match", "*")).await;
        assert_eq!(reply.status, 204, "{}", reply.body);
    }
}

/// What a room was told of schedules: the kind, and one member of the data.
fn said(told: Vec<(String, Value)>, member: &str) -> Vec<(String, Value)> {
    let schedules = told.into_iter().filter(|(kind, _)| kind.starts_with("schedule."));
    schedules.map(|(kind, data)| (kind, data[member].clone())).collect()
}

fn titled(expected: &[(&str, &str)]) -> Vec<(String, Value)> {
    expected.iter().map(|(kind, title)| (format!("schedule.{kind}"), json!(title))).collect()
}

#[tokio::test]
async fn a_shared_schedule_is_shown_as_it_is_and_its_changes_are_told_in_order() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let (room, ada_id) = (ada.room("Choir").await, ada.id().await);
        ada.lets_in(&room, &bob, "viewer").await;
        let read = Call::new("PUT", &format!("{ROOMS}/{room}/read")).json(&json!({ "up_to": "1-2" }));
        assert_eq!(ada.send(read).await.status, 200);
        let body = json!({ "title": "Concert", "start": "2026-11-21T19:30:00", "duration": "PT2H", "description": "secret", "location": "secret" });
        let id = ada.make(&body).await.text("/id").to_owned();
        let shared = ada.share(&room, &id).await;
        let expected = json!({
            "schedule_id": id, "shared_by": ada_id, "shared_at": shared.body["shared_at"], "title": "Concert", "all_day": false,
            "time_zone": "Asia/Seoul", "start": "2026-11-21T19:30:00", "end": "2026-11-21T21:30:00",
            "start_at": "2026-11-21T10:30:00Z", "end_at": "2026-11-21T12:30:00Z", "rrule": null, "version": 1,
        });
        assert_eq!((shared.status.as_u16(), &shared.body), (200, &expected));
        assert_eq!(ada.share(&room, &id).await.body, expected, "again");
        assert_eq!(bob.get(&format!("{ROOMS}/{room}/schedules")).await.body, json!({ "schedules": [expected] }));

        ada.alter(&id, "", &json!({ "title": "Late concert", "start": "2026-11-22T20:00:00", "end": "2026-11-22T22:00:00" })).await;
        let seen = bob.get(&format!("{ROOMS}/{room}/schedules")).await;
        assert_eq!((seen.text("/schedules/0/title"), seen.text("/schedules/0/start")), ("Late concert", "2026-11-22T20:00:00"));
        let on_it = json!({ "text": "See you!", "about": id });
        assert_eq!(ada.comment(&room, &on_it).await.status, 201);
        assert_eq!(ada.react(&room, &id, "%F0%9F%91%8D").await.status, 200);
        ada.discard(&id).await;
        assert_eq!(bob.shared(&room).await, [""; 0]);
        ada.react(&room, &id, "%F0%9F%8E%89").await.refused(404, "room.item_not_found");
        assert_eq!(bob.texts(&room, &format!("about={id}")).await, ["See you!"]);
        let restored = ada.send(Call::new("POST", &format!("{SCHEDULES}/{id}/restore"))).await;
        assert_eq!((restored.status.as_u16(), bob.shared(&room).await.len()), (200, 0), "it is shared anew, or not");

        let told: Vec<_> = bob.told(&room).await.into_iter().filter(|(kind, _)| kind.starts_with("schedule.")).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        let mut first = expected;
        let members = first.as_object_mut().expect("an object");
        members.remove("shared_by");
        members.remove("shared_at");
        members.insert("user_id".to_owned(), json!(ada_id));
        assert_eq!(told[0], ("schedule.shared".to_owned(), first));
        assert_eq!((told[1].0.as_str(), &told[1].1["start"], &told[1].1["version"]), ("schedule.changed", &json!("2026-11-22T20:00:00"), &json!(2)));
        assert_eq!(told[2], ("schedule.unshared".to_owned(), json!({ "schedule_id": id, "user_id": ada_id })));
        // Of what she did herself, none of it is new to her.
        assert_eq!(ada.get(&format!("{ROOMS}/{room}")).await.body["unread"], 0);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn each_shares_their_own_and_ends_what_they_may() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        let (bob, cy) = (Desk::of(&house, "bob").await, Desk::of(&house, "cy").await);
        let (viewer, eve) = (Desk::of(&house, "viewer").await, Desk::of(&house, "eve").await);
        let room = ada.room("Choir").await;
        ada.lets_in(&room, &bob, "member").await;
        ada.lets_in(&room, &cy, "member").await;
        ada.lets_in(&room, &viewer, "viewer").await;
        let (hers, his, seen, strange) =
            (ada.planned("hers").await, bob.planned("his").await, viewer.planned("seen").await, eve.planned("strange").await);
        for other in [&his, &strange, "sch_00000000000000000000000007"] {
            ada.share(&room, other).await.refused(404, "schedule.not_found");
        }
        viewer.share(&room, &seen).await.refused(403, "room.forbidden");
        eve.share(&room, &strange).await.refused(404, "room.not_found");
        eve.get(&format!("{ROOMS}/{room}/schedules")).await.refused(404, "room.not_found");
        for (desk, schedule) in [(&ada, &hers), (&bob, &his)] {
            house.clock.advance(Duration::from_secs(1));
            assert_eq!(desk.share(&room, schedule).await.status, 200);
        }
        viewer.end_share(&room, &his).await.refused(403, "room.forbidden");
        cy.end_share(&room, &his).await.refused(403, "room.forbidden");
        eve.end_share(&room, &his).await.refused(404, "room.not_found");
        bob.end_share(&room, &strange).await.refused(404, "room.item_not_found");
        assert_eq!(viewer.shared(&room).await, ["hers", "his"]);

        // Whoever shares something takes it back whatever they have become; an owner ends any share.
        assert_eq!(ada.make_member(&room, &bob.id().await, "viewer").await.status, 200);
        assert_eq!(bob.end_share(&room, &his).await.status, 204);
        bob.end_share(&room, &his).await.refused(404, "room.item_not_found");
        assert_eq!(ada.make_member(&room, &bob.id().await, "member").await.status, 200);
        assert_eq!(bob.share(&room, &his).await.status, 200);
        assert_eq!(ada.end_share(&room, &his).await.status, 204);
        bob.alter(&his, "", &json!({ "title": "no longer told" })).await;
        let expected = titled(&[("shared", "hers"), ("shared", "his")]);
        assert_eq!(said(ada.told(&room).await, "title")[..2], expected);
        assert_eq!(said(ada.told(&room).await, "title").len(), 5, "shared, ended, shared, ended, and nothing after");
        ada.discard(&hers).await;
        ada.share(&room, &hers).await.refused(404, "schedule.not_found");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_program_shares_only_what_it_may_read() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        let (room, id) = (ada.room("Choir").await, ada.planned("hers").await);
        let with_key = async |scopes: &[&str]| {
            let made = ada.send(Call::post("/api/v1/api-keys", &json!({ "name": "key", "scopes": scopes }))).await;
            Desk { house: &house, name: "key", token: made.text("/secret").to_owned() }
        };
        for scopes in [&["rooms:write"][..], &["events:publish"], &["schedules:read", "rooms:read"]] {
            with_key(scopes).await.share(&room, &id).await.refused(403, "identity.forbidden");
        }
        assert_eq!(ada.shared(&room).await, [""; 0]);
        assert_eq!(with_key(&["rooms:write", "schedules:read"]).await.share(&room, &id).await.status, 200);
        assert_eq!(with_key(&["rooms:write"]).await.end_share(&room, &id).await.status, 204);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn shares_end_when_who_made_them_leaves_or_is_taken_out() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let (room, other) = (ada.room("Choir").await, ada.room("Other").await);
        let id = bob.planned("his").await;
        for room in [&room, &other] {
            ada.lets_in(room, &bob, "member").await;
            assert_eq!(bob.share(room, &id).await.status, 200);
        }
        assert_eq!((bob.leave(&room).await.status.as_u16(), ada.shared(&room).await.len()), (204, 0));
        let events = ada.get(&format!("{ROOMS}/{room}/events")).await;
        let kinds: Vec<_> = events.body["events"].as_array().expect("events").iter().map(|event| event["type"].clone()).collect();
        assert_eq!(kinds, ["room.created", "member.joined", "schedule.shared", "schedule.unshared", "member.left"]);
        bob.alter(&id, "", &json!({ "title": "moved" })).await;
        assert_eq!((ada.told(&room).await.len(), ada.shared(&other).await), (2, vec!["moved".to_owned()]));
        assert_eq!(ada.take_out(&other, &bob.id().await).await.status, 204);
        bob.alter(&id, "", &json!({ "title": "moved again" })).await;
        let expected = titled(&[("shared", "his"), ("changed", "moved")]);
        let told = said(ada.told(&other).await, "title");
        assert_eq!((&told[..2], told.len()), (&expected[..], 3));
        ada.lets_in(&room, &bob, "member").await;
        assert_eq!(ada.shared(&room).await, [""; 0], "who comes back shares nothing yet");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_series_is_told_of_by_every_scope_and_what_follows_stays_shared() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        let room = ada.room("Choir").await;
        let body = json!({
            "title": "Rehearsal", "start": "2026-11-21T19:00:00", "duration": "PT1H", "recurrence": { "rrule": "FREQ=DAILY;COUNT=5" },
        });
        let id = ada.make(&body).await.text("/id").to_owned();
        assert_eq!(ada.share(&room, &id).await.text("/rrule"), "FREQ=DAILY;COUNT=5");
        let one = "?scope=this&recurrence_id=2026-11-22T19:00:00";
        ada.alter(&id, one, &json!({ "title": "Dress rehearsal" })).await;
        let rest = "?scope=following&recurrence_id=2026-11-24T19:00:00";
        let second = ada.alter(&id, rest, &json!({ "title": "Late rehearsal" })).await.text("/id").to_owned();
        assert_ne!(second, id);
        ada.alter(&id, "", &json!({ "title": "Early rehearsal" })).await;
        let mut shown = ada.shared(&room).await;
        shown.sort_unstable();
        assert_eq!(shown, ["Early rehearsal", "Late rehearsal"]);
        let cut = Call::new("DELETE", &format!("{SCHEDULES}/{id}{one}")).header("if-match", "*");
        assert_eq!(ada.send(cut).await.status, 204);
        ada.discard(&second).await;
        let expected = [("shared", "Rehearsal"), ("changed", "Rehearsal"), ("changed", "Rehearsal"), ("shared", "Late rehearsal")];
        let told = said(ada.told(&room).await, "title");
        assert_eq!(told[..4], titled(&expected));
        assert_eq!(told[4..6], titled(&[("changed", "Early rehearsal"), ("changed", "Early rehearsal")]));
        assert_eq!(said(ada.told(&room).await, "schedule_id")[6..], [("schedule.unshared".to_owned(), json!(second))]);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_shared_at_once_is_shared_once_and_changes_meet_no_ended_share() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let room = ada.room("Choir").await;
        ada.lets_in(&room, &bob, "member").await;
        let id = bob.planned("his").await;
        let same = join_all((0..8).map(|_| bob.share(&room, &id))).await;
        assert!(same.iter().all(|reply| reply.status == 200), "{same:?}");
        assert_eq!(said(ada.told(&room).await, "title"), titled(&[("shared", "his")]));

        let changes: Vec<Value> = (0..8).map(|number| json!({ "title": format!("his {number}") })).collect();
        let changing = join_all(changes.iter().map(|change| bob.alter(&id, "", change)));
        let (_, left) = tokio::join!(changing, bob.leave(&room));
        assert_eq!(left.status, 204);
        let told = said(ada.told(&room).await, "title");
        assert_eq!(
            told.iter().position(|(kind, _)| kind == "schedule.unshared"),
            Some(told.len() - 1),
            "the last word: {told:?}"
        );
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_schedule_is_shared_with_so_many_rooms_at_most() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        let id = ada.planned("hers").await;
        let mut rooms = Vec::new();
        for number in 0..22 {
            rooms.push(ada.room(&format!("Room {number}")).await);
        }
        let replies = join_all(rooms.iter().map(|room| ada.share(room, &id))).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 20, "{replies:?}");
        for refused in replies.iter().filter(|reply| reply.status != 200) {
            refused.refused(409, "room.shared_too_often");
        }
        ada.alter(&id, "", &json!({ "title": "all are told" })).await;
        for room in &rooms {
            let told = said(ada.told(room).await, "title");
            assert!(told.is_empty() || told == titled(&[("shared", "hers"), ("changed", "all are told")]), "{told:?}");
        }
        house.close().await;
    })
    .await;
}
