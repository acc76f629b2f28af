#!/usr/bin/env bash
# Measures the data path of the gateway beside nginx and LiteLLM's proxy; what the figures mean stands in
# Benchmarks/README.md.
#
#   bench-gateway.sh [--quick] [--no-litellm] [--json] [--check] [--off WHAT] [--gap MICROSECONDS]
#
# SAGE_BIN names a binary to measure in place of this tree's, optimised; the quick mode takes the debug build.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Measured with this version, so that figures of different days can be compared.
litellm_version=1.106.2

quick=
litellm=1
arguments=()
for argument in "$@"; do
    case "$argument" in
        --no-litellm) litellm= ;;
        --quick)
            quick=1
            arguments+=("$argument")
            ;;
        *) arguments+=("$argument") ;;
    esac
done

Scripts/setup.sh build gateway-bench >&2
# Where Debian has nginx, which is not on the path of every user.
PATH="$PATH:/usr/sbin"
tools=.build/gateway-bench
mkdir -p "$tools"
for program in load events; do
    clang -O2 -Wall -Wextra -Werror -o "$tools/$program" Benchmarks/gateway/{"$program",http}.c
done

if [[ -z "${SAGE_BIN:-}" ]]; then
    if [[ -n "$quick" ]]; then
        SAGE_STRICT=1 build_swift --product sage >&2
        SAGE_BIN="$(swift build --show-bin-path)/sage"
    else
        SAGE_BIN="$(Scripts/build-release.sh | tail -1)"
    fi
fi

# An environment of its own: it is large and has nothing to do with the tests'.
install_litellm() {
    local stamp=.build/litellm/version
    [[ "$(cat "$stamp" 2>/dev/null)" != "$litellm_version" ]] || return 0
    say "Installing LiteLLM's proxy into .build/litellm" >&2
    python3 -m venv --clear .build/litellm
    .build/litellm/bin/python -m pip install --quiet --disable-pip-version-check "litellm[proxy]==$litellm_version" >&2
    printf '%s\n' "$litellm_version" >"$stamp"
}
if [[ -n "$quick" ]]; then
    :
elif [[ -z "$litellm" ]]; then
    arguments+=(--no-litellm "left out by --no-litellm")
elif install_litellm; then
    arguments+=(--litellm "$root/.build/litellm/bin/litellm")
else
    arguments+=(--no-litellm "its package could not be installed")
fi

exec python3 Benchmarks/gateway/measure.py --sage "$SAGE_BIN" --tools "$tools" "${arguments[@]}"
