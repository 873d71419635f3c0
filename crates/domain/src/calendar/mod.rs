//! # calendar
