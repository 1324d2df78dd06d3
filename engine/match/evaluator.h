// Decides expressions for one row. What several parents share is decided once
// a row and remembered under the row's number, so nothing is ever cleared.
// Confined to one worker; in a steady state it allocates nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/match/condition_tests.h"
#include "engine/match/match.h"
#include "engine/match/row.h"
#include "engine/match/row_value.h"
#include "engine/program/expr.h"
#include "engine/program/zone.h"

namespace tocsin {

// What kKey, kCollected, kAlertField, kCaptured and kStepCount read; views for
// the time of one call.
struct AlertContext {
  const AlertValues* values = nullptr;
  std::string_view rule, severity;
};

class Evaluator {
 public:
  // kNothing: decides everything anew each time, and is small.
  enum class Memory : std::uint8_t { kOfRow, kNothing };

  // `rules` outlives it.
  explicit Evaluator(const RuleSet* rules, Memory memory = Memory::kOfRow);
  ~Evaluator();

  void Begin(EventBatch* batch, std::size_t row);
  // Without an event: its fields and its time are missing.
  void BeginAlone();
  void SetTime(std::int64_t us) { time_us_ = us; }
  void SetAlert(const AlertContext* alert_or_null) { alert_ = alert_or_null; }
  // What kStepValue and kAggregate read.
  void SetSteps(const StepValues* steps_or_null) { steps_ = steps_or_null; }
  void SetAggregates(std::span<const AggregateValue> values) {
    aggregates_ = values;
  }
  void SetVariable(std::uint32_t slot, const Value& value) {
    variables_[slot] = value;
  }

  // True only when the expression is true: missing is not.
  bool Test(ExprId id);
  Value Eval(ExprId id);

  RowReader& reader() { return reader_; }
  const ExprPool& pool() const { return pool_; }

  // For functions: the offset of local time, from the zone's span last used.
  std::int64_t OffsetAt(std::uint32_t zone, std::int64_t utc_us);

 private:
  bool Remembers(const ExprNode& node) const;
  bool Decide(const ExprNode& node);
  bool DecideComparison(const ExprNode& node);
  bool DecideQuantifier(const ExprNode& node);
  bool Passes(const ExprNode& node, const Value& left, const Value& right,
              const Value& high);
  bool PassesText(const ExprNode& node, const Value& left, const Value& right);
  bool Exists(const ExprNode& node);
  Value Compute(const ExprNode& node);
  Value ComputeArithmetic(const ExprNode& node);
  Value ComputeCall(const ExprNode& node);
  Value ComputeAlertValue(const ExprNode& node);
  Value ComputeStored(const ExprNode& node);
  Value ComputeConstant(const ExprNode& node);
  Value ComputeLookup(const ExprNode& node);
  bool AnyInTable(const PreparedTable& table, const Value& list);
  void AppendKeyPart(const Value& value);
  Value ConvertEach(TypeKind kind, const Value& value);

  const ExprPool& pool_;
  std::span<const std::shared_ptr<const PreparedTable>> tables_;
  RowReader reader_;
  bool remembers_;
  std::vector<Value> constants_;       // Of ExprPool::constant.
  std::vector<Value> constant_items_;  // What the lists among them point to.
  std::vector<std::uint32_t> tests_;   // Row number * 2 + answer.
  struct Remembered {
    std::uint32_t row = 0;
    Value value;
  };
  std::vector<Remembered> values_;
  std::uint32_t row_number_ = 0;
  std::int64_t time_us_ = 0;
  const AlertContext* alert_ = nullptr;
  const StepValues* steps_ = nullptr;
  std::span<const AggregateValue> aggregates_;
  std::unique_ptr<EventBatch> alone_;  // One row that holds nothing.
  std::string lookup_key_, lookup_part_;
  std::vector<Value> variables_;
  std::vector<Zone::Span> zone_spans_;
};

// The value of a constant of a rule. Lists' items are appended to `items`,
// which must have the room already.
Value FromConstant(const Constant& constant, std::vector<Value>* items);

// What a declared time, duration, ip or cidr reads its JSON as, and what the
// functions of these names give. Not for lists.
Value ConvertValue(TypeKind kind, const Value& value, Scratch* scratch);

}  // namespace tocsin
