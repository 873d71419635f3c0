//! Each judge acquits an honest history and convicts the same one once it is doctored.

use std::time::Duration;

use kernel::Instant;

use super::{Campaign, Deed, Row, Said};
use crate::{
    clock::START,
    history::{Bounds, Checker, Entry, Phase, What, check},
};

const BOUNDS: Bounds = Bounds { skew: Duration::ZERO, lateness: Duration::from_millis(50), recovery: Duration::from_secs(2) };

/// Starts a second, and who is in the round: every third of them has an account.
const RATE: u32 = 20;
const PEOPLE: i64 = 60;

fn at(millis: u64) -> Instant {
    START + Duration::from_millis(millis)
}

fn line(millis: u64, phase: Phase, what: Campaign) -> Entry {
    Entry { ts_mono: millis * 1_000, ts_wall: at(millis), actor: "somebody".to_owned(), phase, what: What::Campaign(what) }
}

fn who(position: i64) -> String {
    format!("c-{position}")
}

fn has_account(position: i64) -> bool {
    position % 3 == 0
}

/// When somebody is begun with: evenly, from the tenth second on.
fn begun(position: i64) -> u64 {
    10_000 + 50 * position.unsigned_abs()
}

fn moved(millis: u64, phase: Phase, position: i64, comes: bool, place: Option<i64>) -> Entry {
    let (product, key) = ("lamp".to_owned(), format!("{comes} {position}"));
    line(millis, phase, Campaign::Move { product, who: who(position), comes, key, place })
}

fn deed(millis: u64, phase: Phase, deed: Deed, round: Option<i64>) -> Entry {
    line(millis, phase, Campaign::Deed { product: "lamp".to_owned(), deed, key: format!("{deed:?}"), round })
}

fn call(millis: u64, phase: Phase, position: i64, number: u64) -> Entry {
    let (product, who, key) = ("lamp".to_owned(), who(position), format!("k-{position}"));
    line(millis, phase, Campaign::Call { number, product, round: 1, position, who, key })
}

/// A call that leaves, arrives and is answered.
fn called(millis: u64, position: i64, number: u64) -> [Entry; 3] {
    let answered = line(millis + 10, Phase::Ok, Campaign::Answered { number, said: Said::Taken });
    [call(millis, Phase::Invoke, position, number), call(millis, Phase::Ok, position, number), answered]
}

fn told(millis: u64, position: i64) -> Entry {
    let (who, product) = (who(position), "lamp".to_owned());
    line(90_000, Phase::Ok, Campaign::Told { who, product, round: 1, told_at: at(millis) })
}

fn round(state: &str, counts: [i64; 4]) -> Entry {
    let what = Campaign::Round {
        product: "lamp".to_owned(),
        round: 1,
        state: state.to_owned(),
        strict: false,
        waves: false,
        frozen: true,
        counts,
        started_at: at(9_000),
    };
    line(90_000, Phase::Ok, what)
}

fn row(position: i64, state: &str, reason: Option<&str>) -> Entry {
    let row = Row {
        product: "lamp".to_owned(),
        round: 1,
        position,
        who: who(position),
        has_account: has_account(position),
        state: state.to_owned(),
        attempts: 1,
        started_at: Some(at(begun(position))),
        settled_at: Some(at(begun(position) + 10)),
        reason: reason.map(ToOwned::to_owned),
    };
    line(90_000, Phase::Ok, Campaign::Row(row))
}

/// Everybody came, the stock came back, and everybody was told.
fn honest() -> Vec<Entry> {
    let mut history = vec![line(0, Phase::Ok, Campaign::Terms { per_second: RATE, at_once: 1, resends: true })];
    for position in 1..=PEOPLE {
        history.push(moved(1_000, Phase::Invoke, position, true, None));
        history.push(moved(1_001, Phase::Ok, position, true, Some(position)));
    }
    history.push(deed(8_999, Phase::Invoke, Deed::Stock(3), None));
    history.push(deed(9_001, Phase::Ok, Deed::Stock(3), Some(1)));
    for position in (1..=PEOPLE).filter(|position| !has_account(*position)) {
        history.extend(called(begun(position), position, position.unsigned_abs()));
    }
    history.push(round("COMPLETED", [PEOPLE, PEOPLE, 0, 0]));
    history.extend((1..=PEOPLE).map(|position| row(position, "SENT", None)));
    history.extend((1..=PEOPLE).filter(|position| has_account(*position)).map(|position| told(begun(position), position)));
    history
}

fn accused(history: &[Entry]) -> Vec<Checker> {
    let mut history = history.to_vec();
    history.sort_by_key(|entry| entry.ts_mono);
    let violations = check(&history, &BOUNDS).violations;
    let mut checkers: Vec<Checker> = violations.iter().map(|violation| violation.checker).collect();
    checkers.dedup();
    checkers
}

/// The same history, where `change` says what becomes of each line.
fn doctored(change: impl Fn(&mut Campaign) -> bool) -> Vec<Entry> {
    let mut history = honest();
    history.retain_mut(|entry| if let What::Campaign(what) = &mut entry.what { change(what) } else { true });
    history
}

fn with(more: impl IntoIterator<Item = Entry>) -> Vec<Entry> {
    honest().into_iter().chain(more).collect()
}

fn is_row(what: &Campaign, position: i64) -> bool {
    matches!(what, Campaign::Row(row) if row.position == position)
}

fn is_call(what: &Campaign, position: i64) -> bool {
    matches!(what, Campaign::Call { position: of, .. } if *of == position)
}

/// The row of somebody in another state.
fn stands(position: i64, state: &str, reason: Option<&str>, counts: [i64; 4]) -> Vec<Entry> {
    let mut history = doctored(|what| !is_row(what, position) && !matches!(what, Campaign::Round { .. }));
    let place = history.iter().position(|entry| matches!(entry.what, What::Campaign(Campaign::Row(_)))).expect("rows");
    history.insert(place, round("COMPLETED", counts));
    let next = |entry: &Entry| matches!(&entry.what, What::Campaign(what) if is_row(what, position + 1));
    let place = history.iter().position(next).expect("a row");
    history.insert(place, row(position, state, reason));
    history
}

#[test]
fn an_honest_round_is_acquitted_and_counted() {
    let verdict = check(&honest(), &BOUNDS);
    assert_eq!(verdict.violations, []);
    assert_eq!((verdict.summary.rounds, verdict.summary.told), (1, 60));
}

#[test]
fn c9_sees_who_counts_as_told_and_was_not() {
    assert_eq!(accused(&doctored(|what| !is_call(what, 4))), [Checker::Told], "nobody took the message");
    assert_eq!(accused(&doctored(|what| !matches!(what, Campaign::Told { who, .. } if who == "c-9"))), [Checker::Told]);
}

#[test]
fn c9_sees_who_was_told_and_does_not_count_or_is_passed_over_for_nothing() {
    assert_eq!(accused(&stands(4, "SKIPPED", Some("unsubscribed"), [60, 59, 1, 0])), [Checker::Told]);
    assert_eq!(accused(&stands(9, "SKIPPED", Some("unsubscribed"), [60, 59, 1, 0])), [Checker::Told]);
    let untold = |left: bool| {
        let mut history = stands(4, "SKIPPED", Some("unsubscribed"), [60, 59, 1, 0]);
        history.retain_mut(|entry| match &mut entry.what {
            What::Campaign(Campaign::Row(row)) if row.position == 4 => {
                row.started_at = None;
                true
            }
            What::Campaign(what) => !is_call(what, 4),
            _ => true,
        });
        history.extend(
            [moved(9_500, Phase::Invoke, 4, false, None), moved(9_600, Phase::Ok, 4, false, None)].into_iter().filter(|_| left),
        );
        accused(&history)
    };
    assert_eq!((untold(true), untold(false)), (vec![], vec![Checker::Told]), "who left is passed over, and nobody else");
}

#[test]
fn c9_sees_whoever_is_told_again_although_it_was_known() {
    assert_eq!(accused(&with(called(30_000, 4, 99))), [Checker::Told]);
    let other = |what: &mut Campaign| {
        if let Campaign::Call { position: 4, key, .. } = what {
            "k-5".clone_into(key);
        }
        true
    };
    assert_eq!(accused(&doctored(other)), [Checker::Told], "one key for two people");
    let mut unheard = honest();
    unheard.retain(|entry| !matches!(entry.what, What::Campaign(Campaign::Answered { number: 4, .. })));
    unheard.extend(called(30_000, 4, 99));
    for entry in &mut unheard {
        if let What::Campaign(Campaign::Row(row)) = &mut entry.what
            && row.position == 4
        {
            row.attempts = 2;
        }
    }
    assert_eq!(accused(&unheard), [], "nobody knew, and the key is the same");
    for entry in &mut unheard {
        if let What::Campaign(Campaign::Terms { resends, .. }) = &mut entry.what {
            *resends = false;
        }
    }
    assert_eq!(accused(&unheard), [Checker::Told], "whoever may have been told is to be passed over");
}

#[test]
fn c9_sees_a_wrong_order_and_a_wrong_line() {
    let mut late = doctored(|what| !is_call(what, 4));
    late.extend(called(14_100, 4, 99));
    assert_eq!(accused(&late), [Checker::Told], "begun with after those behind them");
    let swapped = |what: &mut Campaign| {
        if let Campaign::Move { who, place: Some(place), .. } = what
            && who == "c-4"
        {
            *place = 99;
        }
        true
    };
    assert_eq!(accused(&doctored(swapped)), [Checker::Told], "positions follow places");
    let later = |what: &mut Campaign| !matches!(what, Campaign::Move { who, .. } if who == "c-4");
    assert_eq!(accused(&doctored(later)), [Checker::Told], "never came");
    let waits = with([moved(1_000, Phase::Invoke, 61, true, None), moved(1_001, Phase::Ok, 61, true, Some(61))]);
    assert_eq!(accused(&waits), [Checker::Told], "left out");
    let left = with([moved(5_000, Phase::Invoke, 4, false, None), moved(5_001, Phase::Ok, 4, false, None)]);
    assert_eq!(accused(&left), [Checker::Told], "told although they had left");
}

#[test]
fn c9_sees_an_inbox_that_is_written_before_a_call_whose_turn_it_was() {
    // The eighth is called when the ninth had their turn, and the ninth finds it when the eighth had theirs.
    let history = |attempts: i64| {
        let mut history = doctored(|what| match what {
            Campaign::Told { who, told_at, .. } if who == "c-9" => {
                *told_at = at(begun(8));
                true
            }
            Campaign::Row(row) => {
                row.attempts = if row.position == 8 { attempts } else { 1 };
                true
            }
            what => !is_call(what, 8),
        });
        history.extend(called(begun(9), 8, 99));
        history
    };
    assert_eq!(accused(&history(1)), [Checker::Told], "calls are in order, and so are inboxes, but not both");
    assert_eq!(accused(&history(2)), [], "the first attempt never left");
    let mut given_back = history(1);
    for entry in &mut given_back {
        if let What::Campaign(Campaign::Row(row)) = &mut entry.what
            && row.position == 8
        {
            row.started_at = Some(at(begun(9)));
        }
    }
    assert_eq!(accused(&given_back), [Checker::Told], "nothing is broken, so nobody gave it back");
    let stops = |millis: u64, phase| {
        let what = What::Fault { kind: "stop".to_owned(), node: "1".to_owned(), excuses: true };
        Entry { ts_mono: millis * 1_000, ts_wall: at(millis), actor: "nemesis".to_owned(), phase, what }
    };
    let stopped = [stops(begun(8) - 20, Phase::Invoke), stops(begun(8) - 10, Phase::Ok)];
    given_back.extend(stopped.clone());
    assert_eq!(accused(&given_back), [], "it was permitted again when the inbox was written already");
    let mut waited: Vec<Entry> = history(1).into_iter().chain(stopped).collect();
    for entry in &mut waited {
        if let What::Campaign(Campaign::Row(row)) = &mut entry.what
            && row.position == 8
        {
            row.started_at = Some(at(begun(8) - 10));
        }
    }
    assert_eq!(accused(&waited), [Checker::Told], "it was permitted before that");
    let mut early = history(2);
    early.retain(|entry| !matches!(&entry.what, What::Campaign(what) if is_call(what, 10)));
    early.extend(called(begun(9) - 1, 10, 100));
    assert_eq!(accused(&early), [Checker::Told], "which is no excuse for another call");
}

#[test]
fn c9_sees_sums_that_do_not_add_up_and_rounds_without_an_end() {
    let sum = |what: &mut Campaign| {
        if let Campaign::Round { counts, .. } = what {
            counts[1] -= 1;
        }
        true
    };
    assert_eq!(accused(&doctored(sum)), [Checker::Told]);
    for end in ["IN_PROGRESS", "PAUSED", "CANCELED_BY_SOLD_OUT", "CANCELED_BY_ERROR"] {
        let endless = |what: &mut Campaign| {
            if let Campaign::Round { state, .. } = what {
                end.clone_into(state);
            }
            true
        };
        assert_eq!(accused(&doctored(endless)), [Checker::Told], "{end}");
    }
    assert_eq!(accused(&stands(4, "IN_FLIGHT", None, [60, 59, 0, 0])), [Checker::Told]);
}

#[test]
fn c9_wants_a_round_that_was_stopped_to_have_failed_itself() {
    let stopped = |failed: u64| {
        let mut history = doctored(|what| {
            match what {
                Campaign::Round { state, .. } => "CANCELED_BY_ERROR".clone_into(state),
                Campaign::Row(row) if row.position == 1 => row.attempts = 6,
                _ => {}
            }
            true
        });
        history.extend((0..failed).map(|number| call(9_100 + number, Phase::Invoke, 1, 100 + number)));
        let mut next = round("COMPLETED", [0; 4]);
        if let What::Campaign(Campaign::Round { round, started_at, .. }) = &mut next.what {
            (*round, *started_at) = (2, at(80_000));
        }
        history.push(next);
        accused(&history)
    };
    assert_eq!((stopped(5), stopped(4)), (vec![], vec![Checker::Told]));
}

#[test]
fn c9_holds_a_strict_round_to_one_after_the_other() {
    let strict = |took: u64| {
        doctored(|what| {
            match what {
                Campaign::Round { strict, .. } => *strict = true,
                Campaign::Row(row) => row.settled_at = Some(at(begun(row.position) + took)),
                _ => {}
            }
            true
        })
    };
    assert_eq!((accused(&strict(49)), accused(&strict(51))), (vec![], vec![Checker::Told]));
}

#[test]
fn c10_sees_a_second_with_too_many_starts() {
    let slower = |what: &mut Campaign| {
        if let Campaign::Terms { per_second, .. } = what {
            *per_second = 19;
        }
        true
    };
    assert_eq!(accused(&doctored(slower)), [Checker::Pace], "twenty a second");
}

#[test]
fn c10_sees_whoever_is_begun_with_after_a_stop() {
    let stop = |millis: u64| {
        let stop = [deed(millis - 1, Phase::Invoke, Deed::Pause, None), deed(millis, Phase::Ok, Deed::Pause, Some(1))];
        accused(&with(stop))
    };
    assert_eq!(stop(begun(60) + 1), [], "everybody was begun with");
    assert_eq!(stop(begun(59) - 1), [Checker::Pace], "an inbox is written to in the permit itself");
    assert_eq!(stop(begun(57) + 1), [Checker::Pace], "two calls, and one is of the permit");
    let resumed = [
        deed(begun(30) - 1, Phase::Invoke, Deed::Pause, None),
        deed(begun(30), Phase::Ok, Deed::Pause, Some(1)),
        deed(begun(30) + 1, Phase::Invoke, Deed::Resume, None),
        deed(begun(30) + 2, Phase::Ok, Deed::Resume, Some(1)),
    ];
    assert_eq!(accused(&with(resumed)), [], "it went on");
}

#[test]
fn c10_wants_the_rate_held_while_nothing_is_in_the_way() {
    // Everybody behind the thirtieth comes four seconds later.
    let halt = |position: i64| begun(position) + if position > 30 { 4_000 } else { 0 };
    let mut history = doctored(|what| !matches!(what, Campaign::Call { .. } | Campaign::Answered { .. }));
    for entry in &mut history {
        match &mut entry.what {
            What::Campaign(Campaign::Row(row)) => {
                (row.started_at, row.settled_at) = (Some(at(halt(row.position))), Some(at(halt(row.position) + 10)));
            }
            What::Campaign(Campaign::Told { who, told_at, .. }) => {
                *told_at = at(halt(who[2..].parse().expect("a number")));
            }
            What::Campaign(Campaign::Deed { .. }) => (entry.ts_mono, entry.ts_wall) = (1_500_000, at(1_500)),
            What::Campaign(Campaign::Round { started_at, .. }) => *started_at = at(1_500),
            _ => {}
        }
    }
    for position in (1..=PEOPLE).filter(|position| !has_account(*position)) {
        history.extend(called(halt(position), position, position.unsigned_abs()));
    }
    assert_eq!(accused(&history), [Checker::Pace]);
    let broken = |millis: u64, phase| {
        let what = What::Fault { kind: "crash".to_owned(), node: "1".to_owned(), excuses: true };
        Entry { ts_mono: millis * 1_000, ts_wall: at(millis), actor: "nemesis".to_owned(), phase, what }
    };
    history.extend([broken(11_000, Phase::Invoke), broken(12_000, Phase::Ok)]);
    assert_eq!(accused(&history), [], "somebody died");
}
