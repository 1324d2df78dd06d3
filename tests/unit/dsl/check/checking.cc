// How checked expressions print in tests.
#include "tests/unit/dsl/check/checking.h"

#include <array>
#include <string_view>

#include "dsl/check/constants.h"
#include "gtest/gtest.h"

namespace tocsin::dsl::testing {
namespace {

std::string_view OpName(const CheckedExpr& expr) {
  switch (expr.op) {
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
      return Describe(expr.function).name;
    case ExprOp::kAny:
      return "any";
    case ExprOp::kAll:
      return "all";
    case ExprOp::kNone:
      return "none";
    case ExprOp::kCount:
      return "count";
    default:
      return "?";
  }
}

std::string Leaf(const CheckedExpr& expr, const CheckedRules& rules) {
  switch (expr.op) {
    case ExprOp::kConst:
      return FormatConstant(expr.constant);
    case ExprOp::kList:
      return "LIST:" + rules.lists[expr.list].name;
    case ExprOp::kVariable:
      return "$" + std::to_string(expr.slot);
    case ExprOp::kDerived:
      return "derived:" + std::to_string(expr.derived);
    case ExprOp::kEventTime:
      return "ts";
    case ExprOp::kKey:
      return "key:" + std::to_string(expr.index);
    case ExprOp::kCollected:
      return "collected:" + std::to_string(expr.index);
    case ExprOp::kShown:
      return "shown:" + std::to_string(expr.index);
    case ExprOp::kAlertField:
      return "alert:" + std::to_string(static_cast<int>(expr.alert_field));
    default:
      return {};
  }
}

}  // namespace

std::string Print(const CheckedExpr& expr, const CheckedRules& rules) {
  if (expr.op == ExprOp::kPath) {
    const std::string path = FormatPath(expr.path);
    return expr.children.empty()
               ? path
               : "(path " + Print(expr.children[0], rules) + " " + path + ")";
  }
  std::string text = Leaf(expr, rules);
  if (!text.empty()) return text;
  text = "(" + std::string(OpName(expr));
  if (expr.op >= ExprOp::kAny && expr.op <= ExprOp::kCount) {
    text += "$" + std::to_string(expr.slot);
  }
  if (expr.elements == Elements::kAll) text += "/all";
  if (expr.elements == Elements::kNone) text += "/none";
  if (expr.all) text += "/each";
  if (expr.nocase) text += "/nocase";
  for (const CheckedExpr& child : expr.children) {
    text += " " + Print(child, rules);
  }
  return text + ")";
}

std::string PrintWhere(const Checked& checked) {
  for (const CheckedFilter& filter : checked.Rule("r").filters) {
    if (filter.origin == CheckedFilter::Origin::kWhere) {
      return Print(filter.expr, checked.rules);
    }
  }
  return "no where\n" + checked.text;
}

std::string Checked::Codes() const {
  std::string codes;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!codes.empty()) codes += " ";
    codes += Describe(diagnostic.kind).code;
  }
  return codes;
}

const CheckedRule& Checked::Rule(const std::string& name) const {
  static const CheckedRule kNone;
  for (const CheckedRule& rule : rules.rules) {
    if (rule.name == name) return rule;
  }
  ADD_FAILURE() << "no rule " << name << "\n" << text;
  return kNone;
}

Checked CheckTexts(const std::vector<std::string>& texts,
                   const CheckOptions& options) {
  SourceSet sources;
  DiagnosticSink sink;
  std::vector<cst::File> files;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    sources.Add(SourceFile(std::to_string(i) + ".rules", texts[i]));
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    files.push_back(Parse(sources, static_cast<FileId>(i), &sink));
  }
  Checked checked;
  checked.rules = Check(files, sources, options, &sink);
  sink.Sort();
  checked.diagnostics = sink.diagnostics();
  checked.text = Render(checked.diagnostics, sources, Format::kText, false);
  EXPECT_EQ(checked.rules.ok, !sink.has_errors());
  return checked;
}

}  // namespace tocsin::dsl::testing
