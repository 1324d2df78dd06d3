// Bytes of whole lines in, one batch of typed columns out: the only door to
// the hot read. Implementations: simdjson (hot), RapidJSON (oracle). The event
// contract (docs/decisions/0006-event-contract.md) is ours, not a library's:
// last duplicate key wins and is flagged; invalid UTF-8 and lone surrogates
// read as U+FFFD before anything compares; keys compare decoded; int64,
// uint64, else double, a number no double holds is missing; depth
// limits::kJsonDepth by our own count; one BOM, CRLF and blanks are taken.
// Inside a subtree that no rule reads, only brackets, strings and control
// bytes are checked.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/event/key_index.h"

namespace tocsin {

// Dense index into one Projection; never stored.
using FieldId = std::uint16_t;
// Per worker and generation; never leaves the worker.
using Symbol = std::uint32_t;
inline constexpr Symbol kAbsentSymbol = 0;      // Missing, or not a string.
inline constexpr Symbol kUninternedSymbol = 1;  // Table full: look at the cell.
inline constexpr FieldId kNoField = 0xFFFF;

enum class CellKind : std::uint8_t {
  kMissing,
  kNull,
  kFalse,
  kTrue,
  kInt,
  kUint,
  kFloat,
  kString,
  kList,
  kObject,
};

enum CellFlag : std::uint8_t {
  kEscaped = 1,  // Text still holds JSON escapes: use EventBatch::Text().
  kDecoded = 2,  // offset points into the arena.
};

enum Want : std::uint8_t {
  kWantScalar = 1,    // Strings, numbers, booleans, null.
  kWantSymbol = 2,    // Also intern the string (low cardinality, indexed).
  kWantElements = 4,  // A list: one cell per element in `elements`.
  kWantSlice = 8,     // A list or object: its raw JSON (offset, size) in bytes.
};

enum class Fate : std::uint8_t {
  kEvent,
  kMalformed,
  kTooLong,
  kTooDeep,
  kNotAnObject,
};

enum RowFlag : std::uint8_t {
  kRowRepaired = 1,      // Held invalid UTF-8.
  kRowDuplicateKey = 2,  // A key that some rule reads stood twice.
  kRowSalvaged = 4,      // Cut at limits::kLineBytes: the fields before that.
  kRowUnwrapped = 8,     // An item of an envelope.
  kRowNumberLost = 16,   // A read field held a number that no double holds.
};

// 16 bytes. Strings and slices are an offset into the batch's bytes (raw), or,
// with kDecoded, into its arena; numbers sit in place. A kList cell of a field
// with kWantElements points into `elements` (offset = first, size = how many);
// any other kList or kObject cell (an element too) at its raw JSON.
struct Cell {
  CellKind kind = CellKind::kMissing;
  std::uint8_t flags = 0;
  std::uint16_t reserved = 0;
  std::uint32_t size = 0;
  union {
    std::uint64_t offset = 0;
    std::int64_t i;
    std::uint64_t u;
    double f;
  };
};
static_assert(sizeof(Cell) == 16);

// A column: keys from the root of the event (objectRef, resource). Subscripts
// and what lies inside an `any` are navigated later, from elements or slices.
// A column may be a prefix of another (user and user.username).
struct FieldSpec {
  std::vector<std::string> keys;
  std::uint8_t want = kWantScalar;
};

// What one published rule set reads. Immutable, shared by all workers.
class Projection {
 public:
  // `unwrap`: keys of envelopes in the order tried (items, Records): a line
  // whose top-level object holds such a key with a list is an envelope, and
  // each object in the list is a row. `left_out`: keys of an event that its
  // content does not count (Row::content).
  Projection(std::vector<FieldSpec> fields, std::vector<std::string> unwrap,
             std::vector<std::string> left_out = {});
  std::span<const FieldSpec> fields() const { return fields_; }
  std::span<const std::string> unwrap() const { return unwrap_; }
  std::span<const std::string> left_out() const { return left_out_; }

  // A trie over keys; node 0 is the event itself.
  struct Node {
    FieldId field = kNoField;
    std::uint8_t want = 0;
    // The fields of the subtree, contiguous in order().
    std::uint32_t first_field = 0;
    std::uint32_t fields_below = 0;
    std::vector<std::pair<std::string, std::uint32_t>> children;  // Nodes.
    KeyIndex keys;  // The same, for the hot read.
  };
  std::span<const Node> nodes() const { return nodes_; }
  std::span<const FieldId> order() const { return order_; }

  // What a key of an event, or of a line's envelope, means: a child of node 0,
  // an envelope's list, a key that is left out, or several of these.
  struct TopKey {
    std::uint32_t node = 0;            // 0: no field begins with it.
    std::uint32_t unwrap = kNoUnwrap;  // Index in unwrap().
    bool left_out = false;
  };
  static constexpr std::uint32_t kNoUnwrap = 0xFFFFFFFF;
  const KeyIndex& top_keys() const { return top_keys_; }
  const TopKey& top_key(std::uint32_t index) const { return top_[index]; }

 private:
  void IndexTop();

  std::vector<FieldSpec> fields_;
  std::vector<std::string> unwrap_;
  std::vector<std::string> left_out_;
  std::vector<Node> nodes_;
  std::vector<FieldId> order_;
  std::vector<TopKey> top_;
  KeyIndex top_keys_;
};

struct Row {
  std::uint32_t offset = 0;  // In `bytes`: the object, or its repaired copy.
  std::uint32_t size = 0;
  std::uint32_t line = 0;  // Which line of the chunk, from 0.
  Fate fate = Fate::kEvent;
  std::uint8_t flags = 0;
  // Where in the object its content begins, if that is all that follows: no
  // member with a key of left_out() and no blanks between members. 0: unknown.
  std::uint32_t content = 0;
  // Filled by Match(): index in the rule set, or kNoSchema; event time, or
  // kNoTime when the event has none.
  std::uint16_t schema = 0;
  std::int64_t time_us = 0;
};
inline constexpr std::uint16_t kNoSchema = 0xFFFF;
inline constexpr std::int64_t kNoTime = INT64_MIN;

// Confined to one worker at a time; reused, so a steady state allocates
// nothing. Column-major: a matcher walks one field at a time.
struct EventBatch {
  // Whole lines as they came, [0, input_size), then repaired copies; always
  // at least kPadding readable bytes behind the end.
  std::vector<char> bytes;
  std::size_t input_size = 0;
  bool truncated_last = false;  // The last line was cut at limits::kLineBytes.
  // One per line that held anything (per item of an envelope), in order.
  std::vector<Row> rows;
  std::vector<Cell> cells;      // cells[field * rows.size() + row]
  std::vector<Symbol> symbols;  // Same shape; only of fields with kWantSymbol.
  std::vector<Cell> elements;
  std::vector<char> arena;  // Decoded text; reset with the batch.
  std::uint64_t blank_lines = 0;

  static constexpr std::size_t kPadding = 64;
  // Room for `size` bytes of lines and their padding; input_size says how many
  // of them are filled.
  void Reserve(std::size_t size);
  const Cell& At(FieldId field, std::size_t row) const {
    return cells[field * rows.size() + row];
  }
  Cell* MutableAt(FieldId field, std::size_t row) {
    return &cells[field * rows.size() + row];
  }
  Symbol SymbolAt(FieldId field, std::size_t row) const {
    return symbols[field * rows.size() + row];
  }
  // The decoded, valid UTF-8 text of a string cell; decodes on first use and
  // remembers. The view lives until the arena grows: copy or use at once.
  std::string_view Text(Cell* cell) {
    const bool plain = cell->kind == CellKind::kString && cell->flags == 0;
    return plain ? Raw(*cell) : DecodedText(cell);
  }
  // Raw bytes of a cell (strings without quotes) or of a whole row.
  std::string_view Raw(const Cell& cell) const {
    return {bytes.data() + cell.offset, cell.size};
  }
  std::string_view Raw(const Row& row) const {
    return {bytes.data() + row.offset, row.size};
  }
  void Clear();

 private:
  std::string_view DecodedText(Cell* cell);
};

// Raw spelling to symbol, per field; two spellings of a value are one symbol.
// Bounded by limits::kSymbolsPerField: past it, and beyond 256 bytes, a value
// is kUninternedSymbol. Confined to one worker; lives as long as its generation
// of the rule set.
class SymbolTables {
 public:
  explicit SymbolTables(const Projection& projection);
  ~SymbolTables();
  SymbolTables(SymbolTables&&) noexcept;
  SymbolTables& operator=(SymbolTables&&) noexcept;
  // `escaped`: raw holds JSON escapes.
  Symbol Intern(FieldId field, std::string_view raw, bool escaped);
  // The decoded text of a symbol of a field.
  std::string_view Text(FieldId field, Symbol symbol) const;

 private:
  struct Table;
  std::vector<std::unique_ptr<Table>> tables_;
};

// One virtual call per batch, never per event. Confined to one worker.
class Extractor {
 public:
  virtual ~Extractor() = default;
  // Fills rows and columns of `batch` from bytes[0, input_size).
  virtual void Extract(const Projection& projection, SymbolTables* symbols,
                       EventBatch* batch) = 0;
};

std::unique_ptr<Extractor> MakeSimdjsonExtractor();
std::unique_ptr<Extractor> MakeRapidJsonExtractor();

}  // namespace tocsin
