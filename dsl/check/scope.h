// Which names an expression sees besides those of the rule set.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/check/checked.h"
#include "dsl/check/context.h"

namespace tocsin::dsl {

struct Scope;
struct Value;

// Takes the aggregate calls of a condition out of its tests.
class AggregateReader {
 public:
  AggregateReader() = default;
  AggregateReader(const AggregateReader&) = delete;
  AggregateReader& operator=(const AggregateReader&) = delete;
  virtual ~AggregateReader() = default;
  virtual Value Read(const cst::Expr& call, const Scope& scope) = 0;
};

// What a field without an event's name is.
enum class PlainField : std::uint8_t {
  kOfTheEvent,
  kNeedsStep,       // A mistake: of which event?
  kNeedsAggregate,  // A mistake: a test of a condition compares aggregates.
};

struct Binding {
  enum class Kind : std::uint8_t { kVariable, kParameter, kValue };
  Kind kind = Kind::kVariable;
  std::string_view name;
  std::uint32_t slot = 0;                 // kVariable
  Type type;                              // kVariable
  const CheckedExpr* value = nullptr;     // kValue: stands for it.
  const cst::Expr* argument = nullptr;    // kParameter: read where it was
  const Scope* argument_scope = nullptr;  // written. Null: not known.
  std::size_t expansions = 0;             // Lets around the call.
};

// The names of a rule's texts; see language.md, Alert text.
struct TextNames {
  const std::vector<CheckedKey>* keys = nullptr;
  const std::vector<CheckedCollect>* collects = nullptr;
  const std::vector<CheckedField>* shows = nullptr;
};

// A chain of bindings, innermost first. Lives on the stack of the checker.
struct Scope {
  const FileSettings* file = nullptr;     // Where the text stands.
  const CheckedSchema* schema = nullptr;  // Null: unknown; fields are silent.
  const Scope* outer = nullptr;
  std::vector<Binding> bindings;
  const TextNames* names = nullptr;  // Texts only.
  bool text = false;                 // Texts: types of ?? may differ.
  // The rule's events, where they may be named.
  const std::vector<CheckedEvent>* events = nullptr;
  // Those events where none of them may be named: in a filter. For messages.
  const std::vector<CheckedEvent>* unreachable = nullptr;
  PlainField plain = PlainField::kOfTheEvent;
  bool evidence = false;  // first(a).x, last(a).x, count(a) may stand.
  AggregateReader* aggregates = nullptr;
  std::optional<Span> let_use;  // In a let: where the outermost is used.
  bool constants = false;       // No event: a list's values.
  bool text_wanted = false;     // Compared with a text: quotes may be missing.
  bool list_wanted = false;     // Right of `in`: a list may be meant.
  // Names that are missing because of what could not be read or is refused
  // (an event, a key of a Bad clause): any unknown single name is silent.
  bool lenient = false;

  const Binding* Find(std::string_view name) const {
    for (const Scope* scope = this; scope != nullptr; scope = scope->outer) {
      for (const Binding& binding : scope->bindings) {
        if (binding.name == name) return &binding;
      }
    }
    return nullptr;
  }
};

}  // namespace tocsin::dsl
