#!/usr/bin/env bash
# Builds and runs every package under Examples/, and checks which packages each trait brings along. A package with tests
# is tested instead. Arguments name what to do: `test-examples.sh GuardedActor`, `test-examples.sh traits`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# The longest times in seconds that an example and the tests of one may run; those include the time in which `swift test`
# finds out that it has nothing to build.
limit=120
test_limit=600

# Builds and runs one example; each step says by its exit code whether to go on, as `set -e` does not work in a condition.
run_example() {
    local path="Examples/$1" build
    if ! [[ -f "$path/Package.swift" ]]; then
        printf 'error: there is no example %s; there are:' "$1" >&2
        printf ' %s' Examples/*/ >&2
        printf '\n' >&2
        return 1
    fi
    if ! [[ -f "$path/README.md" ]] || ! grep --quiet --fixed-strings "[$1]($1/README.md)" Examples/README.md; then
        printf 'error: %s needs a README.md of its own and a line in Examples/README.md\n' "$path" >&2
        return 1
    fi
    build="$(example_build_folder "$path")" || return
    if [[ -d "$path/Tests" ]]; then
        build_example "$path" --build-tests || return
        # By SIGINT, which alone `swift test` hands on to the process of the tests.
        timeout --signal=INT --kill-after=60 "$test_limit" \
            swift test --skip-build --disable-xctest --package-path "$path" --scratch-path "$build"
    else
        build_example "$path" --product "$1" || return
        timeout --kill-after=10 "$limit" "$build/debug/$1"
    fi
}

mkdir -p "$results"
rm -f "$results"/examples*.xml

names=("$@")
if ((${#names[@]} == 0)); then
    for package in Examples/*/Package.swift; do names+=("$(basename "$(dirname "$package")")"); done
    names+=(traits)
fi

outcome=0
for name in "${names[@]}"; do
    started=$SECONDS
    if [[ "$name" == traits ]]; then
        say "Packages that each trait brings along"
        python3 Scripts/check-traits.py . "$examples_folder/traits" "$results" || outcome=1
        continue
    fi
    say "Example $name"
    if run_example "$name"; then
        state=passed
    else
        state=failed
        outcome=1
    fi
    say "Example $name $state after $((SECONDS - started)) s"
    python3 Scripts/count-tests.py add "$results" examples "$name" "$state"
done
exit "$outcome"
