#!/usr/bin/env python3
"""A service that is told to stop, frozen, starved of time and of memory.

stopped.py TOCSIN [CASE...] [--long]
"""
import os
import random
import resource
import signal
import subprocess
import time

import oracle

CGROUPS = "/sys/fs/cgroup"


def told_to_stop(tocsin, long_run):
    """SIGTERM under load, again and again: each ends with 0, none loses."""
    trial = oracle.Trial(tocsin, "term")
    writer = trial.writer()
    chance = random.Random(2)
    stops = 200 if long_run else 10
    for _ in range(stops):
        service = trial.start()
        trial.ready(service)
        time.sleep(chance.random())
        trial.stop(service)
    trial.finish(writer, f"stops {stops}")


def frozen(tocsin, long_run):
    """SIGSTOP under load, then SIGCONT: it goes on as if nothing had been."""
    trial = oracle.Trial(tocsin, "frozen")
    writer = trial.writer()
    service = trial.start()
    trial.ready(service)
    for seconds in [60, 5, 0.1] if long_run else [4, 1, 0.1, 0.1]:
        time.sleep(0.5)
        service.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        service.send_signal(signal.SIGCONT)
    writer.end()
    behind = trial.catch_up(service, writer)
    if trial.metric("tocsin_service_ready") != 1:
        trial.fail("it is not ready any more")
    trial.stop(service)
    trial.judge(f"events {writer.events}, caught up in {behind:.1f} s")


def little_time(tocsin, long_run):
    """A tenth of a core: it falls behind, and tells everything all the same."""
    trial = oracle.Trial(tocsin, "slow")
    writer = trial.writer()
    service = trial.start()
    end = time.monotonic() + (60 if long_run else 6)
    while time.monotonic() < end:
        service.send_signal(signal.SIGSTOP)
        time.sleep(0.045)
        service.send_signal(signal.SIGCONT)
        time.sleep(0.005)
    writer.end()
    behind = trial.catch_up(service, writer)
    trial.stop(service)
    trial.judge(f"events {writer.events}, caught up in {behind:.1f} s")


def memory_group(limit):
    """A control group with so little memory; None where none can be made."""
    for folder, name in ((f"{CGROUPS}/memory", "memory.limit_in_bytes"),
                         (CGROUPS, "memory.max")):
        group = f"{folder}/tocsin-test-{os.getpid()}"
        try:
            os.mkdir(group)
        except OSError:
            continue
        try:
            with open(f"{group}/{name}", "w", encoding="ascii") as value:
                value.write(str(limit))
            return group
        except OSError:
            os.rmdir(group)
    return None


def join(group):
    with open(f"{group}/cgroup.procs", "w", encoding="ascii") as members:
        members.write(str(os.getpid()))


def starve(trial, how, enter):
    """Runs it with too little memory until it dies of that."""
    service = trial.start(preexec_fn=enter)
    try:
        code = service.wait(timeout=60)
    except subprocess.TimeoutExpired:
        trial.fail(f"{how}: it did not die")
    if code == 0:
        trial.fail(f"{how}: it ended with 0")
    return code


def no_memory(tocsin, long_run):
    """Memory that ends: the kernel kills it, or an allocation fails; it recovers."""
    trial = oracle.Trial(tocsin, "oom", rules=oracle.RULES + """
rule many { by id when count() >= 2 within 1h }
""")
    writer = trial.writer(rate=60000)
    service = trial.start()
    trial.ready(service)
    time.sleep(0.5)
    room = trial.resident(service)
    service.kill()
    service.wait()
    deaths = []
    for turn in range(10 if long_run else 2):
        limit = room + ((turn + 1) << 23)
        group = memory_group(limit)
        if group is not None:
            deaths.append(starve(trial, f"{limit} bytes in a control group",
                                 lambda: join(group)))
            os.rmdir(group)
        # Addresses are not memory: the stacks of threads count in full.
        limit = (256 << 20) + ((turn + 1) << 23)
        deaths.append(starve(
            trial, f"{limit} bytes of addresses", lambda: resource.setrlimit(
                resource.RLIMIT_AS, (limit, limit))))
    trial.finish(writer, f"ended with {deaths}")


oracle.main([told_to_stop, frozen, little_time, no_memory], __doc__)
