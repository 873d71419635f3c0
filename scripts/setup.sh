#!/usr/bin/env bash
# Brings a machine to the point where Campanile can be built (`setup.sh build`), tested (`setup.sh test`, the default) or
# measured beside other products (`setup.sh bench`).
# Installs only what is missing, through apt, and says what and why; run twice, the second run does nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

purpose=${1:-test}
tools=${CAMPANILE_CACHE:-$HOME/.cache/campanile}/tools
deny_version=0.20.2

die() { printf 'setup: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# need PACKAGE COMMAND...: the package is missing when the command fails.
missing=()
need() {
  local package=$1; shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif have sudo; then sudo "$@"
  else die "installing ${missing[*]} needs root, and sudo is not here; run 'apt-get install ${missing[*]}' as root, then again"
  fi
}

apt_get() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=120 "$@" </dev/null; }

# Debian starts a cluster of its own with the server package. The tests start a private one and the port belongs to the
# machine's owner, so that default is off while we install, and back as it was afterwards.
no_cluster=/etc/postgresql-common/createcluster.d/campanile-setup.conf
forbid_cluster() {
  as_root mkdir -p "${no_cluster%/*}"
  echo 'create_main_cluster = false' | as_root tee "$no_cluster" >/dev/null
}
allow_cluster() { as_root rm -f "$no_cluster"; }

case $purpose in build | test | bench) ;; *) die "unknown purpose '$purpose'; say 'build', 'test' or 'bench'" ;; esac

have cargo || die "cargo is missing; install Rust 1.95 or newer from https://rustup.rs, then again"

need build-essential have cc
need build-essential have make
need pkg-config have pkg-config
need ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
if [ "$purpose" != bench ]; then
  { have node && have npm; } || die "node and npm are missing; the web page needs Node 20.19 or newer: https://nodejs.org"
fi
if [ "$purpose" = test ]; then
  need chromium scripts/chromium.sh
  need fonts-noto-cjk test -d /usr/share/fonts/opentype/noto
  need curl have curl
  need libc-bin test -x /usr/sbin/zic
  need postgresql scripts/postgres.sh bin
  need python3 have python3
  need python3-venv python3 -c 'import ensurepip, venv'
fi
if [ "$purpose" = bench ]; then
  need postgresql scripts/postgres.sh bin
  need redis-server have redis-server
  need libical-dev test -e /usr/include/libical/ical.h
  need python3-venv python3 -c 'import ensurepip, venv'
  { have node && have npm; } || die "node and npm are missing; the other products need Node 20 or later: https://nodejs.org"
fi

if [ ${#missing[@]} -gt 0 ]; then
  mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
  have apt-get || die "missing: ${missing[*]}; there is no apt-get here, so install their like with this system's own packages"
  echo "setup: installing ${missing[*]} with apt, which Campanile needs to $purpose"
  apt_get update
  trap allow_cluster EXIT
  forbid_cluster
  apt_get install --no-install-recommends "${missing[@]}"
fi

if [ "$purpose" != bench ]; then scripts/web.sh install; fi

# Compiled from the registry into the cache, because a clone is thrown away and three minutes are not.
if [ "$purpose" = test ] && ! PATH=$tools/bin:$PATH have cargo-deny; then
  echo "setup: compiling cargo-deny $deny_version into $tools, which checks licences and sources (about 3 minutes, once)"
  env -u CARGO_TARGET_DIR cargo install --quiet --locked --root "$tools" --version "$deny_version" cargo-deny </dev/null
fi

echo "setup: everything to $purpose Campanile is here"
