#!/usr/bin/env bash
# Compares 20,000 random recurrences with python-dateutil, which is installed into the cache, and zoneinfo on the same zone
# database as the binary's. Where no registry of Python packages can be reached it says so and ends well: 1,000 answers are
# kept in the repository and are compared by every test run.
#
#   scripts/recurrence-oracle.sh [SEED] [OPTIONS...]    another seed, other rules; 1 unless given
#   scripts/recurrence-oracle.sh 7 --cases 2600 --most 6 --write crates/testkit/tests/recurrence.tsv    writes those answers anew
set -euo pipefail
cd "$(dirname "$0")/.."

seed=${1:-1}
oracle=${CAMPANILE_CACHE:-$HOME/.cache/campanile}/tools/dateutil-2.9.0-tzdata-2026.5    # 2026.5 is 2026e

if ! "$oracle/bin/python" -c 'import dateutil, tzdata' 2>/dev/null; then
    echo "installing python-dateutil into $oracle, to compare recurrences with it"
    python3 -m venv "$oracle"
    if ! "$oracle/bin/pip" install --quiet --disable-pip-version-check python-dateutil==2.9.0.post0 tzdata==2026.5; then
        echo "skipped: python-dateutil could not be installed; the kept answers in crates/testkit/tests have been compared"
        exit 0
    fi
fi
exec cargo run --quiet --locked -p testkit --bin recurrence-oracle -- \
    "$oracle/bin/python" scripts/recurrence-oracle.py --seed "$seed" "${@:2}"
