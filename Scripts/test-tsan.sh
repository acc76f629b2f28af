#!/usr/bin/env bash
# Runs the engine's tests under the thread sanitizer; arguments go to `swift test`.
#
# The manifest leaves out everything but the engine, so nothing else is fetched or built. The second build folder keeps
# instrumented objects apart from the ordinary ones.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

export SAGE_STRICT=1 SAGE_ENGINE_ONLY=1
options=(--sanitize thread --scratch-path .build-tsan)
mkdir -p "$results"
build_swift --build-tests "${options[@]}"

# The sanitizer cannot see into the library that `Mutex` waits in when two threads meet; see the source for why.
annotations="$root/.build-tsan/mutex-annotations.so"
clang="$(dirname "$(readlink -f "$(command -v swift)")")/clang"
[[ -x "$clang" ]] || clang=clang
"$clang" -shared -fPIC -O1 -Wall -Werror -o "$annotations" Tests/Sanitizer/mutex-annotations.c -ldl

# One test after the other: all at once, instrumented and on few cores, they use up their time limits waiting.
LD_PRELOAD="$annotations" swift test --skip-build --disable-xctest --no-parallel "${options[@]}" \
    --xunit-output "$results/tsan.xml" "$@"
