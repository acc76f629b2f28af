#!/usr/bin/env bash
# Formats all Swift sources in place.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

find Sources Tests Examples Benchmarks Package.swift -name '*.swift' -not -path '*/.build*/*' -print0 \
    | xargs -0 swift format --in-place --parallel
