//! What schedules are found by, on both engines.

use std::time::Duration;

use domain::calendar::{
    Moment, RecurrenceSet, Schedule,
    labels::{LabelName, Labels, Tag},
    search::Query,
};
use kernel::{ScheduleId, TagId, UserId, Zone};
use store::{
    Store,
    calendar::{self, Range, filtered, filtered::Narrow},
    labels::{categories, tags},
    search,
};
use testkit::{START, SeededEntropy, on_both_engines};

use crate::{
    agenda::{event, span},
    inboxes::{person, run},
};

/// A schedule of `owner` that says `title` and begins `number` minutes after the start of everything.
fn saying(owner: UserId, number: u64, title: &str) -> Schedule {
    let start = Moment::Instant(START + Duration::from_mins(number));
    let mut schedule = event(owner, &SeededEntropy::new(number), span(&Zone::utc(), start, None), &[]);
    title.clone_into(&mut schedule.text.title);
    schedule
}

async fn make(store: &Store, schedule: &Schedule) {
    let set = RecurrenceSet::new(schedule.clone(), []);
    run(store, move |tx| {
        let set = set.clone();
        Box::pin(async move { calendar::insert(tx, &set).await })
    })
    .await;
}

async fn find(store: &Store, owner: UserId, words: &str) -> Vec<ScheduleId> {
    let query = Query::parse(words).expect("a query");
    let found = run(store, move |tx| {
        let range = Range { from: START, to: START + Duration::from_hours(1_000), after: None, limit: 1_000 };
        let narrow = Narrow { query: Some(query.clone()), ..Narrow::default() };
        Box::pin(async move { filtered::overlapping(tx, owner, range, &narrow).await })
    });
    found.await.into_iter().map(|schedule| schedule.id).collect()
}

#[tokio::test]
async fn what_is_put_is_found_by_its_owner_until_it_is_put_otherwise() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let made = saying(ann, 20, "주간회의 Meeting");
        make(&store, &made).await;
        assert_eq!(find(&store, ann, "회의 meet").await, [made.id]);
        assert_eq!(find(&store, bob, "회의").await, []);
        let mut changed = made.clone();
        "Lunch".clone_into(&mut changed.text.title);
        run(&store, move |tx| {
            let set = RecurrenceSet::new(changed.clone(), []);
            Box::pin(async move {
                calendar::update(tx, &set).await?;
                search::put(tx, &set).await
            })
        })
        .await;
        assert_eq!((find(&store, ann, "회의").await, find(&store, ann, "lunch").await), (vec![], vec![made.id]));
        // Its words go with it: what takes its place is not found by them.
        let mut gone = made.clone();
        gone.deleted_at = Some(START);
        run(&store, move |tx| {
            let set = RecurrenceSet::new(gone.clone(), []);
            Box::pin(async move {
                calendar::update(tx, &set).await?;
                calendar::purge(tx, START + Duration::from_mins(1), 10).await
            })
        })
        .await;
        let next = saying(ann, 21, "Dinner");
        make(&store, &next).await;
        assert_eq!((find(&store, ann, "lunch").await, find(&store, ann, "dinner").await), (vec![], vec![next.id]));
    })
    .await;
}

#[tokio::test]
async fn a_series_is_found_by_its_words_and_labels() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let name = |text| LabelName::parse("/name", text).expect("a name");
        let id = TagId::mint(START, &SeededEntropy::new(9));
        let tag = Tag { id, owner: ann, name: name("긴급"), colour: None, version: 1, created_at: START, updated_at: START };
        run(&store, move |tx| {
            let tag = tag.clone();
            Box::pin(async move { tags::insert(tx, &tag).await })
        })
        .await;
        let mut series = saying(ann, 20, "Walk");
        let repeat = domain::calendar::RepeatDraft { rrule: "FREQ=DAILY".to_owned(), rdates: vec![], exdates: vec![] };
        series.series = Some(repeat.resolve(&series.span).expect("a series"));
        series.labels = Labels { category: None, tags: vec![name("긴급")] };
        make(&store, &series).await;
        let within = (START, START + Duration::from_hours(24));
        let saying = async |words: &str| {
            let query = Query::parse(words).expect("a query");
            let found = run(&store, move |tx| {
                let query = query.clone();
                Box::pin(async move { filtered::series_saying(tx, ann, within, &query).await })
            });
            found.await.len()
        };
        assert_eq!((saying("walk 긴급").await, saying("run").await), (1, 0));
        let of = series.id;
        let in_none = run(&store, move |tx| Box::pin(async move { categories::of_schedules(tx, &[of]).await })).await;
        assert_eq!(in_none, [(of, None)]);
        let named = run(&store, move |tx| Box::pin(async move { tags::names(tx, &[id]).await })).await;
        assert_eq!(named, [(id, "긴급".to_owned())]);
    })
    .await;
}

#[tokio::test]
async fn schedules_of_before_are_on_the_backlog_until_somebody_has_caught_up() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        assert_eq!(run(&store, |tx| Box::pin(search::backlog(tx, 10))).await, []);
        let made = saying(ann, 20, "x");
        make(&store, &made).await;
        run(&store, move |tx| Box::pin(search::caught_up(tx, made.id))).await;
    })
    .await;
}

/// A small random number.
fn draw(state: &mut u64, below: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 33).expect("31 bits") % below
}

/// Text of several scripts, with what engines might take for operators in between.
fn text(state: &mut u64) -> String {
    const PIECES: [&[char]; 6] = [
        &['a', 'b', 'c', 'É', 'ß', 'Z'],
        &['회', '의', '록', '주', '간', '팀'],
        &['東', '京', '会', '議'],
        &['タ', 'ワ', 'ー', 'が'],
        &['ก', 'า', 'ร', 'ี'],
        &[' ', ' ', '-', '"', '\'', '*', '(', '\\', ':', '&', '|', '!', '_', '7'],
    ];
    let mut text = String::new();
    for _ in 0..3 + draw(state, 6) {
        let letters = PIECES[draw(state, PIECES.len())];
        for _ in 0..=draw(state, 3) {
            text.push(letters[draw(state, letters.len())]);
        }
    }
    text
}

/// What each engine finds of the same random texts by random parts of them is what the rule finds, and so the same on both.
#[tokio::test]
async fn random_texts_are_found_by_their_parts_as_the_rule_says() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let mut state = 20_261_121;
        let texts: Vec<String> = (0..150).map(|_| text(&mut state)).collect();
        let mut made = Vec::new();
        for (number, text) in (0..).zip(&texts) {
            let schedule = saying(ann, 100 + number, text);
            make(&store, &schedule).await;
            made.push(schedule.id);
        }
        let mut hits = 0;
        for _ in 0..300 {
            let source: Vec<char> = texts[draw(&mut state, texts.len())].chars().collect();
            let start = draw(&mut state, source.len());
            let part: String = source.iter().skip(start).take(1 + draw(&mut state, 8)).collect();
            let Ok(query) = Query::parse(&part) else { continue };
            let expected: Vec<_> =
                texts.iter().zip(&made).filter(|(text, _)| query.finds([text.as_str()])).map(|(_, id)| *id).collect();
            hits += expected.len();
            assert_eq!(find(&store, ann, &part).await, expected, "{part:?}");
        }
        assert!(hits > 300, "the texts have little in common: {hits}");
    })
    .await;
}
