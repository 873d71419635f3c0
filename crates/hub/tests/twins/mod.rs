//! Twins of the protocol that break one of its rules, and what convicts them.

use std::fmt::Debug;

use hub::Protocol;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct IgnoresEpochs;
impl Protocol for IgnoresEpochs {
    const COMPARES_EPOCHS: bool = false;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TrustsHints;
impl Protocol for TrustsHints {
    const CHECKS_CONTIGUITY: bool = false;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SkipsOnOverflow;
impl Protocol for SkipsOnOverflow {
    const READS_AFTER_OVERFLOW: bool = false;
}

/// Looks for a history in which `check` convicts a twin; the same one in every run.
pub(crate) fn convict<T: Debug>(check: impl FnOnce(&mut TestRunner) -> Result<(), TestError<T>>) {
    let config = Config { cases: 3_000, failure_persistence: None, max_shrink_iters: 0, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let verdict = check(&mut TestRunner::new_with_rng(config, rng));
    assert!(matches!(verdict, Err(TestError::Fail(..))), "the broken protocol was not caught");
}
