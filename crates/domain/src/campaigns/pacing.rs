//! How fast people are told: a log of the last starts, which no window of a second may exceed, and an even step between them.
//!
//! A start counts from when it left until a little more than a second after it has certainly arrived: whoever is called sees it
//! somewhere between the two, and must never see more in a second than was promised. When it arrived is known with the answer; an
//! answer that takes longer is the callee's work and not the way there.

use std::{collections::VecDeque, time::Duration};

/// A second, and what the clocks of two machines may differ by within one.
const WINDOW: Duration = Duration::from_millis(1_005);

/// The longest that a start is believed to be on its way.
const WAY_MAX: Duration = Duration::from_millis(10);

/// What may be caught up with at once after a halt: a tenth of a second.
const LAG: Duration = Duration::from_millis(100);

/// One start, to say later that it has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u64);

/// The starts of the last second, on a monotonic clock.
#[derive(Clone, Debug)]
pub struct Pacing {
    per_second: u32,
    /// Until when each of the last starts was on its way, the oldest first.
    log: VecDeque<Duration>,
    /// How many were ever noted.
    noted: u64,
    /// When the next start is due if they come evenly.
    even: Duration,
    /// Before this nothing starts: somebody else may have started until then.
    begins: Duration,
}

impl Pacing {
    /// At most `per_second` starts in any second (0: as many as go), the first one not before `begins`.
    pub fn new(per_second: u32, begins: Duration) -> Self {
        Self { per_second, log: VecDeque::new(), noted: 0, even: Duration::ZERO, begins }
    }

    /// How long after a sender was the only one the next may begin, whatever that one did last.
    pub const REST: Duration = WINDOW;

    /// Whether anything is limited at all.
    pub const fn is_limited(&self) -> bool {
        self.per_second > 0
    }

    /// As many of `wanted` as may ever start together.
    pub fn together(&self, wanted: u32) -> u32 {
        if self.per_second == 0 { wanted } else { wanted.min(self.per_second.div_ceil(20)).max(1) }
    }

    /// When `count` starts may be made at once, `count` being no more than [`Pacing::together`] allows.
    pub fn slot(&self, count: u32) -> Duration {
        if self.per_second == 0 {
            return self.begins;
        }
        // The starts of a window ago which must be over before the last of these.
        let open = (self.per_second as usize).saturating_sub(count as usize);
        let over = self.log.len().saturating_sub(open);
        let window = self.log.iter().take(over).max().map_or(Duration::ZERO, |left| *left + WINDOW);
        let even = (self.even + self.step() * count.saturating_sub(1)).saturating_sub(LAG);
        self.begins.max(window).max(even)
    }

    /// How many starts may be made at once at `now`, [`Pacing::together`] at the most.
    pub fn open(&self, now: Duration, wanted: u32) -> u32 {
        (1..=self.together(wanted)).rev().find(|count| self.slot(*count) <= now).unwrap_or(0)
    }

    /// Notes a start at `at`.
    pub fn started(&mut self, at: Duration) -> Ticket {
        let ticket = Ticket(self.noted);
        self.noted += 1;
        if self.per_second > 0 {
            self.log.push_back(at + WAY_MAX);
            while self.log.len() > self.per_second as usize {
                self.log.pop_front();
            }
            self.even = self.even.max(at) + self.step();
        }
        ticket
    }

    /// Notes that a start had arrived by `at`.
    pub fn arrived(&mut self, ticket: Ticket, at: Duration) {
        let first = self.noted - self.log.len() as u64;
        let place = ticket.0.checked_sub(first).and_then(|place| usize::try_from(place).ok());
        if let Some(until) = place.and_then(|place| self.log.get_mut(place)) {
            *until = at.min(*until);
        }
    }

    fn step(&self) -> Duration {
        Duration::from_secs(1) / self.per_second.max(1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RATE: u32 = 500;

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// The most of `seen` in any window of a second.
    fn most_in_a_second(seen: &mut [Duration]) -> usize {
        seen.sort_unstable();
        let mut first = 0;
        let mut most = 0;
        for last in 0..seen.len() {
            while seen[last].saturating_sub(seen[first]) >= Duration::from_secs(1) {
                first += 1;
            }
            most = most.max(last - first + 1);
        }
        most
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_second_sees_more_than_was_promised_wherever_on_their_way_the_starts_are_seen(
            rate in prop_oneof![1u32..60, 100u32..600],
            steps in prop::collection::vec((1u32..30, 0u64..400, 0u64..40, 0u64..11, any::<bool>()), 1..200),
            few in 1u32..10,
        ) {
            let mut pacing = Pacing::new(rate, Duration::ZERO);
            let (mut now, mut seen) = (Duration::ZERO, Vec::new());
            for (wanted, idle, took, way, late) in steps {
                now = (now + millis(idle)).max(pacing.slot(pacing.together(few)));
                let count = pacing.open(now, wanted);
                prop_assert!(count > 0 && count <= pacing.together(wanted), "{} of {}", count, wanted);
                let tickets: Vec<_> = (0..count).map(|_| pacing.started(now)).collect();
                let way = millis(way.min(took));
                seen.extend(tickets.iter().map(|_| now + if late { way } else { Duration::ZERO }));
                now += millis(took);
                for ticket in tickets {
                    pacing.arrived(ticket, now);
                }
            }
            prop_assert!(most_in_a_second(&mut seen) <= rate as usize);
        }
    }

    #[test]
    fn the_rate_is_held_by_who_is_quick_and_by_who_is_slow() {
        for (took, least) in [(0, 497), (3, 495), (10, 492), (60, 492)] {
            let mut pacing = Pacing::new(RATE, Duration::ZERO);
            let (mut now, mut starts) = (Duration::ZERO, Vec::new());
            while now < Duration::from_secs(20) {
                now = now.max(pacing.slot(1));
                let ticket = pacing.started(now);
                pacing.arrived(ticket, now + millis(took));
                starts.push(now);
            }
            let held = starts.len() / 20;
            assert!(held >= least, "{held} a second where a call takes {took} ms");
            assert!(most_in_a_second(&mut starts) <= RATE as usize);
        }
    }

    #[test]
    fn the_rate_is_held_where_fewer_are_begun_with_than_might_be() {
        // So many in a row go together, the next ones by themselves, and each time it takes a while to say so.
        for (rows, took, least) in
            [([25, 25], 3, 492), ([30, 30], 3, 490), ([1, 60], 3, 490), ([7, 2], 3, 490), ([30, 4], 8, 490)]
        {
            let mut pacing = Pacing::new(RATE, Duration::ZERO);
            let (mut now, mut starts) = (Duration::ZERO, Vec::new());
            for row in rows.iter().cycle() {
                let mut left = *row;
                while left > 0 {
                    now = now.max(pacing.slot(8));
                    let count = pacing.open(now, 25).min(left);
                    assert!(count > 0, "there is a slot");
                    now += millis(took);
                    for _ in 0..count {
                        let ticket = pacing.started(now);
                        pacing.arrived(ticket, now);
                        starts.push(now);
                    }
                    left -= count;
                }
                if now > Duration::from_secs(20) {
                    break;
                }
            }
            let held = starts.len() / 20;
            assert!(held >= least, "{held} a second where rows are {rows:?}");
            assert!(most_in_a_second(&mut starts) <= RATE as usize);
        }
    }

    #[test]
    fn a_halt_is_caught_up_with_by_a_tenth_of_a_second_and_no_more() {
        let mut pacing = Pacing::new(RATE, Duration::ZERO);
        let halted = Duration::from_mins(1);
        let mut at_once = 0;
        while pacing.slot(1) <= halted {
            pacing.started(halted);
            at_once += 1;
        }
        assert_eq!(at_once, 51);
    }

    #[test]
    fn nothing_starts_while_another_may_have_started() {
        assert_eq!(Pacing::new(RATE, millis(1_005)).slot(25), millis(1_005));
        let free = Pacing::new(0, millis(7));
        assert_eq!((free.slot(1_000), free.together(1_000), free.is_limited()), (millis(7), 1_000, false));
        assert_eq!(Pacing::new(RATE, Duration::ZERO).together(1_000), 25);
        assert_eq!(Pacing::new(3, Duration::ZERO).together(1_000), 1);
    }
}
