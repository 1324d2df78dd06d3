// What rules are compared by: the tests that must all hold, and everything else
// as one hash.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dsl/check/checked.h"
#include "engine/base/hash.h"

namespace tocsin::dsl {

// One test of a rule's filter; without `holds`: one that must not hold.
struct ShapeTest {
  const CheckedExpr* expr = nullptr;
  bool holds = true;
  Hash128 token;    // Of the whole.
  Hash128 subject;  // Of the left side, when `values` are there.
  // What the left side may be: `x == "a"`, `x in ["a", "b"]`.
  const CheckedExpr* values = nullptr;
};

struct RuleShape {
  const CheckedRule* rule = nullptr;
  // Schema, key, condition, then: all but the filter.
  Hash128 rest;
  std::vector<ShapeTest> tests;  // One conjunction.
};

// False for rules that are not compared: disabled, signals, with events, or
// with a condition that more events can turn off.
bool ShapeOf(const CheckedRule& rule, RuleShape* shape);

// The 16 bytes of a hash, for a hash of several.
void AppendHash(const Hash128& hash, std::string* out);

// The constants of a right side: one, or those of a list.
std::vector<Constant> ValuesOf(const CheckedExpr& right);

}  // namespace tocsin::dsl
