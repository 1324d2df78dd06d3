// Lint over a rule set that has no mistake: what a rule costs, repeats or will
// regret. Each is a warning that can be silenced in place (allow.h).
#pragma once

#include <vector>

#include "dsl/check/checked.h"
#include "dsl/check/context.h"

namespace tocsin::dsl {

// All of the below, over finished rules.
void LintRules(const CheckedRules& rules, Context* context);

// Patterns where a plain test says the same.
void LintPatterns(const CheckedRule& rule, Context* context);
// Keys of which there is no end, and thresholds that one client reaches by
// repeating a request.
void LintKeys(const CheckedRules& rules, const CheckedRule& rule,
              Context* context);
void LintRetries(const CheckedRules& rules, const CheckedRule& rule,
                 Context* context);
// Rules that fire only where another fires, too.
void LintSubsumed(const CheckedRules& rules, Context* context);
// Rules that differ by one value.
void LintAlike(const CheckedRules& rules, Context* context);
// What a reader of an alert will miss; only when asked (CheckOptions::strict).
void LintMissing(const CheckedRules& rules, Context* context);
// Rules that wait for the clock longer than they look back. Also without lint:
// who runs rules is told, and only they know the lateness.
void LintLateness(const CheckedRules& rules, std::int64_t lateness_us,
                  DiagnosticSink* sink);
// A test that ends before any of its rules can be decided.
void LintUndecided(const CheckedTest& test,
                   const std::vector<const CheckedRule*>& rules,
                   Context* context);

}  // namespace tocsin::dsl
