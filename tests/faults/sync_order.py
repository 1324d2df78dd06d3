#!/usr/bin/env python3
"""Nothing is answered, told or noted before it is durable: by the calls that a
service made, as strace saw them.

Clients post batches to two webhooks at once, some of them twice. Of each answer,
each alert and each note the calls are sought that it had to wait for (waits.py).
Then the same calls are doctored, and what was done to them must be found.

sync_order.py TOCSIN [CASE...] [--long]
"""
import copy
import dataclasses
import http.client
import re
import threading

import oracle
import system_calls
import waits

RULES = "rule each_event { where exists(stage) then every }\n"
CONFIG = """rules: [r.rules]
data_dir: data
sources:
  - {name: one, webhook: {listen: "127.0.0.1:0", path: /one}}
  - {name: two, webhook: {listen: "127.0.0.1:0", path: /two}}
sinks: [{name: out, file: {path: alerts.ndjson}}]
checkpoint: {interval: 300ms}
web: {listen: none}
"""
CLIENTS, EVENTS = 8, 5  # Events in a batch.


def batch(name):
    items = ",".join(
        '{"level":"Metadata","auditID":"%s-%d","stage":"ResponseComplete",'
        '"verb":"get","requestURI":"/api","user":{"username":"u"},'
        '"stageTimestamp":"2024-01-01T00:00:00.%06dZ"}' % (name, n, n)
        for n in range(EVENTS))
    return ('{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[%s]}'
            % items).encode()


class Client(threading.Thread):
    """Posts over one connection. Of every fourth batch the bytes are the same
    for all clients."""

    def __init__(self, number, port, batches):
        super().__init__(daemon=True)
        self.number, self.port, self.batches = number, port, batches
        self.codes, self.posted = [], set()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=60)
        for n in range(self.batches):
            name = f"all-{n}" if n % 4 == 0 else f"c{self.number}-{n}"
            path = "/one" if n % 8 < 4 else "/two"
            connection.request("POST", path, batch(name),
                               {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            self.codes.append(answer.status)
            self.posted.add((path, name))
        connection.close()


# ---- the check, checked ----

def changed(calls, which, **members):
    """The calls, some of them with other members."""
    return [dataclasses.replace(call, **members) if which(call) else call
            for call in calls]


def waited_for(calls):
    """An answer for which one sync stands between it and its body's write."""
    for body, _, answer in waits.exchanges(calls):
        write = [call for call in calls if call.path.endswith(".journal") and
                 body in call.data][0]
        syncs = [call for call in calls if call.name == "fdatasync" and
                 call.path == write.path and call.begin > write.end and
                 call.end < answer.begin]
        if len(syncs) == 1:
            return write, syncs[0], answer
    raise ValueError("no answer waited for one sync alone")


def late_sync(calls):
    """An answer begins while the sync that it waited for is under way."""
    _, sync, answer = waited_for(calls)
    return changed(calls, lambda call: call is sync, end=answer.begin + 1)


def late_write(calls):
    """A body is still being written when its sync begins."""
    write, sync, _ = waited_for(calls)
    return changed(calls, lambda call: call is write, end=sync.begin + 1)


def failing(pattern):
    return lambda calls: changed(
        calls, lambda call: call.name in waits.SYNCS and
        re.search(pattern, call.path), result=-1)


def without(pattern):
    return lambda calls: [call for call in calls if not (
        "write" in call.name and re.search(pattern, call.path))]


DOCTORED = [
    ("an answer before its body is synced", failing(r"\.journal$")),
    ("an answer before its body is synced", late_sync),
    ("an answer before its body is synced", late_write),
    ("an answer before the journal's folder", failing(r"/journal/\w+$")),
    ("an answer, and its body is not in", without(r"\.journal$")),
    ("an alert before its row is synced", failing(r"/state/\d+\.log$")),
    ("an alert, and its row is not in", without(r"/state/\d+\.log$")),
    ("a note before the sink's file", failing(r"/alerts\.ndjson$")),
]


def traced(trial, batches):
    """The calls of a service to which the clients have posted so much."""
    trace = trial.path("trace")
    wrap = system_calls.command(trace)
    if wrap is None:
        trial.fail("strace is not installed, and this test needs it")
    # The leak checker of a sanitizer does not work beside a tracer.
    service = trial.start({"ASAN_OPTIONS": "detect_leaks=0"}, wrap)
    trial.ready(service)
    if "strace: " in trial.read("log"):
        trial.fail("strace was not let to trace: it needs ptrace (a container "
                   "with SYS_PTRACE, kernel.yama.ptrace_scope 0 or 1)")
    clients = [Client(number, trial.port("webhook_port"), batches)
               for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    meant = EVENTS * len(set.union(*(client.posted for client in clients)))
    trial.wait("all alerts", lambda: len(trial.told()) >= meant,
               service=service)
    trial.stop(service)
    trial.wait("the end of the trace", lambda: re.search(
        rf"^{service.pid} +\+\+\+ exited", trial.read("trace"), re.M))
    if any(client.codes != [200] * batches for client in clients):
        trial.fail("a client was not answered with 200")
    return system_calls.read(trace), meant


def sync_order(tocsin, long):
    """Answers, alerts and notes wait for the disk."""
    trial = oracle.Trial(tocsin, "sync", CONFIG, RULES)
    batches = 400 if long else 40
    calls, meant = traced(trial, batches)
    wrong, answers, most = waits.check_answers(calls)
    more, alerts, notes = waits.check_alerts(calls)
    print(f"calls {len(calls)}, answers {answers} (up to {most} of one sync), "
          f"alerts {alerts}, notes {notes}: too early {len(wrong + more)}",
          flush=True)
    if wrong + more:
        trial.fail("; ".join(sorted(set(wrong + more))))
    if (answers, alerts) != (CLIENTS * batches, meant) or not notes:
        trial.fail(f"not all was seen: {meant} alerts were meant")
    if most < 2:
        trial.fail("no two answers share a sync: this test tests too little")
    for what, doctor in DOCTORED:
        if not any(one.startswith(what) for one in
                   waits.check(doctor([copy.copy(call) for call in calls]))):
            trial.fail(f"doctored, and not found: {what}")
    trial.remove()


if __name__ == "__main__":
    oracle.main([sync_order], __doc__)
