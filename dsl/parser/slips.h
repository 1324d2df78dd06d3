// Slips of hands used to other languages: `&&`, `=`, `15 minutes`, `severity:`.
// Looks at text only; a slip is reported with its mend instead of "expected".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dsl/diag/diagnostic.h"

namespace tocsin::dsl::syntax {

// What the grammar was waiting for.
enum class Slot : std::uint8_t {
  kOperand,        // a value, a name, a word
  kBehindOperand,  // an operator, a closing bracket, the next clause
  kDuration,
  kLimit,       // the `<=` of keys
  kDefinition,  // the `=` of let and event
};

struct Slip {
  Kind kind;
  std::size_t length;  // Bytes of the text that are wrong.
  std::string message;
  std::string help;
  std::optional<std::string> mend;
};

// The slip that `rest` starts with, if any.
std::optional<Slip> FindSlip(std::string_view rest, Slot slot);

}  // namespace tocsin::dsl::syntax
