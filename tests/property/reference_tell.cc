// What an alert says.
#include <algorithm>

#include "tests/property/reference_rule.h"

namespace tocsin::reference {

namespace {

constexpr std::size_t kSamples = 10;

constexpr const char* kLevels[] = {"info", "low", "medium", "high", "critical"};

std::string Raised(dsl::AlertSeverity severity, std::size_t steps) {
  const auto at = std::min<std::size_t>(
      static_cast<std::size_t>(severity) + steps, std::size(kLevels) - 1);
  return kLevels[at];
}

std::string Render(const std::optional<dsl::CheckedTemplate>& text,
                   Scope& scope, const std::vector<bool>& more) {
  std::string out;
  if (!text) return out;
  for (const auto& part : text->parts) {
    out += part.text;
    if (!part.hole) continue;
    out += Print(Evaluate(*part.hole, scope));
    if (part.hole->op == dsl::ExprOp::kCollected && more[part.hole->index]) {
      out += ", and more";
    }
  }
  return out;
}

// The events of a rule that the evidence holds, where it does not say itself.
std::vector<Entries> StepsOf(const Evidence& evidence, std::size_t events) {
  if (!evidence.steps.empty()) return evidence.steps;
  std::vector<Entries> out(events);
  for (const Entry* entry : evidence.run) {
    for (std::size_t i = 0; i < events; ++i) {
      if (entry->of[i]) out[i].push_back(entry);
    }
  }
  return out;
}

}  // namespace

std::vector<NamedValue> RuleRun::KeyValues(const KeyState& state) const {
  std::vector<NamedValue> out;
  for (std::size_t i = 0; i < rule_.by.size(); ++i) {
    out.push_back({rule_.by[i].name, Encode(state.key[i])});
  }
  return out;
}

// The last seen values of one collect, oldest first; *more: some were left.
std::vector<Value> RuleRun::Collected(const KeyState& state,
                                      const Detected& detected,
                                      std::size_t which, bool* more) const {
  std::vector<Value> values;
  for (const EntryPtr& entry : state.entries) {
    const bool inside =
        condition_.kind == Conditions::kFilter
            ? entry.get() == detected.completing
            : entry->ts() >= detected.time - Longest(condition_);
    if (!inside && !entry->held) continue;
    for (const Value& value : entry->collected[which]) {
      std::erase_if(values, [&](const Value& other) {
        return Encode(other) == Encode(value);
      });
      values.push_back(value);
    }
  }
  const std::size_t up_to = rule_.collects[which].up_to;
  *more = values.size() > up_to;
  if (*more) {
    values.erase(values.begin(),
                 values.end() - static_cast<std::ptrdiff_t>(up_to));
  }
  return values;
}

std::string RuleRun::Severity(Scope& scope, std::size_t level) const {
  for (const dsl::CheckedRule::SeverityArm& arm : rule_.severity_arms) {
    if (Holds(arm.condition, scope)) return Raised(arm.severity, level);
  }
  return Raised(rule_.severity, level);
}

void RuleRun::TellAlert(const KeyState& state, const Detected& detected,
                        const Incident& incident, std::size_t level) {
  Event nothing;
  nothing.schema = rule_.schema;
  nothing.root.kind = Kind::kObject;
  const Event& event =
      detected.completing == nullptr ? nothing : *detected.completing->event;
  const Evidence& evidence = detected.evidence;
  Told told;
  told.position = event.position;
  told.in_order = detected.newest;
  told.key_in_order = state.in_order;
  told.key_late = state.late;
  Alert& alert = told.alert;
  Scope scope = context_.ScopeOf(event);
  scope.count = alert.count = evidence.count;
  scope.folded = alert.folded = incident.folded;
  scope.total = alert.total = incident.total;
  scope.keys = state.key;
  context_.Name(StepsOf(evidence, rule_.events.size()), &scope);
  alert.rule = rule_.name;
  alert.time_us = detected.time;
  alert.first_us = alert.last_us = *started_;  // Of a member never seen.
  if (!evidence.run.empty()) {
    alert.first_us = evidence.run.front()->ts();
    alert.last_us = evidence.run.back()->ts();
  }
  alert.key = KeyValues(state);
  alert.tags = rule_.tags;
  std::vector<bool> more_of;
  for (std::size_t i = 0; i < rule_.collects.size(); ++i) {
    bool more = false;
    std::string encoding;
    std::vector<Value> texts;
    const std::vector<Value> values = Collected(state, detected, i, &more);
    for (const Value& value : values) {
      std::string text;
      AppendSized(Encode(value), &encoding);
      AppendCanonicalAsText(Encode(value), &text);
      texts.push_back(MakeText(text));
    }
    alert.collected.push_back({rule_.collects[i].name, encoding});
    scope.collected.push_back(MakeList(texts));
    told.collected.push_back(MakeList(values));
    more_of.push_back(more);
  }
  // Severity and shows may speak of the event at its own time, texts of the
  // alert's.
  scope.severity = alert.severity = Severity(scope, level);
  for (const dsl::CheckedField& show : scope.schema->shows) {
    alert.show.push_back({show.name, Encode(Evaluate(show.expr, scope))});
  }
  for (const dsl::CheckedField& show : rule_.shows) {
    scope.shown.push_back(Evaluate(show.expr, scope));
    alert.show.push_back({show.name, Encode(scope.shown.back())});
  }
  told.key = state.key;
  told.shown = scope.shown;
  if (rule_.risk) told.risk = Evaluate(*rule_.risk, scope);
  scope.time = detected.time;
  alert.title = Render(rule_.title, scope, more_of);
  alert.runbook = Render(rule_.runbook, scope, more_of);
  alert.summary = rule_.alert   ? Render(rule_.alert, scope, more_of)
                  : rule_.title ? alert.title
                                : rule_.name;
  AddSamples(evidence, &alert);
  tell_(std::move(told));
}

// The evidence in time order; of more than ten the first and the last nine.
void RuleRun::AddSamples(const Evidence& evidence, Alert* alert) const {
  const std::size_t size = evidence.run.size();
  for (std::size_t i = 0; i < size; ++i) {
    if (size > kSamples && i > 0 && i < size - (kSamples - 1)) continue;
    const Event& event = *evidence.run[i]->event;
    AlertEvent sample;
    sample.position = event.position;
    sample.time_us = event.ts;
    sample.identity = event.identity;
    sample.audit = rules_.schemas[event.schema].built_in;
    alert->events.push_back(std::move(sample));
  }
}

}  // namespace tocsin::reference
