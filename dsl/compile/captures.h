// What the events of a rule leave behind, as its texts and conditions ask for
// it: equal values are captured once.
#pragma once

#include <cstdint>
#include <string>

#include "dsl/check/checked.h"
#include "engine/program/rule_set.h"

namespace tocsin::dsl {

// Whether the expression is of the event alone and complete: it reads the
// event, nothing that an alert or a step knows, and no variable that is bound
// outside of it. Such a value can be taken while the event is there.
bool IsOfTheEvent(const CheckedExpr& expr);

class Captures {
 public:
  // From here on those of `program`; all outlive the calls.
  void Begin(const CheckedRules* rules, const CheckedRule* rule,
             RuleProgram* program) {
    rules_ = rules;
    rule_ = rule;
    program_ = program;
  }

  // Index of the capture of `expr` (compiled as `id`, read in `schema`, which
  // is `schema_index` of the rule set) of the events `event`, or of every one.
  std::uint32_t Add(const CheckedExpr& expr, ExprId id, std::uint32_t event,
                    std::uint32_t schema, std::uint16_t schema_index,
                    bool compared);
  // Index of the slot that shows it.
  std::uint32_t AddSlot(std::uint32_t capture, bool oldest);

 private:
  std::uint64_t HashOf(const CheckedExpr& expr, std::uint32_t event,
                       std::uint32_t schema, bool compared) const;

  const CheckedRules* rules_ = nullptr;
  const CheckedRule* rule_ = nullptr;
  RuleProgram* program_ = nullptr;
};

}  // namespace tocsin::dsl
