//! Randomness of production.

use kernel::Entropy;

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(clippy::disallowed_methods, reason = "the seam where the operating system's randomness is drawn")]
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            // Keys and tokens would be guessable. There is nothing to go on with, and nothing to clean up that a crash
            // would not survive.
            tracing::error!(%error, "the operating system gives no random bytes");
            std::process::abort();
        }
    }
}
