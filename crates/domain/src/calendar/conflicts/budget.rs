//! How much of a calendar one question looks at.
//!
//! A calendar can hold more occurrences than anybody can walk through while others wait: a rule may name every minute of the day.
//! So each question has a budget of steps; what would need more is not answered, and never answered wrongly.

use kernel::{Category, Coded};

/// So many steps one question takes: each occurrence that is walked past, and each pair that is compared, is one.
pub const MAX_STEPS: u32 = 300_000;

/// What is left of the steps of one question.
#[derive(Debug)]
pub struct Budget {
    left: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: MAX_STEPS }
    }
}

impl Budget {
    /// Takes one step.
    #[inline]
    pub(super) fn step(&mut self) -> Result<(), TooDense> {
        self.left = self.left.checked_sub(1).ok_or(TooDense)?;
        Ok(())
    }

    /// How many steps were taken.
    pub const fn taken(&self) -> u32 {
        MAX_STEPS - self.left
    }
}

/// The calendar holds more than one question looks at, so that nobody knows the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there are more occurrences to compare than are looked at, so nobody can say whether this time is free: send on_conflict=allow to \
     have it nevertheless, or busy=false if it takes no time"
)]
pub struct TooDense;

impl Coded for TooDense {
    fn code(&self) -> &'static str {
        "schedule.calendar_too_dense"
    }

    fn category(&self) -> Category {
        Category::Conflict
    }
}
