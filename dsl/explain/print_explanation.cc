#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "dsl/explain/explain.h"
#include "engine/event/value.h"

namespace tocsin::dsl {
namespace {

// Facts of which a rule may have several.
bool IsList(const std::string& name) {
  static const std::set<std::string> kLists = {
      "schema's default", "defaults where", "where",
      "defaults unless",  "unless",         "tune unless",
      "derived",          "event",          "by",
      "collect",          "list",           "show"};
  return kLists.contains(name);
}

void AppendQuoted(std::string_view text, std::string* out) {
  *out += '"';
  AppendJsonEscaped(text, out);
  *out += '"';
}

}  // namespace

std::string Explain(const CheckedRules& rules, const CheckedRule& rule,
                    const RuleSet& set, const Origins* origins) {
  const Explanation made = ExplainRule(rules, rule, set, origins);
  std::string text = absl::StrFormat("rule %s\n", made.rule);
  for (const ExplainedFact& fact : made.facts) {
    text += absl::StrFormat("  %-16s  %s", fact.name, fact.text);
    if (!fact.from.empty()) text += absl::StrFormat("  (%s)", fact.from);
    text += '\n';
  }
  return text;
}

// A fact that stands several times is a list.
std::string ExplainJson(const CheckedRules& rules, const CheckedRule& rule,
                        const RuleSet& set, const Origins* origins) {
  const Explanation made = ExplainRule(rules, rule, set, origins);
  std::string json = "{\"rule\":";
  AppendQuoted(made.rule, &json);
  std::set<std::string> done;
  for (const ExplainedFact& fact : made.facts) {
    if (!done.insert(fact.name).second) continue;
    std::vector<std::string> texts;
    for (const ExplainedFact& other : made.facts) {
      if (other.name == fact.name) texts.push_back(other.text);
    }
    std::string member = fact.name;
    std::replace(member.begin(), member.end(), ' ', '_');
    std::erase(member, '\'');
    json += ',';
    AppendQuoted(member, &json);
    json += ':';
    const bool list = IsList(fact.name);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      json += i > 0 ? "," : list ? "[" : "";
      AppendQuoted(texts[i], &json);
    }
    if (list) json += ']';
  }
  json += ",\"from\":[";
  bool first = true;
  for (const ExplainedFact& fact : made.facts) {
    if (fact.from.empty()) continue;
    json += std::exchange(first, false) ? "{\"fact\":" : ",{\"fact\":";
    AppendQuoted(fact.name, &json);
    json += ",\"text\":";
    AppendQuoted(fact.text, &json);
    json += ",\"from\":";
    AppendQuoted(fact.from, &json);
    json += '}';
  }
  json += ']';
  return json + absl::StrFormat(",\"state_bytes\":%d,\"cost_ns\":%d}\n",
                                made.state_bytes, made.cost_ns);
}

}  // namespace tocsin::dsl
