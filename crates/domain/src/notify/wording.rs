//! What a notification says, in the language of the person.

use kernel::{WallTime, Zone};

use crate::tasks::By;

/// Characters of a comment that a notification of it shows.
const MENTION_EXCERPT: usize = 200;

/// The line below the title of a reminder: when the item starts, and where.
pub fn reminder_body(locale: &str, start: WallTime, all_day: bool, zone: &Zone, location: &str) -> String {
    let datetime = start.datetime();
    let korean = is_korean(locale);
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
    match (missed, is_korean(locale)) {
        (0, _) => body,
        (_, true) => format!("{body} · 놓친 알림 {missed}건 더"),
        (_, false) => format!("{body} · and {missed} more that were missed"),
    }
}

/// The title and the line below it of the reminder of a deadline; `overdue`: it has come.
pub fn deadline_words(locale: &str, title: &str, by: By, zone: &Zone, overdue: bool) -> (String, String) {
    let when = match by {
        By::Date(date) => date.to_string(),
        By::Wall(wall) => {
            let wall = wall.datetime();
            let at = if is_korean(locale) { "" } else { "at " };
            format!("{} {at}{:02}:{:02} ({zone})", wall.date(), wall.hour(), wall.minute())
        }
    };
    match (overdue, is_korean(locale)) {
        (false, false) => (format!("Due soon: {title}"), format!("Due {when}")),
        (true, false) => (format!("Overdue: {title}"), format!("Was due {when} and is still open")),
        (false, true) => (format!("마감 임박: {title}"), format!("{when}까지")),
        (true, true) => (format!("기한 지남: {title}"), format!("{when} 마감, 아직 완료되지 않았습니다")),
    }
}

/// The title and the line below it for who was mentioned in a room: by whom, where, and how the comment begins.
pub fn mention_words(locale: &str, author: &str, room: &str, text: &str) -> (String, String) {
    let title = if is_korean(locale) {
        format!("{author} 님이 {room}에서 회원님을 언급했습니다")
    } else {
        format!("{author} mentioned you in {room}")
    };
    let mut body: String = text.chars().take(MENTION_EXCERPT).collect();
    if body.len() < text.len() {
        body.push('…');
    }
    (title, body)
}

/// The title and the line below it for who waited for a product that is back.
pub fn restock_words(locale: &str, product: &str) -> (String, String) {
    if is_korean(locale) {
        (format!("{product} 재입고"), "기다리시던 상품이 다시 들어왔습니다".to_owned())
    } else {
        (format!("{product} is back in stock"), "You asked to be told when it is back".to_owned())
    }
}

fn is_korean(locale: &str) -> bool {
    locale == "ko" || locale.starts_with("ko-")
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

    #[test]
    fn a_product_that_is_back_is_told_in_the_persons_language() {
        assert_eq!(restock_words("en-GB", "Lamp").0, "Lamp is back in stock");
        assert_eq!(restock_words("ko", "등불").0, "등불 재입고");
    }

    #[test]
    fn a_deadline_says_by_when_and_whether_that_is_over() {
        let zone = "Asia/Seoul".parse().expect("zone");
        let words = |locale, by: &str, overdue| {
            let (title, body) = deadline_words(locale, "Report", by.parse().expect("a deadline"), &zone, overdue);
            format!("{title} | {body}")
        };
        assert_eq!(words("en", "2026-11-20", false), "Due soon: Report | Due 2026-11-20");
        let overdue = "Overdue: Report | Was due 2026-11-20 at 17:05 (Asia/Seoul) and is still open";
        assert_eq!(words("en", "2026-11-20T17:05:00", true), overdue);
        assert_eq!(words("ko", "2026-11-20T17:05:00", false), "마감 임박: Report | 2026-11-20 17:05 (Asia/Seoul)까지");
        assert_eq!(words("ko", "2026-11-20", true), "기한 지남: Report | 2026-11-20 마감, 아직 완료되지 않았습니다");
    }

    #[test]
    fn a_mention_says_by_whom_and_where_and_how_it_begins() {
        let said = |locale: &str, text: &str| mention_words(locale, "Ada", "Choir", text);
        assert_eq!(said("en", "Come!"), ("Ada mentioned you in Choir".to_owned(), "Come!".to_owned()));
        assert_eq!(said("ko", "오세요").0, "Ada 님이 Choir에서 회원님을 언급했습니다");
        let (long, longer) = ("가".repeat(200), "가".repeat(201));
        assert_eq!(said("en", &longer).1, format!("{long}…"));
        assert_eq!(said("en", &long).1, long);
    }
}
