#include "engine/window/window_spec.h"

#include "engine/base/check.h"

namespace tocsin {

WindowSpec WindowSpec::Of(const RuleProgram& rule) {
  // Contributions name their aggregate in one byte.
  TOCSIN_CHECK(rule.aggregates.size() <= 255);
  WindowSpec spec;
  spec.span_us = rule.window_us;
  for (const AggregateProgram& aggregate : rule.aggregates) {
    spec.aggregates.push_back(
        {aggregate.kind == AggregateProgram::Kind::kDistinct,
         aggregate.threshold});
  }
  return spec;
}

}  // namespace tocsin
