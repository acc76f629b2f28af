#!/usr/bin/env bash
# Runs the benchmarks; `bench.sh build` only builds them; other arguments go to `swift package benchmark`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if [[ "${1:-}" == build ]]; then
    swift build --package-path Benchmarks
else
    Scripts/setup.sh build
    swift package --package-path Benchmarks benchmark "$@"
fi
