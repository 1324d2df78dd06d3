// Rules that differ by one value: found by the hash of each rule with one of
// its values left out.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "dsl/check/const_test.h"
#include "dsl/check/constants.h"
#include "dsl/check/lint_rules.h"
#include "dsl/check/rule_shape.h"

namespace tocsin::dsl {
namespace {

// One rule with one of its values left out.
struct Gap {
  const CheckedRule* rule = nullptr;
  const ShapeTest* test = nullptr;
};

bool StandsBefore(const Gap& a, const Gap& b) {
  const Span& x = a.rule->name_span;
  const Span& y = b.rule->name_span;
  return x.file != y.file ? x.file < y.file : x.begin < y.begin;
}

std::string TextOf(const std::optional<CheckedTemplate>& text) {
  std::string out;
  if (!text.has_value()) return out;
  for (const CheckedTemplate::Part& part : text->parts) {
    out += part.hole.has_value() ? "{}" : part.text;
  }
  return out;
}

// What makes two rules two all the same: how urgent, what it is called, whom
// it is for.
void AppendMeta(const CheckedRule& rule, std::string* out) {
  *out += std::to_string(static_cast<int>(rule.severity));
  std::vector<std::string> tags = rule.tags;
  std::sort(tags.begin(), tags.end());
  for (const std::string& tag : tags) *out += " " + tag;
  *out += "|" + rule.owner + "|" + TextOf(rule.runbook);
}

void AppendTest(const ShapeTest& test, std::string* out) {
  AppendHash(test.token, out);
  *out += test.holds ? '+' : '-';
}

// The rule without the value of tests[left_out]; the others in any order.
Hash128 WithGap(const RuleShape& shape, std::size_t left_out,
                const std::string& meta) {
  std::vector<std::string> tests;
  for (std::size_t i = 0; i < shape.tests.size(); ++i) {
    if (i == left_out) continue;
    AppendTest(shape.tests[i], &tests.emplace_back());
  }
  std::sort(tests.begin(), tests.end());
  std::string bytes = meta;
  AppendHash(shape.rest, &bytes);
  AppendHash(shape.tests[left_out].subject, &bytes);
  for (const std::string& test : tests) bytes += test;
  return HashWide(bytes);
}

bool ShareAValue(const Gap& a, const Gap& b) {
  const std::vector<Constant> others = ValuesOf(*b.test->values);
  for (const Constant& value : ValuesOf(*a.test->values)) {
    for (const Constant& other : others) {
      if (ConstantsEqual(value, other, false)) return true;
    }
  }
  return false;
}

void Tell(std::vector<Gap> gaps, Context* context) {
  std::sort(gaps.begin(), gaps.end(), StandsBefore);
  const Gap& first = gaps[0];
  const Gap& second = gaps[1];
  // One holds the other, or they overlap: told elsewhere, or meant.
  if (first.rule == second.rule || ShareAValue(first, second)) return;
  const Span span = second.test->values->span;
  if (span.file >= context->sources.size()) return;
  std::string more;
  if (gaps.size() > 2) {
    more = absl::StrFormat("; so %s %d more", gaps.size() == 3 ? "does" : "do",
                           gaps.size() - 2);
  }
  std::string values;
  for (const Gap& gap : gaps) {
    for (const Constant& value : ValuesOf(*gap.test->values)) {
      if (!values.empty()) values += ", ";
      values += FormatConstant(value);
    }
  }
  Diagnostic& d = context->report.Emit(
      Kind::kOneValueApart, second.rule->name_span,
      absl::StrFormat("rule `%s` differs from `%s` by one value only%s",
                      second.rule->name, first.rule->name, more));
  d.help = absl::StrFormat("one rule with a list says both: in [%s]", values);
  d.notes.push_back({span, "this value"});
  d.notes.push_back({first.test->values->span, "and this one"});
}

}  // namespace

void LintAlike(const CheckedRules& rules, Context* context) {
  std::vector<RuleShape> shapes;
  shapes.reserve(rules.rules.size());
  for (const CheckedRule& rule : rules.rules) {
    // Two windows count apart, one would count both.
    if (rule.condition.kind != CheckedCondition::Kind::kFilter ||
        rule.then.kind != CheckedThen::Kind::kEvery ||
        !rule.severity_arms.empty()) {
      continue;
    }
    RuleShape shape;
    if (ShapeOf(rule, &shape)) shapes.push_back(std::move(shape));
  }
  std::map<Hash128, std::vector<Gap>> found;  // In one order always.
  for (const RuleShape& shape : shapes) {
    std::string meta;
    AppendMeta(*shape.rule, &meta);
    for (std::size_t i = 0; i < shape.tests.size(); ++i) {
      if (shape.tests[i].values == nullptr) continue;
      found[WithGap(shape, i, meta)].push_back({shape.rule, &shape.tests[i]});
    }
  }
  for (auto& [hash, gaps] : found) {
    if (gaps.size() > 1) Tell(std::move(gaps), context);
  }
}

}  // namespace tocsin::dsl
