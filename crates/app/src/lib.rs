//! Use cases and handlers of due rows.
