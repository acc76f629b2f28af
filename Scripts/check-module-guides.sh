#!/usr/bin/env bash
# Compiles the Swift examples of README.md, and of the guides and the documentation comments of the modules that have
# other packages as dependencies, and renders the guides: `check-module-guides.sh [BUILD]`. What it needs is in BUILD,
# the folder of a debug build, .build unless said otherwise. The engine is left to check-guides.sh, which needs no build.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

build="${1:-.build}"
output=.build/module-guides
[[ -d "$build/debug/Modules" ]] || fail "$build has no debug build; make one with: swift build --build-tests"
# The real name of the folder `debug` begins with the platform's.
triple="$(basename "$(dirname "$(readlink -f "$build/debug")")")"
modules=(-I "$build/debug/Modules")
# The modules in C that those of the other packages import.
for map in "$build"/debug/*.build/module.modulemap "$build"/checkouts/*/Sources/{*/include,GRDBSQLite}/module.modulemap \
    Sources/C*/module.modulemap; do
    [[ "$map" == *-tool.build/* ]] || modules+=(-Xcc "-fmodule-map-file=$map")
done
macros=(-load-plugin-executable "$build/debug/SageMacrosPlugin-tool#SageMacrosPlugin")

# check_examples NAME FILE...
check_examples() {
    printf '%s: ' "$1"
    python3 Scripts/guide-snippets.py "$output/examples/$1" "${@:2}" \
        && compile_examples "$output/examples/$1" "${modules[@]}" "${macros[@]}"
}

# Links that lead nowhere, guides that hide a type of the same name, parameters without a description.
check_catalogue() {
    local symbols="$output/symbols/$1"
    rm -rf "$symbols"
    mkdir -p "$symbols"
    swift-symbolgraph-extract -module-name "$1" -target "$triple" "${modules[@]}" -minimum-access-level public \
        -skip-inherited-docs -emit-extension-block-symbols -output-dir "$symbols" \
        && convert_catalogue "$1" "$symbols" "$output/docs/$1"
}

mkdir -p "$output/docs"
outcome=0
check_examples README README.md || outcome=1
for module in $(public_modules); do
    case "$module" in SageResilience | SageTesting) continue ;; esac
    mapfile -t files < <(documented_files "$module")
    check_catalogue "$module" >"$output/$module.log" 2>&1 &
    check_examples "$module" "${files[@]}" || outcome=1
    wait "$!" || { outcome=1; cat "$output/$module.log" >&2; }
done
exit "$outcome"
