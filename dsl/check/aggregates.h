// Tests of aggregates that share a window: count(..) >= 10, ratios, `or`.
#pragma once

#include <string_view>

#include "dsl/check/condition.h"
#include "dsl/check/expr_checker.h"

namespace tocsin::dsl {

bool IsAggregateName(
    std::string_view name);  // count distinct sum .. percentile

// Whether a conjunction of tests holds an aggregate anywhere.
const cst::Expr* FindAggregate(const cst::Expr& expr);

// Reads the tests into `checked`: thresholds alone where each is a count, a
// distinct count or a sum that cannot fall, compared by >=; else a test.
// False when something was reported.
bool CheckAggregates(const cst::Expr& tests, bool sliding,
                     const ConditionNames& names, Context* context,
                     ExprChecker* expressions, CheckedCondition* checked);

}  // namespace tocsin::dsl
