//! Schedules that repeat, with the occurrences that are unlike the rest, on both engines.

use std::{collections::BTreeMap, time::Duration};

use domain::{
    alarms::{Alarm, LateAction, LatePolicy, Reminder, ReminderRule},
    calendar::{
        Moment, Override, RecurrenceSet, RepeatDraft, Schedule, Span,
        labels::{LabelName, Labels, Tag},
        progress::{Action, Item, Progress, State},
    },
};
use kernel::{AlarmId, Instant, ReminderId, ScheduleId, TagId, UserId, WallTime};
use store::{
    Store, alarms,
    calendar::{self, overrides},
    labels::tags,
    progress,
};
use testkit::{START, SeededEntropy, on_both_engines};

use crate::{
    agenda::{self, event},
    inboxes::{person, run},
};

const DAY: Duration = Duration::from_hours(24);

fn wall(text: &str) -> WallTime {
    text.parse().expect("a wall time")
}

fn span(start: &str) -> Span {
    let zone = "America/New_York".parse().expect("a zone");
    agenda::span(&zone, Moment::Wall(wall(start)), Some(Duration::from_hours(1)))
}

/// Every day at nine in New York from 1 December 2026 on, with an occurrence added, one taken away, and one changed.
fn daily(owner: UserId, number: u64, rrule: &str) -> RecurrenceSet {
    let entropy = SeededEntropy::new(number);
    let first = span("2026-12-01T09:00:00");
    let repeat = RepeatDraft {
        rrule: rrule.to_owned(),
        rdates: vec![Moment::Wall(wall("2026-12-24T18:00:00"))],
        exdates: vec![Moment::Wall(wall("2026-12-03T09:00:00"))],
    };
    let series = repeat.resolve(&first).expect("a series");
    let mut schedule = event(owner, &entropy, first, &[ReminderRule::before_start(600)]);
    schedule.text.title = String::from("Walk");
    schedule.text.location = String::from("공원");
    schedule.series = Some(series);
    schedule.late = LatePolicy { action: LateAction::Skip, grace_seconds: 90 };
    RecurrenceSet::new(schedule, [changed("2026-12-05T09:00:00", Some("2027-03-01T10:00:00"))])
}

/// The occurrence `id` under another title, perhaps at another time.
fn changed(id: &str, start: Option<&str>) -> Override {
    Override {
        recurrence_id: wall(id),
        title: Some("Run".to_owned()),
        description: None,
        location: None,
        kind: None,
        busy: Some(false),
        span: start.map(span),
        reminders: None,
    }
}

async fn insert(store: &Store, set: &RecurrenceSet) {
    let set = set.clone();
    run(store, move |tx| {
        let set = set.clone();
        Box::pin(async move { calendar::insert(tx, &set).await })
    })
    .await;
}

async fn within(store: &Store, owner: UserId, range: (Instant, Instant)) -> Vec<RecurrenceSet> {
    run(store, move |tx| {
        Box::pin(async move {
            let mut sets = calendar::pages::series_within(tx, owner, range).await?;
            calendar::pages::complete(tx, &mut sets, []).await?;
            Ok(sets)
        })
    })
    .await
}

fn same(found: &RecurrenceSet, set: &RecurrenceSet) {
    assert_eq!((&found.schedule, &found.overrides), (&set.schedule, &set.overrides));
}

#[tokio::test]
async fn a_series_is_read_as_it_was_written_and_found_where_it_reaches() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let (endless, ended) = (daily(ann, 3, "FREQ=DAILY"), daily(ann, 4, "FREQ=DAILY;COUNT=9"));
        insert(&store, &endless).await;
        insert(&store, &ended).await;
        let at = |text: &str| text.parse::<Instant>().expect("an instant");
        let early = within(&store, ann, (at("2026-12-01T00:00:00Z"), at("2026-12-02T00:00:00Z"))).await;
        assert_eq!(early.len(), 2);
        same(early.iter().find(|set| set.schedule.id == endless.schedule.id).expect("the endless one"), &endless);
        same(early.iter().find(|set| set.schedule.id == ended.schedule.id).expect("the other"), &ended);
        // The short one reaches as far as its one occurrence that was moved.
        assert_eq!(within(&store, ann, (at("2027-03-01T00:00:00Z"), at("2027-03-02T00:00:00Z"))).await.len(), 2);
        let late = within(&store, ann, (at("2040-01-01T00:00:00Z"), at("2040-01-02T00:00:00Z"))).await;
        assert_eq!(late.iter().map(|set| set.schedule.id).collect::<Vec<_>>(), [endless.schedule.id]);
        assert!(within(&store, ann, (START, START + DAY)).await.is_empty(), "before its first occurrence");
        assert!(within(&store, bob, (START, START + 400 * DAY)).await.is_empty(), "somebody else's");
        let (once, mut series) = overlapping(&store, ann).await;
        assert_eq!(once, [], "what repeats is not among what happens once");
        series.sort_by_key(|set| set.schedule.id != endless.schedule.id);
        let beside: Vec<_> = series.iter().map(|set| set.schedule.id).collect();
        assert_eq!(beside, [endless.schedule.id, ended.schedule.id], "but beside it");
    })
    .await;
}

async fn overlapping(store: &Store, owner: UserId) -> (Vec<Schedule>, Vec<RecurrenceSet>) {
    let range = calendar::Range { from: START, to: START + 400 * DAY, after: None, limit: 10 };
    run(store, move |tx| Box::pin(calendar::pages::overlapping(tx, owner, range))).await
}

#[tokio::test]
async fn what_overlaps_a_range_is_completed_with_everything_that_is_shown_of_it() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let entropy = SeededEntropy::new(7);
        let tag = |name: &str| LabelName::parse("/name", name).expect("a name");
        let mut once =
            event(ann, &entropy, span("2026-12-02T12:00:00"), &[ReminderRule::before_start(60), ReminderRule::before_start(600)]);
        once.labels.tags = vec![tag("home"), tag("urgent")];
        let mut series = daily(ann, 3, "FREQ=DAILY");
        series.schedule.labels.tags = vec![tag("urgent")];
        let apart = wall("2026-12-06T09:00:00");
        let reminders =
            [30, 90].map(|lead| Reminder { id: ReminderId::mint(START, &entropy), rule: ReminderRule::before_start(lead) });
        series.overrides.insert(apart, Override { reminders: Some(reminders.to_vec()), ..changed("2026-12-06T09:00:00", None) });
        for name in ["urgent", "home"] {
            let id = TagId::mint(START, &entropy);
            let tag = Tag { id, owner: ann, name: tag(name), colour: None, version: 1, created_at: START, updated_at: START };
            run(&store, move |tx| {
                let tag = tag.clone();
                Box::pin(async move { tags::insert(tx, &tag).await })
            })
            .await;
        }
        insert(&store, &RecurrenceSet::new(once.clone(), [])).await;
        insert(&store, &series).await;
        let (begun, other) = (wall("2026-12-04T09:00:00"), wall("2026-12-07T09:00:00"));
        let items = [
            Item::once(once.id),
            Item { schedule: series.schedule.id, recurrence_id: Some(begun) },
            Item { schedule: series.schedule.id, recurrence_id: Some(other) },
        ];
        for (item, hours) in items.into_iter().zip(0..) {
            run(&store, move |tx| {
                let item = item.clone();
                Box::pin(async move {
                    let start = Progress::default().step(Action::Start, START + Duration::from_hours(2 * hours)).expect("a step");
                    progress::record(tx, ann, &item, &start, START).await?;
                    let stop = start.after.step(Action::Suspend, START + Duration::from_hours(2 * hours + 1)).expect("a step");
                    progress::record(tx, ann, &item, &stop, START).await
                })
            })
            .await;
        }
        assert_eq!(overlapping(&store, bob).await.0, []);
        let (bare, sets) = overlapping(&store, ann).await;
        assert_eq!(bare, [Schedule { reminders: vec![], labels: Labels::default(), ..once.clone() }], "only when it takes place");
        let sets: Vec<_> = bare.into_iter().map(|schedule| RecurrenceSet::new(schedule, [])).chain(sets).collect();
        let id = series.schedule.id;
        let sets = run(&store, move |tx| {
            let mut sets = sets.clone();
            Box::pin(async move {
                calendar::pages::complete(tx, &mut sets, [(id, begun)]).await?;
                Ok(sets)
            })
        })
        .await;
        let worked = sets[0].schedule.progress;
        assert_eq!((worked.state, worked.worked_seconds), (State::Suspended, 3_600));
        assert_eq!(sets[0].schedule, Schedule { progress: worked, ..once });
        same(&sets[1], &series);
        assert_eq!(sets[1].begun().collect::<Vec<_>>(), [(begun, State::Suspended)], "of those that are asked for");
    })
    .await;
}

#[tokio::test]
async fn overrides_are_put_removed_and_replaced_and_go_with_their_schedule() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let mut set = daily(ann, 3, "FREQ=DAILY");
        insert(&store, &set).await;
        let id = set.schedule.id;
        let read = async || {
            let schedule = run(&store, move |tx| Box::pin(calendar::find(tx, ann, id))).await.expect("it is there");
            run(&store, move |tx| {
                let schedule = schedule.clone();
                Box::pin(async move { calendar::set_of(tx, schedule).await })
            })
            .await
        };
        same(&read().await, &set);
        for own in [changed("2026-12-05T09:00:00", None), changed("2026-12-06T09:00:00", Some("2026-12-06T12:00:00"))] {
            set.overrides.insert(own.recurrence_id, own.clone());
            run(&store, move |tx| {
                let own = own.clone();
                Box::pin(async move { overrides::put(tx, id, &own).await })
            })
            .await;
        }
        same(&read().await, &set);
        run(&store, move |tx| Box::pin(overrides::remove(tx, id, wall("2026-12-05T09:00:00")))).await;
        set.overrides.remove(&wall("2026-12-05T09:00:00"));
        same(&read().await, &set);
        set.overrides = [changed("2026-12-09T09:00:00", None)].map(|own| (own.recurrence_id, own)).into();
        let other = set.clone();
        run(&store, move |tx| {
            let set = other.clone();
            Box::pin(async move { overrides::replace(tx, &set, START).await })
        })
        .await;
        same(&read().await, &set);
        let advanced = run(&store, move |tx| {
            Box::pin(async move { calendar::sets_to_advance(tx, &BTreeMap::from([(id, wall("2026-12-06T09:00:00"))])).await })
        })
        .await;
        assert_eq!(advanced.len(), 1);
        same(&advanced[0], &set);
    })
    .await;
}

#[tokio::test]
async fn a_due_alarm_of_a_series_says_so_and_how_many_it_stands_for() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let set = daily(ann, 3, "FREQ=DAILY");
        insert(&store, &set).await;
        let (id, reminder) = (set.schedule.id, set.schedule.reminders[0].id);
        let which = (reminder, wall("2026-12-02T09:00:00"));
        let id_of_alarm = AlarmId::mint(START, &SeededEntropy::new(9));
        let alarm = Alarm::pending(id_of_alarm, &set.schedule, which, START, START);
        let armed = || run(&store, move |tx| Box::pin(alarms::armed(tx, id)));
        assert_eq!(armed().await, []);
        let inserted = alarm.clone();
        run(&store, move |tx| {
            let alarm = inserted.clone();
            Box::pin(async move { alarms::insert(tx, &[alarm]).await })
        })
        .await;
        assert_eq!(armed().await, [(reminder, alarm.nominal)]);
        let due = run(&store, move |tx| Box::pin(alarms::claim_due(tx, START, 10))).await;
        let said: Vec<_> = due.iter().map(|due| (due.repeats, due.reminder, due.late, due.start)).collect();
        assert_eq!(said, [(true, reminder, set.schedule.late, set.schedule.span.start)]);
        let counted = [(alarm.id, 7)];
        run(&store, move |tx| Box::pin(async move { alarms::note_left_out(tx, &counted).await })).await;
        let read = run(&store, move |tx| Box::pin(alarms::of_schedule(tx, ann, id, None, 10))).await;
        assert_eq!(read.iter().map(|alarm| alarm.left_out).collect::<Vec<_>>(), [7]);
    })
    .await;
}

#[tokio::test]
async fn what_was_done_with_an_occurrence_is_found_beside_it_and_goes_along_when_it_is_called_otherwise() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let (set, other) = (daily(ann, 11, "FREQ=DAILY"), daily(ann, 12, "FREQ=DAILY"));
        let (id, new) = (set.schedule.id, other.schedule.id);
        let [fourth, sixth] = ["2026-12-04T09:00:00", "2026-12-06T09:00:00"].map(wall);
        let items = [Item::occurrence(id, fourth), Item::occurrence(id, sixth)];
        let done = Progress::default().step(Action::Complete, START).expect("a step");
        run(&store, move |tx| {
            let (sets, items) = ([set.clone(), other.clone()], items.clone());
            Box::pin(async move {
                for set in &sets {
                    calendar::insert(tx, set).await?;
                }
                for item in &items {
                    progress::record(tx, ann, item, &done, START).await?;
                }
                Ok(())
            })
        })
        .await;
        let read = |id: ScheduleId| {
            run(&store, move |tx| {
                Box::pin(async move {
                    let schedule = calendar::find(tx, ann, id).await?.expect("it is there");
                    calendar::set_of(tx, schedule).await
                })
            })
        };
        let set = read(id).await;
        assert_eq!(set.progress.keys().copied().collect::<Vec<_>>(), [fourth, sixth]);
        assert_eq!(set.schedule.progress, Progress::default(), "the whole has none of its own");
        let from = BTreeMap::from([(id, wall("2026-12-05T00:00:00"))]);
        let ahead = run(&store, move |tx| {
            let from = from.clone();
            Box::pin(async move { calendar::sets_to_advance(tx, &from).await })
        })
        .await;
        assert_eq!(ahead[0].progress.keys().copied().collect::<Vec<_>>(), [sixth], "what can still come");
        let shown: Vec<_> =
            [fourth, wall("2026-12-05T09:00:00"), sixth].iter().filter_map(|which| set.occurrence(*which)).collect();
        let shown = run(&store, move |tx| {
            let mut shown = shown.clone();
            for occurrence in &mut shown {
                occurrence.schedule.progress = Progress::default();
            }
            Box::pin(async move { progress::attach_to_occurrences(tx, &mut shown).await.map(|()| shown) })
        })
        .await;
        let states: Vec<_> = shown.iter().map(|occurrence| occurrence.schedule.progress.state).collect();
        assert_eq!(states, [State::Completed, State::NotStarted, State::Completed]);

        let to = Item::occurrence(new, wall("2026-12-04T10:00:00"));
        for owner in [person(&store, 2).await, ann] {
            let (from, to) = (Item::occurrence(id, fourth), to.clone());
            run(&store, move |tx| {
                let (from, to) = (from.clone(), to.clone());
                Box::pin(async move { progress::rename(tx, owner, &[(from, to)]).await })
            })
            .await;
            let moved = read(new).await.progress.len();
            assert_eq!(moved, usize::from(owner == ann), "only its owner gives it another name");
        }
        assert_eq!(read(id).await.progress.keys().copied().collect::<Vec<_>>(), [sixth]);
        let ledger = run(&store, move |tx| Box::pin(progress::ledger(tx, ann))).await;
        let sessions = run(&store, move |tx| Box::pin(progress::sessions(tx, ann))).await;
        assert_eq!(ledger.iter().filter(|(item, entry)| *item == to && *entry == done.entry).count(), 1);
        assert_eq!((ledger.len(), sessions.iter().filter(|(item, _)| *item == to).count()), (2, 1));

        // Many at once, also where one takes the name of another.
        let seventh = wall("2026-12-07T09:00:00");
        let pairs = [(to, Item::occurrence(id, sixth)), (Item::occurrence(id, sixth), Item::occurrence(id, seventh))];
        run(&store, move |tx| {
            let pairs = pairs.clone();
            Box::pin(async move { progress::rename(tx, ann, &pairs).await })
        })
        .await;
        assert_eq!(read(id).await.progress.keys().copied().collect::<Vec<_>>(), [sixth, seventh]);
        let ledger = run(&store, move |tx| Box::pin(progress::ledger(tx, ann))).await;
        let named: Vec<_> = ledger.iter().map(|(item, entry)| (item.clone(), entry.seq)).collect();
        assert_eq!(named, [(Item::occurrence(id, sixth), 1), (Item::occurrence(id, seventh), 1)]);
        let sessions = run(&store, move |tx| Box::pin(progress::sessions(tx, ann))).await;
        assert_eq!(
            sessions.into_iter().map(|(item, _)| item).collect::<Vec<_>>(),
            [Item::occurrence(id, sixth), Item::occurrence(id, seventh)]
        );
    })
    .await;
}

#[tokio::test]
async fn an_occurrence_keeps_reminders_of_its_own_beside_those_of_its_series() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let mut set = daily(ann, 11, "FREQ=DAILY");
        let (id, entropy) = (set.schedule.id, SeededEntropy::new(5));
        let [fifth, sixth] = ["2026-12-05T09:00:00", "2026-12-06T09:00:00"].map(wall);
        let reminder = |lead| Reminder { id: ReminderId::mint(START, &entropy), rule: ReminderRule::before_start(lead) };
        let mut own =
            vec![reminder(60), Reminder { rule: ReminderRule { critical: true, ..ReminderRule::at(START) }, ..reminder(0) }];
        let series = set.schedule.reminders.clone();
        set.overrides.insert(sixth, Override { reminders: Some(own.clone()), ..changed("2026-12-06T09:00:00", None) });
        insert(&store, &set).await;
        let read = || {
            run(&store, move |tx| {
                Box::pin(async move {
                    let schedule = calendar::find(tx, ann, id).await?.expect("it is there");
                    calendar::set_of(tx, schedule).await
                })
            })
        };
        let found = read().await;
        assert_eq!((&found.schedule.reminders, found.overrides[&sixth].reminders.as_ref()), (&series, Some(&own)));
        assert_eq!(found.overrides[&fifth].reminders, None);
        assert_eq!(found.occurrence(sixth).map(|found| found.schedule.reminders), Some(own.clone()));

        let before = own.remove(0);
        own.push(before);
        own[1].rule.critical = true;
        let mut after = found.clone();
        after.overrides.insert(fifth, Override { reminders: Some(Vec::new()), ..changed("2026-12-05T09:00:00", None) });
        after.overrides.insert(sixth, Override { reminders: Some(own.clone()), ..changed("2026-12-06T09:00:00", None) });
        let written = after.clone();
        run(&store, move |tx| {
            let written = written.clone();
            Box::pin(async move {
                overrides::put(tx, id, &written.overrides[&fifth]).await?;
                overrides::keep_reminders(tx, &written, START).await
            })
        })
        .await;
        assert_eq!(read().await.overrides, after.overrides, "in another order, one critical, and one with none at all");
        after.overrides.remove(&sixth);
        run(&store, move |tx| {
            let after = after.clone();
            Box::pin(async move { overrides::replace(tx, &after, START).await })
        })
        .await;
        let left = read().await;
        assert_eq!((left.overrides.len(), left.schedule.reminders), (1, series));
    })
    .await;
}
