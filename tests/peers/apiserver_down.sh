#!/usr/bin/env bash
# Ends what apiserver_up.sh DIR started, the apiserver first and with the time
# to tell its webhook what it has left; keeps DIR.
set -euo pipefail
dir=$(cd "$1" && pwd)
for name in apiserver etcd; do
  [ -e "$dir/$name.pid" ] || continue
  pid=$(cat "$dir/$name.pid")
  # Only what was started for this folder.
  { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -q "$dir/" ||
    continue
  kill "$pid" 2>/dev/null || true
  for ((tries = 0; tries < 300; tries++)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -9 "$pid" 2>/dev/null || true
done
