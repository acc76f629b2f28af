#!/usr/bin/env bash
# Builds the command, optimised, and prints where it is on the last line.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

Scripts/setup.sh build >&2
say "Building sage, optimised; the first time this takes several minutes" >&2
# With Swift's libraries in it: the binary runs where no Swift is installed, calls them directly, and has only those parts
# in memory that it uses.
build_swift --configuration release --product sage --static-swift-stdlib >&2
printf '%s/sage\n' "$(swift build --configuration release --show-bin-path)"
