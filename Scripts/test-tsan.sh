#!/usr/bin/env bash
# Runs the engine's tests under the thread sanitizer; arguments choose tests (--filter, --skip), as with `swift test`.
#
# The manifest leaves out everything but the engine, so nothing else is fetched or built. The second build folder keeps
# instrumented objects apart from the ordinary ones.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

export SAGE_STRICT=1 SAGE_PART=engine
options=(--sanitize thread --scratch-path .build-tsan)
mkdir -p "$results"
build_swift --build-tests "${options[@]}"

# The sanitizer cannot see into the library that `Mutex` waits in when two threads meet; see the source for why.
annotations="$root/.build-tsan/mutex-annotations.so"
clang="$(dirname "$(readlink -f "$(command -v swift)")")/clang"
[[ -x "$clang" ]] || clang=clang
"$clang" -shared -fPIC -O1 -Wall -Werror -o "$annotations" Tests/Sanitizer/mutex-annotations.c -ldl

# One test after the other: all at once, instrumented and on few cores, they use up their time limits waiting.
program="$(build_swift --show-bin-path "${options[@]}")/sagePackageTests.xctest"
run() {
    bounded 1500 env NO_COLOR=1 LD_PRELOAD="$annotations" "$program" --testing-library swift-testing --no-parallel \
        --xunit-output "$results/$1.xml" "${@:2}"
}
if (($# > 0)); then
    run tsan "$@"
    exit
fi

# Two such rows beside each other take half the time. What one takes the other one skips, so that no test is in neither.
half='^SageResilienceTests\.[A-P]'
log="$(mktemp)"
run tsan-others --skip "$half" >"$log" 2>&1 &
others=$!
trap 'rm -f "$log"' EXIT
outcome=0
run tsan --filter "$half" || outcome=$?
wait "$others" || outcome=$?
cat "$log"
exit "$outcome"
