#!/usr/bin/env bash
# Runs every suite, or the ones named, and closes with one line that counts all tests.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

suites=("$@")
if ((${#suites[@]} == 0)); then
    suites=(lint unit integration tsan examples benchmarks release)
fi

rm -rf "$results"
mkdir -p "$results"
Scripts/setup.sh build test

outcome=0
for suite in "${suites[@]}"; do
    case "$suite" in
        lint) command=(Scripts/lint.sh) ;;
        benchmarks) command=(Scripts/bench.sh smoke) ;;
        *) command=("Scripts/test-$suite.sh") ;;
    esac
    say "Suite: $suite"
    started=$SECONDS
    if "${command[@]}"; then
        say "Suite $suite passed in $((SECONDS - started)) s"
        state=passed
    else
        say "Suite $suite FAILED after $((SECONDS - started)) s"
        state=failed
        outcome=1
    fi
    # A suite without a report of its own, or one that broke before it could write it, counts as one test.
    python3 Scripts/count-tests.py record "$results" "$suite" "$state"
done

python3 Scripts/count-tests.py sum "$results" || outcome=1
exit "$outcome"
