#!/usr/bin/env python3
"""Measures rules/ on the labelled captures of a real kube-apiserver.

Replays each run, looks up the auditIDs that the alerts carry in the run's
labels, and prints in Markdown which rule found which scenario. A scenario is
found when an alert carries one of its requests. A false alarm is an alert of
severity medium or above that carries none but benign requests, or none that
is labelled at all (the control plane's own). Scenario setup builds the
cluster and does not count.

Exits 1 when less than nine in ten attack scenarios of a run that is recorded
with bodies are found, or when there is any false alarm.

  measure_rules.py [--tocsin BINARY] [--rules FOLDER] [--brief]
"""

import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys

import captures

LEVELS = ["info", "low", "medium", "high", "critical"]
WITH_BODIES = {"a-exhaustive", "h-extra"}  # the other policies record none
WANTED = 0.9


def find_binary():
  for place in (os.environ.get("TOCSIN"), "build/release/tocsin",
                "build/dev/tocsin"):
    if place and (captures.REPO / place).is_file():
      return captures.REPO / place
  sys.exit("no tocsin: build it, or name it with --tocsin")


def replay(binary, rules, log):
  """The alerts of a replay, without internal ones."""
  command = [str(binary), "replay", "--rules", str(rules), "--format", "json",
             str(captures.root() / log)]
  done = subprocess.run(command, capture_output=True, text=True, check=False)
  if done.returncode != 0:
    sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
  for line in done.stdout.splitlines():
    alert = json.loads(line)
    if alert["kind"] == "alert":
      yield alert


class Run:
  """What the rules told about one run."""

  def __init__(self, name, alerts):
    self.name = name
    self.classes = {}
    scenarios = collections.defaultdict(set)
    for row in captures.labelled_requests(name):
      scenarios[row["auditID"]].add(row["scenario"])
      self.classes[row["scenario"]] = row["class"]
    self.found = collections.defaultdict(collections.Counter)
    self.severity = {}
    self.false_alarms = []
    self.alerts = 0
    for alert in alerts:
      self._take(alert, scenarios)

  def _take(self, alert, scenarios):
    self.alerts += 1
    rule = alert["rule"]
    self.severity[rule] = alert["severity"]
    told = set()
    for event in alert["events"]:
      told |= scenarios.get(event["auditID"], set())
    for scenario in told:
      self.found[scenario][rule] += 1
    judged = told - {"setup"}
    if (LEVELS.index(alert["severity"]) >= LEVELS.index("medium")
        and (judged or not told)
        and all(self.classes[s] == "benign" for s in judged)):
      self.false_alarms.append((rule, sorted(judged), alert["summary"]))

  def attacks(self):
    return [s for s, c in self.classes.items() if c == "attack"]

  def missed(self):
    return [s for s in self.attacks() if not self.found[s]]

  def rate(self):
    attacks = self.attacks()
    return 1 - len(self.missed()) / len(attacks) if attacks else 1.0

  def print_table(self):
    print(f"\n## {self.name}\n\n| scenario | class | found by |\n|---|---|---|")
    for scenario, label in self.classes.items():
      rules = sorted(
          self.found[scenario].items(),
          key=lambda r: (-LEVELS.index(self.severity[r[0]]), r[0]))
      text = ", ".join(f"{rule} ({self.severity[rule]}"
                       f"{f', {n}' if n > 1 else ''})" for rule, n in rules)
      print(f"| {scenario} | {label} | {text} |")


def main():
  parser = argparse.ArgumentParser(
      description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
  parser.add_argument("--tocsin", type=pathlib.Path)
  parser.add_argument("--rules", type=pathlib.Path,
                      default=captures.REPO / "rules")
  parser.add_argument("--brief", action="store_true",
                      help="the summary alone, without the tables")
  args = parser.parse_args()
  captures.root()
  binary = args.tocsin or find_binary()
  runs = [Run(name, replay(binary, args.rules, log))
          for name, log in captures.RUNS.items()]

  failed = False
  print("| run | alerts | attacks found | missed | false alarms |\n"
        "|---|---|---|---|---|")
  for run in runs:
    attacks = run.attacks()
    found = len(attacks) - len(run.missed())
    print(f"| {run.name} | {run.alerts} | {found} of {len(attacks)} "
          f"| {', '.join(run.missed())} | {len(run.false_alarms)} |")
    failed |= bool(run.false_alarms)
    failed |= run.name in WITH_BODIES and run.rate() < WANTED
  for run in runs:
    for rule, scenarios, summary in run.false_alarms:
      print(f"\nfalse alarm in {run.name}: {rule} on "
            f"{', '.join(scenarios) or 'the control plane'}: {summary}")
    if not args.brief:
      run.print_table()
  return 1 if failed else 0


if __name__ == "__main__":
  sys.exit(main())
