//! Requests of one person, or in one room, at the same moment, on PostgreSQL: all lock in one order, so that none has to be begun again.
//! SQLite has one writer, so there they cannot meet.

use std::{sync::Arc, time::Duration};

use app::{
    App,
    calendar::{self, Expected, OnConflict, Scope},
    domain::{
        alarms::ReminderRule,
        calendar::{
            Draft, Moment, Patch, RemindersDraft, Schedule,
            labels::{LabelsDraft, LabelsPatch},
        },
        identity::{Caller, ProfileChange, QuietChange, User},
        rooms::{Saying, presence::LINGER},
    },
    identity::{self, BasedOn},
    rooms::{self, Noted},
};
use futures_util::future::{BoxFuture, join_all};
use hub::Since;
use kernel::ScheduleId;
use store::scratch;
use testkit::Database;

use crate::world::{World, body, crowd, draft, room};

/// A schedule with tags of its own.
fn tagged(world: &World, title: &str) -> Draft {
    let labels = LabelsDraft { tags: vec![format!("{title} one"), format!("{title} two")], category: None };
    let reminders = RemindersDraft::Given(vec![ReminderRule::before_start(0), ReminderRule::before_start(60)]);
    Draft { labels, ..draft(title, world.clock_in(5), reminders) }
}

impl World {
    /// An instant so many minutes from now.
    fn clock_in(&self, minutes: u64) -> kernel::Instant {
        self.app.now() + Duration::from_mins(minutes)
    }

    async fn make(&self, title: &str) -> ScheduleId {
        let render = Arc::new(|s: &Schedule| body(&s.id));
        let made = calendar::create(&self.app, &self.ada, tagged(self, title), OnConflict::Allow, None, render).await;
        self.made(&made.expect("a schedule")).await.id
    }

    async fn give_a_new_tag(&self, id: ScheduleId, title: &str) {
        let labels = LabelsPatch { tags: Some(vec![format!("{title} three")]), ..LabelsPatch::default() };
        self.patch(id, Patch { labels, ..Patch::default() }).await;
    }

    async fn move_away(&self, id: ScheduleId) {
        self.patch(id, Patch { start: Some(Moment::Instant(self.clock_in(60))), ..Patch::default() }).await;
    }

    async fn discard(&self, id: ScheduleId) {
        calendar::delete(&self.app, &self.ada, id, Scope::All, Expected::Any).await.expect("deleted");
    }

    async fn discard_all(&self, ids: &[ScheduleId]) {
        let render = Arc::new(|&(): &()| body(&""));
        calendar::delete_many(&self.app, &self.ada, ids.to_vec(), None, render).await.expect("deleted");
    }

    async fn be_quiet(&self, hours: Option<&str>) {
        let quiet = hours.map_or(QuietChange::Never, |hours| QuietChange::During(hours.parse().expect("quiet hours")));
        let change = ProfileChange { quiet_hours: quiet, ..ProfileChange::default() };
        let shown = Arc::new(|user: &User| body(&user.id));
        identity::change_profile(&self.app, &self.ada, Some(BasedOn::Any), change, None, shown).await.expect("a profile");
    }
}

/// How many transactions of this database were ended because they waited for each other in a circle. Its connections must be
/// closed: they count when they end.
async fn deadlocks(database: &Database) -> i64 {
    let ask = async |sql| scratch::numbers(database.open(), sql).await.expect("a number")[0];
    while ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()").await > 0 {
        tokio::task::yield_now().await;
    }
    ask("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").await
}

#[tokio::test]
async fn what_one_person_does_at_once_never_waits_in_a_circle() {
    // One for each of those who come at once: it is locks that they are to wait for.
    let Some(database) = Database::postgres().await.map(|database| database.with_connections(16)) else { return };
    let store = database.store().await;
    let world = World::new(store.clone()).await;
    for round in 0..8 {
        let titles: Vec<String> = (0..8).map(|number| format!("{round}.{number}")).collect();
        let there = join_all(titles.iter().map(|title| Box::pin(world.make(title)))).await;
        world.be_quiet((round % 2 == 0).then_some("00:00-23:00")).await;
        world.clock.advance(Duration::from_mins(5));
        let new: Vec<String> = (0..6).map(|number| format!("{round} new {number}")).collect();
        let mut all: Vec<BoxFuture<'_, ()>> = Vec::new();
        for title in &new {
            all.push(Box::pin(async { assert_ne!(world.make(title).await, there[0]) }));
        }
        all.push(Box::pin(world.discard(there[1])));
        all.push(Box::pin(world.discard_all(&there[2..4])));
        all.push(Box::pin(world.discard(there[0])));
        all.push(Box::pin(world.give_a_new_tag(there[5], &titles[5])));
        all.push(Box::pin(world.move_away(there[6])));
        all.push(Box::pin(world.be_quiet((round % 2 == 1).then_some("00:00-22:00"))));
        for _ in 0..2 {
            all.push(Box::pin(async {
                world.fire().await;
            }));
        }
        join_all(all).await;
    }
    store.close().await;
    assert_eq!(deadlocks(&database).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_who_change_rooms_on_two_nodes_never_make_them_wait_in_a_circle() {
    let Some(database) = Database::postgres().await else { return };
    let store = database.store().await;
    let world = World::new(store.clone()).await;
    let nodes = [world.app.clone(), world.beside()];
    let both = [room(&world.app, &world.ada).await, room(&world.app, &world.ada).await];
    let people = crowd(&world.app, &both, 2).await;
    let mut open = Vec::new();
    for round in 0..16 {
        drop(open);
        for node in &nodes {
            rooms::keep_presence(node).await.expect("kept");
        }
        world.clock.advance(LINGER);
        open = Vec::new();
        for (number, (node, who)) in nodes.iter().zip(&people).enumerate() {
            open.push(rooms::attach(node, who, both[(round + number) % 2], Since::Head).await.expect("a stream"));
        }
        let keep = |node: App| tokio::spawn(async move { rooms::keep_presence(&node).await });
        for kept in join_all(nodes.iter().cloned().map(keep)).await {
            kept.expect("no panic").expect("kept");
        }
    }
    drop(open);
    store.close().await;
    assert_eq!(deadlocks(&database).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_name_each_other_while_the_room_ends_never_wait_in_a_circle() {
    let Some(database) = Database::postgres().await else { return };
    let store = database.store().await;
    let world = World::new(store.clone()).await;
    let mut all = Vec::new();
    for _ in 0..8 {
        all.push(room(&world.app, &world.ada).await);
    }
    let people = crowd(&world.app, &all, 6).await;
    let mentions: Vec<_> = people.iter().map(|one| one.user).collect();
    for room in all {
        let says = |who: Caller| {
            let (app, saying) = (world.app.clone(), Saying { text: "all".to_owned(), mentions: mentions.clone() });
            tokio::spawn(async move {
                let render = Arc::new(|_: &Noted| body(&""));
                Box::pin(rooms::comment(&app, &who, (room, None), saying, None, render)).await.map_err(|error| error.code())
            })
        };
        let saying: Vec<_> = people.iter().cloned().map(says).collect();
        rooms::delete(&world.app, &world.ada, room).await.expect("deleted");
        for said in join_all(saying).await {
            assert!(matches!(said.expect("no panic").map(drop), Ok(()) | Err("room.not_found")));
        }
    }
    store.close().await;
    assert_eq!(deadlocks(&database).await, 0);
}
