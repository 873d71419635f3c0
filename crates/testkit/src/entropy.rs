//! Randomness that a seed decides.

use std::sync::atomic::{AtomicU64, Ordering};

use kernel::Entropy;

/// `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014): a counter that grows by a
/// fixed odd number, scrambled on its way out. It needs one word of state, so drawing takes no lock, and it is good enough to
/// decide what a test does next. **Never for a secret.**
#[derive(Debug)]
pub struct SeededEntropy(AtomicU64);

/// 2⁶⁴ divided by the golden ratio, made odd.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

impl SeededEntropy {
    /// The same seed draws the same numbers, on every machine and in every year.
    pub const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// A source of its own for the part called `name`, so that one part drawing more does not change what the others draw.
    #[must_use]
    pub fn fork(&self, name: &str) -> Self {
        let label =
            name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        Self::new(scramble(self.0.load(Ordering::Relaxed) ^ label))
    }

    /// The next 64 bits.
    pub fn next(&self) -> u64 {
        scramble(self.0.fetch_add(GAMMA, Ordering::Relaxed).wrapping_add(GAMMA))
    }

    /// A number in `0..bound`; 0 if `bound` is 0.
    pub fn below(&self, bound: u64) -> u64 {
        // The high half of a 128-bit product: as even as 64 bits allow, and without a division.
        u64::try_from((u128::from(self.next()) * u128::from(bound)) >> 64).unwrap_or(0)
    }

    /// A number in `low..=high`.
    pub fn between(&self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low).saturating_add(1))
    }

    /// An index into something that holds `length`.
    pub fn index(&self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// Whether a thing that happens `per_mille` times in a thousand happens now.
    pub fn chance(&self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

fn scramble(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_draws_the_numbers_of_the_reference_implementation() {
        // The first outputs for this seed in Vigna's splitmix64.c, as printed in many libraries' tests.
        let entropy = SeededEntropy::new(1_234_567);
        let drawn = [entropy.next(), entropy.next(), entropy.next()];
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn a_fork_depends_on_its_name_and_leaves_its_parent_alone() {
        let parent = SeededEntropy::new(7);
        let (a, again, b) = (parent.fork("a"), parent.fork("a"), parent.fork("b"));
        assert_eq!(a.next(), again.next());
        assert_ne!(a.next(), b.next());
        assert_eq!(parent.next(), SeededEntropy::new(7).next());
    }

    #[test]
    fn bounds_are_kept_and_reached() {
        let entropy = SeededEntropy::new(3);
        let mut seen = [false; 6];
        for _ in 0..1_000 {
            seen[entropy.index(6)] = true;
            assert!((10..=12).contains(&entropy.between(10, 12)));
        }
        assert_eq!((seen, entropy.below(0)), ([true; 6], 0));
        let mut bytes = [0; 13];
        entropy.fill(&mut bytes);
        assert!(bytes.iter().any(|&b| b != 0));
    }
}
