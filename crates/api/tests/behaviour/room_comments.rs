//! What people say in rooms, and whom they name, over HTTP, on both engines.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    desk::Desk,
    follower::Follower,
    house::{Call, House, Reply},
    rooms::ROOMS,
};

impl Desk<'_> {
    pub(crate) async fn comment(&self, room: &str, body: &Value) -> Reply {
        self.send(Call::post(&format!("{ROOMS}/{room}/comments"), body)).await
    }

    /// Says something in a room and answers the id of that.
    pub(crate) async fn remark(&self, room: &str, text: &str) -> String {
        let made = self.comment(room, &json!({ "text": text })).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.text("/id").to_owned()
    }

    async fn reword(&self, room: &str, comment: &str, change: &Value) -> Reply {
        self.send(Call::new("PATCH", &format!("{ROOMS}/{room}/comments/{comment}")).json(change)).await
    }

    async fn delete_comment(&self, room: &str, comment: &str) -> Reply {
        self.send(Call::new("DELETE", &format!("{ROOMS}/{room}/comments/{comment}"))).await
    }

    pub(crate) async fn texts(&self, room: &str, query: &str) -> Vec<String> {
        let listed = self.get(&format!("{ROOMS}/{room}/comments?{query}")).await;
        let comments = listed.body["comments"].as_array().unwrap_or_else(|| panic!("{}", listed.body));
        comments.iter().map(|comment| comment["text"].as_str().expect("a text").to_owned()).collect()
    }

    /// Types and data of what happened in a room since it was made, but for who came and went.
    pub(crate) async fn told(&self, room: &str) -> Vec<(String, Value)> {
        let listed = self.get(&format!("{ROOMS}/{room}/events?limit=500")).await;
        let events = listed.body["events"].as_array().unwrap_or_else(|| panic!("{}", listed.body)).clone();
        let told = events.into_iter().map(|event| (event["type"].as_str().expect("a type").to_owned(), event["data"].clone()));
        told.filter(|(kind, _)| !kind.starts_with("room.") && !kind.starts_with("member.")).collect()
    }

    /// What this person was told of mentions, the newest first.
    async fn mentions(&self) -> Vec<Value> {
        let inbox = self.get("/api/v1/notifications?kind=mention").await;
        inbox.body["items"].as_array().expect("items").clone()
    }
}

#[tokio::test]
async fn a_comment_is_said_listed_changed_and_deleted_and_everybody_is_told() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let room = ada.room("Choir").await;
        ada.lets_in(&room, &bob, "viewer").await;
        let made = ada.comment(&room, &json!({ "text": "  안녕 <b>\n둘째 줄 " })).await;
        assert_eq!((made.status.as_u16(), made.header("etag")), (201, Some("\"1\"")), "{}", made.body);
        let (id, ada_id) = (made.text("/id").to_owned(), ada.id().await);
        let shown = json!({
            "id": id, "room_id": room, "about": null, "author_id": ada_id, "author": "ada", "text": "안녕 <b>\n둘째 줄",
            "mentions": [], "created_at": made.body["created_at"], "edited_at": null, "version": 1, "reactions": [],
        });
        assert_eq!(made.body, shown);
        let listed = bob.get(&format!("{ROOMS}/{room}/comments")).await;
        assert_eq!(listed.body, json!({ "comments": [shown], "next_cursor": null }));

        house.clock.advance(Duration::from_secs(1));
        let reply = ada.comment(&room, &json!({ "text": "And more", "about": id })).await;
        assert_eq!(reply.body["about"], json!(id));
        let event = ada.get(&format!("{ROOMS}/{room}/events")).await.text("/events/0/event_id").to_owned();
        let noted = ada.comment(&room, &json!({ "text": "On the event", "about": event })).await;
        assert_eq!((noted.status.as_u16(), &noted.body["about"]), (201, &json!(event)));
        assert_eq!(bob.texts(&room, &format!("about={id}")).await, ["And more"]);
        assert_eq!(bob.texts(&room, &format!("about={event}")).await, ["On the event"]);

        let path = format!("{ROOMS}/{room}/comments/{id}");
        let stale = Call::new("PATCH", &path).json(&json!({ "text": "x" })).header("if-match", "\"7\"");
        ada.send(stale).await.refused(412, "comment.version_mismatch");
        let changed = ada.reword(&room, &id, &json!({ "text": "Now" })).await;
        assert_eq!((changed.text("/text"), changed.header("etag")), ("Now", Some("\"2\"")), "{}", changed.body);
        assert!(changed.body["edited_at"].is_string());
        for nothing in [json!({}), json!({ "text": " Now " })] {
            assert_eq!(ada.reword(&room, &id, &nothing).await.body, changed.body, "no change");
        }
        ada.send(Call::new("DELETE", &path).header("if-match", "\"1\"")).await.refused(412, "comment.version_mismatch");
        assert_eq!(ada.delete_comment(&room, &id).await.status, 204);
        ada.delete_comment(&room, &id).await.refused(404, "comment.not_found");
        ada.reword(&room, &id, &json!({ "text": "x" })).await.refused(404, "comment.not_found");
        assert_eq!(bob.texts(&room, &format!("about={id}")).await, ["And more"], "what others said of it stays");

        let created = |id: &str, about: &Value, text: &str| {
            let data = json!({ "comment_id": id, "about": about, "author_id": ada_id, "text": text, "mentions": [] });
            ("comment.created".to_owned(), data)
        };
        let data = json!({ "comment_id": id, "about": null, "text": "Now", "mentions": [], "version": 2 });
        let expected = [
            created(&id, &Value::Null, "안녕 <b>\n둘째 줄"),
            created(reply.text("/id"), &json!(id), "And more"),
            created(noted.text("/id"), &json!(event), "On the event"),
            ("comment.updated".to_owned(), data),
            ("comment.deleted".to_owned(), json!({ "comment_id": id, "about": null })),
        ];
        assert_eq!(bob.told(&room).await, expected);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn each_says_changes_and_deletes_what_they_may() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        let (member, viewer, eve) =
            (Desk::of(&house, "member").await, Desk::of(&house, "viewer").await, Desk::of(&house, "eve").await);
        let room = ada.room("Choir").await;
        ada.lets_in(&room, &member, "member").await;
        ada.lets_in(&room, &viewer, "viewer").await;
        let (hers, his) = (ada.remark(&room, "hers").await, member.remark(&room, "his").await);
        let change = json!({ "text": "x" });
        viewer.comment(&room, &change).await.refused(403, "room.forbidden");
        viewer.reword(&room, &hers, &change).await.refused(403, "room.forbidden");
        viewer.delete_comment(&room, &hers).await.refused(403, "room.forbidden");
        member.reword(&room, &hers, &change).await.refused(403, "comment.not_yours");
        member.delete_comment(&room, &hers).await.refused(403, "comment.not_yours");
        ada.reword(&room, &his, &change).await.refused(403, "comment.not_yours");
        for reply in [
            eve.comment(&room, &change).await,
            eve.reword(&room, &hers, &change).await,
            eve.delete_comment(&room, &hers).await,
            eve.get(&format!("{ROOMS}/{room}/comments")).await,
        ] {
            reply.refused(404, "room.not_found");
        }
        // What is in one room is not in another.
        let own = eve.room("Own").await;
        eve.reword(&own, &hers, &change).await.refused(404, "comment.not_found");
        eve.delete_comment(&own, &hers).await.refused(404, "comment.not_found");
        eve.comment(&own, &json!({ "text": "x", "about": hers })).await.refused(422, "room.invalid");
        let event = ada.get(&format!("{ROOMS}/{room}/events")).await.text("/events/0/event_id").to_owned();
        eve.comment(&own, &json!({ "text": "x", "about": event })).await.refused(422, "room.invalid");
        assert_eq!(eve.texts(&own, &format!("about={hers}")).await, [""; 0]);

        let as_it_was = member.remark(&room, "to be taken back").await;
        assert_eq!(ada.make_member(&room, &member.id().await, "viewer").await.status, 200);
        member.reword(&room, &as_it_was, &change).await.refused(403, "room.forbidden");
        assert_eq!(member.delete_comment(&room, &as_it_was).await.status, 204, "one's own one takes back as anybody");
        assert_eq!(ada.delete_comment(&room, &his).await.status, 204, "an owner");
        assert_eq!(ada.take_out(&room, &member.id().await).await.status, 204);
        member.get(&format!("{ROOMS}/{room}/comments")).await.refused(404, "room.not_found");
        assert_eq!(ada.texts(&room, "").await, ["hers"]);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_comment_has_a_form_and_pages_go_on() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        let room = ada.room("Choir").await;
        let stranger = Desk::of(&house, "bob").await.id().await;
        for bad in [
            json!({ "text": "" }),
            json!({ "text": " \u{200b}" }),
            json!({ "text": "a\u{0}" }),
            json!({ "text": "가".repeat(4001) }),
            json!({ "text": "x", "about": "x" }),
            json!({ "text": "x", "about": room }),
            json!({ "text": "x", "about": "evt_00000000000000000000000007" }),
            json!({ "text": "x", "about": "sch_00000000000000000000000007" }),
            json!({ "text": "x", "mentions": [stranger] }),
            json!({ "text": "x", "mentions": vec![stranger; 21] }),
        ] {
            ada.comment(&room, &bad).await.refused(422, "room.invalid");
        }
        for bad in [json!({}), json!({ "text": 7 }), json!({ "text": "x", "mentions": ["bob"] }), json!({ "text": "x", "to": 1 })]
        {
            ada.comment(&room, &bad).await.refused(422, "body.invalid");
        }
        ada.get(&format!("{ROOMS}/{room}/comments?about=x")).await.refused(422, "query.invalid");
        let once = || Call::post(&format!("{ROOMS}/{room}/comments"), &json!({ "text": "0" })).header("idempotency-key", "once");
        let (first, again) = (ada.send(once()).await, ada.send(once()).await);
        assert_eq!((first.text("/id"), again.header("idempotent-replayed")), (again.text("/id"), Some("true")));
        for number in 1..5 {
            house.clock.advance(Duration::from_secs(1));
            ada.remark(&room, &number.to_string()).await;
        }
        ada.remark(&room, &"가".repeat(4000)).await;
        let (mut cursor, mut seen) = (String::new(), Vec::new());
        loop {
            let page = ada.get(&format!("{ROOMS}/{room}/comments?limit=2{cursor}")).await;
            seen.extend(page.body["comments"].as_array().expect("comments").iter().map(|comment| comment["text"].clone()));
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        seen.retain(|text| text.as_str().is_some_and(|text| text.len() == 1));
        assert_eq!(seen, ["4", "3", "2", "1", "0"]);
        let about = "about=evt_00000000000000000000000007";
        ada.get(&format!("{ROOMS}/{room}/comments?{about}{cursor}")).await.refused(400, "cursor.malformed");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn whom_a_comment_names_is_told_once_in_their_language_also_over_edits() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob, cy) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await, Desk::of(&house, "cy").await);
        let korean = Call::new("PATCH", "/api/v1/users/me").json(&json!({ "locale": "ko" })).header("if-match", "*");
        assert_eq!(cy.send(korean).await.status, 200);
        let room = ada.room("Choir").await;
        ada.lets_in(&room, &bob, "viewer").await;
        ada.lets_in(&room, &cy, "member").await;
        let (ada_id, bob_id, cy_id) = (ada.id().await, bob.id().await, cy.id().await);
        let (mut his, _) = Follower::now(&house, &bob.token).await;
        let made = ada.comment(&room, &json!({ "text": "Come!", "mentions": [bob_id, ada_id, bob_id] })).await;
        let id = made.text("/id").to_owned();
        let named = made.body["mentions"].as_array().expect("mentions");
        assert!(named.len() == 2 && named.contains(&json!(ada_id)) && named.contains(&json!(bob_id)), "{named:?}");
        let told = his.expect().await;
        assert!(told.is("notification.created") && told.text("type") == "mention", "{told:?}");
        assert!(his.expect().await.is("unread.changed"));
        let data = json!({ "room_id": room, "comment_id": id, "author_id": ada_id });
        let mentions = bob.mentions().await;
        assert_eq!((mentions.len(), &mentions[0]["data"]), (1, &data));
        assert_eq!((&mentions[0]["title"], &mentions[0]["body"]), (&json!("ada mentioned you in Choir"), &json!("Come!")));
        assert_eq!(
            (ada.mentions().await.len(), bob.get("/api/v1/notifications/unread").await.body["count"].clone()),
            (0, json!(1))
        );

        // Neither naming him again, nor after he was left out, nor after he has deleted what he was told.
        ada.reword(&room, &id, &json!({ "text": "Come soon!" })).await;
        ada.reword(&room, &id, &json!({ "mentions": [] })).await;
        let path = format!("/api/v1/notifications/{}", mentions[0]["id"].as_str().expect("an id"));
        assert_eq!(bob.send(Call::new("DELETE", &path)).await.status, 204);
        let changed = ada.reword(&room, &id, &json!({ "mentions": [cy_id, bob_id] })).await;
        assert_eq!(changed.body["mentions"].as_array().map(Vec::len), Some(2), "{}", changed.body);
        assert_eq!((bob.mentions().await.len(), cy.mentions().await.len()), (0, 1));
        assert_eq!(cy.mentions().await[0]["title"], "ada 님이 Choir에서 회원님을 언급했습니다");

        // Who is taken out stays named, and nobody new from outside is.
        assert_eq!(ada.take_out(&room, &bob_id).await.status, 204);
        let kept = ada.reword(&room, &id, &json!({ "text": "Late", "mentions": [bob_id] })).await;
        assert_eq!((kept.status.as_u16(), &kept.body["mentions"]), (200, &json!([bob_id])), "{}", kept.body);
        ada.reword(&room, &id, &json!({ "mentions": [] })).await;
        ada.reword(&room, &id, &json!({ "mentions": [bob_id] })).await.refused(422, "room.invalid");
        ada.comment(&room, &json!({ "text": "x", "mentions": [bob_id] })).await.refused(422, "room.invalid");
        assert_eq!(bob.mentions().await.len(), 0);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn many_edits_and_removals_at_once_tell_each_at_most_once() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob, cy) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await, Desk::of(&house, "cy").await);
        let room = ada.room("Choir").await;
        ada.lets_in(&room, &bob, "member").await;
        ada.lets_in(&room, &cy, "member").await;
        let (bob_id, cy_id) = (bob.id().await, cy.id().await);
        let id = ada.remark(&room, "Come!").await;
        let bodies: Vec<Value> =
            (0..12).map(|number| json!({ "text": format!("Come {number}"), "mentions": [bob_id, cy_id] })).collect();
        let editing = join_all(bodies.iter().map(|body| ada.reword(&room, &id, body)));
        let (edited, out) = tokio::join!(editing, ada.take_out(&room, &cy_id));
        assert_eq!(out.status, 204);
        // Once he is out he cannot be named, unless he was before.
        assert!(edited.iter().all(|reply| reply.status == 200 || reply.status == 422), "{edited:?}");
        let succeeded = edited.iter().filter(|reply| reply.status == 200).count();
        assert_eq!(bob.mentions().await.len(), usize::from(succeeded > 0));
        assert_eq!(cy.mentions().await.len(), usize::from(succeeded > 0));
        let told = ada.told(&room).await;
        assert_eq!(told.iter().filter(|(kind, _)| kind == "comment.updated").count(), succeeded);
        let versions: Vec<_> = told.iter().skip(1).map(|(_, data)| data["version"].as_u64().expect("a version")).collect();
        assert!(versions.is_sorted(), "events are in the order of the changes: {versions:?}");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn who_says_or_names_too_much_in_a_minute_is_told_when_to_come_back() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob, cy) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await, Desk::of(&house, "cy").await);
        let (room, other) = (ada.room("Choir").await, ada.room("Other").await);
        ada.lets_in(&room, &bob, "member").await;
        ada.lets_in(&room, &cy, "member").await;
        let naming = json!({ "text": "You two!", "mentions": [bob.id().await, cy.id().await, ada.id().await] });
        for _ in 0..30 {
            assert_eq!(ada.comment(&room, &naming).await.status, 201);
        }
        house.clock.advance(Duration::from_secs(10));
        let refused = ada.comment(&room, &naming).await;
        assert_eq!(refused.header("retry-after"), Some("50"));
        refused.refused(429, "room.too_fast");
        assert_eq!((bob.mentions().await.len(), ada.texts(&room, "limit=100").await.len()), (30, 30));
        let id = ada.remark(&room, "Nobody.").await;
        ada.reword(&room, &id, &naming).await.refused(429, "room.too_fast");
        for number in 0..29 {
            let changed = ada.reword(&room, &id, &json!({ "text": format!("Nobody {number}.") })).await;
            assert_eq!(changed.status, 200, "{}", changed.body);
        }
        ada.reword(&room, &id, &json!({ "text": "Nobody at all." })).await.refused(429, "room.too_fast");
        ada.comment(&room, &json!({ "text": "Me again" })).await.refused(429, "room.too_fast");
        assert_eq!(ada.delete_comment(&room, &id).await.status, 204, "that is less, not more");
        bob.remark(&room, "Is she gone?").await;
        ada.remark(&other, "Elsewhere.").await;
        house.clock.advance(Duration::from_secs(50));
        assert_eq!(ada.comment(&room, &naming).await.status, 201);
        house.close().await;
    })
    .await;
}
