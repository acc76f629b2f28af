#!/usr/bin/env bash
# Builds and runs every package under Examples/, and shows that the engine alone brings no other package along.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

for example in Examples/*/; do
    say "Example $example"
    swift build --package-path "$example"
    swift run --skip-build --package-path "$example"
done

swift package --package-path Examples/EngineOnly show-dependencies --format json \
    | python3 Scripts/check-engine-only.py Examples/EngineOnly
