#!/usr/bin/env bash
# Brings .venv up to date with Tests/Integration/requirements.txt; does nothing when it already is.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

requirements="Tests/Integration/requirements.txt"
stamp=".venv/requirements.sha256"
wanted="$(sha256sum <"$requirements")"

if [[ -x .venv/bin/python && "$(cat "$stamp" 2>/dev/null)" == "$wanted" ]]; then
    exit 0
fi
say "Installing the client libraries of the tests into .venv"
python3 -m venv --clear .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
printf '%s\n' "$wanted" >"$stamp"
