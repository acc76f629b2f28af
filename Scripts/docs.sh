#!/usr/bin/env bash
# Renders the library's documentation into .build/docs.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

Scripts/setup.sh build
export SAGE_DOCS=1
modules=(SageResilience SageTesting SageServiceLifecycle SageLLM)
mkdir -p .build/docs
for module in "${modules[@]}"; do
    say "Documentation of $module"
    swift package --scratch-path .build-docs --allow-writing-to-directory .build/docs \
        generate-documentation --target "$module" --output-path ".build/docs/$module" \
        --transform-for-static-hosting --hosting-base-path "$module"
done
say "Done. Read it with: python3 -m http.server --bind 127.0.0.1 --directory .build/docs, then open /$(printf %s "${modules[0]}")/documentation/$(printf %s "${modules[0]}" | tr '[:upper:]' '[:lower:]')"
