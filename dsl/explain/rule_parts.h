// A rule as a tree of the parts that one event is held against: its schema, the
// parts of its filter down to each test, its key and what its condition counts.
// Made from the rule; what an event has to say is filled in by who can evaluate
// (app/event_probe.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dsl/check/checked.h"
#include "dsl/explain/let_names.h"

namespace tocsin::dsl {

// A value that a part looks at.
struct PartValue {
  std::string name;  // As an author writes it: user.username, lower(verb)
  const CheckedExpr* expr = nullptr;
  // What it is made of; worth telling when it is missing.
  std::vector<PartValue> inner;

  // Filled for an event:
  bool missing = true;
  bool null = false;     // JSON null, which is missing to every test.
  std::string encoding;  // engine/event/value.h
};

struct RulePart {
  enum class Kind : std::uint8_t {
    kSchema,   // name; expr: its `match`, or null: takes every event
    kEvent,    // name; parts: its schema, filters and key
    kWhere,    // name: "where", "defaults where", "default of k8s.audit", ...
    kUnless,   // name likewise; the rule wants it not to hold
    kLet,      // name: as used
    kDerived,  // name; of the schema
    kAnd,
    kOr,
    kNot,
    kTest,
    kQuantifier,  // parts: its body once; for an event, each element's
    kElement,     // name: containers[1] as v0
    kKey,         // name
    kCounted,     // What an aggregate or `new` of the condition takes.
  };
  Kind kind = Kind::kTest;
  std::string name;
  std::string text;  // As rule text; empty where `name` says it all.
  std::uint32_t schema = 0;
  // What decides it; null: all of `parts`, with `any` one of them (a let that
  // was made flat is no expression any more).
  const CheckedExpr* expr = nullptr;
  bool any = false;
  const CheckedKey* key = nullptr;  // kKey
  std::vector<PartValue> values;
  std::vector<RulePart> parts;

  // Filled for an event:
  bool held = false;
  bool blamed = false;  // The rule does not match, and this is a reason.
};

// All that an event must pass, in the order in which an author thinks of it.
// The tree points into `rules`.
std::vector<RulePart> PartsOf(const CheckedRules& rules,
                              const CheckedRule& rule, const LetNames& lets);

// Whether parts that are filled in say that the rule takes the event, and marks
// those that are to blame when it does not.
bool Judge(std::vector<RulePart>* parts);

}  // namespace tocsin::dsl
