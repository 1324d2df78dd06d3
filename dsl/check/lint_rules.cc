#include "dsl/check/lint_rules.h"

#include <set>

#include "absl/strings/str_format.h"

namespace tocsin::dsl {

void LintRules(const CheckedRules& rules, Context* context) {
  for (const CheckedRule& rule : rules.rules) {
    LintPatterns(rule, context);
    LintKeys(rules, rule, context);
    LintRetries(rules, rule, context);
  }
  LintSubsumed(rules, context);
  LintAlike(rules, context);
  if (context->options.strict) LintMissing(rules, context);
}

void LintMissing(const CheckedRules& rules, Context* context) {
  std::set<std::string_view> tested;
  for (const CheckedTest& test : rules.tests) {
    tested.insert(test.rules.begin(), test.rules.end());
  }
  for (const CheckedRule& rule : rules.rules) {
    if (!rule.enabled) continue;
    if (!rule.signal && !rule.title.has_value()) {
      context->report
          .Emit(Kind::kMissingTitle, rule.name_span,
                absl::StrFormat("rule `%s` has no title", rule.name))
          .help = "one line that says what happened: title \"..\"";
    }
    if (!rule.signal && !rule.runbook.has_value()) {
      context->report
          .Emit(Kind::kMissingRunbook, rule.name_span,
                absl::StrFormat("rule `%s` has no runbook", rule.name))
          .help = "where it stands what to do: runbook \"https://..\"";
    }
    if (!tested.contains(rule.name)) {
      context->report
          .Emit(Kind::kMissingTest, rule.name_span,
                absl::StrFormat("no test names rule `%s`", rule.name))
          .help = "one that fires and one that must not: test \"..\" for .. {}";
    }
  }
}

}  // namespace tocsin::dsl
