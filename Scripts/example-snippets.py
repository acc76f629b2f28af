#!/usr/bin/env python3
"""Keeps the Swift code of articles the same as that of an example, which is compiled and run.

    example-snippets.py [--write] EXAMPLE ARTICLE...

In the sources of EXAMPLE a part stands between `// snippet: name` and `// end snippet`. In an ARTICLE (.md) the line
`<!-- snippet: name -->` says that the Swift code after it is that part. An article that differs is an error; with
--write it is corrected. A part that no article shows, and Swift code in an article without such a line, are errors too.
"""

import re
import sys
import textwrap
from pathlib import Path

BEGIN = re.compile(r"^\s*// snippet: (?P<name>[\w-]+)$")
END = re.compile(r"^\s*// end snippet$")
MARKER = re.compile(r"^<!-- snippet: (?P<name>[\w-]+) -->$")


def parts(example):
    """The marked parts of an example, by name."""
    found = {}
    for path in sorted(example.rglob("*.swift")):
        if any(part.startswith(".") for part in path.relative_to(example).parts):
            continue
        name, lines = None, []
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            begin = BEGIN.match(line)
            if begin and name is None:
                name, lines = begin["name"], []
                if name in found:
                    sys.exit(f"error: {path}:{number}: the snippet {name} exists already")
            elif END.match(line) and name is not None:
                found[name] = textwrap.dedent("\n".join(lines)).strip("\n")
                name = None
            elif begin or END.match(line):
                sys.exit(f"error: {path}:{number}: a snippet begins within another, or ends without one")
            elif name is not None:
                lines.append(line)
        if name is not None:
            sys.exit(f"error: {path}: the snippet {name} does not end")
    return found


def filled(path, code, used):
    """The article with the code of the example, and what is wrong with it."""
    lines, mistakes, name = [], [], None
    source = iter(enumerate(path.read_text().splitlines(), start=1))
    for number, line in source:
        lines.append(line)
        marker = MARKER.match(line)
        if marker:
            name = marker["name"]
            if name not in code:
                mistakes.append(f"{path}:{number}: no example has the snippet {name}")
            used.add(name)
        elif line.startswith("```"):
            shown = []
            for _, inner in source:
                if inner == "```":
                    break
                shown.append(inner)
            if line == "```swift" and name is None:
                mistakes.append(f"{path}:{number}: Swift code of no example; name its snippet on the line before")
            elif line == "```swift" and name in code:
                if "\n".join(shown) != code[name]:
                    mistakes.append(f"{path}:{number}: differs from the snippet {name}; run this script with --write")
                shown = code[name].split("\n")
            lines += [*shown, "```"]
            name = None
        elif line and name is not None:
            mistakes.append(f"{path}:{number}: code must follow the snippet's name")
            name = None
    return "\n".join(lines) + "\n", mistakes


def main(arguments):
    writes = arguments[:1] == ["--write"]
    example, *articles = map(Path, arguments[writes:])
    code, used, mistakes = parts(example), set(), []
    for article in articles:
        text, wrong = filled(article, code, used)
        if writes:
            article.write_text(text)
            wrong = [mistake for mistake in wrong if "--write" not in mistake]
        mistakes += wrong
    mistakes += [f"{example}: no article shows the snippet {name}" for name in sorted(code.keys() - used)]
    for mistake in mistakes:
        print(f"error: {mistake}", file=sys.stderr)
    print(f"{len(used)} snippets of {len(articles)} articles are those of {example}.")
    sys.exit(1 if mistakes else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
