#!/usr/bin/env python3
"""Writes audit.log beside this script: ten made-up minutes of a small cluster.

Normal traffic and one intrusion, as kube-apiserver would record them: one
compact JSON object a line, keys in the order of the Event type, &, < and >
escaped as Go's encoder does. The policy that it stands for omits
RequestReceived, and records writes of pods, workloads and RBAC with their
request bodies. No randomness: the same bytes each time.

  ./make_audit_log.py          writes audit.log
  ./make_audit_log.py --check  exits 1 when audit.log is not what it would write
"""

import datetime
import json
import pathlib
import sys
import uuid

START = datetime.datetime(2026, 3, 2, 9, 0, 0, tzinfo=datetime.timezone.utc)
KUBECTL = "kubectl/v1.35.1 (linux/amd64) kubernetes/8f1d0f3"
KUBELET = "kubelet/v1.35.1 (linux/amd64) kubernetes/8f1d0f3"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
EVENT_KEYS = ["kind", "apiVersion", "level", "auditID", "stage", "requestURI",
              "verb", "user", "sourceIPs", "userAgent", "objectRef",
              "responseStatus", "requestObject", "requestReceivedTimestamp",
              "stageTimestamp", "annotations"]
OBJECT_KEYS = ["resource", "namespace", "name", "apiGroup", "apiVersion",
               "subresource"]

lines = []  # (time, order, line)
requests = 0


def go_json(value):
  """Compact JSON as Go's encoder writes it."""
  text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
  return (text.replace("&", "\\u0026").replace("<", "\\u003c")
          .replace(">", "\\u003e"))


def stamp(seconds):
  time = START + datetime.timedelta(seconds=seconds)
  return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def user(name, *groups):
  return {"username": name, "groups": [*groups, "system:authenticated"]}


def service_account(namespace, name):
  return {
      "username": f"system:serviceaccount:{namespace}:{name}",
      "uid": str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.{namespace}")),
      "groups": ["system:serviceaccounts",
                 f"system:serviceaccounts:{namespace}",
                 "system:authenticated"],
  }


def node(name):
  return user(f"system:node:{name}", "system:nodes")


DEVELOPER = user("nora@orchard.example", "developers")
RUNNER = service_account("pipelines", "runner")
SHOP = service_account("shop", "checkout")
SCHEDULER = user("system:kube-scheduler")
CONTROLLERS = user("system:kube-controller-manager")
REPLICASETS = service_account("kube-system", "replicaset-controller")
ANONYMOUS = {"username": "system:anonymous",
             "groups": ["system:unauthenticated"]}
RUNNER_REASON = ('RBAC: allowed by ClusterRoleBinding "pipelines" of '
                 'ClusterRole "deployer" to ServiceAccount "runner/pipelines"')


def event(at, stage, who, verb, uri, code, ip, agent, obj=None, body=None,
          reason="", took=0.004, status=None, audit_id=None):
  global requests
  requests += 1
  level = "Request" if body is not None else "Metadata"
  annotations = {"authorization.k8s.io/decision": "allow",
                 "authorization.k8s.io/reason": reason}
  if code == 403:
    annotations["authorization.k8s.io/decision"] = "forbid"
  if code == 401:
    annotations = None
  e = {
      "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": level,
      "auditID": audit_id or str(uuid.uuid5(uuid.NAMESPACE_URL, str(requests))),
      "stage": stage, "requestURI": uri, "verb": verb, "user": who,
      "sourceIPs": [ip], "userAgent": agent, "objectRef": obj,
      "responseStatus": {"metadata": {}, **(status or {}), "code": code},
      "requestObject": body, "requestReceivedTimestamp": stamp(at),
      "stageTimestamp": stamp(at + took), "annotations": annotations,
  }
  ordered = {k: e[k] for k in EVENT_KEYS if e[k] is not None}
  lines.append((at + took, len(lines), go_json(ordered)))
  return e["auditID"]


def done(at, *rest, **more):
  return event(at, "ResponseComplete", *rest, **more)


def session(at, lasts, *rest, **more):
  """A long-running request: told when it starts and when it ends."""
  audit_id = event(at, "ResponseStarted", *rest, **more)
  more["took"] = lasts
  event(at, "ResponseComplete", *rest, audit_id=audit_id, **more)


def ref(resource, namespace=None, name=None, group=None, version="v1",
        subresource=None):
  o = {"resource": resource, "namespace": namespace, "name": name,
       "apiGroup": group, "apiVersion": version, "subresource": subresource}
  return {k: o[k] for k in OBJECT_KEYS if o[k] is not None}


def background():
  """What a cluster says all day: leases, probes, caches, a busy scheduler."""
  lease = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/"
  for i in range(60):
    at = 10 * i + 0.137
    n = i % 2 + 1
    name = f"orchard-{n}"
    done(at, node(name), "update", f"{lease}{name}?timeout=10s", 200,
         f"10.20.0.{10 + n}", KUBELET,
         obj=ref("leases", "kube-node-lease", name, "coordination.k8s.io"))
  for i in range(40):
    at = 15 * i + 2.41
    done(at, ANONYMOUS, "get", "/livez" if i % 2 else "/readyz", 200,
         "10.20.0.2", "kube-probe/1.35",
         reason='RBAC: allowed by ClusterRoleBinding '
                '"system:public-info-viewer" of ClusterRole '
                '"system:public-info-viewer" to Group "system:unauthenticated"')
  for i in range(20):
    done(30 * i + 5.3, SHOP, "get",
         "/api/v1/namespaces/shop/secrets/checkout-tls", 200, "10.32.1.17",
         "checkout/2.4 (linux/amd64)",
         obj=ref("secrets", "shop", "checkout-tls"))
  for i in range(15):
    done(40 * i + 8.9, CONTROLLERS, "get",
         "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/"
         "kube-controller-manager?timeout=5s", 200, "10.20.0.2",
         "kube-controller-manager/v1.35.1 (linux/amd64) kubernetes/8f1d0f3"
         "/leader-election",
         obj=ref("leases", "kube-system", "kube-controller-manager",
                 "coordination.k8s.io"))
  session(20.2, 431.0, SCHEDULER, "watch",
          "/api/v1/pods?allowWatchBookmarks=true&watch=true", 200, "10.20.0.2",
          "kube-scheduler/v1.35.1 (linux/amd64) kubernetes/8f1d0f3/scheduler",
          obj=ref("pods"))


def unauthorized(at, verb, uri, ip, agent, obj=None):
  """Refused credentials: one event, at ResponseStarted, without a user."""
  event(at, "ResponseStarted", {}, verb, uri, 401, ip, agent, obj=obj,
        took=0.001, status={"status": "Failure", "message": "Unauthorized",
                            "reason": "Unauthorized"})


def development():
  """A developer at work: reads, a rollout, two mistakes."""
  ip = "10.20.4.50"
  deployments = "/apis/apps/v1/namespaces/shop/deployments"
  for i in range(12):
    done(61 + 31 * i, DEVELOPER, "list",
         "/api/v1/namespaces/shop/pods?limit=500", 200, ip, KUBECTL,
         obj=ref("pods", "shop"))
  for i in range(2):  # an old kubeconfig: two refusals are no burst
    unauthorized(50 + i, "list", "/api/v1/namespaces/shop/pods?limit=500", ip,
                 KUBECTL, ref("pods", "shop"))
  done(70, DEVELOPER, "list", "/api/v1/namespaces?limit=500", 403, ip, KUBECTL,
       obj=ref("namespaces"),
       status={"status": "Failure", "reason": "Forbidden",
               "message": 'namespaces is forbidden: User '
                          '"nora@orchard.example" cannot list resource '
                          '"namespaces" in API group "" at the cluster scope',
               "details": {"kind": "namespaces"}})
  done(95, DEVELOPER, "patch", f"{deployments}/checkout?fieldManager=kubectl-set"
       "&fieldValidation=Strict", 200, ip, KUBECTL,
       obj=ref("deployments", "shop", "checkout", "apps"),
       body={"spec": {"template": {"spec": {
           "$setElementOrder/containers": [{"name": "checkout"}],
           "containers": [{"image": "registry.orchard.example/checkout:2.5",
                           "name": "checkout"}]}}}}, took=0.021)
  for i in range(3):
    name = f"checkout-7c9d8b6f5-{'kqw7x hh2mp zt9dl'.split()[i]}"
    done(96 + i, REPLICASETS, "create", "/api/v1/namespaces/shop/pods", 201,
         "10.20.0.2", "kube-controller-manager/v1.35.1 (linux/amd64) kubernetes"
         "/8f1d0f3/system:serviceaccount:kube-system:replicaset-controller",
         obj=ref("pods", "shop"),
         body={"kind": "Pod", "apiVersion": "v1",
               "metadata": {"generateName": "checkout-7c9d8b6f5-",
                            "labels": {"app": "checkout"}},
               "spec": {"containers": [{
                   "name": "checkout",
                   "image": "registry.orchard.example/checkout:2.5",
                   "args": ["--limit", "5 < 10 & more"]}]}}, took=0.018)
    done(96.2 + i, SCHEDULER, "create",
         f"/api/v1/namespaces/shop/pods/{name}/binding", 201, "10.20.0.2",
         "kube-scheduler/v1.35.1 (linux/amd64) kubernetes/8f1d0f3/scheduler",
         obj=ref("pods", "shop", name, subresource="binding"))
    done(97.4 + i, node(f"orchard-{i % 2 + 1}"), "patch",
         f"/api/v1/namespaces/shop/pods/{name}/status", 200,
         f"10.20.0.{11 + i % 2}", KUBELET,
         obj=ref("pods", "shop", name, subresource="status"))
  session(130, 24.0, DEVELOPER, "watch",
          f"{deployments}?fieldSelector=metadata.name%3Dcheckout"
          "&timeoutSeconds=300&watch=true", 200, ip, KUBECTL,
          obj=ref("deployments", "shop", "checkout", "apps"))


def intrusion():
  """A token of the pipeline leaks: from guessing to covering up."""
  ip = "203.0.113.40"
  agent = "curl/8.11.0"
  for i in range(14):
    unauthorized(240 + 2.3 * i, "list", "/api/v1/namespaces?limit=500", ip,
                 agent, ref("namespaces"))

  def does(at, *rest, **more):
    done(at, RUNNER, *rest, ip, agent, reason=RUNNER_REASON, **more)

  does(301, "create", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
       201, obj=ref("selfsubjectrulesreviews", group="authorization.k8s.io"))
  does(318, "list", "/api/v1/namespaces/kube-system/secrets", 200,
       obj=ref("secrets", "kube-system"))
  does(322, "list", "/api/v1/secrets?limit=500", 200, obj=ref("secrets"))
  does(347, "create", f"{RBAC}/clusterrolebindings?fieldManager=kubectl-create"
       "&fieldValidation=Strict", 201, took=0.016,
       obj=ref("clusterrolebindings", name="metrics-helper",
               group="rbac.authorization.k8s.io"),
       body={"kind": "ClusterRoleBinding",
             "apiVersion": "rbac.authorization.k8s.io/v1",
             "metadata": {"name": "metrics-helper"},
             "subjects": [{"kind": "ServiceAccount", "name": "default",
                           "namespace": "pipelines"}],
             "roleRef": {"apiGroup": "rbac.authorization.k8s.io",
                         "kind": "ClusterRole", "name": "cluster-admin"}})
  does(371, "create", "/api/v1/namespaces/pipelines/pods", 201, took=0.022,
       obj=ref("pods", "pipelines", "cache-warmer"),
       body={"kind": "Pod", "apiVersion": "v1",
             "metadata": {"name": "cache-warmer", "namespace": "pipelines"},
             "spec": {"volumes": [{"name": "root", "hostPath": {"path": "/"}}],
                      "containers": [{
                          "name": "main", "image": "docker.io/library/alpine:3",
                          "command": ["sleep", "infinity"],
                          "volumeMounts": [{"name": "root",
                                            "mountPath": "/mnt"}],
                          "securityContext": {"privileged": True}}]}})
  session(395, 88.0, RUNNER, "get",
          "/api/v1/namespaces/pipelines/pods/cache-warmer/exec"
          "?command=chroot&command=%2Fmnt&command=sh&stdin=true&stdout=true"
          "&tty=true", 101, ip, KUBECTL, reason=RUNNER_REASON,
          obj=ref("pods", "pipelines", "cache-warmer", subresource="exec"))
  does(500, "deletecollection", "/api/v1/namespaces/pipelines/events", 200,
       obj=ref("events", "pipelines"), took=0.031)


def defect():
  """An aggregated API cuts its answer short: stage Panic."""
  event(560, "Panic", DEVELOPER, "list",
        "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods", 500, "10.20.4.50",
        KUBECTL, obj=ref("pods", "shop", group="metrics.k8s.io",
                         version="v1beta1"),
        status={"status": "Failure", "reason": "InternalError",
                "message": "APIServer panic'd: net/http: abort Handler"},
        took=0.009)


def main():
  background()
  development()
  intrusion()
  defect()
  text = "".join(line + "\n" for _, _, line in sorted(lines))
  path = pathlib.Path(__file__).with_name("audit.log")
  if sys.argv[1:] == ["--check"]:
    return 0 if path.read_bytes() == text.encode() else 1
  path.write_bytes(text.encode())
  return 0


if __name__ == "__main__":
  sys.exit(main())
