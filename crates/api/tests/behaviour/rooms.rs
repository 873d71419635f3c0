//! Rooms, who is in them, and how people come in, over HTTP, on both engines.

use std::time::Duration;

use app::domain::identity::Scope;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::{
    desk::Desk,
    follower::Follower,
    house::{Call, House, Reply},
};

pub(crate) const ROOMS: &str = "/api/v1/rooms";
pub(crate) const ACCEPT: &str = "/api/v1/invitations/accept";

impl Desk<'_> {
    /// Makes a room and answers its id.
    pub(crate) async fn room(&self, name: &str) -> String {
        let made = self.send(Call::post(ROOMS, &json!({ "name": name }))).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.text("/id").to_owned()
    }

    pub(crate) async fn invite(&self, room: &str, role: &str) -> Reply {
        self.send(Call::post(&format!("{ROOMS}/{room}/invitations"), &json!({ "role": role }))).await
    }

    pub(crate) async fn accept(&self, token: &str) -> Reply {
        self.send(Call::post(ACCEPT, &json!({ "token": token }))).await
    }

    /// Lets `other` come into a room as `role`.
    pub(crate) async fn lets_in(&self, room: &str, other: &Desk<'_>, role: &str) {
        let token = self.invite(room, if role == "owner" { "member" } else { role }).await.text("/token").to_owned();
        let joined = other.accept(&token).await;
        assert_eq!((joined.status.as_u16(), &joined.body["joined"]), (200, &json!(true)), "{}", joined.body);
        if role == "owner" {
            assert_eq!(self.make_member(room, &other.id().await, role).await.status, 200);
        }
    }

    pub(crate) async fn make_member(&self, room: &str, user: &str, role: &str) -> Reply {
        self.send(Call::new("PATCH", &format!("{ROOMS}/{room}/members/{user}")).json(&json!({ "role": role }))).await
    }

    pub(crate) async fn take_out(&self, room: &str, user: &str) -> Reply {
        self.send(Call::new("DELETE", &format!("{ROOMS}/{room}/members/{user}"))).await
    }

    pub(crate) async fn leave(&self, room: &str) -> Reply {
        self.send(Call::new("POST", &format!("{ROOMS}/{room}/leave"))).await
    }

    pub(crate) async fn id(&self) -> String {
        self.get("/api/v1/users/me").await.text("/id").to_owned()
    }

    async fn rename(&self, room: &str, name: &str, version: &str) -> Reply {
        let call = Call::new("PATCH", &format!("{ROOMS}/{room}")).json(&json!({ "name": name }));
        self.send(call.header("if-match", version)).await
    }

    /// Names and roles of those in a room.
    async fn people_in(&self, room: &str) -> Vec<(String, String)> {
        let listed = self.get(&format!("{ROOMS}/{room}/members")).await;
        let text = |item: &Value, name: &str| item[name].as_str().expect("a text").to_owned();
        let items = listed.body["items"].as_array().unwrap_or_else(|| panic!("{}", listed.body));
        items.iter().map(|item| (text(item, "display_name"), text(item, "role"))).collect()
    }
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, role)| ((*name).to_owned(), (*role).to_owned())).collect()
}

#[tokio::test]
async fn a_room_is_made_renamed_listed_and_deleted() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        let made = ada.send(Call::post(ROOMS, &json!({ "name": "  합창단 🎶 " }))).await;
        assert_eq!(made.status, 201);
        let id = made.text("/id").to_owned();
        assert_eq!(made.header("location"), Some(format!("{ROOMS}/{id}").as_str()));
        let room = json!({ "name": "합창단 🎶", "role": "owner", "members": 1, "version": 1 });
        for (member, expected) in room.as_object().expect("members") {
            assert_eq!(&made.body[member], expected, "{member}");
        }
        assert_eq!((made.header("etag"), id.starts_with("rom_")), (Some("\"1\""), true));
        let shown = ada.get(&format!("{ROOMS}/{id}")).await;
        assert_eq!((&shown.body, shown.header("etag")), (&made.body, Some("\"1\"")));

        ada.rename(&id, "", "*").await.refused(422, "room.invalid");
        ada.rename(&id, "Choir", "\"7\"").await.refused(412, "room.version_mismatch");
        let unsaid = Call::new("PATCH", &format!("{ROOMS}/{id}")).json(&json!({ "name": "x" }));
        ada.send(unsaid).await.refused(428, "room.version_required");
        let renamed = ada.rename(&id, "Choir", "\"1\"").await;
        assert_eq!((renamed.text("/name"), renamed.header("etag")), ("Choir", Some("\"2\"")));
        assert_eq!(ada.rename(&id, " Choir ", "*").await.body["version"], 2, "the same name again");

        house.clock.advance(Duration::from_secs(1));
        let second = ada.room("Second").await;
        let listed = ada.get(&format!("{ROOMS}?limit=1")).await;
        assert_eq!(listed.text("/items/0/id"), second, "the one she joined last");
        let rest = ada.get(&format!("{ROOMS}?limit=1&cursor={}", listed.text("/next_cursor"))).await;
        assert_eq!((rest.text("/items/0/id"), &rest.body["next_cursor"]), (id.as_str(), &Value::Null));

        assert_eq!(ada.send(Call::new("DELETE", &format!("{ROOMS}/{id}"))).await.status, 204);
        ada.get(&format!("{ROOMS}/{id}")).await.refused(404, "room.not_found");
        ada.send(Call::new("DELETE", &format!("{ROOMS}/{id}"))).await.refused(404, "room.not_found");
        assert_eq!(ada.get(ROOMS).await.body["items"].as_array().map(Vec::len), Some(1));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_repeated_request_makes_one_room_and_one_invitation() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        let make = || ada.send(Call::post(ROOMS, &json!({ "name": "Choir" })).header("idempotency-key", "once"));
        let (first, again) = (make().await, make().await);
        assert_eq!((first.text("/id"), again.header("idempotent-replayed")), (again.text("/id"), Some("true")));
        let path = format!("{ROOMS}/{}/invitations", first.text("/id"));
        let invite = || ada.send(Call::post(&path, &json!({ "role": "viewer" })).header("idempotency-key", "once"));
        let (first, again) = (invite().await, invite().await);
        assert_eq!(first.text("/token"), again.text("/token"));
        assert_eq!(ada.get(&path).await.body["items"].as_array().map(Vec::len), Some(1));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn each_does_what_they_may_and_a_stranger_sees_nothing() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        let (member, viewer, eve) =
            (Desk::of(&house, "member").await, Desk::of(&house, "viewer").await, Desk::of(&house, "eve").await);
        let room = ada.room("Choir").await;
        house.clock.advance(Duration::from_secs(1));
        ada.lets_in(&room, &member, "member").await;
        house.clock.advance(Duration::from_secs(1));
        ada.lets_in(&room, &viewer, "viewer").await;
        let everybody = pairs(&[("ada", "owner"), ("member", "member"), ("viewer", "viewer")]);
        let invitation = ada.invite(&room, "viewer").await.text("/id").to_owned();
        let ada_id = ada.id().await;
        for other in [&member, &viewer] {
            assert_eq!(other.people_in(&room).await, everybody);
            assert_eq!(other.get(&format!("{ROOMS}/{room}")).await.body["members"], 3);
            other.rename(&room, "Mine", "*").await.refused(403, "room.forbidden");
            other.invite(&room, "member").await.refused(403, "room.forbidden");
            other.get(&format!("{ROOMS}/{room}/invitations")).await.refused(403, "room.forbidden");
            let revoke = Call::new("DELETE", &format!("{ROOMS}/{room}/invitations/{invitation}"));
            other.send(revoke).await.refused(403, "room.forbidden");
            other.make_member(&room, &other.id().await, "owner").await.refused(403, "room.forbidden");
            other.take_out(&room, &ada_id).await.refused(403, "room.forbidden");
            other.send(Call::new("DELETE", &format!("{ROOMS}/{room}"))).await.refused(403, "room.forbidden");
        }
        for reply in [
            eve.get(&format!("{ROOMS}/{room}")).await,
            eve.get(&format!("{ROOMS}/{room}/members")).await,
            eve.get(&format!("{ROOMS}/{room}/invitations")).await,
            eve.rename(&room, "Mine", "*").await,
            eve.invite(&room, "member").await,
            eve.make_member(&room, &eve.id().await, "owner").await,
            eve.take_out(&room, &ada_id).await,
            eve.leave(&room).await,
            eve.send(Call::new("DELETE", &format!("{ROOMS}/{room}/invitations/{invitation}"))).await,
            eve.send(Call::new("DELETE", &format!("{ROOMS}/{room}"))).await,
        ] {
            reply.refused(404, "room.not_found");
        }
        assert_eq!(eve.get(ROOMS).await.body["items"], json!([]));
        let foreign = ada.room("Other").await;
        let call = Call::new("DELETE", &format!("{ROOMS}/{foreign}/invitations/{invitation}"));
        ada.send(call).await.refused(404, "invitation.not_found");
        ada.make_member(&room, &eve.id().await, "member").await.refused(404, "room.member_not_found");
        ada.take_out(&room, &eve.id().await).await.refused(404, "room.member_not_found");
        ada.make_member(&room, &ada_id, "king").await.refused(422, "room.invalid");
        for bad in ["owner", "", "MEMBER"] {
            ada.invite(&room, bad).await.refused(422, "room.invalid");
        }
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_invitation_lets_in_whoever_has_it_until_it_expires_or_is_revoked() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let mut ada = Desk::of(&house, "ada").await;
        let (mut bob, mut eve) = (Desk::of(&house, "bob").await, Desk::of(&house, "eve").await);
        let room = ada.room("Choir").await;
        let made = ada.invite(&room, "viewer").await;
        assert_eq!(made.status, 201, "{}", made.body);
        let token = made.text("/token").to_owned();
        assert!(token.starts_with("cmi_"), "{token}");
        let listed = ada.get(&format!("{ROOMS}/{room}/invitations")).await;
        assert!(!listed.body.to_string().contains(&token[4..]), "its secret is shown once");

        let joined = bob.accept(&token).await;
        assert_eq!((&joined.body["joined"], joined.text("/room/role")), (&json!(true), "viewer"));
        assert_eq!(ada.make_member(&room, &bob.id().await, "member").await.status, 200);
        let again = bob.accept(&token).await;
        assert_eq!((&again.body["joined"], again.text("/room/role")), (&json!(false), "member"), "he is what he was");
        assert_eq!(ada.accept(&token).await.text("/room/role"), "owner");
        let listed = ada.get(&format!("{ROOMS}/{room}/invitations")).await;
        assert_eq!(listed.body["items"][0]["accepted"], 1);

        for bad in ["", "cmi_", "x", &format!("cmi_{}", "A".repeat(43)), &token.replace("cmi_", "cmf_"), &format!("{token}A")] {
            eve.accept(bad).await.refused(404, "invitation.not_found");
        }
        let second = ada.invite(&room, "member").await;
        let path = format!("{ROOMS}/{room}/invitations/{}", second.text("/id"));
        assert_eq!(ada.send(Call::new("DELETE", &path)).await.status, 204);
        ada.send(Call::new("DELETE", &path)).await.refused(404, "invitation.not_found");
        eve.accept(second.text("/token")).await.refused(404, "invitation.not_found");

        house.clock.advance(Duration::from_hours(7 * 24) - Duration::from_secs(1));
        for desk in [&mut ada, &mut bob, &mut eve] {
            desk.sign_in_again().await;
        }
        assert_eq!(eve.accept(&token).await.status, 200, "the last second");
        assert_eq!(eve.leave(&room).await.status, 204);
        house.clock.advance(Duration::from_secs(1));
        eve.accept(&token).await.refused(404, "invitation.not_found");
        assert_eq!(ada.get(&format!("{ROOMS}/{room}/invitations")).await.body["items"], json!([]));

        let last = ada.invite(&room, "member").await.text("/token").to_owned();
        assert_eq!(ada.send(Call::new("DELETE", &format!("{ROOMS}/{room}"))).await.status, 204);
        eve.accept(&last).await.refused(404, "invitation.not_found");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn many_accept_one_invitation_at_once_and_everybody_is_in_once() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let ada = Desk::of(&house, "ada").await;
        let (bob, eve) = (Desk::of(&house, "bob").await, Desk::of(&house, "eve").await);
        let room = ada.room("Choir").await;
        let token = ada.invite(&room, "member").await.text("/token").to_owned();
        let replies = join_all((0..8).flat_map(|_| [bob.accept(&token), eve.accept(&token)])).await;
        assert!(replies.iter().all(|reply| reply.status == 200), "{replies:?}");
        assert_eq!(replies.iter().filter(|reply| reply.body["joined"] == true).count(), 2);
        assert_eq!(ada.people_in(&room).await.len(), 3);
        let listed = ada.get(&format!("{ROOMS}/{room}/invitations")).await;
        assert_eq!(
            (&listed.body["items"][0]["accepted"], &ada.get(ROOMS).await.body["items"][0]["members"]),
            (&json!(2), &json!(3))
        );
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_room_is_never_without_an_owner_whatever_happens_at_once() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let (ada_id, bob_id) = (ada.id().await, bob.id().await);
        let alone = ada.room("Alone").await;
        ada.leave(&alone).await.refused(409, "room.last_owner");
        ada.take_out(&alone, &ada_id).await.refused(409, "room.last_owner");
        ada.make_member(&alone, &ada_id, "viewer").await.refused(409, "room.last_owner");
        for round in 0..6 {
            let room = ada.room(&format!("Room {round}")).await;
            ada.lets_in(&room, &bob, "owner").await;
            let (one, other) = match round % 3 {
                0 => tokio::join!(ada.leave(&room), bob.leave(&room)),
                1 => tokio::join!(ada.make_member(&room, &ada_id, "member"), bob.make_member(&room, &bob_id, "viewer")),
                _ => tokio::join!(ada.take_out(&room, &bob_id), bob.take_out(&room, &ada_id)),
            };
            let mut statuses = [one.status.as_u16(), other.status.as_u16()];
            statuses.sort_unstable();
            let expected = match round % 3 {
                // The second is the last owner; or, of those who take each other out, not there any more.
                0 => [204, 409],
                1 => [200, 409],
                _ => [204, 404],
            };
            assert_eq!(statuses, expected, "round {round}: {} {}", one.body, other.body);
            // Who left or became less was the first; who was taken out is not there.
            let left = if one.status.is_success() == (round % 3 == 2) { &ada } else { &bob };
            let people = left.people_in(&room).await;
            assert_eq!(people.iter().filter(|(_, role)| role == "owner").count(), 1, "{people:?}");
        }
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn who_was_taken_out_is_out_from_the_next_request_on() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let room = ada.room("Choir").await;
        ada.lets_in(&room, &bob, "owner").await;
        let key = json!({ "name": "key", "scopes": ["events:publish"] });
        let secret = bob.send(Call::post("/api/v1/api-keys", &key)).await.text("/secret").to_owned();
        assert_eq!(house.send(Call::get(&format!("{ROOMS}/{room}")).bearer(&secret)).await.status, 200);
        assert_eq!(ada.take_out(&room, &bob.id().await).await.status, 204);
        bob.get(&format!("{ROOMS}/{room}")).await.refused(404, "room.not_found");
        bob.get(&format!("{ROOMS}/{room}/members")).await.refused(404, "room.not_found");
        bob.invite(&room, "member").await.refused(404, "room.not_found");
        house.send(Call::get(&format!("{ROOMS}/{room}")).bearer(&secret)).await.refused(404, "room.not_found");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_service_key_manages_rooms_of_its_user_within_its_scopes() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let key = async |scopes: &[Scope]| {
            let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
            let made = ada.send(Call::post("/api/v1/api-keys", &json!({ "name": "key", "scopes": scopes }))).await;
            made.text("/secret").to_owned()
        };
        let (reads, publishes) = (key(&[Scope::RoomsRead]).await, key(&[Scope::EventsPublish]).await);
        let make = || Call::post(ROOMS, &json!({ "name": "Orders" }));
        house.send(make().bearer(&reads)).await.refused(403, "identity.forbidden");
        let room = house.send(make().bearer(&publishes)).await.text("/id").to_owned();
        assert_eq!(house.send(Call::get(&format!("{ROOMS}/{room}")).bearer(&reads)).await.text("/role"), "owner");
        let path = format!("{ROOMS}/{room}/invitations");
        house.send(Call::get(&path).bearer(&reads)).await.refused(403, "identity.forbidden");
        let invited = house.send(Call::post(&path, &json!({ "role": "viewer" })).bearer(&publishes)).await;
        bob.accept(invited.text("/token")).await;
        let change = Call::new("PATCH", &format!("{ROOMS}/{room}/members/{}", bob.id().await)).json(&json!({ "role": "member" }));
        assert_eq!(house.send(change.bearer(&publishes)).await.text("/role"), "member");
        assert_eq!(ada.people_in(&room).await.len(), 2);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_becomes_of_ones_rooms_is_said_on_ones_own_stream() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let room = ada.room("Choir").await;
        let (mut follower, _) = Follower::now(&house, &bob.token).await;
        let expect = async |follower: &mut Follower, change: &str| {
            let said = follower.expect().await;
            assert!(said.is("room.changed") && said.text("room_id") == room && said.text("change") == change, "{said:?}");
        };
        ada.lets_in(&room, &bob, "owner").await;
        expect(&mut follower, "joined").await;
        expect(&mut follower, "role").await;
        assert_eq!(ada.make_member(&room, &bob.id().await, "owner").await.status, 200, "which changes nothing");
        assert_eq!(ada.take_out(&room, &bob.id().await).await.status, 204);
        expect(&mut follower, "removed").await;
        ada.lets_in(&room, &bob, "viewer").await;
        expect(&mut follower, "joined").await;
        assert_eq!(ada.send(Call::new("DELETE", &format!("{ROOMS}/{room}"))).await.status, 204);
        expect(&mut follower, "deleted").await;
        house.close().await;
    })
    .await;
}
