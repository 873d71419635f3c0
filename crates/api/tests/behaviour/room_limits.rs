//! How many rooms, members and invitations there may be, also of those that come at once.

use app::rooms::Settings;
use futures_util::future::join_all;
use serde_json::json;
use testkit::on_both_databases;

use crate::{
    desk::Desk,
    house::{Call, House, Reply},
    rooms::ROOMS,
};

/// How many succeeded; all others were refused with `code`.
fn succeeded(replies: &[Reply], code: &str) -> usize {
    let (fine, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status.is_success());
    for reply in &refused {
        reply.refused(409, code);
    }
    fine.len()
}

#[tokio::test]
async fn a_person_is_in_no_more_rooms_than_allowed_however_they_come_in() {
    on_both_databases(async |database| {
        let house = House::with_rooms(database, Settings { rooms_per_user: 5, ..Settings::default() }).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let made = join_all((0..12).map(|_| ada.send(Call::post(ROOMS, &json!({ "name": "Room" }))))).await;
        assert_eq!(succeeded(&made, "room.too_many"), 5);
        let first = join_all((0..3).map(|_| bob.room("His"))).await;
        let mut tokens = Vec::new();
        for room in made.iter().filter(|reply| reply.status == 201) {
            tokens.push(ada.invite(room.text("/id"), "member").await.text("/token").to_owned());
        }
        let joined = join_all(tokens.iter().map(|token| bob.accept(token))).await;
        assert_eq!(succeeded(&joined, "room.too_many"), 2);
        assert_eq!(bob.get(ROOMS).await.body["items"].as_array().map(Vec::len), Some(5));
        // What was left makes room.
        assert_eq!(bob.send(Call::new("DELETE", &format!("{ROOMS}/{}", first[0]))).await.status, 204);
        assert_eq!(bob.send(Call::post(ROOMS, &json!({ "name": "Room" }))).await.status, 201);
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_room_holds_no_more_people_and_invitations_than_allowed() {
    on_both_databases(async |database| {
        let settings = Settings { members_per_room: 3, invitations_per_room: 4, ..Settings::default() };
        let house = House::with_rooms(database, settings).await;
        let ada = Desk::of(&house, "ada").await;
        let room = ada.room("Choir").await;
        let invited = join_all((0..9).map(|_| ada.invite(&room, "member"))).await;
        assert_eq!(succeeded(&invited, "room.too_many_invitations"), 4);
        let token = invited.iter().find(|reply| reply.status == 201).expect("one of them").text("/token").to_owned();
        let mut others = Vec::new();
        for name in ["bob", "cy", "dan", "eve", "fay"] {
            others.push(Desk::of(&house, name).await);
        }
        let joined = join_all(others.iter().map(|other| other.accept(&token))).await;
        assert_eq!(succeeded(&joined, "room.full"), 2);
        assert_eq!(ada.get(&format!("{ROOMS}/{room}")).await.body["members"], 3);
        // Who is there already is not refused.
        let there = joined.iter().position(|reply| reply.status == 200).expect("somebody came in");
        assert_eq!(others[there].accept(&token).await.body["joined"], false);
        house.close().await;
    })
    .await;
}
