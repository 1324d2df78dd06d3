// Expressions: from a row of operands and operators to a tree.
//
// Loosest first: or, and, not, comparison (one, no chain), ??, + -, * / %,
// minus. All but `or`, `and` and `??`, which are n-ary, bind to the left.
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/parser/lower.h"
#include "dsl/parser/recovery.h"

namespace tocsin::dsl::syntax {
namespace {

using cst::ExprKind;
using std::string_view;

// An expression and how many levels it has.
struct Built {
  cst::Expr expr;
  int depth = 1;
};

bool IsTest(string_view op) {
  return op == "==" || op == "!=" || op == "<" || op == "<=" || op == ">" ||
         op == ">=" || op == "in" || op == "contains" || op == "startswith" ||
         op == "endswith" || op == "like" || op == "matches";
}

// `not   in` and `not # why\n in` are the operator `in`, negated.
string_view LastWord(string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && IsIdentChar(text[begin - 1])) --begin;
  return begin == text.size() ? text : text.substr(begin);
}

bool IsNumber(const cst::Expr& expr) {
  if (expr.kind == ExprKind::kUnary) return IsNumber(expr.children[0]);
  return expr.kind == ExprKind::kLiteral &&
         (expr.literal.kind == cst::LiteralKind::kInt ||
          expr.literal.kind == cst::LiteralKind::kFloat);
}

}  // namespace

// Reads one row by precedence. Recurses only into what stood in brackets, whose
// depth the grammar has bound.
class ExprBuilder {
 public:
  ExprBuilder(Lowerer& lowerer, std::span<const SyntaxNode> row)
      : lowerer_(lowerer), row_(row) {}

  cst::Expr Build() {
    Built built = Or();
    if (!done() && !bad_) Leftover();
    if (bad_) {
      cst::Expr bad;
      static_cast<cst::Node&>(bad) = {row_.front().begin, row_.back().end};
      return bad;
    }
    return std::move(built.expr);
  }

 private:
  bool done() const { return at_ >= row_.size(); }
  // The operator that stands next, without `not`; empty when none does.
  string_view op() const {
    if (done() || row_[at_].kind != SyntaxKind::kOperator) return {};
    return LastWord(lowerer_.Text(row_[at_]));
  }
  string_view word() const {
    if (done() || row_[at_].kind != SyntaxKind::kWord) return {};
    return lowerer_.Text(row_[at_]);
  }

  Built Join(Built left, Built right, ExprKind kind, const SyntaxNode& op) {
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

  void CheckDepth(Built* built, const SyntaxNode& where) {
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

  // A chain of one operator, as one node: a or b or c.
  template <typename Next>
  Built Chain(string_view operation, Next next) {
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
      ++at_;
      built = next();
      chain.depth = std::max(chain.depth, built.depth + 1);
      chain.expr.end = built.expr.end;
      chain.expr.children.push_back(std::move(built.expr));
    }
    CheckDepth(&chain, row_[at_ - 1]);
    return chain;
  }

  Built Or() { return Chain("or", [this] { return And(); }); }
  Built And() { return Chain("and", [this] { return Not(); }); }
  Built Coalesce() { return Chain("??", [this] { return Sum(); }); }

  // `not` or `-` before what `next` reads, any number of times.
  template <typename Next>
  Built Prefixed(string_view operation, Next next) {
    const std::size_t first = at_;
    while (op() == operation) ++at_;
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

  Built Not() { return Prefixed("not", [this] { return Test(); }); }
  Built Unary() { return Prefixed("-", [this] { return Operand(); }); }

  Built Sum() {
    Built built = Product();
    while (op() == "+" || op() == "-") {
      const SyntaxNode& sign = row_[at_++];
      built = Join(std::move(built), Product(), ExprKind::kBinary, sign);
    }
    return built;
  }

  Built Product() {
    Built built = Unary();
    while (op() == "*" || op() == "/" || op() == "%") {
      const SyntaxNode& sign = row_[at_++];
      built = Join(std::move(built), Unary(), ExprKind::kBinary, sign);
    }
    return built;
  }

  Built Test() {
    Built left = Coalesce();
    if (!IsTest(op())) return left;
    const SyntaxNode& sign = row_[at_++];
    ReadAsElements(&left.expr);
    const bool all = word() == "all";
    if (all) ++at_;
    Built right = Coalesce();
    if (op() == "..") right = Range(std::move(right), sign);
    const cst::Node middle = right.expr;
    Built test = Join(std::move(left), std::move(right), ExprKind::kTest, sign);
    test.expr.all = all;
    test.expr.negated = lowerer_.Text(sign).starts_with("not");
    if (word() == "nocase") {
      test.expr.nocase = true;
      test.expr.end = row_[at_++].end;
    }
    if (IsTest(op())) Chained(middle);
    return test;
  }

  Built Range(Built low, const SyntaxNode& test) {
    const SyntaxNode& dots = row_[at_++];
    Built range =
        Join(std::move(low), Unary(), ExprKind::kRange, dots);
    if (bad_) return range;
    const bool numbers = IsNumber(range.expr.children[0]) &&
                         IsNumber(range.expr.children[1]);
    if (LastWord(lowerer_.Text(test)) != "in" || !numbers) {
      Misplaced(dots, "a range is two numbers behind `in`: x in 200..299");
    }
    return range;
  }

  // any(path) and so on, left of a test.
  static void ReadAsElements(cst::Expr* expr) {
    const bool named = expr->text == "any" || expr->text == "all" ||
                       expr->text == "none";
    if (expr->kind == ExprKind::kCall && named && expr->children.size() == 1) {
      expr->kind = ExprKind::kElements;
    }
  }

  void Chained(const cst::Node& middle) {
    const SyntaxNode& second = row_[at_];
    const string_view again = lowerer_.Text().substr(
        middle.begin, middle.end - middle.begin);
    const std::string op_text(lowerer_.Text(second));
    Diagnostic& diagnostic = lowerer_.Report(
        Kind::kChainedComparison, PlaceOf(second), "comparisons do not chain");
    diagnostic.help =
        absl::StrFormat("write `and %s %s` here", again, op_text);
    diagnostic.fix =
        Fix{diagnostic.span, absl::StrFormat("and %s %s", again, op_text)};
    bad_ = true;
  }

  void Misplaced(const SyntaxNode& node, std::string help) {
    if (bad_) return;
    lowerer_
        .Report(Kind::kMisplaced, PlaceOf(node),
                absl::StrFormat("`%s` does not stand here", lowerer_.Text(node)))
        .help = std::move(help);
    bad_ = true;
  }

  // Something stands behind a complete expression.
  void Leftover() {
    const SyntaxNode& node = row_[at_];
    if (op() == "..") {
      Misplaced(node, "a range is two numbers behind `in`: x in 200..299");
    } else if (word() == "nocase") {
      Misplaced(node, "`nocase` ends a test of text: x contains \"a\" nocase");
    } else {
      Misplaced(node, "`nocase` ends its test; put the rest in parentheses");
    }
  }

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
  built.expr.kind = lowerer_.sink_->errors() == errors ? ExprKind::kLiteral
                                                       : ExprKind::kBad;
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

// [-] number .. [-] number, as the limit of a field.
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
    SyntaxNode operand{SyntaxKind::kOperand, node.broken, node.begin, node.end,
                       {node}};
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
