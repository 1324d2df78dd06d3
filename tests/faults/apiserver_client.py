"""The audit webhook backend of a kube-apiserver 1.37, emulated: its buffer, its
batches, its throttle and its back-off, with the defaults of the real one. How
the real one behaves was measured against 22 webhooks that misbehave.

Not emulated: redirects, which are errors here (the real one follows them), and
TLS."""
import collections
import contextlib
import http.client
import threading
import time

BUFFER = 10_000  # Events that wait; more are dropped at once.
BATCH = 400  # Events, at most.
MAX_WAIT = 30.0  # Seconds until a batch that is not full goes.
THROTTLE_QPS, THROTTLE_BURST = 10, 15  # Batches.
TRIES = 5
FIRST_WAIT, FACTOR, JITTER = 10.0, 1.5, 0.2  # Between tries.
TIMEOUT = 30.0  # Of a try, with what the answer itself asks to try again.
RETRIES_AFTER = 10  # Within a try, after answers with Retry-After.

HEADERS = {"User-Agent": "Go-http-client/1.1",
           "Accept": "application/json, */*",
           "Content-Type": "application/json", "Accept-Encoding": "gzip"}


class AuditWebhook:
    """Threads: log() of any; the batches go in threads of their own.

    counts: events, batches, posts, retries, and dropped events by where:
    `buffered` (no room), `webhook` (given up). dropped_ids has their items'
    first argument of log(). answers: how often there was which (code,
    Retry-After), and slowest, in seconds. again: batches that were not taken at
    once, and are not yet.

    batch, max_wait, first_wait: --audit-webhook-batch-max-size, -max-wait and
    --audit-webhook-initial-backoff of the real one."""

    def __init__(self, port, path, chance, batch=BATCH, max_wait=MAX_WAIT,
                 first_wait=FIRST_WAIT):
        self.port, self.path, self.random = port, path, chance
        self.batch, self.max_wait = batch, max_wait
        self.first_wait = first_wait
        self.answers, self.slowest = collections.Counter(), 0.0
        self.again = 0
        self.counts = dict(events=0, batches=0, posts=0, retries=0, buffered=0,
                           webhook=0)
        self.dropped_ids = []
        self.after_body = None  # Called once, between a body and its answer.
        self.lock = threading.Condition()
        self.under_way, self.paused = 0, False
        self.waiting, self.closed, self.senders = [], False, []
        self.collector = threading.Thread(target=self._collect, daemon=True)
        self.collector.start()

    def log(self, name, item):
        """One event, as bytes; its name stands for it where it is dropped."""
        with self.lock:
            self.counts["events"] += 1
            if len(self.waiting) >= BUFFER:
                self.counts["buffered"] += 1
                self.dropped_ids.append(name)
                return
            self.waiting.append((name, item))
            if len(self.waiting) >= self.batch:
                self.lock.notify_all()

    @contextlib.contextmanager
    def quiet(self):
        """Within it, nothing is under way to the webhook."""
        with self.lock:
            self.paused = True
            self.lock.wait_for(lambda: self.under_way == 0)
        try:
            yield
        finally:
            with self.lock:
                self.paused = False
                self.lock.notify_all()

    def close(self):
        """Sends what waits, and returns when all is delivered or given up."""
        with self.lock:
            self.closed = True
            self.lock.notify_all()
        self.collector.join()
        for sender in self.senders:
            sender.join()

    def _collect(self):
        tokens, filled = float(THROTTLE_BURST), time.monotonic()
        while True:
            with self.lock:
                self.lock.wait_for(
                    lambda: self.closed or len(self.waiting) >= self.batch,
                    self.max_wait)
                batch, self.waiting = (self.waiting[:self.batch],
                                       self.waiting[self.batch:])
                if not batch and self.closed:
                    return
            if not batch:
                continue
            while True:
                now = time.monotonic()
                tokens = min(THROTTLE_BURST,
                             tokens + (now - filled) * THROTTLE_QPS)
                filled = now
                if tokens >= 1:
                    break
                time.sleep((1 - tokens) / THROTTLE_QPS)
            tokens -= 1
            sender = threading.Thread(target=self._deliver, args=(batch,),
                                      daemon=True)
            self.senders.append(sender)
            sender.start()

    def _deliver(self, batch):
        body = (b'{"kind":"EventList","apiVersion":"audit.k8s.io/v1",'
                b'"metadata":{},"items":[' +
                b",".join(item for _, item in batch) + b"]}\n")
        self._add("batches")
        if self._try(body):
            return
        with self.lock:
            self.again += 1
        taken = self._try_again(body)
        with self.lock:
            self.again -= 1
            if not taken:
                self.counts["webhook"] += len(batch)
                self.dropped_ids += [name for name, _ in batch]

    def _try_again(self, body):
        wait = self.first_wait
        for _ in range(1, TRIES):
            time.sleep(wait * (1 + self.random.random() * JITTER))
            wait *= FACTOR
            self._add("retries")
            if self._try(body):
                return True
        return False

    def _try(self, body):
        """Whether it was taken: by a 200 to 206, and nothing else."""
        end = time.monotonic() + TIMEOUT
        for _ in range(1 + RETRIES_AFTER):
            code, after = self._post(body, end - time.monotonic())
            again = after is not None and (code == 429 or code >= 500)
            if not again or time.monotonic() + after >= end:
                return 200 <= code <= 206
            time.sleep(after)
        return False

    def _post(self, body, seconds):
        """Status and Retry-After; 0 where there was no answer."""
        with self.lock:
            self.lock.wait_for(lambda: not self.paused)
            self.under_way += 1
            self.counts["posts"] += 1
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=max(seconds, 0.1))
        try:
            connection.request("POST", self.path + "?timeout=30s", body,
                               HEADERS)
            hook, self.after_body = self.after_body, None
            if hook is not None:
                hook()
            asked = time.monotonic()
            answer = connection.getresponse()
            answer.read()
            after = answer.getheader("Retry-After")
            said = answer.status, float(after) if after else None
            with self.lock:
                self.answers[said] += 1
                self.slowest = max(self.slowest, time.monotonic() - asked)
            return said
        except (OSError, http.client.HTTPException):
            return 0, None
        finally:
            connection.close()
            with self.lock:
                self.under_way -= 1
                self.lock.notify_all()

    def _add(self, name):
        with self.lock:
            self.counts[name] += 1
