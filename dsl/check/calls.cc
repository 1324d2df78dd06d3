// Calls: built-in functions by their table, lets with parameters, exists.
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/aggregates.h"
#include "dsl/check/constants.h"
#include "dsl/check/expr_checker.h"
#include "dsl/check/types.h"
#include "engine/base/limits.h"
#include "engine/program/prepared.h"
#include "engine/program/zone.h"

namespace tocsin::dsl {
namespace {

struct Parameter {
  char letter;
  bool optional;
};

// "t[s]" as parameters; `repeats` when the last may stand any number of times.
std::vector<Parameter> ParametersOf(const FunctionRecord& record,
                                    bool* repeats) {
  std::vector<Parameter> parameters;
  bool optional = false;
  *repeats = false;
  for (const char c : record.parameters) {
    if (c == '[' || c == ']') {
      optional = c == '[';
    } else if (c == '.') {
      *repeats = true;
    } else {
      parameters.push_back({c, optional});
    }
  }
  return parameters;
}

Type ResultType(char letter) {
  switch (letter) {
    case 's':
      return MakeType(TypeKind::kString);
    case 'i':
      return MakeType(TypeKind::kInt);
    case 'f':
      return MakeType(TypeKind::kFloat);
    case 'b':
      return MakeType(TypeKind::kBool);
    case 't':
      return MakeType(TypeKind::kTime);
    case 'd':
      return MakeType(TypeKind::kDuration);
    case 'a':
      return MakeType(TypeKind::kIp);
    case 'c':
      return MakeType(TypeKind::kCidr);
    case 'S':
      return ListOf(MakeType(TypeKind::kString));
    case 'l':
      return ListOf(MakeType(TypeKind::kAny));
    default:
      return MakeType(TypeKind::kAny);
  }
}

// Whether a value of this kind may stand for the parameter.
bool Takes(char parameter, TypeKind kind) {
  if (kind == TypeKind::kAny) return true;
  switch (parameter) {
    case 's':
    case 'r':
      return kind == TypeKind::kString;
    case 'n':
      return IsNumber(kind);
    case 'i':
      return kind == TypeKind::kInt;
    case 'l':
      return kind == TypeKind::kList;
    case 'o':
      return kind == TypeKind::kObject || kind == TypeKind::kMap;
    case 't':
      return kind == TypeKind::kTime;
    default:
      return true;
  }
}

std::string_view ParameterName(char parameter) {
  switch (parameter) {
    case 's':
      return "text";
    case 'r':
      return "pattern";
    case 'n':
      return "number";
    case 'i':
      return "whole number";
    case 'l':
      return "list";
    case 'o':
      return "object or map";
    case 't':
      return "time";
    default:
      return "value";
  }
}

bool TakesZone(Function function) {
  return function == Function::kHour || function == Function::kWeekday ||
         function == Function::kTimeOfDay;
}

}  // namespace

Value ExprChecker::Call(const cst::Expr& expr, const Scope& scope) {
  const Span span = SpanOf(expr, scope);
  const Symbols& symbols = context_.symbols;
  if (const auto let = symbols.lets.find(expr.text);
      let != symbols.lets.end() && !expr.quoted) {
    return ExpandLet(let->first, let->second, expr, scope);
  }
  if (scope.aggregates != nullptr && IsAggregateName(expr.text)) {
    return scope.aggregates->Read(expr, scope);
  }
  if (expr.text == "count" && scope.evidence && scope.events != nullptr) {
    return StepCount(expr, scope);
  }
  if (expr.text == "exists") return ExistsCall(expr, scope);
  if (expr.text == "coalesce" && !expr.children.empty()) {
    std::vector<Value> values;
    for (const cst::Expr& child : expr.children) {
      values.push_back(Check(child, scope));
    }
    return Coalesce(std::move(values), span, scope);
  }
  Function function{};
  if (FindFunction(expr.text, &function)) {
    return CallFunction(function, expr, scope);
  }
  return UnknownCall(expr, scope);
}

namespace {

// What other languages call a function, and how it is written here.
std::string_view OursFor(std::string_view function) {
  struct Pair {
    std::string_view theirs, ours;
  };
  static constexpr Pair kPairs[] = {
      {"startswith", "x startswith \"a\""},
      {"starts_with", "x startswith \"a\""},
      {"startsWith", "x startswith \"a\""},
      {"endswith", "x endswith \"a\""},
      {"ends_with", "x endswith \"a\""},
      {"endsWith", "x endswith \"a\""},
      {"contains", "x contains \"a\""},
      {"stringContains", "x contains \"a\""},
      {"match", "x matches r\"a\""},
      {"matches", "x matches r\"a\""},
      {"regex", "x matches r\"a\""},
      {"wildcard", "x like \"a*\""},
      {"cidrMatch", "x in 10.0.0.0/8"},
      {"cidrmatch", "x in 10.0.0.0/8"},
      {"length", "len(x)"},
      {"lenght", "len(x)"},
      {"size", "len(x)"},
      {"toLower", "lower(x)"},
      {"tolower", "lower(x)"},
      {"downcase", "lower(x)"},
      {"toUpper", "upper(x)"},
      {"upcase", "upper(x)"},
      {"has", "exists(x)"},
      {"isnull", "not exists(x)"},
  };
  for (const Pair& pair : kPairs) {
    if (pair.theirs == function) return pair.ours;
  }
  return {};
}

}  // namespace

Value ExprChecker::UnknownCall(const cst::Expr& expr, const Scope& scope) {
  const Span span = SpanOf(expr, scope);
  const Span word = SpanOf(expr.word, scope);
  if (scope.lenient || context_.symbols.unreadable.contains(expr.text)) {
    return Bad(span);
  }
  if (IsAggregateName(expr.text)) {
    report_
        .Emit(Kind::kAggregateOutsideWhen, span,
              absl::StrFormat("`%s(..)` stands in `when` only", expr.text))
        .help = scope.names != nullptr
                    ? "in a text, {count} is the size of the evidence"
                    : absl::StrFormat(
                          "a field of this name is written in backticks: `%s`",
                          expr.text);
    return Bad(span);
  }
  if ((expr.text == "first" || expr.text == "last") && scope.evidence) {
    return StepAlone(expr, scope);
  }
  Diagnostic& d =
      report_.Emit(Kind::kUnknownFunction, word,
                   absl::StrFormat("unknown function `%s`", expr.text));
  std::vector<std::string_view> known;
  for (const FunctionRecord& record : Functions()) {
    known.push_back(record.name);
  }
  for (const auto& [name, let] : context_.symbols.lets) {
    if (let.item->has_parameters) known.push_back(name);
  }
  if (const std::string_view ours = OursFor(expr.text); !ours.empty()) {
    d.help = absl::StrFormat("write %s", ours);
    const std::string_view name = ours.substr(0, ours.find('('));
    Function function{};
    if (FindFunction(name, &function)) d.fix = Fix{word, std::string(name)};
    return Bad(span);
  }
  if (expr.text == "first" || expr.text == "last") {
    d.help = absl::StrFormat(
        "`%s` of an event stands in texts and `show`; in a `where` "
        "write EVENT.field, which is asked of each of a run",
        expr.text);
    return Bad(span);
  }
  std::string_view nearest;
  d.help = DidYouMean(expr.text, known, &nearest);
  if (!nearest.empty()) {
    d.fix = Fix{word, std::string(nearest)};
  } else {
    d.help = "neither a built-in function nor a let with parameters";
  }
  return Bad(span);
}

bool ExprChecker::CheckArgument(char parameter, const Value& value,
                                const cst::Expr& written,
                                std::string_view function, const Scope& scope) {
  const Span span = SpanOf(written, scope);
  if (!Takes(parameter, value.expr.type.kind)) {
    Diagnostic& d = report_.Emit(
        Kind::kWrongType, span,
        absl::StrFormat("`%s` needs a %s here, and this is %s", function,
                        ParameterName(parameter), AType(value.expr.type)));
    if (parameter == 's' && IsScalar(value.expr.type.kind)) {
      d.help = absl::StrFormat("text(%s) is its text", context_.Text(span));
    } else if (parameter == 't' && value.expr.type.kind == TypeKind::kString) {
      d.help = "time(..) reads a text as a time";
    }
    return false;
  }
  if (parameter != 'r') return true;
  if (value.expr.op != ExprOp::kConst) {
    report_.Emit(Kind::kNotConstant, span, "a pattern is a constant");
    return false;
  }
  return CheckPattern(value, true);
}

bool ExprChecker::CheckPattern(const Value& value, bool needs_group) {
  ConstantList one;
  const ConstantList* patterns = &one;
  if (value.expr.op == ExprOp::kList) {
    patterns = &context_.lists[value.expr.list].values;
  } else if (const auto* list =
                 std::get_if<ConstantList>(&value.expr.constant.value)) {
    patterns = list;
  } else {
    one.push_back(value.expr.constant);
  }
  for (const Constant& pattern : *patterns) {
    const auto* text = std::get_if<std::string>(&pattern.value);
    if (text == nullptr) continue;
    if (text->size() > limits::kRegexBytes) {
      report_.Emit(Kind::kRegexTooLarge, value.expr.span,
                   absl::StrFormat("a pattern of %d bytes; at most %d are read",
                                   text->size(), limits::kRegexBytes));
      return false;
    }
    std::string error;
    int groups = 0;
    if (!ValidRegex(*text, &error, &groups)) {
      const bool large = error.find("too large") != std::string::npos;
      report_
          .Emit(large ? Kind::kRegexTooLarge : Kind::kBadRegex, value.expr.span,
                absl::StrFormat("the pattern is not read: %s", error))
          .help =
          "patterns are those of RE2: no look-around, no "
          "back-references";
      return false;
    }
    if (needs_group && groups == 0) {
      report_
          .Emit(Kind::kBadRegex, value.expr.span,
                "the pattern has no group to extract")
          .help = "put what you want in parentheses: r\"user=(\\w+)\"";
      return false;
    }
  }
  return true;
}

Value ExprChecker::CallFunction(Function function, const cst::Expr& expr,
                                const Scope& scope) {
  const Span span = SpanOf(expr, scope);
  const FunctionRecord& record = Describe(function);
  bool repeats = false;
  const std::vector<Parameter> parameters = ParametersOf(record, &repeats);
  std::size_t required = 0;
  for (const Parameter& parameter : parameters) {
    if (!parameter.optional) ++required;
  }
  const std::size_t given = expr.children.size();
  if (given < required || (given > parameters.size() && !repeats)) {
    report_.Emit(
        Kind::kArgumentCount, span,
        absl::StrFormat("`%s` takes %d argument%s, %d given", record.name,
                        required, required == 1 ? "" : "s", given));
    return Bad(span);
  }
  Value value;
  value.expr = Make(ExprOp::kCall, TypeKind::kAny, span);
  value.expr.function = function;
  value.expr.type = ResultType(record.result);
  value.optional = true;
  bool bad = false;
  for (std::size_t i = 0; i < given; ++i) {
    Value argument = Check(expr.children[i], scope);
    const char letter = parameters[std::min(i, parameters.size() - 1)].letter;
    bad =
        bad || argument.bad ||
        !CheckArgument(letter, argument, expr.children[i], record.name, scope);
    if (record.result == '=' && i == 0) value.expr.type = argument.expr.type;
    value.expr.children.push_back(std::move(argument.expr));
  }
  if (bad) return Bad(span);
  const bool converts = function == Function::kIp ||
                        function == Function::kCidr ||
                        function == Function::kTime;
  if (converts && value.expr.children[0].type.kind == TypeKind::kList) {
    value.expr.type = ListOf(ResultType(record.result));
  }
  if (function == Function::kValuesOf &&
      value.expr.children[0].type.kind == TypeKind::kMap) {
    value.expr.type = ListOf(value.expr.children[0].type.element[0]);
  }
  if (TakesZone(function)) {
    if (given == 1) {
      CheckedExpr zone = Make(ExprOp::kConst, TypeKind::kString, span);
      zone.constant.value = scope.file->zone;
      value.expr.children.push_back(std::move(zone));
    }
    const CheckedExpr& zone = value.expr.children[1];
    const auto* name = std::get_if<std::string>(&zone.constant.value);
    if (zone.op != ExprOp::kConst || name == nullptr) {
      report_.Emit(Kind::kNotConstant, zone.span,
                   "a time zone is a constant text");
      return Bad(span);
    }
    if (FindZone(*name) == nullptr) {
      report_
          .Emit(Kind::kUnknownTimezone, zone.span,
                absl::StrFormat("unknown time zone `%s`", *name))
          .help = "an IANA name is expected: \"UTC\", \"Europe/Berlin\"";
      return Bad(span);
    }
  }
  if (converts && !FoldConversion(function, &value)) return Bad(span);
  return value;
}

// time("..."), ip("..."), cidr("...") of a constant are constants.
bool ExprChecker::FoldConversion(Function function, Value* call) {
  const CheckedExpr& argument = call->expr.children[0];
  const auto* text = std::get_if<std::string>(&argument.constant.value);
  if (argument.op != ExprOp::kConst || text == nullptr) return true;
  Constant constant;
  const TypeKind kind = call->expr.type.kind;
  bool read = ParseAs(*text, kind, &constant);
  if (read && kind == TypeKind::kIp) {
    read = std::holds_alternative<IpAddress>(constant.value);
  } else if (read && kind == TypeKind::kCidr) {
    if (const auto* address = std::get_if<IpAddress>(&constant.value)) {
      constant.value = NetworkOf(*address);
    }
  }
  if (!read) {
    Diagnostic& d =
        report_.Emit(Kind::kBadConstant, argument.span,
                     absl::StrFormat("\"%s\" is no %s", *text, KindName(kind)));
    std::int64_t us = 0;
    if (function == Function::kTime && ParseDay(*text, &us)) {
      d.fix = Fix{argument.span, absl::StrFormat("\"%sT00:00:00Z\"", *text)};
    }
    d.help = function == Function::kTime ? "RFC 3339: \"2026-12-31T00:00:00Z\""
                                         : "10.0.0.1, 2001:db8::1, 10.0.0.0/8";
    return false;
  }
  CheckedExpr folded = MakeConst(std::move(constant), kind, call->expr.span);
  call->expr = std::move(folded);
  call->optional = false;
  return true;
}

Value ExprChecker::ExistsCall(const cst::Expr& expr, const Scope& scope) {
  const Span span = SpanOf(expr, scope);
  if (expr.children.size() != 1) {
    report_.Emit(Kind::kArgumentCount, span,
                 absl::StrFormat("`exists` takes 1 argument, %d given",
                                 expr.children.size()));
    return Bad(span);
  }
  return Exists(Check(expr.children[0], scope), span);
}

Value ExprChecker::Exists(Value argument, Span span) {
  if (argument.bad) return Bad(span);
  Value value;
  const ExprOp op = argument.expr.op;
  if (op == ExprOp::kStep) {
    CheckedExpr step = std::move(argument.expr);
    Value field;
    field.expr = std::move(step.children[0]);
    return WrapStep(Exists(std::move(field), span), step, span);
  }
  if (op == ExprOp::kPath || op == ExprOp::kDerived ||
      op == ExprOp::kVariable) {
    value.expr = Make(ExprOp::kExists, TypeKind::kBool, span);
    value.expr.children.push_back(std::move(argument.expr));
    return value;
  }
  if (op == ExprOp::kCoalesce) {
    // One of the alternatives is there.
    std::vector<CheckedExpr> parts;
    for (CheckedExpr& child : argument.expr.children) {
      Value part;
      part.expr = std::move(child);
      Value exists = Exists(std::move(part), span);
      if (exists.bad) return Bad(span);
      parts.push_back(std::move(exists.expr));
    }
    value.expr = MakeJoin(ExprOp::kOr, std::move(parts), span);
    return value;
  }
  report_
      .Emit(Kind::kNotAPath, argument.expr.span,
            "`exists` asks for a field, and this is a computed value")
      .help = "exists(objectRef.name)";
  return Bad(span);
}

}  // namespace tocsin::dsl
