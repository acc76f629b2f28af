#!/usr/bin/env bash
# Builds the command, optimised, and installs it: `install.sh PREFIX`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

prefix="${1:-/usr/local}"
sage="$(Scripts/build-release.sh)"
install -d "$prefix/bin"
install -m 755 "$sage" "$prefix/bin/sage"
say "Installed $prefix/bin/sage"
