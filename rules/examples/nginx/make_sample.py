#!/usr/bin/env python3
"""Writes sample.log beside this script: five made-up minutes of a web shop.

Ordinary visitors, one scanner that finds a file, one guesser of passwords and
one backend that fails. No randomness: the same bytes each time.

  ./make_sample.py          writes sample.log
  ./make_sample.py --check  exits 1 when sample.log is not what it would write
"""

import datetime
import json
import pathlib
import sys

START = datetime.datetime(2026, 3, 2, 12, 0, 0, tzinfo=datetime.timezone.utc)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:136.0) Gecko/20100101 Firefox/136.0"
SCANNER = "gobuster/3.6"
BACKENDS = ["10.40.0.11:8080", "10.40.0.12:8080"]

lines = []


def request(at, address, method, uri, status, size, agent=FIREFOX, backend=0):
  time = START + datetime.timedelta(seconds=int(at))
  entry = {
      "time_iso8601": time.isoformat(),
      "remote_addr": address,
      "request_method": method,
      "request_uri": uri,
      "status": status,
      "body_bytes_sent": size,
      "request_time": 0.010 + (len(lines) % 7) / 1000,
      "http_user_agent": agent,
      "upstream_addr": BACKENDS[backend],
  }
  lines.append((int(at), len(lines), json.dumps(entry)))


def visitors():
  pages = ["/", "/products?page=2", "/products/17", "/cart", "/static/app.js"]
  for i in range(120):
    request(2.5 * i, f"198.51.100.{20 + i % 9}", "GET", pages[i % 5], 200,
            900 + 37 * (i % 11), backend=i % 2)
  for i in range(3):  # a forgotten password
    request(60 + 9 * i, "198.51.100.23", "POST", "/login", 401, 120)
  request(90, "198.51.100.23", "POST", "/login", 302, 0)


def scanner():
  words = ("admin backup old test phpmyadmin wp-login.php server-status config "
           "console debug manager api/v2 swagger actuator graphql private logs "
           "upload tmp shell.php cgi-bin data dump.zip site.tar jenkins status "
           "install setup").split()
  for i, word in enumerate(words):
    request(100 + i / 2, "203.0.113.77", "GET", f"/{word}", 404, 153, SCANNER)
  request(116, "203.0.113.77", "GET", "/.env", 200, 412, SCANNER)
  request(118, "203.0.113.77", "GET",
          "/static/%252e%252e%252f%252e%252e%252fetc/passwd", 200, 1893,
          SCANNER)


def guesser():
  for i in range(16):
    request(180 + 4 * i, "203.0.113.90", "POST", "/login", 401, 120,
            "python-httpx/0.28")


def failing_backend():
  for i in range(24):
    request(250 + 1.5 * i, f"198.51.100.{20 + i % 9}", "GET",
            f"/products/{i}", 502, 166, backend=1)


def main():
  visitors()
  scanner()
  guesser()
  failing_backend()
  text = "".join(line + "\n" for _, _, line in sorted(lines))
  path = pathlib.Path(__file__).with_name("sample.log")
  if sys.argv[1:] == ["--check"]:
    return 0 if path.read_text() == text else 1
  path.write_text(text)
  return 0


if __name__ == "__main__":
  sys.exit(main())
