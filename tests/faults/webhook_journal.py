#!/usr/bin/env python3
"""A webhook's journal through the worst: nothing lost, nothing doubled.

The emulated audit webhook backend of an apiserver (apiserver_client.py) posts
to a service that is killed. What was answered with 200 is told, and what was not
comes again.

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


if __name__ == "__main__":
    oracle.main([killed], __doc__)
