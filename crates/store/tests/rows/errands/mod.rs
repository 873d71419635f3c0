//! A task to write.

use std::collections::BTreeSet;

use domain::{
    calendar::labels::Labels,
    tasks::{Deadline, Task},
};
use kernel::{TaskId, UserId};
use testkit::{START, SeededEntropy};

/// By when.
pub(crate) fn deadline(by: &str, zone: &str) -> Deadline {
    Deadline::new(by.parse().expect("a deadline"), zone.parse().expect("a zone"))
}

/// A task of `owner` that waits for nothing.
pub(crate) fn task(owner: UserId, number: u64) -> Task {
    Task {
        id: TaskId::mint(START, &SeededEntropy::new(70_000 + number)),
        owner,
        title: format!("task {number}"),
        description: String::new(),
        labels: Labels::default(),
        deadline: None,
        importance: 5,
        difficulty: 3,
        estimate_seconds: None,
        parent: None,
        depends_on: BTreeSet::new(),
        blocked_by: Vec::new(),
        has_open_subtasks: false,
        reminders: Vec::new(),
        completed_at: None,
        completed_by: None,
        archived_at: None,
        version: 1,
        created_at: START,
        updated_at: START,
    }
}
