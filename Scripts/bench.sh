#!/usr/bin/env bash
# Measures the engine, the gateway, the stores, conversations and memory.
#
#   bench.sh build                   builds everything and runs nothing
#   bench.sh smoke                   builds everything, and tries the measurements with small counts
#   bench.sh gateway [...]           the gateway beside nginx and LiteLLM: see bench-gateway.sh
#   bench.sh storage [...]           guarded statements beside bare ones: see bench-storage.sh
#   bench.sh sessions [...]          conversations beside plain SQLite: see bench-storage.sh
#   bench.sh memory [...]            memory beside numpy: see bench-storage.sh
#   bench.sh report [WORD ...]       the table: each case over an unguarded call, allocations, two threads
#   bench.sh instructions [WORD ...] instructions a call, by valgrind: the figure to trust on a machine that is busy
#   bench.sh benchmark [...]         `swift package benchmark`: percentiles, and comparisons between versions
#
# A WORD chooses the cases with it in their names.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

mode="${1:-report}"
(($# == 0)) || shift

report=Benchmarks/.build/release/EngineReport
build_report() {
    Scripts/setup.sh build
    swift build --package-path Benchmarks --configuration release --product EngineReport
}

# Instructions of so many calls of a case, and of the start of the program.
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$report" --run "$1" "$2" 2>&1 \
        | sed -n 's/.*refs: *//p' | tr -d ,
}

case "$mode" in
    build) swift build --package-path Benchmarks ;;
    smoke)
        # Beside the examples that build the engine alone: it is there already.
        build_swift --disable-build-manifest-caching --package-path Benchmarks --scratch-path "$examples_folder/none"
        Scripts/bench-gateway.sh --quick --quiet
        Scripts/bench-storage.sh sessions --quick >/dev/null
        Scripts/bench-storage.sh storage --quick >/dev/null
        Scripts/bench-storage.sh memory --quick >/dev/null
        ;;
    gateway) exec Scripts/bench-gateway.sh "$@" ;;
    storage | sessions | memory) exec Scripts/bench-storage.sh "$mode" "$@" ;;
    report)
        build_report
        "$report" "$@"
        ;;
    instructions)
        Scripts/setup.sh valgrind
        build_report
        printf '| what | instructions a call |\n| --- | ---: |\n'
        "$report" --list | while read -r name; do
            if (($# > 0)) && [[ "$name" != "bare call" ]]; then
                chosen=
                for word in "$@"; do [[ "$name" != *"$word"* ]] || chosen=1; done
                [[ -n "$chosen" ]] || continue
            fi
            # Valgrind does not survive the threads that child tasks run on; the other cases are counted all the same.
            if few="$(count "$name" 1000)" && many="$(count "$name" 11000)"; then
                printf '| %s | %d |\n' "$name" "$(((many - few) / 10000))"
            else
                printf '| %s | not countable: runs child tasks |\n' "$name"
            fi
        done
        ;;
    benchmark)
        Scripts/setup.sh build
        swift package --package-path Benchmarks benchmark "$@"
        ;;
    *) fail "bench.sh: unknown mode '$mode'; known are: build smoke gateway storage sessions memory report instructions benchmark" ;;
esac
