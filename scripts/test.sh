#!/usr/bin/env bash
# Everything that must hold before a change is merged, in the order in which it fails fastest. `make test` and CI run this
# and nothing else. The last line says "all green in N s", or which step failed.
set -euo pipefail
cd "$(dirname "$0")/.."

export PATH=${CAMPANILE_CACHE:-$HOME/.cache/campanile}/tools/bin:$PATH
step='the start'
postgres_dir=''

finish() {
  local status=$?
  if [ -n "$postgres_dir" ]; then
    scripts/postgres.sh stop "$postgres_dir" || echo "test: PostgreSQL in $postgres_dir did not stop" >&2
    rm -rf "$postgres_dir"
  fi
  if [ "$status" = 0 ]; then
    echo "all green in $SECONDS s"
  else
    echo "failed: $step, after $SECONDS s (exit status $status)"
  fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A heading, the command, and the time it took.
run() {
  local began=$SECONDS
  step=$1
  shift
  printf '\n== %s\n' "$step"
  "$@"
  echo "-- $step: $((SECONDS - began)) s"
}

# The advisories live on a code host that not every machine can reach; everywhere else a known hole fails the run.
advisories() {
  if timeout 120 cargo deny --locked fetch db >/dev/null 2>&1; then
    cargo deny --locked --offline check advisories
  else
    echo "skipped: not reachable (the advisory database, https://github.com/RustSec/advisory-db); CI has a job of its own for it"
  fi
}

start_postgres() {
  postgres_dir=$(mktemp -d "${TMPDIR:-/tmp}/campanile-test.XXXXXX")
  CAMPANILE_TEST_POSTGRES=$(scripts/postgres.sh start "$postgres_dir")
  # With the second one set, a test that needs PostgreSQL and finds none fails; it does not pass by being skipped.
  export CAMPANILE_TEST_POSTGRES CAMPANILE_TEST_REQUIRE_POSTGRES=1
  echo "$CAMPANILE_TEST_POSTGRES"
}

run 'what is needed' scripts/setup.sh test
run 'web page: API types, types, unit tests' scripts/web.sh check
run 'web page: build' scripts/web.sh build
run 'client for TypeScript: types, unit tests, build' scripts/sdk.sh check
run 'format' cargo fmt --all --check
run 'licences, bans, sources' cargo deny --locked check licenses bans sources
run 'advisories' advisories
run 'lints' cargo clippy --workspace --all-targets --locked -- -D warnings
run 'build' cargo build -p campanile --locked
run 'PostgreSQL for the tests' start_postgres
run 'tests' cargo test --workspace --locked --no-fail-fast

run 'client for TypeScript: against the program' scripts/sdk.sh real
run 'web page: in the browser' scripts/web.sh browser

# Black-box checks against the built binary.
for script in scripts/schemathesis.sh scripts/recurrence-oracle.sh scripts/icalendar-oracle.sh; do
  run "$script" "$script"
done
echo
