#!/usr/bin/env python3
"""kill -9 under load: nothing lost, nothing doubled.

A writer appends events to a log while `tocsin run` follows it and is killed:
at random, and at every named place around what makes something durable. Those
of webhooks and Kafka are reached in webhook_journal.py and kafka.py.

kill_nine.py TOCSIN [--kills N] [--points TIMES] [--rate EVENTS/S] [--seed N]
"""
import argparse
import random
import time

import crash_points
import oracle


def main():
    parse = argparse.ArgumentParser()
    parse.add_argument("tocsin")
    parse.add_argument("--kills", type=int, default=20)
    parse.add_argument("--points", type=int, default=0, metavar="TIMES")
    parse.add_argument("--rate", type=int, default=20000)
    parse.add_argument("--seed", type=int, default=1)
    options = parse.parse_args()
    chance = random.Random(options.seed)
    trial = oracle.Trial(options.tocsin, "kill")
    begun = time.monotonic()
    writer = trial.writer(rate=options.rate, seed=options.seed)
    kills = options.kills
    for point, nth in crash_points.turns(crash_points.points(),
                                         options.points, chance):
        crash_points.die_at(trial, point, nth)
        kills += 1
    for _ in range(options.kills):
        service = trial.start()
        time.sleep(chance.random() * chance.choice([0.2, 0.6, 1.5]))
        if service.poll() is not None:
            trial.fail(f"it ended by itself with {service.returncode}")
        service.kill()
        service.wait()
    rate = writer.events / (time.monotonic() - begun)
    trial.finish(writer, f"kills {kills}, events a second {rate:.0f}")


main()
