//! Each checker passes an honest history and fails the same history once it is doctored.

use std::{io::BufReader, time::Duration};

use kernel::Instant;

use super::{Bounds, Change, Checker, Disarms, Entry, Phase, Promise, Shown, Step, Verb, What, check, read_lines, write_line};
use crate::clock::START;

const BOUNDS: Bounds = Bounds { skew: Duration::ZERO, lateness: Duration::from_millis(50), recovery: Duration::from_secs(2) };

fn at(second: u64) -> Instant {
    START + Duration::from_secs(second)
}

fn entry(second: u64, phase: Phase, what: What) -> Entry {
    Entry { ts_mono: second * 1_000_000, ts_wall: at(second), actor: "somebody".to_owned(), phase, what }
}

fn change(verb: Verb, key: &str, disarms: Disarms, due: &[u64]) -> What {
    let arms = due
        .iter()
        .map(|&second| Promise {
            due_at: at(second),
            starts_at: Some(at(second + 600)),
            hushed_until_end: Some(at(second + 600)),
            chained: false,
        })
        .collect();
    What::Change(Change { verb, subject: "walk".to_owned(), key: key.to_owned(), disarms, arms })
}

/// Asked at `second`, done one second later.
fn done(second: u64, verb: Verb, key: &str, disarms: Disarms, due: &[u64]) -> [Entry; 2] {
    let what = change(verb, key, disarms, due);
    [entry(second, Phase::Invoke, what.clone()), entry(second + 1, Phase::Ok, what)]
}

fn shown(seen: u64, notification: &str, alarm: &str, due: u64, fired: u64) -> Entry {
    let what = What::Shown(Shown {
        user: "ann".to_owned(),
        notification: notification.to_owned(),
        alarm: alarm.to_owned(),
        subject: "walk".to_owned(),
        due_at: at(due),
        fired_at: at(fired),
    });
    entry(seen, Phase::Ok, what)
}

fn row(alarm: &str, due: u64, state: &str) -> Entry {
    let (subject, alarm, state) = ("walk".to_owned(), alarm.to_owned(), state.to_owned());
    entry(1_000, Phase::Ok, What::Alarm { subject, alarm, due_at: at(due), state })
}

fn inbox(notifications: &[&str], unread: u64, counted: i64) -> Entry {
    let notifications = notifications.iter().map(|&id| id.to_owned()).collect();
    entry(1_000, Phase::Ok, What::Inbox { user: "ann".to_owned(), notifications, unread, counted })
}

fn fault(second: u64, phase: Phase) -> Entry {
    entry(second, phase, What::Fault { kind: "crash".to_owned(), node: "1".to_owned(), excuses: true })
}

/// Made at 0 for 10 and 20, moved at 12 to 30, shown, all in order.
fn honest() -> Vec<Entry> {
    let mut history = Vec::new();
    history.extend(done(0, Verb::Create, "k1", Disarms::Nothing, &[10, 20]));
    history.push(shown(11, "n1", "a1", 10, 10));
    history.extend(done(12, Verb::Patch, "k2", Disarms::All, &[30]));
    history.push(shown(30, "n2", "a3", 30, 30));
    history.extend([row("a1", 10, "FIRED"), row("a2", 20, "SUPERSEDED"), row("a3", 30, "FIRED")]);
    history.push(inbox(&["n1", "n2"], 2, 2));
    history
}

fn accused(history: &[Entry]) -> Vec<Checker> {
    let mut checkers: Vec<Checker> = check(history, &BOUNDS).violations.into_iter().map(|v| v.checker).collect();
    checkers.dedup();
    checkers
}

fn without(history: &[Entry], gone: impl Fn(&Entry) -> bool) -> Vec<Entry> {
    history.iter().filter(|entry| !gone(entry)).cloned().collect()
}

fn is_shown(entry: &Entry, id: &str) -> bool {
    matches!(&entry.what, What::Shown(shown) if shown.notification == id)
}

#[test]
fn an_honest_history_is_acquitted_and_counted() {
    let verdict = check(&honest(), &BOUNDS);
    assert_eq!(verdict.violations, []);
    assert_eq!((verdict.summary.promises, verdict.summary.sure, verdict.summary.effects), (3, 2, 2));
    assert_eq!(verdict.summary.percentile(990), Duration::ZERO);
}

#[test]
fn c1_sees_what_never_rang() {
    let lost = without(&honest(), |entry| is_shown(entry, "n2") || matches!(entry.what, What::Alarm { .. }));
    assert_eq!(accused(&lost), [Checker::NothingLost]);
}

#[test]
fn c1_does_not_ask_for_what_was_not_acknowledged_or_was_taken_back() {
    let unanswered =
        without(&honest(), |entry| is_shown(entry, "n2") || entry.ts_wall == at(13) || matches!(entry.what, What::Alarm { .. }));
    assert_eq!(accused(&unanswered), [], "the patch was never answered");
    let refused: Vec<Entry> =
        unanswered.iter().cloned().chain([entry(14, Phase::Fail, change(Verb::Patch, "k2", Disarms::All, &[30]))]).collect();
    assert_eq!(accused(&refused), [Checker::NothingLost], "refused, so 20 still had to ring");
}

#[test]
fn c1_asks_for_what_was_taken_back_too_late() {
    let mut history = honest();
    history.retain(|entry| !is_shown(entry, "n1") && !matches!(entry.what, What::Alarm { .. }));
    assert_eq!(accused(&history), [Checker::NothingLost], "10 was to ring long before the patch at 12");
    history.insert(2, fault(9, Phase::Invoke));
    history.insert(3, fault(11, Phase::Ok));
    assert_eq!(accused(&history), [], "the crash at 9 explains it");
}

#[test]
fn c1_wants_a_reminder_that_was_past_at_creation_only_while_the_item_is_to_come() {
    let create = |starts: u64| {
        let arms = vec![Promise { due_at: at(10), starts_at: Some(at(starts)), hushed_until_end: None, chained: false }];
        let what = What::Change(Change {
            verb: Verb::Create,
            subject: "walk".to_owned(),
            key: "k".to_owned(),
            disarms: Disarms::Nothing,
            arms,
        });
        vec![entry(20, Phase::Invoke, what.clone()), entry(21, Phase::Ok, what), inbox(&[], 0, 0)]
    };
    assert_eq!(accused(&create(100)), [Checker::NothingLost]);
    assert_eq!(accused(&create(15)), []);
    let mut rang = create(15);
    rang.insert(2, shown(22, "n", "a", 10, 21));
    assert_eq!(accused(&rang), [Checker::NoPhantom]);
}

#[test]
fn c1_wants_the_last_of_several_reminders_that_were_past_and_a_critical_one_before_any_other() {
    let promise = |due, critical: bool| {
        let hushed_until_end = (!critical).then_some(at(100));
        Promise { due_at: at(due), starts_at: Some(at(100)), hushed_until_end, chained: false }
    };
    assert_eq!(of_two_past(&[promise(10, false), promise(15, false)]), [10]);
    assert_eq!(of_two_past(&[promise(10, true), promise(15, true)]), [10]);
    assert_eq!(of_two_past(&[promise(10, true), promise(15, false)]), [15]);
}

/// Which of two reminders that were past cannot ring alone.
fn of_two_past(arms: &[Promise; 2]) -> Vec<u64> {
    let change = Change {
        verb: Verb::Create,
        subject: "walk".to_owned(),
        key: "k".to_owned(),
        disarms: Disarms::Nothing,
        arms: arms.to_vec(),
    };
    let made = [entry(20, Phase::Invoke, What::Change(change.clone())), entry(21, Phase::Ok, What::Change(change))];
    let with = |rang: &[u64]| {
        let shown = rang.iter().map(|due| shown(22, &format!("n{due}"), &format!("a{due}"), *due, 21));
        accused(&made.iter().cloned().chain(shown).chain([inbox(&[], 0, 0)]).collect::<Vec<_>>())
    };
    [10, 15].into_iter().filter(|due| with(&[*due]) == [Checker::NothingLost]).collect()
}

#[test]
fn c2_sees_two_notifications_of_one_alarm_and_one_promise_kept_twice() {
    let mut twice = honest();
    twice.push(shown(31, "n3", "a3", 30, 30));
    assert_eq!(accused(&twice), [Checker::OnceOnly]);
    let mut doubled = honest();
    doubled.push(shown(31, "n3", "a4", 30, 30));
    doubled.push(row("a4", 30, "FIRED"));
    assert_eq!(accused(&doubled), [Checker::OnceOnly]);
    let mut again = honest();
    again.push(shown(40, "n2", "a3", 30, 30));
    assert_eq!(accused(&again), [], "seeing the same notification again is not a second effect");
    let mut listed = honest();
    listed.push(inbox(&["n1", "n1"], 2, 2));
    assert_eq!(accused(&listed), [Checker::OnceOnly]);
}

#[test]
fn c3_sees_what_nobody_asked_for_and_what_was_taken_back() {
    let mut phantom = without(&honest(), |entry| matches!(entry.what, What::Alarm { .. }));
    phantom.push(shown(25, "n9", "a9", 25, 25));
    assert_eq!(accused(&phantom), [Checker::NoPhantom]);
    let mut moved = without(&honest(), |entry| matches!(entry.what, What::Alarm { .. }));
    moved.push(shown(20, "n9", "a2", 20, 20));
    assert_eq!(accused(&moved), [Checker::NoPhantom], "20 was moved away at 13");
}

#[test]
fn c4_sees_what_rang_before_its_time_by_its_own_word_or_by_the_readers_clock() {
    let mut early = without(&honest(), |entry| is_shown(entry, "n2"));
    early.push(shown(30, "n2", "a3", 30, 29));
    assert_eq!(accused(&early), [Checker::NeverEarly]);
    let mut liar = without(&honest(), |entry| is_shown(entry, "n2"));
    liar.push(shown(29, "n2", "a3", 30, 30));
    assert_eq!(accused(&liar), [Checker::NeverEarly]);
}

#[test]
fn c5_sees_what_rang_late_without_a_reason() {
    let mut late = without(&honest(), |entry| is_shown(entry, "n2"));
    late.push(shown(34, "n2", "a3", 30, 33));
    assert_eq!(accused(&late), [Checker::InTime]);
    late.extend([fault(27, Phase::Invoke), fault(29, Phase::Ok)]);
    assert_eq!(accused(&late), [Checker::InTime], "it was healed long before");
    late.extend([fault(31, Phase::Invoke), fault(32, Phase::Ok)]);
    assert_eq!(accused(&late), [], "it was not over the first fault when the second came");
    late.extend([shown(40, "n3", "a4", 20, 39)]);
    assert!(!accused(&late).contains(&Checker::InTime), "what should not ring at all is not late");
}

#[test]
fn c6_sees_holes_and_repetitions_but_not_a_reset() {
    let applied = |seq: i64| entry(5, Phase::Ok, What::Applied { user: "ann".to_owned(), epoch: 1, seq });
    assert_eq!(accused(&[applied(1), applied(2), applied(3)]), []);
    assert_eq!(accused(&[applied(1), applied(3)]), [Checker::NoGap]);
    assert_eq!(accused(&[applied(1), applied(1)]), [Checker::NoGap]);
    let reset = entry(5, Phase::Ok, What::Reset { user: "ann".to_owned(), epoch: 1, seq: 7 });
    assert_eq!(accused(&[applied(1), reset, applied(8)]), []);
}

#[test]
fn c7_sees_a_settlement_by_somebody_whose_claim_has_passed_on() {
    let lease = |token: i64, step: Step, begun: u64, over: u64| {
        entry(over, Phase::Ok, What::Lease { job: "purge".to_owned(), token, step, begun_at: at(begun) })
    };
    let claims = [lease(1, Step::Claim, 1, 1), lease(2, Step::Claim, 3, 4)];
    let with = |last: Entry| accused(&[&claims[..], &[last]].concat());
    assert_eq!(with(lease(2, Step::Settle, 5, 5)), []);
    assert_eq!(with(lease(1, Step::Settle, 4, 6)), [], "both were under way at 4");
    assert_eq!(with(lease(1, Step::Settle, 5, 6)), [Checker::NoStaleHolder]);
    assert_eq!(with(lease(1, Step::Start, 5, 5)), [Checker::NoStaleHolder]);
    assert_eq!(with(lease(2, Step::Claim, 5, 5)), [Checker::NoStaleHolder], "a token is given once");
    let left = |finished: bool| entry(5, Phase::Ok, What::Job { job: "purge".to_owned(), finished });
    assert_eq!(accused(&[left(true)]), []);
    assert_eq!(accused(&[left(false)]), [Checker::Conservation]);
}

#[test]
fn c12_sees_rows_that_do_not_add_up() {
    let swap = |id: &str, state: &str| -> Vec<Entry> {
        let gone = without(&honest(), |entry| matches!(&entry.what, What::Alarm { alarm, .. } if alarm == id));
        if state.is_empty() { gone } else { [gone, vec![row(id, 30, state)]].concat() }
    };
    assert_eq!(accused(&swap("a3", "CANCELLED")), [Checker::Conservation], "rang and is cancelled");
    assert_eq!(accused(&swap("a3", "PENDING")), [Checker::Conservation], "rang and is pending");
    assert_eq!(accused(&swap("a3", "")), [Checker::Conservation], "accepted without a row");
    assert_eq!(accused(&[honest(), vec![row("a9", 40, "FIRED")]].concat()), [Checker::Conservation], "fired and never shown");
    assert_eq!(accused(&[honest(), vec![row("a9", 40, "PENDING")]].concat()), [Checker::Conservation], "still pending");
    assert_eq!(accused(&[honest(), vec![inbox(&["n1", "n2"], 2, 1)]].concat()), [Checker::Conservation], "the counter is wrong");
}

#[test]
fn a_history_survives_its_lines_and_a_torn_last_one() {
    let mut lines = Vec::new();
    for entry in &honest() {
        write_line(&mut lines, entry).unwrap();
    }
    lines.extend_from_slice(b"{\"ts_mono\":1,\"ts_wa");
    assert_eq!(read_lines(BufReader::new(&*lines)).unwrap(), honest());
}

#[test]
fn a_hundred_thousand_lines_are_judged_in_one_pass() {
    let mut history = Vec::new();
    for number in 0..25_000u64 {
        let mut lines = done(number, Verb::Create, "k", Disarms::Nothing, &[number + 10]).to_vec();
        lines.push(shown(number + 10, &format!("n{number}"), &format!("a{number}"), number + 10, number + 10));
        lines.push(fault(number, if number % 100 == 0 { Phase::Invoke } else { Phase::Ok }));
        for line in &mut lines {
            match &mut line.what {
                What::Change(Change { subject, .. }) | What::Shown(Shown { subject, .. }) => *subject = format!("s{number}"),
                _ => {}
            }
        }
        history.extend(lines);
    }
    let verdict = check(&history, &BOUNDS);
    assert_eq!((verdict.violations.len(), verdict.summary.effects), (0, 25_000));
}

/// Made at 0 for 100 and 200; quiet from 90 to 150, and the item ends 600 seconds after it is due.
fn hushed(told: u64) -> Vec<Entry> {
    let mut history = vec![entry(0, Phase::Ok, What::Quiet { from: at(90), until: at(150) })];
    history.extend(done(0, Verb::Create, "k1", Disarms::Nothing, &[100, 200]));
    history.push(shown(told, "n1", "a1", 100, told));
    history
        .extend([shown(200, "n2", "a2", 200, 200), entry(1_000, Phase::Ok, What::Job { job: "x".to_owned(), finished: true })]);
    history
}

#[test]
fn quiet_hours_hold_what_is_due_in_them_and_nothing_else() {
    assert_eq!(accused(&hushed(150)), []);
    assert_eq!(accused(&hushed(120)), [Checker::QuietHours], "told in them");
    assert_eq!(accused(&hushed(160)), [Checker::InTime], "and held too long");
    let mut lost = hushed(150);
    lost.retain(|line| !matches!(&line.what, What::Shown(shown) if shown.notification == "n1"));
    assert_eq!(accused(&lost), [Checker::NothingLost], "held for ever");
    let mut elsewhere = hushed(150);
    elsewhere[0].actor = "somebody else".to_owned();
    assert_eq!(accused(&elsewhere), [Checker::InTime], "they are those of another");
    let with = |ends: Option<u64>, mut history: Vec<Entry>| {
        for line in &mut history {
            if let What::Change(change) = &mut line.what {
                change.arms.iter_mut().for_each(|arm| arm.hushed_until_end = ends.map(at));
            }
        }
        accused(&history)
    };
    assert_eq!(with(None, hushed(100)), [], "a snooze rings in them");
    assert_eq!(with(None, hushed(150)), [Checker::InTime], "and does not wait");
    assert_eq!(with(Some(140), hushed(150)), [Checker::QuietHours], "it was over");
    let mut silent = hushed(150);
    silent.retain(|line| !matches!(&line.what, What::Shown(shown) if shown.notification == "n1"));
    assert_eq!(with(Some(140), silent), [], "what is over need not be told");
}
