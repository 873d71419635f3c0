//! Who is in a room when a crowd comes at once, and when somebody is taken out at the very moment at which they open a stream.

use std::{pin::pin, time::Duration};

use app::{
    notify::{self, Topic},
    rooms::{self, NAMED_MAX},
};
use futures_util::{FutureExt as _, future::join_all};
use hub::{CloseReason, Frame, Since, Word};
use kernel::{GatewayId, Instant};
use store::{
    Fault, FaultPoint, StoreError, Tx, UseCase,
    rooms::presence::{self as rows, Stay},
};
use testkit::{SeededEntropy, on_both_engines};

use crate::world::{World, crowd, disk::Disk, room};

#[tokio::test]
async fn a_crowd_that_comes_at_once_is_one_update_for_each_reader_and_every_answer_is_bounded() {
    const CROWD: u32 = 1_200;
    on_both_engines(async |store| {
        let World { app, ada, .. } = World::new(store).await;
        let room = room(&app, &ada).await;
        let members = crowd(&app, &[room], CROWD).await;
        let mut reader = rooms::attach(&app, &ada, room, Since::Head).await.expect("a stream");
        rooms::keep_presence(&app).await.expect("kept");
        for _ in 0..2 {
            reader.next().await.expect("a greeting, and where it begins");
        }
        assert!(matches!(reader.next().await.as_deref(), Some([Frame::Presence(update)]) if update.count == 1));

        let opened = join_all(members.iter().map(|member| rooms::attach(&app, member, room, Since::Head))).await;
        assert!(opened.iter().all(Result::is_ok));
        rooms::keep_presence(&app).await.expect("kept");
        let said = reader.next().await.expect("an update");
        let [Frame::Presence(update)] = &said[..] else { panic!("{said:?}") };
        assert_eq!((update.joined.len(), update.left.len(), update.count), (NAMED_MAX, 0, 1 + CROWD as usize));
        let company = rooms::company(&app, &ada, room).await.expect("who is there");
        assert_eq!((company.members.len(), company.count, company.version), (NAMED_MAX, update.count, update.version));
        // Nothing is different, so nothing is written and nothing is said.
        rooms::keep_presence(&app).await.expect("kept");
        assert!(reader.next().now_or_never().is_none());
    })
    .await;
}

#[tokio::test]
async fn who_is_taken_out_while_their_right_is_looked_up_reads_nothing() {
    on_both_engines(async |store| {
        let World { app, ada, .. } = World::new(store).await;
        let room = room(&app, &ada).await;
        for member in crowd(&app, &[room], 20).await {
            let mut live = notify::connect(&app, &member).expect("a connection");
            {
                let mut subscribing = pin!(notify::subscribe(&app, &member, &mut live, (Topic::Room(room), Since::Head)));
                // Begun, and on one engine perhaps through already.
                let at_once = subscribing.as_mut().now_or_never();
                assert!(app.hub().guests().contains(&(member.user, room.into())), "who takes them out finds them");
                rooms::remove_member(&app, &ada, (room, member.user)).await.expect("taken out");
                let subscribed = match at_once {
                    Some(subscribed) => subscribed,
                    None => subscribing.await,
                };
                if subscribed.is_err() {
                    continue;
                }
            }
            let mut said = live.next().await.expect("words");
            said.extend(live.next().await.unwrap_or_default());
            assert!(!said.iter().any(|word| matches!(word, Word::Step(..))), "{said:?}");
            let reason = said.iter().find_map(|word| match word {
                Word::Ended { reason, .. } => Some(*reason),
                _ => None,
            });
            assert_eq!(reason, Some(CloseReason::Forbidden), "{said:?}");
        }
        assert_eq!(app.hub().guests().len(), 0);
    })
    .await;
}

/// Another process, which says that somebody is in a room.
struct Ghost(GatewayId, Stay);

impl UseCase for Ghost {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        rows::hold(tx, self.0, Instant::MAX).await?;
        rows::put(tx, self.0, &[self.1]).await.map(drop)
    }
}

#[tokio::test]
async fn what_another_life_said_is_forgotten_even_if_the_disk_is_full_at_first() {
    let (world, disk) = Disk::world().await;
    let room = room(&world.app, &world.ada).await;
    let stay = Stay { room, user: world.ada.user, streams: 1, beats: 0, seen_at: world.app.now() };
    let ghost = Ghost(GatewayId::mint(world.app.now(), &SeededEntropy::new(1)), stay);
    world.app.store().write(ghost).await.expect("said");
    let count = async || rooms::company(&world.app, &world.ada, room).await.expect("who is there").count;
    disk.fails_once(FaultPoint::BeforeCommit, Fault::Full);
    let (stopper, stop) = clockwork::Stopper::new();
    let watch = tokio::spawn(rooms::watch_presence(world.app.clone(), stop));
    let mut looks = 0;
    while count().await > 0 {
        world.clock.advance(Duration::from_millis(250));
        tokio::task::yield_now().await;
        looks += 1;
        assert!(looks < 100, "it is said for ever");
    }
    stopper.stop();
    watch.await.expect("stopped");
}
