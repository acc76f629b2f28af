#!/usr/bin/env python3
"""Puts the start page of the merged documentation in order.

    docs-start-page.py SITE MODULE...

`docc merge` sorts the modules by name and says nothing about them together. The page gets a sentence, the tutorials
first, and the modules in the order in which they are given.
"""

import json
import sys
from pathlib import Path

ABSTRACT = "Keeps programs running while the services they call fail. Begin with the tutorials, or with SageResilience."


def main(site, modules):
    file = Path(site) / "data" / "documentation.json"
    page = json.loads(file.read_text())
    sections = {section["title"]: section for section in page["topicSections"]}
    order = {module.lower(): number for number, module in enumerate(modules)}
    shown = [identifier.rsplit("/", 1)[-1].lower() for identifier in sections["Modules"]["identifiers"]]
    if sorted(shown) != sorted(order):
        sys.exit(f"error: the start page has {', '.join(shown)}; expected are {', '.join(order)}")
    sections["Modules"]["identifiers"].sort(key=lambda identifier: order[identifier.rsplit("/", 1)[-1].lower()])
    page["topicSections"].sort(key=lambda section: section["title"] == "Modules")
    page["abstract"] = [{"type": "text", "text": ABSTRACT}]
    file.write_text(json.dumps(page))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
