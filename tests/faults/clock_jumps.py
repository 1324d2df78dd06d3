#!/usr/bin/env python3
"""A wall clock that jumps, goes back, and stands still, while events come.

clock_jumps.py TOCSIN [CASE...] [--long] --calls LIBRARY
"""
import random
import struct
import time

import oracle

HOUR = 3600 * 10**9
YEAR = 365 * 24 * HOUR


def set_clock(trial, added_ns, stands=False):
    # One write of 16 bytes: both numbers change at once.
    with open(trial.path("clock"), "r+b", buffering=0) as clock:
        clock.write(struct.pack(
            "qq", added_ns, time.time_ns() + added_ns if stands else 0))


def jumping_clock(tocsin, long_run):
    """An hour and a year to and fro, steps of NTP, and no step at all."""
    trial = oracle.Trial(tocsin, "clock")
    with open(trial.path("clock"), "wb") as clock:
        clock.write(struct.pack("qq", 0, 0))
    writer = trial.writer()
    chance = random.Random(3)
    turns = 600 if long_run else 20
    service = None
    for turn in range(turns):
        if turn % 5 == 0:  # Also from one life to the next.
            if service is not None:
                service.kill()
                service.wait()
            service = trial.start(
                trial.failing(TOCSIN_CLOCK=trial.path("clock")))
            trial.ready(service)
        set_clock(trial, chance.choice(
            [0, HOUR, -HOUR, YEAR, -YEAR, 10**9, -10**6, -10**9]),
            stands=turn % 7 == 6)
        time.sleep(0.25)
        negative = {name: value for name, value in trial.metrics().items()
                    if value < 0}
        if negative:
            trial.fail(f"a duration below zero: {negative}")
    set_clock(trial, 0)
    writer.end()
    trial.catch_up(service, writer)
    trial.stop(service)
    trial.judge(f"events {writer.events}, jumps {turns}")


oracle.main([jumping_clock], __doc__)
