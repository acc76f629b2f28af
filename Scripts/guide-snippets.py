#!/usr/bin/env python3
"""Writes the Swift examples of the guides and of the documentation comments as sources that can be type-checked.

    guide-snippets.py OUTPUT FILE...

Each FILE, a guide (.md) or a source (.swift), becomes one function. Its examples stand in it in order, each in a scope
within that of the one before, as a reader sees them: what one example defines the next may use. Examples that only
declare something (an extension, a test) stand beside the function, decorated functions in a type, since many have the
same name; a body `{ ... }` is one that never returns. What examples leave out, such as a client, is declared in
Scripts/guides: for all in Common.swift, for one file in a file with its name, and for the files of a module in the same
way in a folder with the module's name. The examples import what the nearest Common.swift does, and what they say
themselves. An example that is marked `swift ignore` is another library's and is left out. A guide without one of the
sections that every guide has is an error, and so is a set of files without any example. Code that an article takes from
an example (`<!-- snippet: name -->`) is left to Scripts/example-snippets.py.
"""

import re
import sys
from pathlib import Path

FENCE = re.compile(r"^(?P<prefix>\s*(?:///)? ?)```(?P<language>[\w ]*?)\s*$")
DECLARATION = re.compile(r"^(?:@|import |extension |struct |enum |func |final class |actor )", re.MULTILINE)
SECTIONS = ["What it does", "When to use it", "When not to", "Defaults and why", "Observing it", "Testing it"]
DECORATED = re.compile(r"^\s*@(?!Test\b|MainActor\b)[A-Z]", re.MULTILINE)
IMPORT = re.compile(r"^import .*$", re.MULTILINE)
STAND_INS = Path("Scripts/guides")


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


def stand_ins(path):
    """The folder with what the examples of a file leave out: that of its module, or the one for all."""
    folder = STAND_INS / (path.parts[1] if path.parts[0] == "Sources" else path.stem)
    return folder if folder.is_dir() else STAND_INS


def translate(path):
    """The source of a file's examples; an empty text when it has none."""
    folder = stand_ins(path)
    imports = IMPORT.findall((folder / "Common.swift").read_text())
    statements, declarations = [], []
    for line, code in snippets(path):
        beside = all(DECLARATION.match(text) for text in re.split(r"\n\n", code) if not text.startswith((" ", "}")))
        # Imports stand at the top; their empty lines keep the numbers of the others.
        imports += IMPORT.findall(code)
        text = located(path, line, IMPORT.sub("", code).replace("{ ... }", "{ standIn() }"))
        if beside and DECORATED.search(code):
            text = f"private struct ExampleOfLine{line} {{\n{text}}}\n"
        (declarations if beside else statements).append(text)
    if not statements and not declarations:
        return ""
    body = "do {\n".join(statements) + "}\n" * max(0, len(statements) - 1)
    name = re.sub(r"\W", "_", path.stem)
    source = "\n".join(dict.fromkeys(imports)) + "\n" + "".join(declarations)
    source += f"private func examplesOf{name}() async throws {{\n{body}}}\n"
    preamble = folder / f"{path.stem}.swift"
    if preamble.is_file():
        source += located(preamble, 1, preamble.read_text().rstrip())
    return source


def main(output, files):
    output.mkdir(parents=True, exist_ok=True)
    for old in output.glob("*.swift"):
        old.unlink()
    folders, count = {STAND_INS}, 0
    for file in map(Path, files):
        if file.parent.name == "Guides" and (missing := missing_sections(file)):
            sys.exit(f"error: {file}: a guide's sections lack {', '.join(missing)}")
        source = translate(file)
        if source:
            (output / f"{file.stem}{file.suffix[1:].capitalize()}Examples.swift").write_text(source)
            folders.add(stand_ins(file))
            count += 1
    if count == 0:
        sys.exit("error: none of the files has an example")
    for folder in folders:
        (output / f"Common{folder.name}.swift").write_text((folder / "Common.swift").read_text())
    print(f"Examples of {count} files.")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
