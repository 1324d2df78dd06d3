#!/usr/bin/env python3
"""More happens in the folder of a log than the kernel's queue of inotify
holds, while the reader stands still; or there is no inotify at all: what it was
not told of, it finds, at most a second later than otherwise.

watch_overflow.py TOCSIN [CASE...] [--long] --calls LIBRARY
"""
import os
import signal
import time

import oracle

CONFIG = oracle.CONFIG.replace("events.log", "logs/events.log")
EXTRA = 1.0  # Seconds.


def queue_length():
    with open("/proc/sys/fs/inotify/max_queued_events", encoding="ascii") as n:
        return int(n.read())


class Log:
    """The log of a trial: what is appended to it, and where it went."""

    def __init__(self, trial):
        self.trial, self.number, self.backups = trial, 0, []
        os.mkdir(trial.path("logs"))
        self.path = trial.path("logs/events.log")
        self.append(1000)

    def append(self, count, who=None):
        with open(self.path, "a", encoding="utf-8") as out:
            for _ in range(count):
                out.write(oracle.event(self.number,
                                       who or f"z{self.number % 500}"))
                self.number += 1

    def rotate(self):
        n = len(self.backups)
        self.backups.append(self.trial.path(
            f"logs/events-2024-01-01T{n // 60:02}-{n % 60:02}-00.000.log"))
        os.rename(self.path, self.backups[-1])

    def found(self, service, change):
        """In how many seconds behind a change that ends with an x it is told."""
        def told():
            return sum(one["rule"] == "every_x" for one in self.trial.told())

        before = told()
        change()
        return self.trial.wait("told", lambda: told() > before, service=service)

    def judge(self, what):
        self.trial.judge(f"events {self.number}, {what}",
                         self.trial.expected([*self.backups, self.path]))


def storm(folder):
    """More than the queue holds: files that are made and removed."""
    for other in range(queue_length() // 2 + 1000):
        name = os.path.join(folder, f"other-{other}")
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o600))
        os.remove(name)


def queue_overflow(tocsin, long_run):
    """The log is rotated meanwhile, and everything is read soon after."""
    trial = oracle.Trial(tocsin, "watch", CONFIG)
    log = Log(trial)
    service = trial.start()
    trial.ready(service)

    def turn(overflows):
        log.append(1000)
        time.sleep(0.3)
        service.send_signal(signal.SIGSTOP)
        if overflows:
            storm(trial.path("logs"))
        for _ in range(3):
            log.append(1000)
            log.rotate()
        log.append(999)
        log.append(1, "x")
        return log.found(service, lambda: service.send_signal(signal.SIGCONT))

    usual = max(turn(False) for _ in range(2))
    took = sorted(turn(True) for _ in range(21 if long_run else 3))
    # One turn may be slow for another reason; what is looked at too seldom is
    # slow at each.
    if took[len(took) // 2] > usual + EXTRA or took[-1] > 5:
        trial.fail(f"it took {took} s to find what had been written, and "
                   f"{usual:.2f} s where the queue held all")
    trial.stop(service)
    log.judge(f"found within {took[-1]:.2f} s, usually {usual:.2f} s")


def no_watches(tocsin, long_run):
    """The kernel gives no inotify, or no watch: what is written is found by
    looking, within a second."""
    usual = None
    for how in (None, "EMFILE", "ENOSPC"):
        trial = oracle.Trial(tocsin, "watch", CONFIG)
        log = Log(trial)
        service = trial.start(trial.failing(TOCSIN_NO_WATCH=how) if how else {})
        trial.ready(service)

        def rotate(log=log):
            log.rotate()
            log.append(1, "x")

        def slowest(log=log, service=service, rotate=rotate):
            """Appends and rotations at any time between two looks."""
            took = 0
            for n in range(40 if long_run else 8):
                time.sleep(0.1 + 0.07 * n % 0.5)
                change = rotate if n % 2 else lambda: log.append(1, "x")
                took = max(took, log.found(service, change))
            return took

        took = slowest()
        for _ in range(4):  # The machine may have been busy otherwise.
            if usual is not None and took > usual + EXTRA:
                took = slowest()
        if usual is None:
            usual = took
        elif took > usual + EXTRA:
            trial.fail(f"{how}: found within {took:.2f} s, with watches "
                       f"{usual:.2f} s")
        trial.stop(service)
        log.judge(f"{how or 'watches'}: found within {took:.2f} s")


oracle.main([queue_overflow, no_watches], __doc__)
