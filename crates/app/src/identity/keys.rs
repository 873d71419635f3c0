//! The secrets of the installation, all derived from the secret file.

/// Placeholder of the slice under way.
#[derive(Clone, Debug)]
pub struct Keys;
