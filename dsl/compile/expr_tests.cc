// Tests with what stands on their right: one value, a list, a pattern.
#include <string>
#include <utility>

#include "dsl/compile/expr_compiler.h"

namespace tocsin::dsl {
namespace {

ElementMode ModeOf(Elements elements) {
  switch (elements) {
    case Elements::kAny:
      return ElementMode::kAny;
    case Elements::kAll:
      return ElementMode::kAll;
    case Elements::kNone:
      return ElementMode::kNone;
  }
  return ElementMode::kAny;
}

PreparedPattern::Kind PatternKind(Op op) {
  switch (op) {
    case Op::kContains:
      return PreparedPattern::Kind::kContains;
    case Op::kStartsWith:
      return PreparedPattern::Kind::kStartsWith;
    case Op::kEndsWith:
      return PreparedPattern::Kind::kEndsWith;
    case Op::kLike:
      return PreparedPattern::Kind::kLike;
    default:
      return PreparedPattern::Kind::kRegex;
  }
}

std::vector<std::string> Texts(const std::vector<Constant>& values) {
  std::vector<std::string> texts;
  for (const Constant& value : values) {
    const auto* text = std::get_if<std::string>(&value.value);
    if (text != nullptr) texts.push_back(*text);
  }
  return texts;
}

}  // namespace

ExprId ExprCompiler::Comparison(const CheckedExpr& expr, Op op) {
  ExprNode node;
  node.op = op;
  node.elements = ModeOf(expr.elements);
  node.nocase = expr.nocase;
  return builder_.Add(node, CompileAll(expr.children));
}

ExprId ExprCompiler::In(const CheckedExpr& expr) {
  ExprNode node;
  node.op = Op::kIn;
  node.elements = ModeOf(expr.elements);
  node.nocase = expr.nocase;
  std::vector<ExprId> children = {Compile(expr.children[0])};
  const CheckedExpr& right = expr.children[1];
  if (right.op == ExprOp::kList) {
    const CheckedList& list = rules_.lists[right.list];
    node.index = builder_.Set(list.name, list.values, expr.nocase);
  } else if (right.op == ExprOp::kConst) {
    const auto* values = std::get_if<ConstantList>(&right.constant.value);
    node.index = values != nullptr
                     ? builder_.Set("", *values, expr.nocase)
                     : builder_.Set("", {&right.constant, 1}, expr.nocase);
  } else {
    children.push_back(Compile(right));
  }
  // A set folds case itself: whether it did is part of its number.
  if (node.index != kNoIndex) node.nocase = false;
  return builder_.Add(node, children);
}

ExprId ExprCompiler::TextTest(const CheckedExpr& expr, Op op) {
  ExprNode node;
  node.op = op;
  node.elements = ModeOf(expr.elements);
  std::vector<ExprId> children = {Compile(expr.children[0])};
  const CheckedExpr& right = expr.children[1];
  const PreparedPattern::Kind kind = PatternKind(op);
  if (right.op == ExprOp::kList) {
    const CheckedList& list = rules_.lists[right.list];
    node.index = builder_.Pattern(list.name, kind, Texts(list.values),
                                  expr.nocase, expr.all);
  } else if (right.op == ExprOp::kConst) {
    const auto* values = std::get_if<ConstantList>(&right.constant.value);
    node.index = builder_.Pattern(
        "", kind, values != nullptr ? Texts(*values) : Texts({right.constant}),
        expr.nocase, expr.all);
  } else {
    node.nocase = expr.nocase;
    node.all = expr.all;
    children.push_back(Compile(right));
  }
  return builder_.Add(node, children);
}

}  // namespace tocsin::dsl
