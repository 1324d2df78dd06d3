// Tables in expressions: `k in T`, `(a, b) in T`, `T[k].column`.
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/expr_checker.h"
#include "dsl/check/types.h"

namespace tocsin::dsl {
namespace {

const cst::Expr& Unwrapped(const cst::Expr& expr) {
  return expr.kind == cst::ExprKind::kParen ? Unwrapped(expr.children[0])
                                            : expr;
}

std::string KeyColumns(const CheckedTable& table) {
  std::string text;
  for (const std::uint32_t column : table.key) {
    text += text.empty() ? "" : ", ";
    text += table.columns[column].name;
  }
  return text;
}

}  // namespace

const TableSymbol* ExprChecker::TableOf(const cst::Expr& expr,
                                        const Scope& scope) const {
  if (expr.kind != cst::ExprKind::kName || expr.quoted) return nullptr;
  if (scope.Find(expr.text) != nullptr) return nullptr;
  const auto table = context_.symbols.tables.find(expr.text);
  return table == context_.symbols.tables.end() ? nullptr : &table->second;
}

Value ExprChecker::TableTest(const cst::Expr& expr, const TableSymbol& table,
                             const Scope& scope) {
  const Span span = SpanOf(expr, scope);
  const cst::Expr& left = Unwrapped(expr.children[0]);
  std::vector<const cst::Expr*> parts;
  if (left.kind == cst::ExprKind::kTuple) {
    for (const cst::Expr& part : left.children) parts.push_back(&part);
  } else {
    parts.push_back(&left);
  }
  Value value;
  value.expr = Make(ExprOp::kLookup, TypeKind::kBool, span);
  if (!LookupKey(parts, SpanOf(left, scope), table, scope, &value.expr)) {
    return Bad(span);
  }
  if (expr.negated) value.expr = MakeNot(std::move(value.expr), span);
  return value;
}

// T[k] without a column behind it.
Value ExprChecker::TableRow(const cst::Expr& expr, const TableSymbol& table,
                            const Scope& scope) {
  const Span span = SpanOf(expr, scope);
  if (table.broken) return Bad(span);
  const CheckedTable& checked = context_.tables[table.index];
  std::string columns;
  for (const CheckedTable::Column& column : checked.columns) {
    columns += columns.empty() ? "" : ", ";
    columns += column.name;
  }
  report_
      .Emit(Kind::kWrongType, span,
            absl::StrFormat("a row of table `%s`, and a value is needed here",
                            checked.name))
      .help = absl::StrFormat(
      "name a column behind it: %s; `key in %s` asks "
      "whether the row is there",
      columns, checked.name);
  return Bad(span);
}

Value ExprChecker::TableColumn(const cst::Expr& expr, const TableSymbol& table,
                               const Scope& scope) {
  const Span span = SpanOf(expr, scope);
  const cst::Expr& row = expr.children[0];
  std::vector<const cst::Expr*> parts;
  for (std::size_t i = 1; i < row.children.size(); ++i) {
    parts.push_back(&row.children[i]);
  }
  Value value;
  value.expr = Make(ExprOp::kLookup, TypeKind::kAny, span);
  value.optional = true;
  const bool good =
      LookupKey(parts, SpanOf(row, scope), table, scope, &value.expr);
  if (table.broken) return Bad(span);
  const CheckedTable& checked = context_.tables[table.index];
  std::vector<std::string_view> names;
  for (std::uint32_t i = 0; i < checked.columns.size(); ++i) {
    names.push_back(checked.columns[i].name);
    if (checked.columns[i].name != expr.text) continue;
    value.expr.column = i;
    value.expr.type = checked.columns[i].type;
  }
  if (value.expr.column != kWholeRow) return good ? value : Bad(span);
  const Span word = SpanOf(expr.word, scope);
  Diagnostic& d = report_.Emit(Kind::kUnknownField, word,
                               absl::StrFormat("table `%s` has no column `%s`",
                                               checked.name, expr.text));
  d.notes.push_back({table.span, "declared here"});
  std::string_view nearest;
  d.help = DidYouMean(expr.text, names, &nearest);
  if (!nearest.empty()) d.fix = Fix{word, std::string(nearest)};
  return Bad(span);
}

bool ExprChecker::LookupKey(const std::vector<const cst::Expr*>& parts,
                            Span span, const TableSymbol& symbol,
                            const Scope& scope, CheckedExpr* lookup) {
  bool good = !symbol.broken;
  for (const cst::Expr* part : parts) {
    Value value = Check(*part, scope);
    good = good && !value.bad;
    lookup->children.push_back(std::move(value.expr));
  }
  if (!good) return false;
  const CheckedTable& table = context_.tables[symbol.index];
  lookup->index = symbol.index;
  if (parts.size() != table.key.size()) {
    Diagnostic& d = report_.Emit(
        Kind::kArgumentCount, span,
        absl::StrFormat("the key of table `%s` has %d part%s, %d given",
                        table.name, table.key.size(),
                        table.key.size() == 1 ? "" : "s", parts.size()));
    const bool one = table.key.size() == 1;
    d.help = absl::StrFormat("its key: %s%s%s", one ? "" : "(",
                             KeyColumns(table), one ? "" : ")");
    d.notes.push_back({symbol.span, "declared here"});
    return false;
  }
  for (std::size_t i = 0; i < table.key.size(); ++i) {
    const CheckedTable::Column& column = table.columns[table.key[i]];
    CheckedExpr& part = lookup->children[i];
    if (FitKey(column, &part)) continue;
    Diagnostic& d = report_.Emit(
        Kind::kWrongType, SpanOf(*parts[i], scope),
        absl::StrFormat("`%s` of table `%s` is %s, and this is %s", column.name,
                        table.name, AType(column.type), AType(part.type)));
    d.notes.push_back({symbol.span, "declared here"});
    if (part.type.kind == TypeKind::kList) {
      d.help = "a key is looked up as one value: any x in .. (x in TABLE)";
    }
    return false;
  }
  return true;
}

// A text is read as what the column holds, as in a comparison.
bool ExprChecker::FitKey(const CheckedTable::Column& column,
                         CheckedExpr* part) {
  const TypeKind wanted = column.type.kind;
  const TypeKind given = part->type.kind;
  const bool reads = wanted == TypeKind::kIp || wanted == TypeKind::kTime;
  if (reads && (given == TypeKind::kString || given == TypeKind::kAny)) {
    const Function function =
        wanted == TypeKind::kIp ? Function::kIp : Function::kTime;
    Value call;
    call.expr = Make(ExprOp::kCall, wanted, part->span);
    call.expr.function = function;
    call.expr.children.push_back(std::move(*part));
    FoldConversion(function, &call);  // A text that is none: reported.
    *part = std::move(call.expr);
    return true;
  }
  return given == wanted || given == TypeKind::kAny ||
         (IsNumber(given) && IsNumber(wanted));
}

}  // namespace tocsin::dsl
