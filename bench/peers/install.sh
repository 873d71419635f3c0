#!/usr/bin/env bash
# Installs the peers' packages, in the versions package-lock.json pins, into the cache: nothing of them enters the clone. No
# package's own install script is run. Prints the folder. Run twice, the second run only copies our few scripts.
#
# Not `npm ci`: it insists on the optional native parts for every platform, which not every registry mirror holds and nobody
# needs here.
set -euo pipefail
cd "$(dirname "$0")"

die() { printf 'peers: %s\n' "$*" >&2; exit 1; }
for tool in node npm; do command -v "$tool" >/dev/null || die "$tool is missing; the peers need Node 20 or later"; done

folder=${CAMPANILE_CACHE:-$HOME/.cache/campanile}/peers
mkdir -p "$folder"
cp ./*.mjs "$folder/"
if ! cmp -s package-lock.json "$folder/package-lock.json" || [ ! -d "$folder/node_modules" ]; then
  cp package.json package-lock.json "$folder/"
  (cd "$folder" && npm install --no-save --omit=optional --ignore-scripts --no-audit --no-fund --silent) >&2 \
    || { rm -f "$folder/package-lock.json"; die "npm install failed"; }
fi
echo "$folder"
