#include "app/find_rule.h"

#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "engine/base/strings.h"

namespace tocsin {
namespace {

bool EndsWithName(std::string_view full, std::string_view name) {
  return full == name || (full.size() > name.size() && full.ends_with(name) &&
                          full[full.size() - name.size() - 1] == '.');
}

std::string_view LastSegment(std::string_view name) {
  return name.substr(name.rfind('.') + 1);
}

absl::Status UnknownRule(const std::string& name,
                         const dsl::CheckedRules& rules) {
  std::vector<std::string_view> names;
  for (const dsl::CheckedRule& rule : rules.rules) {
    names.push_back(rule.name);
    names.push_back(LastSegment(rule.name));
  }
  const std::string_view near = Nearest(name, names);
  if (near.empty()) {
    return absl::NotFoundError(absl::StrFormat("no rule is named `%s`", name));
  }
  return absl::NotFoundError(
      absl::StrFormat("no rule is named `%s`; did you mean `%s`?", name, near));
}

}  // namespace

absl::StatusOr<const dsl::CheckedRule*> FindRule(
    const std::string& name, const dsl::CheckedRules& rules) {
  std::vector<const dsl::CheckedRule*> found;
  for (const dsl::CheckedRule& rule : rules.rules) {
    if (rule.name == name) return &rule;
    if (EndsWithName(rule.name, name)) found.push_back(&rule);
  }
  if (found.size() == 1) return found[0];
  if (found.empty()) return UnknownRule(name, rules);
  std::string why = absl::StrFormat("`%s` is the name of several rules:", name);
  for (const dsl::CheckedRule* rule : found) why += " " + rule->name;
  return absl::InvalidArgumentError(why);
}

}  // namespace tocsin
