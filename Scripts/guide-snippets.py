#!/usr/bin/env python3
"""Writes the Swift examples of the guides and of the documentation comments as sources that can be type-checked.

    guide-snippets.py OUTPUT FILE...

Each FILE, a guide (.md) or a source (.swift), becomes one function. Its examples stand in it in order, each in a scope
within that of the one before, as a reader sees them: what one example defines the next may use. Examples that only
declare something (an extension, a test) stand beside the function. What examples leave out, such as a client, is
declared in Scripts/guides: for all in Common.swift, for one file in a file with its name. An example that is marked
`swift ignore` is another library's, or of a module that is not imported here, and is left out. A guide without one of
the sections that every guide has is an error. Code that an article takes from an example (`<!-- snippet: name -->`) is
left to Scripts/example-snippets.py.
"""

import re
import sys
from pathlib import Path

FENCE = re.compile(r"^(?P<prefix>\s*(?:///)? ?)```(?P<language>[\w ]*?)\s*$")
DECLARATION = re.compile(r"^(?:@|import |extension |struct |enum |func |final class |actor )", re.MULTILINE)
SECTIONS = ["What it does", "When to use it", "When not to", "Defaults and why", "Observing it", "Testing it"]
IMPORTS = "import SageResilience\nimport SageTesting\nimport Testing\n"


def snippets(path):
    """The examples of a file, each with the number of its first line."""
    code, fence, previous = None, None, ""
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        found = FENCE.match(line)
        if code is not None:
            if found:
                if fence == "swift":
                    yield first, "\n".join(code)
                code = None
            else:
                # A documentation comment's empty lines have no space after the slashes.
                code.append(re.sub(r"^\s*/// ?", "", line) if path.suffix == ".swift" else line)
        elif found and (path.suffix == ".md" or "///" in found["prefix"]):
            language = "" if previous.startswith("<!-- snippet: ") else found["language"]
            code, fence, first = [], language, number + 1
        previous = line
    if code is not None:
        sys.exit(f"error: {path}:{first - 1}: an example that does not end")


def missing_sections(path):
    """What a guide lacks of the sections that every guide has, in their order."""
    found = [line[3:] for line in path.read_text().splitlines() if line.startswith("## ")]
    missing = [title for title in SECTIONS if title not in found]
    ordered = [title for title in found if title in SECTIONS] == SECTIONS
    return missing if missing or ordered else ["their order"]


def located(path, line, code):
    return f'#sourceLocation(file: "{path}", line: {line})\n{code}\n#sourceLocation()\n'


def translate(path, preamble):
    """The source of a file's examples; an empty text when it has none."""
    statements, declarations = [], []
    for line, code in snippets(path):
        beside = all(DECLARATION.match(text) for text in re.split(r"\n\n", code) if not text.startswith((" ", "}")))
        (declarations if beside else statements).append(located(path, line, code))
    if not statements and not declarations:
        return ""
    body = "do {\n".join(statements) + "}\n" * max(0, len(statements) - 1)
    name = re.sub(r"\W", "_", path.stem)
    source = IMPORTS + "".join(declarations) + f"private func examplesOf{name}() async throws {{\n{body}}}\n"
    if preamble.is_file():
        source += located(preamble, 1, preamble.read_text().rstrip())
    return source


def main(output, files):
    output.mkdir(parents=True, exist_ok=True)
    for old in output.glob("*.swift"):
        old.unlink()
    count = 0
    for file in map(Path, files):
        if file.parent.name == "Guides" and (missing := missing_sections(file)):
            sys.exit(f"error: {file}: a guide's sections lack {', '.join(missing)}")
        source = translate(file, Path("Scripts/guides") / f"{file.stem}.swift")
        if source:
            (output / f"{file.stem}Examples.swift").write_text(source)
            count += 1
    (output / "Common.swift").write_text(Path("Scripts/guides/Common.swift").read_text())
    print(f"Examples of {count} files.")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
