#!/usr/bin/env python3
"""What a room includes, it lists: the half of the house that CMake cannot see.
rooms.txt is what the build recorded: a room, a colon, the rooms it lists."""

import re
import tree

INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]')

# Which rooms may include which third parties (docs/architecture.md).
FOREIGN = {
    "boost/": {"dsl/parser", "connectors/http", "connectors/webhook"},
    "openssl/": {"connectors/webhook"},
    "rapidjson/": {"engine/event", "dsl/diag"},
    "simdjson": {"engine/event"},
    "re2/": {"engine/program", "engine/match"},
    "spdlog/": {"engine/base"},
    "prometheus/": {"engine/base"},
    "xxhash.h": {"engine/base", "engine/event"},
    "yaml-cpp/": {"app"},
    "CLI/": {"app"},
    "date/": {"engine/program"},
    "librdkafka/": {"connectors/kafka"},
    "zlib.h": {"connectors/stdio"},
    "zstd.h": {"connectors/stdio"},
    "regex": set(),
    "iostream": set(),
}


def includes(path):
    for number, line in enumerate(tree.lines(path), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(1)


def rooms_include_what_they_list(rooms_txt):
    listed = {}
    for line in open(rooms_txt, encoding="utf-8"):
        room, _, others = line.partition(":")
        listed[room.strip()] = set(others.split())
    for path in tree.files("engine", "dsl", "connectors"):
        room = tree.room(path)
        if room not in listed:
            yield f"{tree.name(path)}: {room} is no room of the build"
            continue
        for number, header in includes(path):
            other = "/".join(header.split("/")[:2])
            wing = header.split("/")[0]
            if wing in ("app", "tests", "bench"):
                yield f"{tree.name(path)}:{number}: {room} may not include {header}"
            elif wing in ("engine", "dsl", "connectors") and \
                    other != room and other not in listed[room]:
                yield f"{tree.name(path)}:{number}: {room} does not list {other}"


def third_parties_stay_in_their_rooms():
    for path in tree.files(*tree.CODE):
        for number, header in includes(path):
            for start, rooms in FOREIGN.items():
                exact = not start.endswith("/") and "." not in start
                hit = header in (start, start + ".h") if exact \
                    else header.startswith(start)
                if hit and tree.room(path) not in rooms:
                    yield f"{tree.name(path)}:{number}: {tree.room(path)} may not include {header}"


def every_file_is_built():
    """A source or header that its CMakeLists.txt does not name is dead."""
    for path in tree.files(*tree.CODE):
        folder = path.parent
        while not (folder / "CMakeLists.txt").exists():
            folder = folder.parent
        text = (folder / "CMakeLists.txt").read_text()
        own = str(path.relative_to(folder))
        if path.suffix == ".cc" and not re.search(
                rf"(?<![\w/]){re.escape(own)}\b", text):
            yield f"{tree.name(path)}: no target is built from it"


tree.main({check.__name__: check for check in (
    rooms_include_what_they_list, third_parties_stay_in_their_rooms,
    every_file_is_built)})
