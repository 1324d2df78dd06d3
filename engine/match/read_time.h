// The time of an event from one of its fields.
#pragma once

#include <cstdint>

#include "engine/match/row_value.h"
#include "engine/program/rule_set.h"

namespace tocsin {

// False when the value is missing or not as the format says.
bool ReadTime(const TimeProgram& source, const Value& value, std::int64_t* us);

}  // namespace tocsin
