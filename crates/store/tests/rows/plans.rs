//! The hot reads use their indexes on both engines, with full tables.

use std::time::Duration;

use domain::{
    alarms::{Alarm, ReminderRule},
    calendar::{
        Feed, Moment, Override, RecurrenceSet, RepeatDraft, Schedule,
        icalendar::Privacy,
        labels::{Category, LabelName, Tag},
        progress::{Action, Item, Progress},
    },
    campaigns::{Cause, Deed, Product, ProductDraft, Reason, Recipient, RecipientDraft, Round, RowState},
    rooms::{About, Author, Comment, Invitation, Room, Standing},
    tasks::Task,
};
use kernel::{
    CategoryId, CommentId, Entropy as _, EventId, FeedId, GatewayId, Instant, InvitationId, Position, ProductId, RecipientId,
    RoomId, TagId, UserId, Zone,
};
use store::{
    Store, StoreError, Tx, alarms,
    calendar::{self, feeds, revision},
    campaigns::{
        ledger::{self, Entry},
        products, recipients,
        rounds::{self, Kept},
        subscriptions,
    },
    hot_reads, labels,
    notify::inbox,
    progress,
    rooms::{self, presence::Stay},
    tasks,
};
use testkit::{Database, START, SeededEntropy, on_both_engines};
use uuid::Uuid;

use crate::{
    agenda::{alarm, event, span},
    errands::task,
    inboxes::{deliver, notifications, people, run},
};

/// Enough that reading everything costs more than an index on both engines.
const PEOPLE: u64 = 2_000;
/// Those who were ever notified.
const NOTIFIED: usize = 20;
const BATCHES: u64 = 5;
const BATCH: usize = 100;

/// Schedules of each of those who were notified, with an alarm each.
const SCHEDULES: u64 = 200;

/// Categories and tags of each of them.
const LABELS: u64 = 50;

/// Of these so many were worked on.
const WORKED: usize = 100;

/// Many inboxes, most of each read long ago, and many schedules.
async fn fill(store: &Store) {
    let people = people(store, 0..PEOPLE).await;
    let everybody = people.clone();
    for (number, user) in (0..).zip(people.iter().take(NOTIFIED)) {
        labels(store, *user, number).await;
        calendar(store, *user, number).await;
        series(store, *user, number).await;
        tasks(store, *user, number).await;
    }
    for (number, user) in (0..).zip(people.into_iter().take(NOTIFIED)) {
        for batch in 0..BATCHES {
            let at = START + Duration::from_secs(60 * batch);
            deliver(store, user, notifications(user, 10_000 + number * BATCHES + batch, BATCH, at)).await;
        }
        run(store, move |tx| {
            Box::pin(async move {
                let end = inbox::nth_unread(tx, user, 480).await?.expect("there are 500");
                inbox::read_up_to(tx, user, end, START).await
            })
        })
        .await;
    }
    rooms_of(store, &everybody).await;
    lines_of(store, &everybody[..NOTIFIED]).await;
    feeds_of(store, everybody).await;
    store.analyze().await.expect("the tables are counted");
}

/// A calendar and a feed of it for each of them.
async fn feeds_of(store: &Store, people: Vec<UserId>) {
    let entropy = SeededEntropy::new(90_000);
    let feed = |owner: &UserId| Feed {
        id: FeedId::mint(START, &entropy),
        owner: *owner,
        name: "Phone".to_owned(),
        privacy: Privacy::Busy,
        created_at: START,
        last_read_at: None,
    };
    let made: Vec<(Feed, [u8; 32])> = people.iter().map(|owner| (feed(owner), entropy.bytes32())).collect();
    run(store, move |tx| {
        let made = made.clone();
        Box::pin(async move {
            for (feed, hash) in &made {
                feeds::insert(tx, feed, hash).await?;
                revision::bump(tx, feed.owner, START).await?;
            }
            Ok(())
        })
    })
    .await;
}

/// Products of each of those who were notified, people in their address books, and how many of them wait for one of the products.
const PRODUCTS: u64 = 25;
const CUSTOMERS: u64 = 200;
const LINES: usize = 2;

/// Products, and lines of those who wait for some of them.
async fn lines_of(store: &Store, owners: &[UserId]) {
    let made: Vec<(Vec<Product>, Vec<Recipient>)> = (0..)
        .zip(owners)
        .map(|(number, owner)| {
            let entropy = SeededEntropy::new(97_000 + number);
            let product = |number: u64| {
                let draft = ProductDraft { name: "Bell".to_owned(), ..ProductDraft::default() };
                let id = ProductId::mint(START, &entropy);
                draft.begin((id, *owner, &format!("p{number}")), 0, START).expect("a product")
            };
            let customer = |number: u64| {
                let id = RecipientId::mint(START, &entropy);
                RecipientDraft::default().begin((id, *owner, format!("c{number}")), START)
            };
            ((0..PRODUCTS).map(product).collect(), (0..CUSTOMERS).map(customer).collect())
        })
        .collect();
    run(store, move |tx| {
        let made = made.clone();
        Box::pin(async move {
            for (made, people) in &made {
                for product in made {
                    products::insert(tx, product).await?;
                }
                recipients::put(tx, people).await?;
                let ids: Vec<RecipientId> = people.iter().map(|recipient| recipient.id).collect();
                for product in &made[..LINES] {
                    let first = products::admit(tx, product.id, i64::try_from(ids.len()).expect("few")).await?;
                    subscriptions::subscribe(tx, product.id, &ids, (first, START)).await?;
                    rounds_of(tx, product, 1_000).await?;
                }
            }
            Ok(())
        })
    })
    .await;
}

/// Rounds of a product. The last one is under way and has a ledger, of which a quarter still waits.
const ROUNDS: i64 = 60;

async fn rounds_of(tx: &mut Tx<'_>, product: &Product, most: u32) -> Result<(), StoreError> {
    let until = rounds::last_seq(tx, product.id).await?;
    for number in 1..=ROUNDS {
        let mut round = Round { number, ..Round::begin(product, Cause::Asked, START) };
        if number < ROUNDS {
            round.frozen = true;
            round.turn(Deed::Cancel, Cause::Owner, START).expect("it ends");
        }
        let (product, wake_at, progress_at) = (product.id, START, START);
        let mut kept = Kept {
            product,
            round,
            frozen_seq: until,
            freeze_until_seq: until,
            wave_at: None,
            wake_at,
            progress_at,
            progress_begun: 0,
        };
        rounds::insert(tx, &kept).await?;
        if number < ROUNDS {
            continue;
        }
        kept.round.total = ledger::freeze(tx, (product, number), (0, until), 0, most).await?.added;
        kept.round.frozen = true;
        let told = (1..=kept.round.total * 3 / 4).map(|position| match position % 50 {
            0 => Entry::new(position, RowState::Failed, Some(Reason::Refused)),
            1 => Entry { next_at: Some(START), ..Entry::new(position, RowState::Retry, None) },
            2 => Entry::new(position, RowState::InFlight, None),
            _ => Entry::new(position, RowState::Sent, None),
        });
        let told: Vec<Entry> = told.collect();
        for entry in &told {
            kept.round.count(RowState::Waiting, entry.state);
        }
        ledger::begin(tx, (product, number), &told, 1, START).await?;
        rounds::update(tx, &kept).await?;
    }
    Ok(())
}

/// Rooms, and how many are in each.
const ROOMS: u64 = 400;
const MEMBERS: usize = 20;

/// Rooms with people and invitations; everybody is in a few.
async fn rooms_of(store: &Store, people: &[UserId]) {
    let entropy = SeededEntropy::new(95_000);
    let made: Vec<(Room, Vec<UserId>, [u8; 32])> = (0..ROOMS)
        .map(|number| {
            let id = RoomId::mint(START, &entropy);
            let room = Room { id, name: number.to_string(), members: 0, version: 1, created_at: START, updated_at: START };
            let first = usize::try_from(number).expect("few") * MEMBERS;
            (room, people.iter().cycle().skip(first).take(MEMBERS).copied().collect(), entropy.bytes32())
        })
        .collect();
    run(store, move |tx| {
        let made = made.clone();
        Box::pin(async move {
            for (room, people, hash) in &made {
                rooms::insert(tx, room).await?;
                for (second, user) in (0..).zip(people) {
                    rooms::members::insert(tx, room.id, (*user, Standing::Member), START + Duration::from_secs(second)).await?;
                }
                let id = InvitationId::from_uuid(room.id.uuid());
                let (standing, expires_at) = (Standing::Member, START + Duration::from_hours(1));
                let invitation =
                    Invitation { id, room: room.id, standing, invited_by: None, accepted: 0, created_at: START, expires_at };
                rooms::invitations::insert(tx, &invitation, hash).await?;
                // A process each, so that one of them is worth an index.
                let gateway = GatewayId::from_uuid(room.id.uuid());
                let stay = |user: &UserId| Stay { room: room.id, user: *user, streams: 1, beats: 0, seen_at: START };
                rooms::presence::hold(tx, gateway, START + Duration::from_hours(1)).await?;
                rooms::presence::put(tx, gateway, &people.iter().map(stay).collect::<Vec<_>>()).await?;
                rooms::set_key(tx, room.id, (people[0], &room.name)).await?;
                let keys: Vec<String> = (0..people.len()).map(|number| number.to_string()).collect();
                let event = EventId::from_uuid(room.id.uuid());
                let claim = |key| rooms::publications::Claim { key, event, hash: *hash };
                let claims: Vec<_> = keys.iter().map(String::as_str).map(claim).collect();
                rooms::publications::claim(tx, room.id, &claims, START).await?;
                for (number, user) in people.iter().enumerate() {
                    rooms::reads::put(tx, room.id, *user, Position { epoch: 1, seq: 0 }).await?;
                    say(tx, room.id, (*user, number as u128)).await?;
                }
            }
            Ok(())
        })
    })
    .await;
    shares_of(store, people).await;
}

/// Rooms in which those who have a calendar show so many of their schedules.
const SHOWN_IN: u64 = 10;
const SHOWN: u64 = 20;

async fn shares_of(store: &Store, people: &[UserId]) {
    let made: Vec<_> = (0..).zip(people.iter().take(NOTIFIED).copied()).collect();
    run(store, move |tx| {
        let made = made.clone();
        Box::pin(async move {
            for (number, user) in made {
                // As `calendar` made them.
                let entropy = SeededEntropy::new(50_000 + number);
                let ids: Vec<_> = (0..SHOWN).map(|hours| item(user, hours, &entropy).0.id).collect();
                for _ in 0..SHOWN_IN {
                    let (id, name) = (RoomId::mint(START, &entropy), String::new());
                    let room = Room { id, name, members: 0, version: 1, created_at: START, updated_at: START };
                    rooms::insert(tx, &room).await?;
                    rooms::members::insert(tx, id, (user, Standing::Owner), START).await?;
                    for schedule in &ids {
                        rooms::shares::put(tx, (id, *schedule), user, START).await?;
                    }
                }
            }
            Ok(())
        })
    })
    .await;
}

/// What somebody says in a room, perhaps of the first thing that was said, and likes themselves.
async fn say(tx: &mut Tx<'_>, room: RoomId, (user, number): (UserId, u128)) -> Result<(), StoreError> {
    let id = |number: u128| CommentId::from_uuid(Uuid::from_u128(room.uuid().as_u128() ^ number));
    let about = (number % 2 > 0).then(|| About::Comment(id(0)));
    let (author, text) = (Some(Author { id: user, name: String::new() }), String::new());
    let (id, mentions, version, created_at, edited_at) = (id(number), vec![user], 1, START, None);
    let comment = Comment { id, room, about, author, text, mentions, version, created_at, edited_at };
    rooms::comments::insert(tx, &comment).await?;
    rooms::comments::mention(tx, id, &comment.mentions).await?;
    rooms::reactions::put(tx, (room, About::Comment(id)), (user, "👍"), START).await?;
    Ok(())
}

/// Tasks of each of those who were notified; every fourth is open, each waits for the one before, every tenth is a subtask of it.
const TASKS: u64 = 200;

async fn tasks(store: &Store, owner: UserId, seed: u64) {
    let mut made: Vec<Task> = Vec::new();
    for number in 0..TASKS {
        let mut task = task(owner, 1_000_000 + seed * TASKS + number);
        task.created_at = START + Duration::from_secs(number);
        task.labels.tags = vec![LabelName::kept((number % LABELS).to_string())];
        task.completed_at = (number % 4 > 0).then_some(START);
        if let Some(before) = made.last() {
            task.depends_on.insert(before.id);
            task.parent = (number % 10 == 0).then_some(before.id);
        }
        made.push(task);
    }
    run(store, move |tx| {
        let made = made.clone();
        Box::pin(async move {
            for task in &made {
                tasks::insert(tx, task).await?;
            }
            Ok(())
        })
    })
    .await;
}

/// A tree of categories, and tags.
async fn labels(store: &Store, owner: UserId, seed: u64) {
    let entropy = SeededEntropy::new(90_000 + seed);
    let name = |number: u64| LabelName::parse("/name", &number.to_string()).expect("a name");
    let mut parent = None;
    let mut tree = Vec::new();
    for number in 0..LABELS {
        let id = CategoryId::mint(START, &entropy);
        let (position, version, created_at, updated_at) = (0, 1, START, START);
        tree.push(Category { id, owner, parent, name: name(number), colour: None, position, version, created_at, updated_at });
        parent = if number % 5 == 0 { None } else { Some(id) };
    }
    let id = || TagId::mint(START, &entropy);
    let tag =
        |number| Tag { id: id(), owner, name: name(number), colour: None, version: 1, created_at: START, updated_at: START };
    let tags: Vec<Tag> = (0..LABELS).map(tag).collect();
    run(store, move |tx| {
        let (tree, tags) = (tree.clone(), tags.clone());
        Box::pin(async move {
            for category in &tree {
                labels::categories::insert(tx, category).await?;
            }
            for tag in &tags {
                labels::tags::insert(tx, tag).await?;
            }
            Ok(())
        })
    })
    .await;
}

/// A year of schedules; most alarms have rung.
async fn calendar(store: &Store, owner: UserId, seed: u64) {
    let entropy = SeededEntropy::new(50_000 + seed);
    let items: Vec<(Schedule, Alarm)> = (0..SCHEDULES).map(|hours| item(owner, hours, &entropy)).collect();
    run(store, move |tx| {
        let items = items.clone();
        Box::pin(async move {
            let alarms: Vec<Alarm> = items.iter().map(|(_, alarm)| alarm.clone()).collect();
            for (schedule, _) in &items {
                calendar::insert(tx, &RecurrenceSet::new(schedule.clone(), [])).await?;
            }
            alarms::insert(tx, &alarms).await?;
            let rang: Vec<_> = alarms.iter().skip(5).map(|alarm| alarm.id).collect();
            alarms::mark_fired(tx, &rang, START).await?;
            for (hours, (schedule, _)) in (0..).step_by(40).zip(items.iter().take(WORKED)) {
                work(tx, schedule, START + Duration::from_hours(hours)).await?;
            }
            Ok(())
        })
    })
    .await;
}

/// Series of each of them, and how many occurrences of each were changed by hand, and ticked off.
const SERIES: u64 = 3;
const CHANGED: usize = 40;

async fn series(store: &Store, owner: UserId, seed: u64) {
    let entropy = SeededEntropy::new(60_000 + seed);
    let sets: Vec<RecurrenceSet> = (0..SERIES).map(|hours| repeating(owner, hours, &entropy)).collect();
    run(store, move |tx| {
        let sets = sets.clone();
        Box::pin(async move {
            for set in &sets {
                calendar::insert(tx, set).await?;
                let done = Progress::default().step(Action::Complete, START).expect("a step");
                for which in set.overrides.keys() {
                    progress::record(tx, owner, &Item::occurrence(set.schedule.id, *which), &done, START).await?;
                }
            }
            Ok(())
        })
    })
    .await;
}

fn repeating(owner: UserId, hours: u64, entropy: &SeededEntropy) -> RecurrenceSet {
    let (mut schedule, _) = item(owner, hours, entropy);
    let repeat = RepeatDraft { rrule: "FREQ=DAILY".to_owned(), rdates: vec![], exdates: vec![] };
    schedule.series = Some(repeat.resolve(&schedule.span).expect("a series"));
    let plain = RecurrenceSet::new(schedule.clone(), []);
    let changed = plain.regular(START).take(CHANGED).map(|it| it.recurrence_id());
    let own = changed.map(|recurrence_id| Override {
        recurrence_id,
        title: None,
        description: None,
        location: None,
        kind: None,
        busy: Some(false),
        span: None,
        reminders: None,
    });
    RecurrenceSet::new(schedule, own.collect::<Vec<_>>())
}

/// An hour of work that was completed.
async fn work(tx: &mut Tx<'_>, schedule: &Schedule, start: Instant) -> Result<(), StoreError> {
    let item = Item::once(schedule.id);
    let mut far = Progress::default();
    for (action, hours) in [(Action::Start, 0), (Action::Complete, 1)] {
        let step = far.step(action, start + Duration::from_hours(hours)).expect("a step");
        progress::record(tx, schedule.owner, &item, &step, START).await?;
        far = step.after;
    }
    Ok(())
}

fn item(owner: UserId, hours: u64, entropy: &SeededEntropy) -> (Schedule, Alarm) {
    let start = START + Duration::from_hours(40 * hours);
    let span = span(&Zone::utc(), Moment::Instant(start), None);
    let mut schedule = event(owner, entropy, span, &[ReminderRule::before_start(600)]);
    schedule.text.title = format!("Meeting number {hours}");
    schedule.labels.tags = vec![LabelName::kept((hours % LABELS).to_string())];
    let alarm = alarm(&schedule, &schedule.reminders[0], start, entropy);
    (schedule, alarm)
}

#[tokio::test]
async fn no_hot_read_goes_through_a_whole_table() {
    on_both_engines(async |store| {
        fill(&store).await;
        let mut wrong = Vec::new();
        for read in hot_reads() {
            let plan = store.explain(&read).await.expect("a plan");
            let index = if store.is_shared() { read.index.postgres } else { read.index.sqlite };
            wrong.extend(fault(read.name, index, &plan));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    })
    .await;
}

/// Nothing in the product counts the tables of SQLite, and a database that grew has plans that were made while it was empty.
#[tokio::test]
async fn no_hot_read_of_sqlite_needs_to_know_how_full_the_tables_are() {
    let store = Database::sqlite().store().await;
    let mut wrong = Vec::new();
    for read in hot_reads() {
        let plan = store.explain(&read).await.expect("a plan");
        wrong.extend(fault(read.name, read.index.sqlite, &plan));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// A ledger of fifty thousand is written at once, and its round is told long before PostgreSQL counts it anew.
#[tokio::test]
async fn no_read_of_a_round_needs_postgres_to_have_counted_it() {
    const WAITING: usize = 20_000;
    let Some(database) = Database::postgres().await else { return };
    let store = database.store().await;
    let owner = people(&store, 0..PEOPLE).await[0];
    store.analyze().await.expect("the empty tables are counted");
    let entropy = SeededEntropy::new(23);
    let draft = ProductDraft { name: "Bell".to_owned(), ..ProductDraft::default() };
    let product = draft.begin((ProductId::mint(START, &entropy), owner, "bell"), 0, START).expect("a product");
    let customer =
        |number| RecipientDraft::default().begin((RecipientId::mint(START, &entropy), owner, format!("c{number}")), START);
    let customers: Vec<Recipient> = (0..WAITING).map(customer).collect();
    run(&store, move |tx| {
        let (product, customers) = (product.clone(), customers.clone());
        Box::pin(async move {
            products::insert(tx, &product).await?;
            recipients::put(tx, &customers).await?;
            let ids: Vec<RecipientId> = customers.iter().map(|recipient| recipient.id).collect();
            let first = products::admit(tx, product.id, 20_000).await?;
            subscriptions::subscribe(tx, product.id, &ids, (first, START)).await?;
            rounds_of(tx, &product, 20_000).await
        })
    })
    .await;
    let mut wrong = Vec::new();
    let is_of_a_line = |name: &str| ["ledger", "subscriptions"].iter().any(|of| name.starts_with(&format!("campaigns::{of}")));
    for read in hot_reads().into_iter().filter(|read| is_of_a_line(read.name)) {
        let plan = store.explain(&read).await.expect("a plan");
        wrong.extend(fault(read.name, read.index.postgres, &plan));
    }
    store.close().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What is wrong with the plan of a read.
fn fault(name: &str, index: &str, plan: &str) -> Option<String> {
    // SQLite says SCAN too when it walks an index in its order, up to a limit; and of what the last step of a recursion has found, what it
    // begins with, and what a part of the statement hands on.
    let handed_on = ["SCAN below", "SCAN reached", "SCAN CONSTANT ROW", "SCAN (subquery"];
    let walks = |line: &str| line.contains("SCAN") && !line.contains(index) && !handed_on.iter().any(|it| line.contains(it));
    if plan.lines().any(|line| line.contains("Seq Scan") || walks(line)) {
        return Some(format!("{name} reads everything:\n{plan}"));
    }
    if !plan.contains(index) {
        return Some(format!("{name} does not use {index}:\n{plan}"));
    }
    // A claim puts its one batch in order, a search what it found, a list what few are begun, and what is left of the few tasks of an owner
    // may be put in order as well, and so may what is counted in groups or locked, the few schedules a room is shown, the few rounds that
    // have an end or are being written down, and the few people in flight; everybody else takes the order of the index.
    let sorts = plan.contains("Sort") || plan.contains("TEMP B-TREE");
    let may_sort = [
        "alarms::CLAIM_DUE",
        "calendar::filtered::BEGUN",
        "calendar::filtered::FOUND",
        "campaigns::ledger::ORPHANS",
        "campaigns::rounds::EXPIRED",
        "campaigns::rounds::UNFROZEN",
        "rooms::reactions::OF",
        "rooms::shares::OF_ROOM",
        "rooms::shares::OF_SCHEDULES",
        "tasks::lists::FOUND",
        "tasks::lists::LABELLED",
    ];
    (sorts && !may_sort.contains(&name)).then(|| format!("{name} sorts:\n{plan}"))
}
