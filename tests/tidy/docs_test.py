#!/usr/bin/env python3
"""Documents: links lead somewhere, rules in them compile and pass their own
tests, commands exist."""

import pathlib
import re
import tempfile
import tree

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```rules\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\s*(?:\S*/)?tocsin ([a-z]+)", re.MULTILINE)


def without_code(text):
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", text)


def anchor(title):
    title = re.sub(r"[^\w\- ]", "", title.strip().lower())
    return title.replace(" ", "-")


def anchors(path):
    return {anchor(line.lstrip("#")) for line in tree.lines(path)
            if line.startswith("#")}


def links_resolve():
    for path in tree.files(endings=(".md",)):
        for link in LINK.findall(without_code(path.read_text())):
            if re.match(r"[a-z]+:", link):
                continue
            file, _, place = link.partition("#")
            target = (path.parent / file).resolve() if file else path
            if not target.exists():
                yield f"{tree.name(path)}: {link} leads nowhere"
            elif place and target.suffix == ".md" and \
                    place not in anchors(target):
                yield f"{tree.name(path)}: {link} names no heading"


def rules_in_documents_compile(tocsin):
    """Each block marked `rules` stands alone; the tests in it pass."""
    checked = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in tree.files(endings=(".md",)):
            for number, block in enumerate(FENCE.findall(path.read_text()), 1):
                rules = pathlib.Path(folder) / "block.rules"
                rules.write_text(block)
                result = tree.run([tocsin, "check", "--no-lint", str(rules)])
                checked += 1
                if result.returncode == 0 and 'test "' in block:
                    result = tree.run([tocsin, "test", "--failed", str(rules)])
                if result.returncode != 0:
                    yield f"{tree.name(path)}, block {number}:\n{result.stdout}"
    if checked == 0:
        yield "no block of rules was found"


def commands_in_documents_exist(tocsin):
    listed = tree.run([tocsin, "--help"]).stdout
    known = set(re.findall(r"^  ([a-z]+)  ", listed, re.MULTILINE))
    for path in tree.files(endings=(".md",)):
        blocks = re.findall(r"^```\w*\n(.*?)^```", path.read_text(),
                            re.MULTILINE | re.DOTALL)
        for block in blocks:
            for command in COMMAND.findall(block):
                if command not in known:
                    yield f"{tree.name(path)}: tocsin {command} does not exist"


def documents_have_one_title():
    for path in tree.files("docs", endings=(".md",)):
        text = re.sub(r"^```.*?^```", "", path.read_text(),
                      flags=re.MULTILINE | re.DOTALL)
        titles = [l for l in text.splitlines() if l.startswith("# ")]
        if len(titles) != 1:
            yield f"{tree.name(path)}: {len(titles)} titles"


tree.main({check.__name__: check for check in (
    links_resolve, rules_in_documents_compile, commands_in_documents_exist,
    documents_have_one_title)})
