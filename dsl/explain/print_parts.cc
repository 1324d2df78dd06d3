#include "dsl/explain/print_parts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tocsin::dsl {
namespace {

using Kind = RulePart::Kind;

constexpr std::size_t kValueShown = 200;  // Bytes of one value in text.
constexpr std::size_t kReasons = 5;
constexpr std::size_t kTextWidth = 60;  // Values stand behind it.

std::string_view KindWord(Kind kind) {
  switch (kind) {
    case Kind::kSchema:
      return "schema";
    case Kind::kEvent:
      return "event";
    case Kind::kWhere:
      return "where";
    case Kind::kUnless:
      return "unless";
    case Kind::kLet:
      return "let";
    case Kind::kDerived:
      return "derived";
    case Kind::kAnd:
      return "and";
    case Kind::kOr:
      return "or";
    case Kind::kNot:
      return "not";
    case Kind::kTest:
      return "test";
    case Kind::kQuantifier:
      return "quantifier";
    case Kind::kElement:
      return "element";
    case Kind::kKey:
      return "by";
    case Kind::kCounted:
      return "counted";
  }
  return "";
}

std::string ValueText(const PartValue& value) {
  if (value.missing) {
    return value.name + (value.null ? " is null" : " is missing");
  }
  std::string json;
  AppendCanonicalAsJson(value.encoding, &json);
  if (json.size() > kValueShown) {
    std::size_t cut = kValueShown;
    while (cut > 0 && (json[cut] & 0xC0) == 0x80) --cut;
    json.resize(cut);
    json += "...";
  }
  return value.name + " = " + json;
}

// What a value is made of is told when it is missing itself.
void AppendValues(const std::vector<PartValue>& values,
                  std::vector<std::string>* texts) {
  for (const PartValue& value : values) {
    std::string text = ValueText(value);
    if (std::find(texts->begin(), texts->end(), text) == texts->end()) {
      texts->push_back(std::move(text));
    }
    if (value.missing) AppendValues(value.inner, texts);
  }
}

std::string JoinedValues(const RulePart& part) {
  std::vector<std::string> texts;
  AppendValues(part.values, &texts);
  std::string joined;
  for (const std::string& text : texts) {
    absl::StrAppend(&joined, joined.empty() ? "" : "; ", text);
  }
  return joined;
}

// The line of a part, without its values.
std::string Title(const RulePart& part) {
  switch (part.kind) {
    case Kind::kSchema:
      return part.held
                 ? absl::StrFormat("schema %s takes it", part.name)
                 : absl::StrFormat("schema %s does not take it", part.name);
    case Kind::kEvent:
      return "event " + part.name;
    case Kind::kWhere:
      return part.name;
    case Kind::kUnless:
      return absl::StrCat(part.name, part.held
                                         ? ": applies, the event is excused"
                                         : ": does not apply");
    case Kind::kLet:
      return "let " + part.name;
    case Kind::kDerived:
      return part.name;
    case Kind::kAnd:
      return "all of";
    case Kind::kOr:
      return "any of";
    case Kind::kNot:
      return "not";
    case Kind::kTest:
    case Kind::kQuantifier:
      return part.text;
    case Kind::kElement:
      return part.name;
    case Kind::kKey:
      return absl::StrFormat("by %s as %s", part.text, part.name);
    case Kind::kCounted:
      return absl::StrCat(part.name,
                          part.held ? ": takes it" : ": does not take it");
  }
  return "";
}

class TextPrinter {
 public:
  explicit TextPrinter(const PartsStyle& style) : style_(style) {}

  void Print(const std::vector<RulePart>& parts, int depth) {
    for (const RulePart& part : parts) Print(part, depth);
  }

  std::string out;

 private:
  void Print(const RulePart& part, int depth) {
    // The colour says whether the part is good for the rule, the word whether
    // it held.
    const bool good = !part.blamed;
    const char* on = !style_.colour ? "" : good ? "\x1b[32m" : "\x1b[1;31m";
    absl::StrAppend(&out, part.blamed ? "> " : "  ", on,
                    part.held ? "yes" : " no", style_.colour ? "\x1b[0m" : "",
                    "  ", std::string(static_cast<std::size_t>(2 * depth), ' '),
                    Title(part));
    // A quantifier's list is told by its elements.
    const bool told = part.kind == Kind::kQuantifier && !part.parts.empty();
    const std::string values = told ? "" : JoinedValues(part);
    if (!values.empty()) {
      const std::size_t used =
          static_cast<std::size_t>(2 * depth) + Title(part).size();
      out.append(used < kTextWidth ? kTextWidth - used : 2, ' ');
      out += values;
    }
    out += '\n';
    if (Opened(part)) Print(part.parts, depth + 1);
  }

  bool Opened(const RulePart& part) const {
    const bool of_schema =
        part.kind == Kind::kSchema || part.kind == Kind::kDerived;
    return !of_schema || part.blamed || style_.everything;
  }

  const PartsStyle style_;
};

void AppendReasons(const RulePart& part, std::vector<std::string>* reasons) {
  if (!part.blamed) return;
  const std::size_t before = reasons->size();
  for (const RulePart& child : part.parts) AppendReasons(child, reasons);
  if (reasons->size() > before) return;
  const std::string values = JoinedValues(part);
  std::string text;
  if (part.kind == Kind::kUnless || part.kind == Kind::kKey) {
    text = Title(part);
  } else {
    text = absl::StrCat(Title(part), part.held ? " held" : " did not hold");
  }
  if (!values.empty()) absl::StrAppend(&text, " (", values, ")");
  reasons->push_back(std::move(text));
}

// An event of another schema lacks all the rest, too: that alone is told.
void AppendReasons(const std::vector<RulePart>& parts,
                   std::vector<std::string>* reasons) {
  for (const RulePart& part : parts) {
    if (part.kind != Kind::kSchema || part.held) continue;
    std::vector<std::string> tests;
    for (const RulePart& test : part.parts) AppendReasons(test, &tests);
    std::string text = Title(part);
    for (std::size_t i = 0; i < tests.size(); ++i) {
      absl::StrAppend(&text, i == 0 ? ": " : "; ", tests[i]);
    }
    reasons->push_back(std::move(text));
    return;
  }
  for (const RulePart& part : parts) {
    if (part.kind != Kind::kEvent) AppendReasons(part, reasons);
  }
}

void AppendQuoted(std::string_view text, std::string* out) {
  *out += '"';
  AppendJsonEscaped(text, out);
  *out += '"';
}

void AppendJson(const std::vector<PartValue>& values, std::string* out) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    *out += i == 0 ? "{\"name\":" : ",{\"name\":";
    AppendQuoted(values[i].name, out);
    if (values[i].missing) {
      *out += values[i].null ? ",\"missing\":true,\"value\":null"
                             : ",\"missing\":true";
    } else {
      *out += ",\"value\":";
      AppendCanonicalAsJson(values[i].encoding, out);
    }
    if (!values[i].inner.empty()) {
      *out += ",\"of\":[";
      AppendJson(values[i].inner, out);
      *out += ']';
    }
    *out += '}';
  }
}

void AppendJson(const std::vector<RulePart>& parts, std::string* out) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const RulePart& part = parts[i];
    *out += i == 0 ? "{\"part\":" : ",{\"part\":";
    AppendQuoted(KindWord(part.kind), out);
    if (!part.name.empty()) {
      *out += ",\"name\":";
      AppendQuoted(part.name, out);
    }
    if (!part.text.empty()) {
      *out += ",\"text\":";
      AppendQuoted(part.text, out);
    }
    absl::StrAppend(out, ",\"held\":", part.held ? "true" : "false",
                    ",\"blamed\":", part.blamed ? "true" : "false");
    if (!part.values.empty()) {
      *out += ",\"values\":[";
      AppendJson(part.values, out);
      *out += ']';
    }
    if (!part.parts.empty()) {
      *out += ",\"parts\":[";
      AppendJson(part.parts, out);
      *out += ']';
    }
    *out += '}';
  }
}

// "ResponseStarted of 2026-03-02T10:00:00Z, auditID ..." as far as is known.
std::string EventText(const EventFacts& event) {
  std::string text = "event";
  if (event.time_us.has_value()) {
    absl::StrAppend(&text, " of ", FormatTime(*event.time_us));
  } else {
    text += " without a readable time";
  }
  for (const auto& [name, encoding] : event.identity) {
    std::string value;
    AppendCanonicalAsText(encoding, &value);
    absl::StrAppend(&text, ", ", name, " ", value);
  }
  return text;
}

}  // namespace

std::vector<std::string> Reasons(const RuleOnEvent& found) {
  std::vector<std::string> reasons;
  if (found.matches) return reasons;
  AppendReasons(found.parts, &reasons);
  for (const RulePart& part : found.parts) {
    if (part.kind != Kind::kEvent) continue;
    std::vector<std::string> of_event;
    AppendReasons(part.parts, &of_event);
    for (const std::string& reason : of_event) {
      reasons.push_back(absl::StrFormat("event %s: %s", part.name, reason));
    }
  }
  return reasons;
}

std::string PrintParts(const RuleOnEvent& found, const PartsStyle& style) {
  std::string out =
      absl::StrFormat("rule %s %s this event\n", found.rule,
                      found.matches ? "matches" : "does not match");
  const std::vector<std::string> reasons = Reasons(found);
  for (std::size_t i = 0; i < std::min(reasons.size(), kReasons); ++i) {
    absl::StrAppend(&out, "  because ", reasons[i], "\n");
  }
  if (reasons.size() > kReasons) {
    absl::StrAppend(&out, "  and ", reasons.size() - kReasons, " more\n");
  }
  absl::StrAppend(&out, EventText(found.event), "\n");
  if (found.event.schema.empty()) out += "no schema of the rules takes it\n";
  out += '\n';
  TextPrinter printer(style);
  printer.Print(found.parts, 0);
  return out + printer.out;
}

std::string PrintPartsJson(const RuleOnEvent& found) {
  std::string out = "{\"rule\":";
  AppendQuoted(found.rule, &out);
  absl::StrAppend(&out, ",\"matches\":", found.matches ? "true" : "false",
                  ",\"event\":{\"schema\":");
  if (found.event.schema.empty()) {
    out += "null";
  } else {
    AppendQuoted(found.event.schema, &out);
  }
  out += ",\"time\":";
  if (found.event.time_us.has_value()) {
    AppendQuoted(FormatTime(*found.event.time_us), &out);
  } else {
    out += "null";
  }
  out += ",\"identity\":{";
  for (std::size_t i = 0; i < found.event.identity.size(); ++i) {
    if (i > 0) out += ',';
    AppendQuoted(found.event.identity[i].first, &out);
    out += ':';
    AppendCanonicalAsJson(found.event.identity[i].second, &out);
  }
  out += "}},\"reasons\":[";
  const std::vector<std::string> reasons = Reasons(found);
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    if (i > 0) out += ',';
    AppendQuoted(reasons[i], &out);
  }
  out += "],\"parts\":[";
  AppendJson(found.parts, &out);
  return out + "]}\n";
}

}  // namespace tocsin::dsl
