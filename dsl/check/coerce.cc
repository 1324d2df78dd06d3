// Types of the two sides of a test: what compares, what is converted, and the
// mend where a type is wrong.
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/constants.h"
#include "dsl/check/test_checker.h"
#include "dsl/check/types.h"

namespace tocsin::dsl {
namespace {

bool IsAddress(TypeKind kind) {
  return kind == TypeKind::kIp || kind == TypeKind::kCidr;
}

bool IsTextOrAny(TypeKind kind) {
  return kind == TypeKind::kString || kind == TypeKind::kAny;
}

}  // namespace

// `side` becomes function(side), element by element where it is a list.
void TestChecker::Wrap(Value* side, Function function, TypeKind result) {
  const Span span = side->expr.span;
  const bool list = side->expr.type.kind == TypeKind::kList;
  CheckedExpr call = checker_.Make(ExprOp::kCall, result, span);
  call.function = function;
  if (list) call.type = ListOf(MakeType(result));
  call.children.push_back(std::move(side->expr));
  side->expr = std::move(call);
  side->field = nullptr;
}

bool TestChecker::Mismatch() {
  const TypeKind left = TestedType(left_.expr.type).kind;
  Diagnostic& d = report_.Emit(
      Kind::kWrongType, span_,
      absl::StrFormat("`%s` is %s and is compared with %s", Text(left_),
                      AType(left_.expr.type), AType(right_.expr.type)));
  if (constants_.size() != 1 || right_.expr.type.kind == TypeKind::kList) {
    return false;
  }
  const auto& [value, span] = constants_[0];
  const auto* text = std::get_if<std::string>(&value.value);
  Constant parsed;
  const bool typed = left == TypeKind::kInt || left == TypeKind::kFloat ||
                     left == TypeKind::kBool || left == TypeKind::kDuration;
  if (text != nullptr && typed && ParseAs(*text, left, &parsed)) {
    d.fix = Fix{span, *text};
  } else if (text != nullptr && left == TypeKind::kTime) {
    std::int64_t us = 0;
    const bool day = ParseDay(*text, &us);
    if (day || ParseRfc3339(*text, &us)) {
      d.fix = Fix{span, absl::StrFormat("time(\"%s%s\")", *text,
                                        day ? "T00:00:00Z" : "")};
    }
  } else if (left == TypeKind::kString && text == nullptr) {
    d.fix = Fix{span, absl::StrFormat("\"%s\"", checker_.context_.Text(span))};
  }
  if (d.fix.has_value()) d.help = absl::StrFormat("write %s", d.fix->text);
  return false;
}

bool TestChecker::Coerce() {
  const Type& left_type = TestedType(left_.expr.type);
  const TypeKind left = left_type.kind;
  if (!IsScalar(left)) {
    return Refuse(left_.expr.span,
                  absl::StrFormat("`%s` is %s; only what it holds can be "
                                  "tested",
                                  Text(left_), AType(left_type)),
                  "name a member, or write text(..), keys_of(..), "
                  "values_of(..)");
  }
  if (expr_.nocase &&
      (IsOrdering() || op_ == ExprOp::kInRange || !IsTextOrAny(left))) {
    return Refuse(SpanOf(expr_), "`nocase` stands behind tests of texts", "");
  }
  if (op_ == ExprOp::kInRange) return CoerceRange();
  if (IsTextTest()) return CoerceText();
  for (Value& item : dynamic_) {
    // Fields within a list literal: each compares as if it stood alone.
    const TypeKind kind = TestedType(item.expr.type).kind;
    if (kind == left || kind == TypeKind::kAny || left == TypeKind::kAny ||
        (IsNumber(kind) && IsNumber(left))) {
      continue;
    }
    return Refuse(
        item.expr.span,
        absl::StrFormat("`%s` is %s and is compared with %s", Text(left_),
                        AType(left_.expr.type), AType(item.expr.type)),
        "");
  }
  const TypeKind right = TestedType(right_.expr.type).kind;
  if (!IsScalar(right)) return Mismatch();
  if (IsAddress(left) || IsAddress(right)) return CoerceAddress(left, right);
  if (left == TypeKind::kTime || right == TypeKind::kTime) {
    return CoerceTime(left, right);
  }
  const bool any = left == TypeKind::kAny || right == TypeKind::kAny;
  if (left_.expr.op == ExprOp::kPath && left == TypeKind::kAny &&
      right == TypeKind::kDuration) {
    return Refuse(
        span_,
        absl::StrFormat("`%s` is of no declared type, and only a "
                        "declared duration is one",
                        Text(left_)),
        "in JSON a duration is a text or a number; compare with that");
  }
  if (!any && left != right && !(IsNumber(left) && IsNumber(right))) {
    return Mismatch();
  }
  if (IsOrdering() && !(IsOrdered(left) && IsOrdered(right))) {
    return Refuse(
        span_,
        absl::StrFormat("`%s` between %s and %s", expr_.op,
                        AType(left_.expr.type), AType(right_.expr.type)),
        "numbers, times, durations and texts have an order");
  }
  return true;
}

// Texts on the right as constants of `kind`; told at the one that is none.
bool TestChecker::ParseRight(TypeKind kind) {
  ConstantList values;
  bool networks = false;
  for (auto& [value, span] : constants_) {
    const auto* text = std::get_if<std::string>(&value.value);
    Constant parsed;
    if (text == nullptr || !ParseAs(*text, kind, &parsed)) {
      report_
          .Emit(Kind::kBadConstant, span,
                absl::StrFormat("%s is no address", FormatConstant(value)))
          .help = "10.0.0.1, 2001:db8::1, or with a prefix 10.0.0.0/8";
      return false;
    }
    networks = networks || std::holds_alternative<Cidr>(parsed.value);
    values.push_back(std::move(parsed));
  }
  const TypeKind result = networks ? TypeKind::kCidr : TypeKind::kIp;
  if (right_.expr.type.kind != TypeKind::kList) {
    right_.expr.constant = std::move(values[0]);
    right_.expr.type = MakeType(result);
    return true;
  }
  for (Constant& value : values) {
    const auto* address = std::get_if<IpAddress>(&value.value);
    if (networks && address != nullptr) value.value = NetworkOf(*address);
  }
  right_.expr.constant.value = std::move(values);
  right_.expr.type = ListOf(MakeType(result));
  return true;
}

bool TestChecker::CoerceAddress(TypeKind left, TypeKind right) {
  if (IsOrdering()) {
    return Refuse(span_,
                  absl::StrFormat("`%s` between addresses, which have no order",
                                  expr_.op),
                  "`in 10.0.0.0/8` asks for a network");
  }
  if (IsAddress(left) && IsTextOrAny(right)) {
    if (right_.expr.op == ExprOp::kList) {
      return Refuse(right_.expr.span,
                    absl::StrFormat("`%s` is a list of texts, `%s` an address",
                                    Text(right_), Text(left_)),
                    "write the list's addresses without quotes, or `as ip`");
    }
    if (right_.expr.op != ExprOp::kConst) {
      Wrap(&right_, left == TypeKind::kIp ? Function::kIp : Function::kCidr,
           left);
      return true;
    }
    if (constants_.empty()) return true;  // An empty list.
    if (!ParseRight(left)) return false;
    right = TestedType(right_.expr.type).kind;
  } else if (IsTextOrAny(left)) {
    Wrap(&left_, Function::kIp, TypeKind::kIp);
    left = TypeKind::kIp;
  } else if (!IsAddress(left) || !IsAddress(right)) {
    return Mismatch();
  }
  if (left == TypeKind::kIp && right == TypeKind::kCidr && op_ == ExprOp::kEq) {
    if (right_.expr.op != ExprOp::kConst) return Mismatch();
    Diagnostic& d = report_.Emit(Kind::kWrongType, span_,
                                 "an address is compared with a network");
    const std::string meant = negated_ ? "not in" : "in";
    d.help = absl::StrFormat("write `%s`", meant);
    d.fix = Fix{SpanOf(expr_.word), meant};
    return false;
  }
  if (left == TypeKind::kCidr && op_ == ExprOp::kIn) {
    return Refuse(span_, "`in` with a network on the left",
                  "an address is in a network; networks compare with ==");
  }
  if (left == TypeKind::kCidr && right == TypeKind::kIp) return Mismatch();
  return true;
}

bool TestChecker::CoerceTime(TypeKind left, TypeKind right) {
  if (left == right) return true;
  if (right == TypeKind::kTime && IsTextOrAny(left)) {
    Wrap(&left_, Function::kTime, TypeKind::kTime);
    return true;
  }
  if (left != TypeKind::kTime || !IsTextOrAny(right)) return Mismatch();
  if (right_.expr.op != ExprOp::kConst) {
    if (right_.expr.op == ExprOp::kList) return Mismatch();
    Wrap(&right_, Function::kTime, TypeKind::kTime);
    return true;
  }
  return constants_.empty() || Mismatch();
}

bool TestChecker::CoerceRange() {
  const TypeKind left = TestedType(left_.expr.type).kind;
  const TypeKind low = right_.expr.type.kind;
  const TypeKind high = high_.expr.type.kind;
  if (!IsNumber(low) || !IsNumber(high)) {
    return Refuse(SpanOf(expr_.children[1]), "a range is of numbers", "");
  }
  if (!IsNumber(left) && left != TypeKind::kAny) return Mismatch();
  return true;
}

bool TestChecker::CoerceText() {
  const TypeKind left = TestedType(left_.expr.type).kind;
  if (!IsTextOrAny(left)) {
    return Refuse(left_.expr.span,
                  absl::StrFormat("`%s` needs a text, and `%s` is %s", expr_.op,
                                  Text(left_), AType(left_.expr.type)),
                  absl::StrFormat("text(%s) is its text", Text(left_)));
  }
  std::vector<const Value*> rights = {&right_};
  for (const Value& item : dynamic_) rights.push_back(&item);
  for (const Value* right : rights) {
    const TypeKind kind = TestedType(right->expr.type).kind;
    if (!IsTextOrAny(kind)) {
      return Refuse(right->expr.span,
                    absl::StrFormat("`%s` looks for a text, and this is %s",
                                    expr_.op, AType(right->expr.type)),
                    "");
    }
    if (op_ != ExprOp::kMatches) continue;
    if (right->expr.op != ExprOp::kConst && right->expr.op != ExprOp::kList) {
      report_.Emit(Kind::kNotConstant, right->expr.span,
                   "a pattern is a constant");
      return false;
    }
    if (!checker_.CheckPattern(*right, false)) return false;
  }
  return true;
}

}  // namespace tocsin::dsl
