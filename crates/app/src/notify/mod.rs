//! # notify: its use cases
