//! Categories and tags, on both engines.

use std::time::Duration;

use domain::calendar::{
    Moment, RecurrenceSet, Schedule,
    labels::{Category, Colour, LabelName, Labels, Tag},
};
use kernel::{CategoryId, Instant, ScheduleId, TagId, UserId, Zone};
use store::{
    Store, StoreError, calendar, holdings,
    labels::{
        categories,
        tags::{self, Uses},
    },
};
use testkit::{START, SeededEntropy, on_both_engines};

use crate::{
    agenda::{event, span},
    inboxes::{person, run},
};

const LATER: Instant = Instant::from_micros(START.as_micros() + 60_000_000);

fn name(text: &str) -> LabelName {
    LabelName::parse("/name", text).expect("a name")
}

fn tag(owner: UserId, number: u64, text: &str) -> Tag {
    let id = TagId::mint(START, &SeededEntropy::new(number));
    let colour = Colour::parse("/colour", "#1e90ff").ok();
    Tag { id, owner, name: name(text), colour, version: 1, created_at: START, updated_at: START }
}

fn category(owner: UserId, number: u64, text: &str, parent: Option<CategoryId>) -> Category {
    Category {
        id: CategoryId::mint(START, &SeededEntropy::new(number)),
        owner,
        parent,
        name: name(text),
        colour: None,
        position: 7,
        version: 1,
        created_at: START,
        updated_at: START,
    }
}

fn schedule(owner: UserId, number: u64, labels: Labels) -> Schedule {
    let start = Moment::Instant(START + Duration::from_mins(number));
    Schedule { labels, ..event(owner, &SeededEntropy::new(number), span(&Zone::utc(), start, None), &[]) }
}

async fn make(store: &Store, schedule: &Schedule) {
    let set = RecurrenceSet::new(schedule.clone(), []);
    run(store, move |tx| {
        let set = set.clone();
        Box::pin(async move { calendar::insert(tx, &set).await })
    })
    .await;
}

async fn keep(store: &Store, tag: &Tag) {
    let tag = tag.clone();
    run(store, move |tx| {
        let tag = tag.clone();
        Box::pin(async move { tags::insert(tx, &tag).await })
    })
    .await;
}

async fn grow(store: &Store, category: &Category) {
    let category = category.clone();
    run(store, move |tx| {
        let category = category.clone();
        Box::pin(async move { categories::insert(tx, &category).await })
    })
    .await;
}

async fn read(store: &Store, owner: UserId, id: ScheduleId) -> Schedule {
    run(store, move |tx| Box::pin(calendar::find(tx, owner, id))).await.expect("it is there")
}

fn names(schedule: &Schedule) -> Vec<&str> {
    schedule.labels.tags.iter().map(LabelName::as_str).collect()
}

#[tokio::test]
async fn a_schedule_has_the_tags_of_its_owner_that_it_names() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let (work, urgent) = (tag(ann, 10, "Work"), tag(ann, 11, "긴급"));
        keep(&store, &work).await;
        keep(&store, &urgent).await;
        keep(&store, &tag(bob, 12, "Home")).await;
        let labels = Labels { category: None, tags: vec![name("work"), name("긴급"), name("home")] };
        let made = schedule(ann, 20, labels);
        make(&store, &made).await;
        assert_eq!(names(&read(&store, ann, made.id).await), ["Work", "긴급"], "as they are kept, and only one's own");

        let counted = run(&store, move |tx| Box::pin(tags::all(tx, ann))).await;
        let mut counted: Vec<_> =
            counted.into_iter().map(|(tag, count)| (tag.name.as_str().to_owned(), count.schedules)).collect();
        counted.sort();
        assert_eq!(counted, [("Work".to_owned(), 1), ("긴급".to_owned(), 1)]);
        assert_eq!(run(&store, move |tx| Box::pin(tags::count(tx, ann))).await, 2);
        let mut called = run(&store, move |tx| Box::pin(tags::names_of(tx, ann))).await;
        called.sort();
        assert_eq!(called, [name("work"), name("긴급")]);
        let (of, id) = (made.id, work.id);
        assert_eq!(
            run(&store, move |tx| Box::pin(tags::find(tx, ann, id))).await,
            Some((work.clone(), Uses { schedules: 1, tasks: 0 }))
        );
        assert_eq!(run(&store, move |tx| Box::pin(tags::find(tx, bob, id))).await, None, "somebody else's");
        let found = run(&store, move |tx| Box::pin(async move { tags::named(tx, ann, &name("WORK")).await }));
        assert_eq!(found.await, Some(work));
        let listed = run(&store, move |tx| Box::pin(async move { tags::of_schedules(tx, &[of]).await })).await;
        assert_eq!(listed.iter().map(|(_, _, name)| name.as_str()).collect::<Vec<_>>(), ["Work", "긴급"]);

        let assigned = run(&store, move |tx| Box::pin(async move { tags::assign(tx, (ann, of), &[name("긴급")]).await }));
        assigned.await;
        assert_eq!(names(&read(&store, ann, of).await), ["긴급"]);
    })
    .await;
}

#[tokio::test]
async fn tags_are_renamed_merged_and_deleted_with_what_has_them() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let (work, job) = (tag(ann, 10, "work"), tag(ann, 11, "job"));
        keep(&store, &work).await;
        keep(&store, &job).await;
        let both = schedule(ann, 20, Labels { category: None, tags: vec![name("job"), name("work")] });
        let one = schedule(ann, 21, Labels { category: None, tags: vec![name("job")] });
        make(&store, &both).await;
        make(&store, &one).await;

        let renamed = Tag { name: name("Labour"), version: 2, updated_at: LATER, ..work.clone() };
        run(&store, move |tx| {
            let renamed = renamed.clone();
            Box::pin(async move {
                tags::update(tx, &renamed).await?;
                tags::touch(tx, ann, renamed.id, LATER).await
            })
        })
        .await;
        let found = read(&store, ann, both.id).await;
        assert_eq!((names(&found), found.version, found.updated_at), (vec!["job", "Labour"], 2, LATER));
        assert_eq!(read(&store, ann, one.id).await.version, 1);

        let (from, into) = (job.id, work.id);
        run(&store, move |tx| Box::pin(tags::merge(tx, ann, from, into))).await;
        assert_eq!(names(&read(&store, ann, both.id).await), ["Labour"]);
        assert_eq!(names(&read(&store, ann, one.id).await), ["Labour"]);
        assert_eq!(run(&store, move |tx| Box::pin(tags::count(tx, ann))).await, 1);
        run(&store, move |tx| Box::pin(tags::delete(tx, ann, into))).await;
        assert_eq!(names(&read(&store, ann, one.id).await), Vec::<&str>::new());
    })
    .await;
}

#[tokio::test]
async fn a_category_takes_its_schedules_out_of_itself_when_it_goes() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let top = category(ann, 10, "Work", None);
        let below = category(ann, 11, "Calls", Some(top.id));
        let deeper = category(ann, 12, "Work", Some(below.id));
        for category in [&top, &below, &deeper] {
            grow(&store, category).await;
        }
        let all = run(&store, move |tx| Box::pin(categories::all(tx, ann))).await;
        assert_eq!(all.len(), 3);
        assert!([&top, &below, &deeper].iter().all(|category| all.contains(category)), "as they were written");
        let (top_id, below_id, deeper_id) = (top.id, below.id, deeper.id);
        let mut under = run(&store, move |tx| Box::pin(categories::below(tx, ann, below_id))).await;
        under.sort_unstable();
        let mut expected = [below_id, deeper_id];
        expected.sort_unstable();
        assert_eq!(under, expected);
        assert!(run(&store, move |tx| Box::pin(categories::below(tx, bob, below_id))).await.is_empty(), "somebody else's");
        assert!(run(&store, move |tx| Box::pin(categories::holds(tx, ann, top_id))).await);
        assert!(!run(&store, move |tx| Box::pin(categories::holds(tx, bob, top_id))).await);
        let called = run(&store, move |tx| Box::pin(async move { categories::names(tx, &[below_id]).await })).await;
        assert_eq!(called, [(below_id, "Calls".to_owned())]);

        let made = schedule(ann, 20, Labels { category: Some(deeper_id), tags: Vec::new() });
        make(&store, &made).await;
        assert_eq!(read(&store, ann, made.id).await.labels.category, Some(deeper_id));
        // What lay below `below` takes its place at the top, under the name it leaves.
        let lifted = Category { parent: None, name: name("Calls"), version: 2, ..deeper.clone() };
        run(&store, move |tx| {
            let lifted = Category { parent: Some(top_id), ..lifted.clone() };
            Box::pin(async move {
                categories::vacate(tx, ann, below_id).await?;
                categories::update(tx, &lifted).await?;
                categories::delete(tx, ann, &[below_id], LATER).await
            })
        })
        .await;
        run(&store, move |tx| Box::pin(async move { categories::delete(tx, ann, &[deeper_id, top_id], LATER).await })).await;
        let found = read(&store, ann, made.id).await;
        assert_eq!((found.labels.category, found.version, found.updated_at), (None, 2, LATER));
        assert!(run(&store, move |tx| Box::pin(categories::all(tx, ann))).await.is_empty());
    })
    .await;
}

struct Insert(Category);

impl store::UseCase for Insert {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut store::Tx<'_>) -> Result<(), StoreError> {
        categories::insert(tx, &self.0).await
    }
}

#[tokio::test]
async fn the_table_refuses_a_second_name_among_siblings_and_a_foreign_parent() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let top = category(ann, 10, "Work", None);
        grow(&store, &top).await;
        for bad in [category(ann, 11, "WORK", None), category(bob, 12, "Mine", Some(top.id))] {
            let refused = store.write(Insert(bad)).await;
            assert!(matches!(refused, Err(StoreError::Constraint(_))), "{refused:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn schedules_are_counted_as_they_come_and_go() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let kept = async |owner| run(&store, move |tx| Box::pin(holdings::schedules(tx, owner))).await;
        assert_eq!(kept(ann).await, 0);
        let made: Vec<_> = (20..23).map(|number| schedule(ann, number, Labels::default())).collect();
        for schedule in &made {
            make(&store, schedule).await;
        }
        assert_eq!((kept(ann).await, kept(bob).await), (3, 0));
        let write = async |schedule: Schedule| {
            run(&store, move |tx| {
                let set = RecurrenceSet::new(schedule.clone(), []);
                Box::pin(async move { calendar::update(tx, &set).await })
            })
            .await;
        };
        let trashed = Schedule { deleted_at: Some(START), ..made[0].clone() };
        write(trashed.clone()).await;
        write(Schedule { version: 2, ..trashed }).await;
        assert_eq!(kept(ann).await, 2, "the trash does not count, however often it is written");
        write(made[0].clone()).await;
        assert_eq!(kept(ann).await, 3);
        write(Schedule { deleted_at: Some(START), ..made[1].clone() }).await;
        run(&store, |tx| Box::pin(calendar::purge(tx, LATER, 10))).await;
        assert_eq!(kept(ann).await, 2, "what is purged was counted out before");
    })
    .await;
}
