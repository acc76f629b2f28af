#!/usr/bin/env bash
# Renders the documentation of all public modules into .build/docs, one site with a start page; a warning is an error.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

Scripts/setup.sh build
export SAGE_DOCS=1
output=.build/docs

# Every library product is a module that users see.
mapfile -t modules < <(sed -n 's/^ *\.library(name: "\(Sage[A-Za-z]*\)".*/\1/p' Package.swift)
targets=()
for module in "${modules[@]}"; do targets+=(--target "$module"); done

rm -rf "$output"
mkdir -p "$output"
say "Documentation of ${modules[*]}"
swift package --scratch-path .build-docs --allow-writing-to-directory "$output" \
    generate-documentation "${targets[@]}" --output-path "$output" \
    --enable-experimental-combined-documentation --transform-for-static-hosting --warnings-as-errors
say "Done. Read it with: python3 -m http.server --bind 127.0.0.1 --directory $output, then open /documentation"
