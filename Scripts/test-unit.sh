#!/usr/bin/env bash
# Builds everything in debug, warnings as errors, and runs the Swift tests; arguments go to `swift test`. Without any it
# also checks the examples in the documentation of all modules, which need what the build leaves.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

export SAGE_STRICT=1
mkdir -p "$results"
say "Building all targets and tests"
build_swift --build-tests
run() { bounded 1500 "${@:2}" swift test --skip-build --disable-xctest --xunit-output "$results/$1.xml" "${options[@]}"; }

# A test that waits for ever is a failure that names itself, not a run that never ends. Stores have limits of real time,
# which all tests at once on few cores would use up waiting: theirs run one after the other.
stores='^Sage(Storage|Sessions|Memory)Tests\.'
if (($# > 0)); then
    options=("$@")
    run unit Scripts/with-services.py
    exit
fi
# Nor do the others begin all at once: a task that waits for its turn behind thousands of tests comes seconds late, and
# what its test has a limit for is then the machine.
options=(--skip "$stores" --experimental-maximum-parallelization-width 16)
run unit env
options=(--filter "$stores" --no-parallel)
run stores Scripts/with-services.py

say "Examples of the modules' documentation"
Scripts/check-module-guides.sh
