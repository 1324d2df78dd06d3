#!/usr/bin/env python3
"""A webhook's journal through the worst: nothing lost, nothing doubled.

The emulated audit webhook backend of an apiserver (apiserver_client.py) posts
to a service that is killed, or whose journal is full. What was answered with 200
is told, and what was not comes again.

webhook_journal.py TOCSIN [CASE...] [--long] --calls LIBRARY
"""
import os
import random
import time

import apiserver_client
import apiserver_load
import crash_points
import oracle

RULES = "rule each_event { where exists(stage) then every }\n"
# A journal as small as may be: its segments are of an eighth.
CONFIG = """rules: [r.rules]
data_dir: data
sources:
  - name: hook
    webhook: {listen: "127.0.0.1:%d", path: /audit, journal: {size: 1MiB}, limits: {body: 512KiB}}
sinks:
  - {name: alerts, file: {path: alerts.ndjson, rotate: {size: 16MiB, keep: 100}}}
checkpoint: {interval: 300ms}
web: {listen: "127.0.0.1:0"}
"""
JOURNAL = "data/journal/hook"
QUIET = 10  # Seconds without an alert, and none is awaited any more.
TAKEN, FULL = (200, None), (429, 5.0)  # Status and Retry-After.


def begin(tocsin, name, rate, **flags):
    """A service's folder, the client, and what makes its events."""
    port = apiserver_load.stable_port()
    trial = oracle.Trial(tocsin, name, CONFIG % port, RULES)
    client = apiserver_client.AuditWebhook(port, "/audit", random.Random(1),
                                           **flags)
    load = apiserver_load.Load(client, rate, random.Random(2))
    return trial, client, load


def finish(trial, client, load, service, what):
    """All is told, each once; the client gave up nothing."""
    if client.dropped_ids:
        trial.fail(f"the client gave up {len(client.dropped_ids)} events")
    trial.write("sent.log", "".join(
        text.decode() + "\n" for text in load.logged.values()))
    expected = trial.expected(("sent.log",))
    told, since = 0, time.monotonic()
    while told < len(expected) and time.monotonic() - since < QUIET:
        time.sleep(0.1)
        if trial.count_told() > told:
            told, since = trial.count_told(), time.monotonic()
    trial.stop(service)
    trial.judge(f"{what}, batches {client.counts['batches']}, posts "
                f"{client.counts['posts']}", expected, ordered=False)


def lose_unsynced(trial):
    """As when the power fails: of the journal stays what was synced. How many
    bytes were not."""
    lost = 0
    for name in os.listdir(trial.path(JOURNAL)):
        path, note = trial.path(f"{JOURNAL}/{name}"), trial.path(f"synced/{name}")
        synced = 0
        if os.path.exists(note):
            with open(note, "rb") as size:
                synced = int.from_bytes(size.read(8), "little")
        lost += max(os.path.getsize(path) - synced, 0)
        if synced == 0:
            os.remove(path)
        elif synced < os.path.getsize(path):
            os.truncate(path, synced)
    return lost


def killed(tocsin, long_run):
    """kill -9 and no power at every place between a body and its answer."""
    trial, client, load = begin(tocsin, "hook", 400, batch=50, first_wait=1.0)
    os.makedirs(trial.path(JOURNAL), mode=0o700)
    os.mkdir(trial.path("synced"))
    env = trial.failing(TOCSIN_SYNCED=f"{trial.path('synced')}:"
                                      f"{trial.path(JOURNAL)}")
    places = crash_points.points(*crash_points.OF_WEBHOOK)
    kills, torn = 0, dict.fromkeys(places, 0)
    load.start()
    for place, nth in crash_points.turns(places, 50 if long_run else 3,
                                         random.Random(3), most=3):
        crash_points.die_at(trial, place, nth, env)
        torn[place] += lose_unsynced(trial)
        kills += 1
        service = trial.start(env)
        trial.ready(service)
        trial.wait("what was not taken came again", lambda: client.again == 0,
                   service=service)
        service.kill()
        service.wait()
        lose_unsynced(trial)
    if not torn["journal.made"] or not torn["journal.written"]:
        trial.fail(f"nothing was lost between a write and its sync: {torn}")
    service = trial.start(env)
    load.end()
    client.close()
    finish(trial, client, load, service,
           f"kills {kills}, came again {client.counts['retries']} times")


def full(tocsin, long_run):
    """The store stands still, the journal fills up: 429, and all comes again."""
    trial, client, load = begin(tocsin, "hook-full", 1000)
    service = trial.start(trial.failing(
        TOCSIN_HELD_UP=f"{trial.path('held')}:{trial.path('data/state')}"))
    trial.ready(service)
    load.start()
    trial.wait("the first alerts", trial.count_told, service=service)
    trial.write("held", "")
    trial.wait("429", lambda: client.answers[FULL], service=service)
    most = trial.metric("tocsin_source_journal_bytes")
    # Each comes again every 5 s for 30 s, and so that five times.
    time.sleep(45 if long_run else 7)
    load.end()
    refused = client.answers[FULL]
    os.remove(trial.path("held"))
    begun = time.monotonic()
    client.close()
    took = time.monotonic() - begun
    figures = trial.metrics()
    told = figures['tocsin_source_refused_batches_total'
                   '{source="hook",reason="journal_full"}']
    if set(client.answers) != {TAKEN, FULL} or told != client.answers[FULL]:
        trial.fail(f"answered {client.answers}, counted {told}")
    if most > 1 << 20 or client.slowest > 2:
        trial.fail(f"journal {most:.0f} bytes, an answer after "
                   f"{client.slowest:.2f} s")
    if (client.counts["retries"] > 0) != long_run:
        trial.fail(f"{client.counts['retries']} tries behind the first")
    finish(trial, client, load, service, f"refused {refused}, slowest answer "
           f"{client.slowest * 1000:.0f} ms, all taken {took:.1f} s after")


if __name__ == "__main__":
    oracle.main([killed, full], __doc__)
