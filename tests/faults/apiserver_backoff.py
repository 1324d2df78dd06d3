#!/usr/bin/env python3
"""A service that is down while an apiserver posts to it (F23).

The emulated audit webhook backend of apiserver_client.py, with the back-off of
the real one, posts to three services at once. Each is killed, two of them
between a body and its answer, and started again after 60, 79 and 120 s. The
real one tries each batch for 81 s at least: so nothing is lost of the first
two; of the third exactly what the client itself gave up. Each event that was
not given up has one alert.

apiserver_backoff.py TOCSIN [--down SECONDS...] [--seed N]
"""
import argparse
import os
import random
import shutil
import sys
import tempfile
import threading
import time

import apiserver_client
import apiserver_load

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../testing"))
from tocsin_service import Service, doubled  # pylint: disable=C0413

RULES = "rule each_event { where exists(stage) then every }\n"
CONFIG = """rules: [r.rules]
data_dir: data
sources:
  - {name: hook, webhook: {listen: "127.0.0.1:%d", path: /audit}}
sinks: [{name: out, file: {path: alerts.ndjson}}]
web: {listen: none}
"""
SURE = 81.0  # What is down for less loses nothing.
RATE = 100  # Events a second: a batch every four seconds.
BEFORE, AFTER = 6.0, 2.0  # Seconds of events before it is down, and after.


class Outage(threading.Thread):
    """One client and its service, which is down for so many seconds."""

    def __init__(self, tocsin, folder, seconds, seed):
        super().__init__()
        self.seconds, self.random = seconds, random.Random(seed)
        self.port = apiserver_load.stable_port()
        self.service = Service(tocsin, folder, CONFIG % self.port,
                               {"r.rules": RULES})
        self.load = self.fault = None

    def run(self):
        try:
            self.go_through()
        except BaseException as fault:  # pylint: disable=W0718
            self.fault = fault
            self.service.process.kill()

    def go_through(self):
        service = self.service.start()
        client = apiserver_client.AuditWebhook(self.port, "/audit", self.random)
        self.load = apiserver_load.Load(client, RATE, self.random)
        self.load.log_for(lambda begun: time.monotonic() - begun < BEFORE)
        self.crash(client)
        down = time.monotonic()
        self.load.log_for(lambda _: time.monotonic() - down < self.seconds)
        service.start()
        self.load.log_for(lambda begun: time.monotonic() - begun < AFTER)
        client.close()
        self.check(client)

    def crash(self, client):
        """In the middle of a POST; for what will lose events between two, so
        that what the client counts is what it lost."""
        if self.seconds >= SURE:
            with client.quiet():
                self.service.kill()
            return
        client.after_body = self.service.kill
        self.load.log_for(lambda _: client.after_body is not None)
        self.service.process.wait()

    def check(self, client):
        given_up = set(client.dropped_ids)
        meant = set(self.load.logged) - given_up
        self.service.wait_for(
            lambda: self.service.count_alerts() >= len(meant), 30,
            f"fewer alerts than {len(meant)}")
        self.service.stop()
        told = [(alert["events"][-1]["auditID"], alert["events"][-1]["stage"])
                for alert in self.service.alerts()
                if alert["rule"] == "each_event"]
        lost, twice = meant - set(told), doubled(told)
        strange = set(told) - meant
        counts = client.counts
        print(f"down {self.seconds:.0f} s: events {counts['events']}, batches "
              f"{counts['batches']}, posts {counts['posts']}; given up by the "
              f"client {counts['webhook'] + counts['buffered']}, lost beside "
              f"these {len(lost)}, doubled {len(twice)}, unexpected "
              f"{len(strange)}", flush=True)
        if lost or twice or strange:
            raise AssertionError(f"lost {list(lost)[:2]}, twice {twice[:2]}, "
                                 f"unexpected {list(strange)[:2]}")
        if self.seconds < SURE and given_up:
            raise AssertionError("the client gave up what it should not")
        if self.seconds > 98 + 4 and not given_up:
            raise AssertionError("the client gave up nothing, in so long")
        if counts["retries"] == 0:
            raise AssertionError("no retry: this test tests nothing")


def main():
    parse = argparse.ArgumentParser()
    parse.add_argument("tocsin")
    parse.add_argument("--down", type=float, nargs="+", default=[60, 79, 120])
    parse.add_argument("--seed", type=int, default=1)
    options = parse.parse_args()
    folder = tempfile.mkdtemp(prefix="tocsin-backoff-")
    outages = [Outage(options.tocsin, f"{folder}/{n}", seconds,
                      options.seed * 1000 + n)
               for n, seconds in enumerate(options.down)]
    for outage in outages:
        outage.start()
    for outage in outages:
        outage.join()
    for outage in outages:
        if outage.fault is not None:
            sys.exit(f"FAILED: down {outage.seconds:.0f} s: {outage.fault} "
                     f"(see {folder})")
    shutil.rmtree(folder)


main()
