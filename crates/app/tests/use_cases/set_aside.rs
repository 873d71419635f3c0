//! Alarms that cannot be rung, on both engines: they hold nobody else, and can be brought back.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use app::{
    alarms::{self, AlarmLane},
    domain::{
        alarms::Until,
        calendar::{Moment, Patch},
    },
};
use clockwork::{Batch as _, Pace, Stopper, run_batch};
use futures_util::future::select;
use kernel::{Clock as _, Entropy, UserId};
use store::{Open, StoreError, Tx, UseCase, scratch};
use testkit::{SeededEntropy, on_both_databases, on_both_engines};

use crate::world::{World, alarm_body, alarm_of};

struct Spoil(UserId);

impl UseCase for Spoil {
    type Out = u64;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        scratch::poison_alarms(tx, self.0).await
    }
}

/// Drives the lane until nothing is due any more.
async fn ring_what_is_due(world: &World) {
    let (lane, entropy) = (AlarmLane::new(world.app.clone()), world.app.entropy());
    let (_stopper, stop) = Stopper::new();
    let lane = pin!(run_batch(&lane, world.app.clock(), &*entropy, world.app.alarm_wake(), Pace::default(), stop));
    let quiet = pin!(async {
        while alarms::backlog(&world.app).await.expect("a count").due > 0 {
            tokio::task::yield_now().await;
        }
    });
    select(lane, quiet).await;
}

async fn states(world: &World, id: kernel::ScheduleId) -> Vec<String> {
    world.alarms(id).await.into_iter().map(|(state, reason)| format!("{state} {}", reason.unwrap_or_default())).collect()
}

/// What docs/operations.md tells an operator to run once the cause is gone.
const PUT_BACK: &str = "UPDATE alarms SET state = 'PENDING', reason = NULL, settled_at = NULL WHERE state = 'FAILED'";

#[tokio::test]
async fn an_alarm_that_cannot_be_rung_is_set_aside_and_everybody_else_is_told() {
    Box::pin(on_both_engines(async |store| {
        let world = World::new(store).await;
        let broken = world.create(10, &[0]).await;
        assert_eq!(world.app.store().write(Spoil(world.ada.user)).await.expect("spoiled"), 1);
        let sound = [world.create(9, &[0]).await, world.create(10, &[0]).await, world.create(11, &[0]).await];
        world.clock.advance(Duration::from_mins(12));

        ring_what_is_due(&world).await;
        for item in sound {
            assert_eq!(states(&world, item.id).await, ["FIRED "]);
        }
        assert_eq!(states(&world, broken.id).await, ["FAILED ringing_failed"]);
        assert_eq!(alarms::backlog(&world.app).await.expect("a count").set_aside, 1);
        assert_eq!(world.fire().await, 0, "it is no longer due");

        // Its owner can have it ring after all, or move the schedule.
        let alarm = world.alarm_rows(broken.id).await[0].id;
        let until = Until::For(Duration::from_mins(1));
        let snoozing = Box::pin(alarms::snooze(&world.app, &world.ada, (alarm, until), None, Arc::new(alarm_body)));
        let snoozed = snoozing.await.expect("snoozed");
        assert_ne!(alarm_of(&snoozed), alarm);
        assert_eq!(world.pass(1).await, 1);
        let later = Patch { start: Some(Moment::Instant(world.at(60))), ..Patch::default() };
        world.patch(broken.id, later).await;
        assert_eq!(world.pass(60).await, 1);
        let told = world.events().await.iter().filter(|(kind, _)| kind == "notification.created").count();
        assert_eq!(told, 5);
    }))
    .await;
}

#[tokio::test]
async fn what_an_operator_puts_back_rings_once_its_cause_is_gone() {
    on_both_databases(async |database| {
        let world = World::new(database.store().await).await;
        let item = world.create(10, &[0]).await;
        world.app.store().write(Spoil(world.ada.user)).await.expect("spoiled");
        world.clock.advance(Duration::from_mins(12));
        ring_what_is_due(&world).await;
        assert_eq!(states(&world, item.id).await, ["FAILED ringing_failed"]);

        let run = async |open: &Open, sql: &str| scratch::script(open, sql).await.expect("a statement of an operator");
        run(database.open(), "UPDATE alarms SET nominal = (SELECT start_wall FROM schedules WHERE id = schedule_id)").await;
        run(database.open(), PUT_BACK).await;
        ring_what_is_due(&world).await;
        assert_eq!(states(&world, item.id).await, ["FIRED "]);
        assert_eq!(alarms::backlog(&world.app).await.expect("a count").set_aside, 0);
        world.app.store().close().await;
    })
    .await;
}

/// Randomness that panics when told to.
struct Startled(SeededEntropy, AtomicBool);

impl Entropy for Startled {
    fn fill(&self, bytes: &mut [u8]) {
        assert!(!self.1.load(Ordering::Relaxed), "no randomness at the moment");
        self.0.fill(bytes);
    }
}

#[tokio::test]
async fn a_panic_while_ringing_is_an_error_of_the_rows_and_not_the_end_of_the_lane() {
    on_both_engines(async |store| {
        let startled = Arc::new(Startled(SeededEntropy::new(3), AtomicBool::new(false)));
        let world = World::with_entropy(store, Arc::clone(&startled) as Arc<dyn Entropy>).await;
        world.create(10, &[0]).await;
        world.clock.advance(Duration::from_mins(12));

        let lane = AlarmLane::new(world.app.clone());
        startled.1.store(true, Ordering::Relaxed);
        let error = lane.fire(world.clock.now(), 500).await.expect_err("it panicked");
        assert!(lane.blames_rows(&error), "{error}");
        startled.1.store(false, Ordering::Relaxed);
        assert_eq!(world.fire().await, 1);
    })
    .await;
}
