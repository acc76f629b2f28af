# shellcheck shell=bash
# What every script here shares; sourced, never run.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root" || exit

# Where the suites leave their results (JUnit's XML) for `count-tests.py`.
# shellcheck disable=SC2034
results="$root/.build/test-results"

say() { printf '==> %s\n' "$*"; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# `swift build`, with the options that make it find out that nothing has changed. SwiftPM hands the traits of a package to
# the compiler in the order of a set, which is another in each run: without the fixed order every build of Sage starts
# from scratch. Not for what runs programs, whose hashing has to stay unpredictable.
build_swift() { SWIFT_DETERMINISTIC_HASHING=1 swift build "$@"; }

# Where the examples are built.
examples_folder="$root/.build/examples"

# Prints the build folder of an example. SwiftPM uses again what another package has left there, if it was built with the
# same options: of the packages that Sage depends on all, of Sage itself what was built with the same traits. So the
# examples with the same traits share a folder, and those that need SwiftNIO or swift-syntax, which take minutes, share
# one even where they have Sage built again. None does today: where two would do with slightly different traits, they ask
# for the same.
example_build_folder() {
    local manifest traits
    manifest="$(tr -d ' \n' <"$1/Package.swift")"
    traits="$(sed -n 's/.*path:"\.\.\/\.\.",traits:\[\([^]]*\)\].*/\1/p' <<<"$manifest" | tr -d '"' | tr ',' '+')"
    case "$manifest" in
        *'path:"../..",traits:[]'*) traits=none ;;
        *'path:"../..")'*) traits=default ;;
    esac
    case "$traits" in
        '') fail "$1/Package.swift: no dependency on Sage of the form .package(name: \"sage\", path: \"../..\", traits: [])" ;;
        default | *AsyncHTTPClient* | *Gateway* | *Hummingbird*) printf '%s/swift-nio\n' "$examples_folder" ;;
        *Macros*) printf '%s/swift-syntax\n' "$examples_folder" ;;
        *) printf '%s/%s\n' "$examples_folder" "$traits" ;;
    esac
}

# `swift build` of an example in its folder: `build_example PATH OPTION...`. What SwiftPM plans to build it keeps per
# folder, and takes a plan of another package for its own when nothing that this other one names has changed.
build_example() {
    local folder
    folder="$(example_build_folder "$1")" || return
    build_swift --disable-build-manifest-caching --package-path "$1" --scratch-path "$folder" "${@:2}"
}

# Prints the modules that users see: every library product is one.
public_modules() { sed -n 's/^ *\.library(name: "\(Sage[A-Za-z]*\)".*/\1/p' "$root/Package.swift"; }

# Prints the files of a module that may have examples: its articles, and its sources for their documentation comments.
documented_files() { find "Sources/$1" -name '*.md' -o -name '*.swift' -not -path '*.docc/*' | sort; }

# Checks the examples that guide-snippets.py has written into a folder, data races included, as a program that uses the
# library would be: language mode 6 without upcoming features. Further arguments go to the compiler.
compile_examples() {
    swiftc -emit-sil -o /dev/null -whole-module-optimization -module-name Guides -parse-as-library -swift-version 6 \
        -suppress-warnings -diagnostic-style swift "${@:2}" "$1"/*.swift
}

# Renders the documentation of one module from its symbol graph into a folder; a warning is an error.
convert_catalogue() {
    docc convert "Sources/$1/$1.docc" --additional-symbol-graph-dir "$2" --output-path "$3" \
        --fallback-display-name "$1" --fallback-bundle-identifier "$1" --warnings-as-errors
}

# Runs Swift tests that have to end within so many seconds: `bounded SECONDS COMMAND...`. When they do not, it stops them
# and prints the tests that have begun and not ended. By SIGINT: `swift test` gives the process of the tests a group of
# its own and hands no other signal on to it, and as long as that process is there the pipe stays open. It kills it
# itself when it does not end within half a minute.
bounded() {
    local log status=0
    log="$(mktemp)"
    timeout --signal=INT --kill-after=60 "$@" 2>&1 | tee "$log" || status=$?
    if ((status == 124 || status == 137)); then
        printf 'error: the tests did not end within %s s; begun and not ended:\n' "$1" >&2
        sed -n -E '/^◇ Test case /d; s/^◇ Test (.*[)"]) started\.$/\1/p' "$log" | sort -u | while IFS= read -r name; do
            [[ -z "$name" ]] || grep -qF "Test $name passed" "$log" || grep -qF "Test $name with" "$log" ||
                grep -qF "Test $name failed" "$log" || printf '  %s\n' "$name" >&2
        done
    fi
    rm -f "$log"
    return "$status"
}
