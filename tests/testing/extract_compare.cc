#include "tests/testing/extract_compare.h"

#include <bit>
#include <map>
#include <vector>

#include "engine/base/limits.h"
#include "engine/event/json_scan.h"
#include "engine/event/json_text.h"
#include "tests/testing/blank_unread.h"

namespace tocsin::testing {
namespace {

FieldSpec Spec(std::vector<std::string> keys, int want) {
  return {std::move(keys), static_cast<std::uint8_t>(want)};
}

std::string Describe(Extraction* extraction, const Cell& original,
                     std::uint8_t want, bool slices) {
  EventBatch* batch = &extraction->batch;
  Cell cell = original;
  switch (cell.kind) {
    case CellKind::kMissing:
      return "-";
    case CellKind::kNull:
      return "null";
    case CellKind::kFalse:
      return "false";
    case CellKind::kTrue:
      return "true";
    case CellKind::kInt:
      return "i" + std::to_string(cell.i);
    case CellKind::kUint:
      return "u" + std::to_string(cell.u);
    case CellKind::kFloat:
      return "f" + std::to_string(std::bit_cast<std::uint64_t>(cell.f));
    case CellKind::kString:
      return "\"" + std::string(batch->Text(&cell)) + "\"";
    case CellKind::kList:
      if ((want & kWantElements) != 0) {
        std::string text = "[";
        for (std::uint32_t i = 0; i < cell.size; ++i) {
          text += Describe(extraction, batch->elements[cell.offset + i], 0,
                           slices) +
                  ",";
        }
        return text + "]";
      }
      [[fallthrough]];
    case CellKind::kObject:
      return (cell.kind == CellKind::kList ? "list " : "object ") +
             (slices ? std::string(batch->Raw(cell)) : std::string());
  }
  return "?";
}

// Rows by the line they came from.
std::map<std::uint32_t, std::vector<std::size_t>> ByLine(
    const EventBatch& batch) {
  std::map<std::uint32_t, std::vector<std::size_t>> lines;
  for (std::size_t row = 0; row < batch.rows.size(); ++row) {
    lines[batch.rows[row].line].push_back(row);
  }
  return lines;
}

std::string DescribeRows(const Projection& projection, Extraction* extraction,
                         const std::vector<std::size_t>& rows, bool slices) {
  std::string text;
  for (const std::size_t row : rows) {
    text += DescribeRow(projection, extraction, row, slices) + "\n";
  }
  return text;
}

std::string DescribeAll(const Projection& projection, Extraction* extraction,
                        bool slices) {
  std::vector<std::size_t> rows(extraction->batch.rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
  return DescribeRows(projection, extraction, rows, slices);
}

std::string_view Trimmed(std::string_view line) {
  if (line.substr(0, 3) == "\xEF\xBB\xBF") line.remove_prefix(3);
  return TrimJsonBlanks(line);
}

// The pieces of a malformed line, each a line; empty when there is but one.
std::string TakenApart(std::string_view line) {
  line = Trimmed(line);
  std::vector<std::size_t> ends;
  if (line.substr(0, 1) == "{") AppendPieceEnds(line, &ends);
  if (ends.size() < 2) return "";
  std::string apart;
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    apart += std::string(line.substr(begin, end - begin)) + "\n";
    begin = end;
  }
  return apart;
}

// Whether it reads the line as it reads the pieces.
bool ReadsPieces(std::unique_ptr<Extractor> extractor,
                 const Projection& projection, std::string_view line,
                 std::string_view apart) {
  Extraction a = RunExtractor(extractor.get(), projection, line);
  Extraction b = RunExtractor(extractor.get(), projection, apart);
  for (Row& row : a.batch.rows) row.line = 0;
  for (Row& row : b.batch.rows) row.line = 0;
  return DescribeAll(projection, &a, true) == DescribeAll(projection, &b, true);
}

// One line on which only RapidJSON gave up.
std::string CompareBlanked(const Projection& projection, std::string_view line,
                           bool truncated) {
  const auto hot = MakeSimdjsonExtractor();
  const auto oracle = MakeRapidJsonExtractor();
  Extraction whole = RunExtractor(hot.get(), projection, line, truncated);
  for (const Row& row : whole.batch.rows) {
    if (row.fate == Fate::kTooDeep &&
        DeepestBracket(line) > limits::kJsonDepth) {
      return "";
    }
  }
  std::string object(Trimmed(line));
  if (truncated) {
    object = SalvageObject(object, projection.unwrap());
  }
  const std::string blanked = BlankUnread(projection, object);
  Extraction a = RunExtractor(hot.get(), projection, blanked);
  Extraction b = RunExtractor(oracle.get(), projection, blanked);
  const std::string hot_text = DescribeAll(projection, &a, true);
  const std::string oracle_text = DescribeAll(projection, &b, true);
  if (hot_text != oracle_text) {
    return "blanked line " + blanked + "\nsimdjson:\n" + hot_text +
           "RapidJSON:\n" + oracle_text;
  }
  // Blanking must not have changed what is read; flags of repair may go with
  // the values that held the bad bytes.
  for (Row& row : a.batch.rows) row.flags = 0;
  for (Row& row : whole.batch.rows) {
    row.flags = 0;
    row.line = 0;
  }
  const std::string before = DescribeAll(projection, &whole, false);
  const std::string after = DescribeAll(projection, &a, false);
  if (before != after) {
    return "line as it is:\n" + before + "blanked:\n" + after;
  }
  return "";
}

}  // namespace

Projection AuditProjection() {
  std::vector<FieldSpec> fields;
  const int symbol = kWantScalar | kWantSymbol;
  fields.push_back(Spec({"verb"}, symbol));
  fields.push_back(Spec({"stage"}, symbol));
  fields.push_back(Spec({"user"}, kWantSlice));
  fields.push_back(Spec({"user", "username"}, symbol));
  fields.push_back(Spec({"user", "groups"}, kWantElements));
  fields.push_back(Spec({"sourceIPs"}, kWantElements));
  fields.push_back(Spec({"userAgent"}, kWantScalar));
  fields.push_back(Spec({"requestURI"}, kWantScalar));
  fields.push_back(Spec({"objectRef", "resource"}, symbol));
  fields.push_back(Spec({"objectRef", "namespace"}, symbol));
  fields.push_back(Spec({"objectRef", "name"}, kWantScalar));
  fields.push_back(Spec({"objectRef", "subresource"}, symbol));
  fields.push_back(Spec({"responseStatus", "code"}, kWantScalar));
  fields.push_back(Spec({"stageTimestamp"}, kWantScalar));
  fields.push_back(Spec({"annotations"}, kWantSlice));
  fields.push_back(
      Spec({"requestObject", "spec", "containers"}, kWantElements));
  fields.push_back(Spec({"requestObject"}, kWantSlice));
  fields.push_back(Spec({"n"}, kWantScalar | kWantElements));
  return Projection(std::move(fields), {"items", "Records"},
                    {"apiVersion", "kind"});
}

Extraction RunExtractor(Extractor* extractor, const Projection& projection,
                        std::string_view input, bool truncated_last) {
  Extraction extraction;
  extraction.symbols = std::make_unique<SymbolTables>(projection);
  extraction.batch.Reserve(input.size());
  std::copy(input.begin(), input.end(), extraction.batch.bytes.begin());
  extraction.batch.input_size = input.size();
  extraction.batch.truncated_last = truncated_last;
  extractor->Extract(projection, extraction.symbols.get(), &extraction.batch);
  return extraction;
}

std::string DescribeRow(const Projection& projection, Extraction* extraction,
                        std::size_t index, bool slices) {
  const Row& row = extraction->batch.rows[index];
  std::string text = "line " + std::to_string(row.line) + " fate " +
                     std::to_string(static_cast<int>(row.fate)) + " flags " +
                     std::to_string(row.flags);
  if (slices) {
    text += " <" + std::string(extraction->batch.Raw(row)) + "> content " +
            std::to_string(row.content);
  }
  for (std::size_t i = 0; i < projection.fields().size(); ++i) {
    const auto field = static_cast<FieldId>(i);
    const std::uint8_t want = projection.fields()[i].want;
    text +=
        " " + projection.fields()[i].keys.back() + "=" +
        Describe(extraction, extraction->batch.At(field, index), want, slices);
    if ((want & kWantSymbol) != 0) {
      const Symbol symbol = extraction->batch.SymbolAt(field, index);
      text += symbol <= kUninternedSymbol
                  ? "#" + std::to_string(symbol)
                  : "#<" +
                        std::string(extraction->symbols->Text(field, symbol)) +
                        ">";
    }
  }
  return text;
}

std::string CompareExtractors(const Projection& projection,
                              std::string_view input, bool truncated_last) {
  const auto hot = MakeSimdjsonExtractor();
  const auto oracle = MakeRapidJsonExtractor();
  Extraction a = RunExtractor(hot.get(), projection, input, truncated_last);
  Extraction b = RunExtractor(oracle.get(), projection, input, truncated_last);
  if (a.batch.blank_lines != b.batch.blank_lines) return "blank lines differ";
  const auto hot_lines = ByLine(a.batch);
  const auto oracle_lines = ByLine(b.batch);
  std::uint32_t number = 0;
  for (std::size_t at = 0; at < input.size(); ++number) {
    const std::size_t end = std::min(input.find('\n', at), input.size());
    const auto found_a = hot_lines.find(number);
    const auto found_b = oracle_lines.find(number);
    const std::vector<std::size_t> none;
    const auto& rows_a = found_a == hot_lines.end() ? none : found_a->second;
    const auto& rows_b = found_b == oracle_lines.end() ? none : found_b->second;
    const std::string text_a = DescribeRows(projection, &a, rows_a, true);
    const std::string text_b = DescribeRows(projection, &b, rows_b, true);
    if (text_a != text_b) {
      const bool cut = truncated_last && end == input.size();
      const std::string line(input.substr(at, end - at));
      const std::string why = "line " + std::to_string(number) + ": " + line +
                              "\nsimdjson:\n" + text_a + "RapidJSON:\n" +
                              text_b;
      const std::string apart = cut ? "" : TakenApart(line);
      const Fate refusal = cut ? Fate::kTooLong : Fate::kMalformed;
      std::string more;
      if (!apart.empty() &&
          ReadsPieces(MakeSimdjsonExtractor(), projection, line, apart) &&
          ReadsPieces(MakeRapidJsonExtractor(), projection, line, apart)) {
        more = CompareExtractors(projection, apart);
      } else if (rows_b.empty() || b.batch.rows[rows_b[0]].fate != refusal) {
        return why;
      } else {
        more = CompareBlanked(projection, line, cut);
      }
      if (!more.empty()) return why + more;
    }
    at = end + 1;
  }
  return "";
}

}  // namespace tocsin::testing
