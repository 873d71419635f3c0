#!/usr/bin/env bash
# A private PostgreSQL for tests and benchmarks.
#
#   postgres.sh start DIR   creates and starts it in DIR if it does not run there yet; prints its URL
#   postgres.sh url DIR     prints its URL
#   postgres.sh stop DIR    stops what `start` started in DIR, and nothing else; DIR stays
#   postgres.sh bin         prints the folder of the server programs that would be used
#
# It listens on 127.0.0.1 alone, on a port of its own, and trusts whoever gets there. Durability is as in production
# (fsync, synchronous_commit): a test that passes on a lying disk proves nothing.
set -euo pipefail
exec </dev/null # a server must not inherit somebody's terminal

die() { printf 'postgres: %s\n' "$*" >&2; exit 1; }

# The newest server found, 15 or later. Debian keeps its programs off the PATH.
find_bin() {
  local folder major best='' best_major=14
  for folder in "$(dirname "$(command -v pg_ctl || echo /none/pg_ctl)")" /usr/lib/postgresql/*/bin; do
    if [ ! -x "$folder/initdb" ] || [ ! -x "$folder/pg_ctl" ] || [ ! -x "$folder/postgres" ]; then continue; fi
    major=$("$folder/pg_ctl" --version | sed -E 's/[^0-9]*([0-9]+).*/\1/')
    if [ "$major" -gt "$best_major" ]; then best=$folder best_major=$major; fi
  done
  [ -n "$best" ] || die "no PostgreSQL 15 or later on PATH or under /usr/lib/postgresql; run scripts/setup.sh"
  echo "$best"
}

# PostgreSQL refuses to run as root, so root lends it the user that the package made.
as_postgres() {
  local lend=()
  [ "$(id -u)" != 0 ] || lend=(runuser -u postgres --)
  (cd "$dir" && "${lend[@]}" env -u PGDATA -u PGHOST -u PGPORT -u PGUSER -u PGOPTIONS "$@")
}

running() { [ -f "$data/PG_VERSION" ] && as_postgres "$bin/pg_ctl" -D "$data" status >/dev/null 2>&1; }

# The fourth line of postmaster.pid is the port in use.
print_url() { echo "postgres://postgres@127.0.0.1:$(sed -n 4p "$data/postmaster.pid")/postgres"; }

prepare_folder() {
  mkdir -p "$dir"
  [ "$(id -u)" = 0 ] || return 0
  id -u postgres >/dev/null 2>&1 || die "root cannot run PostgreSQL and there is no user 'postgres' to run it; run scripts/setup.sh"
  chown postgres: "$dir"
  runuser -u postgres -- test -x "$dir" || die "user 'postgres' cannot reach $dir; take a folder under /tmp"
}

# Built beside its place and moved there whole, so that an interrupted start leaves nothing half made.
create_cluster() {
  [ ! -f "$data/PG_VERSION" ] || return 0
  as_postgres rm -rf "$data.new"
  as_postgres "$bin/initdb" -D "$data.new" -U postgres --auth=trust --encoding=UTF8 --no-locale --no-sync >"$dir/initdb.log" 2>&1 ||
    die "initdb failed: $(tail -n 3 "$dir/initdb.log")"
  as_postgres tee -a "$data.new/postgresql.conf" >/dev/null <<'CONF'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
fsync = on
synchronous_commit = on
CONF
  as_postgres mv "$data.new" "$data"
}

# The port it had before, so that its URL stays; otherwise one below those which the kernel hands out by itself. Somebody may
# take the port between the look and the start, so a failed start tries another one.
start_server() {
  local port
  for port in $(cat "$dir/port" 2>/dev/null) $(for _ in 1 2 3 4 5 6 7 8 9 10; do echo $((20000 + RANDOM % 12000)); done); do
    ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || continue
    as_postgres "$bin/pg_ctl" -D "$data" -l "$log" -o "-p $port" -w -t 60 start >/dev/null 2>&1 || continue
    echo "$port" >"$dir/port"
    return 0
  done
  die "the server did not start; the end of $log says: $(tail -n 3 "$log")"
}

verb=${1:-}
[ "$verb" != bin ] || { find_bin; exit; }
[ $# = 2 ] || die "say: postgres.sh start|stop|url DIR, or postgres.sh bin"
bin=$(find_bin)
dir=$(realpath -m "$2")
data=$dir/data
log=$dir/postgres.log

case $verb in
  start)
    prepare_folder
    running || { create_cluster; start_server; }
    print_url
    ;;
  url)
    running || die "nothing runs in $dir; postgres.sh start $dir starts it"
    print_url
    ;;
  stop)
    ! running || as_postgres "$bin/pg_ctl" -D "$data" -m fast -w -t 60 stop >/dev/null
    ;;
  *) die "unknown verb '$verb'; say start, stop, url or bin" ;;
esac
