#!/usr/bin/env bash
# Checks the format and the documentation of all Swift sources, and the scripts; changes nothing.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

outcome=0

say "swift format"
# Files outside of build folders, whichever package they belong to.
find Sources Tests Examples Benchmarks Package.swift -name '*.swift' -not -path '*/.build*/*' -print0 \
    | xargs -0 swift format lint --strict --parallel || outcome=1

if command -v shellcheck >/dev/null; then
    say "shellcheck"
    shellcheck --external-sources --source-path=SCRIPTDIR Scripts/*.sh .ci/run || outcome=1
else
    say "shellcheck is not installed; the scripts go unchecked"
fi

if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    say "files that must not be committed"
    tracked="$(git ls-files -- '*Package.resolved' '.build*' '.venv' '.sage')"
    if [[ -n "$tracked" ]]; then
        printf 'error: tracked by git, but made by tools:\n%s\n' "$tracked" >&2
        outcome=1
    fi
fi
say "examples and links of the guides"
Scripts/check-guides.sh || outcome=1
exit "$outcome"
