// The parts of EventBatch that are the same whoever filled it.
#include "engine/event/extract.h"
#include "engine/event/json_text.h"

namespace tocsin {

void EventBatch::Reserve(std::size_t size) {
  if (bytes.size() < size + kPadding) bytes.resize(size + kPadding);
}

std::string_view EventBatch::DecodedText(Cell* cell) {
  if (cell->kind != CellKind::kString) return {};
  if ((cell->flags & kDecoded) != 0) {
    return {arena.data() + cell->offset, cell->size};
  }
  if ((cell->flags & kEscaped) == 0) return Raw(*cell);
  const std::size_t at = arena.size();
  AppendUnescaped(Raw(*cell), &arena);
  cell->offset = at;
  cell->size = static_cast<std::uint32_t>(arena.size() - at);
  cell->flags = static_cast<std::uint8_t>((cell->flags & ~kEscaped) | kDecoded);
  return {arena.data() + at, cell->size};
}

void EventBatch::Clear() {
  input_size = 0;
  truncated_last = false;
  rows.clear();
  cells.clear();
  symbols.clear();
  elements.clear();
  arena.clear();
  blank_lines = 0;
}

}  // namespace tocsin
