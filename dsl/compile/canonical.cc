// CanonicalForm(): the text whose hash is a rule's uid. Changing how anything
// is written here changes every uid, and so drops state on the next start.
#include <string>

#include "absl/strings/str_format.h"
#include "dsl/compile/compile.h"
#include "engine/base/limits.h"

namespace tocsin::dsl {
namespace {

std::string_view OpName(ExprOp op) {
  switch (op) {
    case ExprOp::kConst:
      return "const";
    case ExprOp::kList:
      return "list";
    case ExprOp::kPath:
      return "path";
    case ExprOp::kVariable:
      return "var";
    case ExprOp::kDerived:
      return "derived";
    case ExprOp::kEventTime:
      return "ts";
    case ExprOp::kNot:
      return "not";
    case ExprOp::kAnd:
      return "and";
    case ExprOp::kOr:
      return "or";
    case ExprOp::kEq:
      return "==";
    case ExprOp::kLess:
      return "<";
    case ExprOp::kLessEq:
      return "<=";
    case ExprOp::kGreater:
      return ">";
    case ExprOp::kGreaterEq:
      return ">=";
    case ExprOp::kIn:
      return "in";
    case ExprOp::kInRange:
      return "range";
    case ExprOp::kContains:
      return "contains";
    case ExprOp::kStartsWith:
      return "startswith";
    case ExprOp::kEndsWith:
      return "endswith";
    case ExprOp::kLike:
      return "like";
    case ExprOp::kMatches:
      return "matches";
    case ExprOp::kExists:
      return "exists";
    case ExprOp::kCoalesce:
      return "??";
    case ExprOp::kAdd:
      return "+";
    case ExprOp::kSubtract:
      return "-";
    case ExprOp::kMultiply:
      return "*";
    case ExprOp::kDivide:
      return "/";
    case ExprOp::kModulo:
      return "%";
    case ExprOp::kNegate:
      return "neg";
    case ExprOp::kCall:
      return "call";
    case ExprOp::kAny:
      return "any";
    case ExprOp::kAll:
      return "all";
    case ExprOp::kNone:
      return "none";
    case ExprOp::kCount:
      return "count";
    case ExprOp::kKey:
      return "key";
    case ExprOp::kCollected:
      return "collected";
    case ExprOp::kShown:
      return "shown";
    case ExprOp::kAlertField:
      return "alert";
  }
  return "?";
}

// Any text, as one word: quoted and escaped.
void AppendQuoted(std::string_view text, std::string* out) {
  *out += '"';
  AppendJsonEscaped(text, out);
  *out += '"';
}

// The canonical encoding in hex, behind the constant's kind.
void AppendConstant(const Constant& constant, std::string* out) {
  const auto* text = std::get_if<std::string>(&constant.value);
  if (text != nullptr) return AppendQuoted(*text, out);
  std::string encoding;
  AppendCanonical(constant, &encoding);
  *out += '#';
  for (const char c : encoding) {
    *out += absl::StrFormat("%02x", static_cast<unsigned char>(c));
  }
}

class Writer {
 public:
  Writer(const CheckedRules& rules, const CheckedRule& rule)
      : rules_(rules), schema_(rules.schemas[rule.schema]) {}

  void Expr(const CheckedExpr& expr) {
    out += '(';
    out += OpName(expr.op);
    if (expr.elements == Elements::kAll) out += " :all";
    if (expr.elements == Elements::kNone) out += " :none";
    if (expr.all) out += " :each";
    if (expr.nocase) out += " :nocase";
    switch (expr.op) {
      case ExprOp::kConst:
        out += ' ';
        AppendConstant(expr.constant, &out);
        break;
      case ExprOp::kList:
        out += ' ';
        out += rules_.lists[expr.list].name;
        break;
      case ExprOp::kPath:
        out += ' ';
        AppendQuoted(FormatPath(expr.path), &out);
        out += absl::StrFormat(" %d", static_cast<int>(expr.type.kind));
        break;
      case ExprOp::kDerived:
        // By meaning: another derivation of the name is another rule.
        out += ' ';
        Expr(schema_.derives[expr.derived].expr);
        break;
      case ExprOp::kVariable:
      case ExprOp::kAny:
      case ExprOp::kAll:
      case ExprOp::kNone:
      case ExprOp::kCount:
        out += absl::StrFormat(" $%d", expr.slot);
        break;
      case ExprOp::kCall:
        out += ' ';
        out += Describe(expr.function).name;
        break;
      default:
        break;
    }
    for (const CheckedExpr& child : expr.children) {
      out += ' ';
      Expr(child);
    }
    out += ')';
  }

  void Key(const CheckedKey& key) {
    out += " (by";
    if (key.missing_ok) out += " :missing";
    if (key.each) out += " :each";
    out += ' ';
    Expr(key.expr);
    if (key.among.has_value()) {
      out += " :among ";
      out += rules_.lists[*key.among].name;
    }
    out += ')';
  }

  void Threshold(const CheckedCondition& threshold) {
    out += absl::StrFormat(" (within %d", threshold.window.length_us);
    for (const CheckedAggregate& aggregate : threshold.aggregates) {
      const bool count = aggregate.kind == CheckedAggregate::Kind::kCount;
      out += absl::StrFormat(" (%s %d", count ? "count" : "distinct",
                             aggregate.threshold);
      if (aggregate.filter.has_value()) {
        out += " :of ";
        Expr(*aggregate.filter);
      }
      for (const CheckedExpr& value : aggregate.values) {
        out += ' ';
        Expr(value);
      }
      out += ')';
    }
    out += ')';
  }

  std::string out;

 private:
  const CheckedRules& rules_;
  const CheckedSchema& schema_;
};

bool IsException(CheckedFilter::Origin origin) {
  return origin == CheckedFilter::Origin::kUnless ||
         origin == CheckedFilter::Origin::kDefaultsUnless;
}

}  // namespace

std::string CanonicalForm(const CheckedRules& rules, const CheckedRule& rule) {
  Writer writer(rules, rule);
  writer.out = "(rule ";
  AppendQuoted(rule.name, &writer.out);
  writer.out += " (from ";
  AppendQuoted(rules.schemas[rule.schema].name, &writer.out);
  writer.out += ")";
  for (const CheckedFilter& filter : rule.filters) {
    writer.out += IsException(filter.origin) ? " (unless " : " (where ";
    writer.Expr(filter.expr);
    writer.out += ')';
  }
  for (const CheckedKey& key : rule.by) writer.Key(key);
  if (const auto* threshold = AggregatesOf(rule.condition)) {
    writer.Threshold(*threshold);
  }
  if (rule.then.kind == CheckedThen::Kind::kOncePer) {
    writer.out += absl::StrFormat(" (once %d)", rule.then.hold_us);
  }
  // Which shards hold the state: by key unless it lives whole in one.
  if (rule.keys <= limits::kWholeRuleKeys) writer.out += " (whole)";
  writer.out += ')';
  return writer.out;
}

std::string CanonicalCollect(const CheckedRules& rules, const CheckedRule& rule,
                             const CheckedCollect& collect) {
  Writer writer(rules, rule);
  writer.out = "(collect ";
  AppendQuoted(collect.name, &writer.out);
  writer.out += ' ';
  writer.Expr(collect.expr);
  writer.out += ')';
  return writer.out;
}

}  // namespace tocsin::dsl
