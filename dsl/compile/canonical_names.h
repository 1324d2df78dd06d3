// The words of CanonicalForm(). Changing one changes uids.
#pragma once

#include <string_view>

#include "dsl/check/checked.h"

namespace tocsin::dsl {

std::string_view OpName(ExprOp op);
std::string_view ConditionWord(CheckedCondition::Kind kind);

}  // namespace tocsin::dsl
