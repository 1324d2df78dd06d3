#!/usr/bin/env python3
"""Style that can be checked by reading lines."""

import os
import re
import shutil
import tree

# Sizes beyond which a file is two files.
MOST_LINES = {".cc": 600, ".h": 250}
LONGER_WITH_REASON = {"dsl/cst/cst.h": 420}  # One tree, one header.
LONG_LINES = {".cc": 400, ".h": 200}
# Where what others throw is caught, one file each; and X3's own room.
MAY_THROW = {"engine/base/metrics.cc", "engine/program/zone.cc",
             "app/cli.cc", "app/yaml.cc"}
# Words that belong to some rooms only: word, where it may stand.
BELONGS = [
    (r"std::chrono::\w+::now|absl::Now", ["engine/base/clock.cc"]),
    (r"std::getenv|\bgetenv\(", ["app/", "engine/base/crash_point.cc"]),
    (r"std::exit\(|\bexit\(", []),
    (r"\bnew (?!\()[A-Z]\w+\(", None),  # Only behind unique_ptr: see below.
]
OWN = (*tree.CODE, "tests", "bench", "docs", "rules", ".ci")
TEXT = (".cc", ".h", ".py", ".txt", ".md", ".rules", ".def", ".cmake", ".sh",
        ".json", ".yaml")


def files_are_not_too_long():
    for path in tree.files(*tree.CODE, "tests", "bench"):
        count = len(tree.lines(path))
        most = LONGER_WITH_REASON.get(tree.name(path), MOST_LINES[path.suffix])
        if count > LONG_LINES[path.suffix]:
            print(f"long: {tree.name(path)} has {count} lines")
        if count > most and "tests" not in tree.name(path):
            yield f"{tree.name(path)}: {count} lines, more than {most}"


def nothing_is_left_to_do():
    pattern = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    for path in tree.files(*OWN, endings=TEXT):
        if path.parent.name == "tidy":
            continue
        for number, line in enumerate(tree.lines(path), 1):
            if pattern.search(line):
                yield f"{tree.name(path)}:{number}: {line.strip()[:90]}"


def exceptions_stay_where_they_are_caught():
    pattern = re.compile(r"\b(throw|try|catch)\b")
    for path in tree.files(*tree.CODE):
        if tree.room(path) == "dsl/parser" or tree.name(path) in MAY_THROW:
            continue
        for number, line in enumerate(tree.lines(path), 1):
            if pattern.search(tree.code_of(line)):
                yield f"{tree.name(path)}:{number}: {line.strip()[:90]}"


def words_stay_where_they_belong():
    for path in tree.files(*tree.CODE):
        for number, line in enumerate(tree.lines(path), 1):
            code = tree.code_of(line)
            for word, places in BELONGS:
                if not re.search(word, code):
                    continue
                if places is None:
                    if "unique_ptr" in code or "unique_ptr" in \
                            tree.lines(path)[max(0, number - 2)]:
                        continue
                elif any(tree.name(path).startswith(p) for p in places):
                    continue
                yield f"{tree.name(path)}:{number}: {line.strip()[:90]}"


def no_path_of_a_machine_is_named():
    pattern = re.compile(r"(?<![\w.<])/(work|root|farm|home/\w+)/")
    for path in tree.files(*OWN, endings=TEXT):
        if path.parent.name == "tidy" or path.suffix == ".rules" or \
                "rules/" in tree.name(path):
            continue
        for number, line in enumerate(tree.lines(path), 1):
            if pattern.search(line):
                yield f"{tree.name(path)}:{number}: {line.strip()[:90]}"


def headers_say_what_they_are():
    """A comment first, then #pragma once."""
    for path in tree.files(*tree.CODE, "tests", "bench", endings=(".h",)):
        text = tree.lines(path)
        if not text or not text[0].startswith("//"):
            yield f"{tree.name(path)}:1: no sentence says what this is"
        if "#pragma once" not in text:
            yield f"{tree.name(path)}: no #pragma once"


def nolint_has_a_reason():
    pattern = re.compile(r"NOLINT(NEXTLINE)?(\([^)]*\))?\s*$")
    for path in tree.files(*tree.CODE, "tests", "bench"):
        for number, line in enumerate(tree.lines(path), 1):
            if pattern.search(line):
                yield f"{tree.name(path)}:{number}: {line.strip()[:90]}"


def main_is_short():
    count = len(tree.lines(tree.ROOT / "app" / "main.cc"))
    if count > 40:
        yield f"app/main.cc: {count} lines, more than 40"


def code_is_formatted():
    program = shutil.which("clang-format-14")
    if program is None:
        if os.environ.get("CI") == "true":
            yield "clang-format-14 is not installed"
        else:
            print("clang-format-14 is not installed: not checked")
        return
    paths = tree.files(*tree.CODE, "tests", "bench")
    result = tree.run([program, "--dry-run", "-Werror", *map(str, paths)])
    wrong = re.findall(r"^(\S+?):\d+:\d+: error", result.stderr, re.MULTILINE)
    for path in sorted(set(wrong)):
        yield f"{os.path.relpath(path, tree.ROOT)}: clang-format-14 -i mends it"


def scripts_can_be_run():
    for script in ("quickstart", "run-tests", ".ci/run", "bench/run"):
        path = tree.ROOT / script
        if not path.exists() or not os.access(path, os.X_OK):
            yield f"{script}: not there, or not executable"


tree.main({check.__name__: check for check in (
    files_are_not_too_long, nothing_is_left_to_do,
    exceptions_stay_where_they_are_caught, words_stay_where_they_belong,
    no_path_of_a_machine_is_named, headers_say_what_they_are,
    nolint_has_a_reason, main_is_short, code_is_formatted,
    scripts_can_be_run)})
