//! How far people have read their rooms, over HTTP, on both engines.

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
    async fn reads(&self, room: &str, up_to: &str) -> Reply {
        self.send(Call::new("PUT", &format!("{ROOMS}/{room}/read")).json(&json!({ "up_to": up_to }))).await
    }

    /// The total, and what each room has.
    async fn unread(&self) -> (Value, Value) {
        let counted = self.get(&format!("{ROOMS}/unread")).await;
        (counted.body["total"].clone(), counted.body["rooms"].clone())
    }

    pub(crate) async fn says(&self, room: &str) -> Reply {
        let said = json!({ "room_id": room, "type": "said", "data": {} });
        let reply = self.send(Call::post("/api/v1/notifications/publish", &said)).await;
        assert_eq!(reply.status, 202, "{}", reply.body);
        reply
    }
}

#[tokio::test]
async fn what_others_say_is_unread_until_one_says_how_far_one_has_read() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let (room, other) = (ada.room("Choir").await, ada.room("Other").await);
        assert_eq!(ada.unread().await, (json!(0), json!([])), "what one did oneself is known");
        ada.says(&room).await;
        ada.lets_in(&room, &bob, "member").await;
        assert_eq!(bob.unread().await, (json!(0), json!([])), "nothing of what was before is new to who comes in");
        assert_eq!(ada.unread().await, (json!(1), json!([{ "room_id": room, "unread": 1 }])), "he came in");
        for _ in 0..3 {
            bob.says(&room).await;
        }
        assert_eq!(bob.unread().await.0, 0, "his own");
        assert_eq!(ada.get(&format!("{ROOMS}/{room}")).await.body["unread"], 4);
        ada.says(&room).await;
        assert_eq!(ada.unread().await.0, 5, "she had not read what was before");
        assert_eq!(bob.unread().await.0, 1);

        let (mut phone, _) = Follower::now(&house, &ada.token).await;
        let marked = ada.reads(&room, "1-4").await;
        assert_eq!(marked.body, json!({ "room_id": room, "up_to": "1-4", "unread": 3, "version": 1 }));
        let told = phone.expect().await;
        assert!(
            told.is("room.read") && told.text("up_to") == "1-4" && told.data["unread"] == 3 && told.data["version"] == 1,
            "{told:?}"
        );
        for older in ["1-4", "1-3", "1-0"] {
            assert_eq!(ada.reads(&room, older).await.body, marked.body, "{older}");
        }
        assert_eq!(ada.reads(&room, "1-7").await.body["unread"], 0);
        assert!(phone.expect().await.text("up_to") == "1-7", "and nothing was said of the older ones");
        assert_eq!((ada.unread().await.0, bob.unread().await.0), (json!(0), json!(1)), "each has a place of their own");
        for wrong in ["1-8", "2-1", "", "x", "-1"] {
            ada.reads(&room, wrong).await.refused(422, "room.invalid");
        }
        bob.reads(&other, "1-0").await.refused(404, "room.not_found");
        assert_eq!(bob.leave(&room).await.status, 204);
        assert_eq!(bob.unread().await, (json!(0), json!([])));
        bob.reads(&room, "1-1").await.refused(404, "room.not_found");
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn marks_of_many_devices_at_once_end_at_the_furthest() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let room = ada.room("Choir").await;
        ada.lets_in(&room, &bob, "member").await;
        join_all((0..10).map(|_| bob.says(&room))).await;
        let places: Vec<String> = (3..=12).rev().map(|seq| format!("1-{seq}")).collect();
        let marking = join_all(places.iter().map(|place| ada.reads(&room, place)));
        let saying = join_all((0..10).map(|_| bob.says(&room)));
        let (marked, _) = tokio::join!(marking, saying);
        assert!(marked.iter().all(|reply| reply.status == 200), "{marked:?}");
        // Of what the devices are told, the one with the highest version is the newest.
        let newest = marked.iter().filter_map(|reply| reply.body["version"].as_i64()).max();
        for reply in marked.iter().filter(|reply| reply.body["version"].as_i64() == newest) {
            assert_eq!(reply.text("/up_to"), "1-12", "{}", reply.body);
        }
        assert_eq!(ada.unread().await.0, 10);
        assert_eq!(bob.unread().await.0, 0, "whatever order his own were said in");
        house.close().await;
    })
    .await;
}
