#!/usr/bin/env bash
# The client for programs in TypeScript: what `make test` and CI do with sdk/typescript/.
#
#   sdk.sh check      its packages, types, unit tests, and the package as it is used
#   sdk.sh real       against the debug binary (scripts/test.sh has built it), with clients of others beside it
set -euo pipefail
cd "$(dirname "$0")/../sdk/typescript"

install() {
  [ -f node_modules/.package-lock.json ] && [ ! package-lock.json -nt node_modules/.package-lock.json ] && return
  echo "sdk: installing the npm packages of sdk/typescript/package-lock.json"
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
}

case ${1:-check} in
  check)
    install
    npm run --silent check
    npm run --silent test
    npm run --silent build
    ;;
  real)
    install
    npm run --silent build
    npm run --silent real
    ;;
  *)
    echo "sdk: say check or real" >&2
    exit 1
    ;;
esac
