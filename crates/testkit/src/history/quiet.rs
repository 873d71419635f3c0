//! When somebody does not want to be told, as the judges see it.

use std::time::Duration;

use kernel::Instant;

use super::{
    Bounds, Phase,
    ledger::{Arm, Windows},
};

/// Quiet hours, and since when and until when they were those of somebody.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quiet {
    from: Instant,
    until: Instant,
    asked_at: Instant,
    /// When they were told that it is done; `None` as long as they were not.
    done_at: Option<Instant>,
    /// When others were asked for, and when these were told to be there.
    replaced: Option<(Instant, Option<Instant>)>,
}

/// So late a reminder is still told in quiet hours, if it was due before they began.
const IN_TIME: Duration = Duration::from_mins(1);

/// Notes that somebody asks for other quiet hours, or has them.
pub(super) fn take(all: &mut Vec<Quiet>, phase: Phase, (from, until): (Instant, Instant), at: Instant) {
    let is_asked = all.last().is_some_and(|last| last.done_at.is_none() && (last.from, last.until) == (from, until));
    if phase == Phase::Ok && is_asked {
        all.last_mut().into_iter().for_each(|last| last.done_at = Some(at));
    } else {
        all.push(Quiet { from, until, asked_at: at, done_at: (phase == Phase::Ok).then_some(at), replaced: None });
    }
    let newest = all[all.len() - 1];
    for before in all.iter_mut().rev().skip(1).take_while(|before| !matches!(before.replaced, Some((_, Some(_))))) {
        let asked_at = before.replaced.map_or(newest.asked_at, |(asked_at, _)| asked_at);
        before.replaced = Some((asked_at, newest.done_at));
    }
}

/// Until when an arm may wait at most; `None` if it may not. While it waits, others may take the place of those it waits for.
pub(super) fn may_hold(all: &[Quiet], arm: &Arm, windows: &Windows, bounds: &Bounds) -> Option<Instant> {
    arm.hushed_until_end?;
    let ready_at = arm.ready_at();
    let (mut held_until, mut found_by) = (None, windows.deadline(ready_at, bounds) + bounds.skew);
    loop {
        let longer = all.iter().filter(|quiet| quiet.may_be(ready_at, found_by, bounds)).map(|quiet| quiet.until).max();
        if longer <= held_until {
            return held_until;
        }
        held_until = longer;
        found_by = found_by.max(windows.deadline(longer?, bounds) + bounds.skew);
    }
}

/// Why an arm must not have rung at `fired_at`, if that is so.
pub(super) fn forbids(all: &[Quiet], arm: &Arm, fired_at: Instant, windows: &Windows, bounds: &Bounds) -> Option<&'static str> {
    let is_only = all.len() == 1;
    all.iter().find_map(|quiet| quiet.forbids(arm, fired_at, is_only, windows, bounds))
}

impl Quiet {
    /// Whether they may have been in force, and quiet, at some instant from `from` to `until`.
    fn may_be(&self, from: Instant, until: Instant, Bounds { skew, .. }: &Bounds) -> bool {
        let replaced = self.replaced.and_then(|(_, done_at)| done_at);
        let in_force = self.asked_at <= until + *skew && replaced.is_none_or(|replaced| from <= replaced + *skew);
        in_force && self.from < self.until && from < self.until + *skew && self.from < until + *skew
    }

    fn is_surely_in_force(&self, at: Instant, Bounds { skew, .. }: &Bounds) -> bool {
        self.done_at.is_some_and(|done| done <= at) && self.replaced.is_none_or(|(asked_at, _)| at + *skew < asked_at)
    }

    fn forbids(&self, arm: &Arm, fired_at: Instant, is_only: bool, windows: &Windows, bounds: &Bounds) -> Option<&'static str> {
        let Bounds { skew, .. } = *bounds;
        let (ends_at, ready_at) = (arm.hushed_until_end?, arm.ready_at());
        let surely_in_them = arm.due_at.max(arm.asked_at) >= self.from + skew;
        // Those before these may have let it go a moment ago.
        let late = is_only && arm.done_at.is_some() && fired_at > ready_at + IN_TIME + skew;
        let is_quiet = self.from + skew <= fired_at && fired_at + skew < self.until;
        if is_quiet && self.is_surely_in_force(fired_at, bounds) && (surely_in_them || late) {
            return Some("in quiet hours");
        }
        let throughout = self.is_surely_in_force(ready_at, bounds) && self.is_surely_in_force(fired_at, bounds);
        let surely_held =
            throughout && surely_in_them && arm.done_at.is_some() && windows.deadline(ready_at, bounds) + skew < self.until;
        let over = is_only && arm.due_at < ends_at && ends_at + skew < self.until;
        (surely_held && over).then_some("although it was over when the quiet hours ended")
    }
}
