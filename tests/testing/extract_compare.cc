#include "tests/testing/extract_compare.h"

#include <bit>
#include <cstring>
#include <map>
#include <vector>

#include "engine/base/limits.h"
#include "engine/event/json_scan.h"
#include "engine/event/json_text.h"

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

// A token as stage 1 of simdjson sees it.
struct Token {
  char kind = 0;  // A bracket, colon, comma, '"', or 's' for a scalar.
  std::size_t begin = 0;
  std::size_t end = 0;
};

bool IsOperator(char c) {
  return c != '\0' && std::strchr("{}[]:,", c) != nullptr;
}

std::vector<Token> Tokenize(std::string_view line) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (at < line.size()) {
    const char c = line[at];
    if (IsJsonBlank(c)) {
      ++at;
    } else if (IsOperator(c)) {
      tokens.push_back({c, at, at + 1});
      ++at;
    } else if (c == '"') {
      const std::size_t end = std::min(JsonStringEnd(line, at), line.size());
      tokens.push_back({'"', at, end});
      at = end;
    } else {
      // A quote inside a scalar begins a string that hides what it holds.
      Token scalar{'s', at, at};
      while (at < line.size() && !IsJsonBlank(line[at]) &&
             !IsOperator(line[at]) && line[at] != '"') {
        // A backslash out of strings hides a quote, but no operator.
        const bool hides = line[at] == '\\' && at + 1 < line.size() &&
                           (line[at + 1] == '"' || line[at + 1] == '\\');
        at += hides ? 2 : 1;
      }
      at = std::min(at, line.size());
      if (at < line.size() && line[at] == '"') {
        at = std::min(JsonStringEnd(line, at), line.size());
      }
      scalar.end = at;
      tokens.push_back(scalar);
    }
  }
  return tokens;
}

int DeepestBracket(std::string_view line) {
  int depth = 0, deepest = 0;
  for (const Token& token : Tokenize(line)) {
    if (token.kind == '{' || token.kind == '[')
      deepest = std::max(deepest, ++depth);
    if (token.kind == '}' || token.kind == ']') --depth;
  }
  return deepest;
}

class Blanker {
 public:
  Blanker(const Projection& projection, std::string_view line)
      : projection_(projection), line_(line), tokens_(Tokenize(line)) {}

  std::string Run() {
    items_ = FindItems();
    if (At().kind != '{' || !Object(0, true) || at_ != tokens_.size()) {
      return std::string(line_);
    }
    return out_;
  }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  static constexpr std::size_t kNowhere = SIZE_MAX;

  const Token& At() const {
    static const Token kEnd;
    return at_ < tokens_.size() ? tokens_[at_] : kEnd;
  }
  std::string_view Take() {
    const Token token = At();
    if (token.kind != 0) ++at_;
    return line_.substr(token.begin, token.end - token.begin);
  }
  bool TakeKind(char kind) {
    if (At().kind != kind) return false;
    out_ += Take();
    return true;
  }

  bool Object(std::uint32_t node, bool top) {
    TakeKind('{');
    if (TakeKind('}')) return true;
    do {
      if (At().kind != '"') return false;
      const std::string_view raw = Take();
      out_ += raw;
      if (!TakeKind(':')) return false;
      std::string key;
      AppendUnescaped(raw.substr(1, raw.size() - 2), &key);
      if (top && at_ == items_) {
        if (!Items()) return false;
        continue;
      }
      if (!Value(Child(node, key))) return false;
    } while (TakeKind(','));
    return TakeKind('}');
  }
  bool Items() {
    TakeKind('[');
    if (TakeKind(']')) return true;
    do {
      if (!(At().kind == '{' ? Object(0, false) : Skip())) return false;
    } while (TakeKind(','));
    return TakeKind(']');
  }
  // Which token begins the list of an envelope: of the first key of unwrap()
  // whose last member is a list; other lists of that name nobody reads.
  std::size_t FindItems() {
    const std::vector<std::string> keys(projection_.unwrap().begin(),
                                        projection_.unwrap().end());
    std::vector<std::size_t> places(keys.size(), kNowhere);
    int depth = 0;
    for (std::size_t i = 0; i + 2 < tokens_.size(); ++i) {
      const char kind = tokens_[i].kind;
      if (kind == '{' || kind == '[') ++depth;
      if (kind == '}' || kind == ']') --depth;
      if (depth != 1 || kind != '"' || tokens_[i + 1].kind != ':') continue;
      const std::size_t size = tokens_[i].end - tokens_[i].begin;
      std::string key;
      AppendUnescaped(line_.substr(tokens_[i].begin + 1, size - 2), &key);
      for (std::size_t k = 0; k < keys.size(); ++k) {
        if (keys[k] != key) continue;
        places[k] = tokens_[i + 2].kind == '[' ? i + 2 : kNowhere;
      }
    }
    for (const std::size_t place : places) {
      if (place != kNowhere) return place;
    }
    return kNowhere;
  }
  std::uint32_t Child(std::uint32_t node, const std::string& key) const {
    for (const auto& [name, child] : projection_.nodes()[node].children) {
      if (name == key) return child;
    }
    return kNone;
  }

  bool Value(std::uint32_t index) {
    if (index == kNone) return Skip();
    const Projection::Node& node = projection_.nodes()[index];
    if (At().kind == '{' && !node.children.empty()) return Object(index, false);
    if (node.field == kNoField) return Skip();
    if (At().kind == '[' && (node.want & kWantElements) != 0) {
      TakeKind('[');
      if (TakeKind(']')) return true;
      do {
        if (!Plain()) return false;
      } while (TakeKind(','));
      return TakeKind(']');
    }
    return Plain();
  }
  bool Plain() {
    const char kind = At().kind;
    return kind == '"' || kind == 's' ? TakeKind(kind) : Skip();
  }
  // A value nobody reads: an empty one in its place.
  bool Skip() {
    const char kind = At().kind;
    if (kind == '"' || kind == 's') {
      const char c = Take()[0];
      const bool begins = kind == '"' || c == '-' || (c >= '0' && c <= '9') ||
                          c == 't' || c == 'f' || c == 'n';
      out_ += "\"\"";
      return begins;
    }
    if (kind != '{' && kind != '[') return false;
    int depth = 0;
    do {
      const char next = At().kind;
      if (next == 0) return false;
      if (next == '{' || next == '[') ++depth;
      if (next == '}' || next == ']') --depth;
      if (next == 's') {
        const char c = line_[At().begin];
        if (std::strchr("-0123456789tfn", c) == nullptr || c == '\0') {
          return false;
        }
      }
      Take();
    } while (depth > 0);
    out_ += kind == '{' ? "{}" : "[]";
    return true;
  }

  const Projection& projection_;
  std::string_view line_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t items_ = kNowhere;
  std::string out_;
};

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
  std::string_view text = line;
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  std::string object(TrimJsonBlanks(text));
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

std::string BlankUnread(const Projection& projection, std::string_view line) {
  return Blanker(projection, line).Run();
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
      const bool refused =
          rows_b.size() == 1 && b.batch.rows[rows_b[0]].fate ==
                                    (cut ? Fate::kTooLong : Fate::kMalformed);
      const std::string line(input.substr(at, end - at));
      std::string why = "line " + std::to_string(number) + ": " + line +
                        "\nsimdjson:\n" + text_a + "RapidJSON:\n" + text_b;
      if (!refused) return why;
      const std::string blanked = CompareBlanked(projection, line, cut);
      if (!blanked.empty()) return why + blanked;
    }
    at = end + 1;
  }
  return "";
}

}  // namespace tocsin::testing
