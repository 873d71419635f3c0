//! Randomness as a parameter.

/// A source of random bytes. Production draws from the operating system; tests and the simulator from a seed.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `bytes` completely. A source that cannot is a reason to stop the process, never to go on with weaker bytes.
    fn fill(&self, bytes: &mut [u8]);

    /// Sixteen random bytes.
    fn bytes16(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        bytes
    }

    /// Thirty-two random bytes: enough for any secret of this product.
    fn bytes32(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.fill(&mut bytes);
        bytes
    }

    /// A fraction in `0.0..1.0`, for jitter.
    fn fraction(&self) -> f64 {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }
}
