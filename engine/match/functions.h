// The built-in functions over values of a row. Pure and total: what cannot be
// done is missing. Results live in the row's memory.
#pragma once

#include <cstdint>
#include <span>

#include "engine/match/row.h"
#include "engine/match/row_value.h"
#include "engine/program/function.h"
#include "engine/program/prepared.h"

namespace tocsin {

// Functions of text that give text, a number or a list.
Value CallText(Function function, std::span<const Value> arguments,
               RowReader* row);
// base64_decode, json_parse, url_decode, url_query.
Value CallParse(Function function, std::span<const Value> arguments,
                RowReader* row);
// text, int, float, len, keys_of, values_of, join.
Value CallShape(Function function, std::span<const Value> arguments,
                RowReader* row);
// hour, weekday, time_of_day: `local_us` is the time on local clocks.
Value CallClock(Function function, std::int64_t local_us);

// Text that might not be UTF-8, as the language reads it.
Value RepairedText(std::string_view bytes, RowReader* row);

}  // namespace tocsin
