#!/usr/bin/env bash
# Builds and runs the server as `make serve` does, asks the simulated model, and stops it.
#
# What the optimiser makes of the sources, or fails to, no other suite sees: they test the debug build.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

Scripts/build-release.sh >/dev/null

folder="$(mktemp -d)"
server=
cleanup() {
    [[ -z "$server" ]] || kill "$server" 2>/dev/null || true
    rm -rf "$folder"
}
trap cleanup EXIT

Scripts/serve.sh --port 0 --data-dir "$folder/data" >"$folder/output" 2>"$folder/log" &
server=$!
address=
SECONDS=0
# It builds once more first, which takes a while even where there is nothing to build.
while ((SECONDS < 900)); do
    address="$(sed -n 's/.*is listening on \(http[^ ]*\).*/\1/p' "$folder/output")"
    [[ -z "$address" ]] || break
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
done
[[ -n "$address" ]] || fail "the server does not say where it listens: $(tail -n 20 "$folder/output" "$folder/log")"

answer="$(python3 - "$address/v1/chat/completions" <<'ASK'
import sys
from urllib.request import Request, urlopen

body = b'{"model": "sage-sim", "messages": [{"role": "user", "content": "Hello"}]}'
request = Request(sys.argv[1], body, {"content-type": "application/json"})
print(urlopen(request, timeout=60).read().decode())
ASK
)"
[[ "$answer" == *'You said: Hello'* ]] || fail "the simulated model answered: $answer"

kill -TERM "$server"
wait "$server" || fail "the server ended with $? when it was told to stop: $(tail -n 20 "$folder/log")"
server=
