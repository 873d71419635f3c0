#!/usr/bin/env bash
# Builds the release binary and the benchmarks beside it, and runs them: scripts/bench.sh [WHAT] [OPTIONS], `all` by default.
# CAMPANILE_TEST_POSTGRES names a PostgreSQL to make databases on; without it one is started for the run, and stopped.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --locked -p campanile -p bench
exec "${CARGO_TARGET_DIR:-target}/release/bench" "${@:-all}"
