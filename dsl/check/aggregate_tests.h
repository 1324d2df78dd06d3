// The tests of one `when` over aggregates that share a window.
//
// They are read as expressions, in which each aggregate is a leaf: Read() takes
// it. aggregates.cc: the tests; aggregate_thresholds.cc: what they compare;
// aggregate_calls.cc: what is aggregated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dsl/check/condition.h"
#include "dsl/check/expr_checker.h"
#include "engine/base/hash.h"

namespace tocsin::dsl {

class AggregateTests : public AggregateReader {
 public:
  AggregateTests(bool sliding, const ConditionNames& names, Context* context,
                 ExprChecker* expressions)
      : sliding_(sliding),
        names_(names),
        file_(*names.file),
        context_(*context),
        report_(context->report),
        expressions_(*expressions) {}

  bool Check(const cst::Expr& tests, CheckedCondition* checked);
  Value Read(const cst::Expr& call, const Scope& scope) override;

 private:
  struct Aggregated {
    CheckedAggregate aggregate;
    Hash128 key;
    TypeKind type = TypeKind::kInt;
    bool rises = false;    // A sum that never falls.
    bool bounded = false;  // at most N (..)
    // distinct: how many values there are, by the schema. None: not known.
    std::optional<std::uint64_t> different = 1;
    Span span;
  };

  bool Shape(const cst::Expr& expr);
  bool Conjunct(const cst::Expr& expr);
  bool AtMost(const cst::Expr& test, const cst::Expr& bound, bool turned);
  bool Threshold(const cst::Expr& literal, bool strict, std::uint64_t* number);
  bool Bound(const cst::Expr& expr, std::uint32_t event, CheckedExpr* bound);

  bool Arguments(const cst::Expr& call, const Scope& scope, Aggregated* read);
  bool CountOf(const cst::Expr& call, Aggregated* read);
  bool Values(const cst::Expr& call, Aggregated* read);
  bool ValueType(const cst::Expr& expr, const Value& value, Aggregated* read);
  bool Percent(const cst::Expr& call, Aggregated* read);
  Scope ValueScope() const;

  bool CheckTests(const CheckedExpr& expr);
  bool CheckCounted(const CheckedExpr& test);
  bool IsThreshold(const CheckedExpr& test);
  void SetThreshold(const CheckedExpr& test, CheckedAggregate* aggregate);

  bool Refuse(Kind kind, Span span, std::string message, std::string help) {
    report_.Emit(kind, span, std::move(message)).help = std::move(help);
    return false;
  }
  Span SpanOf(const cst::Node& node) const { return At(file_, node); }

  bool sliding_;
  const ConditionNames& names_;
  const FileSettings& file_;
  Context& context_;
  Reporter& report_;
  ExprChecker& expressions_;
  std::vector<Aggregated> reads_;
  std::vector<CheckedExpr> tests_;  // Joined by `and`.
};

}  // namespace tocsin::dsl
