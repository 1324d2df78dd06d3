"""Events as an apiserver has them, logged to its webhook backend."""
import os
import subprocess
import sys
import threading
import time
import uuid

STAGES = ("RequestReceived", "ResponseComplete")


def item(name, stage):
    now = time.time_ns() // 1000
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 10**6))
    stamp += f".{now % 10**6:06d}Z"
    return (f'{{"level":"Metadata","auditID":"{name}","stage":"{stage}",'
            '"requestURI":"/api/v1/namespaces/default/pods","verb":"list",'
            '"user":{"username":"alice","groups":["dev"]},'
            '"sourceIPs":["192.0.2.7"],"userAgent":"kubectl/v1.37.2",'
            '"objectRef":{"resource":"pods","namespace":"default",'
            '"apiVersion":"v1"},'
            f'"requestReceivedTimestamp":"{stamp}",'
            f'"stageTimestamp":"{stamp}"}}').encode()


def stable_port():
    """One that nobody else is given while the service is down."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir,
                          "peers", "free_ports.py")
    return int(subprocess.run([sys.executable, script, "1", "1"], check=True,
                              stdout=subprocess.PIPE).stdout)


class Load(threading.Thread):
    """So many events a second: as a thread until end(), or by log_for()."""

    def __init__(self, client, rate, chance):
        super().__init__(daemon=True)
        self.client, self.rate, self.random = client, rate, chance
        self.logged, self.stop = {}, False  # (auditID, stage): the item.

    def run(self):
        self.log_for(lambda _: not self.stop)

    def end(self):
        self.stop = True
        self.join()

    def log_for(self, goes_on):
        begun, done = time.monotonic(), 0
        while goes_on(begun):
            while done < (time.monotonic() - begun) * self.rate:
                name = str(uuid.UUID(int=self.random.getrandbits(128)))
                for stage in STAGES:
                    text = item(name, stage)
                    self.logged[name, stage] = text
                    self.client.log((name, stage), text)
                    done += 1
            time.sleep(0.02)
