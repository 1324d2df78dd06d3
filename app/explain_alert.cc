#include "app/explain_alert.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "app/event_probe.h"
#include "app/find_rule.h"
#include "app/first_event.h"
#include "connectors/stdio/fd_reader.h"
#include "dsl/explain/explain.h"
#include "dsl/explain/print_condition.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/event/json_tape.h"

namespace tocsin {
namespace {

// A value of the alert. Missing members read as missing values.
class Json {
 public:
  Json(const JsonTape* tape, std::uint32_t node) : tape_(tape), node_(node) {}

  bool Is(CellKind kind) const { return at().kind == kind; }
  std::string_view key() const { return at().key; }
  Json Member(std::string_view name) const {
    return {tape_, Is(CellKind::kObject) ? tape_->Member(node_, name) : 0};
  }
  std::vector<Json> Children() const {
    std::vector<Json> children;
    if (!Is(CellKind::kObject) && !Is(CellKind::kList)) return children;
    for (std::uint32_t i = node_ + 1; i < at().next; i = tape_->node(i).next) {
      if (!tape_->node(i).shadowed) children.emplace_back(tape_, i);
    }
    return children;
  }
  // A text as it is, all else as JSON; of what is not there nothing.
  std::string Text() const {
    if (Is(CellKind::kMissing)) return {};
    return Is(CellKind::kString) ? std::string(at().text) : Written();
  }
  std::string Written() const {
    const TapeNode& node = at();
    switch (node.kind) {
      case CellKind::kFalse:
        return "false";
      case CellKind::kTrue:
        return "true";
      case CellKind::kInt:
        return absl::StrCat(node.i);
      case CellKind::kUint:
        return absl::StrCat(node.u);
      case CellKind::kFloat:
        return absl::StrCat(node.f);
      case CellKind::kString: {
        std::string text = "\"";
        AppendJsonEscaped(node.text, &text);
        return text + "\"";
      }
      case CellKind::kList:
      case CellKind::kObject:
        return std::string(node.text);
      default:
        return "null";
    }
  }
  std::uint64_t Number() const {
    return Is(CellKind::kInt) && at().i > 0 ? static_cast<std::uint64_t>(at().i)
                                            : 0;
  }

 private:
  const TapeNode& at() const { return tape_->node(node_); }

  const JsonTape* tape_;
  std::uint32_t node_;
};

std::string Text(const Json& object, std::string_view name) {
  return object.Member(name).Text();
}
std::uint64_t Number(const Json& object, std::string_view name) {
  return object.Member(name).Number();
}

// name = value, name = value
std::string Members(const Json& object, std::string_view name) {
  std::string text;
  for (const Json& part : object.Member(name).Children()) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", std::string(part.key()),
                    " = ", part.Written());
  }
  return text;
}

// {"name":value,..}, however it was laid out.
std::string IdentityOf(const Json& event) {
  std::string json = "{";
  for (const Json& part : event.Member("identity").Children()) {
    if (json.size() > 1) json += ',';
    json += '"';
    AppendJsonEscaped(part.key(), &json);
    json += "\":" + part.Written();
  }
  return json + "}";
}

// Of the alert's events: what a log is searched for.
struct Wanted {
  Json event;
  std::string identity;  // As JSON.
  std::string needle;    // A text that the line must hold.
  std::optional<dsl::RuleOnEvent> found;
};

std::string IdentityJson(const dsl::EventFacts& facts) {
  std::string json = "{";
  for (const auto& [name, encoding] : facts.identity) {
    if (json.size() > 1) json += ',';
    json += '"';
    AppendJsonEscaped(name, &json);
    json += "\":";
    AppendCanonicalAsJson(encoding, &json);
  }
  return json + "}";
}

class AlertExplainer {
 public:
  AlertExplainer(const LoadedRules& loaded, const dsl::CheckedRule& rule,
                 const Json& alert)
      : loaded_(loaded),
        rule_(rule),
        alert_(alert),
        lets_(loaded.sources, loaded.files) {
    for (const Json& event : alert.Member("events").Children()) {
      Wanted wanted{event, IdentityOf(event), {}, {}};
      for (const Json& part : event.Member("identity").Children()) {
        if (!part.Is(CellKind::kString)) continue;
        if (part.Text().size() > wanted.needle.size()) {
          wanted.needle = part.Text();
        }
      }
      wanted_.push_back(std::move(wanted));
    }
  }

  // Looks for the events in a log; what was found before is not sought again.
  absl::Status Search(const std::string& path) {
    looked_ = true;
    TOCSIN_ASSIGN_OR_RETURN(const std::unique_ptr<FdReader> reader,
                            FdReader::Open(path));
    EventProbe probe(loaded_.checked, rule_, lets_);
    std::string text;
    while (true) {
      const std::size_t have = text.size();
      text.resize(have + limits::kChunkBytes);
      TOCSIN_ASSIGN_OR_RETURN(
          const std::size_t got,
          reader->Read(text.data() + have, limits::kChunkBytes));
      text.resize(have + got);
      if (got == 0) text += '\n';
      std::size_t begin = 0;
      for (std::size_t feed; (feed = text.find('\n', begin)) != text.npos;
           begin = feed + 1) {
        Line(std::string_view(text).substr(begin, feed - begin), &probe);
      }
      text.erase(0, begin);
      if (got == 0) return absl::OkStatus();
      if (text.size() > limits::kLineBytes) text.clear();  // No event.
    }
  }

  std::string AsText() const {
    std::string out =
        absl::StrFormat("%s %s of rule %s at %s\n", Text(alert_, "kind"),
                        Text(alert_, "id"), rule_.name, Text(alert_, "time"));
    const auto line = [&](std::string_view name, const std::string& text) {
      if (!text.empty()) out += absl::StrFormat("  %-10s  %s\n", name, text);
    };
    line("told", Text(alert_, "summary"));
    line("condition", Condition());
    line("evidence", Evidence());
    line("key", Members(alert_, "key"));
    line("collected", Members(alert_, "collected"));
    line("then", Hold());
    line("rule", Place());
    for (const std::string& change : Changes()) line("changed", change);
    out +=
        "  An alert does not carry its rule: whether the filter, the condition "
        "or a list has\n  changed since cannot be told from it.\n";
    for (const Wanted& wanted : wanted_) AppendEvent(wanted, &out);
    return out;
  }

  std::string AsJson() const {
    std::string out = "{\"id\":";
    AppendQuoted(Text(alert_, "id"), &out);
    const auto member = [&](std::string_view name, const std::string& text) {
      absl::StrAppend(&out, ",\"", std::string(name), "\":");
      AppendQuoted(text, &out);
    };
    member("rule", rule_.name);
    member("condition", Condition());
    member("evidence", Evidence());
    member("then", Hold());
    member("place", Place());
    out += ",\"changed\":[";
    const std::vector<std::string> changes = Changes();
    for (std::size_t i = 0; i < changes.size(); ++i) {
      if (i > 0) out += ',';
      AppendQuoted(changes[i], &out);
    }
    out += "],\"events\":[";
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (i > 0) out += ',';
      absl::StrAppend(&out, "{\"event\":", wanted_[i].event.Written());
      if (wanted_[i].found.has_value()) {
        std::string found = dsl::PrintPartsJson(*wanted_[i].found);
        found.pop_back();  // Its line feed.
        absl::StrAppend(&out, ",\"explained\":", found);
      }
      out += '}';
    }
    return out + "]}\n";
  }

 private:
  static void AppendQuoted(std::string_view text, std::string* out) {
    *out += '"';
    AppendJsonEscaped(text, out);
    *out += '"';
  }

  void Line(std::string_view line, EventProbe* probe) {
    for (Wanted& wanted : wanted_) {
      if (wanted.found.has_value() || wanted.needle.empty() ||
          line.find(wanted.needle) == std::string_view::npos) {
        continue;
      }
      auto found = probe->Look(line);
      if (found.ok() && IdentityJson(found->event) == wanted.identity) {
        wanted.found = *std::move(found);
      }
    }
  }

  std::string Condition() const {
    const std::string text =
        dsl::PrintCondition(loaded_.checked, rule_, rule_.condition);
    return text.empty() ? "each event that passes the filter" : text;
  }

  std::string Evidence() const {
    const std::string first = Text(alert_, "first");
    const std::string last = Text(alert_, "last");
    std::string text = absl::StrFormat("count %d, from %s to %s",
                                       Number(alert_, "count"), first, last);
    std::int64_t from = 0;
    std::int64_t to = 0;
    if (ParseRfc3339(first, &from) && ParseRfc3339(last, &to) && to >= from) {
      absl::StrAppend(&text, ": ",
                      to == from ? "one moment" : FormatDuration(to - from));
    }
    return text;
  }

  std::string Hold() const {
    const std::uint64_t folded = Number(alert_, "folded");
    const std::uint64_t total = Number(alert_, "total");
    if (rule_.then.kind != dsl::CheckedThen::Kind::kOncePer) {
      return absl::StrFormat("folded %d, total %d", folded, total);
    }
    return absl::StrFormat(
        "once per %s: %d folded since the key's last alert, %d in all since "
        "the incident's first",
        FormatDuration(rule_.then.hold_us), folded, total);
  }

  std::string Place() const {
    const dsl::SourceFile& file = loaded_.sources.file(rule_.name_span.file);
    return absl::StrFormat("%s:%d%s", file.path(),
                           file.PlaceOf(rule_.name_span.begin).line,
                           rule_.enabled ? "" : ", disabled");
  }

  // What the alert carries of its rule, where it is another now.
  std::vector<std::string> Changes() const {
    std::vector<std::string> changes;
    static constexpr const char* kLevels[] = {"info", "low", "medium", "high",
                                              "critical"};
    const std::string severity = Text(alert_, "severity");
    const std::string now = kLevels[static_cast<int>(rule_.severity)];
    if (rule_.severity_arms.empty() && severity != now &&
        rule_.then.kind != dsl::CheckedThen::Kind::kEscalate) {
      changes.push_back(
          absl::StrFormat("the severity was %s, is %s", severity, now));
    }
    std::vector<std::string> keys;
    for (const Json& part : alert_.Member("key").Children()) {
      keys.emplace_back(part.key());
    }
    std::vector<std::string> by;
    for (const dsl::CheckedKey& part : rule_.by) by.push_back(part.name);
    if (keys != by) changes.emplace_back("the key has other parts");
    std::vector<std::string> tags;
    for (const Json& tag : alert_.Member("tags").Children()) {
      tags.push_back(tag.Text());
    }
    if (tags != rule_.tags) changes.emplace_back("the tags are others");
    return changes;
  }

  void AppendEvent(const Wanted& wanted, std::string* out) const {
    absl::StrAppend(out, "\nevent ", Number(wanted.event, "position"), " of ",
                    Text(wanted.event, "time"), ", ",
                    Members(wanted.event, "identity"), "\n");
    if (!wanted.found.has_value()) {
      if (looked_) *out += "  it is not in the logs that --events names\n";
      return;
    }
    std::string parts = dsl::PrintParts(*wanted.found, {});
    // The event is named above.
    const std::size_t named = parts.find("event ");
    if (named != std::string::npos) {
      parts.erase(named, parts.find('\n', named) + 1 - named);
    }
    *out += parts;
  }

  const LoadedRules& loaded_;
  const dsl::CheckedRule& rule_;
  const Json alert_;
  const dsl::LetNames lets_;
  std::vector<Wanted> wanted_;
  bool looked_ = false;  // For the events, in a log.
};

}  // namespace

absl::StatusOr<std::string> ExplainAlert(const LoadedRules& loaded,
                                         const ExplainAlertOptions& options) {
  TOCSIN_ASSIGN_OR_RETURN(const std::string text,
                          ReadFirstObject(options.alert));
  JsonTape tape;
  const bool read = tape.Parse(text);
  const Json alert(&tape, read ? 1 : 0);
  const std::string name = Text(alert, "rule");
  if (name.empty() || Text(alert, "kind").empty()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: this is no alert, as replay and run write them", options.alert));
  }
  if (name.starts_with("tocsin.")) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "`%s` is told by the engine about itself; it has no rule", name));
  }
  TOCSIN_ASSIGN_OR_RETURN(const dsl::CheckedRule* const rule,
                          FindRule(name, loaded.checked));
  AlertExplainer explainer(loaded, *rule, alert);
  for (const std::string& path : options.events) {
    TOCSIN_RETURN_IF_ERROR(explainer.Search(path));
  }
  return options.json ? explainer.AsJson() : explainer.AsText();
}

}  // namespace tocsin
