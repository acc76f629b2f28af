#!/usr/bin/env bash
# Type-checks the Swift examples of the guides, the tutorials and the documentation comments, of the engine and its test
# support.
#
# The modules are emitted without the bodies of their functions, which takes seconds and leaves the package's build folder
# alone. The examples of the other modules are left to check-module-guides.sh.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

build=.build/guides
mkdir -p "$build/modules" "$build/symbols" "$build/docs"
mapfile -t features < <(sed -n '/^let upcomingFeatures = \[/,/^\]/s/^ *"\([A-Za-z]*\)".*/-enable-upcoming-feature\n\1/p' Package.swift)

for module in SageResilience SageTesting; do
    mapfile -t sources < <(find "Sources/$module" -name '*.swift' -not -path '*.docc/*' | sort)
    product="$build/modules/$module.swiftmodule"
    if [[ -f "$product" && -z "$(find "Sources/$module" Package.swift -newer "$product" -name '*.swift' -not -path '*.docc/*' -print -quit)" ]]; then
        continue
    fi
    swiftc -emit-module -emit-module-path "$product" -module-name "$module" -package-name sage -parse-as-library \
        -swift-version 6 "${features[@]}" \
        -emit-symbol-graph -emit-symbol-graph-dir "$build/symbols/$module" \
        -experimental-skip-non-inlinable-function-bodies -I "$build/modules" "${sources[@]}"
    # A module that did not change keeps its old file.
    touch "$product"
done

mapfile -t files < <(
    documented_files SageResilience
    documented_files SageTesting
    echo Documentation/api-comparison.md
)
python3 Scripts/guide-snippets.py "$build/examples" "${files[@]}"
compile_examples "$build/examples" -I "$build/modules"

# What the migration notes show is compiled and run as an example.
python3 Scripts/example-snippets.py Examples/Migration Sources/SageResilience/SageResilience.docc/Migration/*.md

# The code of the tutorials, step by step.
python3 Scripts/check-tutorials.py "$build/tutorials" "$build/modules" \
    Sources/SageResilience/SageResilience.docc/Tutorials/Tutorials.tutorial

# Links that lead nowhere, guides that hide a type of the same name, parameters without a description.
for module in SageResilience SageTesting; do
    convert_catalogue "$module" "$build/symbols/$module" "$build/docs/$module"
done
