#!/usr/bin/env python3
"""No shipped rule names a user, namespace, object, address or user agent of
the captures that the rules are measured on.

A rule that did would find those attacks and no others. The identifiers are
taken from the captures themselves; what Kubernetes itself calls so, on every
cluster, is listed in UPSTREAM with the reason. Exits 1 and names each place.
"""

import pathlib
import re
import sys

import captures

# An entry that is not needed (any more) fails the test as well.
UPSTREAM = {
    # namespaces, users, roles and objects of every cluster
    "default": "a word; also a namespace of every cluster",
    "kube-system": "namespace of every cluster",
    "system:anonymous": "user of requests without credentials",
    "system:kube-controller-manager": "role that the apiserver creates",
    "system:kube-scheduler": "role that the apiserver creates",
    "admin": "role that the apiserver creates",
    "view": "role that the apiserver creates",
    "coredns": "ConfigMap that the DNS server of a cluster reads",
    "namespaces": "the resource; one scenario reached it as a name",
    # programs, in patterns over commands and in prose; no rule reads userAgent
    "curl": "program, in the command of an exec or a container",
    "kubectl": "program, in prose",
    "kubelet": "program, in prose",
    # words of the language and of prose that scenarios used as names
    "..": "of a path, and of a schema's open fields",
    "a": "a word",
    "api": "a word",
    "hold": "a word",
    "none": "a word",
    "once": "a word of the language: then once per",
    "root": "a word: the account, a directory",
    "shell": "a word",
    "truncated": "a word; the annotation audit.k8s.io/truncated",
    "up": "a word of the language: up to",
    "web": "a word",
}


def identifiers():
  """What the labelled requests and their events name, with what it is."""
  found = {}

  def add(value, what):
    if value:
      found.setdefault(value, what)

  for run, log in captures.RUNS.items():
    ours = set()
    for row in captures.labelled_requests(run):
      ours.add(row["auditID"])
      add(row["logged_namespace"], "namespace")
      for address in [row["source_address"], *row["sourceIPs"].split(",")]:
        add(address.strip(), "address")
      for user in (row["logged_user"], row["impersonated"]):
        add(user, "user")
        if user.startswith("system:serviceaccount:"):
          add(user.split(":")[2], "namespace")
          add(user.split(":")[3], "service account")
        elif user.startswith("system:node:"):
          add(user.split(":")[2], "node")
    for event in captures.events(log):
      if event["auditID"] not in ours:
        continue
      add(event.get("objectRef", {}).get("name"), "object")
      body = event.get("requestObject")
      if isinstance(body, dict) and isinstance(body.get("metadata"), dict):
        add(body["metadata"].get("name"), "object")
      agent = event.get("userAgent", "")
      add(agent, "user agent")
      product = agent.partition(" ")[0]
      add(product, "user agent")
      add(product.partition("/")[0], "user agent")
  return found


def main():
  named = identifiers()
  pattern = re.compile("|".join(
      rf"(?<![\w.:-]){re.escape(i)}(?![\w:-]|\.\w)" for i in
      sorted(named, key=len, reverse=True)))
  bad = 0
  needed = set()
  for path in sorted((captures.REPO / "rules").rglob("*.rules")):
    text = path.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
      for match in pattern.finditer(line):
        if match.group() in UPSTREAM:
          needed.add(match.group())
          continue
        bad += 1
        place = pathlib.Path(path).relative_to(captures.REPO)
        print(f"{place}:{number}: {match.group()!r} is a "
              f"{named[match.group()]} of the captures: {line.strip()}")
  for identifier in UPSTREAM.keys() - needed:
    bad += 1
    print(f"{__file__}: {identifier!r} of UPSTREAM is not needed")
  print(f"{len(named)} identifiers of the captures, {len(needed)} of them "
        f"upstream's or plain words, {bad} findings")
  return 1 if bad else 0


if __name__ == "__main__":
  sys.exit(main())
