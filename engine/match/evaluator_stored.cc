// What an expression reads that is not in the event: what an alert knows, what
// events and windows have left behind, the rows of tables.
#include <algorithm>

#include "engine/match/encode.h"
#include "engine/match/evaluator.h"

namespace tocsin {

// What events and windows have left behind.
Value Evaluator::ComputeStored(const ExprNode& node) {
  switch (node.op) {
    case Op::kStepValue:
      if (steps_ == nullptr) return {};
      return FromEncoding(steps_->Of(node.step, node.index), &reader_);
    case Op::kAggregate: {
      if (node.index >= aggregates_.size()) return {};
      const AggregateValue& value = aggregates_[node.index];
      if (value.missing) return {};
      return value.is_int ? IntValue(value.i) : FloatValue(value.f);
    }
    case Op::kCaptured: {
      if (alert_ == nullptr || alert_->values->slots == nullptr ||
          node.index >= alert_->values->slots->size()) {
        return {};
      }
      return FromEncoding((*alert_->values->slots)[node.index], &reader_);
    }
    default: {
      if (alert_ == nullptr || alert_->values->step_counts == nullptr ||
          node.index >= alert_->values->step_counts->size()) {
        return {};
      }
      return UintValue((*alert_->values->step_counts)[node.index]);
    }
  }
}

Value Evaluator::ComputeLookup(const ExprNode& node) {
  const PreparedTable& table = *tables_[node.index];
  const std::span<const ExprId> parts = pool_.children(node);
  const bool whole = node.step == kNoIndex;
  // A part may look up itself: its key stands behind this one meanwhile.
  const std::size_t begin = lookup_key_.size();
  for (const ExprId part : parts) {
    const Value value = Eval(part);
    if (value.missing()) {
      lookup_key_.resize(begin);
      return {};
    }
    if (value.is(ValueKind::kList) && parts.size() == 1 && whole) {
      return BoolValue(AnyInTable(table, value));
    }
    AppendKeyPart(value);
  }
  const Constant* const row =
      table.Find(std::string_view(lookup_key_).substr(begin));
  lookup_key_.resize(begin);
  if (whole) return BoolValue(row != nullptr);
  return row == nullptr ? Value{} : FromConstant(row[node.step], nullptr);
}

// A list stands in a table when any of its elements does.
bool Evaluator::AnyInTable(const PreparedTable& table, const Value& list) {
  const std::size_t begin = lookup_key_.size();
  const std::span<const Value> items = reader_.Items(list);
  return std::any_of(items.begin(), items.end(), [&](const Value& item) {
    if (item.missing()) return false;
    AppendKeyPart(item);
    const bool found =
        table.Find(std::string_view(lookup_key_).substr(begin)) != nullptr;
    lookup_key_.resize(begin);
    return found;
  });
}

void Evaluator::AppendKeyPart(const Value& value) {
  lookup_part_.clear();
  AppendEncoding(value, &reader_, &lookup_part_);
  AppendSized(lookup_part_, &lookup_key_);
}

Value Evaluator::ComputeAlertValue(const ExprNode& node) {
  if (alert_ == nullptr) return {};
  const AlertValues& values = *alert_->values;
  if (node.op == Op::kKey) {
    std::string_view rest = values.key, encoding;
    for (std::uint32_t i = 0; i <= node.index; ++i) {
      if (!TakeSized(&rest, &encoding)) return {};
    }
    return FromEncoding(encoding, &reader_);
  }
  if (node.op == Op::kCollected) {
    if (values.collected == nullptr || node.index >= values.collected->size()) {
      return ListValue(nullptr, 0);
    }
    std::string_view rest = (*values.collected)[node.index], encoding;
    std::size_t count = 0;
    for (std::string_view ahead = rest; TakeSized(&ahead, &encoding);) ++count;
    Value* items = reader_.scratch().Make<Value>(count);
    for (std::size_t i = 0; TakeSized(&rest, &encoding); ++i) {
      items[i] = FromEncoding(encoding, &reader_);
    }
    return ListValue(items, count);
  }
  switch (static_cast<AlertFieldIndex>(node.index)) {
    case AlertFieldIndex::kCount:
      return UintValue(values.count);
    case AlertFieldIndex::kTotal:
      return UintValue(values.total);
    case AlertFieldIndex::kFolded:
      return UintValue(values.folded);
    case AlertFieldIndex::kTime:
      return TimeValue(values.time_us);
    case AlertFieldIndex::kRule:
      return TextValue(alert_->rule);
    case AlertFieldIndex::kSeverity:
      return TextValue(alert_->severity);
  }
  return {};
}

}  // namespace tocsin
