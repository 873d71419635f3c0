//! # calendar: its use cases
