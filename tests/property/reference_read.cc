// Bytes to events: lines, envelopes, schema, time, identity, clock.
#include <cstdlib>
#include <optional>

#include "engine/base/check.h"
#include "tests/property/reference_evaluate.h"
#include "tests/property/reference_expr.h"

namespace tocsin::reference {
namespace {

// The event-time clock of one source, as of each of its events in turn.
class SourceClock {
 public:
  explicit SourceClock(const Options& options) : options_(options) {}

  // The clock after an event at `ts`.
  std::int64_t Move(std::int64_t ts) {
    if (!largest_) {
      if (!jumper_) {
        jumper_ = ts;
        return kNoClock;
      }
      // The first event waited for the second, to be told from an outlier.
      const std::int64_t first = *jumper_;
      jumper_.reset();
      if (first > ts + options_.max_skew_us) {
        ++outliers_;
        largest_ = ts;
        return ts - options_.lateness_us;
      }
      largest_ = first;
    }
    if (ts > *largest_ + options_.max_skew_us) {
      Jump(ts);
    } else {
      if (jumper_) ++outliers_;
      jumper_.reset();
      largest_ = std::max(*largest_, ts);
    }
    return *largest_ - options_.lateness_us;
  }
  // What an event without a time takes.
  std::int64_t largest() const {
    return largest_.value_or(jumper_.value_or(0));
  }
  std::uint64_t outliers() const { return outliers_; }

 private:
  static constexpr std::int64_t kNoClock = INT64_MIN;

  // The first event far ahead waits; the second confirms what both have passed.
  void Jump(std::int64_t ts) {
    if (!jumper_) {
      jumper_ = ts;
      return;
    }
    const std::int64_t low = std::min(*jumper_, ts);
    const std::int64_t high = std::max(*jumper_, ts);
    jumper_.reset();
    largest_ = low;
    if (high > low + options_.max_skew_us) {
      jumper_ = high;
    } else {
      largest_ = high;
    }
  }

  Options options_;
  std::optional<std::int64_t> largest_, jumper_;
  std::uint64_t outliers_ = 0;
};

// A decimal number's text times a power of ten, cut to microseconds.
bool EpochText(const std::string& text, int exponent, std::int64_t* us) {
  const std::size_t first = text[0] == '-' ? 1 : 0;
  std::string whole = text.substr(first, text.find('.') - first);
  std::string fraction;
  if (const std::size_t dot = text.find('.'); dot != std::string::npos) {
    fraction = text.substr(dot + 1);
  }
  if (whole.empty() ||
      (whole + fraction).find_first_not_of("0123456789") != std::string::npos) {
    return false;
  }
  fraction.resize(20, '0');
  std::string digits = whole + fraction;
  const auto keep = static_cast<std::int64_t>(whole.size()) + exponent;
  digits = keep <= 0 ? "0" : digits.substr(0, static_cast<std::size_t>(keep));
  if (digits.size() > 18) return false;
  *us = std::strtoll(digits.c_str(), nullptr, 10) * (first == 1 ? -1 : 1);
  return true;
}

bool TimeFrom(const dsl::CheckedTimeSource& source, const Value& event,
              std::int64_t* us) {
  bool present = false;
  const Value value = ReadPath(source.path, event, &present);
  if (source.format == TimeFormat::kRfc3339) {
    return value.kind == Kind::kString && ParseRfc3339(value.text, us);
  }
  if (!value.number()) return false;
  switch (source.format) {
    case TimeFormat::kEpochSeconds:
      return EpochText(value.json, 6, us);
    case TimeFormat::kEpochMillis:
      return EpochText(value.json, 3, us);
    case TimeFormat::kEpochMicros:
      return EpochText(value.json, 0, us);
    case TimeFormat::kEpochNanos:
      return EpochText(value.json, -3, us);
    default:
      TOCSIN_CHECK(false);
  }
}

void Identify(const dsl::CheckedSchema& schema, Event* event) {
  if (schema.identity_position) return;
  event->fingerprint = schema.name;
  for (const FieldPath& path : schema.identity) {
    bool present = false;
    const std::string encoding = Encode(ReadPath(path, event->root, &present));
    event->identity.push_back({FormatPath(path), encoding});
    AppendSized(encoding, &event->fingerprint);
  }
  for (const auto& [name, value] : event->root.members) {
    const bool left_out =
        name == "kind" || name == "apiVersion" || name == "kafka";
    if (schema.built_in && left_out) continue;
    AppendSized(name, &event->fingerprint);
    AppendSized(value.json, &event->fingerprint);
  }
}

class Reader {
 public:
  Reader(const dsl::CheckedRules& rules, const Options& options)
      : rules_(rules), clock_(options) {}

  void File(const std::string& bytes) {
    std::size_t begin = 0;
    while (begin < bytes.size()) {
      const std::size_t end = std::min(bytes.find('\n', begin), bytes.size());
      Line(bytes.substr(begin, end - begin));
      begin = end + 1;
    }
  }

  Reading Take() {
    out_.bad_clock = clock_.outliers();
    return std::move(out_);
  }

 private:
  // An event that stands whole behind one that was cut.
  void AfterCut(const std::string& line) {
    const std::size_t at =
        line.rfind(R"({"kind":"Event","apiVersion":"audit.k8s.io/)");
    Value root;
    if (at != std::string::npos && at > 0 &&
        ReadJson(Repair(line.substr(at)), &root) != ReadResult::kMalformed) {
      Line(line.substr(at));
    }
  }
  // Where the object ends that the text begins with, by its brackets.
  static std::size_t ObjectEnd(const std::string& text) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (in_string) {
        if (c == '\\') ++i;
        if (c == '"') in_string = false;
        continue;
      }
      if (c == '"') in_string = true;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return i + 1;
    }
    return std::string::npos;
  }
  // A line that is none: objects one behind the other, or what a cut left.
  void Malformed(const std::string& line) {
    std::vector<std::string> pieces;
    for (std::string rest = line; !rest.empty();) {
      std::size_t next = rest[0] == '{' ? ObjectEnd(rest) : std::string::npos;
      if (next != std::string::npos) {
        next = std::min(rest.find_first_not_of(" \t\r", next), rest.size());
      }
      const bool whole = next != std::string::npos &&
                         (next == rest.size() || rest[next] == '{');
      pieces.push_back(whole ? rest.substr(0, next) : rest);
      rest = whole ? rest.substr(next) : "";
    }
    if (pieces.size() > 1) {
      for (const std::string& piece : pieces) Line(piece);
      return;
    }
    ++out_.malformed;
    AfterCut(line);
  }
  void Line(std::string line) {
    if (line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    if (line.find_first_not_of(" \t\r") == std::string::npos) return;
    Value root;
    switch (ReadJson(Repair(line), &root)) {
      case ReadResult::kMalformed:
        return Malformed(line.substr(line.find_first_not_of(" \t\r")));
      case ReadResult::kTooDeep:
        ++out_.too_deep;
        return;
      case ReadResult::kOk:
        break;
    }
    if (root.kind != Kind::kObject) {
      ++out_.not_an_object;
      return;
    }
    if (const Value* items = Envelope(root)) {
      for (const Value& item : items->items) {
        if (item.kind == Kind::kObject) Object(item);
      }
      return;
    }
    Object(root);
  }

  const Value* Envelope(const Value& root) const {
    for (const dsl::CheckedSchema& schema : rules_.schemas) {
      for (const std::string& key : schema.unwrap) {
        const Value* list = root.Member(key);
        if (list != nullptr && list->kind == Kind::kList) return list;
      }
    }
    return nullptr;
  }

  void Object(const Value& root) {
    auto event = std::make_shared<Event>();
    event->root = root;
    event->position = ++position_;
    for (std::uint32_t i = 0; i < rules_.schemas.size(); ++i) {
      if (!rules_.schemas[i].alerts_of.empty()) continue;
      if (!Takes(rules_.schemas[i], *event)) continue;
      event->schema = i;
      event->has_schema = true;
      break;
    }
    if (!event->has_schema) {
      ++out_.no_schema;
      return;
    }
    const dsl::CheckedSchema& schema = rules_.schemas[event->schema];
    event->has_time = false;
    for (const dsl::CheckedTimeSource& source : schema.times) {
      if (event->has_time) break;
      event->has_time = TimeFrom(source, root, &event->ts);
    }
    if (!event->has_time) {
      ++out_.no_time;
      event->ts = clock_.largest();
    }
    event->clock = clock_.Move(event->ts);
    if (event->late()) ++out_.late;
    Identify(schema, event.get());
    out_.events.push_back(std::move(event));
  }

  bool Takes(const dsl::CheckedSchema& schema, const Event& event) const {
    if (!schema.match) return true;
    Scope scope;
    scope.rules = &rules_;
    scope.schema = &schema;
    scope.event = &event.root;
    return Holds(*schema.match, scope);
  }

  const dsl::CheckedRules& rules_;
  SourceClock clock_;
  Reading out_;
  std::uint64_t position_ = 0;
};

}  // namespace

Reading ReadEvents(const dsl::CheckedRules& rules,
                   std::span<const std::string> files, const Options& options) {
  Reader reader(rules, options);
  for (const std::string& file : files) reader.File(file);
  return reader.Take();
}

}  // namespace tocsin::reference
