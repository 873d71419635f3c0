//! What of tasks is still to be planned, and after what.
//!
//! A task is covered by its sessions: by those that are done or under way, and by what of the others is ahead. What its estimate has
//! beyond that is wished for. A task that waits comes after the sessions of what it waits for: after those that are planned now, and
//! after those that are planned already, also where that task is not to be planned itself. It is blocked if nobody can say when what
//! it waits for will be done.
//!
//! Work on the [parts](Subtasks) of a task is work on it: only what its estimate has beyond theirs is wished for, after all that are
//! open. They have its deadline, asked for with it or not, and what waits for it waits for them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    time::Duration,
};

use kernel::{Instant, TaskId};

use super::{PlanningError, Subtasks, Wish};
use crate::{
    calendar::{progress::State, text},
    tasks::Task,
};

/// The longest thing that is planned in one piece.
const MAX_LENGTH: Duration = Duration::from_hours(24);

/// A session that is planned for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedSession {
    /// For which task.
    pub task: TaskId,
    /// When it begins.
    pub start: Instant,
    /// When it is over.
    pub end: Instant,
    /// How far it is.
    pub state: State,
}

impl PlannedSession {
    /// What of it is to be worked after `now`, if any is.
    pub fn ahead(&self, now: Instant) -> Option<(Instant, Instant)> {
        let ahead = (self.start.max(now), self.end);
        (self.state != State::Completed && ahead.0 < ahead.1).then_some(ahead)
    }

    /// How much of the work of its task it stands for.
    fn covers(&self, now: Instant) -> Duration {
        match self.state {
            State::Completed | State::InProgress => self.end.since(self.start),
            State::NotStarted | State::Suspended => self.end.since(self.start.max(now)),
        }
    }
}

/// Why something has no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unplaced {
    /// There is no room for all of it.
    NoRoom,
    /// It waits for an open task of which not all is planned.
    Blocked,
    /// All of it is planned already.
    Planned,
    /// Its parts take all of its time.
    InParts,
    /// Others are more urgent, and no more is planned at once.
    OverLimit,
}

/// What tasks become before places are looked for.
#[derive(Clone, Debug, Default)]
pub struct Wishes<'a> {
    /// Those of which something is to be planned.
    pub tasks: Vec<&'a Task>,
    /// What is wished for each of them.
    pub wishes: Vec<Wish>,
    /// The others, and why.
    pub unplaced: Vec<(TaskId, Unplaced)>,
}

/// What is known of the tasks that are to be planned, and of those they wait for.
struct Known<'a> {
    /// Those that are to be planned.
    tasks: HashMap<TaskId, &'a Task>,
    /// What all of them are made of.
    subtasks: &'a Subtasks,
    /// Those whose parts take all of their time.
    in_parts: HashSet<TaskId>,
    /// How much of each is not planned.
    rest: HashMap<TaskId, Duration>,
    /// When the last session of each that is ahead is over.
    ends: HashMap<TaskId, Instant>,
}

impl Known<'_> {
    /// Whether all of a task is planned, and part of that is ahead.
    fn is_planned(&self, task: TaskId) -> bool {
        self.rest.get(&task).is_some_and(Duration::is_zero) && self.ends.contains_key(&task)
    }

    /// What has to be done before `task`: what it depends on and its open parts, and the open parts of these. What is done with its
    /// parts waits as they do, and is nothing to wait for itself.
    fn waits_for(&self, task: &Task) -> BTreeSet<TaskId> {
        let parts = |whole: TaskId| self.subtasks.open(whole).map(|part| part.id);
        let (mut found, mut seen) = (BTreeSet::new(), HashSet::new());
        let mut next: Vec<TaskId> = task.blocked_by.iter().copied().chain(parts(task.id)).collect();
        while let Some(id) = next.pop() {
            if !seen.insert(id) {
                continue;
            }
            let waiting = next.len();
            next.extend(parts(id));
            if self.in_parts.contains(&id) && next.len() > waiting {
                next.extend(self.tasks.get(&id).into_iter().flat_map(|whole| &whole.blocked_by));
            } else {
                found.insert(id);
            }
        }
        found
    }
}

impl<'a> Wishes<'a> {
    /// Of `tasks`, with the instant by which each of them is due, for itself or for what it is a part of, the estimates in seconds of
    /// what they depend on that is not among them, what all of these are made of, and the sessions of each of them and of each part.
    pub fn of(
        tasks: &'a [Task],
        due: &BTreeMap<TaskId, Instant>,
        outside: &[(TaskId, Option<u32>)],
        subtasks: &Subtasks,
        sessions: &[PlannedSession],
        now: Instant,
    ) -> Self {
        let known = known(tasks, outside, subtasks, sessions, now);
        let rest = |task: &Task| known.rest.get(&task.id).copied().unwrap_or_default();
        let (planned, mut open): (Vec<&Task>, Vec<&Task>) = tasks.iter().partition(|task| rest(task).is_zero());
        let covered = |task: &Task| if known.in_parts.contains(&task.id) { Unplaced::InParts } else { Unplaced::Planned };
        let mut unplaced: Vec<_> = planned.iter().map(|task| (task.id, covered(task))).collect();
        let first: HashMap<TaskId, BTreeSet<TaskId>> = open.iter().map(|task| (task.id, known.waits_for(task))).collect();
        let first = |task: &Task| first.get(&task.id).into_iter().flatten();
        // What waits for something blocked is blocked itself.
        loop {
            let placed: HashSet<TaskId> = open.iter().map(|task| task.id).collect();
            let waits = |task: &&Task| first(task).all(|first| placed.contains(first) || known.is_planned(*first));
            let (ready, blocked): (Vec<&Task>, Vec<&Task>) = open.into_iter().partition(waits);
            unplaced.extend(blocked.iter().map(|task| (task.id, Unplaced::Blocked)));
            open = ready;
            if blocked.is_empty() {
                break;
            }
        }
        let place = |id: &TaskId| open.iter().position(|task| task.id == *id);
        let wish = |task: &&Task| Wish {
            length: rest(task),
            deadline: due.get(&task.id).copied(),
            importance: task.importance,
            difficulty: task.difficulty,
            after: first(task).filter_map(place).collect(),
            not_before: first(task).filter_map(|first| known.ends.get(first)).max().copied(),
        };
        let wishes = open.iter().map(wish).collect();
        Self { tasks: open, wishes, unplaced }
    }
}

fn known<'a>(
    tasks: &'a [Task],
    outside: &[(TaskId, Option<u32>)],
    subtasks: &'a Subtasks,
    sessions: &[PlannedSession],
    now: Instant,
) -> Known<'a> {
    let asked = tasks.iter().map(|task| (task.id, task.estimate_seconds)).chain(outside.iter().copied());
    let mut estimates: BTreeMap<TaskId, Option<u32>> = asked.collect();
    let parts = subtasks.open_below(estimates.keys().copied());
    estimates.extend(parts.into_values().map(|part| (part.id, part.estimate_seconds)));
    let own = |(task, seconds): (TaskId, Option<u32>)| (task, subtasks.own(task, seconds));
    let mut rest: HashMap<TaskId, Duration> = estimates.into_iter().map(own).collect();
    let in_parts = rest.iter().filter(|(_, own)| own.is_zero()).map(|(task, _)| *task).collect();
    let mut ends = HashMap::new();
    for session in sessions {
        if let Some(rest) = rest.get_mut(&session.task) {
            *rest = rest.saturating_sub(session.covers(now));
        }
        if let Some((_, end)) = session.ahead(now) {
            let last = ends.entry(session.task).or_insert(end);
            *last = end.max(*last);
        }
    }
    Known { tasks: tasks.iter().map(|task| (task.id, task)).collect(), subtasks, in_parts, rest, ends }
}

/// One thing that is no task, in one piece: what it is called, and what is wished for it.
pub fn new_thing(title: &str, length: Duration) -> Result<(String, Wish), PlanningError> {
    let title = text::title(title).map_err(|error| PlanningError::Invalid(vec![error]))?;
    if length.is_zero() || length > MAX_LENGTH {
        return Err(PlanningError::field("/duration", "longer than nothing, and at most a day"));
    }
    Ok((title, Wish { length, deadline: None, importance: 5, difficulty: 3, after: Vec::new(), not_before: None }))
}

#[cfg(test)]
mod tests {
    use kernel::{Entropy, UserId};

    use super::*;
    use crate::{calendar::labels::Labels, planning::Subtask};

    struct Numbered(u8);

    impl Entropy for Numbered {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    fn at(hour: u32) -> Instant {
        let start: Instant = "2026-11-23T00:00:00Z".parse().expect("an instant");
        start + Duration::from_hours(1) * hour
    }

    fn id(number: u8) -> TaskId {
        TaskId::mint(at(0), &Numbered(number))
    }

    /// Of so many hours.
    fn task(number: u8, hours: u32, waits_for: &[u8]) -> Task {
        Task {
            id: id(number),
            owner: UserId::mint(at(0), &Numbered(0)),
            title: "x".to_owned(),
            description: String::new(),
            labels: Labels::default(),
            deadline: None,
            importance: 5,
            difficulty: 3,
            estimate_seconds: Some(hours * 3_600),
            parent: None,
            depends_on: BTreeSet::new(),
            blocked_by: waits_for.iter().copied().map(id).collect(),
            has_open_subtasks: false,
            reminders: Vec::new(),
            completed_at: None,
            completed_by: None,
            archived_at: None,
            version: 1,
            created_at: at(0),
            updated_at: at(0),
        }
    }

    fn session(task: u8, hours: (u32, u32), state: State) -> PlannedSession {
        PlannedSession { task: id(task), start: at(hours.0), end: at(hours.1), state }
    }

    /// Nothing is ever due.
    fn never() -> BTreeMap<TaskId, Instant> {
        BTreeMap::new()
    }

    /// Nothing is made of parts.
    fn whole() -> Subtasks {
        Subtasks::default()
    }

    /// What is wished: the task, its hours, after which of the wishes, and not before which hour.
    type Shown = (TaskId, u64, Vec<usize>, Option<Instant>);

    fn shown(wishes: &Wishes<'_>) -> Vec<Shown> {
        let pairs = wishes.tasks.iter().zip(&wishes.wishes);
        pairs.map(|(task, it)| (task.id, it.length.as_secs() / 3_600, it.after.clone(), it.not_before)).collect()
    }

    #[test]
    fn what_is_done_under_way_or_ahead_is_not_planned_again() {
        // (session, its state) → hours that are left of four, at noon
        let table = [
            ((13, 15), State::NotStarted, 2),
            ((11, 13), State::NotStarted, 3),
            ((9, 11), State::NotStarted, 4),
            ((11, 13), State::Suspended, 3),
            ((9, 11), State::Completed, 2),
            ((13, 15), State::Completed, 2),
            ((11, 13), State::InProgress, 2),
        ];
        for (hours, state, left) in table {
            let tasks = [task(1, 4, &[])];
            let found = Wishes::of(&tasks, &never(), &[], &whole(), &[session(1, hours, state)], at(12));
            assert_eq!(shown(&found), [(id(1), left, vec![], None)], "{hours:?} {state:?}");
        }
        let tasks = [task(1, 2, &[])];
        let found = Wishes::of(&tasks, &never(), &[], &whole(), &[session(1, (13, 15), State::NotStarted)], at(12));
        assert_eq!((found.tasks.len(), found.unplaced), (0, vec![(id(1), Unplaced::Planned)]));
    }

    #[test]
    fn what_waits_comes_after_the_sessions_of_what_it_waits_for_wherever_that_is_planned() {
        let tasks = [task(1, 1, &[9])];
        let planned = |sessions: &[PlannedSession]| {
            let found = Wishes::of(&tasks, &never(), &[(id(9), Some(7_200))], &whole(), sessions, at(12));
            found.wishes.first().map(|wish| wish.not_before).ok_or(found.unplaced)
        };
        let blocked = Err(vec![(id(1), Unplaced::Blocked)]);
        assert_eq!(planned(&[]), blocked);
        assert_eq!(planned(&[session(9, (13, 14), State::NotStarted)]), blocked, "half of it");
        assert_eq!(planned(&[session(9, (13, 15), State::NotStarted)]), Ok(Some(at(15))));
        let halves = [session(9, (20, 21), State::NotStarted), session(9, (13, 14), State::NotStarted)];
        assert_eq!(planned(&halves), Ok(Some(at(21))));
        let rest = [session(9, (8, 9), State::Completed), session(9, (13, 14), State::NotStarted)];
        assert_eq!(planned(&rest), Ok(Some(at(14))), "the rest of it");
        assert_eq!(planned(&[session(9, (8, 10), State::Completed)]), blocked, "done, and still open");
        assert_eq!(planned(&[session(9, (8, 10), State::NotStarted)]), blocked, "never begun");
    }

    #[test]
    fn what_waits_for_something_blocked_is_blocked_and_what_is_partly_planned_ends_with_all_of_it() {
        let tasks = [task(1, 1, &[9]), task(2, 1, &[1]), task(3, 1, &[2]), task(4, 2, &[]), task(5, 1, &[4]), task(6, 1, &[7])];
        let more = [tasks.as_slice(), &[task(7, 1, &[])]].concat();
        let sessions = [session(4, (20, 21), State::NotStarted), session(7, (15, 16), State::NotStarted)];
        let found = Wishes::of(&more, &never(), &[(id(9), None)], &whole(), &sessions, at(12));
        let expected = [(id(4), 1, vec![], None), (id(5), 1, vec![0], Some(at(21))), (id(6), 1, vec![], Some(at(16)))];
        assert_eq!(shown(&found), expected);
        let blocked = |number| (id(number), Unplaced::Blocked);
        assert_eq!(found.unplaced, [(id(7), Unplaced::Planned), blocked(1), blocked(2), blocked(3)]);
    }

    #[test]
    fn a_whole_is_planned_as_far_as_its_parts_leave_something_and_after_them() {
        let seconds = |hours: u32| Some(hours * 3_600);
        let subtask = |number, open| Subtask { id: id(number), whole: id(1), estimate_seconds: seconds(1), open };
        let subtasks: Subtasks = [subtask(2, true), subtask(3, true), subtask(6, false)].into_iter().collect();
        let part = |number| Task { parent: Some(id(1)), ..task(number, 1, &[]) };
        let of = |whole: Task| {
            let tasks = [whole, part(2), part(3), task(4, 1, &[1]), task(5, 1, &[])];
            let found = Wishes::of(&tasks, &never(), &[], &subtasks, &[], at(12));
            let wished: Vec<_> = shown(&found).into_iter().map(|(id, hours, after, _)| (id, hours, after)).collect();
            (wished, found.unplaced)
        };
        let parts = vec![(id(2), 1, vec![]), (id(3), 1, vec![]), (id(4), 1, vec![0, 1, 3]), (id(5), 1, vec![])];
        let covered = (parts, vec![(id(1), Unplaced::InParts)]);
        assert_eq!(of(task(1, 3, &[5])), covered, "what waits for it waits for them and for what it depends on");
        assert_eq!(of(task(1, 1, &[5])), covered);
        assert_eq!(of(Task { estimate_seconds: None, ..task(1, 9, &[5]) }), covered);
        let (wished, unplaced) = of(task(1, 5, &[5]));
        assert_eq!((&wished[0], &wished[3]), (&(id(1), 2, vec![1, 2, 4]), &(id(4), 1, vec![0, 1, 2])));
        assert_eq!(unplaced, []);
        // A part that is not asked for and not planned is in its way, and takes its time all the same.
        let tasks = [task(1, 5, &[5]), part(2), task(5, 1, &[])];
        let alone = |sessions: &[PlannedSession]| Wishes::of(&tasks, &never(), &[], &subtasks, sessions, at(12)).unplaced;
        assert_eq!(alone(&[]), [(id(1), Unplaced::Blocked)]);
        assert_eq!(alone(&[session(3, (13, 14), State::NotStarted)]), []);
        // What waits for a whole that is not asked for goes by its parts.
        let tasks = [task(4, 1, &[1])];
        let outside = |sessions: &[PlannedSession]| {
            let found = Wishes::of(&tasks, &never(), &[(id(1), seconds(3))], &subtasks, sessions, at(12));
            found.wishes.first().map(|wish| wish.not_before).ok_or(found.unplaced)
        };
        let planned = [session(2, (15, 16), State::NotStarted), session(3, (13, 14), State::NotStarted)];
        assert_eq!(outside(&planned), Ok(Some(at(16))));
        assert_eq!(outside(&planned[..1]), Err(vec![(id(4), Unplaced::Blocked)]));
        // Only to be ticked off, and not yet.
        let done: Subtasks = [Subtask { estimate_seconds: seconds(3), ..subtask(6, false) }].into_iter().collect();
        let tasks = [task(1, 3, &[]), task(4, 1, &[1])];
        let found = Wishes::of(&tasks, &never(), &[], &done, &[], at(12)).unplaced;
        assert_eq!(found, [(id(1), Unplaced::InParts), (id(4), Unplaced::Blocked)]);
    }

    #[test]
    fn each_is_wished_for_by_the_time_it_is_due() {
        let tasks = [task(1, 1, &[]), task(2, 1, &[])];
        let found = Wishes::of(&tasks, &[(id(2), at(20))].into(), &[], &whole(), &[], at(12));
        assert_eq!(found.wishes.iter().map(|wish| wish.deadline).collect::<Vec<_>>(), [None, Some(at(20))]);
    }

    #[test]
    fn a_new_thing_is_called_what_a_schedule_may_be_called() {
        let (title, wish) = new_thing(" Write ", Duration::from_hours(1)).expect("a wish");
        assert_eq!((title.as_str(), wish.length), ("Write", Duration::from_hours(1)));
        for title in ["", " ", "\u{200b}", "a\nb", "a\u{2028}b", &"x".repeat(201)] {
            assert!(new_thing(title, Duration::from_hours(1)).is_err(), "{title:?}");
        }
        for length in [Duration::ZERO, MAX_LENGTH + Duration::from_secs(1)] {
            assert!(new_thing("x", length).is_err(), "{length:?}");
        }
    }
}
