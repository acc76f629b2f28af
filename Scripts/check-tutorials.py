#!/usr/bin/env python3
"""Type-checks the code of tutorials as it stands after each step.

    check-tutorials.py OUTPUT MODULES CONTENTS

CONTENTS is the table of contents, a file with @Tutorials; the tutorials stand beside it, and their code in the folder Code.
A step of a tutorial shows one file (`@Code(name:file:)`) of the program that all of them build in turn. After each step the program must compile; its main.swift from where a tutorial shows it, files whose
names end with Tests.swift as tests of it, Package.swift as a manifest. MODULES is the folder with the compiled modules of
Sage.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

CODE = re.compile(r'@Code\(name: "(?P<name>[^"]+)", file: "?(?P<file>[^",)]+)"?')
PREVIOUS = re.compile(r'previousFile: "?(?P<file>[^",)]+)"?')
REFERENCE = re.compile(r'@TutorialReference\(tutorial: "?(?:doc:)?(\w+)')
FLAGS = ["-swift-version", "6", "-warnings-as-errors", "-diagnostic-style", "swift"]


def compile(arguments, step):
    """Runs the compiler; a mistake ends the check."""
    done = subprocess.run(["swiftc", *FLAGS, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{done.stdout}{done.stderr}error: {step} does not compile")


def check_manifest(file, step):
    information = subprocess.run(["swiftc", "-print-target-info"], capture_output=True, text=True, check=True)
    resources = Path(json.loads(information.stdout)["paths"]["runtimeResourcePath"])
    api = resources / "pm" / "ManifestAPI"
    compile(["-typecheck", "-I", api, "-package-description-version", "6.3.0", file], step)


def check_program(files, output, modules, step):
    """Compiles the program, and its tests against it."""
    sources = [file for name, file in files.items() if not name.endswith("Tests.swift")]
    tests = [file for name, file in files.items() if name.endswith("Tests.swift")]
    library = [] if "main.swift" in files else ["-parse-as-library"]
    compile(
        ["-emit-module", "-emit-module-path", output / "Ask.swiftmodule", "-module-name", "Ask", "-enable-testing",
         *library, "-I", modules, *sources], step)
    if tests:
        compile(["-typecheck", "-module-name", "AskTests", "-parse-as-library", "-I", modules, "-I", output, *tests], step)


def main(output, modules, contents):
    tutorials = [contents.parent / f"{name}.tutorial" for name in REFERENCE.findall(contents.read_text())]
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    shown, program, steps = {}, {}, 0
    used, code = set(), contents.parent / "Code"
    for tutorial in tutorials:
        # A tutorial changes what the program calls before it shows the calls.
        program.pop("main.swift", None)
        for line in tutorial.read_text().splitlines():
            found = CODE.search(line)
            if not found:
                continue
            name, source = found["name"], code / found["file"]
            step = f"{tutorial}: {source.name}"
            if not source.is_file():
                sys.exit(f"error: {step} does not exist")
            # Within a tutorial the page shows what changed since the last step of the same file; at its first step in a
            # tutorial it must be told where that was.
            previous = PREVIOUS.search(line)
            if previous and previous["file"] != shown.get(name):
                sys.exit(f"error: {step}: the file before it was {shown.get(name)}")
            shown[name] = source.name
            used.add(source.name)
            steps += 1
            file = output / name
            shutil.copyfile(source, file)
            if name == "Package.swift":
                check_manifest(file, step)
                continue
            program[name] = file
            check_program(program, output, modules, step)
    if unused := {file.name for file in code.glob("*.swift")} - used:
        sys.exit(f"error: no tutorial shows {', '.join(sorted(unused))}")
    print(f"Programs of {steps} steps of {len(tutorials)} tutorials.")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
