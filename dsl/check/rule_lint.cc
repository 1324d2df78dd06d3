// What a rule without mistakes gives away as a whole.
#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/k8s_audit.h"
#include "dsl/check/lint.h"
#include "dsl/check/rule_checker.h"
#include "dsl/check/types.h"

namespace tocsin::dsl {
namespace {

bool IsException(CheckedFilter::Origin origin) {
  return origin == CheckedFilter::Origin::kUnless ||
         origin == CheckedFilter::Origin::kDefaultsUnless ||
         origin == CheckedFilter::Origin::kTuneUnless;
}

CheckedExpr Conjunction(const std::vector<CheckedFilter>& filters,
                        bool exceptions) {
  std::vector<CheckedExpr> parts;
  for (const CheckedFilter& filter : filters) {
    const bool exception = IsException(filter.origin);
    if (exception && !exceptions) continue;
    parts.push_back(exception ? MakeNot(filter.expr, filter.expr.span)
                              : filter.expr);
  }
  if (parts.empty()) {
    return MakeConst(Constant{true}, TypeKind::kBool, Span{});
  }
  return MakeJoin(ExprOp::kAnd, std::move(parts), Span{});
}

std::size_t CountPath(const CheckedExpr& expr, const FieldPath& path) {
  std::size_t count = expr.op == ExprOp::kPath && expr.path == path ? 1 : 0;
  for (const CheckedExpr& child : expr.children) {
    count += CountPath(child, path);
  }
  return count;
}

// Parts of a conjunction that deny something: exceptions written in `where`.
void VisitDenied(const CheckedExpr& expr,
                 const std::function<void(const CheckedExpr&)>& visit) {
  if (expr.op == ExprOp::kNot) visit(expr.children[0]);
  if (expr.op != ExprOp::kAnd) return;
  for (const CheckedExpr& child : expr.children) VisitDenied(child, visit);
}

}  // namespace

void RuleChecker::Lint() {
  if (!context_.options.lint && rule_.filters.empty()) return;
  const TruthFinder finder(schema_);
  const std::size_t errors = report_.errors();
  LintNeverFires(finder);
  if (report_.errors() != errors || !context_.options.lint) return;
  LintParts(finder);
  LintUnequal();
  const cst::Clause* where = Only("where");
  const bool plain = rule_.condition.kind == CheckedCondition::Kind::kFilter;
  bool filtered = false;
  for (const CheckedFilter& filter : rule_.filters) {
    filtered =
        filtered || filter.origin != CheckedFilter::Origin::kSchemaDefault;
  }
  if (plain && !filtered) {
    report_
        .Emit(Kind::kMatchesEverything, symbol_.name_span,
              "a rule without `where` alerts on every event")
        .help = "say which: where ..";
  }
  if (schema_->name != kAuditSchemaName) return;
  const CheckedExpr all = Conjunction(rule_.filters, true);
  LintAuditFilter(all, where != nullptr ? SpanOf(*where) : symbol_.name_span,
                  finder, &context_);
  for (const Exception& exception : exceptions_) {
    LintAuditException(exception.expr, exception.span, finder, &context_);
  }
  for (const CheckedFilter& filter : rule_.filters) {
    if (filter.origin != CheckedFilter::Origin::kWhere) continue;
    VisitDenied(filter.expr, [&](const CheckedExpr& denied) {
      LintAuditException(denied, denied.span, finder, &context_);
    });
  }
}

// The first part of the filter with which nothing is left, when it stands in
// `where` as written.
Span RuleChecker::FirstImpossible(const CheckedExpr& wanted,
                                  const TruthFinder& finder, Span where) {
  if (wanted.op != ExprOp::kAnd) return where;
  std::vector<CheckedExpr> so_far;
  for (const CheckedExpr& part : wanted.children) {
    so_far.push_back(part);
    const CheckedExpr joined = MakeJoin(ExprOp::kAnd, so_far, Span{});
    if (finder.Decide(joined, Facts{}) != Truth::kFalse) continue;
    const bool inside = part.span.file == where.file &&
                        part.span.begin >= where.begin &&
                        part.span.end <= where.end;
    return inside ? part.span : where;
  }
  return where;
}

void RuleChecker::LintNeverFires(const TruthFinder& finder) {
  const CheckedExpr wanted = Conjunction(rule_.filters, false);
  const bool excuses = std::any_of(
      rule_.filters.begin(), rule_.filters.end(),
      [](const CheckedFilter& filter) { return IsException(filter.origin); });
  const cst::Clause* where = Only("where");
  Span span = where != nullptr ? SpanOf(*where) : symbol_.name_span;
  std::string_view why;
  std::string_view help;
  if (finder.Decide(wanted, Facts{}) == Truth::kFalse) {
    why = "no event passes its filter";
    help = "what is underlined excludes what stands before it, or never holds";
    if (where != nullptr) span = FirstImpossible(wanted, finder, span);
  } else if (excuses && finder.Decide(Conjunction(rule_.filters, true),
                                      Facts{}) == Truth::kFalse) {
    why = "its exceptions excuse all that it looks for";
  } else if (const auto* threshold = AggregatesOf(rule_.condition)) {
    for (const CheckedAggregate& aggregate : threshold->aggregates) {
      if (!aggregate.filter.has_value()) continue;
      const CheckedExpr all = Conjunction(rule_.filters, true);
      const CheckedExpr counted =
          MakeJoin(ExprOp::kAnd, {all, *aggregate.filter}, Span{});
      if (finder.Decide(counted, Facts{}) != Truth::kFalse) continue;
      why = "what it counts passes no event";
      span = aggregate.filter->span;
    }
  }
  if (why.empty()) return;
  report_
      .Emit(Kind::kNeverFires, span,
            absl::StrFormat("rule `%s` can never fire: %s", rule_.name, why))
      .help = std::string(help);
}

void RuleChecker::LintParts(const TruthFinder& finder) {
  Facts wanted;
  for (const CheckedFilter& filter : rule_.filters) {
    if (exceptions_.empty()) break;  // Nobody asks.
    if (!IsException(filter.origin)) finder.Assume(filter.expr, true, &wanted);
  }
  for (const cst::Clause* clause : own_) {
    const auto* where = std::get_if<cst::WhereClause>(&clause->value);
    if (where == nullptr) continue;
    for (const CheckedFilter& filter : rule_.filters) {
      if (filter.origin != CheckedFilter::Origin::kWhere) continue;
      LintTests(filter.expr, SpanOf(where->condition), Facts{}, finder,
                &context_);
    }
  }
  for (const Exception& exception : exceptions_) {
    if (finder.Decide(exception.expr, Facts{}) == Truth::kUnknown &&
        finder.Decide(exception.expr, wanted) == Truth::kFalse) {
      report_
          .Emit(Kind::kUnreachable, exception.span,
                "this exception never applies: `where` already excludes it")
          .help = "take it out, or look again at what it was to excuse";
      continue;
    }
    LintTests(exception.expr, exception.span, Facts{}, finder, &context_);
  }
}

void RuleChecker::LintUnequal() {
  for (const ExprChecker::Unequal& unequal : expressions_.unequals()) {
    std::size_t same = 0;
    for (const auto& other : expressions_.unequals()) {
      if (other.path == unequal.path) ++same;
    }
    std::size_t mentions = 0;
    for (const CheckedFilter& filter : rule_.filters) {
      mentions += CountPath(filter.expr, unequal.path);
    }
    if (mentions > same) continue;  // Another test looks at it.
    Diagnostic& d = report_.Emit(
        Kind::kUnequalOnMissing, unequal.span,
        absl::StrFormat("true also where `%s` is missing", unequal.text));
    d.help = absl::StrFormat("add: exists(%s) and ..", unequal.text);
  }
}

}  // namespace tocsin::dsl
