// Conditions of `when`: aggregates, their thresholds and their window.
#pragma once

#include <string_view>

#include "dsl/check/expr_checker.h"

namespace tocsin::dsl {

bool IsAggregateName(
    std::string_view name);  // count distinct sum .. percentile

// Reads a condition; false when something in it was reported. Every condition
// of the grammar that is not built is refused by its name.
bool CheckCondition(const cst::Condition& condition, const Scope& scope,
                    Context* context, ExprChecker* expressions,
                    CheckedCondition* checked);

}  // namespace tocsin::dsl
