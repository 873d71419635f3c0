//! Feeds, revisions, whole calendars and what imports brought, on both engines.

use std::{collections::BTreeMap, time::Duration};

use domain::calendar::{
    Feed, Moment, RecurrenceSet, RepeatDraft, Schedule,
    icalendar::Privacy,
    progress::{Action, Item, Progress},
};
use kernel::{FeedId, Instant, ScheduleId, UserId, Zone};
use store::{
    Store,
    calendar::{
        self, feeds,
        imported::{self, Imported},
        revision::{self, Revision},
        whole,
    },
    progress,
};
use testkit::{START, SeededEntropy, on_both_engines};

use crate::{
    agenda::{event, span},
    inboxes::{person, run},
};

const DAY: Duration = Duration::from_hours(24);

fn feed(owner: UserId, number: u64) -> Feed {
    let id = FeedId::mint(START, &SeededEntropy::new(number));
    Feed { id, owner, name: format!("Feed {number}"), privacy: Privacy::Titles, created_at: START, last_read_at: None }
}

/// A schedule of one hour in `zone`, at the wall time `start`.
fn schedule(owner: UserId, number: u64, zone: &str, start: &str, rrule: Option<&str>) -> Schedule {
    let zone: Zone = zone.parse().expect("a zone");
    let first = span(&zone, Moment::Wall(start.parse().expect("a wall time")), Some(Duration::from_hours(1)));
    let repeat = |rrule: &str| RepeatDraft { rrule: rrule.to_owned(), rdates: Vec::new(), exdates: Vec::new() };
    let series = rrule.map(|rrule| repeat(rrule).resolve(&first).expect("a series"));
    Schedule { series, ..event(owner, &SeededEntropy::new(number), first, &[]) }
}

async fn make(store: &Store, schedules: Vec<Schedule>) {
    run(store, move |tx| {
        let schedules = schedules.clone();
        Box::pin(async move {
            for schedule in schedules {
                calendar::insert(tx, &RecurrenceSet::new(schedule, [])).await?;
            }
            Ok(())
        })
    })
    .await;
}

#[tokio::test]
async fn a_feed_is_found_by_its_hash_until_its_owner_deletes_it() {
    on_both_engines(async |store| {
        let (ada, grace) = (person(&store, 1).await, person(&store, 2).await);
        let (first, second) = (feed(ada, 1), feed(ada, 2));
        run(&store, move |tx| {
            let (first, mut second) = (first.clone(), second.clone());
            Box::pin(async move {
                feeds::insert(tx, &first, &[1; 32]).await?;
                feeds::insert(tx, &second, &[2; 32]).await?;
                assert_eq!((feeds::count(tx, ada).await?, feeds::count(tx, grace).await?), (2, 0));
                feeds::touch(tx, second.id, START + DAY).await?;
                second.last_read_at = Some(START + DAY);
                assert_eq!(feeds::by_hash(tx, &[2; 32]).await?, Some(second.clone()));
                assert_eq!(feeds::by_hash(tx, &[3; 32]).await?, None);
                let mut all = vec![first.clone(), second.clone()];
                all.sort_by_key(|feed| feed.id);
                assert_eq!(feeds::of(tx, ada).await?, all);
                assert!(!feeds::delete(tx, grace, first.id).await?, "it is not hers");
                assert!(feeds::delete(tx, ada, first.id).await?);
                assert_eq!(feeds::by_hash(tx, &[1; 32]).await?, None);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_revision_grows_with_every_change_and_its_time_never_goes_back() {
    on_both_engines(async |store| {
        let (ada, grace) = (person(&store, 1).await, person(&store, 2).await);
        run(&store, move |tx| {
            Box::pin(async move {
                assert_eq!(revision::current(tx, ada).await?, Revision { number: 0, changed_at: None });
                for (at, number, changed_at) in
                    [(START + DAY, 1, START + DAY), (START, 2, START + DAY), (START + 2 * DAY, 3, START + 2 * DAY)]
                {
                    revision::bump(tx, ada, at).await?;
                    assert_eq!(revision::current(tx, ada).await?, Revision { number, changed_at: Some(changed_at) });
                }
                assert_eq!(revision::current(tx, grace).await?.number, 0);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_calendar_is_read_page_by_page_with_the_zones_it_is_written_in() {
    on_both_engines(async |store| {
        let (ada, grace) = (person(&store, 1).await, person(&store, 2).await);
        let mut trashed = schedule(ada, 16, "Asia/Tokyo", "2026-12-01T09:00:00", None);
        trashed.deleted_at = Some(START);
        let mine = vec![
            schedule(ada, 11, "Asia/Seoul", "2026-11-01T09:00:00", None),
            schedule(ada, 12, "Asia/Seoul", "2026-12-01T09:00:00", None),
            schedule(ada, 13, "Europe/Paris", "2020-01-01T09:00:00", Some("FREQ=DAILY;COUNT=2")),
            schedule(ada, 14, "Europe/Paris", "2021-01-01T09:00:00", Some("FREQ=DAILY")),
            trashed,
        ];
        let mut ids: Vec<ScheduleId> = mine.iter().take(4).map(|schedule| schedule.id).collect();
        ids.sort();
        let now: Vec<ScheduleId> = ids.iter().copied().filter(|id| [mine[1].id, mine[3].id].contains(id)).collect();
        make(&store, mine).await;
        make(&store, vec![schedule(grace, 15, "Asia/Tokyo", "2026-12-01T09:00:00", None)]).await;
        run(&store, move |tx| {
            let (ids, now) = (ids.clone(), now.clone());
            Box::pin(async move {
                let mut read = Vec::new();
                while let page = whole::page(tx, ada, read.last().copied(), Instant::DISTANT_PAST, 3).await?
                    && !page.is_empty()
                {
                    read.extend(page.iter().map(|set| set.schedule.id));
                }
                assert_eq!(read, ids);
                let page = whole::page(tx, ada, None, START, 10).await?;
                assert_eq!(page.iter().map(|set| set.schedule.id).collect::<Vec<_>>(), now);
                // Of what is over, of the trash and of others nothing is told; busy times need the zones of series only.
                let seoul = |first: &str| format!("Asia/Seoul {first}");
                let paris = |first: &str| format!("Europe/Paris {first}");
                for (since, privacy, expected) in [
                    (Instant::DISTANT_PAST, Privacy::Full, vec![seoul("2026-11-01T00:00:00Z"), paris("2020-01-01T08:00:00Z")]),
                    (START, Privacy::Titles, vec![seoul("2026-12-01T00:00:00Z"), paris("2021-01-01T08:00:00Z")]),
                    (START, Privacy::Busy, vec![paris("2021-01-01T08:00:00Z")]),
                ] {
                    let zones = whole::zones(tx, ada, since, privacy).await?;
                    let zones: Vec<String> = zones.iter().map(|(zone, first)| format!("{zone} {first}")).collect();
                    assert_eq!(zones, expected, "{privacy:?} since {since}");
                }
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn what_an_import_brought_is_kept_beside_its_schedule() {
    on_both_engines(async |store| {
        let (ada, grace) = (person(&store, 1).await, person(&store, 2).await);
        let items = [21, 22].map(|number| schedule(ada, number, "UTC", "2026-12-01T09:00:00", None));
        let [one, other] = [items[0].id, items[1].id];
        make(&store, items.to_vec()).await;
        run(&store, move |tx| {
            Box::pin(async move {
                let uids = ["u@example.org", "nobody"];
                let named = |found: BTreeMap<String, ScheduleId>| found.into_values().collect::<Vec<_>>();
                let parts = |text: &str| [(String::new(), text.to_owned()), ("2026-12-01T09:00:00".to_owned(), "x".to_owned())];
                let first = Imported { uid: Some("u@example.org".to_owned()), parts: parts("one").into() };
                imported::put(tx, ada, one, &first).await?;
                assert_eq!(imported::of(tx, &[one, other]).await?, [(one, first)].into());
                let again = Imported { uid: Some("u@example.org".to_owned()), parts: [(String::new(), "two".to_owned())].into() };
                imported::put(tx, ada, one, &again).await?;
                assert_eq!(imported::of(tx, &[one]).await?, [(one, again.clone())].into());
                assert_eq!(named(imported::schedules_of(tx, ada, &uids).await?), [one]);
                assert_eq!(named(imported::schedules_of(tx, grace, &uids).await?), []);
                let moved = [(String::new(), "three".to_owned()), ("2026-12-02T09:00:00".to_owned(), "x".to_owned())].into();
                imported::put_parts(tx, one, &moved).await?;
                let kept = Imported { parts: moved, ..again.clone() };
                assert_eq!(imported::of(tx, &[one]).await?, [(one, kept)].into());
                // The name goes over to another schedule.
                imported::put(tx, ada, other, &again).await?;
                assert_eq!(named(imported::schedules_of(tx, ada, &uids).await?), [other]);
                imported::put(tx, ada, other, &Imported::default()).await?;
                assert_eq!(named(imported::schedules_of(tx, ada, &uids).await?), []);

                for (key, text) in [("VTODO 1", "a"), ("VJOURNAL 1", "bc"), ("VTODO 1", "def")] {
                    imported::put_component(tx, ada, key, text).await?;
                }
                assert_eq!(imported::components_size(tx, ada).await?, (2, 5));
                assert_eq!(imported::components_size(tx, grace).await?, (0, 0));
                let kept = imported::components(tx, ada, "", 1).await?;
                assert_eq!(kept, [("VJOURNAL 1".to_owned(), "bc".to_owned())]);
                let kept = imported::components(tx, ada, "VJOURNAL 1", 10).await?;
                assert_eq!(kept, [("VTODO 1".to_owned(), "def".to_owned())]);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn several_schedules_are_read_as_each_of_them_is() {
    on_both_engines(async |store| {
        let (ada, grace) = (person(&store, 1).await, person(&store, 2).await);
        let daily = |owner, number| schedule(owner, number, "Asia/Seoul", "2026-12-01T09:00:00", Some("FREQ=DAILY"));
        let once = |owner, number| schedule(owner, number, "UTC", "2026-12-01T09:00:00", None);
        let items = [once(ada, 31), daily(ada, 32), once(ada, 33), daily(ada, 34), once(grace, 35)];
        let gone = Schedule { deleted_at: Some(START), ..once(ada, 36) };
        let ids: Vec<ScheduleId> = items.iter().chain([&gone]).map(|schedule| schedule.id).collect();
        make(&store, [items.as_slice(), &[gone]].concat()).await;
        run(&store, move |tx| {
            let ids = ids.clone();
            Box::pin(async move {
                let which = "2026-12-02T09:00:00".parse().expect("a wall time");
                for (item, seconds) in [(Item::occurrence(ids[3], which), 1), (Item::once(ids[0]), 2)] {
                    let step = Progress::default().step(Action::Complete, START + Duration::from_secs(seconds)).expect("a step");
                    progress::record(tx, ada, &item, &step, START).await?;
                }
                let mut sets = calendar::sets_of(tx, ada, &ids).await?;
                sets.sort_by_key(|set| set.schedule.id);
                assert_eq!(sets.len(), 4, "neither what is deleted nor what is somebody else's");
                for set in sets {
                    let found = calendar::find(tx, ada, set.schedule.id).await?.expect("it is there");
                    assert_eq!(format!("{set:?}"), format!("{:?}", calendar::set_of(tx, found).await?));
                }
                Ok(())
            })
        })
        .await;
    })
    .await;
}
