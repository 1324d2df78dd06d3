// Conditions of `when`: their kinds, windows, and what may be joined.
#pragma once

#include <vector>

#include "dsl/check/expr_checker.h"

namespace tocsin::dsl {

// What a condition sees of its rule.
struct ConditionNames {
  const FileSettings* file = nullptr;
  const CheckedSchema* schema = nullptr;              // Of the rule.
  const std::vector<CheckedEvent>* events = nullptr;  // Null: it has none.
  const std::vector<CheckedKey>* by = nullptr;        // Of the rule.
  bool lenient = false;       // Names may be missing, for a reported reason.
  bool keys_written = false;  // keys <= N
};

// Reads a condition; false when something in it was reported.
bool CheckCondition(const cst::Condition& condition,
                    const ConditionNames& names, Context* context,
                    ExprChecker* expressions, CheckedCondition* checked);

// The window of a condition; `what` needs one: "count(..)".
bool CheckWindow(const cst::Condition& condition, std::string_view what,
                 const FileSettings& file, Context* context,
                 CheckedWindow* window);
bool CheckDuration(const cst::Literal& literal, const FileSettings& file,
                   Context* context, std::int64_t* us);

// The events that a condition speaks of; `happening`: of those, the ones that
// are part of what fires it.
void NoteEvents(const CheckedCondition& condition, std::vector<bool>* used,
                std::vector<bool>* happening);

// An event of the rule for examples in messages.
std::string ExampleEvent(const std::vector<CheckedEvent>& events);

// As an author would say it: "a sequence", "`silent for`".
std::string_view ConditionName(const CheckedCondition& condition);

// Takes the steps out of an expression of one event, which is put into
// `event`; false when it speaks of two.
bool TakeStep(CheckedExpr* expr, std::uint32_t* event);

}  // namespace tocsin::dsl
