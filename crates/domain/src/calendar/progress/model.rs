//! Progress under random sequences: several items of one owner, occurrences of series among them, dated back, suspended automatically, repeated, cancelled.
//!
//! [`Desk`] keeps its tables the way a transaction does, step by step; the ledger is then read from its beginning, which must say
//! the same.

use std::{collections::BTreeMap, time::Duration};

use kernel::{Instant, ScheduleId, WallTime, Zone};
use proptest::prelude::*;

use super::{
    Action, Around, Ask, Days, Decision, Entry, Item, Progress, ProgressError, Refusal, Session, State, Statistics, Step, Work,
    decide, progress, sessions,
};

const BEGIN: Instant = Instant::from_micros(1_793_491_200_000_000);

/// What the tables hold.
#[derive(Default)]
struct Desk {
    far: BTreeMap<Item, Progress>,
    ledger: BTreeMap<Item, Vec<Entry>>,
    sessions: BTreeMap<Item, Vec<Session>>,
}

impl Desk {
    fn around(&self) -> Around {
        let running = self.far.iter().find(|(_, far)| far.state == State::InProgress);
        let counted = self.sessions.values().flatten().filter(|session| session.voided_at.is_none());
        Around {
            running: running.map(|(item, far)| (item.clone(), *far)),
            worked_until: counted.filter(|session| session.ended_at > Some(session.started_at)).filter_map(|s| s.ended_at).max(),
        }
    }

    fn act(&mut self, item: &Item, ask: Ask, now: Instant) -> Result<Decision, Refusal> {
        let far = self.far.get(item).copied().unwrap_or_default();
        let around = self.around();
        let decision = decide(item, &far, ask, &around, now)?;
        if let Decision::Change { suspend, step } = &decision {
            if let (Some(suspend), Some((running, _))) = (suspend, &around.running) {
                self.record(running, suspend);
            }
            self.record(item, step);
        }
        Ok(decision)
    }

    fn record(&mut self, item: &Item, step: &Step) {
        let Step { entry, work, after } = step;
        self.ledger.entry(item.clone()).or_default().push(*entry);
        self.far.insert(item.clone(), *after);
        let sessions = self.sessions.entry(item.clone()).or_default();
        let session =
            |ended_at| Session { opened_by: entry.seq, run: entry.run, started_at: entry.at, ended_at, voided_at: None };
        match work {
            Work::Begin => sessions.push(session(None)),
            Work::Moment => sessions.push(session(Some(entry.at))),
            Work::End => sessions.iter_mut().filter(|s| s.ended_at.is_none()).for_each(|s| s.ended_at = Some(entry.at)),
            Work::Keep => {}
            Work::Void => {
                for session in sessions.iter_mut().filter(|session| session.run == entry.run) {
                    session.ended_at = session.ended_at.or(Some(entry.at));
                    session.voided_at = Some(entry.at);
                }
            }
        }
    }
}

/// One request.
#[derive(Clone, Debug)]
struct Request {
    pause_millis: u64,
    item: Item,
    action: Action,
    back_seconds: Option<u64>,
    auto_suspend: bool,
}

/// Two schedules that happen once, and three occurrences of each of two series.
fn item() -> impl Strategy<Value = Item> {
    (1u128..5, 20i8..23).prop_map(|(schedule, day)| {
        let schedule = ScheduleId::from_uuid(uuid::Uuid::from_u128(schedule));
        let day = WallTime::midnight(jiff::civil::date(2026, 11, day));
        if schedule.uuid().as_u128() < 3 { Item::once(schedule) } else { Item::occurrence(schedule, day) }
    })
}

fn request() -> impl Strategy<Value = Request> {
    let pause = prop_oneof![0u64..5_000, 0u64..1_200_000, 0u64..200_000_000];
    let action = (0..Action::ALL.len()).prop_map(|index| Action::ALL[index]);
    (pause, item(), action, prop::option::of(0u64..400), any::<bool>()).prop_map(
        |(pause_millis, item, action, back_seconds, auto_suspend)| Request {
            pause_millis,
            item,
            action,
            back_seconds,
            auto_suspend,
        },
    )
}

proptest! {
    #[test]
    fn whatever_is_asked_the_ledger_tells_what_the_tables_say(
        requests in prop::collection::vec(request(), 1..80),
        zone in prop::sample::select(vec!["Asia/Seoul", "America/New_York", "Australia/Lord_Howe"]),
    ) {
        let zone: Zone = zone.parse().expect("a zone");
        let mut desk = Desk::default();
        let mut now = BEGIN;
        for request in requests {
            now = now + Duration::from_millis(request.pause_millis);
            let item = request.item.clone();
            let at = request.back_seconds.map(|seconds| now - Duration::from_secs(seconds));
            let ask = Ask { action: request.action, at, auto_suspend: request.auto_suspend };
            let before = desk.far.get(&item).copied().unwrap_or_default();
            let answer = desk.act(&item, ask, now);
            check_answer(&desk, &item, before, &request, &answer)?;
            let again = desk.act(&item, ask, now);
            prop_assert!(answer.is_err() || again == Ok(Decision::Already), "a repetition does nothing: {again:?}");
            check_tables(&desk)?;
        }
        check_statistics(&desk, &zone, now)?;
    }
}

fn check_answer(
    desk: &Desk,
    item: &Item,
    before: Progress,
    request: &Request,
    answer: &Result<Decision, Refusal>,
) -> Result<(), TestCaseError> {
    let after = desk.far.get(item).copied().unwrap_or_default();
    match answer {
        Ok(Decision::Change { .. }) => prop_assert_eq!(after.entries, before.entries + 1),
        Ok(Decision::Already) | Err(Refusal::Field(_)) => prop_assert_eq!(after, before),
        Err(Refusal::Progress(ProgressError::Illegal { allowed, .. })) => {
            prop_assert!(!allowed.contains(&request.action));
            prop_assert_eq!(after, before);
        }
        Err(Refusal::Progress(error)) => {
            prop_assert!(matches!(error, ProgressError::AnotherRunning(other) if other != item));
            prop_assert!(!request.auto_suspend);
        }
    }
    Ok(())
}

/// The projections are what the ledger says, one item is in progress at most, and no second is worked twice.
fn check_tables(desk: &Desk) -> Result<(), TestCaseError> {
    for (item, entries) in &desk.ledger {
        prop_assert_eq!(progress(entries), Ok(desk.far[item]));
        prop_assert_eq!(&sessions(entries), &desk.sessions[item]);
    }
    prop_assert!(desk.far.values().filter(|far| far.state == State::InProgress).count() <= 1);
    let mut counted: Vec<_> = desk
        .sessions
        .values()
        .flatten()
        .filter(|s| s.voided_at.is_none() && s.ended_at != Some(s.started_at))
        .map(|s| (s.started_at, s.ended_at.unwrap_or(Instant::MAX)))
        .collect();
    counted.sort_unstable();
    prop_assert!(counted.windows(2).all(|pair| pair[0].1 <= pair[1].0), "two sessions overlap: {counted:?}");
    Ok(())
}

/// What the statistics of all days say is what the ledger says, and no day has more seconds than it lasts.
fn check_statistics(desk: &Desk, zone: &Zone, now: Instant) -> Result<(), TestCaseError> {
    let first = zone.wall_at(BEGIN - Duration::from_mins(10)).datetime().date();
    let days = usize::try_from(now.since(BEGIN).as_secs() / 86_400).expect("few") + 3;
    let mut statistics = Statistics::new(Days::from(first, days, zone));
    for session in desk.sessions.values().flatten().filter(|session| session.voided_at.is_none()) {
        statistics.work(&[], session.started_at, session.ended_at.unwrap_or(now));
    }
    for far in desk.far.values().filter(|far| far.state == State::Completed) {
        statistics.completion(&[], far.since.expect("it was touched"));
    }
    let runs = desk.ledger.values().filter_map(|entries| Some((entries, entries.last()?.run)));
    let completed = runs.filter(|(entries, _)| entries.last().is_some_and(|last| last.action == Action::Complete)).count();
    prop_assert_eq!(statistics.total.completed, i64::try_from(completed).expect("few"));
    let worked: i64 = desk
        .ledger
        .values()
        .flat_map(|entries| sessions(entries))
        .filter(|session| session.voided_at.is_none())
        .map(|session| session.ended_at.unwrap_or(now).as_seconds() - session.started_at.as_seconds())
        .sum();
    prop_assert_eq!(statistics.total.worked_seconds, worked);
    for (day, sum) in statistics.by_day.iter().enumerate() {
        let one = Days::from(statistics.days.date(day), 1, zone);
        prop_assert!(sum.worked_seconds <= i64::try_from(one.end().since(one.begin()).as_secs()).expect("a day"));
    }
    Ok(())
}
