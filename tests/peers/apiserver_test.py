#!/usr/bin/env python3
"""A real kube-apiserver, and two services that see all that it records.

One follows its log, which rotates and is compressed, and is posted the same
events by its webhook (TLS, a client certificate and a token, all from tocsin's
own commands). To it every line is an event of its own, so it must tell of each
event twice: once from each source. The other follows the log alone, with the
shipped rules; it must tell of each event once, and of an attack. Both are
killed in the middle and started again. What the log holds is what must be told,
and as many as the apiserver has counted itself.

apiserver_test.py TOCSIN [--rounds N] [--workers N]     --rounds: of 6 requests
"""
import argparse
import collections
import glob
import gzip
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import apiserver_traffic as traffic

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../testing"))
from tocsin_service import Service, doubled  # pylint: disable=C0413

POLICY = """apiVersion: audit.k8s.io/v1
kind: Policy
rules:
# So that asking for the count does not change it.
- {level: None, nonResourceURLs: ["/metrics", "/readyz*", "/livez*"]}
- {level: Metadata, resources: [{group: "", resources: [secrets]}]}
- {level: RequestResponse}
"""
LINES = """schema audit.line {
  time      stageTimestamp
  identity  position
  show      auditID as id, stage as at, stageTimestamp as since
  fields {
    auditID         string
    stage           string
    stageTimestamp  time
    ...
  }
}
use audit.line
rule each_line { where exists(auditID) then every }
"""
EVENTS = "rule each_event { where exists(stage) then every }\n"
CONFIG = """rules: [%s]
data_dir: data
sources:
  - {name: log, file: {path: "%s/audit/audit*.log", start: resume}}
%ssinks: [{name: out, file: {path: alerts.ndjson}}]
web: {listen: none}
"""
WEBHOOK = """  - name: hook
    webhook:
      listen: "127.0.0.1:%s"
      path: /audit
      token_file: tokens
      tls: {cert_file: pki/server.crt, key_file: pki/server.key,
            client_ca_file: pki/ca.crt, client_allowed_sans: [kube-apiserver]}
"""
FLAGS = ["--audit-log-maxsize=1", "--audit-log-maxbackup=1000",
         "--audit-log-compress", "--audit-webhook-batch-max-wait=2s"]


def run(*words):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE,
                          text=True).stdout


class Scene:
    """The apiserver and the two services, in a folder."""

    def __init__(self, tocsin, folder):
        self.folder, self.peer = folder, f"{folder}/peer"
        self.tocsin = os.path.abspath(tocsin)
        os.makedirs(f"{self.peer}/audit")
        with open(f"{self.peer}/policy.yaml", "w", encoding="utf-8") as out:
            out.write(POLICY)
        port = run(sys.executable, f"{HERE}/free_ports.py", "1", "1").strip()
        self.both = Service(
            tocsin, f"{folder}/both",
            CONFIG % ("r.rules", self.peer, WEBHOOK % port), {"r.rules": LINES})
        self.log = Service(
            tocsin, f"{folder}/log",
            CONFIG % (f"r.rules, {os.path.abspath(HERE)}/../../rules/kubernetes",
                      self.peer, ""), {"r.rules": EVENTS})
        self.kubeconfig = self.connect(port)
        self.server = None

    def connect(self, port):
        """Certificates, a token, and the file for the apiserver."""
        pki, kubeconfig = self.both.path("pki"), f"{self.folder}/webhook.yaml"
        run(self.tocsin, "certs", pki)
        for name in (self.both.path("tokens"), f"{self.folder}/token"):
            with open(name, "a", encoding="utf-8") as out:
                token = secrets.token_hex(16) if name.endswith("s") else token
                out.write(token + "\n")
        with open(kubeconfig, "w", encoding="utf-8") as out:
            out.write(run(
                self.tocsin, "webhook", "kubeconfig", "--server",
                f"https://127.0.0.1:{port}/audit", "--ca", f"{pki}/ca.crt",
                "--client-cert", f"{pki}/client.crt", "--client-key",
                f"{pki}/client.key", "--token-file", f"{self.folder}/token"))
        return kubeconfig

    def start(self):
        run(f"{HERE}/apiserver_up.sh", self.peer, *FLAGS,
            f"--audit-webhook-config-file={self.kubeconfig}")
        self.server = traffic.Apiserver(self.peer)

    def logged(self):
        """(auditID, stage, stageTimestamp) of each line, of all files."""
        events = []
        for path in sorted(glob.glob(f"{self.peer}/audit/*")):
            # While it is compressed a file is there twice, and once whole.
            if path.endswith(".gz") and os.path.exists(path[:-3]):
                continue
            opened = gzip.open if path.endswith(".gz") else open
            with opened(path, "rt", encoding="utf-8", errors="replace") as log:
                for line in log:
                    if line.endswith("\n"):
                        event = json.loads(line)
                        events.append((event["auditID"], event["stage"],
                                       event["stageTimestamp"]))
        return events

    def settle(self):
        """The events of the log at a moment at which the apiserver, by its own
        count, had recorded exactly these."""
        for _ in range(60):
            before = self.logged()
            counted = self.server.audit_figure("apiserver_audit_event_total")
            if counted == len(before) == len(self.logged()):
                return before
            time.sleep(0.5)
        raise AssertionError(f"the apiserver counts {counted} events, its log "
                             f"has {len(before)}")

    def crash(self, seconds):
        for service in (self.both, self.log):
            service.kill()
        time.sleep(seconds)
        for service in (self.both, self.log):
            service.start()


def told_lines(service):
    """Alerts of each_line by event."""
    shown = [alert["show"] for alert in service.alerts()
             if alert["rule"] == "each_line"]
    return collections.Counter(
        (show["id"], show["at"], show["since"]) for show in shown)


def told_events(service):
    events = [alert["events"][-1]["identity"] for alert in service.alerts()
              if alert["rule"] == "each_event"]
    return collections.Counter(
        (event["auditID"], event["stage"], event["stageTimestamp"])
        for event in events)


def make_traffic(scene, workers, rounds):
    """Both services die in the middle of it, and it does not wait for them."""
    traffic.prepare(scene.server, workers)
    faults = []

    def work(number):
        try:
            traffic.everyday(scene.server, number, rounds)
        except BaseException as fault:  # pylint: disable=W0718
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(number,))
               for number in range(workers)]
    for thread in threads:
        thread.start()
    traffic.by_kubectl(scene.server)
    scene.crash(3)
    for thread in threads:
        thread.join()
    traffic.attack(scene.server)
    if faults:
        raise faults[0]


def check(scene, settled):
    """All that was recorded until it settled; then what is told at the end."""
    wanted = collections.Counter(settled)
    assert not doubled(settled), "the log has an event twice"
    try:
        scene.both.wait_for(
            lambda: not 2 * len(settled) - scene.both.count_alerts() > 0, 120,
            f"fewer alerts than {2 * len(settled)}")
    finally:
        subprocess.run([f"{HERE}/apiserver_down.sh", scene.peer], check=True)
    time.sleep(1)
    for service in (scene.both, scene.log):
        service.wait_for(lambda s=service: quiet(s), 60, "it does not rest")
        service.stop()
    every = scene.logged()
    lines, events = told_lines(scene.both), told_events(scene.log)
    wrong = {event: count for event, count in lines.items()
             if count != 2 and event in wanted}
    missing = [event for event in wanted if event not in lines]
    print(f"file and webhook: alerts {sum(lines.values())}; of the events "
          f"until it settled {len(missing)} not told, {len(wrong)} not told "
          "twice")
    print(f"file alone: alerts {sum(events.values())}; log "
          f"{len(every)} lines; lost {len(set(every) - set(events))}, doubled "
          f"{sum(count > 1 for count in events.values())}, unexpected "
          f"{len(set(events) - set(every))}")
    assert not missing and not wrong, (missing[:2], list(wrong.items())[:2])
    assert events == collections.Counter(every)
    assert set(lines) == set(every) and max(lines.values()) == 2
    # As the apiserver goes, events can come when its webhook is closed.
    print(f"after that: {len(every) - len(settled)} events, of which the "
          f"webhook got {sum(lines.values()) - len(settled) - len(every)}")
    told = {alert["rule"] for alert in scene.log.alerts()}
    print("shipped rules: " + ", ".join(sorted(told - {"each_event"})))
    assert traffic.ATTACK_ALERTS <= told, traffic.ATTACK_ALERTS - told


def quiet(service):
    count = service.count_alerts()
    time.sleep(2)
    return service.count_alerts() == count


def main():
    parse = argparse.ArgumentParser()
    parse.add_argument("tocsin")
    parse.add_argument("--workers", type=int, default=4)
    parse.add_argument("--rounds", type=int, default=250)
    options = parse.parse_args()
    folder = tempfile.mkdtemp(prefix="tocsin-apiserver-")
    scene = Scene(options.tocsin, folder)
    try:
        scene.both.start()
        scene.log.start()
        scene.start()
        make_traffic(scene, options.workers, options.rounds)
        settled = scene.settle()
        failed = scene.server.audit_figure("apiserver_audit_error_total")
        files = os.listdir(f"{scene.peer}/audit")
        print(f"apiserver: counts {len(settled)} events, {failed} errors of "
              f"its audit backends; log of {len(files)} files, "
              f"{sum(name.endswith('.gz') for name in files)} compressed")
        assert failed == 0 and len(files) > 2
        check(scene, settled)
    except BaseException:
        print(f"see {folder}", file=sys.stderr)
        raise
    finally:
        if os.path.exists(f"{scene.peer}/apiserver.pid"):
            subprocess.run([f"{HERE}/apiserver_down.sh", scene.peer],
                           check=True)
        for service in (scene.both, scene.log):
            if service.process is not None and service.process.poll() is None:
                service.kill()
    shutil.rmtree(folder)


main()
