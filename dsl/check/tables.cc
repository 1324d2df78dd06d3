#include "dsl/check/tables.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_format.h"
#include "dsl/check/constants.h"
#include "dsl/check/csv.h"
#include "dsl/check/types.h"

namespace tocsin::dsl {
namespace {

class TableReader {
 public:
  TableReader(const TableSymbol& symbol, Context* context)
      : symbol_(symbol),
        item_(*symbol.item),
        file_(*symbol.file),
        context_(*context),
        report_(context->report) {}

  bool Read(CheckedTable* table) {
    table->name = item_.name.text;
    table->span = symbol_.span;
    if (!item_.file.has_value()) return RefuseEvents();
    table->file = item_.file->text;
    const bool columns = Columns(table);
    return Key(table) && columns && Rows(table);
  }

 private:
  Span SpanOf(const cst::Node& node) const { return At(file_, node); }
  bool Fail(const cst::Node& at, std::string message, std::string help = "") {
    report_.Emit(Kind::kTableFile, SpanOf(at), std::move(message)).help =
        std::move(help);
    return false;
  }

  bool RefuseEvents() {
    if (item_.clauses.empty() && !file_.file->complete) return false;
    report_
        .Emit(Kind::kTableNotYet, symbol_.span,
              absl::StrFormat("table `%s` is filled by events, which comes "
                              "with a later version",
                              item_.name.text))
        .help = absl::StrFormat(
        "a table from a file: table %s from \"%s.csv\" key .. { .. }",
        item_.name.text, item_.name.text);
    return false;
  }

  bool Columns(CheckedTable* table) {
    bool good = true;
    for (const cst::TableColumn& written : item_.columns) {
      CheckedTable::Column column;
      column.name = written.name.text;
      column.optional = written.optional;
      TypeKind kind = TypeKind::kString;
      if (!FindScalar(written.type.text, &kind)) {
        report_
            .Emit(Kind::kUnknownWord, SpanOf(written.type),
                  absl::StrFormat("unknown type `%s`", written.type.text))
            .help = "one of string int float bool time duration ip cidr";
        good = false;
      }
      column.type = MakeType(kind);
      for (const CheckedTable::Column& other : table->columns) {
        if (other.name != column.name) continue;
        report_.Emit(
            Kind::kDuplicateName, SpanOf(written.name),
            absl::StrFormat("column `%s` is declared twice", column.name));
        good = false;
      }
      table->columns.push_back(std::move(column));
    }
    return good;
  }

  bool Key(CheckedTable* table) {
    std::vector<std::string_view> names;
    for (const auto& column : table->columns) names.push_back(column.name);
    bool good = true;
    for (const cst::Name& name : item_.key_columns) {
      const auto found = std::find(names.begin(), names.end(), name.text);
      if (found == names.end()) {
        Diagnostic& d = report_.Emit(
            Kind::kUnknownField, SpanOf(name),
            absl::StrFormat("the key names no column `%s`", name.text));
        std::string_view nearest;
        d.help = DidYouMean(name.text, names, &nearest);
        if (!nearest.empty()) d.fix = Fix{SpanOf(name), std::string(nearest)};
        good = false;
        continue;
      }
      const auto index = static_cast<std::uint32_t>(found - names.begin());
      const CheckedTable::Column& column = table->columns[index];
      if (column.optional || column.type.kind == TypeKind::kCidr) {
        report_
            .Emit(Kind::kWrongType, SpanOf(name),
                  column.optional
                      ? absl::StrFormat("`%s` may be missing, and is the key",
                                        name.text)
                      : "a key is looked up as it is, and an address is no "
                        "network")
            .help = column.optional ? "leave the `?` out"
                                    : "a list of networks: ip in NETWORKS";
        good = false;
      }
      table->key.push_back(index);
    }
    return good && !table->key.empty();
  }

  bool Rows(CheckedTable* table) {
    std::string bytes;
    std::string error = "files cannot be read here";
    const std::string from = context_.sources.file(file_.file->id).path();
    if (!context_.options.read_file ||
        !context_.options.read_file(from, table->file, &bytes, &error)) {
      return Fail(*item_.file, absl::StrFormat("cannot read table file `%s`: "
                                               "%s",
                                               table->file, error));
    }
    std::string_view rest = bytes;
    if (rest.substr(0, 3) == "\xef\xbb\xbf") rest.remove_prefix(3);
    CsvReader reader(rest);
    std::vector<std::string> fields;
    if (!reader.Next(&fields)) {
      return Fail(*item_.file, absl::StrFormat("%s is empty", table->file),
                  "its first line names the columns");
    }
    std::vector<std::size_t> places;
    if (!Header(fields, *table, &places)) return false;
    bool good = true;
    // A file that is wrong throughout is told by its first mistakes.
    for (int mistakes = 0; mistakes < 5 && reader.Next(&fields);) {
      if (Row(fields, reader.line(), places, table)) continue;
      good = false;
      ++mistakes;
    }
    return good;
  }

  bool Header(const std::vector<std::string>& fields, const CheckedTable& table,
              std::vector<std::size_t>* places) {
    bool good = true;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const auto found =
          std::find(fields.begin(), fields.end(), table.columns[i].name);
      places->push_back(static_cast<std::size_t>(found - fields.begin()));
      if (found != fields.end()) continue;
      const std::vector<std::string_view> names(fields.begin(), fields.end());
      std::string_view nearest;
      const std::string help =
          DidYouMean(table.columns[i].name, names, &nearest);
      const Span span = SpanOf(item_.columns[i].name);
      Diagnostic& d =
          report_.Emit(Kind::kTableFile, span,
                       absl::StrFormat("%s has no column `%s`", table.file,
                                       table.columns[i].name));
      d.help = help;
      if (!nearest.empty()) d.fix = Fix{span, std::string(nearest)};
      good = false;
    }
    return good;
  }

  // A mistake in a cell is told at the column's declaration, each by itself.
  bool Row(const std::vector<std::string>& fields, int line,
           const std::vector<std::size_t>& places, CheckedTable* table) {
    std::vector<Constant> row;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const CheckedTable::Column& column = table->columns[i];
      const std::string_view text =
          places[i] < fields.size() ? std::string_view(fields[places[i]]) : "";
      Constant value;
      const bool empty = text.empty();
      if (empty && !column.optional &&
          (column.type.kind != TypeKind::kString ||
           places[i] >= fields.size())) {
        return Cell(i,
                    absl::StrFormat("%s:%d: `%s` is missing", table->file, line,
                                    column.name),
                    absl::StrFormat("`%s %s?` may be missing", column.name,
                                    KindName(column.type.kind)));
      }
      if (!(empty && column.optional) && !ReadCell(text, column, &value)) {
        return Cell(i,
                    absl::StrFormat("%s:%d: `%s` is no %s", table->file, line,
                                    text, KindName(column.type.kind)),
                    "");
      }
      row.push_back(std::move(value));
    }
    return TakeRow(std::move(row), line, table);
  }

  bool Cell(std::size_t column, std::string message, std::string help) {
    return Fail(item_.columns[column].name, std::move(message),
                std::move(help));
  }

  static bool ReadCell(std::string_view text,
                       const CheckedTable::Column& column, Constant* value) {
    const TypeKind kind = column.type.kind;
    if (!ParseAs(text, kind, value)) return false;
    if (kind == TypeKind::kIp) {
      return std::holds_alternative<IpAddress>(value->value);
    }
    if (kind == TypeKind::kCidr) {
      if (const auto* address = std::get_if<IpAddress>(&value->value)) {
        value->value = NetworkOf(*address);
      }
    }
    return true;
  }

  bool TakeRow(std::vector<Constant> row, int line, CheckedTable* table) {
    std::string key;
    for (const std::uint32_t part : table->key) {
      AppendCanonical(row[part], &key);
      key += '\0';
    }
    const auto [place, fresh] = lines_.emplace(std::move(key), line);
    if (!fresh) {
      return Fail(*item_.file,
                  absl::StrFormat("%s:%d: the key stands in line %d already",
                                  table->file, line, place->second),
                  "a row for each key");
    }
    if (table->rows.size() == context_.options.limits.list_items) {
      report_.Emit(Kind::kListTooLong, SpanOf(*item_.file),
                   absl::StrFormat("%s: more than %d rows", table->file,
                                   context_.options.limits.list_items));
      return false;
    }
    table->rows.push_back(std::move(row));
    return true;
  }

  const TableSymbol& symbol_;
  const cst::TableItem& item_;
  const FileSettings& file_;
  Context& context_;
  Reporter& report_;
  absl::flat_hash_map<std::string, int> lines_;  // By key.
};

}  // namespace

void CheckTables(Context* context) {
  for (auto& [name, symbol] : context->symbols.tables) {
    symbol.index = static_cast<std::uint32_t>(context->tables.size());
    CheckedTable table;
    symbol.broken = !TableReader(symbol, context).Read(&table);
    context->tables.push_back(std::move(table));
  }
}

}  // namespace tocsin::dsl
