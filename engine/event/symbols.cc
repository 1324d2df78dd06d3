// Symbols of one worker: per field, decoded text to a number, with a second
// table for spellings that hold escapes.
// xxHash within this file: the call would cost more than the hash of a verb.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>
#include <random>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/event/extract.h"
#include "engine/event/json_text.h"

namespace tocsin {
namespace {

// A longer text is never a symbol: 65,536 symbols stay within 16 MiB a field.
constexpr std::size_t kSymbolBytes = 256;
constexpr Symbol kFirstSymbol = 2;

// Users choose the texts, so the places in the tables must not be foreseeable.
// Nothing that leaves a worker depends on them.
const std::uint64_t kSeed = [] {
  std::random_device device;
  return (std::uint64_t{device()} << 32 | device()) | 1;
}();

std::uint64_t Load64(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

std::uint32_t HashOf(std::string_view text) {
  return static_cast<std::uint32_t>(
      XXH3_64bits_withSeed(text.data(), text.size(), kSeed));
}

// A call of memcmp() costs more than comparing a usual name.
bool Equal(const char* a, const char* b, std::size_t size) {
  if (size < 8) return std::memcmp(a, b, size) == 0;
  for (std::size_t i = 0; i + 8 < size; i += 8) {
    if (Load64(a + i) != Load64(b + i)) return false;
  }
  return Load64(a + size - 8) == Load64(b + size - 8);
}

}  // namespace

struct SymbolTables::Table {
  // Open addressing; text lives in one pool, so growth moves no text.
  struct Spellings {
    struct Slot {
      std::uint32_t hash = 0;
      Symbol symbol = kAbsentSymbol;  // Of a free slot.
      std::uint32_t offset = 0;
      std::uint32_t size = 0;
    };
    std::vector<Slot> slots = std::vector<Slot>(64);
    std::string pool;
    std::size_t used = 0;

    std::string_view TextOf(const Slot& slot) const {
      return std::string_view(pool).substr(slot.offset, slot.size);
    }
    std::size_t Place(std::string_view text, std::uint32_t hash) const {
      const std::size_t mask = slots.size() - 1;
      std::size_t at = hash & mask;
      while (slots[at].symbol != kAbsentSymbol) {
        if (slots[at].hash == hash && slots[at].size == text.size() &&
            Equal(pool.data() + slots[at].offset, text.data(), text.size())) {
          break;
        }
        at = (at + 1) & mask;
      }
      return at;
    }
    void Put(std::size_t at, std::string_view text, std::uint32_t hash,
             Symbol symbol) {
      slots[at] = {hash, symbol, static_cast<std::uint32_t>(pool.size()),
                   static_cast<std::uint32_t>(text.size())};
      pool += text;
      if (++used * 2 > slots.size()) Grow();
    }
    void Grow() {
      std::vector<Slot> old(slots.size() * 2);
      old.swap(slots);
      const std::size_t mask = slots.size() - 1;
      for (const Slot& slot : old) {
        if (slot.symbol == kAbsentSymbol) continue;
        std::size_t at = slot.hash & mask;
        while (slots[at].symbol != kAbsentSymbol) at = (at + 1) & mask;
        slots[at] = slot;
      }
    }
  };

  Spellings values;   // Decoded text.
  Spellings escaped;  // Raw spellings with escapes, of values already known.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> texts;  // By symbol.
  std::string scratch;

  Symbol InternValue(std::string_view text) {
    if (text.size() > kSymbolBytes) return kUninternedSymbol;
    const std::uint32_t hash = HashOf(text);
    const std::size_t at = values.Place(text, hash);
    if (values.slots[at].symbol != kAbsentSymbol) {
      return values.slots[at].symbol;
    }
    if (texts.size() >= limits::kSymbolsPerField) return kUninternedSymbol;
    const auto symbol = static_cast<Symbol>(kFirstSymbol + texts.size());
    texts.emplace_back(static_cast<std::uint32_t>(values.pool.size()),
                       static_cast<std::uint32_t>(text.size()));
    values.Put(at, text, hash, symbol);
    return symbol;
  }

  Symbol InternEscaped(std::string_view raw) {
    // Six raw bytes for one decoded byte is the longest spelling.
    if (raw.size() > 6 * kSymbolBytes) return kUninternedSymbol;
    const std::uint32_t hash = HashOf(raw);
    const std::size_t at = escaped.Place(raw, hash);
    if (escaped.slots[at].symbol != kAbsentSymbol) {
      return escaped.slots[at].symbol;
    }
    scratch.clear();
    AppendUnescaped(raw, &scratch);
    const Symbol symbol = InternValue(scratch);
    if (symbol != kUninternedSymbol && raw.size() <= kSymbolBytes &&
        escaped.used < limits::kSymbolsPerField) {
      escaped.Put(at, raw, hash, symbol);
    }
    return symbol;
  }
};

SymbolTables::SymbolTables(const Projection& projection) {
  tables_.resize(projection.fields().size());
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    if ((projection.fields()[i].want & kWantSymbol) != 0) {
      tables_[i] = std::make_unique<Table>();
    }
  }
}

SymbolTables::~SymbolTables() = default;
SymbolTables::SymbolTables(SymbolTables&&) noexcept = default;
SymbolTables& SymbolTables::operator=(SymbolTables&&) noexcept = default;

Symbol SymbolTables::Intern(FieldId field, std::string_view raw, bool escaped) {
  TOCSIN_DCHECK(field < tables_.size());
  Table* table = tables_[field].get();
  if (table == nullptr) return kUninternedSymbol;
  return escaped ? table->InternEscaped(raw) : table->InternValue(raw);
}

std::string_view SymbolTables::Text(FieldId field, Symbol symbol) const {
  const Table* table = field < tables_.size() ? tables_[field].get() : nullptr;
  if (table == nullptr || symbol < kFirstSymbol ||
      symbol - kFirstSymbol >= table->texts.size()) {
    return {};
  }
  const auto [offset, size] = table->texts[symbol - kFirstSymbol];
  return std::string_view(table->values.pool).substr(offset, size);
}

}  // namespace tocsin
