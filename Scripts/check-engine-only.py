#!/usr/bin/env python3
"""Reads `swift package show-dependencies --format json` of a package that depends on Sage with `traits: []`, and fails
unless Sage is all that was resolved: no other package in the graph, none checked out."""

import json
import sys
from pathlib import Path


def names(node):
    for dependency in node["dependencies"]:
        yield dependency["name"]
        yield from names(dependency)


def main(package):
    found = list(names(json.load(sys.stdin)))
    checkouts = Path(package) / ".build" / "checkouts"
    fetched = sorted(entry.name for entry in checkouts.iterdir()) if checkouts.is_dir() else []
    if found != ["sage"] or fetched:
        print(f"error: expected the package 'sage' and nothing else, got {found}, checked out: {fetched}")
        return 1
    print("The engine alone resolves no other package.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
