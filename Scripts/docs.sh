#!/usr/bin/env bash
# Renders the documentation of all public modules into .build/docs, one site with a start page; a warning is an error.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

Scripts/setup.sh build docs
export SAGE_DOCS=1
output=.build/docs
archives=.build-docs/plugins/Swift-DocC/outputs

mapfile -t modules < <(public_modules)
targets=() rendered=()
for module in "${modules[@]}"; do
    targets+=(--target "$module")
    rendered+=("$archives/$module.doccarchive")
done

say "Documentation of ${modules[*]}"
rm -rf "$archives"
SWIFT_DETERMINISTIC_HASHING=1 swift package --scratch-path .build-docs generate-documentation "${targets[@]}" --warnings-as-errors

say "One site of them"
rm -rf "$output"
docc merge "${rendered[@]}" --output-path "$output" --synthesized-landing-page-name Sage \
    --synthesized-landing-page-topics-style list
python3 Scripts/docs-start-page.py "$output" "${modules[@]}"
# The root has nothing to show of its own.
cat >"$output/index.html" <<'HTML'
<!doctype html>
<html lang="en">
<title>Sage</title>
<meta http-equiv="refresh" content="0; url=documentation/">
<a href="documentation/">Documentation of Sage</a>
</html>
HTML
say "Done. Read it with: python3 -m http.server --bind 127.0.0.1 --directory $output, then open http://127.0.0.1:8000/"
