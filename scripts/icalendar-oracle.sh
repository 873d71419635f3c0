#!/usr/bin/env bash
# Reads what a real server writes with python-icalendar, another implementation of RFC 5545: a feed and an export of a rich
# calendar say what the API says, and files go out and in again without losing a word. Needs the debug binary (scripts/test.sh
# has built it); python-icalendar is installed into the cache. Where no registry of Python packages can be reached it says so
# and ends well.
set -euo pipefail
cd "$(dirname "$0")/.."

here=$PWD
oracle=${CAMPANILE_CACHE:-$HOME/.cache/campanile}/tools/icalendar-7.3.0-tzdata-2026.5    # 2026.5 is 2026e
binary=$(realpath "${CARGO_TARGET_DIR:-target}")/debug/campanile

if ! "$oracle/bin/python" -c 'import icalendar, tzdata' 2>/dev/null; then
    echo "installing python-icalendar into $oracle, to read feeds and exports with it"
    python3 -m venv "$oracle"
    if ! "$oracle/bin/pip" install --quiet --disable-pip-version-check icalendar==7.3.0 tzdata==2026.5; then
        echo "skipped: python-icalendar could not be installed; the files kept beside the tests have been compared"
        exit 0
    fi
fi

. "$here/scripts/server.sh"
"$oracle/bin/python" "$here/scripts/icalendar-oracle.py" "$url" "$here"/crates/domain/src/calendar/icalendar/tests/*.ics
