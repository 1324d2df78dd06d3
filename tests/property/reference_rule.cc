// What arrives at a rule: filters and keys.
#include "tests/property/reference_rule.h"

#include <algorithm>

#include "engine/base/check.h"

namespace tocsin::reference {

using dsl::CheckedFilter;

namespace {

constexpr std::size_t kEach = 32;

std::string SeverityName(dsl::AlertSeverity severity) {
  switch (severity) {
    case dsl::AlertSeverity::kInfo:
      return "info";
    case dsl::AlertSeverity::kLow:
      return "low";
    case dsl::AlertSeverity::kMedium:
      return "medium";
    case dsl::AlertSeverity::kHigh:
      return "high";
    case dsl::AlertSeverity::kCritical:
      return "critical";
  }
  TOCSIN_CHECK(false);
}

}  // namespace

Scope Context::ScopeOf(const Event& event) const {
  Scope scope;
  scope.rules = rules;
  scope.schema = &rules->schemas[event.schema];
  scope.event = &event.root;
  scope.ts = event.ts;
  scope.has_time = event.has_time;
  scope.rule = rule->name;
  scope.severity = SeverityName(rule->severity);
  return scope;
}

void Context::Name(const std::vector<Entries>& steps, Scope* scope) const {
  scope->steps.clear();
  for (const Entries& of : steps) {
    scope->steps.emplace_back();
    for (const Entry* entry : of) {
      const Event& event = *entry->event;
      scope->steps.back().push_back(
          {&event.root, event.schema, event.ts, event.has_time});
    }
  }
}

std::string KeyBytes(const std::vector<Value>& key) {
  std::string bytes;
  for (const Value& part : key) AppendSized(Encode(part), &bytes);
  return bytes;
}

std::vector<Value> Elements(const Value& value) {
  std::vector<Value> out;
  if (value.kind == Kind::kList) {
    for (const Value& item : value.items) {
      if (!item.missing()) out.push_back(item);
    }
  } else if (!value.missing()) {
    out.push_back(value);
  }
  return out;
}

RuleRun::RuleRun(const dsl::CheckedRules& rules, const dsl::CheckedRule& rule,
                 const Options& options, Tell tell)
    : rules_(rules),
      rule_(rule),
      condition_(rule.condition),
      context_{&rules, &rule},
      options_(options),
      tell_(std::move(tell)) {
  counts_.name = rule.name;
}

void RuleRun::Start(std::int64_t ts) {
  if (started_) return;
  started_ = ts;
  if (condition_.kind != Conditions::kSilent || rule_.by.size() != 1) return;
  if (!rule_.by[0].among) return;
  for (const Constant& member : rules_.lists[*rule_.by[0].among].values) {
    const std::vector<Value> key{FromConstant(member)};
    KeyState& state = keys_[KeyBytes(key)];
    state.key = key;
    state.silent_member = true;
  }
}

bool RuleRun::Passes(const std::vector<CheckedFilter>& filters,
                     Scope& scope) const {
  using Origin = CheckedFilter::Origin;
  return std::all_of(
      filters.begin(), filters.end(), [&](const CheckedFilter& filter) {
        const bool exception = filter.origin == Origin::kUnless ||
                               filter.origin == Origin::kDefaultsUnless ||
                               filter.origin == Origin::kTuneUnless;
        return Holds(filter.expr, scope) != exception;
      });
}

void RuleRun::Arrive(const EventPtr& event) {
  if (!event->has_schema) return;
  Scope scope = context_.ScopeOf(*event);
  if (rule_.events.empty()) {
    if (event->schema != rule_.schema || !Passes(rule_.filters, scope)) return;
    ++counts_.matches;
    if (event->late()) ++counts_.late;
    const auto keys = Keys(rule_.by, scope);
    if (keys.empty()) ++counts_.no_key;
    for (const auto& key : keys) Enter(event, key, {});
    return;
  }
  // Several events may have one key, each its own way to it.
  std::map<std::string, std::pair<std::vector<Value>, std::vector<bool>>>
      groups;
  bool any = false;
  for (std::size_t i = 0; i < rule_.events.size(); ++i) {
    const dsl::CheckedEvent& of = rule_.events[i];
    if (event->schema != of.schema || !Passes(of.filters, scope)) continue;
    any = true;
    for (const auto& key : Keys(of.by, scope)) {
      auto& [values, bits] = groups[KeyBytes(key)];
      values = key;
      bits.resize(rule_.events.size());
      bits[i] = true;
    }
  }
  if (any) ++counts_.matches;
  for (const auto& [bytes, group] : groups) {
    Enter(event, group.first, group.second);
  }
}

bool RuleRun::Among(const dsl::CheckedKey& part, const Value& value) const {
  if (!part.among) return true;
  for (const Constant& constant : rules_.lists[*part.among].values) {
    const Value member = FromConstant(constant);
    if (Equal(value, member, false)) return true;
    if (value.kind == Kind::kIp && member.kind == Kind::kCidr &&
        member.cidr.Contains(value.ip)) {
      return true;
    }
  }
  return false;
}

std::vector<Value> RuleRun::KeyPart(const dsl::CheckedKey& part, Scope& scope) {
  const Value value = Evaluate(part.expr, scope);
  std::vector<Value> candidates{value};
  if (part.each) candidates = Elements(value);
  std::vector<Value> out;
  std::set<std::string> seen;
  for (const Value& candidate : candidates) {
    if (candidate.missing() || !Among(part, candidate)) continue;
    if (!seen.insert(Encode(candidate)).second) continue;
    if (out.size() == kEach) {
      ++counts_.each_overflow;
      continue;
    }
    out.push_back(candidate);
  }
  if (out.empty() && part.missing_ok && Elements(value).empty()) {
    out.push_back(Value());
  }
  return out;
}

std::vector<std::vector<Value>> RuleRun::Keys(
    const std::vector<dsl::CheckedKey>& by, Scope& scope) {
  std::vector<std::vector<Value>> keys{{}};
  for (const dsl::CheckedKey& part : by) {
    const std::vector<Value> options = KeyPart(part, scope);
    std::vector<std::vector<Value>> longer;
    for (const std::vector<Value>& key : keys) {
      for (const Value& option : options) {
        longer.push_back(key);
        longer.back().push_back(option);
      }
    }
    keys = longer;
  }
  return keys;
}

}  // namespace tocsin::reference
