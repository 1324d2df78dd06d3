"""`tocsin run`, as tests and measurements of the service start it and read its
log and its metrics."""
import collections
import json
import os
import re
import subprocess
import time
import urllib.request


def launch(tocsin, folder, config, log, wrap=(), **popen):
    """In this folder; its log goes into an open file. wrap: what stands before
    it in the command."""
    popen.setdefault("stdout", subprocess.DEVNULL)
    return subprocess.Popen(
        [*wrap, os.path.abspath(tocsin), "run", "--config", config],
        cwd=folder, stderr=log, **popen)


def has_started(log):
    return " started " in log


def port_of(log, key="port"):
    """That the log tells of: port (web) or webhook_port."""
    return int(re.search(rf"\b{key}=(\d+)", log).group(1))


def metrics_at(port, timeout=20):
    """name{labels}: value."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics",
                                timeout=timeout) as answer:
        lines = answer.read().decode().splitlines()
    return {name: float(value) for name, value in
            (line.rsplit(" ", 1) for line in lines if line and line[0] != "#")}


class Service:
    """A service that may be killed and started again on the same folder."""

    def __init__(self, tocsin, folder, config, files):
        self.tocsin, self.folder = os.path.abspath(tocsin), folder
        os.makedirs(folder, exist_ok=True)
        for name, text in [("tocsin.yaml", config), *files.items()]:
            with open(self.path(name), "w", encoding="utf-8") as out:
                out.write(text)
        self.process, self.log_begin = None, 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def log(self):
        """What it has logged since it was started last."""
        with open(self.path("log"), encoding="utf-8") as log:
            log.seek(self.log_begin)
            return log.read()

    def start(self):
        if os.path.exists(self.path("log")):
            self.log_begin = os.path.getsize(self.path("log"))
        with open(self.path("log"), "ab") as log:
            self.process = launch(self.tocsin, self.folder, "tocsin.yaml", log)
        self.wait_for(lambda: has_started(self.log()), 60, "it did not start")
        return self

    def webhook_port(self):
        return port_of(self.log(), "webhook_port")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """As an operator does; it must end well."""
        self.process.terminate()
        if self.process.wait(timeout=60) != 0:
            raise AssertionError(f"ended with {self.process.returncode}:\n" +
                                 self.log())

    def wait_for(self, holds, seconds, what):
        end = time.monotonic() + seconds
        while not holds():
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"{what}:\n{self.log()[-2000:]}")
            time.sleep(0.05)

    def alerts(self):
        """Of its file alerts.ndjson; a half line at the end is none yet."""
        if not os.path.exists(self.path("alerts.ndjson")):
            return []
        with open(self.path("alerts.ndjson"), encoding="utf-8") as lines:
            return [json.loads(line) for line in lines if line[-1] == "\n"]

    def count_alerts(self):
        if not os.path.exists(self.path("alerts.ndjson")):
            return 0
        with open(self.path("alerts.ndjson"), "rb") as text:
            return sum(block.count(b"\n")
                       for block in iter(lambda: text.read(1 << 20), b""))


def doubled(values):
    """Those that are there more than once."""
    return [value for value, times in collections.Counter(values).items()
            if times > 1]
