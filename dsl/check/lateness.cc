// What the lateness of the sources makes of a rule, which only who runs it
// knows, and what that of a test makes of the test.
#include <algorithm>
#include <optional>

#include "absl/strings/str_format.h"
#include "dsl/check/lint_rules.h"
#include "engine/event/value.h"

namespace tocsin::dsl {

namespace {

bool WaitsForTheClock(const CheckedCondition& condition) {
  return condition.kind != CheckedCondition::Kind::kNew &&
         !IsMonotone(condition);
}

// From the first event to the first decision there can be, at the least.
std::int64_t LeastWait(const CheckedCondition& condition) {
  const bool deadline = condition.kind == CheckedCondition::Kind::kThenNot ||
                        condition.kind == CheckedCondition::Kind::kSilent;
  return deadline ? condition.window.length_us : 0;
}

struct TestSpan {
  std::optional<std::int64_t> first_us;  // Of its events.
  std::int64_t end_us = 0;
};

// None when files say when their events are, or what the rules are.
std::optional<TestSpan> SpanOf(const CheckedTest& test) {
  TestSpan span;
  for (const TestStep& step : test.steps) {
    if (step.kind == TestStep::Kind::kSendFile) return std::nullopt;
    if (step.kind == TestStep::Kind::kReload && !step.path.empty()) {
      return std::nullopt;
    }
    if (step.kind == TestStep::Kind::kAt) span.end_us = step.at_us;
    if (step.kind != TestStep::Kind::kSend) continue;
    const std::int64_t at = span.end_us - step.send.late_us;
    span.first_us = std::min(span.first_us.value_or(at), at);
    span.end_us +=
        static_cast<std::int64_t>(step.send.times - 1) * step.send.every_us;
  }
  return span;
}

}  // namespace

void LintUndecided(const CheckedTest& test,
                   const std::vector<const CheckedRule*>& rules,
                   Context* context) {
  const std::optional<TestSpan> span = SpanOf(test);
  if (!span.has_value() || rules.empty()) return;
  std::optional<std::int64_t> soonest;
  for (const CheckedRule* rule : rules) {
    if (!WaitsForTheClock(rule->condition)) return;
    // Who is waited for by name is waited for from the beginning on.
    const bool waits = rule->condition.kind == CheckedCondition::Kind::kSilent;
    if (!waits && !span->first_us.has_value()) return;
    const std::int64_t from =
        waits ? std::min<std::int64_t>(0, span->first_us.value_or(0))
              : *span->first_us;
    const std::int64_t decided = from + LeastWait(rule->condition);
    soonest = std::min(soonest.value_or(decided), decided);
  }
  const std::int64_t needed = *soonest + test.lateness_us;
  if (span->end_us >= needed) return;
  context->report
      .Emit(Kind::kUndecidedTest, test.span,
            absl::StrFormat("nothing is decided in this test: its rule waits "
                            "for the clock, and that is the lateness (%s) "
                            "behind the test's end at %s",
                            FormatDuration(test.lateness_us),
                            FormatDuration(span->end_us)))
      .help = absl::StrFormat("let the clock go on, at the least: at %s",
                              FormatDuration(needed));
}

void LintLateness(const CheckedRules& rules, std::int64_t lateness_us,
                  DiagnosticSink* sink) {
  for (const CheckedRule& rule : rules.rules) {
    const std::int64_t looks_at = LongestWindow(rule.condition);
    if (!rule.enabled || !WaitsForTheClock(rule.condition) ||
        lateness_us <= looks_at) {
      continue;
    }
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
