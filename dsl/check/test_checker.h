// One test `left op right`: sides typed, made comparable, checked against what
// the field can hold, negation and elements put in their place.
//
// Lives for one expression. tests.cc: shape; coerce.cc: types; field_limits.cc:
// closed sets, open sets, ranges.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dsl/check/expr_checker.h"

namespace tocsin::dsl {

class TestChecker {
 public:
  TestChecker(ExprChecker* checker, const cst::Expr& expr, const Scope& scope);
  Value Run();

 private:
  // tests.cc
  bool ReadLeft();
  bool ReadRight();
  Value ReadValue(const cst::Expr& expr);
  bool ReadRange();
  bool RefuseTuple(const cst::Expr& right);
  void TurnRound();  // 401 == code: the constant to the right.
  bool Shape();      // Which op it is, once both sides are known.
  CheckedExpr Build(CheckedExpr left);
  CheckedExpr BuildDynamic(const CheckedExpr& left);
  Value Finish();
  void NoteUnequal();
  void NoteContains();

  // coerce.cc
  bool Coerce();
  bool CoerceAddress(TypeKind left, TypeKind right);
  bool CoerceTime(TypeKind left, TypeKind right);
  bool CoerceText();  // String tests.
  bool CoerceRange();
  bool ParseRight(TypeKind kind);
  void Wrap(Value* side, Function function, TypeKind result);
  bool Mismatch();
  bool Refuse(Span span, std::string message, std::string help);
  bool RefuseMember(TypeKind right);

  // field_limits.cc
  bool CheckFieldLimits();
  bool CheckClosed(const Field& field);
  bool CheckRangeLimit(const Field& field);
  void CheckUsual(const Field& field);
  // `wrong`: the value for which a near one is proposed; null: none is.
  bool Impossible(Span span, const std::string& value, const Field& field,
                  const Constant* wrong);

  Span SpanOf(const cst::Node& node) const {
    return checker_.SpanOf(node, scope_);
  }
  std::string Text(const Value& side) const;
  bool IsTextTest() const;
  bool IsOrdering() const;

  ExprChecker& checker_;
  Reporter& report_;
  const cst::Expr& expr_;
  const Scope& scope_;
  Span span_;
  ExprOp op_ = ExprOp::kEq;
  bool negated_ = false;
  bool explicit_elements_ = false;
  Elements elements_ = Elements::kAny;
  Value left_;
  Value right_;
  Value high_;                  // kInRange: the upper bound.
  std::vector<Value> dynamic_;  // Of an inline list: what is no constant.
  std::vector<std::pair<Constant, Span>>
      constants_;  // Right, each in its place.
};

}  // namespace tocsin::dsl
