//! How long to wait before trying again.

use std::time::Duration;

use kernel::Entropy;

/// Doubling waits with jitter, so that those who failed together do not come back together.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// The wait after the first failure.
    pub first: Duration,
    /// The longest wait.
    pub most: Duration,
}

impl Backoff {
    /// For a lane whose claim failed: the database is away or busy.
    pub const LANE: Self = Self { first: Duration::from_millis(50), most: Duration::from_secs(1) };

    /// The wait after failure number `failures` (1, 2, 3 …), before jitter.
    pub fn plain(&self, failures: u32) -> Duration {
        let factor = 1u32 << failures.saturating_sub(1).min(20);
        self.first.saturating_mul(factor).min(self.most)
    }

    /// The wait after failure number `failures`, between 80 % and 120 % of [`Backoff::plain`].
    pub fn jittered(&self, failures: u32, entropy: &dyn Entropy) -> Duration {
        self.plain(failures).mul_f64(0.8 + 0.4 * entropy.fraction())
    }

    /// The wait after failure number `failures`, anywhere between nothing and [`Backoff::plain`]: for those who stood
    /// in each other's way. (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.)
    pub fn fully_jittered(&self, failures: u32, entropy: &dyn Entropy) -> Duration {
        self.plain(failures).mul_f64(entropy.fraction())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);
    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn waits_double_up_to_the_most_and_stay_within_a_fifth() {
        let backoff = Backoff { first: Duration::from_millis(100), most: Duration::from_secs(1) };
        let plain: Vec<_> = [1, 2, 3, 4, 5, 99].map(|n| backoff.plain(n).as_millis()).into();
        assert_eq!(plain, [100, 200, 400, 800, 1000, 1000]);
        assert_eq!(backoff.jittered(1, &Fixed(0)).as_millis(), 80);
        assert!(backoff.jittered(1, &Fixed(255)).as_millis() <= 120);
        assert_eq!(backoff.fully_jittered(3, &Fixed(0)), Duration::ZERO);
        assert!((390..=400).contains(&backoff.fully_jittered(3, &Fixed(255)).as_millis()));
    }
}
