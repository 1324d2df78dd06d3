// The shape of tests; see test_checker.h.
#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/constants.h"
#include "dsl/check/test_checker.h"
#include "dsl/check/types.h"

namespace tocsin::dsl {
namespace {

struct Operator {
  std::string_view text;
  ExprOp op;
};
constexpr std::array<Operator, 12> kOperators = {{
    {"==", ExprOp::kEq},
    {"!=", ExprOp::kEq},
    {"<", ExprOp::kLess},
    {"<=", ExprOp::kLessEq},
    {">", ExprOp::kGreater},
    {">=", ExprOp::kGreaterEq},
    {"in", ExprOp::kIn},
    {"contains", ExprOp::kContains},
    {"startswith", ExprOp::kStartsWith},
    {"endswith", ExprOp::kEndsWith},
    {"like", ExprOp::kLike},
    {"matches", ExprOp::kMatches},
}};

ExprOp Mirrored(ExprOp op) {
  switch (op) {
    case ExprOp::kLess:
      return ExprOp::kGreater;
    case ExprOp::kLessEq:
      return ExprOp::kGreaterEq;
    case ExprOp::kGreater:
      return ExprOp::kLess;
    case ExprOp::kGreaterEq:
      return ExprOp::kLessEq;
    default:
      return op;
  }
}

// Letters, digits and dashes in one piece, a letter first.
bool LooksLikeText(std::string_view text) {
  const auto letter = [](char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  return !text.empty() && letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&letter](char c) {
           return letter(c) || (c >= '0' && c <= '9') || c == '-';
         });
}

const cst::Expr& Unwrapped(const cst::Expr& expr) {
  return expr.kind == cst::ExprKind::kParen ? Unwrapped(expr.children[0])
                                            : expr;
}

}  // namespace

Value ExprChecker::Test(const cst::Expr& expr, const Scope& scope) {
  if (expr.op == "in") {
    const TableSymbol* table = TableOf(Unwrapped(expr.children[1]), scope);
    if (table != nullptr) return TableTest(expr, *table, scope);
  }
  return TestChecker(this, expr, scope).Run();
}

TestChecker::TestChecker(ExprChecker* checker, const cst::Expr& expr,
                         const Scope& scope)
    : checker_(*checker),
      report_(checker->report_),
      expr_(expr),
      scope_(scope),
      span_(checker->SpanOf(expr, scope)) {
  for (const Operator& known : kOperators) {
    if (known.text == expr.op) op_ = known.op;
  }
  negated_ = expr.negated || expr.op == "!=";
}

bool TestChecker::IsTextTest() const {
  return op_ == ExprOp::kContains || op_ == ExprOp::kStartsWith ||
         op_ == ExprOp::kEndsWith || op_ == ExprOp::kLike ||
         op_ == ExprOp::kMatches;
}

bool TestChecker::IsOrdering() const {
  return op_ == ExprOp::kLess || op_ == ExprOp::kLessEq ||
         op_ == ExprOp::kGreater || op_ == ExprOp::kGreaterEq;
}

std::string TestChecker::Text(const Value& side) const {
  return checker_.context_.Text(side.expr.span);
}

bool TestChecker::Refuse(Span span, std::string message, std::string help) {
  report_.Emit(Kind::kWrongType, span, std::move(message)).help =
      std::move(help);
  return false;
}

Value TestChecker::Run() {
  const bool left = ReadLeft();
  const bool right = ReadRight();  // Both, so that both are told.
  if (!left || !right) return checker_.Bad(span_);
  TurnRound();
  if (!Shape() || !Coerce() || !CheckFieldLimits()) {
    return checker_.Bad(span_);
  }
  return Finish();
}

bool TestChecker::ReadLeft() {
  const cst::Expr& left = expr_.children[0];
  if (left.kind != cst::ExprKind::kElements) {
    left_ = checker_.Check(left, scope_);
    return !left_.bad;
  }
  explicit_elements_ = true;
  if (left.text == "all") elements_ = Elements::kAll;
  if (left.text == "none") elements_ = Elements::kNone;
  left_ = checker_.Check(left.children[0], scope_);
  if (left_.bad) return false;
  const TypeKind kind = left_.expr.type.kind;
  if (kind == TypeKind::kList || kind == TypeKind::kAny) return true;
  return Refuse(SpanOf(left.children[0]),
                absl::StrFormat("`%s(..)` of %s, which is no list", left.text,
                                AType(left_.expr.type)),
                "`any`, `all` and `none` look at the elements of a list");
}

// What is compared with a text may lack its quotes: a bare name, or
// `kube-system`, which is no subtraction here.
Value TestChecker::ReadValue(const cst::Expr& expr) {
  const TypeKind kind = TestedType(left_.expr.type).kind;
  if (expr.kind == cst::ExprKind::kName) {
    Scope wanting = scope_;
    wanting.text_wanted =
        left_.bad || kind == TypeKind::kString || kind == TypeKind::kAny;
    wanting.list_wanted = expr_.op == "in";
    return checker_.Check(expr, wanting);
  }
  const Span span = SpanOf(expr);
  if (kind == TypeKind::kString && expr.kind == cst::ExprKind::kBinary &&
      expr.op == "-") {
    const std::string text = checker_.context_.Text(span);
    if (LooksLikeText(text)) {
      const std::string meant = absl::StrFormat("\"%s\"", text);
      Diagnostic& d = report_.Emit(
          Kind::kWrongType, span,
          absl::StrFormat("`%s` without quotes is a subtraction", text));
      d.help = absl::StrFormat("a text stands in quotes: %s", meant);
      d.fix = Fix{span, meant};
      return checker_.Bad(span);
    }
  }
  return checker_.Check(expr, scope_);
}

bool TestChecker::ReadRight() {
  const cst::Expr& right = Unwrapped(expr_.children[1]);
  if (right.kind == cst::ExprKind::kRange) return ReadRange();
  // A slot that Finish() may bind around the right side.
  const std::uint32_t slots = checker_.slots_;
  if (explicit_elements_) ++checker_.slots_;
  bool whole = true;
  if (right.kind == cst::ExprKind::kTuple) whole = RefuseTuple(right);
  if (right.kind == cst::ExprKind::kList ||
      right.kind == cst::ExprKind::kTuple) {
    std::vector<Value> items;
    for (const cst::Expr& child : right.children) {
      Value item = ReadValue(child);
      whole = whole && !item.bad;
      if (item.bad) continue;
      if (item.expr.op == ExprOp::kConst) {
        constants_.emplace_back(item.expr.constant, SpanOf(child));
        items.push_back(std::move(item));
      } else {
        dynamic_.push_back(std::move(item));
      }
    }
    right_ = checker_.MakeList(std::move(items), SpanOf(right));
  } else {
    right_ = ReadValue(right);
    if (!right_.bad && right_.expr.op == ExprOp::kConst &&
        !std::holds_alternative<ConstantList>(right_.expr.constant.value)) {
      constants_.emplace_back(right_.expr.constant, right_.expr.span);
    }
  }
  checker_.slots_ = slots;
  if (!right_.bad && right_.expr.op == ExprOp::kConst && constants_.empty()) {
    // A list that came through a parameter: its values share one place.
    if (const auto* list =
            std::get_if<ConstantList>(&right_.expr.constant.value)) {
      for (const Constant& item : *list) {
        constants_.emplace_back(item, right_.expr.span);
      }
    }
  }
  return whole && !right_.bad;
}

// `verb in ("get", "list")`, as SQL has it.
bool TestChecker::RefuseTuple(const cst::Expr& right) {
  const Span span = SpanOf(right);
  std::string meant = checker_.context_.Text(span);
  if (meant.size() > 1) {
    meant.front() = '[';
    meant.back() = ']';
  }
  Diagnostic& d = report_.Emit(Kind::kWrongType, span,
                               "a list stands in brackets, not parentheses");
  d.help = absl::StrFormat("write %s", meant);
  d.fix = Fix{span, meant};
  return false;
}

bool TestChecker::ReadRange() {
  const cst::Expr& range = Unwrapped(expr_.children[1]);
  right_ = checker_.ConstantOf(range.children[0], scope_);
  high_ = checker_.ConstantOf(range.children[1], scope_);
  op_ = ExprOp::kInRange;
  return !right_.bad && !high_.bad;
}

void TestChecker::TurnRound() {
  const bool turns = op_ == ExprOp::kEq || IsOrdering();
  if (!turns || left_.expr.op != ExprOp::kConst ||
      right_.expr.op == ExprOp::kConst || right_.expr.op == ExprOp::kList) {
    return;
  }
  std::swap(left_, right_);
  op_ = Mirrored(op_);
  constants_ = {{right_.expr.constant, right_.expr.span}};
}

bool TestChecker::Shape() {
  const TypeKind right = right_.expr.type.kind;
  if (op_ == ExprOp::kEq && right == TypeKind::kList) op_ = ExprOp::kIn;
  if (op_ == ExprOp::kIn) {
    if (right == TypeKind::kIp) {
      op_ = ExprOp::kEq;
    } else if (right == TypeKind::kMap || right == TypeKind::kObject) {
      return Refuse(right_.expr.span,
                    absl::StrFormat("`in` %s", AType(right_.expr.type)),
                    "exists(x[\"key\"]) asks for a member, keys_of(x) gives "
                    "the names");
    } else if (right == TypeKind::kCidr) {
      if (right_.expr.op == ExprOp::kConst) return true;
      report_.Emit(Kind::kNotConstant, right_.expr.span,
                   "a network right of `in` is a constant");
      return false;
    } else if (right != TypeKind::kList && right != TypeKind::kAny) {
      return RefuseMember(right);
    }
  }
  if (IsOrdering() && right == TypeKind::kList) {
    return Refuse(right_.expr.span,
                  absl::StrFormat("`%s` with a list on the right", expr_.op),
                  "only == in contains startswith endswith like matches take "
                  "a list");
  }
  return true;
}

// `client in "10.0.0.0/8"`: a network has no quotes.
bool TestChecker::RefuseMember(TypeKind right) {
  const Span span = right_.expr.span;
  Diagnostic& d = report_.Emit(
      Kind::kWrongType, span,
      absl::StrFormat("`in` needs a list, a range or a network, and this is %s",
                      AType(right_.expr.type)));
  if (right != TypeKind::kString) return false;
  const std::string text = checker_.context_.Text(span);
  const bool network = text.size() > 2 && text.find('/') != std::string::npos &&
                       text.find_first_not_of("\"0123456789abcdefABCDEF.:/") ==
                           std::string::npos;
  if (!network) {
    d.help = "`a contains b` looks for a text within a text";
    return false;
  }
  const std::string bare = text.substr(1, text.size() - 2);
  d.help = absl::StrFormat("a network stands without quotes: %s", bare);
  d.fix = Fix{span, bare};
  return false;
}

CheckedExpr TestChecker::Build(CheckedExpr left) {
  if (!dynamic_.empty()) return BuildDynamic(left);
  CheckedExpr test = checker_.Make(op_, TypeKind::kBool, span_);
  test.elements = elements_;
  test.all = expr_.all;
  test.nocase = expr_.nocase;
  test.children.push_back(std::move(left));
  test.children.push_back(right_.expr);
  if (op_ == ExprOp::kInRange) test.children.push_back(high_.expr);
  return test;
}

// x in [a, "b"] with a field in the list: x == a or x in ["b"].
CheckedExpr TestChecker::BuildDynamic(const CheckedExpr& left) {
  std::vector<CheckedExpr> parts;
  const auto add = [&](ExprOp op, CheckedExpr right) {
    CheckedExpr test = checker_.Make(op, TypeKind::kBool, span_);
    test.elements = elements_;
    test.all = expr_.all;
    test.nocase = expr_.nocase;
    test.children.push_back(left);
    test.children.push_back(std::move(right));
    parts.push_back(std::move(test));
  };
  if (!constants_.empty()) add(op_, right_.expr);
  for (const Value& item : dynamic_) {
    const bool single = item.expr.type.kind != TypeKind::kList;
    add(op_ == ExprOp::kIn && single ? ExprOp::kEq : op_, item.expr);
  }
  const bool each = expr_.all && IsTextTest();
  return MakeJoin(each ? ExprOp::kAnd : ExprOp::kOr, std::move(parts), span_);
}

Value TestChecker::Finish() {
  NoteUnequal();
  NoteContains();
  Value value;
  // `all(x) != v` speaks of each element; a bare `x != v` denies the whole.
  if (explicit_elements_ && (negated_ || !dynamic_.empty())) {
    CheckedExpr variable =
        checker_.Make(ExprOp::kVariable, TypeKind::kAny, left_.expr.span);
    variable.type = TestedType(left_.expr.type);
    variable.slot = checker_.slots_;
    const Elements elements = elements_;
    elements_ = Elements::kAny;
    CheckedExpr body = Build(std::move(variable));
    if (negated_) body = MakeNot(std::move(body), span_);
    const ExprOp op = elements == Elements::kAll    ? ExprOp::kAll
                      : elements == Elements::kNone ? ExprOp::kNone
                                                    : ExprOp::kAny;
    value.expr = checker_.Make(op, TypeKind::kBool, span_);
    value.expr.slot = checker_.slots_;
    value.expr.children.push_back(std::move(left_.expr));
    value.expr.children.push_back(std::move(body));
    return value;
  }
  value.expr = Build(std::move(left_.expr));
  if (negated_) value.expr = MakeNot(std::move(value.expr), span_);
  return value;
}

// `x != v` is true where x is missing: told when nothing else looks at x.
void TestChecker::NoteUnequal() {
  if (expr_.op != "!=" || explicit_elements_ || !left_.optional ||
      left_.expr.op != ExprOp::kPath || right_.expr.op != ExprOp::kConst) {
    return;
  }
  checker_.unequals_.push_back(
      {span_, left_.expr.path, FormatPath(left_.expr.path)});
}

void TestChecker::NoteContains() {
  if (op_ != ExprOp::kContains || explicit_elements_ || expr_.all ||
      left_.field == nullptr || left_.field->type.kind != TypeKind::kList ||
      constants_.empty()) {
    return;
  }
  Diagnostic& d = report_.Emit(
      Kind::kContainsOnList, span_,
      absl::StrFormat("`contains` looks for a text within each element of `%s`",
                      Text(left_)));
  const std::string meant = negated_ ? "!=" : "==";
  d.help = absl::StrFormat("an element that is equal: `%s %s ..`", Text(left_),
                           meant);
  d.fix = Fix{SpanOf(expr_.word), meant};
}

}  // namespace tocsin::dsl
