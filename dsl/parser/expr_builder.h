// Builds one expression from a row of operands and operators. Private to
// lower_expr.cc, which holds the operators, and lower_operand.cc.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "dsl/parser/lower.h"

namespace tocsin::dsl::syntax {

// An expression and how many levels it has.
struct Built {
  cst::Expr expr;
  int depth = 1;
};

// Reads one row by precedence. Recurses only into what stood in brackets, whose
// depth the grammar has bound.
class ExprBuilder {
 public:
  ExprBuilder(Lowerer& lowerer, std::span<const SyntaxNode> row)
      : lowerer_(lowerer), row_(row) {}
  cst::Expr Build();

 private:
  bool done() const { return at_ >= row_.size(); }
  // The operator that stands next, without `not`; empty when none does.
  std::string_view op() const;
  std::string_view word() const;
  // Reports the operator when it is one of another language.
  void CheckForeign(const SyntaxNode& op);
  Built Join(Built left, Built right, cst::ExprKind kind, const SyntaxNode& op);
  void CheckDepth(Built* built, const SyntaxNode& where);

  // A chain of one operator, as one node: a or b or c.
  template <typename Next>
  Built Chain(std::string_view operation, Next next);
  Built Or();
  Built And();
  Built Coalesce();

  // `not` or `-` before what `next` reads, any number of times.
  template <typename Next>
  Built Prefixed(std::string_view operation, Next next);
  Built Not();
  Built Unary();
  Built Sum();
  Built Product();
  Built Test();
  Built Compare(Built left);  // The operator stands next.
  Built Range(Built low, const SyntaxNode& test);

  // any(path) and so on, left of a test.
  static void ReadAsElements(cst::Expr* expr);
  void Chained(const cst::Node& middle);
  void Misplaced(const SyntaxNode& node, std::string help);

  // Something stands behind a complete expression.
  void Leftover();
  Built Operand();
  Built Primary(const SyntaxNode& operand, std::size_t* used);
  Built Postfix(Built built, const SyntaxNode& node);
  Built Quantifier(const SyntaxNode& node);
  Built Arguments(Built call, const SyntaxNode& parent);
  Built AtMost(const SyntaxNode& node);
  Built Nested(const SyntaxNode& node);

  Lowerer& lowerer_;
  std::span<const SyntaxNode> row_;
  std::size_t at_ = 0;
  bool bad_ = false;  // Reported; the whole row becomes kBad.
};

}  // namespace tocsin::dsl::syntax
