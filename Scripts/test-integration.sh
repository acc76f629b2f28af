#!/usr/bin/env bash
# Runs real clients against real `sage` processes, beside a PostgreSQL and a Redis; arguments go to pytest. SAGE_BIN names
# another binary to test, SAGE_CRASH_WRITER another one of the program that is killed.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

mkdir -p "$results"
Scripts/setup.sh build test
Scripts/python-env.sh
if [[ -z "${SAGE_BIN:-}" ]]; then
    # The debug build of the unit tests; a second, optimised build would take longer than the tests gain by it.
    SAGE_STRICT=1 build_swift --product sage
    SAGE_BIN="$(swift build --show-bin-path)/sage"
fi
export SAGE_BIN
if [[ -z "${SAGE_CRASH_WRITER:-}" ]]; then
    SAGE_STRICT=1 build_swift --product sage-crash-writer
    SAGE_CRASH_WRITER="$(swift build --show-bin-path)/sage-crash-writer"
fi
export SAGE_CRASH_WRITER
if [[ -z "${EXAMPLE_SERVER_BIN:-}" ]]; then
    # As the suite of the examples builds it, which then finds it built.
    example=Examples/HealthAndMetricsServer
    build_example "$example" --product HealthAndMetricsServer
    EXAMPLE_SERVER_BIN="$(example_build_folder "$example")/debug/HealthAndMetricsServer"
fi
export EXAMPLE_SERVER_BIN
Scripts/with-services.py .venv/bin/python -m pytest Tests/Integration --junit-xml "$results/integration.xml" "$@"
