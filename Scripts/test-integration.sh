#!/usr/bin/env bash
# Runs real clients against real `sage` processes; arguments go to pytest. SAGE_BIN names another binary to test.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

mkdir -p "$results"
Scripts/setup.sh build test
Scripts/python-env.sh
if [[ -z "${SAGE_BIN:-}" ]]; then
    # The debug build of the unit tests; a second, optimised build would take longer than the tests gain by it.
    export SAGE_STRICT=1
    build_swift --product sage
    SAGE_BIN="$(swift build --show-bin-path)/sage"
fi
export SAGE_BIN
if [[ -z "${EXAMPLE_SERVER_BIN:-}" ]]; then
    # As the suite of the examples builds it, which then finds it built.
    env -u SAGE_STRICT swift build --package-path Examples/HealthAndMetricsServer
    EXAMPLE_SERVER_BIN="$(swift build --package-path Examples/HealthAndMetricsServer --show-bin-path)/HealthAndMetricsServer"
fi
export EXAMPLE_SERVER_BIN
.venv/bin/python -m pytest Tests/Integration --junit-xml "$results/integration.xml" "$@"
