"""The labelled captures of a real kube-apiserver, read for the tests of rules/.

They lie outside the repository, under ${TOCSIN_SHARED:-../shared}; a test
that needs them skips with a notice where they are absent, and fails instead
when CI=true.
"""

import csv
import gzip
import json
import os
import pathlib
import sys

REPO = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77  # ctest's SKIP_RETURN_CODE

# A run and the log of it to replay: d writes the legacy format to its file,
# so its JSON is what the webhook was sent.
RUNS = {
    "a-exhaustive": "a-exhaustive/audit.log.gz",
    "h-extra": "h-extra/audit.log.gz",
    "c-metadata-blocking": "c-metadata-blocking/audit.log.gz",
    "d-legacy": "d-legacy-webhook/bodies.ndjson.gz",
    "e-truncate": "e-truncate/audit.log.gz",
}


def root():
  """The folder of the captures; ends the program where there is none."""
  shared = os.environ.get("TOCSIN_SHARED") or REPO.parent / "shared"
  path = pathlib.Path(shared) / "peers/apiserver/captures"
  if path.is_dir():
    return path
  print(f"no captures under {shared} (TOCSIN_SHARED)", file=sys.stderr)
  sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)


def open_text(path):
  """Opens a file, or the .gz of it."""
  path = pathlib.Path(path)
  if not path.exists():
    path = path.with_name(path.name + ".gz")
  if path.suffix == ".gz":
    return gzip.open(path, "rt", encoding="utf-8", errors="replace")
  return open(path, encoding="utf-8", errors="replace")


def labelled_requests(run):
  """The rows of labels_requests.tsv of a run, as dicts."""
  with open_text(root() / run / "labels_requests.tsv") as f:
    yield from csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)


def events(log):
  """The events of a log of the captures, lines or EventLists."""
  with open_text(root() / log) as f:
    for line in f:
      event = json.loads(line)
      if event.get("kind") == "EventList":
        yield from event["items"]
      else:
        yield event
