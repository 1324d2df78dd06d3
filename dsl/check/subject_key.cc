// Expressions as text, so that two that mean the same are recognised.
#include "absl/strings/str_format.h"
#include "dsl/check/constants.h"
#include "dsl/check/truth.h"

namespace tocsin::dsl {
namespace {

void Append(const CheckedExpr& expr, std::string* key) {
  *key += absl::StrFormat("(%d", static_cast<int>(expr.op));
  switch (expr.op) {
    case ExprOp::kConst:
      *key += ":" + FormatConstant(expr.constant);
      break;
    case ExprOp::kPath:
      *key += ":" + FormatPath(expr.path);
      break;
    case ExprOp::kList:
      *key += absl::StrFormat(":%d", expr.list);
      break;
    case ExprOp::kDerived:
      *key += absl::StrFormat(":%d", expr.derived);
      break;
    case ExprOp::kCall:
      *key += absl::StrFormat(":%d", static_cast<int>(expr.function));
      break;
    case ExprOp::kVariable:
    case ExprOp::kAny:
    case ExprOp::kAll:
    case ExprOp::kNone:
    case ExprOp::kCount:
      *key += absl::StrFormat(":%d", expr.slot);
      break;
    default:
      *key += absl::StrFormat(":%d%d%d%d", static_cast<int>(expr.elements),
                              expr.all ? 1 : 0, expr.nocase ? 1 : 0,
                              expr.index);
  }
  for (const CheckedExpr& child : expr.children) Append(child, key);
  *key += ")";
}

}  // namespace

std::string SubjectKey(const CheckedExpr& expr) {
  std::string key;
  Append(expr, &key);
  return key;
}

}  // namespace tocsin::dsl
