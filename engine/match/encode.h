// Values of a row as canonical encodings (engine/event/value.h) and back, and
// as the plain text of templates.
#pragma once

#include <string>
#include <string_view>

#include "engine/match/row.h"
#include "engine/match/row_value.h"

namespace tocsin {

void AppendEncoding(const Value& value, RowReader* row, std::string* out);

// The same, texts longer than limits::kValueBytes cut at a character: what is
// collected or shown.
void AppendCutEncoding(const Value& value, RowReader* row, std::string* out);

// The value behind an encoding; views into it and the row's memory.
Value FromEncoding(std::string_view encoding, RowReader* row);

// As templates print it: missing is "-"; a list is its elements with ", "
// between, and when there were `more`, or past limits::kValueBytes, "and more".
void AppendPrinted(const Value& value, bool more, RowReader* row,
                   std::string* out);

// A scalar as text() gives it; false for what has no text: missing, null,
// lists and objects that are not JSON.
bool AppendScalarText(const Value& value, RowReader* row, std::string* out);

// The longest front of `text` within `bytes` that ends at a character.
std::string_view CutAtCharacter(std::string_view text, std::size_t bytes);

}  // namespace tocsin
