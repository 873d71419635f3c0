#!/usr/bin/env bash
# The web page: what `make` and CI do with web/.
#
#   web.sh install    the npm packages of the lock file, if they are not there yet
#   web.sh build      web/dist, which the next `cargo build` takes into the binary; does nothing while nothing changed
#   web.sh check      generated API types up to date, svelte-check, unit tests, the contract with the demonstration
#   web.sh browser    the browser tests and the contract with the server, against the debug binary (scripts/test.sh has built it)
set -euo pipefail
cd "$(dirname "$0")/../web"

die() { printf 'web: %s\n' "$*" >&2; exit 1; }

installed() { [ -f node_modules/.package-lock.json ] && [ ! package-lock.json -nt node_modules/.package-lock.json ]; }
unchanged() { [ -f dist/index.html ] && [ -z "$(find src public ../sdk/typescript/src index.html package-lock.json vite.config.ts -newer dist/index.html -print -quit)" ]; }

install() {
  installed && return
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null ||
    die "Node 20.19 or newer is needed to build the web page: https://nodejs.org"
  echo "web: installing the npm packages of web/package-lock.json"
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
}

case ${1:-} in
  install) install ;;
  build)
    install
    unchanged || npm run --silent build
    ;;
  check)
    install
    npm run --silent api:check || die "web/src/api/schema.d.ts is not what openapi.json says: run 'make web-api'"
    npm run --silent check
    npm run --silent test
    ;;
  browser)
    install
    npm run --silent browser
    ;;
  *) die "say install, build, check or browser" ;;
esac
