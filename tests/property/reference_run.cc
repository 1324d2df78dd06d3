// All rules over placed events, in the order of the sequence: the clock moves,
// what is due is decided, the event is looked at; what rules tell comes to
// their readers in between.
#include <algorithm>
#include <map>

#include "tests/property/reference_evaluate.h"
#include "tests/property/reference_rule.h"

namespace tocsin::reference {
namespace {

// What `from R` reads of an alert, by the names of its schema's fields.
Value AlertObject(const dsl::CheckedRule& rule, const Told& told) {
  const Alert& alert = told.alert;
  Value out;
  out.kind = Kind::kObject;
  const auto add = [&](const std::string& name, Value value) {
    switch (value.kind) {
      case Kind::kTime:
      case Kind::kIp:
      case Kind::kCidr:
        value = TextOf(value);
        break;
      default:
        break;
    }
    out.members.emplace_back(name, std::move(value));
  };
  for (std::size_t i = 0; i < rule.by.size(); ++i) {
    add(rule.by[i].name, told.key[i]);
  }
  for (std::size_t i = 0; i < rule.collects.size(); ++i) {
    add(rule.collects[i].name, told.collected[i]);
  }
  for (std::size_t i = 0; i < rule.shows.size(); ++i) {
    add(rule.shows[i].name, told.shown[i]);
  }
  add("count", MakeInt(static_cast<std::int64_t>(alert.count)));
  add("total", MakeInt(static_cast<std::int64_t>(alert.total)));
  add("time", MakeTime(alert.time_us));
  add("severity", MakeText(alert.severity));
  add("risk", told.risk);
  add("rule", MakeText(alert.rule));
  std::vector<Value> tags;
  for (const std::string& tag : alert.tags) tags.push_back(MakeText(tag));
  add("tags", MakeList(std::move(tags)));
  return out;
}

class Machine {
 public:
  Machine(const dsl::CheckedRules& rules, const Options& options,
          Result* result)
      : rules_(rules), result_(result) {
    for (const dsl::CheckedRule& rule : rules.rules) {
      if (!rule.enabled) continue;
      depths_ = std::max(depths_, rule.depth + 1);
      runs_.push_back(std::make_unique<RuleRun>(
          rules, rule, options,
          [this, &rule](Told told) { Tell(rule, std::move(told)); }));
    }
  }

  void Take(const EventPtr& event) {
    for (auto& run : runs_) run->Start(event->ts);
    MoveClock(event->clock);
    told_.clear();
    for (std::uint32_t depth = 0; depth < depths_; ++depth) {
      for (auto& run : OfDepth(depth)) {
        run->Arrive(event);
      }
      Hear(depth);
    }
  }

  // Alerts of deadlines come to their readers before the clock does.
  void MoveClock(std::int64_t clock) {
    told_.clear();
    for (std::uint32_t depth = 0; depth < depths_; ++depth) {
      Hear(depth);
      const std::vector<RuleRun*> runs = OfDepth(depth);
      while (true) {
        RuleRun* first = nullptr;
        std::optional<Due> due;
        for (RuleRun* run : runs) {
          std::optional<Due> next = run->Next(clock);
          if (!next) continue;
          if (due && std::tie(due->time, due->ordinal) <=
                         std::tie(next->time, next->ordinal)) {
            continue;
          }
          due = std::move(next);
          first = run;
        }
        if (first == nullptr) break;
        first->Decide(*due);
      }
      for (RuleRun* run : runs) run->Passed(clock);
    }
  }

  std::vector<RuleCounts> Counts() const {
    std::vector<RuleCounts> out;
    for (const auto& run : runs_) out.push_back(run->counts());
    return out;
  }

 private:
  struct Heard {
    const dsl::CheckedRule* rule = nullptr;
    EventPtr event;
    std::int64_t time = 0;
  };

  std::vector<RuleRun*> OfDepth(std::uint32_t depth) const {
    std::vector<RuleRun*> out;
    for (const auto& run : runs_) {
      if (run->rule().depth == depth) out.push_back(run.get());
    }
    return out;
  }

  void Tell(const dsl::CheckedRule& rule, Told told) {
    if (told.alert.kind == AlertKind::kAlert) {
      auto event = std::make_shared<Event>();
      event->root = AlertObject(rule, told);
      event->position = told.position;
      event->ts = told.alert.time_us;
      event->clock = INT64_MIN;  // Never late.
      told_.push_back({&rule, event, told.alert.time_us});
    }
    if (!rule.signal) result_->alerts.push_back(std::move(told));
  }

  // What the rules below `depth` have told since the last event or deadline
  // comes to those that read it, by time.
  void Hear(std::uint32_t depth) {
    std::vector<Heard> heard;
    for (const Heard& one : told_) {
      if (one.rule->depth < depth) heard.push_back(one);
    }
    std::stable_sort(
        heard.begin(), heard.end(),
        [](const Heard& a, const Heard& b) { return a.time < b.time; });
    for (const Heard& one : heard) {
      for (std::uint32_t i = 0; i < rules_.schemas.size(); ++i) {
        const std::string& of = rules_.schemas[i].alerts_of;
        const bool reads =
            of == one.rule->name || (of == "alert" && !one.rule->signal);
        if (of.empty() || !reads) continue;
        auto event = std::make_shared<Event>(*one.event);
        event->schema = i;
        event->has_schema = true;
        for (RuleRun* run : OfDepth(depth)) run->Arrive(event);
      }
    }
  }

  const dsl::CheckedRules& rules_;
  Result* result_;
  std::vector<std::unique_ptr<RuleRun>> runs_;
  std::vector<Heard> told_;  // Since the clock moved, or the event came.
  std::uint32_t depths_ = 1;
};

}  // namespace

Result Run(const dsl::CheckedRules& rules, std::span<const std::string> files,
           const Options& options) {
  Result result;
  result.reading = ReadEvents(rules, files, options);
  Machine machine(rules, options, &result);
  std::int64_t latest = INT64_MIN;
  for (const EventPtr& event : result.reading.events) {
    machine.Take(event);
    latest = std::max(latest, event->ts);
  }
  if (latest != INT64_MIN) machine.MoveClock(latest + 1);
  result.rules = machine.Counts();
  return result;
}

}  // namespace tocsin::reference
