//! What is forgotten, on both engines: all of what is old, nothing else, and a run that was cut short goes on where it was.

use std::{sync::Arc, time::Duration};

use app::{
    calendar::Expected,
    campaigns::{self, rounds as restock},
    domain::{
        calendar::{RemindersDraft, labels::LabelsDraft, search::Query},
        campaigns::{ProductDraft, ProductName},
        rooms::Saying as Remark,
        tasks::{Task, TaskDraft},
    },
    housekeeping::{self, JobLane, Retention},
    notify,
    rooms::{self, Noted},
    tasks,
};
use clockwork::{Leased as _, Outcome, Settlement};
use domain::notify::Shelf;
use futures_util::future::join;
use kernel::{Clock as _, EventId, Instant, StreamId, UserId};
use store::{StoreError, Tx, UseCase, calendar::filtered::Narrow, jobs::Claimed, scratch, streams, tasks::lists};
use testkit::{SeededEntropy, on_both_databases, on_both_engines};

use crate::{
    rounds::shop::{Shop, Sold, name},
    world::{self, World, disk::Disk, room},
};

const DAY: Duration = Duration::from_hours(24);

/// Appends many events to a stream.
struct Append(StreamId, usize, Instant);

impl UseCase for Append {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let entropy = SeededEntropy::new(self.1 as u64);
        let draft = |_| streams::Draft {
            stream: self.0,
            id: EventId::mint(self.2, &entropy),
            kind: "schedule.changed".into(),
            data: "{}".to_owned(),
        };
        streams::append(tx, (0..self.1).map(draft).collect(), self.2).await.map(|_| ())
    }
}

/// How many events of a stream are kept.
struct Kept(StreamId);

impl UseCase for Kept {
    type Out = i64;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<i64, StoreError> {
        let extent = streams::extent(tx, self.0).await?.expect("the stream is there");
        Ok(extent.head.seq + 1 - extent.low)
    }
}

async fn kept(world: &World, stream: StreamId) -> i64 {
    world.app.store().read(Kept(stream)).await.expect("an extent")
}

/// Claims the job of this kind; the others stay claimed for as long as a lease.
async fn claim(world: &World, lane: &JobLane, kind: &str) -> Claimed {
    let claim = lane.claim(world.clock.now(), lane.lease(), 100).await.expect("jobs are claimed");
    claim.rows.into_iter().find(|job| job.kind == kind).expect("the job is due")
}

/// Works on a job, and lets so much time pass as soon as it has begun.
async fn work(world: &World, lane: &JobLane, job: &Claimed, passes: Duration) -> Duration {
    let (outcome, ()) = join(lane.handle(job), async { world.clock.advance(passes) }).await;
    match outcome {
        Outcome::Again(at) => {
            let now = world.clock.now();
            assert!(lane.settle(job, Settlement::Again(at), now).await.expect("settled"));
            at.since(now)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_stream_is_trimmed_to_the_last_old_event_however_many_there_are() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let (ada, grace) = (StreamId::from(world.ada.user), StreamId::from(world.grace.user));
        housekeeping::plan(&world.app).await.expect("planned");
        world.app.store().write(Append(ada, 1_300, world.clock.now())).await.expect("appended");
        world.app.store().write(Append(grace, 500, world.clock.now())).await.expect("appended");
        world.clock.advance(31 * DAY);
        world.app.store().write(Append(ada, 7, world.clock.now())).await.expect("appended");
        let lane = JobLane::new(world.app.clone(), Retention::default());
        let job = claim(&world, &lane, "purge_events").await;
        assert_eq!(work(&world, &lane, &job, Duration::ZERO).await, DAY);
        assert_eq!((kept(&world, ada).await, kept(&world, grace).await), (7, 0));
    })
    .await;
}

#[tokio::test]
async fn a_purge_that_was_cut_short_goes_on_soon_and_where_it_was() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        let mut streams = [StreamId::from(world.ada.user), StreamId::from(world.grace.user)];
        streams.sort_unstable();
        housekeeping::plan(&world.app).await.expect("planned");
        for stream in streams {
            world.app.store().write(Append(stream, 600, world.clock.now())).await.expect("appended");
        }
        world.clock.advance(31 * DAY);
        let lane = JobLane::new(world.app.clone(), Retention::default());
        let minute = Duration::from_mins(1);
        for left in [(100, 600), (0, 100)] {
            let job = claim(&world, &lane, "purge_events").await;
            let pause = work(&world, &lane, &job, minute).await;
            assert!(pause < minute, "not in a day: after {pause:?}");
            assert_eq!((kept(&world, streams[0]).await, kept(&world, streams[1]).await), left);
            world.clock.advance(pause);
        }
        let job = claim(&world, &lane, "purge_events").await;
        assert_eq!(job.payload, format!(r#"{{"place":"{}"}}"#, streams[0].uuid()), "behind the first stream");
        // Its holder dies; the next one knows as much, and begins anew only when all is done.
        world.clock.advance(lane.lease());
        let job = claim(&world, &lane, "purge_events").await;
        assert_eq!(work(&world, &lane, &job, Duration::ZERO).await, DAY);
        assert_eq!(kept(&world, streams[1]).await, 0);
        world.clock.advance(DAY);
        assert_eq!(claim(&world, &lane, "purge_events").await.payload, "{}");
    })
    .await;
}

#[tokio::test]
async fn a_notification_goes_long_after_it_was_read_and_an_unread_one_much_later_with_the_count() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        housekeeping::plan(&world.app).await.expect("planned");
        for minutes in [10, 20, 30] {
            world.create(minutes, &[5]).await;
        }
        assert_eq!(world.pass(30).await, 3);
        let listing = || notify::Listing { shelf: Shelf::All, kind: None, before: None, limit: 10 };
        let inbox = async || notify::list(&world.app, &world.ada, listing()).await.expect("a list").items;
        let [unread, read, deleted] = inbox().await.try_into().expect("three rang");
        notify::mark(&world.app, &world.ada, (read.id, true), None, std::sync::Arc::new(|_| world::body(&"read")))
            .await
            .expect("marked");
        notify::delete(&world.app, &world.ada, deleted.id).await.expect("deleted");
        let lane = JobLane::new(world.app.clone(), Retention::default());
        let events = world.events().await.len();

        for (days, left) in [(89, vec![unread.id, read.id]), (2, vec![unread.id]), (273, vec![unread.id]), (2, vec![])] {
            world.clock.advance(days * DAY);
            let job = claim(&world, &lane, "purge_notifications").await;
            work(&world, &lane, &job, Duration::ZERO).await;
            assert_eq!(inbox().await.iter().map(|row| row.id).collect::<Vec<_>>(), left, "{days} days later");
            let count = notify::unread(&world.app, &world.ada).await.expect("a count").count;
            assert_eq!(count, i64::from(!left.is_empty()));
            assert_eq!(world.events().await.len() - events, usize::from(left.is_empty()), "only a changed count is told");
        }
        let (kind, data) = world.events().await.pop().expect("an event");
        assert!(kind == "unread.changed" && data.contains("\"count\":0"), "{kind} {data}");
    })
    .await;
}

/// How many tasks of somebody say this.
struct Saying(UserId, &'static str);

impl UseCase for Saying {
    type Out = usize;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<usize, StoreError> {
        let narrow = Narrow { query: Query::parse(self.1).ok(), ..Narrow::default() };
        let filter = lists::Filter {
            state: None,
            archived: false,
            ready: false,
            before: None,
            parent: None,
            narrow,
            sort: lists::Sort::Deadline,
            after: None,
            limit: 1_000,
        };
        Ok(lists::page(tx, self.0, &filter).await?.len())
    }
}

#[tokio::test]
async fn tasks_that_are_older_than_the_search_are_found_after_a_while() {
    on_both_databases(async |database| {
        let world = World::new(database.store().await).await;
        housekeeping::plan(&world.app).await.expect("planned");
        let draft = |number: usize| TaskDraft {
            title: format!("Report {number}"),
            description: "주간회의록".to_owned(),
            labels: LabelsDraft { category: None, tags: vec!["deep".to_owned()] },
            deadline: None,
            importance: None,
            difficulty: None,
            estimate: None,
            parent: None,
            depends_on: Vec::new(),
            reminders: RemindersDraft::Default,
            remind_overdue: false,
        };
        for number in 0..150 {
            tasks::create(&world.app, &world.ada, draft(number), None, Arc::new(|task: &Task| world::body(&task.id))).await.expect("a task");
        }
        let forget = "INSERT INTO task_search_backlog (task_id, owner_id) SELECT id, owner_id FROM tasks; DELETE FROM task_search_documents";
        scratch::script(database.open(), forget).await.expect("as after a migration");
        let saying = async |words| world.app.store().read(Saying(world.ada.user, words)).await.expect("a list");
        assert_eq!(saying("report").await, 0);
        world.clock.advance(Duration::from_mins(2));
        let lane = JobLane::new(world.app.clone(), Retention::default());
        let job = claim(&world, &lane, "index_schedules").await;
        work(&world, &lane, &job, Duration::ZERO).await;
        assert_eq!((saying("report 회의").await, saying("deep 149").await), (150, 1));
    })
    .await;
}

/// Whether there is such a stream.
struct IsThere(StreamId);

impl UseCase for IsThere {
    type Out = bool;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        Ok(streams::extent(tx, self.0).await?.is_some())
    }
}

#[tokio::test]
async fn of_a_full_room_the_oldest_events_are_forgotten_and_of_a_deleted_one_all() {
    on_both_engines(async |store| {
        let world = World::new(store).await;
        housekeeping::plan(&world.app).await.expect("planned");
        let (full, small, deleted) =
            (room(&world.app, &world.ada).await, room(&world.app, &world.ada).await, room(&world.app, &world.ada).await);
        for (room, events) in [(full, 1_299), (small, 20), (deleted, 600)] {
            world.app.store().write(Append(room.into(), events, world.clock.now())).await.expect("appended");
        }
        rooms::delete(&world.app, &world.ada, deleted).await.expect("deleted");
        let hour = Duration::from_hours(1);
        world.clock.advance(hour);
        let lane = JobLane::new(world.app.clone(), Retention { room_events: 100, ..Retention::default() });
        let job = claim(&world, &lane, "purge_rooms").await;
        assert_eq!(work(&world, &lane, &job, Duration::ZERO).await, hour);
        assert_eq!((kept(&world, full.into()).await, kept(&world, small.into()).await), (100, 21));
        assert!(!world.app.store().read(IsThere(deleted.into())).await.expect("read"), "and its stream with them");
    })
    .await;
}

#[tokio::test]
async fn which_rooms_are_too_full_is_looked_up_once_in_a_run_and_on_a_reader() {
    let (world, disk) = Disk::world().await;
    housekeeping::plan(&world.app).await.expect("planned");
    let (one, other) = (room(&world.app, &world.ada).await, room(&world.app, &world.ada).await);
    for room in [one, other] {
        world.app.store().write(Append(room.into(), 1_299, world.clock.now())).await.expect("appended");
    }
    for text in ["one", "two", "three"] {
        let (saying, render) = (Remark { text: text.to_owned(), mentions: Vec::new() }, Arc::new(|_: &Noted| world::body(&"")));
        Box::pin(rooms::comment(&world.app, &world.ada, (one, None), saying, None, render)).await.expect("said");
        world.clock.advance(Duration::from_secs(1));
    }
    world.clock.advance(Duration::from_hours(1));
    let lane = JobLane::new(world.app.clone(), Retention { room_events: 100, room_comments: 1, ..Retention::default() });
    let job = claim(&world, &lane, "purge_rooms").await;
    let (reads, commits) = (disk.reads(), disk.commits());
    assert_eq!(work(&world, &lane, &job, Duration::ZERO).await, Duration::from_hours(1));
    assert_eq!(disk.reads() - reads, 1);
    assert!(disk.commits() - commits > 6, "in small pieces");
    assert_eq!((kept(&world, one.into()).await, kept(&world, other.into()).await), (100, 100));
    let left = rooms::comments(&world.app, &world.ada, (one, None), (None, 10)).await.expect("comments");
    assert_eq!(left.items.into_iter().map(|noted| noted.comment.text).collect::<Vec<_>>(), ["three"]);
}

#[tokio::test]
async fn a_round_goes_with_its_ledger_long_after_its_end_and_the_last_one_never() {
    on_both_engines(async |store| {
        let shop = Shop::open(store, 1_100, Sold::default(), |_| false).await;
        let world = &shop.world;
        housekeeping::plan(&world.app).await.expect("planned");
        shop.stock(1).await;
        restock::freeze_rounds(&world.app).await.expect("everybody is written down");
        shop.stock(0).await;
        shop.stock(2).await;
        restock::freeze_rounds(&world.app).await.expect("everybody is written down");
        assert_eq!(shop.cancel(2).await, Ok(()));
        shop.stock(0).await;
        shop.stock(3).await;
        assert_eq!(shop.cancel(3).await, Ok(()));
        world.clock.advance(89 * DAY);
        for (kept, passes, left) in [(Some(90 * DAY), DAY, 3), (None, DAY, 3), (Some(90 * DAY), DAY, 1)] {
            let lane = JobLane::new(world.app.clone(), Retention { rounds: kept, ..Retention::default() });
            let job = claim(world, &lane, "purge_rounds").await;
            assert_eq!(work(world, &lane, &job, Duration::ZERO).await, DAY);
            let seen = restock::list(&world.app, &world.ada, name(), None, 10).await.expect("a list");
            assert_eq!(seen.len(), left);
            world.clock.advance(passes);
        }
        for number in [1, 2] {
            let gone = restock::get(&world.app, &world.ada, (name(), number)).await.expect_err("forgotten");
            assert_eq!(gone.code(), "round.not_found");
        }
        assert_eq!(shop.cancel(1).await, Err("round.not_found"));
        assert_eq!(shop.sums(3).await.0, "CANCELED");
        shop.stock(0).await;
        assert_eq!(shop.stock(1).await.expect("a round").round.number, 4, "no number is given again");
    })
    .await;
}

/// A round of Ada's, asked for and ended at once.
async fn round_and_end(shop: &Shop, round: i64) {
    assert!(shop.restock(restock::Restock::default()).await.is_ok());
    assert_eq!(shop.cancel(round).await, Ok(()));
}

#[tokio::test]
async fn more_rounds_than_one_piece_and_more_products_than_one_page_are_forgotten_in_one_run() {
    const ROUNDS: i64 = 620;
    const KEPT: u32 = 10;
    on_both_engines(async |store| {
        let shop = Shop::open(store, 1, Sold::default(), |_| false).await;
        let world = &shop.world;
        housekeeping::plan(&world.app).await.expect("planned");
        shop.stock(1).await;
        assert_eq!(shop.cancel(1).await, Ok(()));
        for round in 2..=ROUNDS {
            round_and_end(&shop, round).await;
        }
        // One more than a page of products, of which the last has something to forget as well.
        for number in 0..51 {
            let (key, draft) = (format!("bell-{number}"), ProductDraft { name: "Bell".to_owned(), ..ProductDraft::default() });
            campaigns::put_product(&world.app, &world.ada, (&key, Expected::Unsaid), draft).await.expect("a product");
        }
        let last = ProductName::Key("bell-50".to_owned());
        for round in 1..=i64::from(KEPT) + 2 {
            for stock in [0, 1] {
                Box::pin(campaigns::set_stock(&world.app, &world.ada, ("bell-50", Expected::Any), stock)).await.expect("a stock");
            }
            let render = Arc::new(|shown: &restock::Shown| world::body(&shown.round.number));
            let which = (last.clone(), round, Expected::Any);
            Box::pin(restock::cancel(&world.app, &world.ada, which, None, render)).await.expect("ended");
        }
        world.clock.advance(DAY);
        let lane = JobLane::new(world.app.clone(), Retention { rounds: None, product_rounds: KEPT, ..Retention::default() });
        let job = claim(world, &lane, "purge_rounds").await;
        assert_eq!(work(world, &lane, &job, Duration::ZERO).await, DAY);
        let numbers = async |name: ProductName| {
            let seen = restock::list(&world.app, &world.ada, name, None, 1_000).await.expect("a list");
            seen.iter().map(|shown| shown.round.number).collect::<Vec<_>>()
        };
        let first_kept = ROUNDS - i64::from(KEPT) + 1;
        assert_eq!(numbers(name()).await, (first_kept..=ROUNDS).rev().collect::<Vec<_>>());
        assert_eq!(numbers(last).await, (3..=i64::from(KEPT) + 2).rev().collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn a_product_that_was_deleted_is_forgotten_with_everybody_in_its_ledger_and_its_line() {
    on_both_databases(async |database| {
        let shop = Shop::open(database.store().await, 1_300, Sold::default(), |_| false).await;
        let world = &shop.world;
        housekeeping::plan(&world.app).await.expect("planned");
        shop.stock(1).await;
        restock::freeze_rounds(&world.app).await.expect("everybody is written down");
        assert_eq!(shop.cancel(1).await, Ok(()));
        let count = async || {
            let sql = "SELECT (SELECT count(*) FROM campaign_recipients) + (SELECT count(*) FROM campaign_rounds)
                 + (SELECT count(*) FROM product_subscriptions) + (SELECT count(*) FROM products)";
            scratch::numbers(database.open(), sql).await.expect("a number")[0]
        };
        assert_eq!(count().await, 2 * 1_300 + 2);
        campaigns::delete_product(&world.app, &world.ada, ("lamp", Expected::Any)).await.expect("deleted");
        world.clock.advance(Duration::from_hours(1));
        let lane = JobLane::new(world.app.clone(), Retention::default());
        let job = claim(world, &lane, "purge_products").await;
        assert_eq!(work(world, &lane, &job, Duration::ZERO).await, Duration::from_hours(1));
        assert_eq!(count().await, 0);
    })
    .await;
}
