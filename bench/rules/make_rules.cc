#include "bench/rules/make_rules.h"

#include <string_view>
#include <vector>

#include "bench/gen/random.h"

namespace tocsin::bench {
namespace {

constexpr std::string_view kVerbs[] = {
    "get",    "list",  "watch",  "create",
    "update", "patch", "delete", "deletecollection"};
constexpr std::string_view kResources[] = {"pods",
                                           "secrets",
                                           "configmaps",
                                           "serviceaccounts",
                                           "deployments",
                                           "daemonsets",
                                           "jobs",
                                           "cronjobs",
                                           "nodes",
                                           "events",
                                           "leases",
                                           "clusterroles",
                                           "clusterrolebindings",
                                           "roles",
                                           "rolebindings",
                                           "persistentvolumes",
                                           "ingresses",
                                           "networkpolicies",
                                           "endpoints",
                                           "certificatesigningrequests",
                                           "mutatingwebhookconfigurations",
                                           "validatingwebhookconfigurations",
                                           "customresourcedefinitions"};
constexpr std::string_view kNamespaces[] = {
    "default",  "kube-system", "monitoring", "payments", "checkout",
    "team-a",   "team-b",      "ci",         "argocd",   "istio-system",
    "frontend", "inventory",   "search",     "staging",  "data-platform"};
constexpr std::string_view kApps[] = {"api",    "web",   "worker", "billing",
                                      "cart",   "auth",  "search", "indexer",
                                      "mailer", "redis", "broker", "report"};
constexpr std::string_view kAgents[] = {
    "kubectl",        "curl",    "python-requests", "kube-hunter",
    "Go-http-client", "kubelet", "argocd"};

template <std::size_t N>
std::string Pick(const std::string_view (&choices)[N], Random* random) {
  return std::string(choices[random->Below(static_cast<std::uint32_t>(N))]);
}

std::string Quoted(const std::string& text) { return "\"" + text + "\""; }

template <std::size_t N>
std::string PickList(const std::string_view (&choices)[N], Random* random) {
  std::string list = "[" + Quoted(Pick(choices, random));
  const std::uint32_t more = 1 + random->Below(2);
  for (std::uint32_t i = 0; i < more; ++i) {
    list += ", " + Quoted(Pick(choices, random));
  }
  return list + "]";
}

std::string WhoOrWhere(Random* random) {
  switch (random->Below(6)) {
    case 0:
      return "objectRef.namespace == " + Quoted(Pick(kNamespaces, random));
    case 1:
      return "objectRef.namespace not in " + PickList(kNamespaces, random);
    case 2:
      return "user.username == " +
             Quoted("system:serviceaccount:" + Pick(kNamespaces, random) + ":" +
                    Pick(kApps, random));
    case 3:
      return "user.username not startswith \"system:\"";
    case 4:
      return "user.username startswith " +
             Quoted("system:serviceaccount:" + Pick(kNamespaces, random));
    default:
      return "user.groups == \"system:masters\"";
  }
}

std::string Detail(Random* random) {
  const std::string app = Pick(kApps, random);
  switch (random->Below(8)) {
    case 0:
      return "objectRef.name startswith " + Quoted(app + "-");
    case 1:
      return "objectRef.name contains " + PickList(kApps, random);
    case 2:
      return "requestURI contains " + Quoted("/" + app);
    case 3:
      return "requestURI matches r\"fieldSelector=[^&]*" + app + "\"";
    case 4:
      return "userAgent contains " + Quoted(Pick(kAgents, random));
    case 5:
      return "any c in requestObject.spec.containers (c.image contains " +
             Quoted(app) + ")";
    case 6:
      return "objectRef.subresource in [\"exec\", \"attach\", \"status\"]";
    default:
      return "client in 203.0.113.0/24";
  }
}

}  // namespace

std::string MakeRules(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += "rule r" + std::to_string(i) + " { where verb ";
    text += random.Below(2) == 0 ? "== " + Quoted(Pick(kVerbs, &random))
                                 : "in " + PickList(kVerbs, &random);
    text += " and objectRef.resource ";
    text += random.Below(3) > 0 ? "== " + Quoted(Pick(kResources, &random))
                                : "in " + PickList(kResources, &random);
    text += " and " + WhoOrWhere(&random);
    text += " and " + Detail(&random);
    if (random.Below(3) == 0) {
      text += random.Below(2) == 0 ? " and responseStatus.code == 403"
                                   : " and responseStatus.code in 200..299";
    }
    text += " }\n";
  }
  return text;
}

}  // namespace tocsin::bench
