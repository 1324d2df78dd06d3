// The hot read: stage 1 of simdjson over one line at a time gives the places
// of brackets, colons, commas and beginnings of scalars (and refuses control
// bytes in strings, open strings and invalid UTF-8, at run-time dispatched SIMD
// speed); one walk over these places, led by the projection's trie, fills the
// columns. The walk is ours rather than the on-demand front end's because the
// contract needs what that does not tell: nesting inside skipped subtrees,
// commas before a closing bracket, keys compared decoded, ends of slices
// (docs/decisions/0006-event-contract.md).
//
// The only way in is MakeSimdjsonExtractor().
#include <simdjson.h>

#include <array>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/event/line_extractor.h"

namespace tocsin {
namespace {

constexpr std::size_t kUsualLine = 64u << 10;  // What the index is sized for,
constexpr std::size_t kLargeLine = 4u << 20;   // and what it shrinks back from.

// What a byte at an indexed place does to the nesting; kBad where no token
// begins. The byte behind a line is a blank, so it is bad too and ends a walk.
constexpr std::int64_t kBad = std::int64_t{1} << 40;
constexpr std::array<std::int64_t, 256> kNesting = [] {
  std::array<std::int64_t, 256> table{};
  for (std::int64_t& step : table) step = kBad;
  for (const char c : {'"', ',', ':', '-', 't', 'f', 'n'}) {
    table[static_cast<unsigned char>(c)] = 0;
  }
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = 0;
  for (const char c : {'{', '['}) table[static_cast<unsigned char>(c)] = 1;
  for (const char c : {'}', ']'}) table[static_cast<unsigned char>(c)] = -1;
  return table;
}();

#if defined(__SSE2__)
inline unsigned BackslashesIn16(const char* text) {
  const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
  return static_cast<unsigned>(
      _mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8('\\'))));
}

// Reads up to 15 bytes behind the text, which the batch's padding allows.
[[gnu::noinline]] bool HasBackslash(const char* text, std::size_t size) {
  while (size > 16) {
    if (BackslashesIn16(text) != 0) return true;
    text += 16;
    size -= 16;
  }
  return (BackslashesIn16(text) & ((1u << size) - 1)) != 0;
}
#else
inline bool HasBackslash(const char* text, std::size_t size) {
  return std::memchr(text, '\\', size) != nullptr;
}
#endif

class SimdjsonReader {
 public:
  SimdjsonReader() { Allocate(kUsualLine); }

  void Begin(const Projection& projection, SymbolTables*, EventBatch* batch,
             BatchWriter* writer) {
    projection_ = &projection;
    batch_ = batch;
    writer_ = writer;
    seen_.assign(projection.nodes().size(), 0);
    epoch_ = 0;
    envelopes_.assign(projection.unwrap().size(), nullptr);
    if (capacity_ > kLargeLine) Allocate(kUsualLine);
  }

  ReadFate Read(const Line& line) {
    if (line.size > capacity_) Allocate(line.size + line.size / 2);
    text_ = batch_->bytes.data() + line.offset;
    const simdjson::error_code error =
        index_->stage1(reinterpret_cast<const std::uint8_t*>(text_), line.size,
                       simdjson::stage1_mode::regular);
    if (error == simdjson::UTF8_ERROR) return ReadFate::kInvalidUtf8;
    if (error != simdjson::SUCCESS) return ReadFate::kMalformed;
    const Place begin = index_->structural_indexes.get();
    OpenRow();
    enveloped_ = false;
    const Place end = ReadTop(begin, /*item=*/false);
    const Place items = enveloped_ ? TakeEnvelope() : nullptr;
    if (end != begin + index_->n_structural_indexes) {
      writer_->ClearOpenRow();
      return ReadFate::kMalformed;
    }
    if (items != nullptr) return ReadItems(line, items);
    CloseRow(line, 0, line.size, 0);
    return ReadFate::kRows;
  }

 private:
  // Where a token's place in the line stands. Each Read and Skip function takes
  // the place of what it reads and returns that of the token behind, or null
  // when the text is malformed.
  using Place = const std::uint32_t*;

  void Allocate(std::size_t capacity) {
    index_.reset();
    TOCSIN_CHECK(
        simdjson::get_active_implementation()->create_dom_parser_implementation(
            capacity, 1, index_) == simdjson::SUCCESS);
    capacity_ = capacity;
  }

  char CharAt(Place at) const { return text_[*at]; }
  // The inside of a string token: up to the quote before the next token, with
  // at most blanks between.
  std::string_view StringAt(Place at) const {
    const std::uint32_t begin = at[0] + 1;
    std::uint32_t end = at[1] - 1;
    while (text_[end] != '"') --end;
    return {text_ + begin, end - begin};
  }
  // Where the scalar token at `at` ends.
  std::uint32_t ScalarEnd(Place at) const {
    std::uint32_t end = at[1];
    while (IsJsonBlank(text_[end - 1])) --end;
    return end;
  }
  std::uint64_t OffsetOf(const char* text) const {
    return static_cast<std::uint64_t>(text - batch_->bytes.data());
  }

  void OpenRow() {
    writer_->OpenRow();
    ++epoch_;
    flags_ = 0;
    deepest_ = 0;
  }
  // Adds the open row: the object at [begin, end) of the line.
  void CloseRow(const Line& line, std::uint32_t begin, std::uint32_t end,
                std::uint8_t flags) {
    Row row;
    row.offset = line.offset + begin;
    row.size = end - begin;
    row.line = line.number;
    row.content = content_;
    row.flags = static_cast<std::uint8_t>(
        flags | line.FlagsOf(row.offset, row.offset + row.size));
    if (deepest_ > limits::kJsonDepth) {
      row.fate = Fate::kTooDeep;
      writer_->ClearOpenRow();
    } else {
      row.flags = static_cast<std::uint8_t>(row.flags | flags_);
    }
    writer_->AddRow(row);
  }

  // Finds the key at `at`; returns the place of its value.
  Place FindKey(const KeyIndex& keys, Place at, std::uint32_t* value) {
    if (CharAt(at) != '"' || CharAt(at + 1) != ':') return nullptr;
    const std::string_view key = StringAt(at);
    *value = keys.FindPadded(key);
    if (*value == KeyIndex::kNone && HasBackslash(key.data(), key.size()) &&
        !FindEscaped(keys, key, value)) {
      return nullptr;
    }
    return at + 2;
  }
  [[gnu::noinline]] bool FindEscaped(const KeyIndex& keys, std::string_view key,
                                     std::uint32_t* value) {
    if (!EscapesAreValid(key)) return false;
    key_.clear();
    AppendUnescaped(key, &key_);
    *value = keys.Find(key_);
    return true;
  }

  // An event, or a line's envelope: its brace is at `brace`. An item of an
  // envelope is none.
  Place ReadTop(Place brace, bool item) {
    deepest_ = 1;
    content_ = 0;
    Place at = brace + 1;
    if (CharAt(at) == '}') return at + 1;
    std::uint32_t last = *brace;  // The brace or comma before the key.
    std::uint32_t begin = 0;      // Of the first key that is not left out.
    bool plain = true;            // As Row::content wants it.
    while (true) {
      std::uint32_t top = KeyIndex::kNone;
      const std::uint32_t key_at = *at;
      plain = plain && key_at == last + 1;
      at = FindKey(projection_->top_keys(), at, &top);
      if (at == nullptr) return nullptr;
      std::uint32_t node = 0;
      bool left_out = false;
      if (top != KeyIndex::kNone) {
        const Projection::TopKey& key = projection_->top_key(top);
        node = key.node;
        left_out = key.left_out;
        if (key.unwrap != Projection::kNoUnwrap && !item) {
          NoteEnvelope(key.unwrap, at);
        }
      }
      if (begin == 0 && !left_out) begin = key_at;
      plain = plain && (begin == 0 || !left_out);
      at = node == 0 ? Skip(at, 1) : ReadValue(at, node, 1);
      if (at == nullptr) return nullptr;
      last = *at;
      plain = plain && !IsJsonBlank(text_[last - 1]);
      const char c = CharAt(at++);
      if (c == '}') break;
      if (c != ',') return nullptr;
    }
    if (plain && begin != 0) content_ = begin - *brace;
    return at;
  }

  // `at`: the value of a key that an envelope's list has.
  void NoteEnvelope(std::uint32_t key, Place at) {
    enveloped_ = true;  // Perhaps: TakeEnvelope() looks which are lists.
    envelopes_[key] = CharAt(at) == '[' ? at : nullptr;
  }

  // The list of the first envelope key that holds one; forgets them all.
  Place TakeEnvelope() {
    Place items = nullptr;
    for (Place& place : envelopes_) {
      if (items == nullptr) items = place;
      place = nullptr;
    }
    return items;
  }

  ReadFate ReadItems(const Line& line, Place at) {
    writer_->ClearOpenRow();
    const std::size_t first = batch_->rows.size();
    if (CharAt(++at) == ']') return ReadFate::kRows;
    while (true) {
      if (batch_->rows.size() - first == limits::kEnvelopeItems) {
        writer_->DropRows(first);
        return ReadFate::kTooLong;
      }
      at = ReadItem(line, at);
      const char c = at == nullptr ? '\0' : CharAt(at++);
      if (c == ']') return ReadFate::kRows;
      if (c != ',') break;
    }
    writer_->DropRows(first);
    return ReadFate::kMalformed;
  }

  Place ReadItem(const Line& line, Place item) {
    OpenRow();
    if (CharAt(item) == '{') {
      const Place at = ReadTop(item, /*item=*/true);
      if (at != nullptr) CloseRow(line, *item, at[-1] + 1, kRowUnwrapped);
      return at;
    }
    const bool list = CharAt(item) == '[';
    const Place at = Skip(item, 1);
    if (at == nullptr) return nullptr;
    Row row;
    row.offset = line.offset + *item;
    row.size = (list ? at[-1] + 1 : ScalarEnd(item)) - *item;
    row.line = line.number;
    row.fate = Fate::kNotAnObject;
    row.flags = static_cast<std::uint8_t>(
        kRowUnwrapped | line.FlagsOf(row.offset, row.offset + row.size));
    writer_->AddRow(row);
    return at;
  }

  // The members of an object at nesting `depth`, behind its brace.
  Place ReadMembers(Place at, std::uint32_t node, int depth) {
    deepest_ = std::max<std::int64_t>(deepest_, depth);
    if (CharAt(at) == '}') return at + 1;
    const KeyIndex& keys = projection_->nodes()[node].keys;
    while (true) {
      std::uint32_t child = KeyIndex::kNone;
      at = FindKey(keys, at, &child);
      if (at == nullptr) return nullptr;
      at = child == KeyIndex::kNone ? Skip(at, depth)
                                    : ReadValue(at, child, depth);
      if (at == nullptr) return nullptr;
      const char c = CharAt(at++);
      if (c == '}') return at;
      if (c != ',') return nullptr;
    }
  }

  // Passes over one value inside an object or list at nesting `depth`.
  Place Skip(Place at, std::int64_t depth) {
    const char c = CharAt(at++);
    std::int64_t step = kNesting[static_cast<unsigned char>(c)];
    if (step == 0) return c != ',' && c != ':' ? at : nullptr;
    if (step != 1) return nullptr;
    std::int64_t level = 1;
    std::int64_t deepest = 1;
    do {
      step = kNesting[static_cast<unsigned char>(CharAt(at++))];
      level += step;
      deepest = std::max(deepest, level);
    } while (level > 0 && level < kBad);
    deepest_ = std::max(deepest_, depth + deepest);
    return level == 0 ? at : nullptr;
  }

  Place ReadValue(Place at, std::uint32_t index, int depth) {
    const Projection::Node& node = projection_->nodes()[index];
    if (seen_[index] == epoch_) {
      flags_ |= kRowDuplicateKey;
      writer_->Clear(node);
    }
    seen_[index] = epoch_;
    const char c = CharAt(at);
    if (c == '{' && !node.children.empty()) {
      const Place end = ReadMembers(at + 1, index, depth + 1);
      if (end != nullptr && node.field != kNoField) {
        SetSlice(CellKind::kObject, *at, end, writer_->At(node.field));
      }
      return end;
    }
    if (node.field == kNoField) return Skip(at, depth);
    Cell* const cell = writer_->At(node.field);
    if (c == '[' && (node.want & kWantElements) != 0) {
      return ReadElements(at, cell, depth + 1);
    }
    at = ReadPlain(at, cell, depth);
    if (c == '"' && at != nullptr && (node.want & kWantSymbol) != 0) {
      writer_->SetSymbol(node.field, batch_->Raw(*cell),
                         (cell->flags & kEscaped) != 0);
    }
    return at;
  }

  // A value as one cell: scalars in place, the rest as a slice.
  Place ReadPlain(Place at, Cell* cell, int depth) {
    const char c = CharAt(at);
    if (c == '"') return ReadString(at, cell);
    if (c == '{' || c == '[') {
      const Place end = Skip(at, depth);
      if (end != nullptr) {
        SetSlice(c == '{' ? CellKind::kObject : CellKind::kList, *at, end,
                 cell);
      }
      return end;
    }
    return ReadScalar(at, cell);
  }

  // The value that began at `begin` of the line and ends before `end`.
  void SetSlice(CellKind kind, std::uint32_t begin, Place end, Cell* cell) {
    cell->kind = kind;
    cell->flags = 0;
    cell->offset = OffsetOf(text_ + begin);
    cell->size = end[-1] + 1 - begin;
  }

  Place ReadString(Place at, Cell* cell) {
    const std::string_view raw = StringAt(at);
    cell->kind = CellKind::kString;
    cell->flags = 0;
    cell->offset = OffsetOf(raw.data());
    cell->size = static_cast<std::uint32_t>(raw.size());
    if (!HasBackslash(raw.data(), raw.size())) return at + 1;
    cell->flags = kEscaped;
    return EscapesAreValid(raw) ? at + 1 : nullptr;
  }

  Place ReadScalar(Place at, Cell* cell) {
    const std::string_view token(text_ + *at, ScalarEnd(at) - *at);
    cell->flags = 0;
    switch (CharAt(at)) {
      case 't':
        cell->kind = CellKind::kTrue;
        return token == "true" ? at + 1 : nullptr;
      case 'f':
        cell->kind = CellKind::kFalse;
        return token == "false" ? at + 1 : nullptr;
      case 'n':
        cell->kind = CellKind::kNull;
        return token == "null" ? at + 1 : nullptr;
      default:
        break;
    }
    JsonNumber number;
    const NumberFate fate = ReadNumber(token, &number);
    if (fate == NumberFate::kMalformed) return nullptr;
    if (fate == NumberFate::kLost) flags_ |= kRowNumberLost;
    cell->kind = number.kind;
    if (number.kind == CellKind::kFloat) {
      cell->f = number.f;
    } else {
      cell->u = number.u;  // The same bits as i.
    }
    return at + 1;
  }

  Place ReadElements(Place at, Cell* cell, int depth) {
    deepest_ = std::max<std::int64_t>(deepest_, depth);
    const std::size_t first = batch_->elements.size();
    char c = ',';
    if (CharAt(++at) == ']') {
      ++at;
      c = ']';
    }
    while (c == ',') {
      Cell element;
      at = ReadPlain(at, &element, depth);
      if (at == nullptr) return nullptr;
      batch_->elements.push_back(element);
      c = CharAt(at++);
    }
    cell->kind = CellKind::kList;
    cell->flags = 0;
    cell->offset = first;
    cell->size = static_cast<std::uint32_t>(batch_->elements.size() - first);
    return c == ']' ? at : nullptr;
  }

  std::unique_ptr<simdjson::internal::dom_parser_implementation> index_;
  std::size_t capacity_ = 0;
  const Projection* projection_ = nullptr;
  EventBatch* batch_ = nullptr;
  BatchWriter* writer_ = nullptr;

  const char* text_ = nullptr;       // The line.
  bool enveloped_ = false;           // A key of an envelope was seen.
  std::uint32_t content_ = 0;        // Row::content of the open row.
  std::int64_t deepest_ = 0;         // Of the open row's object.
  std::uint8_t flags_ = 0;           // Of the open row.
  std::uint64_t epoch_ = 0;          // Counts rows.
  std::vector<std::uint64_t> seen_;  // By trie node: the row that last held it.
  std::vector<Place> envelopes_;     // By unwrap key: its list.
  std::string key_;
};

}  // namespace

std::unique_ptr<Extractor> MakeSimdjsonExtractor() {
  return std::make_unique<LineExtractor<SimdjsonReader>>();
}

}  // namespace tocsin
