//! Splitting a task into parts.
//!
//! The parts come one after the other. Their deadlines are spread back from that of the whole: the last part has it, and each earlier
//! one ends as much before it as the parts behind it take.

use std::time::Duration;

use kernel::{FieldError, Instant};

use super::{By, Deadline, Task, TaskError, draft};
use crate::calendar::text;

/// The fewest and the most parts.
const PARTS: std::ops::RangeInclusive<usize> = 2..=20;

/// Into what.
#[derive(Clone, Debug)]
pub enum SplitAsk {
    /// These.
    Parts(Vec<PartDraft>),
    /// So many of the same size.
    Equal(usize),
    /// So many goals on the way, without a size.
    Milestones(usize),
}

/// A part that somebody named.
#[derive(Clone, Debug)]
pub struct PartDraft {
    /// One line.
    pub title: String,
    /// How long it may take.
    pub estimate: Option<Duration>,
}

/// A part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// One line.
    pub title: String,
    /// How long it may take.
    pub estimate_seconds: Option<u32>,
    /// By when.
    pub deadline: Option<Deadline>,
}

/// The parts of `task`, in order.
pub fn split(task: &Task, ask: &SplitAsk, now: Instant) -> Result<Vec<Part>, TaskError> {
    let (pointer, count) = match ask {
        SplitAsk::Parts(parts) => ("/parts", parts.len()),
        SplitAsk::Equal(count) | SplitAsk::Milestones(count) => ("/count", *count),
    };
    if !PARTS.contains(&count) {
        return Err(TaskError::field(pointer, format!("{} to {} parts", PARTS.start(), PARTS.end())));
    }
    let mut parts = match ask {
        SplitAsk::Parts(drafts) => named(drafts)?,
        SplitAsk::Equal(count) => {
            let share = task.estimate_seconds.zip(u32::try_from(*count).ok()).map(|(whole, count)| whole.div_ceil(count));
            (1..=*count).map(|number| part(&task.title, &format!("({number}/{count})"), share)).collect()
        }
        SplitAsk::Milestones(count) => {
            (1..=*count).map(|number| part(&task.title, &format!("– {} %", number * 100 / count), None)).collect()
        }
    };
    if let Some(deadline) = &task.deadline {
        spread(&mut parts, deadline, now);
    }
    Ok(parts)
}

fn named(drafts: &[PartDraft]) -> Result<Vec<Part>, TaskError> {
    let mut errors = Vec::new();
    let mut parts = Vec::with_capacity(drafts.len());
    for (index, PartDraft { title, estimate }) in drafts.iter().enumerate() {
        let at = |error: FieldError| FieldError::new(format!("/parts/{index}{}", error.pointer), error.detail);
        let title = draft::keep(text::title(title).map_err(at), &mut errors);
        let seconds = estimate.map(draft::estimate_seconds).transpose().map_err(at);
        parts.push(Part { title, estimate_seconds: draft::keep(seconds, &mut errors), deadline: None });
    }
    if errors.is_empty() { Ok(parts) } else { Err(TaskError::Invalid(errors)) }
}

/// A part that is named after the whole; a long title is cut so that what tells the parts apart stays.
fn part(whole: &str, suffix: &str, estimate_seconds: Option<u32>) -> Part {
    let room = text::TITLE_MAX - suffix.chars().count() - 1;
    let title: String = whole.chars().take(room).collect();
    Part { title: format!("{} {suffix}", title.trim_end()), estimate_seconds, deadline: None }
}

/// Spreads the time from now to the deadline over the parts: by their estimates if all have one, evenly otherwise. Where that time
/// is over already, each part has the deadline of the whole.
fn spread(parts: &mut [Part], whole: &Deadline, now: Instant) {
    let estimates: Option<Vec<u64>> = parts.iter().map(|part| part.estimate_seconds.map(u64::from)).collect();
    let weights = estimates.unwrap_or_else(|| vec![1; parts.len()]);
    let (total, mut behind) = (u128::from(weights.iter().sum::<u64>()), u128::from(weights.iter().sum::<u64>()));
    let time = whole.at.instant.since(now);
    for (part, weight) in parts.iter_mut().zip(weights) {
        behind -= u128::from(weight);
        let back = u64::try_from(time.as_micros() * behind / total.max(1)).unwrap_or(u64::MAX);
        part.deadline = Some(if behind == 0 { whole.clone() } else { before(whole, Duration::from_micros(back)) });
    }
}

/// A deadline so much before another, of the same kind: the day it falls on, or the full minute.
fn before(whole: &Deadline, back: Duration) -> Deadline {
    let instant = whole.at.instant - back;
    let by = match whole.by {
        // The end of a day belongs to that day.
        By::Date(date) => By::Date(whole.zone.wall_at(instant - Duration::from_micros(1)).datetime().date().min(date)),
        By::Wall(_) => {
            let wall = whole.zone.wall_at(instant).datetime();
            By::Wall(kernel::WallTime::new(wall.with().second(0).subsec_nanosecond(0).build().unwrap_or(wall)))
        }
    };
    Deadline::new(by, whole.zone.clone())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use kernel::{TaskId, UserId};

    use super::*;
    use crate::calendar::labels::Labels;

    fn now() -> Instant {
        "2026-11-20T00:00:00Z".parse().expect("now")
    }

    fn task(deadline: Option<&str>, estimate_seconds: Option<u32>) -> Task {
        let deadline = deadline.map(|by| Deadline::new(by.parse().expect("a deadline"), "Asia/Seoul".parse().expect("a zone")));
        Task {
            id: TaskId::from_uuid(uuid::Uuid::nil()),
            owner: UserId::from_uuid(uuid::Uuid::nil()),
            title: "Thesis".to_owned(),
            description: String::new(),
            labels: Labels::default(),
            deadline,
            importance: 5,
            difficulty: 3,
            estimate_seconds,
            parent: None,
            depends_on: BTreeSet::new(),
            blocked_by: Vec::new(),
            has_open_subtasks: false,
            reminders: Vec::new(),
            completed_at: None,
            completed_by: None,
            archived_at: None,
            version: 1,
            created_at: now(),
            updated_at: now(),
        }
    }

    fn deadlines(parts: &[Part]) -> Vec<String> {
        parts.iter().map(|part| part.deadline.as_ref().map_or_else(|| "-".to_owned(), |d| d.by.to_string())).collect()
    }

    #[test]
    fn equal_parts_share_the_estimate_and_the_days() {
        // Ten days from 2026-11-20T09:00 in Seoul, fifteen hours short of the end of the 30th.
        let parts = split(&task(Some("2026-11-30"), Some(7_200)), &SplitAsk::Equal(4), now()).expect("parts");
        let titles: Vec<_> = parts.iter().map(|part| part.title.as_str()).collect();
        assert_eq!(titles, ["Thesis (1/4)", "Thesis (2/4)", "Thesis (3/4)", "Thesis (4/4)"]);
        assert!(parts.iter().all(|part| part.estimate_seconds == Some(1_800)));
        assert_eq!(deadlines(&parts), ["2026-11-23", "2026-11-25", "2026-11-28", "2026-11-30"]);
    }

    #[test]
    fn named_parts_take_time_by_their_estimates() {
        let part = |title: &str, hours| PartDraft { title: title.to_owned(), estimate: Some(Duration::from_hours(hours)) };
        let ask = SplitAsk::Parts(vec![part("Read", 1), part("Write", 3)]);
        // Sixteen hours from 09:00 in Seoul to 01:00 the next day.
        let parts = split(&task(Some("2026-11-21T01:00:00"), None), &ask, now()).expect("parts");
        assert_eq!(deadlines(&parts), ["2026-11-20T13:00:00", "2026-11-21T01:00:00"]);
        let SplitAsk::Parts(mut drafts) = ask else { unreachable!() };
        drafts[0].estimate = None;
        let even = split(&task(Some("2026-11-21T01:00:00"), None), &SplitAsk::Parts(drafts), now()).expect("parts");
        assert_eq!(deadlines(&even), ["2026-11-20T17:00:00", "2026-11-21T01:00:00"], "evenly, as one has no estimate");
    }

    #[test]
    fn milestones_have_no_size_and_a_late_or_missing_deadline_is_not_spread() {
        let parts = split(&task(Some("2026-11-01"), Some(60)), &SplitAsk::Milestones(3), now()).expect("parts");
        let titles: Vec<_> = parts.iter().map(|part| part.title.as_str()).collect();
        assert_eq!(titles, ["Thesis – 33 %", "Thesis – 66 %", "Thesis – 100 %"]);
        assert_eq!(deadlines(&parts), ["2026-11-01"; 3]);
        let without = split(&task(None, None), &SplitAsk::Equal(2), now()).expect("parts");
        assert_eq!((deadlines(&without), without[0].estimate_seconds), (vec!["-".to_owned(); 2], None));
    }

    #[test]
    fn what_cannot_be_a_part_is_named() {
        let pointer = |task: &Task, ask: &SplitAsk| match split(task, ask, now()) {
            Err(TaskError::Invalid(errors)) => errors[0].pointer.clone(),
            other => panic!("{other:?}"),
        };
        let whole = task(None, None);
        let part = |title: &str, seconds| PartDraft { title: title.to_owned(), estimate: Some(Duration::from_secs(seconds)) };
        assert_eq!(pointer(&whole, &SplitAsk::Equal(1)), "/count");
        assert_eq!(pointer(&whole, &SplitAsk::Milestones(21)), "/count");
        assert_eq!(pointer(&whole, &SplitAsk::Parts(vec![part("a", 1)])), "/parts");
        assert_eq!(pointer(&whole, &SplitAsk::Parts(vec![part("a", 1), part(" ", 1)])), "/parts/1/title");
        assert_eq!(pointer(&whole, &SplitAsk::Parts(vec![part("a", 0), part("b", 1)])), "/parts/0/estimate");
    }

    #[test]
    fn the_longest_title_leaves_room_for_what_tells_the_parts_apart() {
        let mut whole = task(None, None);
        whole.title = "가".repeat(200);
        let parts = split(&whole, &SplitAsk::Milestones(20), now()).expect("parts");
        assert!(parts.iter().all(|part| text::title(&part.title) == Ok(part.title.clone())));
        assert!(parts[19].title.ends_with("– 100 %"));
    }
}
