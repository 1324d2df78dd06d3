#!/usr/bin/env python3
"""Reads, writes and syncs of the data directory that fail, each in its turn.

A call that fails ends the service with 75, also while it starts, and the next
start goes on with what is sound. Half a write is no failure; a write without
room may be none.

failing_calls.py TOCSIN [CASE...] [--long] --calls LIBRARY
"""
import http.client
import os
import subprocess
import time
import urllib.error
import urllib.request

import oracle

HOOK_CONFIG = oracle.CONFIG.replace("sinks:", """  - name: hook
    webhook: {listen: "127.0.0.1:0", path: /audit}
sinks:""")
FAILED = 75
# Without room it cannot begin, and RocksDB takes for final what it cannot undo.
MAY_END = {"SHORT": (), "ENOSPC": (2, FAILED)}


def fail_at(trial, call, how, nth):
    """One life whose nth call fails; None when it made fewer in its time."""
    failed = trial.path("failed")
    if os.path.exists(failed):
        os.remove(failed)
    service = trial.start(trial.failing(
        TOCSIN_FAIL=f"{call}:{how}:{nth}:{trial.path('data')}",
        TOCSIN_FAILED=failed))
    begun = time.monotonic()
    while not os.path.exists(failed):
        if service.poll() is not None:
            trial.fail(f"it ended with {service.returncode} by itself")
        if time.monotonic() - begun > 6:
            service.kill()
            service.wait()
            return None
        time.sleep(0.01)
    if how != "EIO":
        time.sleep(0.2 if how == "SHORT" else 0.5)
        if service.poll() not in (None, *MAY_END[how]):
            trial.fail(f"{how} of {call} {nth}, of {trial.read('failed')}: "
                       f"ended with {service.returncode}")
        service.kill()
        return service.wait()
    try:
        code = service.wait(timeout=4)
    except subprocess.TimeoutExpired:
        # What was asked for may be had elsewhere; and a store may do without
        # the record of its options and its place in the folder.
        name = os.path.basename(trial.read("failed"))
        if call == "read" or name == "state" or "OPTIONS" in name:
            service.kill()
            service.wait()
            return 0
        trial.fail(f"{call} {nth}, of {trial.read('failed')}, failed, and it "
                   "goes on")
    if code != FAILED:
        trial.fail(f"{call} {nth}, of {trial.read('failed')}, failed, and it "
                   f"ended with {code}")
    return code


def sweep(tocsin, call, how, long_run):
    trial = oracle.Trial(tocsin, call)
    writer = trial.writer(rate=5000)
    codes = {}
    steps = range(1, 501) if long_run else [*range(1, 12), 15, 22, 33, 50, 80]
    for nth in steps:
        code = fail_at(trial, call, how, nth)
        codes[code] = codes.get(code, 0) + 1
        if code is None:
            break
    if len(codes) == 1 and None in codes:
        trial.fail("no call at all: this test tests nothing")
    trial.finish(writer, f"ended with {codes}")


def failing_writes(tocsin, long_run):
    """EIO at the nth write below the data directory."""
    sweep(tocsin, "write", "EIO", long_run)


def half_writes(tocsin, long_run):
    """The nth write takes half of its bytes, and the service dies behind it."""
    sweep(tocsin, "write", "SHORT", long_run)


def no_room_once(tocsin, long_run):
    """The nth write finds no room on the device, and the next one does."""
    sweep(tocsin, "write", "ENOSPC", long_run)


def failing_syncs(tocsin, long_run):
    """EIO at the nth fsync or fdatasync below the data directory."""
    sweep(tocsin, "sync", "EIO", long_run)


def failing_reads(tocsin, long_run):
    """EIO at the nth read below the data directory."""
    sweep(tocsin, "read", "EIO", long_run)


def post(trial, line):
    """The answer of its webhook."""
    link = http.client.HTTPConnection("127.0.0.1", trial.port("webhook_port"),
                                      timeout=20)
    link.request("POST", "/audit", line)
    code = link.getresponse().status
    link.close()
    return code


def is_ready(trial):
    try:
        with urllib.request.urlopen(
                f"http://127.0.0.1:{trial.port('port')}/-/ready") as answer:
            return answer.status == 200
    except urllib.error.HTTPError as error:
        return error.code != 503
    except urllib.error.URLError:
        return True  # It has ended.


def not_ready_once_failed(tocsin, long_run):
    """From a sync that failed to the end: not ready, and no 200 for a webhook."""
    trial = oracle.Trial(tocsin, "unready", HOOK_CONFIG)
    writer = oracle.Writer(trial.path("events.log"))
    lost, not_read = trial.path("lost"), trial.path("not-read")
    for _ in range(10 if long_run else 2):
        service = trial.start(trial.failing(
            TOCSIN_SYNC_LOST=f"{lost}:{trial.path('data/state')}",
            TOCSIN_NOT_READ=f"{not_read}:{trial.path('events.log')}"))
        trial.ready(service)
        trial.wait("ready", lambda: is_ready(trial), service=service)
        trial.write("lost", "")
        writer.append("x")  # Its alert waits for a sync,
        time.sleep(0.5)
        trial.write("not-read", "")  # and the end for what is being read.
        writer.append("z")
        time.sleep(1)
        if not is_ready(trial) or post(trial, "{}") != 200:
            trial.fail("not ready before anything failed")
        os.remove(lost)
        trial.wait("not ready", lambda: not is_ready(trial), 5, service)
        codes = [post(trial, '{"n":%d}' % n) for n in range(5)]
        if set(codes) != {503} or service.poll() is not None:
            trial.fail(f"answered {codes} behind a sync that failed")
        os.remove(not_read)
        if service.wait(timeout=20) != FAILED:
            trial.fail(f"ended with {service.returncode}")
    service = trial.start()
    trial.catch_up(service, writer)
    trial.stop(service)
    trial.judge(f"events {writer.events}")


oracle.main([failing_writes, half_writes, no_room_once, failing_syncs,
             failing_reads, not_ready_once_failed], __doc__)
