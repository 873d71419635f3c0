//! The wall times of a pattern, one after the other, from anywhere.

use super::{
    days::{DAY, count, day_of, index},
    pattern::{Block, Pattern},
};

#[cfg(test)]
thread_local! {
    static WALKED: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// How many wall times this thread ever looked at, for tests of what something costs.
#[cfg(test)]
pub(crate) fn walked() -> u64 {
    WALKED.get()
}

/// The wall times of a pattern from `floor` to `ceiling`, both included, ascending.
pub(super) struct Walls<'a> {
    pattern: &'a Pattern,
    floor: i64,
    ceiling: i64,
    /// The next period to look at.
    period: i64,
    /// What is left of the present one.
    words: [u64; 6],
    /// Which of the words is at hand, and the wall time of its bit 0.
    word: usize,
    base: i64,
    /// Which time of the day of the lowest bit is next.
    time: usize,
    /// What BYSETPOS chose from the present period, latest first.
    chosen: Vec<i64>,
}

impl<'a> Walls<'a> {
    /// Goes to the period of `floor` by division. `floor` must not lie before the start of the pattern.
    pub(super) fn new(pattern: &'a Pattern, floor: i64, ceiling: i64) -> Self {
        Self {
            pattern,
            floor,
            ceiling,
            period: pattern.period_of(day_of(floor)),
            words: [0; 6],
            word: 0,
            base: 0,
            time: 0,
            chosen: Vec::new(),
        }
    }

    /// The next of the present period, whether within the bounds or not.
    #[inline]
    fn here(&mut self) -> Option<i64> {
        if let Some(wall) = self.chosen.pop() {
            return Some(wall);
        }
        while self.word < self.words.len() {
            let word = self.words[self.word];
            if word != 0 {
                let wall = self.base + i64::from(word.trailing_zeros()) * DAY + self.pattern.times[self.time];
                self.time += 1;
                if self.time == self.pattern.times.len() {
                    self.time = 0;
                    self.words[self.word] = word & (word - 1);
                }
                return Some(wall);
            }
            self.word += 1;
            self.base += 64 * DAY;
        }
        None
    }

    /// Goes to the next period that has any, unless it lies behind the ceiling.
    fn advance(&mut self) -> bool {
        if self.pattern.times.is_empty() {
            return false;
        }
        loop {
            let block = self.pattern.block(self.period);
            if block.first * DAY > self.ceiling {
                return false;
            }
            self.period += 1;
            if !self.pattern.positions.is_empty() {
                self.choose(&block);
                if !self.chosen.is_empty() {
                    return true;
                }
            } else if block.words != [0; 6] {
                (self.words, self.word, self.base) = (block.since(day_of(self.floor)), 0, block.first * DAY);
                return true;
            }
        }
    }

    fn choose(&mut self, block: &Block) {
        let times = count(self.pattern.times.len());
        let chosen = self.pattern.chosen(block.len() * times);
        let wall = |at: i64| block.nth(at / times).map(|day| day * DAY + self.pattern.times[index(at % times)]);
        self.chosen = chosen.into_iter().rev().filter_map(wall).collect();
    }
}

impl Iterator for Walls<'_> {
    type Item = i64;

    #[inline]
    fn next(&mut self) -> Option<i64> {
        loop {
            #[cfg(test)]
            WALKED.set(WALKED.get() + 1);
            match self.here() {
                Some(wall) if wall > self.ceiling => return None,
                Some(wall) if wall >= self.floor => return Some(wall),
                Some(_) => {}
                None if self.advance() => {}
                None => return None,
            }
        }
    }
}

/// The `nth` wall time from `start` on, from 1: by division where every period is the same, else by counting. `None` if the
/// years end before.
pub(super) fn nth(pattern: &Pattern, start: i64, last: i64, nth: u32) -> Option<i64> {
    let Some(even) = pattern.even() else {
        return Walls::new(pattern, start, last).nth(usize::try_from(nth).ok()?.checked_sub(1)?);
    };
    let times = count(pattern.times.len());
    let each = even.block.len() * times;
    let at = |place: i64| even.block.nth(place / times).map(|day| day * DAY + pattern.times[index(place % times)]);
    let before = (0..each).take_while(|place| at(*place).is_some_and(|wall| wall < start)).count();
    let place = count(before) + i64::from(nth) - 1;
    at(place.checked_rem(each)?).map(|wall| wall + place / each * even.stride * DAY).filter(|wall| *wall <= last)
}
