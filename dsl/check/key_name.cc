// Names of values: `by client as ip` is ip, `by objectRef.namespace` namespace.
#include "dsl/check/key_name.h"

#include "absl/strings/str_format.h"

namespace tocsin::dsl {
namespace {

bool IsIdentifier(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '_') return false;
  }
  return true;
}

// The last segment of a path; empty for all else.
std::string LastSegment(const cst::Expr& expr, const Symbols& symbols) {
  switch (expr.kind) {
    case cst::ExprKind::kName:
      if (!expr.quoted && (symbols.lets.contains(expr.text) ||
                           symbols.lists.contains(expr.text))) {
        return {};
      }
      return expr.text;
    case cst::ExprKind::kMember:
      return expr.text;
    case cst::ExprKind::kParen:
    case cst::ExprKind::kWildcard:
      return LastSegment(expr.children[0], symbols);
    case cst::ExprKind::kSubscript: {
      const cst::Expr& index = expr.children[1];
      if (index.kind == cst::ExprKind::kLiteral &&
          index.literal.kind == cst::LiteralKind::kString) {
        return IsIdentifier(index.literal.text) ? index.literal.text
                                                : std::string();
      }
      return LastSegment(expr.children[0], symbols);
    }
    default:
      return {};
  }
}

}  // namespace

bool KeyName(const cst::Expr& expr, const std::optional<cst::Name>& as,
             const FileSettings& file, Context* context, std::string* name) {
  if (as.has_value()) {
    *name = as->text;
    return true;
  }
  if (expr.kind == cst::ExprKind::kBad) return false;
  *name = LastSegment(expr, context->symbols);
  if (!name->empty()) return true;
  context->report
      .Emit(Kind::kMissingName, At(file, expr),
            "a value that is no plain path needs a name")
      .help = absl::StrFormat("%s as NAME", context->Text(At(file, expr)));
  return false;
}

}  // namespace tocsin::dsl
