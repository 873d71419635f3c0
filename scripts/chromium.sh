#!/usr/bin/env bash
# Prints the path of a Chromium for the browser tests, or fails: CAMPANILE_CHROMIUM, or the first one found on PATH.
set -euo pipefail

for name in "${CAMPANILE_CHROMIUM:-}" chromium chromium-browser google-chrome; do
  # Ubuntu's package is a stub that wants to be installed in another way.
  if [ -n "$name" ] && path=$(command -v "$name") && ! grep -qs 'snap' "$path"; then
    echo "$path"
    exit 0
  fi
done
exit 1
