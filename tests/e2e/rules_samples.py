#!/usr/bin/env python3
"""The shipped samples: each is what its script writes, and each gives the
alerts that stand here.

  rules_samples.py [--tocsin BINARY]
"""

import argparse
import json
import pathlib
import subprocess
import sys

import captures
import measure_rules

# sample: the script that writes it, the rules to replay it through, alerts
SAMPLES = {
    "sample/audit.log": ("sample/make_audit_log.py", ".", [
        "k8s.credential_access.repeated_401s",
        "burst_of_401s",
        "k8s.discovery.rules_review",
        "k8s.initial_access.workload_token_from_outside",
        "kube_system_secret_read",
        "k8s.credential_access.all_secrets_listed",
        "k8s.privilege_escalation.cluster_admin_bound",
        "k8s.privilege_escalation.cluster_role_binding_changed",
        "k8s.privilege_escalation.privileged_workload",
        "k8s.privilege_escalation.sensitive_host_path",
        "k8s.execution.exec_by_workload",
        "k8s.execution.exec_or_attach",
        "k8s.defense_evasion.events_deleted",
        "apiserver_panic",
    ]),
    "examples/nginx/sample.log": (
        "examples/nginx/make_sample.py", "examples/nginx", [
            "web.not_found_scan",
            "web.hidden_file_served",
            "web.path_traversal",
            "web.login_brute_force",
            "web.backend_failing",
        ]),
}


def main():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--tocsin", type=pathlib.Path)
  binary = parser.parse_args().tocsin or measure_rules.find_binary()
  rules = captures.REPO / "rules"
  failed = False
  for sample, (script, ruleset, expected) in SAMPLES.items():
    if subprocess.run([rules / script, "--check"], check=False).returncode:
      print(f"rules/{sample} is not what rules/{script} writes")
      failed = True
    done = subprocess.run(
        [binary, "replay", "--rules", rules / ruleset, "--format", "json",
         rules / sample], capture_output=True, text=True, check=False)
    alerts = [json.loads(line) for line in done.stdout.splitlines()]
    told = [alert["rule"] for alert in alerts]
    # Alerts of one event come in an order that no reader relies on.
    if done.returncode or sorted(told) != sorted(expected):
      print(f"rules/{sample}: exit {done.returncode}, {done.stderr}")
      print("missing:", sorted(set(expected) - set(told)),
            "\nunexpected:", sorted(set(told) - set(expected)))
      failed = True
    print(f"rules/{sample}: {len(told)} alerts")
  return 1 if failed else 0


if __name__ == "__main__":
  sys.exit(main())
