#!/usr/bin/env python3
"""More happens in the folder of a log than the kernel's queue of inotify
holds, while the reader stands still: what it was not told of, it finds.

watch_overflow.py TOCSIN [CASE...] [--long]
"""
import os
import signal
import time

import oracle

CONFIG = oracle.CONFIG.replace("events.log", "logs/events.log")


def queue_length():
    with open("/proc/sys/fs/inotify/max_queued_events", encoding="ascii") as n:
        return int(n.read())


def queue_overflow(tocsin, long_run):
    """The log is rotated meanwhile, and everything is read soon after."""
    trial = oracle.Trial(tocsin, "watch", CONFIG)
    os.mkdir(trial.path("logs"))
    log = trial.path("logs/events.log")
    number = 0

    def append(count, who=None):
        nonlocal number
        with open(log, "a", encoding="utf-8") as out:
            for _ in range(count):
                out.write(oracle.event(number, who or f"z{number % 500}"))
                number += 1

    append(1000)
    service = trial.start()
    trial.ready(service)
    slowest = 0
    backups = []
    for turn in range(20 if long_run else 3):
        append(1000)
        time.sleep(0.3)
        service.send_signal(signal.SIGSTOP)
        for other in range(queue_length() // 2 + 1000):  # Made, and removed.
            name = trial.path(f"logs/other-{other}")
            os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o600))
            os.remove(name)
        for rotation in range(3):
            append(1000)
            backups.append(trial.path(
                f"logs/events-2024-01-01T0{turn % 10}-{turn // 10}{rotation}"
                "-00.000.log"))
            os.rename(log, backups[-1])
        append(999)
        append(1, "x")
        mark = len([one for one in trial.told() if one["rule"] == "every_x"])
        service.send_signal(signal.SIGCONT)
        slowest = max(slowest, trial.wait("told", lambda: len(
            [one for one in trial.told() if one["rule"] == "every_x"]) > mark,
            service=service))
    if slowest > 5:
        trial.fail(f"it took {slowest:.1f} s to find what had been written")
    trial.stop(service)
    trial.judge(f"events {number}, found within {slowest:.2f} s",
                trial.expected([*backups, log]))


oracle.main([queue_overflow], __doc__)
