// Resolves and types expressions: trees as written in, CheckedExpr out.
//
// Each mistake is reported once; what holds one comes back `bad` and stays
// silent from then on. Lets are expanded in place, arguments read in the scope
// they were written in. One file a construct: names.cc paths.cc lets.cc
// operators.cc tests.cc coerce.cc values.cc calls.cc quantifiers.cc steps.cc
// lookups.cc.
//
// Confined to one thread. Depth and size are bound by limits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/check/checked.h"
#include "dsl/check/context.h"
#include "dsl/check/scope.h"

namespace tocsin::dsl {

// An expression with what only the checker needs to know of it.
struct Value {
  CheckedExpr expr;
  const Field* field = nullptr;  // The declared field that a path ends at.
  bool optional = false;         // May be missing.
  bool bad = false;              // Holds a mistake, already reported.
};

class ExprChecker {
 public:
  explicit ExprChecker(Context* context)
      : context_(*context), report_(context->report) {}

  // Any expression; a name of a list gives kList.
  Value Check(const cst::Expr& expr, const Scope& scope);
  // One that holds or not: bool, or of any type and then tested for true.
  Value Condition(const cst::Expr& expr, const Scope& scope);
  // The body of a let, as if it were used; knows itself, for cycles.
  Value CheckLet(std::string_view name, const cst::LetItem& let,
                 const Scope& scope);
  // A constant; reports anything else.
  Value ConstantOf(const cst::Expr& expr, const Scope& scope);
  // [a, b] of constants of one type. `bad` when one is not.
  Value ListLiteral(const cst::Expr& expr, const Scope& scope);
  Value MakeList(std::vector<Value> items, Span span);
  // A path from the event, without [*] unless `each`.
  bool PathOf(const cst::Expr& expr, const Scope& scope, bool each,
              FieldPath* path);

  // An event that the rule does not have, by its name; reported.
  Value UnknownStep(const cst::Name& name, const Scope& scope);

  // A new rule: its expanded size starts over.
  void BeginRule(Span name);

  // `!=` on what may be missing, met since BeginRule(); lint.
  struct Unequal {
    Span span;
    FieldPath path;
    std::string text;
  };
  const std::vector<Unequal>& unequals() const { return unequals_; }

 private:
  friend class TestChecker;

  // names.cc
  Value Root(const cst::Expr& expr, const Scope& scope);
  Value FieldRoot(const cst::Expr& expr, const Scope& scope);
  bool TextName(const cst::Expr& expr, const Scope& scope, Value* value);
  Value UnknownName(const cst::Expr& expr, const Scope& scope);
  // steps.cc
  const CheckedEvent* StepOf(const cst::Expr& expr, const Scope& scope,
                             StepPick* pick) const;
  Value StepField(const CheckedEvent& event, StepPick pick,
                  const cst::Expr& expr, const Scope& scope);
  Value WrapStep(Value value, const CheckedExpr& step, Span span);
  Value StepAlone(const cst::Expr& expr, const Scope& scope);
  Value StepCount(const cst::Expr& expr, const Scope& scope);
  bool RefuseStepInFilter(const cst::Expr& expr, const Scope& scope);
  Value RefusePlainField(const cst::Expr& expr, const Scope& scope);
  // lookups.cc
  const TableSymbol* TableOf(const cst::Expr& expr, const Scope& scope) const;
  Value TableTest(const cst::Expr& expr, const TableSymbol& table,
                  const Scope& scope);
  Value TableColumn(const cst::Expr& expr, const TableSymbol& table,
                    const Scope& scope);
  Value TableRow(const cst::Expr& expr, const TableSymbol& table,
                 const Scope& scope);
  bool LookupKey(const std::vector<const cst::Expr*>& parts, Span span,
                 const TableSymbol& symbol, const Scope& scope,
                 CheckedExpr* lookup);
  bool FitKey(const CheckedTable::Column& column, CheckedExpr* part);
  // lets.cc
  Value ExpandLet(const std::string& name, const LetSymbol& let,
                  const cst::Expr& use, const Scope& scope);
  Value Argument(const Binding& binding);
  void ReportCycle(const std::string& name);
  // paths.cc
  Value Path(const cst::Expr& expr, const Scope& scope);
  Value PathStep(Value base, const cst::Expr& expr, const Scope& scope);
  Value Member(Value base, const cst::Expr& expr, const Scope& scope);
  Value Subscript(Value base, const cst::Expr& expr, const Scope& scope);
  Value EachOf(Value base, const cst::Expr& expr, const Scope& scope);
  Value StepKey(Value base, const std::string& key, Span whole, Span word);
  // operators.cc
  Value Literal(const cst::Expr& expr, const Scope& scope);
  Value Junction(const cst::Expr& expr, const Scope& scope);
  Value Coalesce(std::vector<Value> values, Span span, const Scope& scope);
  Value Unary(const cst::Expr& expr, const Scope& scope);
  Value Arithmetic(const cst::Expr& expr, const Scope& scope);
  bool BareDate(const cst::Expr& expr, const Scope& scope);
  // tests.cc
  Value Test(const cst::Expr& expr, const Scope& scope);
  // calls.cc
  Value Call(const cst::Expr& expr, const Scope& scope);
  Value CallFunction(Function function, const cst::Expr& expr,
                     const Scope& scope);
  Value ExistsCall(const cst::Expr& expr, const Scope& scope);
  Value Exists(Value argument, Span span);
  bool CheckArgument(char parameter, const Value& value,
                     const cst::Expr& written, std::string_view function,
                     const Scope& scope);
  bool CheckPattern(const Value& value, bool needs_group);
  bool FoldConversion(Function function, Value* call);
  Value UnknownCall(const cst::Expr& expr, const Scope& scope);
  // quantifiers.cc
  Value Quantifier(const cst::Expr& expr, const Scope& scope);

  Value Bad(Span span) const;
  // A node of the expanded rule; counts it.
  CheckedExpr Make(ExprOp op, TypeKind kind, Span span);
  Span SpanOf(const cst::Node& node, const Scope& scope) const {
    return At(*scope.file, node);
  }
  // A condition made of a value: `any` becomes `== true`.
  Value AsCondition(Value value, const Scope& scope);

  Context& context_;
  Reporter& report_;
  Span rule_span_;
  std::size_t nodes_ = 0;
  bool too_large_ = false;
  bool let_alone_ = false;   // Its size is told where it is used.
  int depth_ = 0;            // Of Check() within Check().
  std::uint32_t slots_ = 0;  // Quantifiers around.
  std::vector<std::string_view> expanding_;  // Lets around, outermost first.
  std::vector<Unequal> unequals_;
};

}  // namespace tocsin::dsl
