"""Kills a service at the named places of engine/base/crash_point.h."""
import os
import re
import signal
import subprocess

HEADER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "../../engine/base/crash_point.h")
OF_WEBHOOK = ("journal", "answer")
OF_KAFKA = ("offsets",)


def points(*kinds):
    """Those of these kinds; without any, those that every source reaches."""
    with open(HEADER, encoding="utf-8") as text:
        names = re.findall(r'"([a-z]+\.[a-z]+)"', text.read())
    return [name for name in names if
            (name.split(".")[0] in kinds if kinds else
             name.split(".")[0] not in OF_WEBHOOK + OF_KAFKA)]


def die_at(trial, point, nth, env=None):
    """One life, which ends when the place is reached for the nth time."""
    service = trial.start({**(env or {}), "TOCSIN_CRASH_AT": f"{point}:{nth}"})
    try:
        code = service.wait(timeout=20)
    except subprocess.TimeoutExpired:
        trial.fail(f"{point} was not reached {nth} times")
    if code != -signal.SIGKILL:
        trial.fail(f"at {point}:{nth} it ended with {code}")


def turns(names, times, chance, most=6):
    """(place, nth) for so many deaths at each: the first time it is reached,
    and later ones."""
    for name in names:
        for turn in range(times):
            yield name, 1 if turn == 0 else 2 + chance.randrange(most - 1)
