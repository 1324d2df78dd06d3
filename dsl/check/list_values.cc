// List files: one value a line, or a column of a CSV file (RFC 4180 quoting);
// a line that starts with # is a comment, blank lines are nothing.
#include "dsl/check/list_values.h"

#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "dsl/check/constants.h"
#include "dsl/check/csv.h"
#include "dsl/check/expr_checker.h"
#include "dsl/check/types.h"
#include "engine/base/strings.h"

namespace tocsin::dsl {

bool ListKind::Add(TypeKind kind) {
  if (!IsScalar(kind) || kind == TypeKind::kAny) return false;
  if (kind_ == TypeKind::kAny || kind_ == kind) {
    kind_ = kind;
    return true;
  }
  if (IsNumber(kind_) && IsNumber(kind)) {
    kind_ = TypeKind::kFloat;
    return true;
  }
  const auto address = [](TypeKind k) {
    return k == TypeKind::kIp || k == TypeKind::kCidr;
  };
  if (!address(kind_) || !address(kind)) return false;
  kind_ = TypeKind::kCidr;
  return true;
}

void ListKind::Settle(ConstantList* values) const {
  if (kind_ != TypeKind::kCidr) return;
  for (Constant& constant : *values) {
    if (const auto* address = std::get_if<IpAddress>(&constant.value)) {
      constant.value = NetworkOf(*address);
    }
  }
}

namespace {

class ListReader {
 public:
  ListReader(Context* context, const ListSymbol& symbol)
      : context_(*context), item_(*symbol.item), file_(*symbol.file) {}

  bool ReadFile(CheckedList* list);

 private:
  bool Fail(const cst::Node& at, std::string message);
  bool AddValue(std::string_view text, int line, CheckedList* list);
  bool ReadLines(std::string_view bytes, CheckedList* list);
  bool ReadColumn(std::string_view bytes, CheckedList* list);

  Context& context_;
  const cst::ListItem& item_;
  const FileSettings& file_;
  TypeKind kind_ = TypeKind::kString;
};

bool ListReader::Fail(const cst::Node& at, std::string message) {
  context_.report.Emit(Kind::kListFile, At(file_, at), std::move(message));
  return false;
}

bool ListReader::AddValue(std::string_view text, int line, CheckedList* list) {
  if (list->values.size() >= context_.options.limits.list_items) {
    context_.report.Emit(
        Kind::kListTooLong, At(file_, *item_.file),
        absl::StrFormat("%s: more than %d values", item_.file->text,
                        context_.options.limits.list_items));
    return false;
  }
  Constant value;
  if (!ParseAs(text, kind_, &value)) {
    return Fail(*item_.file,
                absl::StrFormat("%s:%d: `%s` is no %s", item_.file->text, line,
                                text, KindName(kind_)));
  }
  list->values.push_back(std::move(value));
  return true;
}

bool ListReader::ReadLines(std::string_view bytes, CheckedList* list) {
  int number = 0;
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    ++number;
    const std::size_t comment = line.find(" #");
    if (comment != std::string_view::npos) line = line.substr(0, comment);
    line = TrimBlanks(line);
    if (line.empty() || line.front() == '#') continue;
    if (!AddValue(line, number, list)) return false;
  }
  return true;
}

bool ListReader::ReadColumn(std::string_view bytes, CheckedList* list) {
  CsvReader reader(bytes);
  std::size_t column = 0;
  bool header = false;
  std::vector<std::string> fields;
  while (reader.Next(&fields)) {
    if (header) {
      if (column >= fields.size() || fields[column].empty()) continue;
      if (!AddValue(fields[column], reader.line(), list)) return false;
      continue;
    }
    header = true;
    while (column < fields.size() && fields[column] != item_.column->text) {
      ++column;
    }
    if (column < fields.size()) continue;
    std::vector<std::string_view> names(fields.begin(), fields.end());
    const std::string_view nearest = Nearest(item_.column->text, names);
    return Fail(
        *item_.column,
        absl::StrFormat(
            "%s has no column `%s`%s", item_.file->text, item_.column->text,
            nearest.empty()
                ? ""
                : absl::StrFormat("; did you mean `%s`?", nearest)));
  }
  if (!header) {
    return Fail(*item_.column,
                absl::StrFormat("%s is empty, without a column `%s`",
                                item_.file->text, item_.column->text));
  }
  return true;
}

bool ListReader::ReadFile(CheckedList* list) {
  if (item_.type.has_value() && !FindScalar(item_.type->text, &kind_)) {
    context_.report
        .Emit(Kind::kUnknownWord, At(file_, *item_.type),
              absl::StrFormat("unknown type `%s`", item_.type->text))
        .help = "one of string int float bool time duration ip cidr";
    return false;
  }
  std::string bytes;
  std::string error = "list files cannot be read here";
  const std::string from = context_.sources.file(file_.file->id).path();
  if (!context_.options.read_file ||
      !context_.options.read_file(from, item_.file->text, &bytes, &error)) {
    return Fail(*item_.file, absl::StrFormat("cannot read list file `%s`: %s",
                                             item_.file->text, error));
  }
  std::string_view rest = bytes;
  if (rest.substr(0, 3) == "\xef\xbb\xbf") rest.remove_prefix(3);
  list->file = item_.file->text;
  const bool read =
      item_.column.has_value() ? ReadColumn(rest, list) : ReadLines(rest, list);
  if (!read) return false;
  list->element = kind_;
  if (kind_ != TypeKind::kIp) return true;
  // An ip list may hold networks; then all of it is networks.
  ListKind kind;
  for (const Constant& value : list->values) {
    kind.Add(std::holds_alternative<Cidr>(value.value) ? TypeKind::kCidr
                                                       : TypeKind::kIp);
  }
  if (kind.kind() != TypeKind::kAny) list->element = kind.kind();
  kind.Settle(&list->values);
  return true;
}

}  // namespace

namespace {

// list NAME += [..]: values of the list's own type.
void AddItems(const ListSymbol& symbol, ExprChecker* expressions,
              Context* context, CheckedList* list) {
  for (const ListSymbol::Added& added : symbol.added) {
    if (!added.item->items.has_value()) continue;
    Scope scope;
    scope.file = added.file;
    scope.constants = true;
    expressions->BeginRule(At(*added.file, added.item->name));
    Value value = expressions->Check(*added.item->items, scope);
    if (value.bad || value.expr.op != ExprOp::kConst) continue;
    auto& values = std::get<ConstantList>(value.expr.constant.value);
    if (values.empty()) continue;
    const TypeKind given = value.expr.type.element[0].kind;
    ListKind kind;
    kind.Add(list->element);
    const bool fits = list->element == TypeKind::kAny || kind.Add(given);
    if (!fits) {
      Diagnostic& d = context->report.Emit(
          Kind::kMixedList, At(*added.file, *added.item->items),
          absl::StrFormat("list `%s` holds values of type %s, and these are of "
                          "type %s",
                          list->name, KindName(list->element),
                          KindName(given)));
      d.notes.push_back({list->span, "declared here"});
      continue;
    }
    list->element = list->element == TypeKind::kAny ? given : kind.kind();
    for (Constant& constant : values) {
      list->values.push_back(std::move(constant));
    }
    kind.Settle(&list->values);
    if (list->values.size() <= context->options.limits.list_items) continue;
    context->report.Emit(
        Kind::kListTooLong, At(*added.file, added.item->name),
        absl::StrFormat("%d values with these; a list has at most %d",
                        list->values.size(),
                        context->options.limits.list_items));
  }
}

}  // namespace

void CheckLists(Context* context) {
  ExprChecker expressions(context);
  for (auto& [name, symbol] : context->symbols.lists) {
    symbol.index = static_cast<std::uint32_t>(context->lists.size());
    CheckedList list;
    list.name = name;
    list.span = symbol.span;
    if (symbol.item->file.has_value()) {
      symbol.broken = !ListReader(context, symbol).ReadFile(&list);
    } else if (symbol.item->items.has_value()) {
      Scope scope;
      scope.file = symbol.file;
      scope.constants = true;
      expressions.BeginRule(symbol.span);
      Value value = expressions.Check(*symbol.item->items, scope);
      symbol.broken = value.bad || value.expr.op != ExprOp::kConst;
      if (!symbol.broken) {
        list.element = value.expr.type.element[0].kind;
        list.values =
            std::move(std::get<ConstantList>(value.expr.constant.value));
      }
    } else {
      symbol.broken = true;  // Unreadable; already reported.
    }
    if (!symbol.broken) AddItems(symbol, &expressions, context, &list);
    context->lists.push_back(std::move(list));
  }
}

}  // namespace tocsin::dsl
