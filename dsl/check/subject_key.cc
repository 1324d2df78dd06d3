// Expressions as text, so that two that mean the same are recognised.
#include <cstdint>
#include <string>
#include <string_view>

#include "dsl/check/constants.h"
#include "dsl/check/truth.h"

namespace tocsin::dsl {
namespace {

// Seven bits a byte, the last without the eighth: ends by itself.
void AppendNumber(std::uint64_t number, std::string* key) {
  for (; number >= 0x80; number >>= 7) {
    key->push_back(static_cast<char>(number | 0x80));
  }
  key->push_back(static_cast<char>(number));
}

void AppendText(std::string_view text, std::string* key) {
  AppendNumber(text.size(), key);  // So that no text can imitate a key.
  *key += text;
}

void AppendConstant(const Constant& constant, std::string* key) {
  if (const auto* text = std::get_if<std::string>(&constant.value)) {
    key->push_back('t');
    AppendText(*text, key);
  } else if (const auto* whole = std::get_if<std::int64_t>(&constant.value);
             whole != nullptr && *whole >= 0) {
    key->push_back('i');
    AppendNumber(static_cast<std::uint64_t>(*whole), key);
  } else if (const auto* list = std::get_if<ConstantList>(&constant.value)) {
    key->push_back('[');
    for (const Constant& item : *list) AppendConstant(item, key);
    key->push_back(']');
  } else {
    key->push_back('c');
    AppendText(FormatConstant(constant), key);
  }
}

// Once or more for every node of every filter: no formatting library.
void Append(const CheckedExpr& expr, std::string* key) {
  const char opens[] = {'(',
                        static_cast<char>('A' + static_cast<int>(expr.op))};
  key->append(opens, sizeof opens);
  switch (expr.op) {
    case ExprOp::kConst:
      AppendConstant(expr.constant, key);
      break;
    case ExprOp::kPath:
      for (const PathSegment& segment : expr.path) {
        key->push_back(static_cast<char>('0' + static_cast<int>(segment.kind)));
        if (segment.kind == PathSegment::Kind::kKey) {
          AppendText(segment.key, key);
        } else {
          AppendNumber(static_cast<std::uint64_t>(segment.index), key);
        }
      }
      break;
    case ExprOp::kList:
      AppendNumber(expr.list, key);
      break;
    case ExprOp::kDerived:
      AppendNumber(expr.derived, key);
      break;
    case ExprOp::kCall:
      AppendNumber(static_cast<std::uint64_t>(expr.function), key);
      break;
    case ExprOp::kVariable:
    case ExprOp::kAny:
    case ExprOp::kAll:
    case ExprOp::kNone:
    case ExprOp::kCount:
      AppendNumber(expr.slot, key);
      break;
    case ExprOp::kLookup:
      AppendNumber(expr.index, key);
      AppendNumber(expr.column, key);
      break;
    case ExprOp::kStep:
      AppendNumber(expr.index, key);
      key->push_back(expr.pick == StepPick::kOldest ? 'o' : 'n');
      break;
    case ExprOp::kStepCount:
    case ExprOp::kAggregate:
    case ExprOp::kKey:
    case ExprOp::kCollected:
    case ExprOp::kShown:
      AppendNumber(expr.index, key);
      break;
    case ExprOp::kAlertField:
      AppendNumber(static_cast<std::uint64_t>(expr.alert_field), key);
      break;
    default:
      key->push_back(static_cast<char>('0' + static_cast<int>(expr.elements)));
      if (expr.all) key->push_back('a');
      if (expr.nocase) key->push_back('n');
  }
  for (const CheckedExpr& child : expr.children) Append(child, key);
  key->push_back(')');
}

}  // namespace

Hash128 SubjectKey(const CheckedExpr& expr, std::size_t* cost) {
  thread_local std::string key;  // Kept: several for every node of a filter.
  key.clear();
  Append(expr, &key);
  if (cost != nullptr) *cost = key.size();
  return HashWide(key);
}

}  // namespace tocsin::dsl
