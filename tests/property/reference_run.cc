// Rules over placed events: keys, windows, holds, evidence, texts.
#include <algorithm>
#include <map>
#include <set>

#include "engine/base/check.h"
#include "tests/property/reference_evaluate.h"
#include "tests/property/reference_expr.h"

namespace tocsin::reference {
namespace {

using dsl::CheckedAggregate;
using dsl::CheckedCondition;
using dsl::CheckedFilter;
using dsl::CheckedRule;
using EventPtr = std::shared_ptr<const Event>;

constexpr std::size_t kEach = 32;
constexpr std::size_t kSamples = 10;
constexpr std::int64_t kDuplicates = 15LL * 60 * 1'000'000;

// One event of one key, with what the rule sees in it.
struct Entry {
  EventPtr event;
  std::vector<std::set<std::string>> adds;  // By aggregate: what it adds.
  std::vector<std::vector<std::string>> collected;  // By collect.
  bool held = false;  // Arrived in the hold that is on.
  bool contributes = false;
};

bool Before(const Entry& a, const Entry& b) {
  return std::pair(a.event->ts, a.event->position) <
         std::pair(b.event->ts, b.event->position);
}

struct KeyState {
  std::vector<Value> key;
  std::vector<Entry> entries;  // By arrival.
  std::map<std::string, std::int64_t> identities;
  bool incident = false;
  std::int64_t fired = 0;
  std::uint64_t folded = 0, total = 0;
  std::int64_t last_held = 0;
  bool in_order = true;
  bool late = false;
};

// What a detection rests on: entries in time order.
struct Evidence {
  std::vector<const Entry*> run;
  std::uint64_t count = 1;
};

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

class RuleRun {
 public:
  RuleRun(const dsl::CheckedRules& rules, const CheckedRule& rule,
          const Options& options, std::vector<Told>* told)
      : rules_(rules),
        rule_(rule),
        schema_(rules.schemas[rule.schema]),
        threshold_(AggregatesOf(rule.condition)),
        options_(options),
        told_(told) {
    counts_.name = rule.name;
  }

  // Incidents whose hold ended behind the clock.
  void MoveClock(std::int64_t clock) {
    for (auto& [bytes, state] : keys_) {
      if (state.incident && state.fired + rule_.then.hold_us < clock) {
        Close(&state);
      }
    }
  }

  void Arrive(const EventPtr& event) {
    if (!event->has_schema || event->schema != rule_.schema) return;
    Scope scope = ScopeOf(*event);
    for (const CheckedFilter& filter : rule_.filters) {
      const bool exception =
          filter.origin == CheckedFilter::Origin::kUnless ||
          filter.origin == CheckedFilter::Origin::kDefaultsUnless;
      if (Holds(filter.expr, scope) == exception) return;
    }
    ++counts_.matches;
    if (event->late()) ++counts_.late;
    std::vector<std::vector<Value>> keys{{}};
    for (const dsl::CheckedKey& part : rule_.by) {
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
    if (keys.empty()) ++counts_.no_key;
    for (const std::vector<Value>& key : keys) Enter(event, key, scope);
  }

  const RuleCounts& counts() const { return counts_; }

 private:
  Scope ScopeOf(const Event& event) const {
    Scope scope;
    scope.rules = &rules_;
    scope.schema = &schema_;
    scope.event = &event.root;
    scope.ts = event.ts;
    scope.has_time = event.has_time;
    scope.rule = rule_.name;
    scope.severity = SeverityName(rule_.severity);
    return scope;
  }

  bool Among(const dsl::CheckedKey& part, const Value& value) const {
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

  std::vector<Value> KeyPart(const dsl::CheckedKey& part, Scope& scope) {
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

  void Enter(const EventPtr& event, const std::vector<Value>& key,
             Scope& scope) {
    std::string bytes;
    for (const Value& part : key) AppendSized(Encode(part), &bytes);
    KeyState& state = keys_[bytes];
    state.key = key;
    if (Duplicate(*event, &state)) {
      ++counts_.duplicates;
      return;
    }
    Entry entry;
    entry.event = event;
    entry.contributes = Contribute(scope, &entry);
    for (const dsl::CheckedCollect& collect : rule_.collects) {
      entry.collected.emplace_back();
      for (const Value& value : Elements(Evaluate(collect.expr, scope))) {
        entry.collected.back().push_back(Encode(value));
      }
    }
    entry.held = Held(state, event->ts);
    state.late = state.late || event->late();
    bool newest = true;
    for (const Entry& other : state.entries) {
      newest = newest && Before(other, entry);
    }
    state.in_order = state.in_order && newest;
    state.entries.push_back(std::move(entry));
    Evidence evidence;
    if (!Find(state, &evidence)) return;
    ++counts_.detections;
    Detected(&state, evidence, newest);
  }

  bool Duplicate(const Event& event, KeyState* state) {
    if (event.fingerprint.empty()) return false;
    const auto [found, fresh] =
        state->identities.emplace(event.fingerprint, event.ts);
    if (fresh) return false;
    if (event.clock > found->second + kDuplicates) {
      found->second = event.ts;
      return false;
    }
    return true;
  }

  bool Held(const KeyState& state, std::int64_t ts) const {
    return state.incident && ts < state.fired + rule_.then.hold_us;
  }

  // What the event adds to each aggregate; false when nothing to any.
  bool Contribute(Scope& scope, Entry* entry) const {
    if (threshold_ == nullptr) return true;
    bool any = false;
    for (const CheckedAggregate& aggregate : threshold_->aggregates) {
      entry->adds.push_back(Adds(aggregate, scope, *entry->event));
      any = any || !entry->adds.back().empty();
    }
    return any;
  }

  std::set<std::string> Adds(const CheckedAggregate& aggregate, Scope& scope,
                             const Event& event) const {
    if (aggregate.kind == CheckedAggregate::Kind::kCount) {
      if (aggregate.filter && !Holds(*aggregate.filter, scope)) return {};
      return {std::to_string(event.position)};  // Each event is a new one.
    }
    std::set<std::string> tuples{""};
    for (const dsl::CheckedExpr& expr : aggregate.values) {
      std::set<std::string> longer;
      for (const Value& value : Elements(Evaluate(expr, scope))) {
        for (std::string tuple : tuples) {
          AppendSized(Encode(value), &tuple);
          longer.insert(tuple);
        }
      }
      tuples = longer;
    }
    return tuples;
  }

  // Whether the newest arrival completes the condition, and with what: of the
  // runs that hold it, span <= W and satisfy, the one that ends earliest, then
  // the one that starts latest.
  bool Find(const KeyState& state, Evidence* out) const {
    const Entry& arrived = state.entries.back();
    if (threshold_ == nullptr) {
      out->run = {&arrived};
      return true;
    }
    if (!arrived.contributes) return false;
    std::vector<const Entry*> order;
    for (const Entry& entry : state.entries) {
      const std::int64_t apart = entry.event->ts - arrived.event->ts;
      if (entry.contributes &&
          std::abs(apart) <= threshold_->window.length_us) {
        order.push_back(&entry);
      }
    }
    std::sort(order.begin(), order.end(),
              [](const Entry* a, const Entry* b) { return Before(*a, *b); });
    const auto at = static_cast<std::size_t>(
        std::find(order.begin(), order.end(), &arrived) - order.begin());
    for (std::size_t last = at; last < order.size(); ++last) {
      for (std::size_t first = at + 1; first-- > 0;) {
        if (order[last]->event->ts - order[first]->event->ts >
            threshold_->window.length_us) {
          break;
        }
        if (Satisfies(order, first, last, &out->count)) {
          const auto begin = order.begin();
          out->run.assign(begin + static_cast<std::ptrdiff_t>(first),
                          begin + static_cast<std::ptrdiff_t>(last) + 1);
          return true;
        }
      }
    }
    return false;
  }

  bool Satisfies(const std::vector<const Entry*>& order, std::size_t first,
                 std::size_t last, std::uint64_t* count) const {
    for (std::size_t a = 0; a < threshold_->aggregates.size(); ++a) {
      std::set<std::string> values;
      for (std::size_t i = first; i <= last; ++i) {
        values.insert(order[i]->adds[a].begin(), order[i]->adds[a].end());
      }
      const CheckedAggregate& aggregate = threshold_->aggregates[a];
      if (values.size() < aggregate.threshold) return false;
      if (a == 0) {
        *count = aggregate.kind == CheckedAggregate::Kind::kCount
                     ? aggregate.threshold
                     : values.size();
      }
    }
    return true;
  }

  void Detected(KeyState* state, const Evidence& evidence, bool newest) {
    const Event& event = *state->entries.back().event;
    const bool once = rule_.then.kind == dsl::CheckedThen::Kind::kOncePer;
    if (!once) {
      state->folded = 0;
      state->total = 1;
    } else {
      ++state->total;
      if (Held(*state, event.ts)) {
        ++state->folded;
        ++counts_.folded;
        state->last_held = std::max(state->last_held, event.ts);
        return;
      }
    }
    ++counts_.alerts;
    Tell(*state, evidence, newest);
    for (Entry& entry : state->entries) entry.held = false;
    state->folded = 0;
    state->fired = event.ts;
    state->incident = once;
  }

  void Close(KeyState* state) {
    if (options_.closed && state->folded > 0) {
      Told told;
      told.alert.kind = AlertKind::kClosed;
      told.alert.rule = rule_.name;
      told.alert.folded = state->folded;
      told.alert.last_us = state->last_held;
      told.alert.key = KeyValues(*state);
      told_->push_back(std::move(told));
    }
    for (Entry& entry : state->entries) entry.held = false;
    state->incident = false;
    state->folded = 0;
    state->total = 0;
  }

  std::vector<NamedValue> KeyValues(const KeyState& state) const {
    std::vector<NamedValue> out;
    for (std::size_t i = 0; i < rule_.by.size(); ++i) {
      out.push_back({rule_.by[i].name, Encode(state.key[i])});
    }
    return out;
  }

  // The last seen values of one collect, oldest first; *more: some were left.
  std::vector<std::string> Collected(const KeyState& state, std::size_t which,
                                     bool* more) const {
    const Entry& arrived = state.entries.back();
    std::vector<std::string> values;
    for (const Entry& entry : state.entries) {
      const bool inside =
          threshold_ == nullptr
              ? &entry == &arrived
              : entry.event->ts >=
                    arrived.event->ts - threshold_->window.length_us;
      if (!inside && !entry.held) continue;
      for (const std::string& value : entry.collected[which]) {
        std::erase(values, value);
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

  std::string Render(const std::optional<dsl::CheckedTemplate>& text,
                     Scope& scope, const std::vector<bool>& more) const {
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

  void Tell(const KeyState& state, const Evidence& evidence, bool newest) {
    const Event& event = *state.entries.back().event;
    Told told;
    told.position = event.position;
    told.in_order = newest;
    told.key_in_order = state.in_order;
    told.key_late = state.late;
    Alert& alert = told.alert;
    Scope scope = ScopeOf(event);
    scope.count = alert.count = evidence.count;
    scope.folded = alert.folded = state.folded;
    scope.total = alert.total = state.total;
    alert.rule = rule_.name;
    alert.severity = scope.severity;
    alert.time_us = event.ts;
    alert.first_us = evidence.run.front()->event->ts;
    alert.last_us = evidence.run.back()->event->ts;
    alert.key = KeyValues(state);
    alert.tags = rule_.tags;
    scope.keys = state.key;
    std::vector<bool> more_of;
    for (std::size_t i = 0; i < rule_.collects.size(); ++i) {
      bool more = false;
      std::string encoding;
      for (const std::string& value : Collected(state, i, &more)) {
        AppendSized(value, &encoding);
      }
      alert.collected.push_back({rule_.collects[i].name, encoding});
      scope.collected.push_back(Decode(encoding));
      more_of.push_back(more);
    }
    for (const dsl::CheckedField& show : schema_.shows) {
      alert.show.push_back({show.name, Encode(Evaluate(show.expr, scope))});
    }
    for (const dsl::CheckedField& show : rule_.shows) {
      scope.shown.push_back(Evaluate(show.expr, scope));
      alert.show.push_back({show.name, Encode(scope.shown.back())});
    }
    alert.title = Render(rule_.title, scope, more_of);
    alert.runbook = Render(rule_.runbook, scope, more_of);
    alert.summary = rule_.alert   ? Render(rule_.alert, scope, more_of)
                    : rule_.title ? alert.title
                                  : rule_.name;
    AddSamples(evidence, &alert);
    told_->push_back(std::move(told));
  }

  // Collected encodings as a list of texts, for templates.
  static Value Decode(std::string_view sized) {
    std::vector<Value> items;
    std::string_view encoding;
    while (TakeSized(&sized, &encoding)) {
      std::string text;
      AppendCanonicalAsText(encoding, &text);
      items.push_back(MakeText(text));
    }
    return MakeList(std::move(items));
  }

  // The evidence in time order; of more than ten the first and the last nine.
  void AddSamples(const Evidence& evidence, Alert* alert) const {
    const std::size_t size = evidence.run.size();
    for (std::size_t i = 0; i < size; ++i) {
      if (size > kSamples && i > 0 && i < size - (kSamples - 1)) continue;
      const Event& event = *evidence.run[i]->event;
      AlertEvent sample;
      sample.position = event.position;
      sample.time_us = event.ts;
      sample.identity = event.identity;
      sample.audit = schema_.built_in;
      alert->events.push_back(std::move(sample));
    }
  }

  const dsl::CheckedRules& rules_;
  const CheckedRule& rule_;
  const dsl::CheckedSchema& schema_;
  const CheckedCondition* threshold_;
  Options options_;
  std::vector<Told>* told_;
  std::map<std::string, KeyState> keys_;
  RuleCounts counts_;
};

}  // namespace

Result Run(const dsl::CheckedRules& rules, std::span<const std::string> files,
           const Options& options) {
  Result result;
  result.reading = ReadEvents(rules, files, options);
  std::vector<RuleRun> runs;
  for (const CheckedRule& rule : rules.rules) {
    if (rule.enabled) runs.emplace_back(rules, rule, options, &result.alerts);
  }
  for (const EventPtr& event : result.reading.events) {
    for (RuleRun& run : runs) run.MoveClock(event->clock);
    for (RuleRun& run : runs) run.Arrive(event);
  }
  std::int64_t latest = INT64_MIN;
  for (const EventPtr& event : result.reading.events) {
    latest = std::max(latest, event->ts);
  }
  for (RuleRun& run : runs) {
    if (latest != INT64_MIN) run.MoveClock(latest + 1);
    result.rules.push_back(run.counts());
  }
  return result;
}

}  // namespace tocsin::reference
