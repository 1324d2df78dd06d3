#!/usr/bin/env python3
"""free_ports.py LINES EACH: ports that nobody has, EACH on a line.

Who asks takes some seconds to listen there: until then a file says that the
port is given, for as long as a test takes."""
import os
import random
import socket
import sys
import tempfile
import time

GIVEN = os.path.join(tempfile.gettempdir(), f"tocsin-ports-{os.getuid()}")
SECONDS = 900


def take(port):
    """Whether nobody else was given it."""
    path = os.path.join(GIVEN, str(port))
    try:
        if time.time() - os.stat(path).st_mtime > SECONDS:
            os.remove(path)
    except FileNotFoundError:
        pass
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    return True


def is_free(port, held):
    """Whether nobody listens there; nobody does meanwhile."""
    one = socket.socket()
    try:
        one.bind(("127.0.0.1", port))
    except OSError:
        return False
    held.append(one)
    return True


def main():
    lines, each = int(sys.argv[1]), int(sys.argv[2])
    held, ports = [], []
    os.makedirs(GIVEN, exist_ok=True)
    # Below what systems give to outgoing connections: who is down for a moment
    # finds its port free again.
    for port in random.sample(range(12000, 32000), 20000):
        if len(ports) == lines * each:
            break
        if take(port) and is_free(port, held):
            ports.append(port)
    for line in range(lines):
        print(*ports[line * each:(line + 1) * each])


main()
