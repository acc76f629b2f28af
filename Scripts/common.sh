# shellcheck shell=bash
# What every script here shares; sourced, never run.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root" || exit

# Where the suites leave their results (JUnit's XML) for `count-tests.py`.
# shellcheck disable=SC2034
results="$root/.build/test-results"

say() { printf '==> %s\n' "$*"; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# `swift build`, with the options that make it find out that nothing has changed. SwiftPM hands the traits of a package to
# the compiler in the order of a set, which is another in each run: without the fixed order every build of Sage starts
# from scratch. Not for what runs programs, whose hashing has to stay unpredictable.
build_swift() { SWIFT_DETERMINISTIC_HASHING=1 swift build "$@"; }
