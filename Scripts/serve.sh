#!/usr/bin/env bash
# Builds the command, optimised, and runs the server; arguments go to `sage serve`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

sage="$(Scripts/build-release.sh)"
say "Starting sage serve; stop it with Ctrl-C"
exec "$sage" serve "$@"
