#!/usr/bin/env python3
"""Counts the tests of all suites from their JUnit reports.

count-tests.py record DIRECTORY SUITE passed|failed
    adds a report of one test for a suite that left none, and for a failed suite whose own reports show no failure
count-tests.py add DIRECTORY SUITE NAME passed|failed
    adds one test to a suite's report, and makes the report when there is none
count-tests.py sum DIRECTORY
    prints a line for each failed test (50 at most), then "N passed, N failed" (", N skipped" where there are any);
    exits 1 if anything failed or nothing ran
"""

import sys
import xml.etree.ElementTree as xml
from pathlib import Path


MOST_FAILURES_SHOWN = 50
LONGEST_FAILURE = 240


def root(report):
    """A report; tests that were stopped leave half of one, which says nothing but that."""
    try:
        return xml.parse(report).getroot()
    except xml.ParseError:
        broken = xml.Element("testsuite", name=report.stem)
        add_case(broken, "suite", report.stem, "the tests were stopped before their end; see their output")
        return broken


def add_case(suite, classname, name, failure=None):
    case = xml.SubElement(suite, "testcase", classname=classname, name=name)
    if failure:
        xml.SubElement(case, "failure", message=failure)


def cases(reports):
    for report in sorted(reports):
        for case in root(report).iter("testcase"):
            yield report.stem, case


def failure(case):
    """The element that says why a test failed; None for one that did not."""
    failures = [*case.findall("failure"), *case.findall("error")]
    return failures[0] if failures else None


def count(reports):
    passed = failed = skipped = 0
    for _, case in cases(reports):
        if failure(case) is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def failures(reports):
    """One line for each failed test, so that what went wrong stands at the end of a long run too."""
    for suite, case in cases(reports):
        reason = failure(case)
        if reason is not None:
            why = " ".join((reason.get("message") or reason.text or "").split())
            line = f"FAILED {suite}: {case.get('classname')}.{case.get('name')}: {why}"
            yield line if len(line) <= LONGEST_FAILURE else line[: LONGEST_FAILURE - 3] + "..."


def add(directory, suite, name, state):
    report = directory / f"{suite}.xml"
    tests = root(report) if report.exists() else xml.Element("testsuite", name=suite)
    add_case(tests, suite, name, f"{name} failed; see its output" if state == "failed" else None)
    xml.ElementTree(tests).write(report, encoding="utf-8")


def record(directory, suite, state):
    passed, failed, skipped = count(directory.glob(f"{suite}*.xml"))
    if passed + failed + skipped > 0 and (state == "passed" or failed > 0):
        return
    tests = xml.Element("testsuite", name=suite)
    add_case(tests, "suite", suite, "the suite failed; see its output" if state == "failed" else None)
    xml.ElementTree(tests).write(directory / f"{suite}-itself.xml", encoding="utf-8")


def total(directory):
    lines = list(failures(directory.glob("*.xml")))
    print(*lines[:MOST_FAILURES_SHOWN], sep="\n", end="\n" if lines else "")
    if len(lines) > MOST_FAILURES_SHOWN:
        print(f"and {len(lines) - MOST_FAILURES_SHOWN} more failed tests")
    passed, failed, skipped = count(directory.glob("*.xml"))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


def main(arguments):
    match arguments:
        case ["record", directory, suite, ("passed" | "failed") as state]:
            record(Path(directory), suite, state)
            return 0
        case ["add", directory, suite, name, ("passed" | "failed") as state]:
            add(Path(directory), suite, name, state)
            return 0
        case ["sum", directory]:
            return total(Path(directory))
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
