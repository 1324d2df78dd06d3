"""Kafka for the scripts of faults: brokers, a writer of events into a topic, and
a service that reads them as a member of a group."""
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
import zlib

import oracle

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, os.pardir, "peers")
PARTITIONS = 4
CONFIG = """rules: [r.rules]
data_dir: data
sources:
%(more)s  - name: bus
    kafka:
      brokers: [%(brokers)s]
      topics: [%(topic)s]
      group: %(topic)s
      metadata: %(metadata)s
%(instance)s      properties: {heartbeat.interval.ms: 200, session.timeout.ms: 6000,
                   topic.metadata.refresh.interval.ms: 730, reconnect.backoff.max.ms: 500}
sinks:
  - {name: alerts, file: {path: alerts.ndjson, rotate: {size: 4MiB, keep: 100}}}
time: {idle: 5m}
checkpoint: {interval: 300ms}
web: {listen: "127.0.0.1:0"}
"""


class Brokers:
    """Those of a folder of kafka_up.sh. Own ones are made by start(), and may
    be killed."""

    def __init__(self, folder=None, nodes=1):
        self.own = folder is None
        self.nodes = nodes
        self.folder = folder or os.path.join(
            tempfile.mkdtemp(prefix="tocsin-brokers-"), "kafka")
        if self.own:
            self.start()

    def addresses(self):
        with open(os.path.join(self.folder, "endpoints"),
                  encoding="ascii") as lines:
            return next(lines).strip().removeprefix("plain=")

    def start(self, *nodes):
        subprocess.run(
            [os.path.join(PEERS, "kafka_up.sh"), self.folder,
             *map(str, nodes)], check=True, stdout=subprocess.DEVNULL,
            env={**os.environ, "NODES": str(self.nodes), "HEAP": "256m", "TIER": "1"})

    def kill(self, node):
        with open(os.path.join(self.folder, f"n{node}/pid"),
                  encoding="ascii") as pid:
            os.kill(int(pid.read()), signal.SIGKILL)

    def end(self):
        if self.own:
            subprocess.run([os.path.join(PEERS, "kafka_down.sh"), self.folder],
                           check=True)
            os.rmdir(os.path.dirname(self.folder))


class Feed(oracle.Writer):
    """Sends events to a topic, each key to its partition, and keeps them in a
    log for the oracle."""

    def __init__(self, feed, brokers, topic, path, **options):
        super().__init__(path, **options)
        copies = str(brokers.nodes)
        self.topic, self.unsent = topic, []
        self.program = subprocess.Popen(
            [feed, brokers.addresses(), topic, str(PARTITIONS), copies],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1 << 16)
        if self.program.stdout.readline() != b"made\n":
            sys.exit("FAILED: no topic was made")

    def lines(self, count):
        lines = []
        for _ in range(count):
            who = ("x" if self.random.random() < 0.01 else
                   "z%d" % self.random.randrange(20000))
            lines.append(self.put(who))
        self.send()
        return "".join(lines).encode()

    def put(self, who, partition=None):
        """What is of one key is in one partition, so in order."""
        if partition is None:
            partition = zlib.crc32(who.encode()) % PARTITIONS
        line = self.line(self.events, who)
        self.unsent.append(f"{partition}\t{who}\t{line}")
        self.events += 1
        return line

    def send(self):
        self.program.stdin.write("".join(self.unsent).encode())
        self.program.stdin.flush()
        self.unsent = []

    def mark(self, ahead=0):
        """An event in each partition, so much later, of which all are told."""
        self.events += ahead
        with open(self.path, "a", encoding="utf-8") as log:
            for partition in range(PARTITIONS):
                log.write(self.put("x", partition))
        self.send()

    def finish(self):
        """Until the brokers have all."""
        self.program.stdin.close()
        if self.program.wait(timeout=120) != 0:
            sys.exit("FAILED: the brokers do not have all that was sent")


class Member(oracle.Trial):
    """A service that reads the topic. Without an instance it leaves its group
    when it ends."""

    def __init__(self, tocsin, name, brokers, topic, instance=None, more="",
                 rules=oracle.RULES, metadata="false"):
        super().__init__(tocsin, name, CONFIG % {
            "brokers": ", ".join(f'"{one}"' for one in
                                 brokers.addresses().split(",")),
            "topic": topic, "more": more, "metadata": metadata,
            "instance": f"      instance: {instance}\n" if instance else ""},
            rules)

    def assigned(self):
        return self.metric("tocsin_source_kafka_assigned_partitions")

    def live(self, service, seconds):
        """A life that ends with kill -9; not if it has ended by itself."""
        time.sleep(seconds)
        if service.poll() is not None:
            self.fail(f"it ended by itself with {service.returncode}")
        service.kill()
        service.wait()


def new_topic():
    return f"t-{uuid.uuid4()}"
