//! What a notification says, in the language of the person.

use kernel::{WallTime, Zone};

/// The line below the title of a reminder: when the item starts, and where.
pub fn reminder_body(locale: &str, start: WallTime, all_day: bool, zone: &Zone, location: &str) -> String {
    let datetime = start.datetime();
    let korean = locale == "ko" || locale.starts_with("ko-");
    let when = match (all_day, korean) {
        (true, true) => format!("{} 종일", datetime.date()),
        (true, false) => format!("{}, all day", datetime.date()),
        (false, true) => format!("{} {:02}:{:02} 시작 ({zone})", datetime.date(), datetime.hour(), datetime.minute()),
        (false, false) => format!("Starts {} at {:02}:{:02} ({zone})", datetime.date(), datetime.hour(), datetime.minute()),
    };
    if location.is_empty() { when } else { format!("{when} · {location}") }
}

/// What a reminder adds when it rings for others as well, which were missed.
pub fn with_missed(locale: &str, body: String, missed: usize) -> String {
    let korean = locale == "ko" || locale.starts_with("ko-");
    match (missed, korean) {
        (0, _) => body,
        (_, true) => format!("{body} · 놓친 알림 {missed}건 더"),
        (_, false) => format!("{body} · and {missed} more that were missed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reminder_says_when_and_where_in_the_persons_language() {
        let start = "2026-11-20T09:05:00".parse().expect("wall time");
        let zone = "Asia/Seoul".parse().expect("zone");
        assert_eq!(reminder_body("en", start, false, &zone, ""), "Starts 2026-11-20 at 09:05 (Asia/Seoul)");
        assert_eq!(reminder_body("ko", start, false, &zone, "3층"), "2026-11-20 09:05 시작 (Asia/Seoul) · 3층");
        assert_eq!(reminder_body("en", start, true, &zone, "Home"), "2026-11-20, all day · Home");
        assert_eq!(reminder_body("ko-KR", start, true, &zone, ""), "2026-11-20 종일");
        assert_eq!(with_missed("en", "b".to_owned(), 0), "b");
        assert_eq!(with_missed("en", "b".to_owned(), 3), "b · and 3 more that were missed");
        assert_eq!(with_missed("ko", "b".to_owned(), 3), "b · 놓친 알림 3건 더");
    }
}
