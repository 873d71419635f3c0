//! # alarms
