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

constexpr std::size_t kUsualLine = 64u << 10;   // What the index is sized for,
constexpr std::size_t kLargeLine = 4u << 20;    // and what it shrinks back from.

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

// Reads up to 15 bytes behind the text, which the batch's padding allows.
bool HasBackslash(const char* text, std::size_t size) {
#if defined(__SSE2__)
  const __m128i backslash = _mm_set1_epi8('\\');
  std::size_t at = 0;
  for (; at + 16 <= size; at += 16) {
    const __m128i block =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + at));
    if (_mm_movemask_epi8(_mm_cmpeq_epi8(block, backslash)) != 0) return true;
  }
  const __m128i block =
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + at));
  const auto found = static_cast<unsigned>(
      _mm_movemask_epi8(_mm_cmpeq_epi8(block, backslash)));
  return (found & ((1u << (size - at)) - 1)) != 0;
#else
  return std::memchr(text, '\\', size) != nullptr;
#endif
}

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
    envelopes_.assign(projection.unwrap().size(), kNoEnvelope);
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
    places_ = index_->structural_indexes.get();
    OpenRow();
    at_ = 1;  // Behind the brace.
    bool enveloped = false;
    if (!ReadTop(&enveloped) || at_ != index_->n_structural_indexes) {
      std::fill(envelopes_.begin(), envelopes_.end(), kNoEnvelope);
      writer_->ClearOpenRow();
      return ReadFate::kMalformed;
    }
    if (enveloped) return ReadItems(line);
    CloseRow(line, 0, line.size, 0);
    return ReadFate::kRows;
  }

 private:
  static constexpr std::uint32_t kNoEnvelope = 0;  // Place 0 is the brace.

  void Allocate(std::size_t capacity) {
    index_.reset();
    TOCSIN_CHECK(simdjson::get_active_implementation()
                     ->create_dom_parser_implementation(capacity, 1, index_) ==
                 simdjson::SUCCESS);
    capacity_ = capacity;
  }

  char CharAt(std::uint32_t place) const { return text_[places_[place]]; }
  // The inside of the string token at `place`: up to the quote before the next
  // token, with at most blanks between.
  std::string_view StringAt(std::uint32_t place) const {
    const std::uint32_t begin = places_[place] + 1;
    std::uint32_t end = places_[place + 1] - 1;
    while (text_[end] != '"') --end;
    return {text_ + begin, end - begin};
  }
  std::string_view ScalarAt(std::uint32_t place) const {
    const std::uint32_t begin = places_[place];
    std::uint32_t end = places_[place + 1];
    while (IsJsonBlank(text_[end - 1])) --end;
    return {text_ + begin, end - begin};
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

  // The decoded form of a key that was not found as it stands.
  bool DecodeKey(std::string_view* key) {
    if (!EscapesAreValid(*key)) return false;
    key_.clear();
    AppendUnescaped(*key, &key_);
    *key = key_;
    return true;
  }
  bool Find(const KeyIndex& keys, std::uint32_t* value) {
    if (CharAt(at_) != '"' || CharAt(at_ + 1) != ':') return false;
    std::string_view key = StringAt(at_);
    at_ += 2;
    *value = keys.Find(key);
    if (*value == KeyIndex::kNone && HasBackslash(key.data(), key.size())) {
      if (!DecodeKey(&key)) return false;
      *value = keys.Find(key);
    }
    return true;
  }

  // Behind a value: true when a further member or element must follow.
  bool TakeComma(char close, bool* ok) {
    const char c = CharAt(at_++);
    *ok = c == ',' || c == close;
    return c == ',';
  }

  // The members of a line's object, behind its brace.
  bool ReadTop(bool* enveloped) {
    deepest_ = 1;
    if (CharAt(at_) == '}') {
      ++at_;
      return true;
    }
    bool ok = true;
    do {
      std::uint32_t top = KeyIndex::kNone;
      if (!Find(projection_->top_keys(), &top)) return false;
      std::uint32_t node = 0;
      if (top != KeyIndex::kNone) {
        const Projection::TopKey& key = projection_->top_key(top);
        node = key.node;
        if (key.unwrap != Projection::kNoUnwrap) {
          *enveloped = true;  // Perhaps: ReadItems() looks which are lists.
          envelopes_[key.unwrap] = CharAt(at_) == '[' ? at_ : kNoEnvelope;
        }
      }
      if (!(node == 0 ? Skip(1) : ReadValue(node, 1))) return false;
    } while (TakeComma('}', &ok));
    if (*enveloped) *enveloped = ChooseEnvelope();
    return ok;
  }

  // The first of the envelope keys that holds a list; forgets them all.
  bool ChooseEnvelope() {
    items_ = kNoEnvelope;
    for (std::uint32_t& place : envelopes_) {
      if (items_ == kNoEnvelope) items_ = place;
      place = kNoEnvelope;
    }
    return items_ != kNoEnvelope;
  }

  ReadFate ReadItems(const Line& line) {
    writer_->ClearOpenRow();
    const std::size_t first = batch_->rows.size();
    at_ = items_ + 1;
    if (CharAt(at_) == ']') return ReadFate::kRows;
    bool ok = true;
    do {
      if (!ReadItem(line)) {
        ok = false;
        break;
      }
    } while (TakeComma(']', &ok));
    if (ok) return ReadFate::kRows;
    writer_->DropRows(first);
    return ReadFate::kMalformed;
  }

  bool ReadItem(const Line& line) {
    const std::uint32_t begin = places_[at_];
    OpenRow();
    if (CharAt(at_) == '{') {
      ++at_;
      if (!ReadMembers(0, 1)) return false;
      CloseRow(line, begin, places_[at_ - 1] + 1, kRowUnwrapped);
      return true;
    }
    const std::uint32_t place = at_;
    if (!Skip(1)) return false;
    Row row;
    row.offset = line.offset + begin;
    row.size = EndOf(place) - begin;
    row.line = line.number;
    row.fate = Fate::kNotAnObject;
    row.flags = static_cast<std::uint8_t>(
        kRowUnwrapped | line.FlagsOf(row.offset, row.offset + row.size));
    writer_->AddRow(row);
    return true;
  }

  // Where the value that began at `place` and was just taken ends.
  std::uint32_t EndOf(std::uint32_t place) const {
    if (CharAt(place) == '{' || CharAt(place) == '[') {
      return places_[at_ - 1] + 1;
    }
    std::uint32_t end = places_[at_];
    while (IsJsonBlank(text_[end - 1])) --end;
    return end;
  }

  // The members of an object at nesting `depth`, behind its brace.
  bool ReadMembers(std::uint32_t node, int depth) {
    deepest_ = std::max<std::int64_t>(deepest_, depth);
    if (CharAt(at_) == '}') {
      ++at_;
      return true;
    }
    const KeyIndex& keys = projection_->nodes()[node].keys;
    bool ok = true;
    do {
      std::uint32_t child = KeyIndex::kNone;
      if (!Find(keys, &child)) return false;
      if (!(child == KeyIndex::kNone ? Skip(depth) : ReadValue(child, depth))) {
        return false;
      }
    } while (TakeComma('}', &ok));
    return ok;
  }

  // Passes over one value inside an object or list at nesting `depth`.
  bool Skip(std::int64_t depth) {
    std::int64_t step = kNesting[static_cast<unsigned char>(CharAt(at_))];
    const char c = CharAt(at_++);
    if (step == 0) return c != ',' && c != ':';
    if (step != 1) return false;
    std::int64_t level = 1;
    std::int64_t deepest = 1;
    do {
      step = kNesting[static_cast<unsigned char>(CharAt(at_++))];
      level += step;
      deepest = std::max(deepest, level);
    } while (level > 0 && level < kBad);
    deepest_ = std::max(deepest_, depth + deepest);
    return level == 0;
  }

  bool ReadValue(std::uint32_t index, int depth) {
    const Projection::Node& node = projection_->nodes()[index];
    if (seen_[index] == epoch_) {
      flags_ |= kRowDuplicateKey;
      writer_->Clear(node);
    }
    seen_[index] = epoch_;
    const char c = CharAt(at_);
    if (c == '"') {
      if (node.field == kNoField) {
        ++at_;
        return true;
      }
      Cell* const cell = writer_->At(node.field);
      if (!ReadString(cell)) return false;
      if ((node.want & kWantSymbol) != 0) {
        writer_->SetSymbol(node.field, batch_->Raw(*cell),
                           (cell->flags & kEscaped) != 0);
      }
      return true;
    }
    if (c == '{' && !node.children.empty()) {
      const std::uint32_t begin = places_[at_++];
      if (!ReadMembers(index, depth + 1)) return false;
      if (node.field != kNoField) {
        SetSlice(CellKind::kObject, begin, writer_->At(node.field));
      }
      return true;
    }
    if (node.field == kNoField) return Skip(depth);
    if (c == '[' && (node.want & kWantElements) != 0) {
      return ReadElements(node.field, depth + 1);
    }
    return ReadPlain(depth, writer_->At(node.field));
  }

  // A value as one cell: scalars in place, the rest as a slice.
  bool ReadPlain(int depth, Cell* cell) {
    const char c = CharAt(at_);
    if (c == '"') return ReadString(cell);
    if (c == '{' || c == '[') {
      const std::uint32_t begin = places_[at_];
      if (!Skip(depth)) return false;
      SetSlice(c == '{' ? CellKind::kObject : CellKind::kList, begin, cell);
      return true;
    }
    return ReadScalar(cell);
  }

  void SetSlice(CellKind kind, std::uint32_t begin, Cell* cell) {
    cell->kind = kind;
    cell->flags = 0;
    cell->offset = OffsetOf(text_ + begin);
    cell->size = places_[at_ - 1] + 1 - begin;
  }

  bool ReadString(Cell* cell) {
    const std::string_view raw = StringAt(at_);
    ++at_;
    cell->kind = CellKind::kString;
    cell->flags = 0;
    cell->offset = OffsetOf(raw.data());
    cell->size = static_cast<std::uint32_t>(raw.size());
    if (!HasBackslash(raw.data(), raw.size())) return true;
    cell->flags = kEscaped;
    return EscapesAreValid(raw);
  }

  bool ReadScalar(Cell* cell) {
    const std::string_view token = ScalarAt(at_);
    cell->flags = 0;
    switch (token.empty() ? '\0' : token[0]) {
      case 't':
        cell->kind = CellKind::kTrue;
        ++at_;
        return token == "true";
      case 'f':
        cell->kind = CellKind::kFalse;
        ++at_;
        return token == "false";
      case 'n':
        cell->kind = CellKind::kNull;
        ++at_;
        return token == "null";
      default:
        break;
    }
    JsonNumber number;
    const NumberFate fate = ReadNumber(token, &number);
    if (fate == NumberFate::kMalformed) return false;
    ++at_;
    if (fate == NumberFate::kLost) flags_ |= kRowNumberLost;
    cell->kind = number.kind;
    if (number.kind == CellKind::kFloat) {
      cell->f = number.f;
    } else {
      cell->u = number.u;  // The same bits as i.
    }
    return true;
  }

  bool ReadElements(FieldId field, int depth) {
    deepest_ = std::max<std::int64_t>(deepest_, depth);
    const std::size_t first = batch_->elements.size();
    bool ok = true;
    if (CharAt(++at_) == ']') {
      ++at_;
    } else {
      do {
        Cell element;
        if (!ReadPlain(depth, &element)) return false;
        batch_->elements.push_back(element);
      } while (TakeComma(']', &ok));
    }
    Cell* const cell = writer_->At(field);
    cell->kind = CellKind::kList;
    cell->flags = 0;
    cell->offset = first;
    cell->size = static_cast<std::uint32_t>(batch_->elements.size() - first);
    return ok;
  }

  std::unique_ptr<simdjson::internal::dom_parser_implementation> index_;
  std::size_t capacity_ = 0;
  const Projection* projection_ = nullptr;
  EventBatch* batch_ = nullptr;
  BatchWriter* writer_ = nullptr;

  const char* text_ = nullptr;  // The line.
  const std::uint32_t* places_ = nullptr;
  std::uint32_t at_ = 0;        // In places_.
  std::uint32_t items_ = 0;     // The place of an envelope's list.
  std::int64_t deepest_ = 0;    // Of the open row's object.
  std::uint8_t flags_ = 0;      // Of the open row.
  std::uint64_t epoch_ = 0;     // Counts rows.
  std::vector<std::uint64_t> seen_;  // By trie node: the row that last held it.
  std::vector<std::uint32_t> envelopes_;  // By unwrap key: place of its list.
  std::string key_;
};

}  // namespace

std::unique_ptr<Extractor> MakeSimdjsonExtractor() {
  return std::make_unique<LineExtractor<SimdjsonReader>>();
}

}  // namespace tocsin
