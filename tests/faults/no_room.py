#!/usr/bin/env python3
"""A device without room under the data directory, or under the log.

It is a small tmpfs where one may be mounted; otherwise writes find no room by
failing_calls.cc.

no_room.py TOCSIN [CASE...] [--long] --calls LIBRARY
"""
import contextlib
import http.client
import json
import os
import resource
import subprocess
import threading
import time

import oracle

HOOK_CONFIG = oracle.CONFIG.replace("sinks:", """  - name: hook
    webhook: {listen: "127.0.0.1:0", path: /audit}
sinks:""")
RULES = oracle.SCHEMA + """rule every_x { where who == "x" then every }
rule pairs { by who event a = who != "x" event b = who != "x" when a then b within 5s
  then once per 1h }
"""


@contextlib.contextmanager
def device(trial, folder, size):
    """A device of its own for this folder; False where it cannot be."""
    os.makedirs(trial.path(folder), mode=0o700, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs",
         trial.path(folder)], stderr=subprocess.DEVNULL,
        check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", trial.path(folder)], check=True)


class Apiserver(threading.Thread):
    """Posts events one by one and comes again until each was answered 200."""

    def __init__(self, trial):
        super().__init__(daemon=True)
        self.trial, self.stop = trial, False
        self.sent, self.codes = [], {}

    def post(self, line):
        try:
            link = http.client.HTTPConnection(
                "127.0.0.1", self.trial.port("webhook_port"), timeout=20)
            link.request("POST", "/audit", line)
            code = link.getresponse().status
            link.close()
        except (OSError, AttributeError, http.client.HTTPException):
            code = None  # It is down.
        self.codes[code] = self.codes.get(code, 0) + 1
        return code

    def run(self):
        number = 0
        while not self.stop:
            line = oracle.event(number, "x", 1).replace('"id":"e', '"id":"h')
            # What was posted may be durable without an answer: none is given
            # up, and the service is up when this ends.
            while self.post(line) != 200:
                time.sleep(0.05)
            self.sent.append(line)
            number += 1
            time.sleep(0.01)


def leave_room(path, room):
    """Writes a file that takes all of its device but so many bytes."""
    with open(path, "wb", buffering=0) as ballast:
        with contextlib.suppress(OSError):
            while True:
                ballast.write(b"x" * 4096)
        ballast.truncate(os.fstat(ballast.fileno()).st_size - room)


def fill(trial, mounted):
    """Takes all the room there is."""
    if mounted:
        leave_room(trial.path("data/ballast"), 0)
    else:
        trial.write("full", "")


def free(trial, mounted):
    os.remove(trial.path("data/ballast" if mounted else "full"))


def data_directory(tocsin, long_run):
    """No room for what is durable: it waits, says 429, and goes on by itself."""
    trial = oracle.Trial(tocsin, "full", HOOK_CONFIG, RULES)
    with device(trial, "data", "512m") as mounted:
        env = None if mounted else trial.failing(
            TOCSIN_NO_ROOM=f"{trial.path('full')}:{trial.path('data')}")
        writer = trial.writer(rate=10000)
        service = trial.start(env)
        trial.ready(service)
        apiserver = Apiserver(trial)
        apiserver.start()
        for turn in range(20 if long_run else 3):
            time.sleep(0.5)
            fill(trial, mounted)
            refused = apiserver.codes.get(429, 0)
            trial.wait("429", lambda: apiserver.codes.get(429, 0) > refused,
                       service=service)
            trial.wait("no room", lambda: trial.metric(
                "tocsin_storage_no_room_total") > 0, service=service)
            time.sleep(1)
            if turn % 2 == 1:  # It dies meanwhile, and cannot start at once.
                service.kill()
                service.wait()
                free(trial, mounted)
                service = trial.start(env)
                trial.ready(service)
            else:
                free(trial, mounted)
            accepted = apiserver.codes.get(200, 0)
            trial.wait("200 again", lambda: apiserver.codes.get(200, 0) >
                       accepted + 3, service=service)
        apiserver.stop = True
        apiserver.join()
        writer.end()
        trial.catch_up(service, writer)
        trial.stop(service)
        trial.write("hook.log", "".join(apiserver.sent))
        trial.judge(f"{'a tmpfs' if mounted else 'no mounts here'}, events "
                    f"{writer.events} and {len(apiserver.sent)}, answers "
                    f"{apiserver.codes}",
                    trial.expected() + trial.expected(("hook.log",)),
                    ordered=False)


def audit_event(number, who):
    """As an apiserver begins its events."""
    return ('{"kind":"Event","apiVersion":"audit.k8s.io/v1",' +
            oracle.event(number, who)[1:]).encode()


class CutLog:
    """A log that is written as an apiserver does it, which does not wait for
    room: an event that finds too little is cut, or gone."""

    def __init__(self, path):
        self.log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.number, self.whole, self.cut = 0, [], 0

    def size(self):
        return os.fstat(self.log).st_size

    def append(self):
        """Whether all of it was written."""
        line = audit_event(self.number, "x" if self.number % 50 == 0 else
                           f"z{self.number % 900}")
        self.number += 1
        try:
            wrote = os.write(self.log, line)
        except OSError:
            return False
        # Without its line feed it is whole, and so is the next in its line.
        if wrote >= len(line) - 1:
            self.whole.append(line)
        else:
            self.cut += 1
        return wrote == len(line)

    def append_until_cut(self):
        while self.append():
            pass


def log_device(tocsin, long_run):
    """No room for the log: exactly the event that was cut is lost, and counted."""
    config = oracle.CONFIG.replace("events.log", "logs/events.log")
    trial = oracle.Trial(tocsin, "logfull", config)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    with device(trial, "logs", "64m" if long_run else "16m") as mounted:
        log = CutLog(trial.path("logs/events.log"))
        ballast = trial.path("logs/ballast")
        service = trial.start()
        trial.ready(service)
        for turn in range(200 if long_run else 20):
            if mounted:
                leave_room(ballast, 32768)
                log.append_until_cut()
                os.remove(ballast)
            else:
                room = log.size() + 30000 + turn
                resource.setrlimit(resource.RLIMIT_FSIZE, (room, unlimited[1]))
                log.append_until_cut()
                resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
            for _ in range(100):
                log.append()
        log.number += -log.number % 50  # One that is told of.
        log.append()
        when = '"time":"%s"' % json.loads(log.whole[-1])["at"]
        trial.wait("caught up", lambda: os.path.exists(
            trial.path("alerts.ndjson")) and when in trial.read(
                "alerts.ndjson"), service=service)
        dropped = trial.metric("tocsin_input_dropped_total")
        trial.stop(service)
    if dropped != log.cut or log.cut == 0:
        trial.fail(f"{log.cut} events were cut, {dropped:.0f} counted")
    trial.write("whole.log", b"".join(log.whole).decode())
    trial.judge(f"{'a tmpfs' if mounted else 'no mounts here'}, events "
                f"{len(log.whole)}, cut and counted {log.cut}",
                trial.expected(("whole.log",)))


oracle.main([data_directory, log_device], __doc__)
