#!/usr/bin/env python3
"""Adds up reports of ctest (JUnit) and single results (NAME=ok, NAME=failed):
names what failed and what was skipped,
then 'N passed, N failed' as the last line. With --exit-code the exit status
tells: 0 when nothing failed. With CI=true a skipped test counts as failed:
there, everything that tests need must be present."""

import os
import sys
import xml.etree.ElementTree as ElementTree


def main():
    words = sys.argv[1:]
    exit_code = "--exit-code" in words
    in_ci = os.environ.get("CI") == "true"
    passed, failed, skipped = 0, [], []
    for word in words:
        if "=" in word:
            name, result = word.rsplit("=", 1)
            passed += result == "ok"
            failed += [] if result == "ok" else [name]
    for report in (word for word in words
                   if "=" not in word and not word.startswith("--")):
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            name = case.get("name")
            if case.find("failure") is not None or case.get("status") == "fail":
                failed.append(name)
            elif case.find("skipped") is not None or \
                    case.get("status") in ("notrun", "disabled"):
                skipped.append(name)
            else:
                passed += 1
    for name in skipped:
        print(f"skipped: {name}")
    if in_ci:
        failed += skipped
        skipped = []
    for name in failed:
        print(f"failed: {name}")
    line = f"{passed} passed, {len(failed)} failed"
    print(line + (f", {len(skipped)} skipped" if skipped else ""))
    sys.exit(1 if exit_code and (failed or passed == 0) else 0)


main()
