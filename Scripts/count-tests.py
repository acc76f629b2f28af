#!/usr/bin/env python3
"""Counts the tests of all suites from their JUnit reports.

count-tests.py record DIRECTORY SUITE passed|failed
    adds a report of one test for a suite that left none, and for a failed suite whose own reports show no failure
count-tests.py add DIRECTORY SUITE NAME passed|failed
    adds one test to a suite's report, and makes the report when there is none
count-tests.py sum DIRECTORY
    prints "N passed, N failed" (", N skipped" where there are any); exits 1 if anything failed or nothing ran
"""

import sys
import xml.etree.ElementTree as xml
from pathlib import Path


def count(reports):
    passed = failed = skipped = 0
    for report in reports:
        for suite in xml.parse(report).getroot().iter("testsuite"):
            cases = suite.findall("testcase")
            failures = sum(
                1 for case in cases if case.find("failure") is not None or case.find("error") is not None
            )
            ignored = sum(1 for case in cases if case.find("skipped") is not None)
            failed += failures
            skipped += ignored
            passed += len(cases) - failures - ignored
    return passed, failed, skipped


def add(directory, suite, name, state):
    report = directory / f"{suite}.xml"
    root = xml.parse(report).getroot() if report.exists() else xml.Element("testsuite", name=suite)
    case = xml.SubElement(root, "testcase", classname=suite, name=name)
    if state == "failed":
        xml.SubElement(case, "failure", message=f"{name} failed; see its output")
    xml.ElementTree(root).write(report, encoding="utf-8")


def record(directory, suite, state):
    passed, failed, skipped = count(directory.glob(f"{suite}*.xml"))
    if passed + failed + skipped > 0 and (state == "passed" or failed > 0):
        return
    root = xml.Element("testsuite", name=suite)
    case = xml.SubElement(root, "testcase", classname="suite", name=suite)
    if state == "failed":
        xml.SubElement(case, "failure", message="the suite failed; see its output")
    xml.ElementTree(root).write(directory / f"{suite}-itself.xml", encoding="utf-8")


def total(directory):
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
