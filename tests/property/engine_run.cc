#include "tests/property/engine_run.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "tests/testing/memory_source.h"

namespace tocsin::testing {
namespace {

// What names one alert of both evaluators: rule, key, completing event's time.
using Name = std::tuple<std::string, std::string, std::int64_t>;

Name NameOf(const Alert& alert) {
  std::string key;
  for (const NamedValue& part : alert.key) AppendSized(part.encoding, &key);
  return {alert.rule, key, alert.time_us};
}

std::string KeyText(const Alert& alert) {
  std::string out = alert.rule + " {";
  for (const NamedValue& part : alert.key) {
    out += part.name + "=";
    AppendCanonicalAsText(part.encoding, &out);
    out += " ";
  }
  return out + "}";
}

const dsl::CheckedRule* RuleOf(const dsl::CheckedRules& rules,
                               const std::string& name) {
  for (const dsl::CheckedRule& rule : rules.rules) {
    if (rule.name == name) return &rule;
  }
  return nullptr;
}

// Rules whose alerts are compared to the byte: filters, counts, different
// values in windows that slide, held or not.
bool Exactly(const dsl::CheckedRule& rule) {
  using Then = dsl::CheckedThen::Kind;
  const dsl::CheckedCondition& condition = rule.condition;
  const bool held = rule.then.kind == Then::kOncePer && rule.then.per.empty();
  if (!held && rule.then.kind != Then::kEvery) return false;
  if (!rule.events.empty() || rule.depth > 0) return false;
  if (condition.kind == dsl::CheckedCondition::Kind::kFilter) return true;
  const auto plain = [](const dsl::CheckedAggregate& aggregate) {
    return (aggregate.kind == dsl::CheckedAggregate::Kind::kCount ||
            aggregate.kind == dsl::CheckedAggregate::Kind::kDistinct) &&
           !aggregate.threshold_of;
  };
  return condition.kind == dsl::CheckedCondition::Kind::kAggregates &&
         condition.window.kind == dsl::CheckedWindow::Kind::kSliding &&
         !condition.test &&
         std::all_of(condition.aggregates.begin(), condition.aggregates.end(),
                     plain);
}

// Of several events at the time at which a run begins, which the run needs is
// known to no one who forgets values: one of them must be shown.
void ForgiveTies(const Alert& reference, Alert* engine) {
  const auto behind_first = [](const Alert& alert) {
    std::vector<AlertEvent> out;
    for (const AlertEvent& event : alert.events) {
      if (event.time_us != alert.first_us) out.push_back(event);
    }
    return out;
  };
  const auto positions = [](const std::vector<AlertEvent>& events) {
    std::vector<std::uint64_t> out;
    for (const AlertEvent& event : events) out.push_back(event.position);
    return out;
  };
  const bool begins = !engine->events.empty() &&
                      engine->events.front().time_us == engine->first_us;
  if (begins &&
      positions(behind_first(*engine)) == positions(behind_first(reference))) {
    engine->events = reference.events;
  }
}

// Values held for the next alert share the room of `up to N` with what is seen
// between the hold's end and that alert: they may be fewer, never others.
void ForgiveHeld(const Alert& reference, Alert* engine) {
  if (reference.folded == 0) return;
  for (std::size_t i = 0; i < engine->collected.size(); ++i) {
    std::set<std::string, std::less<>> allowed;
    std::string_view all = reference.collected[i].encoding, value;
    while (TakeSized(&all, &value)) allowed.emplace(value);
    std::string_view told = engine->collected[i].encoding;
    while (TakeSized(&told, &value)) {
      if (!allowed.contains(value)) return;
    }
  }
  engine->collected = reference.collected;
  engine->summary = reference.summary;
}

// Disorder lets bounded retention show other evidence, samples and collected
// values than keeping everything does; what they may be is checked here.
void ForgiveEvidence(const Alert& reference, std::int64_t window_us,
                     Alert* engine, std::string* problem) {
  if (engine->first_us > engine->time_us || engine->last_us < engine->time_us) {
    *problem += "  the completing event lies outside of first..last\n";
  }
  if (engine->last_us - engine->first_us > window_us) {
    *problem += "  last - first is longer than the window\n";
  }
  if (engine->first_us > reference.first_us) {
    *problem += "  first is later than the reference's\n";
  }
  engine->first_us = reference.first_us;
  engine->last_us = reference.last_us;
  engine->count = reference.count;
  engine->events = reference.events;
  engine->collected = reference.collected;
  engine->summary = reference.summary;
}

// `count` of joined conditions whose first is distinct: where the others need a
// longer run, values in it that no decision can need may be forgotten.
void ForgiveCount(const Alert& reference, const dsl::CheckedCondition& window,
                  Alert* engine) {
  const dsl::CheckedAggregate& first = window.aggregates[0];
  if (window.aggregates.size() == 1 ||
      first.kind != dsl::CheckedAggregate::Kind::kDistinct) {
    return;
  }
  if (engine->count >= first.threshold && engine->count < reference.count) {
    engine->count = reference.count;
    engine->summary = reference.summary;
  }
}

using Group = std::pair<std::string, std::string>;  // Rule, key.

std::map<Group, std::vector<const Alert*>> ByKey(
    const std::vector<Alert>& alerts) {
  std::map<Group, std::vector<const Alert*>> out;
  for (const Alert& alert : alerts) {
    const auto [rule, key, time] = NameOf(alert);
    out[{rule, key}].push_back(&alert);
  }
  return out;
}

std::map<Group, std::vector<const reference::Told*>> ByKey(
    const std::vector<reference::Told>& told) {
  std::map<Group, std::vector<const reference::Told*>> out;
  for (const reference::Told& one : told) {
    const auto [rule, key, time] = NameOf(one.alert);
    out[{rule, key}].push_back(&one);
  }
  return out;
}

std::string CompareOne(const Alert& engine, const reference::Told& told,
                       const dsl::CheckedCondition* window) {
  Alert ours = engine;
  std::string problem;
  const bool counted =
      window == nullptr ||
      (window->aggregates.size() == 1 &&
       window->aggregates[0].kind == dsl::CheckedAggregate::Kind::kCount);
  if (!counted) {
    ForgiveTies(told.alert, &ours);
    ForgiveCount(told.alert, *window, &ours);
  }
  ForgiveHeld(told.alert, &ours);
  if (!told.in_order) {
    ForgiveEvidence(told.alert,
                    window == nullptr ? 0 : window->window.length_us, &ours,
                    &problem);
  } else if (!told.key_in_order) {
    ours.collected = told.alert.collected;
    ours.summary = told.alert.summary;
  }
  const std::string expected = Comparable(told.alert);
  const std::string got = Comparable(ours);
  if (expected != got) {
    problem += "  expected " + expected + "  got      " + got;
    std::size_t at = 0;
    while (at < got.size() && expected[at] == got[at]) ++at;
    at = at < 40 ? 0 : at - 40;
    problem += "  from     " + expected.substr(at, 120) + "\n  against  " +
               got.substr(at, 120) + "\n";
  }
  return problem;
}

// What a window over panes or several conditions rest on is not one thing.
bool HasEvidence(const dsl::CheckedRule& rule) {
  using Condition = dsl::CheckedCondition::Kind;
  const dsl::CheckedCondition& condition = rule.condition;
  if (condition.kind == Condition::kAnd || condition.kind == Condition::kOr) {
    return false;
  }
  return std::all_of(
      condition.aggregates.begin(), condition.aggregates.end(),
      [](const dsl::CheckedAggregate& aggregate) {
        return aggregate.kind == dsl::CheckedAggregate::Kind::kCount ||
               aggregate.kind == dsl::CheckedAggregate::Kind::kDistinct;
      });
}

std::string Brief(const Alert& alert, bool evidence) {
  const auto number = [](auto value) { return std::to_string(value); };
  if (alert.kind == AlertKind::kResolved) {
    return "resolved at " + number(alert.time_us) + "\n";
  }
  std::string out = alert.kind == AlertKind::kClosed ? "closed" : "alert";
  out += " at " + number(alert.time_us) + " folded " + number(alert.folded) +
         " total " + number(alert.total) + " " + alert.severity;
  if (evidence) {
    out += " first " + number(alert.first_us) + " last " +
           number(alert.last_us) + " count " + number(alert.count);
  }
  return out + "\n";
}

std::string CompareBriefly(const Alert& engine, const reference::Told& told,
                           const dsl::CheckedRule& rule) {
  // Of a window with an end the evidence is what it holds so far.
  const bool slides =
      rule.condition.window.kind == dsl::CheckedWindow::Kind::kSliding;
  const bool evidence = HasEvidence(rule) && told.in_order && slides;
  const std::string expected = Brief(told.alert, evidence);
  const std::string got = Brief(engine, evidence);
  if (expected == got) return "";
  return "  expected " + expected + "  got      " + got;
}

// A resolution carries the id of the alert that it ends.
std::string WrongIds(const std::vector<const Alert*>& alerts) {
  std::string open;
  for (const Alert* alert : alerts) {
    if (alert->kind == AlertKind::kAlert) open = alert->id;
    if (alert->kind == AlertKind::kResolved && alert->id != open) {
      return "  a resolution with an id of its own\n";
    }
  }
  return "";
}

}  // namespace

std::string Join(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

EngineRun RunEngine(std::shared_ptr<const RuleSet> rules,
                    std::vector<std::string> files,
                    const PipelineOptions& options, std::uint64_t split_seed) {
  EngineRun run;
  MemorySource source(std::move(files), split_seed);
  Pipeline pipeline(
      options, std::move(rules), {&source}, [&](std::span<const Alert> alerts) {
        for (const Alert& alert : alerts) {
          const bool internal = alert.kind == AlertKind::kInternal;
          (internal ? run.internal : run.alerts).push_back(alert);
        }
        return absl::OkStatus();
      });
  run.status = pipeline.Run();
  run.counts = pipeline.Counts();
  return run;
}

std::string Comparable(const Alert& alert) {
  Alert copy = alert;
  copy.id.clear();
  std::string out;
  AppendJson(copy, &out);
  return out;
}

std::string Differences(const EngineRun& engine,
                        const reference::Result& reference,
                        const dsl::CheckedRules& rules) {
  const auto ours = ByKey(engine.alerts);
  const auto theirs = ByKey(reference.alerts);
  std::set<Group> groups;
  for (const auto& [group, alerts] : ours) groups.insert(group);
  for (const auto& [group, told] : theirs) groups.insert(group);
  std::string out;
  for (const Group& group : groups) {
    const auto a = ours.find(group);
    const auto b = theirs.find(group);
    const std::size_t got = a == ours.end() ? 0 : a->second.size();
    const std::size_t expected = b == theirs.end() ? 0 : b->second.size();
    const dsl::CheckedRule& rule = *RuleOf(rules, group.first);
    const bool exactly = Exactly(rule);
    const dsl::CheckedCondition* window = dsl::AggregatesOf(rule.condition);
    if (got > 0) out += WrongIds(a->second);
    for (std::size_t i = 0; i < std::max(got, expected); ++i) {
      if (i < expected && b->second[i]->key_late) break;
      std::string problem;
      if (i >= got) {
        problem =
            "  expected " + Comparable(b->second[i]->alert) + "  got nothing\n";
      } else if (i >= expected) {
        problem = "  expected nothing\n  got      " + Comparable(*a->second[i]);
      } else {
        problem = exactly ? CompareOne(*a->second[i], *b->second[i], window)
                          : CompareBriefly(*a->second[i], *b->second[i], rule);
      }
      if (problem.empty()) continue;
      const Alert& named = i < got ? *a->second[i] : b->second[i]->alert;
      out += KeyText(named) + " alert " + std::to_string(i) + ":\n" + problem;
      break;
    }
  }
  return out;
}

}  // namespace tocsin::testing
