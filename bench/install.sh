#!/usr/bin/env bash
# Installs what is measured beside Campanile into the cache, so that nothing of it enters the clone, and prints the folder:
# `install.sh peers` or `install.sh recurrence`. Packages of npm come in the versions package-lock.json pins, and no package's own
# install script is run. Run twice, the second run only copies our few scripts.
#
# Not `npm ci`: it insists on the optional native parts for every platform, which not every registry mirror holds and nobody
# needs here.
set -euo pipefail
name=$1
cd "$(dirname "$0")/$name"

die() { printf 'bench: %s\n' "$*" >&2; exit 1; }
for tool in node npm; do command -v "$tool" >/dev/null || die "$tool is missing; the other products need Node 20 or later"; done

folder=${CAMPANILE_CACHE:-$HOME/.cache/campanile}/bench-$name
mkdir -p "$folder"
cp ./*.mjs "$folder/"
if ! cmp -s package-lock.json "$folder/package-lock.json" || [ ! -d "$folder/node_modules" ]; then
  cp package.json package-lock.json "$folder/"
  (cd "$folder" && npm install --no-save --omit=optional --ignore-scripts --no-audit --no-fund --silent) >&2 \
    || { rm -f "$folder/package-lock.json"; die "npm install failed"; }
fi

if [ "$name" = recurrence ]; then
  cp python-dateutil.py "$folder/"
  cc -O2 -o "$folder/libical" libical.c -lical 2>"$folder/libical.log" || die "libical does not compile: apt-get install libical-dev"
  if ! "$folder/python/bin/python" -c 'import dateutil' 2>/dev/null; then
    { python3 -m venv "$folder/python" && "$folder/python/bin/pip" install --quiet --disable-pip-version-check \
      python-dateutil==2.9.0.post0; } >&2 || die "python-dateutil could not be installed; it needs python3-venv"
  fi
fi
echo "$folder"
