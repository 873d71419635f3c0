//! Test clock, simulator, checkers, real servers for tests.
