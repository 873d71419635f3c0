# shellcheck shell=bash
# Read by scripts that look at a real server: starts $binary on a free port with a database of its own and waits until it is
# ready. $url is where it answers, $folder a folder that goes away, like the server, when the script ends.
# shellcheck disable=SC2154  # $binary is the reader's

folder=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" || true; fi
    rm -rf "$folder"
}
trap finish EXIT

: >"$folder/log"    # looked at before the server may have begun to write
"$binary" serve --listen 127.0.0.1:0 --data "$folder/data" --log-format json >"$folder/log" 2>&1 &
server=$!
url=
for _ in $(seq 100); do
    url=$(sed -n 's/.*"message":"ready".*"url":"\([^"]*\)".*/\1/p' "$folder/log")
    if [ -n "$url" ]; then break; fi
    kill -0 "$server" 2>/dev/null || { cat "$folder/log"; exit 1; }
    sleep 0.1
done
