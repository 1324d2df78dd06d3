// Walks a checked expression over one event, as language.md reads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dsl/check/checked.h"
#include "tests/property/reference_value.h"

namespace tocsin::reference {

// An event of one of a rule's own events, as `bound.x` reads it.
struct StepEvent {
  const Value* root = nullptr;
  std::uint32_t schema = 0;
  std::int64_t ts = 0;
  bool has_time = true;
};

// What names mean while one expression is walked. Borrowed for the call.
struct Scope {
  const dsl::CheckedRules* rules = nullptr;
  const dsl::CheckedSchema* schema = nullptr;
  const Value* event = nullptr;
  std::int64_t ts = 0;   // Of the event, or of the alert's time.
  bool has_time = true;  // Else `ts` of an expression is missing.
  // Of a rule with events: by event, in time order.
  std::vector<std::vector<StepEvent>> steps;
  // In a condition's test only.
  std::vector<Value> aggregates;
  // In templates only.
  std::vector<Value> keys;
  std::vector<Value> collected;  // Lists.
  std::vector<Value> shown;      // The rule's own.
  std::uint64_t count = 0, total = 0, folded = 0;
  std::optional<std::int64_t> time;  // The alert's, when it is not `ts`.
  std::string rule, severity;
  std::vector<Value> slots;  // Elements bound by quantifiers.
};

Value Evaluate(const dsl::CheckedExpr& expr, Scope& scope);
bool Holds(const dsl::CheckedExpr& expr, Scope& scope);

// The value at a path; *present also when it is JSON null.
Value ReadPath(const FieldPath& path, const Value& from, bool* present);

// The built-in functions (reference_functions.cc).
Value Call(Function function, const std::vector<Value>& arguments);

// A value as templates print it; "-" when missing.
std::string Print(const Value& value);
// text() of the language: missing stays missing.
Value TextOf(const Value& value);

}  // namespace tocsin::reference
