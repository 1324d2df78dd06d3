// Types first, over all schemas, then the expressions: a derived field may use
// one that stands below it, and lets see the fields.
#include "dsl/check/schemas.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/const_test.h"
#include "dsl/check/constants.h"
#include "dsl/check/expr_checker.h"
#include "dsl/check/field_types.h"
#include "dsl/check/key_name.h"
#include "dsl/check/types.h"
#include "engine/base/strings.h"
#include "engine/program/time_pattern.h"

namespace tocsin::dsl {
namespace {

using ClauseKind = cst::SchemaClause::Kind;

class SchemaChecker {
 public:
  SchemaChecker(const SchemaSymbol& symbol, Context* context)
      : symbol_(symbol),
        file_(*symbol.file),
        context_(*context),
        report_(context->report),
        expressions_(context),
        schema_(context->schemas[symbol.index]) {}

  void Declare();      // Fields and derived names.
  void Expressions();  // All the rest.

 private:
  void Once(const cst::SchemaClause& clause);
  void Derive(const cst::SchemaClause& clause, std::size_t index);
  bool KeysOf(const cst::Expr& expr, FieldPath* path);
  void Time(const cst::SchemaClause& clause);
  void TimeFormatOf(const cst::TimeSource& source, CheckedTimeSource* checked);
  void Identity(const cst::SchemaClause& clause);
  void Unwrap(const cst::SchemaClause& clause);
  void Match(const cst::SchemaClause& clause);
  void Default(const cst::SchemaClause& clause);
  void Show(const cst::SchemaClause& clause);
  void Cycles();
  bool Reaches(const CheckedExpr& expr, std::size_t derived, int depth) const;
  Scope MakeScope() const;
  Span SpanOf(const cst::Node& node) const { return At(file_, node); }

  const SchemaSymbol& symbol_;
  const FileSettings& file_;
  Context& context_;
  Reporter& report_;
  ExprChecker expressions_;
  CheckedSchema& schema_;
};

void SchemaChecker::Declare() {
  schema_.name = symbol_.item->name.text;
  schema_.span = symbol_.span;
  schema_.built_in = symbol_.built_in;
  schema_.type = MakeType(TypeKind::kObject);
  bool bad = false;
  const cst::SchemaClause* fields = nullptr;
  for (const cst::SchemaClause& clause : symbol_.item->clauses) {
    bad = bad || clause.kind == ClauseKind::kBad;
    if (clause.kind == ClauseKind::kFields && fields == nullptr) {
      fields = &clause;
    }
    if (clause.kind != ClauseKind::kDerive) {
      Once(clause);
      continue;
    }
    if (!clause.name.has_value() || !clause.type.has_value()) continue;
    CheckedField derived;
    derived.name = clause.name->text;
    TypeKind kind = TypeKind::kAny;
    if (!FindScalar(clause.type->text, &kind)) {
      report_
          .Emit(Kind::kUnknownWord, SpanOf(*clause.type),
                absl::StrFormat("unknown type `%s`", clause.type->text))
          .help = "one of string int float bool time duration ip cidr";
    }
    derived.expr.type = MakeType(kind);
    schema_.derives.push_back(std::move(derived));
  }
  if (fields != nullptr && fields->fields.has_value()) {
    schema_.type = FieldsType(*fields->fields, file_, &context_);
  } else if (!bad) {
    report_
        .Emit(Kind::kIncompleteSchema, symbol_.span,
              absl::StrFormat("schema `%s` has no `fields`", schema_.name))
        .help = "fields { name string  ... }";
    bad = true;
  }
  schema_.type.open = schema_.type.open || bad;
}

// All but derive may stand once.
void SchemaChecker::Once(const cst::SchemaClause& clause) {
  if (clause.kind == ClauseKind::kBad) return;
  for (const cst::SchemaClause& other : symbol_.item->clauses) {
    if (&other == &clause) return;
    if (other.kind != clause.kind) continue;
    Diagnostic& d = report_.Emit(
        Kind::kDuplicateClause, SpanOf(clause.word),
        absl::StrFormat("`%s` may stand once in a schema", clause.word.text));
    d.notes.push_back({SpanOf(other.word), "first written here"});
    return;
  }
}

Scope SchemaChecker::MakeScope() const {
  Scope scope;
  scope.file = &file_;
  scope.schema = &schema_;
  return scope;
}

void SchemaChecker::Expressions() {
  expressions_.BeginRule(symbol_.span);
  std::size_t derived = 0;
  for (const cst::SchemaClause& clause : symbol_.item->clauses) {
    switch (clause.kind) {
      case ClauseKind::kDerive:
        if (clause.name.has_value() && clause.type.has_value()) {
          Derive(clause, derived++);
        }
        break;
      case ClauseKind::kTime:
        Time(clause);
        break;
      case ClauseKind::kIdentity:
        Identity(clause);
        break;
      case ClauseKind::kUnwrap:
        Unwrap(clause);
        break;
      case ClauseKind::kMatch:
        Match(clause);
        break;
      case ClauseKind::kDefault:
        Default(clause);
        break;
      case ClauseKind::kShow:
        Show(clause);
        break;
      case ClauseKind::kBad:
      case ClauseKind::kFields:
        break;
    }
  }
  // Without a word on it, equal events are two.
  if (schema_.identity.empty()) schema_.identity_position = true;
  Cycles();
}

void SchemaChecker::Derive(const cst::SchemaClause& clause, std::size_t index) {
  CheckedField& field = schema_.derives[index];
  const Span name = SpanOf(*clause.name);
  if (FindField(schema_.type, field.name) != nullptr) {
    report_.Emit(Kind::kDuplicateName, name,
                 absl::StrFormat("`%s` is a field of %s already", field.name,
                                 schema_.name));
  }
  for (std::size_t i = 0; i < index; ++i) {
    if (schema_.derives[i].name != field.name) continue;
    report_.Emit(Kind::kDuplicateName, name,
                 absl::StrFormat("`%s` is derived twice", field.name));
  }
  if (clause.exprs.empty()) return;
  const TypeKind declared = field.expr.type.kind;
  Value value = declared == TypeKind::kBool
                    ? expressions_.Condition(clause.exprs[0], MakeScope())
                    : expressions_.Check(clause.exprs[0], MakeScope());
  if (value.bad) return;
  const TypeKind found = value.expr.type.kind;
  const bool fits = found == declared || found == TypeKind::kAny ||
                    declared == TypeKind::kAny ||
                    (found == TypeKind::kInt && declared == TypeKind::kFloat);
  if (!fits) {
    report_.Emit(
        Kind::kWrongType, SpanOf(clause.exprs[0]),
        absl::StrFormat("`%s` is declared %s, and this is %s", field.name,
                        KindName(declared), AType(value.expr.type)));
    return;
  }
  field.expr = std::move(value.expr);
  field.expr.type = MakeType(declared);
}

void SchemaChecker::TimeFormatOf(const cst::TimeSource& source,
                                 CheckedTimeSource* checked) {
  struct Word {
    std::string_view name;
    TimeFormat format;
  };
  constexpr Word kWords[] = {{"rfc3339", TimeFormat::kRfc3339},
                             {"epoch_s", TimeFormat::kEpochSeconds},
                             {"epoch_ms", TimeFormat::kEpochMillis},
                             {"epoch_us", TimeFormat::kEpochMicros},
                             {"epoch_ns", TimeFormat::kEpochNanos}};
  if (source.pattern.has_value()) {
    checked->format = TimeFormat::kPattern;
    checked->pattern = source.pattern->text;
    std::string unknown;
    if (!ValidTimePattern(checked->pattern, &unknown)) {
      report_
          .Emit(Kind::kUnknownWord, SpanOf(*source.pattern),
                absl::StrFormat("`%s` is no part of a time pattern", unknown))
          .help = "%Y-%m-%d %H:%M:%S.%f %z, %b, %s and their like";
    }
    return;
  }
  if (!source.format.has_value()) return;
  std::vector<std::string_view> names;
  for (const Word& word : kWords) {
    names.push_back(word.name);
    if (word.name != source.format->text) continue;
    checked->format = word.format;
    return;
  }
  std::string_view nearest;
  Diagnostic& d = report_.Emit(
      Kind::kUnknownWord, SpanOf(*source.format),
      absl::StrFormat("unknown time format `%s`", source.format->text));
  d.help = DidYouMean(source.format->text, names, &nearest);
  if (nearest.empty()) {
    d.help =
        "one of rfc3339 epoch_s epoch_ms epoch_us epoch_ns, or a pattern "
        "in quotes";
  }
}

// A path of keys alone: what time and identity are read from.
bool SchemaChecker::KeysOf(const cst::Expr& expr, FieldPath* path) {
  if (!expressions_.PathOf(expr, MakeScope(), false, path)) return false;
  const bool plain =
      std::all_of(path->begin(), path->end(), [](const PathSegment& segment) {
        return segment.kind == PathSegment::Kind::kKey;
      });
  if (plain) return true;
  report_
      .Emit(Kind::kNotAPath, SpanOf(expr),
            "time and identity are read from a field, not from an element")
      .help = "name the field by its keys, without an index";
  return false;
}

void SchemaChecker::Time(const cst::SchemaClause& clause) {
  for (const cst::TimeSource& source : clause.times) {
    CheckedTimeSource checked;
    if (!KeysOf(source.path, &checked.path)) continue;
    TimeFormatOf(source, &checked);
    schema_.times.push_back(std::move(checked));
  }
}

void SchemaChecker::Identity(const cst::SchemaClause& clause) {
  schema_.identity_position = clause.position;
  for (const cst::Expr& expr : clause.exprs) {
    FieldPath path;
    if (KeysOf(expr, &path)) schema_.identity.push_back(std::move(path));
  }
}

void SchemaChecker::Unwrap(const cst::SchemaClause& clause) {
  for (const cst::Expr& expr : clause.exprs) {
    const bool key = expr.kind == cst::ExprKind::kWildcard &&
                     expr.children[0].kind == cst::ExprKind::kName;
    if (key) {
      schema_.unwrap.push_back(expr.children[0].text);
    } else if (expr.kind != cst::ExprKind::kBad) {
      report_
          .Emit(Kind::kNotAPath, SpanOf(expr),
                "an envelope is one key with [*] behind it")
          .help = "unwrap items[*]";
    }
  }
}

void SchemaChecker::Match(const cst::SchemaClause& clause) {
  if (clause.exprs.empty()) return;
  Value value = expressions_.Condition(clause.exprs[0], MakeScope());
  if (!value.bad) schema_.match = std::move(value.expr);
}

void SchemaChecker::Default(const cst::SchemaClause& clause) {
  if (clause.exprs.empty()) return;
  Value value = expressions_.Condition(clause.exprs[0], MakeScope());
  for (std::size_t i = 1; i < clause.exprs.size(); ++i) {
    FieldPath path;
    if (expressions_.PathOf(clause.exprs[i], MakeScope(), true, &path)) {
      schema_.default_unless_mentioned.push_back(std::move(path));
    }
  }
  if (!value.bad) schema_.default_where = std::move(value.expr);
}

void SchemaChecker::Show(const cst::SchemaClause& clause) {
  for (const cst::Named& named : clause.shown) {
    Value value = expressions_.Check(named.expr, MakeScope());
    CheckedField field;
    if (!KeyName(named.expr, named.as, file_, &context_, &field.name) ||
        value.bad) {
      continue;
    }
    for (const CheckedField& other : schema_.shows) {
      if (other.name != field.name) continue;
      report_.Emit(Kind::kNameTaken, SpanOf(named),
                   absl::StrFormat("`%s` is shown twice", field.name));
    }
    field.expr = std::move(value.expr);
    schema_.shows.push_back(std::move(field));
  }
}

bool SchemaChecker::Reaches(const CheckedExpr& expr, std::size_t derived,
                            int depth) const {
  if (depth > static_cast<int>(schema_.derives.size())) return false;
  if (expr.op == ExprOp::kDerived) {
    if (expr.derived == derived) return true;
    return Reaches(schema_.derives[expr.derived].expr, derived, depth + 1);
  }
  for (const CheckedExpr& child : expr.children) {
    if (Reaches(child, derived, depth)) return true;
  }
  return false;
}

void SchemaChecker::Cycles() {
  for (std::size_t i = 0; i < schema_.derives.size(); ++i) {
    if (!Reaches(schema_.derives[i].expr, i, 0)) continue;
    for (const cst::SchemaClause& clause : symbol_.item->clauses) {
      if (clause.kind != ClauseKind::kDerive || !clause.name.has_value() ||
          clause.name->text != schema_.derives[i].name) {
        continue;
      }
      report_.Emit(Kind::kCycle, SpanOf(*clause.name),
                   absl::StrFormat("derived field `%s` needs itself",
                                   schema_.derives[i].name));
    }
    // So that no later walk runs in a circle.
    schema_.derives[i].expr =
        MakeConst({}, schema_.derives[i].expr.type.kind, symbol_.span);
  }
}

}  // namespace

const CheckedSchema* FindSchema(const cst::Dotted& name,
                                const FileSettings& file, Context* context) {
  const Symbols& symbols = context->symbols;
  const auto found = symbols.schemas.find(name.text);
  if (found != symbols.schemas.end()) {
    return &context->schemas[found->second.index];
  }
  if (symbols.unreadable.contains(name.text)) return nullptr;
  Diagnostic& d =
      context->report.Emit(Kind::kUnknownSchema, At(file, name),
                           absl::StrFormat("unknown schema `%s`", name.text));
  std::vector<std::string_view> names;
  for (const auto& [known, symbol] : symbols.schemas) names.push_back(known);
  std::string_view nearest;
  d.help = DidYouMean(name.text, names, &nearest);
  if (!nearest.empty()) {
    d.fix = Fix{At(file, name), std::string(nearest)};
    return nullptr;
  }
  for (const std::string_view known : names) {
    d.help += d.help.empty() ? "known: " : ", ";
    d.help += known;
  }
  return nullptr;
}

void CheckSchemas(Context* context) {
  for (auto& [name, symbol] : context->symbols.schemas) {
    symbol.index = static_cast<std::uint32_t>(context->schemas.size());
    context->schemas.emplace_back();
    SchemaChecker(symbol, context).Declare();
  }
  const cst::Dotted audit = [] {
    cst::Dotted name;
    name.text = "k8s.audit";
    return name;
  }();
  for (FileSettings& file : context->files) {
    file.schema =
        FindSchema(file.use != nullptr ? *file.use : audit, file, context);
  }
  for (auto& [name, symbol] : context->symbols.schemas) {
    SchemaChecker(symbol, context).Expressions();
  }
}

}  // namespace tocsin::dsl
