// One row of a batch as expressions read it: columns as values, JSON below a
// column on a tape that lives as long as the row. Confined to one worker.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/event/extract.h"
#include "engine/event/json_tape.h"
#include "engine/event/type.h"
#include "engine/match/row_value.h"

namespace tocsin {

class RowReader {
 public:
  explicit RowReader(const Projection* projection);

  // Forgets all values of the row before.
  void Begin(EventBatch* batch, std::size_t row);

  Value Field(FieldId field);
  // Whether the column holds anything, JSON null included; reads no JSON.
  bool Has(FieldId field) const {
    return batch_->At(field, row_).kind != CellKind::kMissing;
  }
  // The value of a cell of the batch's columns or `elements`; `want` says what
  // the cell of a list points at.
  Value FromCell(Cell* cell, std::uint8_t want);
  // A value on the tape, with the list's elements not yet read.
  Value FromTape(std::uint32_t node) const;
  // JSON text read onto the tape; missing when its grammar is broken.
  Value FromJson(std::string_view json);
  // What lies below `base`.
  Value Navigate(const Value& base, std::span<const PathSegment> path);

  // The elements of a list; of anything else none.
  std::span<const Value> Items(const Value& list);
  // Copies `values` to the row's memory.
  Value MakeList(std::span<const Value> values);
  const TapeNode& node(std::uint32_t index) const { return tape_.node(index); }

  std::size_t fields() const { return projection_->fields().size(); }
  EventBatch* batch() const { return batch_; }
  std::size_t row() const { return row_; }
  Scratch& scratch() { return scratch_; }
  // Room for folding a text's case.
  std::string* folded() { return &folded_; }
  std::uint64_t TakeBadBodies() { return std::exchange(bad_bodies_, 0); }

 private:
  Value Step(const Value& base, const PathSegment& step);
  void Collect(const Value& base, std::span<const PathSegment> path,
               std::vector<Value>* found);
  void Splice(const Value& value, std::vector<Value>* found);

  const Projection* projection_;
  EventBatch* batch_ = nullptr;
  std::size_t row_ = 0;
  JsonTape tape_;
  bool tape_used_ = false;
  Scratch scratch_;
  std::string folded_;
  std::vector<Value> found_;
  std::uint64_t bad_bodies_ = 0;
};

}  // namespace tocsin
