//! Pure rules and types of the contexts.
