// Alert::AppendJson: one line, members in the order of docs/reference/alert.md.
#include <string_view>

#include "absl/strings/str_cat.h"
#include "engine/alert/alert.h"
#include "engine/event/value.h"

namespace tocsin {
namespace {

std::string_view KindName(AlertKind kind) {
  switch (kind) {
    case AlertKind::kAlert:
      return "alert";
    case AlertKind::kClosed:
      return "closed";
    case AlertKind::kResolved:
      return "resolved";
    case AlertKind::kInternal:
      return "internal";
  }
  return "internal";
}

void AppendText(std::string_view text, std::string* out) {
  out->push_back('"');
  AppendJsonEscaped(text, out);
  out->push_back('"');
}

// `"name":`, behind a comma unless it opens its object.
void AppendName(std::string_view name, std::string* out) {
  if (out->back() != '{') out->push_back(',');
  AppendText(name, out);
  out->push_back(':');
}

void AppendMember(std::string_view name, std::string_view text,
                  std::string* out) {
  AppendName(name, out);
  AppendText(text, out);
}

void AppendTimeMember(std::string_view name, std::int64_t us,
                      std::string* out) {
  AppendMember(name, FormatTime(us), out);
}

void AppendNumberMember(std::string_view name, std::uint64_t number,
                        std::string* out) {
  AppendName(name, out);
  absl::StrAppend(out, number);
}

void AppendValues(std::string_view name, const std::vector<NamedValue>& values,
                  std::string* out) {
  AppendName(name, out);
  out->push_back('{');
  for (const NamedValue& value : values) {
    AppendName(value.name, out);
    AppendCanonicalAsJson(value.encoding, out);
  }
  out->push_back('}');
}

void AppendList(const NamedValue& value, std::string* out) {
  AppendName(value.name, out);
  out->push_back('[');
  std::string_view rest = value.encoding, encoding;
  while (TakeSized(&rest, &encoding)) {
    if (out->back() != '[') out->push_back(',');
    AppendCanonicalAsJson(encoding, out);
  }
  out->push_back(']');
}

void AppendLists(std::string_view name, const std::vector<NamedValue>& values,
                 std::string* out) {
  AppendName(name, out);
  out->push_back('{');
  for (const NamedValue& value : values) AppendList(value, out);
  out->push_back('}');
}

void AppendTags(const std::vector<std::string>& tags, std::string* out) {
  AppendName("tags", out);
  out->push_back('[');
  for (const std::string& tag : tags) {
    if (out->back() != '[') out->push_back(',');
    AppendText(tag, out);
  }
  out->push_back(']');
}

void AppendRisk(const Alert& alert, std::string* out) {
  if (alert.risk.empty()) return;
  AppendName("risk", out);
  AppendCanonicalAsJson(alert.risk, out);
}

void AppendEvent(const AlertEvent& event, std::string* out) {
  out->push_back('{');
  AppendNumberMember("position", event.position, out);
  AppendTimeMember("time", event.time_us, out);
  if (event.audit) {
    for (const NamedValue& value : event.identity) {
      if (value.name != "auditID" && value.name != "stage") continue;
      AppendName(value.name, out);
      AppendCanonicalAsJson(value.encoding, out);
    }
  }
  AppendValues("identity", event.identity, out);
  if (!event.kafka.empty()) {
    AppendName("kafka", out);
    AppendCanonicalAsJson(event.kafka, out);
  }
  out->push_back('}');
}

}  // namespace

void AppendJson(const Alert& alert, std::string* out) {
  out->push_back('{');
  AppendMember("id", alert.id, out);
  AppendMember("kind", KindName(alert.kind), out);
  AppendMember("rule", alert.rule, out);
  AppendMember("severity", alert.severity, out);
  AppendRisk(alert, out);
  AppendMember("title", alert.title, out);
  AppendMember("summary", alert.summary, out);
  AppendTimeMember("time", alert.time_us, out);
  AppendTimeMember("first", alert.first_us, out);
  AppendTimeMember("last", alert.last_us, out);
  AppendNumberMember("count", alert.count, out);
  AppendNumberMember("folded", alert.folded, out);
  AppendNumberMember("total", alert.total, out);
  AppendValues("key", alert.key, out);
  AppendLists("collected", alert.collected, out);
  AppendValues("show", alert.show, out);
  AppendTags(alert.tags, out);
  AppendMember("runbook", alert.runbook, out);
  AppendName("events", out);
  out->push_back('[');
  for (const AlertEvent& event : alert.events) {
    if (out->back() != '[') out->push_back(',');
    AppendEvent(event, out);
  }
  out->append("]}\n");
}

// A name that stands twice is read as what stands last.
void AppendReadersJson(const Alert& alert, std::string* out) {
  out->push_back('{');
  const auto append = [out](const std::vector<NamedValue>& values) {
    for (const NamedValue& value : values) {
      AppendName(value.name, out);
      AppendCanonicalAsJson(value.encoding, out);
    }
  };
  append(alert.show);
  for (const NamedValue& value : alert.collected) AppendList(value, out);
  append(alert.key);
  AppendMember("rule", alert.rule, out);
  AppendNumberMember("count", alert.count, out);
  AppendNumberMember("total", alert.total, out);
  AppendTimeMember("time", alert.time_us, out);
  AppendMember("severity", alert.severity, out);
  AppendRisk(alert, out);
  AppendTags(alert.tags, out);
  AppendMember("id", alert.id, out);
  out->append("}\n");
}

}  // namespace tocsin
