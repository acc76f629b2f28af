#!/usr/bin/env bash
# Type-checks the Swift examples of README.md, and of the guides and the documentation comments of the modules that have
# other packages as dependencies, against what a debug build has left: `check-module-guides.sh [BUILD]`; BUILD is .build
# unless said otherwise. Those of the engine are left to check-guides.sh, which needs no build.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

build="${1:-.build}"
examples=.build/module-guides
flags=(-I "$build/debug/Modules" -load-plugin-executable "$build/debug/SageMacrosPlugin-tool#SageMacrosPlugin")
# The modules in C that those of the other packages import.
for map in "$build"/debug/*.build/module.modulemap "$build"/checkouts/*/Sources/*/include/module.modulemap; do
    [[ "$map" == *-tool.build/* ]] || flags+=(-Xcc "-fmodule-map-file=$map")
done

outcome=0
for module in README $(public_modules); do
    case "$module" in
        SageResilience | SageTesting) continue ;;
        README) files=(README.md) ;;
        *) mapfile -t files < <(documented_files "$module") ;;
    esac
    printf '%s: ' "$module"
    if ! { python3 Scripts/guide-snippets.py "$examples/$module" "${files[@]}" \
        && compile_examples "$examples/$module" "${flags[@]}"; }; then
        outcome=1
    fi
done
exit "$outcome"
