"""What `strace -f -y` has seen, as calls with their bytes; and programs under it.

The tracer writes a call's beginning before it lets the thread make the call,
and its end before it lets the thread go on. So where one thread waits for
another, the lines stand in that order, too."""
import codecs
import dataclasses
import re
import shutil

# Those that write, sync, name files, and talk.
TRACED = ("write,writev,pwrite64,pwritev,pwritev2,fdatasync,fsync,openat,"
          "rename,renameat,renameat2,sendto,sendmsg,recvfrom,recvmsg,read,"
          "readv")
LONGEST = 1 << 22  # Bytes of one string; what is longer would be cut.

LINE = re.compile(r"(\d+) +(.*)")
RESUMED = re.compile(r"<\.\.\. \w+ resumed>(.*)")
CALL = re.compile(r"(\w+)\((?:(-?\w+)(?:<([^\n]*?)>)?(?=[,)\s]))?")
RESULT = re.compile(r"\) += (-?\d+)(?:<([^>]*)>)?[^\"]*$")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"(\.\.\.)?')


@dataclasses.dataclass
class Call:
    """begin, end: numbers of lines; end None: it never returned. path: of its
    file, of what an openat opened. result: -1 where it failed."""
    name: str
    path: str
    begin: int
    text: str
    end: int = None
    result: int = None
    data: bytes = b""

    def finish(self, end):
        """With all of its text."""
        returned = RESULT.search(self.text)
        if returned is None:
            return
        self.end, self.result = end, int(returned.group(1))
        if self.name == "openat":
            self.path = returned.group(2) or ""
            return
        pieces = STRING.findall(self.text)
        if any(cut for _, cut in pieces):
            raise ValueError(f"a string is cut: {self.text[:200]}")
        self.data = b"".join(
            codecs.decode(piece, "unicode_escape").encode("latin-1")
            for piece, _ in pieces)
        if self.name.startswith(("recv", "read")):
            self.data = self.data[:max(self.result, 0)]

    def done(self):
        """It did all that it should."""
        if self.end is None or self.name == "openat":
            return self.end is not None and self.result >= 0
        return self.result == len(self.data)


def command(output):
    """In front of a program; None where there is no strace. The program is the
    child of who starts this, and strace ends with it."""
    strace = shutil.which("strace")
    return strace and [strace, "-D", "-f", "-y", "-s", str(LONGEST),
                       "--seccomp-bpf", "-e", f"trace={TRACED}", "-e",
                       "signal=none", "-o", output]


def read(path):
    """The calls, in the order in which they began."""
    calls, open_of = [], {}
    with open(path, encoding="latin-1", newline="\n") as lines:
        for number, line in enumerate(lines):
            thread, text = LINE.match(line).groups()
            resumed = RESUMED.match(text)
            if resumed:
                call = open_of.pop(thread)
                call.text += resumed.group(1)
            else:
                found = CALL.match(text)
                if not found:
                    continue  # An exit.
                call = Call(found.group(1), found.group(3) or "", number, text)
                calls.append(call)
            if text.endswith("<unfinished ...>"):
                call.text = call.text.removesuffix("<unfinished ...>")
                open_of[thread] = call
            else:
                call.finish(number)
    return calls
