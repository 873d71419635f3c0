//! A round in words.

use std::fmt::Write as _;

use kernel::Instant;

use crate::client::Round;

/// Cells of a bar.
const WIDTH: i64 = 24;

/// Which round, and where it stands.
pub(super) fn headline(round: &Round) -> String {
    format!("{}, round {}: {} ({})", round.product_id, round.number, round.status, round.cause)
}

/// Everything there is to say of a round.
pub(super) fn table(round: &Round) -> String {
    let Round { total, sent, skipped, failed, waiting, in_flight, unknown, .. } = round;
    let of_total = if round.frozen { format!("{sent} of {total}") } else { format!("{sent} of {total}, and counting") };
    let last = round.last_recipient.as_ref().map(|last| {
        let name = last.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        format!("position {}: {}{name}", last.position, last.user_id)
    });
    let at = |instant: Option<Instant>| instant.map(|instant| instant.to_string());
    let rows = [
        ("told", Some(of_total)),
        ("passed over", Some(skipped.to_string())),
        ("failed", Some(failed.to_string())),
        ("waiting", Some(waiting.to_string())),
        ("in flight", Some(in_flight.to_string())),
        ("unknown", (*unknown > 0).then(|| unknown.to_string())),
        ("a second", (round.status == "IN_PROGRESS").then(|| round.rate_per_second.to_string())),
        ("told last", last),
        ("first open", round.first_unsent.map(|position| format!("position {position}"))),
        ("started", at(Some(round.started_at))),
        ("stopped", at(round.paused_at)),
        ("over", at(round.finished_at)),
        ("expires", at(round.expires_at)),
    ];
    let mut text = headline(round) + "\n";
    for (name, value) in rows.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {name:<12} {value}");
    }
    text
}

/// How far a round is, in one line: who was told, how fast, and how long the rest takes at that.
pub(super) fn progress(round: &Round) -> String {
    let done = round.sent.saturating_add(round.skipped).saturating_add(round.failed);
    let percent = if round.total > 0 { done.saturating_mul(100) / round.total } else { 0 };
    let mut text = format!("{percent:>3} %  {} of {} told", round.sent, round.total);
    for (count, what) in [(round.skipped, "passed over"), (round.failed, "failed"), (round.in_flight, "in flight")] {
        if count > 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    if round.status == "IN_PROGRESS" && round.rate_per_second > 0 {
        let seconds = round.waiting.saturating_add(round.rate_per_second - 1) / round.rate_per_second;
        let _ = write!(text, ", {} a second, {} left", round.rate_per_second, length(seconds));
    } else if round.status != "IN_PROGRESS" {
        let _ = write!(text, ", {} ({})", round.status, round.cause);
    }
    text
}

/// The same after a bar.
pub(super) fn bar(round: &Round) -> String {
    let done = round.sent.saturating_add(round.skipped).saturating_add(round.failed);
    let filled = if round.total > 0 { (done.saturating_mul(WIDTH) / round.total).clamp(0, WIDTH) } else { 0 };
    let cells: String = (0..WIDTH).map(|cell| if cell < filled { '█' } else { '░' }).collect();
    format!("{cells} {}", progress(round))
}

fn length(seconds: i64) -> String {
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round() -> Round {
        let json = serde_json::json!({
            "product_id": "bell", "round": 2, "status": "IN_PROGRESS", "cause": "asked", "total": 1_000, "frozen": true, "sent": 250,
            "skipped": 0, "failed": 0, "waiting": 725, "in_flight": 25, "unknown": 0,
            "last_recipient": {"position": 251, "user_id": "c-1", "name": "Kim"}, "first_unsent": 200, "rate_per_second": 500,
            "started_at": "2026-11-20T00:30:00Z", "paused_at": null, "finished_at": null, "expires_at": null,
        });
        serde_json::from_value(json).expect("a round")
    }

    #[test]
    fn a_round_is_a_table_a_line_and_a_bar() {
        let table = table(&round());
        assert!(table.starts_with("bell, round 2: IN_PROGRESS (asked)\n  told         250 of 1000\n"), "{table}");
        assert!(table.contains("  told last    position 251: c-1 (Kim)\n  first open   position 200\n"), "{table}");
        assert!(!table.contains("expires") && !table.contains("unknown"), "what there is nothing to say of is left out: {table}");
        assert_eq!(progress(&round()), " 25 %  250 of 1000 told, 25 in flight, 500 a second, 2 s left");
        assert_eq!(bar(&round()), format!("{}{} {}", "█".repeat(6), "░".repeat(18), progress(&round())));

        let over = Round { status: "COMPLETED".into(), sent: 990, skipped: 10, waiting: 0, in_flight: 0, ..round() };
        assert_eq!(progress(&over), "100 %  990 of 1000 told, 10 passed over, COMPLETED (asked)");
        let empty = Round { total: 0, sent: 0, waiting: 0, in_flight: 0, rate_per_second: 0, ..round() };
        assert_eq!(bar(&empty), format!("{}   0 %  0 of 0 told", "░".repeat(24)));
    }

    #[test]
    fn lengths_of_time_are_written_as_people_say_them() {
        for (seconds, text) in [(0, "0 s"), (59, "59 s"), (60, "1 min 0 s"), (3_599, "59 min 59 s"), (7_325, "2 h 2 min")] {
            assert_eq!(length(seconds), text);
        }
    }
}
