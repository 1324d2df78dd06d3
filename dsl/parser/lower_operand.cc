// The operands of expressions: paths, calls, lists, quantifiers, literals.
#include <algorithm>
#include <utility>

#include "dsl/parser/expr_builder.h"

namespace tocsin::dsl::syntax {

using cst::ExprKind;

namespace {

int DepthOf(const cst::Expr& expr) {
  int depth = 0;
  for (const cst::Expr& child : expr.children) {
    depth = std::max(depth, DepthOf(child));
  }
  return depth + 1;
}

}  // namespace

Built ExprBuilder::Nested(const SyntaxNode& node) {
  Built built{lowerer_.Expr(node)};
  built.depth = DepthOf(built.expr);
  return built;
}

Built ExprBuilder::Operand() {
  if (done() || row_[at_].kind == SyntaxKind::kOperator ||
      row_[at_].kind == SyntaxKind::kWord) {
    bad_ = true;  // Only in a broken row, which was reported.
    at_ = row_.size();
    return Built{};
  }
  const SyntaxNode& node = row_[at_++];
  if (node.broken) {
    bad_ = true;
    return Built{};
  }
  if (node.kind == SyntaxKind::kAtMost) return AtMost(node);
  if (node.kind == SyntaxKind::kConditionParen) {
    Built built{lowerer_.ConditionAsExpr(node)};
    built.depth = DepthOf(built.expr);
    return built;
  }
  std::size_t used = 1;
  Built built = Primary(node, &used);
  for (std::size_t i = used; i < node.kids.size(); ++i) {
    built = Postfix(std::move(built), node.kids[i]);
  }
  return built;
}

Built ExprBuilder::Primary(const SyntaxNode& operand, std::size_t* used) {
  const SyntaxNode& node = operand.kids.front();
  Built built;
  static_cast<cst::Node&>(built.expr) = PlaceOf(node);
  built.expr.word = PlaceOf(node);
  switch (node.kind) {
    case SyntaxKind::kName:
    case SyntaxKind::kQuotedName: {
      const cst::Name name = lowerer_.Name(node);
      built.expr.text = name.text;
      built.expr.quoted = name.quoted;
      built.expr.kind = ExprKind::kName;
      if (operand.kids.size() > 1 &&
          operand.kids[1].kind == SyntaxKind::kArguments) {
        built.expr.kind = ExprKind::kCall;
        built.expr.end = operand.kids[1].end;
        *used = 2;
        return Arguments(std::move(built), operand.kids[1]);
      }
      return built;
    }
    case SyntaxKind::kList:
      built.expr.kind = ExprKind::kList;
      return Arguments(std::move(built), node);
    case SyntaxKind::kParen:
      built.expr.kind =
          node.kids.size() == 1 ? ExprKind::kParen : ExprKind::kTuple;
      return Arguments(std::move(built), node);
    case SyntaxKind::kQuantifier:
      return Quantifier(node);
    default:
      break;
  }
  const std::size_t errors = lowerer_.sink_->errors();
  built.expr.literal = lowerer_.Literal(node);
  built.expr.kind =
      lowerer_.sink_->errors() == errors ? ExprKind::kLiteral : ExprKind::kBad;
  return built;
}

Built ExprBuilder::Arguments(Built call, const SyntaxNode& parent) {
  int depth = 0;
  call.expr.children.reserve(parent.kids.size());
  for (const SyntaxNode& kid : parent.kids) {
    Built child = Nested(kid);
    depth = std::max(depth, child.depth);
    call.expr.children.push_back(std::move(child.expr));
  }
  call.depth = depth + 1;
  CheckDepth(&call, parent);
  return call;
}

Built ExprBuilder::Postfix(Built built, const SyntaxNode& node) {
  Built outer;
  outer.expr.begin = built.expr.begin;
  outer.expr.end = node.end;
  outer.expr.word = PlaceOf(node);
  outer.depth = built.depth + 1;
  outer.expr.children.push_back(std::move(built.expr));
  if (node.kind == SyntaxKind::kMember) {
    const cst::Name name = lowerer_.Name(node.kids.front());
    outer.expr.kind = ExprKind::kMember;
    outer.expr.text = name.text;
    outer.expr.quoted = name.quoted;
    outer.expr.word = name;
  } else if (node.kind == SyntaxKind::kWildcard) {
    outer.expr.kind = ExprKind::kWildcard;
  } else {
    outer.expr.kind = ExprKind::kSubscript;
    for (const SyntaxNode& kid : node.kids) {
      Built index = Nested(kid);
      outer.depth = std::max(outer.depth, index.depth + 1);
      outer.expr.children.push_back(std::move(index.expr));
    }
  }
  CheckDepth(&outer, node);
  return outer;
}

Built ExprBuilder::Quantifier(const SyntaxNode& node) {
  Built built;
  static_cast<cst::Node&>(built.expr) = PlaceOf(node);
  built.expr.kind = ExprKind::kQuantifier;
  built.expr.text = lowerer_.Text(node.kids[0]);
  built.expr.word = PlaceOf(node.kids[0]);
  built.expr.variable = lowerer_.Name(node.kids[1]);
  for (std::size_t i = 2; i < 4; ++i) {
    Built child = Nested(node.kids[i]);
    built.depth = std::max(built.depth, child.depth + 1);
    built.expr.children.push_back(std::move(child.expr));
  }
  CheckDepth(&built, node);
  return built;
}

Built ExprBuilder::AtMost(const SyntaxNode& node) {
  Built built;
  static_cast<cst::Node&>(built.expr) = PlaceOf(node);
  built.expr.kind = ExprKind::kAtMost;
  cst::Expr bound;
  static_cast<cst::Node&>(bound) = PlaceOf(node.kids[0]);
  bound.kind = ExprKind::kLiteral;
  bound.literal = lowerer_.Literal(node.kids[0]);
  built.expr.children.push_back(std::move(bound));
  Built inner = Nested(node.kids[1]);
  built.depth = inner.depth + 1;
  built.expr.children.push_back(std::move(inner.expr));
  return built;
}

}  // namespace tocsin::dsl::syntax
