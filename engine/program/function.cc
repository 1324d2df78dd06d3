#include "engine/program/function.h"

namespace tocsin {
namespace {

constexpr FunctionRecord kFunctions[] = {
#define TOCSIN_FUNCTION(id, name, parameters, result, cost, summary) \
  {name, parameters, result, Cost::cost, summary},
#include "engine/program/function.def"
#undef TOCSIN_FUNCTION
};

}  // namespace

const FunctionRecord& Describe(Function function) {
  return kFunctions[static_cast<std::size_t>(function)];
}

std::span<const FunctionRecord> Functions() { return kFunctions; }

bool FindFunction(std::string_view name, Function* out) {
  for (std::size_t i = 0; i < std::size(kFunctions); ++i) {
    if (kFunctions[i].name == name) {
      *out = static_cast<Function>(i);
      return true;
    }
  }
  return false;
}

}  // namespace tocsin
