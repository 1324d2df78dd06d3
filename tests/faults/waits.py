"""What a service had to wait for, in the calls that it made (system_calls.py).

  answer   a 200 begins when the body was written to the journal, and behind that
           a sync of the journal began and returned; and one of its folder, since
           the file was made
  alert    bytes of it are written to the sink's file when its row was written to
           the store, and behind that a sync of the store began and returned
  note     that the sink has alerts is written to the store when what was written
           to its file was synced"""
import os
import re

BATCH = re.compile(rb'"auditID":"[^"]*-0"')  # The first event's: it names a body.
NOTE = b"\4sout\10"  # A key of the outbox, and the size of its value.
WAL_BLOCK, WAL_HEAD = 32768, 7
FIRST, WHOLE, LAST = 2, 1, 4  # Kinds of fragments.
SYNCS = ("fdatasync", "fsync")


# ---- what went over a connection ----

def spread(calls):
    """The bytes of calls, and where those of each begin."""
    at, begins = 0, []
    for call in calls:
        begins.append((at, call))
        at += len(call.data)
    return b"".join(call.data for call in calls), begins


def at_offset(begins, offset):
    return [call for begin, call in begins if begin <= offset][-1]


def messages(text):
    """(offset, first line, body) of each message of HTTP/1.1."""
    at = 0
    while at < len(text):
        end = text.index(b"\r\n\r\n", at) + 4
        size = int(re.search(rb"(?i)content-length: *(\d+)",
                             text[at:end]).group(1))
        yield at, text[at:end].split(b"\r\n")[0], text[end:end + size]
        at = end + size


def exchanges(calls):
    """(body, code, the call in which its answer begins), of all connections."""
    sockets = {}
    for call in calls:
        if call.path.startswith("socket:") and call.data:
            sides = sockets.setdefault(call.path, ([], []))
            sides[not call.name.startswith(("recv", "read"))].append(call)
    for came, went in sockets.values():
        asked, _ = spread(came)
        if not asked.startswith(b"POST "):
            continue
        answered, begins = spread(went)
        for (_, _, body), (offset, line, _) in zip(messages(asked),
                                                   messages(answered)):
            yield body, int(line.split()[1]), at_offset(begins, offset)


# ---- what is durable when ----

class Syncs:
    """Those that returned well, by file."""

    def __init__(self, calls):
        self.of = {}
        for call in calls:
            if call.name in SYNCS and call.done():
                self.of.setdefault(call.path, []).append(call)

    def between(self, path, written, needed):
        """One that began behind a call and returned before another began."""
        return written.done() and any(
            written.end < sync.begin and sync.end < needed.begin
            for sync in self.of.get(path, []))


def check_answers(calls):
    """What is wrong with them, how many there were, the most of one sync."""
    syncs, wrong, answers, groups = Syncs(calls), [], 0, []
    journal = [call for call in calls if call.path.endswith(".journal")]
    made = {call.path: call for call in journal
            if call.name == "openat" and "O_CREAT" in call.text}
    written = {}
    for call in journal:
        for name in BATCH.findall(call.data if "write" in call.name else b""):
            written.setdefault(name, []).append(call)
    for body, code, answer in exchanges(calls):
        answers += 1
        if code != 200:
            wrong.append(f"answered with {code}")
            continue
        holding = [call for call in written.get(BATCH.search(body).group(), [])
                   if body in call.data]
        if not holding:
            wrong.append("an answer, and its body is not in the journal")
            continue
        groups.append(holding[0].begin)
        if not any(syncs.between(call.path, call, answer) for call in holding):
            wrong.append("an answer before its body is synced")
        folder = os.path.dirname(holding[0].path)
        if not syncs.between(folder, made[holding[0].path], answer):
            wrong.append("an answer before the journal's folder is synced")
    return wrong, answers, max(map(groups.count, groups), default=0)


def records(writes):
    """(record of the log of the store, the call that wrote its end)."""
    text, begins = spread(writes)
    at, record = 0, b""
    while at + WAL_HEAD <= len(text):
        left = WAL_BLOCK - at % WAL_BLOCK
        if left < WAL_HEAD:
            at += left
            continue
        size, kind = int.from_bytes(text[at + 4:at + 6], "little"), text[at + 6]
        piece = text[at + WAL_HEAD:at + WAL_HEAD + size]
        record = piece if kind in (FIRST, WHOLE) else record + piece
        at += WAL_HEAD + size
        if kind in (WHOLE, LAST):
            yield record, at_offset(begins, at - 1)


def check_alerts(calls):
    """What is wrong with alerts and notes, and how many there were of both."""
    syncs, wrong, alerts, notes = Syncs(calls), [], 0, 0
    logs, sink = {}, []
    for call in calls:
        if "write" not in call.name:
            continue
        if re.search(r"/data/state/\d+\.log$", call.path):
            logs.setdefault(call.path, []).append(call)
        elif call.path.endswith("/alerts.ndjson"):
            sink.append(call)
    rows = {}
    for writes in logs.values():
        for record, call in records(writes):
            for name in re.findall(rb"[0-9a-f]{32}", record):
                rows.setdefault(name, call)
            if NOTE not in record:
                continue
            notes += 1
            if not all(syncs.between(one.path, one, call) for one in sink
                       if one.begin < call.begin):
                wrong.append("a note before the sink's file is synced")
    for call in sink:
        for name in re.findall(rb'\{"id":"([0-9a-f]{32})"', call.data):
            alerts += 1
            row = rows.get(name)
            if row is None:
                wrong.append("an alert, and its row is not in the store")
            elif not syncs.between(row.path, row, call):
                wrong.append("an alert before its row is synced")
    return wrong, alerts, notes


def check(calls):
    return check_answers(calls)[0] + check_alerts(calls)[0]
