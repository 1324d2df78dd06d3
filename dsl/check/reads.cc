// Which names are read anywhere, by a walk over the trees as written: what a
// refused construct reads is read too. Then what stayed unread or hides
// another.
#include <type_traits>

#include "absl/strings/str_format.h"
#include "dsl/check/symbols.h"
#include "dsl/check/types.h"
#include "engine/program/function.h"

namespace tocsin::dsl {
namespace {

class Reader {
 public:
  explicit Reader(std::set<std::string, std::less<>>* read) : read_(*read) {}

  void Read(const cst::Expr& expr) {
    const bool named =
        expr.kind == cst::ExprKind::kName || expr.kind == cst::ExprKind::kCall;
    if (named && !expr.quoted) read_.insert(expr.text);
    for (const cst::Expr& child : expr.children) Read(child);
  }
  template <typename T>
  void Read(const std::optional<T>& value) {
    if (value.has_value()) Read(*value);
  }
  template <typename T>
  void Read(const std::vector<T>& values) {
    for (const T& value : values) Read(value);
  }
  void Read(const cst::Named& named) { Read(named.expr); }
  void Read(const cst::Template& text) { Read(text.parts); }
  void Read(const cst::TemplatePart& part) { Read(part.hole); }
  void Read(const cst::KeyPart& part) {
    Read(part.expr);
    if (part.among.has_value()) read_.insert(part.among->text);
  }
  void Read(const cst::Condition& condition) {
    Read(condition.exprs);
    Read(condition.children);
  }
  void Read(const cst::SeverityClause::Arm& arm) { Read(arm.condition); }
  void Read(const cst::SchemaClause& clause) {
    Read(clause.exprs);
    Read(clause.shown);
  }
  void Read(const cst::TableClause& clause) {
    Read(clause.named);
    Read(clause.exprs);
  }
  void Read(const cst::Clause& clause) {
    std::visit([this](const auto& value) { ReadClause(value); }, clause.value);
  }
  void Read(const cst::Item& item) {
    std::visit([this](const auto& value) { ReadItem(value); }, item.value);
  }

 private:
  template <typename T>
  void ReadClause(const T& value) {
    using namespace cst;
    if constexpr (std::is_same_v<T, WhereClause> ||
                  std::is_same_v<T, UnlessClause> ||
                  std::is_same_v<T, WhenClause>) {
      Read(value.condition);
    } else if constexpr (std::is_same_v<T, ByClause>) {
      Read(value.parts);
    } else if constexpr (std::is_same_v<T, EventClause>) {
      Read(value.by);
      Read(value.condition);
    } else if constexpr (std::is_same_v<T, CollectClause> ||
                         std::is_same_v<T, RiskClause>) {
      Read(value.expr);
    } else if constexpr (std::is_same_v<T, ShowClause>) {
      Read(value.items);
    } else if constexpr (std::is_same_v<T, TextClause>) {
      Read(value.text);
    } else if constexpr (std::is_same_v<T, SeverityClause>) {
      Read(value.arms);
    }
  }
  template <typename T>
  void ReadItem(const T& value) {
    using namespace cst;
    if constexpr (std::is_same_v<T, DefaultsItem> ||
                  std::is_same_v<T, RuleItem> || std::is_same_v<T, TuneItem> ||
                  std::is_same_v<T, SchemaItem> ||
                  std::is_same_v<T, TableItem>) {
      Read(value.clauses);
    } else if constexpr (std::is_same_v<T, LetItem>) {
      Read(value.body);
    }
  }

  std::set<std::string, std::less<>>& read_;
};

void Hides(Context* context, Span span, std::string_view what,
           std::string_view name, std::string_view hidden,
           std::string_view help) {
  Diagnostic& d = context->report.Emit(
      Kind::kShadowedName, span,
      absl::StrFormat("%s `%s` hides %s", what, name, hidden));
  d.help = std::string(help);
}

// What a new name in expressions would hide: a field of the schema, a list or
// let, a function.
void ReportHidden(Context* context, const FileSettings& file, Span span,
                  std::string_view what, std::string_view name) {
  const Symbols& symbols = context->symbols;
  if (symbols.lets.contains(name) || symbols.lists.contains(name)) {
    Hides(context, span, what, name, "a let or list of that name", "");
  } else if (file.schema != nullptr &&
             FindField(file.schema->type, name) != nullptr) {
    Hides(context, span, what, name,
          absl::StrFormat("the field of %s", file.schema->name),
          absl::StrFormat("the field is still reached as `%s` in backticks",
                          name));
  }
}

// Whether an expression reads the name, or what could not be read may.
bool MayBeRead(const Context& context, const std::string& name,
               const FileSettings& file) {
  if (context.symbols.read.contains(name)) return true;
  const auto words = context.words.find(name);
  const int declared = file.file->complete ? 0 : 1;
  return words != context.words.end() && words->second > declared;
}

bool HasBad(const cst::Expr& expr) {
  if (expr.kind == cst::ExprKind::kBad) return true;
  for (const cst::Expr& child : expr.children) {
    if (HasBad(child)) return true;
  }
  return false;
}

// Two parameters of one name: the second could never be reached.
void ReportTwice(Context* context, const LetSymbol& let,
                 const cst::Name& parameter) {
  for (const cst::Name& other : let.item->parameters) {
    if (&other == &parameter) return;
    if (other.text != parameter.text) continue;
    context->report.Emit(
        Kind::kDuplicateName, At(*let.file, parameter),
        absl::StrFormat("parameter `%s` is declared twice", parameter.text));
    return;
  }
}

}  // namespace

bool ReadsName(const cst::Expr& expr, std::string_view name) {
  const bool named =
      expr.kind == cst::ExprKind::kName || expr.kind == cst::ExprKind::kCall;
  if (named && !expr.quoted && expr.text == name) return true;
  for (const cst::Expr& child : expr.children) {
    if (ReadsName(child, name)) return true;
  }
  return false;
}

void CollectReads(const cst::File& file, Context* context) {
  Reader reader(&context->symbols.read);
  for (const cst::Item& item : file.items) reader.Read(item);
}

void ReportUnused(Context* context) {
  const Symbols& symbols = context->symbols;
  for (const auto& [name, list] : symbols.lists) {
    if (MayBeRead(*context, name, *list.file)) continue;
    context->report.Emit(Kind::kUnusedList, list.span,
                         absl::StrFormat("list `%s` is never used", name));
  }
  for (const auto& [name, table] : symbols.tables) {
    if (table.broken || MayBeRead(*context, name, *table.file)) continue;
    context->report.Emit(Kind::kUnusedList, table.span,
                         absl::StrFormat("table `%s` is never used", name));
  }
  for (const auto& [name, let] : symbols.lets) {
    if (!MayBeRead(*context, name, *let.file)) {
      context->report.Emit(Kind::kUnusedLet, let.span,
                           absl::StrFormat("let `%s` is never used", name));
    }
    if (HasBad(let.item->body)) continue;
    for (const cst::Name& parameter : let.item->parameters) {
      if (ReadsName(let.item->body, parameter.text)) continue;
      context->report.Emit(
          Kind::kUnusedParameter, At(*let.file, parameter),
          absl::StrFormat("`%s` does not use its parameter `%s`", name,
                          parameter.text));
    }
  }
}

void ReportShadowed(Context* context) {
  const Symbols& symbols = context->symbols;
  for (const auto& [name, let] : symbols.lets) {
    Function function{};
    if (let.item->has_parameters && FindFunction(name, &function)) {
      Hides(context, let.span, "let", name, "the built-in function", "");
    }
    for (const cst::Name& parameter : let.item->parameters) {
      ReportTwice(context, let, parameter);
      ReportHidden(context, *let.file, At(*let.file, parameter), "parameter",
                   parameter.text);
    }
    if (let.file->schema != nullptr &&
        FindField(let.file->schema->type, name) != nullptr) {
      Hides(context, let.span, "let", name,
            absl::StrFormat("the field of %s", let.file->schema->name),
            absl::StrFormat("the field is still reached as `%s` in backticks",
                            name));
    }
  }
  for (const auto& [name, list] : symbols.lists) {
    if (list.file->schema == nullptr ||
        FindField(list.file->schema->type, name) == nullptr) {
      continue;
    }
    Hides(context, list.span, "list", name,
          absl::StrFormat("the field of %s", list.file->schema->name), "");
  }
}

}  // namespace tocsin::dsl
