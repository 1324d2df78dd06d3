// Habits from Sigma, Falco, EQL, YARA-L and SQL that are wider than one sign:
// words that are clauses elsewhere, `a -> b`, `50%`, `// text`, `x.lower()`.
// Looks at text only, also behind the place where reading stopped.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "dsl/parser/slips.h"

namespace tocsin::dsl::syntax {

// A slip that may begin before the place where reading stopped.
struct Habit {
  std::size_t begin = 0;  // In the text; the slip says how long.
  Slip slip;
};

// What is wrong where an operand, an operator or the next clause was expected
// at `at`, if it is a known habit.
std::optional<Habit> FindHabit(std::string_view text, std::size_t at,
                               Slot slot);

// What to write for a word that begins a clause in another language, and the
// word itself where it is one; both empty for an unknown one.
struct ForeignClause {
  std::string_view word;
  std::string_view ours;  // Empty: nothing to put in its place.
  std::string_view help;
};
const ForeignClause* FindForeignClause(std::string_view word);

// What was left out where `expected` was: `per`, quotes around a day, brackets
// around values. The length is what the mend replaces.
std::optional<Slip> FindOmission(std::string_view rest,
                                 std::string_view expected);

}  // namespace tocsin::dsl::syntax
