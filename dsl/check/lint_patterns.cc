#include <functional>

#include "absl/strings/str_format.h"
#include "dsl/check/constants.h"
#include "dsl/check/lint_rules.h"
#include "dsl/check/plain_pattern.h"

namespace tocsin::dsl {
namespace {

// The tests of patterns in an expression.
void VisitMatches(const CheckedExpr& expr,
                  const std::function<void(const CheckedExpr&)>& visit) {
  if (expr.op == ExprOp::kMatches) visit(expr);
  for (const CheckedExpr& child : expr.children) VisitMatches(child, visit);
}

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

// Takes `word` and the blanks behind it off the back of `text`.
bool TakeWordBack(std::string_view word, std::string_view* text) {
  std::string_view rest = *text;
  while (!rest.empty() && IsBlank(rest.back())) rest.remove_suffix(1);
  if (!rest.ends_with(word)) return false;
  rest.remove_suffix(word.size());
  if (rest.empty() || !IsBlank(rest.back())) return false;
  *text = rest;
  return true;
}

// The right side as it would be written: "a" or ["a", "b"].
std::string RightSide(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) {
    if (!list.empty()) list += ", ";
    list += FormatConstant(Constant{text});
  }
  return texts.size() == 1 ? list : "[" + list + "]";
}

void LintPattern(const CheckedExpr& test, Context* context) {
  const CheckedExpr& right = test.children[1];
  const auto* pattern = std::get_if<std::string>(&right.constant.value);
  if (right.op != ExprOp::kConst || pattern == nullptr ||
      right.span.file >= context->sources.size()) {
    return;
  }
  const std::optional<PlainPattern> plain = PlainOf(*pattern);
  // Where the test folds case, so does the plain one; RE2 folds further.
  if (!plain.has_value() || (test.nocase && !plain->nocase &&
                             !PlainOf("(?i)" + *pattern).has_value())) {
    return;
  }
  std::string_view before =
      context->sources.file(right.span.file).text().substr(0, right.span.begin);
  // A parameter of a let: its pattern does not stand behind the test.
  if (!TakeWordBack("matches", &before)) return;
  const bool negated = TakeWordBack("not", &before);
  std::string op(plain->op);
  if (op == "==" && negated) {
    op = plain->texts.size() == 1 ? "!=" : "not in";
  } else if (op == "==" && plain->texts.size() > 1) {
    op = "in";
  } else if (negated) {
    op = "not " + op;
  }
  std::string mend = absl::StrFormat("%s %s", op, RightSide(plain->texts));
  if (plain->nocase && !test.nocase) mend += " nocase";
  Diagnostic& d =
      context->report.Emit(Kind::kNeedlessPattern, right.span,
                           absl::StrFormat("a pattern for what `%s` says", op));
  d.help = "a plain test is read at a glance, and costs a fraction";
  d.fix = Fix{Span{right.span.file, static_cast<std::uint32_t>(before.size()),
                   right.span.end},
              mend};
}

void LintCondition(const CheckedCondition& condition,
                   const std::function<void(const CheckedExpr&)>& visit) {
  for (const CheckedAggregate& aggregate : condition.aggregates) {
    if (aggregate.filter.has_value()) VisitMatches(*aggregate.filter, visit);
  }
  for (const CheckedCondition& child : condition.children) {
    LintCondition(child, visit);
  }
}

}  // namespace

void LintPatterns(const CheckedRule& rule, Context* context) {
  const auto visit = [&](const CheckedExpr& test) {
    LintPattern(test, context);
  };
  for (const CheckedFilter& filter : rule.filters) {
    VisitMatches(filter.expr, visit);
  }
  for (const CheckedEvent& event : rule.events) {
    for (const CheckedFilter& filter : event.filters) {
      VisitMatches(filter.expr, visit);
    }
  }
  LintCondition(rule.condition, visit);
}

}  // namespace tocsin::dsl
