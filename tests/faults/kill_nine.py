#!/usr/bin/env python3
"""kill -9 under load: nothing lost, nothing doubled.

A writer appends events to a log while `tocsin run` follows it and is killed:
at random, and at every named place around what makes something durable.

kill_nine.py TOCSIN [--kills N] [--points SOURCE_DIR] [--rate EVENTS/S] [--seed N]
"""
import argparse
import os
import random
import re
import signal
import subprocess
import time

import oracle


def crash_points(source_dir):
    with open(os.path.join(source_dir, "engine/base/crash_point.h"),
              encoding="utf-8") as text:
        return re.findall(r'"([a-z]+\.[a-z]+)"', text.read())


def die_at(trial, point, nth):
    service = trial.start({"TOCSIN_CRASH_AT": f"{point}:{nth}"})
    try:
        code = service.wait(timeout=20)
    except subprocess.TimeoutExpired:
        trial.fail(f"{point} was not reached {nth} times")
    if code != -signal.SIGKILL:
        trial.fail(f"at {point}:{nth} it ended with {code}")


def main():
    parse = argparse.ArgumentParser()
    parse.add_argument("tocsin")
    parse.add_argument("--kills", type=int, default=20)
    parse.add_argument("--points", metavar="SOURCE_DIR")
    parse.add_argument("--rate", type=int, default=20000)
    parse.add_argument("--seed", type=int, default=1)
    options = parse.parse_args()
    chance = random.Random(options.seed)
    trial = oracle.Trial(options.tocsin, "kill")
    writer = trial.writer(rate=options.rate, seed=options.seed)
    kills = options.kills
    if options.points:
        for point in crash_points(options.points):
            for nth in (1, 2 + chance.randrange(5)):
                die_at(trial, point, nth)
                kills += 1
    for _ in range(options.kills):
        service = trial.start()
        time.sleep(chance.random() * chance.choice([0.2, 0.6, 1.5]))
        if service.poll() is not None:
            trial.fail(f"it ended by itself with {service.returncode}")
        service.kill()
        service.wait()
    trial.finish(writer, f"kills {kills}")


main()
