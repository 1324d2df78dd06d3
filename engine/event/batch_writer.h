// Fills the columns of a batch row by row, without knowing in advance how many
// rows there will be: columns are kept apart by a stride that Finish() closes.
// Internal to engine/event; confined to one worker.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/event/extract.h"

namespace tocsin {

class BatchWriter {
 public:
  // Forgets what the batch held but its bytes. `rows`: a guess.
  void Begin(const Projection& projection, SymbolTables* symbols,
             EventBatch* batch, std::size_t rows) {
    projection_ = &projection;
    symbols_ = symbols;
    batch_ = batch;
    fields_ = projection.fields().size();
    stride_ = std::max<std::size_t>(rows, 1);
    batch->rows.clear();
    batch->elements.clear();
    batch->arena.clear();
    batch->blank_lines = 0;
    batch->cells.assign(fields_ * stride_, Cell());
    batch->symbols.assign(fields_ * stride_, kAbsentSymbol);
  }

  // Begins the row behind the last one added. Its cells are missing.
  void OpenRow() {
    const std::size_t row = batch_->rows.size();
    if (row == stride_) Widen();
    if (fields_ == 0) return;
    cells_ = batch_->cells.data() + row;
    row_symbols_ = batch_->symbols.data() + row;
  }
  void AddRow(const Row& row) { batch_->rows.push_back(row); }

  Cell* At(FieldId field) { return cells_ + field * stride_; }
  void SetSymbol(FieldId field, std::string_view raw, bool escaped) {
    row_symbols_[field * stride_] = symbols_->Intern(field, raw, escaped);
  }
  // Makes the fields of a trie node and below it missing again.
  void Clear(const Projection::Node& node) {
    for (std::uint32_t i = 0; i < node.fields_below; ++i) {
      ClearField(projection_->order()[node.first_field + i]);
    }
  }
  void ClearOpenRow() { Clear(projection_->nodes()[0]); }
  // Takes back the rows from `first` on.
  void DropRows(std::size_t first);

  void Finish();

 private:
  void ClearField(FieldId field) {
    cells_[field * stride_] = Cell();
    row_symbols_[field * stride_] = kAbsentSymbol;
  }
  void Widen();

  const Projection* projection_ = nullptr;
  SymbolTables* symbols_ = nullptr;
  EventBatch* batch_ = nullptr;
  std::size_t fields_ = 0;
  std::size_t stride_ = 1;
  Cell* cells_ = nullptr;  // Of the open row, in column 0.
  Symbol* row_symbols_ = nullptr;
};

}  // namespace tocsin
