#!/usr/bin/env python3
"""A log that is gone when a crash wants to be read again, and another crash.

What cannot be read again is told once as a gap, what comes behind it goes on,
and what was told of that before the second crash comes again under its ids.

log_is_gone.py TOCSIN [CASE...] [--long]
"""
import os

import oracle

RULES = oracle.SCHEMA + 'rule every_x { where who == "x" then every }\n'
CONFIG = oracle.CONFIG.replace("300ms", "1h")  # All is in the log of the merge.


def put(trial, number, who):
    with open(trial.path("events.log"), "a", encoding="utf-8") as log:
        log.write(oracle.event(number, who))


def read(trial, service, lines):
    trial.wait(f"{lines} lines are read", lambda: trial.metric(
        "tocsin_input_lines_total") >= lines, service=service)


def log_is_gone(tocsin, _):
    """The log is another after the first crash; a second one follows."""
    trial = oracle.Trial(tocsin, "gone", CONFIG, RULES)

    def told(service, count):
        trial.wait(f"{count} alerts", lambda: trial.count_told() >= count,
                   service=service)

    service = trial.start()
    trial.ready(service)
    for number in range(4):  # Each a stretch of the log.
        put(trial, number, "x")
        told(service, number + 1)
    service.kill()
    service.wait()
    os.remove(trial.path("events.log"))
    put(trial, 100, "x")
    service = trial.start()
    trial.ready(service)
    told(service, 5)
    lines = trial.metric("tocsin_input_lines_total")
    for number in range(3):  # Together one stretch, for they tell nothing.
        put(trial, 110 + number, "y")
        read(trial, service, lines + number + 1)
    put(trial, 120, "x")
    told(service, 6)
    service.kill()
    service.wait()
    service = trial.start()
    trial.ready(service)
    put(trial, 130, "x")
    told(service, 7)
    trial.stop(service)
    gaps = [one["summary"] for one in trial.told()
            if one["rule"] == "tocsin.gap"]
    if len(gaps) != 1 or " bytes of events.log that " not in gaps[0]:
        trial.fail(f"one gap is to be told, by the log's name, not {gaps}")
    trial.write("first.log", "".join(oracle.event(n, "x") for n in range(4)))
    trial.judge(expected=trial.expected(("first.log", "events.log")))


oracle.main([log_is_gone], __doc__)
