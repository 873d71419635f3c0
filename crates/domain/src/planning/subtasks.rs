//! What tasks are made of, and what their parts leave of them.
//!
//! Work on a part is work on the whole, so nobody plans both: a whole takes for itself only what its estimate has beyond what its
//! parts take, those that are done as much as those that are open. One that nobody has estimated takes what they take.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use kernel::TaskId;

/// What a task takes that has no estimate.
const UNKNOWN: Duration = Duration::from_hours(1);

/// A part of a task that is open or done. What was put away without being done is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subtask {
    /// Which it is.
    pub id: TaskId,
    /// Of which task.
    pub whole: TaskId,
    /// How long it may take.
    pub estimate_seconds: Option<u32>,
    /// Whether it is to be done.
    pub open: bool,
}

/// The parts of some tasks, with the parts of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subtasks(BTreeMap<TaskId, BTreeSet<Subtask>>);

impl FromIterator<Subtask> for Subtasks {
    /// In any order, and the same one any number of times.
    fn from_iter<I: IntoIterator<Item = Subtask>>(parts: I) -> Self {
        let mut of: BTreeMap<TaskId, BTreeSet<Subtask>> = BTreeMap::new();
        for part in parts {
            of.entry(part.whole).or_default().insert(part);
        }
        Self(of)
    }
}

impl Subtasks {
    fn parts(&self, whole: TaskId) -> impl Iterator<Item = &Subtask> {
        self.0.get(&whole).into_iter().flatten()
    }

    /// The parts of a task that are to be done.
    pub fn open(&self, whole: TaskId) -> impl Iterator<Item = &Subtask> {
        self.parts(whole).filter(|part| part.open)
    }

    /// What of `tasks` is to be done in parts, and in parts of these.
    pub fn open_below(&self, tasks: impl IntoIterator<Item = TaskId>) -> BTreeMap<TaskId, &Subtask> {
        let (mut found, mut next) = (BTreeMap::new(), Vec::from_iter(tasks));
        while let Some(whole) = next.pop() {
            for part in self.open(whole) {
                if found.insert(part.id, part).is_none() {
                    next.push(part.id);
                }
            }
        }
        found
    }

    /// What a task takes by itself, beside its parts.
    pub fn own(&self, task: TaskId, estimate_seconds: Option<u32>) -> Duration {
        let (whole, parts) = self.takes(task, estimate_seconds);
        whole.saturating_sub(parts)
    }

    /// What a task takes with its parts, and what they take.
    fn takes(&self, task: TaskId, estimate_seconds: Option<u32>) -> (Duration, Duration) {
        // As deep as tasks may be.
        let parts: Duration = self.parts(task).map(|part| self.takes(part.id, part.estimate_seconds).0).sum();
        let estimate = estimate_seconds.map(|seconds| Duration::from_secs(seconds.into()));
        let whole = if parts.is_zero() { estimate.unwrap_or(UNKNOWN) } else { estimate.unwrap_or_default().max(parts) };
        (whole, parts)
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Entropy, Instant};

    use super::*;

    struct Numbered(u8);

    impl Entropy for Numbered {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    fn id(number: u8) -> TaskId {
        TaskId::mint(Instant::EPOCH, &Numbered(number))
    }

    /// A part of so many hours.
    fn part(number: u8, whole: u8, hours: Option<u32>, open: bool) -> Subtask {
        Subtask { id: id(number), whole: id(whole), estimate_seconds: hours.map(|hours| hours * 3_600), open }
    }

    #[test]
    fn a_whole_takes_what_its_parts_leave_whether_they_are_done_or_open() {
        // parts of the task 1; its hours → what is left for itself
        let table: [(&[Subtask], Option<u32>, u64); 9] = [
            (&[], Some(3), 3),
            (&[], None, 1),
            (&[part(2, 1, Some(1), true), part(3, 1, Some(1), true)], Some(3), 1),
            (&[part(2, 1, Some(1), true), part(3, 1, Some(2), false)], Some(3), 0),
            (&[part(2, 1, Some(3), false)], Some(3), 0),
            (&[part(2, 1, Some(9), true)], Some(3), 0),
            (&[part(2, 1, Some(9), true)], None, 0),
            (&[part(2, 1, None, true)], Some(3), 2),
            (&[part(2, 9, Some(1), true)], Some(3), 3),
        ];
        for (parts, hours, left) in table {
            let subtasks: Subtasks = parts.iter().copied().collect();
            let own = subtasks.own(id(1), hours.map(|hours| hours * 3_600));
            assert_eq!(own, Duration::from_hours(left), "{parts:?} {hours:?}");
        }
    }

    #[test]
    fn a_part_takes_at_least_what_its_own_parts_take() {
        let (first, second) = (part(3, 2, Some(4), true), part(4, 2, Some(2), false));
        for (hours, left) in [(None, 4), (Some(1), 4), (Some(8), 2)] {
            let middle = part(2, 1, hours, true);
            let subtasks: Subtasks = [first, middle, second, first].into_iter().collect();
            assert_eq!(subtasks.own(id(1), Some(10 * 3_600)), Duration::from_hours(left), "{hours:?}");
            assert_eq!(subtasks.open_below([id(1)]).into_keys().collect::<Vec<_>>(), [id(2), id(3)]);
        }
        let closed: Subtasks = [first, part(2, 1, None, false)].into_iter().collect();
        assert!(closed.open_below([id(1)]).is_empty(), "what is done is done, whatever of it was left");
    }
}
