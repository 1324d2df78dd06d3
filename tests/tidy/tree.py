"""The repository as the tidy tests see it: its files, and how a check fails."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CODE = ("engine", "dsl", "connectors", "app")


def files(*folders, endings=(".cc", ".h")):
    """Files of the tree below `folders` (all of it without any), sorted;
    nothing of a build."""
    starts = [ROOT / folder for folder in folders] or [ROOT]
    found = []
    for start in starts:
        for path in start.rglob("*"):
            hidden = {"build", ".git", ".cache", "__pycache__"}
            if path.suffix in endings and path.is_file() and \
                    not hidden & set(path.relative_to(ROOT).parts):
                found.append(path)
    return sorted(found)


def name(path):
    return str(path.relative_to(ROOT))


def room(path):
    """engine/base of engine/base/log.cc; app of app/commands/run.cc."""
    parts = path.relative_to(ROOT).parts
    return "app" if parts[0] == "app" else "/".join(parts[:2])


def lines(path):
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def code_of(line):
    """A line of C++ without strings and line comments."""
    line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
    return line.split("//")[0]


def run(words):
    return subprocess.run(words, capture_output=True, text=True, check=False)


def main(checks):
    """Runs the check that the first word names; the rest are its arguments."""
    wanted, arguments = sys.argv[1], sys.argv[2:]
    wrong = list(checks[wanted](*arguments))
    for line in wrong:
        print(line)
    print(f"{wanted}: {len(wrong)} found" if wrong else f"{wanted}: in order")
    sys.exit(1 if wrong else 0)
