//! # alarms: its use cases
