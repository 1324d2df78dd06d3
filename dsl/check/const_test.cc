// Tests on constants: what the truth of a filter and closed sets rest on.
#include "dsl/check/const_test.h"

#include <compare>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/program/prepared.h"

namespace tocsin::dsl {
namespace {

std::string Folded(std::string_view text) {
  std::string folded;
  FoldAscii(text, &folded);
  return folded;
}

// Numbers as long double: 64 bits of mantissa hold every int64 and uint64.
std::optional<long double> Number(const Constant& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value.value)) return *i;
  if (const auto* u = std::get_if<std::uint64_t>(&value.value)) return *u;
  if (const auto* f = std::get_if<double>(&value.value)) return *f;
  return std::nullopt;
}

std::optional<PreparedPattern::Kind> PatternKind(ExprOp op) {
  switch (op) {
    case ExprOp::kContains:
      return PreparedPattern::Kind::kContains;
    case ExprOp::kStartsWith:
      return PreparedPattern::Kind::kStartsWith;
    case ExprOp::kEndsWith:
      return PreparedPattern::Kind::kEndsWith;
    case ExprOp::kLike:
      return PreparedPattern::Kind::kLike;
    case ExprOp::kMatches:
      return PreparedPattern::Kind::kRegex;
    default:
      return std::nullopt;
  }
}

bool TestText(const CheckedExpr& test, PreparedPattern::Kind kind,
              const Constant& value) {
  const auto* text = std::get_if<std::string>(&value.value);
  if (text == nullptr) return false;
  std::vector<std::string> texts;
  const Constant& right = test.children[1].constant;
  if (const auto* one = std::get_if<std::string>(&right.value)) {
    texts.push_back(*one);
  } else if (const auto* list = std::get_if<ConstantList>(&right.value)) {
    for (const Constant& item : *list) {
      if (const auto* part = std::get_if<std::string>(&item.value)) {
        texts.push_back(*part);
      }
    }
  }
  if (texts.empty()) return test.all;
  const PreparedPattern pattern(kind, std::move(texts), test.nocase, test.all);
  std::string folded;
  return pattern.Matches(*text, &folded);
}

bool IsMember(const Constant& value, const Constant& right, bool nocase) {
  const auto* address = std::get_if<IpAddress>(&value.value);
  if (const auto* network = std::get_if<Cidr>(&right.value)) {
    return address != nullptr ? network->Contains(*address)
                              : ConstantsEqual(value, right, nocase);
  }
  if (const auto* list = std::get_if<ConstantList>(&right.value)) {
    for (const Constant& item : *list) {
      if (IsMember(value, item, nocase)) return true;
    }
    return false;
  }
  return ConstantsEqual(value, right, nocase);
}

bool Ordered(ExprOp op, int order) {
  switch (op) {
    case ExprOp::kLess:
      return order < 0;
    case ExprOp::kLessEq:
      return order <= 0;
    case ExprOp::kGreater:
      return order > 0;
    default:
      return order >= 0;
  }
}

}  // namespace

bool ConstantsEqual(const Constant& a, const Constant& b, bool nocase) {
  const auto x = Number(a);
  const auto y = Number(b);
  if (x.has_value() && y.has_value()) return *x == *y;
  const auto* s = std::get_if<std::string>(&a.value);
  const auto* t = std::get_if<std::string>(&b.value);
  if (nocase && s != nullptr && t != nullptr) return Folded(*s) == Folded(*t);
  return a == b;
}

bool CompareConstants(const Constant& a, const Constant& b, int* order) {
  const auto set = [order](const auto& x, const auto& y) {
    *order = x < y ? -1 : y < x ? 1 : 0;
    return true;
  };
  const auto x = Number(a);
  const auto y = Number(b);
  if (x.has_value() && y.has_value()) return set(*x, *y);
  if (a.value.index() != b.value.index()) return false;
  if (const auto* s = std::get_if<std::string>(&a.value)) {
    return set(*s, std::get<std::string>(b.value));
  }
  if (const auto* t = std::get_if<Time>(&a.value)) {
    return set(t->us, std::get<Time>(b.value).us);
  }
  if (const auto* d = std::get_if<Duration>(&a.value)) {
    return set(d->us, std::get<Duration>(b.value).us);
  }
  return false;
}

bool TestConstant(const CheckedExpr& test, const Constant& value, bool* known) {
  *known = true;
  for (std::size_t i = 1; i < test.children.size(); ++i) {
    if (test.children[i].op != ExprOp::kConst) *known = false;
  }
  if (!*known) return false;
  int order = 0;
  switch (test.op) {
    case ExprOp::kEq:
      return ConstantsEqual(value, test.children[1].constant, test.nocase);
    case ExprOp::kIn:
      return IsMember(value, test.children[1].constant, test.nocase);
    case ExprOp::kLess:
    case ExprOp::kLessEq:
    case ExprOp::kGreater:
    case ExprOp::kGreaterEq:
      return CompareConstants(value, test.children[1].constant, &order) &&
             Ordered(test.op, order);
    case ExprOp::kInRange:
      return CompareConstants(value, test.children[1].constant, &order) &&
             order >= 0 &&
             CompareConstants(value, test.children[2].constant, &order) &&
             order <= 0;
    default:
      break;
  }
  if (const auto kind = PatternKind(test.op)) {
    return TestText(test, *kind, value);
  }
  *known = false;
  return false;
}

}  // namespace tocsin::dsl
