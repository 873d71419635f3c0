//! A task that is asked for.

use std::{collections::BTreeSet, time::Duration};

use kernel::{FieldError, Instant, TaskId, Zone};

use super::{Deadline, TaskError, deadline_rules};
use crate::{
    alarms::{Anchor, MAX_REMINDERS, ReminderRule, When, check_rules},
    calendar::{
        Moment, RemindersDraft,
        labels::{Labels, LabelsDraft},
        text,
    },
};

/// Tasks of one owner.
pub const MAX_TASKS: u32 = 10_000;
/// What one task may depend on.
pub const MAX_DEPENDENCIES: usize = 100;
/// What all tasks of one owner depend on, together: it is followed to see that nothing goes in a circle.
pub const MAX_ALL_DEPENDENCIES: u32 = 20_000;
/// Levels of subtasks, the outermost task being the first.
pub const MAX_DEPTH: usize = 5;
/// Sessions planned for one task.
pub const MAX_SESSIONS: u32 = 200;

/// The importance of what does not say.
const USUAL_IMPORTANCE: i64 = 5;
/// The difficulty of what does not say.
const USUAL_DIFFICULTY: i64 = 3;
/// How long a task may be meant to take.
const MAX_ESTIMATE: Duration = Duration::from_hours(366 * 24);

/// What a new task shall be.
#[derive(Clone, Debug)]
pub struct TaskDraft {
    /// One line.
    pub title: String,
    /// Any number of lines.
    pub description: String,
    /// What it shall be labelled with.
    pub labels: LabelsDraft,
    /// By when.
    pub deadline: Option<DeadlineDraft>,
    /// 1 to 9.
    pub importance: Option<i64>,
    /// 1, 2, 3, 5, 8, 13 or 21.
    pub difficulty: Option<i64>,
    /// How long it may take.
    pub estimate: Option<Duration>,
    /// Of which task it is a part.
    pub parent: Option<TaskId>,
    /// What comes before it.
    pub depends_on: Vec<TaskId>,
    /// When to ring before the deadline: relative to its start, or absolute.
    pub reminders: RemindersDraft,
    /// Whether to ring at the deadline.
    pub remind_overdue: bool,
}

/// A deadline as somebody wrote it.
#[derive(Clone, Debug)]
pub struct DeadlineDraft {
    /// By when.
    pub moment: Moment,
    /// The zone it is meant in.
    pub zone: Zone,
}

/// What a draft becomes once it is found to make sense.
#[derive(Clone, Debug)]
pub struct CheckedTask {
    /// One line.
    pub title: String,
    /// Any number of lines.
    pub description: String,
    /// What it is labelled with.
    pub labels: Labels,
    /// By when.
    pub deadline: Option<Deadline>,
    /// 1 to 9.
    pub importance: i64,
    /// 1, 2, 3, 5, 8, 13 or 21.
    pub difficulty: i64,
    /// How long it may take.
    pub estimate_seconds: Option<u32>,
    /// What comes before it.
    pub depends_on: BTreeSet<TaskId>,
    /// Everything that rings; nothing without a deadline.
    pub rules: Vec<ReminderRule>,
}

impl TaskDraft {
    /// Checks everything that can be checked without the other tasks, and names every field that is wrong.
    pub fn check(&self, default_lead_seconds: u32, now: Instant) -> Result<CheckedTask, TaskError> {
        let mut errors = Vec::new();
        let title = keep(text::title(&self.title), &mut errors);
        let description = keep(text::description(&self.description), &mut errors);
        let labels = self.labels.check().unwrap_or_else(|wrong| {
            errors.extend(wrong);
            Labels::default()
        });
        let importance = keep(importance(self.importance.unwrap_or(USUAL_IMPORTANCE)), &mut errors);
        let difficulty = keep(difficulty(self.difficulty.unwrap_or(USUAL_DIFFICULTY)), &mut errors);
        let estimate_seconds = self.estimate.and_then(|estimate| keep(estimate_seconds(estimate).map(Some), &mut errors));
        let depends_on = keep(dependencies(&self.depends_on), &mut errors);
        let deadline = self.deadline.as_ref();
        let deadline =
            deadline.and_then(|draft| keep(Deadline::of(draft.moment, draft.zone.clone(), now).map(Some), &mut errors));
        let given = match &self.reminders {
            RemindersDraft::Default => default_rules(default_lead_seconds),
            RemindersDraft::Given(rules) => rules.clone(),
        };
        let lonely = self.deadline.is_none() && matches!(&self.reminders, RemindersDraft::Given(rules) if !rules.is_empty());
        errors.extend(check_leads(&given, lonely, now));
        if !errors.is_empty() {
            return Err(TaskError::Invalid(errors));
        }
        let rules = if deadline.is_some() { deadline_rules(given, self.remind_overdue) } else { Vec::new() };
        Ok(CheckedTask { title, description, labels, deadline, importance, difficulty, estimate_seconds, depends_on, rules })
    }
}

/// The value, or the reason why there is none.
pub(super) fn keep<T: Default>(result: Result<T, FieldError>, errors: &mut Vec<FieldError>) -> T {
    result.unwrap_or_else(|error| {
        errors.push(error);
        T::default()
    })
}

/// The reminders of who did not say. Without a lead, the one at the deadline is enough.
pub(super) fn default_rules(default_lead_seconds: u32) -> Vec<ReminderRule> {
    Vec::from_iter((default_lead_seconds > 0).then(|| ReminderRule::before_start(default_lead_seconds)))
}

pub(super) fn importance(value: i64) -> Result<i64, FieldError> {
    let fits = (1..=9).contains(&value);
    fits.then_some(value).ok_or_else(|| FieldError::new("/importance", "write 1 to 9"))
}

pub(super) fn difficulty(value: i64) -> Result<i64, FieldError> {
    let fits = [1, 2, 3, 5, 8, 13, 21].contains(&value);
    fits.then_some(value).ok_or_else(|| FieldError::new("/difficulty", "write 1, 2, 3, 5, 8, 13 or 21"))
}

pub(super) fn estimate_seconds(estimate: Duration) -> Result<u32, FieldError> {
    if estimate.is_zero() || estimate > MAX_ESTIMATE {
        return Err(FieldError::new("/estimate", "more than nothing, and at most 366 days"));
    }
    u32::try_from(estimate.as_secs()).map_err(|_| FieldError::new("/estimate", "at most 366 days"))
}

pub(super) fn dependencies(ids: &[TaskId]) -> Result<BTreeSet<TaskId>, FieldError> {
    let set: BTreeSet<TaskId> = ids.iter().copied().collect();
    if set.len() > MAX_DEPENDENCIES {
        return Err(FieldError::new("/depends_on", format!("a task depends on at most {MAX_DEPENDENCIES} others")));
    }
    Ok(set)
}

/// Everything that is wrong with the reminders before a deadline; `lonely`: there is none.
pub(super) fn check_leads(rules: &[ReminderRule], lonely: bool, now: Instant) -> Vec<FieldError> {
    if lonely {
        return vec![FieldError::new("/reminders", "there is no deadline to remind of: give a deadline as well")];
    }
    let mut errors = check_rules(rules, now);
    if rules.len() == MAX_REMINDERS {
        errors.push(FieldError::new("/reminders", format!("at most {} reminders", MAX_REMINDERS - 1)));
    }
    for (index, rule) in rules.iter().enumerate() {
        if matches!(rule.when, When::Before { lead_seconds: 0, .. } | When::Before { anchor: Anchor::End, .. }) {
            let detail = "some time before the deadline; at the deadline itself remind_overdue rings";
            errors.push(FieldError::new(format!("/reminders/{index}/before"), detail));
        }
    }
    errors
}
