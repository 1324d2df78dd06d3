// Bodies: what was asked for and what came back.
#include "bench/gen/request.h"

namespace tocsin::bench {
namespace {

std::string Metadata(const Request& request, Random* random) {
  const std::string name = request.name.empty() ? "app" : request.name;
  std::string json =
      Join({R"({"name":")", name, R"(","namespace":")",
            request.ns.empty() ? "default" : request.ns, R"(","uid":")",
            random->Uuid(), R"(","resourceVersion":")",
            std::to_string(184'000'000 + random->Below(4'000'000)),
            R"(","creationTimestamp":"2026-11-20T09:12:44Z",)"
            R"("labels":{"app":")",
            name, R"(","pod-template-hash":")"});
  random->AppendHex(10, &json);
  json += R"("},"annotations":{"deployment.kubernetes.io/revision":")" +
          std::to_string(1 + random->Below(90)) +
          R"(","example.com/checksum":")";
  random->AppendHex(40, &json);
  return json + R"("}})";
}

std::string ManagedFields(Random* random) {
  std::string json =
      R"([{"manager":"kube-controller-manager","operation":"Update",)"
      R"("apiVersion":"v1","time":"2026-11-20T09:12:44Z",)"
      R"("fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{".":{},)"
      R"("f:app":{},"f:pod-template-hash":{}}},"f:spec":{)";
  const std::uint32_t fields = 4 + random->Below(20);
  for (std::uint32_t i = 0; i < fields; ++i) {
    if (i > 0) json += ',';
    json += R"("f:field)" + std::to_string(i) + R"(":{".":{},"k:{\"uid\":\")" +
            random->Uuid() + R"(\"}":{}})";
  }
  return json + "}}}]";
}

std::string Container(const Request& request, Random* random, int index) {
  std::string json = R"({"name":"c)" + std::to_string(index) +
                     R"(","image":"registry.example.com/)" +
                     (request.ns.empty() ? "base" : request.ns) +
                     R"(/app@sha256:)";
  random->AppendHex(32, &json);
  random->AppendHex(32, &json);
  json += R"(","ports":[{"containerPort":8080,"protocol":"TCP"}],"env":[)";
  const std::uint32_t variables = random->Below(24);
  for (std::uint32_t i = 0; i < variables; ++i) {
    if (i > 0) json += ',';
    json +=
        R"({"name":"SETTING_)" + std::to_string(i) + R"(","value":"--flag=)";
    random->AppendHex(12, &json);
    json += random->OneIn(4) ? R"( \u0026\u0026 echo \"done\"\n"})" : R"("})";
  }
  json += R"(],"resources":{"limits":{"cpu":"500m","memory":"512Mi"},)"
          R"("requests":{"cpu":"100m","memory":"256Mi"}},)"
          R"("terminationMessagePath":"/dev/termination-log",)"
          R"("imagePullPolicy":"IfNotPresent","securityContext":{)";
  json += random->OneIn(40) ? R"("privileged":true)"
                            : R"("allowPrivilegeEscalation":false)";
  return json + "}}";
}

}  // namespace

std::string PodJson(const Request& request, Random* random, bool with_status) {
  std::string json = R"({"kind":"Pod","apiVersion":"v1","metadata":)" +
                     Metadata(request, random) + R"(,"spec":{"containers":[)";
  const int containers = 1 + static_cast<int>(random->Skewed(4));
  for (int i = 0; i < containers; ++i) {
    if (i > 0) json += ',';
    json += Container(request, random, i);
  }
  json += R"(],"restartPolicy":"Always","terminationGracePeriodSeconds":30,)"
          R"("dnsPolicy":"ClusterFirst","serviceAccountName":"default",)"
          R"("securityContext":{},"schedulerName":"default-scheduler"})";
  if (with_status) {
    json +=
        R"(,"status":{"phase":"Pending","conditions":[{"type":"Ready",)"
        R"("status":"False","lastTransitionTime":"2026-11-22T14:00:00Z",)"
        R"("reason":"ContainersNotReady","message":)"
        R"("containers with unready status: [c0]"}],"qosClass":"Burstable"})";
  }
  return json + "}";
}

std::string ObjectJson(const Request& request, Random* random, int size) {
  std::string json =
      Join({R"({"kind":"Object","apiVersion":")",
            request.group.empty() ? "" : request.group + "/",
            request.version.empty() ? "v1" : request.version,
            R"(","metadata":)", Metadata(request, random),
            R"(,"managedFields":)", ManagedFields(random), R"(,"data":{)"});
  for (int i = 0; json.size() < static_cast<std::size_t>(size); ++i) {
    if (i > 0) json += ',';
    json += R"("key-)" + std::to_string(i) + R"(":")";
    random->AppendHex(16, &json);
    if (random->OneIn(3)) json += R"(\n\tserver: \"http://10.0.0.1:8080\"\n)";
    json += R"( lorem ipsum dolor sit amet, consectetur adipiscing elit")";
  }
  return json + "}}";
}

}  // namespace tocsin::bench
