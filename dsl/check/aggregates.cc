// The only way in is CheckCondition(). Tests joined by `and` before one
// `within` share the window; what is not built is refused here, by name.
#include "dsl/check/aggregates.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/constants.h"
#include "dsl/check/types.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {
namespace {

constexpr std::array<std::string_view, 8> kAggregates = {
    "count", "distinct", "sum", "avg", "min", "max", "median", "percentile"};

const cst::Expr& Unwrapped(const cst::Expr& expr) {
  return expr.kind == cst::ExprKind::kParen ? Unwrapped(expr.children[0])
                                            : expr;
}

// The aggregate call in an expression, or null.
const cst::Expr* FindAggregate(const cst::Expr& expr) {
  if (expr.kind == cst::ExprKind::kCall && IsAggregateName(expr.text)) {
    return &expr;
  }
  for (const cst::Expr& child : expr.children) {
    if (const cst::Expr* found = FindAggregate(child)) return found;
  }
  return nullptr;
}

bool HasBad(const cst::Expr& expr) {
  if (expr.kind == cst::ExprKind::kBad) return true;
  return std::any_of(expr.children.begin(), expr.children.end(), HasBad);
}

std::string Mirrored(const std::string& op) {
  if (op == "<") return ">";
  if (op == "<=") return ">=";
  if (op == ">") return "<";
  return op == ">=" ? "<=" : op;
}

class ConditionChecker {
 public:
  ConditionChecker(const Scope& scope, Context* context,
                   ExprChecker* expressions)
      : scope_(scope), report_(context->report), expressions_(*expressions) {}

  bool Check(const cst::Condition& condition, CheckedCondition* checked);

 private:
  bool Refuse(Kind kind, const cst::Node& at, std::string what);
  bool Aggregate(const cst::Condition& condition, CheckedCondition* checked);
  bool Window(const cst::Condition& condition, CheckedCondition* checked);
  bool Tests(const cst::Expr& expr, CheckedCondition* checked);
  bool Test(const cst::Expr& test, CheckedCondition* checked);
  bool Call(const cst::Expr& call, CheckedAggregate* aggregate);
  bool Threshold(const cst::Expr& value, const std::string& op,
                 const cst::Expr& test, CheckedAggregate* aggregate);
  bool NotFromTheStart(const std::string& op, const cst::Expr& test);
  Span SpanOf(const cst::Node& node) const { return At(*scope_.file, node); }

  const Scope& scope_;
  Reporter& report_;
  ExprChecker& expressions_;
  bool sliding_ = true;
};

bool ConditionChecker::Refuse(Kind kind, const cst::Node& at,
                              std::string what) {
  report_.Emit(kind, SpanOf(at), what + " is not in this version");
  return false;
}

bool ConditionChecker::Check(const cst::Condition& condition,
                             CheckedCondition* checked) {
  switch (condition.kind) {
    case cst::ConditionKind::kBad:
      return false;
    case cst::ConditionKind::kParen:
      return Check(condition.children[0], checked);
    case cst::ConditionKind::kOr:
    case cst::ConditionKind::kAnd: {
      const bool either = condition.kind == cst::ConditionKind::kOr;
      report_
          .Emit(Kind::kJoinedConditionsNotYet, SpanOf(condition),
                absl::StrFormat("conditions with a `within` each, joined by "
                                "`%s`, are not in this version",
                                either ? "or" : "and"))
          .help = either ? "write a rule for each"
                         : "aggregates joined by `and` before one `within` "
                           "share the window";
      // What stands within is looked at all the same.
      for (const cst::Condition& child : condition.children) {
        CheckedCondition part;
        Check(child, &part);
      }
      return false;
    }
    case cst::ConditionKind::kSilent:
      return Refuse(Kind::kSilentNotYet, condition, "`silent for`");
    case cst::ConditionKind::kNew:
      return Refuse(Kind::kNewNotYet, condition, "`new(..)`");
    case cst::ConditionKind::kPartsOf:
      return Refuse(Kind::kPartsOfNotYet, condition,
                    condition.count.has_value()
                        ? absl::StrFormat("`%s of (..)`", condition.count->text)
                        : "`all of (..)`");
    case cst::ConditionKind::kSequence: {
      const bool absence =
          std::any_of(condition.steps.begin(), condition.steps.end(),
                      [](const cst::Step& step) { return step.negated; });
      return Refuse(Kind::kSequenceNotYet, condition,
                    absence ? "a sequence with an absence (`then not`)"
                            : "a sequence (`A then B`)");
    }
    case cst::ConditionKind::kAggregate:
      break;
  }
  CheckedCondition threshold;
  threshold.kind = CheckedCondition::Kind::kAggregates;
  if (!Aggregate(condition, &threshold)) return false;
  *checked = std::move(threshold);
  return true;
}

bool ConditionChecker::Aggregate(const cst::Condition& condition,
                                 CheckedCondition* checked) {
  if (condition.exprs.empty() || HasBad(condition.exprs[0])) return false;
  sliding_ = !condition.window.has_value() ||
             condition.window->kind == cst::Window::Kind::kSliding;
  const bool tests = Tests(condition.exprs[0], checked);
  if (FindAggregate(condition.exprs[0]) == nullptr) return false;
  return Window(condition, checked) && tests;
}

bool ConditionChecker::Window(const cst::Condition& condition,
                              CheckedCondition* checked) {
  if (!condition.window.has_value()) {
    report_
        .Emit(Kind::kMissingWithin, SpanOf(condition),
              absl::StrFormat("`%s(..)` needs a `within`",
                              FindAggregate(condition.exprs[0])->text))
        .help = "say in which time: within 5m";
    return false;
  }
  const cst::Window& window = *condition.window;
  switch (window.kind) {
    case cst::Window::Kind::kTumbling:
      return Refuse(Kind::kWindowNotYet, window, "a `tumbling` window");
    case cst::Window::Kind::kHopping:
      return Refuse(Kind::kWindowNotYet, window, "a `hopping` window");
    case cst::Window::Kind::kSession:
      return Refuse(Kind::kWindowNotYet, window, "a `session` window");
    case cst::Window::Kind::kSliding:
      break;
  }
  if (!window.length.has_value()) return false;
  if (DurationMicros(window.length->text, &checked->window.length_us))
    return true;
  report_.Emit(Kind::kBadConstant, SpanOf(*window.length),
               absl::StrFormat("`%s` is too long", window.length->text));
  return false;
}

bool ConditionChecker::Tests(const cst::Expr& expr, CheckedCondition* checked) {
  const cst::Expr& whole = Unwrapped(expr);
  if (whole.kind == cst::ExprKind::kBinary && whole.op == "and") {
    bool good = true;
    for (const cst::Expr& test : whole.children) {
      good = Tests(test, checked) && good;
    }
    return good;
  }
  if (whole.kind == cst::ExprKind::kBinary && whole.op == "or") {
    return Refuse(Kind::kJoinedConditionsNotYet, whole,
                  "`or` between aggregates");
  }
  return Test(whole, checked);
}

bool ConditionChecker::Test(const cst::Expr& test, CheckedCondition* checked) {
  const cst::Expr* found = FindAggregate(test);
  if (found == nullptr || test.kind != cst::ExprKind::kTest) {
    Diagnostic& d = report_.Emit(
        Kind::kNotAnAggregate, SpanOf(test),
        found == nullptr ? "`when` needs an aggregate, and this has none"
                         : "an aggregate is compared with a number");
    d.help = found == nullptr
                 ? "a filter stands in `where`; `when` counts: count() >= 10 "
                   "within 1m"
                 : absl::StrFormat("%s(..) >= 10", found->text);
    return false;
  }
  const cst::Expr* left = &Unwrapped(test.children[0]);
  const cst::Expr* right = &Unwrapped(test.children[1]);
  std::string op = test.op;
  if (left != found && right == found) {
    std::swap(left, right);
    op = Mirrored(op);
  }
  if (found->text != "count" && found->text != "distinct") {
    Refuse(Kind::kAggregateNotYet, *found,
           absl::StrFormat("`%s(..)`", found->text));
    return false;
  }
  if (left != found || FindAggregate(*right) != nullptr) {
    report_.Emit(Kind::kAggregateArithmeticNotYet, SpanOf(test),
                 "arithmetic over aggregates is not in this version");
    return false;
  }
  CheckedAggregate aggregate;
  const bool call = Call(*found, &aggregate);
  if (!Threshold(*right, op, test, &aggregate) || !call) return false;
  checked->aggregates.push_back(std::move(aggregate));
  return true;
}

bool ConditionChecker::Call(const cst::Expr& call,
                            CheckedAggregate* aggregate) {
  if (call.text == "count") {
    if (call.children.size() > 1) {
      report_.Emit(Kind::kArgumentCount, SpanOf(call),
                   absl::StrFormat("`count` takes one filter, %d given",
                                   call.children.size()));
      return false;
    }
    if (call.children.empty()) return true;
    Value filter = expressions_.Condition(call.children[0], scope_);
    if (filter.bad) return false;
    aggregate->filter = std::move(filter.expr);
    return true;
  }
  aggregate->kind = CheckedAggregate::Kind::kDistinct;
  if (call.children.empty()) {
    report_
        .Emit(Kind::kArgumentCount, SpanOf(call),
              "`distinct` needs what is to differ")
        .help = "distinct(user.username)";
    return false;
  }
  bool good = true;
  for (const cst::Expr& child : call.children) {
    Value value = expressions_.Check(child, scope_);
    if (!value.bad && !IsScalar(TestedType(value.expr.type).kind)) {
      report_.Emit(
          Kind::kWrongType, SpanOf(child),
          absl::StrFormat("distinct values of %s", AType(value.expr.type)));
      value.bad = true;
    }
    good = good && !value.bad;
    aggregate->values.push_back(std::move(value.expr));
  }
  return good;
}

bool ConditionChecker::NotFromTheStart(const std::string& op,
                                       const cst::Expr& test) {
  if (op == ">=" || op == ">") return true;
  if (!sliding_) return false;  // The window is refused.
  report_
      .Emit(Kind::kTrueFromTheStart, SpanOf(test),
            absl::StrFormat("`%s` of a count over a sliding window is decided "
                            "by the first event",
                            op))
      .help =
      "count() >= N; fewer than N needs a tumbling or hopping window, "
      "which are not in this version";
  return false;
}

bool ConditionChecker::Threshold(const cst::Expr& value, const std::string& op,
                                 const cst::Expr& test,
                                 CheckedAggregate* aggregate) {
  if (value.kind != cst::ExprKind::kLiteral &&
      value.kind != cst::ExprKind::kUnary &&
      value.kind != cst::ExprKind::kBinary) {
    report_
        .Emit(Kind::kThresholdByKeyNotYet, SpanOf(value),
              "a threshold that is no number as written is not in this "
              "version")
        .help = "a whole number: count() >= 10";
    return false;
  }
  if (!NotFromTheStart(op, test)) return false;
  Constant constant;
  TypeKind kind = TypeKind::kAny;
  const bool literal = value.kind == cst::ExprKind::kLiteral &&
                       LiteralValue(value.literal, &constant, &kind) &&
                       kind == TypeKind::kInt;
  const auto* number = std::get_if<std::int64_t>(&constant.value);
  if (!literal || (number != nullptr && *number == 0 && op == ">=")) {
    report_
        .Emit(Kind::kBadThreshold, SpanOf(value),
              literal ? "zero is reached before anything happens"
                      : "a threshold is a whole number from 1")
        .help = "count() >= 10";
    return false;
  }
  const auto most = static_cast<std::int64_t>(limits::kThreshold);
  if (number == nullptr || *number > most - (op == ">" ? 1 : 0)) {
    report_.Emit(Kind::kThresholdTooLarge, SpanOf(value),
                 absl::StrFormat("a threshold is at most %s",
                                 Grouped(limits::kThreshold)));
    return false;
  }
  aggregate->threshold =
      static_cast<std::uint64_t>(*number + (op == ">" ? 1 : 0));
  return true;
}

}  // namespace

bool IsAggregateName(std::string_view name) {
  return std::find(kAggregates.begin(), kAggregates.end(), name) !=
         kAggregates.end();
}

bool CheckCondition(const cst::Condition& condition, const Scope& scope,
                    Context* context, ExprChecker* expressions,
                    CheckedCondition* checked) {
  if (!ConditionChecker(scope, context, expressions)
           .Check(condition, checked)) {
    return false;
  }
  const auto* threshold = AggregatesOf(*checked);
  if (threshold == nullptr ||
      threshold->aggregates.size() <= limits::kAggregates) {
    return true;
  }
  context->report.Emit(
      Kind::kRuleTooLarge, At(*scope.file, condition),
      absl::StrFormat("more than %d aggregates joined in one `when`",
                      limits::kAggregates));
  return false;
}

}  // namespace tocsin::dsl
