//! Live streams and back-pressure.
