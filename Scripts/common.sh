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
