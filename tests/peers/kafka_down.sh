#!/usr/bin/env bash
# Ends the brokers that kafka_up.sh DIR started, and removes DIR.
set -euo pipefail
dir=$1
for file in "$dir"/n*/pid; do
  [ -e "$file" ] || continue
  pid=$(cat "$file")
  # Only what is a broker of this folder.
  grep -qaF "$dir/" "/proc/$pid/cmdline" 2>/dev/null || continue
  kill -9 "$pid" 2>/dev/null || true
done
rm -rf "$dir"
