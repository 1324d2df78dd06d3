#include "engine/match/row.h"

#include <algorithm>

namespace tocsin {
namespace {

// Lets go of a buffer that one huge row has grown.
template <typename Buffer>
void Trim(Buffer* buffer) {
  constexpr std::size_t kMost =
      Scratch::kKeptBytes / sizeof(typename Buffer::value_type);
  if (buffer->capacity() > kMost) Buffer().swap(*buffer);
}

}  // namespace

RowReader::RowReader(const Projection* projection) : projection_(projection) {}

void RowReader::Begin(EventBatch* batch, std::size_t row) {
  batch_ = batch;
  row_ = row;
  scratch_.Reset();
  Trim(&found_);
  Trim(&folded_);
  if (tape_used_) {
    tape_.Clear();
    tape_used_ = false;
  }
}

Value RowReader::Field(FieldId field) {
  return FromCell(batch_->MutableAt(field, row_),
                  projection_->fields()[field].want);
}

Value RowReader::FromCell(Cell* cell, std::uint8_t want) {
  switch (cell->kind) {
    case CellKind::kMissing:
      return MissingValue();
    case CellKind::kNull:
      return NullValue();
    case CellKind::kFalse:
      return BoolValue(false);
    case CellKind::kTrue:
      return BoolValue(true);
    case CellKind::kInt:
      return IntValue(cell->i);
    case CellKind::kUint:
      return UintValue(cell->u);
    case CellKind::kFloat:
      return FloatValue(cell->f);
    case CellKind::kString: {
      const std::string_view text = batch_->Text(cell);
      // The batch's arena moves when it grows; its bytes do not.
      return TextValue((cell->flags & kDecoded) != 0 ? scratch_.Copy(text)
                                                     : text);
    }
    case CellKind::kList:
      if ((want & kWantElements) != 0) {
        Value* items = scratch_.Make<Value>(cell->size);
        for (std::uint32_t i = 0; i < cell->size; ++i) {
          items[i] = FromCell(&batch_->elements[cell->offset + i], 0);
        }
        return ListValue(items, cell->size);
      }
      [[fallthrough]];
    case CellKind::kObject: {
      const Value read = FromJson(batch_->Raw(*cell));
      if (read.missing()) ++bad_bodies_;
      return read;
    }
  }
  return MissingValue();
}

Value RowReader::FromTape(std::uint32_t index) const {
  const TapeNode& node = tape_.node(index);
  switch (node.kind) {
    case CellKind::kMissing:
      return MissingValue();
    case CellKind::kNull:
      return NullValue();
    case CellKind::kFalse:
      return BoolValue(false);
    case CellKind::kTrue:
      return BoolValue(true);
    case CellKind::kInt:
      return IntValue(node.i);
    case CellKind::kUint:
      return UintValue(node.u);
    case CellKind::kFloat:
      return FloatValue(node.f);
    case CellKind::kString:
      return TextValue(node.text);
    case CellKind::kList:
    case CellKind::kObject: {
      Value value;
      value.kind =
          node.kind == CellKind::kList ? ValueKind::kList : ValueKind::kObject;
      value.size = node.count;
      value.node = index;
      return value;
    }
  }
  return MissingValue();
}

Value RowReader::FromJson(std::string_view json) {
  tape_used_ = true;
  const std::int64_t root = tape_.Append(json);
  return root < 0 ? MissingValue() : FromTape(static_cast<std::uint32_t>(root));
}

std::span<const Value> RowReader::Items(const Value& list) {
  if (list.kind != ValueKind::kList || list.size == 0) return {};
  if (list.items != nullptr) return {list.items, list.size};
  Value* items = scratch_.Make<Value>(list.size);
  std::uint32_t at = list.node + 1;
  for (std::uint32_t i = 0; i < list.size; ++i) {
    items[i] = FromTape(at);
    at = tape_.node(at).next;
  }
  return {items, list.size};
}

Value RowReader::MakeList(std::span<const Value> values) {
  Value* items = scratch_.Make<Value>(values.size());
  std::copy(values.begin(), values.end(), items);
  return ListValue(items, values.size());
}

Value RowReader::Step(const Value& base, const PathSegment& step) {
  if (step.kind == PathSegment::Kind::kKey) {
    if (base.kind != ValueKind::kObject || base.node == 0) return {};
    return FromTape(tape_.Member(base.node, step.key));
  }
  if (base.kind != ValueKind::kList) return {};
  if (base.items == nullptr) {
    return base.node == 0 ? MissingValue()
                          : FromTape(tape_.Element(base.node, step.index));
  }
  const std::int64_t size = base.size;
  const std::int64_t at = step.index < 0 ? step.index + size : step.index;
  return at < 0 || at >= size ? MissingValue() : base.items[at];
}

Value RowReader::Navigate(const Value& base,
                          std::span<const PathSegment> path) {
  Value value = base;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i].kind == PathSegment::Kind::kEach) {
      if (value.kind != ValueKind::kList) return {};
      const std::size_t first = found_.size();
      Collect(value, path.subspan(i), &found_);
      value = MakeList(std::span(found_).subspan(first));
      found_.resize(first);
      return value;
    }
    value = Step(value, path[i]);
    if (value.missing() && i + 1 < path.size()) return {};
  }
  return value;
}

void RowReader::Collect(const Value& base, std::span<const PathSegment> path,
                        std::vector<Value>* found) {
  if (path.empty()) {
    Splice(base, found);
    return;
  }
  if (path[0].kind != PathSegment::Kind::kEach) {
    Collect(Step(base, path[0]), path.subspan(1), found);
    return;
  }
  for (const Value& item : Items(base)) {
    Collect(item, path.subspan(1), found);
  }
}

void RowReader::Splice(const Value& value, std::vector<Value>* found) {
  if (value.kind == ValueKind::kList) {
    for (const Value& item : Items(value)) Splice(item, found);
  } else if (value.kind != ValueKind::kMissing) {
    found->push_back(value);
  }
}

}  // namespace tocsin
