// Conditions: sorts the flat row behind `when` into terms. Tests joined by
// `and` before one `within` are one aggregate that shares the window.
#include <utility>

#include "dsl/parser/lower.h"

namespace tocsin::dsl::syntax {
namespace {

using cst::ConditionKind;

bool IsOperator(const SyntaxNode& node) {
  return node.kind == SyntaxKind::kOperator;
}

// Also the operator of another language, which is reported.
bool IsOr(std::string_view op) {
  return op == "or" || op == "||" || op == "OR";
}

// The row of a kTest without its window.
std::span<const SyntaxNode> TestRow(const SyntaxNode& test) {
  std::span<const SyntaxNode> row = test.kids;
  if (!row.empty() && row.back().kind == SyntaxKind::kWindow) {
    row = row.first(row.size() - 1);
  }
  return row;
}

// The duration of `count() >= 5 in 1m`, meant as the window, or null.
const SyntaxNode* DurationBehindIn(const SyntaxNode& test,
                                   std::string_view text) {
  const std::vector<SyntaxNode>& kids = test.kids;
  if (kids.size() < 5) return nullptr;
  const SyntaxNode& last = kids.back();
  const SyntaxNode& in = kids[kids.size() - 2];
  if (last.kind != SyntaxKind::kOperand || last.kids.size() != 1 ||
      last.kids[0].kind != SyntaxKind::kDuration ||
      text.substr(in.begin, in.end - in.begin) != "in") {
    return nullptr;
  }
  return &last.kids[0];
}

// A parenthesis that is a term by itself, not part of a sum.
bool IsParenthesis(const SyntaxNode& term) {
  return term.kind == SyntaxKind::kTest && term.kids.size() == 1 &&
         term.kids[0].kind == SyntaxKind::kConditionParen;
}

// Gathers the tests that stand before a window.
class PendingTests {
 public:
  bool empty() const { return tests_.empty(); }
  void Add(cst::Expr test) { tests_.push_back(std::move(test)); }

  cst::Condition Take(std::optional<cst::Window> window) {
    cst::Condition aggregate;
    aggregate.kind = ConditionKind::kAggregate;
    aggregate.begin = tests_.front().begin;
    aggregate.end = window ? window->end : tests_.back().end;
    if (tests_.size() == 1) {
      aggregate.exprs.push_back(std::move(tests_.front()));
    } else {
      cst::Expr joined;
      joined.kind = cst::ExprKind::kBinary;
      joined.op = "and";
      joined.begin = tests_.front().begin;
      joined.end = tests_.back().end;
      joined.word = {tests_.front().end, tests_[1].begin};
      joined.children = std::move(tests_);
      aggregate.exprs.push_back(std::move(joined));
    }
    aggregate.window = std::move(window);
    tests_.clear();
    return aggregate;
  }

 private:
  std::vector<cst::Expr> tests_;
};

cst::Condition Group(ConditionKind kind, std::vector<cst::Condition> children) {
  if (children.size() == 1) return std::move(children.front());
  cst::Condition group;
  group.kind = kind;
  group.begin = children.front().begin;
  group.end = children.back().end;
  group.children = std::move(children);
  return group;
}

}  // namespace

cst::Condition Lowerer::Condition(const SyntaxNode& node) {
  if (node.broken || node.kids.empty()) {
    MarkIncomplete();
    cst::Condition bad;
    static_cast<cst::Node&>(bad) = PlaceOf(node);
    return bad;
  }
  const std::span<const SyntaxNode> row = node.kids;
  std::vector<cst::Condition> either;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= row.size(); ++i) {
    const bool ends =
        i == row.size() || (IsOperator(row[i]) && IsOr(Text(row[i])));
    if (!ends) continue;
    either.push_back(
        Group(ConditionKind::kAnd, AndTerms(row.subspan(begin, i - begin))));
    begin = i + 1;
  }
  return Group(ConditionKind::kOr, std::move(either));
}

// The terms of one row joined by `and`.
std::vector<cst::Condition> Lowerer::AndTerms(std::span<const SyntaxNode> row) {
  std::vector<cst::Condition> terms;
  PendingTests pending;
  for (const SyntaxNode& node : row) {
    if (IsOperator(node)) continue;
    if (node.kind != SyntaxKind::kTest || IsParenthesis(node)) {
      if (!pending.empty()) terms.push_back(pending.Take(std::nullopt));
      terms.push_back(Term(node));
      continue;
    }
    if (const SyntaxNode* window = DurationBehindIn(node, Text())) {
      Diagnostic& diagnostic = Report(Kind::kForeignOperator,
                                      PlaceOf(node.kids[node.kids.size() - 2]),
                                      "`in` asks for a value, not for a time");
      diagnostic.help = "write `within`";
      diagnostic.fix = Fix{diagnostic.span, "within"};
      pending.Add(FlatExpr(node, TestRow(node).first(node.kids.size() - 2)));
      terms.push_back(pending.Take(WindowOf(*window)));
      continue;
    }
    pending.Add(FlatExpr(node, TestRow(node)));
    if (node.kids.back().kind == SyntaxKind::kWindow) {
      terms.push_back(pending.Take(Window(node.kids.back())));
    }
  }
  if (!pending.empty()) terms.push_back(pending.Take(std::nullopt));
  return terms;
}

cst::Condition Lowerer::Term(const SyntaxNode& node) {
  cst::Condition term;
  static_cast<cst::Node&>(term) = PlaceOf(node);
  if (IsParenthesis(node)) {
    term.kind = ConditionKind::kParen;
    term.children.push_back(Condition(node.kids[0].kids[0]));
    return term;
  }
  for (const SyntaxNode& kid : node.kids) {
    switch (kid.kind) {
      case SyntaxKind::kDuration:
        term.window = WindowOf(kid);
        break;
      case SyntaxKind::kExpr:
        term.exprs.push_back(Expr(kid));
        break;
      case SyntaxKind::kLearn:
        term.learn = Literal(kid.kids[0]);
        break;
      case SyntaxKind::kNumber:
        term.count = Literal(kid);
        break;
      case SyntaxKind::kName:
        term.names.push_back(Name(kid));
        break;
      case SyntaxKind::kWithout:
        term.without = Names(&kid);
        break;
      case SyntaxKind::kWhere:
        term.exprs.push_back(Expr(kid.kids[0]));
        break;
      case SyntaxKind::kStep: {
        cst::Step step;
        static_cast<cst::Node&>(step) = PlaceOf(kid);
        step.negated = Kid(kid, SyntaxKind::kWord) != nullptr;
        step.name = Name(*NameKid(kid));
        step.run = MaybeLiteral(Kid(kid, SyntaxKind::kRun));
        term.steps.push_back(std::move(step));
        break;
      }
      default:
        break;  // `all` of `all of`.
    }
  }
  switch (node.kind) {
    case SyntaxKind::kSilent:
      term.kind = ConditionKind::kSilent;
      break;
    case SyntaxKind::kNew:
      term.kind = ConditionKind::kNew;
      break;
    case SyntaxKind::kPartsOf:
      term.kind = ConditionKind::kPartsOf;
      break;
    case SyntaxKind::kSequence:
      term.kind = ConditionKind::kSequence;
      break;
    default:
      MarkIncomplete();
  }
  return term;
}

cst::Window Lowerer::WindowOf(const SyntaxNode& duration) {
  cst::Window window;
  static_cast<cst::Node&>(window) = PlaceOf(duration);
  window.length = Literal(duration);
  return window;
}

cst::Window Lowerer::Window(const SyntaxNode& node) {
  cst::Window window;
  static_cast<cst::Node&>(window) = PlaceOf(node);
  std::vector<cst::Literal> durations;
  for (const SyntaxNode& kid : node.kids) {
    if (kid.kind == SyntaxKind::kDuration) {
      durations.push_back(Literal(kid));
    } else if (kid.kind == SyntaxKind::kWord) {
      const std::string_view word = Text(kid);
      window.kind = word == "session"    ? cst::Window::Kind::kSession
                    : word == "tumbling" ? cst::Window::Kind::kTumbling
                                         : cst::Window::Kind::kHopping;
    } else {
      window.zone = Literal(kid);
    }
  }
  const bool session = window.kind == cst::Window::Kind::kSession;
  if (durations.size() == 2) {
    window.length = durations[session ? 1 : 0];
    window.step = durations[session ? 0 : 1];
  } else if (durations.size() == 1) {
    window.length = durations[0];
  }
  return window;
}

// A parenthesis inside a sum: its row as an expression.
cst::Expr Lowerer::ConditionAsExpr(const SyntaxNode& parenthesis) {
  cst::Expr paren;
  static_cast<cst::Node&>(paren) = PlaceOf(parenthesis);
  paren.kind = cst::ExprKind::kParen;
  const SyntaxNode& inner = parenthesis.kids.front();
  std::vector<SyntaxNode> row;
  for (const SyntaxNode& kid : inner.kids) {
    const bool plain = kid.kind == SyntaxKind::kTest && !kid.broken &&
                       kid.kids.back().kind != SyntaxKind::kWindow;
    if (plain) {
      row.insert(row.end(), kid.kids.begin(), kid.kids.end());
    } else if (IsOperator(kid)) {
      row.push_back(kid);
    } else {
      Report(Kind::kMisplaced, PlaceOf(kid),
             "this condition does not stand inside an expression")
          .help = "join conditions by `and` and `or`, each with its `within`";
      paren.kind = cst::ExprKind::kBad;
      return paren;
    }
  }
  paren.children.push_back(FlatExpr(inner, row));
  return paren;
}

}  // namespace tocsin::dsl::syntax
