#!/usr/bin/env python3
"""rules/README.md lists each rule for Kubernetes in the table of its file, with
its severity, and no other; and says how many there are. Exits 1 otherwise."""

import re
import sys

import captures


def written(folder):
  """{(file, rule, severity)} of the rule files."""
  found = set()
  for path in folder.glob("*.rules"):
    text = path.read_text(encoding="utf-8")
    for rule in re.finditer(r"^rule (\w+) \{\n(.*?)^\}", text, re.M | re.S):
      severity = re.search(r"^  severity +(\w+)", rule.group(2), re.M)
      found.add((path.name, rule.group(1),
                 severity.group(1) if severity else "medium"))
  return found


def documented(readme):
  """The same, as the tables of the README say."""
  found = set()
  file = None
  for line in readme.splitlines():
    heading = re.match(r"### (\S+\.rules)$", line)
    row = re.match(r"\| `(\w+)` \| (\w+) \|", line)
    if heading:
      file = heading.group(1)
    elif row and file:
      found.add((file, row.group(1), row.group(2)))
  return found


def main():
  rules = captures.REPO / "rules"
  readme = (rules / "README.md").read_text(encoding="utf-8")
  there = written(rules / "kubernetes")
  told = documented(readme)
  for difference in sorted(there ^ told):
    print("only in the", "rules:" if difference in there else "README:",
          *difference)
  count = f"{len(there)} detections"
  if count not in readme:
    print(f"README.md does not say: {count}")
  return 1 if there != told or count not in readme else 0


if __name__ == "__main__":
  sys.exit(main())
