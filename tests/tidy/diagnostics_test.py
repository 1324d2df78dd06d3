#!/usr/bin/env python3
"""Every registered kind of diagnostic has a page and a golden pair, and every
page and pair a kind."""

import re
import tree

KIND = re.compile(r'^TOCSIN_DIAGNOSTIC\("([EWI]\d{4})",\s*(\w+),', re.MULTILINE)


def kinds():
    text = (tree.ROOT / "dsl/diag/diagnostic_kind.def").read_text()
    return KIND.findall(text)


def golden_name(code, name):
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    return f"{code}_{snake}"


def every_kind_has_a_page():
    pages = tree.ROOT / "docs/diagnostics"
    codes = {code for code, _ in kinds()}
    for code in sorted(codes):
        page = pages / f"{code}.md"
        if not page.exists():
            yield f"docs/diagnostics/{code}.md is missing"
        elif code not in page.read_text().splitlines()[0]:
            yield f"docs/diagnostics/{code}.md: its title does not name {code}"
    for page in pages.glob("[EWI]*.md"):
        if page.stem not in codes:
            yield f"{tree.name(page)}: no such kind"


def every_kind_has_a_golden_pair():
    folder = tree.ROOT / "tests/golden/diagnostics"
    expected = {golden_name(code, name): code for code, name in kinds()}
    for stem, code in sorted(expected.items()):
        if not (folder / f"{stem}.rules").exists():
            yield f"tests/golden/diagnostics/{stem}.rules is missing"
            continue
        text = folder / f"{stem}.txt"
        if not text.exists() or code not in text.read_text():
            yield f"tests/golden/diagnostics/{stem}.txt does not show {code}"


def codes_are_used_once():
    seen = set()
    for code, name in kinds():
        for word in (code, name):
            if word in seen:
                yield f"{word} stands twice in diagnostic_kind.def"
            seen.add(word)
    if len(seen) < 40:
        yield "diagnostic_kind.def could not be read"


tree.main({check.__name__: check for check in (
    every_kind_has_a_page, every_kind_has_a_golden_pair,
    codes_are_used_once)})
