//! The wall times of a series: what the rule gives, the start and RDATE, each once, less EXDATE.

use super::{
    series::{Bound, Series},
    walls::Walls,
};

/// The wall times of a series within bounds, ascending.
pub(super) struct Merged<'a> {
    walls: Walls<'a>,
    bound: Bound,
    series: &'a Series,
    /// The next of the rule, of the extras and of the exceptions; `i64::MAX` when there is none.
    by_rule: i64,
    extra: i64,
    exception: i64,
    extras: std::slice::Iter<'a, i64>,
    exceptions: std::slice::Iter<'a, i64>,
    ceiling: i64,
}

impl<'a> Merged<'a> {
    /// From `floor` to `ceiling`, both included.
    pub(super) fn new(series: &'a Series, floor: i64, ceiling: i64) -> Self {
        let from = |sorted: &'a [i64]| sorted[sorted.partition_point(|wall| *wall < floor)..].iter();
        let mut merged = Self {
            walls: Walls::new(&series.pattern, floor.max(series.start), ceiling.min(series.bound.last)),
            bound: series.bound,
            series,
            by_rule: 0,
            extra: 0,
            exception: 0,
            extras: from(&series.extras),
            exceptions: from(&series.exceptions),
            ceiling,
        };
        merged.by_rule = merged.next_by_rule();
        merged.extra = head(&mut merged.extras);
        merged.exception = head(&mut merged.exceptions);
        merged
    }

    #[inline]
    fn next_by_rule(&mut self) -> i64 {
        for wall in self.walls.by_ref() {
            if wall <= self.bound.certain || self.series.is_before_end(wall) {
                return wall;
            }
        }
        i64::MAX
    }

    #[inline]
    fn of_either(&mut self) -> i64 {
        let wall = self.by_rule.min(self.extra);
        if wall == i64::MAX {
            return wall;
        }
        if self.by_rule == wall {
            self.by_rule = self.next_by_rule();
        }
        if self.extra == wall {
            self.extra = head(&mut self.extras);
        }
        wall
    }
}

fn head(sorted: &mut std::slice::Iter<'_, i64>) -> i64 {
    sorted.next().copied().unwrap_or(i64::MAX)
}

impl Iterator for Merged<'_> {
    type Item = i64;

    #[inline]
    fn next(&mut self) -> Option<i64> {
        loop {
            let wall = self.of_either();
            if wall > self.ceiling {
                return None;
            }
            while self.exception < wall {
                self.exception = head(&mut self.exceptions);
            }
            if self.exception != wall {
                return Some(wall);
            }
        }
    }
}
