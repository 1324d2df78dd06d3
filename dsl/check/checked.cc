#include "dsl/check/checked.h"

#include <algorithm>

namespace tocsin::dsl {
namespace {

bool IsMonotone(const CheckedAggregate& aggregate) {
  using K = CheckedAggregate::Kind;
  return aggregate.kind == K::kCount || aggregate.kind == K::kDistinct ||
         aggregate.kind == K::kMax || aggregate.kind == K::kSum;
}

}  // namespace

std::string_view AggregateName(CheckedAggregate::Kind kind) {
  switch (kind) {
    case CheckedAggregate::Kind::kCount:
      return "count";
    case CheckedAggregate::Kind::kDistinct:
      return "distinct";
    case CheckedAggregate::Kind::kSum:
      return "sum";
    case CheckedAggregate::Kind::kAvg:
      return "avg";
    case CheckedAggregate::Kind::kMin:
      return "min";
    case CheckedAggregate::Kind::kMax:
      return "max";
    case CheckedAggregate::Kind::kMedian:
      return "median";
    case CheckedAggregate::Kind::kPercentile:
      return "percentile";
  }
  return "?";
}

// A sum without a `test` is one of values that are never below zero.
bool IsMonotone(const CheckedCondition& condition) {
  using K = CheckedCondition::Kind;
  switch (condition.kind) {
    case K::kFilter:
    case K::kPartsOf:
      return true;
    case K::kAggregates:
      return condition.window.kind != CheckedWindow::Kind::kSession &&
             !condition.test.has_value() &&
             std::all_of(
                 condition.aggregates.begin(), condition.aggregates.end(),
                 [](const CheckedAggregate& a) { return IsMonotone(a); });
    case K::kSequence:
      return condition.without.empty();
    case K::kThenNot:
    case K::kNotThen:
    case K::kNew:
    case K::kSilent:
      return false;
    case K::kAnd:
    case K::kOr:
      return std::all_of(condition.children.begin(), condition.children.end(),
                         [](const CheckedCondition& child) {
                           return child.kind == K::kNew || IsMonotone(child);
                         });
  }
  return false;
}

std::int64_t LongestWindow(const CheckedCondition& condition) {
  std::int64_t longest = condition.window.length_us;
  for (const CheckedCondition& child : condition.children) {
    longest = std::max(longest, LongestWindow(child));
  }
  return longest;
}

}  // namespace tocsin::dsl
