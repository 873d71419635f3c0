//! Categories and tags of tasks, and what tasks are found by, on both engines.

use std::time::Duration;

use domain::{
    calendar::{
        labels::{Category, LabelName, Labels, Tag},
        search::Query,
    },
    tasks::{Task, TaskState},
};
use kernel::{CategoryId, Cursor, Instant, TagId, TaskId, UserId};
use store::{
    Store,
    calendar::filtered::Narrow,
    labels::{
        categories,
        tags::{self, Uses},
    },
    scratch, search,
    tasks::{
        self,
        lists::{self, Filter, Sort},
    },
};
use testkit::{START, SeededEntropy, on_both_databases, on_both_engines};

use crate::{
    errands::{deadline, task},
    inboxes::{person, run},
};

const LATER: Instant = Instant::from_micros(START.as_micros() + 60_000_000);

fn name(text: &str) -> LabelName {
    LabelName::parse("/name", text).expect("a name")
}

async fn tag(store: &Store, owner: UserId, number: u64, text: &str) -> TagId {
    let id = TagId::mint(START, &SeededEntropy::new(number));
    let tag = Tag { id, owner, name: name(text), colour: None, version: 1, created_at: START, updated_at: START };
    run(store, move |tx| {
        let tag = tag.clone();
        Box::pin(async move { tags::insert(tx, &tag).await })
    })
    .await;
    id
}

async fn category(store: &Store, owner: UserId, number: u64, text: &str, parent: Option<CategoryId>) -> CategoryId {
    let id = CategoryId::mint(START, &SeededEntropy::new(number));
    let (name, colour, position, version) = (name(text), None, 0, 1);
    let made = Category { id, owner, parent, name, colour, position, version, created_at: START, updated_at: START };
    run(store, move |tx| {
        let made = made.clone();
        Box::pin(async move { categories::insert(tx, &made).await })
    })
    .await;
    id
}

fn labelled(owner: UserId, number: u64, category: Option<CategoryId>, tags: &[&str]) -> Task {
    Task { labels: Labels { category, tags: tags.iter().map(|tag| name(tag)).collect() }, ..task(owner, number) }
}

async fn make(store: &Store, task: &Task) {
    let task = task.clone();
    run(store, move |tx| {
        let task = task.clone();
        Box::pin(async move { tasks::insert(tx, &task).await })
    })
    .await;
}

async fn read(store: &Store, owner: UserId, id: TaskId) -> Task {
    run(store, move |tx| Box::pin(tasks::find(tx, owner, id))).await.expect("it is there")
}

fn names(task: &Task) -> Vec<&str> {
    task.labels.tags.iter().map(LabelName::as_str).collect()
}

fn open(narrow: Narrow) -> Filter {
    Filter {
        state: Some(TaskState::Open),
        archived: false,
        ready: false,
        before: None,
        parent: None,
        narrow,
        sort: Sort::Deadline,
        after: None,
        limit: 50,
    }
}

fn saying(words: &str) -> Filter {
    open(Narrow { query: Some(Query::parse(words).expect("a query")), ..Narrow::default() })
}

async fn list(store: &Store, owner: UserId, filter: Filter) -> Vec<Task> {
    run(store, move |tx| {
        let filter = filter.clone();
        Box::pin(async move { lists::page(tx, owner, &filter).await })
    })
    .await
}

async fn titles(store: &Store, owner: UserId, filter: Filter) -> String {
    let titles: Vec<_> = list(store, owner, filter).await.into_iter().map(|task| task.title).collect();
    titles.join(" ")
}

#[tokio::test]
async fn a_task_has_the_labels_of_its_owner_that_it_names() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let work = category(&store, ann, 10, "Work", None).await;
        let urgent = tag(&store, ann, 11, "긴급").await;
        tag(&store, ann, 12, "Work").await;
        tag(&store, bob, 13, "home").await;
        let made = labelled(ann, 1, Some(work), &["home", "work", "긴급"]);
        make(&store, &made).await;
        let found = read(&store, ann, made.id).await;
        assert_eq!((found.labels.category, names(&found)), (Some(work), vec!["Work", "긴급"]), "as kept, and only one's own");
        let id = made.id;
        let of = run(&store, move |tx| Box::pin(async move { tags::of_tasks(tx, &[id]).await })).await;
        assert_eq!(of.iter().map(|(of, _, name)| (*of, name.as_str())).collect::<Vec<_>>(), [(id, "Work"), (id, "긴급")]);
        let locked = run(&store, move |tx| Box::pin(tasks::lock(tx, ann, id))).await;
        assert_eq!(locked.as_ref(), Some(&found));
        assert_eq!(run(&store, move |tx| Box::pin(tasks::lock(tx, bob, id))).await, None, "somebody else's");

        run(&store, move |tx| Box::pin(async move { tags::assign_task(tx, (ann, id), &[name("긴급")]).await })).await;
        let cleared = Task { labels: Labels::default(), ..found };
        run(&store, move |tx| {
            let cleared = cleared.clone();
            Box::pin(async move { tasks::update(tx, &cleared).await })
        })
        .await;
        let found = read(&store, ann, id).await;
        assert_eq!((found.labels.category, names(&found)), (None, vec!["긴급"]), "tags are given, not updated");
        let counted = run(&store, move |tx| Box::pin(tags::find(tx, ann, urgent))).await.expect("it is there");
        assert_eq!(counted.1, Uses { schedules: 0, tasks: 1 });
    })
    .await;
}

#[tokio::test]
async fn what_happens_to_labels_reaches_tasks() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let top = category(&store, ann, 10, "Work", None).await;
        let below = category(&store, ann, 11, "Calls", Some(top)).await;
        let (job, work) = (tag(&store, ann, 12, "job").await, tag(&store, ann, 13, "work").await);
        let both = labelled(ann, 1, Some(below), &["job", "work"]);
        let one = labelled(ann, 2, Some(top), &["job"]);
        let none = labelled(ann, 3, None, &[]);
        for task in [&both, &one, &none] {
            make(&store, task).await;
        }
        run(&store, move |tx| {
            Box::pin(async move {
                tags::touch(tx, ann, job, LATER).await?;
                tags::merge(tx, ann, job, work).await
            })
        })
        .await;
        for task in [&both, &one] {
            let found = read(&store, ann, task.id).await;
            assert_eq!((names(&found), found.version, found.updated_at), (vec!["work"], 2, LATER));
        }
        assert_eq!(titles(&store, ann, saying("job")).await, "", "a name that is gone");
        assert_eq!(titles(&store, ann, saying("work")).await, "task 1 task 2", "found by what it was merged into");
        let counted = run(&store, move |tx| Box::pin(tags::find(tx, ann, work))).await.expect("it is there");
        assert_eq!(counted.1, Uses { schedules: 0, tasks: 2 });

        run(&store, move |tx| Box::pin(async move { categories::delete(tx, ann, &[below, top], LATER).await })).await;
        run(&store, move |tx| Box::pin(tags::delete(tx, ann, work))).await;
        for task in [&both, &one] {
            let found = read(&store, ann, task.id).await;
            assert_eq!((found.labels, found.version), (Labels::default(), 3));
        }
        assert_eq!(read(&store, ann, none.id).await, none, "nothing happened to it");
    })
    .await;
}

#[tokio::test]
async fn lists_are_narrowed_to_labels_and_words_a_page_at_a_time() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let top = category(&store, ann, 10, "Work", None).await;
        let below = category(&store, ann, 11, "Calls", Some(top)).await;
        let phone = tag(&store, ann, 12, "phone").await;
        // Title, description, category, whether it has the tag.
        let table = [
            ("Report", "주간회의록 정리", Some(top), false),
            ("Ring", "about the report", Some(below), true),
            ("Rest", "", None, true),
            ("Résumé", "회의 전에", Some(below), true),
        ];
        let mut parent = None;
        for (number, (title, description, category, tagged)) in (0u64..).zip(table) {
            let mut made = labelled(ann, number, category, if tagged { &["phone"] } else { &[] });
            title.clone_into(&mut made.title);
            description.clone_into(&mut made.description);
            made.deadline = Some(deadline(&format!("2026-12-{:02}", 9 - number), "UTC"));
            made.created_at = START + Duration::from_secs(number);
            made.parent = parent.filter(|_| title == "Rest");
            make(&store, &made).await;
            parent.get_or_insert(made.id);
        }
        let mut strange = task(bob, 50);
        "Report 회의".clone_into(&mut strange.title);
        make(&store, &strange).await;

        let narrow = Narrow { category: Some(top), ..Narrow::default() };
        assert_eq!(titles(&store, ann, open(narrow)).await, "Résumé Ring Report", "with what lies below");
        let narrow = Narrow { category: Some(below), tag: Some(phone), query: None };
        assert_eq!(titles(&store, ann, open(narrow)).await, "Résumé Ring");
        let narrow = Narrow { tag: Some(phone), ..Narrow::default() };
        let by_creation = Filter { sort: Sort::Created, ..open(narrow.clone()) };
        assert_eq!(titles(&store, ann, by_creation).await, "Résumé Rest Ring");
        assert_eq!(titles(&store, ann, Filter { parent, ..open(narrow.clone()) }).await, "Rest");
        assert_eq!(titles(&store, ann, Filter { state: Some(TaskState::Completed), ..open(narrow) }).await, "");
        for (words, found) in [
            ("report", "Ring Report"),
            ("회의", "Résumé Report"),
            ("resume", "Résumé"),
            ("phone re", "Résumé Rest Ring"),
            ("eport", ""),
            ("report\" OR *", ""),
        ] {
            assert_eq!(titles(&store, ann, saying(words)).await, found, "{words}");
        }
        let mut all = saying("re");
        all.narrow.category = Some(top);
        let by_creation = Filter { sort: Sort::Created, ..all.clone() };
        assert_eq!(titles(&store, ann, by_creation).await, "Résumé Ring Report");
        let (mut pages, mut after) = (Vec::new(), None);
        while let [found] = &list(&store, ann, Filter { after, limit: 1, ..all.clone() }).await[..] {
            pages.push(found.title.clone());
            after = Some(Cursor::new(tasks::place(found), found.id.uuid()));
        }
        assert_eq!(pages, ["Résumé", "Ring", "Report"], "a page at a time");

        let mut other = read(&store, ann, parent.expect("the first")).await;
        "Minutes".clone_into(&mut other.title);
        run(&store, move |tx| {
            let other = other.clone();
            Box::pin(async move {
                tasks::update(tx, &other).await?;
                search::put_task(tx, &other).await
            })
        })
        .await;
        assert_eq!(titles(&store, ann, saying("report")).await, "Ring", "it says something else now");
        assert_eq!(titles(&store, ann, saying("minutes 회의")).await, "Minutes");
        let gone = parent.expect("the first");
        run(&store, move |tx| {
            Box::pin(async move {
                tasks::lift(tx, ann, gone, None).await?;
                tasks::delete(tx, ann, gone).await
            })
        })
        .await;
        make(&store, &Task { title: "Next".to_owned(), ..task(ann, 60) }).await;
        assert_eq!(titles(&store, ann, saying("minutes")).await, "", "its words went with it");
    })
    .await;
}

/// Takes a database back to before tasks had labels.
const BACK: &str = "DROP TABLE provider_leases; DROP TABLE campaign_recipients; DROP TABLE campaign_rounds; DROP TABLE product_subscriptions; DROP TABLE recipients; DROP TABLE address_books; DROP TABLE products;
    DROP TABLE room_presence_versions; DROP TABLE room_presence; DROP TABLE gateways; DROP INDEX events_by_id;
    DROP TABLE room_schedules; DROP TABLE reactions; DROP TABLE comment_mentions; DROP TABLE comments;
    DROP TABLE room_reads; DROP TABLE room_readers; DROP TABLE room_publications; DROP TABLE room_invitations; DROP TABLE room_members; DROP TABLE rooms;
    DROP TABLE task_search_backlog; DROP TABLE task_search_documents; DROP TABLE task_tags;
    DROP INDEX tasks_of_category; DROP INDEX progress_by_occurrence; ALTER TABLE tasks DROP COLUMN category_id;
    DELETE FROM refinery_schema_history WHERE version >= 10";

#[tokio::test]
async fn tasks_of_before_are_on_the_backlog_until_somebody_has_caught_up() {
    on_both_databases(async |database| {
        let store = database.store().await;
        let ann = person(&store, 1).await;
        assert_eq!(run(&store, |tx| Box::pin(search::task_backlog(tx, 10))).await, []);
        let made = Task { title: "주간회의".to_owned(), ..task(ann, 1) };
        make(&store, &made).await;
        let is_sqlite = !store.is_shared();
        store.close().await;
        drop(store);
        let of_engine = if is_sqlite {
            "DROP TABLE task_search_tokens;"
        } else {
            "DROP FUNCTION campaign_rounds_go CASCADE; DROP FUNCTION room_presence_moves CASCADE; DROP FUNCTION room_members_come CASCADE; DROP FUNCTION room_members_go CASCADE;"
        };
        scratch::script(database.open(), &format!("{of_engine} {BACK}")).await.expect("an older database");

        let store = database.store().await;
        assert_eq!(titles(&store, ann, open(Narrow::default())).await, "주간회의");
        assert_eq!(titles(&store, ann, saying("회의")).await, "", "not yet");
        let some = run(&store, |tx| Box::pin(search::task_backlog(tx, 10))).await;
        assert_eq!(some, [(ann, made.id)]);
        run(&store, move |tx| {
            Box::pin(async move {
                let found = tasks::lock(tx, ann, made.id).await?.expect("it is there");
                search::put_task(tx, &found).await?;
                search::task_caught_up(tx, made.id).await
            })
        })
        .await;
        assert_eq!(titles(&store, ann, saying("회의")).await, "주간회의");
        assert_eq!(run(&store, |tx| Box::pin(search::task_backlog(tx, 10))).await, []);
        store.close().await;
    })
    .await;
}
