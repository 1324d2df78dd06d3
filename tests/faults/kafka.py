#!/usr/bin/env python3
"""Kafka and a service through the worst: nothing lost, nothing doubled.

Events go into a topic of real brokers while `tocsin run` reads it. In the end
its alerts must be those of a replay of all events.

kafka.py TOCSIN [CASE...] --feed PROGRAM [--brokers FOLDER] [--long]
  --feed     kafka_feed of tests/peers
  --brokers  where kafka_up.sh has started one; else one is started and ended
"""
import argparse
import random
import signal
import time

import crash_points
import kafka_bus
import oracle

RATE = 5000  # Events a second.
EVERY = oracle.SCHEMA + "rule every_one { where exists(id) then every }\n"
# What is in one source alone is decided behind the clock, so by the events'
# times; of the others one order of arrival is as good as another.
JOINED = oracle.SCHEMA.replace("who string }", "who string\n    kind string }")
JOINED += """rule every_x { where who == "x" then every }
rule three { by who where who != "x" when count() >= 3 within 1m
  then once per 5m }
rule alone { by who event a = kind == "file" event b = kind == "bus"
  when a then not b within 1s then once per 1h }
"""
FILE = """  - name: log
    file: {path: events.log, start: resume}
"""


class Options:
    """Of the command line."""
    tocsin = feed = brokers = None
    long = False


def begin(brokers, name, log="sent.log", line=oracle.event, **member):
    """A member and what feeds it."""
    topic = kafka_bus.new_topic()
    trial = kafka_bus.Member(Options.tocsin, name, brokers, topic, "one",
                             **member)
    feed = kafka_bus.Feed(Options.feed, brokers, topic, trial.path(log),
                          line=line, rate=RATE)
    trial.threads.append(feed)
    feed.start()
    return trial, feed


def read_all(trial, service, expected, others=()):
    """Until everything is told, here or by others."""
    trial.wait("all alerts are told", lambda: trial.count_told() + sum(
        other.count_told() for other in others) >= len(expected),
        seconds=120, service=service)


def finish(trial, feed, what, service=None):
    """The feed's end, a last start, all read, told to stop, judged."""
    feed.end()
    feed.mark()
    feed.finish()
    expected = trial.expected(("sent.log",))
    service = service or trial.start()
    read_all(trial, service, expected)
    trial.stop(service)
    trial.judge(f"{what}, events {feed.events}", expected, ordered=False)


def kill_nine(shared):
    """kill -9 of the service around a commit of offsets, and at random."""
    trial, feed = begin(shared, "kafka-kill")
    chance = random.Random(1)
    kills = 100 if Options.long else 6
    for point, nth in crash_points.turns(
            crash_points.points(*crash_points.OF_KAFKA),
            50 if Options.long else 2, chance):
        crash_points.die_at(trial, point, nth)
        kills += 1
    for _ in range(100 if Options.long else 6):
        trial.live(trial.start(), 0.3 + chance.random() * 1.5)
    finish(trial, feed, f"kills {kills}")


def rebalance(shared):
    """A second member comes and goes."""
    member = {"rules": EVERY, "metadata": "true"}
    trial, feed = begin(shared, "kafka-rebalance", **member)
    other = kafka_bus.Member(Options.tocsin, "kafka-other", shared, feed.topic,
                             **member)
    service = trial.start()
    trial.ready(service)
    rounds, each = (6, 10) if Options.long else (3, 0)
    for _ in range(rounds):
        begun = time.monotonic()
        told = other.count_told()
        second = other.start()
        other.ready(second)
        for one in (trial, other):
            one.wait("half of the partitions", lambda one=one: one.assigned() ==
                     kafka_bus.PARTITIONS / 2, service=one.services[-1])
        other.wait("alerts of the second", lambda: other.count_told() > told,
                   service=second)
        time.sleep(max(0, begun + each - time.monotonic()))
        other.stop(second)
        trial.wait("all partitions again", lambda: trial.assigned() ==
                   kafka_bus.PARTITIONS, service=service)
    feed.end()
    feed.mark()
    feed.finish()
    expected = trial.expected(("sent.log",))
    read_all(trial, service, expected, [other])
    trial.stop(service)
    told = other.told()
    if not told:
        trial.fail("the second has told nothing")
    # The place in the topic is part of the event, so of its alert's id, too.
    trial.judge(f"rounds {rounds}, of {feed.events} events the second told "
                f"{len(told)}", expected, ordered=False,
                told=trial.told() + told,
                key=lambda alert: alert["events"][-1]["identity"]["id"])
    other.remove()


def in_group(trial, service):
    """Until all partitions are the service's own."""
    trial.ready(service)
    trial.wait("it is back in its group", lambda: trial.assigned() ==
               kafka_bus.PARTITIONS, service=service)


def outages(nodes, times, down, up):
    """Brokers are killed in turn and come back; the service dies meanwhile, at
    every second time."""
    brokers = kafka_bus.Brokers(nodes=nodes)
    try:
        trial, feed = begin(brokers, f"kafka-brokers-{nodes}")
        service = trial.start()
        trial.ready(service)
        trial.wait("the first alerts", trial.count_told, service=service)
        for n in range(times):
            brokers.kill(n % nodes + 1)
            time.sleep(down)
            if n % 2 == 1:
                trial.live(service, 0)
                service = trial.start()
            brokers.start(n % nodes + 1)
            time.sleep(up)
            in_group(trial, service)
        finish(trial, feed, f"brokers {nodes}, killed {times} times", service)
    finally:
        brokers.end()


def only_broker(_):
    """The only broker is killed every few seconds and comes back when the
    member's session has ended."""
    outages(1, *((12, 1, 1.5) if Options.long else (2, 2, 0.3)))


def three_brokers(_):
    """Of three brokers one after the other is killed and comes back."""
    outages(3, *((12, 2, 2) if Options.long else (2, 0.5, 0.5)))


def frozen(shared):
    """SIGSTOP for longer than the session lasts, then SIGCONT: it comes back."""
    trial, feed = begin(shared, "kafka-frozen")
    service = trial.start()
    in_group(trial, service)
    times, seconds = (6, 20) if Options.long else (1, 9)
    for _ in range(times):
        before = trial.metric("tocsin_source_kafka_rebalances_total")
        service.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        service.send_signal(signal.SIGCONT)
        trial.wait("its session has ended", lambda before=before: trial.metric(
            "tocsin_source_kafka_rebalances_total") > before, service=service)
        in_group(trial, service)
    finish(trial, feed, f"frozen {times} times", service)


def two_sources(shared):
    """A log and a topic in one service, joined by a rule, under kill -9."""
    def line(kind, turn):
        """Of two events at one time the first to arrive is before the other,
        so no event of the one has the time of one of the other."""
        return lambda number, who: oracle.event(
            2 * number + turn, who, 10).replace(
                '"id":"e', f'"kind":"{kind}","id":"{kind}')

    trial, feed = begin(shared, "kafka-two", line=line("bus", 1), rules=JOINED,
                        more=FILE)
    writer = trial.writer(rate=RATE, seed=2, line=line("file", 0))
    chance = random.Random(2)
    kills = 100 if Options.long else 6
    for _ in range(kills):
        trial.live(trial.start(), 0.3 + chance.random() * 1.5)
    writer.end()
    feed.end()
    logs = ("sent.log", "events.log")
    service = trial.start()
    # First what there is, then the clock past all of it.
    for ahead in (0, 500_000):
        last = max(feed.events, writer.events)
        feed.events = writer.events = last
        feed.mark(ahead)
        writer.append("x", ahead)
        marks = {one["id"] for one in trial.expected(logs, ("--merge",))
                 if one["rule"] == "every_x"}
        trial.wait("the marks are told", lambda: marks.issubset(
            one["id"] for one in trial.told()), service=service)
    feed.finish()
    expected = trial.expected(logs, ("--merge",))
    read_all(trial, service, expected)
    trial.stop(service)

    def key(alert):
        """Which event completes three depends on who was first."""
        return ((alert["rule"], str(alert["key"])) if alert["rule"] == "three"
                else oracle.alike(alert))

    rules = [alert["rule"] for alert in expected]
    if min(map(rules.count, ("every_x", "three", "alone"))) == 0:
        trial.fail("a rule tells nothing: this test tests too little")
    trial.judge(f"kills {kills}", expected, ordered=False, key=key)


CASES = {case.__name__: case for case in (
    kill_nine, rebalance, only_broker, three_brokers, frozen, two_sources)}


def main():
    parse = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("tocsin")
    parse.add_argument("case", nargs="*", default=[])
    parse.add_argument("--feed", required=True)
    parse.add_argument("--brokers")
    parse.add_argument("--long", action="store_true")
    options = parse.parse_args(namespace=Options)
    shared = kafka_bus.Brokers(options.brokers)
    try:
        for name in options.case or CASES:
            print(f"{name}: {CASES[name].__doc__.splitlines()[0]}", flush=True)
            CASES[name](shared)
    finally:
        shared.end()


main()
