"""Requests to the apiserver that apiserver_up.sh started: everyday ones, many,
and an attack."""
import http.client
import json
import os
import random
import ssl
import subprocess
import threading

COLLECTIONS = ("configmaps", "secrets", "pods", "services", "serviceaccounts")


class Apiserver:
    """Threads: any; each has a connection of its own."""

    def __init__(self, folder):
        self.folder = folder
        with open(f"{folder}/address", encoding="utf-8") as text:
            self.address = text.read().strip()
        self.tls = ssl.create_default_context(cafile=f"{folder}/ca.crt")
        self.local = threading.local()

    def token(self, user):
        with open(f"{self.folder}/{user}.token", encoding="utf-8") as text:
            return text.read().strip()

    def request(self, method, path, body=None, token=None, agent="traffic/1"):
        """Status and body of the answer."""
        if not hasattr(self.local, "connection"):
            self.local.connection = http.client.HTTPSConnection(
                self.address, context=self.tls, timeout=60)
        headers = {"User-Agent": agent, "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers["Content-Type"] = (
                "application/merge-patch+json" if method == "PATCH"
                else "application/json")
            body = json.dumps(body)
        try:
            self.local.connection.request(method, path, body, headers)
            answer = self.local.connection.getresponse()
            return answer.status, answer.read()
        except BaseException:
            self.local.connection.close()
            raise

    def kubectl(self, user, *words, stdin=None):
        """Whether it went well."""
        return subprocess.run(
            [f"{self.folder}/kubectl", "--kubeconfig",
             f"{self.folder}/{user}.kubeconfig", f"--cache-dir={self.folder}/"
             "kubectl-cache", *words], input=stdin, text=True, check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "HOME": self.folder},
            timeout=120).returncode == 0

    def audit_figure(self, name):
        """Of /metrics, added up over its labels."""
        code, text = self.request("GET", "/metrics", token=self.token("admin"))
        assert code == 200, code
        values = [line.rsplit(" ", 1)[1] for line in text.decode().splitlines()
                  if line.split("{")[0].split(" ")[0] == name]
        return int(sum(float(value) for value in values))


def object_of(collection, name, chance):
    """Something to create; a ConfigMap has a page of text."""
    body = {"metadata": {"name": name, "labels": {"of": "traffic"}}}
    if collection == "configmaps":
        body["data"] = {"text": "".join(chance.choices(
            "abcdefgh \"\\<&>\u00e9\u2028", k=chance.randrange(4000)))}
    elif collection == "secrets":
        body["stringData"] = {"password": name}
    elif collection == "pods":
        body["spec"] = {"containers": [{"name": "c", "image": "nginx"}],
                        "automountServiceAccountToken": False}
    elif collection == "services":
        body["spec"] = {"ports": [{"port": 80}]}
    return body


def everyday(server, worker, rounds):
    """Six requests a round: what controllers and people do all day."""
    chance, token = random.Random(worker), server.token("admin")
    for number in range(rounds):
        collection = COLLECTIONS[number % len(COLLECTIONS)]
        path = f"/api/v1/namespaces/team-{worker}/{collection}"
        name = f"x{number}"
        code, answer = server.request(
            "POST", path, object_of(collection, name, chance), token)
        assert code in (201, 403), (code, answer)
        server.request("GET", f"{path}/{name}", token=token)
        server.request("GET", f"{path}/not-there", token=token)
        server.request("PATCH", f"{path}/{name}",
                       {"metadata": {"annotations": {"n": str(number)}}}, token)
        server.request("GET", f"{path}?limit=3", token=token)
        server.request("DELETE", f"{path}/{name}?gracePeriodSeconds=0",
                       token=token)


def prepare(server, workers):
    token = server.token("admin")
    for worker in range(workers):
        code, answer = server.request(
            "POST", "/api/v1/namespaces",
            {"metadata": {"name": f"team-{worker}"}}, token)
        assert code == 201, answer
        server.request("POST", f"/api/v1/namespaces/team-{worker}/"
                       "serviceaccounts", {"metadata": {"name": "default"}},
                       token)


def by_kubectl(server):
    """What somebody at a terminal does."""
    for words in (["get", "pods", "-A"], ["get", "nodes"], ["api-resources"],
                  ["-n", "team-0", "create", "configmap", "settings",
                   "--from-literal=a=b"],
                  ["-n", "team-0", "get", "configmap", "settings", "-o", "yaml"],
                  ["-n", "team-0", "label", "configmap", "settings", "x=y"],
                  ["-n", "team-0", "create", "deployment", "web",
                   "--image=nginx"],
                  ["-n", "team-0", "scale", "deployment", "web",
                   "--replicas=3"],
                  ["-n", "team-0", "describe", "deployment", "web"],
                  ["-n", "team-0", "delete", "deployment", "web"],
                  ["-n", "team-0", "delete", "configmap", "settings"]):
        assert server.kubectl("admin", *words), words
    assert not server.kubectl("mallory", "get", "nodes")


# What the shipped rules must tell of the attack.
ATTACK_ALERTS = {
    "burst_of_401s", "k8s.initial_access.anonymous_probing",
    "k8s.credential_access.protected_secrets_denied",
    "k8s.execution.exec_denied", "k8s.discovery.forbidden_enumeration",
    "k8s.privilege_escalation.cluster_admin_bound",
    "k8s.credential_access.all_secrets_listed", "kube_system_secret_read"}


def attack(server):
    """From outside to cluster-admin: scan, guess, try, be let in, take."""
    for path in ("pods", "secrets", "nodes", "configmaps", "services",
                 "namespaces", "events", "endpoints"):
        assert server.request("GET", f"/api/v1/{path}", agent="scan")[0] == 403
    for number in range(15):
        assert server.request("GET", "/api/v1/pods", agent="guess",
                              token=f"guessed-{number}")[0] == 401
    for what in ("pods", "secrets", "nodes", "configmaps", "services", "events",
                 "deployments", "cronjobs", "roles", "clusterroles", "ingresses",
                 "persistentvolumes"):
        assert not server.kubectl("mallory", "get", what, "-A"), what
    # kubectl looks for the pod first, and gets no further.
    token = server.token("mallory")
    code, _ = server.request(
        "POST", "/api/v1/namespaces/team-0/pods/web/exec?command=sh&stdin=true",
        token=token)
    assert code == 403, code
    assert server.kubectl("admin", "create", "clusterrolebinding", "helper",
                          "--clusterrole=cluster-admin", "--user=mallory")
    assert server.kubectl("mallory", "get", "secrets", "-A")
    assert server.kubectl("mallory", "-n", "kube-system", "get", "secrets")
