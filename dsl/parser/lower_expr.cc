// Expressions: from a row of operands and operators to a tree.
//
// Loosest first: or, and, not, comparison (one, no chain), ??, + -, * / %,
// minus. All but `or`, `and` and `??`, which are n-ary, bind to the left.
#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/parser/expr_builder.h"
#include "dsl/parser/slips.h"
#include "dsl/parser/starts.h"

namespace tocsin::dsl::syntax {
namespace {

using cst::ExprKind;
using std::string_view;

bool IsTest(string_view op) {
  return op == "==" || op == "!=" || op == "<" || op == "<=" || op == ">" ||
         op == ">=" || op == "in" || op == "contains" || op == "startswith" ||
         op == "endswith" || op == "like" || op == "matches";
}

// Our operator for one of another language.
string_view Ours(string_view op) {
  if (op == "&&" || op == "AND") return "and";
  if (op == "||" || op == "OR") return "or";
  if (op == "!") return "not";
  if (op == "=" || op == "===") return "==";
  if (op == "<>" || op == "!==") return "!=";
  if (op == "=~" || op == "~=" || op == "!~") return "matches";
  if (op == "=>") return ">=";
  if (op == "=<") return "<=";
  return op;
}

// `not   in` and `not # why\n in` are the operator `in`, negated.
string_view LastWord(string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && IsIdentChar(text[begin - 1])) --begin;
  return Ours(begin == text.size() ? text : text.substr(begin));
}

bool IsNumber(const cst::Expr& expr) {
  if (expr.kind == ExprKind::kUnary) return IsNumber(expr.children[0]);
  return expr.kind == ExprKind::kLiteral &&
         (expr.literal.kind == cst::LiteralKind::kInt ||
          expr.literal.kind == cst::LiteralKind::kFloat);
}

}  // namespace

cst::Expr ExprBuilder::Build() {
  Built built = Or();
  if (!done() && !bad_) Leftover();
  if (bad_) {
    cst::Expr bad;
    static_cast<cst::Node&>(bad) = {row_.front().begin, row_.back().end};
    return bad;
  }
  return std::move(built.expr);
}

string_view ExprBuilder::op() const {
  if (done() || row_[at_].kind != SyntaxKind::kOperator) return {};
  return LastWord(lowerer_.Text(row_[at_]));
}

string_view ExprBuilder::word() const {
  if (done() || row_[at_].kind != SyntaxKind::kWord) return {};
  return lowerer_.Text(row_[at_]);
}

Built ExprBuilder::Join(Built left, Built right, ExprKind kind,
                        const SyntaxNode& op) {
  Built joined;
  joined.expr.kind = kind;
  joined.expr.op = LastWord(lowerer_.Text(op));
  joined.expr.word = PlaceOf(op);
  joined.expr.begin = left.expr.begin;
  joined.expr.end = right.expr.end;
  joined.depth = 1 + std::max(left.depth, right.depth);
  joined.expr.children.push_back(std::move(left.expr));
  joined.expr.children.push_back(std::move(right.expr));
  CheckDepth(&joined, op);
  return joined;
}

void ExprBuilder::CheckForeign(const SyntaxNode& op) {
  const string_view text = lowerer_.Text(op);
  if (Ours(text) == text) return;
  const Slot slot = text == "!" ? Slot::kOperand : Slot::kBehindOperand;
  const std::optional<Slip> slip = FindSlip(text, slot);
  if (!slip) return;
  Diagnostic& diagnostic =
      lowerer_.Report(slip->kind, PlaceOf(op), slip->message);
  diagnostic.help = slip->help;
  if (slip->mend) diagnostic.fix = Fix{diagnostic.span, *slip->mend};
}

void ExprBuilder::CheckDepth(Built* built, const SyntaxNode& where) {
  if (built->depth <= kTreeDepth) return;
  if (!bad_) {
    lowerer_
        .Report(Kind::kNestingTooDeep, PlaceOf(where),
                absl::StrFormat("more than %d operators in a row", kTreeDepth))
        .help = "give the inner part a name with `let`";
  }
  bad_ = true;
  *built = Built{};
}

template <typename Next>
Built ExprBuilder::Chain(string_view operation, Next next) {
  Built built = next();
  if (op() != operation) return built;
  Built chain;
  chain.expr.kind = ExprKind::kBinary;
  chain.expr.op = operation;
  chain.expr.word = PlaceOf(row_[at_]);
  chain.expr.begin = built.expr.begin;
  chain.depth = built.depth + 1;
  chain.expr.children.push_back(std::move(built.expr));
  while (op() == operation) {
    CheckForeign(row_[at_++]);
    built = next();
    chain.depth = std::max(chain.depth, built.depth + 1);
    chain.expr.end = built.expr.end;
    chain.expr.children.push_back(std::move(built.expr));
  }
  CheckDepth(&chain, row_[at_ - 1]);
  return chain;
}

Built ExprBuilder::Or() {
  return Chain("or", [this] { return And(); });
}

Built ExprBuilder::And() {
  return Chain("and", [this] { return Not(); });
}

Built ExprBuilder::Coalesce() {
  return Chain("??", [this] { return Sum(); });
}

template <typename Next>
Built ExprBuilder::Prefixed(string_view operation, Next next) {
  const std::size_t first = at_;
  while (op() == operation) CheckForeign(row_[at_++]);
  const std::size_t last = at_;
  Built built = next();
  for (std::size_t i = last; i > first; --i) {
    Built outer;
    outer.expr.kind = ExprKind::kUnary;
    outer.expr.op = operation;
    outer.expr.word = PlaceOf(row_[i - 1]);
    outer.expr.begin = row_[i - 1].begin;
    outer.expr.end = built.expr.end;
    outer.depth = built.depth + 1;
    outer.expr.children.push_back(std::move(built.expr));
    built = std::move(outer);
    CheckDepth(&built, row_[i - 1]);
  }
  return built;
}

Built ExprBuilder::Not() {
  return Prefixed("not", [this] { return Test(); });
}

Built ExprBuilder::Unary() {
  return Prefixed("-", [this] { return Operand(); });
}

Built ExprBuilder::Sum() {
  Built built = Product();
  while (op() == "+" || op() == "-") {
    const SyntaxNode& sign = row_[at_++];
    built = Join(std::move(built), Product(), ExprKind::kBinary, sign);
  }
  return built;
}

Built ExprBuilder::Product() {
  Built built = Unary();
  while (op() == "*" || op() == "/" || op() == "%") {
    const SyntaxNode& sign = row_[at_++];
    built = Join(std::move(built), Unary(), ExprKind::kBinary, sign);
  }
  return built;
}

Built ExprBuilder::Test() {
  Built left = Coalesce();
  if (!IsTest(op())) return left;
  std::vector<Built> tests;
  tests.push_back(Compare(std::move(left)));
  // A chain is reported and read on as a == b and b == c.
  while (!bad_ && IsTest(op())) {
    const cst::Expr& middle = tests.back().expr.children[1];
    if (tests.size() == 1) Chained(middle);
    tests.push_back(Compare(Built{middle, tests.back().depth}));
  }
  if (tests.size() == 1 || bad_) return std::move(tests.front());
  Built both;
  both.expr.kind = ExprKind::kBinary;
  both.expr.op = "and";
  both.expr.word = tests[1].expr.word;
  both.expr.begin = tests.front().expr.begin;
  both.expr.end = tests.back().expr.end;
  for (Built& test : tests) {
    both.depth = std::max(both.depth, test.depth + 1);
    both.expr.children.push_back(std::move(test.expr));
  }
  return both;
}

Built ExprBuilder::Compare(Built left) {
  const SyntaxNode& sign = row_[at_++];
  CheckForeign(sign);
  ReadAsElements(&left.expr);
  const bool all = word() == "all";
  if (all) ++at_;
  Built right = Coalesce();
  if (op() == "..") right = Range(std::move(right), sign);
  Built test = Join(std::move(left), std::move(right), ExprKind::kTest, sign);
  test.expr.all = all;
  const string_view written = lowerer_.Text(sign);
  test.expr.negated = written.starts_with("not") || written == "!~";
  if (word() == "nocase") {
    test.expr.nocase = true;
    test.expr.end = row_[at_++].end;
  }
  return test;
}

Built ExprBuilder::Range(Built low, const SyntaxNode& test) {
  const SyntaxNode& dots = row_[at_++];
  Built range = Join(std::move(low), Unary(), ExprKind::kRange, dots);
  if (bad_) return range;
  const bool numbers =
      IsNumber(range.expr.children[0]) && IsNumber(range.expr.children[1]);
  if (LastWord(lowerer_.Text(test)) != "in" || !numbers) {
    Misplaced(dots, "a range is two numbers behind `in`: x in 200..299");
  }
  return range;
}

void ExprBuilder::ReadAsElements(cst::Expr* expr) {
  const bool named =
      expr->text == "any" || expr->text == "all" || expr->text == "none";
  if (expr->kind == ExprKind::kCall && named && expr->children.size() == 1) {
    expr->kind = ExprKind::kElements;
  }
}

void ExprBuilder::Chained(const cst::Node& middle) {
  const SyntaxNode& second = row_[at_];
  const string_view again =
      lowerer_.Text().substr(middle.begin, middle.end - middle.begin);
  const std::string op_text(lowerer_.Text(second));
  Diagnostic& diagnostic = lowerer_.Report(
      Kind::kChainedComparison, PlaceOf(second), "comparisons do not chain");
  diagnostic.help = absl::StrFormat("write `and %s %s` here", again, op_text);
  diagnostic.fix =
      Fix{diagnostic.span, absl::StrFormat("and %s %s", again, op_text)};
}

void ExprBuilder::Misplaced(const SyntaxNode& node, std::string help) {
  if (bad_) return;
  lowerer_
      .Report(Kind::kMisplaced, PlaceOf(node),
              absl::StrFormat("`%s` does not stand here", lowerer_.Text(node)))
      .help = std::move(help);
  bad_ = true;
}

void ExprBuilder::Leftover() {
  const SyntaxNode& node = row_[at_];
  if (op() == "..") {
    Misplaced(node, "a range is two numbers behind `in`: x in 200..299");
  } else if (word() == "nocase") {
    Misplaced(node, "`nocase` ends a test of text: x contains \"a\" nocase");
  } else {
    Misplaced(node, "`nocase` ends its test; put the rest in parentheses");
  }
}

cst::Expr Lowerer::FlatExpr(const SyntaxNode& node,
                            std::span<const SyntaxNode> row) {
  if (node.broken || row.empty()) {
    MarkIncomplete();
    cst::Expr bad;
    static_cast<cst::Node&>(bad) = PlaceOf(node);
    return bad;
  }
  return ExprBuilder(*this, row).Build();
}

// [-] number .. [[-] number], as the limit of a field.
cst::Expr Lowerer::Range(const SyntaxNode& node) {
  cst::Expr range;
  static_cast<cst::Node&>(range) = PlaceOf(node);
  range.kind = ExprKind::kRange;
  range.op = "..";
  range.word = PlaceOf(node);
  const SyntaxNode* minus = nullptr;
  for (const SyntaxNode& kid : node.kids) {
    if (kid.kind == SyntaxKind::kOperator) {
      minus = &kid;
      continue;
    }
    cst::Expr number;
    static_cast<cst::Node&>(number) = PlaceOf(kid);
    number.kind = ExprKind::kLiteral;
    number.literal = Literal(kid);
    if (minus != nullptr) {
      cst::Expr negative;
      static_cast<cst::Node&>(negative) = {minus->begin, kid.end};
      negative.kind = ExprKind::kUnary;
      negative.op = "-";
      negative.word = PlaceOf(*minus);
      negative.children.push_back(std::move(number));
      number = std::move(negative);
      minus = nullptr;
    }
    range.children.push_back(std::move(number));
  }
  return range;
}

cst::Expr Lowerer::Expr(const SyntaxNode& node) {
  if (node.kind == SyntaxKind::kRange) return Range(node);
  if (node.kind == SyntaxKind::kExpr) return FlatExpr(node, node.kids);
  if (node.kind == SyntaxKind::kList) {
    SyntaxNode operand{
        SyntaxKind::kOperand, node.broken, node.begin, node.end, {node}};
    return FlatExpr(node, std::span<const SyntaxNode>(&operand, 1));
  }
  return FlatExpr(node, std::span<const SyntaxNode>(&node, 1));
}

cst::Named Lowerer::Named(const SyntaxNode& node) {
  cst::Named named;
  static_cast<cst::Node&>(named) = PlaceOf(node);
  if (const SyntaxNode* expr = ExprKid(node)) named.expr = Expr(*expr);
  named.as = MaybeName(Kid(node, SyntaxKind::kAs));
  if (node.broken) MarkIncomplete();
  return named;
}

}  // namespace tocsin::dsl::syntax
