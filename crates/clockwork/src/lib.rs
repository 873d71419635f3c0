//! The engine of due rows.
