// What the lateness of the sources makes of a rule: known only to who runs it.
#include "absl/strings/str_format.h"
#include "dsl/check/lint_rules.h"
#include "engine/event/value.h"

namespace tocsin::dsl {

void LintLateness(const CheckedRules& rules, std::int64_t lateness_us,
                  DiagnosticSink* sink) {
  for (const CheckedRule& rule : rules.rules) {
    const std::int64_t looks_at = LongestWindow(rule.condition);
    const bool arrives =
        rule.condition.kind == CheckedCondition::Kind::kNew ||
        (IsMonotone(rule.condition) &&
         rule.condition.window.kind == CheckedWindow::Kind::kSliding);
    if (!rule.enabled || arrives || lateness_us <= looks_at) continue;
    sink->Emit(Kind::kLatenessOutlasts, rule.name_span,
               absl::StrFormat("rule `%s` is decided %s behind the events: the "
                               "lateness outlasts the %s that it looks at",
                               rule.name, FormatDuration(lateness_us),
                               FormatDuration(looks_at)))
        .help =
        "a lateness that fits how late the events of these sources come; or "
        "a condition that is decided on arrival";
  }
}

}  // namespace tocsin::dsl
