"""What the scripts of faults share: a writer of events with identities, a
service that reads them, and the judge: what it told must be what a replay of
the whole log tells, each alert once and in that order. Lost 0, doubled 0."""
import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../testing"))
import tocsin_service  # pylint: disable=C0413

SCHEMA = """use t
schema t {
  time at
  identity id
  fields { at time
    id string
    who string }
}
"""

RULES = SCHEMA + """rule every_x { where who == "x" then every }
rule three { by who when count() >= 3 within 1m then once per 5m }
rule pairs { by who event a = who != "x" event b = who != "x" when a then b within 5s
  then once per 1h }
"""

CONFIG = """rules: [r.rules]
data_dir: data
sources:
  - name: log
    file: {path: events.log, start: resume}
sinks:
  - {name: alerts, file: {path: alerts.ndjson, rotate: {size: 4MiB, keep: 100}}}
checkpoint: {interval: 300ms}
web: {listen: "127.0.0.1:0"}
"""


def event(number, who, step_us=20):
    """One line, a fixed step of event time behind the one before it."""
    us = number * step_us
    return ('{"at":"2024-01-%02dT%02d:%02d:%02d.%06dZ","id":"e%d","who":"%s"}\n'
            % (1 + us // 86400000000, us // 3600000000 % 24,
               us // 60000000 % 60, us // 1000000 % 60, us % 1000000, number,
               who))


def alike(alert):
    """What two runs must agree on."""
    return (alert["id"], alert["kind"], alert["time"], alert["count"],
            alert["folded"], alert["total"])


class Writer(threading.Thread):
    """Appends lines at a rate, as an apiserver does: one write a line batch."""

    def __init__(self, path, rate=20000, seed=1, line=event):
        super().__init__(daemon=True)
        self.path, self.rate, self.random = path, rate, random.Random(seed)
        self.line = line
        self.stop, self.events = False, 0

    def lines(self, count):
        lines = []
        for _ in range(count):
            who = ("x" if self.random.random() < 0.01 else
                   "z%d" % self.random.randrange(20000))
            lines.append(self.line(self.events, who))
            self.events += 1
        return "".join(lines).encode()

    def run(self):
        begun = time.monotonic()
        with open(self.path, "ab", buffering=0) as log:
            while not self.stop:
                due = int((time.monotonic() - begun) * self.rate) - self.events
                if due > 0:
                    log.write(self.lines(min(due, 5000)))
                time.sleep(0.005)

    def end(self):
        self.stop = True
        self.join()

    def append(self, who, ahead=0):
        """One more, so many steps later. When nobody else writes."""
        self.events += ahead
        line = self.line(self.events, who)
        self.events += 1
        with open(self.path, "a", encoding="utf-8") as log:
            log.write(line)
        return line


class Trial:
    """A folder with rules, configuration, log and alerts of one service."""

    calls = None  # The library of failing_calls.cc.

    def __init__(self, tocsin, name, config=CONFIG, rules=RULES):
        self.tocsin = os.path.abspath(tocsin)
        self.folder = tempfile.mkdtemp(prefix=f"tocsin-{name}-")
        self.write("r.rules", rules)
        self.write("c.yaml", config)
        self.write("events.log", "")
        self.services = []
        self.threads = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)

    def read(self, name):
        with open(self.path(name), encoding="utf-8", errors="replace") as text:
            return text.read()

    def writer(self, **options):
        self.threads.append(Writer(self.path("events.log"), **options))
        self.threads[-1].start()
        return self.threads[-1]

    def start(self, env=None, wrap=(), **options):
        """Its log is "log" of the last start, "logs" of all before."""
        if os.path.exists(self.path("log")):
            with open(self.path("logs"), "ab") as logs, \
                    open(self.path("log"), "rb") as log:
                shutil.copyfileobj(log, logs)
        environment = {name: value for name, value in os.environ.items()
                       if name != "TOCSIN_CRASH_AT"}
        environment.update(env or {})
        with open(self.path("log"), "wb") as log:
            self.services.append(tocsin_service.launch(
                self.tocsin, self.folder, "c.yaml", log, wrap, env=environment,
                **options))
        return self.services[-1]

    def failing(self, **variables):
        """The environment of a service whose calls may fail."""
        return {"LD_PRELOAD": self.calls, **variables}

    def fail(self, what):
        for service in self.services:
            if service.poll() is None:
                service.kill()
        sys.stderr.write("".join(self.read("log").splitlines(True)[-5:]))
        sys.exit(f"FAILED: {what} (see {self.folder})")

    def wait(self, what, holds, seconds=60, service=None):
        """Until it holds; what was seen, in seconds."""
        begun = time.monotonic()
        while not holds():
            if time.monotonic() - begun > seconds:
                self.fail(f"not within {seconds} s: {what}")
            if service is not None and service.poll() is not None:
                self.fail(f"it ended with {service.returncode}, before: {what}")
            time.sleep(0.02)
        return time.monotonic() - begun

    def ready(self, service):
        self.wait("started", lambda: tocsin_service.has_started(
            self.read("log")), service=service)

    def port(self, key):
        return tocsin_service.port_of(self.read("log"), key)

    def metrics(self):
        """name{labels}: value."""
        return tocsin_service.metrics_at(self.port("port"))

    def metric(self, name):
        return sum(value for key, value in self.metrics().items()
                   if key.split("{")[0] == name)

    def resident(self, service):
        with open(f"/proc/{service.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")

    def catch_up(self, service, writer, seconds=120):
        """Until it has told of an event that is written now, by nobody else."""
        mark = writer.append("x")
        when = '"time":"%s"' % json.loads(mark)["at"]
        return self.wait(
            "caught up", lambda: os.path.exists(self.path("alerts.ndjson"))
            and when in self.read("alerts.ndjson"), seconds, service)

    def stop(self, service):
        service.terminate()
        try:
            code = service.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.fail("told to stop it did not end")
        if code != 0:
            self.fail(f"told to stop it ended with {code}")

    def told(self, name="alerts.ndjson"):
        """The alerts of the file and of those before it, oldest first."""
        found = []
        for n in [*range(100, 0, -1), 0]:
            path = self.path(name + (f".{n}" if n else ""))
            if os.path.exists(path):
                with open(path, encoding="utf-8") as lines:
                    found += [json.loads(line) for line in lines]
        return found

    def count_told(self, name="alerts.ndjson"):
        """How many of rules; rather too few, while a file is rotated."""
        count = 0
        for n in range(100, -1, -1):
            path = self.path(name + (f".{n}" if n else ""))
            if os.path.exists(path):
                with open(path, "rb") as text:
                    lines = text.read()
                count += (lines.count(b"\n") -
                          lines.count(b'"rule":"tocsin.'))
        return count

    def expected(self, logs=("events.log",), merge=()):
        """What a replay tells; merge: ("--merge",) joins the logs by time."""
        return [json.loads(line) for line in subprocess.run(
            [self.tocsin, "replay", "--rules", "r.rules", "--format", "json",
             *merge, *logs], cwd=self.folder, check=True, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL).stdout.decode().splitlines()]

    def judge(self, what="", expected=None, ordered=True, told=None, key=alike):
        """Compares, tells, and takes the folder away when all is well."""
        meant = [key(one) for one in
                 (self.expected() if expected is None else expected)]
        got = [key(one) for one in (self.told() if told is None else told)
               if not one["rule"].startswith("tocsin.")]
        lost = list(set(meant) - set(got))
        strange = list(set(got) - set(meant))
        doubled = len(got) - len(set(got))
        print(f"{what}{', ' if what else ''}alerts {len(meant)}: lost "
              f"{len(lost)}, doubled {doubled}, unexpected {len(strange)}",
              flush=True)
        if lost or doubled or strange:
            self.fail(f"lost {lost[:2]}, unexpected {strange[:2]}")
        if ordered and got != meant:
            self.fail("the alerts are in another order")
        if not meant:
            self.fail("no alert at all: this test tests nothing")
        self.remove()

    def finish(self, writer, what=""):
        """The writer's end, a last start, all read, told to stop, judged."""
        writer.end()
        service = self.start()
        self.catch_up(service, writer)
        self.stop(service)
        self.judge(f"{what}{', ' if what else ''}events {writer.events}")

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def main(cases, description):
    """SCRIPT TOCSIN [CASE...] [--long] [--calls LIBRARY]; a case is a function
    of (tocsin, long), its name that of the function."""
    names = {case.__name__: case for case in cases}
    parse = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("tocsin")
    parse.add_argument("case", nargs="*", default=[])
    parse.add_argument("--long", action="store_true")
    parse.add_argument("--calls", metavar="LIBRARY",
                       help="failing_calls.cc, for the cases that load it")
    options = parse.parse_args()
    Trial.calls = os.path.abspath(options.calls) if options.calls else None
    for name in options.case or names:
        print(f"{name}: {names[name].__doc__.splitlines()[0]}", flush=True)
        names[name](options.tocsin, options.long)
