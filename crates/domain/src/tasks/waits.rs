//! Who waits for whom.

use std::collections::{BTreeMap, VecDeque};

use kernel::TaskId;

use super::MAX_DEPTH;

/// A part of the graph of one owner's tasks: a task waits for those it depends on and for its subtasks.
#[derive(Clone, Debug, Default)]
pub struct Waits(BTreeMap<TaskId, Vec<TaskId>>);

impl Waits {
    /// Of pairs: the first waits for the second.
    pub fn new(pairs: impl IntoIterator<Item = (TaskId, TaskId)>) -> Self {
        let mut waits: BTreeMap<TaskId, Vec<TaskId>> = BTreeMap::new();
        for (task, other) in pairs {
            waits.entry(task).or_default().push(other);
        }
        Self(waits)
    }

    /// The shortest circle through `task`, if there is one: each waits for the next, and the last for `task`, which comes first.
    /// It is enough to know whom `task` waits for, directly or not.
    pub fn circle(&self, task: TaskId) -> Option<Vec<TaskId>> {
        let mut came_from: BTreeMap<TaskId, TaskId> = BTreeMap::new();
        let mut waiting = VecDeque::from([task]);
        while let Some(at) = waiting.pop_front() {
            for next in self.0.get(&at).into_iter().flatten().copied() {
                if next == task {
                    let mut circle: Vec<TaskId> = std::iter::successors(Some(at), |id| came_from.get(id).copied()).collect();
                    circle.reverse();
                    return Some(circle);
                }
                came_from.entry(next).or_insert_with(|| {
                    waiting.push_back(next);
                    at
                });
            }
        }
        None
    }
}

/// Whether a task fits that has `above` tasks over it and `levels` of subtasks below.
pub const fn depth_fits(above: usize, levels: usize) -> bool {
    above + 1 + levels <= MAX_DEPTH
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use proptest::prelude::*;

    use super::*;

    fn id(number: u8) -> TaskId {
        TaskId::from_uuid(uuid::Uuid::from_u128(number.into()))
    }

    #[test]
    fn the_shortest_circle_is_named_in_its_order() {
        let pairs = [(1, 2), (2, 3), (3, 4), (4, 1), (3, 1), (5, 1)].map(|(a, b)| (id(a), id(b)));
        let waits = Waits::new(pairs);
        assert_eq!(waits.circle(id(1)), Some(vec![id(1), id(2), id(3)]));
        assert_eq!(waits.circle(id(5)), None, "it only leads to a circle");
        assert_eq!(Waits::new([(id(1), id(1))]).circle(id(1)), Some(vec![id(1)]));
    }

    /// The naive graph: a matrix of who can be reached, closed by trying everything (Warshall).
    fn reach(edges: &BTreeSet<(u8, u8)>, tasks: u8) -> HashMap<(u8, u8), bool> {
        let mut reach: HashMap<(u8, u8), bool> = edges.iter().map(|edge| (*edge, true)).collect();
        let get = |reach: &HashMap<(u8, u8), bool>, a, b| reach.get(&(a, b)).copied().unwrap_or(false);
        for middle in 0..tasks {
            for from in 0..tasks {
                for to in 0..tasks {
                    if get(&reach, from, middle) && get(&reach, middle, to) {
                        reach.insert((from, to), true);
                    }
                }
            }
        }
        reach
    }

    proptest! {
        /// Edits as a transaction makes them: the dependencies of one task are replaced, and the edit is refused if a circle goes
        /// through that task.
        #[test]
        fn random_edits_never_leave_a_circle_and_refuse_nothing_else(
            edits in prop::collection::vec((0u8..9, prop::collection::btree_set(0u8..9, 0..5)), 1..40)
        ) {
            let mut edges: BTreeSet<(u8, u8)> = BTreeSet::new();
            for (task, on) in edits {
                let kept = edges.iter().copied().filter(|(from, _)| *from != task);
                let wanted: BTreeSet<(u8, u8)> = kept.chain(on.into_iter().map(|other| (task, other))).collect();
                let reach = reach(&wanted, 9);
                let expected = reach.get(&(task, task)).copied().unwrap_or(false);
                let circle = Waits::new(wanted.iter().map(|(a, b)| (id(*a), id(*b)))).circle(id(task));
                prop_assert_eq!(circle.is_some(), expected);
                match circle {
                    None => {
                        prop_assert!((0..9).all(|task| !reach.contains_key(&(task, task))), "no circle anywhere");
                        edges = wanted;
                    }
                    Some(circle) => {
                        let next = circle.iter().cycle().skip(1);
                        for (from, to) in circle.iter().zip(next) {
                            prop_assert!(wanted.iter().any(|(a, b)| (id(*a), id(*b)) == (*from, *to)), "each waits for the next");
                        }
                        prop_assert_eq!(circle[0], id(task));
                    }
                }
            }
        }
    }
}
