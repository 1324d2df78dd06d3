#include "dsl/explain/condition_facts.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {
namespace {

using Kind = CheckedCondition::Kind;

constexpr std::uint64_t kTimeBytes = 8;
constexpr std::uint64_t kValueBytes = 24;  // A value's hash and its times.
constexpr std::uint64_t kEventBytes = 24;  // Of a step: time, position, values.
constexpr std::uint64_t kPaneBytes = 48;
constexpr std::uint64_t kHoldBytes = 64;
constexpr std::uint64_t kPanes = 60;  // Of a sliding window, and one more.

std::string WindowText(const CheckedWindow& window) {
  switch (window.kind) {
    case CheckedWindow::Kind::kSliding:
      return "a sliding window";
    case CheckedWindow::Kind::kTumbling:
      return "tumbling windows";
    case CheckedWindow::Kind::kHopping:
      return "hopping windows";
    case CheckedWindow::Kind::kSession:
      return "sessions";
  }
  return "";
}

std::string TextOf(const CheckedCondition& condition) {
  switch (condition.kind) {
    case Kind::kFilter:
      return "filter: each event that passes is a match";
    case Kind::kAggregates: {
      std::string names;
      for (const CheckedAggregate& aggregate : condition.aggregates) {
        if (!names.empty()) names += " and ";
        names += AggregateName(aggregate.kind);
      }
      return names + " over " + WindowText(condition.window);
    }
    case Kind::kSequence:
      return absl::StrFormat("a sequence of %d steps", condition.steps.size());
    case Kind::kThenNot:
      return "absence: an event, then none of another in time";
    case Kind::kNotThen:
      return "absence: an event that no other came before";
    case Kind::kPartsOf:
      return absl::StrFormat("%d of %d parts in any order", condition.least,
                             condition.steps.size());
    case Kind::kNew:
      return "first seen";
    case Kind::kSilent:
      return "silence of a key";
    case Kind::kAnd:
    case Kind::kOr: {
      std::string text;
      const char* word = condition.kind == Kind::kAnd ? "; and " : "; or ";
      for (const CheckedCondition& child : condition.children) {
        absl::StrAppend(&text, text.empty() ? "" : word, TextOf(child));
      }
      return text;
    }
  }
  return "";
}

bool HasPanes(const CheckedAggregate& aggregate) {
  return aggregate.kind != CheckedAggregate::Kind::kCount &&
         aggregate.kind != CheckedAggregate::Kind::kDistinct;
}

void AddAggregates(const CheckedCondition& condition, StateBound* bound) {
  bool panes = condition.window.kind != CheckedWindow::Kind::kSliding ||
               condition.test.has_value();
  for (const CheckedAggregate& aggregate : condition.aggregates) {
    panes = panes || HasPanes(aggregate);
  }
  if (panes) {
    const std::int64_t step = condition.window.step_us;
    const bool hopping = condition.window.kind == CheckedWindow::Kind::kHopping;
    const std::uint64_t n =
        condition.window.kind == CheckedWindow::Kind::kSliding ? kPanes + 1
        : hopping && step > 0
            ? static_cast<std::uint64_t>(condition.window.length_us / step) + 1
            : 1;
    bound->parts.push_back(
        n == kPanes + 1
            ? absl::StrFormat("%d panes of %s", n,
                              FormatDuration(std::max<std::int64_t>(
                                  1, condition.window.length_us /
                                         static_cast<std::int64_t>(kPanes))))
            : absl::StrFormat("%d pane%s", n, n == 1 ? "" : "s"));
    bound->bytes += n * kPaneBytes * condition.aggregates.size();
    for (const CheckedAggregate& aggregate : condition.aggregates) {
      if (aggregate.kind != CheckedAggregate::Kind::kDistinct) continue;
      bound->parts.push_back("the distinct values of each");
    }
    return;
  }
  for (const CheckedAggregate& aggregate : condition.aggregates) {
    const std::uint64_t n = std::max<std::uint64_t>(1, aggregate.threshold);
    if (aggregate.kind == CheckedAggregate::Kind::kCount) {
      bound->parts.push_back(absl::StrFormat("%d timestamps", 3 * (n - 1)));
      bound->bytes += 3 * (n - 1) * kTimeBytes;
    } else {
      bound->parts.push_back(absl::StrFormat("%d values with times", 8 * n));
      bound->bytes += 8 * n * kValueBytes;
    }
  }
}

void AddZone(StateBound* bound) {
  bound->parts.push_back(absl::StrFormat(
      "%d events that the clock has not passed", limits::kZoneEvents));
  bound->bytes += limits::kZoneEvents * kEventBytes;
}

void Add(const CheckedCondition& condition, const CheckedThen& then,
         StateBound* bound) {
  switch (condition.kind) {
    case Kind::kFilter:
      return;
    case Kind::kAggregates:
      return AddAggregates(condition, bound);
    case Kind::kSequence:
    case Kind::kPartsOf: {
      std::uint64_t events = 0;
      for (const CheckedStep& step : condition.steps) events += step.run;
      // Comparisons of steps keep more than the newest partial.
      if (condition.where.has_value()) events *= 32;
      bound->parts.push_back(absl::StrFormat("%d events of its steps", events));
      bound->bytes += events * kEventBytes;
      return AddZone(bound);
    }
    case Kind::kThenNot:
    case Kind::kNotThen: {
      const std::uint64_t open =
          then.kind == CheckedThen::Kind::kEvery ? 1'000 : 1;
      bound->parts.push_back(
          absl::StrFormat("%d open deadline%s", open, open == 1 ? "" : "s"));
      bound->bytes += open * kEventBytes;
      return AddZone(bound);
    }
    case Kind::kNew:
      bound->parts.push_back("when it was last seen, for each value");
      bound->bytes += kValueBytes;
      return;
    case Kind::kSilent:
      bound->parts.push_back("its last event");
      bound->bytes += kEventBytes;
      return;
    case Kind::kAnd:
    case Kind::kOr:
      for (const CheckedCondition& child : condition.children) {
        Add(child, then, bound);
      }
      return;
  }
}

// How long a condition waits behind the clock for what it is decided by.
std::int64_t WaitOf(const CheckedCondition& condition) {
  switch (condition.kind) {
    case Kind::kThenNot:
    case Kind::kSilent:
      return condition.window.length_us;
    case Kind::kAggregates:
      return condition.window.kind == CheckedWindow::Kind::kSliding
                 ? 0
                 : condition.window.length_us;
    default: {
      std::int64_t wait = 0;
      for (const CheckedCondition& child : condition.children) {
        wait = std::max(wait, WaitOf(child));
      }
      return wait;
    }
  }
}

bool OnArrival(const CheckedCondition& condition) {
  return condition.kind == Kind::kNew || IsMonotone(condition);
}

// The rules whose alerts a rule reads, through its schemas.
std::vector<const CheckedRule*> ReadBy(const CheckedRules& rules,
                                       const CheckedRule& rule) {
  std::set<std::string> names = {rules.schemas[rule.schema].alerts_of};
  for (const CheckedEvent& event : rule.events) {
    names.insert(rules.schemas[event.schema].alerts_of);
  }
  std::vector<const CheckedRule*> read;
  for (const CheckedRule& other : rules.rules) {
    if (names.contains(other.name)) read.push_back(&other);
  }
  return read;
}

struct Delay {
  std::int64_t wait_us = 0;
  bool clock = false;  // Waits for the clock at all.
};

// No cycles: the checker has refused them.
Delay DelayOf(const CheckedRules& rules, const CheckedRule& rule) {
  Delay delay;
  for (const CheckedRule* read : ReadBy(rules, rule)) {
    const Delay of = DelayOf(rules, *read);
    delay.wait_us = std::max(delay.wait_us, of.wait_us);
    delay.clock = delay.clock || of.clock;
  }
  if (!OnArrival(rule.condition)) {
    delay.clock = true;
    delay.wait_us += WaitOf(rule.condition);
  }
  return delay;
}

}  // namespace

std::string KindText(const CheckedRule& rule) { return TextOf(rule.condition); }

std::string MonotoneText(const CheckedCondition& condition) {
  if (condition.kind == Kind::kNew) {
    return "no, and yet decided when the event arrives: an earlier one that "
           "comes later takes nothing back";
  }
  if (OnArrival(condition)) {
    return "yes: another event can only make it true, never take it back";
  }
  switch (condition.kind) {
    case Kind::kSequence:
      return "no: an event of `without` that is still on its way would break "
             "the sequence";
    case Kind::kThenNot:
    case Kind::kNotThen:
      return "no: the event that must not come may still be on its way";
    case Kind::kSilent:
      return "no: an event that is still on its way would break the silence";
    case Kind::kAggregates:
      return condition.window.kind == CheckedWindow::Kind::kSliding
                 ? "no: another event can make it false again"
                 : "no: it is decided when its window ends";
    default:
      return "no: a part of it can be made false again by another event";
  }
}

std::string LatencyText(const CheckedRules& rules, const CheckedRule& rule) {
  const Delay delay = DelayOf(rules, rule);
  const bool reads = !ReadBy(rules, rule).empty();
  std::string text;
  if (!delay.clock) {
    text = "none: decided when the event arrives";
  } else if (delay.wait_us == 0) {
    text =
        "the lateness of the sources (5s for files): decided when the "
        "clock has passed the event";
  } else {
    text = absl::StrFormat(
        "up to %s and the lateness of the sources (5s for files)",
        FormatDuration(delay.wait_us));
  }
  if (reads) text += "; with that of the rules that it reads";
  return text;
}

StateBound BoundOf(const CheckedRule& rule) {
  StateBound bound;
  Add(rule.condition, rule.then, &bound);
  const bool stateless = rule.condition.kind == Kind::kFilter &&
                         rule.then.kind == CheckedThen::Kind::kEvery;
  if (stateless) return bound;
  for (const CheckedCollect& collect : rule.collects) {
    bound.parts.push_back(
        absl::StrFormat("%d collected values", collect.up_to));
    bound.bytes += collect.up_to * limits::kValueBytes;
  }
  if (rule.then.kind != CheckedThen::Kind::kEvery) {
    bound.parts.push_back("the hold of an incident");
    bound.bytes += kHoldBytes;
  }
  return bound;
}

}  // namespace tocsin::dsl
