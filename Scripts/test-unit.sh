#!/usr/bin/env bash
# Builds everything in debug, warnings as errors, and runs the Swift tests; arguments go to `swift test`. Without any it
# also checks the examples in the documentation of all modules, which need what the build leaves.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

export SAGE_STRICT=1
mkdir -p "$results"
say "Building all targets and tests"
build_swift --build-tests
swift test --skip-build --disable-xctest --xunit-output "$results/unit.xml" "$@"

if (($# == 0)); then
    say "Examples of the modules' documentation"
    Scripts/check-module-guides.sh
fi
