// `expect`: what an alert may be asked for.
#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/test_block.h"
#include "dsl/check/test_json.h"

namespace tocsin::dsl {
namespace {

// What every alert has; see docs/reference/alert.md.
constexpr std::array<std::string_view, 15> kAlertFields = {
    "rule",  "severity", "title", "summary", "time", "first", "last", "count",
    "total", "folded",   "tags",  "runbook", "kind", "id",    "risk"};

}  // namespace

void TestBlock::Expect(const cst::TestStatement& statement) {
  TestStep& step = test_.steps.back();
  const bool nothing = statement.name.text == "nothing";
  const bool first = step.expected.empty() && !nothing_;
  if (!first && (nothing || nothing_)) {
    report_
        .Emit(Kind::kContradictingExpect, SpanOf(statement),
              "`expect nothing` beside another `expect`")
        .help =
        "statements of `expect` that follow each other speak of the "
        "same alerts";
    return;
  }
  nothing_ = nothing;
  if (nothing) return;
  if (!statement.json.has_value()) {
    broken_ = true;
    return;
  }
  TestExpected expected;
  expected.resolved = statement.name.text == "resolved";
  expected.subset = ToTestJson(*statement.json, file_);
  expected.span = SpanOf(statement);
  if (statement.value.has_value()) expected.at_us = Micros(*statement.value);
  if (expected.subset.kind != TestJson::Kind::kObject) {
    report_.Emit(Kind::kUnknownAlertField, expected.subset.span,
                 "an alert is a JSON object");
    return;
  }
  ExpectedNames(expected.subset);
  step.expected.push_back(std::move(expected));
}

bool TestBlock::KnowsName(const CheckedRule& rule,
                          std::string_view name) const {
  const auto named = [&](const auto& items) {
    return std::any_of(items.begin(), items.end(),
                       [&](const auto& item) { return item.name == name; });
  };
  return named(rule.by) || named(rule.collects) || named(rule.shows) ||
         named(context_.schemas[rule.schema].shows);
}

void TestBlock::ExpectedNames(const TestJson& subset) {
  if (broken_) return;
  for (std::size_t i = 0; i < subset.keys.size(); ++i) {
    const std::string& name = subset.keys[i];
    const bool known = std::find(kAlertFields.begin(), kAlertFields.end(),
                                 name) != kAlertFields.end() ||
                       std::any_of(tested_.begin(), tested_.end(),
                                   [&](const CheckedRule* rule) {
                                     return KnowsName(*rule, name);
                                   });
    if (known) continue;
    std::vector<std::string_view> all(kAlertFields.begin(), kAlertFields.end());
    const auto add = [&](const auto& items) {
      for (const auto& item : items) all.push_back(item.name);
    };
    for (const CheckedRule* rule : tested_) {
      add(rule->by);
      add(rule->collects);
      add(rule->shows);
      add(context_.schemas[rule->schema].shows);
    }
    Diagnostic& d =
        report_.Emit(Kind::kUnknownAlertField, subset.key_spans[i],
                     absl::StrFormat("the alert has no `%s`", name));
    std::string_view nearest;
    d.help = DidYouMean(name, all, &nearest);
    if (nearest.empty()) {
      d.help =
          "an alert has its rule's keys, `collect` and `show`, and "
          "count total folded time first last severity title summary "
          "tags rule";
    }
  }
}

}  // namespace tocsin::dsl
