// What a field can hold, as its schema says: `one of` (anything else is an
// error), `usually` (a near miss is a warning), `in LOW..HIGH`, `in LOW..`.
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/const_test.h"
#include "dsl/check/constants.h"
#include "dsl/check/test_checker.h"
#include "engine/base/strings.h"
#include "engine/program/prepared.h"

namespace tocsin::dsl {
namespace {

std::string Folded(std::string_view text) {
  std::string folded;
  FoldAscii(text, &folded);
  return folded;
}

// The value of the set that was meant, or empty.
std::string NearestValue(const Constant& value, const Field& field) {
  const auto* text = std::get_if<std::string>(&value.value);
  if (text == nullptr) return {};
  const std::string folded = Folded(*text);
  std::vector<std::string> known;
  for (const Constant& item : field.values) {
    if (const auto* known_text = std::get_if<std::string>(&item.value)) {
      if (Folded(*known_text) == folded) return *known_text;
      known.push_back(*known_text);
    }
  }
  const std::vector<std::string_view> views(known.begin(), known.end());
  const std::string nearest(Nearest(*text, views));
  // Among short words any two are near: PUT is not a misspelt GET.
  const bool alike =
      text->size() > 4 || Folded(nearest).substr(0, 1) == folded.substr(0, 1);
  return alike ? nearest : std::string();
}

bool Holds(const Field& field, const Constant& value, bool nocase) {
  for (const Constant& item : field.values) {
    if (ConstantsEqual(item, value, nocase)) return true;
  }
  return false;
}

}  // namespace

bool TestChecker::Impossible(Span span, const std::string& value,
                             const Field& field, const Constant* wrong) {
  Diagnostic& d =
      report_.Emit(Kind::kImpossibleValue, span,
                   absl::StrFormat("`%s` is never %s", Text(left_), value));
  if (field.limit == Field::Limit::kRange) {
    const std::string low = FormatConstant(field.values[0]);
    d.help = field.values.size() == 1
                 ? absl::StrFormat("it is %s or more", low)
                 : absl::StrFormat("it is %s to %s", low,
                                   FormatConstant(field.values[1]));
    return false;
  }
  const std::string meant =
      wrong == nullptr ? std::string() : NearestValue(*wrong, field);
  if (!meant.empty()) {
    Constant fixed;
    fixed.value = meant;
    d.help = absl::StrFormat("did you mean %s?", FormatConstant(fixed));
    d.fix = Fix{span, FormatConstant(fixed)};
    return false;
  }
  for (const Constant& item : field.values) {
    d.help += d.help.empty() ? "it is one of " : ", ";
    d.help += FormatConstant(item);
  }
  return false;
}

bool TestChecker::CheckFieldLimits() {
  if (left_.field == nullptr || left_.field->limit == Field::Limit::kNone) {
    return true;
  }
  const Field& field = *left_.field;
  switch (field.limit) {
    case Field::Limit::kOneOf:
      return CheckClosed(field);
    case Field::Limit::kUsually:
      CheckUsual(field);
      return true;
    default:
      return CheckRangeLimit(field);
  }
}

bool TestChecker::CheckClosed(const Field& field) {
  bool possible = true;
  if (op_ == ExprOp::kEq || op_ == ExprOp::kIn) {
    for (const auto& [value, span] : constants_) {
      if (Holds(field, value, expr_.nocase)) continue;
      possible = Impossible(span, FormatConstant(value), field, &value);
    }
    return possible;
  }
  if (constants_.empty()) return true;
  const CheckedExpr test = Build(left_.expr);
  for (const Constant& item : field.values) {
    bool known = false;
    if (TestConstant(test, item, &known) || !known) return true;
  }
  return Impossible(span_, "such a value", field, nullptr);
}

void TestChecker::CheckUsual(const Field& field) {
  if (op_ != ExprOp::kEq && op_ != ExprOp::kIn) return;
  for (const auto& [value, span] : constants_) {
    if (Holds(field, value, expr_.nocase)) continue;
    const std::string meant = NearestValue(value, field);
    if (meant.empty()) continue;  // A value of its own kind.
    Constant fixed;
    fixed.value = meant;
    Diagnostic& d =
        report_.Emit(Kind::kUnusualValue, span,
                     absl::StrFormat("`%s` is not usually %s", Text(left_),
                                     FormatConstant(value)));
    d.help = absl::StrFormat("did you mean %s?", FormatConstant(fixed));
    d.fix = Fix{span, FormatConstant(fixed)};
  }
}

bool TestChecker::CheckRangeLimit(const Field& field) {
  const Constant& low = field.values[0];
  const Constant* high = field.values.size() > 1 ? &field.values[1] : nullptr;
  int order = 0;
  const auto below = [&](const Constant& value) {
    return CompareConstants(value, low, &order) && order < 0;
  };
  const auto above = [&](const Constant& value) {
    return high != nullptr && CompareConstants(value, *high, &order) &&
           order > 0;
  };
  if (op_ == ExprOp::kEq || op_ == ExprOp::kIn) {
    bool possible = true;
    for (const auto& [value, span] : constants_) {
      if (!below(value) && !above(value)) continue;
      possible = Impossible(span, FormatConstant(value), field, nullptr);
    }
    return possible;
  }
  if (op_ == ExprOp::kInRange) {
    const Constant& from = right_.expr.constant;
    const Constant& to = high_.expr.constant;
    const bool empty = CompareConstants(from, to, &order) && order > 0;
    if (!empty && !above(from) && !below(to)) return true;
    return Impossible(
        SpanOf(expr_.children[1]),
        absl::StrFormat("in %s..%s", FormatConstant(from), FormatConstant(to)),
        field, nullptr);
  }
  if (!IsOrdering() || constants_.empty()) return true;
  const Constant& bound = constants_[0].first;
  const bool up = op_ == ExprOp::kGreater || op_ == ExprOp::kGreaterEq;
  const CheckedExpr test = Build(left_.expr);
  bool known = false;
  if (up && high == nullptr) return true;
  if (TestConstant(test, up ? *high : low, &known)) return true;
  return Impossible(
      span_,
      absl::StrFormat("%s %s", up ? "above" : "below", FormatConstant(bound)),
      field, nullptr);
}

}  // namespace tocsin::dsl
