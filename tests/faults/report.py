#!/usr/bin/env python3
"""What happens when things go wrong, as one table: each fault, the tests that
make it happen, and whether they hold.

report.py BUILD_DIR [--long]     --long: a thousand kills and simulations more

Exit status: 0 all hold, 1 one does not, or is not there."""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

# Fault, what it is, and the tests of it by name.
FAULTS = [
    ("F1", "kill -9 at random under load",
     [r"faults\.kill_nine_at_random"]),
    ("F2", "kill -9 at every named place",
     [r"faults\.kill_nine_at_every_point", r"faults\.webhook_killed",
      r"faults\.kafka_kill_nine"]),
    ("F3", "what was not synced is lost or torn",
     ["Shares/SimulationTest", "RestartTest", "MemoryStateStoreTest"]),
    ("F4", "no room in the data directory",
     [r"faults\.no_room$", r"RocksStateStoreTest\.WithoutRoom", "NoSpaceIsA429",
      r"JournalTest\.NoSpace", "KeptLettersTest"]),
    ("F5", "no room for the log that is followed",
     [r"ExtractPiecesTest\.OfALineThat", r"ExtractPiecesTest\.WhereverAnEvent",
      r"faults\.no_room_for_the_log", "ExtractDifferential.*BehindACut"]),
    ("F6", "writes and syncs that fail",
     [r"faults\.failing_", r"faults\.half_",
      r"RocksStateStoreTest\.AFailedSync", "AFailedSyncIsNeverA200",
      r"JournalTest\.AFail", "AFailedJournalEndsTheSource"]),
    ("F7", "flipped bits, cut and missing files",
     [r"RocksStateStoreTest\.DamageIsNeverSilent", r"CheckpointsTest\.DamageIs",
      r"RocksStateStoreTest\.AMissingFile", "JournalDamageTest",
      "MergeLogTest", r"DurableTest\.(DamageIs|WithoutItsLog)"]),
    ("F8", "a clock that jumps",
     ["Shares/SimulationTest", "EventClockTest", r"faults\.jumping_clock"]),
    ("F9", "events out of order, from 1970 and from the future",
     ["EventClockTest", "WindowSemantics"]),
    ("F10", "a storm of rotations, compressed and pruned",
     ["F10RotationStorm", r"TailBugs\.Loki9699"]),
    ("F11", "rotated while it was down, at every offset",
     ["TailResumeAt", r"TailBugs\.Vector7990", r"TailBugs\.FluentBit5024",
      "WhatWasPruned"]),
    ("F12", "copied and truncated while it is written",
     ["CopyTruncate", "FileRotateTruncate"]),
    ("F13", "an inode that is used again",
     [r"TailBugs\.Vector23076", r"TailBugs\.Beats1341",
      r"TailBugs\.FluentBit5382"]),
    ("F14", "empty files, equal first lines, no last line feed",
     [r"TailBugs\.Vector643", r"TailBugs\.Vector25079", "ALastLineWithout"]),
    ("F15", "lines that are written in pieces",
     ["LinesThatComeByteByByte", r"TailBugs\.Vector10025",
      r"RunTest\.HalfALine"]),
    ("F16", "another thing under the name, or none",
     ["WhatTakesALogsPlace", "ADeletedFileIsRead", "WhatCannotBeFollowed"]),
    ("F17", "no inotify, or more than its queue holds",
     ["WithoutInotifyAFileIsRead", r"faults\.queue_overflow",
      r"faults\.no_watches"]),
    ("F18", "what is no JSON, huge lines and deep nesting",
     ["JsonSuite", r"faults\.huge_lines", "ALineThatIsTooLong",
      "ALineLongerThan", "too_deep", "TooDeep"]),
    ("F19", "bytes that are no UTF-8",
     ["ExtractDifferential", "Utf8"]),
    ("F20", "keys twice and in any order",
     ["ExtractDifferential", "DuplicateKey"]),
    ("F21", "hostile clients of the webhook",
     ["WebhookReceiverTest", "WebhookLimitsTest", "WebhookCrowdTest"]),
    ("F22", "the webhook dies between sync and answer",
     [r"faults\.webhook_killed",
      "NothingAcknowledgedIsLostUnderKill9", r"JournalDamageTest\.NothingAck"]),
    ("F23", "an apiserver that retries while it is down",
     [r"faults\.apiserver_backoff"]),
    ("F24", "a journal that is full",
     [r"faults\.webhook_full", "AFullJournalIsA429", r"JournalTest\.FullAt"]),
    ("F25", "certificates that are wrong or change",
     ["WebhookTlsTest", "TlsContextTest"]),
    ("F35", "ten million keys",
     ["KeysLimitTest", "EvictionOrderTest", r"faults\.keys_without_end"]),
    ("F36", "Kafka: rebalances, brokers that die, retention, poison",
     ["KafkaBrokerTest", "KafkaCutTest", "KafkaGroupTest", "KafkaRebalanceTest",
      "KafkaFaultsTest", "KafkaSecurityTest", "KafkaTokenAtBroker",
      r"faults\.kafka_"]),
    ("F38", "two services on one directory",
     [r"DurableTest\.ASecondService", r"JournalTest\.TwoAtOnce",
      "ItIsOpenOnce"]),
    ("F39", "SIGTERM, SIGSTOP, little time, no memory",
     [r"faults\.told_to_stop", r"faults\.frozen", r"faults\.little_time",
      r"faults\.no_memory"]),
    ("F40", "written by a newer version",
     ["WhatANewerVersion", "ANewerVersionIsRefused", "ALaterVersionIsRefused"]),
    ("F45", "far more than it has taken",
     [r"faults\.backlog"]),
    ("order", "an answer, alert or note before it is durable",
     [r"faults\.sync_order"]),
]


def without_a_test(build):
    """The names that no test of the build has."""
    listed = subprocess.run(["ctest", "--test-dir", build, "-N"], check=True,
                            stdout=subprocess.PIPE).stdout.decode()
    tests = re.findall(r"Test +#\d+: (\S+)", listed)
    return [f"{fault}: {name}" for fault, _, names in FAULTS for name in names
            if not any(re.search(name, test) for test in tests)]


def run(build, pattern, long_run):
    """(held, failed) of the tests whose name matches."""
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        env = dict(os.environ, CI="true")  # What is skipped fails.
        if long_run:
            env["TOCSIN_SIMULATIONS"] = "100000"
            env["TOCSIN_STORM_SECONDS"] = "60"
        subprocess.run(
            ["ctest", "--test-dir", build, "-R", pattern, "--timeout", "3600",
             "--output-junit", report.name], env=env, check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        text = open(report.name, encoding="utf-8").read()
        cases = list(xml.fromstring(text).iter("testcase")) if text else []
    # A fixture is no test of the fault.
    states = [case.get("status") for case in cases
              if re.search(pattern, case.get("name"))]
    held = sum(state == "run" for state in states)
    return held, len(states) - held


def long_runs(build):
    """How many of the scripts do not hold in their long sizes."""
    here = os.path.dirname(os.path.abspath(__file__))
    calls = ["--long", "--calls", os.path.join(
        build, "tests/faults/libtocsin_failing_calls.so")]
    scripts = [("kill_nine", ["--kills", "1000", "--points", "50",
                              "--rate", "50000"]),
               ("webhook_journal", calls), ("stopped", ["--long"]),
               ("watch_overflow", calls), ("flood", ["--long"]),
               ("clock_jumps", calls), ("failing_calls", calls),
               ("no_room", calls), ("sync_order", ["--long"]),
               ("kafka", ["--long", "--feed", os.path.join(
                   build, "tests/peers/kafka_feed")])]
    return sum(subprocess.run(
        [sys.executable, os.path.join(here, f"{name}.py"),
         os.path.join(build, "tocsin"), *options],
        check=False).returncode != 0 for name, options in scripts)


def main():
    parse = argparse.ArgumentParser(description=__doc__)
    parse.add_argument("build")
    parse.add_argument("--long", action="store_true")
    options = parse.parse_args()
    missing = without_a_test(options.build)
    wrong = len(missing)
    print("".join(f"no test has this name: {one}\n" for one in missing), end="")
    print(f"{'fault':<6}{'held':>6}{'failed':>8}  what")
    for fault, what, names in FAULTS:
        held, failed = run(options.build, "|".join(names), options.long)
        wrong += failed + (held == 0)
        print(f"{fault:<6}{held:>6}{failed:>8}  {what}", flush=True)
    if options.long:
        wrong += long_runs(options.build)
    sys.exit(1 if wrong else 0)


main()
