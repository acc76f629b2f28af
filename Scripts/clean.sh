#!/usr/bin/env bash
# Removes everything that the other scripts made, except the server's data in .sage.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

find . -maxdepth 3 \( -name .build -o -name '.build-*' \) -type d -prune -exec rm -rf {} +
rm -rf .venv
find Tests -name __pycache__ -type d -prune -exec rm -rf {} +
rm -rf .pytest_cache
