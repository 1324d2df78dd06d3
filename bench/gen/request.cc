// Who asks a cluster for what.
#include "bench/gen/request.h"

#include <array>
#include <iterator>
#include <string_view>

namespace tocsin::bench {
namespace {

constexpr std::uint32_t kNodes = 200;
constexpr std::string_view kNamespaces[] = {
    "default",  "kube-system", "monitoring", "payments", "checkout",
    "team-a",   "team-b",      "ci",         "argocd",   "istio-system",
    "frontend", "inventory",   "search",     "staging",  "data-platform"};
constexpr std::string_view kApps[] = {"api",    "web",   "worker", "billing",
                                      "cart",   "auth",  "search", "indexer",
                                      "mailer", "redis", "broker", "report"};
constexpr std::string_view kPeople[] = {
    "alice@example.com", "bob@example.com",   "carol@example.com",
    "dave@example.com",  "erin@example.com",  "frank@example.com",
    "grace@example.com", "heidi@example.com", "ivan@example.com"};
constexpr std::string_view kControllers[] = {
    "deployment-controller",    "replicaset-controller",
    "endpointslice-controller", "generic-garbage-collector",
    "job-controller",           "cronjob-controller",
    "namespace-controller",     "resourcequota-controller",
    "horizontal-pod-autoscaler"};

template <std::size_t N>
std::string Pick(const std::string_view (&choices)[N], Random* random) {
  return std::string(choices[random->Below(static_cast<std::uint32_t>(N))]);
}

std::string Number(std::uint64_t n) { return std::to_string(n); }

std::string NodeName(Random* random) {
  const std::uint32_t n = random->Below(kNodes);
  return "ip-10-" + Number(20 + n % 4) + "-" + Number(n / 16) + "-" +
         Number(7 + n % 240) + ".eu-central-1.compute.internal";
}

std::string PodName(Random* random) {
  std::string name = Pick(kApps, random) + "-";
  random->AppendHex(9, &name);
  name += '-';
  random->AppendHex(5, &name);
  return name;
}

std::string ResourceVersion(Random* random) {
  return Number(184'000'000 + random->Below(4'000'000));
}

void BeNode(Random* random, Request* request) {
  const std::string node = NodeName(random);
  request->username = "system:node:" + node;
  request->groups = R"(["system:nodes","system:authenticated"])";
  request->address =
      Join({"10.", Number(20 + random->Below(4)), ".",
            Number(random->Below(16)), ".", Number(7 + random->Below(240))});
  request->agent = "kubelet/v1.33.4 (linux/amd64) kubernetes/74cdb42";
  request->name = node;
}

void BeServiceAccount(std::string_view ns, std::string_view account,
                      Random* random, Request* request) {
  request->username =
      "system:serviceaccount:" + std::string(ns) + ":" + std::string(account);
  request->uid = random->Uuid();
  request->groups = R"(["system:serviceaccounts","system:serviceaccounts:)" +
                    std::string(ns) + R"(","system:authenticated"])";
  request->extra = Join(
      {R"({"authentication.kubernetes.io/credential-id":["JTI=)",
       random->Uuid(), R"("],"authentication.kubernetes.io/node-name":[")",
       NodeName(random), R"("],"authentication.kubernetes.io/node-uid":[")",
       random->Uuid(), R"("],"authentication.kubernetes.io/pod-name":[")",
       PodName(random), R"("],"authentication.kubernetes.io/pod-uid":[")",
       random->Uuid(), R"("]})"});
  request->address = Join(
      {"100.64.", Number(random->Below(64)), ".", Number(random->Below(250))});
  request->agent = std::string(account) +
                   "/v0.0.0 (linux/amd64) kubernetes/$Format client-go";
}

void BePerson(Random* random, Request* request) {
  request->username = Pick(kPeople, random);
  request->uid = "heptio-authenticator-aws:4711:AROAEXAMPLEID";
  request->groups = R"(["developers","system:authenticated"])";
  request->address = "203.0.113." + Number(random->Below(250));
  request->agent = "kubectl/v1.33.1 (darwin/arm64) kubernetes/8adc0f0";
}

void BeComponent(std::string_view component, Random* random, Request* request) {
  request->username = "system:" + std::string(component);
  request->groups = R"(["system:authenticated"])";
  request->address = "10.20.0." + Number(4 + random->Below(3));
  request->agent = std::string(component) +
                   "/v1.33.4 (linux/amd64) kubernetes/74cdb42/leader-election";
}

std::string Root(const Request& request) {
  std::string uri = request.group.empty()
                        ? "/api/" + request.version
                        : "/apis/" + request.group + "/" + request.version;
  if (!request.ns.empty()) uri += "/namespaces/" + request.ns;
  uri += "/" + request.resource;
  if (!request.name.empty()) uri += "/" + request.name;
  if (!request.subresource.empty()) uri += "/" + request.subresource;
  return uri;
}

void Ask(std::string_view verb, std::string_view group,
         std::string_view version, std::string_view resource,
         std::string_view ns, std::string_view name, Request* request) {
  request->verb = verb;
  request->group = group;
  request->version = version;
  request->resource = resource;
  request->ns = ns;
  request->name = name;
  request->uri = Root(*request);
  request->writes = verb == "create" || verb == "update" || verb == "patch";
  if (verb == "create") request->code = 201;
}

void Watch(std::string_view group, std::string_view version,
           std::string_view resource, std::string_view ns, Random* random,
           Request* request) {
  Ask("watch", group, version, resource, ns, "", request);
  request->uri += Join({"?allowWatchBookmarks=true\\u0026resourceVersion=",
                        ResourceVersion(random),
                        "\\u0026timeout=", Number(5 + random->Below(5)), "m",
                        Number(random->Below(60)), "s\\u0026timeoutSeconds=",
                        Number(300 + random->Below(300)), "\\u0026watch=true"});
  request->watch = true;
}

void Lease(std::string_view ns, std::string_view name, Random* random,
           Request* request) {
  Ask(random->Chance(600) ? "update" : "get", "coordination.k8s.io", "v1",
      "leases", ns, name, request);
  if (request->writes) request->uri += "?timeout=10s";
  request->code = 200;
}

void AskAsNode(Random* random, Request* request) {
  BeNode(random, request);
  const std::string node = request->name;
  const std::uint32_t what = random->Below(100);
  if (what < 38) {
    Lease("kube-node-lease", node, random, request);
  } else if (what < 50) {
    Ask("get", "", "v1", "nodes", "", node, request);
    request->uri += "?resourceVersion=0\\u0026timeout=10s";
  } else if (what < 62) {
    Ask("patch", "", "v1", "nodes", "", node, request);
    request->subresource = "status";
    request->uri = Root(*request) + "?timeout=10s";
  } else if (what < 74) {
    const std::string ns = Pick(kNamespaces, random);
    Watch("", "v1", random->OneIn(2) ? "configmaps" : "secrets", ns, random,
          request);
  } else if (what < 92) {
    const std::string ns = Pick(kNamespaces, random);
    Ask("patch", "", "v1", "pods", ns, PodName(random), request);
    request->subresource = "status";
    request->uri = Root(*request);
  } else if (what < 97) {
    Ask("create", "", "v1", "serviceaccounts", Pick(kNamespaces, random),
        "default", request);
    request->subresource = "token";
    request->uri = Root(*request);
  } else {
    Ask("create", "", "v1", "events", Pick(kNamespaces, random), "", request);
  }
  request->reason = "";
}

void AskAsServiceAccount(Random* random, Request* request) {
  const std::uint32_t what = random->Below(100);
  const std::string ns = Pick(kNamespaces, random);
  if (what < 45) {
    const std::string controller = Pick(kControllers, random);
    BeServiceAccount("kube-system", controller, random, request);
    request->agent =
        "kube-controller-manager/v1.33.4 (linux/amd64) "
        "kubernetes/74cdb42/system:serviceaccount:kube-system:" +
        controller;
    if (what < 12) {
      Watch("apps", "v1", "replicasets", "", random, request);
    } else if (what < 24) {
      Ask("get", "", "v1", "serviceaccounts", ns, "default", request);
    } else if (what < 36) {
      Ask("update", "discovery.k8s.io", "v1", "endpointslices", ns,
          Pick(kApps, random), request);
    } else {
      Ask("update", "apps", "v1", "deployments", ns, Pick(kApps, random),
          request);
      request->subresource = "status";
      request->uri = Root(*request);
    }
    request->reason =
        R"(RBAC: allowed by ClusterRoleBinding \"system:controller:)" +
        controller + R"(\" of ClusterRole \"system:controller:)" + controller +
        R"(\" to ServiceAccount \")" + controller + R"(/kube-system\")";
    return;
  }
  if (what < 60) {
    BeServiceAccount("monitoring", "prometheus-k8s", random, request);
    request->agent = "Prometheus/2.53.1";
    Watch("", "v1", random->OneIn(2) ? "pods" : "endpoints", "", random,
          request);
  } else if (what < 75) {
    BeServiceAccount("argocd", "argocd-application-controller", random,
                     request);
    Ask("get", "apps", "v1", "deployments", ns, Pick(kApps, random), request);
  } else if (what < 82) {
    BeServiceAccount("kube-system", "coredns", random, request);
    Watch("discovery.k8s.io", "v1", "endpointslices", "", random, request);
  } else {
    const std::string app = Pick(kApps, random);
    BeServiceAccount(ns, app, random, request);
    if (what < 93) {
      Lease(ns, app + "-leader", random, request);
    } else {
      Ask("list", "", "v1", "pods", ns, "", request);
      request->uri += "?labelSelector=app%3D" + app + "\\u0026limit=500";
    }
  }
  request->reason =
      R"(RBAC: allowed by ClusterRoleBinding \"workloads\" of ClusterRole )"
      R"(\"view\" to Group \"system:serviceaccounts\")";
}

void AskAsComponent(Random* random, Request* request) {
  const std::uint32_t what = random->Below(100);
  if (what < 34) {
    BeComponent("kube-scheduler", random, request);
    Lease("kube-system", "kube-scheduler", random, request);
  } else if (what < 62) {
    BeComponent("kube-controller-manager", random, request);
    Lease("kube-system", "kube-controller-manager", random, request);
  } else if (what < 90) {
    BeComponent("apiserver", random, request);
    request->groups = R"(["system:authenticated","system:masters"])";
    request->address = "::1";
    if (random->OneIn(2)) {
      Ask("get", "", "v1", "namespaces", "", "default", request);
    } else {
      Lease("kube-system",
            "apiserver-" + std::string("eqt67oi3fyqqf3gq6nc6r"
                                       "g4djm"),
            random, request);
    }
  } else if (what < 95) {
    BeComponent("kube-proxy", random, request);
    Watch("", "v1", "services", "", random, request);
  } else {
    request->username = "system:anonymous";
    request->groups = R"(["system:unauthenticated"])";
    request->address = "10.20.0." + Number(4 + random->Below(3));
    request->agent = "kube-probe/1.33";
    request->verb = "get";
    request->uri = random->OneIn(2) ? "/livez" : "/readyz";
    request->reason =
        R"(RBAC: allowed by ClusterRoleBinding \"system:public-info-viewer\" )"
        R"(of ClusterRole \"system:public-info-viewer\" to Group )"
        R"(\"system:unauthenticated\")";
    return;
  }
  request->reason = "";
}

void AskAsPerson(Random* random, Request* request) {
  BePerson(random, request);
  const std::string ns = Pick(kNamespaces, random);
  const std::uint32_t what = random->Below(100);
  if (what < 50) {
    Ask("list", "", "v1", "pods", ns, "", request);
    request->uri += "?limit=500";
  } else if (what < 65) {
    Ask("get", "", "v1", "pods", ns, PodName(random), request);
    request->subresource = "log";
    request->uri = Root(*request) + "?container=app\\u0026tailLines=200";
  } else if (what < 80) {
    Ask("get", "apps", "v1", "deployments", ns, Pick(kApps, random), request);
  } else if (what < 92) {
    Ask("patch", "apps", "v1", "deployments", ns, Pick(kApps, random), request);
    request->uri +=
        "?fieldManager=kubectl-client-side-apply\\u0026fieldValidation=Strict";
  } else {
    Ask("list", "", "v1", "events", ns, "", request);
    request->uri += "?limit=500";
  }
  request->reason =
      R"(RBAC: allowed by ClusterRoleBinding \"developers\" of ClusterRole )"
      R"(\"edit\" to Group \"developers\")";
}

void Refuse(int code, std::string_view message, Request* request) {
  request->code = code;
  request->message = message;
  request->reason = "";
}

}  // namespace

Request UsualRequest(Random* random) {
  Request request;
  request.latency_us = 800 + random->Skewed(60'000);
  const std::uint32_t who = random->Below(1000);
  if (who < 331) {
    AskAsNode(random, &request);
  } else if (who < 721) {
    AskAsServiceAccount(random, &request);
  } else if (who < 971) {
    AskAsComponent(random, &request);
  } else {
    AskAsPerson(random, &request);
  }
  if (request.watch) {
    request.latency_us = 300'000'000ll + random->Below(300'000'000);
  } else if (random->Chance(12) && request.verb == "update") {
    Refuse(409,
           "the object has been modified; please apply your changes to "
           "the latest version and try again",
           &request);
  } else if (random->Chance(9) && request.verb == "get") {
    Refuse(404, "not found", &request);
  }
  return request;
}

Request SuspiciousRequest(Random* random) {
  Request request;
  request.latency_us = 900 + random->Skewed(20'000);
  const std::string ns = Pick(kNamespaces, random);
  const std::uint32_t what = random->Below(9);
  if (what < 3) {
    BePerson(random, &request);
  } else {
    BeServiceAccount(ns, Pick(kApps, random), random, &request);
    request.agent = random->OneIn(2) ? "curl/8.5.0"
                                     : "kubectl/v1.33.1 (linux/amd64) "
                                       "kubernetes/8adc0f0";
  }
  switch (what) {
    case 0:
      Ask("get", "", "v1", "pods", ns, PodName(random), &request);
      request.subresource = "exec";
      request.uri = Root(request) +
                    "?command=sh\\u0026container=app\\u0026stdin=true\\u0026"
                    "stdout=true\\u0026tty=true";
      request.code = 101;
      break;
    case 1:
      Ask("create", "rbac.authorization.k8s.io", "v1", "clusterrolebindings",
          "", "debug-admin", &request);
      break;
    case 2:
      Ask("delete", "", "v1", "events", ns, "", &request);
      request.verb = "deletecollection";
      break;
    case 3:
      Ask("list", "", "v1", "secrets", "", "", &request);
      break;
    case 4:
      Ask("get", "", "v1", "secrets", "kube-system", "bootstrap-token",
          &request);
      Refuse(403, "secrets \\\"bootstrap-token\\\" is forbidden", &request);
      break;
    case 5:
      Ask("create", "authorization.k8s.io", "v1", "selfsubjectrulesreviews", "",
          "", &request);
      break;
    case 6:
      Ask("create", "", "v1", "pods", "kube-system", "debug", &request);
      break;
    case 7:
      Ask("create", "", "v1", "serviceaccounts", "kube-system",
          "clusterrole-aggregation-controller", &request);
      request.subresource = "token";
      request.uri = Root(request);
      break;
    default:
      request.username = request.uid = request.extra = "";
      request.groups = "";
      request.address = "198.51.100." + Number(random->Below(250));
      Ask("list", "", "v1", "namespaces", "", "", &request);
      Refuse(401, "Unauthorized", &request);
  }
  return request;
}

}  // namespace tocsin::bench
