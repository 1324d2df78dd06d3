// Requests as audit events, and what each shape does to them.
#include "bench/gen/generator.h"

#include <cstdio>
#include <utility>
#include <vector>

#include "bench/gen/request.h"

namespace tocsin::bench {
namespace {

constexpr std::int64_t kStart = 1'795'356'000'000'000;  // 2026-11-22T14:00:00Z.
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::uint32_t kMeanGap = 2'000;  // Microseconds between events.

// Times within a month of kStart; the generator never leaves it.
std::string TimeText(std::int64_t us) {
  const std::int64_t since =
      us - (kStart - 22 * 86'400 * kSecond - 14 * 3'600 * kSecond);
  const auto seconds = static_cast<int>(since / kSecond % 86'400);
  char text[40];
  std::snprintf(text, sizeof text, "2026-11-%02dT%02d:%02d:%02d.%06dZ",
                static_cast<int>(since / kSecond / 86'400) % 30, seconds / 3600,
                seconds / 60 % 60, seconds % 60,
                static_cast<int>(since % kSecond));
  return text;
}

using Members = std::vector<std::pair<const char*, std::string>>;

std::string Quoted(const std::string& text) { return '"' + text + '"'; }

void AddText(const char* key, const std::string& text, Members* members) {
  if (!text.empty()) members->emplace_back(key, Quoted(text));
}
void AddJson(const char* key, const std::string& json, Members* members) {
  if (!json.empty()) members->emplace_back(key, json);
}

// Replaces what stands in a JSON string by what makes readers slow or wrong.
std::string Hostile(const std::string& text, Random* random) {
  static constexpr const char* kPieces[] = {"\\\"",
                                            "\\\\\\\\\\\\",
                                            "\xC3\xA4",
                                            "\xE6\x97\xA5\xE6\x9C\xAC",
                                            "\xF0\x9F\x98\x80",
                                            "\\u00e9",
                                            "\\ud83d\\ude00",
                                            "\\u0026",
                                            "\\t"};
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {  // Keep escapes whole.
      const std::size_t size =
          i + 1 < text.size() && text[i + 1] == 'u' ? 6 : 2;
      out += text.substr(i, size);
      i += size - 1;
      continue;
    }
    out += text[i];
    if (i % 5 == 4) out += kPieces[random->Below(std::size(kPieces))];
  }
  return out;
}

}  // namespace

class AuditGenerator::State {
 public:
  State(Shape shape, std::uint64_t seed) : shape_(shape), random_(seed) {}

  void AppendLine(std::string* out) {
    now_us_ += 1 + random_.Below(2 * kMeanGap);
    Request request = random_.Chance(8) ? SuspiciousRequest(&random_)
                                        : UsualRequest(&random_);
    if (shape_ == Shape::kHostile) {
      request.uri = Hostile(request.uri, &random_);
      request.agent = Hostile(request.agent, &random_);
      request.name = Hostile(request.name, &random_);
    }
    const std::size_t at = out->size();
    AppendObject(EventOf(request), out);
    if (shape_ == Shape::kHostile && random_.Chance(2)) Break(at, out);
    out->push_back('\n');
  }

 private:
  Members EventOf(const Request& request) {
    const bool bodies = shape_ == Shape::kBodies ||
                        (shape_ != Shape::kMetadata && random_.Chance(46));
    Members members;
    AddText("kind", "Event", &members);
    AddText("apiVersion", "audit.k8s.io/v1", &members);
    AddText("level", bodies ? "RequestResponse" : "Metadata", &members);
    AddText("auditID", random_.Uuid(), &members);
    const bool started = request.watch && random_.OneIn(2);
    AddText("stage", started ? "ResponseStarted" : "ResponseComplete",
            &members);
    AddText("requestURI", request.uri, &members);
    AddText("verb", request.verb, &members);
    AddJson("user", UserOf(request), &members);
    AddJson("sourceIPs", "[" + Quoted(request.address) + "]", &members);
    AddText("userAgent", request.agent, &members);
    AddJson("objectRef", ObjectRefOf(request), &members);
    AddJson("responseStatus", StatusOf(request), &members);
    if (bodies) AddBodies(request, &members);
    // Events are written when a stage ends, a few of them out of order.
    const std::int64_t stage_us =
        now_us_ - (random_.OneIn(20) ? random_.Below(40'000) : 0);
    const std::int64_t latency_us =
        started ? 900 + random_.Below(3'000) : request.latency_us;
    AddText("requestReceivedTimestamp", TimeText(stage_us - latency_us),
            &members);
    AddText("stageTimestamp", TimeText(stage_us), &members);
    AddJson("annotations", AnnotationsOf(request), &members);
    return members;
  }

  std::string UserOf(const Request& request) {
    Members members;
    AddText("username", request.username, &members);
    AddText("uid", request.uid, &members);
    AddJson("groups", request.groups, &members);
    AddJson("extra", request.extra, &members);
    return ObjectOf(std::move(members));
  }

  std::string ObjectRefOf(const Request& request) {
    if (request.resource.empty()) return "";
    Members members;
    AddText("resource", request.resource, &members);
    AddText("namespace", request.ns, &members);
    AddText("name", request.name, &members);
    if (request.writes && request.verb != "create") {
      AddText("uid", random_.Uuid(), &members);
    }
    AddText("apiGroup", request.group, &members);
    AddText("apiVersion", request.version, &members);
    if (request.writes && request.verb == "update") {
      AddText("resourceVersion",
              std::to_string(184'000'000 + random_.Below(4'000'000)), &members);
    }
    AddText("subresource", request.subresource, &members);
    return ObjectOf(std::move(members));
  }

  std::string StatusOf(const Request& request) {
    Members members;
    AddJson("metadata", "{}", &members);
    if (request.code >= 400) {
      AddText("status", "Failure", &members);
      AddText("message", request.message, &members);
      AddText("reason", request.code == 403 ? "Forbidden" : "Conflict",
              &members);
    }
    AddJson("code", std::to_string(request.code), &members);
    return ObjectOf(std::move(members));
  }

  void AddBodies(const Request& request, Members* members) {
    const auto size = static_cast<int>(1'200 + random_.Below(19'000));
    if (request.resource == "pods") {
      AddJson("requestObject", PodJson(request, &random_, false), members);
      AddJson("responseObject", PodJson(request, &random_, true), members);
      return;
    }
    if (request.writes) {
      AddJson("requestObject", ObjectJson(request, &random_, size / 3),
              members);
    }
    AddJson("responseObject", ObjectJson(request, &random_, size), members);
  }

  std::string AnnotationsOf(const Request& request) {
    if (request.code == 401) return "";
    Members members;
    AddText("authorization.k8s.io/decision",
            request.code == 403 ? "forbid" : "allow", &members);
    members.emplace_back("authorization.k8s.io/reason", Quoted(request.reason));
    return ObjectOf(std::move(members));
  }

  std::string ObjectOf(Members members) {
    std::string json;
    AppendObject(std::move(members), &json);
    return json;
  }

  void AppendObject(Members members, std::string* out) {
    if (shape_ == Shape::kShuffled) {
      for (std::size_t i = members.size(); i > 1; --i) {
        std::swap(members[i - 1],
                  members[random_.Below(static_cast<std::uint32_t>(i))]);
      }
    }
    out->push_back('{');
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out->push_back(',');
      out->push_back('"');
      out->append(members[i].first);
      out->append("\":");
      out->append(members[i].second);
    }
    out->push_back('}');
  }

  // Damages the line that begins at `at`.
  void Break(std::size_t at, std::string* out) {
    switch (random_.Below(4)) {
      case 0:  // Torn.
        out->resize(at + (out->size() - at) / 2);
        break;
      case 1:  // Not UTF-8.
        out->insert(out->size() - 1, ",\"note\":\"\xff\xfe\"");
        break;
      case 2:  // A key twice.
        out->insert(out->size() - 1, ",\"verb\":\"get\"");
        break;
      default:  // A key in disguise.
        out->insert(at + 1, "\"v\\u0065rb\":\"get\",");
    }
  }

  Shape shape_;
  Random random_;
  std::int64_t now_us_ = kStart;
};

bool ParseShape(std::string_view name, Shape* shape) {
  static constexpr std::pair<std::string_view, Shape> kShapes[] = {
      {"realistic", Shape::kRealistic},
      {"metadata", Shape::kMetadata},
      {"bodies", Shape::kBodies},
      {"shuffled", Shape::kShuffled},
      {"hostile", Shape::kHostile}};
  for (const auto& [known, value] : kShapes) {
    if (known != name) continue;
    *shape = value;
    return true;
  }
  return false;
}

AuditGenerator::AuditGenerator(Shape shape, std::uint64_t seed)
    : state_(std::make_unique<State>(shape, seed)) {}
AuditGenerator::~AuditGenerator() = default;
void AuditGenerator::AppendLine(std::string* out) { state_->AppendLine(out); }

}  // namespace tocsin::bench
