// An event that has its key: what it adds, and whether it completes anything.
#include <algorithm>
#include <cmath>

#include "tests/property/reference_rule.h"

namespace tocsin::reference {

using dsl::CheckedAggregate;
using dsl::CheckedCondition;

namespace {

constexpr std::int64_t kDuplicates = 15LL * 60 * 1'000'000;

}  // namespace

bool RuleRun::Duplicate(const Event& event, KeyState* state) const {
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

void RuleRun::Enter(const EventPtr& event, const std::vector<Value>& key,
                    const std::vector<bool>& of) {
  KeyState& state = keys_[KeyBytes(key)];
  state.key = key;
  // A `new` is decided on arrival and looks at late ones, too.
  const bool drops = Waits() && condition_.kind != Conditions::kNew;
  if (event->late() && drops && !rule_.late_now) return;
  state.late = state.late || event->late();
  if (Duplicate(*event, &state)) {
    ++counts_.duplicates;
    return;
  }
  const EntryPtr entry = MakeEntry(event, of, state);
  bool newest = true;
  for (const EntryPtr& other : state.entries) {
    newest = newest && Before(*other, *entry);
  }
  state.in_order = state.in_order && newest;
  state.entries.push_back(entry);
  OnArrival(&state, entry, newest);
}

EntryPtr RuleRun::MakeEntry(const EventPtr& event, const std::vector<bool>& of,
                            const KeyState& state) {
  const EntryPtr entry = std::make_shared<Entry>();
  entry->event = event;
  entry->ordinal = ++ordinals_;
  entry->of = of;
  Scope scope = context_.ScopeOf(*event);
  std::vector<Entries> steps(of.size());
  for (std::size_t i = 0; i < of.size(); ++i) {
    if (of[i]) steps[i].push_back(entry.get());
  }
  context_.Name(steps, &scope);
  AddContributions(condition_, scope, state, entry.get());
  for (const dsl::CheckedCollect& collect : rule_.collects) {
    entry->collected.emplace_back();
    if (collect.event != dsl::kNoEvent && !of[collect.event]) continue;
    entry->collected.back() = Elements(Evaluate(collect.expr, scope));
  }
  const Incident* incident = FindIncident(state);
  entry->held = rule_.then.kind == dsl::CheckedThen::Kind::kOncePer &&
                incident != nullptr && incident->on &&
                event->ts < incident->fired + rule_.then.hold_us;
  return entry;
}

void RuleRun::AddContributions(const CheckedCondition& condition, Scope& scope,
                               const KeyState& state, Entry* entry) const {
  for (const CheckedAggregate& aggregate : condition.aggregates) {
    entry->adds[&aggregate] = Adds(aggregate, scope, *entry);
    if (!aggregate.threshold_of) continue;
    const Value value = Evaluate(*aggregate.threshold_of, scope);
    if (!value.number()) continue;
    double least = value.kind == Kind::kFloat  ? value.f
                   : value.kind == Kind::kUint ? static_cast<double>(value.u)
                                               : static_cast<double>(value.i);
    least = std::clamp(std::ceil(least), 1.0,
                       static_cast<double>(aggregate.threshold));
    entry->thresholds[&aggregate] = static_cast<std::uint64_t>(least);
  }
  if (condition.kind == Conditions::kNew) {
    std::set<std::string> tuples{""};
    for (const dsl::CheckedExpr& expr : condition.values) {
      std::set<std::string> longer;
      for (const Value& value : Elements(Evaluate(expr, scope))) {
        for (std::string tuple : tuples) {
          AppendSized(Encode(value), &tuple);
          longer.insert(tuple);
        }
      }
      tuples = longer;
    }
    entry->adds[&condition].values = tuples;
    const bool learning =
        condition.learn_us > 0 && entry->ts() < *started_ + condition.learn_us;
    for (const std::string& tuple : tuples) {
      bool seen = false;
      for (const EntryPtr& other : state.entries) {
        const std::int64_t apart = std::abs(other->ts() - entry->ts());
        seen = seen || (other->adds.at(&condition).values.contains(tuple) &&
                        apart <= condition.window.length_us);
      }
      if (!seen && !learning) entry->fresh = true;
    }
  }
  for (const CheckedCondition& child : condition.children) {
    AddContributions(child, scope, state, entry);
  }
}

Contribution RuleRun::Adds(const CheckedAggregate& aggregate, Scope& scope,
                           const Entry& entry) const {
  using K = CheckedAggregate::Kind;
  Contribution out;
  if (aggregate.event != dsl::kNoEvent && !entry.of[aggregate.event]) {
    return out;
  }
  if (aggregate.filter && !Holds(*aggregate.filter, scope)) return out;
  if (aggregate.kind == K::kCount) {
    out.values.insert(std::to_string(entry.ordinal));  // Each is a new one.
    return out;
  }
  if (aggregate.kind != K::kDistinct) {
    const Value value = Evaluate(aggregate.values[0], scope);
    if (value.number()) out.number = value;
    return out;
  }
  out.values = {""};
  for (const dsl::CheckedExpr& expr : aggregate.values) {
    std::set<std::string> longer;
    for (const Value& value : Elements(Evaluate(expr, scope))) {
      for (std::string tuple : out.values) {
        AppendSized(Encode(value), &tuple);
        longer.insert(tuple);
      }
    }
    out.values = longer;
  }
  return out;
}

Entries RuleRun::InOrder(const KeyState& state) {
  Entries order;
  for (const EntryPtr& entry : state.entries) order.push_back(entry.get());
  std::sort(order.begin(), order.end(),
            [](const Entry* a, const Entry* b) { return Before(*a, *b); });
  return order;
}

void RuleRun::OnArrival(KeyState* state, const EntryPtr& entry, bool newest) {
  if (condition_.kind == Conditions::kSilent) {
    Incident& open = IncidentOf(*state);
    if (rule_.then.kind == dsl::CheckedThen::Kind::kEdge && open.on) {
      Resolve(state, entry->ts());
    }
    return;
  }
  if (condition_.kind != Conditions::kNew && Waits()) return;
  const bool slides =
      condition_.window.kind == dsl::CheckedWindow::Kind::kSliding;
  std::optional<Evidence> found;
  if (condition_.kind == Conditions::kFilter) {
    found = Evidence{{entry.get()}, 1, {}};
  } else {
    found = slides ? StandsUsing(context_, condition_, InOrder(*state), *entry)
                   : InWindows(state, *entry);
  }
  if (!found) return;
  Detect(state, {entry->ts(), entry.get(), *found, newest});
}

// The windows that hold `e`: each fires once. Of those that it completes, the
// set that ends earliest, then begins latest.
std::optional<Evidence> RuleRun::InWindows(KeyState* state, const Entry& e) {
  const bool sessions = InSessions();
  Entries order = InOrder(*state);
  if (sessions) {  // Decided behind the clock, in the order of time.
    std::erase_if(order, [&](const Entry* other) { return Before(e, *other); });
  }
  std::optional<Evidence> best;
  for (const Session& window : AllWindows(condition_.window, order)) {
    const Entries& held = window.entries;
    if (std::find(held.begin(), held.end(), &e) == held.end()) continue;
    const bool fired =
        sessions ? std::any_of(held.begin(), held.end(),
                               [](const Entry* x) { return x->completed; })
                 : state->fired_windows.contains(window.span.start);
    if (fired) continue;
    Search search;
    search.with = search.arrived = &e;
    auto found = Complete(context_, condition_, held, search);
    if (!found) continue;
    state->fired_windows.insert(window.span.start);
    const bool better = !best ||
                        Before(*found->run.back(), *best->run.back()) ||
                        (found->run.back() == best->run.back() &&
                         Before(*best->run.front(), *found->run.front()));
    if (better) best = std::move(found);
  }
  if (best) {
    for (const EntryPtr& entry : state->entries) {
      if (entry.get() == &e) entry->completed = true;
    }
  }
  return best;
}

}  // namespace tocsin::reference
