//! What one person asks for at once does not hold up another, over HTTP, on both engines.

use std::sync::Arc;

use app::on_behalf_of;
use futures_util::{FutureExt as _, future::join_all};
use kernel::UserId;
use serde_json::json;
use testkit::{
    Database, on_both_databases,
    store::{StoreError, Tx, UseCase, node, scratch},
};
use tokio::{sync::Semaphore, task::JoinHandle};

use crate::{
    desk::Desk,
    house::{Call, House, Reply},
};

/// Transactions that one person has at a time: a quarter of the eight connections that tests have, or what SQLite has.
const TURNS: usize = 2;

/// Has begun, and ends when the gate is open.
struct Held {
    begun: Arc<Semaphore>,
    gate: Arc<Semaphore>,
}

impl UseCase for Held {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        node::high_water(tx).await?;
        self.begun.add_permits(1);
        let _through = self.gate.acquire().await;
        Ok(())
    }
}

/// What somebody has under way.
struct Turns {
    held: Vec<JoinHandle<Result<(), StoreError>>>,
    gate: Arc<Semaphore>,
}

impl Turns {
    /// All that `desk` may have under way has begun.
    async fn of(desk: &Desk<'_>) -> Self {
        let me: UserId = desk.get("/api/v1/users/me").await.text("/id").parse().expect("an id");
        let (begun, gate) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let one = |_| {
            let (store, case) = (desk.house.app.store().clone(), Held { begun: Arc::clone(&begun), gate: Arc::clone(&gate) });
            tokio::spawn(async move { on_behalf_of(me, store.read(case)).await })
        };
        let held = (0..TURNS).map(one).collect();
        let all = u32::try_from(TURNS).expect("few");
        begun.acquire_many(all).await.expect("all have begun").forget();
        Self { held, gate }
    }

    /// All of it ends.
    async fn end(self) {
        self.gate.add_permits(TURNS);
        for held in self.held {
            held.await.expect("no panic").expect("read");
        }
    }
}

/// Everything a person does while somebody else keeps the server busy.
async fn is_served(desk: &Desk<'_>) {
    assert_eq!(desk.get("/api/v1/schedules").await.status, 200);
    let made = desk.make(&json!({ "title": "Tea", "start": "2026-11-20T12:00:00" })).await;
    let path = format!("/api/v1/schedules/{}", made.text("/id"));
    assert_eq!(desk.send(Call::new("POST", &format!("{path}/start?auto_suspend=true"))).await.status, 200);
    assert!(desk.export().await.text.contains("SUMMARY:Tea"));
}

#[tokio::test]
async fn who_has_as_much_under_way_as_one_may_waits_and_nobody_else_does() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let feed = ada.feed("full").await;
        let turns = Turns::of(&ada).await;

        let mut hers = Box::pin(async {
            let lists = join_all((0..20).map(|_| ada.get("/api/v1/schedules")));
            let made = json!({ "title": "Talk", "start": "2026-11-20T12:00:00" });
            let (lists, made, export) = tokio::join!(lists, ada.make(&made), ada.export());
            (lists, made, export.lines())
        });
        // Whoever reads her calendar waits like her.
        let mut reader = Box::pin(house.page(&feed));
        tokio::select! {
            biased;
            _ = &mut hers => panic!("her turns are taken"),
            _ = &mut reader => panic!("the turns of the owner are taken"),
            () = is_served(&bob) => {}
        }
        assert!(reader.as_mut().now_or_never().is_none());
        turns.end().await;
        let (lists, ..) = hers.await;
        assert!(lists.iter().all(|reply: &Reply| reply.status == 200));
        assert!(reader.await.contains("BEGIN:VCALENDAR"));
        house.close().await;
    })
    .await;
}

#[tokio::test]
async fn who_waits_for_a_turn_holds_up_nobody_who_publishes_into_the_same_room() {
    on_both_databases(async |database| {
        let house = House::open(database).await;
        let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
        let room = ada.room("Choir").await;
        ada.lets_in(&room, &bob, "member").await;
        let turns = Turns::of(&ada).await;
        let said = json!({ "room_id": room, "type": "said", "data": {} });
        let say = async |desk: &Desk<'_>| desk.send(Call::post("/api/v1/notifications/publish", &said)).await;
        let everybody = join_all((0..20).map(|number| say(if number % 2 == 0 { &ada } else { &bob })));
        let everybody = tokio::time::timeout(std::time::Duration::from_secs(20), everybody).await.expect("they are not held up");
        assert!(everybody.iter().all(|reply| reply.status == 202), "{everybody:?}");
        turns.end().await;
        house.close().await;
    })
    .await;
}

/// How many transactions of this database wait for a lock.
async fn waiting(database: &Database) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    scratch::numbers(database.open(), sql).await.expect("a number")[0]
}

#[tokio::test]
async fn a_hundred_requests_that_wait_for_one_lock_leave_connections_for_others() {
    let Some(database) = Database::postgres().await else { return };
    let house = House::open(&database).await;
    let (ada, bob) = (Desk::of(&house, "ada").await, Desk::of(&house, "bob").await);
    let made = ada.make(&json!({ "title": "Talk", "start": "2026-11-20T12:00:00" })).await;
    let start = format!("/api/v1/schedules/{}/start?auto_suspend=true", made.text("/id"));
    let mut holder = scratch::Session::open(database.open()).await.expect("connected");
    holder.run("BEGIN; SELECT * FROM users WHERE email LIKE 'ada%' FOR UPDATE").await.expect("held");

    let mut hers = Box::pin(join_all((0..90).map(|_| ada.send(Call::new("POST", &start)))));
    let turns = i64::try_from(TURNS).expect("few");
    tokio::select! {
        biased;
        _ = &mut hers => panic!("her row is locked"),
        () = async { while waiting(&database).await < turns {} } => {}
    }
    for _ in 0..3 {
        tokio::select! {
            biased;
            _ = &mut hers => panic!("her row is locked"),
            () = is_served(&bob) => {}
        }
        assert_eq!(waiting(&database).await, turns, "the rest waits without a connection");
    }
    holder.run("COMMIT").await.expect("let go");
    assert!(hers.await.iter().all(|reply| reply.status == 200));
    house.close().await;
}
