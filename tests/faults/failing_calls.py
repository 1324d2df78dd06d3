#!/usr/bin/env python3
"""Reads, writes and syncs of the data directory that fail, each in its turn.

A call that fails ends the service with 75, also while it starts, and the next
start goes on with what is sound. Half a write is no failure; a write without
room may be none.

failing_calls.py TOCSIN [CASE...] [--long] --calls LIBRARY
"""
import os
import subprocess
import time

import oracle

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


oracle.main([failing_writes, half_writes, no_room_once, failing_syncs,
             failing_reads], __doc__)
