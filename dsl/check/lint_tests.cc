// Tests that decide nothing. Only what stands in the clause itself is told:
// an alternative within a let may well be impossible in one of its uses.
#include "absl/strings/str_format.h"
#include "dsl/check/lint.h"

namespace tocsin::dsl {
namespace {

class TestLint {
 public:
  TestLint(Span within, const TruthFinder& finder, Context* context)
      : within_(within), finder_(finder), context_(*context) {}

  void Visit(const CheckedExpr& expr, const Facts& facts) {
    if (expr.op == ExprOp::kAnd) {
      VisitAnd(expr, facts);
    } else if (expr.op == ExprOp::kOr) {
      VisitOr(expr, facts);
    } else if (expr.op == ExprOp::kNot) {
      if (!Tell(expr, Facts{}, "")) Visit(expr.children[0], Facts{});
    } else if (!Tell(expr, Facts{}, "") &&
               (expr.op == ExprOp::kAny || expr.op == ExprOp::kAll ||
                expr.op == ExprOp::kNone || expr.op == ExprOp::kCount)) {
      Visit(expr.children[1], Facts{});
    }
  }

 private:
  bool Inside(const Span& span) const {
    return span.file == within_.file && span.begin >= within_.begin &&
           span.end <= within_.end && span.file != kBuiltInFile;
  }

  // Tells a test that is decided; false when it is not.
  bool Tell(const CheckedExpr& expr, const Facts& facts,
            std::string_view where) {
    const Truth truth = finder_.Decide(expr, facts);
    if (truth == Truth::kUnknown || !Inside(expr.span)) return false;
    const bool holds = truth == Truth::kTrue;
    Diagnostic& d = context_.report.Emit(
        holds ? Kind::kAlwaysTrue : Kind::kAlwaysFalse, expr.span,
        absl::StrFormat("this is always %s%s", holds ? "true" : "false",
                        where));
    const CheckedExpr& test = expr.op == ExprOp::kNot ? expr.children[0] : expr;
    if (test.children.empty()) return true;
    const auto* text =
        std::get_if<std::string>(&test.children[0].constant.value);
    if (text != nullptr && test.children[0].op == ExprOp::kConst) {
      d.help = absl::StrFormat(
          "\"%s\" is a text; a field of that name is written in backticks",
          *text);
    }
    return true;
  }

  void VisitAnd(const CheckedExpr& expr, const Facts& facts) {
    for (std::size_t i = 0; i < expr.children.size(); ++i) {
      if (Tell(expr.children[i], Facts{}, "")) continue;
      Facts others = facts;
      for (std::size_t j = 0; j < expr.children.size(); ++j) {
        if (j != i) finder_.Assume(expr.children[j], true, &others);
      }
      if (others.contradiction) others = Facts{};
      Visit(expr.children[i], others);
    }
  }

  void VisitOr(const CheckedExpr& expr, const Facts& facts) {
    if (Tell(expr, Facts{}, "")) return;
    for (const CheckedExpr& arm : expr.children) {
      if (finder_.Decide(arm, facts) == Truth::kFalse &&
          finder_.Decide(arm, Facts{}) != Truth::kFalse) {
        Tell(arm, facts, " here, by what else must hold");
        continue;
      }
      Visit(arm, facts);
    }
  }

  const Span within_;
  const TruthFinder& finder_;
  Context& context_;
};

}  // namespace

void LintTests(const CheckedExpr& expr, Span within, const Facts& facts,
               const TruthFinder& finder, Context* context) {
  TestLint(within, finder, context).Visit(expr, facts);
}

}  // namespace tocsin::dsl
