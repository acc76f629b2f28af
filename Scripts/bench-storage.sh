#!/usr/bin/env bash
# Measures the stores beside the clients of their databases; what the figures mean stands in Benchmarks/README.md.
#
#   bench-storage.sh storage [--quick] [--json]    what a guarded statement adds: SQLite, PostgreSQL, Redis
#   bench-storage.sh sessions [--quick] [--json]   conversations: appends, loads, ten thousand of them
#   bench-storage.sh memory [--rows N] [--dimension N] [--searches N] [--json] [--check]
#                                                  searches over 100,000 vectors beside numpy's product
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

subject="${1:-}"
(($# == 0)) || shift
quick=
[[ " $* " != *" --quick "* ]] || quick=1

# What the stores need alone, so that no other package is fetched. Small counts need no optimised build.
export SAGE_PART=storage
build() {
    local options=(--package-path Benchmarks/storage --configuration release)
    [[ -z "$quick" ]] || options=(--package-path Benchmarks/storage)
    build_swift "${options[@]}" --product "$1" >&2
    program="$(build_swift "${options[@]}" --show-bin-path)/$1"
}

case "$subject" in
    storage)
        Scripts/setup.sh build test >&2
        build StorageBench
        exec Scripts/with-services.py --durable "$program" storage "$@"
        ;;
    sessions)
        Scripts/setup.sh build >&2
        build StorageBench
        exec "$program" sessions "$@"
        ;;
    memory)
        Scripts/setup.sh build >&2
        build MemoryBench
        python=python3
        if ! python3 -c 'import numpy' 2>/dev/null; then
            python=.build/numpy/bin/python
            if [[ ! -x "$python" ]]; then
                say "Installing numpy into .build/numpy" >&2
                python3 -m venv .build/numpy
                "$python" -m pip install --quiet --disable-pip-version-check 'numpy>=2' >&2
            fi
        fi
        exec "$python" Benchmarks/storage/memory.py "$program" "$@"
        ;;
    *) fail "bench-storage.sh: unknown subject '$subject'; known are: storage sessions memory" ;;
esac
