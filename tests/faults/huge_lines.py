#!/usr/bin/env python3
"""Lines as no apiserver writes them, between lines as it does: a million keys,
ten megabytes of text, a hundred thousand levels, a gigabyte. What is an event
is told, of the longest what stands before the cut; memory stays where it is.

huge_lines.py TOCSIN [CASE...] [--long]
"""
import json
import os
import subprocess

import oracle

MIB = 1 << 20
GIB = 1 << 30
RULES = oracle.SCHEMA.replace("who string }", "who string\n    body any? }")
RULES += """rule every_x { where who == "x" then every }
rule body { where exists(body.v) then every }
"""
LEVELS = 100_000
BODIES = {
    "keys": b'{"v":{' + b",".join(b'"k%d":0' % n for n in range(10**6)) + b"}}",
    "text": b'{"v":"' + b"x" * 10_000_000 + b'"}',
    "lists": b'{"v":' + b"[" * LEVELS + b"]" * LEVELS + b"}",
    "objects": b'{"v":' * LEVELS + b"1" + b"}" * LEVELS,
    "open": b'{"v":' + b"[" * LEVELS,
}
DEEP = ("lists", "objects", "open")
HUGE = len(BODIES) + 1  # With the longest.
BEHIND = 10  # Good lines behind them all.
LAST = f"e{2 * HUGE + BEHIND - 1}"
HOLE = b""  # Stands for a gigabyte.


def pieces():
    """Good lines and huge ones in turn, as bytes."""
    for n, body in enumerate([*BODIES.values(), HOLE]):
        yield oracle.event(2 * n, "x").encode()
        yield oracle.event(2 * n + 1, "x").encode()[:-2] + b',"body":'
        yield from [body] if body else [b'{"v":"', HOLE, b'"}']
        yield b"}\n"
    for n in range(BEHIND):
        yield oracle.event(2 * HUGE + n, "x").encode()


def check(trial, alerts, peak, base):
    """Of every good line an alert, and of the huge ones that nest no deeper
    than may be; of the longest no body."""
    of = {rule: sum(alert["rule"] == rule for alert in alerts)
          for rule in ("every_x", "body")}
    meant = {"every_x": 2 * HUGE + BEHIND - len(DEEP),
             "body": len(BODIES) - len(DEEP)}
    print(f"alerts {of['every_x']}, of bodies {of['body']}; at most "
          f"{peak >> 20} MiB, {base >> 20} without them", flush=True)
    if of != meant:
        trial.fail(f"told {of}, meant {meant}")
    if peak > base + 400 * MIB:
        trial.fail("memory grows with the lines")


def followed(tocsin, _):
    """In a log that is followed."""
    trial = oracle.Trial(tocsin, "huge", rules=RULES)
    service = trial.start()
    trial.ready(service)

    def highest():
        with open(f"/proc/{service.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) << 10 for line in status
                        if line.startswith("VmHWM"))

    base = highest()
    with open(trial.path("events.log"), "ab", buffering=0) as log:
        for piece in pieces():
            if piece == HOLE:
                log.truncate(log.tell() + GIB)
                log.seek(0, os.SEEK_END)
            else:
                log.write(piece)
    trial.wait("the last is told", lambda: any(
        alert["events"][-1]["identity"]["id"] == LAST
        for alert in trial.told()), seconds=120, service=service)
    peak, metrics = highest(), trial.metrics()
    trial.stop(service)
    for name, count in [('dropped_total{reason="malformed"}', 1),
                        ('dropped_total{reason="too_deep"}', 2),
                        ('odd_total{reason="salvaged"}', 1)]:
        if metrics[f"tocsin_input_{name}"] != count:
            trial.fail(f"{name} is {metrics[f'tocsin_input_{name}']}")
    check(trial, trial.told(), peak, base)
    trial.judge()


def standard_input(tocsin, _):
    """On standard input."""
    trial = oracle.Trial(tocsin, "huge", rules=RULES)

    def replay(lines):
        with open(trial.path("out.ndjson"), "wb") as out:
            program = subprocess.Popen(
                [trial.tocsin, "replay", "--rules", "r.rules", "--format",
                 "json", "-"], cwd=trial.folder, stdin=subprocess.PIPE,
                stdout=out, stderr=subprocess.DEVNULL)
        for line in lines:
            for _ in range(GIB >> 20 if line == HOLE else 1):
                program.stdin.write(b"x" * MIB if line == HOLE else line)
        program.stdin.close()
        _, status, usage = os.wait4(program.pid, 0)
        program.returncode = os.waitstatus_to_exitcode(status)
        return program.returncode, usage.ru_maxrss << 10

    _, base = replay([oracle.event(0, "x").encode()])
    code, peak = replay(pieces())
    if code != 0:
        trial.fail(f"it ended with {code}")
    check(trial, [json.loads(line) for line in
                  trial.read("out.ndjson").splitlines()], peak, base)
    trial.remove()


oracle.main([followed, standard_input], __doc__)
