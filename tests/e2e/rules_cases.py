#!/usr/bin/env python3
"""What the captures do not hold: short cases, each with exactly the rules that
must alert on it, and most of all the ordinary ones that must not.

Every case lies two days behind the last, so no window or hold reaches over.
The events of a case carry its number in their auditID.

  rules_cases.py [--tocsin BINARY] [--write FILE]   FILE: the events, and stop
"""

import argparse
import collections
import datetime
import json
import pathlib
import subprocess
import sys
import tempfile

import captures
import measure_rules

START = datetime.datetime(2026, 4, 1, tzinfo=datetime.timezone.utc)
RBAC = "rbac.authorization.k8s.io"
DEVELOPER = {"username": "jo", "groups": ["system:authenticated"]}
APISERVER = {"username": "system:apiserver", "groups": ["system:masters"]}
NODE = {"username": "system:node:n1", "groups": ["system:nodes"]}
NOBODY = {"username": "system:anonymous", "groups": ["system:unauthenticated"]}
PRIVILEGED = {"spec": {"containers": [{
    "name": "c", "image": "i", "securityContext": {"privileged": True}}]}}


def account(name, namespace="shop", **extra):
  return {"username": f"system:serviceaccount:{namespace}:{name}",
          "groups": ["system:serviceaccounts"], **extra}


def controller(name):
  return account(name, "kube-system")


def ref(resource, namespace=None, name=None, group=None, sub=None):
  parts = {"resource": resource, "namespace": namespace, "name": name,
           "apiGroup": group, "subresource": sub}
  return {k: v for k, v in parts.items() if v is not None}


def req(user, verb, obj=None, code=200, uri=None, body=None, ip="10.1.1.1",
        at=0.0, stage="ResponseComplete", decision="auto", notes=None, **more):
  """One event of one request."""
  if uri is None:
    uri = "/" + "/".join(str(v) for v in (obj or {}).values())
  if decision == "auto":
    decision = "forbid" if code == 403 else "allow"
  annotations = dict(notes or {})
  if decision:
    annotations["authorization.k8s.io/decision"] = decision
  event = {"level": "RequestResponse" if body else "Metadata", "stage": stage,
           "requestURI": uri, "verb": verb, "user": user,
           "sourceIPs": ip.split(","), "userAgent": "test/1", "objectRef": obj,
           "responseStatus": {"metadata": {}, "code": code},
           "requestObject": body, "annotations": annotations, "at": at, **more}
  return {k: v for k, v in event.items() if v is not None}


def session(user, sub, namespace="shop", command="", code=101, verb="get"):
  """exec and the like: when it starts, and when it ends."""
  for stage in ("ResponseStarted", "ResponseComplete"):
    yield req(user, verb, ref("pods", namespace, "p", sub=sub), code,
              uri=f"/api/v1/namespaces/{namespace}/pods/p/{sub}?{command}",
              stage=stage)


BINDINGS = ref("clusterrolebindings", name="b", group=RBAC)
ROLES = ref("clusterroles", name="r", group=RBAC)
ALL_SECRETS = ref("secrets")
CSR = ref("certificatesigningrequests", name="c", group="certificates.k8s.io",
          sub="approval")
WEBHOOK = ref("validatingwebhookconfigurations", name="w",
              group="admissionregistration.k8s.io")

# (what, events, rules that must alert, none else)
CASES = [
    # ---- ordinary: nothing
    ("a node joins: anonymous reads cluster-info",
     [req(NOBODY, "get", ref("configmaps", "kube-public", "cluster-info"))],
     []),
    ("a load balancer looks at / without credentials",
     [req(NOBODY, "get", None, 403, "/", at=i) for i in range(30)], []),
    ("health checks and the version, without credentials",
     [req(NOBODY, "get", None, 200, uri) for uri in (
         "/healthz", "/livez?verbose", "/readyz/ping", "/version/",
         "/openid/v1/jwks", "/readyz/poststarthook/start-informers")], []),
    ("the apiserver writes its default roles and bindings",
     [req(APISERVER, "create", BINDINGS, 201, body={
         "roleRef": {"name": "cluster-admin"}, "subjects": []}),
      req(APISERVER, "update", ROLES, 200, body={
          "rules": [{"verbs": ["*"], "resources": ["*"], "apiGroups": ["*"]}]}),
      req(APISERVER, "list", ALL_SECRETS)], []),
    ("the aggregation controller updates edit",
     [req(controller("clusterrole-aggregation-controller"), "patch",
          ref("clusterroles", name="edit", group=RBAC), body={
              "rules": [{"verbs": ["impersonate"], "apiGroups": [""],
                         "resources": ["serviceaccounts"]}]})], []),
    ("a kubelet's mirror pod, and the pod of a DaemonSet",
     [req(NODE, "create", ref("pods", "kube-system", "etcd-n1"), 201,
          body={"spec": {"hostNetwork": True, **PRIVILEGED["spec"]}}),
      req(controller("daemon-set-controller"), "create",
          ref("pods", "kube-system"), 201, body=PRIVILEGED)], []),
    ("a kubelet gets secrets by name, and tokens for its pods",
     [req(NODE, "get", ref("secrets", "kube-system", f"s{i}"), at=i)
      for i in range(20)]
     + [req(NODE, "list", ref("secrets", "shop", "s1")),
        req(NODE, "create", ref("serviceaccounts", "kube-system", "dns",
                                sub="token"), 201)], []),
    ("the certificate controller approves a kubelet's request",
     [req(controller("certificate-controller"), "update", CSR)], []),
    ("the namespace controller empties a namespace",
     [req(controller("namespace-controller"), "deletecollection",
          ref(r, "shop")) for r in ("events", "pods", "secrets")]
     + [req(controller("namespace-controller"), "delete",
            ref("configmaps", "shop", f"c{i}"), at=i / 10) for i in range(40)],
     []),
    ("dry runs of things that would alert",
     [req(DEVELOPER, "create", ref("pods", "kube-system", "p"), 201,
          "/api/v1/namespaces/kube-system/pods?dryRun=All", PRIVILEGED),
      req(DEVELOPER, "create", BINDINGS, 201,
          "/apis/x/clusterrolebindings?fieldManager=a&dryRun=All",
          {"roleRef": {"name": "cluster-admin"}})], []),
    ("a scraper reads the metrics of kubelets through the apiserver",
     [req(account("scraper"), "get", ref("nodes", None, "n1", sub="proxy"),
          uri=f"/api/v1/nodes/n1/proxy/{p}", stage="ResponseStarted")
      for p in ("metrics", "metrics/cadvisor", "stats/summary", "healthz")],
     []),
    ("an application reads its own secrets",
     [req(account("shop"), "get", ref("secrets", "shop", f"s{i % 4}"), at=i / 9)
      for i in range(60)], []),
    ("a controller without a right tries the same again",
     [req(account("operator"), "list", ref("configmaps", "shop"), 403, at=i)
      for i in range(50)], []),
    ("conflicts are no refusals",
     [req(DEVELOPER, "update", ref("deployments", "shop", "d", "apps"), 409,
          at=i / 100) for i in range(500)], []),
    ("a deployment with limits and a host path of its own",
     [req(DEVELOPER, "create", ref("deployments", "shop", "d", "apps"), 201,
          body={"spec": {"template": {"spec": {
              "volumes": [{"hostPath": {"path": "/var/lib/shop"}}],
              "containers": [{"name": "c", "command": ["sh", "-c", "./run"],
                              "securityContext": {"privileged": False}}]}}}})],
     []),
    ("addresses that a client made up do not count",
     [req({}, "list", ref("pods"), 401, ip=f"198.51.100.{i},10.1.2.{i}",
          stage="ResponseStarted", decision=None, at=i) for i in range(4)],
     []),
    ("a role of an application that may all within its own group",
     [req(DEVELOPER, "create", ROLES, 201, body={"rules": [{
         "verbs": ["*"], "resources": ["*"], "apiGroups": ["shop.example"]}]})],
     []),
    # ---- ordinary, and on record at low or info
    ("helm lists its releases",
     [req(DEVELOPER, "list", ALL_SECRETS,
          uri="/api/v1/secrets?labelSelector=owner%3Dhelm&limit=500")],
     ["who_read_this_secret"]),
    ("an ingress controller fills its cache of secrets",
     [req(account("ingress"), "list", ALL_SECRETS,
          uri="/api/v1/secrets?limit=500&resourceVersion=0"),
      req(account("ingress"), "watch", ALL_SECRETS, stage="ResponseStarted",
          uri="/api/v1/secrets?allowWatchBookmarks=true&watch=true")],
     ["all_secrets_cached"]),
    ("an administrator asks what an add-on may do",
     [req(DEVELOPER, "create",
          ref("selfsubjectaccessreviews", group="authorization.k8s.io"), 201,
          impersonatedUser=controller("dns"))], ["impersonation"]),
    ("kubectl debug of a pod",
     [req(DEVELOPER, "patch", ref("pods", "shop", "p",
                                  sub="ephemeralcontainers"), body={
         "spec": {"ephemeralContainers": [{"image": "busybox",
             "securityContext": {"capabilities": {"add": ["SYS_PTRACE"]}}}]}})],
     ["ephemeral_container"]),
    ("kubectl cp from a pod",
     session(DEVELOPER, "exec", command="command=tar&command=cf&command=-"
             "&command=%2Fdata"), ["exec_or_attach", "files_copied_from_pod"]),
    ("an add-on is upgraded",
     [req(DEVELOPER, "patch", ref("daemonsets", "kube-system", "d", "apps")),
      req(DEVELOPER, "patch", WEBHOOK)],
     ["workload_in_kube_system", "webhook_changed"]),
    ("a role for operators", [req(DEVELOPER, "create", ROLES, 201, body={
        "rules": [{"verbs": ["create"], "resources": ["pods/exec"],
                   "apiGroups": [""]}]})], ["sensitive_rights_granted"]),
    ("a network policy goes",
     [req(DEVELOPER, "delete", ref("networkpolicies", "shop", "fence",
                                   "networking.k8s.io"))],
     ["network_policy_removed", "who_deleted_it"]),
    # ---- attacks
    ("the credentials of a node, in somebody's hands",
     [req(NODE, "list", ALL_SECRETS, 403)], ["node_acts_like_a_person"]),
    ("a token of a pod, from the Internet too",
     [req(account("shop", extra={
         "authentication.kubernetes.io/credential-id": ["JTI=1"],
         "authentication.kubernetes.io/pod-name": ["p"]}), "list",
          ref("pods", "shop"), ip=ip, at=i)
      for i, ip in enumerate(("10.1.1.1", "192.0.2.7"))],
     ["pod_token_used_elsewhere", "workload_token_from_outside"]),
    ("secrets of namespace after namespace",
     [req(account("ci"), "list", ref("secrets", f"team-{i}"), at=i)
      for i in range(6)], ["secrets_listed_across_namespaces"]),
    ("metrics without credentials",
     [req(NOBODY, "get", None, 200, "/metrics")], ["anonymous_path_access"]),
    ("a health check that is none",
     [req(NOBODY, "get", None, 200, "/healthz/../metrics")],
     ["anonymous_path_access"]),
    ("a session into kube-system, by SPDY",
     session(DEVELOPER, "exec", "kube-system", "command=sh", verb="create"),
     ["exec_or_attach", "exec_in_kube_system"]),
    ("Pod Security off, by merge patch and by JSON patch",
     [req(DEVELOPER, "patch", ref("namespaces", "shop", "shop"), body={
         "metadata": {"labels": {
             "pod-security.kubernetes.io/enforce": "privileged"}}}),
      req(DEVELOPER, "patch", ref("namespaces", "shop", "shop"), body=[{
          "op": "remove",
          "path": "/metadata/labels/pod-security.kubernetes.io~1enforce"}])],
     ["pod_security_relaxed"]),
    ("privileged by JSON patch",
     [req(DEVELOPER, "patch", ref("deployments", "shop", "d", "apps"), body=[{
         "op": "add", "value": True, "path":
         "/spec/template/spec/containers/0/securityContext/privileged"}])],
     ["privileged_workload"]),
    ("the root of the node by an init container's CronJob",
     [req(DEVELOPER, "create", ref("cronjobs", "shop", "j", "batch"), 201,
          body={"spec": {"jobTemplate": {"spec": {"template": {"spec": {
              "volumes": [{"hostPath": {"path": "/./"}}],
              "initContainers": [{"securityContext": {"capabilities": {
                  "add": ["SYS_ADMIN"]}}}]}}}}}})],
     ["cronjob_created", "sensitive_host_path", "dangerous_capabilities"]),
    ("a body padded until it was cut off",
     [req(DEVELOPER, "create", ref("pods", "shop", "p"), 201,
          notes={"audit.k8s.io/truncated": "true"})], ["bodies_truncated"]),
    ("an object deleted past its finalizers",
     [req(DEVELOPER, "delete", ref("secrets", "shop", "s"), notes={
         "apiserver.k8s.io/unsafe-delete-ignore-read-error": ""})],
     ["unsafe_delete", "who_deleted_it", "who_changed_this_secret"]),
    ("a node that nobody started",
     [req(DEVELOPER, "create", ref("nodes", None, "n9"), 201)],
     ["node_registered"]),
    ("a kubelet runs a command, with an escaped path",
     [req(account("ci"), "get", ref("nodes", None, "n1", sub="proxy"), 403,
          uri="/api/v1/nodes/n1/proxy/%72un/shop/p/c?cmd=id",
          stage="ResponseStarted")], ["kubelet_api", "kubelet_command"]),
    ("the administrator of k3s is a person",
     [req({"username": "system:admin", "groups": ["system:masters"]}, "get",
          ref("secrets", "kube-system", "s"))],
     ["kube_system_secret_read", "system_masters_used",
      "who_read_this_secret"]),
]


def write(file):
  for number, (_, events, _) in enumerate(CASES):
    for count, event in enumerate(events):
      time = START + datetime.timedelta(days=2 * number, seconds=event["at"])
      stamp = time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
      whole = {"kind": "Event", "apiVersion": "audit.k8s.io/v1",
               "auditID": f"case-{number}-{count}", **event,
               "requestReceivedTimestamp": stamp, "stageTimestamp": stamp}
      del whole["at"]
      file.write(json.dumps(whole) + "\n")
  file.flush()


def main():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--tocsin", type=pathlib.Path)
  parser.add_argument("--write", type=pathlib.Path)
  args = parser.parse_args()
  if args.write:
    with open(args.write, "w", encoding="utf-8") as file:
      write(file)
    return 0
  told = collections.defaultdict(set)
  with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
    write(file)
    done = subprocess.run(
        [args.tocsin or measure_rules.find_binary(), "replay", "--rules",
         captures.REPO / "rules", "--format", "json", file.name],
        capture_output=True, text=True, check=False)
  for line in done.stdout.splitlines():
    alert = json.loads(line)
    number = int(alert["events"][0]["auditID"].split("-")[1])
    told[number].add(alert["rule"].split(".")[-1])
  failed = done.returncode != 0
  for number, (what, _, expected) in enumerate(CASES):
    if told[number] != set(expected):
      failed = True
      print(f"{what}:\n  missing {sorted(set(expected) - told[number])}, "
            f"not expected {sorted(told[number] - set(expected))}")
  print(f"{len(CASES)} cases{': failed' if failed else ''} {done.stderr}")
  return 1 if failed else 0


if __name__ == "__main__":
  sys.exit(main())
