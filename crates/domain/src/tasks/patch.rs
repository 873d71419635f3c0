//! A change to a task.

use std::{collections::BTreeSet, time::Duration};

use kernel::{FieldError, Instant, TaskId, Zone};

use super::{
    By, Deadline, Task, TaskError, deadline_rules,
    draft::{check_leads, default_rules, dependencies, difficulty, estimate_seconds, importance, keep},
    overdue_rule,
};
use crate::{
    alarms::ReminderRule,
    calendar::{
        Moment,
        labels::{LabelsPatch, Wish},
        text,
    },
};

/// What shall change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct TaskPatch {
    /// One line.
    pub title: Option<String>,
    /// Any number of lines.
    pub description: Option<String>,
    /// What it is labelled with.
    pub labels: LabelsPatch,
    /// By when.
    pub deadline: Wish<Moment>,
    /// The zone of the deadline. Alone it keeps what the wall shows.
    pub zone: Option<Zone>,
    /// 1 to 9.
    pub importance: Option<i64>,
    /// 1, 2, 3, 5, 8, 13 or 21.
    pub difficulty: Option<i64>,
    /// How long it may take.
    pub estimate: Wish<Duration>,
    /// Of which task it is a part.
    pub parent: Wish<TaskId>,
    /// What comes before it: all of it.
    pub depends_on: Option<Vec<TaskId>>,
    /// When to ring before the deadline: all of it.
    pub reminders: Option<Vec<ReminderRule>>,
    /// Whether to ring at the deadline.
    pub remind_overdue: Option<bool>,
}

/// What a patch comes to.
#[derive(Clone, Debug)]
pub struct TaskChange {
    /// The task from now on, but for its version and its reminders.
    pub task: Task,
    /// What it waits for that it did not before.
    pub added: BTreeSet<TaskId>,
    /// What it waits for no more.
    pub removed: BTreeSet<TaskId>,
    /// Everything that rings from now on.
    pub rules: Vec<ReminderRule>,
    /// Whether it is part of another task from now on.
    pub moved: bool,
    /// Whether anything changed at all.
    pub any: bool,
}

impl TaskPatch {
    /// Applies the patch to `task`, as far as that can be decided without the other tasks. `zone` and `default_lead_seconds` are
    /// the owner's, for a first deadline that names none.
    pub fn apply(&self, task: &Task, (zone, default_lead_seconds): (&Zone, u32), now: Instant) -> Result<TaskChange, TaskError> {
        let mut errors = Vec::new();
        let mut new = task.clone();
        if let Some(title) = &self.title {
            new.title = keep(text::title(title), &mut errors);
        }
        if let Some(description) = &self.description {
            new.description = keep(text::description(description), &mut errors);
        }
        match self.labels.apply(&task.labels) {
            Ok(labels) => new.labels = labels,
            Err(wrong) => errors.extend(wrong),
        }
        if let Some(value) = self.importance {
            new.importance = keep(importance(value), &mut errors);
        }
        if let Some(value) = self.difficulty {
            new.difficulty = keep(difficulty(value), &mut errors);
        }
        new.estimate_seconds = match self.estimate {
            Wish::Keep => task.estimate_seconds,
            Wish::Clear => None,
            Wish::Set(estimate) => keep(estimate_seconds(estimate).map(Some), &mut errors),
        };
        new.parent = self.parent.over(task.parent);
        if let Some(ids) = &self.depends_on {
            new.depends_on = keep(dependencies(ids), &mut errors);
        }
        new.deadline = keep(self.deadline(task, zone, now), &mut errors);
        if let Some(rules) = &self.reminders {
            errors.extend(check_leads(rules, new.deadline.is_none() && !rules.is_empty(), now));
        }
        if !errors.is_empty() {
            return Err(TaskError::Invalid(errors));
        }
        let rules = self.rules(task, new.deadline.is_some(), default_lead_seconds);
        let added = new.depends_on.difference(&task.depends_on).copied().collect();
        let removed = task.depends_on.difference(&new.depends_on).copied().collect();
        let any = new != *task || !rules.iter().eq(task.reminders.iter().map(|reminder| &reminder.rule));
        Ok(TaskChange { added, removed, rules, moved: new.parent != task.parent, any, task: new })
    }

    fn deadline(&self, task: &Task, own: &Zone, now: Instant) -> Result<Option<Deadline>, FieldError> {
        let old = task.deadline.as_ref();
        let zone = self.zone.as_ref().or(old.map(|old| &old.zone)).unwrap_or(own).clone();
        match (self.deadline, old) {
            (Wish::Clear, _) => Ok(None),
            (Wish::Set(moment), _) => Deadline::of(moment, zone, now).map(Some),
            (Wish::Keep, Some(old)) if self.zone.is_some() => {
                let moment = match old.by {
                    By::Date(date) => Moment::Date(date),
                    By::Wall(wall) => Moment::Wall(wall),
                };
                Deadline::of(moment, zone, now).map(Some)
            }
            (Wish::Keep, old) => Ok(old.cloned()),
        }
    }

    fn rules(&self, task: &Task, has_deadline: bool, default_lead_seconds: u32) -> Vec<ReminderRule> {
        if !has_deadline {
            return Vec::new();
        }
        let present: Vec<ReminderRule> = task.reminders.iter().map(|reminder| reminder.rule).collect();
        let is_first = task.deadline.is_none();
        let leads = match &self.reminders {
            Some(rules) => rules.clone(),
            None if is_first => default_rules(default_lead_seconds),
            None => present.iter().copied().filter(|rule| *rule != overdue_rule()).collect(),
        };
        deadline_rules(leads, self.remind_overdue.unwrap_or_else(|| is_first || present.contains(&overdue_rule())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{alarms::Reminder, calendar::labels::Labels};
    use kernel::{ReminderId, UserId};

    fn now() -> Instant {
        "2026-11-20T00:00:00Z".parse().expect("now")
    }

    fn id(number: u128) -> TaskId {
        TaskId::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn task() -> Task {
        let seoul: Zone = "Asia/Seoul".parse().expect("a zone");
        let reminder = |number, rule| Reminder { id: ReminderId::from_uuid(uuid::Uuid::from_u128(number)), rule };
        Task {
            id: id(1),
            owner: UserId::from_uuid(uuid::Uuid::nil()),
            title: "Report".to_owned(),
            description: String::new(),
            labels: Labels::default(),
            deadline: Some(Deadline::new(By::Date("2026-12-01".parse().expect("a date")), seoul)),
            importance: 5,
            difficulty: 3,
            estimate_seconds: Some(3_600),
            parent: None,
            depends_on: BTreeSet::from([id(2), id(3)]),
            blocked_by: Vec::new(),
            has_open_subtasks: false,
            reminders: vec![reminder(1, ReminderRule::before_start(600)), reminder(2, overdue_rule())],
            completed_at: None,
            completed_by: None,
            archived_at: None,
            version: 1,
            created_at: now(),
            updated_at: now(),
        }
    }

    fn apply(patch: &TaskPatch, task: &Task) -> Result<TaskChange, TaskError> {
        patch.apply(task, (&Zone::utc(), 1_800), now())
    }

    #[test]
    fn what_is_not_said_and_what_is_so_already_changes_nothing() {
        let same = TaskPatch {
            title: Some(" Report ".to_owned()),
            deadline: Wish::Set("2026-12-01".parse().expect("a moment")),
            estimate: Wish::Set(Duration::from_hours(1)),
            parent: Wish::Clear,
            depends_on: Some(vec![id(3), id(2), id(3)]),
            reminders: Some(vec![ReminderRule::before_start(600)]),
            remind_overdue: Some(true),
            ..TaskPatch::default()
        };
        for patch in [TaskPatch::default(), same] {
            let change = apply(&patch, &task()).expect("a change");
            assert!(!change.any && !change.moved && change.added.is_empty() && change.removed.is_empty(), "{patch:?}");
        }
    }

    #[test]
    fn only_the_differences_of_the_dependencies_are_written() {
        let patch = TaskPatch { depends_on: Some(vec![id(3), id(4)]), ..TaskPatch::default() };
        let change = apply(&patch, &task()).expect("a change");
        assert_eq!((change.added, change.removed), (BTreeSet::from([id(4)]), BTreeSet::from([id(2)])));
        let none = TaskPatch { depends_on: Some(Vec::new()), ..TaskPatch::default() };
        assert_eq!(apply(&none, &task()).expect("a change").removed, BTreeSet::from([id(2), id(3)]));
    }

    #[test]
    fn a_deadline_keeps_its_wall_in_a_new_zone_and_takes_its_reminders_with_it() {
        let zone = TaskPatch { zone: "Europe/Paris".parse().ok(), ..TaskPatch::default() };
        let change = apply(&zone, &task()).expect("a change");
        let deadline = change.task.deadline.expect("a deadline");
        assert_eq!(
            (deadline.by.to_string(), deadline.at.instant.to_string()),
            ("2026-12-01".into(), "2026-12-01T23:00:00Z".into())
        );

        let gone = apply(&TaskPatch { deadline: Wish::Clear, ..TaskPatch::default() }, &task()).expect("a change");
        assert!(gone.any && gone.task.deadline.is_none() && gone.rules.is_empty());

        let without = Task { deadline: None, reminders: Vec::new(), ..task() };
        let first = TaskPatch { deadline: Wish::Set("2026-12-01T09:00:00".parse().expect("a moment")), ..TaskPatch::default() };
        let change = apply(&first, &without).expect("a change");
        assert_eq!(change.rules, [ReminderRule::before_start(1_800), overdue_rule()], "the owner's lead, and at the deadline");
        assert_eq!(change.task.deadline.expect("a deadline").zone, Zone::utc(), "the owner's zone");
    }

    #[test]
    fn every_wrong_field_is_named() {
        let patch = TaskPatch {
            title: Some(String::new()),
            importance: Some(10),
            difficulty: Some(4),
            estimate: Wish::Set(Duration::ZERO),
            deadline: Wish::Clear,
            reminders: Some(vec![ReminderRule::before_start(0)]),
            depends_on: Some((0..101).map(id).collect()),
            labels: LabelsPatch { tags: Some(vec!["fine".to_owned(), String::new()]), ..LabelsPatch::default() },
            ..TaskPatch::default()
        };
        let Err(TaskError::Invalid(errors)) = apply(&patch, &task()) else { panic!("refused") };
        let pointers: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/title", "/tags/1", "/importance", "/difficulty", "/estimate", "/depends_on", "/reminders"]);
        let at_once = TaskPatch { reminders: Some(vec![ReminderRule::before_start(0)]), ..TaskPatch::default() };
        let Err(TaskError::Invalid(errors)) = apply(&at_once, &task()) else { panic!("refused") };
        assert_eq!(errors[0].pointer, "/reminders/0/before");
    }
}
