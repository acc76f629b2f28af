#!/usr/bin/env python3
"""Checks that each trait of Sage brings along the packages that it needs and no other.

check-traits.py REPOSITORY DIRECTORY [RESULTS]
    makes small packages in DIRECTORY that depend on the package in REPOSITORY with one trait each, with none and with
    the default, resolves them (nothing is built), and compares; leaves a report of its tests in RESULTS
"""

import json
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

# What a trait may bring along directly; what those packages need themselves follows.
ALLOWED = {
    "AsyncHTTPClient": {"async-http-client", "swift-log", "swift-nio", "swift-nio-ssl"},
    "Configuration": {"swift-configuration"},
    "Gateway": {
        "async-http-client", "hummingbird", "swift-argument-parser", "swift-http-types", "swift-log", "swift-nio",
        "swift-nio-extras", "swift-nio-ssl", "swift-service-lifecycle", "yams",
        # The gateway logs by the trait Telemetry.
        "swift-distributed-tracing", "swift-metrics",
        # It keeps its state by the trait Storage.
        "grdb.swift",
    },
    "Hummingbird": {"hummingbird", "swift-http-types", "swift-nio"},
    "Macros": {"swift-syntax"},
    "Storage": {"grdb.swift"},
    "ServiceLifecycle": {"swift-service-lifecycle"},
    "Telemetry": {"swift-distributed-tracing", "swift-log", "swift-metrics"},
}

MANIFEST = """// swift-tools-version: 6.3

import PackageDescription

let package = Package(
    name: "consumer",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "sage", path: "{path}"{traits})],
    targets: [.target(name: "Consumer", dependencies: [.product(name: "SageResilience", package: "sage")])]
)
"""


def swift_package(package, scratch, *arguments):
    command = ["swift", "package", "--package-path", str(package), "--scratch-path", str(scratch), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def below(node):
    """The identities of all packages below one in the tree."""
    return {name for child in node["dependencies"] for name in {child["identity"]} | below(child)}


def pins(package):
    """The identities of the packages that were fetched for a package."""
    file = package / "Package.resolved"
    return {pin["identity"] for pin in json.loads(file.read_text())["pins"]} if file.exists() else set()


def check(repository, directory, name, traits, allowed):
    """The differences between what a consumer resolves and what it may, as sentences."""
    # A name that no package has: a folder called "Hummingbird" would be taken for the package of that name.
    package = directory / f"consumer-{name}"
    (package / "Sources" / "Consumer").mkdir(parents=True, exist_ok=True)
    (package / "Sources" / "Consumer" / "Consumer.swift").write_text("")
    (package / "Package.resolved").unlink(missing_ok=True)
    argument = "" if traits is None else f", traits: {json.dumps(traits)}"
    (package / "Package.swift").write_text(MANIFEST.format(path=repository, traits=argument))
    # One folder for all, so that what several need is checked out once.
    root = swift_package(package, directory / "build", "show-dependencies", "--format", "json")

    sage = [child for child in root["dependencies"] if child["name"] == "sage"]
    if len(sage) != 1 or len(root["dependencies"]) != 1:
        return [f"expected sage alone below the consumer, got {[child['name'] for child in root['dependencies']]}"]
    direct = {child["identity"] for child in sage[0]["dependencies"]}
    problems = [f"brings along {extra}, which it may not" for extra in sorted(direct - allowed)]
    problems += [f"does not bring along {missing}" for missing in sorted(allowed - direct)]
    hidden = pins(package) - below(root)
    return problems + [f"fetches {extra}, which is not in the graph" for extra in sorted(hidden)]


def main(repository, directory, results=None):
    repository, directory = Path(repository).resolve(), Path(directory).resolve()
    declared = swift_package(repository, directory / "build", "dump-package")["traits"]
    default = next(set(trait["enabledTraits"]) for trait in declared if trait["name"] == "default")
    cases = [("none", [], set())]
    cases += [(trait, [trait], packages) for trait, packages in ALLOWED.items()]
    cases.append(("default", None, {package for trait in default for package in ALLOWED.get(trait, set())}))

    report = xml.Element("testsuite", name="traits")
    unknown = sorted({trait["name"] for trait in declared} ^ (ALLOWED.keys() | {"default"}))
    outcomes = [("table", [f"the trait {name} is in the manifest or in the table only" for name in unknown])]
    outcomes += [(name, check(repository, directory, name, traits, allowed)) for name, traits, allowed in cases]
    for name, problems in outcomes:
        case = xml.SubElement(report, "testcase", classname="traits", name=name)
        if problems:
            xml.SubElement(case, "failure", message="; ".join(problems))
        for problem in problems:
            print(f"error: trait {name}: {problem}")
    if results:
        xml.ElementTree(report).write(Path(results) / "examples-traits.xml", encoding="utf-8")
    if any(problems for _, problems in outcomes):
        return 1
    print("Each trait brings along what it needs; the engine alone brings no package.")
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    try:
        sys.exit(main(*sys.argv[1:]))
    except RuntimeError as error:
        sys.exit(f"error: {error}")
