//! The judge, seen at work: a sound history passes, and every way to spoil it is found by the rule that is about it.

use std::time::Duration;

use kernel::Instant;

use super::judge::{Call, Halt, History, Line, RULES, judge, most_in_a_second};

fn at(millis: u64) -> Instant {
    Instant::EPOCH + Duration::from_hours(1) + Duration::from_millis(millis)
}

fn line(round: i64, position: i64, who: &str, state: &str, started_millis: Option<u64>) -> Line {
    let (attempts, started_at) = (usize::from(started_millis.is_some()), started_millis.map(at));
    Line { round, position, who: who.to_owned(), state: state.to_owned(), reason: None, attempts, started_at }
}

fn call(round: i64, position: i64, who: &str, millis: u64) -> Call {
    Call { at: at(millis), round, position, who: who.to_owned(), key: format!("key of {who}") }
}

/// A round that is sold out after two of four, one of whom leaves; and one that tells the other, whose first call nobody answered.
fn sound() -> History {
    let mut again = line(2, 1, "c3", "SENT", Some(5_000));
    again.attempts = 2;
    let mut left = line(2, 2, "c4", "SKIPPED", None);
    left.reason = Some("unsubscribed".to_owned());
    History {
        people: ["usr_1", "c2", "c3", "c4"].map(str::to_owned).to_vec(),
        left: [("c4".to_owned(), at(4_500))].into(),
        rounds: vec![(1, "CANCELED_BY_SOLD_OUT".to_owned(), 0), (2, "COMPLETED".to_owned(), 1)],
        lines: vec![
            line(1, 1, "usr_1", "SENT", Some(100)),
            line(1, 2, "c2", "SENT", Some(200)),
            line(1, 3, "c3", "WAITING", None),
            line(1, 4, "c4", "WAITING", None),
            again,
            left,
        ],
        calls: vec![call(1, 2, "c2", 210), call(2, 1, "c3", 4_010), call(2, 1, "c3", 5_010)],
        inboxes: vec![("usr_1".to_owned(), 1)],
        halts: vec![Halt { round: 1, from: at(1_000), until: None }],
        per_second: 500,
    }
}

/// A long round of calls, one every two milliseconds.
fn long() -> History {
    let mut history = History { rounds: vec![(1, "COMPLETED".to_owned(), 0)], per_second: 500, ..History::default() };
    for position in 1..=1_200_i64 {
        let (who, millis) = (format!("c{position}"), 2 * position.unsigned_abs());
        history.lines.push(line(1, position, &who, "SENT", Some(millis)));
        history.calls.push(call(1, position, &who, millis));
        history.people.push(who);
    }
    history
}

/// The rules that find something.
fn found(history: &History) -> Vec<&'static str> {
    RULES.iter().filter(|(_, rule)| !rule(history).is_empty()).map(|(name, _)| *name).collect()
}

#[test]
fn a_sound_history_is_sound() {
    assert_eq!(judge(&sound()), Vec::<String>::new());
    assert_eq!(judge(&long()), Vec::<String>::new());
}

#[test]
fn every_way_to_spoil_a_history_is_found_by_the_rule_that_is_about_it() {
    type Spoil = fn(&mut History);
    let table: [(&str, &str, Spoil); 22] = [
        ("sent and never heard", "the ledger is what was seen", |h| drop(h.calls.remove(0))),
        ("heard, and not in the ledger", "the ledger is what was seen", |h| h.calls.push(call(1, 9, "c9", 300))),
        ("heard of another position", "the ledger is what was seen", |h| h.calls[0].position = 3),
        ("heard, and said to wait", "the ledger is what was seen", |h| h.calls.push(call(1, 3, "c3", 300))),
        ("heard more often than it was tried", "the ledger is what was seen", |h| h.calls.push(call(2, 1, "c3", 5_020))),
        ("sent and not in the inbox", "the ledger is what was seen", |h| h.inboxes.clear()),
        ("in an inbox, and of nobody", "the ledger is what was seen", |h| h.inboxes.push(("usr_9".to_owned(), 1))),
        ("two people under one key", "a call is repeated only where nobody knew what became of it", |h| {
            h.calls[0].key = h.calls[1].key.clone();
        }),
        ("another key for the same person", "a call is repeated only where nobody knew what became of it", |h| {
            h.calls[2].key = "other".to_owned();
        }),
        ("another key in the next round", "a call is repeated only where nobody knew what became of it", |h| {
            (h.lines[2].state, h.lines[2].attempts) = ("RETRY".to_owned(), 1);
            h.calls.insert(1, Call { key: "of round 1".to_owned(), ..call(1, 3, "c3", 300) });
        }),
        ("repeated, and nobody says why", "a call is repeated only where nobody knew what became of it", |h| h.rounds[1].2 = 0),
        ("twice in an inbox", "nobody is told twice", |h| h.inboxes.push(("usr_1".to_owned(), 1))),
        ("told in two rounds", "nobody is told twice", |h| h.lines[1].who = "c3".to_owned()),
        ("never told", "nobody is passed over", |h| h.people.push("c5".to_owned())),
        ("over, and somebody waits", "nobody is passed over", |h| h.rounds[0].1 = "COMPLETED".to_owned()),
        ("passed over without a reason", "nobody is passed over", |h| h.lines[5].reason = Some("gone".to_owned())),
        ("passed over, and never left", "nobody is passed over", |h| h.left.clear()),
        ("given up", "nobody is passed over", |h| h.lines[3].state = "FAILED".to_owned()),
        ("a position nobody has", "nobody is passed over", |h| h.lines[3].position = 5),
        ("begun before who stands before", "starts are in order", |h| h.lines[0].started_at = Some(at(300))),
        ("an inbox after the stop", "a round that stopped begins with nobody", |h| h.lines[0].started_at = Some(at(1_100))),
        ("told after leaving", "who left is left alone", |h| {
            h.left.insert("c2".to_owned(), at(100));
        }),
    ];
    for (what, rule, spoil) in table {
        let mut history = sound();
        spoil(&mut history);
        assert!(found(&history).contains(&rule), "{what}: found by {:?}", found(&history));
    }
}

#[test]
fn a_long_history_is_held_to_its_order_its_rate_and_its_stops() {
    // Sixty-four may be under way, so as many may come first; one more may not.
    for (late_by, is_fine) in [(64, true), (65, false)] {
        let mut history = long();
        let first = history.calls.remove(0);
        history.calls.insert(late_by, first);
        assert_eq!(found(&history).contains(&"starts are in order"), !is_fine, "{late_by}");
    }
    // The 501st within a second.
    let mut history = long();
    history.calls[500].at = history.calls[499].at;
    assert_eq!(found(&history), ["no second has more than it may"]);
    assert_eq!(most_in_a_second(&[at(0), at(999), at(1_000)]), 2);

    // A permit and the calls under way, and one more; unless it goes on before.
    for (more, until, is_fine) in [(89, None, true), (90, None, false), (90, Some(at(2_400 - 2)), true)] {
        let mut history = long();
        history.halts.push(Halt { round: 1, from: at(2_400 - 2 * more), until });
        assert_eq!(found(&history).is_empty(), is_fine, "{more}: {:?}", found(&history));
    }
}
