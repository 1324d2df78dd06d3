// The built-in functions: one table that the checker types calls by, the
// evaluator runs, `explain` prices and docs/language.md lists. Pure and total:
// a failed conversion or a missing argument is missing.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/event/type.h"

namespace tocsin {

enum class Function : std::uint8_t {
#define TOCSIN_FUNCTION(id, name, parameters, result, cost, summary) k##id,
#include "engine/program/function.def"
#undef TOCSIN_FUNCTION
};

// kConstant: no more than a load. kText: linear in its text. kParse: reads
// JSON, base64 or a pattern.
enum class Cost : std::uint8_t { kConstant, kText, kParse };

struct FunctionRecord {
  std::string_view name;
  // One letter a parameter: s string, n number, i int, l list, o object or map,
  // * any type, t time, p path, r regex literal; a letter in [ ] is optional;
  // a final ... repeats the last.
  std::string_view parameters;
  // The result: s string, i int, f float, b bool, t time, d duration, a ip,
  // c cidr, S list of string, * any, = the type of the first argument.
  char result;
  Cost cost;
  std::string_view summary;
};

const FunctionRecord& Describe(Function function);
std::span<const FunctionRecord> Functions();
// False when no function has this name.
bool FindFunction(std::string_view name, Function* out);

}  // namespace tocsin
