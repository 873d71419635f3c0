//! Writing notifications: each fact reaches a user once.
