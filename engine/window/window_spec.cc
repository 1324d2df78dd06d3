#include "engine/window/window_spec.h"

namespace tocsin {

WindowSpec WindowSpec::Of(const RuleProgram& rule) {
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
